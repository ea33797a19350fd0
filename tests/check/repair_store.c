/* repair_store.c - a store repaired in its place: kept first, all or nothing */
#include <dirent.h>
#include <fcntl.h>

#include "endpoint/store_fixture.h"
#include "repair_fixture.h"

enum { CONCEPTS = 32, QUERIES = 16, SYNC = 28 };

static void copy_file(const char *from, const char *to)
{
	size_t size;
	char *data = read_file(from, &size);

	write_file(to, data, size);
	free(data);
}

static bool exists(const char *name)
{
	return access(name, F_OK) == 0;
}

static int count_files(void)
{
	DIR *folder = opendir(".");
	struct dirent *entry;
	int count = 0;

	while ((entry = readdir(folder)) != NULL)
		count += entry->d_name[0] != '.' ||
			 strstr(entry->d_name, ".tmp") != NULL;
	closedir(folder);
	return count;
}

/* Four faults that can be repaired, in four collections, and one that cannot. */
static void make_store(const char *journal_mode)
{
	char sql[60];

	remove_all("store.db before.db kept.cxa");
	graph_make(&graph, CONCEPTS, QUERIES, SYNC);
	plant_hash(&graph, 3);
	plant_synapse(&graph, 5);
	plant_source(&graph, 9);
	plant_no_state(&graph, 0);
	plant_empty(&graph, 20);
	write_graph("store.db");
	if (journal_mode != NULL) {
		snprintf(sql, sizeof(sql), "PRAGMA journal_mode = %s",
			 journal_mode);
		run_sql("store.db", sql);
	}
	copy_file("store.db", "before.db");
}

static int repair_in_place(struct seen *seen, const char *store,
			   const struct cxa_restore_options *how,
			   const char *const *rules)
{
	struct cxa_repair_options options = options_for(seen, rules);

	seen->status = cxa_repair_store(context, store, &options, how,
					&seen->result, &seen->summary, &error);
	return seen->status;
}

static struct cxa_restore_options keep_in(const char *name)
{
	struct cxa_restore_options how = CXA_RESTORE_OPTIONS_INIT;

	how.safety_backup = name;
	how.no_safety_backup = name == NULL;
	return how;
}

static void what_must_not_be_is_refused(void)
{
	static const char *const wrong[] = { "no-rule", NULL };
	struct cxa_restore_options how = keep_in("kept.cxa");
	static struct seen seen;

	make_store(NULL);
	is_int(repair_in_place(&seen, "store.db", &how, wrong), CXA_ERR_USAGE,
	       "a rule that is none is refused");
	forget(&seen);
	is_int(repair_in_place(&seen, "none.db", &how, NULL), CXA_ERR_USAGE,
	       "so is a store that is none");
	forget(&seen);
	write_file("kept.cxa", "x", 1);
	is_int(repair_in_place(&seen, "store.db", &how, NULL), CXA_ERR_USAGE,
	       "a safety backup replaces nothing");
	forget(&seen);
	unlink("kept.cxa");
	how = keep_in("none/kept.cxa");
	is_int(repair_in_place(&seen, "store.db", &how, NULL), CXA_ERR_IO,
	       "where none can be written, that is told");
	forget(&seen);
	ok(same_files("store.db", "before.db"),
	   "the store is the same to the byte each time");
	ok(!exists("kept.cxa"), "and there is no backup of nothing done");
}

static void a_store_is_repaired_in_its_place(const char *journal_mode)
{
	struct cxa_restore_options how = keep_in("kept.cxa");
	static struct seen seen;

	printf("# journal_mode %s\n", journal_mode);
	make_store(journal_mode);
	is_int(repair_in_place(&seen, "store.db", &how, NULL), 0,
	       "a store is repaired in its place");
	is_uint(seen.result.before->failed, 5, "five faults were found");
	is_uint(seen.result.after->failed, 1, "one is left");
	is_uint(issues_of("store.db"), 1, "as verify finds");
	is_uint(differences("kept.cxa", "before.db", NULL), 0,
		"the safety backup holds what it held");
	is_uint(differences("kept.cxa", "store.db", NULL), records(&seen),
		"and just the repaired records are different");
	is_uint(records(&seen), 4, "which are four");
	forget(&seen);
	unlink("kept.cxa");
	copy_file("store.db", "before.db");
	is_int(repair_in_place(&seen, "store.db", &how, NULL), CXA_END,
	       "then there is nothing to do");
	ok(same_files("store.db", "before.db") && !exists("kept.cxa") &&
		   seen.changes == 0,
	   "nothing is done, and nothing kept");
	forget(&seen);
}

static void without_a_backup_it_is_repaired_all_the_same(void)
{
	struct cxa_restore_options how = keep_in(NULL);
	static struct seen seen;
	int files;

	make_store("DELETE");
	files = count_files();
	is_int(repair_in_place(&seen, "store.db", &how, NULL), 0,
	       "a store is repaired without a safety backup");
	is_uint(issues_of("store.db"), 1, "all that can be is repaired");
	is_uint(differences("before.db", "store.db", NULL), records(&seen),
		"and just that is different");
	is_int(count_files(), files, "and no file is left");
	forget(&seen);
}

/* What anybody can make who knows the folder and the process's number. */
static int wait_at(const char *ending)
{
	char name[80];

	snprintf(name, sizeof(name), "cortexarc-scratch-%ld.%s",
		 (long)getpid(), ending);
	if (mkfifo(name, 0666) != 0)
		puts("Bail out! cannot make a fifo");
	return open(name, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
}

static void nobody_waits_where_a_copy_is_made(void)
{
	struct cxa_restore_options how = keep_in(NULL);
	struct cxa_verify_options options = CXA_VERIFY_OPTIONS_INIT;
	struct cxa_report *report = NULL;
	static struct seen seen;
	char byte;
	int archive;
	int store;

	make_store(NULL);
	setenv("TMPDIR", ".", 1);
	archive = wait_at("cxa");
	store = wait_at("db");
	is_int(repair_in_place(&seen, "store.db", &how, NULL), 0,
	       "a name that can be guessed is in nobody's way");
	ok(read(archive, &byte, 1) <= 0, "and nothing is written to it");
	graph_make(&graph, CONCEPTS, QUERIES, SYNC);
	write_graph("store.db");
	options.level = CXA_LEVEL_RESTORABLE;
	is_int(cxa_verify(&report, context, "store.db", &options, &error), 0,
	       "nor is it in that of a store that nobody keeps");
	ok(read(store, &byte, 1) <= 0, "and nothing is written there");
	cxa_report_free(report);
	close(archive);
	close(store);
	unsetenv("TMPDIR");
	forget(&seen);
	remove_all("cortexarc-scratch-*");
}

static int refuse(void *user, const struct cxa_preflight *preflight)
{
	uint64_t *seen = user;

	*seen = preflight->now_records[CXA_CONCEPTS];
	return 1;
}

static void it_can_be_called_off(void)
{
	struct cxa_restore_options how = keep_in("kept.cxa");
	static struct seen seen;
	uint64_t told = 0;

	make_store(NULL);
	how.preflight = refuse;
	how.user = &told;
	is_int(repair_in_place(&seen, "store.db", &how, NULL),
	       CXA_ERR_CANCELLED, "preflight can end it");
	is_uint(told, CONCEPTS, "and is told what is there");
	ok(same_files("store.db", "before.db") && !exists("kept.cxa"),
	   "then nothing was done");
	forget(&seen);
}

/* As soon as the first record is repaired, which is within the transaction */
static void cancel(void *user, const struct cxa_repair_change *change)
{
	(void)user;
	(void)change;
	cxa_context_cancel(context);
}

static void interrupted_it_leaves_the_store(bool with_backup)
{
	struct cxa_restore_options how =
		keep_in(with_backup ? "kept.cxa" : NULL);
	static struct seen seen;
	struct cxa_repair_options options = options_for(&seen, NULL);
	struct cxa_context *usual = context;

	make_store(NULL);
	cxa_context_open(&context, NULL, &error);
	options.change = cancel;
	is_int(cxa_repair_store(context, "store.db", &options, &how,
				&seen.result, NULL, &error),
	       CXA_ERR_CANCELLED, "a repair can be interrupted");
	cxa_context_close(context);
	context = usual;
	is_uint(differences("before.db", "store.db", NULL), 0,
		"then the store holds what it held");
	forget(&seen);
	is_int(repair_in_place(&seen, "store.db", &(struct cxa_restore_options)
			       CXA_RESTORE_OPTIONS_INIT, NULL), 0,
	       "and can be repaired");
	forget(&seen);
	remove_all("store.db.*.cxa");
}

int main(void)
{
	enter_scratch();
	cxa_context_open(&context, NULL, &error);
	what_must_not_be_is_refused();
	a_store_is_repaired_in_its_place("DELETE");
	a_store_is_repaired_in_its_place("WAL");
	without_a_backup_it_is_repaired_all_the_same();
	nobody_waits_where_a_copy_is_made();
	it_can_be_called_off();
	interrupted_it_leaves_the_store(true);
	interrupted_it_leaves_the_store(false);
	cxa_context_close(context);
	free(graph.pool);
	leave_scratch();
	return done_testing();
}
