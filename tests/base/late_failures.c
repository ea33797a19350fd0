/* late_failures.c - what fails, or comes between, when an output is committed */
#define _GNU_SOURCE 1

#include "base/io.h"

#include <sys/syscall.h>

#include "base/scratch.h"
#include "tap.h"

/* --- calls that the library makes, with what this test has them do ----------- */

static int close_fails;       /* errno of the next close; 0: it does not fail */
static int sync_fails;        /* the same of the next fsync */
static int rename_fails;      /* the same of the next renameat */
static bool rival_comes;      /* at the next fsync a file of the name is made */
static bool has_proc = true;

static bool is_due(int *number)
{
	if (*number == 0)
		return false;
	errno = *number;
	*number = 0;
	return true;
}

int close(int fd)
{
	int closed = (int)syscall(SYS_close, fd); /* it is, in any case */

	return is_due(&close_fails) ? -1 : closed;
}

int fsync(int fd)
{
	int rival;

	if (rival_comes) {
		rival_comes = false;
		rival = open("new", O_WRONLY | O_CREAT | O_EXCL, 0600);
		must(write(rival, "another's", 9) == 9, "write");
		close(rival);
	}
	return is_due(&sync_fails) ? -1 : (int)syscall(SYS_fsync, fd);
}

int renameat(int from_fd, const char *from, int to_fd, const char *to)
{
	return is_due(&rename_fails) ? -1 :
		       renameat2(from_fd, from, to_fd, to, 0);
}

/* Without /proc a file has a hidden name from the start. */
int access(const char *path, int mode)
{
	(void)path;
	(void)mode;
	errno = ENOENT;
	return has_proc ? 0 : -1;
}

/* --- files ------------------------------------------------------------------- */

static struct cxa_output *begin(const char *path)
{
	struct cxa_output *output;

	must(cxa_output_open(&output, path, NULL, NULL) == 0, path);
	must(cxa_output_write(output, "newer", 5, NULL) == 0, "write");
	return output;
}

/* What fails is told, the output is not trusted, and the older file stays. */
static void is_told(int *call, int number, const char *message,
		    const char *claim)
{
	struct cxa_error error = CXA_ERROR_INIT;
	struct cxa_output *output;

	put_file("file", "older");
	output = begin("file");
	*call = number;
	is_int(cxa_output_commit(output, &error), CXA_ERR_IO, claim);
	is_str(error.message, message, "and is told");
	is_int(error.system_errno, number, "with errno");
	is_int(cxa_output_commit(output, NULL), CXA_ERR_IO, "for good");
	cxa_output_close(output);
	is_str(file_text("file"), "older", "the older file stays");
	is_int(count_names("."), 1, "and nothing beside it");
	unlink("file");
}

static void what_fails_is_told(void)
{
	is_told(&close_fails, EIO, "cannot write file: Input/output error",
		"a close that fails is an error");
	is_told(&sync_fails, EIO,
		"cannot make file durable: Input/output error",
		"a sync that fails is an error");
	is_told(&sync_fails, EINVAL, "cannot make file durable: "
		"Invalid argument",
		"also where a device would not mean anything by it");
	is_told(&rename_fails, EXDEV,
		"cannot write file: Invalid cross-device link",
		"a rename that fails is an error");
}

static void an_interrupted_close_has_closed(void)
{
	struct cxa_output *output = begin("new");

	close_fails = EINTR;
	is_int(cxa_output_commit(output, NULL), 0,
	       "a close that a signal interrupts has closed");
	cxa_output_close(output);
	is_str(file_text("new"), "newer", "and the file is there");
	unlink("new");
}

/* When it was looked whether the name is free, it was. */
static void a_rival_is_not_replaced(const char *claim)
{
	struct cxa_error error = CXA_ERROR_INIT;
	struct cxa_output *output = begin("new");

	cxa_output_is_new(output, 0666);
	rival_comes = true;
	is_int(cxa_output_commit(output, &error), CXA_ERR_IO, claim);
	like(error.message, "File exists", "says so");
	cxa_output_close(output);
	is_str(file_text("new"), "another's", "and leaves it as it is");
	is_int(count_names("."), 1, "with nothing beside it");
	unlink("new");
}

/* Of a file with a name it can be seen. */
static void what_is_not_whole_is_nobody_elses(void)
{
	struct cxa_output *output = begin("new");
	struct dirent *entry;
	DIR *list = opendir(".");
	unsigned mode = 0;

	must(list != NULL, "opendir");
	while ((entry = readdir(list)) != NULL)
		if (strstr(entry->d_name, ".tmp") != NULL)
			mode = mode_of(entry->d_name);
	closedir(list);
	is_int(mode, 0600, "until it is whole, nobody else can read a file");
	cxa_output_close(output);
}

int main(void)
{
	umask(022);
	enter_scratch();
	what_fails_is_told();
	an_interrupted_close_has_closed();
	a_rival_is_not_replaced("a file without a name replaces none that "
				"came at the last moment");
	has_proc = false;
	a_rival_is_not_replaced("nor does a hidden one");
	what_is_not_whole_is_nobody_elses();
	leave_scratch();
	return done_testing();
}
