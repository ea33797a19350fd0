/* store_row.c - a row on its way into a table of a store */
#include "endpoint/store_row.h"

#include <inttypes.h>
#include <math.h>

#include "base/bytes.h"
#include "base/wire.h"
#include "endpoint/store_sql.h"
#include "record/json_verify.h"

#define NAN_BITS32 UINT32_C(0x7fc00000)
#define NAN_BITS64 UINT64_C(0x7ff8000000000000)

int cxa_store_row_open(struct cxa_store_row *row, struct cxa_store *store,
		       const struct cxa_store_table *table,
		       struct cxa_error *error)
{
	struct cxa_buffer sql = { 0 };
	int status;

	row->store = store;
	row->table = table;
	cxa_store_sql_insert(&sql, table);
	status = cxa_store_prepare(store, &sql, &row->statement, error);
	cxa_buffer_release(&sql);
	return status;
}

void cxa_store_row_close(struct cxa_store_row *row)
{
	sqlite3_finalize(row->statement);
	cxa_buffer_release(&row->unknown);
}

static int parameter(struct cxa_store_row *row, unsigned column)
{
	row->bound[column] = true;
	row->set[column] = true;
	return (int)column + 1;
}

/* Of a value that is too large SQLite would make NULL. */
static void keep(struct cxa_store_row *row, int result)
{
	if (row->refused == SQLITE_OK)
		row->refused = result;
}

void cxa_store_row_number(struct cxa_store_row *row, unsigned column,
			  int64_t number)
{
	keep(row, sqlite3_bind_int64(row->statement, parameter(row, column),
				     number));
}

void cxa_store_row_name(struct cxa_store_row *row, unsigned column,
			const char *name)
{
	keep(row, sqlite3_bind_text(row->statement, parameter(row, column),
				    name, -1, SQLITE_STATIC));
}

void cxa_store_row_blob(struct cxa_store_row *row, unsigned column,
			const uint8_t *data, size_t size)
{
	/* Of no bytes, too, it is a blob and not NULL. */
	keep(row, sqlite3_bind_blob64(row->statement, parameter(row, column),
				      size == 0 ? (const uint8_t *)"" : data,
				      size, SQLITE_STATIC));
}

static void bind_text(struct cxa_store_row *row, unsigned column,
		      const uint8_t *data, size_t size)
{
	keep(row, sqlite3_bind_text64(row->statement, parameter(row, column),
				      size == 0 ? "" : (const char *)data, size,
				      SQLITE_STATIC, SQLITE_UTF8));
}

void cxa_store_row_begin(struct cxa_store_row *row,
			 const struct cxa_store_row *parent, int64_t key)
{
	unsigned count = row->table->key_count;

	memset(row->set, 0, row->table->column_count);
	row->refused = SQLITE_OK;
	for (unsigned i = 0; i < count; i++) {
		row->keys[i] = i < count - 1 ? parent->keys[i] : key;
		if (i < count - 1 || !row->table->is_map)
			cxa_store_row_number(row, i, row->keys[i]);
	}
	cxa_buffer_reset(&row->unknown);
}

int cxa_store_row_end(struct cxa_store_row *row, struct cxa_error *error)
{
	int result;

	if (row->unknown.failed)
		return cxa_error_nomem(error, "a row");
	if (row->unknown.size != 0)
		cxa_store_row_blob(row, row->table->unknown, row->unknown.data,
				   row->unknown.size);
	if (row->refused != SQLITE_OK)
		return cxa_store_failed_by(row->store, row->refused, error);
	for (unsigned i = 0; i < row->table->column_count; i++)
		if (row->bound[i] && !row->set[i]) {
			sqlite3_bind_null(row->statement, (int)i + 1);
			row->bound[i] = false;
		}
	result = sqlite3_step(row->statement);
	if (result != SQLITE_DONE)
		return cxa_store_failed(row->store, error);
	sqlite3_reset(row->statement);
	return 0;
}

/* --- values ------------------------------------------------------------------ */

int cxa_store_row_cut(const struct cxa_store_row *row, struct cxa_error *error)
{
	return cxa_error_set(error, CXA_ERR_CORRUPT,
			     "record %" PRIu64 " for table %s is cut",
			     (uint64_t)row->keys[0], row->table->name);
}

bool cxa_store_bytes_part(struct cxa_store_bytes *bytes,
			  struct cxa_store_bytes *part)
{
	uint64_t size;

	if (!cxa_varint_get(&bytes->at, bytes->end, &size) ||
	    size > (uint64_t)(bytes->end - bytes->at))
		return false;
	part->at = bytes->at;
	part->end = bytes->at + size;
	bytes->at = part->end;
	return true;
}

/*
 * SQLite has no NaN, and makes 0.0 of -0.0. NaN as arithmetic gives it is NULL
 * where there must be a value; other such bits are kept as a blob of them.
 */
static bool bind_float(struct cxa_store_row *row, unsigned column,
		       const struct cxa_field *field,
		       struct cxa_store_bytes *bytes)
{
	bool is_small = field->kind == CXA_FIELD_F32;
	size_t size = is_small ? sizeof(float) : sizeof(double);
	const uint8_t *at = bytes->at;
	uint32_t bits = 0;
	uint64_t large_bits = 0;
	float small;
	double number;

	if ((size_t)(bytes->end - at) < size)
		return false;
	bytes->at += size;
	if (is_small) {
		bits = cxa_load32(at);
		memcpy(&small, &bits, sizeof(small));
		number = (double)small;
	} else {
		large_bits = cxa_load64(at);
		memcpy(&number, &large_bits, sizeof(number));
	}
	if ((is_small ? bits == NAN_BITS32 : large_bits == NAN_BITS64) &&
	    field->descriptor->label != PROTOBUF_C_LABEL_OPTIONAL)
		return true;
	if (isnan(number) || (number == 0 && signbit(number)))
		cxa_store_row_blob(row, column, at, size);
	else
		keep(row, sqlite3_bind_double(row->statement,
					      parameter(row, column), number));
	return true;
}

static bool bind_number(struct cxa_store_row *row, unsigned column,
			const struct cxa_field *field,
			struct cxa_store_bytes *bytes)
{
	const ProtobufCEnumDescriptor *names = field->descriptor->descriptor;
	const ProtobufCEnumValue *value;
	uint64_t number;

	if (!cxa_varint_get(&bytes->at, bytes->end, &number))
		return false;
	if (field->kind != CXA_FIELD_ENUM) {
		cxa_store_row_number(row, column, (int64_t)number);
		return true;
	}
	value = protobuf_c_enum_descriptor_get_value(names, (int)number);
	if (value == NULL)
		return false;
	cxa_store_row_name(row, column, value->name);
	return true;
}

static int check_json(const struct cxa_store_row *row, unsigned column,
		      const struct cxa_store_bytes *text,
		      const struct cxa_message_type *extended,
		      struct cxa_error *error)
{
	const struct cxa_json_text json = {
		text->at, (size_t)(text->end - text->at), 1, 1, 0 };
	const struct cxa_limits *limits = &row->store->context->limits;
	struct cxa_error own = CXA_ERROR_INIT;
	int status = cxa_json_check(json.data, json.size, extended != NULL,
				    limits, &own);

	if (status == 0 && extended != NULL)
		status = cxa_json_verify_names(extended, &json, limits, &own);
	if (status == 0)
		return 0;
	cxa_error_set(error, status,
		      "record %" PRIu64 " for table %s, column %s: %s",
		      (uint64_t)row->keys[0], row->table->name,
		      row->table->columns[column].name, own.message);
	cxa_error_hint(error, "%s", own.hint);
	return status;
}

int cxa_store_row_value(struct cxa_store_row *row, unsigned column,
			const struct cxa_field *field,
			const struct cxa_message_type *extended,
			struct cxa_store_bytes *bytes,
			struct cxa_error *error)
{
	struct cxa_store_bytes text;
	bool whole = true;

	switch (field->kind) {
	case CXA_FIELD_F32:
	case CXA_FIELD_F64:
		whole = bind_float(row, column, field, bytes);
		break;
	case CXA_FIELD_TEXT:
	case CXA_FIELD_JSON:
	case CXA_FIELD_BINARY:
		whole = cxa_store_bytes_part(bytes, &text);
		if (!whole)
			break;
		if (field->kind == CXA_FIELD_BINARY)
			cxa_store_row_blob(row, column, text.at,
					   (size_t)(text.end - text.at));
		else
			bind_text(row, column, text.at,
				  (size_t)(text.end - text.at));
		if (field->kind == CXA_FIELD_JSON)
			return check_json(row, column, &text, extended,
					  error);
		break;
	default:
		whole = bind_number(row, column, field, bytes);
		break;
	}
	return whole ? 0 : cxa_store_row_cut(row, error);
}
