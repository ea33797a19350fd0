/* store_reader.h - a store's rows as records, by ascending id */
#ifndef CXA_ENDPOINT_STORE_READER_H
#define CXA_ENDPOINT_STORE_READER_H

#include "endpoint/store.h"
#include "endpoint/store_schema.h"

struct cxa_store_reader;

/**
 * cxa_store_reader_open() - the records of a root with ids @first to @last
 *
 * One ordered scan of each of its tables, joined as they go. Several readers
 * may be open on one store.
 */
int cxa_store_reader_open(struct cxa_store_reader **out,
			  struct cxa_store *store, unsigned root,
			  uint64_t first, uint64_t last,
			  struct cxa_error *error);

/**
 * cxa_store_reader_next() - append the next record's canonical encoding
 *
 * Return: 0, CXA_END, CXA_ERR_CORRUPT (naming table, row and column),
 * CXA_ERR_LIMIT, CXA_ERR_IO, CXA_ERR_CANCELLED, CXA_ERR_NOMEM.
 */
int cxa_store_reader_next(struct cxa_store_reader *reader,
			  struct cxa_buffer *out, uint64_t *id,
			  struct cxa_error *error);

void cxa_store_reader_close(struct cxa_store_reader *reader);

#endif
