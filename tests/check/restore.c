/* restore.c - what comes between while a store's content is replaced */
#include <cortexarc/cortexarc.h>

#include <sqlite3.h>

#include "endpoint/scratch.h"

/* --- what somebody else does meanwhile ------------------------------------- */

/* @act: done once, when @phase is first told */
static struct {
	const char *phase;
	void (*act)(void);
} other;

static void on_progress(void *user, const struct cxa_progress *progress)
{
	void (*act)(void) = other.act;

	(void)user;
	if (act == NULL || strcmp(progress->phase, other.phase) != 0)
		return;
	other.act = NULL;
	act();
}

static void put_archive_there(void)
{
	if (rename("next.cxa", "next") != 0)
		puts("Bail out! cannot rename");
}

static void put_backup_there(void)
{
	write_file("kept.cxa", "another's", 9);
}

static sqlite3 *writer; /* the library's own, opened before the others */
static const char *fault;

static int see_database(sqlite3 *database, char **message, const void *routines)
{
	(void)message;
	(void)routines;
	if (writer == NULL)
		writer = database;
	return SQLITE_OK;
}

static void change_a_row(void)
{
	if (sqlite3_exec(writer, fault, NULL, NULL, NULL) != SQLITE_OK)
		printf("Bail out! %s\n", sqlite3_errmsg(writer));
}

/* --- a store whose content is replaced ------------------------------------- */

static int restore(const char *from, const char *safety_backup,
		   struct cxa_error *error)
{
	struct cxa_context_options options = CXA_CONTEXT_OPTIONS_INIT;
	struct cxa_restore_options how = CXA_RESTORE_OPTIONS_INIT;
	struct cxa_context *context = NULL;
	int status;

	*error = (struct cxa_error)CXA_ERROR_INIT;
	options.threads = 2;
	options.progress = on_progress;
	how.safety_backup = safety_backup;
	cxa_context_open(&context, &options, NULL);
	status = cxa_restore(context, from, "store.db", &how, NULL, error);
	cxa_context_close(context);
	return status;
}

static void copy_file(const char *from, const char *to)
{
	size_t size = 0;
	char *data = read_file(from, &size);

	write_file(to, data, size);
	free(data);
}

static void make_files(void)
{
	struct cxa_error error = CXA_ERROR_INIT;
	char golden[500];

	snprintf(golden, sizeof(golden), "%s/tests/data/backup-v1-24.json",
		 getenv("CXA_SRCDIR"));
	copy_file(golden, "next");
	if (convert(golden, "next.cxa", 2, false, &error) < 0 ||
	    convert(golden, "store.db", 2, false, &error) < 0) {
		printf("Bail out! %s\n", error.message);
		exit(1);
	}
	copy_file("store.db", "before.db");
}

static void another_kind_of_input_is_seen(void)
{
	struct cxa_error error;

	other.phase = "reading";
	other.act = put_archive_there;
	is_int(restore("next", "kept.cxa", &error), CXA_ERR_CORRUPT,
	       "JSON that is an archive when it is verified is refused");
	ok(strstr(error.message, "changed while it was verified") != NULL,
	   "and it is told: %s", error.message);
	ok(same_files("store.db", "before.db"), "the store is as it was");
}

static void a_backup_that_came_first_stays(void)
{
	struct cxa_error error;
	size_t size;
	char *data;

	other.phase = "writing";
	other.act = put_backup_there;
	is_int(restore("next", "kept.cxa", &error), CXA_ERR_IO,
	       "a safety backup replaces nothing that came meanwhile");
	ok(strstr(error.message, "kept.cxa") != NULL, "and it is told: %s",
	   error.message);
	data = read_file("kept.cxa", &size);
	is_str(data, "another's", "what came is as it was");
	free(data);
	ok(same_files("store.db", "before.db"), "and so is the store");
}

static void what_is_not_as_it_was_put_is_seen(void)
{
	static const char *const faults[] = {
		"UPDATE concept_tags SET tag = 'x' WHERE position = 0",
		"UPDATE sync_queue SET retry_count = 7",
		"UPDATE metadata SET description = 'x'",
	};
	struct cxa_error error;

	sqlite3_auto_extension((void (*)(void))see_database);
	for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
		unlink("kept.cxa");
		writer = NULL;
		fault = faults[i];
		other.phase = "indexing";
		other.act = change_a_row;
		is_int(restore("next", "kept.cxa", &error), CXA_ERR_CORRUPT,
		       fault);
		ok(strstr(error.message, "read back") != NULL, "it is told: %s",
		   error.message);
		ok(same_files("store.db", "before.db"),
		   "and the store is as it was");
	}
	sqlite3_reset_auto_extension();
}

int main(void)
{
	enter_scratch();
	make_files();
	another_kind_of_input_is_seen();
	a_backup_that_came_first_stays();
	what_is_not_as_it_was_put_is_seen();
	leave_scratch();
	return done_testing();
}
