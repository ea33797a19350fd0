/* sums.h - B2SUMS: a line a member, and the root hash over it */
#ifndef CXA_CONTAINER_SUMS_H
#define CXA_CONTAINER_SUMS_H

#include "base/buffer.h"
#include "base/digest.h"
#include "base/error.h"
#include "container/member.h"

/** cxa_sums_add() - append `<64 hex>  <name>\n` */
void cxa_sums_add(struct cxa_buffer *sums, const struct cxa_digest *digest,
		  const char *name);

/**
 * cxa_sums_next() - the line at *@offset, which moves behind it
 *
 * Only the form above, member names only. Return: 0 with *member (kind, name,
 * digest), CXA_END, CXA_ERR_CORRUPT.
 */
int cxa_sums_next(const uint8_t *data, size_t size, size_t *offset,
		  struct cxa_member *member, struct cxa_error *error);

#endif
