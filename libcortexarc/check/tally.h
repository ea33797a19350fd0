/* tally.h - are two bags of things the same? In constant memory, in any order */
#ifndef CXA_CHECK_TALLY_H
#define CXA_CHECK_TALLY_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/digest.h"

/** struct cxa_tally - how many, and the sum of their digests; { 0 } is empty */
struct cxa_tally {
	uint64_t count;
	uint64_t lanes[4];
};

static inline void cxa_tally_add(struct cxa_tally *tally,
				 const struct cxa_digest *digest)
{
	uint64_t lanes[4];

	memcpy(lanes, digest->bytes, sizeof(lanes));
	tally->count++;
	for (int i = 0; i < 4; i++)
		tally->lanes[i] += lanes[i];
}

static inline void cxa_tally_take(struct cxa_tally *tally,
				  const struct cxa_digest *digest)
{
	uint64_t lanes[4];

	memcpy(lanes, digest->bytes, sizeof(lanes));
	tally->count--;
	for (int i = 0; i < 4; i++)
		tally->lanes[i] -= lanes[i];
}

static inline void cxa_tally_join(struct cxa_tally *tally,
				  const struct cxa_tally *other)
{
	tally->count += other->count;
	for (int i = 0; i < 4; i++)
		tally->lanes[i] += other->lanes[i];
}

static inline bool cxa_tally_equal(const struct cxa_tally *a,
				   const struct cxa_tally *b)
{
	return memcmp(a, b, sizeof(*a)) == 0;
}

#endif
