/* context.c - threads, limits, progress and cancelling */
#include "endpoint/context.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

enum { WAIT_MS = 10000 };

bool cxa_options_known(const void *options, size_t struct_size, size_t known)
{
	const uint8_t *bytes = options;

	if (struct_size < sizeof(size_t))
		return false;
	for (size_t i = known; i < struct_size; i++)
		if (bytes[i] != 0)
			return false;
	return true;
}

bool cxa_options_take(void *out, size_t known, const void *options)
{
	size_t size;

	if (options == NULL)
		return true;
	memcpy(&size, options, sizeof(size));
	if (!cxa_options_known(options, size, known))
		return false;
	memcpy(out, options, size < known ? size : known);
	return true;
}

int cxa_context_open(struct cxa_context **out,
		     const struct cxa_context_options *options,
		     struct cxa_error *error)
{
	struct cxa_context *context;
	size_t size;
	int status;

	*out = NULL;
	if (options != NULL &&
	    !cxa_options_known(options, options->struct_size, sizeof(*options)))
		return cxa_error_set(error, CXA_ERR_USAGE,
				     "context options of another version");
	context = calloc(1, sizeof(*context));
	if (context == NULL)
		return cxa_error_nomem(error, "a context");
	pthread_mutex_init(&context->coder_mutex, NULL);
	if (options != NULL) {
		size = options->struct_size;
		if (size > sizeof(*options))
			size = sizeof(*options);
		memcpy(&context->options, options, size);
	}
	if (context->options.wait_ms == 0)
		context->options.wait_ms = WAIT_MS;
	context->limits = context->options.limits;
	cxa_limits_fill(&context->limits);
	if (context->options.temp_dir != NULL) {
		context->temp_dir = strdup(context->options.temp_dir);
		if (context->temp_dir == NULL) {
			status = cxa_error_nomem(error, "a context");
			goto fail;
		}
	}
	status = cxa_pool_open(&context->pool, context->options.threads, error);
	if (status < 0)
		goto fail;
	context->coders = calloc(cxa_pool_threads(context->pool),
				 sizeof(*context->coders));
	if (context->coders == NULL) {
		status = cxa_error_nomem(error, "a context");
		goto fail;
	}
	*out = context;
	return 0;
fail:
	cxa_context_close(context);
	return status;
}

void cxa_context_close(struct cxa_context *context)
{
	if (context == NULL)
		return;
	cxa_pool_close(context->pool);
	for (unsigned i = 0; i < context->coder_count; i++)
		cxa_frame_coder_release(&context->coders[i]);
	free(context->coders);
	pthread_mutex_destroy(&context->coder_mutex);
	free(context->temp_dir);
	free(context);
}

struct cxa_frame_coder cxa_context_take_coder(struct cxa_context *context)
{
	struct cxa_frame_coder coder = { 0 };

	pthread_mutex_lock(&context->coder_mutex);
	if (context->coder_count != 0)
		coder = context->coders[--context->coder_count];
	pthread_mutex_unlock(&context->coder_mutex);
	return coder;
}

void cxa_context_give_coder(struct cxa_context *context,
			    struct cxa_frame_coder *coder)
{
	pthread_mutex_lock(&context->coder_mutex);
	if (context->coder_count < cxa_pool_threads(context->pool)) {
		context->coders[context->coder_count++] = *coder;
		*coder = (struct cxa_frame_coder){ 0 };
	}
	pthread_mutex_unlock(&context->coder_mutex);
	cxa_frame_coder_release(coder);
}

void cxa_context_cancel(struct cxa_context *context)
{
	__atomic_store_n(&context->cancel.requested, 1, __ATOMIC_RELAXED);
}

void cxa_context_notice(struct cxa_context *context, const char *format, ...)
{
	char line[400];
	va_list args;

	if (context->options.notice == NULL)
		return;
	va_start(args, format);
	vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	context->options.notice(context->options.user, line);
}

int cxa_context_step(struct cxa_context *context, const char *phase,
		     uint64_t done_bytes, uint64_t total_bytes,
		     struct cxa_error *error)
{
	struct cxa_progress progress = { phase, done_bytes, total_bytes };

	if (cxa_cancel_requested(&context->cancel))
		return cxa_error_set(error, CXA_ERR_CANCELLED, "interrupted");
	if (context->options.progress != NULL)
		context->options.progress(context->options.user, &progress);
	return 0;
}
