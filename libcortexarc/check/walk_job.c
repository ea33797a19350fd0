/* walk_job.c - what workers do with the batches that verify meets */
#include "check/walk_job.h"

#include <stdlib.h>

#include "base/frame.h"

void cxa_walk_job_free(void *pointer)
{
	struct cxa_walk_job *job = pointer;

	if (job == NULL)
		return;
	for (size_t i = 0; i < CXA_WALK_GROUP; i++) {
		cxa_buffer_release(&job->items[i].stored);
		cxa_buffer_release(&job->items[i].raw);
		cxa_part_release(&job->items[i].part);
	}
	free(job);
}

static void check_frame(const struct cxa_context *context,
			struct cxa_frame_coder *coder, struct cxa_walk_item *item)
{
	int status = cxa_frame_decompress(coder, item->stored.data,
					  item->stored.size, &context->limits,
					  CXA_LIMIT(batch_bytes), &item->raw,
					  &item->error);

	if (status < 0) {
		cxa_buffer_reset(&item->raw);
		item->fault = &cxa_rule_frame;
	}
}

static void check_records(const struct cxa_context *context, struct cxa_walk_item *item)
{
	struct cxa_walked *result = &item->result;
	struct cxa_wire_stats stats;
	int status = cxa_batch_check(result->member.collection, item->raw.data,
				     item->raw.size, &context->limits,
				     &result->ids, &stats, &item->error);

	if (status < 0)
		item->fault = &cxa_rule_record;
	result->raw_size = item->raw.size;
	result->decoded = status == 0;
}

/* Batches of a collection that should have come before are not taken in. */
static void check_graph(struct cxa_graph *graph, struct cxa_walk_item *item)
{
	enum cxa_collection collection = item->result.member.collection;

	item->graphed = graph != NULL && item->result.decoded &&
			graph->collection == (int)collection;
	if (item->graphed)
		cxa_graph_scan_raw(graph, &item->part, collection,
				   item->raw.data, item->raw.size);
}

static void check_digests(struct cxa_walk_job *job)
{
	struct cxa_span spans[CXA_WALK_GROUP];
	struct cxa_digest digests[CXA_WALK_GROUP];

	for (size_t i = 0; i < job->count; i++)
		spans[i] = (struct cxa_span){ job->items[i].stored.data,
					      job->items[i].stored.size };
	cxa_digest_many(spans, job->count, digests);
	for (size_t i = 0; i < job->count; i++) {
		struct cxa_walk_item *item = &job->items[i];

		item->result.actual = digests[i];
		item->result.hashed = true;
		if (!cxa_digest_equal(&digests[i],
				      &item->result.member.digest))
			item->fault = &cxa_rule_digest;
	}
}

static void check_contents(struct cxa_walk_job *job)
{
	struct cxa_context *context = job->walk->context;
	struct cxa_frame_coder coder = cxa_context_take_coder(context);
	struct cxa_span spans[CXA_WALK_GROUP];
	struct cxa_digest digests[CXA_WALK_GROUP];

	for (size_t i = 0; i < job->count; i++) {
		struct cxa_walk_item *item = &job->items[i];

		if (item->fault == NULL)
			check_frame(context, &coder, item);
		if (item->fault == NULL)
			check_records(context, item);
		check_graph(job->walk->graph, item);
		spans[i] = (struct cxa_span){ item->raw.data, item->raw.size };
	}
	cxa_context_give_coder(context, &coder);
	cxa_digest_many(spans, job->count, digests);
	for (size_t i = 0; i < job->count; i++)
		job->items[i].result.raw_digest = digests[i];
}

void cxa_walk_job_run(void *pointer)
{
	struct cxa_walk_job *job = pointer;
	enum cxa_level level = job->walk->report->level;

	if (level >= CXA_LEVEL_BYTES)
		check_digests(job);
	if (level >= CXA_LEVEL_RECORDS)
		check_contents(job);
}
