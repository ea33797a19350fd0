/* json_stream.h - a JSON text of any size, value by value, with its place */
#ifndef CXA_ENDPOINT_JSON_STREAM_H
#define CXA_ENDPOINT_JSON_STREAM_H

#include "base/buffer.h"
#include "endpoint/context.h"
#include "record/json_codec.h"

struct cxa_json_stream;

/** cxa_json_stream_open() - @input stays the caller's */
int cxa_json_stream_open(struct cxa_json_stream **out,
			 struct cxa_context *context, struct cxa_input *input,
			 struct cxa_error *error);

/**
 * cxa_json_stream_peek() - the next byte that is not white space
 * @byte: out: -1 at the end; the byte is not consumed
 */
int cxa_json_stream_peek(struct cxa_json_stream *stream, int *byte,
			 struct cxa_error *error);

/** cxa_json_stream_skip() - consume the byte that was peeked */
void cxa_json_stream_skip(struct cxa_json_stream *stream);

/**
 * cxa_json_stream_value() - append the next value's text to @out
 * @place: out: where it begins (data and size are not set)
 *
 * Where it ends is found, what it holds is not checked.
 * Return: 0, CXA_ERR_FORMAT (no value, or cut), CXA_ERR_LIMIT, CXA_ERR_IO.
 */
int cxa_json_stream_value(struct cxa_json_stream *stream,
			  struct cxa_buffer *out, struct cxa_json_text *place,
			  struct cxa_error *error);

/**
 * cxa_json_stream_line() - append the next line, without its end, to @out
 *
 * Return: 0, CXA_END, CXA_ERR_LIMIT, CXA_ERR_IO. A last line without an end
 * counts.
 */
int cxa_json_stream_line(struct cxa_json_stream *stream,
			 struct cxa_buffer *out, struct cxa_json_text *place,
			 struct cxa_error *error);

/** cxa_json_stream_fail() - CXA_ERR_FORMAT with "(line L, column C)" */
int cxa_json_stream_fail(struct cxa_json_stream *stream,
			 struct cxa_error *error, const char *format, ...)
	CXA_PRINTF(3, 4);

void cxa_json_stream_close(struct cxa_json_stream *stream);

#endif
