/* store_file.h - an SQLite database that is written to an output */
#ifndef CXA_ENDPOINT_STORE_FILE_H
#define CXA_ENDPOINT_STORE_FILE_H

#include "endpoint/store.h"

struct cxa_store_file;

/**
 * cxa_store_file_open() - a new, empty database in @output, open in @store
 *
 * SQLite reads and writes through @output, so that the file has no name until
 * it is whole, as any other we make. There are no locks and no journal: nobody
 * else knows the file, and on failure it is dropped. What goes wrong with
 * @output becomes @store's cause.
 */
int cxa_store_file_open(struct cxa_store_file **out, struct cxa_store *store,
			struct cxa_output *output, struct cxa_error *error);

/** cxa_store_file_close() - accepts NULL; after @store is closed */
void cxa_store_file_close(struct cxa_store_file *file);

#endif
