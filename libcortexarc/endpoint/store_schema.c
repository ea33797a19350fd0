/* store_schema.c - the plan of a store's tables, made from the message types */
#include "endpoint/store_schema.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include <cortexarc/archive.pb-c.h>

enum { MAX_TABLES = 40, MAX_COLUMNS = 400, MAX_NODES = 500 };

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* What the types do not say: names, and what is not kept. */

static const struct {
	const char *table;
	const char *prefix; /* of its lists' tables */
	const char *key;    /* in these */
} roots[CXA_STORE_ROOTS] = {
	[CXA_CONCEPTS] = { "concepts", "concept", "concept_id" },
	[CXA_EMBEDDINGS] = { "embeddings", "embedding", "concept_id" },
	[CXA_COLUMNS] = { "columns", "column", "column_id" },
	[CXA_CONNECTIONS] = { "connections", "connection", "connection_id" },
	[CXA_SYSTEM_STATE] = { "system_state", "system_state", "state_id" },
	[CXA_QUERY_CACHE] = { "query_cache", "query", "query_hash" },
	[CXA_SYNC_QUEUE] = { "sync_queue", "sync", "entry_id" },
	[CXA_STORE_HEADER] = { "metadata", "metadata", "metadata_id" },
};

/* A field by another name than its own; "" adds nothing to the names in it. */
static const struct {
	const char *message;
	const char *field;
	const char *name;
} renamed[] = {
	{ "Header", "metadata", "" },
	{ "Header", "extensions", "document_extensions" },
	{ "Embedding", "embeddings", "" },
	{ "SyncEntry", "operation", "" },
	{ "CreateConcept", "concept_data", "data" },
	{ "ActivationPath", "column_sequence", "path_columns" },
	{ "ActivationPath", "activation_times", "path_activation_times" },
};

/* What a plain value of a list is called; else "value". */
static const struct {
	const char *field;
	const char *name;
} values[] = {
	{ "tags", "tag" },
	{ "neighbors", "neighbor_id" },
	{ "column_sequence", "column_id" },
	{ "activation_times", "activation_time" },
	{ "dependencies", "dependency_id" },
	{ "dimensions", "dimension" },
	{ "cortex_size", "size" },
};

/* Of the header: what a writer says of its own archive. */
static const char *const not_kept[] = {
	"format_major", "format_minor", "required_to_list",
	"required_to_restore", "required_to_rewrite", "optional_features",
	"hash_name", "writer_name", "writer_version", "zstd_version",
	"batch_sizes", "zstd_level",
};

static const struct cxa_store_index indexes[] = {
	{ "concepts", { "content_hash" } },
	{ "concepts", { "column_id" } },
	{ "concepts", { "metadata_category" } },
	{ "concepts", { "last_accessed" } },
	{ "concepts", { "metadata_complexity" } },
	{ "concepts", { "metadata_category", "metadata_complexity" } },
	{ "concepts", { "created_timestamp" } },
	{ "concepts", { "access_count" } },
	{ "columns", { "allocated_concept_id" } },
	{ "columns", { "state_activation_level" } },
	{ "columns", { "position_x", "position_y", "position_layer" } },
	{ "columns", { "position_layer" } },
	{ "columns", { "last_updated" } },
	{ "connections", { "source_id" } },
	{ "connections", { "target_id" } },
	{ "connections", { "connection_type" } },
	{ "connections", { "weight" } },
	{ "connections", { "last_activated" } },
	{ "query_cache", { "query_type" } },
	{ "query_cache", { "expiry" } },
	{ "query_cache", { "last_accessed" } },
	{ "query_cache", { "results_confidence" } },
};

static struct cxa_store_table tables[MAX_TABLES];
static struct cxa_store_column columns[MAX_COLUMNS];
static struct cxa_store_node nodes[MAX_NODES];
static size_t table_count;
static size_t column_count;
static size_t node_count;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static const char *name_in(const struct cxa_message_type *type,
			   const struct cxa_field *field)
{
	const char *name = field->descriptor->name;

	for (size_t i = 0; i < COUNT(renamed); i++)
		if (strcmp(renamed[i].message, type->descriptor->short_name) ==
			    0 &&
		    strcmp(renamed[i].field, name) == 0)
			return renamed[i].name;
	return name;
}

static const char *value_name(const struct cxa_field *field)
{
	for (size_t i = 0; i < COUNT(values); i++)
		if (strcmp(values[i].field, field->descriptor->name) == 0)
			return values[i].name;
	return "value";
}

static bool is_kept(const struct cxa_message_type *type,
		    const struct cxa_field *field)
{
	if (type->descriptor != &cxa__header__descriptor)
		return true;
	for (size_t i = 0; i < COUNT(not_kept); i++)
		if (strcmp(not_kept[i], field->descriptor->name) == 0)
			return false;
	return true;
}

static enum cxa_store_type type_of(const struct cxa_field *field)
{
	switch (field->kind) {
	case CXA_FIELD_F32:
	case CXA_FIELD_F64:
		return CXA_STORE_REAL;
	case CXA_FIELD_ENUM:
	case CXA_FIELD_TEXT:
	case CXA_FIELD_JSON:
		return CXA_STORE_TEXT;
	case CXA_FIELD_BINARY:
		return CXA_STORE_BLOB;
	default:
		return CXA_STORE_INTEGER;
	}
}

/* "@prefix_@name", where both are something. */
static void join(char out[CXA_STORE_NAME_BYTES], const char *prefix,
		 const char *name)
{
	snprintf(out, CXA_STORE_NAME_BYTES, "%s%s%s", prefix,
		 prefix[0] == '\0' || name[0] == '\0' ? "" : "_", name);
}

static unsigned add_column(struct cxa_store_table *table, const char *name,
			   enum cxa_store_type type, bool not_null)
{
	struct cxa_store_column *column = &columns[column_count++];

	snprintf(column->name, sizeof(column->name), "%s", name);
	column->type = type;
	column->not_null = not_null;
	return table->column_count++;
}

static const struct cxa_store_table *add_list(const struct cxa_store_table *parent,
					      const struct cxa_field *field,
					      const char *name)
{
	struct cxa_store_table *table = &tables[table_count++];

	table->root = parent->root;
	table->parent = parent;
	table->field = field;
	table->key_count = parent->key_count + 1;
	table->is_map = field->type != NULL && field->type->is_entry;
	join(table->name, roots[table->root].prefix, name);
	return table;
}

/* Columns of what may be missing as a whole may be NULL. */
struct place {
	const char *prefix;
	bool may_miss;
};

static void plan_message(struct cxa_store_table *table,
			 struct cxa_store_message *message,
			 const struct cxa_message_type *type,
			 struct place place);

static void plan_group(struct cxa_store_table *table,
		       struct cxa_store_node *node, bool in_union,
		       struct place place)
{
	bool optional = node->field->descriptor->label !=
			PROTOBUF_C_LABEL_REQUIRED;

	node->form = CXA_STORE_GROUP;
	if (node->field->type->is_union) {
		node->form = CXA_STORE_UNION;
		node->column = add_column(table, node->field->descriptor->name,
					  CXA_STORE_TEXT, !place.may_miss);
		place.may_miss = true;
	} else if (optional && !in_union) {
		node->column = add_column(table, place.prefix,
					  CXA_STORE_INTEGER, false);
	}
	place.may_miss = place.may_miss || optional;
	plan_message(table, &node->message, node->field->type, place);
}

static void plan_field(struct cxa_store_table *table,
		       struct cxa_store_node *node,
		       const struct cxa_message_type *type, struct place place)
{
	const struct cxa_field *field = node->field;
	bool is_required = field->descriptor->label ==
			   PROTOBUF_C_LABEL_REQUIRED && !place.may_miss;
	char name[CXA_STORE_NAME_BYTES];

	node->column = CXA_STORE_NO_COLUMN;
	join(name, place.prefix, name_in(type, field));
	if (!is_kept(type, field)) {
		node->form = CXA_STORE_NONE;
	} else if (field->descriptor->label == PROTOBUF_C_LABEL_REPEATED &&
		   type->descriptor == &cxa__embeddings__descriptor) {
		node->form = CXA_STORE_VECTOR;
		node->column = add_column(table, name, CXA_STORE_BLOB,
					  !place.may_miss);
	} else if (field->descriptor->label == PROTOBUF_C_LABEL_REPEATED) {
		node->form = CXA_STORE_LIST;
		node->table = add_list(table, field, name_in(type, field));
	} else if (field->kind == CXA_FIELD_MESSAGE) {
		place.prefix = name;
		plan_group(table, node, type->is_union, place);
	} else {
		node->form = CXA_STORE_VALUE;
		node->column = field == table->key_field ?
				       table->key_count - 1 :
				       add_column(table, name, type_of(field),
						  /* NULL is NaN */
						  is_required &&
						  type_of(field) !=
							  CXA_STORE_REAL);
	}
}

static void plan_message(struct cxa_store_table *table,
			 struct cxa_store_message *message,
			 const struct cxa_message_type *type,
			 struct place place)
{
	struct cxa_store_node *own = &nodes[node_count];

	node_count += type->field_count;
	message->type = type;
	message->nodes = own;
	for (unsigned i = 0; i < type->field_count; i++) {
		own[i].field = &type->fields[i];
		plan_field(table, &own[i], type, place);
	}
}

/* The parent's keys, then the list's own. */
static void plan_list_keys(struct cxa_store_table *table)
{
	const struct cxa_store_table *parent = table->parent;

	add_column(table, roots[table->root].key, CXA_STORE_INTEGER, true);
	if (parent->key_count > 1)
		add_column(table, "parent_position", CXA_STORE_INTEGER, true);
	if (table->is_map)
		table->key_field = &table->field->type->fields[0];
	add_column(table, table->is_map ? "key" : "position",
		   table->is_map ? CXA_STORE_TEXT : CXA_STORE_INTEGER, true);
}

static void plan_list(struct cxa_store_table *table)
{
	struct place place = { "", false };

	plan_list_keys(table);
	if (table->field->type != NULL)
		plan_message(table, &table->message, table->field->type, place);
	else
		add_column(table, value_name(table->field),
			   type_of(table->field),
			   type_of(table->field) != CXA_STORE_REAL);
}

static void plan_root(struct cxa_store_table *table)
{
	struct place place = { "", false };
	const struct cxa_message_type *type;
	bool has_key = false;

	if (table->root == CXA_STORE_HEADER) {
		type = cxa_message_type_of(&cxa__header__descriptor);
	} else {
		enum cxa_collection collection =
			(enum cxa_collection)table->root;

		type = cxa_collection_type(collection);
		has_key = cxa_collection_info(collection)->has_key;
	}
	if (has_key)
		table->key_field = &type->fields[0];
	add_column(table, has_key ? type->fields[0].descriptor->name : "id",
		   CXA_STORE_INTEGER, true);
	plan_message(table, &table->message, type, place);
}

/* Lists found on the way are put behind, and planned in their turn. */
static void plan_tables_of(unsigned root)
{
	struct cxa_store_table *table = &tables[table_count++];

	table->root = root;
	table->key_count = 1;
	join(table->name, "", roots[root].table);
	for (; table < &tables[table_count]; table++) {
		table->columns = &columns[column_count];
		if (table->parent == NULL)
			plan_root(table);
		else
			plan_list(table);
		table->unknown = CXA_STORE_NO_COLUMN;
		if (table->message.type != NULL)
			table->unknown = add_column(table, "unknown_fields",
						    CXA_STORE_BLOB, false);
	}
}

static void plan_all(void)
{
	for (unsigned root = 0; root < CXA_STORE_ROOTS; root++)
		plan_tables_of(root);
}

const struct cxa_store_table *cxa_store_tables(size_t *count)
{
	pthread_once(&once, plan_all);
	*count = table_count;
	return tables;
}

const struct cxa_store_table *cxa_store_root(unsigned root, size_t *count)
{
	const struct cxa_store_table *table = cxa_store_tables(count);
	const struct cxa_store_table *end = table + *count;

	while (table->root != root)
		table++;
	*count = 0;
	while (table + *count != end && table[*count].root == root)
		++*count;
	return table;
}

const struct cxa_store_index *cxa_store_indexes(size_t *count)
{
	*count = COUNT(indexes);
	return indexes;
}
