/* planes.c - fuzz: floats into byte planes and back, vectors into columns and back */
#include <stdlib.h>

#include "record/embedding_columns.h"
#include "support.h"

/*
 * The input is an embedding's vectors, not bytes of an archive: whatever their
 * lengths and bits, what goes into columns comes out of them. Planes are
 * compared with what a byte by byte copy gives, at odd counts and addresses.
 */

enum { ROWS_MAX = 64, FLOAT_BYTES = 4 };

static void split_and_join(const uint8_t *floats, size_t count, size_t stride)
{
	uint8_t *planes = malloc(FLOAT_BYTES * stride + 1);
	uint8_t *joined = malloc(FLOAT_BYTES * count + 1);

	MUST(planes != NULL && joined != NULL);
	cxa_planes_split(floats, count, planes, stride);
	for (size_t i = 0; i < count; i++)
		for (size_t plane = 0; plane < FLOAT_BYTES; plane++)
			MUST(planes[plane * stride + i] ==
			     floats[FLOAT_BYTES * i + plane]);
	cxa_planes_join(planes, stride, count, joined);
	MUST(count == 0 ||
	     memcmp(joined, floats, FLOAT_BYTES * count) == 0);
	free(planes);
	free(joined);
}

/* --- rows out of the input -------------------------------------------------- */

struct feed {
	const uint8_t *data;
	size_t size;
};

static uint8_t next_byte(struct feed *feed)
{
	if (feed->size == 0)
		return 0;
	feed->size--;
	return *feed->data++;
}

/* As many floats as a byte says and there are. */
static size_t next_vector(struct feed *feed, float *out, float **vector)
{
	size_t count = next_byte(feed);

	if (count > feed->size / FLOAT_BYTES)
		count = feed->size / FLOAT_BYTES;
	if (count != 0)
		memcpy(out, feed->data, count * FLOAT_BYTES);
	feed->data += count * FLOAT_BYTES;
	feed->size -= count * FLOAT_BYTES;
	*vector = out;
	return count;
}

static void add_row(struct cxa_batch *batch, struct feed *feed, uint64_t id)
{
	static char extensions[] = "{\"more\":[1,2]}";
	Cxa__Embedding row = CXA__EMBEDDING__INIT;
	Cxa__Embeddings vectors = CXA__EMBEDDINGS__INIT;
	float floats[3][UINT8_MAX];
	uint8_t flags = next_byte(feed);

	row.concept_id = id;
	row.embeddings = &vectors;
	vectors.n_semantic_vector = next_vector(feed, floats[0],
						&vectors.semantic_vector);
	vectors.n_neural_signature = next_vector(feed, floats[1],
						 &vectors.neural_signature);
	vectors.n_context_vector = next_vector(feed, floats[2],
					       &vectors.context_vector);
	memcpy(&vectors.last_computed, extensions + flags % 4,
	       sizeof(vectors.last_computed));
	if ((flags & 0x80) != 0) {
		vectors.has_extensions = true;
		vectors.extensions.data = (uint8_t *)extensions;
		vectors.extensions.len = strlen(extensions);
	}
	MUST(cxa_batch_append(batch, &row.base, NULL) == 0);
}

static void compare_rows(const struct cxa_batch *a, const struct cxa_batch *b)
{
	MUST(a->count == b->count);
	for (size_t i = 0; i < a->count; i++) {
		MUST(a->records[i].id == b->records[i].id);
		MUST(a->records[i].size == b->records[i].size);
		MUST(memcmp(a->records[i].data, b->records[i].data,
			    a->records[i].size) == 0);
	}
}

static void through_columns(const struct cxa_batch *rows)
{
	static const struct cxa_id_range all = { 0, UINT64_MAX };
	const struct cxa_limits *limits = &fuzz_context()->limits;
	struct cxa_error error = CXA_ERROR_INIT;
	struct cxa_wire_stats stats = { 0 };
	struct cxa_buffer columns = { 0 };
	struct cxa_batch *read = NULL;
	struct cxa_id_run ids = { 0 };

	fuzz_must_be(cxa_embedding_columns_encode(rows->records, rows->count,
						  &columns, &error), 0, &error,
		     "rows into columns");
	MUST(cxa_batch_new(&read, CXA_EMBEDDINGS, NULL) == 0);
	fuzz_must_be(cxa_embedding_columns_decode(columns.data, columns.size,
						  limits, &stats, &all, read,
						  &ids, &error), 0, &error,
		     "columns into rows");
	compare_rows(rows, read);
	cxa_batch_unref(read);
	cxa_buffer_release(&columns);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct feed feed = { data, size };
	struct cxa_batch *rows = NULL;
	uint64_t id = 0;
	size_t offset = next_byte(&feed) % 64;
	size_t stride = next_byte(&feed);

	if (feed.size > offset)
		split_and_join(feed.data + offset,
			       (feed.size - offset) / FLOAT_BYTES,
			       (feed.size - offset) / FLOAT_BYTES + stride);
	MUST(cxa_batch_new(&rows, CXA_EMBEDDINGS, NULL) == 0);
	for (int i = 0; i < ROWS_MAX && feed.size != 0; i++) {
		id += (uint64_t)next_byte(&feed) * next_byte(&feed) + 1;
		add_row(rows, &feed, id);
	}
	if (rows->count != 0)
		through_columns(rows);
	cxa_batch_unref(rows);
	return 0;
}
