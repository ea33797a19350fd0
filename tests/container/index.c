/* index.c - INDEX: every way in which one may contradict itself */
#include "base/wire.h"
#include "fixture.h"

enum { ENTRIES = 6 };

/**
 * struct model - an index, all its parts in one place
 */
struct model {
	Cxa__Index index;
	Cxa__IndexEntry entries[ENTRIES];
	Cxa__IndexEntry *entry_pointers[ENTRIES];
	Cxa__CollectionTotals totals[CXA_COLLECTION_COUNT];
	Cxa__CollectionTotals *total_pointers[CXA_COLLECTION_COUNT + 1];
	char names[ENTRIES][CXA_MEMBER_NAME_MAX + 1];
	uint8_t digest[CXA_DIGEST_BYTES];
};

static const struct {
	enum cxa_collection collection;
	uint32_t number;
	uint64_t size;
	uint64_t records;
	uint64_t first;
	uint64_t last;
} batches[ENTRIES] = {
	{ CXA_CONCEPTS, 0, 1000, 10, 1, 10 },
	{ CXA_CONCEPTS, 1, 512, 3, 20, 40 },
	{ CXA_CONCEPTS, 2, 1, 1, 41, 41 },
	{ CXA_CONNECTIONS, 0, 70000, 100, 5, UINT64_MAX },
	{ CXA_SYSTEM_STATE, 0, 300, 1, 0, 0 },
	{ CXA_SYNC_QUEUE, 0, 513, 2, 7, 9 },
};

static ProtobufCBinaryData bytes_of(void *data, size_t size)
{
	ProtobufCBinaryData bytes = { size, data };

	return bytes;
}

static void fill_entry(struct model *model, size_t i)
{
	Cxa__IndexEntry *entry = &model->entries[i];

	cxa__index_entry__init(entry);
	cxa_member_batch_name(model->names[i], batches[i].collection,
			      batches[i].number);
	entry->member = fixture_text(model->names[i]);
	entry->offset = i == 0 ? 8192 :
		cxa_preamble_next(model->entries[i - 1].offset,
				  model->entries[i - 1].stored_size,
				  CXA_MEMBER_BATCH);
	entry->stored_size = batches[i].size;
	entry->raw_size = batches[i].size * 3;
	entry->records = batches[i].records;
	entry->first_id = batches[i].first;
	entry->last_id = batches[i].last;
	entry->stored_digest = bytes_of(model->digest, CXA_DIGEST_BYTES);
	entry->raw_digest = bytes_of(model->digest, CXA_DIGEST_BYTES);
	model->entry_pointers[i] = entry;
}

static void add_totals(struct model *model, size_t i)
{
	Cxa__CollectionTotals *totals =
		&model->totals[batches[i].collection];

	totals->batches++;
	totals->records += model->entries[i].records;
	totals->stored_size += model->entries[i].stored_size;
	totals->raw_size += model->entries[i].raw_size;
}

static void fill(struct model *model)
{
	memset(model, 0, sizeof(*model));
	cxa__index__init(&model->index);
	for (unsigned i = 0; i < CXA_COLLECTION_COUNT; i++) {
		cxa__collection_totals__init(&model->totals[i]);
		model->totals[i].collection = fixture_text(
			cxa_member_folder((enum cxa_collection)i));
		model->total_pointers[i] = &model->totals[i];
	}
	for (size_t i = 0; i < ENTRIES; i++) {
		fill_entry(model, i);
		add_totals(model, i);
	}
	model->index.entries = model->entry_pointers;
	model->index.n_entries = ENTRIES;
	model->index.totals = model->total_pointers;
	model->index.n_totals = CXA_COLLECTION_COUNT;
}

static int decode(const struct model *model, const struct cxa_limits *limits,
		  struct cxa_error *error)
{
	struct cxa_buffer bytes = { 0 };
	struct cxa_arena arena = { 0 };
	Cxa__Index *index;
	int status;

	cxa_wire_pack(&model->index.base, &bytes, NULL);
	status = cxa_index_decode(bytes.data, bytes.size, limits, &arena,
				  &index, error);
	if ((status == 0) != (index != NULL))
		status = -100;
	cxa_arena_release(&arena);
	cxa_buffer_release(&bytes);
	return status;
}

/* --- contradictions -------------------------------------------------- */

static void unknown_name(struct model *m)
{
	m->entries[0].member = fixture_text("concepts/0.pb.zst");
}

static void name_of_no_batch(struct model *m)
{
	m->entries[0].member = fixture_text("schema.pb");
}

static void name_with_nul(struct model *m)
{
	static char name[] = "concepts/00000000.pb.zst";

	m->entries[0].member = bytes_of(name, sizeof(name));
}

static void long_name(struct model *m)
{
	static char name[200];

	memset(name, 'a', sizeof(name) - 1);
	m->entries[0].member = fixture_text(name);
}

static void gap_in_numbers(struct model *m)
{
	m->entries[1].member = fixture_text("concepts/00000002.pb.zst");
}

static void number_twice(struct model *m)
{
	m->entries[1].member = fixture_text("concepts/00000000.pb.zst");
}

static void not_from_zero(struct model *m)
{
	m->entries[0].member = fixture_text("concepts/00000001.pb.zst");
}

static void collection_out_of_order(struct model *m)
{
	m->entries[3].member = fixture_text("sync_queue/00000000.pb.zst");
	m->entries[5].member = fixture_text("connections/00000000.pb.zst");
}

static void short_digest(struct model *m)
{
	m->entries[2].stored_digest.len = 31;
}

static void no_raw_digest(struct model *m)
{
	m->entries[2].raw_digest.len = 0;
}

static void no_records(struct model *m)
{
	m->totals[CXA_CONCEPTS].records -= m->entries[1].records;
	m->entries[1].records = 0;
}

static void too_many_records(struct model *m)
{
	m->entries[0].records++;
	m->totals[CXA_CONCEPTS].records++;
}

static void one_record_two_ids(struct model *m)
{
	m->entries[2].last_id++;
}

static void descending_ids(struct model *m)
{
	m->entries[1].first_id = 41;
	m->entries[1].last_id = 40;
}

static void an_empty_name(struct model *m)
{
	m->entries[0].member = fixture_text("");
}

static void overlapping_batches(struct model *m)
{
	m->entries[1].first_id = 10;
}

static void no_stored_bytes(struct model *m)
{
	m->totals[CXA_CONCEPTS].stored_size -= m->entries[2].stored_size;
	m->entries[2].stored_size = 0;
}

static void no_raw_bytes(struct model *m)
{
	m->totals[CXA_CONCEPTS].raw_size -= m->entries[2].raw_size;
	m->entries[2].raw_size = 0;
}

static void shifted_offset(struct model *m)
{
	m->entries[3].offset += 512;
}

static void offset_off_a_block(struct model *m)
{
	for (size_t i = 0; i < ENTRIES; i++)
		m->entries[i].offset++;
}

static void offset_in_the_header(struct model *m)
{
	for (size_t i = 0; i < ENTRIES; i++)
		m->entries[i].offset -= 8192 - 1536;
}

static void offset_past_64_bits(struct model *m)
{
	m->entries[5].stored_size = UINT64_MAX - 10;
	m->totals[CXA_SYNC_QUEUE].stored_size = UINT64_MAX - 10;
}

static void two_system_states(struct model *m)
{
	m->entries[4].records = 2;
	m->entries[4].last_id = 1;
	m->totals[CXA_SYSTEM_STATE].records = 2;
}

static void a_system_state_with_an_id(struct model *m)
{
	m->entries[4].first_id = 1;
	m->entries[4].last_id = 1;
}

static void a_second_batch_of_system_state(struct model *m)
{
	m->entries[5].member = fixture_text("system_state/00000001.pb.zst");
	m->entries[5].records = 1;
	m->entries[5].last_id = m->entries[5].first_id;
}

static void wrong_batches(struct model *m)
{
	m->totals[CXA_CONCEPTS].batches++;
	m->totals[CXA_COLUMNS].batches--;
}

static void wrong_records(struct model *m)
{
	m->totals[CXA_SYNC_QUEUE].records++;
}

static void wrong_stored_size(struct model *m)
{
	m->totals[CXA_SYNC_QUEUE].stored_size--;
}

static void wrong_raw_size(struct model *m)
{
	m->totals[CXA_EMBEDDINGS].raw_size = 1;
}

static void sums_over_64_bits(struct model *m)
{
	m->entries[0].raw_size = UINT64_MAX;
}

/* Each collection has a sum of 64 bits, and all together have none. */
static void a_total_over_64_bits(struct model *m)
{
	m->entries[3].raw_size = UINT64_MAX - 10;
	m->totals[CXA_CONNECTIONS].raw_size = UINT64_MAX - 10;
}

static void no_totals(struct model *m)
{
	m->index.n_totals = 0;
}

static void six_totals(struct model *m)
{
	m->index.n_totals = CXA_COLLECTION_COUNT - 1;
}

static void eight_totals(struct model *m)
{
	m->total_pointers[CXA_COLLECTION_COUNT] = &m->totals[6];
	m->index.n_totals = CXA_COLLECTION_COUNT + 1;
}

static void totals_out_of_order(struct model *m)
{
	m->total_pointers[1] = &m->totals[2];
	m->total_pointers[2] = &m->totals[1];
}

static void totals_of_another_name(struct model *m)
{
	m->totals[1].collection = fixture_text("embedding");
}

static void contradictions_are_refused(void)
{
	static const struct {
		const char *claim;
		void (*change)(struct model *model);
	} cases[] = {
		{ "a name of no member", unknown_name },
		{ "a name of no batch", name_of_no_batch },
		{ "a name with a NUL", name_with_nul },
		{ "a name of 199 bytes", long_name },
		{ "an empty name", an_empty_name },
		{ "a gap in the numbers", gap_in_numbers },
		{ "a number twice", number_twice },
		{ "numbers not from 0", not_from_zero },
		{ "collections out of order", collection_out_of_order },
		{ "a digest of 31 bytes", short_digest },
		{ "a raw digest that is empty", no_raw_digest },
		{ "a batch of no records", no_records },
		{ "more records than ids", too_many_records },
		{ "one record with two ids", one_record_two_ids },
		{ "ids that descend in a batch", descending_ids },
		{ "ids that overlap between batches", overlapping_batches },
		{ "no stored bytes", no_stored_bytes },
		{ "no raw bytes", no_raw_bytes },
		{ "a hole between batches", shifted_offset },
		{ "an offset off a block", offset_off_a_block },
		{ "an offset in the header", offset_in_the_header },
		{ "a batch past 64 bits", offset_past_64_bits },
		{ "two records of system_state", two_system_states },
		{ "a system_state with an id", a_system_state_with_an_id },
		{ "a second batch of system_state",
		  a_second_batch_of_system_state },
		{ "a wrong number of batches", wrong_batches },
		{ "a wrong sum of records", wrong_records },
		{ "a wrong sum of stored bytes", wrong_stored_size },
		{ "a wrong sum of raw bytes", wrong_raw_size },
		{ "sums over 64 bits", sums_over_64_bits },
		{ "a total over 64 bits", a_total_over_64_bits },
		{ "no totals", no_totals },
		{ "six totals", six_totals },
		{ "eight totals", eight_totals },
		{ "totals out of order", totals_out_of_order },
		{ "totals of another name", totals_of_another_name },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct cxa_error error = CXA_ERROR_INIT;
		struct model model;
		int status;

		fill(&model);
		cases[i].change(&model);
		status = decode(&model, NULL, &error);
		ok(status == CXA_ERR_CORRUPT && error.offset == UINT64_MAX &&
		   strcmp(error.member, "INDEX.pb.zst") == 0,
		   "%s: %s", cases[i].claim, error.message);
	}
}

static void damaged_bytes_never_crash(void)
{
	struct cxa_buffer bytes = { 0 };
	struct model model;
	uint64_t accepted = 0;

	fill(&model);
	cxa_wire_pack(&model.index.base, &bytes, NULL);
	for (size_t bit = 0; bit < bytes.size * 8; bit++) {
		struct cxa_arena arena = { 0 };
		Cxa__Index *index;

		bytes.data[bit / 8] ^= (uint8_t)(1 << (bit % 8));
		accepted += cxa_index_decode(bytes.data, bytes.size, NULL, &arena,
					     &index, NULL) == 0;
		bytes.data[bit / 8] ^= (uint8_t)(1 << (bit % 8));
		cxa_arena_release(&arena);
	}
	/* Digests and ids that still ascend: the member's digest shows those. */
	ok(accepted < bytes.size * 8, "of %zu flipped bits %" PRIu64
	   " leave an index true of itself", bytes.size * 8, accepted);
	cxa_buffer_release(&bytes);
}

static void members_have_a_limit(void)
{
	struct cxa_error error = CXA_ERROR_INIT;
	struct cxa_limits limits = *cxa_limits_default();
	struct model model;

	fill(&model);
	limits.members = ENTRIES + 4;
	is_int(decode(&model, &limits, &error), CXA_ERR_LIMIT,
	       "an index of more members than the limit is refused");
	like(error.message, "limit members", "and the limit named");
	limits.members++;
	is_int(decode(&model, &limits, NULL), 0, "as many as allowed are read");
}

static void entries_of_no_batch_are_not_written(void)
{
	struct cxa_buffer bytes = { 0 };
	struct model model;

	fill(&model);
	name_of_no_batch(&model);
	is_int(cxa_index_encode(&model.index, &bytes, NULL), CXA_ERR_USAGE,
	       "an entry of no batch is not written");
	cxa_buffer_release(&bytes);
}

/* What is read has ids that ascend: its records never are so many. */
static void sums_over_64_bits_are_not_written(void)
{
	struct model model;
	uint64_t *const sums[] = {
		&model.entries[0].records, &model.entries[0].stored_size,
		&model.entries[0].raw_size,
	};
	struct cxa_buffer bytes = { 0 };

	for (size_t i = 0; i < sizeof(sums) / sizeof(sums[0]); i++) {
		fill(&model);
		*sums[i] = UINT64_MAX;
		is_int(cxa_index_encode(&model.index, &bytes, NULL),
		       CXA_ERR_USAGE, "sums over 64 bits are not written");
	}
	is_uint(bytes.size, 0, "not a byte of them");
	cxa_buffer_release(&bytes);
}

static void cut_entries_are_refused(void)
{
	static const char *const cases[] = { "\x0a", "\x0a\x05", "\x0a\x81",
					     "\x12\x01" };

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct cxa_arena arena = { 0 };
		Cxa__Index *index;

		is_int(cxa_index_decode((const uint8_t *)cases[i],
					strlen(cases[i]), NULL, &arena, &index,
					NULL), CXA_ERR_CORRUPT,
		       "an entry that is cut is refused");
		cxa_arena_release(&arena);
	}
}

static void totals_are_made(void)
{
	struct cxa_buffer with = { 0 };
	struct cxa_buffer without = { 0 };
	struct model model;

	fill(&model);
	cxa_wire_pack(&model.index.base, &with, NULL);
	model.index.totals = NULL;
	model.index.n_totals = 0;
	is_int(cxa_index_encode(&model.index, &without, NULL), 0,
	       "an index is written");
	is_mem(without.data, without.size, with.data, with.size,
	       "with the totals of its entries");
	ok(model.index.totals == NULL, "and is left as it was");
	cxa_buffer_release(&with);
	cxa_buffer_release(&without);
}

static void an_empty_index_is_read(void)
{
	struct cxa_buffer bytes = { 0 };
	struct cxa_arena arena = { 0 };
	Cxa__Index empty = CXA__INDEX__INIT;
	Cxa__Index *index;

	cxa_index_encode(&empty, &bytes, NULL);
	is_int(cxa_index_decode(bytes.data, bytes.size, NULL, &arena, &index,
				NULL), 0, "an index of nothing is read");
	ok(cxa_index_find(index, CXA_CONCEPTS, 0) == NULL,
	   "and nothing found in it");
	cxa_arena_release(&arena);
	cxa_buffer_release(&bytes);
}

static void ids_are_found(void)
{
	static const struct {
		enum cxa_collection collection;
		uint64_t id;
		int entry; /* -1: none */
	} cases[] = {
		{ CXA_CONCEPTS, 0, -1 }, { CXA_CONCEPTS, 1, 0 },
		{ CXA_CONCEPTS, 10, 0 }, { CXA_CONCEPTS, 11, -1 },
		{ CXA_CONCEPTS, 19, -1 }, { CXA_CONCEPTS, 20, 1 },
		{ CXA_CONCEPTS, 40, 1 }, { CXA_CONCEPTS, 41, 2 },
		{ CXA_CONCEPTS, 42, -1 }, { CXA_CONCEPTS, UINT64_MAX, -1 },
		{ CXA_EMBEDDINGS, 1, -1 }, { CXA_CONNECTIONS, 4, -1 },
		{ CXA_CONNECTIONS, UINT64_MAX, 3 }, { CXA_SYSTEM_STATE, 0, 4 },
		{ CXA_SYSTEM_STATE, 1, -1 }, { CXA_QUERY_CACHE, 7, -1 },
		{ CXA_SYNC_QUEUE, 8, 5 },
	};
	struct model model;
	size_t first;
	size_t count;

	fill(&model);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		ok(cxa_index_find(&model.index, cases[i].collection,
				  cases[i].id) ==
			   (cases[i].entry < 0 ? NULL :
			    &model.entries[cases[i].entry]),
		   "%s %" PRIu64 " is %s", cxa_member_folder(cases[i].collection),
		   cases[i].id, cases[i].entry < 0 ? "in no batch" : "found");
	cxa_index_range(&model.index, CXA_CONNECTIONS, &first, &count);
	ok(first == 3 && count == 1, "a collection's entries are a range");
	cxa_index_range(&model.index, CXA_EMBEDDINGS, &first, &count);
	ok(first == 3 && count == 0, "an absent one's is empty");
	model.index.n_totals = 0;
	cxa_index_range(&model.index, CXA_CONNECTIONS, &first, &count);
	ok(first == 0 && count == 0, "so is any, of an index without totals");
}

int main(void)
{
	contradictions_are_refused();
	damaged_bytes_never_crash();
	members_have_a_limit();
	entries_of_no_batch_are_not_written();
	sums_over_64_bits_are_not_written();
	cut_entries_are_refused();
	totals_are_made();
	an_empty_index_is_read();
	ids_are_found();
	return done_testing();
}
