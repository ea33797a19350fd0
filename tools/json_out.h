/* json_out.h - a JSON document on standard output, one line, always valid */
#ifndef CXA_TOOLS_JSON_OUT_H
#define CXA_TOOLS_JSON_OUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum { JSON_DEPTH_MAX = 63 };

/**
 * struct json_out - a document being written; JSON_OUT(file) begins one
 * @used: bit per depth: a value stands there already, so a comma comes first
 *
 * Commas are its affair. A value in an object comes after json_name(), or is
 * written by one of the functions that take a name (NULL in an array).
 */
struct json_out {
	FILE *file;
	unsigned depth;
	uint64_t used;
};

#define JSON_OUT(stream) { .file = (stream) }

void json_begin_object(struct json_out *json, const char *name);
void json_end_object(struct json_out *json);
void json_begin_array(struct json_out *json, const char *name);
void json_end_array(struct json_out *json);

void json_null(struct json_out *json, const char *name);
void json_bool(struct json_out *json, const char *name, bool value);
void json_uint(struct json_out *json, const char *name, uint64_t value);

/** json_double() - the fewest digits that read back the same; NaN: null */
void json_double(struct json_out *json, const char *name, double value);

/** json_ms() - milliseconds, to the microsecond */
void json_ms(struct json_out *json, const char *name, double ms);

/** json_text() - what is no UTF-8 in it becomes U+FFFD */
void json_text(struct json_out *json, const char *name, const void *text,
	       size_t size);
void json_string(struct json_out *json, const char *name, const char *text);

/** json_hex() - @size bytes as lower-case digits */
void json_hex(struct json_out *json, const char *name, const uint8_t *bytes,
	      size_t size);

/** json_raw() - @text is JSON */
void json_raw(struct json_out *json, const char *name, const char *text);

/** json_copy() - what stands in @from, from its beginning, is JSON */
void json_copy(struct json_out *json, const char *name, FILE *from);

/** json_end() - the line's end */
void json_end(struct json_out *json);

#endif
