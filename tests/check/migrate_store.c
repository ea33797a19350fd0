/* migrate_store.c - a store migrated in its place: kept first, all or nothing */
#include <dirent.h>

#include "endpoint/store_fixture.h"

static struct cxa_context *context;

static void copy_file(const char *from, const char *to)
{
	size_t size;
	char *data = read_file(from, &size);

	write_file(to, data, size);
	free(data);
}

static int migrate_as(const char *store, uint32_t version, bool repair,
		      const struct cxa_restore_options *how,
		      struct cxa_error *error)
{
	struct cxa_migrate_options options = CXA_MIGRATE_OPTIONS_INIT;

	*error = (struct cxa_error)CXA_ERROR_INIT;
	options.to = version;
	options.repair = repair;
	return cxa_migrate_store(context, store, &options, how, NULL, error);
}

static int migrate(const char *store, uint32_t version, const char *kept,
		   struct cxa_error *error)
{
	struct cxa_restore_options how = CXA_RESTORE_OPTIONS_INIT;

	how.safety_backup = kept;
	return migrate_as(store, version, false, &how, error);
}

/* The archive that packing @store gives; both names are used up. */
static bool packs_to(const char *store, const char *archive)
{
	struct cxa_error error;
	bool same = convert(store, "now.cxa", 1, false, &error) == 0 &&
		    same_files("now.cxa", archive);

	if (!same)
		printf("# %s: %s\n", store, error.message);
	unlink("now.cxa");
	return same;
}

static bool exists(const char *name)
{
	return access(name, F_OK) == 0;
}

static int count_archives(void)
{
	DIR *folder = opendir(".");
	struct dirent *entry;
	int count = 0;

	while ((entry = readdir(folder)) != NULL)
		count += strstr(entry->d_name, ".cxa") != NULL;
	closedir(folder);
	return count;
}

static void what_must_not_be_is_refused(void)
{
	struct cxa_restore_options how = CXA_RESTORE_OPTIONS_INIT;
	struct cxa_error error;

	copy_file("v1.db", "store.db");
	is_int(migrate("store.db", 3, "kept.cxa", &error), CXA_ERR_USAGE,
	       "a data_version that is none is refused");
	is_int(migrate("none.db", 2, "kept.cxa", &error), CXA_ERR_USAGE,
	       "so is a store that is none");
	is_int(migrate("v1.cxa", 2, "kept.cxa", &error), CXA_ERR_USAGE,
	       "and an archive in place of a store");
	how.no_safety_backup = true;
	is_int(migrate_as("store.db", 2, false, &how, &error), CXA_ERR_USAGE,
	       "a safety backup there must be");
	write_file("kept.cxa", "x", 1);
	is_int(migrate("store.db", 2, "kept.cxa", &error), CXA_ERR_USAGE,
	       "and it replaces nothing");
	unlink("kept.cxa");
	is_int(migrate("store.db", 2, "none/kept.cxa", &error), CXA_ERR_IO,
	       "where none can be written, that is told");
	ok(same_files("store.db", "v1.db"),
	   "the store is the same to the byte each time");
	ok(!exists("kept.cxa"), "and there is no backup of nothing done");
}

static void a_wrong_hash_leaves_it(void)
{
	struct cxa_restore_options how = CXA_RESTORE_OPTIONS_INIT;
	struct cxa_error error;

	copy_file("v1.db", "store.db");
	run_sql("store.db", "UPDATE concepts SET content_hash = 5 "
			    "WHERE id = 3");
	copy_file("store.db", "before.db");
	is_int(migrate("store.db", 2, "kept.cxa", &error), CXA_ERR_CORRUPT,
	       "a wrong hash stops it");
	like(error.message, "concept 3: its content_hash is 5",
	     "and is named");
	ok(same_files("store.db", "before.db"),
	   "the store is the same to the byte");
	ok(!exists("kept.cxa"), "no backup was made");
	how.safety_backup = "kept.cxa";
	is_int(migrate_as("store.db", 2, true, &how, &error), 0,
	       "repairing goes on");
	ok(packs_to("store.db", "v2.cxa"), "and puts it right");
	ok(packs_to("before.db", "kept.cxa"), "what it held is kept");
	unlink("kept.cxa");
}

static int refuse(void *user, const struct cxa_preflight *preflight)
{
	uint64_t *seen = user;

	*seen = preflight->next_known ? preflight->next_records[CXA_CONCEPTS] :
					0;
	return 1;
}

static void it_can_be_called_off(void)
{
	struct cxa_restore_options how = CXA_RESTORE_OPTIONS_INIT;
	struct cxa_error error;
	uint64_t seen = 0;

	copy_file("v1.db", "store.db");
	how.safety_backup = "kept.cxa";
	how.preflight = refuse;
	how.user = &seen;
	is_int(migrate_as("store.db", 2, false, &how, &error),
	       CXA_ERR_CANCELLED, "preflight can end it");
	is_uint(seen, 24, "and is told what is there");
	ok(same_files("store.db", "v1.db") && !exists("kept.cxa"),
	   "then nothing was done");
}

static void there_and_back(const char *journal_mode)
{
	struct cxa_error error;
	char sql[60];
	int archives;

	printf("# journal_mode %s\n", journal_mode);
	copy_file("v1.db", "store.db");
	snprintf(sql, sizeof(sql), "PRAGMA journal_mode = %s", journal_mode);
	run_sql("store.db", sql);
	is_int(migrate("store.db", 2, "kept1.cxa", &error), 0,
	       "a store is migrated up in its place");
	is_str(error.message, "", "without an error");
	ok(packs_to("store.db", "v2.cxa"),
	   "it holds what the migrated archive holds");
	ok(same_files("kept1.cxa", "v1.cxa"), "what it held is kept");
	archives = count_archives();
	is_int(migrate("store.db", 2, "kept2.cxa", &error), CXA_END,
	       "to the version it has, nothing is done");
	is_int(count_archives(), archives, "and no backup is made");
	is_int(migrate("store.db", 1, "kept2.cxa", &error), 0,
	       "it is migrated down");
	ok(packs_to("store.db", "v1.cxa"),
	   "packing it gives the archive's first bytes");
	ok(same_files("kept2.cxa", "v2.cxa"), "what it held is kept");
	unlink("kept1.cxa");
	unlink("kept2.cxa");
	unlink("store.db");
}

static void without_a_name_it_is_kept_beside(void)
{
	struct cxa_error error;
	int archives;

	copy_file("v1.db", "store.db");
	archives = count_archives();
	is_int(migrate_as("store.db", 2, false, NULL, &error), 0,
	       "without options it is migrated");
	is_int(count_archives(), archives + 1, "and kept beside it");
}

int main(void)
{
	struct cxa_error error = CXA_ERROR_INIT;
	const char *sources = getenv("CXA_SRCDIR");
	char golden[4096];

	snprintf(golden, sizeof(golden), "%s/tests/data/backup-v1-24.json",
		 sources == NULL ? "." : sources);
	enter_scratch();
	if (cxa_context_open(&context, NULL, &error) != 0 ||
	    convert(golden, "v1.cxa", 1, false, &error) != 0 ||
	    convert("v1.cxa", "v1.db", 1, false, &error) != 0) {
		printf("Bail out! %s\n", error.message);
		return 1;
	}
	copy_file("v1.db", "v2.db");
	is_int(migrate("v2.db", 2, "kept.cxa", &error), 0,
	       "the golden store is migrated");
	unlink("kept.cxa");
	convert("v2.db", "v2.cxa", 1, false, &error);
	what_must_not_be_is_refused();
	a_wrong_hash_leaves_it();
	it_can_be_called_off();
	there_and_back("DELETE");
	there_and_back("WAL");
	without_a_name_it_is_kept_beside();
	cxa_context_close(context);
	leave_scratch();
	return done_testing();
}
