/* support.c - claims that must hold, bytes as files in memory */
#define _GNU_SOURCE 1

#include "support.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <iconv.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MIB = 1 << 20, PATHS = 4, PATH_BYTES = 200 };

_Noreturn void fuzz_broken(const char *claim, const char *file, int line)
{
	fprintf(stderr, "%s:%d: does not hold: %s\n", file, line, claim);
	abort();
}

void fuzz_must_be(int status, int expected, const struct cxa_error *error,
		  const char *what)
{
	if (status == expected)
		return;
	fprintf(stderr, "%s: %s, not %s: %s%s%s\n", what,
		cxa_status_name(status), cxa_status_name(expected),
		error->member, error->member[0] != '\0' ? ": " : "",
		error->message);
	abort();
}

static _Noreturn void die(const char *what)
{
	fprintf(stderr, "%s: %s\n", what, strerror(errno));
	exit(99); /* the machine's fault and no finding */
}

bool fuzz_is_utf8(const struct cxa_buffer *text)
{
	static iconv_t converter;
	char *in = (char *)text->data;
	size_t in_left = text->size;
	size_t result = 0;

	if (converter == NULL)
		converter = iconv_open("UCS-4", "UTF-8");
	iconv(converter, NULL, NULL, NULL, NULL);
	while (in_left != 0 && (result != (size_t)-1 || errno == E2BIG)) {
		char piece[4096];
		char *out = piece;
		size_t out_left = sizeof(piece);

		result = iconv(converter, &in, &in_left, &out, &out_left);
	}
	return in_left == 0;
}

/*
 * The address sanitizer as it comes keeps 256 MiB of freed memory, so that each
 * block is a new one to the processor's caches, and gives memory back to the
 * kernel all the time. ASAN_OPTIONS still says more.
 */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
	return "quarantine_size_mb=2:thread_local_quarantine_size_kb=64:"
	       "allocator_release_to_os_interval_ms=-1:malloc_context_size=4";
}

/* --- a folder in memory ----------------------------------------------------- */

static char folder[64];

static void remove_folder(void)
{
	DIR *list = opendir(folder);
	struct dirent *entry;

	while (list != NULL && (entry = readdir(list)) != NULL)
		if (entry->d_name[0] != '.' || strlen(entry->d_name) > 2)
			unlinkat(dirfd(list), entry->d_name, 0);
	if (list != NULL)
		closedir(list);
	rmdir(folder);
}

static const char *scratch_folder(void)
{
	const char *above = getenv("TMPDIR");

	if (folder[0] != '\0')
		return folder;
	strcpy(folder, "/dev/shm/cxa-fuzz.XXXXXX");
	if (mkdtemp(folder) == NULL) {
		snprintf(folder, sizeof(folder), "%.40s/cxa-fuzz.XXXXXX",
			 above == NULL ? "/var/tmp" : above);
		if (mkdtemp(folder) == NULL)
			die(folder);
	}
	atexit(remove_folder);
	return folder;
}

const char *fuzz_path(const char *name)
{
	static char paths[PATHS][PATH_BYTES];
	static unsigned next;
	char *path = paths[next++ % PATHS];

	snprintf(path, PATH_BYTES, "%s/%s", scratch_folder(), name);
	return path;
}

static void put(int fd, const uint8_t *data, size_t size)
{
	size_t done = 0;
	ssize_t put;

	if (ftruncate(fd, (off_t)size) != 0)
		die("a file in memory");
	while (done < size) {
		put = pwrite(fd, data + done, size - done, (off_t)done);
		if (put <= 0)
			die("a file in memory");
		done += (size_t)put;
	}
}

void fuzz_put(const char *path, const uint8_t *data, size_t size)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	if (fd < 0)
		die(path);
	put(fd, data, size);
	close(fd);
}

void fuzz_get(const char *path, struct cxa_buffer *out)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;
	uint8_t *room;

	cxa_buffer_reset(out);
	if (fd < 0 || fstat(fd, &st) != 0)
		die(path);
	room = cxa_buffer_room(out, (size_t)st.st_size + 1);
	if (room == NULL || read(fd, room, (size_t)st.st_size) != st.st_size)
		die(path);
	out->size = (size_t)st.st_size;
	close(fd);
}

/* --- a file without a name -------------------------------------------------- */

static int memory_fd = -1;

const char *fuzz_memory(const uint8_t *data, size_t size)
{
	static char path[32];

	if (memory_fd < 0) {
		memory_fd = memfd_create("fuzz", MFD_CLOEXEC);
		if (memory_fd < 0)
			die("memory");
		snprintf(path, sizeof(path), "/proc/self/fd/%d", memory_fd);
	}
	put(memory_fd, data, size);
	return path;
}

/*
 * A pipe is what cannot be read at an offset. So the file does for one, and
 * there is no need of a thread that fills it.
 */
struct cxa_input *fuzz_input(const uint8_t *data, size_t size, bool as_pipe)
{
	struct cxa_input *input;

	fuzz_memory(data, size);
	if (cxa_input_on(&input, memory_fd, size, "input", NULL, NULL) != 0)
		die("an input");
	if (as_pipe) {
		if (lseek(memory_fd, 0, SEEK_SET) != 0)
			die("memory");
		input->seekable = false;
		input->size = 0;
	}
	return input;
}

/* --- the library ------------------------------------------------------------ */

struct cxa_context *fuzz_context(void)
{
	static struct cxa_context *context;
	struct cxa_context_options options = CXA_CONTEXT_OPTIONS_INIT;
	struct cxa_error error = CXA_ERROR_INIT;

	if (context != NULL)
		return context;
	options.threads = 1;
	options.temp_dir = scratch_folder();
	options.wait_ms = 1;
	options.limits.batch_bytes = 4 * MIB;
	options.limits.index_bytes = 4 * MIB;
	options.limits.decode_bytes = 64 * MIB;
	options.limits.total_bytes = 16 * MIB;
	options.limits.issues = 100;
	fuzz_must_be(cxa_context_open(&context, &options, &error), 0, &error,
		     "a context");
	return context;
}

void fuzz_copy(struct cxa_source *source, const char *path, enum cxa_kind kind)
{
	struct cxa_error error = CXA_ERROR_INIT;
	struct cxa_sink *sink = NULL;
	int status = cxa_sink_open(&sink, fuzz_context(), path, kind, NULL,
				   &error);

	if (status == 0)
		status = cxa_copy(source, sink, NULL, NULL, &error);
	fuzz_must_be(status, 0, &error, path);
	cxa_sink_close(sink);
}
