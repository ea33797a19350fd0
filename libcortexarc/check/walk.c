/* walk.c - verify's way through an archive, front to back, past all damage */
#include "check/walk.h"

#include <stdlib.h>

#include "base/frame.h"
#include "container/header.h"
#include "container/index.h"
#include "container/member_reader.h"
#include "record/json_verify.h"

const struct cxa_issue_kind cxa_rule_canonical = {
	"canonical-form", CXA_CORRUPTED_ENTRY, CXA_CRITICAL, true };
const struct cxa_issue_kind cxa_rule_truncated = {
	"truncated", CXA_CORRUPTED_ENTRY, CXA_CRITICAL, true };
const struct cxa_issue_kind cxa_rule_header = {
	"header", CXA_CORRUPTED_ENTRY, CXA_CRITICAL, true };
const struct cxa_issue_kind cxa_rule_digest = {
	"member-digest", CXA_HASH_MISMATCH, CXA_CRITICAL, true };
const struct cxa_issue_kind cxa_rule_frame = {
	"frame", CXA_CORRUPTED_ENTRY, CXA_CRITICAL, true };
const struct cxa_issue_kind cxa_rule_record = {
	"record-encoding", CXA_CORRUPTED_ENTRY, CXA_CRITICAL, true };
const struct cxa_issue_kind cxa_rule_missing = {
	"member-missing", CXA_CORRUPTED_ENTRY, CXA_CRITICAL, true };
const struct cxa_issue_kind cxa_rule_disagree = {
	"index-agreement", CXA_CORRUPTED_ENTRY, CXA_CRITICAL, true };
const struct cxa_issue_kind cxa_rule_root = {
	"root-hash", CXA_HASH_MISMATCH, CXA_CRITICAL, false };
const struct cxa_issue_kind cxa_rule_padding = {
	"re-blocked", CXA_CORRUPTED_ENTRY, CXA_MEDIUM, true };
const struct cxa_issue_kind cxa_rule_limit = {
	"limit", CXA_CORRUPTED_ENTRY, CXA_CRITICAL, false };

struct verifier;

/* A batch to be checked. */
struct item {
	size_t walked; /* index of its struct cxa_walked */
	struct cxa_walked result;
	struct cxa_buffer stored;
	struct cxa_buffer raw;
	const struct cxa_issue_kind *fault;
	struct cxa_error error;
};

/* Batches are hashed side by side, so a job is as many as pay. Reused. */
enum { GROUP = 4 };

struct job {
	struct verifier *verifier;
	struct item items[GROUP];
	size_t count;
};

struct verifier {
	struct cxa_walk *walk;
	struct cxa_queue *queue;
	struct job *idle;
	struct job *pending;
	struct cxa_buffer data; /* of the member being read */
	struct cxa_frame_coder coder;
};

/* What is over a limit is of one rule, and told with what raises it. */
static void add_fault(struct cxa_walk *walk, const struct cxa_issue_kind *kind,
		      const char *member, uint64_t offset,
		      const struct cxa_error *error)
{
	if (error->status == CXA_ERR_LIMIT)
		kind = &cxa_rule_limit;
	cxa_report_add(walk->report, kind, member, offset, "%s%s%s",
		       error->message, error->hint[0] == '\0' ? "" : "; ",
		       error->hint);
}

static void free_job(void *pointer)
{
	struct job *job = pointer;

	if (job == NULL)
		return;
	for (size_t i = 0; i < GROUP; i++) {
		cxa_buffer_release(&job->items[i].stored);
		cxa_buffer_release(&job->items[i].raw);
	}
	free(job);
}

static void check_frame(const struct cxa_context *context,
			struct cxa_frame_coder *coder, struct item *item)
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

static void check_records(const struct cxa_context *context, struct item *item)
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

static void check_digests(struct job *job)
{
	struct cxa_span spans[GROUP];
	struct cxa_digest digests[GROUP];

	for (size_t i = 0; i < job->count; i++)
		spans[i] = (struct cxa_span){ job->items[i].stored.data,
					      job->items[i].stored.size };
	cxa_digest_many(spans, job->count, digests);
	for (size_t i = 0; i < job->count; i++) {
		struct item *item = &job->items[i];

		item->result.actual = digests[i];
		item->result.hashed = true;
		if (!cxa_digest_equal(&digests[i],
				      &item->result.member.digest))
			item->fault = &cxa_rule_digest;
	}
}

static void check_contents(struct job *job)
{
	struct cxa_context *context = job->verifier->walk->context;
	struct cxa_frame_coder coder = cxa_context_take_coder(context);
	struct cxa_span spans[GROUP];
	struct cxa_digest digests[GROUP];

	for (size_t i = 0; i < job->count; i++) {
		struct item *item = &job->items[i];

		cxa_buffer_reset(&item->raw);
		if (item->fault == NULL)
			check_frame(context, &coder, item);
		if (item->fault == NULL)
			check_records(context, item);
		spans[i] = (struct cxa_span){ item->raw.data, item->raw.size };
	}
	cxa_context_give_coder(context, &coder);
	cxa_digest_many(spans, job->count, digests);
	for (size_t i = 0; i < job->count; i++)
		job->items[i].result.raw_digest = digests[i];
}

static void run_job(void *pointer)
{
	struct job *job = pointer;
	enum cxa_level level = job->verifier->walk->report->level;

	if (level >= CXA_LEVEL_BYTES)
		check_digests(job);
	if (level >= CXA_LEVEL_RECORDS)
		check_contents(job);
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

static void take_item(struct cxa_walk *walk, const struct item *item)
{
	struct cxa_walked *walked = &walk->members[item->walked];
	bool faulty = walked->faulty;

	*walked = item->result;
	walked->faulty = faulty || item->fault != NULL;
	cxa_report_check(walk->report, 1 + walked->ids.count);
	if (item->fault == &cxa_rule_digest)
		cxa_report_add(walk->report, item->fault, walked->member.name,
			       walked->member.offset,
			       "the bytes do not match their BLAKE2b digest");
	else if (item->fault != NULL)
		add_fault(walk, item->fault, walked->member.name,
			  walked->member.offset, &item->error);
}

static void take_results(struct verifier *verifier)
{
	struct job *job = cxa_queue_take(verifier->queue);

	for (size_t i = 0; i < job->count; i++)
		take_item(verifier->walk, &job->items[i]);
	free_job(verifier->idle);
	verifier->idle = job;
}

static void send_pending(struct verifier *verifier)
{
	if (verifier->pending == NULL)
		return;
	while (cxa_queue_full(verifier->queue))
		take_results(verifier);
	cxa_queue_submit(verifier->queue, verifier->pending);
	verifier->pending = NULL;
}

static int begin_job(struct verifier *verifier, struct cxa_error *error)
{
	struct job *job;

	if (cxa_queue_full(verifier->queue))
		take_results(verifier);
	job = verifier->idle;
	verifier->idle = NULL;
	if (job == NULL)
		job = calloc(1, sizeof(*job));
	if (job == NULL)
		return cxa_error_nomem(error, "checking a batch");
	job->verifier = verifier;
	job->count = 0;
	verifier->pending = job;
	return 0;
}

/*
 * What batches hold in all, by what their frames say: is it over a limit? A
 * frame that is over its own, or is none, is told where it is opened.
 */
static bool over_total(struct verifier *verifier,
		       const struct cxa_member *member)
{
	struct cxa_walk *walk = verifier->walk;
	const struct cxa_limits *limits = &walk->context->limits;
	struct cxa_error error = CXA_ERROR_INIT;
	uint64_t size = 0;

	if (walk->report->level < CXA_LEVEL_RECORDS ||
	    cxa_frame_content_size(verifier->data.data, verifier->data.size,
				   &size, NULL) < 0 ||
	    size > limits->batch_bytes)
		return false;
	walk->total_bytes += size;
	if (walk->total_bytes <= limits->total_bytes)
		return false;
	cxa_limit_exceeded(&error, limits, CXA_LIMIT(total_bytes),
			   walk->total_bytes, "the batches up to this one");
	add_fault(walk, &cxa_rule_limit, member->name, member->offset, &error);
	return true;
}

static int check_batch(struct verifier *verifier, size_t walked,
		       struct cxa_error *error)
{
	struct item *item;
	struct cxa_buffer stored;
	int status = 0;

	if (verifier->pending == NULL)
		status = begin_job(verifier, error);
	if (status < 0)
		return status;
	item = &verifier->pending->items[verifier->pending->count++];
	item->walked = walked;
	item->result = verifier->walk->members[walked];
	item->fault = NULL;
	item->error = (struct cxa_error)CXA_ERROR_INIT;
	stored = item->stored;
	item->stored = verifier->data;
	verifier->data = stored;
	if (verifier->pending->count == GROUP)
		send_pending(verifier);
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
	if (status == CXA_ERR_UNSUPPORTED || status == CXA_ERR_NOMEM) {
		if (error != NULL)
			*error = inner;
		return status;
	}
	if (status < 0) {
		walk->header = NULL;
		walked->faulty = true;
		add_fault(walk, &cxa_rule_header, walked->member.name,
			  walked->member.offset, &inner);
	}
	return 0;
}

static void check_index(struct verifier *verifier, struct cxa_walked *walked)
{
	struct cxa_walk *walk = verifier->walk;
	const struct cxa_limits *limits = &walk->context->limits;
	struct cxa_error inner = CXA_ERROR_INIT;
	struct cxa_buffer raw = { 0 };
	int status = cxa_frame_decompress(&verifier->coder, verifier->data.data,
					  verifier->data.size,
					  limits, CXA_LIMIT(index_bytes), &raw,
					  &inner);

	if (status == 0)
		status = cxa_index_decode(raw.data, raw.size, limits,
					  &walk->arena, &walk->index, &inner);
	cxa_buffer_release(&raw);
	if (status == 0)
		return;
	walk->index = NULL;
	walked->faulty = true;
	add_fault(walk, &cxa_rule_frame, walked->member.name,
		  walked->member.offset, &inner);
}

static int check_trailer(struct verifier *verifier, struct cxa_walked *walked,
			 struct cxa_error *error)
{
	struct cxa_walk *walk = verifier->walk;
	struct cxa_error inner = CXA_ERROR_INIT;
	int status = cxa_trailer_decode(&walk->trailer, verifier->data.data,
					&inner);

	if (status == CXA_ERR_UNSUPPORTED) {
		if (error != NULL)
			*error = inner;
		return status;
	}
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
		check_index(verifier, walked);
		return 0;
	case CXA_MEMBER_SUMS:
		cxa_buffer_reset(&walk->sums);
		cxa_buffer_append(&walk->sums, verifier->data.data,
				  verifier->data.size);
		walk->has_sums = !walk->sums.failed;
		return 0;
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

	if (walked == NULL)
		return CXA_ERR_NOMEM;
	walked->faulty = faulty;
	cxa_report_check(walk->report, 1);
	if (member->kind == CXA_MEMBER_BATCH && over_total(verifier, member))
		return CXA_END;
	if (member->kind == CXA_MEMBER_BATCH)
		return check_batch(verifier, walk->count - 1, error);
	return check_single(verifier, walked, error);
}

/* What the strict reading refused becomes an issue; may it go on? */
static bool note_damage(struct verifier *verifier, int status,
			const struct cxa_error *inner)
{
	struct cxa_walk *walk = verifier->walk;
	const struct cxa_issue_kind *kind = &cxa_rule_canonical;

	if (strstr(inner->message, "the end is missing") != NULL)
		kind = &cxa_rule_truncated;
	add_fault(walk, kind, inner->member, inner->offset, inner);
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
	if (status != CXA_ERR_CORRUPT && status != CXA_ERR_LIMIT) {
		if (error != NULL)
			*error = inner;
		return status;
	}
	if (!note_damage(verifier, status, &inner))
		return CXA_END;
	if (member.name[0] != '\0') { /* only its padding is damaged */
		status = check_member(verifier, &member, true, error);
		if (status != 0)
			return status;
	}
	return cxa_member_reader_resync(reader, &skipped, error);
}

static int check_tail(struct cxa_walk *walk, struct cxa_member_reader *reader,
		      struct cxa_error *error)
{
	struct cxa_error inner = CXA_ERROR_INIT;
	uint64_t zeros = 0;
	int status = cxa_member_reader_tail(reader, &zeros, &inner);

	if (status == CXA_ERR_IO || status == CXA_ERR_CANCELLED) {
		if (error != NULL)
			*error = inner;
		return status;
	}
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
	send_pending(verifier);
	while (!cxa_queue_empty(verifier->queue))
		take_results(verifier);
	if (status != CXA_END)
		return status;
	return walk->ended ? check_tail(walk, reader, error) : 0;
}

int cxa_walk_run(struct cxa_walk *walk, struct cxa_error *error)
{
	struct verifier verifier = { .walk = walk };
	struct cxa_member_reader *reader = NULL;
	int status = cxa_queue_open(&verifier.queue, walk->context->pool,
				    cxa_pool_threads(walk->context->pool) + 1,
				    run_job, free_job, error);

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
	free_job(verifier.idle);
	free_job(verifier.pending);
	cxa_buffer_release(&verifier.data);
	cxa_frame_coder_release(&verifier.coder);
	return status;
}

void cxa_walk_release(struct cxa_walk *walk)
{
	free(walk->members);
	cxa_arena_release(&walk->arena);
	cxa_buffer_release(&walk->sums);
}
