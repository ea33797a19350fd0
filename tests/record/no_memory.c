/* no_memory.c - records without memory: an error, and nothing leaks */
#include "base/failing_memory.h"
#include "json_fixture.h"
#include "record/batch.h"
#include "record/batch_codec.h"
#include "record/json_verify.h"

static const struct cxa_id_range all = { 0, UINT64_MAX };
static struct cxa_limits limits;
enum { ROWS = 200 };
static struct cxa_batch *rows[2];    /* connections, embeddings */
static struct cxa_buffer encoded[2]; /* the same as bytes of members */
static struct cxa_buffer record;     /* the one that is decoded, JSON */
static int kind;

/* --- batches --------------------------------------------------------------- */

static const enum cxa_collection collections[2] = { CXA_CONNECTIONS,
						    CXA_EMBEDDINGS };

static void make_rows(void)
{
	static float values[] = { 1, 2, 3 };

	for (int i = 0; i < 2; i++)
		cxa_batch_new(&rows[i], collections[i], NULL);
	for (uint64_t id = 1; id <= ROWS; id++) {
		Cxa__Connection connection = CXA__CONNECTION__INIT;
		Cxa__Embedding row = CXA__EMBEDDING__INIT;
		Cxa__Embeddings inner = CXA__EMBEDDINGS__INIT;

		connection.id = row.concept_id = id;
		connection.connection_type =
			CXA__CONNECTION_TYPE__VALUE__Semantic;
		row.embeddings = &inner;
		inner.n_semantic_vector = 3;
		inner.semantic_vector = values;
		inner.has_extensions = true;
		inner.extensions.data = (uint8_t *)(uintptr_t)"{\"a\":1}";
		inner.extensions.len = 7;
		cxa_batch_append(rows[0], &connection.base, NULL);
		cxa_batch_append(rows[1], &row.base, NULL);
	}
	for (int i = 0; i < 2; i++)
		cxa_batch_encode(collections[i], rows[i]->records,
				 rows[i]->count, &encoded[i], NULL);
}

static size_t count = 40; /* of the rows that are encoded */

static int encode_rows(int i, struct cxa_error *error)
{
	struct cxa_buffer out = { 0 };
	int status = cxa_batch_encode(collections[i], rows[i]->records, count,
				      &out, error);

	cxa_buffer_release(&out);
	return status;
}

static int encode_records(struct cxa_error *error)
{
	return encode_rows(0, error);
}

static int encode_embeddings(struct cxa_error *error)
{
	return encode_rows(1, error);
}

static int decode_rows(int i, struct cxa_error *error)
{
	struct cxa_batch *batch = NULL;
	struct cxa_buffer raw = { 0 };
	struct cxa_id_run ids;
	int status = 0;

	cxa_buffer_append(&raw, encoded[i].data, encoded[i].size);
	if (raw.failed)
		status = cxa_error_nomem(error, "the test");
	if (status == 0)
		status = cxa_batch_decode(collections[i], &raw, &limits, &all,
					  &batch, &ids, error);
	cxa_batch_unref(batch);
	cxa_buffer_release(&raw);
	return status;
}

static int decode_records(struct cxa_error *error)
{
	return decode_rows(0, error);
}

static int decode_embeddings(struct cxa_error *error)
{
	return decode_rows(1, error);
}

static int collect_rows(struct cxa_error *error)
{
	struct cxa_batch *batch = NULL;
	int status = cxa_batch_new(&batch, CXA_CONNECTIONS, error);

	for (size_t i = 0; i < rows[0]->count && status == 0; i++)
		status = cxa_batch_add_row(batch, &rows[0]->records[i], error);
	if (status == 0)
		status = cxa_batch_hold(batch, rows[0], error);
	cxa_batch_unref(batch);
	return status;
}

static int collect_concepts(struct cxa_error *error)
{
	struct cxa_batch *batch = NULL;
	int status = cxa_batch_new(&batch, CXA_CONCEPTS, error);

	/* Of what a row is, only its id is looked at here. */
	for (size_t i = 0; i < rows[1]->count && status == 0; i++)
		status = cxa_batch_add_whole(batch, &rows[1]->records[i],
					     &rows[1]->records[i], error);
	cxa_batch_unref(batch);
	return status;
}

static int append_records(struct cxa_error *error)
{
	Cxa__Connection connection = CXA__CONNECTION__INIT;
	struct cxa_batch *batch = NULL;
	int status = cxa_batch_new(&batch, CXA_CONNECTIONS, error);

	for (connection.id = 1; connection.id < 40 && status == 0;
	     connection.id++)
		status = cxa_batch_append(batch, &connection.base, error);
	cxa_batch_unref(batch);
	return status;
}

/* --- JSON ------------------------------------------------------------------ */

static struct cxa_json_text text_of(const struct cxa_buffer *json)
{
	return (struct cxa_json_text){ json->data, json->size, 1, 1, 0 };
}

static size_t filled; /* of the arena, before it is used */

static int decode_json(struct cxa_error *error)
{
	struct cxa_json_text text = text_of(&record);
	struct cxa_json_rules rules = { .limits = &limits };
	struct cxa_arena arena = { 0 };
	Cxa__Embeddings *embeddings;
	ProtobufCMessage *message;
	int status;

	if (filled != 0 && cxa_arena_alloc(&arena, filled) == NULL)
		return cxa_error_nomem(error, "the test");
	status = cxa_json_decode(
		cxa_message_type_of(kinds[kind].descriptor), kinds[kind].what,
		&text, &rules, &arena, &message,
		kind == CONCEPT ? &embeddings : NULL, error);

	cxa_arena_release(&arena);
	return status;
}

static struct decoded read; /* what is encoded */

/* One value alone. */
static int encode_value(struct cxa_error *error)
{
	const struct cxa_message_type *type =
		cxa_message_type_of(&cxa__connection__descriptor);
	const uint64_t id = 7;
	struct cxa_buffer out = { 0 };
	int status = cxa_json_encode_value(&type->fields[0], &id, &out, error);

	cxa_buffer_release(&out);
	return status;
}

static int encode_json(struct cxa_error *error)
{
	struct cxa_buffer out = { 0 };
	int status = cxa_json_encode(read.message, kind == CONCEPT,
				     read.embeddings, &out, error);

	cxa_buffer_release(&out);
	return status;
}

static int verify_json(struct cxa_error *error)
{
	return cxa_json_verify_message(read.message, error);
}

static int minify_json(struct cxa_error *error)
{
	struct cxa_json_text text = text_of(&record);
	struct cxa_json_rules rules = { .limits = &limits };
	struct cxa_buffer out = { 0 };
	int status = cxa_json_minify(&text, &rules, &out, error);

	cxa_buffer_release(&out);
	return status;
}

static int check_json(struct cxa_error *error)
{
	return cxa_json_check(record.data, record.size, true, &limits, error);
}

static const struct deed deeds_of_batches[] = {
	{ "writing a batch", encode_records },
	{ "writing embeddings", encode_embeddings },
	{ "reading a batch", decode_records },
	{ "reading embeddings", decode_embeddings },
	{ "collecting rows", collect_rows },
	{ "collecting concepts with their embeddings", collect_concepts },
	{ "appending records", append_records },
	{ "writing a value", encode_value },
};

static const struct deed deeds_of_json[] = {
	{ "reading JSON", decode_json },
	{ "writing JSON", encode_json },
	{ "checking a record's JSON", verify_json },
	{ "making JSON smaller", minify_json },
	{ "checking JSON", check_json },
};

/*
 * An arena has no wish but for blocks: it is filled more and more, so that each
 * thing of the record is once the first that has no room in it.
 */
static void fill_arenas(void)
{
	unsigned long wrong = 0;

	for (filled = 16; filled <= 4096; filled += 16)
		wrong += find_wrong(&deeds_of_json[0], true) != 0;
	filled = 0;
	is_uint(wrong, 0, "wherever the memory ends, reading JSON is an error");
}

/* The same, of what is not known of an object, which is in a buffer. */
static void fill_buffers(const char *golden)
{
	unsigned long wrong = 0;
	size_t size;
	const char *one = first_record(golden, kind, &size);

	for (size_t more = 0; more < 200; more++) {
		cxa_buffer_reset(&record);
		cxa_buffer_append(&record, one, size - 1);
		cxa_buffer_text(&record, ",\"x\":\"");
		for (size_t i = 0; i < more; i++)
			cxa_buffer_byte(&record, 'y');
		cxa_buffer_text(&record, "\"}");
		wrong += find_wrong(&deeds_of_json[0], false) != 0;
	}
	is_uint(wrong, 0, "however much is not known of it");
}

/* As a record of the original, that has nothing besides. */
static void run_plain(const char *golden)
{
	size_t size;
	const char *one = first_record(golden, kind, &size);

	if (decode(&read, kind, one, size) != 0) {
		printf("Bail out! %s\n", read.error.message);
		exit(1);
	}
	run_out_of_memory(&deeds_of_json[1], false);
	cxa_arena_release(&read.arena);
}

/* Each count of rows ends the memory elsewhere. */
static void count_rows(void)
{
	unsigned long wrong = 0;

	for (count = 1; count <= ROWS; count++)
		wrong += find_wrong(&deeds_of_batches[1], true) != 0;
	is_uint(wrong, 0, "however many embeddings are written");
}

/*
 * Of what the original wrote, with a member that is not known, whose name and
 * value have escapes, and what it nests.
 */
static void run_json(const char *golden)
{
	static const char more[] = ",\"\\u0078 1\":{\"\\n\":[1,[{\"a\":\"\\t\","
				   "\"\\u0062\":null}]],\"b\":\"\\ud83d\\ude00\"}";
	size_t size;
	const char *one = first_record(golden, kind, &size);

	cxa_buffer_reset(&record);
	cxa_buffer_append(&record, one, size - 1);
	cxa_buffer_text(&record, more);
	cxa_buffer_byte(&record, '}');
	printf("# a %s\n", kinds[kind].what);
	if (decode(&read, kind, (const char *)record.data, record.size) != 0) {
		printf("Bail out! %s\n", read.error.message);
		exit(1);
	}
	for (size_t i = 0; i < sizeof(deeds_of_json) / sizeof(deeds_of_json[0]);
	     i++) {
		run_out_of_memory(&deeds_of_json[i], false);
		run_out_of_memory(&deeds_of_json[i], true);
	}
	fill_arenas();
	cxa_arena_release(&read.arena);
	fill_buffers(golden);
	run_plain(golden);
}

int main(void)
{
	char *golden = load_golden();

	cxa_limits_fill(&limits);
	make_rows();
	for (size_t i = 0;
	     i < sizeof(deeds_of_batches) / sizeof(deeds_of_batches[0]); i++) {
		run_out_of_memory(&deeds_of_batches[i], false);
		run_out_of_memory(&deeds_of_batches[i], true);
	}
	count_rows();
	for (kind = 0; kind < KIND_COUNT; kind++)
		run_json(golden);
	for (int i = 0; i < 2; i++) {
		cxa_batch_unref(rows[i]);
		cxa_buffer_release(&encoded[i]);
	}
	cxa_buffer_release(&record);
	free(golden);
	return done_testing();
}
