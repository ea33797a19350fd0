/* store_check.h - quick_check of a store, beside the reading of it */
#ifndef CXA_ENDPOINT_STORE_CHECK_H
#define CXA_ENDPOINT_STORE_CHECK_H

#include "endpoint/store.h"

struct cxa_store_check;

/**
 * cxa_store_check_begin() - do the pages of the store at @path fit together?
 *
 * On a worker, through a connection of its own: what was committed meanwhile
 * is looked at, too.
 */
int cxa_store_check_begin(struct cxa_store_check **out,
			  struct cxa_context *context, const char *path,
			  struct cxa_error *error);

/** cxa_store_check_end() - wait for it; Return: as cxa_store_open() */
int cxa_store_check_end(struct cxa_store_check *check, struct cxa_error *error);

/** cxa_store_check_close() - accepts NULL; waits for it, too */
void cxa_store_check_close(struct cxa_store_check *check);

#endif
