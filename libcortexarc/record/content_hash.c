/* content_hash.c - content_hash and query_hash of each data_version */
#include "record/content_hash.h"

#include <string.h>

#include "base/bytes.h"
#include "base/digest.h"

/* Aumasson and Bernstein, 2012; one round a word, three at the end. */
struct sip {
	uint64_t v0, v1, v2, v3;
};

static uint64_t rotate(uint64_t value, int bits)
{
	return value << bits | value >> (64 - bits);
}

static void sip_round(struct sip *s)
{
	s->v0 += s->v1;
	s->v1 = rotate(s->v1, 13) ^ s->v0;
	s->v0 = rotate(s->v0, 32);
	s->v2 += s->v3;
	s->v3 = rotate(s->v3, 16) ^ s->v2;
	s->v0 += s->v3;
	s->v3 = rotate(s->v3, 21) ^ s->v0;
	s->v2 += s->v1;
	s->v1 = rotate(s->v1, 17) ^ s->v2;
	s->v2 = rotate(s->v2, 32);
}

static void sip_word(struct sip *s, uint64_t word)
{
	s->v3 ^= word;
	sip_round(s);
	s->v0 ^= word;
}

uint64_t cxa_content_hash(const void *text, size_t size)
{
	struct sip s = {
		UINT64_C(0x736f6d6570736575), UINT64_C(0x646f72616e646f6d),
		UINT64_C(0x6c7967656e657261), UINT64_C(0x7465646279746573) };
	const uint8_t *bytes = text;
	uint8_t tail[16] = { 0 };
	size_t whole = size / 8 * 8;
	size_t rest = size - whole;
	size_t total = size + 1; /* a byte 0xFF ends a str */

	for (size_t i = 0; i < whole; i += 8)
		sip_word(&s, cxa_load64(bytes + i));
	if (rest != 0)
		memcpy(tail, bytes + whole, rest);
	tail[rest] = 0xff;
	if (rest == 7) {
		sip_word(&s, cxa_load64(tail));
		memset(tail, 0, sizeof(tail));
	}
	tail[7] = (uint8_t)total;
	sip_word(&s, cxa_load64(tail));
	s.v2 ^= 0xff;
	sip_round(&s);
	sip_round(&s);
	sip_round(&s);
	return s.v0 ^ s.v1 ^ s.v2 ^ s.v3;
}

bool cxa_content_hash_of(uint32_t data_version, const void *text, size_t size,
			 uint64_t *hash)
{
	struct cxa_digest digest;

	switch (data_version) {
	case 1:
		*hash = cxa_content_hash(text, size);
		return true;
	case 2:
		cxa_digest_of(&digest, text, size);
		*hash = cxa_load64(digest.bytes);
		return true;
	default:
		return false;
	}
}
