/* json_stream.c - a JSON text of any size, value by value, with its place */
#include "endpoint/json_stream.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "record/json_scan.h"

enum { WINDOW_BYTES = 256 * 1024, VALUE_FACTOR = 4 };

struct cxa_json_stream {
	struct cxa_context *context;
	struct cxa_input *input;
	uint8_t *window;
	size_t at;
	size_t end;
	bool ended;
	uint64_t consumed;   /* bytes before window[at] */
	uint64_t line;
	uint64_t line_start; /* offset of the line's first byte */
};

int cxa_json_stream_open(struct cxa_json_stream **out,
			 struct cxa_context *context, struct cxa_input *input,
			 struct cxa_error *error)
{
	struct cxa_json_stream *stream = calloc(1, sizeof(*stream));

	*out = NULL;
	if (stream == NULL)
		return cxa_error_nomem(error, "reading JSON");
	stream->window = malloc(WINDOW_BYTES);
	if (stream->window == NULL) {
		free(stream);
		return cxa_error_nomem(error, "reading JSON");
	}
	stream->context = context;
	stream->input = input;
	stream->line = 1;
	*out = stream;
	return 0;
}

void cxa_json_stream_close(struct cxa_json_stream *stream)
{
	if (stream == NULL)
		return;
	free(stream->window);
	free(stream);
}

/* Only when the window is used up. */
static int refill(struct cxa_json_stream *stream, struct cxa_error *error)
{
	size_t got = 0;
	int status;

	if (stream->ended)
		return 0;
	status = cxa_input_read(stream->input, stream->window, WINDOW_BYTES,
				&got, error);
	stream->at = 0;
	stream->end = got;
	stream->ended = got < WINDOW_BYTES;
	if (status == 0)
		status = cxa_context_step(stream->context, "reading",
					  stream->input->position,
					  stream->input->size, error);
	return status;
}

static void consume(struct cxa_json_stream *stream, size_t size)
{
	const uint8_t *data = stream->window + stream->at;
	const uint8_t *end = data + size;
	const uint8_t *newline = data;

	while ((newline = memchr(newline, '\n', (size_t)(end - newline))) !=
	       NULL) {
		newline++;
		stream->line++;
		stream->line_start = stream->consumed +
				     (uint64_t)(newline - data);
	}
	stream->consumed += size;
	stream->at += size;
}

static bool is_space(uint8_t byte)
{
	return byte == ' ' || byte == '\n' || byte == '\t' || byte == '\r';
}

int cxa_json_stream_peek(struct cxa_json_stream *stream, int *byte,
			 struct cxa_error *error)
{
	int status;

	*byte = -1;
	for (;;) {
		size_t at = stream->at;

		while (at < stream->end && is_space(stream->window[at]))
			at++;
		consume(stream, at - stream->at);
		if (stream->at < stream->end) {
			*byte = stream->window[stream->at];
			return 0;
		}
		if (stream->ended)
			return 0;
		status = refill(stream, error);
		if (status < 0)
			return status;
	}
}

void cxa_json_stream_skip(struct cxa_json_stream *stream)
{
	consume(stream, 1);
}

static void tell_place(const struct cxa_json_stream *stream,
		       struct cxa_json_text *place)
{
	*place = (struct cxa_json_text){
		.line = stream->line,
		.column = stream->consumed - stream->line_start + 1,
		.offset = stream->consumed,
	};
}

static int over_limit(const struct cxa_json_stream *stream,
		      struct cxa_error *error)
{
	cxa_error_set(error, CXA_ERR_LIMIT,
		      "a value of JSON has %d times the limit batch-bytes of "
		      "%llu, or more (line %llu)", VALUE_FACTOR,
		      (unsigned long long)stream->context->limits.batch_bytes,
		      (unsigned long long)stream->line);
	cxa_limit_hint(error, CXA_LIMIT(batch_bytes));
	return CXA_ERR_LIMIT;
}

static int append(struct cxa_json_stream *stream, struct cxa_buffer *out,
		  size_t start, size_t size, struct cxa_error *error)
{
	uint64_t limit = stream->context->limits.batch_bytes;

	if ((out->size - start + size) / VALUE_FACTOR >= limit)
		return over_limit(stream, error);
	cxa_buffer_append(out, stream->window + stream->at, size);
	consume(stream, size);
	return out->failed ? cxa_error_nomem(error, "JSON") : 0;
}

int cxa_json_stream_value(struct cxa_json_stream *stream,
			  struct cxa_buffer *out, struct cxa_json_text *place,
			  struct cxa_error *error)
{
	struct cxa_json_scan scan = { 0 };
	size_t start = out->size;
	size_t used = 0;
	int byte = -1;
	int done = 0;
	int status = cxa_json_stream_peek(stream, &byte, error);

	tell_place(stream, place);
	while (status == 0 && done == 0) {
		if (stream->at == stream->end) {
			status = refill(stream, error);
			if (status < 0)
				return status;
			if (stream->at == stream->end)
				break;
		}
		done = cxa_json_scan_value(&scan, stream->window + stream->at,
					   stream->end - stream->at, &used);
		if (done >= 0)
			status = append(stream, out, start, used, error);
	}
	if (status < 0)
		return status;
	if (done == 1 || (scan.started && scan.scalar))
		return 0;
	return cxa_json_stream_fail(stream, error,
				    done < 0 ? "expected a value" :
					       "the document is cut here");
}

int cxa_json_stream_line(struct cxa_json_stream *stream,
			 struct cxa_buffer *out, struct cxa_json_text *place,
			 struct cxa_error *error)
{
	size_t start = out->size;
	const uint8_t *newline = NULL;
	bool any = false;
	int status = 0;

	tell_place(stream, place);
	while (status == 0 && newline == NULL) {
		const uint8_t *data;

		if (stream->at == stream->end)
			status = refill(stream, error);
		if (status < 0 || stream->at == stream->end)
			break;
		any = true;
		data = stream->window + stream->at;
		newline = memchr(data, '\n', stream->end - stream->at);
		status = append(stream, out, start,
				newline == NULL ? stream->end - stream->at :
						  (size_t)(newline - data),
				error);
		if (newline != NULL)
			consume(stream, 1);
	}
	if (status == 0 && !any)
		return CXA_END;
	return status;
}

int cxa_json_stream_fail(struct cxa_json_stream *stream,
			 struct cxa_error *error, const char *format, ...)
{
	char what[300];
	va_list args;

	va_start(args, format);
	vsnprintf(what, sizeof(what), format, args);
	va_end(args);
	cxa_error_at(error, NULL, stream->consumed);
	return cxa_error_set(error, CXA_ERR_FORMAT,
			     "%s (line %llu, column %llu)", what,
			     (unsigned long long)stream->line,
			     (unsigned long long)(stream->consumed -
						  stream->line_start + 1));
}
