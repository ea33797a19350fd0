/* trailer.h - the 512 bytes that a random read begins with */
#ifndef CXA_CONTAINER_TRAILER_H
#define CXA_CONTAINER_TRAILER_H

#include <cortexarc/archive.pb-c.h>

#include "base/digest.h"
#include "base/error.h"
#include "base/io.h"

enum { CXA_TRAILER_BYTES = 512 };

/**
 * struct cxa_trailer - what TRAILER says
 * @index_offset, @sums_offset: of the member's data in the file
 * @index_digest: of INDEX.pb.zst's stored bytes
 * @root: digest of the bytes of B2SUMS: the archive's name
 * @mtime: of its tar header, seconds; only cxa_trailer_find() knows it
 */
struct cxa_trailer {
	uint32_t major;
	uint32_t minor;
	uint64_t index_offset;
	uint64_t index_size;
	uint64_t sums_offset;
	uint64_t sums_size;
	struct cxa_digest index_digest;
	struct cxa_digest root;
	uint64_t mtime;
};

/*
 * Layout, integers little-endian:
 *   0  16  magic "CORTEXARC-END\r\n\0"
 *  16   4  major   20   4  minor
 *  24   8  index_offset    32   8  index_size
 *  40   8  sums_offset     48   8  sums_size
 *  56  32  index_digest    88  32  root
 * 120 360  zero
 * 480  32  BLAKE2b-256 of bytes 0..479
 */
void cxa_trailer_encode(const struct cxa_trailer *trailer,
			uint8_t out[CXA_TRAILER_BYTES]);

/**
 * cxa_trailer_decode() - Return: 0, CXA_ERR_CORRUPT (magic, own digest, zeros),
 * CXA_ERR_UNSUPPORTED (a higher major, digest sound)
 */
int cxa_trailer_decode(struct cxa_trailer *out,
		       const uint8_t data[CXA_TRAILER_BYTES],
		       struct cxa_error *error);

/** cxa_trailer_agrees() - is it of the version that @header tells of? */
bool cxa_trailer_agrees(const struct cxa_trailer *trailer,
			const Cxa__Header *header);

/**
 * cxa_trailer_find() - read it from the end of a seekable file
 * @end: out: offset behind the two zero blocks that follow it
 * @padding: out: zero bytes behind that (up to 1 MiB are passed over)
 *
 * Return: 0, CXA_ERR_CORRUPT ("the end is missing" where there is none),
 * CXA_ERR_UNSUPPORTED, CXA_ERR_IO.
 */
int cxa_trailer_find(struct cxa_trailer *out, const struct cxa_input *input,
		     uint64_t *end, uint64_t *padding, struct cxa_error *error);

/**
 * cxa_trailer_stands() - is there a sound one at the end of a seekable file?
 *
 * Return: 0, also where there is none; CXA_ERR_IO, CXA_ERR_CANCELLED,
 * CXA_ERR_NOMEM: it cannot be told.
 */
int cxa_trailer_stands(bool *stands, const struct cxa_input *input,
		       struct cxa_error *error);

#endif
