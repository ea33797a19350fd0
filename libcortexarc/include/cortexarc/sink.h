/* sink.h - where records go, and the flow from a source to a sink */
#ifndef CORTEXARC_SINK_H
#define CORTEXARC_SINK_H

#include <cortexarc/source.h>

#ifdef __cplusplus
extern "C" {
#endif

struct cxa_sink;

/** struct cxa_sink_options - zero means default */
struct cxa_sink_options {
	size_t struct_size;
	int zstd_level;        /* archive: 1 to 19; 0: 3 */
	bool no_check_encode;  /* archive: do not decompress each frame again */
	bool into;             /* store: one that exists, its content replaced */
	bool scratch;          /* store: made, read back, compared, and dropped */
	/* JSON: is this character (U+007F to U+FFFF) to be an escape? */
	bool (*escapes)(uint32_t code);
};

#define CXA_SINK_OPTIONS_INIT { .struct_size = sizeof(struct cxa_sink_options) }

/**
 * struct cxa_summary - what a sink has written
 * @root: the archive's root hash (has_root), as printed by `b2sum -l 256 B2SUMS`
 * @records, @batches, @raw_bytes, @stored_bytes: by enum cxa_collection
 */
struct cxa_summary {
	bool has_root;
	uint8_t root[32];
	uint64_t total_bytes;
	uint64_t records[CXA_COLLECTION_COUNT];
	uint64_t batches[CXA_COLLECTION_COUNT];
	uint64_t raw_bytes[CXA_COLLECTION_COUNT];
	uint64_t stored_bytes[CXA_COLLECTION_COUNT];
};

/**
 * cxa_sink_open() - make an archive, a store, JSON or an NDJSON folder
 * @locator: a path, or "-" for standard output
 * @kind: CXA_KIND_AUTO: by the name (.json: JSON; a trailing slash: NDJSON;
 *        .db: a store; anything else: an archive)
 *
 * Nothing appears under the final name before cxa_sink_commit(); until then
 * the data is in a file without a name beside it, or, where the file system
 * has none such, in a hidden one. An NDJSON folder must not exist, or be empty;
 * a store must not exist, nor what SQLite may have left beside its name. With
 * @into it must: no other program can write to it from here on, and what it
 * holds is replaced in one transaction, or is as it was.
 *
 * Return: 0, CXA_ERR_USAGE, CXA_ERR_IO, CXA_ERR_NOMEM.
 */
int cxa_sink_open(struct cxa_sink **out, struct cxa_context *context,
		  const char *locator, enum cxa_kind kind,
		  const struct cxa_sink_options *options,
		  struct cxa_error *error);

/**
 * cxa_copy() - the spine: everything selected goes from @source to @sink
 * @selection: NULL: everything. Whether concepts come whole is the sink's
 *             affair, whatever it says here.
 * @summary: out, may be NULL
 *
 * Ends with the sink committed and durable: 0 is returned only after what was
 * written agrees with what was read. On any failure the sink is left to
 * cxa_sink_close(), which leaves an older target as it was.
 */
int cxa_copy(struct cxa_source *source, struct cxa_sink *sink,
	     const struct cxa_selection *selection,
	     struct cxa_summary *summary, struct cxa_error *error);

/** cxa_sink_close() - accepts NULL; without a commit nothing remains */
void cxa_sink_close(struct cxa_sink *sink);

#ifdef __cplusplus
}
#endif
#endif
