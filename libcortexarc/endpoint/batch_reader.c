/* batch_reader.c - stored batches, read ahead and decoded on workers, in order */
#include "endpoint/batch_reader.h"

#include <stdlib.h>

/* One batch on its way: read, checked, decoded. Reused for the next. */
struct job {
	const struct cxa_batch_reader *reader;
	size_t number;
	struct cxa_buffer stored;
	struct cxa_buffer raw;
	struct cxa_batch *batch;
	int status;
	struct cxa_error error;
};

struct cxa_batch_reader {
	struct cxa_context *context;
	const struct cxa_batch_reader_ops *ops;
	const void *state;
	struct cxa_batch_choice choice;
	struct cxa_queue *queue;
	struct job *idle; /* one that was taken and can be used again */
};

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

static int decode(struct job *job)
{
	const struct cxa_batch_reader *reader = job->reader;
	struct cxa_id_run ids;
	int status = reader->ops->load(reader->state, job->number,
				       &job->stored, &job->raw, &job->error);

	if (status == 0)
		status = cxa_batch_decode(reader->choice.collection, &job->raw,
					  &reader->context->limits,
					  &reader->choice.range, &job->batch,
					  &ids, &job->error);
	if (status == 0 && reader->ops->check != NULL)
		status = reader->ops->check(reader->state, job->number, &ids,
					    &job->error);
	return status;
}

static void run_job(void *pointer)
{
	struct job *job = pointer;

	job->status = decode(job);
	if (job->status < 0)
		job->reader->ops->locate(job->reader->state, job->number,
					 &job->error);
}

static bool is_wanted(const struct cxa_batch_reader *reader, size_t number)
{
	const struct cxa_batch_choice *choice = &reader->choice;

	if (choice->skip != NULL && choice->skip[number])
		return false;
	return reader->ops->wanted == NULL ||
	       reader->ops->wanted(reader->state, number, choice);
}

static struct job *take_idle(struct cxa_batch_reader *reader)
{
	struct job *job = reader->idle;

	reader->idle = NULL;
	if (job == NULL)
		job = calloc(1, sizeof(*job));
	if (job == NULL)
		return NULL;
	job->reader = reader;
	job->error = (struct cxa_error)CXA_ERROR_INIT;
	return job;
}

static int read_ahead(struct cxa_batch_reader *reader, struct cxa_error *error)
{
	struct cxa_batch_choice *choice = &reader->choice;
	struct job *job;

	for (; choice->next < choice->end && !cxa_queue_full(reader->queue);
	     choice->next++) {
		if (!is_wanted(reader, choice->next))
			continue;
		job = take_idle(reader);
		if (job == NULL)
			return cxa_error_nomem(error, "reading a batch");
		job->number = choice->next;
		cxa_queue_submit(reader->queue, job,
				 reader->ops->size(reader->state, job->number));
	}
	return 0;
}

int cxa_batch_reader_open(struct cxa_batch_reader **out,
			  struct cxa_context *context,
			  const struct cxa_batch_reader_ops *ops,
			  const void *state,
			  const struct cxa_batch_choice *choice,
			  struct cxa_error *error)
{
	struct cxa_batch_reader *reader = calloc(1, sizeof(*reader));
	int status;

	*out = NULL;
	if (reader == NULL)
		return cxa_error_nomem(error, "reading a collection");
	reader->context = context;
	reader->ops = ops;
	reader->state = state;
	reader->choice = *choice;
	status = cxa_queue_open(&reader->queue, context->pool,
				cxa_pool_threads(context->pool) + 1, run_job,
				free_job, error);
	if (status == 0)
		status = read_ahead(reader, error);
	if (status < 0) {
		cxa_batch_reader_done(reader);
		return status;
	}
	*out = reader;
	return 0;
}

int cxa_batch_reader_next(void *pointer, struct cxa_batch **batch,
			  struct cxa_error *error)
{
	struct cxa_batch_reader *reader = pointer;
	struct job *job;
	int status = read_ahead(reader, error);

	*batch = NULL;
	if (status < 0)
		return status;
	job = cxa_queue_take(reader->queue);
	if (job == NULL)
		return CXA_END;
	status = cxa_error_pass(error, job->status, &job->error);
	if (status < 0) {
		free_job(job);
		return status;
	}
	*batch = job->batch;
	job->batch = NULL;
	cxa_buffer_reset(&job->stored);
	cxa_buffer_reset(&job->raw);
	free_job(reader->idle);
	reader->idle = job;
	return 0;
}

void cxa_batch_reader_done(void *pointer)
{
	struct cxa_batch_reader *reader = pointer;

	if (reader == NULL)
		return;
	cxa_queue_close(reader->queue);
	free_job(reader->idle);
	free(reader);
}
