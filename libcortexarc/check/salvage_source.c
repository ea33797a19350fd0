/* salvage_source.c - the records of a salvaged archive, as a source */
#include "check/salvage_source.h"

#include <stdlib.h>

#include "base/frame.h"

struct reader {
	struct cxa_context *context;
	const struct cxa_manifest *manifest;
	enum cxa_collection collection;
	struct cxa_id_range range;
	size_t next; /* parcel */
	struct cxa_queue *queue;
	struct job *idle;
};

struct state {
	struct cxa_context *context;
	const struct cxa_manifest *manifest;
};

struct job {
	struct reader *reader;
	const struct cxa_parcel *parcel;
	struct cxa_buffer stored;
	struct cxa_buffer raw;
	struct cxa_batch *batch;
	struct cxa_error error;
	int status;
};

void cxa_parcel_name(const struct cxa_parcel *parcel,
		     char out[CXA_MEMBER_NAME_MAX + 1])
{
	if (parcel->has_number)
		cxa_member_batch_name(out, parcel->collection, parcel->number);
	else
		out[0] = '\0';
}

int cxa_parcel_read(const struct cxa_parcel *parcel, struct cxa_buffer *stored,
		    struct cxa_error *error)
{
	const struct cxa_piece *piece = parcel->piece;
	char name[CXA_MEMBER_NAME_MAX + 1];
	struct cxa_digest digest;
	bool whole = false;
	int status = cxa_wreck_data(parcel->wreck, piece->member.offset,
				    piece->member.size, stored, &whole, error);

	if (status < 0)
		return status;
	cxa_digest_of(&digest, stored->data, stored->size);
	if (whole && cxa_digest_equal(&digest, &piece->actual))
		return 0;
	if (!whole)
		return cxa_wreck_refuse(parcel->wreck, error);
	cxa_parcel_name(parcel, name);
	cxa_error_at(error, name, piece->member.offset);
	return cxa_error_set(error, CXA_ERR_CORRUPT,
			     "the file has changed while it was read");
}

static void free_job(void *pointer)
{
	struct job *job = pointer;

	if (job == NULL)
		return;
	cxa_buffer_release(&job->stored);
	cxa_buffer_release(&job->raw);
	cxa_batch_unref(job->batch);
	free(job);
}

static void run_job(void *pointer)
{
	struct job *job = pointer;
	struct cxa_context *context = job->reader->context;
	struct cxa_frame_coder coder;
	struct cxa_id_run ids;

	job->status = cxa_parcel_read(job->parcel, &job->stored, &job->error);
	if (job->status < 0)
		return;
	coder = cxa_context_take_coder(context);
	job->status =
		cxa_frame_decompress(&coder, job->stored.data, job->stored.size,
				     &context->limits, CXA_LIMIT(batch_bytes),
				     &job->raw, &job->error);
	cxa_context_give_coder(context, &coder);
	if (job->status == 0)
		job->status =
			cxa_batch_decode(job->reader->collection, &job->raw,
					 &context->limits, &job->reader->range,
					 &job->batch, &ids, &job->error);
}

static bool is_wanted(const struct reader *reader,
		      const struct cxa_parcel *parcel)
{
	return parcel->fate != CXA_LOST &&
	       parcel->collection == reader->collection &&
	       parcel->first <= reader->range.last &&
	       parcel->last >= reader->range.first;
}

static int read_ahead(struct reader *reader, struct cxa_error *error)
{
	struct job *job;

	while (!cxa_queue_full(reader->queue)) {
		while (reader->next < reader->manifest->count &&
		       !is_wanted(reader,
				  &reader->manifest->parcels[reader->next]))
			reader->next++;
		if (reader->next == reader->manifest->count)
			return 0;
		job = reader->idle;
		reader->idle = NULL;
		if (job == NULL)
			job = calloc(1, sizeof(*job));
		if (job == NULL)
			return cxa_error_nomem(error, "reading a batch");
		job->reader = reader;
		job->error = (struct cxa_error)CXA_ERROR_INIT;
		job->parcel = &reader->manifest->parcels[reader->next++];
		cxa_queue_submit(reader->queue, job);
	}
	return 0;
}

static int read_next(void *pointer, struct cxa_batch **batch,
		     struct cxa_error *error)
{
	struct reader *reader = pointer;
	struct job *job;
	int status = read_ahead(reader, error);

	*batch = NULL;
	if (status < 0)
		return status;
	job = cxa_queue_take(reader->queue);
	if (job == NULL)
		return CXA_END;
	status = job->status;
	if (status < 0 && error != NULL && error->status == 0)
		*error = job->error;
	*batch = job->batch;
	job->batch = NULL;
	free_job(reader->idle);
	reader->idle = job;
	return status;
}

static void read_done(void *pointer)
{
	struct reader *reader = pointer;

	if (reader == NULL)
		return;
	cxa_queue_close(reader->queue);
	free_job(reader->idle);
	free(reader);
}

static int read_start(void *pointer, enum cxa_collection collection,
		      uint64_t first_id, uint64_t last_id, void **out,
		      struct cxa_error *error)
{
	const struct state *state = pointer;
	struct cxa_pool *pool = state->context->pool;
	struct reader *reader = calloc(1, sizeof(*reader));
	int status;

	*out = NULL;
	if (reader == NULL)
		return cxa_error_nomem(error, "reading a collection");
	reader->context = state->context;
	reader->manifest = state->manifest;
	reader->collection = collection;
	reader->range = (struct cxa_id_range){ first_id, last_id };
	status =
		cxa_queue_open(&reader->queue, pool, cxa_pool_threads(pool) + 1,
			       run_job, free_job, error);
	if (status < 0) {
		read_done(reader);
		return status;
	}
	*out = reader;
	return 0;
}

int cxa_salvage_source_open(struct cxa_source **out,
			    struct cxa_context *context,
			    const struct cxa_manifest *manifest,
			    const Cxa__Header *header, struct cxa_error *error)
{
	static const struct cxa_source_ops ops = {read_start, read_next,
						  read_done, free};
	struct state *state = calloc(1, sizeof(*state));
	int status;

	*out = NULL;
	if (state == NULL)
		return cxa_error_nomem(error, "a source");
	state->context = context;
	state->manifest = manifest;
	status = cxa_source_new(out, context, &ops, state, header, error);
	if (status < 0) {
		free(state);
		return status;
	}
	for (size_t i = 0; i < manifest->count; i++)
		if (manifest->parcels[i].fate != CXA_LOST)
			(*out)->rows_bytes +=
				manifest->parcels[i].piece->raw_size;
	return 0;
}
