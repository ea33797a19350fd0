/* store_sql.c - the plan of a store as SQLite's SQL */
#include "endpoint/store_sql.h"

static void end(struct cxa_buffer *out)
{
	uint8_t *room = cxa_buffer_room(out, 1);

	if (room != NULL)
		*room = '\0';
}

static const char *type_name(enum cxa_store_type type)
{
	switch (type) {
	case CXA_STORE_INTEGER: return "INTEGER";
	case CXA_STORE_REAL: return "REAL";
	case CXA_STORE_TEXT: return "TEXT";
	default: return "BLOB";
	}
}

/* The names of the first @count columns of @table. */
static void names(struct cxa_buffer *out, const struct cxa_store_table *table,
		  unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		cxa_buffer_format(out, "%s%s", i == 0 ? "" : ", ",
				  table->columns[i].name);
}

static void column(struct cxa_buffer *out, const struct cxa_store_table *table,
		   unsigned i)
{
	const struct cxa_store_column *own = &table->columns[i];

	cxa_buffer_format(out, "%s\n  %s %s", i == 0 ? "" : ",", own->name,
			  type_name(own->type));
	if (i == 0 && table->parent == NULL)
		/* A name of the rowid: no second tree. */
		cxa_buffer_format(out, " PRIMARY KEY%s",
				  table->key_field == NULL ? " CHECK (id = 0)" :
							     "");
	else if (own->not_null)
		cxa_buffer_text(out, " NOT NULL");
}

void cxa_store_sql_table(struct cxa_buffer *out,
			 const struct cxa_store_table *table)
{
	cxa_buffer_format(out, "CREATE TABLE %s (", table->name);
	for (unsigned i = 0; i < table->column_count; i++)
		column(out, table, i);
	if (table->parent != NULL) {
		cxa_buffer_text(out, ",\n  PRIMARY KEY (");
		names(out, table, table->key_count);
		cxa_buffer_text(out, "),\n  FOREIGN KEY (");
		names(out, table, table->key_count - 1);
		cxa_buffer_format(out, ") REFERENCES %s (",
				  table->parent->name);
		names(out, table->parent, table->key_count - 1);
		cxa_buffer_text(out, ") ON DELETE CASCADE\n) WITHOUT ROWID");
	} else {
		cxa_buffer_text(out, "\n)");
	}
	end(out);
}

static void index_name(struct cxa_buffer *out,
		       const struct cxa_store_index *index)
{
	cxa_buffer_format(out, "%s_by", index->table);
	for (unsigned i = 0; i < 3 && index->columns[i] != NULL; i++)
		cxa_buffer_format(out, "_%s", index->columns[i]);
}

void cxa_store_sql_index(struct cxa_buffer *out,
			 const struct cxa_store_index *index)
{
	cxa_buffer_text(out, "CREATE INDEX ");
	index_name(out, index);
	cxa_buffer_format(out, " ON %s (", index->table);
	for (unsigned i = 0; i < 3 && index->columns[i] != NULL; i++)
		cxa_buffer_format(out, "%s%s", i == 0 ? "" : ", ",
				  index->columns[i]);
	cxa_buffer_text(out, ")");
	end(out);
}

void cxa_store_sql_unindex(struct cxa_buffer *out,
			   const struct cxa_store_index *index)
{
	cxa_buffer_text(out, "DROP INDEX IF EXISTS main.");
	index_name(out, index);
	end(out);
}

void cxa_store_sql_clear(struct cxa_buffer *out,
			 const struct cxa_store_table *table)
{
	cxa_buffer_format(out, "DELETE FROM main.%s", table->name);
	end(out);
}

void cxa_store_sql_insert(struct cxa_buffer *out,
			  const struct cxa_store_table *table)
{
	cxa_buffer_format(out, "INSERT INTO main.%s VALUES (", table->name);
	for (unsigned i = 0; i < table->column_count; i++)
		cxa_buffer_format(out, "%s?%u", i == 0 ? "" : ", ", i + 1);
	cxa_buffer_text(out, ")");
	end(out);
}

void cxa_store_sql_select(struct cxa_buffer *out,
			  const struct cxa_store_table *table)
{
	cxa_buffer_text(out, "SELECT ");
	names(out, table, table->column_count);
	cxa_buffer_format(out, " FROM main.%s WHERE %s >= ?1 ORDER BY ",
			  table->name, table->columns[0].name);
	names(out, table, table->key_count);
	end(out);
}

void cxa_store_sql_count(struct cxa_buffer *out,
			 const struct cxa_store_table *table)
{
	cxa_buffer_format(out, "SELECT count(*) FROM main.%s", table->name);
	end(out);
}
