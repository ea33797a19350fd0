/* salvage_heal.c - lost batches refilled from where the same records are */
#include <errno.h>
#include <stdlib.h>

#include "check/salvage_others.h"
#include "record/batch_codec.h"
#include "record/collection.h"

static bool is_ill(const struct cxa_parcel *parcel)
{
	return parcel->fate == CXA_LOST || parcel->fate == CXA_UNVERIFIED;
}

static void heal(struct cxa_parcel *parcel, const struct cxa_piece *piece,
		 const struct cxa_wreck *wreck, const char *from)
{
	parcel->fate = CXA_HEALED;
	parcel->piece = piece;
	parcel->wreck = wreck;
	parcel->from = from;
	parcel->first = piece->ids.first;
	parcel->last = piece->ids.last;
	parcel->records = piece->ids.count;
}

/* --- by the digest of the stored bytes ------------------------------------ */

static int by_digest(const void *a, const void *b)
{
	const struct cxa_piece *left = *(const struct cxa_piece *const *)a;
	const struct cxa_piece *right = *(const struct cxa_piece *const *)b;

	return memcmp(left->actual.bytes, right->actual.bytes,
		      CXA_DIGEST_BYTES);
}

static int by_key(const void *key, const void *element)
{
	const struct cxa_piece *piece =
		*(const struct cxa_piece *const *)element;

	return memcmp(key, piece->actual.bytes, CXA_DIGEST_BYTES);
}

/* All batches of @wreck that decode, by digest; whatever else is wrong there. */
static const struct cxa_piece **sort_pieces(const struct cxa_wreck *wreck,
					    size_t *count)
{
	const struct cxa_piece **sorted =
		calloc(wreck->count + 1, sizeof(*sorted));

	*count = 0;
	for (size_t i = 0; i < wreck->count && sorted != NULL; i++)
		if (wreck->pieces[i].decoded)
			sorted[(*count)++] = &wreck->pieces[i];
	if (*count != 0)
		qsort(sorted, *count, sizeof(*sorted), by_digest);
	return sorted;
}

static int heal_by_bytes(const struct cxa_other *other,
			 struct cxa_manifest *manifest, struct cxa_error *error)
{
	size_t count;
	const struct cxa_piece **sorted = sort_pieces(other->wreck, &count);

	if (sorted == NULL)
		return cxa_error_nomem(error, "looking for batches");
	for (size_t i = 0; i < manifest->count; i++) {
		struct cxa_parcel *parcel = &manifest->parcels[i];
		const struct cxa_piece *const *found;

		if (!is_ill(parcel) || !parcel->has_digest)
			continue;
		found = bsearch(parcel->digest.bytes, sorted, count,
				sizeof(*sorted), by_key);
		if (found != NULL &&
		    (*found)->member.collection == parcel->collection)
			heal(parcel, *found, other->wreck, other->name);
	}
	free(sorted);
	return 0;
}

/* --- by the records ------------------------------------------------------- */

struct healer {
	struct cxa_others *others;
	const struct cxa_other *other;
	struct cxa_manifest *manifest;
	int level;
	struct cxa_frame_coder coder;
	struct cxa_buffer raw;
	struct cxa_buffer stored;
	struct cxa_cursor *cursor;
	struct cxa_batch *batch; /* that the cursor gave last */
	size_t next;             /* record of it */
};

/* As a batch of an archive of our own, in the spool. */
static int keep(struct healer *healer, struct cxa_parcel *parcel,
		const struct cxa_id_run *ids, struct cxa_error *error)
{
	struct cxa_others *others = healer->others;
	struct cxa_piece *piece =
		cxa_arena_alloc(&others->made.arena, sizeof(*piece));
	int status = 0;

	if (piece == NULL)
		return cxa_error_nomem(error, "healing a batch");
	*piece = (struct cxa_piece){ .raw_size = healer->raw.size,
				     .ids = *ids,
				     .has_size = true,
				     .hashed = true,
				     .decoded = true };
	piece->member.kind = CXA_MEMBER_BATCH;
	piece->member.collection = parcel->collection;
	piece->member.size = healer->stored.size;
	cxa_digest_of(&piece->raw_digest, healer->raw.data, healer->raw.size);
	cxa_digest_of(&piece->actual, healer->stored.data,
		      healer->stored.size);
	if (others->spool == NULL)
		status = cxa_spool_open(&others->spool,
					others->context->temp_dir,
					&others->context->cancel, error);
	if (status == 0)
		status = cxa_spool_append(others->spool, healer->stored.data,
					  healer->stored.size,
					  &piece->member.offset, error);
	if (status == 0)
		heal(parcel, piece, &others->made, healer->other->name);
	return status;
}

/* Are @rows what INDEX has the digest of? Then they are stored as it was. */
static int try_rows(struct healer *healer, struct cxa_parcel *parcel,
		    const struct cxa_batch *rows, struct cxa_error *error)
{
	struct cxa_digest digest;
	struct cxa_id_run ids;
	int status;

	cxa_buffer_reset(&healer->raw);
	cxa_buffer_reset(&healer->stored);
	status = cxa_batch_encode(rows->collection, rows->records, rows->count,
				  &healer->raw, error);
	if (status < 0)
		return status;
	cxa_digest_of(&digest, healer->raw.data, healer->raw.size);
	if (!cxa_is_digest(&parcel->entry->raw_digest, &digest))
		return 0;
	ids = (struct cxa_id_run){ .count = rows->count,
				   .first = rows->records[0].id,
				   .last = rows->records[rows->count - 1].id };
	status = cxa_frame_compress(
		&healer->coder,
		cxa_encoder_level(healer->level, parcel->collection), true,
		healer->raw.data, healer->raw.size, &healer->stored, error);
	return status < 0 ? status : keep(healer, parcel, &ids, error);
}

/* Return: 0 with a record at hand, CXA_END, or an error */
static int look(struct healer *healer, struct cxa_error *error)
{
	int status = 0;

	while (status == 0 && (healer->batch == NULL ||
			       healer->next == healer->batch->count)) {
		cxa_batch_unref(healer->batch);
		healer->batch = NULL;
		healer->next = 0;
		status = cxa_cursor_next(healer->cursor, &healer->batch, error);
	}
	return status;
}

/* The records of the batch's ids; more than it had, or larger, are not it. */
static int collect(struct healer *healer, const struct cxa_parcel *parcel,
		   struct cxa_batch *rows, struct cxa_error *error)
{
	const Cxa__IndexEntry *entry = parcel->entry;
	uint64_t most = healer->others->context->limits.batch_bytes;
	const struct cxa_batch *held = NULL;
	int status;

	for (;;) {
		const struct cxa_record *record;

		status = look(healer, error);
		if (status != 0)
			break;
		record = &healer->batch->records[healer->next];
		if (record->id > entry->last_id || rows->count > entry->records)
			break;
		healer->next++;
		if (record->id < entry->first_id ||
		    cxa_batch_bytes(rows) > most)
			continue;
		if (held != healer->batch)
			status = cxa_batch_hold(rows, healer->batch, error);
		held = healer->batch;
		if (status == 0)
			status = cxa_batch_add_row(rows, record, error);
		if (status < 0)
			break;
	}
	return status == CXA_END ? 0 : status;
}

static int heal_parcel(struct healer *healer, struct cxa_parcel *parcel,
		       struct cxa_error *error)
{
	struct cxa_batch *rows = NULL;
	int status = cxa_batch_new(&rows, parcel->collection, error);

	if (status == 0)
		status = collect(healer, parcel, rows, error);
	if (status == 0 && rows->count == parcel->entry->records)
		status = try_rows(healer, parcel, rows, error);
	cxa_batch_unref(rows);
	return status;
}

static bool is_due(const struct cxa_parcel *parcel)
{
	return is_ill(parcel) && parcel->entry != NULL;
}

/* Batches in a row, from @first on, in one go. Return: as heal_parcel() */
static int heal_run(struct healer *healer, size_t first, size_t count,
		    struct cxa_error *error)
{
	struct cxa_parcel *parcels = &healer->manifest->parcels[first];
	struct cxa_selection selection = CXA_SELECTION_INIT;
	int status;

	selection.collections = UINT32_C(1) << parcels[0].collection;
	selection.has_range = true;
	selection.first_id = parcels[0].entry->first_id;
	selection.last_id = parcels[count - 1].entry->last_id;
	status = cxa_cursor_open(&healer->cursor, healer->other->source,
				 &selection, error);
	for (size_t i = 0; i < count && status == 0; i++) {
		status = heal_parcel(healer, &parcels[i], error);
		if (status == 0)
			status = cxa_context_step(healer->others->context,
						  "healing", first + i,
						  healer->manifest->count,
						  error);
	}
	cxa_batch_unref(healer->batch);
	healer->batch = NULL;
	healer->next = 0;
	cxa_cursor_close(healer->cursor);
	healer->cursor = NULL;
	return status;
}

/* What is damaged itself may still heal other batches. */
static bool is_of_input(int status)
{
	return status == CXA_ERR_CORRUPT || status == CXA_ERR_FORMAT ||
	       status == CXA_ERR_LIMIT || status == CXA_ERR_UNSUPPORTED;
}

static int heal_by_records(struct healer *healer, struct cxa_error *error)
{
	const struct cxa_manifest *manifest = healer->manifest;
	int status = 0;

	for (size_t i = 0; i < manifest->count && status == 0;) {
		const struct cxa_parcel *parcels = &manifest->parcels[i];
		struct cxa_error inner = CXA_ERROR_INIT;
		size_t count = 0;

		while (i + count < manifest->count && is_due(&parcels[count]) &&
		       parcels[count].collection == parcels[0].collection)
			count++;
		if (count != 0)
			status = heal_run(healer, i, count, &inner);
		if (is_of_input(status)) {
			cxa_context_notice(healer->others->context,
					   "%s: %s", healer->other->name,
					   inner.message);
			status = 0;
		}
		cxa_error_pass(error, status, &inner);
		i += count == 0 ? 1 : count;
	}
	return status;
}

/* --- both ----------------------------------------------------------------- */

static bool has_ill(const struct cxa_manifest *manifest)
{
	return cxa_manifest_has(manifest, CXA_LOST) ||
	       cxa_manifest_has(manifest, CXA_UNVERIFIED);
}

static int open_made(struct cxa_others *others, struct cxa_error *error)
{
	if (others->spool == NULL)
		return 0;
	return cxa_input_on(&others->made.input, cxa_spool_fd(others->spool),
			    cxa_spool_bytes(others->spool), "a temporary file",
			    &others->context->cancel, error);
}

int cxa_others_heal(struct cxa_others *others, struct cxa_manifest *manifest,
		    int level, struct cxa_error *error)
{
	struct healer healer = { .others = others,
				 .manifest = manifest,
				 .level = level };
	int status = 0;

	for (size_t i = 0; i < others->count && status == 0; i++)
		if (others->list[i].wreck != NULL && has_ill(manifest))
			status = heal_by_bytes(&others->list[i], manifest,
					       error);
	for (size_t i = 0; i < others->count && status == 0; i++) {
		healer.other = &others->list[i];
		if (has_ill(manifest))
			status = heal_by_records(&healer, error);
	}
	cxa_frame_coder_release(&healer.coder);
	cxa_buffer_release(&healer.raw);
	cxa_buffer_release(&healer.stored);
	return status < 0 ? status : open_made(others, error);
}
