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

/** struct cxa_id_run - how many records, the first id and the last */
struct cxa_id_run {
	uint64_t count;
	uint64_t first;
	uint64_t last;
};

/** struct cxa_id_range - which records are wanted, both ends included */
struct cxa_id_range {
	uint64_t first;
	uint64_t last;
};

/**
 * cxa_embedding_columns_decode() - scan, check, and add the rows to @batch
 * @limits: filled
 * @range: of the rows that are wanted; all are checked
 * @batch: NULL: check only
 * @stats: the heap for rows is counted in, made or not
 * @ids: out: of all rows
 *
 * Return: 0, CXA_ERR_CORRUPT (lengths that do not fit their planes, ids that
 * do not ascend ...), CXA_ERR_LIMIT, CXA_ERR_NOMEM.
 */
int cxa_embedding_columns_decode(const uint8_t *data, size_t size,
				 const struct cxa_limits *limits,
				 struct cxa_wire_stats *stats,
				 const struct cxa_id_range *range,
				 struct cxa_batch *batch, struct cxa_id_run *ids,
				 struct cxa_error *error);

#endif
