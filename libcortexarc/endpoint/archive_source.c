/* archive_source.c - batches from an archive, read ahead and checked on workers */
#include <stdlib.h>

#include "container/index.h"
#include "endpoint/archive.h"
#include "endpoint/source.h"
#include "record/batch_codec.h"

struct reader;

/* One batch on its way: read, checked, decoded. Reused for the next. */
struct job {
	struct reader *reader;
	const Cxa__IndexEntry *entry;
	struct cxa_buffer stored;
	struct cxa_buffer raw;
	struct cxa_batch *batch;
	struct cxa_id_run ids;
	int status;
	struct cxa_error error;
};

struct reader {
	struct cxa_archive *archive;
	enum cxa_collection collection;
	size_t next;  /* of the index's entries */
	size_t end;
	const bool *skip; /* entries that are not wanted; NULL: all are */
	struct cxa_id_range range;
	struct cxa_queue *queue;
	struct job *idle; /* one that was taken and can be used again */
};

static int check_against_index(const struct job *job, struct cxa_error *error)
{
	const Cxa__IndexEntry *entry = job->entry;
	const struct cxa_id_run *ids = &job->ids;

	if (ids->count == entry->records && ids->first == entry->first_id &&
	    ids->last == entry->last_id)
		return 0;
	return cxa_error_set(error, CXA_ERR_CORRUPT,
			     "the batch's records are not those the index "
			     "tells of");
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
	const struct cxa_archive *archive = job->reader->archive;
	struct cxa_frame_coder coder = cxa_context_take_coder(archive->context);
	char name[CXA_MEMBER_NAME_MAX + 1] = "";

	job->status = cxa_archive_read_batch(archive, job->entry, &coder,
					     &job->stored, &job->raw,
					     &job->error);
	cxa_context_give_coder(archive->context, &coder);
	if (job->status == 0)
		job->status = cxa_batch_decode(job->reader->collection,
					       &job->raw,
					       &archive->context->limits,
					       &job->reader->range, &job->batch,
					       &job->ids, &job->error);
	if (job->status == 0)
		job->status = check_against_index(job, &job->error);
	if (job->status < 0) {
		memcpy(name, job->entry->member.data, job->entry->member.len);
		cxa_error_at(&job->error, name, job->entry->offset);
	}
}

static struct job *take_idle(struct reader *reader)
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

/* Reading ahead begins when a reader is opened: several share the workers. */
static int read_ahead(struct reader *reader, struct cxa_error *error)
{
	struct job *job;

	while (reader->next < reader->end && !cxa_queue_full(reader->queue)) {
		if (reader->skip != NULL && reader->skip[reader->next]) {
			reader->next++;
			continue;
		}
		job = take_idle(reader);
		if (job == NULL)
			return cxa_error_nomem(error, "reading a batch");
		job->entry = reader->archive->index->entries[reader->next++];
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
	if (status < 0) {
		if (error != NULL && error->status == 0)
			*error = job->error;
		free_job(job);
		return status;
	}
	*batch = job->batch;
	job->batch = NULL;
	free_job(reader->idle);
	reader->idle = job;
	return 0;
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

/* The entries of the collection that can hold ids of the range. */
static void find_entries(struct reader *reader, uint64_t first_id,
			 uint64_t last_id)
{
	const Cxa__Index *index = reader->archive->index;
	size_t first = 0;
	size_t count = 0;

	cxa_index_range(index, reader->collection, &first, &count);
	while (count != 0 && index->entries[first]->last_id < first_id) {
		first++;
		count--;
	}
	while (count != 0 &&
	       index->entries[first + count - 1]->first_id > last_id)
		count--;
	reader->next = first;
	reader->end = first + count;
}

static int read_chosen(void *state, enum cxa_collection collection,
		       uint64_t first_id, uint64_t last_id, const bool *skip,
		       void **out, struct cxa_error *error)
{
	struct reader *reader = calloc(1, sizeof(*reader));
	struct cxa_archive *archive = state;
	int status;

	*out = NULL;
	if (reader == NULL)
		return cxa_error_nomem(error, "reading a collection");
	reader->archive = archive;
	reader->collection = collection;
	reader->skip = skip;
	reader->range = (struct cxa_id_range){ first_id, last_id };
	find_entries(reader, first_id, last_id);
	status = cxa_queue_open(&reader->queue, archive->context->pool,
				cxa_pool_threads(archive->context->pool) + 1,
				run_job, free_job, error);
	if (status == 0)
		status = read_ahead(reader, error);
	if (status < 0) {
		read_done(reader);
		return status;
	}
	*out = reader;
	return 0;
}

static int read_start(void *state, enum cxa_collection collection,
		      uint64_t first_id, uint64_t last_id, void **out,
		      struct cxa_error *error)
{
	return read_chosen(state, collection, first_id, last_id, NULL, out,
			   error);
}

static void close_archive(void *state)
{
	cxa_archive_close(state);
}

int cxa_archive_source_open(struct cxa_source *source, struct cxa_input **input,
			    const struct cxa_source_options *options,
			    struct cxa_error *error)
{
	static const struct cxa_source_ops ops = { read_start, read_next,
						   read_done, close_archive };
	struct cxa_archive *archive = NULL;
	int status = cxa_archive_open(&archive, source->context, input,
				      CXA_TO_RESTORE, error);

	if (status == 0 && !options->single_read)
		status = cxa_archive_confirm(archive, error);
	if (status < 0) {
		cxa_archive_close(archive);
		return status;
	}
	source->ops = ops;
	source->state = archive;
	source->read_chosen = read_chosen;
	source->header = archive->header;
	source->index = archive->index;
	source->root = archive->root.bytes;
	source->bytes = archive->input->size;
	for (size_t i = 0; i < archive->index->n_totals; i++)
		source->rows_bytes += archive->index->totals[i]->raw_size;
	return 0;
}
