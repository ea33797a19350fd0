/* store_schema.h - how records lie in a store: tables, columns, and which field is where */
#ifndef CXA_ENDPOINT_STORE_SCHEMA_H
#define CXA_ENDPOINT_STORE_SCHEMA_H

#include "record/collection.h"

/*
 * One plan, made from the message types, from which all else follows: the
 * tables' definitions, the statements, and how a record's bytes become rows and
 * rows become bytes. It names no kind of database.
 */

enum {
	CXA_STORE_HEADER = CXA_COLLECTION_COUNT, /* the table behind the others */
	CXA_STORE_ROOTS,
	CXA_STORE_KEYS_MAX = 3,
	CXA_STORE_COLUMNS_MAX = 96,
	CXA_STORE_NAME_BYTES = 64,
	CXA_STORE_NO_COLUMN = CXA_STORE_COLUMNS_MAX,
	CXA_STORE_APPLICATION_ID = 0x43584b47 /* "CXKG" */
};

enum cxa_store_type {
	CXA_STORE_INTEGER,
	CXA_STORE_REAL,
	CXA_STORE_TEXT,
	CXA_STORE_BLOB
};

struct cxa_store_column {
	char name[CXA_STORE_NAME_BYTES];
	enum cxa_store_type type;
	bool not_null;
};

enum cxa_store_form {
	CXA_STORE_NONE,   /* not kept; where it is required it reads as zero */
	CXA_STORE_VALUE,  /* a column */
	CXA_STORE_VECTOR, /* floats in a column, little-endian, end to end */
	CXA_STORE_GROUP,  /* a message whose fields are columns of this table */
	CXA_STORE_UNION,  /* the same; its column names the kind that is set */
	CXA_STORE_LIST    /* a table of its own */
};

struct cxa_store_table;
struct cxa_store_node;

/** struct cxa_store_message - a node for each field of @type, in its order */
struct cxa_store_message {
	const struct cxa_message_type *type;
	const struct cxa_store_node *nodes;
};

/**
 * struct cxa_store_node - where a field is
 * @column: its place in the table; of a group: says whether it is there (1),
 *          CXA_STORE_NO_COLUMN where it must be or a union says it
 * @message: of a group or union
 * @table: of a list
 */
struct cxa_store_node {
	const struct cxa_field *field;
	enum cxa_store_form form;
	unsigned column;
	struct cxa_store_message message;
	const struct cxa_store_table *table;
};

/**
 * struct cxa_store_table - a collection, or a list in its records
 * @root: enum cxa_collection or CXA_STORE_HEADER; the tables of one root stand
 *        together, its own first, parents before children
 * @parent: NULL: the root's own
 * @key_count: the first columns: the record's key, then a position for each
 *             list on the way; of a map (@is_map) the last is its key, a text
 * @key_field: the field of the message that is the last key; NULL: none is
 * @field: the list; NULL: the root's own
 * @message: of a row; its type is NULL in a list of plain values: the last
 *           column is the value
 * @unknown: the column of fields this version does not know, or NO_COLUMN: a
 *           message of the row's type that holds nothing else
 */
struct cxa_store_table {
	char name[CXA_STORE_NAME_BYTES];
	unsigned root;
	const struct cxa_store_table *parent;
	const struct cxa_field *field;
	unsigned key_count;
	bool is_map;
	const struct cxa_field *key_field;
	unsigned unknown;
	struct cxa_store_message message;
	const struct cxa_store_column *columns;
	unsigned column_count;
};

/** cxa_store_tables() - all of them; made at the first call, any thread */
const struct cxa_store_table *cxa_store_tables(size_t *count);

/** cxa_store_root() - those of one root: @count tables from the one returned */
const struct cxa_store_table *cxa_store_root(unsigned root, size_t *count);

/** struct cxa_store_index - what an application looks records up by */
struct cxa_store_index {
	const char *table;
	const char *columns[3]; /* NULL behind the last */
};

/** cxa_store_indexes() - borrowed, static */
const struct cxa_store_index *cxa_store_indexes(size_t *count);

#endif
