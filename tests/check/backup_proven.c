/* backup_proven.c - a safety backup that cannot be read is none: nothing happens */
#define _GNU_SOURCE 1

#include <cortexarc/cortexarc.h>

#include <fcntl.h>
#include <sys/syscall.h>

#include "endpoint/scratch.h"

static void copy_file(const char *from, const char *to)
{
	size_t size = 0;
	char *data = read_file(from, &size);

	write_file(to, data, size);
	free(data);
}

/* --- the library's own call, behind which the disk changes what it holds ------ */

static bool spoils; /* what gets a name next */
static bool replaces; /* by an archive of the same records */

static void change_middle(int folder_fd, const char *path)
{
	int fd = openat(folder_fd, path, O_RDWR | O_CLOEXEC);
	off_t at = lseek(fd, 0, SEEK_END) / 2;
	uint8_t byte = 0;

	if (pread(fd, &byte, 1, at) != 1)
		printf("Bail out! cannot read %s\n", path);
	byte ^= 1;
	if (pwrite(fd, &byte, 1, at) != 1 || close(fd) != 0)
		printf("Bail out! cannot change %s\n", path);
}

int linkat(int from_fd, const char *from, int to_fd, const char *to, int flags)
{
	int made = (int)syscall(SYS_linkat, from_fd, from, to_fd, to, flags);

	if (made == 0 && spoils)
		change_middle(to_fd, to);
	if (made == 0 && replaces)
		copy_file("other.cxa", to);
	spoils = replaces = false;
	return made;
}

/* --- a store whose content is replaced ------------------------------------------ */

static int restore(struct cxa_error *error)
{
	struct cxa_context_options options = CXA_CONTEXT_OPTIONS_INIT;
	struct cxa_restore_options how = CXA_RESTORE_OPTIONS_INIT;
	struct cxa_context *context = NULL;
	int status;

	options.threads = 2;
	how.safety_backup = "kept.cxa";
	cxa_context_open(&context, &options, NULL);
	status = cxa_restore(context, "next.cxa", "store.db", &how, NULL,
			     error);
	cxa_context_close(context);
	return status;
}

/* The golden document, and another that describes itself otherwise */
static void make_documents(void)
{
	char golden[500];
	size_t size = 0;
	char *data;

	snprintf(golden, sizeof(golden), "%s/tests/data/backup-v1-24.json",
		 getenv("CXA_SRCDIR"));
	copy_file(golden, "next.json");
	data = read_file("next.json", &size);
	memcpy(strstr(data, "Automatic backup"), "Something else..", 16);
	write_file("other.json", data, size);
	free(data);
}

int main(void)
{
	struct cxa_error error = CXA_ERROR_INIT;
	int status;

	enter_scratch();
	make_documents();
	if (convert("next.json", "next.cxa", 2, false, &error) < 0 ||
	    convert("other.json", "other.cxa", 2, false, &error) < 0 ||
	    convert("next.json", "store.db", 2, false, &error) < 0) {
		printf("Bail out! %s\n", error.message);
		return 1;
	}
	copy_file("store.db", "before.db");
	spoils = true;
	status = restore(&error);
	if (spoils) {
		puts("1..0 # SKIP no files without a name here");
		leave_scratch();
		return 0;
	}
	is_int(status, CXA_ERR_CORRUPT,
	       "a safety backup that the disk has changed is no backup");
	ok(same_files("store.db", "before.db"),
	   "the store is the same to the byte: %s", error.message);
	unlink("kept.cxa");
	replaces = true;
	is_int(restore(&error), CXA_ERR_CORRUPT,
	       "nor is one whose records alone are those of the store");
	ok(same_files("store.db", "before.db"),
	   "the store is the same to the byte: %s", error.message);
	unlink("kept.cxa");
	is_int(restore(NULL), 0, "with one that can be read it is replaced");
	leave_scratch();
	return done_testing();
}
