/* store.c - an SQLite database under our own rules: statements, and what failed */
#include "endpoint/store.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

enum { CANCEL_STEPS = 10000, TURN_MS = 10 };

/* --- what failed ----------------------------------------------------------- */

static const char *name_of(const struct cxa_store *store)
{
	return store->name == NULL ? "" : store->name;
}

static const char *colon_of(const struct cxa_store *store)
{
	return store->name == NULL ? "" : ": ";
}

static int locked(const struct cxa_store *store, struct cxa_error *error)
{
	errno = EBUSY;
	cxa_error_set(error, CXA_ERR_IO,
		      "%s%sanother program has the store locked, for %u.%u s "
		      "now", name_of(store), colon_of(store),
		      store->waited_ms / 1000, store->waited_ms / 100 % 10);
	return cxa_error_hint(error, "wait for it to end; a store in WAL mode "
				     "is not locked by its writers");
}

/* What the last call on the database's file, or its journal, failed with */
static int file_errno(const struct cxa_store *store)
{
	sqlite3_file *journal = NULL;
	int number = 0;

	sqlite3_file_control(store->database, "main", SQLITE_FCNTL_LAST_ERRNO,
			     &number);
	if (number == 0 &&
	    sqlite3_file_control(store->database, "main",
				 SQLITE_FCNTL_JOURNAL_POINTER, &journal) ==
		    SQLITE_OK &&
	    journal != NULL && journal->pMethods != NULL)
		journal->pMethods->xFileControl(
			journal, SQLITE_FCNTL_LAST_ERRNO, &number);
	return number;
}

/* SQLite takes it for damage when these come of reading. */
static bool cannot_read(const struct cxa_store *store)
{
	int number = file_errno(store);

	return number == EIO || number == ENXIO || number == ERANGE;
}

static int system_failed(const struct cxa_store *store, int code,
			 struct cxa_error *error)
{
	int number = sqlite3_system_errno(store->database);

	if (number == 0)
		number = file_errno(store);
	if (number == 0)
		number = code == SQLITE_FULL	 ? ENOSPC :
			 code == SQLITE_READONLY ? EACCES :
						   EIO;
	errno = number;
	cxa_error_set(error, CXA_ERR_IO, "%s%s%s", name_of(store),
		      colon_of(store),
		      code == SQLITE_CORRUPT ?
			      "cannot read the database" :
			      sqlite3_errmsg(store->database));
	if (code == SQLITE_CANTOPEN || code == SQLITE_READONLY)
		cxa_error_hint(error, "a store in WAL mode, or one that a crash "
				      "left behind, can be read only where its "
				      "folder can be written to");
	return CXA_ERR_IO;
}

int cxa_store_failed(const struct cxa_store *store, struct cxa_error *error)
{
	return cxa_store_failed_by(store, sqlite3_errcode(store->database),
				   error);
}

int cxa_store_failed_by(const struct cxa_store *store, int code,
			struct cxa_error *error)
{
	code &= 0xff;
	if (code == SQLITE_CORRUPT && cannot_read(store))
		return system_failed(store, code, error);
	if (store->cause != NULL && store->cause->status != 0)
		return cxa_error_pass(error, store->cause->status,
				      store->cause);
	switch (code) {
	case SQLITE_NOMEM:
		return cxa_error_nomem(error, "SQLite");
	case SQLITE_INTERRUPT:
		/* SQLite interrupts itself, too, when it has no memory. */
		if (!cxa_cancel_requested(&store->context->cancel))
			return cxa_error_nomem(error, "SQLite");
		return cxa_error_set(error, CXA_ERR_CANCELLED, "interrupted");
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		/* Waiting ends early when it is cancelled. */
		if (cxa_cancel_requested(&store->context->cancel))
			return cxa_error_set(error, CXA_ERR_CANCELLED,
					     "interrupted");
		return locked(store, error);
	case SQLITE_PERM:
	case SQLITE_READONLY:
	case SQLITE_IOERR:
	case SQLITE_FULL:
	case SQLITE_CANTOPEN:
	case SQLITE_PROTOCOL:
		return system_failed(store, code, error);
	case SQLITE_NOTADB:
		return cxa_error_set(error, CXA_ERR_FORMAT,
				     "this is an SQLite database that is "
				     "damaged or encrypted");
	case SQLITE_TOOBIG:
		cxa_error_set(error, CXA_ERR_LIMIT,
			      "a value of a row is over the limit batch-bytes "
			      "of %" PRIu64,
			      store->context->limits.batch_bytes);
		cxa_limit_hint(error, CXA_LIMIT(batch_bytes));
		return CXA_ERR_LIMIT;
	default:
		return cxa_error_set(error, CXA_ERR_CORRUPT,
				     "the store's database is damaged (%s)",
				     sqlite3_errmsg(store->database));
	}
}

/* --- waiting and ending ------------------------------------------------------ */

static int on_progress(void *user)
{
	return cxa_cancel_requested(user);
}

static int on_busy(void *user, int turns)
{
	struct cxa_store *store = user;

	if (turns == 0)
		store->waited_ms = 0;
	if (store->waited_ms >= store->context->options.wait_ms ||
	    cxa_cancel_requested(&store->context->cancel))
		return 0;
	sqlite3_sleep(TURN_MS);
	store->waited_ms += TURN_MS;
	return 1;
}

void cxa_store_watch(struct cxa_store *store)
{
	sqlite3_busy_handler(store->database, on_busy, store);
	sqlite3_progress_handler(store->database, CANCEL_STEPS, on_progress,
				 &store->context->cancel);
}

/* --- statements ---------------------------------------------------------------- */

int cxa_store_run(const struct cxa_store *store, const char *sql,
		  struct cxa_error *error)
{
	if (sqlite3_exec(store->database, sql, NULL, NULL, NULL) != SQLITE_OK)
		return cxa_store_failed(store, error);
	return 0;
}

int cxa_store_prepare(const struct cxa_store *store,
		      const struct cxa_buffer *sql, sqlite3_stmt **out,
		      struct cxa_error *error)
{
	*out = NULL;
	if (sql->failed)
		return cxa_error_nomem(error, "a statement");
	if (sqlite3_prepare_v3(store->database, (const char *)sql->data,
			       (int)sql->size, SQLITE_PREPARE_PERSISTENT, out,
			       NULL) != SQLITE_OK)
		return cxa_store_failed(store, error);
	return 0;
}

int cxa_store_number(const struct cxa_store *store, const char *sql,
		     int64_t *out, struct cxa_error *error)
{
	sqlite3_stmt *statement = NULL;
	int status = 0;

	if (sqlite3_prepare_v2(store->database, sql, -1, &statement, NULL) ==
		    SQLITE_OK &&
	    sqlite3_step(statement) == SQLITE_ROW)
		*out = sqlite3_column_int64(statement, 0);
	else
		status = cxa_store_failed(store, error);
	sqlite3_finalize(statement);
	return status;
}

void cxa_store_close(struct cxa_store *store)
{
	sqlite3_close(store->database);
	store->database = NULL;
	free(store->name);
	store->name = NULL;
}
