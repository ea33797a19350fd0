/* kill_each.c - whenever the tool is killed, nothing is lost */
#include <cortexarc/cortexarc.h>

#include <signal.h>
#include <sys/ptrace.h>

#include "faults/deeds.h"

#if defined(__SANITIZE_ADDRESS__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SANITIZED 1
#endif
#endif

enum {
	WORKERS = 2,
	STATES = 4000, /* that a worker can remember */
	/*
	 * Where a call comes back is no other moment than where the next one
	 * is entered: nothing that stays has changed between them.
	 */
#ifdef SANITIZED
	STRIDE = 2 * 29,
#else
	STRIDE = 2,
#endif
	LOADER_BYTES = 256 << 10, /* of code of the dynamic loader, at most */
};

/* --- a run that ends at a point --------------------------------------------- */

/*
 * Points are where a system call is entered, and where it comes back. Those of
 * the dynamic loader are none: they come before the program.
 */
struct trace {
	long point;
	long stop;       /* the point to kill at; 0: none */
	uint64_t loader; /* where its code begins; 0: not known yet */
	bool started;
	int code;
};

static bool is_of_loader(struct trace *trace, pid_t thread)
{
	struct __ptrace_syscall_info info;
	uint64_t from;

	if (ptrace(PTRACE_GET_SYSCALL_INFO, thread, sizeof(info), &info) <= 0)
		return false;
	/* Where execve() comes back to is where the loader is entered. */
	if (trace->loader == 0)
		trace->loader = info.instruction_pointer;
	from = info.instruction_pointer - trace->loader + LOADER_BYTES / 4;
	return from < LOADER_BYTES;
}

/* Return: is this where it ends? */
static bool is_last(struct trace *trace, pid_t thread)
{
	if (!trace->started && is_of_loader(trace, thread))
		return false;
	trace->started = true;
	trace->point++;
	return trace->point == trace->stop;
}

static void follow(struct trace *trace, pid_t child)
{
	const long options = PTRACE_O_EXITKILL | PTRACE_O_TRACESYSGOOD |
			     PTRACE_O_TRACECLONE | PTRACE_O_TRACEFORK |
			     PTRACE_O_TRACEVFORK | PTRACE_O_TRACEEXEC;
	bool executed = false;
	bool first = true;
	pid_t thread;
	int status;
	int number;

	while ((thread = waitpid(-1, &status, __WALL)) > 0) {
		if (!WIFSTOPPED(status)) {
			if (thread == child)
				trace->code = code_of(status);
			continue;
		}
		if (first)
			ptrace(PTRACE_SETOPTIONS, child, 0, options);
		number = WSTOPSIG(status);
		if (status >> 8 == (SIGTRAP | PTRACE_EVENT_EXEC << 8))
			executed = true;
		else if (number == (SIGTRAP | 0x80) && executed &&
			 is_last(trace, thread))
			kill(child, SIGKILL);
		if (number == (SIGTRAP | 0x80) || number == SIGTRAP ||
		    number == SIGSTOP)
			number = 0;
		first = false;
		ptrace(PTRACE_SYSCALL, thread, 0, (long)number);
	}
}

/* Return: false: it came to its end before */
static bool run_until(struct trace *trace, const struct deed *deed,
		      const char *folder, long stop)
{
	pid_t child;

	*trace = (struct trace){ .stop = stop };
	fflush(stdout);
	child = fork();
	must(child >= 0, "fork");
	if (child == 0) {
		if (ptrace(PTRACE_TRACEME, 0, 0, 0) != 0)
			_exit(97);
		raise(SIGSTOP);
		become_tool(deed->arguments, folder);
	}
	follow(trace, child);
	return trace->code == 128 + SIGKILL;
}

/* --- what is left, and the next run ----------------------------------------- */

/* @seen: fingerprints of folders that were found to be right */
struct worker {
	const struct deed *deed;
	char run[PATH_BYTES];
	char look[PATH_BYTES];
	char messages[PATH_BYTES];
	uint64_t seen[STATES];
	enum outcome seen_as[STATES];
	int seen_count;
	long points;
	long counts[3];
};

static int find_seen(const struct worker *worker, uint64_t state)
{
	for (int i = worker->seen_count - 1; i >= 0; i--)
		if (worker->seen[i] == state)
			return i;
	return -1;
}

/* The command again, as a person would do it. */
static bool check_again(struct worker *worker, enum outcome outcome)
{
	const struct deed *deed = worker->deed;
	bool refused = deed->kind == MADE && outcome == NEW;
	int wanted = refused ? 2 : deed->code;
	int code = run_tool(deed->arguments, worker->run);
	size_t size;
	char *text;

	if (code != wanted) {
		text = read_file(worker->messages, &size);
		printf("# the next run exits with %d, not %d: %s", code, wanted,
		       text == NULL ? "\n" : text);
		free(text);
		return false;
	}
	outcome = judge(deed, worker->run, worker->look);
	if (outcome != (deed->target == NULL ? OLD : NEW)) {
		puts("# the next run did not mend it");
		return false;
	}
	return check_names(deed, worker->run, true);
}

static enum outcome check(struct worker *worker)
{
	uint64_t state = fingerprint(worker->run);
	int at = find_seen(worker, state);
	enum outcome outcome;

	if (at >= 0)
		return worker->seen_as[at];
	outcome = judge(worker->deed, worker->run, worker->look);
	if (outcome != BROKEN &&
	    (!check_names(worker->deed, worker->run, true) ||
	     !check_again(worker, outcome)))
		outcome = BROKEN;
	if (worker->seen_count < STATES && outcome != BROKEN) {
		worker->seen[worker->seen_count] = state;
		worker->seen_as[worker->seen_count++] = outcome;
	}
	return outcome;
}

/* Every WORKERS-th point, from @first on */
static void kill_at_each(struct worker *worker, long first)
{
	struct trace trace;
	enum outcome outcome;

	for (long stop = first;; stop += WORKERS * STRIDE) {
		prepare(worker->deed, worker->run);
		if (!run_until(&trace, worker->deed, worker->run, stop))
			break;
		outcome = check(worker);
		worker->points++;
		worker->counts[outcome]++;
		if (outcome == BROKEN)
			printf("# %s: broken at point %ld\n",
			       worker->deed->name, stop);
	}
}

/* --- each command ------------------------------------------------------------ */

struct result {
	long points;
	long counts[3];
	int states;
};

/* In a process of its own: ptrace() hands each its own children. */
static void work(const struct deed *deed, int number, int to)
{
	struct worker *worker = calloc(1, sizeof(*worker));
	struct result result;
	char folder[PATH_BYTES];

	must(worker != NULL, "calloc");
	snprintf(folder, sizeof(folder), "worker-%d", number);
	make_folder(folder);
	snprintf(worker->run, PATH_BYTES, "worker-%d/run", number);
	snprintf(worker->look, PATH_BYTES, "worker-%d/look", number);
	snprintf(worker->messages, PATH_BYTES, "worker-%d/messages", number);
	snprintf(folder, sizeof(folder), "worker-%d/tmp", number);
	make_folder(folder);
	worker->deed = deed;
	kill_at_each(worker, 1 + number * STRIDE);
	result.points = worker->points;
	memcpy(result.counts, worker->counts, sizeof(result.counts));
	result.states = worker->seen_count;
	must(write(to, &result, sizeof(result)) == sizeof(result), "write");
	fflush(stdout);
	_exit(0);
}

static struct result run_workers(const struct deed *deed)
{
	struct result sum = { 0 };
	struct result one;
	int ends[2];

	must(pipe(ends) == 0, "pipe");
	fflush(stdout);
	for (int i = 0; i < WORKERS; i++) {
		pid_t child = fork();

		must(child >= 0, "fork");
		if (child == 0)
			work(deed, i, ends[1]);
	}
	close(ends[1]);
	while (read(ends[0], &one, sizeof(one)) == sizeof(one)) {
		sum.points += one.points;
		sum.states += one.states;
		for (int i = 0; i < 3; i++)
			sum.counts[i] += one.counts[i];
	}
	close(ends[0]);
	while (wait(NULL) > 0)
		;
	return sum;
}

/* What it looks like when nothing fails, and how many points that has. */
static long make_wanted(const struct deed *deed)
{
	struct trace trace;

	make_folder("first");
	make_folder("first/tmp");
	prepare(deed, "first/run");
	run_until(&trace, deed, "first/run", 0);
	copy_all("first/run", "want");
	if (trace.code == deed->code)
		return trace.point;
	printf("# %s: exits with %d\n", deed->name, trace.code);
	return 0;
}

static void never_loses(const struct deed *deed)
{
	long points = make_wanted(deed);
	struct result result;

	if (!ok(points > 100, "%s ends as it should", deed->name))
		return;
	result = run_workers(deed);
	printf("# killed %ld times: %ld old, %ld new; %d different folders\n",
	       result.points, result.counts[OLD], result.counts[NEW],
	       result.states);
	ok(result.points >= points / STRIDE - WORKERS &&
		   result.counts[BROKEN] == 0,
	   "%s, killed at any call, leaves the old or the new, and the next "
	   "run succeeds", deed->name);
	if (deed->target != NULL && STRIDE == 2)
		ok(result.counts[OLD] > 0 && result.counts[NEW] > 0,
		   "%s was killed both before and after", deed->name);
}

static bool may_trace(void)
{
	struct __ptrace_syscall_info info;
	pid_t child = fork();
	long got;
	int status;

	must(child >= 0, "fork");
	if (child == 0) {
		if (ptrace(PTRACE_TRACEME, 0, 0, 0) == 0)
			raise(SIGSTOP);
		_exit(0);
	}
	if (waitpid(child, &status, 0) != child || !WIFSTOPPED(status))
		return false;
	got = ptrace(PTRACE_GET_SYSCALL_INFO, child, sizeof(info), &info);
	kill(child, SIGKILL);
	waitpid(child, &status, 0);
	return got > 0;
}

int main(void)
{
	if (!may_trace()) {
		puts("1..0 # SKIP ptrace is not permitted here");
		return 0;
	}
	find_tool();
	enter_scratch();
	make_inputs();
	for (size_t i = 0; i < DEEDS; i++)
		never_loses(&deeds[i]);
	leave_scratch();
	return done_testing();
}
