/* io.h - files and pipes: whole reads and writes, outputs that are atomic */
#ifndef CXA_BASE_IO_H
#define CXA_BASE_IO_H

#include <limits.h>
#include <stdbool.h>
#include <sys/types.h>

#include "base/buffer.h"
#include "base/error.h"

/**
 * struct cxa_cancel - set from a signal handler, looked at between operations
 *
 * Every read and write looks at it first; one that a signal interrupts (EINTR)
 * looks again and goes on when it is not set. Set, it gives CXA_ERR_CANCELLED.
 */
struct cxa_cancel {
	volatile int requested; /* accessed with __atomic builtins */
};

/** cxa_cancel_requested() - accepts NULL: never */
bool cxa_cancel_requested(const struct cxa_cancel *cancel);

/* --- input ------------------------------------------------------------ */

enum { CXA_PEEK_BYTES = 512 };

/**
 * struct cxa_input - an open file or pipe to read from
 * @name: for messages: the path, or "standard input"
 * @seekable: a regular file or block device: cxa_input_read_at() works
 * @size: bytes, when @seekable; else 0
 * @position: bytes read so far by cxa_input_read()
 */
struct cxa_input {
	char *name;
	int fd;
	bool seekable;
	bool is_directory;
	bool owns_fd;
	uint64_t size;
	uint64_t position;
	const struct cxa_cancel *cancel;
	size_t peeked_size; /* of a pipe's first bytes, not yet read */
	uint8_t peeked[CXA_PEEK_BYTES];
};

/**
 * cxa_input_open() - open @locator ("-": standard input) for reading
 *
 * A directory opens with is_directory set. O_CLOEXEC. Standard input that is
 * a regular file at offset 0 is seekable too (reading is by pread).
 * Return: 0, CXA_ERR_IO ("cannot open"), CXA_ERR_NOMEM.
 */
int cxa_input_open(struct cxa_input **out, const char *locator,
		   const struct cxa_cancel *cancel, struct cxa_error *error);

/**
 * cxa_input_read() - up to @size bytes from where the last read ended
 * @got: out: bytes read; less than @size only at the end of the input
 *
 * Return: 0, CXA_ERR_IO, CXA_ERR_CANCELLED.
 */
int cxa_input_read(struct cxa_input *input, void *data, size_t size,
		   size_t *got, struct cxa_error *error);

/**
 * cxa_input_peek() - the first bytes, before anything was read
 * @size: at most CXA_PEEK_BYTES; they will be read again
 */
int cxa_input_peek(struct cxa_input *input, void *data, size_t size,
		   size_t *got, struct cxa_error *error);

/** cxa_input_read_at() - at @offset; position does not change; any thread */
int cxa_input_read_at(const struct cxa_input *input, uint64_t offset,
		      void *data, size_t size, size_t *got,
		      struct cxa_error *error);

/**
 * cxa_input_data() - from @offset on, where a hole ends
 *
 * What is skipped are zeros that the file has no room for. Of a seekable input.
 * Return: @offset where there is data, or it cannot be told (from @size on: the
 * file may have grown); else where it goes on, or the input's size. Never less
 * than @offset.
 */
uint64_t cxa_input_data(const struct cxa_input *input, uint64_t offset);

/**
 * cxa_input_on() - @size bytes of the open file @fd, as a seekable input
 * @fd: borrowed
 */
int cxa_input_on(struct cxa_input **out, int fd, uint64_t size,
		 const char *name, const struct cxa_cancel *cancel,
		 struct cxa_error *error);

void cxa_input_close(struct cxa_input *input);

/* --- output: a file that appears whole or not at all --------------------- */

struct cxa_output;

/**
 * cxa_output_open() - begin to write @locator ("-": standard output)
 *
 * A file is written to an unnamed file (O_TMPFILE) in the target's folder, or
 * where that is not to be had to a hidden `.NAME.XXXXXX.tmp` (0600,
 * O_EXCL|O_NOFOLLOW). A target that exists and is not a regular file (a device,
 * a fifo) is written to directly; a symbolic link is followed once, to replace
 * what it points to. A directory is refused (CXA_ERR_USAGE).
 */
int cxa_output_open(struct cxa_output **out, const char *locator,
		    const struct cxa_cancel *cancel, struct cxa_error *error);

/** cxa_output_write() - all of it or an error; buffers nothing */
int cxa_output_write(struct cxa_output *output, const void *data, size_t size,
		     struct cxa_error *error);

/**
 * cxa_output_write_at() - at @offset; what lies between the end and it is 0
 *
 * Not to be mixed with cxa_output_write(). Return: 0, CXA_ERR_IO,
 * CXA_ERR_CANCELLED; CXA_ERR_USAGE where there is no such thing as an offset
 * (a pipe, a device, standard output).
 */
int cxa_output_write_at(struct cxa_output *output, uint64_t offset,
			const void *data, size_t size, struct cxa_error *error);

/**
 * cxa_output_is_new() - commit fails (EEXIST) when the target exists by then
 * @most: the mode it may have, before the umask takes from it; 0666 as a rule
 */
void cxa_output_is_new(struct cxa_output *output, mode_t most);

/** cxa_output_bytes() - written so far; up to where, with write_at() */
uint64_t cxa_output_bytes(const struct cxa_output *output);

/**
 * cxa_output_read_at() - what was written, again; only for regular files
 *
 * Return: 0, CXA_ERR_IO; CXA_ERR_USAGE where it cannot be read (a pipe).
 */
int cxa_output_read_at(struct cxa_output *output, uint64_t offset, void *data,
		       size_t size, struct cxa_error *error);

/**
 * cxa_output_input() - all that was written, as an input
 * @out: to be closed before the output
 *
 * Return: 0; CXA_ERR_USAGE where it cannot be read (a pipe, standard output).
 */
int cxa_output_input(const struct cxa_output *output, struct cxa_input **out,
		     struct cxa_error *error);

/**
 * cxa_output_commit() - make it durable and give it its name
 *
 * Mode 0666 less the umask (or the mode of the older target), fsync, link,
 * close, rename over the target, fsync of the folder; each checked. For
 * standard output and pipes: fsync where it is supported.
 * Return: 0, CXA_ERR_IO, CXA_ERR_CANCELLED; then an older target is as it was.
 * Only when the very last step fails, the fsync of the folder, an older target
 * is gone: the new file stands there, whole, but may not outlast a power cut.
 * After a failed write, commit fails too.
 */
int cxa_output_commit(struct cxa_output *output, struct cxa_error *error);

/** cxa_output_close() - accepts NULL; without a commit nothing remains */
void cxa_output_close(struct cxa_output *output);

/* --- output folder: a directory that appears whole or not at all --------- */

struct cxa_output_folder;

/**
 * cxa_output_folder_open() - begin to make the folder @path
 *
 * Files go into a hidden `.NAME.XXXXXX.tmp` folder (0700) beside it. @path must
 * not exist, or be an empty folder, else CXA_ERR_USAGE.
 */
int cxa_output_folder_open(struct cxa_output_folder **out, const char *path,
			   const struct cxa_cancel *cancel,
			   struct cxa_error *error);

/**
 * cxa_output_folder_file() - a new file in it; @name is one of our own tables'
 *
 * Write to it and commit it (which fsyncs) before the folder is committed.
 */
int cxa_output_folder_file(struct cxa_output_folder *folder, const char *name,
			   struct cxa_output **out, struct cxa_error *error);

/**
 * cxa_output_folder_input() - all files that were committed, as an input
 * @out: to be closed before the folder
 *
 * By way of /proc, because the folder's own name may be a link. Return: 0,
 * CXA_ERR_IO, CXA_ERR_NOMEM.
 */
int cxa_output_folder_input(const struct cxa_output_folder *folder,
			    struct cxa_input **out, struct cxa_error *error);

/**
 * cxa_output_folder_commit() - give it its name; as cxa_output_commit()
 *
 * Mode 0777 less the umask, or that of the empty folder it replaces. When only
 * the fsync of the folder above fails, the new one stands there, whole.
 */
int cxa_output_folder_commit(struct cxa_output_folder *folder,
			     struct cxa_error *error);

/** cxa_output_folder_close() - accepts NULL; uncommitted, nothing remains */
void cxa_output_folder_close(struct cxa_output_folder *folder);

/* --- spool: a temporary file without a name ------------------------------ */

struct cxa_spool;

/** cxa_spool_folder() - @folder; where it is NULL $TMPDIR, else /var/tmp */
const char *cxa_spool_folder(const char *folder);

/**
 * cxa_spool_path() - append a path in that folder for an output that is made
 * there and never gets its name
 *
 * The folder is often everybody's. Nobody can guess the path, and so wait there
 * with a fifo for what is written, or stand in the way.
 */
void cxa_spool_path(struct cxa_buffer *out, const char *folder);

/**
 * cxa_spool_open() - an unlinked temporary file in @folder (NULL: $TMPDIR, else
 * /var/tmp)
 */
int cxa_spool_open(struct cxa_spool **out, const char *folder,
		   const struct cxa_cancel *cancel, struct cxa_error *error);

/**
 * cxa_spool_append() - @offset: out: where it begins; may be NULL
 *
 * By one thread at a time; others may read what was appended before.
 * Return: 0, CXA_ERR_IO (with a hint when the folder is full),
 * CXA_ERR_CANCELLED.
 */
int cxa_spool_append(struct cxa_spool *spool, const void *data, size_t size,
		     uint64_t *offset, struct cxa_error *error);

uint64_t cxa_spool_bytes(const struct cxa_spool *spool);

/** cxa_spool_read_at() - exactly @size bytes, or CXA_ERR_IO; any thread */
int cxa_spool_read_at(const struct cxa_spool *spool, uint64_t offset,
		      void *data, size_t size, struct cxa_error *error);

/** cxa_spool_fd() - to hand to a library that reads a descriptor; borrowed */
int cxa_spool_fd(const struct cxa_spool *spool);

void cxa_spool_close(struct cxa_spool *spool);

/* --- what the above are made of; for the files of this header only -------- */

/** CXA_HERE - as an offset: where the descriptor stands; for pipes */
#define CXA_HERE UINT64_MAX

/** struct cxa_descriptor - an open file; nothing in it is owned */
struct cxa_descriptor {
	int fd;
	const char *name; /* for messages */
	const struct cxa_cancel *cancel;
};

/**
 * cxa_descriptor_read() - @size bytes at @offset, fewer only at the end
 *
 * At CXA_HERE it waits by poll() in short turns, so that a signal which came
 * just before is seen, too.
 * Return: 0, CXA_ERR_IO, CXA_ERR_CANCELLED.
 */
int cxa_descriptor_read(const struct cxa_descriptor *file, uint64_t offset,
			void *data, size_t size, size_t *got,
			struct cxa_error *error);

/** cxa_descriptor_write() - all of it; Return: as cxa_descriptor_read() */
int cxa_descriptor_write(const struct cxa_descriptor *file, uint64_t offset,
			 const void *data, size_t size,
			 struct cxa_error *error);

/** cxa_descriptor_wait() - until poll() says @events or an end */
int cxa_descriptor_wait(const struct cxa_descriptor *file, short events,
			struct cxa_error *error);

/**
 * cxa_descriptor_sync() - fsync; no error where it means nothing (a pipe, a
 * file system whose folders do not know it)
 */
int cxa_descriptor_sync(const struct cxa_descriptor *file,
			struct cxa_error *error);

/** cxa_descriptor_check() - CXA_ERR_CANCELLED, "interrupted", or 0 */
int cxa_descriptor_check(const struct cxa_descriptor *file,
			 struct cxa_error *error);

/** struct cxa_place - a name in an open folder; { -1, NULL } is released */
struct cxa_place {
	int folder_fd;
	char *name;
};

/**
 * cxa_place_open() - where @path is or would be; symbolic links are followed
 *
 * Return: 0, CXA_ERR_USAGE (no name at its end), CXA_ERR_IO, CXA_ERR_NOMEM.
 */
int cxa_place_open(struct cxa_place *place, const char *path,
		   struct cxa_error *error);
void cxa_place_release(struct cxa_place *place);

/** cxa_place_hidden() - a new random `.NAME.XXXXXX.tmp` */
void cxa_place_hidden(const struct cxa_place *place, char out[NAME_MAX + 1]);

/** cxa_place_sync() - fsync of the folder, after @path got its name there */
int cxa_place_sync(const struct cxa_place *place, const char *path,
		   struct cxa_error *error);

/**
 * cxa_mode_set() - fchmod; no error where the file system keeps no modes
 * @made: the mode it was made with
 */
int cxa_mode_set(const struct cxa_descriptor *file, mode_t made, mode_t mode,
		 struct cxa_error *error);

/** cxa_umask() - of the process, without a moment in which it differs */
mode_t cxa_umask(void);

/** cxa_output_open_at() - a regular file; takes over what @place holds */
int cxa_output_open_at(struct cxa_output **out, struct cxa_place *place,
		       const char *path, const struct cxa_cancel *cancel,
		       struct cxa_error *error);

#endif
