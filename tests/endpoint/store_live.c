/* store_live.c - a store is read as it is at one moment, while others use it */
#include <signal.h>
#include <sys/wait.h>

#include "endpoint/store_fixture.h"

enum { WRITERS = 4 };

static void copy_file(const char *from, const char *to)
{
	size_t size;
	char *data = read_file(from, &size);

	write_file(to, data, size);
	free(data);
}

static bool same_rows(const struct cxa_buffer *a, const struct cxa_buffer *b)
{
	return a->size == b->size && memcmp(a->data, b->data, a->size) == 0;
}

/* All rows of an open source. */
static void read_source(struct cxa_source *source, struct cxa_buffer *out)
{
	struct cxa_error error = CXA_ERROR_INIT;
	struct cxa_cursor *cursor = NULL;
	struct cxa_batch *batch = NULL;

	cxa_cursor_open(&cursor, source, NULL, &error);
	while (cxa_cursor_next(cursor, &batch, &error) == 0) {
		for (size_t i = 0; i < batch->count; i++)
			cxa_buffer_append(out, batch->records[i].data,
					  batch->records[i].size);
		cxa_batch_unref(batch);
	}
	cxa_cursor_close(cursor);
}

static void a_commit_in_between_is_not_seen(void)
{
	struct cxa_error error = CXA_ERROR_INIT;
	struct cxa_context *context = NULL;
	struct cxa_source *source[2] = { NULL, NULL };
	struct cxa_buffer rows[3] = { { 0 } };

	copy_file("good.db", "wal.db");
	run_sql("wal.db", "PRAGMA journal_mode = WAL");
	cxa_context_open(&context, NULL, &error);
	is_int(cxa_source_open(&source[0], context, "wal.db", NULL, &error), 0,
	       "a store in WAL mode is opened");
	read_source(source[0], &rows[0]);
	run_sql("wal.db", "DELETE FROM embeddings WHERE concept_id < 10;"
			  "UPDATE concepts SET version = version + 1;"
			  "INSERT INTO concept_tags VALUES (3, 100, 'new')");
	read_source(source[0], &rows[1]);
	ok(same_rows(&rows[0], &rows[1]),
	   "what is committed later is not seen by an open source");
	cxa_source_open(&source[1], context, "wal.db", NULL, &error);
	read_source(source[1], &rows[2]);
	ok(!same_rows(&rows[0], &rows[2]), "but by the next one");
	is_str(error.message, "", "without an error");
	cxa_source_close(source[0]);
	cxa_source_close(source[1]);
	cxa_context_close(context);
	for (int i = 0; i < 3; i++)
		cxa_buffer_release(&rows[i]);
}

/*
 * A writer that never pauses: each transaction moves a number from one table to
 * another, so that at any moment their sum is the same.
 */
static void write_for_ever(const char *name)
{
	sqlite3 *database = NULL;

	sqlite3_open(name, &database);
	sqlite3_busy_timeout(database, 10000);
	for (;;)
		sqlite3_exec(database,
			     "BEGIN IMMEDIATE;"
			     "UPDATE concepts SET access_count = access_count"
			     " + 1 WHERE id = 1;"
			     "UPDATE columns SET version = version + 1"
			     " WHERE id = (SELECT max(id) FROM columns);"
			     "COMMIT", NULL, NULL, NULL);
}

static bool is_one_moment(struct cxa_context *context, uint64_t *moment)
{
	struct cxa_error error = CXA_ERROR_INIT;
	struct cxa_source *source = NULL;
	struct cxa_cursor *cursor = NULL;
	struct cxa_batch *batch = NULL;
	uint32_t first = 0;
	uint32_t last = 0;

	cxa_source_open(&source, context, "wal.db", NULL, &error);
	if (source == NULL) {
		printf("# %s\n", error.message);
		return false;
	}
	cxa_cursor_open(&cursor, source, NULL, &error);
	while (cxa_cursor_next(cursor, &batch, &error) == 0) {
		const struct cxa_record *record = &batch->records[0];
		ProtobufCMessage *message;

		if (batch->collection == CXA_COLUMNS)
			record += batch->count - 1;
		message = cxa_record_unpack(batch->collection, record);
		if (batch->collection == CXA_CONCEPTS)
			first = ((Cxa__Concept *)message)->access_count;
		if (batch->collection == CXA_COLUMNS)
			last = ((Cxa__Column *)message)->version;
		protobuf_c_message_free_unpacked(message, NULL);
		cxa_batch_unref(batch);
	}
	cxa_cursor_close(cursor);
	cxa_source_close(source);
	*moment = first;
	return error.status == 0 && first == last;
}

static void a_busy_writer_is_read_at_one_moment(void)
{
	struct cxa_context *context = NULL;
	uint64_t moment = 0;
	uint64_t first = 0;
	unsigned bad = 0;
	unsigned reads = 0;
	pid_t writers[WRITERS];

	copy_file("good.db", "wal.db");
	unlink("wal.db-wal");
	unlink("wal.db-shm");
	run_sql("wal.db", "PRAGMA journal_mode = WAL;"
			  "UPDATE concepts SET access_count = 1;"
			  "UPDATE columns SET version = 1");
	fflush(stdout);
	for (int i = 0; i < WRITERS; i++) {
		writers[i] = fork();
		if (writers[i] == 0)
			write_for_ever("wal.db");
	}
	cxa_context_open(&context, NULL, NULL);
	/* Until it has been seen at work for a while. */
	for (reads = 0; reads < 50 || moment < first + 20; reads++) {
		bad += !is_one_moment(context, &moment);
		if (reads == 0)
			first = moment;
	}
	cxa_context_close(context);
	for (int i = 0; i < WRITERS; i++) {
		kill(writers[i], SIGKILL);
		waitpid(writers[i], NULL, 0);
	}
	is_uint(bad, 0, "no read of a store that four write to sees half a "
			"transaction");
}

static void a_lock_is_waited_for(void)
{
	struct cxa_error error = CXA_ERROR_INIT;
	struct cxa_buffer rows = { 0 };
	sqlite3 *other = NULL;
	int ready[2];
	char byte;
	pid_t holder;

	sqlite3_open("good.db", &other);
	sqlite3_exec(other, "BEGIN IMMEDIATE", NULL, NULL, NULL);
	is_int(read_all("good.db", 1, &rows, &error), 0,
	       "one who is about to write does not lock readers out");
	sqlite3_exec(other, "ROLLBACK; BEGIN EXCLUSIVE", NULL, NULL, NULL);
	is_int(read_all("good.db", 30, &rows, &error), CXA_ERR_IO,
	       "a lock that stays is an error of the machine");
	like(error.message, "another program has the store locked",
	     "that says what it is");
	ok(error.hint[0] != '\0', "and what to do");
	sqlite3_close(other);
	if (pipe(ready) != 0)
		return;
	fflush(stdout);
	holder = fork();
	if (holder == 0) {
		sqlite3_open("good.db", &other);
		sqlite3_exec(other, "BEGIN EXCLUSIVE", NULL, NULL, NULL);
		if (write(ready[1], "x", 1) == 1)
			usleep(100000);
		_exit(0);
	}
	error = (struct cxa_error)CXA_ERROR_INIT;
	is_int(read(ready[0], &byte, 1), 1, "another process holds a lock");
	is_int(read_all("good.db", 0, &rows, &error), 0,
	       "a lock that goes away is waited for");
	waitpid(holder, NULL, 0);
	cxa_buffer_release(&rows);
}

/* Is it still locked, for another process? It was there before all this. */
static pid_t begin_to_ask(int ready[2])
{
	sqlite3 *other = NULL;
	char byte;
	pid_t child;
	int code;

	if (pipe(ready) != 0)
		return -1;
	fflush(stdout);
	child = fork();
	if (child != 0)
		return child;
	code = read(ready[0], &byte, 1) == 1;
	sqlite3_open("good.db", &other);
	code = code && sqlite3_exec(other, "BEGIN IMMEDIATE", NULL, NULL,
				    NULL) == SQLITE_BUSY;
	_exit(code);
}

/* POSIX locks of a file end when any descriptor of it is closed. */
static void a_program_keeps_the_locks_of_its_store(void)
{
	struct cxa_verify_options options = CXA_VERIFY_OPTIONS_INIT;
	struct cxa_error error = CXA_ERROR_INIT;
	struct cxa_buffer rows = { 0 };
	struct cxa_context *context = NULL;
	struct cxa_report *report = NULL;
	sqlite3 *own = NULL;
	int ready[2];
	int status = 0;
	pid_t child = begin_to_ask(ready);

	sqlite3_open("good.db", &own);
	sqlite3_exec(own, "BEGIN IMMEDIATE", NULL, NULL, NULL);
	is_int(read_all("good.db", 1, &rows, &error), 0,
	       "a program may read a store that it has open");
	cxa_context_open(&context, NULL, &error);
	is_int(cxa_verify(&report, context, "good.db", &options, &error), 0,
	       "and verify it");
	ok(write(ready[1], "x", 1) == 1 && waitpid(child, &status, 0) == child,
	   "and others");
	ok(WIFEXITED(status) && WEXITSTATUS(status) == 1,
	   "still see it locked for writing");
	cxa_report_free(report);
	cxa_context_close(context);
	sqlite3_close(own);
	cxa_buffer_release(&rows);
}

int main(void)
{
	struct cxa_error error = CXA_ERROR_INIT;
	const char *srcdir = getenv("CXA_SRCDIR");
	char golden[4096];

	snprintf(golden, sizeof(golden), "%s/tests/data/backup-v1-24.json",
		 srcdir == NULL ? "." : srcdir);
	enter_scratch();
	if (convert(golden, "good.db", 0, false, &error) != 0) {
		printf("Bail out! %s\n", error.message);
		return 1;
	}
	a_commit_in_between_is_not_seen();
	a_busy_writer_is_read_at_one_moment();
	a_lock_is_waited_for();
	a_program_keeps_the_locks_of_its_store();
	leave_scratch();
	return done_testing();
}
