/* batches.c - boundaries, byte planes, batches to bytes and back */
#include <stdlib.h>

#include "record/batch.h"
#include "record/batch_codec.h"
#include "record/boundary.h"
#include "tap.h"

static struct cxa_limits limits;
static const struct cxa_id_range all = { 0, UINT64_MAX };

static struct cxa_batch *make_embeddings(size_t count, bool extensions)
{
	struct cxa_batch *batch = NULL;
	float values[40];

	cxa_batch_new(&batch, CXA_EMBEDDINGS, NULL);
	for (size_t i = 0; i < count; i++) {
		Cxa__Embedding row = CXA__EMBEDDING__INIT;
		Cxa__Embeddings inner = CXA__EMBEDDINGS__INIT;

		for (size_t k = 0; k < 40; k++)
			values[k] = (float)(i * 41 + k) * 0.37f - 3.0f;
		values[0] = -0.0f;
		row.concept_id = 5 * i + (i == count - 1 ? UINT64_MAX / 2 : 0);
		row.embeddings = &inner;
		inner.n_semantic_vector = i % 3 == 2 ? 0 : 37;
		inner.semantic_vector = values;
		inner.n_neural_signature = i % 5;
		inner.neural_signature = values + 1;
		inner.n_context_vector = 16;
		inner.context_vector = values + 3;
		inner.last_computed = (double)i;
		if (extensions && i % 2 == 1) {
			inner.has_extensions = true;
			inner.extensions.data = (uint8_t *)"{\"a\":1}";
			inner.extensions.len = 7;
		}
		cxa_batch_append(batch, &row.base, NULL);
	}
	return batch;
}

static bool same_rows(const struct cxa_batch *a, const struct cxa_batch *b)
{
	if (a->count != b->count)
		return false;
	for (size_t i = 0; i < a->count; i++)
		if (a->records[i].id != b->records[i].id ||
		    a->records[i].size != b->records[i].size ||
		    memcmp(a->records[i].data, b->records[i].data,
			   a->records[i].size) != 0)
			return false;
	return true;
}

static void embeddings_come_back_from_columns(void)
{
	static const size_t counts[] = { 1, 2, 3, 17, 300 };

	for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
		struct cxa_batch *batch = make_embeddings(counts[i], i % 2);
		struct cxa_batch *again = NULL;
		struct cxa_buffer raw = { 0 };
		struct cxa_id_run ids;
		int status = cxa_batch_encode(CXA_EMBEDDINGS, batch->records,
					      batch->count, &raw, NULL);

		if (status == 0)
			status = cxa_batch_decode(CXA_EMBEDDINGS, &raw, &limits,
						  &all, &again, &ids, NULL);
		ok(status == 0 && same_rows(batch, again),
		   "%zu embeddings come back byte for byte", counts[i]);
		cxa_batch_unref(batch);
		cxa_batch_unref(again);
		cxa_buffer_release(&raw);
	}
}

static void a_range_of_embeddings_is_made_alone(void)
{
	static const struct cxa_id_range range = { 10, 20 };
	struct cxa_batch *batch = make_embeddings(30, true);
	struct cxa_batch *part = NULL;
	struct cxa_buffer raw = { 0 };
	struct cxa_id_run ids = { 0 };

	cxa_batch_encode(CXA_EMBEDDINGS, batch->records, 30, &raw, NULL);
	cxa_batch_decode(CXA_EMBEDDINGS, &raw, &limits, &range, &part, &ids,
			 NULL);
	ok(part->count == 3 && part->records[0].id == 10 &&
		   part->records[0].size == batch->records[2].size &&
		   memcmp(part->records[2].data, batch->records[4].data,
			  part->records[2].size) == 0,
	   "only the rows of a range are made");
	is_uint(ids.count, 30, "though all are checked");
	cxa_batch_unref(batch);
	cxa_batch_unref(part);
	cxa_buffer_release(&raw);
}

/* Each changes the columns of two sound rows into something that is refused. */
static void spoil(Cxa__EmbeddingColumns *columns, int how)
{
	switch (how) {
	case 0: columns->semantic_vector->lengths[0]++; break;
	case 1: columns->semantic_vector->planes.len -= 4; break;
	case 2: columns->concept_ids[1] = columns->concept_ids[0]; break;
	case 3: columns->n_last_computed = 1; break;
	case 4: columns->context_vector->n_lengths = 1; break;
	case 5: columns->semantic_vector->has_planes = 0; break;
	case 6: columns->semantic_vector->lengths[0] = 65537; break;
	case 7: columns->extensions[0]->row = 2; break;
	default: columns->n_concept_ids = 0; break;
	}
}

static void columns_that_contradict_are_refused(void)
{
	static const char *const names[] = {
		"a length that does not fit the planes",
		"planes that are too short", "an id that comes twice",
		"fewer times than ids", "fewer lengths than ids",
		"lengths without planes", "a vector over the limit",
		"extensions of a row that is not there", "no ids" };
	const struct cxa_message_type *type =
		cxa_message_type_of(&cxa__embedding_batch__descriptor);

	for (int how = 0; how < 9; how++) {
		struct cxa_batch *batch = make_embeddings(2, true);
		struct cxa_arena arena = { 0 };
		struct cxa_buffer raw = { 0 };
		struct cxa_buffer bad = { 0 };
		struct cxa_error error = CXA_ERROR_INIT;
		ProtobufCMessage *message = NULL;
		struct cxa_wire_stats stats;
		struct cxa_id_run ids;

		cxa_batch_encode(CXA_EMBEDDINGS, batch->records, 2, &raw, NULL);
		cxa_wire_unpack(type, raw.data, raw.size, &arena, &message,
				NULL);
		spoil(((Cxa__EmbeddingBatch *)message)->columns[0], how);
		cxa_wire_pack(message, &bad, NULL);
		ok(cxa_batch_check(CXA_EMBEDDINGS, bad.data, bad.size, &limits,
				   &ids, &stats, &error) < 0,
		   "%s: refused (%s)", names[how], error.message);
		cxa_batch_unref(batch);
		cxa_arena_release(&arena);
		cxa_buffer_release(&raw);
		cxa_buffer_release(&bad);
	}
}

static void rows_of_embeddings_are_in_the_limit(void)
{
	struct cxa_limits own = limits;
	struct cxa_batch *batch = make_embeddings(1000, true);
	struct cxa_buffer raw = { 0 };
	struct cxa_wire_stats scanned = { 0 };
	struct cxa_wire_stats stats;
	struct cxa_id_run ids;
	struct cxa_error error = CXA_ERROR_INIT;

	cxa_batch_encode(CXA_EMBEDDINGS, batch->records, batch->count, &raw,
			 NULL);
	cxa_wire_scan(cxa_message_type_of(&cxa__embedding_batch__descriptor),
		      raw.data, raw.size, &limits, &scanned, NULL);
	cxa_batch_check(CXA_EMBEDDINGS, raw.data, raw.size, &limits, &ids,
			&stats, NULL);
	ok(stats.decode_bytes >= scanned.decode_bytes + raw.size +
	   batch->count * sizeof(*batch->records),
	   "the rows made of columns are counted, too");
	own.decode_bytes = stats.decode_bytes;
	is_int(cxa_batch_check(CXA_EMBEDDINGS, raw.data, raw.size, &own,
			       &ids, &stats, NULL), 0,
	       "columns whose rows take as much as the limit are accepted");
	own.decode_bytes--;
	is_int(cxa_batch_check(CXA_EMBEDDINGS, raw.data, raw.size, &own,
			       &ids, &stats, &error), CXA_ERR_LIMIT,
	       "those that take a byte more are refused");
	cxa_buffer_release(&raw);
	cxa_batch_unref(batch);
}

static void planes_turn_any_count_round(void)
{
	uint8_t floats[4 * 70 + 1];
	uint8_t planes[4 * 70];
	uint8_t again[4 * 70];
	size_t wrong = 0;

	for (size_t i = 0; i < sizeof(floats); i++)
		floats[i] = (uint8_t)(i * 37 + (i >> 3));
	for (size_t count = 0; count <= 70; count++) {
		cxa_planes_split(floats + 1, count, planes, count);
		for (size_t i = 0; i < 4 * count; i++)
			wrong += planes[i % 4 * count + i / 4] != floats[1 + i];
		cxa_planes_join(planes, count, count, again);
		wrong += memcmp(again, floats + 1, 4 * count) != 0;
	}
	is_uint(wrong, 0, "planes hold byte k of float i at k * count + i, and "
			  "join to the same floats, for 0 to 70 of them");
}

/* Of columns rows are made, and rows that are none become no columns. */
static void rows_that_are_no_embeddings_are_refused(void)
{
	static const struct {
		const char *claim;
		const char *bytes;
		size_t size;
	} cases[] = {
		{ "no bytes", "", 0 },
		{ "another first field", "\x10\x01", 2 },
		{ "an id that is cut", "\x08\x81", 2 },
		{ "nothing but an id", "\x08\x01", 2 },
		{ "another second field", "\x08\x01\x1a\x00", 4 },
		{ "no length", "\x08\x01\x12", 3 },
		{ "a length past the end", "\x08\x01\x12\x01", 4 },
		{ "bytes behind", "\x08\x01\x12\x00\x00", 5 },
		{ "a time that is cut", "\x08\x01\x12\x02\x21\x00", 6 },
		{ "extensions that are cut", "\x08\x01\x12\x02\x2a\x05", 6 },
		{ "a vector that is cut", "\x08\x01\x12\x02\x0a\x04", 6 },
		{ "a vector that is a number", "\x08\x01\x12\x02\x08\x04", 6 },
		{ "a field that is not known", "\x08\x01\x12\x02\x3a\x00", 6 },
		{ "field 0", "\x08\x01\x12\x02\x02\x00", 6 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct cxa_record row = {
			1, (const uint8_t *)cases[i].bytes, cases[i].size };
		struct cxa_error error = CXA_ERROR_INIT;
		struct cxa_buffer raw = { 0 };

		ok(cxa_batch_encode(CXA_EMBEDDINGS, &row, 1, &raw, &error) ==
				   CXA_ERR_CORRUPT &&
			   raw.size == 0,
		   "%s: refused (%s)", cases[i].claim, error.message);
		cxa_buffer_release(&raw);
	}
}

static void what_is_no_record_is_refused(void)
{
	Cxa__Concept concept = CXA__CONCEPT__INIT;
	struct cxa_error error = CXA_ERROR_INIT;
	struct cxa_error again = CXA_ERROR_INIT;
	struct cxa_wire_stats stats;
	struct cxa_batch *batch = NULL;
	struct cxa_id_run ids;
	uint64_t id;

	cxa_batch_new(&batch, CXA_CONNECTIONS, NULL);
	is_int(cxa_batch_append(batch, &concept.base, &error), CXA_ERR_USAGE,
	       "a record of another collection is not appended");
	like(error.message, "a Concept appended to a batch of connections",
	     "with both of them named");
	cxa_batch_unref(batch);
	is_int(cxa_batch_check(CXA_CONNECTIONS, (const uint8_t *)"", 0, &limits,
			       &ids, &stats, &again), CXA_ERR_CORRUPT,
	       "a batch without records is refused");
	like(again.message, "connections: a batch without records", "as that");
	ok(!cxa_record_key(CXA_CONNECTIONS, (const uint8_t *)"\x08", 1, &id) &&
	   !cxa_record_key(CXA_CONNECTIONS, (const uint8_t *)"\x08\x81", 2,
			   &id) &&
	   !cxa_record_key(CXA_CONNECTIONS, (const uint8_t *)"\x10\x01", 2,
			   &id), "a record without an id has none");
}

static void ids_must_ascend(void)
{
	Cxa__Connection connection = CXA__CONNECTION__INIT;
	struct cxa_error error = CXA_ERROR_INIT;
	struct cxa_batch *batch = NULL;

	cxa_batch_new(&batch, CXA_CONNECTIONS, NULL);
	connection.id = 7;
	is_int(cxa_batch_append(batch, &connection.base, &error), 0,
	       "a first record is taken");
	is_int(cxa_batch_append(batch, &connection.base, &error),
	       CXA_ERR_USAGE, "the same id again is refused");
	like(error.message, "connection 7", "by its name");
	cxa_batch_unref(batch);
}

static void rows_out_of_order_are_refused(void)
{
	Cxa__Connection connection = CXA__CONNECTION__INIT;
	struct cxa_error error = CXA_ERROR_INIT;
	struct cxa_record rows[2];
	struct cxa_buffer data[2] = { { 0 }, { 0 } };
	struct cxa_buffer raw = { 0 };
	struct cxa_wire_stats stats;
	struct cxa_id_run ids;

	for (int i = 0; i < 2; i++) {
		connection.id = i == 0 ? 9 : 4;
		cxa_wire_pack(&connection.base, &data[i], NULL);
		rows[i] = (struct cxa_record){ connection.id, data[i].data,
					       data[i].size };
	}
	cxa_batch_encode(CXA_CONNECTIONS, rows, 2, &raw, NULL);
	is_int(cxa_batch_check(CXA_CONNECTIONS, raw.data, raw.size, &limits,
			       &ids, &stats, &error), CXA_ERR_CORRUPT,
	       "ids that descend are refused");
	is_str(error.message, "connection 4 stands behind 9",
	       "with both of them named");
	cxa_buffer_release(&data[0]);
	cxa_buffer_release(&data[1]);
	cxa_buffer_release(&raw);
}

static void boundaries_depend_on_ids_alone(void)
{
	const struct cxa_collection_info *info =
		cxa_collection_info(CXA_CONNECTIONS);
	uint64_t ends[2][64];
	size_t counts[2] = { 0, 0 };
	size_t common = 0;

	/* The same million records, once without the first thousand. */
	for (int run = 0; run < 2; run++) {
		struct cxa_boundary boundary = { .info = info };

		for (uint64_t id = run == 0 ? 0 : 1000; id < 1000000; id++) {
			if (!cxa_boundary_add(&boundary, id, 40))
				continue;
			ends[run][counts[run]++ % 64] = id;
			boundary.bytes = 0;
		}
	}
	for (size_t i = 0; i < counts[0]; i++)
		for (size_t k = 0; k < counts[1]; k++)
			common += ends[0][i] == ends[1][k];
	ok(counts[0] > 10 && common + 3 >= counts[0],
	   "%zu of %zu boundaries stay when the first records go", common,
	   counts[0]);
	is_uint(cxa_boundary_mix(1), UINT64_C(0x5692161d100b05e5),
		"the mix is the finalizer of splitmix64");
}

static void a_large_record_has_a_batch_of_its_own(void)
{
	struct cxa_boundary boundary = {
		.info = cxa_collection_info(CXA_CONCEPTS) };

	ok(!cxa_boundary_before(&boundary, 30u << 20),
	   "an empty batch takes a record of 30 MB");
	cxa_boundary_add(&boundary, 3, 30u << 20);
	ok(cxa_boundary_before(&boundary, 1), "and no other beside it");
}

int main(void)
{
	cxa_limits_fill(&limits);
	rows_that_are_no_embeddings_are_refused();
	what_is_no_record_is_refused();
	ids_must_ascend();
	rows_out_of_order_are_refused();
	columns_that_contradict_are_refused();
	rows_of_embeddings_are_in_the_limit();
	planes_turn_any_count_round();
	embeddings_come_back_from_columns();
	a_range_of_embeddings_is_made_alone();
	boundaries_depend_on_ids_alone();
	a_large_record_has_a_batch_of_its_own();
	return done_testing();
}
