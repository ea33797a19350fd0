/* store_open.c - a store that exists: is it one, and one of ours? */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "container/header.h"
#include "endpoint/store.h"
#include "endpoint/store_sql.h"

/*
 * A database may come from anywhere: nothing in its schema may run, and what
 * is read is looked at before it is believed.
 */
static int settle(struct cxa_store *store, bool writable,
		  struct cxa_error *error)
{
	/* EXTRA: that the journal is gone is durable before success is told. */
	const char *begin = writable ? "PRAGMA synchronous = EXTRA;"
				       "BEGIN IMMEDIATE" :
				       "PRAGMA query_only = ON; BEGIN";
	static const struct {
		int option;
		int value;
	} settings[] = {
		{ SQLITE_DBCONFIG_DEFENSIVE, 1 },
		{ SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0 },
		{ SQLITE_DBCONFIG_ENABLE_TRIGGER, 0 },
		{ SQLITE_DBCONFIG_ENABLE_VIEW, 0 },
		{ SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0 },
	};
	uint64_t longest = store->context->limits.batch_bytes;
	int status;

	for (size_t i = 0; i < sizeof(settings) / sizeof(settings[0]); i++)
		if (sqlite3_db_config(store->database, settings[i].option,
				      settings[i].value, NULL) != SQLITE_OK)
			return cxa_store_failed(store, error);
	if (longest < INT32_MAX)
		sqlite3_limit(store->database, SQLITE_LIMIT_LENGTH,
			      (int)longest);
	status = cxa_store_run(store,
			       "PRAGMA mmap_size = 0;"
			       "PRAGMA cell_size_check = ON", error);
	return status == 0 ? cxa_store_run(store, begin, error) : status;
}

static int check_identity(struct cxa_store *store, struct cxa_error *error)
{
	int64_t id = 0;
	int64_t version = 0;
	int status = cxa_store_number(store, "PRAGMA application_id", &id,
				      error);

	if (status == 0)
		status = cxa_store_number(store, "PRAGMA user_version",
					  &version, error);
	if (status < 0)
		return status;
	if (id != CXA_STORE_APPLICATION_ID)
		return cxa_error_set(error, CXA_ERR_FORMAT,
				     "this is an SQLite database, but no "
				     "CortexKG store: its application_id is "
				     "0x%08" PRIx32, (uint32_t)id);
	if (version > CXA_DATA_VERSION_MAX)
		return cxa_error_set(error, CXA_ERR_UNSUPPORTED,
				     "the store is of data_version %" PRId64
				     "; this version knows 1 and 2", version);
	if (version < 1)
		return cxa_error_set(error, CXA_ERR_CORRUPT,
				     "the store's user_version %" PRId64
				     " is no data_version", version);
	return 0;
}

/* --- the schema ------------------------------------------------------------ */

static const struct cxa_store_table *find_table(const char *name, size_t *index)
{
	size_t count;
	const struct cxa_store_table *tables = cxa_store_tables(&count);

	for (*index = 0; *index < count; ++*index)
		if (strcmp(tables[*index].name, name) == 0)
			return &tables[*index];
	return NULL;
}

static int refuse(const char *type, const char *name, const char *what,
		  struct cxa_error *error)
{
	return cxa_error_set(error, CXA_ERR_FORMAT, "%s %s: %s", type, name,
			     what);
}

static int compare_table(const char *name, const char *sql, bool seen[],
			 struct cxa_error *error)
{
	struct cxa_buffer ours = { 0 };
	const struct cxa_store_table *table;
	size_t index;
	int status = 0;

	if (strncmp(name, "sqlite_", strlen("sqlite_")) == 0)
		return 0; /* SQLite's own, as of ANALYZE */
	table = find_table(name, &index);
	if (table == NULL)
		return refuse("table", name, "no table of a CortexKG store",
			      error);
	seen[index] = true;
	cxa_store_sql_table(&ours, table);
	if (ours.failed)
		status = cxa_error_nomem(error, "the schema");
	else if (strcmp((const char *)ours.data, sql) != 0)
		status = refuse("table", name, "not defined as a CortexKG "
				"store has it", error);
	cxa_buffer_release(&ours);
	return status;
}

/* An index more or less changes nothing that is read. */
static int compare_entry(sqlite3_stmt *entry, bool seen[],
			 struct cxa_error *error)
{
	const char *text[3] = { "", "", "" };
	size_t index;

	for (int i = 0; i < 3; i++)
		if (sqlite3_column_type(entry, i) == SQLITE_TEXT)
			text[i] = (const char *)sqlite3_column_text(entry, i);
	if (text[0] == NULL || text[1] == NULL || text[2] == NULL)
		return cxa_error_nomem(error, "the schema");
	if (strcmp(text[0], "table") == 0)
		return compare_table(text[1], text[2], seen, error);
	if (strcmp(text[0], "index") == 0 && find_table(text[2], &index))
		return 0;
	return refuse(text[0], text[1], "a CortexKG store has none such", error);
}

static int compare_entries(struct cxa_store *store, sqlite3_stmt *entries,
			   bool seen[], struct cxa_error *error)
{
	int status = 0;
	int result;

	while (status == 0 && (result = sqlite3_step(entries)) != SQLITE_DONE)
		status = result == SQLITE_ROW ?
				 compare_entry(entries, seen, error) :
				 cxa_store_failed(store, error);
	return status;
}

static int check_schema(struct cxa_store *store, struct cxa_error *error)
{
	static const char sql[] =
		"SELECT type, name, iif(type = 'table', sql, tbl_name)"
		" FROM sqlite_schema";
	sqlite3_stmt *entries = NULL;
	size_t count;
	const struct cxa_store_table *tables = cxa_store_tables(&count);
	bool *seen = calloc(count, sizeof(*seen));
	int status = 0;

	if (seen == NULL)
		return cxa_error_nomem(error, "the schema");
	if (sqlite3_prepare_v2(store->database, sql, -1, &entries, NULL) !=
	    SQLITE_OK)
		status = cxa_store_failed(store, error);
	if (status == 0)
		status = compare_entries(store, entries, seen, error);
	for (size_t i = 0; i < count && status == 0; i++)
		if (!seen[i])
			status = refuse("table", tables[i].name, "is missing",
					error);
	sqlite3_finalize(entries);
	free(seen);
	return status;
}

static int check_encoding(struct cxa_store *store, struct cxa_error *error)
{
	int64_t is_utf8 = 0;
	int status = cxa_store_number(store,
				      "SELECT encoding = 'UTF-8'"
				      " FROM pragma_encoding", &is_utf8, error);

	if (status == 0 && !is_utf8)
		status = cxa_error_set(error, CXA_ERR_FORMAT,
				       "the store's text is in UTF-16, and must "
				       "be in UTF-8");
	return status;
}

void cxa_store_path(struct cxa_buffer *out, const char *locator)
{
	cxa_buffer_format(out, "%s%s", locator[0] == '/' ? "" : "./", locator);
}

static int connect(struct cxa_store *store, const char *path, bool writable,
		   struct cxa_error *error)
{
	int mode = writable ? SQLITE_OPEN_READWRITE : SQLITE_OPEN_READONLY;

	/* As it was called before cxa_store_path(). */
	store->name = strdup(strncmp(path, "./", 2) == 0 ? path + 2 : path);
	if (store->name == NULL)
		return cxa_error_nomem(error, "a store");
	if (sqlite3_open_v2(path, &store->database,
			    mode | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE,
			    NULL) != SQLITE_OK)
		return store->database == NULL ?
			       cxa_error_nomem(error, "SQLite") :
			       cxa_store_failed(store, error);
	cxa_store_watch(store);
	return settle(store, writable, error);
}

/*
 * Does the journal of the store at @path end in the name of another file? It
 * would go when the journal has been played back, whatever it is.
 */
static bool names_another_file(const char *path)
{
	static const uint8_t magic[8] = { 0xd9, 0xd5, 0x05, 0xf9,
					  0x20, 0xa1, 0x63, 0xd7 };
	struct cxa_buffer name = { 0 };
	uint8_t end[sizeof(magic)];
	FILE *file = NULL;
	bool names = true;

	cxa_buffer_format(&name, "%s-journal", path);
	if (!name.failed)
		file = fopen((const char *)name.data, "rbe");
	if (file != NULL && fseek(file, -(long)sizeof(end), SEEK_END) == 0 &&
	    fread(end, sizeof(end), 1, file) == 1)
		names = memcmp(end, magic, sizeof(end)) == 0;
	if (file != NULL)
		fclose(file);
	cxa_buffer_release(&name);
	return names;
}

/* Taking the lock that writing begins with does it. */
static int play_back(const struct cxa_store *store, const char *path)
{
	struct cxa_store writer = { .context = store->context };
	int status;

	if (names_another_file(path))
		return CXA_ERR_IO;
	status = connect(&writer, path, true, NULL);
	cxa_store_close(&writer);
	return status;
}

/*
 * The first read: from here on it is one moment. A writer that died in the
 * middle has left its journal; until that is played back nobody can read the
 * store, and who only reads may not do so.
 */
static int look(struct cxa_store *store, const char *path,
		struct cxa_error *error)
{
	static const char sql[] = "SELECT count(*) FROM sqlite_schema";
	int result = sqlite3_exec(store->database, sql, NULL, NULL, NULL);

	if (result == SQLITE_READONLY_ROLLBACK && play_back(store, path) == 0)
		result = sqlite3_exec(store->database, sql, NULL, NULL, NULL);
	return result == SQLITE_OK ? 0 : cxa_store_failed(store, error);
}

int cxa_store_open(struct cxa_store *store, const char *path, bool writable,
		   struct cxa_error *error)
{
	int status = connect(store, path, writable, error);

	if (status == 0)
		status = look(store, path, error);
	if (status == 0)
		status = check_identity(store, error);
	if (status == 0)
		status = check_encoding(store, error);
	if (status == 0)
		status = check_schema(store, error);
	return status;
}

int cxa_store_count(const struct cxa_store *store,
		    uint64_t records[CXA_COLLECTION_COUNT],
		    struct cxa_error *error)
{
	struct cxa_buffer sql = { 0 };
	int status = 0;

	for (unsigned i = 0; i < CXA_COLLECTION_COUNT && status == 0; i++) {
		int64_t rows = 0;
		size_t count;

		cxa_buffer_reset(&sql);
		cxa_store_sql_count(&sql, cxa_store_root(i, &count));
		status = sql.failed ?
				 cxa_error_nomem(error, "a statement") :
				 cxa_store_number(store, (const char *)sql.data,
						  &rows, error);
		records[i] = (uint64_t)rows;
	}
	cxa_buffer_release(&sql);
	return status;
}
