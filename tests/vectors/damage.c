/* damage.c - every bit, cut, block and byte of archives: seen, and named */
#define _GNU_SOURCE 1 /* memfd_create(), F_SETPIPE_SZ */
#include <cortexarc/cortexarc.h>

#include <fcntl.h>
#include <glob.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tap.h"

#if defined(__SANITIZE_ADDRESS__)
#define SANITIZED 1
#elif defined(__has_feature)
#define SANITIZED __has_feature(address_sanitizer)
#else
#define SANITIZED 0
#endif

/*
 * CXA_DAMAGE=all is every place of every sound vector (`make damage`); else
 * every so many places of six. Under a sanitizer each path is to be seen.
 */
enum {
	STRIDE = SANITIZED ? 47 : 7,
	PIPE_STRIDE = 5, /* times as many, as each run copies the archive */
	BURSTS = 200,    /* of an archive; all: */
	ALL_BURSTS = 2000,
	BURST_BYTES = 1500
};

enum { BLOCK = 512, MAX_BYTES = 64 * 1024, MAX_MEMBERS = 64 };

static const char *const archives[] = {
	"good-empty.cxa", "good-concept.cxa", "good-all-collections.cxa",
	"good-vectors-mixed.cxa", "good-unknown-record.cxa",
	"good-two-batches.cxa",
};

static bool all;

/* A member's blocks, headers and padding with it. */
struct part {
	char name[104];
	size_t begin;
	size_t end;
};

/* The archive, where its members are, and the file it is damaged in. */
struct subject {
	uint8_t bytes[MAX_BYTES];
	size_t size;
	struct part parts[MAX_MEMBERS];
	size_t part_count;
	struct cxa_context *context;
	int fd;
	char path[64];
	bool piped; /* it is read from a pipe */
};

/* What a campaign has counted. */
struct tally {
	uint64_t tried;
	uint64_t unseen;
	uint64_t unnamed;
	uint64_t accused; /* a whole member, to have lost something */
};

/* --- the archive ---------------------------------------------------------- */

static size_t octal(const uint8_t *digits)
{
	size_t value = 0;

	for (int i = 0; i < 11; i++)
		value = value * 8 + (size_t)(digits[i] - '0');
	return value;
}

/* By the tar headers alone: a sound archive has no surprises. */
static void find_parts(struct subject *subject)
{
	size_t begin = 0;
	size_t at = 0;

	subject->part_count = 0;
	while (subject->bytes[at] != 0) {
		const uint8_t *head = subject->bytes + at;
		size_t size = octal(head + 124);
		struct part *part = &subject->parts[subject->part_count];

		at += BLOCK + (size + BLOCK - 1) / BLOCK * BLOCK;
		if (head[156] == 'x')
			continue;
		memcpy(part->name, head, 100);
		part->begin = begin;
		part->end = at;
		begin = at;
		subject->part_count++;
	}
}

static void die(const char *what)
{
	printf("Bail out! %s\n", what);
	exit(99);
}

static void load(struct subject *subject, const char *name)
{
	FILE *file = fopen(name, "rb");

	if (file == NULL)
		die(name);
	subject->size = fread(subject->bytes, 1, MAX_BYTES, file);
	fclose(file);
	find_parts(subject);
}

static void open_subject(struct subject *subject)
{
	struct cxa_context_options options = CXA_CONTEXT_OPTIONS_INIT;

	options.threads = 1;
	subject->fd = memfd_create("damaged", 0);
	if (subject->fd < 0 ||
	    cxa_context_open(&subject->context, &options, NULL) != 0)
		die("no memory to damage");
	snprintf(subject->path, sizeof(subject->path), "/proc/self/fd/%d",
		 subject->fd);
}

static void close_subject(struct subject *subject)
{
	cxa_context_close(subject->context);
	close(subject->fd);
}

static void put(const struct subject *subject, size_t offset, const void *data,
		size_t size)
{
	if (pwrite(subject->fd, data, size, (off_t)offset) != (ssize_t)size)
		die("cannot write to memory");
}

/* --- is it seen? ---------------------------------------------------------- */

/* By its name; or, where damage took that too, by the place. */
static bool names(const struct cxa_report *report, const struct part *part,
		  bool by_place)
{
	for (size_t i = 0; i < report->issue_count; i++) {
		const struct cxa_issue *issue = &report->issues[i];

		if (strcmp(issue->member, part->name) == 0 ||
		    (by_place && issue->member[0] == '\0' &&
		     issue->offset >= part->begin && issue->offset < part->end))
			return true;
	}
	return false;
}

/*
 * A member that owns a byte of @begin to @end; where all behind it has @moved,
 * the next one will do, and its place.
 */
static bool names_owner(const struct subject *subject,
			const struct cxa_report *report, size_t begin,
			size_t end, bool moved)
{
	bool after = false;
	bool owned = false;

	for (size_t i = 0; i < subject->part_count; i++) {
		const struct part *part = &subject->parts[i];
		bool owns = part->begin < end && begin < part->end;

		owned = owned || owns;
		if ((owns || (after && moved)) &&
		    names(report, part, moved))
			return true;
		after = owns;
	}
	return !owned; /* the end belongs to no member */
}

/*
 * A member of which no byte was touched is said to be damaged, or to have lost
 * records; where all behind the damage has @moved, one before it. In a pipe the
 * member behind a header that is not where it should be can be lost, too.
 */
static bool accuses(const struct subject *subject,
		    const struct cxa_report *report, size_t begin, size_t end,
		    size_t also, bool moved)
{
	for (size_t i = 0; i < report->issue_count; i++) {
		const struct cxa_issue *issue = &report->issues[i];

		bool owned = false;

		if (!issue->has_lost && strcmp(issue->rule, "member-digest") != 0)
			continue;
		for (size_t j = 0; j < subject->part_count; j++) {
			const struct part *part = &subject->parts[j];
			bool owns = (part->begin < end && begin < part->end) ||
				    (also >= part->begin && also < part->end) ||
				    (moved && part->end > begin);

			if (!owns && !(owned && subject->piped) &&
			    strcmp(part->name, issue->member) == 0)
				return true;
			owned = owns;
		}
	}
	return false;
}

/* The damaged bytes, all of them at once, as standard input. */
static void feed(const struct subject *subject)
{
	static uint8_t bytes[2 * MAX_BYTES];
	struct stat st;
	int ends[2];
	ssize_t size;

	if (fstat(subject->fd, &st) != 0 || pipe(ends) != 0 ||
	    fcntl(ends[1], F_SETPIPE_SZ, (int)sizeof(bytes)) < 0)
		die("no pipe");
	size = pread(subject->fd, bytes, (size_t)st.st_size, 0);
	if (size != st.st_size || write(ends[1], bytes, (size_t)size) != size ||
	    dup2(ends[0], STDIN_FILENO) < 0)
		die("cannot fill a pipe");
	close(ends[0]);
	close(ends[1]);
}

/* @also: another byte that was damaged, with the first; or the first again. */
static void judge(const struct subject *subject, struct tally *tally,
		  size_t begin, size_t end, size_t also, bool moved,
		  const char *how)
{
	struct cxa_verify_options options = CXA_VERIFY_OPTIONS_INIT;
	struct cxa_report *report = NULL;
	int status;

	options.level = CXA_LEVEL_BYTES;
	if (subject->piped)
		feed(subject);
	status = cxa_verify(&report, subject->context,
			    subject->piped ? "-" : subject->path, &options,
			    NULL);
	tally->tried++;
	if (status == 0 &&
	    accuses(subject, report, begin, end, also, moved) &&
	    tally->accused++ < 10)
		printf("# %s at %zu accuses %s: %s\n", how, begin,
		       report->issues[0].member,
		       report->issues[0].description);
	if (status == 0 && report->is_valid) {
		if (tally->unseen++ < 10)
			printf("# unseen: %s at %zu\n", how, begin);
	} else if (status != 0 ? begin >= BLOCK : /* its magic is gone */
		   !names_owner(subject, report, begin, end, moved) &&
		   !names_owner(subject, report, also, also + 1, moved)) {
		if (tally->unnamed++ < 10)
			printf("# %s at %zu: %s\n", how, begin,
			       status != 0 ? "no archive" :
					     report->issues[0].description);
	}
	cxa_report_free(report);
}

/* --- damage: each leaves the file as it was ------------------------------- */

static void restore(const struct subject *subject)
{
	put(subject, 0, subject->bytes, subject->size);
	if (ftruncate(subject->fd, (off_t)subject->size) != 0)
		die("cannot cut memory");
}

static void flip_bits(const struct subject *subject, size_t at,
		      struct tally *tally)
{
	for (int bit = 0; bit < 8; bit++) {
		uint8_t byte = (uint8_t)(subject->bytes[at] ^ 1 << bit);

		put(subject, at, &byte, 1);
		judge(subject, tally, at, at + 1, at, false, "a bit");
	}
	put(subject, at, &subject->bytes[at], 1);
}

static void cut(const struct subject *subject, size_t at, struct tally *tally)
{
	if (ftruncate(subject->fd, (off_t)at) != 0)
		die("cannot cut memory");
	judge(subject, tally, at, at + 1, at, true, "a cut");
	restore(subject);
}

static void insert(const struct subject *subject, size_t at,
		   struct tally *tally)
{
	put(subject, at, "x", 1);
	put(subject, at + 1, subject->bytes + at, subject->size - at);
	judge(subject, tally, at, at + 1, at, true, "a byte more");
	restore(subject);
}

static void erase(const struct subject *subject, size_t at,
		  struct tally *tally)
{
	put(subject, at, subject->bytes + at + 1, subject->size - at - 1);
	if (ftruncate(subject->fd, (off_t)subject->size - 1) != 0)
		die("cannot cut memory");
	judge(subject, tally, at, at + 1, at, true, "a byte less");
	restore(subject);
}

static void drop_block(const struct subject *subject, size_t at,
		       struct tally *tally)
{
	put(subject, at, subject->bytes + at + BLOCK,
	    subject->size - at - BLOCK);
	if (ftruncate(subject->fd, (off_t)(subject->size - BLOCK)) != 0)
		die("cannot cut memory");
	judge(subject, tally, at, at + BLOCK, at, true, "a block less");
	restore(subject);
}

static void double_block(const struct subject *subject, size_t at,
			 struct tally *tally)
{
	put(subject, at + BLOCK, subject->bytes + at, subject->size - at);
	judge(subject, tally, at, at + BLOCK, at, true, "a block twice");
	restore(subject);
}

static void zero_block(const struct subject *subject, size_t at,
		       struct tally *tally)
{
	static const uint8_t zeros[BLOCK];

	if (memcmp(subject->bytes + at, zeros, BLOCK) == 0)
		return;
	put(subject, at, zeros, BLOCK);
	judge(subject, tally, at, at + BLOCK, at, false, "a block of zeros");
	restore(subject);
}

static void swap_blocks(const struct subject *subject, size_t at,
			struct tally *tally)
{
	const uint8_t *one = subject->bytes + at;

	for (size_t other = at + BLOCK; other < subject->size;
	     other += BLOCK) {
		if (memcmp(one, subject->bytes + other, BLOCK) == 0)
			continue;
		put(subject, at, subject->bytes + other, BLOCK);
		put(subject, other, one, BLOCK);
		judge(subject, tally, at, at + BLOCK, other, false,
		      "blocks swapped");
		put(subject, at, one, BLOCK);
		put(subject, other, subject->bytes + other, BLOCK);
	}
}

/* Random bytes at a random place; @number says which. */
static void burst(const struct subject *subject, size_t number,
		  struct tally *tally)
{
	uint64_t state = number * UINT64_C(0x9e3779b97f4a7c15) + subject->size;
	uint8_t bytes[BURST_BYTES];
	size_t size = 1 + number % BURST_BYTES;
	size_t at;

	for (size_t i = 0; i < BURST_BYTES; i++) {
		state = state * UINT64_C(6364136223846793005) + 1442695040888963;
		bytes[i] = (uint8_t)(state >> 56);
	}
	at = (size_t)(state >> 20) % subject->size;
	if (size > subject->size - at)
		size = subject->size - at;
	bytes[0] = (uint8_t)(subject->bytes[at] ^ 1); /* not what was there */
	put(subject, at, bytes, size);
	judge(subject, tally, at, at + size, at, false, "a burst");
	restore(subject);
}

/* --- campaigns ------------------------------------------------------------ */

/* @step: bytes from one place to the next; 0: so many bursts */
static const struct campaign {
	const char *name;
	size_t step;
	void (*damage)(const struct subject *subject, size_t at,
		       struct tally *tally);
} campaigns[] = {
	{ "every bit flipped", 1, flip_bits },
	{ "cut at every byte", 1, cut },
	{ "a byte inserted everywhere", 1, insert },
	{ "every byte deleted", 1, erase },
	{ "every block dropped", BLOCK, drop_block },
	{ "every block doubled", BLOCK, double_block },
	{ "every block zeroed", BLOCK, zero_block },
	{ "every two blocks swapped", BLOCK, swap_blocks },
	{ "random bytes over others", 0, burst },
};

enum { WORKERS = 2 };

/* Every WORKERS-th step, by a process of its own; it writes what it counted. */
static void work(struct subject *subject, const struct campaign *campaign,
		 size_t number, int out)
{
	struct tally tally = { 0 };
	size_t step = campaign->step == 0 ? 1 : campaign->step;
	size_t end = campaign->step == 0 ? all ? ALL_BURSTS : BURSTS :
					   subject->size;
	size_t stride = all || step == BLOCK ? 1 : STRIDE;

	if (subject->piped)
		stride *= PIPE_STRIDE;
	open_subject(subject);
	restore(subject);
	for (size_t at = number * step * stride; at < end;
	     at += WORKERS * stride * step)
		campaign->damage(subject, at, &tally);
	close_subject(subject);
	fflush(stdout);
	_exit(write(out, &tally, sizeof(tally)) != sizeof(tally));
}

static void run(struct subject *subject, const struct campaign *campaign,
		struct tally *total)
{
	int ends[2];

	if (pipe(ends) != 0)
		die("no pipe");
	fflush(stdout);
	for (size_t i = 0; i < WORKERS; i++)
		if (fork() == 0)
			work(subject, campaign, i, ends[1]);
	for (size_t i = 0; i < WORKERS; i++) {
		struct tally tally;

		if (read(ends[0], &tally, sizeof(tally)) != sizeof(tally))
			die("a worker has died");
		total->tried += tally.tried;
		total->unseen += tally.unseen;
		total->unnamed += tally.unnamed;
		total->accused += tally.accused;
	}
	while (wait(NULL) > 0)
		;
	close(ends[0]);
	close(ends[1]);
}

static void run_all(struct subject *subject, const struct campaign *campaign,
		    const glob_t *found, struct tally *sum)
{
	const char *how = subject->piped ? ", in a pipe" : "";
	struct tally tally = { 0 };

	for (size_t i = 0; i < found->gl_pathc; i++) {
		load(subject, found->gl_pathv[i]);
		run(subject, campaign, &tally);
	}
	ok(tally.tried > 0 && tally.unseen == 0,
	   "%s%s: all %" PRIu64 " are seen", campaign->name, how, tally.tried);
	is_uint(tally.unnamed, 0, "and the member is named");
	is_uint(tally.accused, 0, "and no other");
	sum->tried += tally.tried;
	sum->unseen += tally.unseen;
	sum->unnamed += tally.unnamed + tally.accused;
}

static void find_archives(glob_t *found)
{
	int flags = 0;

	if (all && glob("good-*.cxa", 0, NULL, found) == 0)
		return;
	for (size_t i = 0; i < sizeof(archives) / sizeof(archives[0]); i++) {
		if (glob(archives[i], flags, NULL, found) != 0)
			die("no vectors");
		flags = GLOB_APPEND;
	}
}

int main(void)
{
	static struct subject subject;
	const char *top = getenv("srcdir");
	const char *wish = getenv("CXA_DAMAGE");
	struct tally sum = { 0 };
	glob_t found;

	all = wish != NULL && strcmp(wish, "all") == 0;
	if (chdir(top == NULL ? "." : top) != 0 || chdir("spec/vectors") != 0)
		die("no vectors");
	find_archives(&found);
	for (int piped = 0; piped < 2; piped++) {
		subject.piped = piped != 0;
		for (size_t i = 0; i < sizeof(campaigns) / sizeof(campaigns[0]);
		     i++)
			run_all(&subject, &campaigns[i], &found, &sum);
	}
	printf("# damage: %" PRIu64 " of %zu archives, unseen %" PRIu64
	       ", misdiagnosed %" PRIu64 "\n", sum.tried, found.gl_pathc,
	       sum.unseen, sum.unnamed);
	globfree(&found);
	return done_testing();
}
