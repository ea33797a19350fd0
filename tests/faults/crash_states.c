/* crash_states.c - the machine crashes: of what was not synced, anything may be left */
#define _GNU_SOURCE 1 /* O_TMPFILE, process_vm_readv() */
#include <cortexarc/cortexarc.h>

#include "faults/file_log.h"
#include "faults/workers.h"

/* What is left of the writes to a file that no sync came after. */
enum pick {
	PICK_ALL,
	PICK_NONE,
	PICK_TORN,  /* all, and half of the last */
	PICK_LAST,  /* that alone */
	PICK_ZEROS, /* the sizes, and zeros */
	PICK_SOME,  /* each or not, by chance */
	PICKS
};

/*
 * @crash: steps that were made
 * @cut: so many of the names that no sync came after are there, in order
 * @pick: of all files; @other of @file, unless that is -1
 */
struct state {
	int crash;
	int cut;
	enum pick pick;
	int file;
	enum pick other;
};

enum {
	CRASHES = 16, /* of a command, unless all are wished for */
	HASHES = 1 << 16
};

static const struct file_log *history;
static bool syncs; /* false: the control, in which they do nothing */
static int stride; /* steps from one crash to the next */
static bool all;   /* crashes, after each step */
static struct result total;

/* --- a file after a crash ---------------------------------------------------- */

struct bytes {
	uint8_t *data;
	size_t size;
};

static void resize(struct bytes *bytes, size_t size)
{
	bytes->data = realloc(bytes->data, size + 1);
	must(bytes->data != NULL, "realloc");
	if (size > bytes->size)
		memset(bytes->data + bytes->size, 0, size - bytes->size);
	bytes->size = size;
}

static void apply_write(struct bytes *bytes, const struct step *step,
			size_t size, bool zeros)
{
	if (bytes->size < step->offset + size)
		resize(bytes, step->offset + size);
	else if (zeros)
		return;
	if (!zeros)
		memcpy(bytes->data + step->offset, step->data, size);
}

static bool is_change(const struct step *step, int file)
{
	return step->file == file && (step->kind == STEP_WRITE ||
				      step->kind == STEP_SIZE);
}

/* The step behind the last sync of @file; the last change of it */
static void find_unsynced(int file, int crash, int *from, int *last)
{
	*from = 0;
	*last = -1;
	for (int i = 0; i < crash; i++) {
		const struct step *step = &history->steps[i];

		if (syncs && step->kind == STEP_SYNC && step->file == file)
			*from = i;
		if (is_change(step, file))
			*last = i;
	}
}

static bool by_chance(int step)
{
	return (uint32_t)step * UINT32_C(2654435761) >> 17 & 1;
}

static void make_bytes(struct bytes *bytes, int file, int crash, enum pick pick)
{
	const struct log_file *first = &history->files[file];
	int from;
	int last;

	*bytes = (struct bytes){ NULL, 0 };
	resize(bytes, first->first_size);
	if (first->first_size != 0)
		memcpy(bytes->data, first->first, first->first_size);
	find_unsynced(file, crash, &from, &last);
	for (int i = 0; i < crash; i++) {
		const struct step *step = &history->steps[i];
		enum pick how = i < from ? PICK_ALL : pick;
		size_t size = step->size;

		if (!is_change(step, file) || how == PICK_NONE ||
		    (how == PICK_LAST && i != last) ||
		    (how == PICK_SOME && !by_chance(i)))
			continue;
		if (how == PICK_TORN && i == last)
			size /= 2;
		if (step->kind == STEP_SIZE)
			resize(bytes, step->offset);
		else
			apply_write(bytes, step, size, how == PICK_ZEROS);
	}
}

/* --- names after a crash ------------------------------------------------------- */

static bool changes_names(const struct step *step)
{
	return step->kind == STEP_NAME || step->kind == STEP_FOLDER ||
	       step->kind == STEP_RENAME || step->kind == STEP_REMOVE;
}

static bool is_synced(int at, int crash)
{
	const struct step *change = &history->steps[at];
	const char *name = change->kind == STEP_REMOVE ? change->from :
							 change->to;
	const char *slash = strrchr(name, '/');
	size_t size = slash == NULL ? 0 : (size_t)(slash - name);

	for (int i = at + 1; i < crash && syncs; i++) {
		const struct step *step = &history->steps[i];

		if (step->kind == STEP_SYNC && step->file < 0 &&
		    strlen(step->from) == size &&
		    memcmp(step->from, name, size) == 0)
			return true;
	}
	return false;
}

static int count_unsynced(int crash)
{
	int count = 0;

	for (int i = 0; i < crash; i++)
		count += changes_names(&history->steps[i]) &&
			 !is_synced(i, crash);
	return count;
}

static void make_names(struct names *names, int crash, int cut)
{
	*names = history->first;
	for (int i = 0; i < crash; i++) {
		const struct step *step = &history->steps[i];

		if (changes_names(step) && (is_synced(i, crash) || cut-- > 0))
			apply_name(names, step);
	}
}

/* --- a folder after a crash ------------------------------------------------------ */

static void state_file(const struct state *state, int file, struct bytes *bytes)
{
	make_bytes(bytes, file, state->crash,
		   file == state->file ? state->other : state->pick);
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct log_name *)a)->name,
		      ((const struct log_name *)b)->name);
}

/* A folder comes before what is in it. */
static void put_names(const struct state *state, struct names *names)
{
	make_names(names, state->crash, state->cut);
	qsort(names->list, (size_t)names->count, sizeof(names->list[0]),
	      by_name);
}

/* A number that tells states apart that leave something else */
static uint64_t hash_state(const struct state *state)
{
	uint64_t hash = state->crash == history->count;
	struct names names;

	put_names(state, &names);
	for (int i = 0; i < names.count; i++) {
		const struct log_name *name = &names.list[i];
		struct bytes bytes = { NULL, 0 };

		if (name->file >= 0)
			state_file(state, name->file, &bytes);
		hash = mix(hash, name->name, strlen(name->name) + 1);
		hash = mix(hash, &bytes.size, sizeof(bytes.size));
		hash = mix(hash, bytes.data, bytes.size);
		free(bytes.data);
	}
	return hash == 0 ? 1 : hash;
}

static void make_state(const struct state *state, const char *folder)
{
	char path[PATH_BYTES];
	struct names names;

	make_folder(folder);
	put_names(state, &names);
	for (int i = 0; i < names.count; i++) {
		struct bytes bytes;

		join(path, folder, names.list[i].name);
		if (names.list[i].file < 0) {
			make_folder(path);
			continue;
		}
		state_file(state, names.list[i].file, &bytes);
		write_file(path, bytes.data, bytes.size);
		free(bytes.data);
	}
}

/* --- all of them ------------------------------------------------------------------ */

/* @hashes: of states that were looked at */
struct search {
	struct worker *worker;
	uint64_t hashes[HASHES];
	int count;
};

static bool is_new(struct search *search, uint64_t hash)
{
	uint32_t at = (uint32_t)(hash ^ hash >> 32) % HASHES;

	while (search->hashes[at] != 0 && search->hashes[at] != hash)
		at = (at + 1) % HASHES;
	if (search->hashes[at] == hash)
		return false;
	must(++search->count < HASHES / 2, "too many states");
	search->hashes[at] = hash;
	return true;
}

static void tell_state(const struct state *state, const struct deed *deed,
		       const char *what)
{
	printf("# %s: %s after %d of %d steps, %d names more, writes %d, "
	       "those of file %d %d\n", deed->name, what, state->crash,
	       history->count, state->cut, state->pick, state->file,
	       state->other);
}

static void look(struct search *search, const struct state *state)
{
	struct worker *worker = search->worker;
	const struct deed *deed = worker->deed;
	enum outcome outcome;

	if (!is_new(search, hash_state(state)))
		return;
	make_state(state, worker->run);
	if (!syncs) {
		outcome = judge(deed, worker->run, worker->look);
		worker->result.points++;
		worker->result.counts[outcome]++;
		return;
	}
	outcome = check(worker);
	if (outcome == BROKEN)
		tell_state(state, deed, "neither the old nor the new");
	else if (outcome != NEW && state->crash == history->count) {
		worker->result.counts[BROKEN]++;
		tell_state(state, deed, "a success that did not last");
	}
}

/* Every way to lose what was not synced, alike in all files or in one alone. */
static void look_at_crash(struct search *search, struct state *state)
{
	state->file = -1;
	for (int pick = 0; pick < PICKS; pick++) {
		state->pick = state->other = (enum pick)pick;
		look(search, state);
	}
	for (state->file = 0; state->file < history->file_count;
	     state->file++) {
		state->pick = PICK_ALL;
		state->other = PICK_NONE;
		look(search, state);
		state->pick = PICK_NONE;
		state->other = PICK_ALL;
		look(search, state);
	}
}

static void crash_at_each(struct worker *worker)
{
	struct search *search = calloc(1, sizeof(*search));
	struct state state = { .crash = 0 };

	must(search != NULL, "calloc");
	search->worker = worker;
	/* From the end on, so that it is looked at whatever the stride. */
	for (state.crash = history->count - worker->number * stride;
	     state.crash >= 0; state.crash -= WORKERS * stride) {
		int unsynced = count_unsynced(state.crash);

		for (state.cut = 0; state.cut <= unsynced; state.cut++) {
			look_at_crash(search, &state);
			if (!syncs && worker->result.counts[BROKEN] != 0)
				break;
		}
		if (!syncs && worker->result.counts[BROKEN] != 0)
			break;
	}
	free(search);
}

static void survives(const struct deed *deed, struct file_log *log)
{
	struct result result;

	stride = all ? 1 : 1 + log->count / CRASHES;
	syncs = true;
	result = run_workers(deed, crash_at_each);
	total.points += result.points;
	total.counts[BROKEN] += result.counts[BROKEN];
	printf("# %d steps, %ld states: %ld old, %ld new\n", log->count,
	       result.points, result.counts[OLD], result.counts[NEW]);
	ok(result.points > 1 && result.counts[BROKEN] == 0,
	   "%s: whenever the machine crashes, the old or the new is there, and "
	   "the new when it has ended", deed->name);
	syncs = false;
	result = run_workers(deed, crash_at_each);
	ok(result.counts[BROKEN] > 0,
	   "%s: without its syncs it would not be so", deed->name);
}

static void log_and_survive(const struct deed *deed)
{
	struct file_log *log = calloc(1, sizeof(*log));
	int code;

	must(log != NULL, "calloc");
	history = log;
	/* As deep as the workers' folders. */
	make_folder("worker-x");
	make_folder("worker-x/tmp");
	prepare(deed, "worker-x/run");
	code = run_logged(log, deed, "worker-x/run");
	copy_all("worker-x/run", "want");
	ok(code == deed->code && log->unknown == 0 && log->count > 1,
	   "%s: all its changes are known", deed->name);
	if (log->unknown != 0)
		printf("# system call %ld\n", log->unknown);
	survives(deed, log);
	release_log(log);
}

int main(void)
{
	const char *wish = getenv("CXA_FAULTS");

#ifdef SANITIZED
	puts("1..0 # SKIP what is written is the same, and takes minutes");
	return 0;
#endif
	if (!may_trace()) {
		puts("1..0 # SKIP ptrace is not permitted here");
		return 0;
	}
	all = wish != NULL && strcmp(wish, "all") == 0;
	find_tool();
	enter_memory();
	make_inputs();
	for (size_t i = 0; i < DEEDS; i++)
		if (deeds[i].target != NULL)
			log_and_survive(&deeds[i]);
	tell_total(&total);
	leave_scratch();
	return done_testing();
}
