/* embedding_columns.c - rows of embeddings into columns, and back */
#include "record/embedding_columns.h"

#include "record/json_verify.h"

#include "base/bytes.h"

/* A row made takes its place in a batch, which doubles, and a rounding. */
enum { VECTORS = 3, ROW_COST = 2 * sizeof(struct cxa_record) + 16 };

/* One row, taken apart: pointers into its encoding. */
struct row {
	uint64_t id;
	const uint8_t *vector[VECTORS]; /* little-endian floats */
	size_t length[VECTORS];         /* floats */
	uint64_t last_computed;         /* the bits of the double */
	const uint8_t *extensions;
	size_t extensions_size;
};

static int bad_row(struct cxa_error *error)
{
	return cxa_error_set(error, CXA_ERR_CORRUPT,
			     "a row of embeddings that is not canonical");
}

static bool take_bytes(const uint8_t **cursor, const uint8_t *end,
		       const uint8_t **data, size_t *size)
{
	uint64_t length = 0;

	if (!cxa_varint_get(cursor, end, &length) ||
	    length > (uint64_t)(end - *cursor))
		return false;
	*data = *cursor;
	*size = (size_t)length;
	*cursor += length;
	return true;
}

/* The fields of Embeddings: 1..3 the vectors, 4 last_computed, 5 extensions. */
static bool parse_embeddings(struct row *row, const uint8_t *data, size_t size)
{
	const uint8_t *end = data + size;
	size_t bytes = 0;

	while (data != end) {
		unsigned tag = *data++;

		if (tag == (4 << 3 | 1)) {
			if (end - data < 8)
				return false;
			row->last_computed = cxa_load64(data);
			data += 8;
		} else if (tag == (5 << 3 | 2)) {
			if (!take_bytes(&data, end, &row->extensions,
					&row->extensions_size))
				return false;
		} else {
			unsigned vector = (tag >> 3) - 1;

			if (vector >= VECTORS || (tag & 7) != 2 ||
			    !take_bytes(&data, end, &row->vector[vector],
					&bytes))
				return false;
			row->length[vector] = bytes / 4;
		}
	}
	return true;
}

static bool parse_row(struct row *row, const struct cxa_record *record)
{
	const uint8_t *data = record->data;
	const uint8_t *end = data + record->size;
	const uint8_t *inner = NULL;
	size_t inner_size = 0;

	*row = (struct row){ 0 };
	if (data == end || *data++ != (1 << 3) ||
	    !cxa_varint_get(&data, end, &row->id) || data == end ||
	    *data++ != (2 << 3 | 2) ||
	    !take_bytes(&data, end, &inner, &inner_size) || data != end)
		return false;
	return parse_embeddings(row, inner, inner_size);
}

/* The message under construction; its arrays are in the arena. */
struct builder {
	Cxa__EmbeddingColumns columns;
	Cxa__VectorColumn vectors[VECTORS];
	size_t filled[VECTORS]; /* floats */
};

static int allocate(struct builder *builder, size_t count,
		    const size_t totals[VECTORS], size_t extensions,
		    struct cxa_arena *arena)
{
	Cxa__EmbeddingColumns *columns = &builder->columns;
	Cxa__VectorColumn *const place[VECTORS] = {
		&builder->vectors[0], &builder->vectors[1],
		&builder->vectors[2] };

	cxa__embedding_columns__init(columns);
	columns->concept_ids = cxa_arena_alloc(arena, count * 8);
	columns->last_computed = cxa_arena_alloc(arena, count * 8);
	columns->extensions = cxa_arena_alloc(
		arena, extensions * sizeof(*columns->extensions));
	if (columns->concept_ids == NULL || columns->last_computed == NULL ||
	    columns->extensions == NULL)
		return -1;
	for (size_t v = 0; v < VECTORS; v++) {
		cxa__vector_column__init(place[v]);
		place[v]->lengths = cxa_arena_alloc(arena, count * 4);
		place[v]->planes.len = 4 * totals[v];
		place[v]->planes.data = cxa_arena_alloc(arena, 4 * totals[v]);
		place[v]->has_planes = totals[v] != 0;
		if (place[v]->lengths == NULL || place[v]->planes.data == NULL)
			return -1;
	}
	columns->semantic_vector = place[0];
	columns->neural_signature = place[1];
	columns->context_vector = place[2];
	return 0;
}

static int add_extension(Cxa__EmbeddingColumns *columns, const struct row *row,
			 struct cxa_arena *arena)
{
	Cxa__EmbeddingExtension *extension =
		cxa_arena_alloc(arena, sizeof(*extension));

	if (extension == NULL)
		return -1;
	cxa__embedding_extension__init(extension);
	extension->row = (uint32_t)columns->n_concept_ids;
	/* Packing only reads it. */
	extension->extensions.data = (uint8_t *)(uintptr_t)row->extensions;
	extension->extensions.len = row->extensions_size;
	columns->extensions[columns->n_extensions++] = extension;
	return 0;
}

static int add_row(struct builder *builder, const struct row *row,
		   struct cxa_arena *arena)
{
	Cxa__EmbeddingColumns *columns = &builder->columns;

	if (row->extensions != NULL && add_extension(columns, row, arena) != 0)
		return -1;
	columns->concept_ids[columns->n_concept_ids++] = row->id;
	memcpy(&columns->last_computed[columns->n_last_computed++],
	       &row->last_computed, 8);
	for (size_t v = 0; v < VECTORS; v++) {
		Cxa__VectorColumn *vector = &builder->vectors[v];

		vector->lengths[vector->n_lengths++] = (uint32_t)row->length[v];
		cxa_planes_split(row->vector[v], row->length[v],
				 vector->planes.data + builder->filled[v],
				 vector->planes.len / 4);
		builder->filled[v] += row->length[v];
	}
	return 0;
}

static int build(struct builder *builder, const struct cxa_record *records,
		 size_t count, struct cxa_arena *arena, struct cxa_error *error)
{
	size_t totals[VECTORS] = { 0 };
	size_t extensions = 0;
	struct row row;

	for (size_t i = 0; i < count; i++) {
		if (!parse_row(&row, &records[i]))
			return bad_row(error);
		for (size_t v = 0; v < VECTORS; v++)
			totals[v] += row.length[v];
		extensions += row.extensions != NULL;
	}
	if (allocate(builder, count, totals, extensions, arena) != 0)
		return cxa_error_nomem(error, "a batch of embeddings");
	for (size_t i = 0; i < count; i++) {
		parse_row(&row, &records[i]);
		if (add_row(builder, &row, arena) != 0)
			return cxa_error_nomem(error, "a batch of embeddings");
	}
	return 0;
}

int cxa_embedding_columns_encode(const struct cxa_record *records, size_t count,
				 struct cxa_buffer *out,
				 struct cxa_error *error)
{
	struct cxa_arena arena = { 0 };
	struct builder builder = { 0 };
	Cxa__EmbeddingBatch batch = CXA__EMBEDDING_BATCH__INIT;
	Cxa__EmbeddingColumns *columns = &builder.columns;
	int status = build(&builder, records, count, &arena, error);

	if (status == 0) {
		batch.n_columns = 1;
		batch.columns = &columns;
		status = cxa_wire_pack(&batch.base, out, error);
	}
	cxa_arena_release(&arena);
	return status;
}

static int wrong(struct cxa_error *error, const char *what)
{
	return cxa_error_set(error, CXA_ERR_CORRUPT, "embeddings: %s", what);
}

static int check_vector(const Cxa__VectorColumn *vector, size_t count,
			const struct cxa_limits *limits,
			struct cxa_error *error)
{
	uint64_t total = 0;

	if (vector->n_lengths != count)
		return wrong(error, "not a length for each row");
	for (size_t i = 0; i < count; i++) {
		if (vector->lengths[i] > limits->vector_floats)
			return cxa_limit_exceeded(error, limits,
						  CXA_LIMIT(vector_floats),
						  vector->lengths[i],
						  "embeddings: a vector");
		total += vector->lengths[i];
	}
	if (vector->has_planes != (total != 0) ||
	    (vector->has_planes && vector->planes.len != 4 * total))
		return wrong(error, "lengths do not fit the byte planes");
	return 0;
}

static int check_extension(const Cxa__EmbeddingColumns *columns, size_t i,
			   struct cxa_error *error)
{
	const Cxa__EmbeddingExtension *extension = columns->extensions[i];
	Cxa__Embeddings embeddings = CXA__EMBEDDINGS__INIT;

	if (extension->row >= columns->n_concept_ids ||
	    (i != 0 && extension->row <= columns->extensions[i - 1]->row))
		return wrong(error, "extensions of rows that are not there or "
				    "out of order");
	embeddings.has_extensions = true;
	embeddings.extensions = extension->extensions;
	return cxa_json_verify_message(&embeddings.base, error);
}

static int check_columns(const Cxa__EmbeddingColumns *columns,
			 const struct cxa_limits *limits,
			 struct cxa_error *error)
{
	const Cxa__VectorColumn *vectors[VECTORS] = {
		columns->semantic_vector, columns->neural_signature,
		columns->context_vector };
	size_t count = columns->n_concept_ids;
	int status;

	if (count == 0 || columns->n_last_computed != count)
		return wrong(error, "not an id and a time for each row");
	for (size_t i = 1; i < count; i++)
		if (columns->concept_ids[i] <= columns->concept_ids[i - 1])
			return cxa_error_set(error, CXA_ERR_CORRUPT,
					     "embedding %llu stands behind %llu",
					     (unsigned long long)
					     columns->concept_ids[i],
					     (unsigned long long)
					     columns->concept_ids[i - 1]);
	for (size_t v = 0; v < VECTORS; v++) {
		status = check_vector(vectors[v], count, limits, error);
		if (status < 0)
			return status;
	}
	for (size_t i = 0; i < columns->n_extensions; i++) {
		status = check_extension(columns, i, error);
		if (status < 0)
			return status;
	}
	return 0;
}

/* What the rows are made from: the columns, and how far each has been used. */
struct reader {
	const Cxa__EmbeddingColumns *columns;
	const Cxa__VectorColumn *vectors[VECTORS];
	size_t used[VECTORS]; /* floats */
	size_t extension;
};

static const ProtobufCBinaryData *row_extensions(struct reader *reader,
						 size_t row)
{
	const Cxa__EmbeddingColumns *columns = reader->columns;

	if (reader->extension == columns->n_extensions ||
	    columns->extensions[reader->extension]->row != row)
		return NULL;
	return &columns->extensions[reader->extension++]->extensions;
}

static size_t prefixed_size(size_t size)
{
	return 1 + cxa_varint_size(size) + size;
}

static uint8_t *put_prefix(uint8_t *out, unsigned number, size_t size)
{
	*out++ = (uint8_t)(number << 3 | 2);
	return cxa_varint_put(out, size);
}

/* Writes what cxa_wire_pack() would of an Embedding, straight from the planes. */
static int make_row(struct reader *reader, size_t i, struct cxa_arena *arena,
		    struct cxa_record *record)
{
	const ProtobufCBinaryData *extensions = row_extensions(reader, i);
	uint64_t id = reader->columns->concept_ids[i];
	size_t inner = 9;
	uint8_t *out;

	for (size_t v = 0; v < VECTORS; v++)
		if (reader->vectors[v]->lengths[i] != 0)
			inner += prefixed_size(
				4 * (size_t)reader->vectors[v]->lengths[i]);
	if (extensions != NULL)
		inner += prefixed_size(extensions->len);
	record->id = id;
	record->size = 1 + cxa_varint_size(id) + prefixed_size(inner);
	out = cxa_arena_alloc(arena, record->size);
	if (out == NULL)
		return -1;
	record->data = out;
	*out++ = 1 << 3;
	out = cxa_varint_put(out, id);
	out = put_prefix(out, 2, inner);
	for (unsigned v = 0; v < VECTORS; v++) {
		const Cxa__VectorColumn *vector = reader->vectors[v];
		size_t length = vector->lengths[i];

		if (length == 0)
			continue;
		out = put_prefix(out, v + 1, 4 * length);
		cxa_planes_join(vector->planes.data + reader->used[v],
				vector->planes.len / 4, length, out);
		reader->used[v] += length;
		out += 4 * length;
	}
	*out++ = 4 << 3 | 1;
	memcpy(out, &reader->columns->last_computed[i], 8);
	out += 8;
	if (extensions != NULL) {
		out = put_prefix(out, 5, extensions->len);
		memcpy(out, extensions->data, extensions->len);
	}
	return 0;
}

/* A row that is not wanted: its floats and extensions are passed over. */
static void skip_row(struct reader *reader, size_t i)
{
	row_extensions(reader, i);
	for (size_t v = 0; v < VECTORS; v++)
		reader->used[v] += reader->vectors[v]->lengths[i];
}

static int make_rows(const Cxa__EmbeddingColumns *columns,
		     const struct cxa_id_range *range, struct cxa_batch *batch,
		     struct cxa_error *error)
{
	struct reader reader = {
		.columns = columns,
		.vectors = { columns->semantic_vector,
			     columns->neural_signature,
			     columns->context_vector },
	};
	struct cxa_record record;
	int status = 0;

	for (size_t i = 0; i < columns->n_concept_ids && status == 0; i++) {
		uint64_t id = columns->concept_ids[i];

		if (id < range->first || id > range->last) {
			skip_row(&reader, i);
			continue;
		}
		if (make_row(&reader, i, cxa_batch_arena(batch), &record) != 0)
			return cxa_error_nomem(error, "rows of embeddings");
		status = cxa_batch_add_row(batch, &record, error);
	}
	return status;
}

static int check_memory(struct cxa_wire_stats *stats, uint64_t more,
			const struct cxa_limits *limits,
			struct cxa_error *error)
{
	stats->decode_bytes += more;
	if (stats->decode_bytes <= limits->decode_bytes)
		return 0;
	return cxa_limit_exceeded(error, limits, CXA_LIMIT(decode_bytes),
				  stats->decode_bytes, "embeddings");
}

int cxa_embedding_columns_decode(const uint8_t *data, size_t size,
				 const struct cxa_limits *limits,
				 struct cxa_wire_stats *stats,
				 const struct cxa_id_range *range,
				 struct cxa_batch *batch, struct cxa_id_run *ids,
				 struct cxa_error *error)
{
	const struct cxa_message_type *type =
		cxa_message_type_of(&cxa__embedding_batch__descriptor);
	struct cxa_arena arena = { 0 };
	ProtobufCMessage *message = NULL;
	const Cxa__EmbeddingBatch *decoded;
	const Cxa__EmbeddingColumns *columns;
	int status = cxa_wire_scan(type, data, size, limits, stats, error);

	/* Rows hold again what stands in the columns. */
	if (status == 0)
		status = check_memory(stats, size, limits, error);
	if (status == 0)
		status = cxa_wire_unpack(type, data, size, &arena, &message,
					 error);
	if (status != 0)
		goto done;
	if (stats->unknown != 0) {
		/* Rows have no place for them: they would be lost. */
		status = wrong(error, "columns with fields that are not known");
		goto done;
	}
	decoded = (const void *)message;
	if (decoded->n_columns != 1) {
		status = wrong(error, "not exactly one set of columns");
		goto done;
	}
	columns = decoded->columns[0];
	status = check_columns(columns, limits, error);
	if (status == 0)
		status = check_memory(stats, columns->n_concept_ids * ROW_COST,
				      limits, error);
	if (status < 0)
		goto done;
	ids->count = columns->n_concept_ids;
	ids->first = columns->concept_ids[0];
	ids->last = columns->concept_ids[columns->n_concept_ids - 1];
	if (batch != NULL)
		status = make_rows(columns, range, batch, error);
done:
	cxa_arena_release(&arena);
	return status;
}
