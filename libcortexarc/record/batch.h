/* batch.h - making batches, for the layers that read records */
#ifndef CXA_RECORD_BATCH_H
#define CXA_RECORD_BATCH_H

#include <cortexarc/record.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "base/error.h"

/**
 * cxa_batch_take() - an empty batch that owns @bytes, which becomes { 0 }
 *
 * For rows that point into them. Return: 0, CXA_ERR_NOMEM (@bytes stays).
 */
int cxa_batch_take(struct cxa_batch **out, enum cxa_collection collection,
		   struct cxa_buffer *bytes, struct cxa_error *error);

/**
 * cxa_batch_add_row() - one more record, not copied
 * @record: its data lives as long as the batch: in the bytes it took, in its
 *          arena, or in a batch it holds
 *
 * The caller has checked that it is canonical. Return: 0, CXA_ERR_NOMEM.
 */
int cxa_batch_add_row(struct cxa_batch *batch, const struct cxa_record *record,
		      struct cxa_error *error);

/** cxa_batch_add_whole() - the same with its embeddings beside it */
int cxa_batch_add_whole(struct cxa_batch *batch,
			const struct cxa_record *record,
			const struct cxa_record *embedding,
			struct cxa_error *error);

/** cxa_batch_hold() - keep @other alive as long as @batch */
int cxa_batch_hold(struct cxa_batch *batch, struct cxa_batch *other,
		   struct cxa_error *error);

/** cxa_batch_arena() - memory that lives as long as @batch */
struct cxa_arena *cxa_batch_arena(struct cxa_batch *batch);

/** cxa_record_key() - the id in a record's encoding; false: it has none */
bool cxa_record_key(enum cxa_collection collection, const uint8_t *data,
		    size_t size, uint64_t *id);

#endif
