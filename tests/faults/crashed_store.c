/* crashed_store.c - a store whose writer died is read as it was before */
#include <cortexarc/cortexarc.h>

#include <signal.h>

#include "faults/deeds.h"

/*
 * A program dies in the middle of writing its changes to the store: a cache of
 * no pages makes SQLite write each at once.
 */
static void crash(void)
{
	static const char sql[] =
		"PRAGMA cache_size = 0; BEGIN;"
		"UPDATE concepts SET content = 'lost';"
		"DELETE FROM concept_tags; DELETE FROM embeddings";
	pid_t child;
	int status;

	remove_all("store.db-journal");
	copy_file("in/new.db", "store.db");
	fflush(stdout);
	child = fork();
	must(child >= 0, "fork");
	if (child == 0) {
		sqlite3 *database = NULL;

		sqlite3_open("store.db", &database);
		sqlite3_exec(database, sql, NULL, NULL, NULL);
		raise(SIGKILL);
	}
	must(waitpid(child, &status, 0) == child, "waitpid");
	ok(exists("store.db-journal") && !same_files("store.db", "in/new.db"),
	   "a writer that dies leaves half of its changes and a journal");
}

/* As SQLite ends the journal of a transaction over several databases. */
static void name_in_journal(const char *name)
{
	static const uint8_t magic[8] = { 0xd9, 0xd5, 0x05, 0xf9,
					  0x20, 0xa1, 0x63, 0xd7 };
	FILE *file = fopen("store.db-journal", "ab");
	uint32_t sum = 0;

	must(file != NULL, "store.db-journal");
	for (size_t i = 0; name[i] != '\0'; i++)
		sum += (uint8_t)name[i];
	fwrite("\0\0\0\1", 4, 1, file);
	fputs(name, file);
	for (int shift = 24; shift >= 0; shift -= 8)
		fputc((int)(strlen(name) >> shift & 0xff), file);
	for (int shift = 24; shift >= 0; shift -= 8)
		fputc((int)(sum >> shift & 0xff), file);
	fwrite(magic, sizeof(magic), 1, file);
	must(fclose(file) == 0, "store.db-journal");
}

static void another_file_stays(void)
{
	char path[PATH_BYTES];
	char folder[PATH_BYTES];

	must(getcwd(folder, sizeof(folder)) != NULL, "getcwd");
	join(path, folder, "precious");
	write_file("precious", "only copy", 9);
	crash();
	name_in_journal(path);
	ok(!same_records("store.db", "in/new.db"),
	   "a journal that names another file is not played back by reading");
	ok(exists("precious"), "and the file that it names stays");
	remove_all("store.db-journal");
}

static void journal_is_played_back(void)
{
	crash();
	ok(same_records("store.db", "in/new.db"),
	   "reading then gives the records from before the changes");
	ok(!exists("store.db-journal"), "and the journal is used up");
}

int main(void)
{
	find_tool();
	enter_memory();
	make_inputs();
	another_file_stays();
	journal_is_played_back();
	leave_scratch();
	return done_testing();
}
