/* encoder.h - rows into batches, batches into proven frames, on workers, in order */
#ifndef CXA_ENDPOINT_ENCODER_H
#define CXA_ENDPOINT_ENCODER_H

#include "base/buffer.h"
#include "base/digest.h"
#include "endpoint/context.h"
#include "record/batch.h"

/**
 * struct cxa_encoded - a batch that is ready to be a member
 * @stored: its frame
 */
struct cxa_encoded {
	enum cxa_collection collection;
	uint64_t records;
	uint64_t first_id;
	uint64_t last_id;
	uint64_t raw_size;
	struct cxa_buffer stored;
	struct cxa_digest stored_digest;
	struct cxa_digest raw_digest;
};

struct cxa_encoder;

/**
 * cxa_encoder_open() - cut records into batches and encode them
 * @write: takes each batch in order, on the calling thread
 */
int cxa_encoder_open(struct cxa_encoder **out, struct cxa_context *context,
		     int zstd_level, bool prove,
		     int (*write)(void *state, const struct cxa_encoded *encoded,
				  struct cxa_error *error),
		     void *state, struct cxa_error *error);

/** cxa_encoder_level() - of the frames of @collection, when @zstd_level is wanted */
int cxa_encoder_level(int zstd_level, enum cxa_collection collection);

/**
 * cxa_encoder_put() - the records of @batch, in the order of the archive
 *
 * How @batch was cut does not matter. Return: 0, CXA_ERR_USAGE (order),
 * what @write returned, CXA_ERR_NOMEM, CXA_ERR_CORRUPT (a frame not proven).
 */
int cxa_encoder_put(struct cxa_encoder *encoder, struct cxa_batch *batch,
		    struct cxa_error *error);

/** cxa_encoder_finish() - all that is still under way */
int cxa_encoder_finish(struct cxa_encoder *encoder, struct cxa_error *error);

void cxa_encoder_close(struct cxa_encoder *encoder);

#endif
