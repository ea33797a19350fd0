/* embedding_columns.h - a batch of embeddings by column, floats as byte planes */
#ifndef CXA_RECORD_EMBEDDING_COLUMNS_H
#define CXA_RECORD_EMBEDDING_COLUMNS_H

#include "base/wire.h"
#include "record/batch.h"

/**
 * cxa_planes_split() - floats into byte planes
 * @floats: @count floats, little-endian, at any address
 * @planes: the first plane's byte for the first of them
 * @stride: bytes from one plane to the next
 */
void cxa_planes_split(const uint8_t *floats, size_t count, uint8_t *planes,
		      size_t stride);

/** cxa_planes_join() - and back */
void cxa_planes_join(const uint8_t *planes, size_t stride, size_t count,
		     uint8_t *floats);

/**
 * cxa_embedding_columns_encode() - rows (encoded Embedding messages) into the
 * EmbeddingBatch message, appended to @out
 *
 * Return: 0, CXA_ERR_NOMEM, CXA_ERR_CORRUPT (a row that is none).
 */
int cxa_embedding_columns_encode(const struct cxa_record *records, size_t count,
				 struct cxa_buffer *out,
				 struct cxa_error *error);

/**
 * cxa_embedding_columns_decode() - scan, check, and add the rows to @batch
 * @limits: filled (cxa_wire_limits_fill())
 * @batch: NULL: check only
 * @ids: out: how many, the first and the last
 *
 * Return: 0, CXA_ERR_CORRUPT (lengths that do not fit their planes, ids that
 * do not ascend ...), CXA_ERR_LIMIT, CXA_ERR_NOMEM.
 */
struct cxa_id_run {
	uint64_t count;
	uint64_t first;
	uint64_t last;
};

int cxa_embedding_columns_decode(const uint8_t *data, size_t size,
				 const struct cxa_wire_limits *limits,
				 struct cxa_wire_stats *stats,
				 struct cxa_batch *batch, struct cxa_id_run *ids,
				 struct cxa_error *error);

#endif
