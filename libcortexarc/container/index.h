/* index.h - INDEX.pb.zst: what is where */
#ifndef CXA_CONTAINER_INDEX_H
#define CXA_CONTAINER_INDEX_H

#include <cortexarc/archive.pb-c.h>
#include <cortexarc/record.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "base/error.h"
#include "base/limits.h"

/**
 * cxa_index_encode() - the raw message (compressing it is the caller's)
 *
 * The totals written are made here, from the entries; @index is left as it is.
 * Return: 0, CXA_ERR_USAGE (an entry of no batch), CXA_ERR_NOMEM.
 */
int cxa_index_encode(Cxa__Index *index, struct cxa_buffer *out,
		     struct cxa_error *error);

/**
 * cxa_index_decode() - from the raw message, and is it true of itself?
 * @limits: filled; NULL: the defaults
 *
 * Members in order without gaps, offsets as the canonical layout has them one
 * behind the other (each member's data, padding and preamble), digests of 32
 * bytes, records not 0, first and last id ascending within and across the
 * batches of a collection, at most one system_state record, totals equal the
 * sums.
 *
 * Return: 0, CXA_ERR_CORRUPT, CXA_ERR_LIMIT, CXA_ERR_NOMEM.
 */
int cxa_index_decode(const uint8_t *data, size_t size,
		     const struct cxa_limits *limits, struct cxa_arena *arena,
		     Cxa__Index **out, struct cxa_error *error);

/**
 * cxa_index_find() - the entry of @collection that may hold @id
 *
 * Binary search. Return: NULL where none can.
 */
const Cxa__IndexEntry *cxa_index_find(const Cxa__Index *index,
				      enum cxa_collection collection,
				      uint64_t id);

/**
 * cxa_index_range() - the entries of @collection: *first and *count
 *
 * By the totals, which decoding has checked.
 */
void cxa_index_range(const Cxa__Index *index, enum cxa_collection collection,
		     size_t *first, size_t *count);

#endif
