/* record_spool.h - records set aside in temporary files, given back by ascending id */
#ifndef CXA_ENDPOINT_RECORD_SPOOL_H
#define CXA_ENDPOINT_RECORD_SPOOL_H

#include "base/buffer.h"
#include "endpoint/source.h"
#include "record/batch.h"

/**
 * struct cxa_segment - rows on their way to the spool; { 0 } is an empty one
 *
 * Filled on a worker, added by the owner of the spool.
 */
struct cxa_segment {
	struct cxa_buffer ids;   /* uint64_t each */
	struct cxa_buffer sizes; /* uint32_t each */
	struct cxa_buffer rows;  /* end to end */
};

/** cxa_segment_add() - encode @message behind the others */
int cxa_segment_add(struct cxa_segment *segment, uint64_t id,
		    const ProtobufCMessage *message, struct cxa_error *error);

/**
 * cxa_segment_add_none() - there is no row with @id
 *
 * Where one came before, it is an older one, and left out.
 */
int cxa_segment_add_none(struct cxa_segment *segment, uint64_t id,
			 struct cxa_error *error);
void cxa_segment_reset(struct cxa_segment *segment);
void cxa_segment_release(struct cxa_segment *segment);

struct cxa_record_spool;

/**
 * cxa_record_spool_open() - a file a collection, made when first needed
 * @duplicates: looked at when records are read
 */
int cxa_record_spool_open(struct cxa_record_spool **out,
			  struct cxa_context *context,
			  const struct cxa_duplicates *duplicates,
			  struct cxa_error *error);

/** cxa_record_spool_add() - Return: 0, CXA_ERR_IO, CXA_ERR_NOMEM */
int cxa_record_spool_add(struct cxa_record_spool *spool,
			 enum cxa_collection collection,
			 const struct cxa_segment *segment,
			 struct cxa_error *error);

/** cxa_record_spool_bytes() - of all rows */
uint64_t cxa_record_spool_bytes(const struct cxa_record_spool *spool);

/**
 * cxa_record_spool_read() - the records of a collection, ids ascending
 *
 * Records that came in order are read as they stand; others are sorted by id
 * through a temporary SQLite database that holds their places. Return: as
 * struct cxa_source_ops; CXA_ERR_FORMAT for an id that came twice, unless
 * duplicates are only told.
 */
int cxa_record_spool_read(struct cxa_record_spool *spool,
			  enum cxa_collection collection, void **reader,
			  struct cxa_error *error);
int cxa_record_spool_next(void *reader, struct cxa_batch **batch,
			  struct cxa_error *error);
void cxa_record_spool_done(void *reader);

void cxa_record_spool_close(struct cxa_record_spool *spool);

#endif
