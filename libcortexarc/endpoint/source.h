/* source.h - what is behind struct cxa_source: one table of functions a kind */
#ifndef CXA_ENDPOINT_SOURCE_H
#define CXA_ENDPOINT_SOURCE_H

#include <cortexarc/source.h>

#include "endpoint/context.h"

/**
 * struct cxa_source - @ops and @state do the work; the rest describes it
 * @rows_bytes: about how many bytes of rows it holds, for progress; 0: unknown
 */
struct cxa_source {
	struct cxa_context *context;
	enum cxa_kind kind;
	struct cxa_source_ops ops;
	void *state;
	const Cxa__Header *header;
	const Cxa__Index *index;
	const uint8_t *root;
	uint64_t bytes;
	uint64_t rows_bytes;
};

/** cxa_source_open_input() - as cxa_source_open(); *@input becomes NULL or not */
int cxa_source_open_input(struct cxa_source **out, struct cxa_context *context,
			  struct cxa_input **input,
			  const struct cxa_source_options *options,
			  struct cxa_error *error);

/*
 * What each kind brings. Each takes @input (NULLs *input when it has) and fills
 * @source's ops, state and description.
 */
int cxa_archive_source_open(struct cxa_source *source, struct cxa_input **input,
			    const struct cxa_source_options *options,
			    struct cxa_error *error);
int cxa_json_source_open(struct cxa_source *source, struct cxa_input **input,
			 const struct cxa_source_options *options,
			 struct cxa_error *error);
int cxa_ndjson_source_open(struct cxa_source *source, struct cxa_input **input,
			   const struct cxa_source_options *options,
			   struct cxa_error *error);

#endif
