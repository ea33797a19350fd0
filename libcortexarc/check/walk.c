/* walk.c - verify's way through an archive, front to back, past all damage */
#include "check/walk_job.h"

#include <stdlib.h>

#include "base/frame.h"
#include "container/header.h"
#include "container/index.h"
#include "container/member_reader.h"
#include "record/json_verify.h"

struct verifier {
	struct cxa_walk *walk;
	struct cxa_queue *queue;
	struct cxa_walk_job *idle;
	struct cxa_walk_job *pending;
	struct cxa_buffer data; /* of the member being read */
};

/*
 * What is over a limit is of one rule, and told with what raises it. A machine
 * without memory says nothing of the archive.
 */
static int add_fault(struct cxa_walk *walk, const struct cxa_issue_kind *kind,
		     const char *member, uint64_t offset,
		     const struct cxa_error *inner, struct cxa_error *error)
{
	if (inner->status == CXA_ERR_NOMEM)
		return cxa_error_pass(error, CXA_ERR_NOMEM, inner);
	if (inner->status == CXA_ERR_LIMIT)
		kind = &cxa_rule_limit;
	cxa_report_add(walk->report, kind, member, offset, "%s%s%s",
		       inner->message, inner->hint[0] == '\0' ? "" : "; ",
		       inner->hint);
	return 0;
}

static struct cxa_walked *add_member(struct cxa_walk *walk,
				     const struct cxa_member *member,
				     struct cxa_error *error)
{
	size_t capacity = walk->capacity == 0 ? 64 : 2 * walk->capacity;
	struct cxa_walked *members;

	if (walk->count == walk->capacity) {
		members = reallocarray(walk->members, capacity,
				       sizeof(*members));
		if (members == NULL) {
			cxa_error_nomem(error, "the list of members");
			return NULL;
		}
		walk->members = members;
		walk->capacity = capacity;
	}
	walk->members[walk->count] = (struct cxa_walked){ .member = *member };
	return &walk->members[walk->count++];
}

static int take_graph(struct cxa_walk *walk, const struct cxa_walk_item *item,
		      struct cxa_error *error)
{
	const struct cxa_walked *result = &item->result;

	if (item->graphed)
		return cxa_graph_merge(walk->graph, &item->part, error);
	if (walk->graph != NULL && result->decoded)
		cxa_graph_lose(walk->graph, result->member.collection,
			       result->ids.first, result->ids.last);
	return 0;
}

static int take_item(struct cxa_walk *walk, const struct cxa_walk_item *item,
		     struct cxa_error *error)
{
	struct cxa_walked *walked = &walk->members[item->walked];
	bool faulty = walked->faulty;
	int status = 0;

	*walked = item->result;
	walked->faulty = faulty || item->fault != NULL;
	cxa_report_check(walk->report, 1 + walked->ids.count);
	if (item->fault == &cxa_rule_digest)
		cxa_report_add(walk->report, item->fault, walked->member.name,
			       walked->member.offset,
			       "the bytes do not match their BLAKE2b digest");
	else if (item->fault != NULL)
		status = add_fault(walk, item->fault, walked->member.name,
				   walked->member.offset, &item->error, error);
	return status < 0 ? status : take_graph(walk, item, error);
}

static int take_results(struct verifier *verifier, struct cxa_error *error)
{
	struct cxa_walk_job *job = cxa_queue_take(verifier->queue);
	int status = 0;

	for (size_t i = 0; i < job->count && status == 0; i++)
		status = take_item(verifier->walk, &job->items[i], error);
	for (size_t i = 0; i < job->count; i++) {
		cxa_buffer_reset(&job->items[i].stored);
		cxa_buffer_reset(&job->items[i].raw);
	}
	cxa_walk_job_free(verifier->idle);
	verifier->idle = job;
	return status;
}

static int send_pending(struct verifier *verifier, struct cxa_error *error)
{
	int status = 0;

	if (verifier->pending == NULL)
		return 0;
	cxa_queue_submit(verifier->queue, verifier->pending,
			 verifier->pending->bytes);
	verifier->pending = NULL;
	while (cxa_queue_full(verifier->queue) && status == 0)
		status = take_results(verifier, error);
	return status;
}

static int take_all(struct verifier *verifier, struct cxa_error *error)
{
	int status = send_pending(verifier, error);

	while (status == 0 && !cxa_queue_empty(verifier->queue))
		status = take_results(verifier, error);
	return status;
}

/* Records refer to collections before theirs: those must be taken in whole. */
static int begin_collection(struct verifier *verifier,
			    enum cxa_collection collection,
			    struct cxa_error *error)
{
	struct cxa_graph *graph = verifier->walk->graph;
	int status;

	if (graph == NULL || (int)collection <= graph->collection)
		return 0;
	status = take_all(verifier, error);
	return status < 0 ? status : cxa_graph_begin(graph, collection, error);
}

static int begin_job(struct verifier *verifier, struct cxa_error *error)
{
	struct cxa_walk_job *job = verifier->idle;

	verifier->idle = NULL;
	if (job == NULL)
		job = calloc(1, sizeof(*job));
	if (job == NULL)
		return cxa_error_nomem(error, "checking a batch");
	job->walk = verifier->walk;
	job->count = 0;
	job->bytes = 0;
	verifier->pending = job;
	return 0;
}

/*
 * What the batch will be, by what its frame says; 0: it is not to be opened, or
 * it is no frame, or over its limit, which is told where it is opened.
 */
static uint64_t size_opened(const struct verifier *verifier)
{
	const struct cxa_walk *walk = verifier->walk;
	uint64_t size = 0;

	if (walk->report->level < CXA_LEVEL_RECORDS ||
	    cxa_frame_content_size(verifier->data.data, verifier->data.size,
				   &size, NULL) < 0 ||
	    size > walk->context->limits.batch_bytes)
		return 0;
	return size;
}

/* Are the batches in all, with one of @size, over a limit? */
static bool over_total(struct cxa_walk *walk, const struct cxa_member *member,
		       uint64_t size)
{
	const struct cxa_limits *limits = &walk->context->limits;
	struct cxa_error error = CXA_ERROR_INIT;

	walk->total_bytes += size;
	if (walk->total_bytes <= limits->total_bytes)
		return false;
	cxa_limit_exceeded(&error, limits, CXA_LIMIT(total_bytes),
			   walk->total_bytes, "the batches up to this one");
	add_fault(walk, &cxa_rule_limit, member->name, member->offset, &error,
		  NULL);
	return true;
}

static int check_batch(struct verifier *verifier, size_t walked, uint64_t size,
		       struct cxa_error *error)
{
	struct cxa_walk_job *job;
	struct cxa_walk_item *item;
	struct cxa_buffer stored;
	int status = begin_collection(
		verifier, verifier->walk->members[walked].member.collection,
		error);

	if (status == 0 && verifier->pending == NULL)
		status = begin_job(verifier, error);
	if (status < 0)
		return status;
	job = verifier->pending;
	item = &job->items[job->count++];
	item->walked = walked;
	item->result = verifier->walk->members[walked];
	item->fault = NULL;
	item->graphed = false;
	item->error = (struct cxa_error)CXA_ERROR_INIT;
	stored = item->stored;
	item->stored = verifier->data;
	verifier->data = stored;
	job->bytes += item->stored.size + size;
	if (job->count == CXA_WALK_GROUP || job->bytes >= CXA_JOB_BYTES)
		return send_pending(verifier, error);
	return 0;
}

static int check_header(struct verifier *verifier, struct cxa_walked *walked,
			struct cxa_error *error)
{
	struct cxa_walk *walk = verifier->walk;
	struct cxa_error inner = CXA_ERROR_INIT;
	int status = cxa_header_decode(verifier->data.data, verifier->data.size,
				       walk->report->level >= CXA_LEVEL_RECORDS ?
					       CXA_TO_RESTORE : CXA_TO_LIST,
				       &walk->context->limits, &walk->arena,
				       &walk->header, &inner);

	if (status == 0)
		status = cxa_json_verify_header(
			walk->header, &walk->context->limits, &inner);
	if (status == CXA_ERR_UNSUPPORTED)
		return cxa_error_pass(error, status, &inner);
	if (status < 0) {
		walk->header = NULL;
		walked->faulty = true;
		return add_fault(walk, &cxa_rule_header, walked->member.name,
				 walked->member.offset, &inner, error);
	}
	walk->report->losses = walk->header->n_losses;
	if (walk->graph != NULL)
		cxa_graph_describe(walk->graph, walk->header);
	return 0;
}

static int check_index(struct verifier *verifier, struct cxa_walked *walked,
		       struct cxa_error *error)
{
	struct cxa_walk *walk = verifier->walk;
	const struct cxa_limits *limits = &walk->context->limits;
	struct cxa_frame_coder coder = cxa_context_take_coder(walk->context);
	struct cxa_error inner = CXA_ERROR_INIT;
	struct cxa_buffer raw = { 0 };
	int status = cxa_frame_decompress(&coder, verifier->data.data,
					  verifier->data.size,
					  limits, CXA_LIMIT(index_bytes), &raw,
					  &inner);

	if (status == 0)
		status = cxa_index_decode(raw.data, raw.size, limits,
					  &walk->arena, &walk->index, &inner);
	cxa_context_give_coder(walk->context, &coder);
	cxa_buffer_release(&raw);
	if (status == 0)
		return 0;
	walk->index = NULL;
	walked->faulty = true;
	return add_fault(walk, &cxa_rule_frame, walked->member.name,
			 walked->member.offset, &inner, error);
}

static int check_trailer(struct verifier *verifier, struct cxa_walked *walked,
			 struct cxa_error *error)
{
	struct cxa_walk *walk = verifier->walk;
	struct cxa_error inner = CXA_ERROR_INIT;
	int status = cxa_trailer_decode(&walk->trailer, verifier->data.data,
					&inner);

	if (status == CXA_ERR_UNSUPPORTED)
		return cxa_error_pass(error, status, &inner);
	walk->has_trailer = status == 0;
	if (status < 0) {
		walked->faulty = true;
		cxa_report_add(walk->report, &cxa_rule_digest,
			       walked->member.name, walked->member.offset, "%s",
			       inner.message);
	}
	return 0;
}

/* The few members that are no batches; small, checked at once. */
static int check_single(struct verifier *verifier, struct cxa_walked *walked,
			struct cxa_error *error)
{
	struct cxa_walk *walk = verifier->walk;
	const struct cxa_member *member = &walked->member;

	cxa_digest_of(&walked->actual, verifier->data.data,
		      verifier->data.size);
	walked->hashed = true;
	cxa_report_check(walk->report, 1);
	if (member->has_digest &&
	    !cxa_digest_equal(&walked->actual, &member->digest)) {
		walked->faulty = true;
		cxa_report_add(walk->report, &cxa_rule_digest, member->name,
			       member->offset,
			       "the bytes do not match their BLAKE2b digest");
		return 0;
	}
	switch (member->kind) {
	case CXA_MEMBER_HEADER:
		return check_header(verifier, walked, error);
	case CXA_MEMBER_INDEX:
		return check_index(verifier, walked, error);
	case CXA_MEMBER_SUMS:
		cxa_buffer_reset(&walk->sums);
		cxa_buffer_append(&walk->sums, verifier->data.data,
				  verifier->data.size);
		walk->has_sums = !walk->sums.failed;
		return walk->has_sums ? 0 : cxa_error_nomem(error, "B2SUMS");
	case CXA_MEMBER_TRAILER:
		return check_trailer(verifier, walked, error);
	default:
		return 0;
	}
}

static int check_member(struct verifier *verifier,
			const struct cxa_member *member, bool faulty,
			struct cxa_error *error)
{
	struct cxa_walk *walk = verifier->walk;
	struct cxa_walked *walked = add_member(walk, member, error);
	uint64_t size;

	if (walked == NULL)
		return CXA_ERR_NOMEM;
	walked->faulty = faulty;
	cxa_report_check(walk->report, 1);
	if (member->kind != CXA_MEMBER_BATCH)
		return check_single(verifier, walked, error);
	size = size_opened(verifier);
	if (over_total(walk, member, size))
		return CXA_END;
	return check_batch(verifier, walk->count - 1, size, error);
}

/* What the strict reading refused becomes an issue; may it go on? */
static bool note_damage(struct verifier *verifier, int status,
			const struct cxa_error *inner)
{
	struct cxa_walk *walk = verifier->walk;
	const struct cxa_issue_kind *kind = &cxa_rule_canonical;

	if (strstr(inner->message, "the end is missing") != NULL)
		kind = &cxa_rule_truncated;
	add_fault(walk, kind, inner->member, inner->offset, inner, NULL);
	return status == CXA_ERR_CORRUPT && kind != &cxa_rule_truncated;
}

/* One member, or the damage where one should be. CXA_END: nothing more. */
static int step(struct verifier *verifier, struct cxa_member_reader *reader,
		struct cxa_error *error)
{
	struct cxa_walk *walk = verifier->walk;
	struct cxa_error inner = CXA_ERROR_INIT;
	struct cxa_member member = { .name = "" };
	uint64_t skipped = 0;
	int status = cxa_member_reader_next(reader, &member, &verifier->data,
					    &inner);

	if (status == 0)
		return check_member(verifier, &member, false, error);
	if (status == CXA_END) {
		walk->ended = true;
		return CXA_END;
	}
	if (status != CXA_ERR_CORRUPT && status != CXA_ERR_LIMIT)
		return cxa_error_pass(error, status, &inner);
	if (!note_damage(verifier, status, &inner))
		return CXA_END;
	if (member.name[0] != '\0') { /* only its padding is damaged */
		status = check_member(verifier, &member, true, error);
		if (status != 0)
			return status;
	}
	walk->skipped = true;
	return cxa_member_reader_resync(reader, &skipped, error);
}

static int check_tail(struct cxa_walk *walk, struct cxa_member_reader *reader,
		      struct cxa_error *error)
{
	struct cxa_error inner = CXA_ERROR_INIT;
	uint64_t zeros = 0;
	int status = cxa_member_reader_tail(reader, &zeros, &inner);

	if (status == CXA_ERR_IO || status == CXA_ERR_CANCELLED)
		return cxa_error_pass(error, status, &inner);
	cxa_report_check(walk->report, 1);
	if (status < 0)
		cxa_report_add(walk->report, &cxa_rule_canonical, "",
			       inner.offset, "%s", inner.message);
	else if (zeros != 0)
		cxa_report_add(walk->report, &cxa_rule_padding, "",
			       cxa_member_reader_offset(reader),
			       "%llu zero bytes stand behind the end: a tar "
			       "that was blocked again",
			       (unsigned long long)zeros);
	return 0;
}

static int walk_all(struct verifier *verifier, struct cxa_member_reader *reader,
		    struct cxa_error *error)
{
	struct cxa_walk *walk = verifier->walk;
	int status = 0;

	while (status == 0) {
		status = step(verifier, reader, error);
		if (status == 0)
			status = cxa_context_step(
				walk->context, "verifying",
				cxa_member_reader_offset(reader),
				walk->input->size, error);
	}
	if (status != CXA_END)
		return status;
	status = take_all(verifier, error);
	if (status < 0)
		return status;
	return walk->ended ? check_tail(walk, reader, error) : 0;
}

int cxa_walk_run(struct cxa_walk *walk, struct cxa_error *error)
{
	struct verifier verifier = { .walk = walk };
	struct cxa_member_reader *reader = NULL;
	int status = cxa_queue_open(&verifier.queue, walk->context->pool,
				    cxa_pool_threads(walk->context->pool) + 1,
				    cxa_walk_job_run, cxa_walk_job_free, error);

	if (status == 0)
		status = cxa_member_reader_open(&reader, walk->input,
						&walk->context->limits, error);
	if (status == 0)
		status = walk_all(&verifier, reader, error);
	if (reader != NULL)
		walk->report->bytes = cxa_member_reader_offset(reader);
	walk->report->members = walk->count;
	cxa_member_reader_close(reader);
	cxa_queue_close(verifier.queue);
	cxa_walk_job_free(verifier.idle);
	cxa_walk_job_free(verifier.pending);
	cxa_buffer_release(&verifier.data);
	return status;
}

void cxa_walk_release(struct cxa_walk *walk)
{
	free(walk->members);
	free(walk->by_name);
	cxa_arena_release(&walk->arena);
	cxa_buffer_release(&walk->sums);
}
