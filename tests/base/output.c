/* output.c - cxa_output_...(): a file appears whole, or not at all */
#define _GNU_SOURCE 1

#include "base/io.h"

#include <pthread.h>
#include <signal.h>
#include <sys/resource.h>

#include "base/scratch.h"
#include "tap.h"

enum { DEADLINE_S = 120 }; /* a write that hangs fails the test */

static struct cxa_output *begin(const char *path)
{
	struct cxa_output *output;
	struct cxa_error error = CXA_ERROR_INIT;

	if (cxa_output_open(&output, path, NULL, &error) != 0)
		printf("Bail out! %s\n", error.message);
	must(output != NULL, path);
	return output;
}

static void put(struct cxa_output *output, const char *text)
{
	must(cxa_output_write(output, text, strlen(text), NULL) == 0, text);
}

/* Write @text to @path; Return: what commit returns */
static int write_out(const char *path, const char *text)
{
	struct cxa_output *output = begin(path);
	int status;

	put(output, text);
	status = cxa_output_commit(output, NULL);
	cxa_output_close(output);
	return status;
}

/* --- refusals ------------------------------------------------------------- */

struct refusal {
	const char *locator;
	int status;
	const char *message;
};

static const struct refusal refusals[] = {
	{ ".", CXA_ERR_USAGE, "cannot write .: it is a folder" },
	{ "..", CXA_ERR_USAGE, "cannot write ..: it is a folder" },
	{ "/", CXA_ERR_USAGE, "cannot write /: it is a folder" },
	{ "folder", CXA_ERR_USAGE, "cannot write folder: it is a folder" },
	{ "to-folder", CXA_ERR_USAGE,
	  "cannot write to-folder: it is a folder" },
	{ "", CXA_ERR_USAGE, "cannot write \"\": a name is missing" },
	{ "missing/", CXA_ERR_USAGE,
	  "cannot write \"missing/\": a name is missing" },
	{ "missing/file", CXA_ERR_IO, "cannot write missing/file: cannot open "
	  "its folder: No such file or directory" },
	{ "file/file", CXA_ERR_IO,
	  "cannot write file/file: Not a directory" },
	{ "loop", CXA_ERR_IO,
	  "cannot write loop: Too many levels of symbolic links" },
};

static void no_place_for_a_file_is_refused(void)
{
	must(mkdir("folder", 0700) == 0, "mkdir");
	must(symlink("folder", "to-folder") == 0, "symlink");
	must(symlink("loop", "loop") == 0, "symlink");
	put_file("file", "old");
	for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
		const struct refusal *refusal = &refusals[i];
		struct cxa_error error = CXA_ERROR_INIT;
		struct cxa_output *output = (void *)1;

		ok(cxa_output_open(&output, refusal->locator, NULL, &error) ==
		   refusal->status && output == NULL,
		   "\"%s\" is refused", refusal->locator);
		is_str(error.message, refusal->message, "and says why");
	}
	is_int(count_names("."), 4, "and nothing is left");
}

static void folder_that_is_read_only_is_refused(void)
{
	struct cxa_error error = CXA_ERROR_INIT;
	struct cxa_output *output;

	if (geteuid() == 0) {
		ok(true, "a folder that is read-only # SKIP not for root");
		return;
	}
	must(chmod("folder", 0500) == 0, "chmod");
	is_int(cxa_output_open(&output, "folder/file", NULL, &error),
	       CXA_ERR_IO, "a folder that is read-only is refused");
	is_str(error.message, "cannot write folder/file: Permission denied",
	       "and named");
	must(chmod("folder", 0700) == 0, "chmod");
}

static void full_device_is_an_error(void)
{
	struct cxa_error error = CXA_ERROR_INIT;
	struct cxa_output *output = begin("/dev/full");

	is_int(cxa_output_write(output, "x", 1, &error), CXA_ERR_IO,
	       "a full device is an error");
	is_str(error.message, "cannot write /dev/full: No space left on device",
	       "with its name and the reason");
	is_int(error.system_errno, ENOSPC, "and errno");
	error = (struct cxa_error)CXA_ERROR_INIT;
	is_int(cxa_output_write(output, "x", 1, &error), CXA_ERR_IO,
	       "which stays");
	is_int(cxa_output_commit(output, NULL), CXA_ERR_IO,
	       "also for the commit");
	cxa_output_close(output);
}

static void limit_on_file_size_leaves_the_older_file(void)
{
	struct rlimit before;
	struct rlimit limit;
	struct cxa_error error = CXA_ERROR_INIT;
	struct cxa_output *output = begin("file");
	static const char data[5000];

	getrlimit(RLIMIT_FSIZE, &before);
	limit = before;
	limit.rlim_cur = 4096;
	signal(SIGXFSZ, SIG_IGN);
	fflush(stdout);
	must(setrlimit(RLIMIT_FSIZE, &limit) == 0, "setrlimit");
	cxa_output_write(output, data, sizeof(data), &error);
	must(setrlimit(RLIMIT_FSIZE, &before) == 0, "setrlimit");
	is_str(error.message, "cannot write file: File too large",
	       "a write that stops half-way is an error");
	is_int(cxa_output_commit(output, NULL), CXA_ERR_IO,
	       "and is never committed");
	cxa_output_close(output);
	is_str(file_text("file"), "old", "the older file is as it was");
	is_int(count_names("."), 4, "and nothing is left");
}

static int swap_output(int fd)
{
	int saved;

	fflush(stdout);
	saved = dup(STDOUT_FILENO);
	must(dup2(fd, STDOUT_FILENO) == STDOUT_FILENO, "dup2");
	close(fd);
	return saved;
}

static void closed_pipe_is_an_error(void)
{
	struct cxa_error error = CXA_ERROR_INIT;
	struct cxa_output *output;
	int ends[2];
	int saved;
	int status;

	signal(SIGPIPE, SIG_IGN);
	must(pipe(ends) == 0, "pipe");
	close(ends[0]);
	saved = swap_output(ends[1]);
	output = begin("-");
	status = cxa_output_write(output, "x", 1, &error);
	cxa_output_close(output);
	close(swap_output(saved));
	is_int(status, CXA_ERR_IO, "a pipe that nobody reads is an error");
	is_str(error.message, "cannot write standard output: Broken pipe",
	       "with a message");
}

static void closed_standard_output_is_refused(void)
{
	struct cxa_error error = CXA_ERROR_INIT;
	struct cxa_output *output;
	int saved;
	int status;

	fflush(stdout);
	saved = dup(STDOUT_FILENO);
	close(STDOUT_FILENO);
	status = cxa_output_open(&output, "-", NULL, &error);
	must(dup2(saved, STDOUT_FILENO) == STDOUT_FILENO, "dup2");
	close(saved);
	is_int(status, CXA_ERR_IO, "standard output that is closed is refused");
	is_str(error.message,
	       "cannot write standard output: Bad file descriptor", "says why");
}

/* --- nothing or the older file -------------------------------------------- */

static void without_commit_nothing_happens(void)
{
	struct cxa_output *output = begin("new");

	put(output, "text");
	ok(!exists("new"), "before the commit there is no file");
	cxa_output_close(output);
	ok(!exists("new"), "without a commit there never is");
	output = begin("file");
	put(output, "text");
	is_str(file_text("file"), "old",
	       "before the commit an older file is as it was");
	cxa_output_close(output);
	is_str(file_text("file"), "old", "without a commit it stays");
	is_int(count_names("."), 4, "and nothing is left");
}

static void wish_to_stop_comes_before_the_commit(void)
{
	struct cxa_cancel cancel = { 0 };
	struct cxa_error error = CXA_ERROR_INIT;
	struct cxa_output *output;

	must(cxa_output_open(&output, "file", &cancel, NULL) == 0, "open");
	put(output, "text");
	cancel.requested = 1;
	is_int(cxa_output_commit(output, &error), CXA_ERR_CANCELLED,
	       "a commit is not begun when one wants to stop");
	is_str(error.message, "interrupted", "and says so");
	is_int(cxa_output_write(output, "x", 1, NULL), CXA_ERR_CANCELLED,
	       "nor is a write");
	cxa_output_close(output);
	is_str(file_text("file"), "old", "the older file is as it was");
	is_int(count_names("."), 4, "and nothing is left");
}

static void folder_that_took_the_name_is_not_harmed(void)
{
	struct cxa_error error = CXA_ERROR_INIT;
	struct cxa_output *output = begin("new");

	put(output, "text");
	must(mkdir("new", 0700) == 0, "mkdir");
	is_int(cxa_output_commit(output, &error), CXA_ERR_IO,
	       "a folder that took the name meanwhile fails the commit");
	is_str(error.message, "cannot write new: Is a directory", "says why");
	cxa_output_close(output);
	is_int(count_names("."), 5, "and nothing but it is left");
	must(rmdir("new") == 0, "rmdir");
}

/* --- files ---------------------------------------------------------------- */

static void new_file_appears_with_the_umask(void)
{
	umask(027);
	is_int(write_out("new", "text"), 0, "a new file is committed");
	is_str(file_text("new"), "text", "with what was written");
	is_uint(mode_of("new"), 0640, "and 0666 less the umask");
	is_int(count_names("."), 5, "and nothing else");
	unlink("new");
	umask(0);
	write_out("new", "text");
	is_uint(mode_of("new"), 0666, "also when the umask is 0");
	unlink("new");
	umask(022);
	is_uint(cxa_umask(), 022, "the umask is read");
	is_uint(cxa_umask(), 022, "and not changed by that");
}

static void older_file_is_replaced_and_its_mode_kept(void)
{
	struct stat before;
	struct stat after;

	must(chmod("file", 0604) == 0 && stat("file", &before) == 0, "chmod");
	is_int(write_out("file", "newer"), 0, "an older file is replaced");
	is_str(file_text("file"), "newer", "by what was written");
	is_uint(mode_of("file"), 0604, "with the older one's mode");
	must(stat("file", &after) == 0, "stat");
	ok(before.st_ino != after.st_ino, "by another file, not in place");
	is_int(count_names("."), 4, "and nothing is left");
}

static void file_without_bytes_is_a_file(void)
{
	is_int(write_out("new", ""), 0, "an empty output is committed");
	is_str(file_text("new"), "", "and there");
	unlink("new");
}

static void links_are_followed(void)
{
	char link[64];
	ssize_t n;

	must(symlink("folder/real", "link") == 0, "symlink");
	must(symlink("link", "link-to-link") == 0, "symlink");
	is_int(write_out("link", "one"), 0, "a link to no file yet is written");
	is_str(file_text("folder/real"), "one", "and makes what it points to");
	is_int(write_out("link-to-link", "two"), 0, "so is a link to a link");
	is_str(file_text("folder/real"), "two",
	       "and replaces what that points to");
	n = readlink("link", link, sizeof(link));
	is_mem(link, n < 0 ? 0 : (size_t)n, "folder/real", 11,
	       "the links stay links");
	is_int(count_names("folder"), 1, "and nothing is left");
	unlink("folder/real");
	unlink("link");
	unlink("link-to-link");
}

static void longest_name_works(void)
{
	char name[NAME_MAX + 1];

	for (size_t i = 0; i + 1 < NAME_MAX; i += 2)
		memcpy(name + i, "\xc3\xa9", 2);
	memcpy(name + NAME_MAX - 1, "e", 2);
	is_int(write_out(name, "one"), 0, "a name of 255 bytes is written");
	is_int(write_out(name, "two"), 0, "and replaced");
	is_str(file_text(name), "two", "by what was written");
	is_int(count_names("."), 5, "and nothing is left");
	unlink(name);
}

static void last_of_two_writers_wins(void)
{
	struct cxa_output *one = begin("new");
	struct cxa_output *two = begin("new");

	put(one, "one");
	put(two, "two");
	is_int(cxa_output_commit(one, NULL), 0, "of two writers to a new name");
	is_int(cxa_output_commit(two, NULL), 0, "both commit");
	cxa_output_close(one);
	cxa_output_close(two);
	is_str(file_text("new"), "two", "and the last one's file is there");
	is_int(count_names("."), 5, "and nothing else");
	unlink("new");
}

static void what_was_written_can_be_read(void)
{
	struct cxa_error error = CXA_ERROR_INIT;
	struct cxa_output *output = begin("new");
	char data[8];

	put(output, "01234");
	put(output, "56789");
	is_uint(cxa_output_bytes(output), 10, "what was written is counted");
	is_int(cxa_output_read_at(output, 3, data, 4, &error), 0,
	       "and can be read");
	is_mem(data, 4, "3456", 4, "as it was");
	is_int(cxa_output_read_at(output, 7, data, 4, &error), CXA_ERR_USAGE,
	       "but not beyond its end");
	put(output, "AB");
	cxa_output_commit(output, NULL);
	cxa_output_close(output);
	is_str(file_text("new"), "0123456789AB",
	       "nor does it move the writing");
	unlink("new");
}

/* --- standard output, pipes ----------------------------------------------- */

static void standard_output_is_written_as_is(void)
{
	struct cxa_output *output;
	int saved;
	int statuses[3];
	char byte = '?';

	put_file("new", "before ");
	saved = swap_output(open("new", O_WRONLY | O_APPEND));
	output = begin("-");
	put(output, "text");
	statuses[0] = cxa_output_read_at(output, 0, &byte, 1, NULL);
	statuses[1] = cxa_output_commit(output, NULL);
	cxa_output_close(output);
	statuses[2] = fcntl(STDOUT_FILENO, F_GETFD);
	close(swap_output(saved));
	is_str(file_text("new"), "before text",
	       "standard output is written to");
	is_int(statuses[0], CXA_ERR_USAGE, "cannot be read again");
	is_int(statuses[1], 0, "is committed");
	ok(statuses[2] >= 0, "and left open");
	saved = swap_output(open("new", O_RDWR | O_TRUNC));
	must(write(STDOUT_FILENO, "abc", 3) == 3, "write");
	output = begin("-");
	put(output, "text");
	statuses[0] = cxa_output_read_at(output, 0, &byte, 1, NULL);
	cxa_output_close(output);
	close(swap_output(saved));
	ok(statuses[0] == 0 && byte == 't',
	   "it can be read again where it was opened for that");
	unlink("new");
}

/* Each piece that @thread reads is followed by a signal to @writer. */
struct drain {
	pthread_t thread;
	pthread_t writer;
	int fd;
	size_t bytes;
};

/* Slowly, so that the writer waits */
static void *drain(void *argument)
{
	struct drain *job = argument;
	char data[3000];
	ssize_t n;

	while ((n = read(job->fd, data, sizeof(data))) > 0) {
		job->bytes += (size_t)n;
		usleep(100);
		pthread_kill(job->writer, SIGUSR1);
	}
	close(job->fd);
	return NULL;
}

static void start_drain(struct drain *job, int fd)
{
	sigset_t all;
	sigset_t before;

	*job = (struct drain){ .writer = pthread_self(), .fd = fd };
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	must(pthread_create(&job->thread, NULL, drain, job) == 0,
	     "pthread_create");
	pthread_sigmask(SIG_SETMASK, &before, NULL);
}

static volatile sig_atomic_t signals;

static void count_signal(int number)
{
	(void)number;
	signals++;
}

static void fifo_is_written_whole_through_signals(int flags, const char *kind)
{
	static char data[1000000];
	struct sigaction action = { .sa_handler = count_signal };
	struct cxa_output *output;
	struct drain job;
	int saved;
	int ends[2];
	int statuses[2];

	must(pipe2(ends, flags) == 0, "pipe2");
	must(fcntl(ends[0], F_SETFL, 0) == 0, "fcntl");
	sigaction(SIGUSR1, &action, NULL);
	start_drain(&job, ends[0]);
	saved = swap_output(ends[1]);
	output = begin("-");
	statuses[0] = cxa_output_write(output, data, sizeof(data), NULL);
	statuses[1] = cxa_output_commit(output, NULL);
	cxa_output_close(output);
	close(swap_output(saved));
	pthread_join(job.thread, NULL);
	signal(SIGUSR1, SIG_IGN); /* one may be on its way */
	ok(statuses[0] == 0, "a pipe (%s) is written through signals", kind);
	is_int(statuses[1], 0, "and committed");
	is_uint(job.bytes, sizeof(data), "no byte is lost");
	ok(signals > 0, "and signals did come");
}

static void fifo_by_name_is_written_and_stays(void)
{
	struct cxa_output *output;
	struct stat st;
	char text[8];
	int reader;

	must(mkfifo("fifo", 0600) == 0, "mkfifo");
	reader = open("fifo", O_RDONLY | O_NONBLOCK);
	output = begin("fifo");
	put(output, "text");
	is_int(cxa_output_commit(output, NULL), 0, "a fifo is committed");
	cxa_output_close(output);
	must(stat("fifo", &st) == 0, "stat");
	ok(S_ISFIFO(st.st_mode), "and still a fifo");
	is_int(read(reader, text, sizeof(text)), 4, "with the bytes in it");
	close(reader);
	is_int(write_out("/dev/null", "text"), 0, "so is a device");
	unlink("fifo");
}

/* --- without /proc; on a disk that is full -------------------------------- */

static void named_file_serves_where_proc_is_missing(void)
{
	struct cxa_output *output;

	must(mount("none", "/proc", "tmpfs", 0, NULL) == 0, "mount");
	umask(027);
	is_int(count_names("."), 4, "without /proc");
	output = begin("new");
	put(output, "text");
	is_int(count_names("."), 5, "a hidden file is written");
	ok(!exists("new"), "not one with the name");
	cxa_output_close(output);
	is_int(count_names("."), 4, "which goes without a commit");
	is_int(write_out("new", "text"), 0, "and gets the name with one");
	is_str(file_text("new"), "text", "with what was written");
	is_uint(mode_of("new"), 0640, "and 0666 less the umask");
	must(chmod("new", 0604) == 0, "chmod");
	is_int(write_out("new", "newer"), 0, "and replaces an older one");
	is_uint(mode_of("new"), 0604, "with the older one's mode");
	is_int(count_names("."), 5, "and nothing is left");
	unlink("new");
	umask(022);
	must(umount("/proc") == 0, "umount");
}

static void full_disk_leaves_the_older_file(void)
{
	static const char data[300000];
	struct cxa_error error = CXA_ERROR_INIT;
	struct cxa_output *output;

	must(mount("none", "folder", "tmpfs", 0, "size=64k") == 0, "mount");
	put_file("folder/file", "old");
	output = begin("folder/file");
	is_int(cxa_output_write(output, data, sizeof(data), &error), CXA_ERR_IO,
	       "a full disk is an error");
	is_str(error.message,
	       "cannot write folder/file: No space left on device", "says so");
	is_int(cxa_output_commit(output, NULL), CXA_ERR_IO,
	       "and is never committed");
	cxa_output_close(output);
	is_str(file_text("folder/file"), "old", "the older file is as it was");
	is_int(count_names("folder"), 1, "and nothing is left");
	must(umount("folder") == 0, "umount");
}

static void refuse_first(void)
{
	no_place_for_a_file_is_refused();
	folder_that_is_read_only_is_refused();
	full_device_is_an_error();
	limit_on_file_size_leaves_the_older_file();
	closed_pipe_is_an_error();
	closed_standard_output_is_refused();
	without_commit_nothing_happens();
	wish_to_stop_comes_before_the_commit();
	folder_that_took_the_name_is_not_harmed();
}

int main(void)
{
	int descriptors;

	alarm(DEADLINE_S);
	umask(022);
	enter_scratch();
	descriptors = count_names("/proc/self/fd");
	refuse_first();
	new_file_appears_with_the_umask();
	older_file_is_replaced_and_its_mode_kept();
	file_without_bytes_is_a_file();
	links_are_followed();
	longest_name_works();
	last_of_two_writers_wins();
	what_was_written_can_be_read();
	standard_output_is_written_as_is();
	fifo_is_written_whole_through_signals(0, "that blocks");
	fifo_is_written_whole_through_signals(O_NONBLOCK, "that does not");
	fifo_by_name_is_written_and_stays();
	if (own_mounts()) {
		named_file_serves_where_proc_is_missing();
		full_disk_leaves_the_older_file();
	} else {
		ok(true, "other file systems # SKIP no mount namespace here");
	}
	is_int(count_names("/proc/self/fd"), descriptors,
	       "every descriptor is closed");
	leave_scratch();
	cxa_output_close(NULL);
	return done_testing();
}
