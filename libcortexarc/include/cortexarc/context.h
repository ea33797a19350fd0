/* context.h - threads, limits, progress and cancelling: what all calls share */
#ifndef CORTEXARC_CONTEXT_H
#define CORTEXARC_CONTEXT_H

#include <cortexarc/error.h>

#ifdef __cplusplus
extern "C" {
#endif

struct cxa_context;

/**
 * struct cxa_limits - bounds on what an input may ask for
 *
 * 0 in a field means its default, which stands beside it. Each is checked
 * before memory is taken; the error is CXA_ERR_LIMIT and names the limit.
 */
struct cxa_limits {
	uint64_t batch_bytes;    /* stored or raw, a batch: 64 MiB */
	uint64_t decode_bytes;   /* heap for decoding a batch: 256 MiB */
	uint64_t index_bytes;    /* INDEX raw, B2SUMS: 256 MiB */
	uint64_t members;        /* of an archive: 2^20 */
	uint64_t fields;         /* protobuf fields a batch: 4,000,000 */
	uint64_t string_bytes;   /* content: 32 MiB; others have 64 KiB */
	uint64_t vector_floats;  /* floats a vector: 65,536 */
	uint64_t links;          /* repeated messages or ids a field: 1,000,000 */
	uint64_t json_depth;     /* nesting of JSON: 64 */
	uint64_t issues;         /* listed in a report: 10,000 */
};

/** struct cxa_progress - how far a call has come */
struct cxa_progress {
	const char *phase;    /* a gerund, as "reading"; static */
	uint64_t done_bytes;
	uint64_t total_bytes; /* 0: not known (a pipe) */
};

/**
 * struct cxa_context_options - zero means default throughout
 * @struct_size: sizeof(struct cxa_context_options); CXA_..._INIT sets it
 * @threads: workers; 0: one a processor. The output never depends on it.
 * @temp_dir: for spools; NULL: $TMPDIR, else /var/tmp
 * @notice: called with one line worth telling the user, on the calling thread
 * @progress: called now and then, on the calling thread
 * @user: handed to both
 */
struct cxa_context_options {
	size_t struct_size;
	unsigned threads;
	const char *temp_dir;
	struct cxa_limits limits;
	void (*notice)(void *user, const char *line);
	void (*progress)(void *user, const struct cxa_progress *progress);
	void *user;
};

#define CXA_CONTEXT_OPTIONS_INIT { .struct_size = sizeof(struct cxa_context_options) }

/**
 * cxa_context_open() - what the other calls take
 * @options: NULL: all defaults
 *
 * Return: 0, CXA_ERR_USAGE (options), CXA_ERR_NOMEM, CXA_ERR_IO (a thread).
 */
int cxa_context_open(struct cxa_context **out,
		     const struct cxa_context_options *options,
		     struct cxa_error *error);

/** cxa_context_close() - accepts NULL; after all that was opened with it */
void cxa_context_close(struct cxa_context *context);

/**
 * cxa_context_cancel() - make running calls end with CXA_ERR_CANCELLED
 *
 * May be called from a signal handler and from any thread.
 */
void cxa_context_cancel(struct cxa_context *context);

#ifdef __cplusplus
}
#endif
#endif
