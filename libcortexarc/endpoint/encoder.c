/* encoder.c - rows into batches, batches into proven frames, on workers, in order */
#include "endpoint/encoder.h"

#include <stdlib.h>

#include "record/batch_codec.h"
#include "record/boundary.h"
#include "record/collection.h"

/* A batch to be encoded. */
struct item {
	struct cxa_batch *batch;
	struct cxa_buffer raw;
	struct cxa_encoded encoded;
};

/*
 * Raw and stored bytes of several batches are hashed side by side, so a job is
 * as many as fill the lanes. Reused.
 */
enum { GROUP = 2 };

struct job {
	struct cxa_encoder *encoder;
	struct item items[GROUP];
	size_t count;
	uint64_t bytes; /* of the rows */
	int status;
	struct cxa_error error;
};

struct cxa_encoder {
	struct cxa_context *context;
	struct cxa_queue *queue;
	struct job *idle;
	struct job *group; /* being filled with batches */
	int level;
	bool prove;
	int (*write)(void *state, const struct cxa_encoded *encoded,
		     struct cxa_error *error);
	void *state;
	struct cxa_batch *pending; /* being filled with records */
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
	for (size_t i = 0; i < GROUP; i++) {
		cxa_batch_unref(job->items[i].batch);
		cxa_buffer_release(&job->items[i].raw);
		cxa_buffer_release(&job->items[i].encoded.stored);
	}
	free(job);
}

static int check_size(const struct cxa_limits *limits, uint64_t size,
		      const struct cxa_encoded *encoded,
		      struct cxa_error *error)
{
	if (size <= limits->batch_bytes)
		return 0;
	return cxa_limit_exceeded(error, limits, CXA_LIMIT(batch_bytes), size,
				  "a batch that begins with %s %llu",
				  cxa_collection_info(encoded->collection)
					  ->record_name,
				  (unsigned long long)encoded->first_id);
}

/* A batch of the usual size is within what decoding may take by default. */
static bool may_exceed(const struct cxa_limits *limits, uint64_t size,
		       enum cxa_collection collection)
{
	const struct cxa_limits *usual = cxa_limits_default();

	return size > cxa_collection_info(collection)->max_bytes ||
	       limits->fields < usual->fields ||
	       limits->decode_bytes < usual->decode_bytes;
}

/* What is written can be read again, with the same limits. */
static int check_limits(struct job *job, const struct item *item)
{
	const struct cxa_limits *limits = &job->encoder->context->limits;
	const struct cxa_encoded *encoded = &item->encoded;
	struct cxa_wire_stats stats;
	struct cxa_id_run ids;
	int status = check_size(limits, item->raw.size, encoded, &job->error);

	if (status == 0 &&
	    may_exceed(limits, item->raw.size, encoded->collection))
		status = cxa_batch_check(encoded->collection, item->raw.data,
					 item->raw.size, limits, &ids, &stats,
					 &job->error);
	return status;
}

int cxa_encoder_level(int zstd_level, enum cxa_collection collection)
{
	return collection == CXA_EMBEDDINGS && zstd_level <= CXA_FRAME_LEVEL ?
		       CXA_FRAME_DENSE : zstd_level;
}

static int encode(struct job *job, struct item *item,
		  struct cxa_frame_coder *coder)
{
	struct cxa_encoded *encoded = &item->encoded;
	const struct cxa_batch *batch = item->batch;
	int status;

	cxa_buffer_reset(&item->raw);
	cxa_buffer_reset(&encoded->stored);
	encoded->collection = batch->collection;
	encoded->records = batch->count;
	encoded->first_id = batch->records[0].id;
	encoded->last_id = batch->records[batch->count - 1].id;
	status = cxa_batch_encode(batch->collection, batch->records,
				  batch->count, &item->raw, &job->error);
	cxa_batch_unref(item->batch);
	item->batch = NULL;
	if (status == 0)
		status = check_limits(job, item);
	if (status < 0)
		return status;
	encoded->raw_size = item->raw.size;
	status = cxa_frame_compress(coder,
				    cxa_encoder_level(job->encoder->level,
						      encoded->collection),
				    job->encoder->prove, item->raw.data,
				    item->raw.size, &encoded->stored,
				    &job->error);
	if (status < 0)
		return status;
	return check_size(&job->encoder->context->limits, encoded->stored.size,
			  encoded, &job->error);
}

static void hash(struct job *job)
{
	struct cxa_span spans[2 * GROUP];
	struct cxa_digest digests[2 * GROUP];

	for (size_t i = 0; i < job->count; i++) {
		const struct item *item = &job->items[i];

		spans[2 * i] = (struct cxa_span){ item->raw.data,
						  item->raw.size };
		spans[2 * i + 1] = (struct cxa_span){
			item->encoded.stored.data, item->encoded.stored.size };
	}
	cxa_digest_many(spans, 2 * job->count, digests);
	for (size_t i = 0; i < job->count; i++) {
		job->items[i].encoded.raw_digest = digests[2 * i];
		job->items[i].encoded.stored_digest = digests[2 * i + 1];
	}
}

static void run_job(void *pointer)
{
	struct job *job = pointer;
	struct cxa_context *context = job->encoder->context;
	struct cxa_frame_coder coder = cxa_context_take_coder(context);

	for (size_t i = 0; i < job->count && job->status == 0; i++)
		job->status = encode(job, &job->items[i], &coder);
	cxa_context_give_coder(context, &coder);
	if (job->status == 0)
		hash(job);
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
	status = cxa_queue_open(&encoder->queue, context->pool,
				cxa_pool_threads(context->pool) + 1, run_job,
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
	int status = cxa_error_pass(error, job->status, &job->error);

	for (size_t i = 0; i < job->count && status == 0; i++) {
		struct item *item = &job->items[i];

		status = encoder->write(encoder->state, &item->encoded, error);
		cxa_buffer_reset(&item->raw);
		cxa_buffer_reset(&item->encoded.stored);
	}
	free_job(encoder->idle);
	encoder->idle = job;
	return status;
}

static int send_group(struct cxa_encoder *encoder, struct cxa_error *error)
{
	int status = 0;

	if (encoder->group == NULL)
		return 0;
	/* Rows, the batch, its frame, and what that is decompressed into. */
	cxa_queue_submit(encoder->queue, encoder->group,
			 4 * encoder->group->bytes);
	encoder->group = NULL;
	while (cxa_queue_full(encoder->queue) && status == 0)
		status = write_oldest(encoder, error);
	return status;
}

static int begin_group(struct cxa_encoder *encoder, struct cxa_error *error)
{
	struct job *job = encoder->idle;

	encoder->idle = NULL;
	if (job == NULL)
		job = calloc(1, sizeof(*job));
	if (job == NULL)
		return cxa_error_nomem(error, "encoding a batch");
	job->encoder = encoder;
	job->count = 0;
	job->bytes = 0;
	job->status = 0;
	job->error = (struct cxa_error)CXA_ERROR_INIT;
	encoder->group = job;
	return 0;
}

/* The pending batch is complete: it joins the group. */
static int submit(struct cxa_encoder *encoder, struct cxa_error *error)
{
	struct job *group;
	int status = 0;

	if (encoder->pending == NULL)
		return 0;
	if (encoder->group == NULL)
		status = begin_group(encoder, error);
	if (status < 0)
		return status;
	group = encoder->group;
	group->items[group->count++].batch = encoder->pending;
	group->bytes += cxa_batch_bytes(encoder->pending);
	encoder->pending = NULL;
	if (group->count == GROUP || group->bytes >= CXA_JOB_BYTES)
		return send_group(encoder, error);
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

	if (status == 0)
		status = send_group(encoder, error);
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
	free_job(encoder->group);
	cxa_batch_unref(encoder->pending);
	free(encoder);
}
