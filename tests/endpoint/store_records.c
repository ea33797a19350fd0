/* store_records.c - whatever is in a record, a store gives it back bit for bit */
#include <time.h>

#include "base/bytes.h"
#include "base/wire.h"
#include "endpoint/store_fixture.h"
#include "record/collection.h"

static Cxa__Metadata metadata = CXA__METADATA__INIT;
static Cxa__Header header = CXA__HEADER__INIT;

/* --- made records ------------------------------------------------------------- */

static uint64_t seed;

/* splitmix64 (Vigna, 2015) */
static uint64_t random64(void)
{
	uint64_t z = seed += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

static uint64_t below(uint64_t bound)
{
	return random64() % bound;
}

static const uint32_t odd_floats[] = {
	0x00000000, 0x80000000, 0x3f800000, 0x3dcccccd, 0x7f800000, 0xff800000,
	0x7fc00000, 0xffc00000, 0x7f800001, 0x7fc00001, 0xffffffff, 0x00000001,
	0x80000001, 0x007fffff, 0x7f7fffff, 0x4b800000, 0x5f000000,
};

static const uint64_t odd_doubles[] = {
	0x0000000000000000, 0x8000000000000000, 0x3ff0000000000000,
	0x3fb999999999999a, 0x7ff0000000000000, 0xfff0000000000000,
	0x7ff8000000000000, 0xfff8000000000000, 0x7ff0000000000001,
	0x7ff8000000000001, 0xffffffffffffffff, 0x0000000000000001,
	0x800fffffffffffff, 0x7fefffffffffffff, 0x4330000000000001,
	0x43e0000000000000, 0xc3e0000000000000, 0x427910ffe6f28800,
};

static const uint64_t odd_numbers[] = {
	0, 1, 127, 128, INT64_MAX, (uint64_t)INT64_MAX + 1, UINT64_MAX,
	UINT64_MAX - 1, UINT32_MAX,
};

#define TEXT(text) { text, sizeof(text) - 1 }

static const struct {
	const char *text;
	size_t size;
} odd_texts[] = {
	TEXT(""), TEXT("a"), TEXT("\0"), TEXT("a\0b"), TEXT("na\xc3\xafve"),
	TEXT("'; DROP TABLE concepts; --"), TEXT("\xf0\x9f\xa7\xa0"),
	TEXT("1"), TEXT("NULL"),
	TEXT("a text that is longer than what a length of one byte can say, so "
	     "that the length before it moves what is behind: a text that is "
	     "longer than that"),
};

static const char *const jsons[] = {
	"{}", "{\"a\":1}", "{ \"later\" : [1, null, \"\\u0000\"] }",
	"{\"an x\":18446744073709551615}",
};

#define PICK(array) ((array)[below(sizeof(array) / sizeof((array)[0]))])

static void make_message(struct cxa_buffer *out,
			 const struct cxa_message_type *type);

static void put_tag(struct cxa_buffer *out, uint32_t number, unsigned type)
{
	cxa_varint_append(out, (uint64_t)number << 3 | type);
}

static void put_text(struct cxa_buffer *out, const void *text, size_t size)
{
	cxa_varint_append(out, size);
	cxa_buffer_append(out, text, size);
}

/* A value without its tag; @nth of its list, so that keys ascend. */
static void put_value(struct cxa_buffer *out, const struct cxa_field *field,
		      unsigned nth)
{
	const ProtobufCEnumDescriptor *names = field->descriptor->descriptor;
	uint8_t bytes[8];
	const char *json;
	size_t pick;

	switch (field->kind) {
	case CXA_FIELD_U32:
		cxa_varint_append(out, below(3) == 0 ? field->max :
						       below(field->max));
		break;
	case CXA_FIELD_U64:
		cxa_varint_append(out, PICK(odd_numbers));
		break;
	case CXA_FIELD_BOOL:
		cxa_varint_append(out, below(2));
		break;
	case CXA_FIELD_ENUM:
		cxa_varint_append(out, (uint64_t)names
					       ->values[below(names->n_values)]
					       .value);
		break;
	case CXA_FIELD_F32:
		cxa_store32(bytes, below(2) ? PICK(odd_floats) :
					      (uint32_t)random64());
		cxa_buffer_append(out, bytes, 4);
		break;
	case CXA_FIELD_F64:
		cxa_store64(bytes, below(2) ? PICK(odd_doubles) : random64());
		cxa_buffer_append(out, bytes, 8);
		break;
	case CXA_FIELD_JSON:
		json = PICK(jsons);
		put_text(out, json, strlen(json));
		break;
	default:
		if (strcmp(field->descriptor->name, "key") == 0) {
			char key[3] = { 'k', (char)('a' + nth), '\0' };

			put_text(out, key, below(2) ? 3 : 2);
			break;
		}
		pick = (size_t)below(sizeof(odd_texts) /
				     sizeof(odd_texts[0]));
		put_text(out, odd_texts[pick].text, odd_texts[pick].size);
		break;
	}
}

static unsigned wire_type(const struct cxa_field *field)
{
	switch (field->kind) {
	case CXA_FIELD_F32: return 5;
	case CXA_FIELD_F64: return 1;
	case CXA_FIELD_U32:
	case CXA_FIELD_U64:
	case CXA_FIELD_BOOL:
	case CXA_FIELD_ENUM: return 0;
	default: return 2;
	}
}

static void put_field(struct cxa_buffer *out, const struct cxa_field *field,
		      unsigned nth)
{
	size_t start;

	put_tag(out, field->descriptor->id, wire_type(field));
	if (field->type == NULL) {
		put_value(out, field, nth);
		return;
	}
	start = cxa_length_begin(out);
	make_message(out, field->type);
	cxa_length_end(out, start);
}

/* Of an entry, the key ascends with its place in the map. */
static void put_entry(struct cxa_buffer *out, const struct cxa_field *field,
		      unsigned nth)
{
	const struct cxa_field *parts = field->type->fields;
	size_t start;

	put_tag(out, field->descriptor->id, 2);
	start = cxa_length_begin(out);
	put_field(out, &parts[0], nth);
	put_field(out, &parts[1], nth);
	if (below(8) == 0)
		put_tag(out, 50, 0), cxa_varint_append(out, 7);
	cxa_length_end(out, start);
}

static void put_list(struct cxa_buffer *out, const struct cxa_field *field)
{
	unsigned count = field->exact_count != 0 ? field->exact_count :
						   (unsigned)below(4);
	size_t start;

	if ((field->descriptor->flags & PROTOBUF_C_FIELD_FLAG_PACKED) == 0) {
		for (unsigned i = 0; i < count; i++) {
			if (field->type != NULL && field->type->is_entry)
				put_entry(out, field, i);
			else
				put_field(out, field, i);
		}
		return;
	}
	if (count == 0)
		return;
	put_tag(out, field->descriptor->id, 2);
	start = cxa_length_begin(out);
	for (unsigned i = 0; i < count; i++)
		put_value(out, field, i);
	cxa_length_end(out, start);
}

static void make_message(struct cxa_buffer *out,
			 const struct cxa_message_type *type)
{
	uint64_t variant = below(type->field_count);

	for (unsigned i = 0; i < type->field_count; i++) {
		const struct cxa_field *field = &type->fields[i];

		if (type->is_union ? i != variant :
		    field->descriptor->label == PROTOBUF_C_LABEL_OPTIONAL &&
			    below(2))
			continue;
		if (field->descriptor->label == PROTOBUF_C_LABEL_REPEATED)
			put_list(out, field);
		else
			put_field(out, field, 0);
	}
	if (below(8) == 0) {
		put_tag(out, 100, 0);
		cxa_varint_append(out, random64());
		put_tag(out, 1000, 2);
		put_text(out, "\xff\0later", 7);
	}
}

/* A record that begins with @id, where it has one. */
static void make_record(struct cxa_buffer *out, enum cxa_collection collection,
			uint64_t id)
{
	struct cxa_buffer other = { 0 };
	const uint8_t *behind;
	uint64_t unused;

	make_message(&other, cxa_collection_type(collection));
	behind = other.data;
	if (cxa_collection_info(collection)->has_key) {
		behind++;
		cxa_varint_get(&behind, other.data + other.size, &unused);
		put_tag(out, 1, 0);
		cxa_varint_append(out, id);
	}
	cxa_buffer_append(out, behind,
			  (size_t)(other.data + other.size - behind));
	cxa_buffer_release(&other);
}

static void add_record(struct cxa_batch *batch, struct cxa_buffer *bytes,
		       uint64_t id)
{
	struct cxa_record record = { .id = id, .size = bytes->size };

	record.data = cxa_arena_copy(cxa_batch_arena(batch), bytes->data,
				     bytes->size);
	cxa_batch_add_row(batch, &record, NULL);
	cxa_buffer_release(bytes);
}

/* Ids from 0 to 2^64 - 1, on both sides of 2^63. */
static void make_records(struct fixture *fixture,
			 enum cxa_collection collection, unsigned count)
{
	bool has_key = cxa_collection_info(collection)->has_key;
	struct cxa_batch *batch = NULL;
	unsigned bad = 0;

	cxa_batch_new(&batch, collection, NULL);
	for (unsigned i = 0; i < (has_key ? count : 1); i++) {
		struct cxa_buffer bytes = { 0 };
		struct cxa_wire_stats stats = { 0 };
		uint64_t id = 0;

		if (has_key)
			id = i + 1 == count ? UINT64_MAX :
					      UINT64_MAX / count * i;
		make_record(&bytes, collection, id);
		bad += cxa_wire_scan(cxa_collection_type(collection),
				     bytes.data, bytes.size, NULL, &stats,
				     NULL) != 0;
		add_record(batch, &bytes, id);
	}
	if (bad != 0)
		printf("# %u records of %s are not canonical\n", bad,
		       cxa_collection_name(collection));
	fixture->batches[collection] = batch;
}

static void expected_of(const struct fixture *fixture, struct cxa_buffer *out)
{
	for (int c = 0; c < CXA_COLLECTION_COUNT; c++)
		for (size_t i = 0; i < fixture->batches[c]->count; i++) {
			const struct cxa_record *record =
				&fixture->batches[c]->records[i];
			uint64_t key[3] = { (uint64_t)c, record->id,
					    record->size };

			cxa_buffer_append(out, key, sizeof(key));
			cxa_buffer_append(out, record->data, record->size);
		}
}

static void made_records_come_back(void)
{
	struct cxa_error error = CXA_ERROR_INIT;
	struct fixture fixture = { { 0 } };
	struct cxa_buffer got = { 0 };
	struct cxa_buffer expected = { 0 };
	const char *given = getenv("CXA_SEED");

	seed = given != NULL ? strtoull(given, NULL, 10) :
			       (uint64_t)time(NULL);
	printf("# CXA_SEED=%llu\n", (unsigned long long)seed);
	for (int c = 0; c < CXA_COLLECTION_COUNT; c++)
		make_records(&fixture, (enum cxa_collection)c, 200);
	expected_of(&fixture, &expected);
	is_int(fixture_write(&fixture, &header, "made.db", &error), 0,
	       "a store takes records with anything in them");
	is_int(read_all("made.db", 0, &got, &error), 0, "and gives them");
	is_str(error.message, "", "without an error");
	ok(got.size == expected.size &&
	   memcmp(got.data, expected.data, got.size) == 0,
	   "bit for bit, in the order of their ids");
	fixture_release(&fixture);
	cxa_buffer_release(&got);
	cxa_buffer_release(&expected);
}

/* --- values as a person sees them ------------------------------------------------ */

static void add_connection(struct cxa_batch *batch, uint64_t id, uint32_t weight,
			   uint64_t last_activated)
{
	Cxa__Connection connection = CXA__CONNECTION__INIT;

	connection.id = id;
	connection.source_id = UINT64_MAX;
	connection.connection_type = CXA__CONNECTION_TYPE__VALUE__Causal;
	memcpy(&connection.weight, &weight, sizeof(weight));
	memcpy(&connection.last_activated, &last_activated,
	       sizeof(last_activated));
	cxa_batch_append(batch, &connection.base, NULL);
}

static void odd_values_are_stored_as_documented(void)
{
	static const struct {
		uint32_t weight;
		uint64_t time;
		const char *seen; /* of both: the type, or a blob's bytes */
		const char *claim;
	} rows[] = {
		{ 0x3f000000, 0x3ff8000000000000, "real, real",
		  "a number is a number" },
		{ 0x7fc00000, 0x7ff8000000000000, "null, null",
		  "NaN, as arithmetic gives it, is NULL" },
		{ 0xffc00001, 0xfff8000000000002,
		  "X'0100C0FF', X'020000000000F8FF'",
		  "another NaN is a blob of its bytes" },
		{ 0x80000000, 0x8000000000000000,
		  "X'00000080', X'0000000000000080'",
		  "-0.0 is a blob of its bytes" },
		{ 0x7f800000, 0xfff0000000000000, "real, real",
		  "infinities are numbers" },
		{ 0x00000001, 0x0000000000000001,
		  "real, real", "and so are subnormal numbers" },
	};
	struct cxa_error error = CXA_ERROR_INIT;
	struct fixture fixture = { { 0 } };
	struct cxa_batch *batch = NULL;
	char sql[300];
	char *seen;

	cxa_batch_new(&batch, CXA_CONNECTIONS, NULL);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		add_connection(batch, i, rows[i].weight, rows[i].time);
	add_connection(batch, (uint64_t)INT64_MAX + 1, 0, 0);
	fixture.batches[CXA_CONNECTIONS] = batch;
	fixture_write(&fixture, &header, "odd.db", &error);
	is_str(error.message, "", "a store takes odd values");
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		snprintf(sql, sizeof(sql),
			 "SELECT printf('%%s, %%s',"
			 " iif(typeof(w) = 'blob', quote(w), typeof(w)),"
			 " iif(typeof(t) = 'blob', quote(t), typeof(t)))"
			 " FROM (SELECT weight w, last_activated t"
			 " FROM connections WHERE id = %zu)", i);
		seen = ask_sql("odd.db", sql);
		is_str(seen, rows[i].seen, rows[i].claim);
		free(seen);
	}
	seen = ask_sql("odd.db", "SELECT printf('%d %d %s', id, source_id, "
				 "connection_type) FROM connections LIMIT 1");
	is_str(seen, "-9223372036854775808 -1 Causal",
	       "ids from 2^63 on are negative, enumerations are names");
	free(seen);
	fixture_release(&fixture);
}

static void the_header_comes_back(void)
{
	uint32_t dimensions[] = { 256, 128 };
	Cxa__EmbeddingSpace space = CXA__EMBEDDING_SPACE__INIT;
	Cxa__Header full = header;
	struct cxa_error error = CXA_ERROR_INIT;
	struct fixture fixture = { { 0 } };

	space.model.data = (uint8_t *)(uintptr_t)"m";
	space.model.len = 1;
	space.has_model = true;
	space.n_dimensions = 2;
	space.dimensions = dimensions;
	full.embedding_space = &space;
	full.has_extensions = true;
	full.extensions.data = (uint8_t *)(uintptr_t)"{\"later\":1}";
	full.extensions.len = 11;
	fixture_write(&fixture, &full, "full.cxa", &error);
	convert("full.cxa", "full.db", 1, false, &error);
	convert("full.db", "again.cxa", 1, false, &error);
	is_str(error.message, "", "a store takes what describes it");
	ok(same_files("full.cxa", "again.cxa"),
	   "metadata, embedding space and members of the document come back");
}

static void both_halves_are_bounded(void)
{
	static const struct {
		uint64_t first, last;
		const char *ids;
	} rows[] = {
		{ 0, UINT64_MAX, "0 1 2 8 9 f" },
		{ 1, UINT64_C(8) << 60, "1 2 8" },
		{ 2, 3, "2" },
		{ (UINT64_C(8) << 60) + 1, UINT64_C(14) << 60, "9" },
		{ UINT64_C(8) << 60, UINT64_C(9) << 60, "8 9" },
		{ UINT64_MAX, UINT64_MAX, "" },
		{ 3, INT64_MAX, "" },
	};
	struct cxa_error error = CXA_ERROR_INIT;
	struct fixture fixture = { { 0 } };
	struct cxa_batch *batch = NULL;
	struct cxa_context *context = NULL;
	struct cxa_source *source = NULL;

	cxa_batch_new(&batch, CXA_CONNECTIONS, NULL);
	add_connection(batch, 0, 0, 0);
	add_connection(batch, 1, 0, 0);
	add_connection(batch, 2, 0, 0);
	add_connection(batch, UINT64_C(8) << 60, 0, 0);
	add_connection(batch, UINT64_C(9) << 60, 0, 0);
	add_connection(batch, UINT64_C(15) << 60, 0, 0);
	fixture.batches[CXA_CONNECTIONS] = batch;
	fixture_write(&fixture, &header, "ids.db", &error);
	cxa_context_open(&context, NULL, &error);
	cxa_source_open(&source, context, "ids.db", NULL, &error);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct cxa_selection wanted = CXA_SELECTION_INIT;
		struct cxa_cursor *cursor = NULL;
		char ids[40] = "";

		wanted.has_range = true;
		wanted.first_id = rows[i].first;
		wanted.last_id = rows[i].last;
		cxa_cursor_open(&cursor, source, &wanted, &error);
		while (cxa_cursor_next(cursor, &batch, &error) == 0) {
			for (size_t k = 0; k < batch->count; k++) {
				uint64_t id = batch->records[k].id;

				snprintf(ids + strlen(ids), 8, "%s%llx",
					 ids[0] == '\0' ? "" : " ",
					 (unsigned long long)(id < 16 ? id :
							      id >> 60));
			}
			cxa_batch_unref(batch);
		}
		cxa_cursor_close(cursor);
		is_str(ids, rows[i].ids, "a range takes the ids in it");
	}
	cxa_source_close(source);
	cxa_context_close(context);
	fixture_release(&fixture);
}

int main(void)
{
	metadata.data_version = 1;
	header.metadata = &metadata;
	enter_scratch();
	odd_values_are_stored_as_documented();
	both_halves_are_bounded();
	the_header_comes_back();
	made_records_come_back();
	leave_scratch();
	return done_testing();
}
