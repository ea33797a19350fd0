/* context.h - what is behind struct cxa_context */
#ifndef CXA_ENDPOINT_CONTEXT_H
#define CXA_ENDPOINT_CONTEXT_H

#include <cortexarc/context.h>

#include <pthread.h>

#include "base/frame.h"
#include "base/io.h"
#include "base/pool.h"
#include "base/limits.h"

/**
 * struct cxa_context - @limits and @options.wait_ms are filled: no 0 stands for
 * a default any more
 */
struct cxa_context {
	struct cxa_context_options options;
	struct cxa_limits limits;
	struct cxa_pool *pool;
	struct cxa_cancel cancel;
	char *temp_dir;
	pthread_mutex_t coder_mutex;
	struct cxa_frame_coder *coders; /* one a thread; those not lent out */
	unsigned coder_count;
};

/**
 * cxa_context_take_coder() - a coder for as long as a job runs
 *
 * There is one for each thread, so that their memory does not grow with the
 * jobs under way. Give it back.
 */
struct cxa_frame_coder cxa_context_take_coder(struct cxa_context *context);
void cxa_context_give_coder(struct cxa_context *context,
			    struct cxa_frame_coder *coder);

/** cxa_context_notice() - a line worth telling the user */
void cxa_context_notice(struct cxa_context *context, const char *format, ...)
	CXA_PRINTF(2, 3);

/**
 * cxa_context_step() - tell how far the call is
 *
 * Return: 0, or CXA_ERR_CANCELLED when that was asked for.
 */
int cxa_context_step(struct cxa_context *context, const char *phase,
		     uint64_t done_bytes, uint64_t total_bytes,
		     struct cxa_error *error);

/**
 * cxa_options_known() - are options of @struct_size bytes ones we know?
 * @known: sizeof the struct of this library
 *
 * Smaller is an older caller; larger is allowed when what we do not know is
 * zero.
 */
bool cxa_options_known(const void *options, size_t struct_size, size_t known);

/**
 * cxa_options_take() - what a caller set, into a struct of this library
 * @out: @known bytes, all defaults
 * @options: its first field is its size; NULL: all defaults
 *
 * Return: false: not cxa_options_known().
 */
bool cxa_options_take(void *out, size_t known, const void *options);

#endif
