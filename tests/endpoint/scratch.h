/* scratch.h - a folder for a test's files; reading, writing and converting them */
#ifndef CXA_TESTS_ENDPOINT_SCRATCH_H
#define CXA_TESTS_ENDPOINT_SCRATCH_H

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cortexarc/cortexarc.h>

#include "tap.h"

static char scratch[] = "/tmp/cxa-test-XXXXXX";

/* Enter a new folder, so that names in tests are short. */
__attribute__((unused)) static void enter_scratch(void)
{
	if (mkdtemp(scratch) == NULL || chdir(scratch) != 0) {
		puts("Bail out! no scratch folder");
		exit(1);
	}
}

__attribute__((unused)) static void leave_scratch(void)
{
	char command[80];

	if (chdir("/") != 0)
		return;
	snprintf(command, sizeof(command), "rm -rf %s", scratch);
	if (system(command) != 0)
		puts("# the scratch folder stays");
}

__attribute__((unused))
static void write_file(const char *name, const void *data, size_t size)
{
	FILE *file = fopen(name, "wb");

	if (file == NULL || fwrite(data, 1, size, file) != size ||
	    fclose(file) != 0) {
		printf("Bail out! cannot write %s\n", name);
		exit(1);
	}
}

/* The file's bytes, to be freed; *size bytes and a NUL. NULL: there is none. */
__attribute__((unused))
static char *read_file(const char *name, size_t *size)
{
	FILE *file = fopen(name, "rb");
	struct stat st;
	char *data;

	*size = 0;
	if (file == NULL || fstat(fileno(file), &st) != 0)
		return NULL;
	data = malloc((size_t)st.st_size + 1);
	*size = fread(data, 1, (size_t)st.st_size, file);
	data[*size] = '\0';
	fclose(file);
	return data;
}

/* As `cortexarc pack` and `unpack` do; *error says why not. */
__attribute__((unused))
static int convert(const char *from, const char *to, unsigned threads,
		   bool lenient, struct cxa_error *error)
{
	struct cxa_context_options options = CXA_CONTEXT_OPTIONS_INIT;
	struct cxa_source_options reading = CXA_SOURCE_OPTIONS_INIT;
	struct cxa_context *context = NULL;
	struct cxa_source *source = NULL;
	struct cxa_sink *sink = NULL;
	int status;

	*error = (struct cxa_error)CXA_ERROR_INIT;
	options.threads = threads;
	reading.lenient = lenient;
	status = cxa_context_open(&context, &options, error);
	if (status == 0)
		status = cxa_source_open(&source, context, from, &reading,
					 error);
	if (status == 0)
		status = cxa_sink_open(&sink, context, to, CXA_KIND_AUTO, NULL,
				       error);
	if (status == 0)
		status = cxa_copy(source, sink, NULL, NULL, error);
	cxa_sink_close(sink);
	cxa_source_close(source);
	cxa_context_close(context);
	return status;
}

__attribute__((unused))
static bool same_files(const char *a, const char *b)
{
	size_t size[2];
	char *data[2] = { read_file(a, &size[0]), read_file(b, &size[1]) };
	bool same = data[0] != NULL && data[1] != NULL &&
		    size[0] == size[1] &&
		    memcmp(data[0], data[1], size[0]) == 0;

	free(data[0]);
	free(data[1]);
	return same;
}

#endif
