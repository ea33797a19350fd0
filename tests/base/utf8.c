/* utf8.c - cxa_utf8_valid_prefix() */
#include "base/utf8.h"

#include <stdlib.h>

#include "tap.h"

/* @valid: bytes of @text that are valid; the rest is not */
struct sample {
	const char *name;
	const char *text;
	size_t size;
	size_t valid;
};

#define SAMPLE(name, text, valid) { name, text, sizeof(text) - 1, valid }

static const struct sample samples[] = {
	SAMPLE("a lone continuation", "\x80", 0),
	SAMPLE("the last continuation", "\xbf", 0),
	SAMPLE("an overlong NUL", "\xc0\x80", 0),
	SAMPLE("an overlong DEL", "\xc1\xbf", 0),
	SAMPLE("an overlong U+07FF", "\xe0\x9f\xbf", 0),
	SAMPLE("an overlong U+FFFF", "\xf0\x8f\xbf\xbf", 0),
	SAMPLE("the first surrogate", "\xed\xa0\x80", 0),
	SAMPLE("the last surrogate", "\xed\xbf\xbf", 0),
	SAMPLE("a pair of surrogates", "\xed\xa0\x80\xed\xb0\x80", 0),
	SAMPLE("U+110000", "\xf4\x90\x80\x80", 0),
	SAMPLE("a lead of F5", "\xf5\x80\x80\x80", 0),
	SAMPLE("a lead of F8", "\xf8\x88\x80\x80\x80", 0),
	SAMPLE("a byte FE", "\xfe", 0),
	SAMPLE("a byte FF", "\xff", 0),
	SAMPLE("two bytes, cut", "\xc3", 0),
	SAMPLE("three bytes, cut after one", "\xe2", 0),
	SAMPLE("three bytes, cut after two", "\xe2\x82", 0),
	SAMPLE("four bytes, cut after one", "\xf0", 0),
	SAMPLE("four bytes, cut after two", "\xf0\x9f", 0),
	SAMPLE("four bytes, cut after three", "\xf0\x9f\x98", 0),
	SAMPLE("a lead and ASCII", "\xc3\x41", 0),
	SAMPLE("a lead and a lead", "\xc3\xc3", 0),
	SAMPLE("a third byte that is ASCII", "\xe2\x82\x41", 0),
	SAMPLE("a third byte that is a lead", "\xe2\x82\xc2", 0),
	SAMPLE("a fourth byte that is ASCII", "\xf0\x9f\x98\x41", 0),
	SAMPLE("a third of four that is a lead", "\xf0\x9f\xc3\x80", 0),
	SAMPLE("good, then bad", "\xc3\xa9\xe2\x82\xac\xff", 5),
	SAMPLE("nothing", "", 0),
	SAMPLE("NUL", "\0", 1),
	SAMPLE("NUL between letters", "a\0b", 3),
	SAMPLE("DEL", "\x7f", 1),
	SAMPLE("U+0080", "\xc2\x80", 2),
	SAMPLE("U+07FF", "\xdf\xbf", 2),
	SAMPLE("U+0800", "\xe0\xa0\x80", 3),
	SAMPLE("U+D7FF", "\xed\x9f\xbf", 3),
	SAMPLE("U+E000", "\xee\x80\x80", 3),
	SAMPLE("U+FFFF", "\xef\xbf\xbf", 3),
	SAMPLE("U+10000", "\xf0\x90\x80\x80", 4),
	SAMPLE("U+10FFFF", "\xf4\x8f\xbf\xbf", 4),
	SAMPLE("four lengths", "a\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80", 10),
};

/* A copy in a block that ends where the text does: a sanitizer sees one more */
static size_t prefix_of(const uint8_t *text, size_t size)
{
	uint8_t *block = malloc(size == 0 ? 1 : size);
	size_t valid;

	if (block == NULL)
		return SIZE_MAX;
	if (size != 0)
		memcpy(block, text, size);
	valid = cxa_utf8_valid_prefix(block, size);
	free(block);
	return valid;
}

/* Behind 0 to 40 letters, and again with as many letters behind it */
static bool holds_everywhere(const struct sample *sample)
{
	uint8_t text[128];
	size_t good;
	size_t size;

	for (size_t before = 0; before <= 40; before++) {
		memset(text, 'x', sizeof(text));
		memcpy(text + before, sample->text, sample->size);
		size = before + sample->size;
		good = before + sample->valid;
		if (prefix_of(text, size) != good)
			return false;
		if (sample->valid == sample->size)
			good += 40;
		if (prefix_of(text, size + 40) != good)
			return false;
	}
	return true;
}

static void table_holds_at_every_alignment(void)
{
	const struct sample *sample;

	for (size_t i = 0; i < sizeof(samples) / sizeof(samples[0]); i++) {
		sample = &samples[i];
		ok(holds_everywhere(sample), "%s is %s, behind 0 to 40 letters",
		   sample->name,
		   sample->valid == sample->size ? "valid" : "refused");
	}
}

/* By the definition: build the one encoding of each code point. */
static size_t encode(uint32_t c, uint8_t out[4])
{
	size_t size = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
	static const uint8_t leads[] = { 0, 0, 0xc0, 0xe0, 0xf0 };

	for (size_t i = size - 1; i > 0; i--, c >>= 6)
		out[i] = (uint8_t)(0x80 | (c & 0x3f));
	out[0] = (uint8_t)(leads[size] | c);
	return size;
}

static void every_code_point_is_judged_alone(void)
{
	uint8_t text[4];
	size_t size;
	size_t wrong = 0;
	bool surrogate;

	for (uint32_t c = 0; c < 0x200000; c++) {
		size = encode(c, text);
		surrogate = c >= 0xd800 && c <= 0xdfff;
		wrong += cxa_utf8_valid_prefix(text, size) !=
			 (surrogate || c > 0x10ffff ? 0 : size);
	}
	is_uint(wrong, 0, "every code point is valid, but no surrogate and "
		"none over U+10FFFF");
}

/* All of one, two and three bytes, and of four with the last one fixed */
static size_t count_valid(size_t size)
{
	uint32_t end = UINT32_C(1) << (8 * (size < 3 ? size : 3));
	uint8_t text[4] = { 0, 0, 0, 0x80 };
	size_t found = 0;

	for (uint32_t bits = 0x80; bits < end; bits++) {
		for (size_t i = 0; i < 3; i++)
			text[i] = (uint8_t)(bits >> (8 * i));
		found += text[0] >= 0x80 &&
			 cxa_utf8_valid_prefix(text, size) == size;
	}
	return found;
}

/* Two characters may share the bytes, too: two and ASCII, or two and two. */
static void nothing_but_scalar_values_passes(void)
{
	size_t two = 0x800 - 0x80;
	size_t three = 0x10000 - 0x800 - 0x800;
	size_t four = 0x100000 / 64;

	is_uint(count_valid(1), 0, "no other byte passes");
	is_uint(count_valid(2), two, "no other two bytes pass");
	is_uint(count_valid(3), three + two * 0x80,
		"no other three bytes pass");
	is_uint(count_valid(4), four + two * two / 64,
		"no other four bytes pass");
}

int main(void)
{
	table_holds_at_every_alignment();
	every_code_point_is_judged_alone();
	nothing_but_scalar_values_passes();
	return done_testing();
}
