/* io.h - files and pipes: reads and writes that are whole, outputs that are atomic */
#ifndef CXA_BASE_IO_H
#define CXA_BASE_IO_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/error.h"

/**
 * struct cxa_cancel - set from a signal handler, looked at between operations
 *
 * A blocking call that a signal interrupts (EINTR) looks at it and goes on
 * when it is not set.
 */
struct cxa_cancel {
	volatile int requested; /* accessed with __atomic builtins */
};

bool cxa_cancel_requested(const struct cxa_cancel *cancel);

/* --- input ------------------------------------------------------------ */

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

/** cxa_input_read_at() - the same at @offset; position does not change; any thread */
int cxa_input_read_at(const struct cxa_input *input, uint64_t offset, void *data,
		      size_t size, size_t *got, struct cxa_error *error);

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

/** cxa_output_bytes() - written so far */
uint64_t cxa_output_bytes(const struct cxa_output *output);

/**
 * cxa_output_read_at() - what was written, again; only for regular files
 *
 * Return: 0, CXA_ERR_IO; CXA_ERR_USAGE where it cannot be read (a pipe).
 */
int cxa_output_read_at(struct cxa_output *output, uint64_t offset, void *data,
		       size_t size, struct cxa_error *error);

/**
 * cxa_output_commit() - make it durable and give it its name
 *
 * fsync, mode 0666 less the umask (or the mode of the older target), link
 * and rename over the target, close, fsync of the folder; each checked. For
 * standard output and pipes: fsync where it is supported.
 * Return: 0 or CXA_ERR_IO; then an older target is as it was.
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

int cxa_output_folder_commit(struct cxa_output_folder *folder,
			     struct cxa_error *error);
/** cxa_output_folder_close() - accepts NULL; without a commit nothing remains */
void cxa_output_folder_close(struct cxa_output_folder *folder);

/* --- spool: a temporary file without a name ------------------------------ */

struct cxa_spool;

/**
 * cxa_spool_open() - an unlinked temporary file in @folder (NULL: $TMPDIR, else
 * /var/tmp)
 */
int cxa_spool_open(struct cxa_spool **out, const char *folder,
		   const struct cxa_cancel *cancel, struct cxa_error *error);

/** cxa_spool_append() - Return: 0 with *offset (may be NULL), CXA_ERR_IO */
int cxa_spool_append(struct cxa_spool *spool, const void *data, size_t size,
		     uint64_t *offset, struct cxa_error *error);

uint64_t cxa_spool_bytes(const struct cxa_spool *spool);

/** cxa_spool_read_at() - exactly @size bytes, or CXA_ERR_IO; any thread */
int cxa_spool_read_at(const struct cxa_spool *spool, uint64_t offset, void *data,
		      size_t size, struct cxa_error *error);

/** cxa_spool_fd() - to hand to a library that reads a descriptor; borrowed */
int cxa_spool_fd(const struct cxa_spool *spool);

void cxa_spool_close(struct cxa_spool *spool);

#endif
