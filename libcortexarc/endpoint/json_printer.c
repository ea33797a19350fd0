/* json_printer.c - batches into JSON text, on workers, in order */
#include "endpoint/json_printer.h"

#include <stdlib.h>

#include "base/wire.h"
#include "record/collection.h"
#include "record/json_codec.h"

/* Rows of about so many bytes make a slice: JSON is three times as long. */
enum { SLICE_BYTES = 256 * 1024, TEXT_OF_BYTE = 3 };

struct job {
	struct cxa_json_printer *printer;
	struct cxa_batch *batch;
	size_t first;
	size_t end;
	struct cxa_arena arena;
	struct cxa_buffer text;
	uint64_t unknown;
	int status;
	struct cxa_error error;
};

struct cxa_json_printer {
	struct cxa_queue *queue;
	struct job *idle;
	char separator;
	bool separator_first;
	int (*write)(void *state, const struct cxa_buffer *text,
		     struct cxa_error *error);
	void *state;
	uint64_t unknown;
};

static void free_job(void *pointer)
{
	struct job *job = pointer;

	if (job == NULL)
		return;
	cxa_batch_unref(job->batch);
	cxa_arena_release(&job->arena);
	cxa_buffer_release(&job->text);
	free(job);
}

static int unpack(struct job *job, enum cxa_collection collection,
		  const struct cxa_record *record, ProtobufCMessage **message)
{
	return cxa_wire_unpack(cxa_collection_type(collection), record->data,
			       record->size, &job->arena, message, &job->error);
}

static int print_record(struct job *job, size_t i)
{
	const struct cxa_batch *batch = job->batch;
	bool whole = batch->embeddings != NULL;
	const Cxa__Embeddings *embeddings = NULL;
	ProtobufCMessage *message = NULL;
	ProtobufCMessage *row = NULL;
	int status;

	cxa_arena_reset(&job->arena);
	status = unpack(job, batch->collection, &batch->records[i], &message);
	if (status == 0 && whole && batch->embeddings[i].data != NULL) {
		status = unpack(job, CXA_EMBEDDINGS, &batch->embeddings[i],
				&row);
		if (status == 0) {
			embeddings = ((Cxa__Embedding *)row)->embeddings;
			job->unknown += row->n_unknown_fields;
		}
	}
	if (status < 0)
		return status;
	return cxa_json_encode_counting(message, whole, embeddings, &job->text,
					&job->unknown, &job->error);
}

static void run_job(void *pointer)
{
	struct job *job = pointer;
	const struct cxa_json_printer *printer = job->printer;

	for (size_t i = job->first; i < job->end && job->status == 0; i++) {
		if (printer->separator_first)
			cxa_buffer_byte(&job->text, (uint8_t)printer->separator);
		job->status = print_record(job, i);
		if (!printer->separator_first)
			cxa_buffer_byte(&job->text, (uint8_t)printer->separator);
	}
	if (job->status == 0 && job->text.failed)
		job->status = cxa_error_nomem(&job->error, "JSON");
	cxa_batch_unref(job->batch);
	job->batch = NULL;
}

int cxa_json_printer_open(struct cxa_json_printer **out,
			  struct cxa_context *context, char separator,
			  bool first,
			  int (*write)(void *state,
				       const struct cxa_buffer *text,
				       struct cxa_error *error),
			  void *state, struct cxa_error *error)
{
	struct cxa_json_printer *printer = calloc(1, sizeof(*printer));
	int status;

	*out = NULL;
	if (printer == NULL)
		return cxa_error_nomem(error, "JSON");
	printer->separator = separator;
	printer->separator_first = first;
	printer->write = write;
	printer->state = state;
	status = cxa_queue_open(&printer->queue, context->pool,
				cxa_pool_threads(context->pool) + 3, run_job,
				free_job, error);
	if (status < 0) {
		free(printer);
		return status;
	}
	*out = printer;
	return 0;
}

static int write_oldest(struct cxa_json_printer *printer,
			struct cxa_error *error)
{
	struct job *job = cxa_queue_take(printer->queue);
	int status = cxa_error_pass(error, job->status, &job->error);

	if (status == 0) {
		printer->unknown += job->unknown;
		status = printer->write(printer->state, &job->text, error);
	}
	free_job(printer->idle);
	cxa_buffer_reset(&job->text);
	printer->idle = job;
	return status;
}

static int submit(struct cxa_json_printer *printer, struct cxa_batch *batch,
		  size_t first, size_t end, size_t bytes,
		  struct cxa_error *error)
{
	struct job *job = printer->idle;
	int status = 0;

	printer->idle = NULL;
	if (job == NULL)
		job = calloc(1, sizeof(*job));
	if (job == NULL)
		return cxa_error_nomem(error, "JSON");
	job->printer = printer;
	job->batch = cxa_batch_ref(batch);
	job->first = first;
	job->end = end;
	job->unknown = 0;
	job->status = 0;
	job->error = (struct cxa_error)CXA_ERROR_INIT;
	cxa_queue_submit(printer->queue, job, TEXT_OF_BYTE * bytes);
	while (status == 0 && cxa_queue_full(printer->queue))
		status = write_oldest(printer, error);
	return status;
}

int cxa_json_printer_put(struct cxa_json_printer *printer,
			 struct cxa_batch *batch, struct cxa_error *error)
{
	size_t first = 0;
	size_t bytes = 0;
	int status = 0;

	for (size_t i = 0; i < batch->count && status == 0; i++) {
		bytes += batch->records[i].size;
		if (batch->embeddings != NULL)
			bytes += batch->embeddings[i].size;
		if (bytes < SLICE_BYTES && i + 1 != batch->count)
			continue;
		status = submit(printer, batch, first, i + 1, bytes, error);
		first = i + 1;
		bytes = 0;
	}
	return status;
}

int cxa_json_printer_flush(struct cxa_json_printer *printer,
			   struct cxa_error *error)
{
	int status = 0;

	while (status == 0 && !cxa_queue_empty(printer->queue))
		status = write_oldest(printer, error);
	return status;
}

uint64_t cxa_json_printer_unknown(const struct cxa_json_printer *printer)
{
	return printer->unknown;
}

void cxa_json_printer_close(struct cxa_json_printer *printer)
{
	if (printer == NULL)
		return;
	cxa_queue_close(printer->queue);
	free_job(printer->idle);
	free(printer);
}
