/* store_schema.c - the plan of a store's tables holds together */
#include <stdlib.h>

#include <sqlite3.h>

#include "endpoint/store_sql.h"
#include "tap.h"

static bool run(sqlite3 *database, struct cxa_buffer *sql)
{
	char *message = NULL;
	bool done = !sql->failed &&
		    sqlite3_exec(database, (const char *)sql->data, NULL, NULL,
				 &message) == SQLITE_OK;

	if (!done)
		printf("# %s\n#   %s\n", (const char *)sql->data, message);
	sqlite3_free(message);
	cxa_buffer_reset(sql);
	return done;
}

/* Two of one name would not be made. */
static void all_of_it_is_sql(void)
{
	size_t count;
	size_t index_count;
	const struct cxa_store_table *tables = cxa_store_tables(&count);
	const struct cxa_store_index *indexes = cxa_store_indexes(&index_count);
	struct cxa_buffer sql = { 0 };
	sqlite3 *database = NULL;
	bool passed = true;

	sqlite3_open(":memory:", &database);
	for (size_t i = 0; i < count; i++) {
		cxa_store_sql_table(&sql, &tables[i]);
		passed = run(database, &sql) && passed;
	}
	ok(passed, "all tables can be made");
	passed = true;
	for (size_t i = 0; i < index_count; i++) {
		cxa_store_sql_index(&sql, &indexes[i]);
		passed = run(database, &sql) && passed;
	}
	ok(passed, "and all indexes");
	passed = true;
	for (size_t i = 0; i < count; i++) {
		cxa_store_sql_select(&sql, &tables[i]);
		passed = run(database, &sql) && passed;
	}
	ok(passed, "they can be read in order");
	sqlite3_close(database);
	cxa_buffer_release(&sql);
}

static void names_are_whole(void)
{
	size_t count;
	const struct cxa_store_table *tables = cxa_store_tables(&count);
	bool passed = true;

	for (size_t i = 0; i < count; i++) {
		passed = passed &&
			 strlen(tables[i].name) < CXA_STORE_NAME_BYTES - 1 &&
			 tables[i].key_count <= CXA_STORE_KEYS_MAX &&
			 tables[i].column_count <= CXA_STORE_COLUMNS_MAX;
		for (unsigned k = 0; k < tables[i].column_count; k++)
			passed = passed &&
				 strlen(tables[i].columns[k].name) <
					 CXA_STORE_NAME_BYTES - 1;
	}
	ok(passed, "no name is cut, no table is wider than a row can be");
}

static void roots_stand_together(void)
{
	size_t all;
	size_t sum = 0;
	const struct cxa_store_table *tables = cxa_store_tables(&all);
	bool passed = true;

	for (unsigned root = 0; root < CXA_STORE_ROOTS; root++) {
		size_t count;
		const struct cxa_store_table *own =
			cxa_store_root(root, &count);

		sum += count;
		passed = passed && own->parent == NULL;
		for (size_t i = 1; i < count; i++)
			passed = passed && own[i].root == root &&
				 own[i].parent >= own &&
				 own[i].parent < &own[i];
	}
	ok(passed && sum == all && tables != NULL,
	   "the tables of a root stand together, parents first");
}

/* To be freed. */
static char *read_specification(void)
{
	const char *srcdir = getenv("CXA_SRCDIR");
	struct cxa_buffer name = { 0 };
	struct cxa_buffer text = { 0 };
	FILE *file;
	int byte;

	cxa_buffer_format(&name, "%s/spec/STORE.md",
			  srcdir == NULL ? "." : srcdir);
	file = fopen((const char *)name.data, "r");
	while (file != NULL && (byte = getc(file)) != EOF)
		cxa_buffer_byte(&text, (uint8_t)byte);
	if (file != NULL)
		fclose(file);
	cxa_buffer_byte(&text, '\0');
	cxa_buffer_release(&name);
	return (char *)text.data;
}

static void the_specification_has_them(void)
{
	size_t count;
	const struct cxa_store_table *tables = cxa_store_tables(&count);
	const struct cxa_store_index *indexes;
	struct cxa_buffer sql = { 0 };
	char *text = read_specification();

	for (size_t i = 0; i < count; i++) {
		cxa_store_sql_table(&sql, &tables[i]);
		ok(strstr(text, (const char *)sql.data) != NULL,
		   "STORE.md has the definition of %s", tables[i].name);
		cxa_buffer_reset(&sql);
	}
	indexes = cxa_store_indexes(&count);
	for (size_t i = 0; i < count; i++) {
		cxa_store_sql_index(&sql, &indexes[i]);
		ok(strstr(text, (const char *)sql.data) != NULL,
		   "and of an index of %s by %s", indexes[i].table,
		   indexes[i].columns[0]);
		cxa_buffer_reset(&sql);
	}
	cxa_buffer_release(&sql);
	free(text);
}

int main(void)
{
	all_of_it_is_sql();
	names_are_whole();
	roots_stand_together();
	the_specification_has_them();
	return done_testing();
}
