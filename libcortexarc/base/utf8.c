/* utf8.c - is it UTF-8? Eight bytes of ASCII at a time, the rest by RFC 3629 */
#include "base/utf8.h"

#include <stdbool.h>
#include <string.h>

#define HIGH_BITS UINT64_C(0x8080808080808080)

/* Bytes of ASCII at the start, less those that do not fill a word. */
static size_t ascii_prefix(const uint8_t *data, size_t size)
{
	size_t i = 0;
	uint64_t words[2];

	for (; size - i >= sizeof(words); i += sizeof(words)) {
		memcpy(words, data + i, sizeof(words));
		if (((words[0] | words[1]) & HIGH_BITS) != 0)
			break;
	}
	for (; size - i >= sizeof(words[0]); i += sizeof(words[0])) {
		memcpy(words, data + i, sizeof(words[0]));
		if ((words[0] & HIGH_BITS) != 0)
			break;
	}
	return i;
}

static bool between(uint8_t byte, uint8_t low, uint8_t high)
{
	return byte >= low && byte <= high;
}

static bool tail(uint8_t byte)
{
	return (byte & 0xc0) == 0x80;
}

/* Only the second byte can make a form overlong, a surrogate or too high. */
static bool second_of_three(uint8_t lead, uint8_t byte)
{
	return between(byte, lead == 0xe0 ? 0xa0 : 0x80,
		       lead == 0xed ? 0x9f : 0xbf);
}

static bool second_of_four(uint8_t lead, uint8_t byte)
{
	return between(byte, lead == 0xf0 ? 0x90 : 0x80,
		       lead == 0xf4 ? 0x8f : 0xbf);
}

/* Bytes of the character at @p, of which @left can be read; 0: it is bad. */
static size_t character_bytes(const uint8_t *p, size_t left)
{
	if (p[0] < 0x80)
		return 1;
	if (between(p[0], 0xc2, 0xdf))
		return left >= 2 && tail(p[1]) ? 2 : 0;
	if (between(p[0], 0xe0, 0xef))
		return left >= 3 && second_of_three(p[0], p[1]) &&
		       tail(p[2]) ? 3 : 0;
	if (between(p[0], 0xf0, 0xf4))
		return left >= 4 && second_of_four(p[0], p[1]) &&
		       tail(p[2]) && tail(p[3]) ? 4 : 0;
	return 0;
}

size_t cxa_utf8_valid_prefix(const uint8_t *data, size_t size)
{
	size_t i = 0;
	size_t n;

	while (i < size) {
		if (data[i] < 0x80)
			i += ascii_prefix(data + i, size - i);
		if (i == size)
			break;
		n = character_bytes(data + i, size - i);
		if (n == 0)
			break;
		i += n;
	}
	return i;
}
