/* index.c - INDEX.pb.zst: what is where */
#include "container/index.h"

#include <string.h>

#include "base/bytes.h"
#include "base/digest.h"
#include "base/wire.h"
#include "container/walker.h"

enum {
	FIELDS_AN_ENTRY = 10,    /* nine, and the entry itself */
	HEAP_AN_ENTRY = 2048,    /* by the scan's own, generous count */
	HEAP_MIN = 64 * 1024,
	/* behind CORTEXARC and schema.pb, were they as small as can be */
	FIRST_OFFSET_MIN = 8 * CXA_BLOCK_BYTES,
	BEFORE_BATCHES = 2,      /* members: CORTEXARC and schema.pb */
	BESIDE_BATCHES = 5,      /* and INDEX, B2SUMS and TRAILER */
	ENTRIES_TAG = 1 << 3 | 2
};

/* --- totals ---------------------------------------------------------- */

static bool name_is(const ProtobufCBinaryData *text, const char *name)
{
	return text->len == strlen(name) &&
	       memcmp(text->data, name, text->len) == 0;
}

/* The member that an entry names; false: none that a batch may have. */
static bool entry_member(const Cxa__IndexEntry *entry, struct cxa_member *out)
{
	char name[CXA_MEMBER_NAME_MAX + 1];

	if (entry->member.len > CXA_MEMBER_NAME_MAX)
		return false;
	if (entry->member.len != 0)
		memcpy(name, entry->member.data, entry->member.len);
	name[entry->member.len] = '\0';
	memset(out, 0, sizeof(*out));
	return strlen(name) == entry->member.len &&
	       cxa_member_parse(out, name) && out->kind == CXA_MEMBER_BATCH;
}

static bool add_entry(Cxa__CollectionTotals *totals,
		      const Cxa__IndexEntry *entry)
{
	totals->batches++;
	return cxa_add_u64(totals->records, entry->records,
			   &totals->records) &&
	       cxa_add_u64(totals->stored_size, entry->stored_size,
			   &totals->stored_size) &&
	       cxa_add_u64(totals->raw_size, entry->raw_size,
			   &totals->raw_size);
}

static bool sum_up(const Cxa__Index *index,
		   Cxa__CollectionTotals totals[CXA_COLLECTION_COUNT])
{
	struct cxa_member member;
	const char *name;

	for (unsigned i = 0; i < CXA_COLLECTION_COUNT; i++) {
		cxa__collection_totals__init(&totals[i]);
		name = cxa_member_folder((enum cxa_collection)i);
		totals[i].collection.data = (uint8_t *)name;
		totals[i].collection.len = strlen(name);
	}
	for (size_t i = 0; i < index->n_entries; i++)
		if (!entry_member(index->entries[i], &member) ||
		    !add_entry(&totals[member.collection], index->entries[i]))
			return false;
	return true;
}

int cxa_index_encode(Cxa__Index *index, struct cxa_buffer *out,
		     struct cxa_error *error)
{
	Cxa__CollectionTotals totals[CXA_COLLECTION_COUNT];
	Cxa__CollectionTotals *pointers[CXA_COLLECTION_COUNT];
	Cxa__Index whole = *index;

	if (!sum_up(index, totals))
		return cxa_error_set(error, CXA_ERR_USAGE,
				     "an entry of no batch, or sums over 64 "
				     "bits");
	for (unsigned i = 0; i < CXA_COLLECTION_COUNT; i++)
		pointers[i] = &totals[i];
	whole.totals = pointers;
	whole.n_totals = CXA_COLLECTION_COUNT;
	return cxa_wire_pack(&whole.base, out, error);
}

/* --- is it true of itself? ------------------------------------------- */

static const char *check_entry(const Cxa__IndexEntry *entry)
{
	if (entry->stored_digest.len != CXA_DIGEST_BYTES ||
	    entry->raw_digest.len != CXA_DIGEST_BYTES)
		return "a digest that is not 32 bytes";
	if (entry->records == 0 || entry->stored_size == 0 ||
	    entry->raw_size == 0)
		return "an empty batch";
	if (entry->first_id > entry->last_id ||
	    entry->records - 1 > entry->last_id - entry->first_id ||
	    (entry->records == 1 && entry->first_id != entry->last_id))
		return "ids that so many records cannot have";
	if (entry->offset % CXA_BLOCK_BYTES != 0 ||
	    entry->offset < FIRST_OFFSET_MIN ||
	    cxa_preamble_next(entry->offset, entry->stored_size,
			      CXA_MEMBER_BATCH) == 0)
		return "an offset where no batch can stand";
	return NULL;
}

/* @previous: NULL: the first; @member: of @entry; @before: of @previous. */
static const char *check_place(const Cxa__IndexEntry *entry,
			       const struct cxa_member *member,
			       const Cxa__IndexEntry *previous,
			       const struct cxa_member *before)
{
	bool same = previous != NULL &&
		    member->collection == before->collection;

	if (!cxa_member_follows(before, member))
		return "a batch out of order";
	if (previous != NULL &&
	    entry->offset != cxa_preamble_next(previous->offset,
					       previous->stored_size,
					       CXA_MEMBER_BATCH))
		return "a batch that does not stand behind the one before it";
	if (same && entry->first_id <= previous->last_id)
		return "ids that do not ascend";
	if (member->collection == CXA_SYSTEM_STATE &&
	    (same || entry->records != 1 || entry->first_id != 0))
		return "more than one record of system_state, or an id";
	return NULL;
}

static int corrupt(struct cxa_error *error, const struct cxa_member *member,
		   const char *what)
{
	cxa_error_at(error, "INDEX.pb.zst", UINT64_MAX);
	return cxa_error_set(error, CXA_ERR_CORRUPT,
			     "the index contradicts itself: %s%s%s", what,
			     member == NULL ? "" : ": ",
			     member == NULL ? "" : member->name);
}

static int check_entries(const Cxa__Index *index,
			 const struct cxa_limits *limits,
			 struct cxa_error *error)
{
	struct cxa_member before = { .kind = CXA_MEMBER_SCHEMA };
	const Cxa__IndexEntry *previous = NULL;
	struct cxa_member member;
	const char *fault;
	int status;

	for (size_t i = 0; i < index->n_entries; i++) {
		const Cxa__IndexEntry *entry = index->entries[i];

		if (!entry_member(entry, &member))
			return corrupt(error, NULL, "a name of no batch");
		fault = check_entry(entry);
		if (fault == NULL)
			fault = check_place(entry, &member, previous, &before);
		if (fault != NULL)
			return corrupt(error, &member, fault);
		status = cxa_member_check_count(BEFORE_BATCHES + 1 + i,
						entry->offset, limits, error);
		if (status < 0)
			return status;
		previous = entry;
		before = member;
	}
	return 0;
}

static int check_totals(const Cxa__Index *index, struct cxa_error *error)
{
	Cxa__CollectionTotals sums[CXA_COLLECTION_COUNT];

	if (!sum_up(index, sums))
		return corrupt(error, NULL, "sums over 64 bits");
	if (index->n_totals != CXA_COLLECTION_COUNT)
		return corrupt(error, NULL, "not seven totals");
	for (unsigned i = 0; i < CXA_COLLECTION_COUNT; i++) {
		const Cxa__CollectionTotals *told = index->totals[i];
		const char *name = cxa_member_folder((enum cxa_collection)i);

		if (!name_is(&told->collection, name) ||
		    told->batches != sums[i].batches ||
		    told->records != sums[i].records ||
		    told->stored_size != sums[i].stored_size ||
		    told->raw_size != sums[i].raw_size)
			return corrupt(error, NULL,
				       "totals other than the sums");
	}
	return 0;
}

static int check_total(const Cxa__Index *index, const struct cxa_limits *limits,
		       struct cxa_error *error)
{
	uint64_t total = 0;

	for (unsigned i = 0; i < CXA_COLLECTION_COUNT; i++)
		if (!cxa_add_u64(total, index->totals[i]->raw_size, &total))
			return corrupt(error, NULL, "sums over 64 bits");
	if (total <= limits->total_bytes)
		return 0;
	return cxa_limit_exceeded(error, limits, CXA_LIMIT(total_bytes), total,
				  "all batches, decompressed");
}

/* How many entries will it take memory for? Stops at what is no entry. */
static uint64_t count_entries(const uint8_t *data, size_t size)
{
	const uint8_t *end = data + size;
	uint64_t count = 0;
	uint64_t tag;
	uint64_t entry_size;

	while (data != end && cxa_varint_get(&data, end, &tag) &&
	       tag == ENTRIES_TAG && cxa_varint_get(&data, end, &entry_size) &&
	       entry_size <= (uint64_t)(end - data)) {
		data += entry_size;
		count++;
	}
	return count;
}

/* What the scan may find: as much as so many entries need, whatever is set. */
static void entry_limits(struct cxa_limits *out, uint64_t entries)
{
	*out = *cxa_limits_default();
	out->fields = (entries + CXA_COLLECTION_COUNT) * FIELDS_AN_ENTRY +
		      HEAP_MIN;
	out->decode_bytes = entries * HEAP_AN_ENTRY +
			    HEAP_MIN * (uint64_t)HEAP_AN_ENTRY;
}

static int decode(const uint8_t *data, size_t size,
		  const struct cxa_limits *limits, struct cxa_arena *arena,
		  Cxa__Index **out, struct cxa_error *error)
{
	uint64_t entries = count_entries(data, size);
	ProtobufCMessage *message = NULL;
	struct cxa_limits own;
	int status = cxa_member_check_count(entries + BESIDE_BATCHES,
					    UINT64_MAX, limits, error);

	if (status < 0)
		return status;
	entry_limits(&own, entries);
	status = cxa_wire_scan_unpack(
		cxa_message_type_of(&cxa__index__descriptor), data, size, &own,
		arena, &message, error);
	*out = (Cxa__Index *)message;
	if (status == 0)
		status = check_entries(*out, limits, error);
	if (status == 0)
		status = check_totals(*out, error);
	if (status == 0)
		status = check_total(*out, limits, error);
	return status;
}

int cxa_index_decode(const uint8_t *data, size_t size,
		     const struct cxa_limits *limits, struct cxa_arena *arena,
		     Cxa__Index **out, struct cxa_error *error)
{
	struct cxa_error own = CXA_ERROR_INIT;
	int status;

	*out = NULL;
	if (size == 0)
		return corrupt(error, NULL, "it is empty");
	status = decode(data, size,
			limits == NULL ? cxa_limits_default() : limits, arena,
			out, &own);
	if (status == 0)
		return 0;
	*out = NULL;
	/* An offset in the message would be taken for the file's. */
	cxa_error_at(error, "INDEX.pb.zst", UINT64_MAX);
	cxa_error_set(error, status, "%s", own.message);
	cxa_error_hint(error, "%s", own.hint);
	return status;
}

/* --- looking up ------------------------------------------------------ */

void cxa_index_range(const Cxa__Index *index, enum cxa_collection collection,
		     size_t *first, size_t *count)
{
	*first = 0;
	*count = 0;
	if (index->n_totals != CXA_COLLECTION_COUNT)
		return;
	for (unsigned i = 0; i < (unsigned)collection; i++)
		*first += (size_t)index->totals[i]->batches;
	*count = (size_t)index->totals[collection]->batches;
}

const Cxa__IndexEntry *cxa_index_find(const Cxa__Index *index,
				      enum cxa_collection collection,
				      uint64_t id)
{
	size_t low;
	size_t high;
	size_t middle;

	cxa_index_range(index, collection, &low, &high);
	high += low;
	while (low < high) {
		middle = low + (high - low) / 2;
		if (index->entries[middle]->last_id < id)
			low = middle + 1;
		else if (index->entries[middle]->first_id > id)
			high = middle;
		else
			return index->entries[middle];
	}
	return NULL;
}
