/* spool.c - cxa_spool_...(): what was appended comes back, to any thread */
#define _GNU_SOURCE 1

#include "base/io.h"

#include <pthread.h>

#include "base/scratch.h"
#include "tap.h"

static void missing_folder_is_refused(void)
{
	struct cxa_error error = CXA_ERROR_INIT;
	struct cxa_spool *spool = (void *)1;

	is_int(cxa_spool_open(&spool, "missing", NULL, &error), CXA_ERR_IO,
	       "a folder that is missing is refused");
	ok(spool == NULL, "and no spool comes back");
	is_str(error.message, "cannot make a temporary file in missing: "
	       "No such file or directory", "the message names it");
}

static void tmpdir_is_where_it_goes(void)
{
	struct cxa_error error = CXA_ERROR_INIT;
	struct cxa_spool *spool;

	must(setenv("TMPDIR", "also-missing", 1) == 0, "setenv");
	is_int(cxa_spool_open(&spool, NULL, NULL, &error), CXA_ERR_IO,
	       "without a folder it is $TMPDIR");
	like(error.message, "also-missing", "which the message names");
	must(setenv("TMPDIR", ".", 1) == 0, "setenv");
	is_int(cxa_spool_open(&spool, NULL, NULL, NULL), 0,
	       "and works when that is there");
	cxa_spool_close(spool);
}

static void what_was_not_appended_cannot_be_read(void)
{
	struct cxa_error error = CXA_ERROR_INIT;
	struct cxa_spool *spool;
	char data[8];

	must(cxa_spool_open(&spool, ".", NULL, NULL) == 0, "open");
	must(cxa_spool_append(spool, "abc", 3, NULL, NULL) == 0, "append");
	is_int(cxa_spool_read_at(spool, 1, data, 3, &error), CXA_ERR_IO,
	       "a read over the end is an error");
	is_str(error.message, "a temporary file in . has no 3 bytes at 1: "
	       "Input/output error", "which says where");
	is_int(cxa_spool_read_at(spool, UINT64_MAX, data, 1, NULL), CXA_ERR_IO,
	       "so is one at the end of the world");
	is_int(cxa_spool_read_at(spool, 3, data, 0, NULL), 0,
	       "but nothing can be read at the end");
	cxa_spool_close(spool);
}

static void wish_to_stop_ends_it(void)
{
	struct cxa_cancel cancel = { 1 };
	struct cxa_spool *spool;
	char byte;

	must(cxa_spool_open(&spool, ".", &cancel, NULL) == 0, "open");
	is_int(cxa_spool_append(spool, "x", 1, NULL, NULL), CXA_ERR_CANCELLED,
	       "an append is not begun when one wants to stop");
	is_int(cxa_spool_read_at(spool, 0, &byte, 1, NULL), CXA_ERR_CANCELLED,
	       "nor is a read");
	is_uint(cxa_spool_bytes(spool), 0, "and nothing counts as appended");
	cxa_spool_close(spool);
}

static void full_disk_has_a_hint(void)
{
	static const char data[300000];
	struct cxa_error error = CXA_ERROR_INIT;
	struct cxa_spool *spool;

	must(mkdir("small", 0700) == 0, "mkdir");
	must(mount("none", "small", "tmpfs", 0, "size=64k") == 0, "mount");
	must(cxa_spool_open(&spool, "small", NULL, NULL) == 0, "open");
	is_int(cxa_spool_append(spool, data, sizeof(data), NULL, &error),
	       CXA_ERR_IO, "a full disk is an error");
	is_str(error.message, "cannot write a temporary file in small: "
	       "No space left on device", "which names the folder");
	like(error.hint, "temporary files go to small;", "and has a hint");
	like(error.hint, "TMPDIR", "that names the way out");
	cxa_spool_close(spool);
	must(umount("small") == 0, "umount");
	must(rmdir("small") == 0, "rmdir");
}

static void offsets_are_where_the_bytes_are(void)
{
	struct cxa_spool *spool;
	uint64_t offset = 1;
	char data[16] = "";

	must(cxa_spool_open(&spool, ".", NULL, NULL) == 0, "open");
	is_int(count_names("."), 0, "a spool has no name");
	is_int(cxa_spool_append(spool, "abc", 3, &offset, NULL), 0,
	       "an append works");
	is_uint(offset, 0, "the first is at 0");
	cxa_spool_append(spool, "", 0, &offset, NULL);
	is_uint(offset, 3, "one of nothing is at the end");
	cxa_spool_append(spool, "defgh", 5, &offset, NULL);
	is_uint(offset, 3, "the next one there, too");
	is_uint(cxa_spool_bytes(spool), 8, "all are counted");
	is_int(cxa_spool_read_at(spool, 2, data, 4, NULL), 0, "they are read");
	is_mem(data, 4, "cdef", 4, "as they were");
	must(read(cxa_spool_fd(spool), data, 16) == 8, "read");
	is_mem(data, 8, "abcdefgh", 8, "the descriptor stands at the start");
	cxa_spool_append(spool, "i", 1, &offset, NULL);
	cxa_spool_read_at(spool, 7, data, 2, NULL);
	is_mem(data, 2, "hi", 2, "moving it moves no append");
	cxa_spool_close(spool);
}

enum { PIECES = 4000, PIECE_BYTES = 1000, READERS = 4 };

struct reader {
	pthread_t thread;
	const struct cxa_spool *spool;
	const unsigned *appended;
	unsigned wrong;
};

/* Each piece as soon as it is there */
static void *read_pieces(void *argument)
{
	struct reader *reader = argument;
	uint8_t data[PIECE_BYTES];
	unsigned i = 0;

	while (i < PIECES) {
		if (i == __atomic_load_n(reader->appended, __ATOMIC_ACQUIRE)) {
			usleep(100);
			continue;
		}
		if (cxa_spool_read_at(reader->spool, (uint64_t)i * PIECE_BYTES,
				      data, PIECE_BYTES, NULL) != 0 ||
		    data[0] != (i & 0xff) ||
		    data[PIECE_BYTES - 1] != (i & 0xff))
			reader->wrong++;
		i++;
	}
	return NULL;
}

static void threads_read_what_another_appends(void)
{
	struct reader readers[READERS];
	struct cxa_spool *spool;
	uint8_t data[PIECE_BYTES];
	unsigned appended = 0;
	unsigned wrong = 0;

	must(cxa_spool_open(&spool, ".", NULL, NULL) == 0, "open");
	for (int i = 0; i < READERS; i++) {
		readers[i] = (struct reader){ .spool = spool,
					      .appended = &appended };
		must(pthread_create(&readers[i].thread, NULL, read_pieces,
				    &readers[i]) == 0, "pthread_create");
	}
	for (unsigned i = 0; i < PIECES; i++) {
		memset(data, (int)(i & 0xff), sizeof(data));
		must(cxa_spool_append(spool, data, sizeof(data), NULL, NULL) ==
		     0, "append");
		__atomic_store_n(&appended, i + 1, __ATOMIC_RELEASE);
	}
	for (int i = 0; i < READERS; i++) {
		pthread_join(readers[i].thread, NULL);
		wrong += readers[i].wrong;
	}
	is_uint(wrong, 0, "four threads read what another one appends");
	cxa_spool_close(spool);
}

int main(void)
{
	int descriptors;

	enter_scratch();
	descriptors = count_names("/proc/self/fd");
	missing_folder_is_refused();
	tmpdir_is_where_it_goes();
	what_was_not_appended_cannot_be_read();
	wish_to_stop_ends_it();
	offsets_are_where_the_bytes_are();
	threads_read_what_another_appends();
	if (own_mounts())
		full_disk_has_a_hint();
	else
		ok(true, "a full disk # SKIP no mount namespace here");
	is_int(count_names("/proc/self/fd"), descriptors,
	       "every descriptor is closed");
	is_int(count_names("."), 0, "and nothing is left");
	leave_scratch();
	cxa_spool_close(NULL);
	return done_testing();
}
