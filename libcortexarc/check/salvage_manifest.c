/* salvage_manifest.c - which batches a salvaged archive is made of */
#include "check/salvage_manifest.h"

#include <stdlib.h>

#include "container/walker.h"

/* Batches that were found, by name; of one name the one to trust first. */
struct choice {
	const struct cxa_wreck *wreck;
	const struct cxa_piece **pieces;
	size_t count;
	size_t next;
	bool keep_unverified;
};

static int by_name(const void *a, const void *b)
{
	const struct cxa_piece *left = *(const struct cxa_piece *const *)a;
	const struct cxa_piece *right = *(const struct cxa_piece *const *)b;

	if (left->member.collection != right->member.collection)
		return left->member.collection < right->member.collection ? -1
									  : 1;
	if (left->member.number != right->member.number)
		return left->member.number < right->member.number ? -1 : 1;
	if (left->proof != right->proof)
		return left->proof > right->proof ? -1 : 1;
	if (left->decoded != right->decoded)
		return left->decoded ? -1 : 1;
	if (left->begin != right->begin)
		return left->begin < right->begin ? -1 : 1;
	return 0;
}

static int choose(struct choice *choice, struct cxa_error *error)
{
	const struct cxa_wreck *wreck = choice->wreck;

	choice->pieces = calloc(wreck->count + 1, sizeof(*choice->pieces));
	if (choice->pieces == NULL)
		return cxa_error_nomem(error, "choosing batches");
	for (size_t i = 0; i < wreck->count; i++)
		if (wreck->pieces[i].member.kind == CXA_MEMBER_BATCH)
			choice->pieces[choice->count++] = &wreck->pieces[i];
	qsort(choice->pieces, choice->count, sizeof(*choice->pieces), by_name);
	return 0;
}

static bool is_of(const struct cxa_piece *piece, enum cxa_collection collection,
		  uint32_t number)
{
	return piece->member.collection == collection &&
	       piece->member.number == number;
}

/* The first choice of this name, if there is one; past all of it. */
static const struct cxa_piece *
take(struct choice *choice, enum cxa_collection collection, uint32_t number)
{
	const struct cxa_piece *first = NULL;

	while (choice->next < choice->count &&
	       is_of(choice->pieces[choice->next], collection, number)) {
		if (first == NULL)
			first = choice->pieces[choice->next];
		choice->next++;
	}
	return first;
}

/* --- parcels ------------------------------------------------------------- */

struct cxa_parcel *cxa_manifest_add(struct cxa_manifest *manifest,
				    enum cxa_collection collection)
{
	size_t capacity = manifest->capacity == 0 ? 64 : 2 * manifest->capacity;
	struct cxa_parcel *parcels;

	if (manifest->count == manifest->capacity) {
		parcels = reallocarray(manifest->parcels, capacity,
				       sizeof(*parcels));
		if (parcels == NULL)
			return NULL;
		manifest->parcels = parcels;
		manifest->capacity = capacity;
	}
	manifest->parcels[manifest->count] = (struct cxa_parcel){
		.fate = CXA_LOST,
		.collection = collection,
	};
	return &manifest->parcels[manifest->count++];
}

void cxa_manifest_release(struct cxa_manifest *manifest)
{
	free(manifest->parcels);
}

bool cxa_manifest_has(const struct cxa_manifest *manifest, enum cxa_fate fate)
{
	for (size_t i = 0; i < manifest->count; i++)
		if (manifest->parcels[i].fate == fate)
			return true;
	return false;
}

static const char *reason_for(const struct cxa_piece *piece)
{
	if (piece == NULL)
		return "it was not found";
	if (piece->hashed && piece->member.has_digest &&
	    !cxa_digest_equal(&piece->member.digest, &piece->actual))
		return "the bytes do not match their BLAKE2b digest";
	if (piece->fault != NULL)
		return piece->fault;
	if (piece->member.has_digest)
		return "INDEX or B2SUMS has another digest of it";
	return "no digest is left that could prove it";
}

static void use_piece(struct cxa_parcel *parcel, const struct cxa_piece *piece,
		      const struct cxa_wreck *wreck, enum cxa_fate fate)
{
	parcel->fate = fate;
	parcel->piece = piece;
	parcel->wreck = wreck;
	parcel->first = piece->ids.first;
	parcel->last = piece->ids.last;
	parcel->records = piece->ids.count;
}

/* From who is to be trusted first. */
static void set_digest(struct cxa_parcel *parcel, const struct cxa_wreck *wreck,
		       const struct cxa_piece *piece)
{
	const struct cxa_member *line =
		cxa_wreck_line(wreck, parcel->collection, parcel->number);

	parcel->has_digest = true;
	if (parcel->entry != NULL)
		memcpy(parcel->digest.bytes, parcel->entry->stored_digest.data,
		       CXA_DIGEST_BYTES);
	else if (line != NULL)
		parcel->digest = line->digest;
	else if (piece != NULL && piece->member.has_digest)
		parcel->digest = piece->member.digest;
	else
		parcel->has_digest = false;
}

static int add_parcel(struct cxa_manifest *manifest,
		      const struct choice *choice,
		      enum cxa_collection collection, uint32_t number,
		      const struct cxa_piece *piece, struct cxa_error *error)
{
	struct cxa_parcel *parcel = cxa_manifest_add(manifest, collection);

	if (parcel == NULL)
		return cxa_error_nomem(error, "the list of batches");
	parcel->has_number = true;
	parcel->number = number;
	parcel->batches = 1;
	parcel->entry = cxa_wreck_entry(choice->wreck, collection, number);
	set_digest(parcel, choice->wreck, piece);
	if (piece != NULL && piece->proof != CXA_UNPROVEN) {
		use_piece(parcel, piece, choice->wreck, CXA_KEPT);
		return 0;
	}
	parcel->reason = reason_for(piece);
	if (piece != NULL && piece->decoded && choice->keep_unverified)
		use_piece(parcel, piece, choice->wreck, CXA_UNVERIFIED);
	return 0;
}

/* --- INDEX or B2SUMS say which batches there were ------------------------ */

static size_t told_of(const struct cxa_wreck *wreck,
		      enum cxa_collection collection)
{
	const struct cxa_lines *lines = &wreck->lines;

	if (wreck->index != NULL)
		return (size_t)wreck->index->totals[collection]->batches;
	return lines->first[collection + 1] - lines->first[collection];
}

static int plan_told(struct cxa_manifest *manifest, struct choice *choice,
		     enum cxa_collection collection, struct cxa_error *error)
{
	size_t count = told_of(choice->wreck, collection);
	int status = 0;

	for (size_t i = 0; i < count && status == 0; i++)
		status = add_parcel(manifest, choice, collection, (uint32_t)i,
				    take(choice, collection, (uint32_t)i),
				    error);
	/* What neither tells of was never a part of the archive. */
	while (choice->next < choice->count &&
	       choice->pieces[choice->next]->member.collection == collection)
		manifest->ignored +=
			choice->pieces[choice->next++]->proof != CXA_UNPROVEN;
	return status;
}

/* --- or what was found does ---------------------------------------------- */

/* Where it stands among the collections: -1 before, all of them behind. */
static int rank_of(const struct cxa_piece *piece)
{
	if (piece->member.kind == CXA_MEMBER_BATCH)
		return (int)piece->member.collection;
	return piece->member.kind < CXA_MEMBER_BATCH ? -1
						     : CXA_COLLECTION_COUNT;
}

static bool is_linked(const struct cxa_piece *before,
		      const struct cxa_piece *next)
{
	const struct cxa_member *member = &next->member;
	uint64_t data;

	if (before == NULL)
		return member->kind == CXA_MEMBER_HEADER;
	data = cxa_preamble_next(before->member.offset, before->member.size,
				 member->kind);
	return before->has_size && data == member->offset &&
	       cxa_member_follows(&before->member, member);
}

/* Between members that do not touch, any number of batches may have been. */
static void find_open(struct cxa_manifest *manifest,
		      const struct cxa_wreck *wreck)
{
	const struct cxa_piece *before = NULL;
	int from = -1;

	for (size_t i = 0; i < wreck->count; i++) {
		const struct cxa_piece *piece = &wreck->pieces[i];
		int rank = rank_of(piece);

		if (rank < from)
			continue; /* out of order: it says nothing */
		for (int c = from; c < rank && !is_linked(before, piece); c++)
			if (c >= 0)
				manifest->open[c] = true;
		before = piece;
		from = rank;
	}
	for (int c = from < 0 ? 0 : from; c < CXA_COLLECTION_COUNT; c++)
		manifest->open[c] = true;
}

static int add_run(struct cxa_manifest *manifest, const struct choice *choice,
		   enum cxa_collection collection, uint32_t first,
		   uint32_t count, struct cxa_error *error)
{
	int status =
		add_parcel(manifest, choice, collection, first, NULL, error);

	if (status == 0)
		manifest->parcels[manifest->count - 1].batches = count;
	return status;
}

static int add_open(struct cxa_manifest *manifest,
		    enum cxa_collection collection, struct cxa_error *error)
{
	struct cxa_parcel *parcel = cxa_manifest_add(manifest, collection);

	if (parcel == NULL)
		return cxa_error_nomem(error, "the list of batches");
	parcel->reason =
		"how many there were is not known: INDEX and B2SUMS are "
		"lost";
	return 0;
}

static int plan_found(struct cxa_manifest *manifest, struct choice *choice,
		      enum cxa_collection collection, struct cxa_error *error)
{
	uint32_t expected = 0;
	int status = 0;

	while (status == 0 && choice->next < choice->count &&
	       choice->pieces[choice->next]->member.collection == collection) {
		uint32_t number = choice->pieces[choice->next]->member.number;

		if (number > expected)
			status = add_run(manifest, choice, collection, expected,
					 number - expected, error);
		if (status == 0)
			status =
				add_parcel(manifest, choice, collection, number,
					   take(choice, collection, number),
					   error);
		expected = number + 1;
	}
	if (status == 0 && manifest->open[collection])
		status = add_open(manifest, collection, error);
	return status;
}

int cxa_manifest_make(struct cxa_manifest *manifest,
		      const struct cxa_wreck *wreck, bool keep_unverified,
		      struct cxa_error *error)
{
	struct choice choice = {.wreck = wreck,
				.keep_unverified = keep_unverified};
	bool told = wreck->index != NULL || wreck->sums.size != 0;
	int status = choose(&choice, error);

	*manifest = (struct cxa_manifest){ 0 };
	if (status == 0 && !told)
		find_open(manifest, wreck);
	for (int i = 0; i < CXA_COLLECTION_COUNT && status == 0; i++) {
		enum cxa_collection collection = (enum cxa_collection)i;

		status =
			told ? plan_told(manifest, &choice, collection, error)
			     : plan_found(manifest, &choice, collection, error);
	}
	free(choice.pieces);
	return status;
}

/* --- ids ----------------------------------------------------------------- */

/* Of what is lost, INDEX knows all. */
static void tell(struct cxa_parcel *parcel)
{
	parcel->records = parcel->entry->records;
	parcel->first = parcel->entry->first_id;
	parcel->last = parcel->entry->last_id;
}

static bool has_records(const struct cxa_parcel *parcel)
{
	return parcel->fate != CXA_LOST;
}

static int weight(const struct cxa_parcel *parcel)
{
	return parcel->fate == CXA_HEALED ? CXA_PROOF_INDEX
					  : (int)parcel->piece->proof;
}

static void drop(struct cxa_parcel *parcel)
{
	parcel->fate = CXA_LOST;
	parcel->piece = NULL;
	parcel->reason = "its ids are not above those of the batch before it";
}

/* Of two that overlap, the one that is worse proven, or the later, goes. */
static void order_ids(struct cxa_manifest *manifest)
{
	size_t top = SIZE_MAX; /* the last parcel with records */

	for (size_t i = 0; i < manifest->count; i++) {
		struct cxa_parcel *parcel = &manifest->parcels[i];

		while (has_records(parcel) && top != SIZE_MAX &&
		       manifest->parcels[top].collection ==
			       parcel->collection &&
		       manifest->parcels[top].last >= parcel->first) {
			if (weight(&manifest->parcels[top]) >= weight(parcel)) {
				drop(parcel);
				break;
			}
			drop(&manifest->parcels[top]);
			top = manifest->parcels[top].previous;
		}
		parcel->previous = top;
		if (has_records(parcel))
			top = i;
	}
}

static bool is_bounded(const struct cxa_parcel *parcel)
{
	return parcel->fate == CXA_LOST && parcel->entry == NULL;
}

/* From the ids of the batch before it. Of no id left: @first over @last. */
static void bound_below(struct cxa_parcel *parcel,
			const struct cxa_parcel *before)
{
	uint64_t most = parcel->collection == CXA_SYSTEM_STATE ? 0 : UINT64_MAX;

	parcel->records = 0;
	parcel->first = 0;
	parcel->last = most;
	if (before == NULL || before->collection != parcel->collection)
		return;
	if (before->last == most) {
		parcel->first = 1;
		parcel->last = 0;
	} else {
		parcel->first = before->last + 1;
	}
}

static void bound_above(struct cxa_parcel *parcel,
			const struct cxa_parcel *behind)
{
	if (behind == NULL || behind->collection != parcel->collection ||
	    parcel->first > parcel->last)
		return;
	if (behind->first > parcel->first) {
		parcel->last = behind->first - 1;
	} else {
		parcel->first = 1;
		parcel->last = 0;
	}
}

static void bound_all(struct cxa_manifest *manifest)
{
	const struct cxa_parcel *near = NULL;

	for (size_t i = 0; i < manifest->count; i++) {
		struct cxa_parcel *parcel = &manifest->parcels[i];

		if (is_bounded(parcel))
			bound_below(parcel, near);
		else if (parcel->fate == CXA_LOST)
			tell(parcel);
		else
			near = parcel;
	}
	near = NULL;
	for (size_t i = manifest->count; i-- != 0;) {
		struct cxa_parcel *parcel = &manifest->parcels[i];

		if (is_bounded(parcel))
			bound_above(parcel, near);
		else if (has_records(parcel))
			near = parcel;
	}
}

/* Where no id is free, no batch can have been, whatever numbers say. */
static void drop_empty(struct cxa_manifest *manifest)
{
	size_t kept = 0;

	for (size_t i = 0; i < manifest->count; i++)
		if (manifest->parcels[i].first <= manifest->parcels[i].last)
			manifest->parcels[kept++] = manifest->parcels[i];
	manifest->count = kept;
}

void cxa_manifest_settle(struct cxa_manifest *manifest)
{
	order_ids(manifest);
	bound_all(manifest);
	drop_empty(manifest);
}
