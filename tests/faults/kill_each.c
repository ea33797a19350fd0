/* kill_each.c - whenever the tool is killed, nothing is lost */
#include <cortexarc/cortexarc.h>

#include "faults/trace.h"
#include "faults/workers.h"

enum {
	/*
	 * Where a call comes back is no other moment than where the next one
	 * is entered: nothing that stays has changed between them.
	 */
	NEXT_CALL = 2,
#ifdef SANITIZED
	STRIDE = NEXT_CALL * 29
#else
	STRIDE = NEXT_CALL * 5 /* unless all are wished for */
#endif
};

/* --- a run that ends at a point --------------------------------------------- */

/* Points are where a system call is entered, and where it comes back. */
struct points {
	long met;
	long stop; /* the point to kill at; 0: none */
};

static bool is_stop(struct trace *trace, pid_t thread,
		    const struct __ptrace_syscall_info *info)
{
	struct points *points = trace->user;

	(void)thread;
	(void)info;
	return ++points->met == points->stop;
}

/* Return: its exit code, or 128 and SIGKILL */
static int run_until(struct points *points, const struct deed *deed,
		     const char *folder, long stop)
{
	struct trace trace = { .meets = is_stop, .user = points };

	*points = (struct points){ 0, stop };
	run_traced(&trace, deed, folder);
	return trace.code;
}

/* --- each command ------------------------------------------------------------ */

static struct result total;
static long stride;

/* Every WORKERS-th point */
static void kill_at_each(struct worker *worker)
{
	struct points points;

	for (long stop = 1 + worker->number * stride;;
	     stop += WORKERS * stride) {
		prepare(worker->deed, worker->run);
		if (run_until(&points, worker->deed, worker->run, stop) !=
		    128 + SIGKILL)
			break;
		if (check(worker) == BROKEN)
			printf("# %s: broken at point %ld\n",
			       worker->deed->name, stop);
	}
}

/* What it looks like when nothing fails, and how many points that has. */
static long make_wanted(const struct deed *deed)
{
	struct points points;
	int code;

	/* Paths as long as the workers', or the heap asks for memory otherwise. */
	make_folder("worker-x");
	make_folder("worker-x/tmp");
	prepare(deed, "worker-x/run");
	code = run_until(&points, deed, "worker-x/run", 0);
	copy_all("worker-x/run", "want");
	if (code == deed->code)
		return points.met;
	printf("# %s: exits with %d\n", deed->name, code);
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
	ok(result.points >= points / stride - WORKERS &&
		   result.counts[BROKEN] == 0,
	   "%s, killed at any call, leaves the old or the new, and the next "
	   "run succeeds", deed->name);
	if (deed->target != NULL && stride == NEXT_CALL)
		ok(result.counts[OLD] > 0 && result.counts[NEW] > 0,
		   "%s was killed both before and after", deed->name);
}

int main(void)
{
	const char *wish = getenv("CXA_FAULTS");

	if (!may_trace()) {
		puts("1..0 # SKIP ptrace is not permitted here");
		return 0;
	}
	stride = wish != NULL && strcmp(wish, "all") == 0 ? NEXT_CALL : STRIDE;
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
