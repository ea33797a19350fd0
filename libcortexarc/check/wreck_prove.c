/* wreck_prove.c - which batches of a damaged archive are as they were */
#include <stdlib.h>

#include "base/frame.h"
#include "check/wreck.h"
#include "container/index.h"
#include "container/walker.h"

/* --- hash and decode, on workers ----------------------------------------- */

struct prover {
	struct cxa_wreck *wreck;
	struct cxa_queue *queue;
	struct job *idle;
	uint64_t total_bytes; /* raw */
	uint64_t done_bytes;
};

struct job {
	struct cxa_wreck *wreck;
	size_t index;
	struct cxa_piece piece;
	struct cxa_buffer stored;
	struct cxa_buffer raw;
	struct cxa_error error; /* of the records */
	struct cxa_error failure;
	int status; /* of the machine */
	bool cut;
};

static void free_job(void *pointer)
{
	struct job *job = pointer;

	if (job == NULL)
		return;
	cxa_buffer_release(&job->stored);
	cxa_buffer_release(&job->raw);
	free(job);
}

static int decode(struct job *job)
{
	struct cxa_context *context = job->wreck->context;
	struct cxa_frame_coder coder = cxa_context_take_coder(context);
	struct cxa_piece *piece = &job->piece;
	struct cxa_wire_stats stats;
	int status =
		cxa_frame_decompress(&coder, job->stored.data, job->stored.size,
				     &context->limits, CXA_LIMIT(batch_bytes),
				     &job->raw, &job->error);

	cxa_context_give_coder(context, &coder);
	if (status == 0)
		status =
			cxa_batch_check(piece->member.collection, job->raw.data,
					job->raw.size, &context->limits,
					&piece->ids, &stats, &job->error);
	if (status < 0)
		return status;
	piece->raw_size = job->raw.size;
	cxa_digest_of(&piece->raw_digest, job->raw.data, job->raw.size);
	piece->decoded = true;
	return 0;
}

static void run_job(void *pointer)
{
	struct job *job = pointer;
	struct cxa_piece *piece = &job->piece;
	bool whole = false;
	int status;

	job->status = cxa_wreck_data(job->wreck, piece->member.offset,
				     piece->member.size, &job->stored, &whole,
				     &job->failure);
	if (job->status < 0)
		return;
	job->cut = !whole;
	piece->unreadable =
		!whole && piece->member.size <= job->wreck->input->size &&
		piece->member.offset <=
			job->wreck->input->size - piece->member.size;
	if (job->cut)
		return;
	cxa_digest_of(&piece->actual, job->stored.data, job->stored.size);
	piece->hashed = true;
	status = decode(job);
	if (status == CXA_ERR_NOMEM) {
		job->status = status;
		job->failure = job->error;
	}
}

static const char *fault_of(struct cxa_wreck *wreck, const struct job *job)
{
	const char *text = job->cut ? "the file ends before it does"
				    : job->error.message;
	char *copy;

	if (job->piece.decoded)
		return NULL;
	if (job->piece.unreadable)
		return "a part of it cannot be read";
	copy = cxa_arena_copy(&wreck->arena, text, strlen(text) + 1);
	return copy == NULL ? "it cannot be decoded" : copy;
}

static int take(struct prover *prover, struct cxa_error *error)
{
	struct job *job = cxa_queue_take(prover->queue);
	struct cxa_wreck *wreck = prover->wreck;
	const struct cxa_limits *limits = &wreck->context->limits;
	int status = cxa_error_pass(error, job->status, &job->failure);

	if (status == 0) {
		wreck->pieces[job->index] = job->piece;
		wreck->has_unreadable |= job->piece.unreadable;
		wreck->pieces[job->index].fault = fault_of(wreck, job);
		prover->total_bytes += job->piece.raw_size;
		prover->done_bytes += job->piece.member.size;
		if (prover->total_bytes > limits->total_bytes)
			status = cxa_limit_exceeded(
				error, limits, CXA_LIMIT(total_bytes),
				prover->total_bytes,
				"the batches up to this one");
	}
	cxa_buffer_reset(&job->stored);
	cxa_buffer_reset(&job->raw);
	free_job(prover->idle);
	prover->idle = job;
	if (status == 0)
		status = cxa_context_step(wreck->context, "proving",
					  prover->done_bytes,
					  wreck->input->size, error);
	return status;
}

/* By what the frame says; what is not to be read is told by the job. */
static uint64_t size_opened(struct prover *prover, struct job *job)
{
	const struct cxa_wreck *wreck = prover->wreck;
	const struct cxa_member *member = &job->piece.member;
	uint8_t head[CXA_FRAME_HEAD_BYTES];
	uint64_t limit = wreck->context->limits.batch_bytes;
	uint64_t lost = 0;
	uint64_t size;
	size_t got = 0;

	if (cxa_wreck_read(wreck->input, member->offset, head, sizeof(head),
			   &got, &lost, NULL) < 0)
		return 0;
	size = cxa_frame_claim(head, got);
	return size < limit ? size : limit;
}

static int submit(struct prover *prover, size_t index, struct cxa_error *error)
{
	struct job *job = prover->idle;
	int status = 0;

	prover->idle = NULL;
	if (job == NULL)
		job = calloc(1, sizeof(*job));
	if (job == NULL)
		return cxa_error_nomem(error, "proving a batch");
	job->wreck = prover->wreck;
	job->index = index;
	job->piece = prover->wreck->pieces[index];
	job->error = (struct cxa_error)CXA_ERROR_INIT;
	job->failure = (struct cxa_error)CXA_ERROR_INIT;
	job->cut = false;
	cxa_queue_submit(prover->queue, job,
			 job->piece.member.size + size_opened(prover, job));
	while (status == 0 && cxa_queue_full(prover->queue))
		status = take(prover, error);
	return status;
}

/* So many times members may claim a file; those of an archive do once. */
enum { CLAIMS = 64 };

/* @left: bytes that may still be claimed */
static bool is_due(const struct cxa_wreck *wreck, struct cxa_piece *piece,
		   uint64_t *left)
{
	if (piece->member.kind != CXA_MEMBER_BATCH)
		return false;
	if (!piece->has_size)
		piece->fault = "the header that tells its size is damaged";
	else if (piece->member.size > wreck->context->limits.batch_bytes)
		piece->fault = "it is over the limit batch-bytes";
	else if (piece->member.size > *left)
		piece->fault = "too many headers claim the same bytes";
	else
		*left -= piece->member.size;
	return piece->fault == NULL;
}

int cxa_wreck_prove(struct cxa_wreck *wreck, size_t first,
		    struct cxa_error *error)
{
	struct prover prover = { .wreck = wreck };
	struct cxa_pool *pool = wreck->context->pool;
	uint64_t left = wreck->input->size > UINT64_MAX / CLAIMS ?
				UINT64_MAX :
				wreck->input->size * CLAIMS;
	int status =
		cxa_queue_open(&prover.queue, pool, cxa_pool_threads(pool) + 2,
			       run_job, free_job, error);

	for (size_t i = first; i < wreck->count && status == 0; i++)
		if (is_due(wreck, &wreck->pieces[i], &left))
			status = submit(&prover, i, error);
	while (status == 0 && !cxa_queue_empty(prover.queue))
		status = take(&prover, error);
	cxa_queue_close(prover.queue);
	free_job(prover.idle);
	return status;
}

/* --- what INDEX and B2SUMS say ------------------------------------------- */

const Cxa__IndexEntry *cxa_wreck_entry(const struct cxa_wreck *wreck,
				       enum cxa_collection collection,
				       uint32_t number)
{
	size_t first = 0;
	size_t count = 0;

	if (wreck->index == NULL)
		return NULL;
	cxa_index_range(wreck->index, collection, &first, &count);
	return number < count ? wreck->index->entries[first + number] : NULL;
}

const struct cxa_member *cxa_wreck_line(const struct cxa_wreck *wreck,
					enum cxa_collection collection,
					uint32_t number)
{
	const struct cxa_lines *lines = &wreck->lines;
	size_t first = lines->first[collection];

	return number < lines->first[collection + 1] - first
		       ? &lines->batches[first + number]
		       : NULL;
}

static enum cxa_proof proof_of(const struct cxa_wreck *wreck,
			       const struct cxa_piece *piece)
{
	const struct cxa_member *member = &piece->member;
	const Cxa__IndexEntry *entry =
		cxa_wreck_entry(wreck, member->collection, member->number);
	const struct cxa_member *line =
		cxa_wreck_line(wreck, member->collection, member->number);

	if (!piece->hashed || !piece->decoded)
		return CXA_UNPROVEN;
	if (entry != NULL &&
	    cxa_is_digest(&entry->stored_digest, &piece->actual))
		return CXA_PROOF_INDEX;
	if (line != NULL && cxa_digest_equal(&line->digest, &piece->actual))
		return CXA_PROOF_SUMS;
	/* Its own digest proves nothing against theirs. */
	if (entry == NULL && line == NULL && member->has_digest &&
	    cxa_digest_equal(&member->digest, &piece->actual))
		return CXA_PROOF_PAX;
	return CXA_UNPROVEN;
}

void cxa_wreck_weigh(struct cxa_wreck *wreck)
{
	for (size_t i = 0; i < wreck->count; i++)
		if (wreck->pieces[i].member.kind == CXA_MEMBER_BATCH)
			wreck->pieces[i].proof =
				proof_of(wreck, &wreck->pieces[i]);
}

/* --- batches whose headers are gone -------------------------------------- */

/* By how much its place differs from what INDEX says: of a proven one. */
static bool moved_by(const struct cxa_wreck *wreck,
		     const struct cxa_piece *piece, uint64_t *moved)
{
	const Cxa__IndexEntry *entry;

	if (piece->member.kind != CXA_MEMBER_BATCH ||
	    piece->proof != CXA_PROOF_INDEX)
		return false;
	entry = cxa_wreck_entry(wreck, piece->member.collection,
				piece->member.number);
	*moved = piece->member.offset - entry->offset;
	return true;
}

static int add_place(struct cxa_wreck *wreck, const Cxa__IndexEntry *entry,
		     uint64_t moved, struct cxa_error *error)
{
	struct cxa_piece piece = { .has_size = true };
	char name[CXA_MEMBER_NAME_MAX + 1] = "";

	memcpy(name, entry->member.data, entry->member.len);
	cxa_member_parse(&piece.member, name);
	piece.member.offset = entry->offset + moved;
	piece.member.size = entry->stored_size;
	piece.begin = piece.member.offset;
	return cxa_wreck_add(wreck, &piece, error);
}

/* Where it was written; where TRAILER's place, and its neighbours', say. */
static int add_places(struct cxa_wreck *wreck, const Cxa__IndexEntry *entry,
		      const uint64_t *moves, size_t count,
		      struct cxa_error *error)
{
	int status = 0;

	for (size_t i = 0; i < count && status == 0; i++) {
		bool again = false;

		for (size_t j = 0; j < i; j++)
			again = again || moves[j] == moves[i];
		if (!again)
			status = add_place(wreck, entry, moves[i], error);
	}
	return status;
}

/* Entries that a piece proves, by their place in INDEX; with its move. */
struct found {
	bool *has;
	uint64_t *moved;
};

static void note_found(const struct cxa_wreck *wreck, struct found *found)
{
	size_t first = 0;
	size_t count = 0;
	uint64_t moved;

	for (size_t i = 0; i < wreck->count; i++) {
		const struct cxa_member *member = &wreck->pieces[i].member;

		if (!moved_by(wreck, &wreck->pieces[i], &moved))
			continue;
		cxa_index_range(wreck->index, member->collection, &first,
				&count);
		found->has[first + member->number] = true;
		found->moved[first + member->number] = moved;
	}
}

static int place_all(struct cxa_wreck *wreck, const struct found *found,
		     struct cxa_error *error)
{
	const Cxa__Index *index = wreck->index;
	uint64_t moves[4] = { 0 };
	size_t next = 0; /* entry behind that is found */
	int status = 0;

	if (wreck->has_trailer)
		moves[1] = cxa_wreck_moved(wreck);
	for (size_t i = 0; i < index->n_entries && status == 0; i++) {
		if (found->has[i]) {
			moves[2] = found->moved[i];
			continue;
		}
		while (next < index->n_entries &&
		       (next <= i || !found->has[next]))
			next++;
		moves[3] = next < index->n_entries ? found->moved[next] : 0;
		status = add_places(wreck, index->entries[i], moves, 4, error);
	}
	return status;
}

/* What is not there after all is no piece. */
static void drop_unproven(struct cxa_wreck *wreck, size_t first)
{
	size_t kept = first;

	for (size_t i = first; i < wreck->count; i++)
		if (wreck->pieces[i].proof != CXA_UNPROVEN)
			wreck->pieces[kept++] = wreck->pieces[i];
	wreck->count = kept;
}

int cxa_wreck_place(struct cxa_wreck *wreck, struct cxa_error *error)
{
	size_t entries = wreck->index == NULL ? 0 : wreck->index->n_entries;
	size_t first = wreck->count;
	struct found found = { 0 };
	int status = 0;

	if (entries == 0)
		return 0;
	found.has = calloc(entries, sizeof(*found.has));
	found.moved = calloc(entries, sizeof(*found.moved));
	if (found.has == NULL || found.moved == NULL)
		status = cxa_error_nomem(error, "looking for batches");
	if (status == 0) {
		note_found(wreck, &found);
		status = place_all(wreck, &found, error);
	}
	free(found.has);
	free(found.moved);
	if (status == 0)
		status = cxa_wreck_prove(wreck, first, error);
	cxa_wreck_weigh(wreck);
	drop_unproven(wreck, first);
	return status;
}
