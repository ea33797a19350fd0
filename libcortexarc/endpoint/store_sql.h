/* store_sql.h - the plan of a store as SQLite's SQL */
#ifndef CXA_ENDPOINT_STORE_SQL_H
#define CXA_ENDPOINT_STORE_SQL_H

#include "base/buffer.h"
#include "endpoint/store_schema.h"

/*
 * Each appends one statement to @out, without a semicolon, and a NUL that is
 * not counted in its size. Without memory @out has failed.
 */

/** cxa_store_sql_table() - CREATE TABLE, as sqlite_schema keeps it */
void cxa_store_sql_table(struct cxa_buffer *out,
			 const struct cxa_store_table *table);

void cxa_store_sql_index(struct cxa_buffer *out,
			 const struct cxa_store_index *index);

/** cxa_store_sql_unindex() - DROP INDEX, where it is there */
void cxa_store_sql_unindex(struct cxa_buffer *out,
			   const struct cxa_store_index *index);

/** cxa_store_sql_clear() - DELETE all rows */
void cxa_store_sql_clear(struct cxa_buffer *out,
			 const struct cxa_store_table *table);

/** cxa_store_sql_insert() - a row; parameter i + 1 is column i */
void cxa_store_sql_insert(struct cxa_buffer *out,
			  const struct cxa_store_table *table);

/**
 * cxa_store_sql_select() - all columns, by the keys, from key ?1 on
 *
 * There is no upper bound, so that a key of a wrong type is seen: SQLite
 * orders them behind all integers.
 */
void cxa_store_sql_select(struct cxa_buffer *out,
			  const struct cxa_store_table *table);

/** cxa_store_sql_count() - the number of rows */
void cxa_store_sql_count(struct cxa_buffer *out,
			 const struct cxa_store_table *table);

#endif
