/* scan_embeddings.c - embeddings looked at, as rows or as byte planes */
#include <inttypes.h>

#include "base/bytes.h"
#include "base/wire.h"
#include "check/graph.h"

static const char *const vector_names[CXA_VECTORS] = {
	"semantic_vector", "neural_signature", "context_vector" };

/*
 * @wrong: floats that are NaN or infinite, the first of them at @vector and
 * @position
 */
struct row {
	uint64_t id;
	uint64_t lengths[CXA_VECTORS];
	uint64_t last_computed; /* the bits of the double */
	uint64_t wrong;
	unsigned vector;
	size_t position;
};

/* --- floats: an exponent of all ones --------------------------------------- */

/* 0x7f and 1 is 0x80, within each byte; so is the exponent's lowest bit. */
static bool any_in_planes(const uint8_t *high, const uint8_t *low, size_t count)
{
	const uint64_t ones = UINT64_C(0x0101010101010101);
	uint64_t found = 0;
	size_t i = 0;

	for (; i + 8 <= count; i += 8)
		found |= ((cxa_load64(high + i) & 0x7f * ones) + ones) &
			 cxa_load64(low + i);
	for (; i < count; i++)
		found |= (uint64_t)((high[i] & 0x7f) + 1) & low[i];
	return (found & 0x80 * ones) != 0;
}

static bool any_in_floats(const uint8_t *data, size_t count)
{
	const uint64_t exponents = UINT64_C(0x7f8000007f800000);
	const uint64_t lowest = UINT64_C(0x0080000000800000);
	uint64_t found = 0;
	size_t i = 0;

	for (; i + 2 <= count; i += 2)
		found |= (cxa_load64(data + 4 * i) & exponents) + lowest;
	if (i < count)
		found |= (cxa_load32(data + 4 * i) & exponents) + lowest;
	return (found & UINT64_C(0x8000000080000000)) != 0;
}

static void count_wrong(struct row *row, unsigned vector, size_t position,
			unsigned high, unsigned low)
{
	if ((high & 0x7f) != 0x7f || (low & 0x80) == 0)
		return;
	if (row->wrong++ == 0) {
		row->vector = vector;
		row->position = position;
	}
}

/* --- a row ----------------------------------------------------------------- */

static void see_lengths(struct cxa_part *part, const struct row *row)
{
	struct cxa_length_run *runs = (void *)part->runs.data;
	size_t count = part->runs.size / sizeof(*runs);
	struct cxa_length_run begun = { .count = 1 };

	if (count != 0 && memcmp(runs[count - 1].lengths, row->lengths,
				 sizeof(row->lengths)) == 0) {
		runs[count - 1].count++;
		return;
	}
	memcpy(begun.lengths, row->lengths, sizeof(row->lengths));
	cxa_buffer_append(&part->runs, &begun, sizeof(begun));
	cxa_part_note(part, CXA_NOTE_LENGTHS, row->id, row->lengths);
}

static void see_row(struct cxa_graph *graph, struct cxa_part *part,
		    const struct row *row)
{
	const char *what;
	double time;
	size_t position;

	if (cxa_id_list_find(&graph->sets[CXA_CONCEPTS], row->id, &position))
		cxa_concept_flag(graph, position, CXA_CONCEPT_EMBEDDED);
	else
		cxa_part_note(part, CXA_NOTE_EMBEDDING_CONCEPT, row->id,
			      &row->id);
	see_lengths(part, row);
	memcpy(&time, &row->last_computed, sizeof(time));
	what = cxa_time_fault(time);
	if (what != NULL)
		cxa_part_find(part, CXA_RULE_TIMESTAMP, row->id,
			      "last_computed is %s", what);
	if (row->wrong == 1)
		cxa_part_find(part, CXA_RULE_FINITE, row->id,
			      "%s[%zu] is NaN or infinite",
			      vector_names[row->vector], row->position);
	else if (row->wrong > 1)
		cxa_part_find(part, CXA_RULE_FINITE, row->id,
			      "%s[%zu] is NaN or infinite; so are %" PRIu64
			      " more values", vector_names[row->vector],
			      row->position, row->wrong - 1);
}

/* --- as rows --------------------------------------------------------------- */

/* The field at *@data, which moves behind it; false: there is none. */
static bool next_field(const uint8_t **data, const uint8_t *end,
		       unsigned *number, const uint8_t **value, size_t *size)
{
	uint64_t tag = 0;
	uint64_t length = 8;

	if (*data == end || !cxa_varint_get(data, end, &tag))
		return false;
	*number = (unsigned)(tag >> 3);
	*value = *data;
	if ((tag & 7) == 0) {
		if (!cxa_varint_get(data, end, &length))
			return false;
		*size = (size_t)(*data - *value);
		return true;
	}
	if ((tag & 7) == 5)
		length = 4;
	else if ((tag & 7) == 2 && !cxa_varint_get(data, end, &length))
		return false;
	if (length > (uint64_t)(end - *data))
		return false;
	*value = *data;
	*size = (size_t)length;
	*data += length;
	return true;
}

static void read_floats(struct row *row, unsigned vector, const uint8_t *data,
			size_t count)
{
	row->lengths[vector] = count;
	if (!any_in_floats(data, count))
		return;
	for (size_t i = 0; i < count; i++)
		count_wrong(row, vector, i, data[4 * i + 3], data[4 * i + 2]);
}

static void read_row(struct row *row, const struct cxa_record *record)
{
	const uint8_t *data = record->data;
	const uint8_t *end = data + record->size;
	const uint8_t *value = NULL;
	unsigned number = 0;
	size_t size = 0;

	*row = (struct row){ .id = record->id };
	while (next_field(&data, end, &number, &value, &size)) {
		if (number != 2)
			continue;
		data = value; /* embeddings, the last field: into it */
		end = value + size;
		while (next_field(&data, end, &number, &value, &size)) {
			if (number >= 1 && number <= CXA_VECTORS)
				read_floats(row, number - 1, value, size / 4);
			else if (number == 4 && size == 8)
				row->last_computed = cxa_load64(value);
		}
	}
}

void cxa_graph_scan_embeddings(struct cxa_graph *graph, struct cxa_part *part)
{
	const struct cxa_record *records = (const void *)part->records.data;
	struct row row;

	for (size_t i = 0; i < part->count; i++) {
		read_row(&row, &records[i]);
		see_row(graph, part, &row);
	}
}

/* --- as columns ------------------------------------------------------------ */

/* Bytes of a field, and how far they were read. */
struct bytes {
	const uint8_t *data;
	const uint8_t *end;
};

struct vector {
	struct bytes lengths; /* varints */
	const uint8_t *planes;
	size_t total; /* floats */
	size_t used;
	bool any; /* of all of them: one is not finite */
};

static void read_vector(struct vector *vector, const uint8_t *data,
			size_t size)
{
	const uint8_t *end = data + size;
	const uint8_t *value = NULL;
	unsigned number = 0;

	while (next_field(&data, end, &number, &value, &size)) {
		if (number == 1) {
			vector->lengths = (struct bytes){ value, value + size };
		} else if (number == 2) {
			vector->planes = value;
			vector->total = size / 4;
		}
	}
	if (vector->total != 0)
		vector->any = any_in_planes(vector->planes + 3 * vector->total,
					    vector->planes + 2 * vector->total,
					    vector->total);
}

static void take_vector(struct row *row, unsigned v, struct vector *vector)
{
	const uint8_t *high;
	const uint8_t *low;
	uint64_t length = 0;

	if (!cxa_varint_get(&vector->lengths.data, vector->lengths.end,
			    &length) ||
	    length > vector->total - vector->used)
		return;
	row->lengths[v] = length;
	if (vector->any) {
		high = vector->planes + 3 * vector->total + vector->used;
		low = high - vector->total;
		for (size_t i = 0; i < length; i++)
			count_wrong(row, v, i, high[i], low[i]);
	}
	vector->used += (size_t)length;
}

void cxa_graph_scan_embedding_columns(struct cxa_graph *graph,
				      struct cxa_part *part,
				      const uint8_t *data, size_t size)
{
	struct vector vectors[CXA_VECTORS] = { 0 };
	struct bytes ids = { 0 };
	struct bytes times = { 0 };
	const uint8_t *end = data + size;
	const uint8_t *value = NULL;
	unsigned number = 0;
	struct row row;

	if (!next_field(&data, end, &number, &value, &size))
		return;
	data = value; /* the one set of columns */
	end = value + size;
	while (next_field(&data, end, &number, &value, &size)) {
		if (number == 1)
			ids = (struct bytes){ value, value + size };
		else if (number == 2)
			times = (struct bytes){ value, value + size };
		else if (number >= 3 && number < 3 + CXA_VECTORS)
			read_vector(&vectors[number - 3], value, size);
	}
	while (ids.data != ids.end && times.end - times.data >= 8) {
		row = (struct row){ .last_computed = cxa_load64(times.data) };
		times.data += 8;
		if (!cxa_varint_get(&ids.data, ids.end, &row.id))
			break;
		for (unsigned v = 0; v < CXA_VECTORS; v++)
			take_vector(&row, v, &vectors[v]);
		cxa_buffer_append(&part->ids, &row.id, sizeof(row.id));
		part->count++;
		see_row(graph, part, &row);
	}
}
