/* store_scan.h - one table of a store in the order of its keys, value by value */
#ifndef CXA_ENDPOINT_STORE_SCAN_H
#define CXA_ENDPOINT_STORE_SCAN_H

#include "endpoint/store.h"
#include "endpoint/store_schema.h"

/**
 * struct cxa_store_scan - the row that a table's scan stands at
 * @keys: of the row; ids as signed integers, of a map without its last
 * @key_count: of them
 * @has_row: false: no more within the bounds
 */
struct cxa_store_scan {
	struct cxa_store *store;
	const struct cxa_store_table *table;
	sqlite3_stmt *statement;
	unsigned key_count;
	int64_t keys[CXA_STORE_KEYS_MAX];
	int64_t last;
	bool has_row;
};

int cxa_store_scan_open(struct cxa_store_scan *scan, struct cxa_store *store,
			const struct cxa_store_table *table,
			struct cxa_error *error);

/**
 * cxa_store_scan_begin() - stand at the first row with a key from @first
 * @first: INT64_MIN: whatever sorts before all integers is seen, too
 * @last: its last key; INT64_MAX: whatever sorts behind is seen
 */
int cxa_store_scan_begin(struct cxa_store_scan *scan, int64_t first,
			 int64_t last, struct cxa_error *error);

/** cxa_store_scan_step() - to the next row; Return: 0 also at the end */
int cxa_store_scan_step(struct cxa_store_scan *scan, struct cxa_error *error);

void cxa_store_scan_close(struct cxa_store_scan *scan);

/** cxa_store_scan_bad() - say what is wrong with a value of the row */
int cxa_store_scan_bad(const struct cxa_store_scan *scan, unsigned column,
		       int status, const char *what, struct cxa_error *error);

/** cxa_store_scan_over() - the value has @found, over @limit: CXA_ERR_LIMIT */
int cxa_store_scan_over(const struct cxa_store_scan *scan, unsigned column,
			size_t limit, uint64_t found, struct cxa_error *error);

/** cxa_store_tag() - append a field's tag */
void cxa_store_tag(struct cxa_buffer *out, const struct cxa_field *field,
		   bool packed);

/**
 * cxa_store_value() - append a column's value as the wire has it
 * @tagged: its tag first
 * @required: NULL is an error; of a float it is NaN
 * @extended: JSON is the `extensions` of this message; NULL: a value in itself
 *
 * Return: 1: appended; 0: NULL; an error.
 */
int cxa_store_value(const struct cxa_store_scan *scan, unsigned column,
		    const struct cxa_field *field, bool tagged, bool required,
		    const struct cxa_message_type *extended,
		    struct cxa_buffer *out,
		    struct cxa_error *error);

/** cxa_store_vector() - append a column of floats; nothing where it is empty */
int cxa_store_vector(const struct cxa_store_scan *scan, unsigned column,
		     const struct cxa_field *field, struct cxa_buffer *out,
		     struct cxa_error *error);

#endif
