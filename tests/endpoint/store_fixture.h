/* store_fixture.h - batches of one's own as a source; all rows of a source */
#ifndef CXA_TESTS_ENDPOINT_STORE_FIXTURE_H
#define CXA_TESTS_ENDPOINT_STORE_FIXTURE_H

#include <sqlite3.h>

#include "base/buffer.h"
#include "endpoint/scratch.h"
#include "record/batch.h"

/* One batch a collection, or none. */
struct fixture {
	struct cxa_batch *batches[CXA_COLLECTION_COUNT];
};

struct fixture_reader {
	struct cxa_batch *batch;
};

static int fixture_read(void *state, enum cxa_collection collection,
			uint64_t first_id, uint64_t last_id, void **reader,
			struct cxa_error *error)
{
	struct fixture *fixture = state;
	struct fixture_reader *own = calloc(1, sizeof(*own));

	(void)first_id;
	(void)last_id;
	(void)error;
	if (fixture->batches[collection] != NULL)
		own->batch = cxa_batch_ref(fixture->batches[collection]);
	*reader = own;
	return 0;
}

static int fixture_next(void *reader, struct cxa_batch **batch,
			struct cxa_error *error)
{
	struct fixture_reader *own = reader;

	(void)error;
	*batch = own->batch;
	own->batch = NULL;
	return *batch == NULL ? CXA_END : 0;
}

static void fixture_done(void *reader)
{
	struct fixture_reader *own = reader;

	cxa_batch_unref(own->batch);
	free(own);
}

__attribute__((unused)) static void fixture_release(struct fixture *fixture)
{
	for (int i = 0; i < CXA_COLLECTION_COUNT; i++)
		cxa_batch_unref(fixture->batches[i]);
}

/* The fixture, and what @header describes, into a new file. */
__attribute__((unused))
static int fixture_write(struct fixture *fixture, const Cxa__Header *header,
			 const char *to, struct cxa_error *error)
{
	static const struct cxa_source_ops ops = { fixture_read, fixture_next,
						   fixture_done, NULL };
	struct cxa_context *context = NULL;
	struct cxa_source *source = NULL;
	struct cxa_sink *sink = NULL;
	int status = cxa_context_open(&context, NULL, error);

	if (status == 0)
		status = cxa_source_new(&source, context, &ops, fixture, header,
					error);
	if (status == 0)
		status = cxa_sink_open(&sink, context, to, CXA_KIND_AUTO, NULL,
				       error);
	if (status == 0)
		status = cxa_copy(source, sink, NULL, NULL, error);
	cxa_sink_close(sink);
	cxa_source_close(source);
	cxa_context_close(context);
	return status;
}

/*
 * Every record of @name: its collection, id, size and bytes, end to end;
 * @wait_ms: for a lock.
 */
__attribute__((unused))
static int read_all(const char *name, unsigned wait_ms, struct cxa_buffer *out,
		    struct cxa_error *error)
{
	struct cxa_context_options options = CXA_CONTEXT_OPTIONS_INIT;
	struct cxa_context *context = NULL;
	struct cxa_source *source = NULL;
	struct cxa_cursor *cursor = NULL;
	struct cxa_batch *batch = NULL;
	int status;

	options.wait_ms = wait_ms;
	status = cxa_context_open(&context, &options, error);
	if (status == 0)
		status = cxa_source_open(&source, context, name, NULL, error);
	if (status == 0)
		status = cxa_cursor_open(&cursor, source, NULL, error);
	while (status == 0 &&
	       (status = cxa_cursor_next(cursor, &batch, error)) == 0) {
		for (size_t i = 0; i < batch->count; i++) {
			const struct cxa_record *record = &batch->records[i];
			uint64_t key[3] = { batch->collection, record->id,
					    record->size };

			cxa_buffer_append(out, key, sizeof(key));
			cxa_buffer_append(out, record->data, record->size);
		}
		cxa_batch_unref(batch);
	}
	cxa_cursor_close(cursor);
	cxa_source_close(source);
	cxa_context_close(context);
	return status == CXA_END ? 0 : status;
}

/* SQL on a database, as an application would; it has to work. */
__attribute__((unused)) static void run_sql(const char *name, const char *sql)
{
	sqlite3 *database = NULL;
	char *message = NULL;

	if (sqlite3_open(name, &database) != SQLITE_OK ||
	    sqlite3_exec(database, sql, NULL, NULL, &message) != SQLITE_OK) {
		printf("Bail out! %s: %s\n", sql,
		       message == NULL ? "cannot open" : message);
		exit(1);
	}
	sqlite3_close(database);
}

/* The one value that @sql gives, to be freed. */
__attribute__((unused))
static char *ask_sql(const char *name, const char *sql)
{
	sqlite3 *database = NULL;
	sqlite3_stmt *statement = NULL;
	char *answer = NULL;

	if (sqlite3_open(name, &database) == SQLITE_OK &&
	    sqlite3_prepare_v2(database, sql, -1, &statement, NULL) ==
		    SQLITE_OK &&
	    sqlite3_step(statement) == SQLITE_ROW)
		answer = strdup((const char *)sqlite3_column_text(statement,
								  0));
	sqlite3_finalize(statement);
	sqlite3_close(database);
	return answer;
}

#endif
