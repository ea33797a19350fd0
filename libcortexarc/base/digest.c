/* digest.c - BLAKE2b-256 through libsodium */
#include "base/digest.h"

#include <sodium.h>
#include <string.h>

_Static_assert(sizeof(crypto_generichash_state) <=
	       sizeof(((struct cxa_hasher *)0)->state), "hasher state");

void cxa_digest_of(struct cxa_digest *out, const void *data, size_t size)
{
	crypto_generichash(out->bytes, sizeof(out->bytes), data, size, NULL, 0);
}

static crypto_generichash_state *state_of(struct cxa_hasher *hasher)
{
	return (void *)hasher->state;
}

void cxa_hasher_init(struct cxa_hasher *hasher)
{
	crypto_generichash_init(state_of(hasher), NULL, 0, CXA_DIGEST_BYTES);
}

void cxa_hasher_update(struct cxa_hasher *hasher, const void *data, size_t size)
{
	crypto_generichash_update(state_of(hasher), data, size);
}

void cxa_hasher_final(struct cxa_hasher *hasher, struct cxa_digest *out)
{
	crypto_generichash_final(state_of(hasher), out->bytes,
				 sizeof(out->bytes));
}

bool cxa_digest_equal(const struct cxa_digest *a, const struct cxa_digest *b)
{
	return memcmp(a->bytes, b->bytes, sizeof(a->bytes)) == 0;
}

void cxa_digest_hex(const struct cxa_digest *digest, char out[65])
{
	static const char digits[] = "0123456789abcdef";

	for (int i = 0; i < CXA_DIGEST_BYTES; i++) {
		out[2 * i] = digits[digest->bytes[i] >> 4];
		out[2 * i + 1] = digits[digest->bytes[i] & 15];
	}
	out[CXA_DIGEST_HEX] = '\0';
}

static int hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return -1;
}

bool cxa_digest_parse(struct cxa_digest *out, const char *hex)
{
	for (int i = 0; i < CXA_DIGEST_BYTES; i++) {
		int high = hex_value(hex[2 * i]);
		int low = high < 0 ? -1 : hex_value(hex[2 * i + 1]);

		if (low < 0)
			return false;
		out->bytes[i] = (uint8_t)(high << 4 | low);
	}
	return true;
}
