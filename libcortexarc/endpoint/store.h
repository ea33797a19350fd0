/* store.h - an SQLite database under our own rules: statements, and what failed */
#ifndef CXA_ENDPOINT_STORE_H
#define CXA_ENDPOINT_STORE_H

#include <sqlite3.h>

#include <cortexarc/record.h>

#include "base/buffer.h"
#include "endpoint/context.h"


/**
 * struct cxa_store - one connection, for one thread at a time
 * @waited_ms: for a lock so far
 * @cause: what the file below says went wrong; it knows more than SQLite
 * @name: of a store that exists, for messages; owned
 */
struct cxa_store {
	struct cxa_context *context;
	sqlite3 *database;
	unsigned waited_ms;
	const struct cxa_error *cause;
	char *name;
};

/**
 * cxa_store_watch() - after opening: waiting for locks, and being cancelled
 *
 * Long statements and waiting both end when the context is cancelled.
 */
void cxa_store_watch(struct cxa_store *store);

/** cxa_store_failed() - the last call on @store did; Return: why */
int cxa_store_failed(const struct cxa_store *store, struct cxa_error *error);

/**
 * cxa_store_failed_by() - likewise, when SQLite's @code is known from elsewhere
 *
 * That a file cannot be read is an error of the machine, CXA_ERR_IO, though
 * SQLite takes it for damage.
 */
int cxa_store_failed_by(const struct cxa_store *store, int code,
			struct cxa_error *error);

/** cxa_store_run() - statements that give no rows, or none that matter */
int cxa_store_run(const struct cxa_store *store, const char *sql,
		  struct cxa_error *error);

/** cxa_store_prepare() - @sql as from store_sql.h; it may have failed */
int cxa_store_prepare(const struct cxa_store *store,
		      const struct cxa_buffer *sql, sqlite3_stmt **out,
		      struct cxa_error *error);

/** cxa_store_number() - the number that @sql gives */
int cxa_store_number(const struct cxa_store *store, const char *sql,
		     int64_t *out, struct cxa_error *error);

/** cxa_store_path() - append @locator as a path that SQLite takes for no URI */
void cxa_store_path(struct cxa_buffer *out, const char *locator);

/**
 * cxa_store_open() - a store that exists, to be read within one transaction
 * @writable: to be written, too: other writers are locked out until the
 *            transaction ends
 *
 * What a writer that died left half done is undone first, which writes to the
 * file even when it is opened for reading; not when its journal names another
 * file, as the journal of a transaction over several databases does.
 * What is seen from here on is one moment, whoever goes on writing. Its
 * application_id, data_version and every table's definition have been
 * compared with ours.
 *
 * Return: 0, CXA_ERR_FORMAT (no store, or foreign tables), CXA_ERR_CORRUPT,
 * CXA_ERR_UNSUPPORTED, CXA_ERR_IO (also: locked), CXA_ERR_CANCELLED,
 * CXA_ERR_NOMEM.
 */
int cxa_store_open(struct cxa_store *store, const char *path, bool writable,
		   struct cxa_error *error);

/**
 * cxa_store_fetch_ahead() - all of an open store is about to be read
 *
 * Its tables lie across the file, and a disk gives a file in order many times
 * as fast. A hint: whatever fails, and above a quarter of the memory or 2 GiB,
 * nothing is done.
 */
void cxa_store_fetch_ahead(const struct cxa_store *store);

/** cxa_store_count() - records, by enum cxa_collection */
int cxa_store_count(const struct cxa_store *store,
		    uint64_t records[CXA_COLLECTION_COUNT],
		    struct cxa_error *error);

/** cxa_store_close() - after all its statements */
void cxa_store_close(struct cxa_store *store);

#endif
