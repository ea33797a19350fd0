/* store_writer.c - records into rows: the wire's bytes taken apart by the plan */
#include "endpoint/store_writer.h"

#include <stdlib.h>

#include "base/wire.h"
#include "endpoint/store_row.h"

/** struct cxa_store_writer - @rows: as cxa_store_tables() has the tables */
struct cxa_store_writer {
	struct cxa_error *error;
	const struct cxa_store_table *tables;
	size_t count;
	struct cxa_store_row rows[];
};

int cxa_store_writer_open(struct cxa_store_writer **out,
			  struct cxa_store *store, struct cxa_error *error)
{
	size_t count;
	const struct cxa_store_table *tables = cxa_store_tables(&count);
	struct cxa_store_writer *writer;
	int status = 0;

	*out = NULL;
	writer = calloc(1, sizeof(*writer) + count * sizeof(writer->rows[0]));
	if (writer == NULL)
		return cxa_error_nomem(error, "writing a store");
	writer->tables = tables;
	writer->count = count;
	for (size_t i = 0; i < count && status == 0; i++)
		status = cxa_store_row_open(&writer->rows[i], store, &tables[i],
					    error);
	if (status < 0) {
		cxa_store_writer_close(writer);
		return status;
	}
	*out = writer;
	return 0;
}

void cxa_store_writer_close(struct cxa_store_writer *writer)
{
	if (writer == NULL)
		return;
	for (size_t i = 0; i < writer->count; i++)
		cxa_store_row_close(&writer->rows[i]);
	free(writer);
}

/* The number of the field that stands next; 0: none does. */
static uint32_t next_field(const struct cxa_store_bytes *bytes)
{
	const uint8_t *at = bytes->at;
	uint64_t tag;

	if (at == bytes->end || !cxa_varint_get(&at, bytes->end, &tag))
		return 0;
	return (uint32_t)(tag >> 3);
}

static void skip_tag(struct cxa_store_bytes *bytes)
{
	uint64_t tag;

	cxa_varint_get(&bytes->at, bytes->end, &tag);
}

static int write_message(struct cxa_store_writer *writer,
			 struct cxa_store_row *row,
			 const struct cxa_store_message *message,
			 struct cxa_store_bytes bytes);

/* A message in this row; what is not known in it stands in the same place. */
static int write_inner(struct cxa_store_writer *writer,
		       struct cxa_store_row *row,
		       const struct cxa_store_node *node,
		       struct cxa_store_bytes *bytes)
{
	struct cxa_buffer *unknown = &row->unknown;
	size_t before = unknown->size;
	struct cxa_store_bytes part;
	size_t start;
	int status;

	if (!cxa_store_bytes_part(bytes, &part))
		return cxa_store_row_cut(row, writer->error);
	cxa_varint_append(unknown, (uint64_t)node->field->descriptor->id << 3 |
					   2);
	start = cxa_length_begin(unknown);
	status = write_message(writer, row, &node->message, part);
	if (unknown->size == start)
		unknown->size = before;
	else
		cxa_length_end(unknown, start);
	return status;
}

static void name_variant(struct cxa_store_row *row,
			 const struct cxa_store_node *node,
			 const struct cxa_store_bytes *bytes)
{
	struct cxa_store_bytes look = *bytes;
	struct cxa_store_bytes part;
	const struct cxa_message_type *type = node->message.type;

	if (!cxa_store_bytes_part(&look, &part))
		return;
	for (unsigned i = 0; i < type->field_count; i++)
		if (type->fields[i].descriptor->id == next_field(&part))
			cxa_store_row_name(row, node->column,
					   type->fields[i].json_name);
}

static int write_element(struct cxa_store_writer *writer,
			 struct cxa_store_row *row,
			 const struct cxa_field *field,
			 struct cxa_store_bytes *bytes)
{
	struct cxa_store_bytes part;
	int status;

	if (field->type == NULL) {
		status = cxa_store_row_value(row, row->table->column_count - 1,
					     field, NULL, bytes,
					     writer->error);
	} else {
		if (!cxa_store_bytes_part(bytes, &part))
			return cxa_store_row_cut(row, writer->error);
		status = write_message(writer, row, &row->table->message, part);
	}
	return status < 0 ? status : cxa_store_row_end(row, writer->error);
}

/* Every value of a repeated field is a row of the list's own table. */
static int write_list(struct cxa_store_writer *writer,
		      const struct cxa_store_row *parent,
		      const struct cxa_store_node *node,
		      struct cxa_store_bytes *bytes)
{
	struct cxa_store_row *row =
		&writer->rows[node->table - writer->tables];
	const struct cxa_field *field = node->field;
	struct cxa_store_bytes values = { NULL, NULL };
	int64_t position = 0;
	int status = 0;

	while (status == 0 && next_field(bytes) == field->descriptor->id) {
		skip_tag(bytes);
		if ((field->descriptor->flags &
		     PROTOBUF_C_FIELD_FLAG_PACKED) == 0) {
			cxa_store_row_begin(row, parent, position++);
			status = write_element(writer, row, field, bytes);
			continue;
		}
		if (!cxa_store_bytes_part(bytes, &values))
			return cxa_store_row_cut(parent, writer->error);
		while (status == 0 && values.at != values.end) {
			cxa_store_row_begin(row, parent, position++);
			status = write_element(writer, row, field, &values);
		}
	}
	return status;
}

static int write_vector(struct cxa_store_writer *writer,
			struct cxa_store_row *row,
			const struct cxa_store_node *node,
			struct cxa_store_bytes *bytes)
{
	struct cxa_store_bytes floats = { NULL, NULL };

	if (next_field(bytes) == node->field->descriptor->id) {
		skip_tag(bytes);
		if (!cxa_store_bytes_part(bytes, &floats))
			return cxa_store_row_cut(row, writer->error);
	}
	cxa_store_row_blob(row, node->column, floats.at,
			   (size_t)(floats.end - floats.at));
	return 0;
}

/* A field that no column keeps: an archive's header has some. */
static int skip_value(struct cxa_store_writer *writer,
		      struct cxa_store_row *row, const struct cxa_field *field,
		      struct cxa_store_bytes *bytes)
{
	struct cxa_store_bytes part;
	uint64_t number;

	while (next_field(bytes) == field->descriptor->id) {
		skip_tag(bytes);
		if (field->kind == CXA_FIELD_U32 &&
		    cxa_varint_get(&bytes->at, bytes->end, &number))
			continue;
		if (!cxa_store_bytes_part(bytes, &part))
			return cxa_store_row_cut(row, writer->error);
	}
	return 0;
}

static int write_node(struct cxa_store_writer *writer,
		      struct cxa_store_row *row,
		      const struct cxa_message_type *type,
		      const struct cxa_store_node *node,
		      struct cxa_store_bytes *bytes)
{
	if (node->form == CXA_STORE_LIST)
		return write_list(writer, row, node, bytes);
	if (node->form == CXA_STORE_VECTOR)
		return write_vector(writer, row, node, bytes);
	if (node->form == CXA_STORE_NONE)
		return skip_value(writer, row, node->field, bytes);
	if (next_field(bytes) != node->field->descriptor->id)
		return 0;
	skip_tag(bytes);
	if (node->form == CXA_STORE_VALUE)
		return cxa_store_row_value(row, node->column, node->field,
					   node->field == type->extensions ?
						   type : NULL,
					   bytes, writer->error);
	if (node->form == CXA_STORE_UNION)
		name_variant(row, node, bytes);
	else if (node->column != CXA_STORE_NO_COLUMN)
		cxa_store_row_number(row, node->column, 1);
	return write_inner(writer, row, node, bytes);
}

static int write_message(struct cxa_store_writer *writer,
			 struct cxa_store_row *row,
			 const struct cxa_store_message *message,
			 struct cxa_store_bytes bytes)
{
	int status = 0;

	for (unsigned i = 0; i < message->type->field_count && status == 0; i++)
		status = write_node(writer, row, message->type,
				    &message->nodes[i], &bytes);
	/* Fields of a later version have numbers above all that are known. */
	if (status == 0 && bytes.at != bytes.end)
		cxa_buffer_append(&row->unknown, bytes.at,
				  (size_t)(bytes.end - bytes.at));
	return status;
}

int cxa_store_writer_put(struct cxa_store_writer *writer, unsigned root,
			 uint64_t id, const uint8_t *data, size_t size,
			 struct cxa_error *error)
{
	struct cxa_store_bytes bytes = { data, data + size };
	struct cxa_store_row *row = writer->rows;
	int status;

	while (row->table->root != root)
		row++;
	writer->error = error;
	cxa_store_row_begin(row, NULL, (int64_t)id);
	status = write_message(writer, row, &row->table->message, bytes);
	return status < 0 ? status : cxa_store_row_end(row, error);
}
