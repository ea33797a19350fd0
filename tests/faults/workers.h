/* workers.h - processes that share out the points; what each finds left */
#ifndef CXA_TESTS_FAULTS_WORKERS_H
#define CXA_TESTS_FAULTS_WORKERS_H

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
	STATES = 4000 /* that a worker can remember */
};

/* What came of it, by enum outcome; @states: different folders seen */
struct result {
	long points;
	long counts[3];
	long states;
};

/* @seen: fingerprints of folders that were found to be right */
struct worker {
	const struct deed *deed;
	int number;
	char run[PATH_BYTES];
	char look[PATH_BYTES];
	char spools[PATH_BYTES];
	char messages[PATH_BYTES];
	char output[PATH_BYTES];
	uint64_t seen[STATES];
	enum outcome seen_as[STATES];
	struct result result;
};

/* --- what is left, and the next run ----------------------------------------- */

static long find_seen(const struct worker *worker, uint64_t state)
{
	for (long i = worker->result.states - 1; i >= 0; i--)
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

static enum outcome check_state(struct worker *worker)
{
	uint64_t state = fingerprint(worker->run);
	long at = find_seen(worker, state);
	enum outcome outcome;

	if (at >= 0)
		return worker->seen_as[at];
	outcome = judge(worker->deed, worker->run, worker->look);
	if (outcome != BROKEN &&
	    (!check_names(worker->deed, worker->run, true) ||
	     !check_again(worker, outcome)))
		return BROKEN;
	if (worker->result.states < STATES && outcome != BROKEN) {
		worker->seen[worker->result.states] = state;
		worker->seen_as[worker->result.states++] = outcome;
	}
	return outcome;
}

/* The folder that a run has left, and whether the next one succeeds in it. */
static enum outcome check(struct worker *worker)
{
	enum outcome outcome = check_state(worker);

	worker->result.points++;
	worker->result.counts[outcome]++;
	return outcome;
}

/* --- the workers ------------------------------------------------------------- */

static void worker_path(char out[PATH_BYTES], int number, const char *name)
{
	snprintf(out, PATH_BYTES, "worker-%d/%s", number, name);
}

/* In a process of its own: ptrace() hands each its own children. */
static void work(const struct deed *deed, int number,
		 void (*each)(struct worker *worker), int to)
{
	struct worker *worker = calloc(1, sizeof(*worker));
	char folder[PATH_BYTES];

	must(worker != NULL, "calloc");
	worker->deed = deed;
	worker->number = number;
	snprintf(folder, sizeof(folder), "worker-%d", number);
	make_folder(folder);
	worker_path(worker->run, number, "run");
	worker_path(worker->look, number, "look");
	worker_path(worker->spools, number, "tmp");
	worker_path(worker->messages, number, "messages");
	worker_path(worker->output, number, "output");
	make_folder(worker->spools);
	each(worker);
	must(write(to, &worker->result, sizeof(worker->result)) ==
		     sizeof(worker->result), "write");
	fflush(stdout);
	_exit(0);
}

static struct result run_workers(const struct deed *deed,
				 void (*each)(struct worker *worker))
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
			work(deed, i, each, ends[1]);
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

/* What `make faults` adds up */
static void tell_total(const struct result *total)
{
	printf("# runs: %ld, failed: %ld\n", total->points,
	       total->counts[BROKEN]);
}

#endif
