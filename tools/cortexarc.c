/* cortexarc.c - the tool: one table of commands, and help made from it */
#ifdef HAVE_CONFIG_H
#include <config.h>
#endif
#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "options.h"
#include "sandbox.h"
#include "session.h"

#ifndef PACKAGE_VERSION
#define PACKAGE_VERSION "0"
#endif

#define READS_JSON (TAKES_LENIENT | TAKES_READING)

static const struct command commands[] = {
	{ "pack", cmd_pack, "INPUT -o OUT.cxa [options]",
	  "put a store into an archive", 1,
	  TAKES_OUTPUT | TAKES_COMPRESSION | TAKES_READ_BACK | TAKES_JSON |
	  READS_JSON,
	  "INPUT is a store (an SQLite database), which may be written to\n"
	  "meanwhile, BackupData JSON, a folder of NDJSON, or an archive, which\n"
	  "is decoded and written anew. OUT appears whole or not at all.\n" },
	{ "unpack", cmd_unpack, "INPUT {-o OUT | --into STORE} [options]",
	  "turn an archive into a store, JSON or NDJSON", 1,
	  TAKES_OUTPUT | TAKES_INTO | TAKES_FORMAT | TAKES_SELECTION |
	  TAKES_JSON | READS_JSON,
	  "OUT is a store when it is called .db, JSON when it is called .json\n"
	  "or is -, a folder of NDJSON when it ends in / or is a folder, an\n"
	  "archive when called .cxa. A store is always a new one: --into\n"
	  "replaces what one holds that exists. The input is verified to its\n"
	  "end first, what the store held is kept in a safety backup, and all\n"
	  "is read again before the one transaction ends: whatever fails, the\n"
	  "store is as it was.\n"
	  "With --collection or --ids it holds a part of the records only;\n"
	  "the totals in its metadata stay those of the whole.\n" },
	{ "init", cmd_init, "STORE", "make an empty store", 1, TAKES_QUIET,
	  "STORE, an SQLite database, must not exist yet.\n" },
	{ "verify", cmd_verify, "INPUT [options]",
	  "check every byte and every record", 1,
	  TAKES_VERIFY_LEVEL | TAKES_EXPECT | TAKES_MAX_ISSUES | TAKES_JSON |
	  TAKES_READING,
	  "Goes on to the end, whatever is found. Exit code 0: no issue of\n"
	  "Medium or above (--fail-on); 1: there are some; 3: it is neither an\n"
	  "archive nor a store nor JSON, or one that this version does not\n"
	  "know.\n" },
	{ "info", cmd_info, "INPUT [options]",
	  "say what an archive is and holds", 1, TAKES_JSON | READS_JSON,
	  "The root hash comes first: it names the archive.\n" },
	{ "list", cmd_list, "INPUT.cxa [options]",
	  "list the members that hold records", 1, TAKES_JSON | TAKES_READING,
	  "A line each: name, records, first and last id, sizes in bytes.\n" },
	{ "cat", cmd_cat, "INPUT [options]", "print records, a line each", 1,
	  TAKES_SELECTION | READS_JSON,
	  "Each record is a line of JSON; concepts have their embeddings\n"
	  "in them.\n" },
	{ "get", cmd_get, "COLLECTION ID INPUT [options]", "print one record",
	  3, READS_JSON,
	  "Reads no more of an archive than it needs. Exit code 1: there is\n"
	  "no such record. Example: cortexarc get concepts 4711 big.cxa\n" },
	{ "diff", cmd_diff, "A B [options]",
	  "say which records differ between two stores", 2,
	  TAKES_DIFF | TAKES_SELECTION | TAKES_JSON | READS_JSON,
	  "A is before, B after, each any INPUT. Batches that two archives\n"
	  "share are not read. Exit code 0: the same records;\n"
	  "1: different ones. With --quiet nothing is printed, and the first\n"
	  "difference ends it.\n" },
	{ "migrate", cmd_migrate,
	  "INPUT --to-version N {-o OUT | --in-place | --dry-run} [options]",
	  "turn records of one data version into those of another", 1,
	  TAKES_OUTPUT | TAKES_MIGRATE | TAKES_FORMAT | TAKES_COMPRESSION |
	  TAKES_MAX_ISSUES | TAKES_JSON | READS_JSON,
	  "Between 1 and 2 the hashes change: each is compared with what the old\n"
	  "data version makes of its text, and the first wrong one ends it, with\n"
	  "exit code 3. There and back again gives the same bytes. OUT is as of\n"
	  "unpack. With --in-place a store is replaced as by unpack --into; what\n"
	  "it held is always kept. What has the data version already is copied\n"
	  "to OUT as it is; a store is not touched.\n" },
	{ "salvage", cmd_salvage, "IN.cxa -o OUT.cxa [--from OTHER]... [options]",
	  "save what is intact of a damaged archive", 1,
	  TAKES_OUTPUT | TAKES_SALVAGE | TAKES_MAX_ISSUES | TAKES_JSON |
	  TAKES_READING,
	  "IN may be cut, overwritten or rotten anywhere. What a digest proves\n"
	  "intact goes into OUT, a new archive that lists what was lost, and is\n"
	  "verified to its end before it has its name. IN is not changed.\n"
	  "What is lost is refilled from OTHER, where that holds the same\n"
	  "records: a copy, damaged or not, an older or newer archive, the store,\n"
	  "JSON. When nothing is lost, OUT is the original again. Exit code 0:\n"
	  "nothing is lost; 5: done, with loss; 3: there is nothing to save.\n" },
	{ "repair", cmd_repair, "INPUT [-o OUT] [options]",
	  "put right what breaks the integrity rules", 1,
	  TAKES_OUTPUT | TAKES_REPAIR | TAKES_FORMAT | TAKES_COMPRESSION |
	  TAKES_MAX_ISSUES | TAKES_JSON | READS_JSON,
	  "OUT is as of unpack. Without -o the store INPUT itself is repaired, in\n"
	  "one transaction, what it held kept in a safety backup. What was\n"
	  "written is checked again and compared with the input before it is\n"
	  "there: it must differ in the repaired records alone. Exit code 0: all\n"
	  "that can be is repaired, and no issue of Medium or above (--fail-on)\n"
	  "is left; 1: there are some.\n" },
};

#define COMMAND_COUNT (sizeof(commands) / sizeof(commands[0]))

static const struct command *find_command(const char *name)
{
	for (size_t i = 0; i < COMMAND_COUNT; i++)
		if (strcmp(commands[i].name, name) == 0)
			return &commands[i];
	return NULL;
}

/* --- help ----------------------------------------------------------------- */

static int print_all_help(void)
{
	puts("usage: cortexarc COMMAND [options] ...\n\n"
	     "Backup archives of CortexKG stores (.cxa).\n\ncommands:");
	for (size_t i = 0; i < COMMAND_COUNT; i++)
		printf("  %-8s %s\n", commands[i].name, commands[i].summary);
	printf("  %-8s %s\n", "help", "say more about a command");
	puts("\n\"-\" is standard input or output. What an input is, is found "
	     "by its content.\n\n"
	     "exit codes: 0 done, or all is well; 1 the answer is no; 2 wrong "
	     "usage;\n3 the input is damaged or refused; 4 the machine failed; "
	     "5 done, with loss;\n130 interrupted\n\n"
	     "cortexarc help COMMAND, cortexarc help limits, "
	     "cortexarc --version, man cortexarc");
	return EXIT_DONE;
}

/* As --limit takes it, bytes in K or M. */
static void print_limit(const struct cxa_limit *limit)
{
	static const char *const suffixes[] = { "", "K", "M" };
	bool bytes = strcmp(limit->unit, "bytes") == 0;
	unsigned long long value = limit->standard;
	size_t suffix = 0;
	char number[UI_NUMBER_BYTES] = "none";

	while (bytes && suffix < 2 && value % 1024 == 0) {
		value /= 1024;
		suffix++;
	}
	if (limit->standard != UINT64_MAX)
		snprintf(number, sizeof(number), "%llu%s", value,
			 suffixes[suffix]);
	printf("  %-18s %8s  %s\n", limit->name, number, limit->bounds);
}

static int print_limits(void)
{
	const struct cxa_limit *limit;

	puts("What --limit NAME=VALUE bounds, with its default:\n");
	for (size_t i = 0; (limit = cxa_limit_at(i)) != NULL; i++)
		print_limit(limit);
	puts("\nK, M and G behind a VALUE mean powers of 1024. What is over a "
	     "limit is\nrefused before memory is taken for it.");
	return EXIT_DONE;
}

static int print_help(const struct command *command)
{
	printf("usage: cortexarc %s %s\n\n%s\n\n%s\noptions:\n",
	       command->name, command->synopsis, command->summary,
	       command->details);
	options_print(command, stdout);
	return EXIT_DONE;
}

static int print_version(void)
{
	printf("cortexarc %s\nlibcortexarc %s\nsandbox: %s\n",
	       PACKAGE_VERSION, cxa_version(), sandbox_parts());
	return EXIT_DONE;
}

/* --- a name that is none -------------------------------------------------- */

enum { NAME_MAX_BYTES = 15 };

/* Letters to put in, leave out, change or swap with the next. */
static size_t distance(const char *a, const char *b)
{
	size_t rows[3][NAME_MAX_BYTES + 1];
	size_t *before = rows[0];
	size_t *last = rows[1];
	size_t *now = rows[2];
	size_t b_size = strlen(b);
	size_t best;

	for (size_t j = 0; j <= b_size; j++)
		last[j] = before[j] = j;
	for (size_t i = 1; a[i - 1] != '\0'; i++) {
		size_t *spare = before;

		now[0] = i;
		for (size_t j = 1; j <= b_size; j++) {
			best = last[j - 1] + (a[i - 1] != b[j - 1]);
			if (last[j] + 1 < best)
				best = last[j] + 1;
			if (now[j - 1] + 1 < best)
				best = now[j - 1] + 1;
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] &&
			    a[i - 2] == b[j - 1] && before[j - 2] + 1 < best)
				best = before[j - 2] + 1;
			now[j] = best;
		}
		before = last;
		last = now;
		now = spare;
	}
	return last[b_size];
}

static int refuse_command(const char *name)
{
	const char *nearest = NULL;
	size_t nearest_distance = 3; /* further off is another word */
	size_t d;

	for (size_t i = 0; strlen(name) <= NAME_MAX_BYTES &&
	     i < COMMAND_COUNT; i++) {
		d = distance(name, commands[i].name);
		if (d < nearest_distance && d < strlen(commands[i].name)) {
			nearest_distance = d;
			nearest = commands[i].name;
		}
	}
	if (nearest != NULL)
		return ui_usage(NULL, "\"%s\" is no command; did you mean "
				"%s?", name, nearest);
	return ui_usage(NULL, "\"%s\" is no command", name);
}

/* --- main ----------------------------------------------------------------- */

/*
 * A file must never become descriptor 0, 1 or 2 because the caller closed it.
 * What takes the place fails when it is used as the caller's would.
 */
static void fill_standard(void)
{
	for (int fd = 0; fd <= 2; fd++)
		if (fcntl(fd, F_GETFD) == -1 && errno == EBADF &&
		    open("/dev/null", fd == 0 ? O_WRONLY : O_RDONLY) != fd)
			_exit(EXIT_MACHINE);
}

/* What was printed has arrived, or the exit code says that it has not. */
static int close_standard(int code)
{
	int failed = ferror(stdout);

	errno = 0;
	if (fflush(stdout) == 0 && !failed)
		return code;
	if (session_interrupted())
		return EXIT_INTERRUPTED;
	return ui_refuse(EXIT_MACHINE, "standard output", "cannot write: %s",
			 errno == 0 ? "an earlier write failed" :
				      strerror(errno));
}

static int help(int argc, char **argv)
{
	const struct command *command;

	if (argc < 2 || strcmp(argv[1], "help") == 0 || argv[1][0] == '-')
		return print_all_help();
	if (strcmp(argv[1], "limits") == 0)
		return print_limits();
	command = find_command(argv[1]);
	return command == NULL ? refuse_command(argv[1]) : print_help(command);
}

static int run(int argc, char **argv)
{
	const struct command *command;
	struct options options;
	int code;

	if (argc < 2) {
		ui_usage(NULL, "usage: cortexarc COMMAND [options] ...");
		return EXIT_USAGE;
	}
	if (strcmp(argv[1], "--version") == 0)
		return print_version();
	if (strcmp(argv[1], "help") == 0 || strcmp(argv[1], "--help") == 0 ||
	    strcmp(argv[1], "-h") == 0)
		return help(argc - 1, argv + 1);
	if (argv[1][0] == '-' && argv[1][1] != '\0')
		return ui_usage(NULL, "unknown option %s", argv[1]);
	command = find_command(argv[1]);
	if (command == NULL)
		return refuse_command(argv[1]);
	code = options_parse(&options, command, argc - 1, argv + 1);
	if (code != EXIT_DONE)
		return code;
	if (options.help)
		return print_help(command);
	ui_begin(options.quiet, options.progress);
	/* SQLite's temporary files, too. */
	if (options.context.temp_dir != NULL &&
	    setenv("SQLITE_TMPDIR", options.context.temp_dir, 1) != 0)
		return ui_refuse(EXIT_MACHINE, "--temp-dir", "no memory");
	code = sandbox_enter(&options);
	return code == EXIT_DONE ? command->run(&options) : code;
}

static bool ended;

/* libarchive ends the program by itself, with 1, when it has no memory. */
static void on_exit_of_others(void)
{
	if (ended)
		return;
	fputs("cortexarc: no memory for libarchive\n", stderr);
	_exit(EXIT_MACHINE);
}

int main(int argc, char **argv)
{
	int code;

	/*
	 * Batches are a few MiB and come and go on all threads. Given back at
	 * once they do not pile up: a quarter less memory, for 0.2 s of page
	 * faults in a GB. Smaller ones stay: they are needed again at once.
	 */
	mallopt(M_MMAP_THRESHOLD, 256 * 1024);
	mallopt(M_TRIM_THRESHOLD, 64 * 1024 * 1024);
	fill_standard();
	/* A line is one write: it stands whole among those of others. */
	setvbuf(stderr, NULL, _IOLBF, BUFSIZ);
	/* A write that cannot be is an error, which has a message. */
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN);
	atexit(on_exit_of_others);
	code = close_standard(run(argc, argv));
	ended = true;
	return code;
}
