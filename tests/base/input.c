/* input.c - cxa_input_...(): files, pipes, standard input, interruptions */
#define _GNU_SOURCE 1

#include "base/io.h"

#include <pthread.h>
#include <signal.h>
#include <sys/time.h>

#include "base/scratch.h"
#include "tap.h"

enum { DEADLINE_S = 120 }; /* a read that hangs fails the test */

static void what_is_missing_is_refused(void)
{
	struct cxa_error error = CXA_ERROR_INIT;
	struct cxa_input *input = (void *)1;

	is_int(cxa_input_open(&input, "missing", NULL, &error), CXA_ERR_IO,
	       "what is missing cannot be opened");
	ok(input == NULL, "and no input comes back");
	is_str(error.message, "cannot open missing: No such file or directory",
	       "and the message names file and reason");
	is_int(error.system_errno, ENOENT, "and errno is kept");
}

static void closed_standard_input_is_refused(void)
{
	struct cxa_error error = CXA_ERROR_INIT;
	struct cxa_input *input;
	int saved = dup(STDIN_FILENO);

	close(STDIN_FILENO);
	is_int(cxa_input_open(&input, "-", NULL, &error), CXA_ERR_IO,
	       "standard input that is closed cannot be opened");
	like(error.message, "cannot open standard input: ", "and is named");
	if (saved >= 0) {
		dup2(saved, STDIN_FILENO);
		close(saved);
	}
}

static void folder_opens_as_a_folder(void)
{
	struct cxa_error error = CXA_ERROR_INIT;
	struct cxa_input *input;
	char byte;
	size_t got;

	must(cxa_input_open(&input, ".", NULL, NULL) == 0, "open");
	ok(input->is_directory && !input->seekable, "a folder says it is one");
	is_int(cxa_input_read(input, &byte, 1, &got, &error), CXA_ERR_IO,
	       "and cannot be read");
	is_str(error.message, "cannot read .: Is a directory", "says why");
	cxa_input_close(input);
}

static void file_is_read_in_order_and_anywhere(void)
{
	struct cxa_input *input;
	char data[16];
	size_t got;

	put_file("file", "0123456789");
	must(cxa_input_open(&input, "file", NULL, NULL) == 0, "open");
	ok(input->seekable && !input->is_directory, "a file is seekable");
	is_uint(input->size, 10, "and its size known");
	is_int(cxa_input_read(input, data, 4, &got, NULL), 0, "it is read");
	is_mem(data, got, "0123", 4, "from its start");
	is_int(cxa_input_read_at(input, 7, data, 2, &got, NULL), 0,
	       "and in between elsewhere");
	is_mem(data, got, "78", 2, "with what stands there");
	is_uint(input->position, 4, "which moves nothing");
	cxa_input_read(input, data, sizeof(data), &got, NULL);
	is_mem(data, got, "456789", 6, "then to its end");
	is_int(cxa_input_read(input, data, 1, &got, NULL), 0,
	       "reading at the end is no error");
	is_uint(got, 0, "and gives nothing");
	for (unsigned i = 0; i < 4; i++) {
		static const uint64_t beyond[] = { 10, 11, INT64_MAX,
						   UINT64_MAX };
		is_int(cxa_input_read_at(input, beyond[i], data, 4, &got, NULL),
		       0, "reading beyond it is none either");
		is_uint(got, 0, "and gives nothing");
	}
	cxa_input_close(input);
}

static void holes_are_told_and_data_is_not(void)
{
	static const uint64_t hole = 64 << 20;
	struct cxa_input *input;
	uint64_t at;
	int fd = open("holes", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	off_t told;

	must(fd >= 0 && pwrite(fd, "a", 1, 0) == 1 &&
		     pwrite(fd, "b", 1, (off_t)hole) == 1 &&
		     ftruncate(fd, (off_t)hole * 2) == 0,
	     "a file with holes");
	told = lseek(fd, 1 << 20, SEEK_DATA);
	close(fd);
	must(cxa_input_open(&input, "holes", NULL, NULL) == 0, "open");
	ok(cxa_input_data(input, 0) == 0, "data is where it is");
	ok(cxa_input_data(input, hole) == hole, "data behind a hole, too");
	at = cxa_input_data(input, 1 << 20);
	ok(at >= 1 << 20 && at <= hole, "no data is skipped");
	ok(at > 1 << 20 || told < 0 || told == 1 << 20,
	   "a hole is, where the file system tells of it");
	ok(cxa_input_data(input, hole * 2) == hole * 2 &&
		   cxa_input_data(input, hole * 2 + 1) == hole * 2 + 1 &&
		   cxa_input_data(input, UINT64_MAX) == UINT64_MAX,
	   "from the end on, nothing leads back");
	cxa_input_close(input);
}

/* A pipe whose other end is written to in pieces by a thread */
struct feeder {
	pthread_t thread;
	int fd;
	unsigned pieces;
	struct cxa_cancel *cancel;
};

static void *feed(void *argument)
{
	struct feeder *feeder = argument;
	uint8_t piece[777];

	for (unsigned i = 0; i < feeder->pieces; i++) {
		memset(piece, (int)(i & 0xff), sizeof(piece));
		must(write(feeder->fd, piece, sizeof(piece)) ==
		     (ssize_t)sizeof(piece), "write");
		usleep(200);
	}
	if (feeder->cancel != NULL)
		__atomic_store_n(&feeder->cancel->requested, 1,
				 __ATOMIC_RELAXED);
	else
		close(feeder->fd);
	return NULL;
}

/* Signals go to the thread that reads. */
static void start_feeder(struct feeder *feeder, int fd, unsigned pieces,
			 struct cxa_cancel *cancel)
{
	sigset_t all;
	sigset_t before;

	*feeder = (struct feeder){ .fd = fd, .pieces = pieces,
				   .cancel = cancel };
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	must(pthread_create(&feeder->thread, NULL, feed, feeder) == 0,
	     "pthread_create");
	pthread_sigmask(SIG_SETMASK, &before, NULL);
}

/* Standard input is @fd until the second call, which is given its result. */
static int swap_input(int fd)
{
	int saved = dup(STDIN_FILENO);

	must(dup2(fd, STDIN_FILENO) == STDIN_FILENO, "dup2");
	close(fd);
	return saved;
}

static volatile sig_atomic_t ticks;

static void tick(int number)
{
	(void)number;
	ticks++;
}

static void set_ticking(bool on)
{
	struct sigaction action = { .sa_handler = tick };
	struct itimerval every = { { 0, on ? 1000 : 0 }, { 0, on ? 1000 : 0 } };

	if (on)
		sigaction(SIGALRM, &action, NULL);
	setitimer(ITIMER_REAL, &every, NULL);
	if (!on) {
		signal(SIGALRM, SIG_DFL);
		alarm(DEADLINE_S);
	}
}

static void pipe_is_read_whole_through_signals(void)
{
	static uint8_t data[777 * 200 + 1];
	struct feeder feeder;
	struct cxa_input *input;
	size_t wrong = 0;
	size_t got;
	int ends[2];
	int saved;

	must(pipe(ends) == 0, "pipe");
	saved = swap_input(ends[0]);
	must(cxa_input_open(&input, "-", NULL, NULL) == 0, "open");
	ok(!input->seekable && input->size == 0, "a pipe is not seekable");
	is_str(input->name, "standard input", "and has a name");
	set_ticking(true);
	start_feeder(&feeder, ends[1], 200, NULL);
	is_int(cxa_input_read(input, data, 777, &got, NULL), 0,
	       "signals do not end a read");
	is_uint(got, 777, "which gives as much as was asked for");
	is_int(cxa_input_read(input, data + 777, sizeof(data) - 777, &got,
			      NULL), 0, "and the next one reads on");
	set_ticking(false);
	is_uint(got, sizeof(data) - 1 - 777, "up to the end");
	for (size_t i = 0; i < sizeof(data) - 1; i++)
		wrong += data[i] != (i / 777 & 0xff);
	is_uint(wrong, 0, "every byte in its place");
	ok(ticks > 0, "and signals did come");
	pthread_join(feeder.thread, NULL);
	cxa_input_close(input);
	close(swap_input(saved));
}

static void pipe_that_was_peeked_at_loses_nothing(void)
{
	struct cxa_input *input;
	char data[16];
	size_t got;
	int ends[2];
	int saved;

	must(pipe(ends) == 0 && write(ends[1], "0123456789", 10) == 10, "pipe");
	close(ends[1]);
	saved = swap_input(ends[0]);
	must(cxa_input_open(&input, "-", NULL, NULL) == 0, "open");
	cxa_input_peek(input, data, 3, &got, NULL);
	is_mem(data, got, "012", 3, "a pipe is peeked at");
	cxa_input_peek(input, data, 5, &got, NULL);
	is_mem(data, got, "01234", 5, "and again, from its start");
	cxa_input_peek(input, data, 2, &got, NULL);
	is_mem(data, got, "01", 2, "and for less");
	cxa_input_read(input, data, 1, &got, NULL);
	is_mem(data, got, "0", 1, "then it is read, from its start");
	cxa_input_read(input, data, sizeof(data), &got, NULL);
	is_mem(data, got, "123456789", 9, "to its end");
	is_uint(input->position, 10, "and what was read is counted once");
	cxa_input_close(input);
	close(swap_input(saved));
}

static void wish_to_stop_ends_a_read_that_waits(void)
{
	struct cxa_cancel cancel = { 0 };
	struct cxa_error error = CXA_ERROR_INIT;
	struct feeder feeder;
	struct cxa_input *input;
	uint8_t data[1000];
	size_t got;
	int ends[2];
	int saved;

	must(pipe(ends) == 0, "pipe");
	saved = swap_input(ends[0]);
	must(cxa_input_open(&input, "-", &cancel, NULL) == 0, "open");
	start_feeder(&feeder, ends[1], 1, &cancel);
	is_int(cxa_input_read(input, data, sizeof(data), &got, &error),
	       CXA_ERR_CANCELLED,
	       "a read that waits ends, though no signal interrupts it");
	is_str(error.message, "interrupted", "and says so");
	is_uint(got, 777, "with what it had read");
	pthread_join(feeder.thread, NULL);
	cxa_input_close(input);
	close(ends[1]);
	close(swap_input(saved));
}

static void fifo_without_a_writer_can_be_left(void)
{
	struct cxa_cancel cancel = { 0 };
	struct cxa_input *input;
	char byte;
	size_t got;

	must(mkfifo("fifo", 0600) == 0, "mkfifo");
	is_int(cxa_input_open(&input, "fifo", &cancel, NULL), 0,
	       "a fifo without a writer opens");
	cancel.requested = 1;
	is_int(cxa_input_read(input, &byte, 1, &got, NULL), CXA_ERR_CANCELLED,
	       "and does not hang one who wants to stop");
	cxa_input_close(input);
}

static void fifo_waits_for_its_writer(void)
{
	struct feeder feeder;
	struct cxa_input *input;
	uint8_t data[1000];
	size_t got;

	must(cxa_input_open(&input, "fifo", NULL, NULL) == 0, "open");
	start_feeder(&feeder, open("fifo", O_WRONLY), 1, NULL);
	is_int(cxa_input_read(input, data, sizeof(data), &got, NULL), 0,
	       "a fifo is read");
	is_uint(got, 777, "until its writer has closed it");
	pthread_join(feeder.thread, NULL);
	cxa_input_close(input);
}

static void file_as_standard_input(void)
{
	struct cxa_input *input;
	char data[16];
	size_t got;
	int saved;

	saved = swap_input(open("file", O_RDONLY));
	must(cxa_input_open(&input, "-", NULL, NULL) == 0, "open");
	ok(input->seekable && input->size == 10,
	   "a file as standard input is seekable");
	cxa_input_read_at(input, 8, data, 8, &got, NULL);
	is_mem(data, got, "89", 2, "and read anywhere");
	cxa_input_close(input);
	must(lseek(STDIN_FILENO, 6, SEEK_SET) == 6, "lseek");
	must(cxa_input_open(&input, "-", NULL, NULL) == 0, "open");
	ok(!input->seekable, "but not when somebody has read from it");
	cxa_input_read(input, data, 8, &got, NULL);
	is_mem(data, got, "6789", 4, "then it gives the rest");
	cxa_input_close(input);
	ok(fcntl(STDIN_FILENO, F_GETFD) >= 0, "and is left open");
	close(swap_input(saved));
}

int main(void)
{
	int descriptors;

	alarm(DEADLINE_S);
	enter_scratch();
	descriptors = count_names("/proc/self/fd");
	what_is_missing_is_refused();
	closed_standard_input_is_refused();
	folder_opens_as_a_folder();
	file_is_read_in_order_and_anywhere();
	holes_are_told_and_data_is_not();
	pipe_is_read_whole_through_signals();
	pipe_that_was_peeked_at_loses_nothing();
	wish_to_stop_ends_a_read_that_waits();
	fifo_without_a_writer_can_be_left();
	fifo_waits_for_its_writer();
	file_as_standard_input();
	is_int(count_names("/proc/self/fd"), descriptors,
	       "every descriptor is closed");
	leave_scratch();
	cxa_input_close(NULL);
	return done_testing();
}
