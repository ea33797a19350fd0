/* spool.c - a temporary file without a name, gone when it is closed */
#define _GNU_SOURCE 1

#include "base/io.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct cxa_spool {
	struct cxa_descriptor file;
	char *folder;
	char *name; /* for messages */
	uint64_t bytes;
};

const char *cxa_spool_folder(const char *folder)
{
	if (folder == NULL)
		folder = secure_getenv("TMPDIR");
	return folder != NULL && folder[0] != '\0' ? folder : "/var/tmp";
}

void cxa_spool_path(struct cxa_buffer *out, const char *folder)
{
	char stem[] = "cortexarc-scratch";
	struct cxa_place place = { -1, stem };
	char name[NAME_MAX + 1];

	cxa_place_hidden(&place, name);
	cxa_buffer_format(out, "%s/%s", cxa_spool_folder(folder), name);
}

/* For a moment it has a name there, where O_TMPFILE is not to be had. */
static int make_unlinked(const char *folder)
{
	int saved;
	char *path;
	int fd;

	if (asprintf(&path, "%s/.cortexarc.XXXXXX", folder) < 0) {
		errno = ENOMEM;
		return -1;
	}
	fd = mkostemp(path, O_CLOEXEC);
	if (fd >= 0 && unlink(path) != 0) {
		saved = errno;
		close(fd);
		errno = saved;
		fd = -1;
	}
	free(path);
	return fd;
}

/* O_EXCL: nobody can give it a name any more. */
static int make_file(const char *folder)
{
	int fd = open(folder, O_TMPFILE | O_EXCL | O_RDWR | O_CLOEXEC, 0600);

	return fd >= 0 ? fd : make_unlinked(folder);
}

/* A person who reads that a disk is full must learn which, and the way out. */
static int explain(const struct cxa_spool *spool, int status,
		   struct cxa_error *error)
{
	if (error == NULL || status != CXA_ERR_IO)
		return status;
	if (error->system_errno == ENOSPC || error->system_errno == EDQUOT)
		cxa_error_hint(error, "temporary files go to %.120s; name a "
			       "folder with more room by TMPDIR or --temp-dir",
			       spool->folder);
	return status;
}

int cxa_spool_open(struct cxa_spool **out, const char *folder,
		   const struct cxa_cancel *cancel, struct cxa_error *error)
{
	struct cxa_spool *spool;
	int status;

	*out = NULL;
	spool = calloc(1, sizeof(*spool));
	if (spool == NULL)
		return cxa_error_nomem(error, "a spool");
	spool->file.fd = -1;
	spool->folder = strdup(cxa_spool_folder(folder));
	if (spool->folder == NULL ||
	    asprintf(&spool->name, "a temporary file in %s",
		     spool->folder) < 0) {
		spool->name = NULL;
		status = cxa_error_nomem(error, "a spool");
		goto fail;
	}
	spool->file = (struct cxa_descriptor){ -1, spool->name, cancel };
	spool->file.fd = make_file(spool->folder);
	if (spool->file.fd < 0) {
		status = explain(spool,
				 cxa_error_set(error, CXA_ERR_IO,
					       "cannot make %s", spool->name),
				 error);
		goto fail;
	}
	*out = spool;
	return 0;
fail:
	cxa_spool_close(spool);
	return status;
}

/* By pwrite, as the position belongs to whom cxa_spool_fd() was given. */
int cxa_spool_append(struct cxa_spool *spool, const void *data, size_t size,
		     uint64_t *offset, struct cxa_error *error)
{
	int status;

	status = cxa_descriptor_write(&spool->file, spool->bytes, data, size,
				      error);
	if (status < 0)
		return explain(spool, status, error);
	if (offset != NULL)
		*offset = spool->bytes;
	spool->bytes += size;
	return 0;
}

uint64_t cxa_spool_bytes(const struct cxa_spool *spool)
{
	return spool->bytes;
}

int cxa_spool_read_at(const struct cxa_spool *spool, uint64_t offset,
		      void *data, size_t size, struct cxa_error *error)
{
	size_t got = 0;
	int status = 0;

	if (offset != CXA_HERE)
		status = cxa_descriptor_read(&spool->file, offset, data, size,
					     &got, error);
	if (status < 0 || got == size)
		return status;
	errno = EIO;
	return cxa_error_set(error, CXA_ERR_IO,
			     "%s has no %zu bytes at %llu", spool->name, size,
			     (unsigned long long)offset);
}

int cxa_spool_fd(const struct cxa_spool *spool)
{
	return spool->file.fd;
}

void cxa_spool_close(struct cxa_spool *spool)
{
	if (spool == NULL)
		return;
	if (spool->file.fd >= 0)
		close(spool->file.fd);
	free(spool->name);
	free(spool->folder);
	free(spool);
}
