/* json_out.c - a JSON document on standard output */
#include "json_out.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "ui.h"
#include "utf8.h"

static void put_text(FILE *file, const uint8_t *bytes, size_t size)
{
	uint32_t code;
	size_t taken;

	fputc('"', file);
	while (size != 0) {
		taken = utf8_next(bytes, size, &code);
		if (taken == 0)
			fputs("\xef\xbf\xbd", file);
		else if (code == '"' || code == '\\')
			fprintf(file, "\\%c", (int)code);
		else if (ui_steers(code))
			fprintf(file, "\\u%04" PRIx32, code);
		else
			fwrite(bytes, 1, taken, file);
		taken += taken == 0;
		bytes += taken;
		size -= taken;
	}
	fputc('"', file);
}

/*
 * Between its strings stands white space; all else that steers a terminal can
 * only be in one, where it has an escape.
 */
static void put_json(FILE *file, const uint8_t *bytes, size_t size)
{
	uint32_t code = 0;
	size_t taken;

	while (size != 0) {
		taken = utf8_next(bytes, size, &code);
		if (taken != 0 && code >= 0x7f && ui_steers(code))
			fprintf(file, "\\u%04" PRIx32, code);
		else
			fwrite(bytes, 1, taken == 0 ? 1 : taken, file);
		taken += taken == 0;
		bytes += taken;
		size -= taken;
	}
}

static void begin_value(struct json_out *json, const char *name)
{
	uint64_t bit = UINT64_C(1) << json->depth;

	if ((json->used & bit) != 0)
		fputc(',', json->file);
	json->used |= bit;
	if (name == NULL)
		return;
	put_text(json->file, (const uint8_t *)name, strlen(name));
	fputc(':', json->file);
}

static void enter(struct json_out *json, const char *name, char mark)
{
	begin_value(json, name);
	fputc(mark, json->file);
	if (json->depth < JSON_DEPTH_MAX)
		json->depth++;
	json->used &= ~(UINT64_C(1) << json->depth);
}

static void leave(struct json_out *json, char mark)
{
	fputc(mark, json->file);
	if (json->depth != 0)
		json->depth--;
}

void json_begin_object(struct json_out *json, const char *name)
{
	enter(json, name, '{');
}

void json_end_object(struct json_out *json)
{
	leave(json, '}');
}

void json_begin_array(struct json_out *json, const char *name)
{
	enter(json, name, '[');
}

void json_end_array(struct json_out *json)
{
	leave(json, ']');
}

void json_null(struct json_out *json, const char *name)
{
	begin_value(json, name);
	fputs("null", json->file);
}

void json_bool(struct json_out *json, const char *name, bool value)
{
	begin_value(json, name);
	fputs(value ? "true" : "false", json->file);
}

void json_uint(struct json_out *json, const char *name, uint64_t value)
{
	begin_value(json, name);
	fprintf(json->file, "%" PRIu64, value);
}

void json_double(struct json_out *json, const char *name, double value)
{
	char digits[40];

	if (!isfinite(value)) {
		json_null(json, name);
		return;
	}
	begin_value(json, name);
	/* Milliseconds since 1970 are whole numbers: no exponent for them. */
	if (value > -1e15 && value < 1e15 && value == (double)(int64_t)value) {
		fprintf(json->file, "%.0f", value);
		return;
	}
	for (int precision = 1; precision <= 17; precision++) {
		snprintf(digits, sizeof(digits), "%.*g", precision, value);
		if (strtod(digits, NULL) == value)
			break;
	}
	fputs(digits, json->file);
}

void json_ms(struct json_out *json, const char *name, double ms)
{
	char digits[40];
	size_t used;

	begin_value(json, name);
	used = (size_t)snprintf(digits, sizeof(digits), "%.3f", ms);
	while (digits[used - 1] == '0')
		used--;
	used -= digits[used - 1] == '.';
	fprintf(json->file, "%.*s", (int)used, digits);
}

void json_text(struct json_out *json, const char *name, const void *text,
	       size_t size)
{
	begin_value(json, name);
	put_text(json->file, text, size);
}

void json_string(struct json_out *json, const char *name, const char *text)
{
	json_text(json, name, text, strlen(text));
}

void json_hex(struct json_out *json, const char *name, const uint8_t *bytes,
	      size_t size)
{
	begin_value(json, name);
	fputc('"', json->file);
	for (size_t i = 0; i < size; i++)
		fprintf(json->file, "%02x", bytes[i]);
	fputc('"', json->file);
}

void json_raw(struct json_out *json, const char *name, const char *text)
{
	begin_value(json, name);
	put_json(json->file, (const uint8_t *)text, strlen(text));
}

void json_copy(struct json_out *json, const char *name, FILE *from)
{
	begin_value(json, name);
	ui_copy(json->file, from);
}

void json_end(struct json_out *json)
{
	fputc('\n', json->file);
}
