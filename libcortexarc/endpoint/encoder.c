/* encoder.c - rows into batches, batches into proven frames, on workers, in order */
#include "endpoint/encoder.h"

#include <stdlib.h>

#include "base/frame.h"
#include "record/batch_codec.h"
#include "record/boundary.h"
#include "record/collection.h"

/* One batch on its way. Reused for the next. */
struct job {
	struct cxa_encoder *encoder;
	struct cxa_batch *batch;
	struct cxa_frame_coder coder;
	struct cxa_buffer raw;
	struct cxa_encoded encoded;
	int status;
	struct cxa_error error;
};

struct cxa_encoder {
	struct cxa_context *context;
	struct cxa_queue *queue;
	struct job *idle;
	int level;
	bool prove;
	int (*write)(void *state, const struct cxa_encoded *encoded,
		     struct cxa_error *error);
	void *state;
	struct cxa_batch *pending; /* being filled */
	struct cxa_boundary boundary;
	bool has_last;
	enum cxa_collection last_collection;
	uint64_t last_id;
};

static void free_job(void *pointer)
{
	struct job *job = pointer;

	if (job == NULL)
		return;
	cxa_batch_unref(job->batch);
	cxa_frame_coder_release(&job->coder);
	cxa_buffer_release(&job->raw);
	cxa_buffer_release(&job->encoded.stored);
	free(job);
}

static void run_job(void *pointer)
{
	struct job *job = pointer;
	struct cxa_encoded *encoded = &job->encoded;
	const struct cxa_batch *batch = job->batch;

	cxa_buffer_reset(&job->raw);
	cxa_buffer_reset(&encoded->stored);
	encoded->collection = batch->collection;
	encoded->records = batch->count;
	encoded->first_id = batch->records[0].id;
	encoded->last_id = batch->records[batch->count - 1].id;
	job->status = cxa_batch_encode(batch->collection, batch->records,
				       batch->count, &job->raw, &job->error);
	cxa_batch_unref(job->batch);
	job->batch = NULL;
	if (job->status < 0)
		return;
	encoded->raw_size = job->raw.size;
	cxa_digest_of(&encoded->raw_digest, job->raw.data, job->raw.size);
	job->status = cxa_frame_compress(&job->coder, job->encoder->level,
					 job->encoder->prove, job->raw.data,
					 job->raw.size, &encoded->stored,
					 &job->error);
	if (job->status == 0)
		cxa_digest_of(&encoded->stored_digest, encoded->stored.data,
			      encoded->stored.size);
}

int cxa_encoder_open(struct cxa_encoder **out, struct cxa_context *context,
		     int zstd_level, bool prove,
		     int (*write)(void *state, const struct cxa_encoded *encoded,
				  struct cxa_error *error),
		     void *state, struct cxa_error *error)
{
	struct cxa_encoder *encoder = calloc(1, sizeof(*encoder));
	int status;

	*out = NULL;
	if (encoder == NULL)
		return cxa_error_nomem(error, "an encoder");
	encoder->context = context;
	encoder->level = zstd_level;
	encoder->prove = prove;
	encoder->write = write;
	encoder->state = state;
	status = cxa_queue_open(&encoder->queue, context->pool, 0, run_job,
				free_job, error);
	if (status < 0) {
		free(encoder);
		return status;
	}
	*out = encoder;
	return 0;
}

static int write_oldest(struct cxa_encoder *encoder, struct cxa_error *error)
{
	struct job *job = cxa_queue_take(encoder->queue);
	int status = job->status;

	if (status < 0) {
		if (error != NULL && error->status == 0)
			*error = job->error;
	} else {
		status = encoder->write(encoder->state, &job->encoded, error);
	}
	free_job(encoder->idle);
	encoder->idle = job;
	return status;
}

static struct job *take_idle(struct cxa_encoder *encoder)
{
	struct job *job = encoder->idle;

	encoder->idle = NULL;
	if (job == NULL)
		job = calloc(1, sizeof(*job));
	if (job == NULL)
		return NULL;
	job->encoder = encoder;
	job->error = (struct cxa_error)CXA_ERROR_INIT;
	return job;
}

/* The pending batch is complete: hand it to a worker. */
static int submit(struct cxa_encoder *encoder, struct cxa_error *error)
{
	struct job *job;
	int status = 0;

	if (encoder->pending == NULL)
		return 0;
	while (cxa_queue_full(encoder->queue) && status == 0)
		status = write_oldest(encoder, error);
	if (status < 0)
		return status;
	job = take_idle(encoder);
	if (job == NULL)
		return cxa_error_nomem(error, "encoding a batch");
	job->batch = encoder->pending;
	encoder->pending = NULL;
	cxa_queue_submit(encoder->queue, job);
	return 0;
}

static int begin_batch(struct cxa_encoder *encoder, struct cxa_batch *from,
		       struct cxa_error *error)
{
	int status = cxa_batch_new(&encoder->pending, from->collection, error);

	encoder->boundary.info = cxa_collection_info(from->collection);
	encoder->boundary.bytes = 0;
	if (status == 0)
		status = cxa_batch_hold(encoder->pending, from, error);
	return status;
}

static int put_record(struct cxa_encoder *encoder, struct cxa_batch *from,
		      const struct cxa_record *record, struct cxa_error *error)
{
	int status = 0;

	if (encoder->pending != NULL &&
	    cxa_boundary_before(&encoder->boundary, record->size))
		status = submit(encoder, error);
	if (status == 0 && encoder->pending == NULL)
		status = begin_batch(encoder, from, error);
	if (status == 0)
		status = cxa_batch_add_row(encoder->pending, record, error);
	if (status == 0 && cxa_boundary_add(&encoder->boundary, record->id,
					    record->size))
		status = submit(encoder, error);
	return status;
}

static int check_order(struct cxa_encoder *encoder,
		       const struct cxa_batch *batch, struct cxa_error *error)
{
	const struct cxa_record *records = batch->records;
	bool same = encoder->has_last &&
		    encoder->last_collection == batch->collection;

	if (encoder->has_last && encoder->last_collection > batch->collection)
		return cxa_error_set(error, CXA_ERR_USAGE,
				     "collection %s comes behind %s",
				     cxa_collection_name(batch->collection),
				     cxa_collection_name(
					     encoder->last_collection));
	for (size_t i = 0; i < batch->count; i++) {
		uint64_t last = i == 0 ? encoder->last_id : records[i - 1].id;

		if ((i != 0 || same) && records[i].id <= last)
			return cxa_error_set(
				error, CXA_ERR_USAGE,
				"%s %llu comes behind %llu",
				cxa_collection_info(batch->collection)
					->record_name,
				(unsigned long long)records[i].id,
				(unsigned long long)last);
	}
	return 0;
}

int cxa_encoder_put(struct cxa_encoder *encoder, struct cxa_batch *batch,
		    struct cxa_error *error)
{
	int status = check_order(encoder, batch, error);

	if (status == 0 && encoder->has_last &&
	    encoder->last_collection != batch->collection)
		status = submit(encoder, error);
	if (status == 0 && encoder->pending != NULL)
		status = cxa_batch_hold(encoder->pending, batch, error);
	for (size_t i = 0; i < batch->count && status == 0; i++)
		status = put_record(encoder, batch, &batch->records[i], error);
	if (batch->count != 0) {
		encoder->has_last = true;
		encoder->last_collection = batch->collection;
		encoder->last_id = batch->records[batch->count - 1].id;
	}
	return status;
}

int cxa_encoder_finish(struct cxa_encoder *encoder, struct cxa_error *error)
{
	int status = submit(encoder, error);

	while (status == 0 && !cxa_queue_empty(encoder->queue))
		status = write_oldest(encoder, error);
	return status;
}

void cxa_encoder_close(struct cxa_encoder *encoder)
{
	if (encoder == NULL)
		return;
	cxa_queue_close(encoder->queue);
	free_job(encoder->idle);
	cxa_batch_unref(encoder->pending);
	free(encoder);
}
