/* repair_source.c - a source wrapped around another, its records repaired */
#include <stdlib.h>

#include "check/mend.h"
#include "check/repair_work.h"
#include "endpoint/source.h"
#include "record/collection.h"

struct repaired {
	struct cxa_repair_work *work;
	struct cxa_source *source;
	Cxa__Header header;
	Cxa__Metadata metadata;
};

/* An issue of a record, as a scan of its batch finds it */
struct fault {
	uint64_t id;
	enum cxa_rule_id rule;
};

/*
 * A batch on its way; reused for the next.
 *
 * @faults: struct fault each, sorted: those of the batch
 * @dropped: struct fault each: those of records that went, by rules that stay
 */
struct job {
	struct cxa_repair_work *work;
	struct cxa_batch *before;
	struct cxa_batch *after;
	struct cxa_part part;
	struct cxa_buffer faults;
	struct cxa_buffer dropped;
	struct cxa_mend mend;
	struct cxa_tally records;
	int status;
	struct cxa_error error;
};

/*
 * @inner: of the source below
 * @has_state: of system_state: there was one, or it was made
 */
struct reader {
	struct repaired *repaired;
	enum cxa_collection collection;
	void *inner;
	bool ended;
	bool has_state;
	struct cxa_queue *queue;
	struct job *idle;
	uint64_t counts[3]; /* by enum cxa_difference_kind */
	struct cxa_tally records;
};

/* --- what is at fault in a batch -------------------------------------------- */

static int by_place(const void *a, const void *b)
{
	const struct fault *left = a;
	const struct fault *right = b;

	if (left->id != right->id)
		return left->id < right->id ? -1 : 1;
	return (int)left->rule - (int)right->rule;
}

static void add_fault(struct job *job, uint64_t id, enum cxa_rule_id rule)
{
	struct fault fault = { id, rule };

	cxa_buffer_append(&job->faults, &fault, sizeof(fault));
}

static void add_findings(struct job *job)
{
	const struct cxa_finding *findings =
		(const void *)job->part.findings.data;

	for (size_t i = 0; i < job->part.findings.size / sizeof(*findings);
	     i++)
		add_fault(job, findings[i].id, findings[i].rule);
}

static int add_references(struct job *job)
{
	struct cxa_context *context = job->work->graph.context;
	struct cxa_notes notes = { .cancel = &context->cancel,
				   .folder = context->temp_dir };
	struct cxa_note note = { 0 };
	int status = cxa_notes_add(&notes, job->before->collection,
				   &job->part.notes, &job->error);

	while (status == 0) {
		status = cxa_notes_next(&notes, &note, &job->error);
		if (status == 0 && note.kind != CXA_NOTE_LENGTHS &&
		    note.kind != CXA_NOTE_VERSION &&
		    cxa_graph_is_missing(&job->work->graph, note.kind,
					 note.values[0]))
			add_fault(job, note.id, cxa_note_rule(note.kind));
	}
	cxa_notes_release(&notes);
	return status == CXA_END ? 0 : status;
}

/* As a claim shows in no record alone, assignments are faults of their own. */
static void add_assignments(struct job *job)
{
	const struct cxa_repair_plan *plan = &job->work->plan;
	const struct cxa_batch *batch = job->before;
	const struct cxa_buffer *assignments = &plan->moves;

	if (batch->collection == CXA_COLUMNS)
		assignments = &plan->gives;
	else if (batch->collection != CXA_CONCEPTS)
		return;
	for (size_t i = 0; i < batch->count && assignments->size != 0; i++)
		if (cxa_assignment_find(assignments, batch->records[i].id) !=
		    NULL)
			add_fault(job, batch->records[i].id,
				  CXA_RULE_CONCEPT_COLUMN);
}

static int find_faults(struct job *job)
{
	const struct cxa_batch *batch = job->before;
	int status;

	cxa_graph_scan(&job->work->graph, &job->part, batch->collection,
		       batch->records, batch->count);
	if (cxa_part_failed(&job->part))
		return cxa_error_nomem(&job->error, "repairing a batch");
	add_findings(job);
	status = add_references(job);
	add_assignments(job);
	if (batch->collection == CXA_SYSTEM_STATE && batch->count != 0)
		add_fault(job, batch->records[0].id, CXA_RULE_STATE_TOTALS);
	if (status == 0 && job->faults.failed)
		status = cxa_error_nomem(&job->error, "repairing a batch");
	if (job->faults.size != 0)
		qsort(job->faults.data, job->faults.size / sizeof(struct fault),
		      sizeof(struct fault), by_place);
	return status;
}

/* --- a batch without its faults ------------------------------------------------ */

/* The issues that went with a record need not be found again. */
static void drop_faults(struct job *job, const struct fault *faults,
			size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (!cxa_plan_repairs(&job->work->plan, faults[i].rule) &&
		    (i == 0 || faults[i].rule != faults[i - 1].rule))
			cxa_buffer_append(&job->dropped, &faults[i],
					  sizeof(faults[i]));
}

static int put_row(struct job *job, uint64_t id, struct cxa_record *row)
{
	const struct cxa_buffer *mended = &job->mend.row;

	*row = (struct cxa_record){ .id = id, .size = mended->size };
	row->data = cxa_arena_copy(cxa_batch_arena(job->after), mended->data,
				   mended->size);
	if (row->data == NULL)
		return cxa_error_nomem(&job->error, "a record");
	return cxa_batch_add_row(job->after, row, &job->error);
}

static bool is_same(const struct cxa_record *a, const struct cxa_buffer *b)
{
	return a->size == b->size && memcmp(a->data, b->data, a->size) == 0;
}

static int mend_record(struct job *job, const struct cxa_record *record,
		       const struct fault *faults, size_t count)
{
	struct cxa_record row = { 0 };
	int status = cxa_mend_record(&job->mend, record, &job->error);

	if (status < 0)
		return status;
	if (job->mend.drop) {
		drop_faults(job, faults, count);
		cxa_repair_tally_record(&job->records, CXA_REMOVED,
					job->before->collection, record, NULL);
		return 0;
	}
	if (is_same(record, &job->mend.row))
		return cxa_batch_add_row(job->after, record, &job->error);
	status = put_row(job, record->id, &row);
	if (status == 0)
		cxa_repair_tally_record(&job->records, CXA_CHANGED,
					job->before->collection, record, &row);
	return status;
}

static int mend_all(struct job *job)
{
	const struct cxa_batch *batch = job->before;
	const struct fault *faults = (const void *)job->faults.data;
	size_t fault_count = job->faults.size / sizeof(*faults);
	size_t at = 0;
	int status = cxa_batch_new(&job->after, batch->collection, &job->error);

	if (status == 0)
		status = cxa_batch_hold(job->after, job->before, &job->error);
	for (size_t i = 0; i < batch->count && status == 0; i++) {
		const struct cxa_record *record = &batch->records[i];
		size_t first = at;

		while (at < fault_count && faults[at].id == record->id)
			at++;
		status = at != first ?
				 mend_record(job, record, faults + first,
					     at - first) :
				 cxa_batch_add_row(job->after, record,
						   &job->error);
	}
	if (status == 0 && job->dropped.failed)
		status = cxa_error_nomem(&job->error, "repairing a batch");
	return status;
}

static void run_job(void *pointer)
{
	struct job *job = pointer;

	job->status = find_faults(job);
	if (job->status < 0)
		return;
	if (job->faults.size == 0)
		job->after = cxa_batch_ref(job->before);
	else
		job->status = mend_all(job);
}

/* --- jobs ------------------------------------------------------------------------ */

static void clear_job(struct job *job)
{
	cxa_batch_unref(job->before);
	cxa_batch_unref(job->after);
	job->before = job->after = NULL;
	cxa_buffer_reset(&job->faults);
	cxa_buffer_reset(&job->dropped);
	cxa_mend_reset(&job->mend);
	job->records = (struct cxa_tally){ 0 };
	job->error = (struct cxa_error)CXA_ERROR_INIT;
}

static void free_job(void *pointer)
{
	struct job *job = pointer;

	if (job == NULL)
		return;
	clear_job(job);
	cxa_part_release(&job->part);
	cxa_buffer_release(&job->faults);
	cxa_buffer_release(&job->dropped);
	cxa_mend_release(&job->mend);
	free(job);
}

static struct job *new_job(struct reader *reader)
{
	struct cxa_repair_work *work = reader->repaired->work;
	struct job *job = reader->idle;

	reader->idle = NULL;
	if (job == NULL)
		job = calloc(1, sizeof(*job));
	if (job == NULL)
		return NULL;
	clear_job(job);
	job->work = work;
	job->mend.graph = &work->graph;
	job->mend.plan = &work->plan;
	job->mend.collection = reader->collection;
	return job;
}

/* The next batch of the source below, on its way; at the end none is. */
static int submit(struct reader *reader, struct cxa_error *error)
{
	struct cxa_batch *batch = NULL;
	struct job *job;
	int status = reader->repaired->source->ops.next(reader->inner, &batch,
							error);

	if (status != 0) {
		reader->ended = status == CXA_END;
		return reader->ended ? 0 : status;
	}
	reader->has_state = reader->has_state || batch->count != 0;
	job = new_job(reader);
	if (job == NULL) {
		cxa_batch_unref(batch);
		return cxa_error_nomem(error, "repairing a batch");
	}
	job->before = batch;
	/* Rows before and after, a record's struct, and its row. */
	cxa_queue_submit(reader->queue, job, 4 * cxa_batch_bytes(batch));
	return 0;
}

/* --- what is told ------------------------------------------------------------------ */

static bool was_read(const struct reader *reader)
{
	return (reader->repaired->work->complete >> reader->collection & 1) !=
	       0;
}

static void tell(struct reader *reader, const struct cxa_mended *told,
		 const struct cxa_field_change *values)
{
	struct cxa_repair_work *work = reader->repaired->work;
	const struct cxa_collection_info *info =
		cxa_collection_info(reader->collection);
	struct cxa_repair_change change = {
		.rule = cxa_rules[told->rule].kind.rule,
		.kind = told->kind,
		.collection = reader->collection,
		.record_name = info->record_name,
		.has_id = info->has_key,
		.id = told->id,
		.path = told->kind == CXA_CHANGED ? values->path : NULL,
		.before = values->before,
		.after = values->after,
	};

	work->result->changes++;
	if (work->options.change != NULL)
		work->options.change(work->options.user, &change);
}

/* Changes of one record stand together. */
static void tell_all(struct reader *reader, const struct job *job)
{
	const struct cxa_mended *told = (const void *)job->mend.told.data;
	const struct cxa_field_change *values =
		cxa_field_diff_at(&job->mend.diff);
	const struct fault *dropped = (const void *)job->dropped.data;
	const char *name = cxa_collection_info(reader->collection)->record_name;
	struct cxa_repair_work *work = reader->repaired->work;

	for (size_t i = 0; i < job->mend.told.size / sizeof(*told); i++) {
		if (i == 0 || told[i].id != told[i - 1].id)
			reader->counts[told[i].kind]++;
		tell(reader, &told[i], &values[i]);
	}
	for (size_t i = 0; i < job->dropped.size / sizeof(*dropped); i++)
		cxa_repair_tally_issue(&work->issues[dropped[i].rule], false,
				       name, dropped[i].id);
	cxa_tally_join(&work->records, &job->records);
}

static void count_end(struct reader *reader)
{
	struct cxa_repair_work *work = reader->repaired->work;
	struct cxa_repair_result *result = work->result;
	enum cxa_collection collection = reader->collection;

	if (was_read(reader))
		return;
	result->added[collection] += reader->counts[CXA_ADDED];
	result->removed[collection] += reader->counts[CXA_REMOVED];
	result->changed[collection] += reader->counts[CXA_CHANGED];
	work->complete |= UINT32_C(1) << collection;
}

/* --- reading -------------------------------------------------------------------------- */

static int next_job(struct reader *reader, struct job **out,
		    struct cxa_error *error)
{
	struct job *job;
	int status = 0;

	*out = NULL;
	while (status == 0 && !reader->ended && !cxa_queue_full(reader->queue))
		status = submit(reader, error);
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
	if (!was_read(reader))
		tell_all(reader, job);
	*out = job;
	return 0;
}

/* A system_state where there was none. */
static int make_state(struct reader *reader, struct cxa_batch **batch,
		      struct cxa_error *error)
{
	struct job *job = new_job(reader);
	struct cxa_record row = { 0 };
	int status;

	reader->has_state = true;
	if (job == NULL)
		return cxa_error_nomem(error, "a system_state");
	status = cxa_batch_new(&job->after, CXA_SYSTEM_STATE, error);
	if (status == 0)
		status = cxa_mend_new_state(&job->mend,
					    &reader->repaired->metadata, error);
	if (status == 0)
		status = put_row(job, 0, &row);
	if (status == 0) {
		cxa_repair_tally_record(&job->records, CXA_ADDED,
					CXA_SYSTEM_STATE, NULL, &row);
		if (!was_read(reader))
			tell_all(reader, job);
		*batch = job->after;
		job->after = NULL;
	}
	free_job(job);
	return status;
}

static int read_end(struct reader *reader, struct cxa_batch **batch,
		    struct cxa_error *error)
{
	if (reader->collection == CXA_SYSTEM_STATE && !reader->has_state &&
	    reader->repaired->work->plan.adds_state)
		return make_state(reader, batch, error);
	count_end(reader);
	return CXA_END;
}

static int read_next(void *pointer, struct cxa_batch **batch,
		     struct cxa_error *error)
{
	struct reader *reader = pointer;
	struct job *job = NULL;
	int status;

	*batch = NULL;
	status = next_job(reader, &job, error);
	if (status == CXA_END)
		return read_end(reader, batch, error);
	if (status < 0)
		return status;
	*batch = job->after;
	job->after = NULL;
	clear_job(job);
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
	if (reader->inner != NULL)
		reader->repaired->source->ops.done(reader->inner);
	free(reader);
}

static int read_start(void *state, enum cxa_collection collection,
		      uint64_t first_id, uint64_t last_id, void **out,
		      struct cxa_error *error)
{
	struct repaired *repaired = state;
	struct cxa_source *source = repaired->source;
	struct reader *reader = calloc(1, sizeof(*reader));
	int status;

	*out = NULL;
	if (reader == NULL)
		return cxa_error_nomem(error, "repairing");
	reader->repaired = repaired;
	reader->collection = collection;
	status = source->ops.read(source->state, collection, first_id, last_id,
				  &reader->inner, error);
	if (status == 0)
		status = cxa_queue_open(&reader->queue, source->context->pool,
					0, run_job, free_job, error);
	if (status < 0) {
		read_done(reader);
		return status;
	}
	*out = reader;
	return 0;
}

/* --- the source --------------------------------------------------------------------- */

static void set_totals(struct repaired *repaired)
{
	const struct cxa_new_total *totals = repaired->work->plan.metadata;
	uint32_t *values[CXA_METADATA_TOTALS] = {
		&repaired->metadata.total_concepts,
		&repaired->metadata.total_columns,
		&repaired->metadata.total_connections };

	for (int i = 0; i < CXA_METADATA_TOTALS; i++)
		if (totals[i].changes)
			*values[i] = totals[i].value;
}

int cxa_repair_source_open(struct cxa_source **out,
			   struct cxa_repair_work *work,
			   struct cxa_source *source, struct cxa_error *error)
{
	static const struct cxa_source_ops ops = { read_start, read_next,
						   read_done, free };
	struct repaired *repaired = calloc(1, sizeof(*repaired));
	int status;

	*out = NULL;
	if (repaired == NULL)
		return cxa_error_nomem(error, "repairing");
	repaired->work = work;
	repaired->source = source;
	repaired->metadata = *source->header->metadata;
	repaired->header = *source->header;
	repaired->header.metadata = &repaired->metadata;
	set_totals(repaired);
	status = cxa_source_new(out, source->context, &ops, repaired,
				&repaired->header, error);
	if (status < 0) {
		free(repaired);
		return status;
	}
	(*out)->bytes = source->bytes;
	(*out)->rows_bytes = source->rows_bytes;
	return 0;
}
