/* batch_codec.h - a batch's records from and to the raw bytes of its member */
#ifndef CXA_RECORD_BATCH_CODEC_H
#define CXA_RECORD_BATCH_CODEC_H

#include "record/embedding_columns.h"

/**
 * cxa_batch_encode() - append the batch message of @records to @out
 *
 * Return: 0, CXA_ERR_NOMEM, CXA_ERR_CORRUPT.
 */
int cxa_batch_encode(enum cxa_collection collection,
		     const struct cxa_record *records, size_t count,
		     struct cxa_buffer *out, struct cxa_error *error);

/**
 * cxa_batch_check() - is this a batch message, canonical, ids ascending?
 * @limits: filled
 * @ids: out: how many records, the first id and the last
 * @stats: out
 *
 * What it accepts, cxa_record_unpack() decodes. Return: 0, CXA_ERR_CORRUPT
 * (naming the record), CXA_ERR_LIMIT, CXA_ERR_NOMEM.
 */
int cxa_batch_check(enum cxa_collection collection, const uint8_t *data,
		    size_t size, const struct cxa_limits *limits,
		    struct cxa_id_run *ids, struct cxa_wire_stats *stats,
		    struct cxa_error *error);

/**
 * cxa_batch_decode() - the same, and make a batch of it
 * @raw: may be taken (left empty)
 * @range: of the records that are wanted; of the others only the order is
 *         checked
 */
int cxa_batch_decode(enum cxa_collection collection, struct cxa_buffer *raw,
		     const struct cxa_limits *limits,
		     const struct cxa_id_range *range, struct cxa_batch **out,
		     struct cxa_id_run *ids, struct cxa_error *error);

#endif
