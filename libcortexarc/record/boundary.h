/* boundary.h - where a batch ends: decided by the ids, not by what stood before */
#ifndef CXA_RECORD_BOUNDARY_H
#define CXA_RECORD_BOUNDARY_H

#include "record/collection.h"

/**
 * struct cxa_boundary - the batch that is being filled
 *
 * A batch ends after a record whose mixed id has its low boundary_bits zero,
 * once the batch holds min_bytes; and before a record that would take it over
 * max_bytes. Bytes are those of the records' encodings (embeddings: as rows).
 * So a record that comes or goes changes the batches around it and no others.
 */
struct cxa_boundary {
	const struct cxa_collection_info *info;
	uint64_t bytes;
};

/** cxa_boundary_mix() - the finalizer of splitmix64 (Vigna, 2015) */
uint64_t cxa_boundary_mix(uint64_t id);

/** cxa_boundary_before() - must the batch end before a record of @size bytes? */
bool cxa_boundary_before(const struct cxa_boundary *boundary, size_t size);

/** cxa_boundary_add() - count the record in; does the batch end after it? */
bool cxa_boundary_add(struct cxa_boundary *boundary, uint64_t id, size_t size);

#endif
