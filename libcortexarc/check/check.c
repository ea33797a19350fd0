/* check.c - the integrity rules over all records of a source */
#include <cortexarc/check.h>

#include <math.h>
#include <stdlib.h>

#include "check/check_run.h"
#include "endpoint/source.h"

/* A batch that a worker looks at. */
struct job {
	struct cxa_graph *graph;
	struct cxa_batch *batch;
	struct cxa_part part;
};

struct runner {
	struct cxa_graph *graph;
	struct cxa_queue *queue;
	struct job *idle;
	uint64_t bytes;
	int status; /* of telling what came twice */
};

static void run_job(void *pointer)
{
	struct job *job = pointer;

	cxa_graph_scan(job->graph, &job->part, job->batch->collection,
		       job->batch->records, job->batch->count);
}

static void free_job(void *pointer)
{
	struct job *job = pointer;

	if (job == NULL)
		return;
	cxa_batch_unref(job->batch);
	cxa_part_release(&job->part);
	free(job);
}

static int take(struct runner *runner, struct cxa_error *error)
{
	struct job *job = cxa_queue_take(runner->queue);
	int status = cxa_graph_merge(runner->graph, &job->part, error);

	cxa_batch_unref(job->batch);
	job->batch = NULL;
	free_job(runner->idle);
	runner->idle = job;
	return status;
}

static int take_all(struct runner *runner, struct cxa_error *error)
{
	int status = 0;

	while (status == 0 && !cxa_queue_empty(runner->queue))
		status = take(runner, error);
	return status;
}

/* @batch is taken over, whatever comes of it. */
static int submit(struct runner *runner, struct cxa_batch *batch,
		  struct cxa_error *error)
{
	struct cxa_graph *graph = runner->graph;
	struct job *job;
	int status = 0;

	if ((int)batch->collection != graph->collection) {
		status = take_all(runner, error);
		if (status == 0)
			status = cxa_graph_begin(graph, batch->collection,
						 error);
	}
	job = runner->idle;
	runner->idle = NULL;
	if (status == 0 && job == NULL)
		job = calloc(1, sizeof(*job));
	if (status == 0 && job == NULL)
		status = cxa_error_nomem(error, "checking a batch");
	if (status != 0) {
		cxa_batch_unref(batch);
		free_job(job);
		return status;
	}
	job->graph = graph;
	job->batch = batch;
	cxa_queue_submit(runner->queue, job, cxa_batch_bytes(batch));
	while (status == 0 && cxa_queue_full(runner->queue))
		status = take(runner, error);
	return status;
}

static int take_batch(struct runner *runner, struct cxa_batch *batch,
		      struct cxa_error *error)
{
	struct cxa_report *report = runner->graph->report;

	report->records[batch->collection] += batch->count;
	cxa_report_check(report, batch->count);
	runner->bytes += cxa_batch_bytes(batch);
	return submit(runner, batch, error);
}

static int read_all(struct runner *runner, struct cxa_source *source,
		    struct cxa_error *error)
{
	struct cxa_cursor *cursor = NULL;
	struct cxa_batch *batch = NULL;
	int status = cxa_cursor_open(&cursor, source, NULL, error);

	while (status == 0) {
		status = cxa_cursor_next(cursor, &batch, error);
		if (status != 0)
			break;
		status = take_batch(runner, batch, error);
		if (status == 0)
			status = cxa_context_step(source->context, "checking",
						  runner->bytes,
						  source->rows_bytes, error);
	}
	cxa_cursor_close(cursor);
	if (status == CXA_END)
		status = take_all(runner, error);
	else if (status == CXA_ERR_CORRUPT)
		take_all(runner, error); /* what came before it is sound */
	return status;
}

static void tell_twice(void *user, enum cxa_collection collection, uint64_t id)
{
	struct runner *runner = user;

	/* Where embeddings come twice, their concepts do. */
	if (collection != CXA_EMBEDDINGS && runner->status == 0)
		runner->status = cxa_graph_tell(
			runner->graph, CXA_RULE_ID_ORDER, collection, id,
			"its id comes twice; the newest counts", NULL);
}

int cxa_check_run(struct cxa_graph *graph, struct cxa_source *source,
		  struct cxa_error *error)
{
	struct cxa_pool *pool = source->context->pool;
	struct runner runner = { .graph = graph };
	int status;

	cxa_graph_describe(graph, source->header);
	source->duplicates =
		(struct cxa_duplicates){ tell_twice, &runner };
	status = cxa_queue_open(&runner.queue, pool, cxa_pool_threads(pool) + 2,
				run_job, free_job, error);
	if (status == 0)
		status = read_all(&runner, source, error);
	source->duplicates = (struct cxa_duplicates){ 0 };
	cxa_queue_close(runner.queue);
	free_job(runner.idle);
	if (status == 0 && runner.status < 0)
		status = cxa_error_set(error, runner.status, "ended");
	return status == 0 ? cxa_graph_finish(graph, error) : status;
}

void cxa_report_describe(struct cxa_report *report,
			 const struct cxa_source *source)
{
	report->is_archive = source->kind == CXA_KIND_ARCHIVE;
	report->bytes = source->bytes;
	report->has_root = source->root != NULL;
	if (source->root != NULL)
		memcpy(report->root, source->root, sizeof(report->root));
}

int cxa_check(struct cxa_report **out, struct cxa_source *source,
	      const struct cxa_check_options *options, struct cxa_error *error)
{
	struct cxa_check_options wanted = CXA_CHECK_OPTIONS_INIT;
	struct cxa_graph graph;
	int status;

	*out = NULL;
	if (!cxa_options_take(&wanted, sizeof(wanted), options))
		return cxa_error_set(error, CXA_ERR_USAGE,
				     "check options of another version");
	status = cxa_report_new(out, CXA_LEVEL_GRAPH,
				source->context->limits.issues, error);
	if (status < 0)
		return status;
	cxa_graph_init(&graph, source->context, *out,
		       wanted.has_now ? wanted.now_ms : NAN);
	graph.issue = wanted.issue;
	graph.user = wanted.user;
	status = cxa_check_run(&graph, source, error);
	cxa_graph_release(&graph);
	if (status < 0) {
		cxa_report_free(*out);
		*out = NULL;
		return status;
	}
	cxa_report_describe(*out, source);
	cxa_report_finish(*out);
	return 0;
}
