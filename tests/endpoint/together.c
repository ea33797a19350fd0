/* together.c - several programs write and read one name: whole files, always */
#include <dirent.h>
#include <signal.h>
#include <sys/wait.h>

#include "endpoint/scratch.h"

enum { WRITES = 40, READS = 60 };

static const char *const inputs[] = { "a.json", "b.json" };

/* Return: for _exit() */
static int write_often(const char *input, const char *output)
{
	struct cxa_error error;

	for (int i = 0; i < WRITES; i++) {
		if (convert(input, output, 1, false, &error) == 0)
			continue;
		printf("# %s\n", error.message);
		fflush(stdout);
		return 1;
	}
	return 0;
}

static bool root_of(const char *name, uint8_t root[32])
{
	struct cxa_error error = CXA_ERROR_INIT;
	struct cxa_context *context = NULL;
	struct cxa_report *report = NULL;
	struct cxa_verify_options options = CXA_VERIFY_OPTIONS_INIT;
	bool sound;

	options.level = CXA_LEVEL_RECORDS;
	cxa_context_open(&context, NULL, NULL);
	cxa_verify(&report, context, name, &options, &error);
	sound = report != NULL && report->is_valid && report->has_root;
	if (sound)
		memcpy(root, report->root, 32);
	else
		printf("# %s\n", report == NULL ? error.message :
					report->issues[0].description);
	cxa_report_free(report);
	cxa_context_close(context);
	return sound;
}

static bool is_one_of(const uint8_t root[32], uint8_t roots[2][32])
{
	return memcmp(root, roots[0], 32) == 0 ||
	       memcmp(root, roots[1], 32) == 0;
}

static int count_files(void)
{
	DIR *folder = opendir("shared");
	int count = 0;

	while (readdir(folder) != NULL)
		count++;
	closedir(folder);
	return count - 2; /* "." and ".." */
}

static void each_read_is_of_one_writer(const char *output)
{
	uint8_t roots[2][32];
	uint8_t root[32] = { 0 };
	pid_t writers[2];
	int status = 0;
	int failed = 0;
	int bad = 0;

	for (int i = 0; i < 2; i++)
		if (!root_of(i == 0 ? "a.cxa" : "b.cxa", roots[i]))
			bad++;
	fflush(stdout);
	for (int i = 0; i < 2; i++) {
		writers[i] = fork();
		if (writers[i] == 0)
			_exit(write_often(inputs[i], output));
	}
	for (int i = 0; i < READS; i++)
		bad += !root_of(output, root) || !is_one_of(root, roots);
	for (int i = 0; i < 2; i++)
		failed += waitpid(writers[i], &status, 0) != writers[i] ||
			  status != 0;
	is_int(failed, 0, "two that write to one name both succeed each time");
	is_int(bad, 0, "who reads it meanwhile has the whole of one of them");
	ok(root_of(output, root) && is_one_of(root, roots),
	   "in the end it is one of them");
	is_int(count_files(), 1, "and nothing is left beside it");
}

int main(void)
{
	struct cxa_error error;
	char path[4096];

	snprintf(path, sizeof(path), "%s/spec/vectors/",
		 getenv("CXA_SRCDIR") == NULL ? "." : getenv("CXA_SRCDIR"));
	enter_scratch();
	if (mkdir("shared", 0700) != 0)
		return 99;
	for (int i = 0; i < 2; i++) {
		char from[4200];

		snprintf(from, sizeof(from), "%s%s", path,
			 i == 0 ? "good-all-collections.cxa" :
				  "good-concept.cxa");
		if (convert(from, inputs[i], 1, false, &error) != 0 ||
		    convert(inputs[i], i == 0 ? "a.cxa" : "b.cxa", 1, false,
			    &error) != 0) {
			printf("Bail out! %s\n", error.message);
			return 99;
		}
	}
	convert(inputs[0], "shared/out.cxa", 1, false, &error);
	each_read_is_of_one_writer("shared/out.cxa");
	leave_scratch();
	return done_testing();
}
