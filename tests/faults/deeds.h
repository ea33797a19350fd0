/* deeds.h - the commands that may fail at any moment, and what is left then */
#ifndef CXA_TESTS_FAULTS_DEEDS_H
#define CXA_TESTS_FAULTS_DEEDS_H

#include <fnmatch.h>
#include <sqlite3.h>
#include <sys/wait.h>

#include "faults/folders.h"

/* Beside the folder that a command runs in, and its worker's own. */
#define IN "../../in/"

enum target_kind {
	REPLACED,     /* a file or folder that is the older one or the new one */
	MADE,         /* likewise, but over one that exists it is refused */
	STORE_CHANGED /* a store: the records in it are */
};

/*
 * @arguments: run in a folder of its own
 * @target: what it makes or changes there; NULL: it only reads
 * @before: of in/, stands there as @target first; NULL: nothing does
 * @kept: of in/, stands there, too, and must not change; NULL: none
 * @after: of in/, what a changed store holds afterwards; NULL: new.cxa
 * @code: what it exits with
 *
 * A further command is a further row.
 */
__attribute__((unused)) static const struct deed {
	const char *name;
	const char *arguments[8];
	const char *target;
	enum target_kind kind;
	const char *before;
	const char *kept;
	int code;
	const char *after;
} deeds[] = {
	{ "pack of a store over an older archive",
	  { "pack", "new.db", "-o", "out.cxa" },
	  "out.cxa", REPLACED, "old.cxa", "new.db", 0, NULL },
	{ "pack of JSON",
	  { "pack", IN "new.json", "-o", "out.cxa" },
	  "out.cxa", REPLACED, NULL, NULL, 0, NULL },
	{ "unpack into JSON over an older document",
	  { "unpack", IN "new.cxa", "-o", "out.json" },
	  "out.json", REPLACED, "old.json", NULL, 0, NULL },
	{ "pack of a folder",
	  { "pack", IN "lines", "-o", "out.cxa" },
	  "out.cxa", REPLACED, NULL, NULL, 0, NULL },
	{ "unpack into a folder",
	  { "unpack", IN "new.cxa", "-o", "out/" },
	  "out", MADE, NULL, NULL, 0, NULL },
	{ "unpack into a new store",
	  { "unpack", IN "new.cxa", "-o", "out.db" },
	  "out.db", MADE, NULL, NULL, 0, NULL },
	{ "init of a store",
	  { "init", "out.db" },
	  "out.db", MADE, NULL, NULL, 0, NULL },
	{ "unpack --into a store with a rollback journal",
	  { "unpack", IN "new.cxa", "--into", "store.db" },
	  "store.db", STORE_CHANGED, "old.db", NULL, 0, NULL },
	{ "unpack --into a store in WAL mode",
	  { "unpack", IN "new.cxa", "--into", "store.db" },
	  "store.db", STORE_CHANGED, "old-wal.db", NULL, 0, NULL },
	{ "migrate over an older archive",
	  { "migrate", IN "old.cxa", "--to-version", "2", "-o", "out.cxa" },
	  "out.cxa", REPLACED, "new.cxa", NULL, 0, NULL },
	{ "migrate --in-place of a store with a rollback journal",
	  { "migrate", "store.db", "--to-version", "2", "--in-place" },
	  "store.db", STORE_CHANGED, "old.db", NULL, 0, "old-2.cxa" },
	{ "migrate --in-place of a store in WAL mode",
	  { "migrate", "store.db", "--to-version", "2", "--in-place" },
	  "store.db", STORE_CHANGED, "old-wal.db", NULL, 0, "old-2.cxa" },
	{ "repair over an older archive",
	  { "repair", IN "bad.db", "-o", "out.cxa", "--rule", "content-hash",
	    "--fail-on", "Critical" },
	  "out.cxa", REPLACED, "new.cxa", NULL, 0, NULL },
	{ "repair of a store with a rollback journal, in its place",
	  { "repair", "store.db", "--rule", "content-hash", "--fail-on",
	    "Critical" },
	  "store.db", STORE_CHANGED, "bad.db", NULL, 0, "fixed.cxa" },
	{ "repair of a store without a safety backup",
	  { "repair", "store.db", "--rule", "content-hash", "--fail-on",
	    "Critical", "--no-safety-backup" },
	  "store.db", STORE_CHANGED, "bad.db", NULL, 0, "fixed.cxa" },
	{ "repair of a store in WAL mode, in its place",
	  { "repair", "store.db", "--rule", "content-hash", "--fail-on",
	    "Critical" },
	  "store.db", STORE_CHANGED, "bad-wal.db", NULL, 0, "fixed.cxa" },
	{ "repair into a new store",
	  { "repair", IN "bad.db", "-o", "out.db", "--rule", "content-hash",
	    "--fail-on", "Critical" },
	  "out.db", MADE, NULL, NULL, 0, NULL },
	{ "salvage, healed by a store, over an older archive",
	  { "salvage", IN "bad.cxa", "-o", "out.cxa", "--from", "new.db" },
	  "out.cxa", REPLACED, "old.cxa", "new.db", 0, NULL },
	{ "salvage, healed by a copy that is damaged elsewhere",
	  { "salvage", IN "bad.cxa", "-o", "out.cxa", "--from",
	    IN "worse.cxa" },
	  "out.cxa", REPLACED, "old.cxa", NULL, 0, NULL },
	{ "salvage with losses",
	  { "salvage", IN "bad.cxa", "-o", "out.cxa" },
	  "out.cxa", REPLACED, "old.cxa", NULL, 5, NULL },
	{ "migrate of a store into JSON",
	  { "migrate", "old.db", "--to-version", "2", "-o", "out.json" },
	  "out.json", REPLACED, "old.json", "old.db", 0, NULL },
	{ "unpack to standard output",
	  { "unpack", IN "new.cxa", "-o", "-" },
	  NULL, REPLACED, NULL, NULL, 0, NULL },
	{ "verify of a store in WAL mode",
	  { "verify", "--level", "records", "old-wal.db" },
	  NULL, REPLACED, NULL, "old-wal.db", 0, NULL },
	{ "diff of a store and an archive",
	  { "diff", "old.db", IN "new.cxa" },
	  NULL, REPLACED, NULL, "old.db", 1, NULL },
	{ "repair --dry-run of a store",
	  { "repair", "--dry-run", "bad.db", "--rule", "content-hash",
	    "--fail-on", "Critical" },
	  NULL, REPLACED, NULL, "bad.db", 0, NULL },
	{ "verify of an archive with all rules",
	  { "verify", IN "new.cxa", "--fail-on", "Critical" },
	  NULL, REPLACED, NULL, NULL, 0, NULL },
	{ "verify that restores",
	  { "verify", "--level", "restorable", IN "old.cxa", "--fail-on",
	    "Critical" },
	  NULL, REPLACED, NULL, NULL, 0, NULL },
	{ "verify of a damaged archive",
	  { "verify", IN "bad.cxa", "--fail-on", "Critical" },
	  NULL, REPLACED, NULL, NULL, 1, NULL },
	{ "info of an archive",
	  { "info", IN "new.cxa" }, NULL, REPLACED, NULL, NULL, 0, NULL },
	{ "list of an archive",
	  { "list", IN "new.cxa" }, NULL, REPLACED, NULL, NULL, 0, NULL },
	{ "cat of a store",
	  { "cat", "new.db" }, NULL, REPLACED, NULL, "new.db", 0, NULL },
	{ "cat of JSON",
	  { "cat", IN "new.json" }, NULL, REPLACED, NULL, NULL, 0, NULL },
	{ "get from an archive",
	  { "get", "concepts", "1", IN "old.cxa" },
	  NULL, REPLACED, NULL, NULL, 0, NULL },
	{ "pack of what another tar has packed again",
	  { "pack", IN "again.tar", "-o", "out.cxa" },
	  "out.cxa", REPLACED, "old.cxa", NULL, 0, NULL },
	{ "verify of what another tar has packed again",
	  { "verify", IN "again.tar", "--fail-on", "Critical" },
	  NULL, REPLACED, NULL, NULL, 0, NULL },
};

enum { DEEDS = sizeof(deeds) / sizeof(deeds[0]) };

/* --- running the tool ------------------------------------------------------ */

static char tool[PATH_BYTES];

/* What libtool makes is a script that starts this one. */
static void find_tool(void)
{
	const char *build = getenv("CXA_BUILDDIR");
	const char *others = getenv("LD_LIBRARY_PATH");
	char libraries[PATH_BYTES];
	char path[2 * PATH_BYTES];

	must(build != NULL, "CXA_BUILDDIR is not set");
	join(libraries, build, ".libs");
	join(tool, libraries, "cortexarc");
	if (!exists(tool))
		join(tool, build, "cortexarc");
	must(access(tool, X_OK) == 0, tool);
	snprintf(path, sizeof(path), "%s%s%s", libraries,
		 others == NULL ? "" : ":", others == NULL ? "" : others);
	setenv("LD_LIBRARY_PATH", path, 1);
	setenv("SQLITE_TMPDIR", "../tmp", 1);
	setenv("TMPDIR", "../tmp", 1);
	setenv("ASAN_OPTIONS", "detect_leaks=0", 1);
}

/* In the child, in @folder: becomes the tool */
static void become_tool(const char *const arguments[8], const char *folder)
{
	const char *all[13] = { tool };
	int count = 1;
	int files[3] = { -1, -1, -1 };

	for (int i = 0; i < 8 && arguments[i] != NULL; i++)
		all[count++] = arguments[i];
	all[count++] = "--quiet";
	if (strcmp(arguments[0], "init") != 0) {
		all[count++] = "--threads";
		all[count++] = "1";
	}
	if (chdir(folder) != 0)
		_exit(98);
	files[0] = open("/dev/null", O_RDONLY);
	files[1] = open("../output", O_WRONLY | O_CREAT | O_TRUNC, 0644);
	files[2] = open("../messages", O_WRONLY | O_CREAT | O_TRUNC, 0644);
	for (int i = 0; i < 3; i++) {
		if (files[i] < 0 || dup2(files[i], i) < 0)
			_exit(98);
		close(files[i]);
	}
	execv(tool, (char **)(uintptr_t)all); /* which does not change them */
	_exit(98);
}

/* Return: its exit code, or 128 and the signal that ended it */
static int code_of(int status)
{
	return WIFEXITED(status) ? WEXITSTATUS(status) :
				   128 + WTERMSIG(status);
}

static int run_tool(const char *const arguments[8], const char *folder)
{
	pid_t child;
	int status = 0;

	fflush(stdout);
	child = fork();
	must(child >= 0, "fork");
	if (child == 0)
		become_tool(arguments, folder);
	must(waitpid(child, &status, 0) == child, "waitpid");
	return code_of(status);
}

/* --- the inputs ------------------------------------------------------------ */

static void must_run(const char *const arguments[8])
{
	if (run_tool(arguments, "in") == 0)
		return;
	printf("Bail out! cannot %s %s\n", arguments[0], arguments[1]);
	exit(99);
}

/* Pages as small as can be, so that fewer bytes are copied. */
static void must_sql(const char *path, const char *sql)
{
	sqlite3 *database = NULL;

	must(sqlite3_open(path, &database) == SQLITE_OK &&
		     sqlite3_exec(database, sql, NULL, NULL, NULL) == SQLITE_OK,
	     path);
	sqlite3_close(database);
}

/* Zeros at so many quarters, where batches are; the others heal them. */
static void spoil(const char *path, long quarters)
{
	enum { BYTES = 2048 };
	static const char zeros[BYTES];
	FILE *file = fopen(path, "r+b");

	must(file != NULL && fseek(file, 0, SEEK_END) == 0, path);
	must(fseek(file, ftell(file) / 4 * quarters, SEEK_SET) == 0 &&
		     fwrite(zeros, BYTES, 1, file) == 1 && fclose(file) == 0,
	     path);
}

static void make_inputs(void)
{
	static const char *const made[][8] = {
		{ "unpack", "new.cxa", "-o", "new.json" },
		{ "unpack", "old.cxa", "-o", "old.json" },
		{ "unpack", "new.cxa", "-o", "lines/" },
		{ "unpack", "new.cxa", "-o", "new.db" },
		{ "unpack", "old.cxa", "-o", "old.db" },
		{ "migrate", "old.cxa", "--to-version", "2",
		  "-o", "old-2.cxa" },
	};
	static const char *const fixed[8] = {
		"repair", "bad.db", "-o", "fixed.cxa", "--rule",
		"content-hash", "--fail-on", "Critical" };
	static const char smaller[] = "PRAGMA page_size = 1024; VACUUM;";
	const char *sources = getenv("CXA_SRCDIR");
	char vectors[PATH_BYTES];
	char path[PATH_BYTES];

	must(sources != NULL, "CXA_SRCDIR is not set");
	join(vectors, sources, "spec/vectors");
	make_folder("in");
	make_folder("tmp");
	join(path, vectors, "good-all-collections.cxa");
	copy_file(path, "in/new.cxa");
	join(path, vectors, "good-concept.cxa");
	copy_file(path, "in/old.cxa");
	for (size_t i = 0; i < sizeof(made) / sizeof(made[0]); i++)
		must_run(made[i]);
	must_sql("in/new.db", smaller);
	must_sql("in/old.db", smaller);
	must(system("mkdir in/again && tar -xf in/new.cxa -C in/again && "
		    "tar -cf in/again.tar -C in/again .") == 0, "again.tar");
	copy_file("in/new.cxa", "in/bad.cxa");
	spoil("in/bad.cxa", 2);
	copy_file("in/new.cxa", "in/worse.cxa");
	spoil("in/worse.cxa", 3);
	copy_file("in/old.db", "in/old-wal.db");
	must_sql("in/old-wal.db", "PRAGMA journal_mode = WAL");
	copy_file("in/old.db", "in/bad.db");
	must_sql("in/bad.db", "UPDATE concepts SET content_hash = 5");
	copy_file("in/bad.db", "in/bad-wal.db");
	must_sql("in/bad-wal.db", "PRAGMA journal_mode = WAL");
	must_run(fixed);
}

/* What stands in @folder before the command runs. */
__attribute__((unused))
static void prepare(const struct deed *deed, const char *folder)
{
	char from[PATH_BYTES];
	char to[PATH_BYTES];

	make_folder(folder);
	if (deed->before != NULL) {
		join(from, "in", deed->before);
		join(to, folder, deed->target);
		copy_file(from, to);
	}
	if (deed->kept != NULL) {
		join(from, "in", deed->kept);
		join(to, folder, deed->kept);
		copy_file(from, to);
	}
}

/* --- what is left ---------------------------------------------------------- */

enum outcome { OLD, NEW, BROKEN };

/* Do both hold the same records? Whatever kind they are of */
static bool same_records(const char *a, const char *b)
{
	struct cxa_diff_options options = CXA_DIFF_OPTIONS_INIT;
	struct cxa_diff_summary summary = { 0 };
	struct cxa_context *context = NULL;
	struct cxa_source *source[2] = { NULL, NULL };
	struct cxa_error error = CXA_ERROR_INIT;
	int status = cxa_context_open(&context, NULL, &error);

	if (status == 0)
		status = cxa_source_open(&source[0], context, a, NULL, &error);
	if (status == 0)
		status = cxa_source_open(&source[1], context, b, NULL, &error);
	if (status == 0)
		status = cxa_diff(source[0], source[1], &options, &summary,
				  &error);
	if (status < 0)
		printf("# %s: %s\n", a, error.message);
	cxa_source_close(source[0]);
	cxa_source_close(source[1]);
	cxa_context_close(context);
	return status == 0 && summary.differences == 0;
}

/* Looked at as a copy, so that looking mends nothing. */
static enum outcome judge_store(const struct deed *deed, const char *folder,
				const char *look)
{
	char store[PATH_BYTES];
	char before[PATH_BYTES];
	char after[PATH_BYTES];

	copy_all(folder, look);
	join(store, look, deed->target);
	join(before, "in", deed->before);
	if (same_records(store, before))
		return OLD;
	join(after, "in", deed->after == NULL ? "new.cxa" : deed->after);
	return same_records(store, after) ? NEW : BROKEN;
}

static enum outcome judge_file(const struct deed *deed, const char *folder)
{
	char target[PATH_BYTES];
	char other[PATH_BYTES];

	join(target, folder, deed->target);
	if (!exists(target))
		return deed->before == NULL ? OLD : BROKEN;
	if (deed->before != NULL) {
		join(other, "in", deed->before);
		if (same_things(target, other))
			return OLD;
	}
	join(other, "want", deed->target);
	return same_things(target, other) ? NEW : BROKEN;
}

__attribute__((unused))
static enum outcome judge(const struct deed *deed, const char *folder,
			  const char *look)
{
	char a[PATH_BYTES];
	char b[PATH_BYTES];

	if (deed->kept != NULL) {
		join(a, folder, deed->kept);
		join(b, "in", deed->kept);
		if (!same_files(a, b))
			return BROKEN;
	}
	if (deed->target == NULL)
		return OLD;
	return deed->kind == STORE_CHANGED ? judge_store(deed, folder, look) :
					     judge_file(deed, folder);
}

static bool is_safety_backup(const char *name)
{
	return fnmatch("store.db.????????T??????Z*.cxa", name, 0) == 0;
}

/*
 * A name that may stand in the folder: what was there, what is made, what
 * SQLite has beside a store, safety backups; and what is not yet public, after
 * a crash alone.
 */
static bool is_expected(const struct deed *deed, const char *name, bool crashed)
{
	static const char *const endings[] = { "", "-journal", "-wal", "-shm" };
	const char *stores[] = { deed->target, deed->kept };
	char path[PATH_BYTES];

	for (size_t i = 0; i < 2; i++)
		for (size_t j = 0; j < 4 && stores[i] != NULL; j++) {
			snprintf(path, sizeof(path), "%s%s", stores[i],
				 endings[j]);
			if (strcmp(path, name) == 0)
				return true;
		}
	if (deed->kind == STORE_CHANGED && is_safety_backup(name))
		return true;
	return crashed && fnmatch(".*.??????.tmp", name, 0) == 0;
}

/* Nothing else is in @folder; safety backups hold the @outcome before */
__attribute__((unused))
static bool check_names(const struct deed *deed, const char *folder,
			bool crashed)
{
	struct dirent **names;
	char path[PATH_BYTES];
	int count = list_names(folder, &names);
	bool fine = true;

	for (int i = 0; i < count; i++) {
		const char *name = names[i]->d_name;

		join(path, folder, name);
		if (!is_expected(deed, name, crashed)) {
			printf("# %s is left in the folder\n", name);
			fine = false;
		} else if (name[0] != '.' && is_safety_backup(name) &&
			   !same_records(path, "in/old.db") &&
			   !same_records(path, "in/bad.db") &&
			   !same_records(path, "in/new.cxa")) {
			printf("# %s holds neither\n", name);
			fine = false;
		}
	}
	free_names(names, count);
	return fine;
}

#endif
