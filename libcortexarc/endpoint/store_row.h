/* store_row.h - a row on its way into a table of a store: values bound to an insert */
#ifndef CXA_ENDPOINT_STORE_ROW_H
#define CXA_ENDPOINT_STORE_ROW_H

#include "endpoint/store.h"
#include "endpoint/store_schema.h"

/**
 * struct cxa_store_row - one insert statement, used for row after row
 * @keys: of the row; its lists begin with them
 * @bound: columns that hold a value from this or an earlier row
 * @set: those of this row
 * @refused: the first value that SQLite did not take, or SQLITE_OK
 * @unknown: for the column unknown_fields
 */
struct cxa_store_row {
	struct cxa_store *store;
	const struct cxa_store_table *table;
	sqlite3_stmt *statement;
	int64_t keys[CXA_STORE_KEYS_MAX];
	bool bound[CXA_STORE_COLUMNS_MAX];
	bool set[CXA_STORE_COLUMNS_MAX];
	int refused;
	struct cxa_buffer unknown;
};

/** struct cxa_store_bytes - a part of a record that is being taken apart */
struct cxa_store_bytes {
	const uint8_t *at;
	const uint8_t *end;
};

int cxa_store_row_open(struct cxa_store_row *row, struct cxa_store *store,
		       const struct cxa_store_table *table,
		       struct cxa_error *error);

/** cxa_store_row_begin() - a row below @parent (NULL: a root's own) */
void cxa_store_row_begin(struct cxa_store_row *row,
			 const struct cxa_store_row *parent, int64_t key);

/** cxa_store_row_end() - insert it; what was not set is NULL */
int cxa_store_row_end(struct cxa_store_row *row, struct cxa_error *error);

void cxa_store_row_close(struct cxa_store_row *row);

/** cxa_store_row_number(), _name(), _blob() - set @column; borrowed to the end */
void cxa_store_row_number(struct cxa_store_row *row, unsigned column,
			  int64_t number);
void cxa_store_row_name(struct cxa_store_row *row, unsigned column,
			const char *name);
void cxa_store_row_blob(struct cxa_store_row *row, unsigned column,
			const uint8_t *data, size_t size);

/**
 * cxa_store_row_value() - set @column to the value of @field that stands at
 * @bytes, which moves behind it
 * @extended: as of cxa_store_value()
 *
 * Return: 0, CXA_ERR_CORRUPT (cut, not JSON), CXA_ERR_NOMEM.
 */
int cxa_store_row_value(struct cxa_store_row *row, unsigned column,
			const struct cxa_field *field,
			const struct cxa_message_type *extended,
			struct cxa_store_bytes *bytes,
			struct cxa_error *error);

/** cxa_store_bytes_part() - a length, and what has it; false: it is cut */
bool cxa_store_bytes_part(struct cxa_store_bytes *bytes,
			  struct cxa_store_bytes *part);

/** cxa_store_row_cut() - the record ends too early; CXA_ERR_CORRUPT */
int cxa_store_row_cut(const struct cxa_store_row *row, struct cxa_error *error);

#endif
