/* kill_each.c - whenever the tool is killed, nothing is lost */
#include <cortexarc/cortexarc.h>

#include <signal.h>
#include <sys/ptrace.h>

#include "faults/workers.h"

enum {
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

/* --- each command ------------------------------------------------------------ */

static struct result total;

/* Every WORKERS-th point */
static void kill_at_each(struct worker *worker)
{
	struct trace trace;

	for (long stop = 1 + worker->number * STRIDE;;
	     stop += WORKERS * STRIDE) {
		prepare(worker->deed, worker->run);
		if (!run_until(&trace, worker->deed, worker->run, stop))
			break;
		if (check(worker) == BROKEN)
			printf("# %s: broken at point %ld\n",
			       worker->deed->name, stop);
	}
}

/* What it looks like when nothing fails, and how many points that has. */
static long make_wanted(const struct deed *deed)
{
	struct trace trace;

	/* Paths as long as the workers', or the heap asks for memory otherwise. */
	make_folder("worker-x");
	make_folder("worker-x/tmp");
	prepare(deed, "worker-x/run");
	run_until(&trace, deed, "worker-x/run", 0);
	copy_all("worker-x/run", "want");
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
	result = run_workers(deed, kill_at_each);
	total.points += result.points;
	total.counts[BROKEN] += result.counts[BROKEN];
	printf("# killed %ld times: %ld old, %ld new; %ld different folders\n",
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
	enter_memory();
	make_inputs();
	for (size_t i = 0; i < DEEDS; i++)
		if (deeds[i].target != NULL || deeds[i].kept != NULL)
			never_loses(&deeds[i]);
	tell_total(&total);
	leave_scratch();
	return done_testing();
}
