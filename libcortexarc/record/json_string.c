/* json_string.c - JSON strings: checked, and their escapes resolved */
#include "record/json_text.h"

#include "base/utf8.h"

#define ONES UINT64_C(0x0101010101010101)
#define HIGH_BITS UINT64_C(0x8080808080808080)

/* Non-zero: a quote, a backslash or a control character is among the bytes. */
static inline uint64_t special_bytes(uint64_t word)
{
	uint64_t quote = word ^ ONES * '"';
	uint64_t slash = word ^ ONES * '\\';

	return (((quote - ONES) & ~quote) | ((slash - ONES) & ~slash) |
		((word - ONES * 0x20) & ~word)) & HIGH_BITS;
}

const uint8_t *cxa_json_plain_end(const uint8_t *at, const uint8_t *end,
				  uint64_t *high_bits)
{
	uint64_t word;

	while ((size_t)(end - at) >= sizeof(word)) {
		memcpy(&word, at, sizeof(word));
		if (special_bytes(word) != 0)
			break;
		*high_bits |= word & HIGH_BITS;
		at += sizeof(word);
	}
	while (at != end && *at >= 0x20 && *at != '"' && *at != '\\')
		*high_bits |= *at++ & 0x80;
	return at;
}

static int hex_digit(uint8_t byte)
{
	if (byte >= '0' && byte <= '9')
		return byte - '0';
	byte |= 0x20; /* lower case */
	return byte >= 'a' && byte <= 'f' ? byte - 'a' + 10 : -1;
}

/* Four hex digits; -1: they are not. */
static int32_t hex4(const uint8_t *at, const uint8_t *end)
{
	int32_t value = 0;

	if (end - at < 4)
		return -1;
	for (int i = 0; i < 4; i++) {
		int digit = hex_digit(at[i]);

		if (digit < 0)
			return -1;
		value = value * 16 + digit;
	}
	return value;
}

static const char bad_escape[] = "has an escape that JSON does not know";
static const char lone_surrogate[] = "has a lone surrogate";

/* Bytes of the \u escape at @at, of its pair where it is one; 0: @why. */
static size_t read_unicode(const uint8_t *at, const uint8_t *end,
			   uint32_t *character, const char **why)
{
	int32_t first = hex4(at + 2, end);
	int32_t second = -1;

	*why = bad_escape;
	if (first < 0)
		return 0;
	*character = (uint32_t)first;
	if (first < 0xd800 || first > 0xdfff)
		return 6;
	*why = lone_surrogate;
	if (end - at >= 12 && at[6] == '\\' && at[7] == 'u')
		second = hex4(at + 8, end);
	if (first > 0xdbff || second < 0xdc00 || second > 0xdfff)
		return 0;
	*character = 0x10000 + ((uint32_t)(first - 0xd800) << 10) +
		     (uint32_t)(second - 0xdc00);
	return 12;
}

/* The escape whose backslash is at @at. */
static size_t read_escape(const uint8_t *at, const uint8_t *end,
			  uint32_t *character, const char **why)
{
	*why = bad_escape;
	if (end - at < 2)
		return 0;
	switch (at[1]) {
	case '"': case '\\': case '/':
		*character = at[1];
		return 2;
	case 'b': *character = '\b'; return 2;
	case 'f': *character = '\f'; return 2;
	case 'n': *character = '\n'; return 2;
	case 'r': *character = '\r'; return 2;
	case 't': *character = '\t'; return 2;
	case 'u': return read_unicode(at, end, character, why);
	default: return 0;
	}
}

static size_t utf8_size(uint32_t character)
{
	return character < 0x80 ? 1 : character < 0x800 ? 2 :
	       character < 0x10000 ? 3 : 4;
}

static uint8_t *utf8_put(uint8_t *out, uint32_t character)
{
	size_t size = utf8_size(character);
	static const uint8_t leads[] = { 0, 0, 0xc0, 0xe0, 0xf0 };

	for (size_t i = size; i > 1; i--) {
		out[i - 1] = (uint8_t)(0x80 | (character & 0x3f));
		character >>= 6;
	}
	out[0] = (uint8_t)(leads[size] | character);
	return out + size;
}

static int check_utf8(struct cxa_json_reader *reader,
		      const struct cxa_json_string *string)
{
	size_t valid = cxa_utf8_valid_prefix(string->raw, string->raw_size);

	if (valid == string->raw_size)
		return 0;
	return cxa_json_fail(reader, CXA_ERR_FORMAT, string->raw + valid,
			     "has invalid UTF-8");
}

/* Where a string goes on behind what is not plain, or NULL: failed. */
static const uint8_t *check_escape(struct cxa_json_reader *reader,
				   const uint8_t *at,
				   struct cxa_json_string *string)
{
	uint32_t character;
	const char *why = "has a control character in a string "
			  "that is not escaped";
	size_t raw = 0;

	if (*at == '\\')
		raw = read_escape(at, reader->end, &character, &why);
	if (raw == 0) {
		cxa_json_fail(reader, CXA_ERR_FORMAT, at, "%s", why);
		return NULL;
	}
	string->size -= raw - utf8_size(character);
	return at + raw;
}

int cxa_json_read_string(struct cxa_json_reader *reader,
			 struct cxa_json_string *string)
{
	uint64_t high_bits = 0;
	const uint8_t *at = reader->at;

	string->size = 0; /* wraps below zero until the end is known */
	string->raw = ++at;
	for (;;) {
		at = cxa_json_plain_end(at, reader->end, &high_bits);
		if (at == reader->end)
			return cxa_json_fail(reader, CXA_ERR_FORMAT, at,
					     "ends inside a string");
		if (*at == '"')
			break;
		at = check_escape(reader, at, string);
		if (at == NULL)
			return CXA_ERR_FORMAT;
	}
	string->raw_size = (size_t)(at - string->raw);
	string->size += string->raw_size;
	reader->at = at + 1;
	return high_bits == 0 ? 0 : check_utf8(reader, string);
}

void cxa_json_unescape(const struct cxa_json_string *string, uint8_t *out)
{
	const uint8_t *at = string->raw;
	const uint8_t *end = at + string->raw_size;
	const uint8_t *escape;
	uint32_t character = 0;
	const char *why;

	while (at != end) {
		escape = memchr(at, '\\', (size_t)(end - at));
		if (escape == NULL)
			escape = end;
		memcpy(out, at, (size_t)(escape - at));
		out += escape - at;
		at = escape;
		if (at != end) {
			at += read_escape(at, end, &character, &why);
			out = utf8_put(out, character);
		}
	}
}

int cxa_json_view(struct cxa_json_reader *reader,
		  const struct cxa_json_string *string, const uint8_t **data)
{
	void *copy;
	int status;

	*data = string->raw;
	if (string->size == string->raw_size)
		return 0;
	status = cxa_json_take(reader, string->size, &copy);
	if (status < 0)
		return status;
	cxa_json_unescape(string, copy);
	*data = copy;
	return 0;
}
