/* whole.h - concepts with their embeddings beside them: a merge of two readers */
#ifndef CXA_ENDPOINT_WHOLE_H
#define CXA_ENDPOINT_WHOLE_H

#include "endpoint/source.h"

struct cxa_whole;

int cxa_whole_open(struct cxa_whole **out, struct cxa_source *source,
		   uint64_t first_id, uint64_t last_id,
		   struct cxa_error *error);

/**
 * cxa_whole_next() - a batch of concepts, embeddings set
 *
 * An embedding of no concept has no place in what wants whole concepts: it is
 * CXA_ERR_FORMAT, so that none is dropped unseen. Return: 0, CXA_END, an error.
 */
int cxa_whole_next(struct cxa_whole *whole, struct cxa_batch **batch,
		   struct cxa_error *error);

void cxa_whole_close(struct cxa_whole *whole);

#endif
