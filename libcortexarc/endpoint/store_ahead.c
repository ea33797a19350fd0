/* store_ahead.c - a store's file is fetched from the disk before it is asked for */
#define _DEFAULT_SOURCE 1 /* madvise() */
#include <sys/mman.h>
#include <unistd.h>

#include "endpoint/store.h"

enum { WINDOW_BYTES = 1 << 20 }; /* Linux cuts what it is advised of to as much */

/* What is fetched ahead should still be there when it is read. */
static sqlite3_int64 most_bytes(void)
{
	long pages = sysconf(_SC_PHYS_PAGES);
	long page = sysconf(_SC_PAGESIZE);

	return pages < 0 || page < 0 ? 0 : (sqlite3_int64)pages / 4 * page;
}

static void advise(void *data, size_t size)
{
	for (size_t at = 0; at < size; at += WINDOW_BYTES)
		(void)madvise((uint8_t *)data + at,
			      size - at < WINDOW_BYTES ? size - at :
							 WINDOW_BYTES,
			      MADV_WILLNEED);
}

/*
 * A descriptor of our own would do, but closing it would give up all locks that
 * SQLite holds on the file. So SQLite maps it; nothing is read through the map,
 * where a file that another program cuts would end the process.
 */
void cxa_store_fetch_ahead(const struct cxa_store *store)
{
	sqlite3_int64 none = 0;
	sqlite3_int64 size = 0;
	sqlite3_file *file = NULL;
	void *map = NULL;

	if (sqlite3_file_control(store->database, "main",
				 SQLITE_FCNTL_FILE_POINTER, &file) !=
		    SQLITE_OK ||
	    file == NULL || file->pMethods == NULL ||
	    file->pMethods->iVersion < 3 ||
	    file->pMethods->xFileSize(file, &size) != SQLITE_OK ||
	    size > most_bytes() || size > INT32_MAX)
		return;
	if (file->pMethods->xFileControl(file, SQLITE_FCNTL_MMAP_SIZE,
					 &(sqlite3_int64){ size }) ==
		    SQLITE_OK &&
	    file->pMethods->xFetch(file, 0, (int)size, &map) == SQLITE_OK &&
	    map != NULL) {
		advise(map, (size_t)size);
		file->pMethods->xUnfetch(file, 0, map);
	}
	file->pMethods->xUnfetch(file, 0, NULL);
	file->pMethods->xFileControl(file, SQLITE_FCNTL_MMAP_SIZE, &none);
}
