/* row_sorter.c - places of rows by ascending id, in constant memory */
#include "endpoint/row_sorter.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>

#include <sqlite3.h>

/* SQLite's integers are signed: this keeps the order of unsigned ids. */
#define SIGN (UINT64_C(1) << 63)

struct cxa_row_sorter {
	sqlite3 *database;
	sqlite3_stmt *insert;
	sqlite3_stmt *select;
	bool ended; /* a further step would begin anew */
};

static const char prepare_sql[] =
	"PRAGMA journal_mode = OFF;"
	"PRAGMA synchronous = OFF;"
	"PRAGMA cache_size = -8192;" /* KiB, also of the sorter */
	"PRAGMA temp_store = FILE;"
	"CREATE TABLE rows (id INTEGER, at INTEGER, size INTEGER);"
	"BEGIN;";

static int failed(struct cxa_row_sorter *sorter, struct cxa_error *error)
{
	const char *why = sqlite3_errmsg(sorter->database);
	int code = sqlite3_errcode(sorter->database);
	int number = sqlite3_system_errno(sorter->database);

	if (code == SQLITE_NOMEM)
		return cxa_error_nomem(error, "sorting");
	if (number == 0)
		number = code == SQLITE_FULL ? ENOSPC : EIO;
	errno = number;
	cxa_error_set(error, CXA_ERR_IO, "cannot sort by id (%s)", why);
	return cxa_error_hint(error, "sorting needs room for temporary files; "
				     "TMPDIR or --temp-dir says where");
}

int cxa_row_sorter_open(struct cxa_row_sorter **out, struct cxa_error *error)
{
	struct cxa_row_sorter *sorter = calloc(1, sizeof(*sorter));
	int status = 0;

	*out = NULL;
	if (sorter == NULL)
		return cxa_error_nomem(error, "sorting");
	if (sqlite3_open("", &sorter->database) != SQLITE_OK ||
	    sqlite3_exec(sorter->database, prepare_sql, NULL, NULL, NULL) !=
		    SQLITE_OK ||
	    sqlite3_prepare_v2(sorter->database,
			       "INSERT INTO rows VALUES (?1, ?2, ?3)", -1,
			       &sorter->insert, NULL) != SQLITE_OK)
		status = failed(sorter, error);
	if (status < 0) {
		cxa_row_sorter_close(sorter);
		return status;
	}
	*out = sorter;
	return 0;
}

int cxa_row_sorter_add(struct cxa_row_sorter *sorter, uint64_t id,
		       uint64_t offset, size_t size, struct cxa_error *error)
{
	sqlite3_bind_int64(sorter->insert, 1, (sqlite3_int64)(id ^ SIGN));
	sqlite3_bind_int64(sorter->insert, 2, (sqlite3_int64)offset);
	sqlite3_bind_int64(sorter->insert, 3, (sqlite3_int64)size);
	if (sqlite3_step(sorter->insert) != SQLITE_DONE ||
	    sqlite3_reset(sorter->insert) != SQLITE_OK)
		return failed(sorter, error);
	return 0;
}

int cxa_row_sorter_sort(struct cxa_row_sorter *sorter, struct cxa_error *error)
{
	if (sqlite3_exec(sorter->database, "COMMIT", NULL, NULL, NULL) !=
		    SQLITE_OK ||
	    sqlite3_prepare_v2(sorter->database,
			       "SELECT id, at, size FROM rows "
			       "ORDER BY id, at, size",
			       -1, &sorter->select, NULL) != SQLITE_OK)
		return failed(sorter, error);
	return 0;
}

int cxa_row_sorter_next(struct cxa_row_sorter *sorter, uint64_t *id,
			uint64_t *offset, size_t *size, struct cxa_error *error)
{
	int result = sorter->ended ? SQLITE_DONE : sqlite3_step(sorter->select);

	sorter->ended = result == SQLITE_DONE;
	if (sorter->ended)
		return CXA_END;
	if (result != SQLITE_ROW)
		return failed(sorter, error);
	*id = (uint64_t)sqlite3_column_int64(sorter->select, 0) ^ SIGN;
	*offset = (uint64_t)sqlite3_column_int64(sorter->select, 1);
	*size = (size_t)sqlite3_column_int64(sorter->select, 2);
	return 0;
}

void cxa_row_sorter_close(struct cxa_row_sorter *sorter)
{
	if (sorter == NULL)
		return;
	sqlite3_finalize(sorter->insert);
	sqlite3_finalize(sorter->select);
	sqlite3_close(sorter->database);
	free(sorter);
}
