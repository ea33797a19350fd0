/* store_reader.c - a store's rows as records: its tables' scans, merged */
#include "endpoint/store_reader.h"

#include <stdlib.h>

#include "base/wire.h"
#include "endpoint/store_scan.h"

/*
 * @first, @last: ids that are wanted and not yet read. SQLite's integers are
 * signed: ids from 2^63 on come first in its order, so there are two halves.
 * @has_unknown: the current record's bytes are not all our own making
 */
struct cxa_store_reader {
	struct cxa_store *store;
	uint64_t first;
	uint64_t last;
	bool ended;   /* no half is left */
	bool began;
	bool has_unknown;
	struct cxa_buffer *out;
	struct cxa_error *error;
	size_t count;
	struct cxa_store_scan scans[]; /* as cxa_store_root() has the tables */
};

int cxa_store_reader_open(struct cxa_store_reader **out,
			  struct cxa_store *store, unsigned root,
			  uint64_t first, uint64_t last,
			  struct cxa_error *error)
{
	size_t count;
	const struct cxa_store_table *tables = cxa_store_root(root, &count);
	struct cxa_store_reader *reader;
	int status = 0;

	*out = NULL;
	reader = calloc(1, sizeof(*reader) + count * sizeof(reader->scans[0]));
	if (reader == NULL)
		return cxa_error_nomem(error, "reading a store");
	reader->store = store;
	reader->first = first;
	reader->last = last;
	reader->count = count;
	for (size_t i = 0; i < count && status == 0; i++)
		status = cxa_store_scan_open(&reader->scans[i], store,
					     &tables[i], error);
	if (status < 0) {
		cxa_store_reader_close(reader);
		return status;
	}
	*out = reader;
	return 0;
}

void cxa_store_reader_close(struct cxa_store_reader *reader)
{
	if (reader == NULL)
		return;
	for (size_t i = 0; i < reader->count; i++)
		cxa_store_scan_close(&reader->scans[i]);
	free(reader);
}

/* --- messages --------------------------------------------------------------- */

/* Fields that are not known, of the message that is being read. */
struct span {
	const uint8_t *at;
	const uint8_t *end;
};

/* Those of the message that @field holds, where @all has some. */
static struct span take_unknown(struct span *all, const struct cxa_field *field)
{
	struct span part = { NULL, NULL };
	const uint8_t *at = all->at;
	uint64_t tag;
	uint64_t size;

	if (at == all->end || !cxa_varint_get(&at, all->end, &tag) ||
	    tag != ((uint64_t)field->descriptor->id << 3 | 2) ||
	    !cxa_varint_get(&at, all->end, &size) ||
	    size > (uint64_t)(all->end - at))
		return part;
	part.at = at;
	part.end = at + size;
	all->at = part.end;
	return part;
}

static struct span unknown_of(const struct cxa_store_scan *scan)
{
	unsigned column = scan->table->unknown;
	struct span span = { NULL, NULL };

	if (column == CXA_STORE_NO_COLUMN ||
	    sqlite3_column_type(scan->statement, (int)column) == SQLITE_NULL)
		return span;
	span.at = sqlite3_column_blob(scan->statement, (int)column);
	if (span.at != NULL)
		span.end = span.at + sqlite3_column_bytes(scan->statement,
							  (int)column);
	return span;
}

static int read_message(struct cxa_store_reader *reader,
			struct cxa_store_scan *scan,
			const struct cxa_store_message *message,
			struct span unknown);

static int read_inner(struct cxa_store_reader *reader,
		      struct cxa_store_scan *scan,
		      const struct cxa_field *field,
		      const struct cxa_store_message *message,
		      struct span unknown)
{
	size_t start;
	int status;

	cxa_store_tag(reader->out, field, false);
	start = cxa_length_begin(reader->out);
	status = read_message(reader, scan, message, unknown);
	if (status == 0)
		cxa_length_end(reader->out, start);
	return status;
}

static bool is_required(const struct cxa_field *field)
{
	return field->descriptor->label == PROTOBUF_C_LABEL_REQUIRED;
}

static int read_group(struct cxa_store_reader *reader,
		      struct cxa_store_scan *scan,
		      const struct cxa_store_node *node, struct span *unknown)
{
	sqlite3_stmt *row = scan->statement;
	int column = (int)node->column;

	if (node->column != CXA_STORE_NO_COLUMN) {
		if (sqlite3_column_type(row, column) != SQLITE_NULL &&
		    (sqlite3_column_type(row, column) != SQLITE_INTEGER ||
		     (uint64_t)sqlite3_column_int64(row, column) > 1))
			return cxa_store_scan_bad(scan, node->column,
						  CXA_ERR_CORRUPT,
						  "not NULL, 0 or 1",
						  reader->error);
		if (sqlite3_column_int64(row, column) == 0)
			return 0;
	}
	return read_inner(reader, scan, node->field, &node->message,
			  take_unknown(unknown, node->field));
}

/* The field that the column names; NULL: none. */
static const struct cxa_store_node *
find_variant(const struct cxa_store_scan *scan,
	     const struct cxa_store_node *node)
{
	const struct cxa_store_message *kinds = &node->message;
	const void *name = sqlite3_column_blob(scan->statement,
					       (int)node->column);
	size_t size = (size_t)sqlite3_column_bytes(scan->statement,
						   (int)node->column);

	if (sqlite3_column_type(scan->statement, (int)node->column) !=
	    SQLITE_TEXT)
		return NULL;
	for (unsigned i = 0; i < kinds->type->field_count; i++)
		if (kinds->nodes[i].field->json_name_size == size &&
		    memcmp(kinds->nodes[i].field->json_name, name, size) == 0)
			return &kinds->nodes[i];
	return NULL;
}

static int read_union(struct cxa_store_reader *reader,
		      struct cxa_store_scan *scan,
		      const struct cxa_store_node *node, struct span *unknown)
{
	const struct cxa_store_node *variant = find_variant(scan, node);
	struct span own = take_unknown(unknown, node->field);
	size_t start;
	int status;

	if (variant == NULL)
		return cxa_store_scan_bad(scan, node->column, CXA_ERR_CORRUPT,
					  "not the name of a kind",
					  reader->error);
	cxa_store_tag(reader->out, node->field, false);
	start = cxa_length_begin(reader->out);
	status = read_inner(reader, scan, variant->field, &variant->message,
			    take_unknown(&own, variant->field));
	if (status == 0 && own.at != own.end) {
		reader->has_unknown = true;
		cxa_buffer_append(reader->out, own.at,
				  (size_t)(own.end - own.at));
	}
	if (status == 0)
		cxa_length_end(reader->out, start);
	return status;
}

/* --- lists -------------------------------------------------------------------- */

static bool belongs(const struct cxa_store_scan *child,
		    const struct cxa_store_scan *parent)
{
	if (!child->has_row)
		return false;
	for (unsigned i = 0; i < parent->key_count; i++)
		if (child->keys[i] != parent->keys[i])
			return false;
	return true;
}

static int check_count(const struct cxa_store_reader *reader,
		       const struct cxa_store_scan *child,
		       const struct cxa_field *field, uint64_t count)
{
	if (count <= cxa_limit_of(&reader->store->context->limits,
				  field->count_limit))
		return 0;
	return cxa_store_scan_over(child, 0, field->count_limit, count,
				   reader->error);
}

static int read_element(struct cxa_store_reader *reader,
			struct cxa_store_scan *child,
			const struct cxa_field *field, bool packed)
{
	int status;

	if (field->type != NULL)
		return read_inner(reader, child, field, &child->table->message,
				  unknown_of(child));
	status = cxa_store_value(child, child->table->column_count - 1, field,
				 !packed, true, NULL, reader->out,
				 reader->error);
	return status < 0 ? status : 0;
}

static int read_list(struct cxa_store_reader *reader,
		     const struct cxa_store_scan *parent,
		     const struct cxa_store_node *node)
{
	struct cxa_store_scan *child =
		&reader->scans[node->table - reader->scans[0].table];
	const struct cxa_field *field = node->field;
	bool packed = (field->descriptor->flags &
		       PROTOBUF_C_FIELD_FLAG_PACKED) != 0;
	uint64_t count = 0;
	size_t start = 0;
	int status = 0;

	while (status == 0 && belongs(child, parent)) {
		if (packed && count == 0) {
			cxa_store_tag(reader->out, field, true);
			start = cxa_length_begin(reader->out);
		}
		status = check_count(reader, child, field, ++count);
		if (status == 0)
			status = read_element(reader, child, field, packed);
		if (status == 0)
			status = cxa_store_scan_step(child, reader->error);
	}
	if (status == 0 && packed && count != 0)
		cxa_length_end(reader->out, start);
	if (status == 0 && field->exact_count != 0 &&
	    count != field->exact_count)
		status = cxa_error_set(reader->error, CXA_ERR_CORRUPT,
				       "table %s: %llu rows of one %s, and "
				       "must be %u", child->table->name,
				       (unsigned long long)count,
				       parent->table->name,
				       field->exact_count);
	return status;
}

/* A field that no column keeps, where a message must have it. */
static void put_zero(struct cxa_buffer *out, const struct cxa_field *field)
{
	cxa_store_tag(out, field, false);
	cxa_buffer_byte(out, 0);
}

static int read_node(struct cxa_store_reader *reader,
		     struct cxa_store_scan *scan,
		     const struct cxa_message_type *type,
		     const struct cxa_store_node *node, struct span *unknown)
{
	int status;

	switch (node->form) {
	case CXA_STORE_VALUE:
		status = cxa_store_value(scan, node->column, node->field, true,
					 is_required(node->field),
					 node->field == type->extensions ?
						 type : NULL,
					 reader->out, reader->error);
		return status < 0 ? status : 0;
	case CXA_STORE_VECTOR:
		return cxa_store_vector(scan, node->column, node->field,
					reader->out, reader->error);
	case CXA_STORE_GROUP:
		return read_group(reader, scan, node, unknown);
	case CXA_STORE_UNION:
		return read_union(reader, scan, node, unknown);
	case CXA_STORE_LIST:
		return read_list(reader, scan, node);
	default:
		if (is_required(node->field))
			put_zero(reader->out, node->field);
		return 0;
	}
}

static int read_message(struct cxa_store_reader *reader,
			struct cxa_store_scan *scan,
			const struct cxa_store_message *message,
			struct span unknown)
{
	int status = 0;

	for (unsigned i = 0; i < message->type->field_count && status == 0; i++)
		status = read_node(reader, scan, message->type,
				   &message->nodes[i], &unknown);
	if (status == 0 && unknown.at != unknown.end) {
		reader->has_unknown = true;
		cxa_buffer_append(reader->out, unknown.at,
				  (size_t)(unknown.end - unknown.at));
	}
	return status;
}

/* --- records ------------------------------------------------------------------ */

/* The ids below 2^63, then those above, as far as they are wanted. */
static int begin_half(struct cxa_store_reader *reader)
{
	bool low = reader->first <= INT64_MAX;
	int64_t first = (int64_t)reader->first;
	int64_t last = (int64_t)reader->last;
	int status = 0;

	if (low && reader->last > INT64_MAX)
		last = INT64_MAX;
	if (!low && reader->first == (uint64_t)INT64_MAX + 1)
		first = INT64_MIN;
	for (size_t i = 0; i < reader->count && status == 0; i++)
		status = cxa_store_scan_begin(&reader->scans[i], first, last,
					      reader->error);
	reader->began = true;
	reader->ended = !low || reader->last <= INT64_MAX;
	reader->first = (uint64_t)INT64_MAX + 1;
	return status;
}

/* Rows of a list that nothing has taken up. */
static int check_orphans(const struct cxa_store_reader *reader)
{
	const struct cxa_store_scan *root = &reader->scans[0];

	for (size_t i = 1; i < reader->count; i++) {
		const struct cxa_store_scan *scan = &reader->scans[i];

		if (scan->has_row &&
		    (!root->has_row || scan->keys[0] <= root->keys[0]))
			return cxa_store_scan_bad(scan, 0, CXA_ERR_CORRUPT,
						  "what it belongs to is not "
						  "there", reader->error);
	}
	return 0;
}

/* Bytes from the column unknown_fields may be anything. */
static int check_unknown(const struct cxa_store_reader *reader, size_t start)
{
	const struct cxa_store_scan *root = &reader->scans[0];
	struct cxa_error own = CXA_ERROR_INIT;
	struct cxa_wire_stats stats = { 0 };
	int status = cxa_wire_scan(root->table->message.type,
				   reader->out->data + start,
				   reader->out->size - start,
				   &reader->store->context->limits, &stats,
				   &own);

	if (status == 0)
		return 0;
	cxa_store_scan_bad(root, root->table->unknown, status, own.message,
			   reader->error);
	cxa_error_hint(reader->error, "%s", own.hint);
	return status;
}

static int read_record(struct cxa_store_reader *reader)
{
	struct cxa_store_scan *root = &reader->scans[0];
	size_t start = reader->out->size;
	int status;

	reader->has_unknown = false;
	if (root->table->key_field == NULL && root->keys[0] != 0)
		return cxa_store_scan_bad(root, 0, CXA_ERR_CORRUPT,
					  "the only row has the id 0",
					  reader->error);
	status = read_message(reader, root, &root->table->message,
			      unknown_of(root));
	if (status == 0 && reader->out->failed)
		status = cxa_error_nomem(reader->error, "a store's records");
	if (status == 0 && reader->has_unknown)
		status = check_unknown(reader, start);
	if (status == 0)
		status = check_orphans(reader);
	return status;
}

int cxa_store_reader_next(struct cxa_store_reader *reader,
			  struct cxa_buffer *out, uint64_t *id,
			  struct cxa_error *error)
{
	struct cxa_store_scan *root = &reader->scans[0];
	int status = 0;

	reader->out = out;
	reader->error = error;
	while (status == 0 && !root->has_row) {
		if (reader->began)
			status = check_orphans(reader);
		if (status == 0 && reader->ended)
			return CXA_END;
		if (status == 0)
			status = begin_half(reader);
	}
	if (status == 0)
		status = read_record(reader);
	*id = (uint64_t)root->keys[0];
	if (status == 0)
		status = cxa_store_scan_step(root, error);
	return status;
}
