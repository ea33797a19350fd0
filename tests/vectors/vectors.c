/* vectors.c - every vector of the specification through the library */
#include <cortexarc/cortexarc.h>

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "tap.h"

enum { MAX_MEMBER = 104, MAX_LINE = 1024 };

/* One line of MANIFEST. */
struct vector {
	char name[MAX_MEMBER];
	int verify;
	int unpack;
	char member[MAX_MEMBER];
};

/* A way to read: @piece bytes at a time from a pipe; 0: the file itself. */
static const struct mode {
	const char *name;
	size_t piece;
	unsigned threads;
} modes[] = {
	{ "a file", 0, 1 },
	{ "a file, 3 threads", 0, 3 },
	{ "a pipe of 4,096", 4096, 2 },
	{ "a pipe of 511", 511, 1 },
	{ "a pipe of 97", 97, 1 },
};

/* --- a pipe that gives a piece at each read ------------------------------- */

struct feeder {
	pthread_t thread;
	const char *path;
	size_t piece;
	int fd; /* to write to */
};

/* So that no read gives two pieces; what a reader left stays there. */
static void wait_until_empty(int fd)
{
	int waiting = 1;

	for (int turns = 0; turns < 100000 && waiting != 0; turns++)
		if (ioctl(fd, FIONREAD, &waiting) != 0 ||
		    (waiting != 0 && sched_yield() != 0))
			return;
}

static void *feed(void *pointer)
{
	struct feeder *feeder = pointer;
	FILE *file = fopen(feeder->path, "rb");
	char piece[4096];
	size_t size;

	while (file != NULL &&
	       (size = fread(piece, 1, feeder->piece, file)) != 0) {
		wait_until_empty(feeder->fd);
		if (write(feeder->fd, piece, size) != (ssize_t)size)
			break; /* the reader has seen enough */
	}
	if (file != NULL)
		fclose(file);
	close(feeder->fd);
	return NULL;
}

/* Makes standard input a pipe. */
static void begin_feeding(struct feeder *feeder, const char *path,
			  size_t piece)
{
	int ends[2];

	feeder->path = path;
	feeder->piece = piece;
	if (pipe(ends) != 0 || dup2(ends[0], STDIN_FILENO) < 0) {
		printf("Bail out! no pipe: %s\n", strerror(errno));
		exit(1);
	}
	close(ends[0]);
	feeder->fd = ends[1];
	if (pthread_create(&feeder->thread, NULL, feed, feeder) != 0) {
		printf("Bail out! no thread\n");
		exit(1);
	}
}

static void end_feeding(struct feeder *feeder)
{
	if (freopen("/dev/null", "r", stdin) == NULL)
		exit(99);
	pthread_join(feeder->thread, NULL);
}

/* --- what the tool would exit with ---------------------------------------- */

static int exit_code(int status)
{
	return status == 0 ? 0 :
	       status == CXA_ERR_IO || status == CXA_ERR_NOMEM ? 4 : 3;
}

static bool names(const struct cxa_report *report, const char *member)
{
	for (size_t i = 0; i < report->issue_count; i++)
		if (strcmp(report->issues[i].member, member) == 0)
			return true;
	return false;
}

static int verify(struct cxa_context *context, const char *locator,
		  const struct vector *vector, bool *named, char *said)
{
	struct cxa_verify_options options = CXA_VERIFY_OPTIONS_INIT;
	struct cxa_report *report = NULL;
	struct cxa_error error = CXA_ERROR_INIT;
	int code;

	options.level = CXA_LEVEL_RECORDS;
	code = exit_code(cxa_verify(&report, context, locator, &options,
				    &error));
	*named = true;
	snprintf(said, MAX_LINE, "%s", error.message);
	if (report == NULL)
		return code;
	if (report->issue_count != 0)
		snprintf(said, MAX_LINE, "%s: %s", report->issues[0].member,
			 report->issues[0].description);
	*named = strcmp(vector->member, "-") == 0 ||
		 names(report, vector->member);
	code = report->is_valid ? 0 : 1;
	cxa_report_free(report);
	return code;
}

static int unpack(struct cxa_context *context, const char *locator, char *said)
{
	struct cxa_source *source = NULL;
	struct cxa_sink *sink = NULL;
	struct cxa_error error = CXA_ERROR_INIT;
	int status = cxa_source_open(&source, context, locator, NULL, &error);

	if (status == 0)
		status = cxa_sink_open(&sink, context, "/dev/null",
				       CXA_KIND_JSON, NULL, &error);
	if (status == 0)
		status = cxa_copy(source, sink, NULL, NULL, &error);
	snprintf(said, MAX_LINE, "%s", error.message);
	cxa_sink_close(sink);
	cxa_source_close(source);
	return exit_code(status);
}

/* --- all of them ---------------------------------------------------------- */

static bool run(const struct vector *vector, const struct mode *mode,
		struct cxa_context *context)
{
	const char *path = vector->name;
	const char *locator = mode->piece == 0 ? path : "-";
	struct feeder feeder;
	char said[2][MAX_LINE];
	bool named = false;
	int verified;
	int unpacked;

	if (mode->piece != 0)
		begin_feeding(&feeder, path, mode->piece);
	verified = verify(context, locator, vector, &named, said[0]);
	if (mode->piece != 0) {
		end_feeding(&feeder);
		begin_feeding(&feeder, path, mode->piece);
	}
	unpacked = unpack(context, locator, said[1]);
	if (mode->piece != 0)
		end_feeding(&feeder);
	if (verified == vector->verify && unpacked == vector->unpack && named)
		return true;
	printf("# %s: verify gives %d, not %d%s: %s\n", vector->name, verified,
	       vector->verify,
	       named ? "" : ", and does not name the member", said[0]);
	printf("# unpack gives %d, not %d: %s\n", unpacked, vector->unpack,
	       said[1]);
	return false;
}

static bool next_vector(FILE *manifest, struct vector *vector)
{
	char line[MAX_LINE];

	while (fgets(line, sizeof(line), manifest) != NULL)
		if (line[0] != '#')
			return sscanf(line, "%103s %d %d %103s", vector->name,
				      &vector->verify, &vector->unpack,
				      vector->member) == 4;
	return false;
}

static void run_mode(const struct mode *mode)
{
	struct cxa_context_options options = CXA_CONTEXT_OPTIONS_INIT;
	struct cxa_context *context = NULL;
	struct vector vector;
	size_t count = 0;
	size_t wrong = 0;
	FILE *manifest = fopen("MANIFEST", "r");

	options.threads = mode->threads;
	if (manifest == NULL ||
	    cxa_context_open(&context, &options, NULL) != 0) {
		ok(false, "%s: there is a manifest and a context", mode->name);
		return;
	}
	while (next_vector(manifest, &vector)) {
		wrong += !run(&vector, mode, context);
		count++;
	}
	fclose(manifest);
	cxa_context_close(context);
	ok(count >= 130, "%s: 130 vectors or more", mode->name);
	is_uint(wrong, 0, "each is what the manifest says");
}

int main(void)
{
	const char *top = getenv("srcdir");

	signal(SIGPIPE, SIG_IGN);
	if (chdir(top == NULL ? "." : top) != 0 || chdir("spec/vectors") != 0) {
		printf("Bail out! no vectors\n");
		return 99;
	}
	for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++)
		run_mode(&modes[i]);
	return done_testing();
}
