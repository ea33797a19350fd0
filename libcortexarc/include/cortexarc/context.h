/* context.h - threads, limits, progress and cancelling: what all calls share */
#ifndef CORTEXARC_CONTEXT_H
#define CORTEXARC_CONTEXT_H

#include <cortexarc/error.h>
#include <cortexarc/limits.h>

#ifdef __cplusplus
extern "C" {
#endif

struct cxa_context;

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
 * @wait_ms: for a store that another program has locked; 0: 10,000
 * @notice: called with one line worth telling the user, on the calling thread
 * @progress: called now and then, on the calling thread
 * @user: handed to both
 */
struct cxa_context_options {
	size_t struct_size;
	unsigned threads;
	const char *temp_dir;
	unsigned wait_ms;
	void (*notice)(void *user, const char *line);
	void (*progress)(void *user, const struct cxa_progress *progress);
	void *user;
	struct cxa_limits limits; /* last: there may be more of them one day */
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
