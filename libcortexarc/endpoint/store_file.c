/* store_file.c - a file system for SQLite that has one file: an output */
#include "endpoint/store_file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SECTOR_BYTES = 4096 };

/** struct cxa_store_file - @below: what SQLite uses else, for temporary files */
struct cxa_store_file {
	sqlite3_vfs vfs;
	sqlite3_vfs *below;
	struct cxa_output *output;
	struct cxa_error error;
	bool is_registered;
	char name[40];
};

/* What SQLite knows as the open database. */
struct handle {
	sqlite3_file base;
	struct cxa_store_file *file;
};

static struct cxa_store_file *file_of(sqlite3_file *base)
{
	return ((struct handle *)base)->file;
}

/* --- the database --------------------------------------------------------- */

static int file_close(sqlite3_file *base)
{
	(void)base;
	return SQLITE_OK;
}

static int file_read(sqlite3_file *base, void *data, int size,
		     sqlite3_int64 offset)
{
	struct cxa_store_file *file = file_of(base);
	uint64_t end = cxa_output_bytes(file->output);
	uint64_t at = (uint64_t)offset;
	size_t there = 0;

	if (at < end)
		there = end - at < (uint64_t)size ? (size_t)(end - at) :
						    (size_t)size;
	if (there != 0 && cxa_output_read_at(file->output, at, data, there,
					     &file->error) < 0)
		return SQLITE_IOERR_READ;
	if (there == (size_t)size)
		return SQLITE_OK;
	memset((uint8_t *)data + there, 0, (size_t)size - there);
	return SQLITE_IOERR_SHORT_READ;
}

static int file_write(sqlite3_file *base, const void *data, int size,
		      sqlite3_int64 offset)
{
	struct cxa_store_file *file = file_of(base);

	if (cxa_output_write_at(file->output, (uint64_t)offset, data,
				(size_t)size, &file->error) < 0)
		return SQLITE_IOERR_WRITE;
	return SQLITE_OK;
}

/* A database that is being built only grows. */
static int file_truncate(sqlite3_file *base, sqlite3_int64 size)
{
	struct cxa_store_file *file = file_of(base);

	return (uint64_t)size == cxa_output_bytes(file->output) ?
		       SQLITE_OK : SQLITE_IOERR_TRUNCATE;
}

/* Committing the output does it. */
static int file_sync(sqlite3_file *base, int flags)
{
	(void)base;
	(void)flags;
	return SQLITE_OK;
}

static int file_size(sqlite3_file *base, sqlite3_int64 *size)
{
	*size = (sqlite3_int64)cxa_output_bytes(file_of(base)->output);
	return SQLITE_OK;
}

static int file_lock(sqlite3_file *base, int level)
{
	(void)base;
	(void)level;
	return SQLITE_OK;
}

static int file_is_locked(sqlite3_file *base, int *locked)
{
	(void)base;
	*locked = 0;
	return SQLITE_OK;
}

static int file_control(sqlite3_file *base, int operation, void *argument)
{
	(void)base;
	(void)operation;
	(void)argument;
	return SQLITE_NOTFOUND;
}

static int file_sector(sqlite3_file *base)
{
	(void)base;
	return SECTOR_BYTES;
}

static int file_traits(sqlite3_file *base)
{
	(void)base;
	return 0;
}

static const sqlite3_io_methods methods = {
	.iVersion = 1,
	.xClose = file_close,
	.xRead = file_read,
	.xWrite = file_write,
	.xTruncate = file_truncate,
	.xSync = file_sync,
	.xFileSize = file_size,
	.xLock = file_lock,
	.xUnlock = file_lock,
	.xCheckReservedLock = file_is_locked,
	.xFileControl = file_control,
	.xSectorSize = file_sector,
	.xDeviceCharacteristics = file_traits,
};

/* --- the file system -------------------------------------------------------- */

static sqlite3_vfs *below(sqlite3_vfs *vfs)
{
	return ((struct cxa_store_file *)vfs->pAppData)->below;
}

static int vfs_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *base,
		    int flags, int *out_flags)
{
	struct handle *handle = (struct handle *)base;

	if ((flags & SQLITE_OPEN_MAIN_DB) == 0)
		return below(vfs)->xOpen(below(vfs), name, base, flags,
					 out_flags);
	handle->base.pMethods = &methods;
	handle->file = vfs->pAppData;
	if (out_flags != NULL)
		*out_flags = flags;
	return SQLITE_OK;
}

static int vfs_delete(sqlite3_vfs *vfs, const char *name, int sync)
{
	return below(vfs)->xDelete(below(vfs), name, sync);
}

static int vfs_access(sqlite3_vfs *vfs, const char *name, int flags, int *out)
{
	return below(vfs)->xAccess(below(vfs), name, flags, out);
}

static int vfs_full_name(sqlite3_vfs *vfs, const char *name, int size,
			 char *out)
{
	(void)vfs;
	snprintf(out, (size_t)size, "%s", name);
	return SQLITE_OK;
}

static int vfs_random(sqlite3_vfs *vfs, int size, char *out)
{
	return below(vfs)->xRandomness(below(vfs), size, out);
}

static int vfs_sleep(sqlite3_vfs *vfs, int microseconds)
{
	return below(vfs)->xSleep(below(vfs), microseconds);
}

static int vfs_time(sqlite3_vfs *vfs, double *out)
{
	return below(vfs)->xCurrentTime(below(vfs), out);
}

static int vfs_last_error(sqlite3_vfs *vfs, int size, char *out)
{
	return below(vfs)->xGetLastError(below(vfs), size, out);
}

static int larger(int a, size_t b)
{
	return (size_t)a > b ? a : (int)b;
}

/* Each has a file system of its own, known by its address. */
static void describe(struct cxa_store_file *file)
{
	sqlite3_vfs *vfs = &file->vfs;

	snprintf(file->name, sizeof(file->name), "cxa-%p", (void *)file);
	vfs->iVersion = 1;
	vfs->szOsFile = larger(file->below->szOsFile, sizeof(struct handle));
	vfs->mxPathname = file->below->mxPathname;
	vfs->zName = file->name;
	vfs->pAppData = file;
	vfs->xOpen = vfs_open;
	vfs->xDelete = vfs_delete;
	vfs->xAccess = vfs_access;
	vfs->xFullPathname = vfs_full_name;
	vfs->xRandomness = vfs_random;
	vfs->xSleep = vfs_sleep;
	vfs->xCurrentTime = vfs_time;
	vfs->xGetLastError = vfs_last_error;
}

int cxa_store_file_open(struct cxa_store_file **out, struct cxa_store *store,
			struct cxa_output *output, struct cxa_error *error)
{
	struct cxa_store_file *file = calloc(1, sizeof(*file));
	int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE |
		    SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
	int status = 0;

	*out = NULL;
	if (file == NULL)
		return cxa_error_nomem(error, "a store");
	file->output = output;
	file->error.offset = UINT64_MAX;
	if (sqlite3_initialize() == SQLITE_OK)
		file->below = sqlite3_vfs_find(NULL);
	if (file->below == NULL) {
		free(file);
		return cxa_error_nomem(error, "SQLite");
	}
	describe(file);
	file->is_registered = sqlite3_vfs_register(&file->vfs, 0) == SQLITE_OK;
	store->cause = &file->error;
	/* The name is only SQLite's, for a journal that there is not. */
	if (!file->is_registered ||
	    sqlite3_open_v2(file->name, &store->database, flags, file->name) !=
		    SQLITE_OK)
		status = store->database == NULL ?
				 cxa_error_nomem(error, "SQLite") :
				 cxa_store_failed(store, error);
	*out = file;
	return status;
}

void cxa_store_file_close(struct cxa_store_file *file)
{
	if (file == NULL)
		return;
	if (file->is_registered)
		sqlite3_vfs_unregister(&file->vfs);
	free(file);
}
