/* digest.h - BLAKE2b-256, unkeyed: what `b2sum -l 256` prints */
#ifndef CXA_BASE_DIGEST_H
#define CXA_BASE_DIGEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { CXA_DIGEST_BYTES = 32, CXA_DIGEST_HEX = 64 };

struct cxa_digest {
	uint8_t bytes[CXA_DIGEST_BYTES];
};

/** cxa_digest_of() - the digest of @size bytes at @data (NULL when 0) */
void cxa_digest_of(struct cxa_digest *out, const void *data, size_t size);

/** struct cxa_span - bytes somewhere */
struct cxa_span {
	const void *data;
	size_t size;
};

/**
 * cxa_digest_many() - the digests of @count spans, in any order
 *
 * BLAKE2b is a chain: one span cannot go faster. Several side by side, one in
 * each lane of a vector register, are hashed up to 4 times as fast where the
 * processor has AVX2 or AVX-512; elsewhere one after the other.
 */
void cxa_digest_many(const struct cxa_span *spans, size_t count,
		     struct cxa_digest *out);

/** struct cxa_hasher - a digest that is fed in pieces */
struct cxa_hasher {
	_Alignas(64) uint8_t state[384];
};

void cxa_hasher_init(struct cxa_hasher *hasher);
void cxa_hasher_update(struct cxa_hasher *hasher, const void *data, size_t size);
void cxa_hasher_final(struct cxa_hasher *hasher, struct cxa_digest *out);

bool cxa_digest_equal(const struct cxa_digest *a, const struct cxa_digest *b);

/** cxa_digest_hex() - 64 lower-case digits and a NUL at @out */
void cxa_digest_hex(const struct cxa_digest *digest, char out[65]);

/** cxa_digest_parse() - from 64 lower-case digits; false: they are not */
bool cxa_digest_parse(struct cxa_digest *out, const char *hex);

#endif
