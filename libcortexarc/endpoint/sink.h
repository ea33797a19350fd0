/* sink.h - what is behind struct cxa_sink: one table of functions a kind */
#ifndef CXA_ENDPOINT_SINK_H
#define CXA_ENDPOINT_SINK_H

#include <cortexarc/sink.h>

#include "endpoint/context.h"

/**
 * struct cxa_sink_ops - how a kind of sink works
 * @begin: once, before the first batch
 * @put: collections in archive order, ids ascending; @batch stays the caller's
 * @commit: all was put: make it complete and durable, fill in @summary
 * @close: without a commit nothing remains
 * @whole_concepts: wants embeddings beside their concepts
 */
struct cxa_sink_ops {
	int (*begin)(void *state, const Cxa__Header *header,
		     struct cxa_error *error);
	int (*put)(void *state, struct cxa_batch *batch,
		   struct cxa_error *error);
	int (*commit)(void *state, struct cxa_summary *summary,
		      struct cxa_error *error);
	void (*close)(void *state);
	bool whole_concepts;
};

/**
 * struct cxa_sink - @ops and @state do the work
 * @new_mode: of an archive: not 0: it gets its name only if nothing has it by
 *            then, and this mode, from which the umask takes
 * @inspect: of an archive: looks at all that was written, before it has its
 *           name; an error leaves nothing behind. NULL: nobody looks.
 * @prove: of a file, a folder or a store: reads the records that were written,
 *         before they have a name, or the transaction has ended; whatever is
 *         not 0 leaves nothing behind. NULL: nobody does. Of what cannot be
 *         read back, a pipe, CXA_ERR_USAGE.
 */
struct cxa_sink {
	struct cxa_context *context;
	const struct cxa_sink_ops *ops;
	void *state;
	struct cxa_sink_options options;
	mode_t new_mode;
	int (*inspect)(void *user, struct cxa_input *written,
		       struct cxa_error *error);
	void *inspect_user;
	int (*prove)(void *user, struct cxa_source *written,
		     struct cxa_error *error);
	void *prove_user;
};

/** cxa_sink_prove() - @sink's prove over *@written, which may become NULL */
int cxa_sink_prove(struct cxa_sink *sink, struct cxa_input **written,
		   struct cxa_error *error);

int cxa_archive_sink_open(struct cxa_sink *sink, const char *locator,
			  struct cxa_error *error);
int cxa_json_sink_open(struct cxa_sink *sink, const char *locator,
		       enum cxa_kind kind, struct cxa_error *error);
int cxa_store_sink_open(struct cxa_sink *sink, const char *locator,
			struct cxa_error *error);

#endif
