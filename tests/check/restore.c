/* restore.c - who comes between while a store's content is replaced */
#include <cortexarc/cortexarc.h>

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

int main(void)
{
	enter_scratch();
	make_files();
	another_kind_of_input_is_seen();
	a_backup_that_came_first_stays();
	leave_scratch();
	return done_testing();
}
