/* fail_each.c - whatever call of the tool fails, nothing is lost, and it says so */
#include <cortexarc/cortexarc.h>

#include <ctype.h>

#include "faults/classes.h"
#include "faults/workers.h"

#ifdef SANITIZED
enum { POINTS = 2, SHARE = 12, LEAK_CODE = 23 };
#else
enum { POINTS = 8, SHARE = 1, LEAK_CODE = -1 };
#endif

/*
 * POINTS of a class and a fault are tried, of one in SHARE of these, unless all
 * are; @reasons of a fault are taken in turn.
 */
enum { REASONS = 8 };

/* @reasons: taken in turn; @moves: bytes, and so may do half of it */
static const struct fault {
	const char *name;
	int reasons[REASONS];
	bool moves;
	bool may_interrupt;
} faults[CLASSES] = {
	[CLASS_OPEN] = { "open", { EACCES, EMFILE, ENOSPC, EIO, EROFS, ENFILE,
				   EDQUOT }, false, true },
	[CLASS_READ] = { "read", { EIO, ESTALE }, true, true },
	[CLASS_WRITE] = { "write", { ENOSPC, EIO, EDQUOT, EFBIG }, true, true },
	[CLASS_SYNC] = { "sync", { EIO, ENOSPC, EDQUOT }, false, true },
	[CLASS_CLOSE] = { "close", { EIO, EDQUOT, ENOSPC }, false, true },
	[CLASS_RENAME] = { "rename", { EACCES, EIO, ENOSPC, EROFS, EDQUOT },
			   false, false },
	[CLASS_LINK] = { "link", { EACCES, EIO, ENOSPC, EROFS, EDQUOT, EMLINK },
			 false, false },
	[CLASS_UNLINK] = { "unlink", { EACCES, EIO, EROFS }, false, false },
	[CLASS_TRUNCATE] = { "truncate", { EIO, ENOSPC, EROFS }, false, false },
	[CLASS_STAT] = { "stat", { EIO, EACCES }, false, false },
	[CLASS_MAP] = { "map", { ENOMEM }, false, false },
	[CLASS_FOLDER] = { "mkdir or chmod", { EACCES, ENOSPC, EROFS, EDQUOT },
			   false, false },
	[CLASS_LOCK] = { "lock", { EIO }, false, false },
	[CLASS_CONFINE] = { "confine", { ENOSYS, EPERM, EINVAL, ENOMEM,
				     E2BIG }, false, false },
	[CLASS_MEMORY] = { "memory", { ENOMEM }, false, false },
};

static const enum mode { ONCE, STICKY, INTERRUPTED, HALF, ALL_HALF } modes[] = {
	ONCE, STICKY, INTERRUPTED, HALF, ALL_HALF
};
static const char *const mode_names[] = { "once", "from then on", "interrupted",
					  "half", "half from then on" };

enum { MODES = sizeof(modes) / sizeof(modes[0]) };

static unsigned seed;
static bool all;        /* calls */
static bool all_memory; /* and all of those that want memory, too: by hours */
static unsigned long counts[CLASSES];
static struct result total;
static char shim[PATH_BYTES];

/* --- one run ------------------------------------------------------------------- */

struct point {
	enum fault_class class;
	enum mode mode;
	unsigned long at;
	unsigned long turn; /* of the reasons */
};

static bool applies(const struct point *point)
{
	const struct fault *fault = &faults[point->class];

	if (point->mode == INTERRUPTED)
		return fault->may_interrupt;
	/* SQLite waits ten seconds for the locks of a store in WAL mode. */
	if (point->class == CLASS_LOCK && point->mode == STICKY)
		return all;
	return point->mode < HALF || fault->moves;
}

static unsigned long count_reasons(const struct point *point)
{
	const int *reasons = faults[point->class].reasons;
	unsigned long count = 0;

	while (count < REASONS && reasons[count] != 0)
		count++;
	return count;
}

static int reason_of(const struct point *point)
{
	const int *reasons = faults[point->class].reasons;

	if (point->mode == INTERRUPTED)
		return EINTR;
	if (point->mode >= HALF)
		return 0;
	return reasons[(point->at + point->mode + point->turn) %
		       count_reasons(point)];
}

static void set_number(const char *name, long number)
{
	char text[32];

	snprintf(text, sizeof(text), "%ld", number);
	setenv(name, text, 1);
}

/* The shim is preloaded, or linked to a tool of its own. */
static void begin_failing(void)
{
#ifdef SANITIZED
	snprintf(tool, sizeof(tool), "%s", shim);
	setenv("ASAN_OPTIONS", "detect_leaks=1:exitcode=23", 1);
#else
	setenv("LD_PRELOAD", shim, 1);
#endif
}

static void end_failing(void)
{
	unsetenv("LD_PRELOAD");
	find_tool();
}

static int run_failing(const struct worker *worker, const struct point *point)
{
	int code;

	set_number("FAULT_CLASS", (long)point->class);
	set_number("FAULT_AT", (long)point->at);
	set_number("FAULT_ERRNO", reason_of(point));
	if (point->mode == STICKY || point->mode == ALL_HALF)
		setenv("FAULT_STICKY", "1", 1);
	begin_failing();
	code = run_tool(worker->deed->arguments, worker->run);
	end_failing();
	unsetenv("FAULT_STICKY");
	return code;
}

/* --- what it said ----------------------------------------------------------------- */

/* The cause, where SQLite or a lock has its own words for it, too */
static bool tells_cause(const char *text, const struct point *point)
{
	int reason = reason_of(point);

	/* Of a thread that has no memory the C library says it so. */
	if (point->class == CLASS_MEMORY)
		return strstr(text, "memory") != NULL ||
		       strstr(text, strerror(EAGAIN)) != NULL;
	if (point->class == CLASS_LOCK)
		return true;
	/* What SQLite does not tell nobody knows. */
	return strstr(text, strerror(reason)) != NULL ||
	       strstr(text, "unable to open database file") != NULL ||
	       strstr(text, "readonly database") != NULL ||
	       strstr(text, "disk I/O error: Input/output error") != NULL;
}

static bool names_file(const char *text, const struct deed *deed)
{
	static const char *const others[] = { "temporary file",
					      "cortexarc-scratch.",
					      "standard output" };
	const char *argument;

	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		if (strstr(text, others[i]) != NULL)
			return true;
	for (size_t i = 1; (argument = deed->arguments[i]) != NULL; i++)
		if (strchr(argument, '.') != NULL &&
		    strstr(text, argument) != NULL)
			return true;
	return deed->target != NULL && strstr(text, deed->target) != NULL;
}

/* libarchive ends a program that has no memory, with a line of its own first. */
static const char *behind_libarchive(const char *text)
{
	static const char own[] = "Fatal Internal Error in libarchive: ";
	const char *end = NULL;

	if (strncmp(text, own, sizeof(own) - 1) == 0)
		end = strchr(text, '\n');
	return end == NULL ? text : end + 1;
}

/* A line that says what failed, and one at most that says what to do. */
static const char *fault_of_message(const char *text, const struct point *point,
				    const struct deed *deed)
{
	int lines = 0;

	if (point->class == CLASS_MEMORY)
		text = behind_libarchive(text);
	for (const char *c = text; *c != '\0'; c++)
		lines += *c == '\n';
	if (strncmp(text, "cortexarc: ", strlen("cortexarc: ")) != 0)
		return "says nothing";
	if (lines > 2)
		return "says too much";
	if (!tells_cause(text, point))
		return "does not say why";
	if (point->class != CLASS_MEMORY && !names_file(text, deed))
		return "does not say of which file";
	return NULL;
}

static bool same_output(const struct worker *worker)
{
	/* A report of verify tells the time it took. */
	return strcmp(worker->deed->arguments[0], "verify") == 0 ||
	       same_files(worker->output, "first/output");
}

static bool is_empty(const char *folder)
{
	struct dirent **names;
	int count = list_names(folder, &names);

	free_names(names, count);
	return count == 0;
}

/* Return: what is wrong with it, or NULL */
static const char *complaint(struct worker *worker, const struct point *point,
			     int code, const char *text)
{
	const struct deed *deed = worker->deed;
	bool may_leave = point->class == CLASS_UNLINK;
	bool clean = may_leave || (check_names(deed, worker->run, false) &&
				   is_empty(worker->spools));
	enum outcome outcome = check(worker);

	if (outcome == BROKEN)
		return "is neither the old nor the new";
	if (!clean)
		return "leaves something behind";
	if (code == deed->code && deed->target != NULL && outcome != NEW)
		return "claims a success that is none";
	if (code == deed->code)
		return same_output(worker) ? NULL : "says something else";
	if (code == LEAK_CODE)
		return "leaks or worse";
	if (code != 4)
		return "does not exit with 4";
	if (point->mode >= HALF)
		return "fails where it need not";
	return fault_of_message(text, point, deed);
}

static void try_point(struct worker *worker, const struct point *point)
{
	const char *wrong;
	size_t size;
	char *text;
	int code;

	prepare(worker->deed, worker->run);
	make_folder(worker->spools);
	code = run_failing(worker, point);
	text = read_file(worker->messages, &size);
	wrong = complaint(worker, point, code, text);
	if (wrong != NULL) {
		worker->result.counts[BROKEN]++;
		printf("# %s: %s %lu %s, %s: exits with %d and %s\n#   %s\n",
		       worker->deed->name, faults[point->class].name, point->at,
		       mode_names[point->mode],
		       reason_of(point) == 0 ? "" : strerror(reason_of(point)),
		       code, wrong, text);
	}
	free(text);
}

/* --- each command -------------------------------------------------------------------- */

/* So many of a class's calls that all are tried in the end, by other seeds. */
static void fail_each_of(struct worker *worker, struct point *point)
{
	unsigned long count = counts[point->class];
	bool every = point->class == CLASS_MEMORY ? all_memory : all;
	unsigned long step = every || count <= POINTS ? 1 : count / POINTS;
	unsigned long turns = all && point->mode == ONCE ?
				      count_reasons(point) : 1;
	unsigned long number = 0;

	for (point->at = 1 + seed % step; point->at <= count;
	     point->at += step) {
		if (number++ % WORKERS != (unsigned long)worker->number)
			continue;
		for (point->turn = 0; point->turn < turns; point->turn++)
			try_point(worker, point);
	}
}

static bool is_due(const struct worker *worker, const struct point *point)
{
	size_t number = (size_t)(worker->deed - deeds) + seed +
			(size_t)point->class * MODES + (size_t)point->mode;

	return all || number % SHARE == 0;
}

static void fail_each(struct worker *worker)
{
	struct point point;

	for (int class = 0; class < CLASSES; class++)
		for (int mode = 0; mode < MODES; mode++) {
			point.class = (enum fault_class)class;
			point.mode = modes[mode];
			if (applies(&point) && is_due(worker, &point))
				fail_each_of(worker, &point);
		}
}

static bool count_calls(const struct deed *deed)
{
	FILE *file;
	int code;

	make_folder("first");
	make_folder("first/tmp");
	prepare(deed, "first/run");
	setenv("FAULT_CLASS", "-1", 1);
	setenv("FAULT_COUNTS", "../counts", 1);
	begin_failing();
	code = run_tool(deed->arguments, "first/run");
	end_failing();
	unsetenv("FAULT_COUNTS");
	copy_all("first/run", "want");
	file = fopen("first/counts", "r");
	must(file != NULL, "the shim does not work");
	for (int i = 0; i < CLASSES; i++)
		must(fscanf(file, "%lu", &counts[i]) == 1, "counts");
	fclose(file);
	return code == deed->code;
}

static void survives(const struct deed *deed)
{
	struct result result;

	if (!ok(count_calls(deed) && counts[CLASS_MEMORY] > 10,
		"%s ends as it should", deed->name))
		return;
	result = run_workers(deed, fail_each);
	total.points += result.points;
	total.counts[BROKEN] += result.counts[BROKEN];
	printf("# failed %ld times: %ld old, %ld new\n", result.points,
	       result.counts[OLD], result.counts[NEW]);
	ok((SHARE > 1 || result.points > 100) && result.counts[BROKEN] == 0,
	   "%s, whatever call fails, says so, loses nothing and leaves nothing",
	   deed->name);
}

static bool find_shim(void)
{
#ifdef SANITIZED
	join(shim, getenv("CXA_BUILDDIR"), "tests/faults/cortexarc-failing");
#else
	join(shim, getenv("CXA_BUILDDIR"), "tests/faults/.libs/shim.so");
#endif
	return exists(shim);
}

/* Arguments are the names of commands: these alone; none: all. */
static bool is_chosen(const struct deed *deed, char *const *names)
{
	if (*names == NULL)
		return true;
	while (*names != NULL && strcmp(*names, deed->name) != 0)
		names++;
	return *names != NULL;
}

int main(int argc, char **argv)
{
	const char *wish = getenv("CXA_FAULTS");

	(void)argc;
	find_tool();
	if (!find_shim()) {
		puts("1..0 # SKIP there is nothing to preload or to link");
		return 0;
	}
	all_memory = wish != NULL && strcmp(wish, "all") == 0;
	all = all_memory || (wish != NULL && strcmp(wish, "calls") == 0);
	seed = wish != NULL && isdigit((unsigned char)wish[0]) ?
		       (unsigned)strtoul(wish, NULL, 10) :
		       (unsigned)getpid();
	printf("# seed %u; CXA_FAULTS=%u does the same again, =calls every call, "
	       "=all every one for memory, too\n", seed, seed);
	enter_memory();
	make_inputs();
	for (size_t i = 0; i < DEEDS; i++)
		if (is_chosen(&deeds[i], argv + 1))
			survives(&deeds[i]);
	tell_total(&total);
	leave_scratch();
	return done_testing();
}
