/* store_writer.h - records into the rows of a store's tables */
#ifndef CXA_ENDPOINT_STORE_WRITER_H
#define CXA_ENDPOINT_STORE_WRITER_H

#include "endpoint/store.h"
#include "endpoint/store_schema.h"

struct cxa_store_writer;

/** cxa_store_writer_open() - for tables that are there already */
int cxa_store_writer_open(struct cxa_store_writer **out,
			  struct cxa_store *store, struct cxa_error *error);

/**
 * cxa_store_writer_put() - a record of @root, one row and those of its lists
 * @data: its canonical encoding
 *
 * Return: 0, CXA_ERR_CORRUPT, CXA_ERR_IO, CXA_ERR_CANCELLED, CXA_ERR_NOMEM.
 */
int cxa_store_writer_put(struct cxa_store_writer *writer, unsigned root,
			 uint64_t id, const uint8_t *data, size_t size,
			 struct cxa_error *error);

void cxa_store_writer_close(struct cxa_store_writer *writer);

#endif
