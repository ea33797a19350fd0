/* tar_block.h - the 512-byte blocks before a member: one form, to the byte */
#ifndef CXA_CONTAINER_TAR_BLOCK_H
#define CXA_CONTAINER_TAR_BLOCK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/digest.h"

enum {
	CXA_TAR_BLOCK = 512,
	CXA_TAR_NAME = 100,        /* bytes of the name field */
	CXA_TAR_PAX_BYTES = 105    /* of the one record in a pax header */
};

/* What 11 octal digits hold. */
#define CXA_TAR_NUMBER_MAX ((UINT64_C(1) << 33) - 1)

/**
 * struct cxa_tar_header - all in which two header blocks may differ
 * @type: '0' a file, 'x' a pax header
 * @name: with a NUL
 */
struct cxa_tar_header {
	char type;
	char name[CXA_TAR_NAME];
	uint64_t size;
	uint64_t mtime;
};

void cxa_tar_header_encode(const struct cxa_tar_header *header,
			   uint8_t out[CXA_TAR_BLOCK]);

/**
 * cxa_tar_header_decode() - only from exactly what encoding it gives
 *
 * Return: NULL, or what is wrong with it, in words; static.
 */
const char *cxa_tar_header_decode(struct cxa_tar_header *out,
				  const uint8_t block[CXA_TAR_BLOCK]);

/** cxa_tar_pax_name() - `concepts/PaxHeader/0.pb.zst` of `concepts/0.pb.zst` */
void cxa_tar_pax_name(char out[CXA_TAR_NAME], const char *member);

/** cxa_tar_pax_member() - the way back; false: no such name */
bool cxa_tar_pax_member(char out[CXA_TAR_NAME], const char *pax_name);

/** cxa_tar_digest_encode() - the block behind an `x` header: one record */
void cxa_tar_digest_encode(const struct cxa_digest *digest,
			   uint8_t out[CXA_TAR_BLOCK]);
bool cxa_tar_digest_decode(struct cxa_digest *out,
			   const uint8_t block[CXA_TAR_BLOCK]);

/** cxa_tar_is_zero() - are these bytes all zero? */
bool cxa_tar_is_zero(const uint8_t *data, size_t size);

#endif
