/* utf8.c - one character of UTF-8 that may be wrong */
#include "utf8.h"

/* By first byte: how many follow, its own bits, the least that needs so many. */
static const struct {
	uint8_t mask;
	uint8_t lead;
	uint8_t more;
	uint32_t least;
} forms[] = {
	{ 0x80, 0x00, 0, 0 },
	{ 0xe0, 0xc0, 1, 0x80 },
	{ 0xf0, 0xe0, 2, 0x800 },
	{ 0xf8, 0xf0, 3, 0x10000 },
};

size_t utf8_next(const uint8_t *bytes, size_t size, uint32_t *code)
{
	size_t form = 0;
	uint32_t value;

	if (size == 0)
		return 0;
	while (form < 4 && (bytes[0] & forms[form].mask) != forms[form].lead)
		form++;
	if (form == 4 || size <= forms[form].more)
		return 0;
	value = bytes[0] & (uint32_t)(uint8_t)~forms[form].mask;
	for (size_t i = 1; i <= forms[form].more; i++) {
		if ((bytes[i] & 0xc0) != 0x80)
			return 0;
		value = value << 6 | (bytes[i] & 0x3f);
	}
	if (value < forms[form].least || value > 0x10ffff ||
	    (value >= 0xd800 && value <= 0xdfff))
		return 0;
	*code = value;
	return 1 + (size_t)forms[form].more;
}
