/* input.c - descriptors read and written whole, the wish to stop, and inputs */
#define _GNU_SOURCE 1

#include "base/io.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	TURN_MS = 200,      /* a wish to stop waits no longer than this */
	TURN_BYTES = 1 << 26 /* or than so many bytes take */
};

_Static_assert(sizeof(off_t) == sizeof(uint64_t), "files over 2 GiB");

/* --- descriptors ---------------------------------------------------------- */

bool cxa_cancel_requested(const struct cxa_cancel *cancel)
{
	return cancel != NULL &&
	       __atomic_load_n(&cancel->requested, __ATOMIC_RELAXED) != 0;
}

int cxa_descriptor_check(const struct cxa_descriptor *file,
			 struct cxa_error *error)
{
	if (cxa_cancel_requested(file->cancel))
		return cxa_error_set(error, CXA_ERR_CANCELLED, "interrupted");
	return 0;
}

int cxa_descriptor_wait(const struct cxa_descriptor *file, short events,
			struct cxa_error *error)
{
	struct pollfd turn = { file->fd, events, 0 };
	int status;
	int n;

	for (;;) {
		status = cxa_descriptor_check(file, error);
		if (status < 0)
			return status;
		n = poll(&turn, 1, TURN_MS);
		if (n > 0)
			return 0;
		if (n < 0 && errno != EINTR && errno != EAGAIN)
			return cxa_error_set(error, CXA_ERR_IO,
					     "cannot wait for %s", file->name);
	}
}

static ssize_t read_some(int fd, uint64_t offset, void *data, size_t size)
{
	if (size > TURN_BYTES)
		size = TURN_BYTES;
	if (offset == CXA_HERE)
		return read(fd, data, size);
	return pread(fd, data, size, (off_t)offset);
}

int cxa_descriptor_read(const struct cxa_descriptor *file, uint64_t offset,
			void *data, size_t size, size_t *got,
			struct cxa_error *error)
{
	bool here = offset == CXA_HERE;
	uint8_t *bytes = data;
	ssize_t n;
	int status;

	*got = 0;
	if (!here && (offset > INT64_MAX || size > INT64_MAX - offset))
		return 0; /* no file reaches that far */
	while (*got < size) {
		status = here ? cxa_descriptor_wait(file, POLLIN, error) :
				cxa_descriptor_check(file, error);
		if (status < 0)
			return status;
		n = read_some(file->fd, here ? offset : offset + *got,
			      bytes + *got, size - *got);
		if (n == 0)
			break;
		if (n > 0)
			*got += (size_t)n;
		else if (errno != EINTR && !(here && errno == EAGAIN))
			goto fail;
	}
	return 0;
fail:
	status = cxa_error_set(error, CXA_ERR_IO, "cannot read %s", file->name);
	if (!here)
		cxa_error_at(error, NULL, offset + *got);
	return status;
}

static ssize_t write_some(int fd, uint64_t offset, const void *data,
			  size_t size)
{
	if (size > TURN_BYTES)
		size = TURN_BYTES;
	if (offset == CXA_HERE)
		return write(fd, data, size);
	return pwrite(fd, data, size, (off_t)offset);
}

int cxa_descriptor_write(const struct cxa_descriptor *file, uint64_t offset,
			 const void *data, size_t size,
			 struct cxa_error *error)
{
	bool here = offset == CXA_HERE;
	const uint8_t *bytes = data;
	size_t done = 0;
	ssize_t n;
	int status;

	while (done < size) {
		status = cxa_descriptor_check(file, error);
		if (status < 0)
			return status;
		n = write_some(file->fd, here ? offset : offset + done,
			       bytes + done, size - done);
		if (n > 0) {
			done += (size_t)n;
			continue;
		}
		if (n == 0)
			errno = EIO; /* a device that takes nothing, for ever */
		if (errno == EINTR)
			continue;
		if (errno != EAGAIN)
			return cxa_error_set(error, CXA_ERR_IO,
					     "cannot write %s", file->name);
		status = cxa_descriptor_wait(file, POLLOUT, error);
		if (status < 0)
			return status;
	}
	return 0;
}

/* What a regular file says is final: a second fsync would hide the loss. */
static bool sync_means_nothing(int fd)
{
	int saved = errno;
	struct stat st;
	bool nothing;

	nothing = (saved == EINVAL || saved == ENOTSUP || saved == EROFS) &&
		  fstat(fd, &st) == 0 && !S_ISREG(st.st_mode);
	errno = saved;
	return nothing;
}

int cxa_descriptor_sync(const struct cxa_descriptor *file,
			struct cxa_error *error)
{
	int result;

	do
		result = fsync(file->fd);
	while (result != 0 && errno == EINTR);
	if (result == 0 || sync_means_nothing(file->fd))
		return 0;
	return cxa_error_set(error, CXA_ERR_IO, "cannot make %s durable",
			     file->name);
}

/* --- input ---------------------------------------------------------------- */

/*
 * O_NONBLOCK, so that opening a fifo does not hang where no signal is noticed;
 * reading waits for its writer. A file under a lease wants the opposite.
 */
static int open_file(const char *path, const struct cxa_cancel *cancel)
{
	int flags = O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK;
	int fd;

	for (;;) {
		fd = open(path, flags);
		if (fd < 0 && errno == EWOULDBLOCK && (flags & O_NONBLOCK) != 0)
			flags &= ~O_NONBLOCK;
		else if (fd >= 0 || errno != EINTR ||
			 cxa_cancel_requested(cancel))
			return fd;
	}
}

/* What kind of thing was opened, and how large is it? */
static int look(struct cxa_input *input)
{
	struct stat st;
	off_t size;

	if (fstat(input->fd, &st) != 0)
		return -1;
	input->is_directory = S_ISDIR(st.st_mode);
	if (!S_ISREG(st.st_mode) && !S_ISBLK(st.st_mode))
		return 0;
	if (lseek(input->fd, 0, SEEK_CUR) != 0)
		return 0; /* standard input that somebody has read from */
	size = st.st_size;
	if (S_ISBLK(st.st_mode)) {
		size = lseek(input->fd, 0, SEEK_END);
		if (size < 0 || lseek(input->fd, 0, SEEK_SET) != 0)
			return -1;
	}
	input->seekable = true;
	input->size = (uint64_t)size;
	return 0;
}

int cxa_input_open(struct cxa_input **out, const char *locator,
		   const struct cxa_cancel *cancel, struct cxa_error *error)
{
	bool standard = strcmp(locator, "-") == 0;
	struct cxa_input *input;
	int status;

	*out = NULL;
	input = calloc(1, sizeof(*input));
	if (input == NULL)
		return cxa_error_nomem(error, "an input");
	input->fd = STDIN_FILENO;
	input->cancel = cancel;
	input->name = strdup(standard ? "standard input" : locator);
	if (input->name == NULL) {
		status = cxa_error_nomem(error, "an input");
		goto fail;
	}
	if (!standard) {
		input->fd = open_file(locator, cancel);
		input->owns_fd = input->fd >= 0;
	}
	if (input->fd < 0 || look(input) != 0) {
		if (errno == EINTR)
			status = cxa_error_set(error, CXA_ERR_CANCELLED,
					       "interrupted");
		else
			status = cxa_error_set(error, CXA_ERR_IO,
					       "cannot open %s", input->name);
		goto fail;
	}
	*out = input;
	return 0;
fail:
	cxa_input_close(input);
	return status;
}

int cxa_input_peek(struct cxa_input *input, void *data, size_t size,
		   size_t *got, struct cxa_error *error)
{
	struct cxa_descriptor file = { input->fd, input->name, input->cancel };
	size_t before = input->peeked_size;
	size_t more = 0;
	int status = 0;

	if (size > CXA_PEEK_BYTES)
		size = CXA_PEEK_BYTES;
	if (input->seekable)
		return cxa_input_read_at(input, 0, data, size, got, error);
	if (size > before) /* a second look must not lose what the first saw */
		status = cxa_descriptor_read(&file, CXA_HERE,
					     input->peeked + before,
					     size - before, &more, error);
	input->peeked_size += more;
	*got = input->peeked_size < size ? input->peeked_size : size;
	memcpy(data, input->peeked, *got);
	return status;
}

/* The peeked bytes come before those that are still in the pipe. */
static int read_behind_peeked(struct cxa_input *input,
			      const struct cxa_descriptor *file, void *data,
			      size_t size, size_t *got, struct cxa_error *error)
{
	size_t peeked = input->peeked_size < size ? input->peeked_size : size;
	int status;

	memcpy(data, input->peeked, peeked);
	input->peeked_size -= peeked;
	memmove(input->peeked, input->peeked + peeked, input->peeked_size);
	status = cxa_descriptor_read(file, CXA_HERE, (uint8_t *)data + peeked,
				     size - peeked, got, error);
	*got += peeked;
	return status;
}

int cxa_input_read(struct cxa_input *input, void *data, size_t size,
		   size_t *got, struct cxa_error *error)
{
	struct cxa_descriptor file = { input->fd, input->name, input->cancel };
	uint64_t offset = input->seekable ? input->position : CXA_HERE;
	int status;

	if (offset == 0)
		posix_fadvise(input->fd, 0, 0, POSIX_FADV_SEQUENTIAL);
	if (input->peeked_size != 0)
		status = read_behind_peeked(input, &file, data, size, got,
					    error);
	else
		status = cxa_descriptor_read(&file, offset, data, size, got,
					     error);
	input->position += *got;
	return status;
}

int cxa_input_read_at(const struct cxa_input *input, uint64_t offset,
		      void *data, size_t size, size_t *got,
		      struct cxa_error *error)
{
	struct cxa_descriptor file = { input->fd, input->name, input->cancel };

	if (offset == CXA_HERE) { /* the end of everything, not a pipe */
		*got = 0;
		return 0;
	}
	return cxa_descriptor_read(&file, offset, data, size, got, error);
}

/* Who shares the descriptor finds it where it was: at 0, or it is not seekable. */
uint64_t cxa_input_data(const struct cxa_input *input, uint64_t offset)
{
	off_t data;

	if (offset >= input->size)
		return offset;
	data = lseek(input->fd, (off_t)offset, SEEK_DATA);
	if (data < 0)
		return errno == ENXIO ? input->size : offset;
	lseek(input->fd, 0, SEEK_SET);
	return (uint64_t)data < input->size ? (uint64_t)data : input->size;
}

int cxa_input_on(struct cxa_input **out, int fd, uint64_t size,
		 const char *name, const struct cxa_cancel *cancel,
		 struct cxa_error *error)
{
	struct cxa_input *input = calloc(1, sizeof(*input));

	*out = NULL;
	if (input == NULL || (input->name = strdup(name)) == NULL) {
		free(input);
		return cxa_error_nomem(error, "an input");
	}
	input->fd = fd;
	input->seekable = true;
	input->size = size;
	input->cancel = cancel;
	*out = input;
	return 0;
}

void cxa_input_close(struct cxa_input *input)
{
	if (input == NULL)
		return;
	if (input->owns_fd)
		close(input->fd);
	free(input->name);
	free(input);
}
