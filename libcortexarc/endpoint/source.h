/* source.h - what is behind struct cxa_source: one table of functions a kind */
#ifndef CXA_ENDPOINT_SOURCE_H
#define CXA_ENDPOINT_SOURCE_H

#include <cortexarc/source.h>

#include "endpoint/context.h"

#define CXA_SQLITE_MAGIC "SQLite format 3" /* and its NUL */

/**
 * struct cxa_duplicates - ids that come twice in JSON
 * @tell: NULL: they are refused; else it is told of each record with the id of
 *        one that stands behind it, which is left out
 */
struct cxa_duplicates {
	void (*tell)(void *user, enum cxa_collection collection, uint64_t id);
	void *user;
};

/**
 * struct cxa_source - @ops and @state do the work; the rest describes it
 * @count: for cxa_source_count(); may be NULL
 * @rows_bytes: about how many bytes of rows it holds, for progress; 0: unknown
 * @read_chosen: as ops.read, without the batches that @skip names; NULL: not
 *               of this kind
 */
struct cxa_source {
	struct cxa_context *context;
	enum cxa_kind kind;
	struct cxa_source_ops ops;
	int (*count)(void *state, uint64_t records[CXA_COLLECTION_COUNT],
		     struct cxa_error *error);
	void *state;
	const Cxa__Header *header;
	const Cxa__Index *index;
	const uint8_t *root;
	uint64_t bytes;
	uint64_t rows_bytes;
	struct cxa_duplicates duplicates;
	int (*read_chosen)(void *state, enum cxa_collection collection,
			   uint64_t first_id, uint64_t last_id,
			   const bool *skip, void **reader,
			   struct cxa_error *error);
};

/**
 * cxa_cursor_skip() - leave out batches of an archive: they are not read
 * @skip: one for each entry of its index; borrowed until the cursor is closed
 *
 * Before the first batch; a selection of whole concepts does not heed it.
 */
void cxa_cursor_skip(struct cxa_cursor *cursor, const bool *skip);

/** cxa_source_open_input() - as cxa_source_open(); *@input becomes NULL or not */
int cxa_source_open_input(struct cxa_source **out, struct cxa_context *context,
			  struct cxa_input **input,
			  const struct cxa_source_options *options,
			  struct cxa_error *error);

/*
 * What each kind brings. Each takes @input (NULLs *input when it has) and fills
 * @source's ops, state and description.
 */
int cxa_archive_source_open(struct cxa_source *source, struct cxa_input **input,
			    const struct cxa_source_options *options,
			    struct cxa_error *error);
int cxa_json_source_open(struct cxa_source *source, struct cxa_input **input,
			 const struct cxa_source_options *options,
			 struct cxa_error *error);
int cxa_ndjson_source_open(struct cxa_source *source, struct cxa_input **input,
			   const struct cxa_source_options *options,
			   struct cxa_error *error);

/**
 * cxa_source_is_store() - is @locator a file that begins as SQLite's do?
 *
 * Asked before anything opens it: closing a descriptor of its own would give up
 * all locks that SQLite holds on the file within this process, for a program
 * that has its store open, too. What does not exist is none; CXA_ERR_IO: it
 * cannot be opened or read.
 */
int cxa_source_is_store(const char *locator, bool *is_store,
			struct cxa_error *error);

/** cxa_store_source_open() - the store at @path; only SQLite opens the file */
int cxa_store_source_open(struct cxa_source *source, const char *path,
			  const struct cxa_source_options *options,
			  struct cxa_error *error);

struct cxa_store;

/**
 * cxa_store_source_on() - what @store holds for its own connection, also within
 * a transaction that has not ended
 * @store: borrowed until the source is closed
 */
int cxa_store_source_on(struct cxa_source **out, const struct cxa_store *store,
			struct cxa_error *error);

#endif
