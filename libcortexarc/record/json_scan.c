/* json_scan.c - where does a JSON value end? */
#include "record/json_scan.h"

#include <string.h>

enum { STEP = 32 };

/* Has this block a byte that matters outside a string? Loops that vectorise. */
static bool has_structure(const uint8_t *p)
{
	uint8_t any = 0;

	for (int i = 0; i < STEP; i++) {
		/* 0x5b [ 0x5d ] 0x7b { 0x7d }: bit 5 apart, they are two. */
		uint8_t folded = p[i] | 0x20;

		any |= (uint8_t)((p[i] == '"') | (folded == '{') |
				 (folded == '}'));
	}
	return any != 0;
}

static bool has_string_end(const uint8_t *p)
{
	uint8_t any = 0;

	for (int i = 0; i < STEP; i++)
		any |= (uint8_t)((p[i] == '"') | (p[i] == '\\'));
	return any != 0;
}

/* Inside a string: past its end, or to the end of the data. */
static size_t skip_string(struct cxa_json_scan *scan, const uint8_t *data,
			  size_t at, size_t size)
{
	while (at < size) {
		if (scan->escaped) {
			scan->escaped = false;
			at++;
			continue;
		}
		while (size - at >= STEP && !has_string_end(data + at))
			at += STEP;
		while (at < size && data[at] != '"' && data[at] != '\\')
			at++;
		if (at == size)
			break;
		if (data[at++] == '"') {
			scan->in_string = false;
			break;
		}
		scan->escaped = true;
	}
	return at;
}

static bool ends_scalar(uint8_t byte)
{
	return byte == ',' || byte == ']' || byte == '}' || byte == ' ' ||
	       byte == '\n' || byte == '\r' || byte == '\t';
}

static int scan_scalar(const uint8_t *data, size_t size, size_t *used)
{
	size_t at = 0;

	while (at < size && !ends_scalar(data[at]))
		at++;
	*used = at;
	return at < size;
}

/* Which kind of value begins here? -1: none. */
static int begin(struct cxa_json_scan *scan, uint8_t byte)
{
	scan->started = true;
	if (byte == '"' || byte == '{' || byte == '[')
		return 0;
	scan->scalar = byte == '-' || (byte >= '0' && byte <= '9') ||
		       byte == 't' || byte == 'f' || byte == 'n';
	return scan->scalar ? 0 : -1;
}

/* One byte outside strings. 1: the value ends with it. */
static int take_byte(struct cxa_json_scan *scan, uint8_t byte)
{
	switch (byte) {
	case '"':
		scan->in_string = true;
		return 0;
	case '{':
	case '[':
		scan->depth++;
		return 0;
	case '}':
	case ']':
		if (scan->depth == 0)
			return -1;
		return --scan->depth == 0;
	default:
		return 0;
	}
}

int cxa_json_scan_value(struct cxa_json_scan *scan, const uint8_t *data,
			size_t size, size_t *used)
{
	size_t at = 0;
	int done;

	*used = 0;
	if (size == 0)
		return 0;
	if (!scan->started && begin(scan, data[0]) < 0)
		return -1;
	if (scan->scalar)
		return scan_scalar(data, size, used);
	while (at < size) {
		if (scan->in_string) {
			at = skip_string(scan, data, at, size);
			*used = at;
			if (!scan->in_string && scan->depth == 0)
				return 1;
			continue;
		}
		while (size - at >= STEP && !has_structure(data + at))
			at += STEP;
		if (at == size)
			break;
		done = take_byte(scan, data[at++]);
		*used = at;
		if (done != 0)
			return done;
	}
	*used = at;
	return 0;
}
