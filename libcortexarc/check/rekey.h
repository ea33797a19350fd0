/* rekey.h - records whose keys have changed, sorted by the new ones, on disk */
#ifndef CXA_CHECK_REKEY_H
#define CXA_CHECK_REKEY_H

#include "endpoint/context.h"
#include "record/batch.h"

struct cxa_rekey;

int cxa_rekey_open(struct cxa_rekey **out, struct cxa_context *context,
		   enum cxa_collection collection, struct cxa_error *error);

/**
 * cxa_rekey_add() - the records of @after, which came from those of @before
 *
 * Return: 0, CXA_ERR_IO, CXA_ERR_NOMEM.
 */
int cxa_rekey_add(struct cxa_rekey *rekey, const struct cxa_batch *before,
		  const struct cxa_batch *after, struct cxa_error *error);

/** cxa_rekey_sort() - all are added; next() gives them in order */
int cxa_rekey_sort(struct cxa_rekey *rekey, struct cxa_error *error);

/**
 * cxa_rekey_next() - Return: 0, CXA_END, CXA_ERR_CORRUPT (two records that have
 * the same key now, named by the keys they had), CXA_ERR_IO, CXA_ERR_NOMEM
 */
int cxa_rekey_next(struct cxa_rekey *rekey, struct cxa_batch **batch,
		   struct cxa_error *error);

/** cxa_rekey_close() - accepts NULL */
void cxa_rekey_close(struct cxa_rekey *rekey);

#endif
