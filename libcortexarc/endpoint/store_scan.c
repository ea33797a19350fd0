/* store_scan.c - one table of a store in the order of its keys, value by value */
#include "endpoint/store_scan.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>

#include "base/bytes.h"
#include "base/utf8.h"
#include "base/wire.h"
#include "endpoint/store_sql.h"
#include "record/json_verify.h"

enum { VARINT = 0, FIXED64 = 1, BYTES = 2, FIXED32 = 5 };

int cxa_store_scan_open(struct cxa_store_scan *scan, struct cxa_store *store,
			const struct cxa_store_table *table,
			struct cxa_error *error)
{
	struct cxa_buffer sql = { 0 };
	int status;

	scan->store = store;
	scan->table = table;
	scan->key_count = table->key_count - table->is_map;
	cxa_store_sql_select(&sql, table);
	status = cxa_store_prepare(store, &sql, &scan->statement, error);
	cxa_buffer_release(&sql);
	return status;
}

int cxa_store_scan_begin(struct cxa_store_scan *scan, int64_t first,
			 int64_t last, struct cxa_error *error)
{
	sqlite3_reset(scan->statement);
	if (first == INT64_MIN)
		sqlite3_bind_double(scan->statement, 1, -INFINITY);
	else
		sqlite3_bind_int64(scan->statement, 1, first);
	scan->last = last;
	scan->has_row = false;
	return cxa_store_scan_step(scan, error);
}

void cxa_store_scan_close(struct cxa_store_scan *scan)
{
	sqlite3_finalize(scan->statement);
	scan->statement = NULL;
}

int cxa_store_scan_bad(const struct cxa_store_scan *scan, unsigned column,
		       int status, const char *what, struct cxa_error *error)
{
	char row[100];
	size_t used = 0;

	for (unsigned i = 0; i < scan->key_count && used < sizeof(row); i++)
		used += (size_t)snprintf(row + used, sizeof(row) - used,
					 i == 0 ? ", row %" PRIu64 :
						  ", position %" PRId64,
					 scan->keys[i]);
	return cxa_error_set(error, status, "table %s%s, column %s: %s",
			     scan->table->name, row,
			     scan->table->columns[column].name, what);
}

int cxa_store_scan_over(const struct cxa_store_scan *scan, unsigned column,
			size_t limit, uint64_t found, struct cxa_error *error)
{
	char phrase[CXA_PHRASE_BYTES];

	cxa_limit_phrase(phrase, &scan->store->context->limits, limit, found);
	cxa_store_scan_bad(scan, column, CXA_ERR_LIMIT, phrase, error);
	cxa_limit_hint(error, limit);
	return CXA_ERR_LIMIT;
}

static bool ascends(const int64_t *before, const int64_t *now, unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		if (before[i] != now[i])
			return before[i] < now[i];
	return false;
}

int cxa_store_scan_step(struct cxa_store_scan *scan, struct cxa_error *error)
{
	bool had_row = scan->has_row;
	int64_t before[CXA_STORE_KEYS_MAX];
	int result = sqlite3_step(scan->statement);

	scan->has_row = result == SQLITE_ROW;
	if (result == SQLITE_DONE)
		return 0;
	if (result != SQLITE_ROW)
		return cxa_store_failed(scan->store, error);
	for (unsigned i = 0; i < scan->key_count; i++) {
		before[i] = scan->keys[i];
		scan->keys[i] = sqlite3_column_int64(scan->statement, (int)i);
		if (sqlite3_column_type(scan->statement, (int)i) !=
		    SQLITE_INTEGER)
			return cxa_store_scan_bad(scan, i, CXA_ERR_CORRUPT,
						  "a key that is no integer",
						  error);
	}
	/* What a damaged tree gives; the text of a map's key comes behind. */
	if (had_row && !scan->table->is_map &&
	    !ascends(before, scan->keys, scan->key_count))
		return cxa_store_scan_bad(scan, 0, CXA_ERR_CORRUPT,
					  "out of order", error);
	scan->has_row = scan->keys[0] <= scan->last;
	return 0;
}

/* --- values ------------------------------------------------------------------ */

static unsigned wire_type(const struct cxa_field *field)
{
	switch (field->kind) {
	case CXA_FIELD_F32: return FIXED32;
	case CXA_FIELD_F64: return FIXED64;
	case CXA_FIELD_U32:
	case CXA_FIELD_U64:
	case CXA_FIELD_BOOL:
	case CXA_FIELD_ENUM: return VARINT;
	default: return BYTES;
	}
}

void cxa_store_tag(struct cxa_buffer *out, const struct cxa_field *field,
		   bool packed)
{
	cxa_varint_append(out, (uint64_t)field->descriptor->id << 3 |
				(packed ? BYTES : wire_type(field)));
}

/* One value on its way: where it is, and what it must be. */
struct value {
	const struct cxa_store_scan *scan;
	unsigned column;
	const struct cxa_field *field;
	struct cxa_error *error;
};

static int bad(const struct value *value, const char *what)
{
	return cxa_store_scan_bad(value->scan, value->column, CXA_ERR_CORRUPT,
				  what, value->error);
}

static int put_number(const struct value *value, int type,
		      struct cxa_buffer *out)
{
	uint64_t most = value->field->kind == CXA_FIELD_U32 ?
				value->field->max :
			value->field->kind == CXA_FIELD_BOOL ? 1 : UINT64_MAX;
	uint64_t number;

	if (type != SQLITE_INTEGER)
		return bad(value, "not an integer");
	number = (uint64_t)sqlite3_column_int64(value->scan->statement,
						(int)value->column);
	if (number > most)
		return bad(value, "a number out of its range");
	cxa_varint_append(out, number);
	return 0;
}

static int put_enum(const struct value *value, int type, const uint8_t *text,
		    size_t size, struct cxa_buffer *out)
{
	const ProtobufCEnumDescriptor *names =
		value->field->descriptor->descriptor;

	if (type != SQLITE_TEXT)
		return bad(value, "not a text");
	for (unsigned i = 0; i < names->n_values; i++) {
		const char *name = names->values[i].name;

		if (strlen(name) == size && memcmp(name, text, size) == 0) {
			cxa_varint_append(out, (uint64_t)names->values[i].value);
			return 0;
		}
	}
	return bad(value, "a name that the enumeration does not have");
}

/* The bits of a float: a number, or a blob where no number keeps them. */
static int put_float(const struct value *value, int type, const uint8_t *blob,
		     size_t blob_size, struct cxa_buffer *out)
{
	size_t size = value->field->kind == CXA_FIELD_F32 ? 4 : 8;
	uint8_t bytes[8];
	uint64_t bits;
	uint32_t small_bits;
	double number;
	float small;

	if (type == SQLITE_BLOB) {
		if (blob_size != size)
			return bad(value, "a blob of another size than the "
					  "float's");
		cxa_buffer_append(out, blob, size);
		return 0;
	}
	if (type == SQLITE_TEXT)
		return bad(value, "not a number");
	number = type == SQLITE_NULL ?
			 (double)NAN :
			 sqlite3_column_double(value->scan->statement,
					       (int)value->column);
	small = (float)number;
	if (size == 4 && isinf(small) && !isinf(number))
		return bad(value, "a number out of its range");
	memcpy(&bits, &number, sizeof(bits));
	memcpy(&small_bits, &small, sizeof(small_bits));
	if (size == 4)
		cxa_store32(bytes, type == SQLITE_NULL ? 0x7fc00000 :
							 small_bits);
	else
		cxa_store64(bytes, type == SQLITE_NULL ?
					   UINT64_C(0x7ff8000000000000) : bits);
	cxa_buffer_append(out, bytes, size);
	return 0;
}

static int check_json(const struct value *value, const uint8_t *text,
		      size_t size, const struct cxa_message_type *extended)
{
	const struct cxa_json_text json = { text, size, 1, 1, 0 };
	const struct cxa_limits *limits =
		&value->scan->store->context->limits;
	struct cxa_error own = CXA_ERROR_INIT;
	int status = cxa_json_check(text, size, extended != NULL, limits, &own);

	if (status == 0 && extended != NULL)
		status = cxa_json_verify_names(extended, &json, limits, &own);
	if (status == 0)
		return 0;
	cxa_store_scan_bad(value->scan, value->column, status, own.message,
			   value->error);
	cxa_error_hint(value->error, "%s", own.hint);
	return status;
}

static int put_text(const struct value *value, int type, const uint8_t *text,
		    size_t size, const struct cxa_message_type *extended,
		    struct cxa_buffer *out)
{
	bool is_binary = value->field->kind == CXA_FIELD_BINARY;
	size_t limit = value->field->bytes_limit;
	int status = 0;

	if (type != (is_binary ? SQLITE_BLOB : SQLITE_TEXT))
		return bad(value, is_binary ? "not a blob" : "not a text");
	if (size > cxa_limit_of(&value->scan->store->context->limits, limit))
		return cxa_store_scan_over(value->scan, value->column, limit,
					   size, value->error);
	if (!is_binary && cxa_utf8_valid_prefix(text, size) != size)
		return bad(value, "invalid UTF-8");
	if (value->field->kind == CXA_FIELD_JSON)
		status = check_json(value, text, size, extended);
	cxa_varint_append(out, size);
	cxa_buffer_append(out, text, size);
	return status;
}

int cxa_store_value(const struct cxa_store_scan *scan, unsigned column,
		    const struct cxa_field *field, bool tagged, bool required,
		    const struct cxa_message_type *extended,
		    struct cxa_buffer *out,
		    struct cxa_error *error)
{
	struct value value = { scan, column, field, error };
	int type = sqlite3_column_type(scan->statement, (int)column);
	bool is_float = field->kind == CXA_FIELD_F32 ||
			field->kind == CXA_FIELD_F64;
	const uint8_t *data = NULL;
	size_t size = 0;
	int status;

	if (type == SQLITE_NULL && !(required && is_float))
		return required ? bad(&value, "NULL, and must not be") : 0;
	if (tagged)
		cxa_store_tag(out, field, false);
	if (type == SQLITE_TEXT || type == SQLITE_BLOB) {
		data = sqlite3_column_blob(scan->statement, (int)column);
		size = (size_t)sqlite3_column_bytes(scan->statement,
						    (int)column);
		if (data == NULL)
			data = (const uint8_t *)"";
	}
	if (is_float)
		status = put_float(&value, type, data, size, out);
	else if (field->kind == CXA_FIELD_ENUM)
		status = put_enum(&value, type, data, size, out);
	else if (wire_type(field) == VARINT)
		status = put_number(&value, type, out);
	else
		status = put_text(&value, type, data, size, extended, out);
	return status < 0 ? status : 1;
}

int cxa_store_vector(const struct cxa_store_scan *scan, unsigned column,
		     const struct cxa_field *field, struct cxa_buffer *out,
		     struct cxa_error *error)
{
	struct value value = { scan, column, field, error };
	const void *floats;
	size_t size;

	if (sqlite3_column_type(scan->statement, (int)column) != SQLITE_BLOB)
		return bad(&value, "not a blob");
	floats = sqlite3_column_blob(scan->statement, (int)column);
	size = (size_t)sqlite3_column_bytes(scan->statement, (int)column);
	if (size % sizeof(float) != 0)
		return bad(&value, "not a whole number of floats");
	if (size / sizeof(float) > scan->store->context->limits.vector_floats)
		return cxa_store_scan_over(scan, column,
					   CXA_LIMIT(vector_floats),
					   size / sizeof(float), error);
	if (size == 0)
		return 0;
	cxa_store_tag(out, field, true);
	cxa_varint_append(out, size);
	cxa_buffer_append(out, floats, size);
	return 0;
}
