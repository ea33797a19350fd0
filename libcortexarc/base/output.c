/* output.c - a file that appears whole and durable, or not at all */
#define _GNU_SOURCE 1

#include "base/io.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	FIRST_MODE = 0600, /* until it is whole it is nobody else's to read */
	NAME_TRIES = 100
};

/*
 * @place: of a file that is to appear; folder_fd -1: written to directly
 * @leftover: name in the folder that goes unless a commit succeeds, or ""
 * @start: where in the file our bytes begin
 * @failed: status of a write or commit that failed, with @failed_errno
 */
struct cxa_output {
	struct cxa_descriptor file;
	struct cxa_place place;
	char *name;
	char leftover[NAME_MAX + 1];
	uint64_t start;
	uint64_t bytes;
	int failed;
	int failed_errno;
	bool owns_fd;
	bool readable;
	bool is_new; /* nothing may be replaced */
	mode_t most; /* of a new one's mode; the umask takes from it */
};

static int output_new(struct cxa_output **out, const char *name,
		      const struct cxa_cancel *cancel, struct cxa_error *error)
{
	struct cxa_output *output = calloc(1, sizeof(*output));

	*out = NULL;
	if (output == NULL)
		return cxa_error_nomem(error, "an output");
	output->place.folder_fd = -1;
	output->most = 0666;
	output->name = strdup(name);
	if (output->name == NULL) {
		free(output);
		return cxa_error_nomem(error, "an output");
	}
	output->file = (struct cxa_descriptor){ -1, output->name, cancel };
	*out = output;
	return 0;
}

static int cannot_write(const struct cxa_output *output,
			struct cxa_error *error)
{
	return cxa_error_set(error, CXA_ERR_IO, "cannot write %s",
			     output->name);
}

static void proc_path(int fd, char out[32])
{
	snprintf(out, 32, "/proc/self/fd/%d", fd);
}

/* Only with /proc can it be given a name later. */
static int make_unnamed(int folder_fd)
{
	char path[32];
	int fd;

	fd = openat(folder_fd, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, FIRST_MODE);
	if (fd < 0)
		return -1;
	proc_path(fd, path);
	if (access(path, F_OK) == 0)
		return fd;
	close(fd);
	return -1;
}

static int make_named(const struct cxa_place *place, char name[NAME_MAX + 1])
{
	int flags = O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
	int fd = -1;

	for (int i = 0; i < NAME_TRIES; i++) {
		cxa_place_hidden(place, name);
		fd = openat(place->folder_fd, name, flags, FIRST_MODE);
		if (fd >= 0 || (errno != EEXIST && errno != EINTR))
			break;
	}
	if (fd < 0)
		name[0] = '\0';
	return fd;
}

int cxa_output_open_at(struct cxa_output **out, struct cxa_place *place,
		       const char *path, const struct cxa_cancel *cancel,
		       struct cxa_error *error)
{
	struct cxa_output *output;
	int status;

	status = output_new(&output, path, cancel, error);
	if (status < 0) {
		cxa_place_release(place);
		*out = NULL;
		return status;
	}
	output->place = *place;
	*place = (struct cxa_place){ -1, NULL };
	output->file.fd = make_unnamed(output->place.folder_fd);
	if (output->file.fd < 0)
		output->file.fd = make_named(&output->place, output->leftover);
	if (output->file.fd < 0) {
		status = cannot_write(output, error);
		cxa_output_close(output);
		output = NULL;
	} else {
		output->owns_fd = true;
		output->readable = true;
	}
	*out = output;
	return status;
}

static int open_standard(struct cxa_output **out,
			 const struct cxa_cancel *cancel,
			 struct cxa_error *error)
{
	struct cxa_output *output;
	struct stat st;
	off_t at;
	int flags;
	int status;

	status = output_new(out, "standard output", cancel, error);
	if (status < 0)
		return status;
	output = *out;
	output->file.fd = STDOUT_FILENO;
	flags = fcntl(STDOUT_FILENO, F_GETFL);
	if (flags < 0 || fstat(STDOUT_FILENO, &st) != 0) {
		status = cannot_write(output, error);
		cxa_output_close(output);
		*out = NULL;
		return status;
	}
	at = lseek(STDOUT_FILENO, 0, SEEK_CUR);
	output->start = at < 0 ? 0 : (uint64_t)at;
	output->readable = S_ISREG(st.st_mode) && (flags & O_APPEND) == 0 &&
			   (flags & O_ACCMODE) == O_RDWR;
	return 0;
}

/* A device or fifo; what became a regular file since is not written into. */
static int open_direct(struct cxa_output **out, const char *path,
		       const struct cxa_cancel *cancel, struct cxa_error *error)
{
	struct cxa_output *output;
	struct stat st;
	int status;

	status = output_new(out, path, cancel, error);
	if (status < 0)
		return status;
	output = *out;
	do {
		status = cxa_descriptor_check(&output->file, error);
		if (status < 0)
			goto fail;
		output->file.fd = open(path, O_WRONLY | O_CLOEXEC | O_NOCTTY);
	} while (output->file.fd < 0 && errno == EINTR);
	if (output->file.fd < 0) {
		status = cannot_write(output, error);
		goto fail;
	}
	output->owns_fd = true;
	if (fstat(output->file.fd, &st) == 0 && !S_ISREG(st.st_mode))
		return 0;
	errno = EEXIST;
	status = cannot_write(output, error);
fail:
	cxa_output_close(output);
	*out = NULL;
	return status;
}

int cxa_output_open(struct cxa_output **out, const char *locator,
		    const struct cxa_cancel *cancel, struct cxa_error *error)
{
	struct cxa_place place;
	struct stat st;
	int status;

	*out = NULL;
	if (strcmp(locator, "-") == 0)
		return open_standard(out, cancel, error);
	if (stat(locator, &st) == 0) {
		if (S_ISDIR(st.st_mode))
			return cxa_error_set(error, CXA_ERR_USAGE,
					     "cannot write %s: it is a folder",
					     locator);
		if (!S_ISREG(st.st_mode))
			return open_direct(out, locator, cancel, error);
	} else if (errno != ENOENT) {
		return cxa_error_set(error, CXA_ERR_IO, "cannot write %s",
				     locator);
	}
	status = cxa_place_open(&place, locator, error);
	if (status < 0)
		return status;
	return cxa_output_open_at(out, &place, locator, cancel, error);
}

/* Sticky: what lost a write must never be committed. */
static int fail(struct cxa_output *output, int status)
{
	output->failed = status;
	output->failed_errno = errno;
	return status;
}

static int failed_before(const struct cxa_output *output,
			 struct cxa_error *error)
{
	errno = output->failed_errno;
	return cxa_error_set(error, output->failed,
			     "%s is not whole: a write to it failed",
			     output->name);
}

int cxa_output_write(struct cxa_output *output, const void *data, size_t size,
		     struct cxa_error *error)
{
	int status;

	if (output->failed != 0)
		return failed_before(output, error);
	status = cxa_descriptor_write(&output->file, CXA_HERE, data, size,
				      error);
	if (status < 0)
		return fail(output, status);
	output->bytes += size;
	return 0;
}

int cxa_output_write_at(struct cxa_output *output, uint64_t offset,
			const void *data, size_t size, struct cxa_error *error)
{
	int status;

	if (output->failed != 0)
		return failed_before(output, error);
	if (output->place.folder_fd < 0)
		return cxa_error_set(error, CXA_ERR_USAGE,
				     "%s can only be written from its start "
				     "to its end", output->name);
	status = cxa_descriptor_write(&output->file, offset, data, size, error);
	if (status < 0)
		return fail(output, status);
	if (offset + size > output->bytes)
		output->bytes = offset + size;
	return 0;
}

void cxa_output_is_new(struct cxa_output *output, mode_t most)
{
	output->is_new = true;
	output->most = most;
}

uint64_t cxa_output_bytes(const struct cxa_output *output)
{
	return output->bytes;
}

int cxa_output_read_at(struct cxa_output *output, uint64_t offset, void *data,
		       size_t size, struct cxa_error *error)
{
	size_t got;
	int status;

	if (!output->readable)
		return cxa_error_set(error, CXA_ERR_USAGE,
				     "%s cannot be read again", output->name);
	if (offset > output->bytes || size > output->bytes - offset)
		return cxa_error_set(error, CXA_ERR_USAGE,
				     "so much was not written to %s",
				     output->name);
	status = cxa_descriptor_read(&output->file, output->start + offset,
				     data, size, &got, error);
	if (status < 0 || got == size)
		return status;
	errno = EIO;
	return cxa_error_set(error, CXA_ERR_IO,
			     "%s is shorter than what was written to it",
			     output->name);
}

int cxa_output_input(const struct cxa_output *output, struct cxa_input **out,
		     struct cxa_error *error)
{
	*out = NULL;
	if (!output->readable || output->start != 0)
		return cxa_error_set(error, CXA_ERR_USAGE,
				     "%s cannot be read again", output->name);
	return cxa_input_on(out, output->file.fd, output->bytes, output->name,
			    output->file.cancel, error);
}

/* --- commit --------------------------------------------------------------- */

static int give_mode(struct cxa_output *output, bool *older,
		     struct cxa_error *error)
{
	mode_t mode = output->most;
	struct stat st;

	*older = fstatat(output->place.folder_fd, output->place.name, &st,
			 AT_SYMLINK_NOFOLLOW) == 0;
	if (!*older && errno != ENOENT)
		return cannot_write(output, error);
	if (*older && output->is_new) {
		errno = EEXIST;
		return cannot_write(output, error);
	}
	if (*older && S_ISREG(st.st_mode))
		mode = st.st_mode & 0777;
	else
		mode &= ~cxa_umask();
	return cxa_mode_set(&output->file, FIRST_MODE, mode, error);
}

/* A name for a file without one; Return: 0, or -1 with errno */
static int link_as(struct cxa_output *output, const char *name)
{
	char path[32];

	proc_path(output->file.fd, path);
	if (linkat(AT_FDCWD, path, output->place.folder_fd, name,
		   AT_SYMLINK_FOLLOW) != 0)
		return -1;
	snprintf(output->leftover, sizeof(output->leftover), "%s", name);
	return 0;
}

static int link_hidden(struct cxa_output *output)
{
	char name[NAME_MAX + 1];

	for (int i = 0; i < NAME_TRIES; i++) {
		cxa_place_hidden(&output->place, name);
		if (link_as(output, name) == 0)
			return 0;
		if (errno != EEXIST)
			break;
	}
	return -1;
}

static int close_file(struct cxa_output *output)
{
	int fd = output->file.fd;

	if (!output->owns_fd)
		return 0;
	output->owns_fd = false;
	output->file.fd = -1;
	/* Linux has closed it in either case; what was in it is synced. */
	return close(fd) == 0 || errno == EINTR ? 0 : -1;
}

/* Where the file system cannot do it in one step, @is_new was looked at. */
static int rename_leftover(const struct cxa_output *output)
{
	int folder_fd = output->place.folder_fd;

	if (output->is_new) {
		if (renameat2(folder_fd, output->leftover, folder_fd,
			      output->place.name, RENAME_NOREPLACE) == 0)
			return 0;
		if (errno == EEXIST)
			return -1;
	}
	return renameat(folder_fd, output->leftover, folder_fd,
			output->place.name);
}

/*
 * A new name is linked at once, so that a crash leaves nothing; over an older
 * file, or one that came meanwhile, a hidden name must go between.
 */
static int publish(struct cxa_output *output, bool older)
{
	bool direct = false;

	if (output->leftover[0] == '\0' && !older) {
		direct = link_as(output, output->place.name) == 0;
		if (!direct && (errno != EEXIST || output->is_new))
			return -1;
	}
	if (output->leftover[0] == '\0' && link_hidden(output) != 0)
		return -1;
	if (close_file(output) != 0)
		return -1;
	if (direct)
		return 0;
	if (rename_leftover(output) != 0)
		return -1;
	output->leftover[0] = '\0';
	return 0;
}

static int commit_file(struct cxa_output *output, struct cxa_error *error)
{
	bool older;
	int status;

	status = give_mode(output, &older, error);
	if (status < 0)
		return status;
	status = cxa_descriptor_sync(&output->file, error);
	if (status < 0)
		return status;
	if (publish(output, older) != 0)
		return cannot_write(output, error);
	status = cxa_place_sync(&output->place, output->name, error);
	if (status == 0)
		output->leftover[0] = '\0';
	return status;
}

static int commit_direct(struct cxa_output *output, struct cxa_error *error)
{
	int status = cxa_descriptor_sync(&output->file, error);

	if (status < 0)
		return status;
	return close_file(output) == 0 ? 0 : cannot_write(output, error);
}

int cxa_output_commit(struct cxa_output *output, struct cxa_error *error)
{
	int status;

	if (output->failed != 0)
		return failed_before(output, error);
	status = cxa_descriptor_check(&output->file, error);
	if (status == 0)
		status = output->place.folder_fd >= 0 ?
			 commit_file(output, error) :
			 commit_direct(output, error);
	return status < 0 ? fail(output, status) : 0;
}

void cxa_output_close(struct cxa_output *output)
{
	if (output == NULL)
		return;
	if (output->owns_fd)
		close(output->file.fd);
	if (output->leftover[0] != '\0')
		unlinkat(output->place.folder_fd, output->leftover, 0);
	cxa_place_release(&output->place);
	free(output->name);
	free(output);
}
