/* row_sorter.h - places of rows by ascending id, in constant memory */
#ifndef CXA_ENDPOINT_ROW_SORTER_H
#define CXA_ENDPOINT_ROW_SORTER_H

#include "base/error.h"

struct cxa_row_sorter;

/**
 * cxa_row_sorter_open() - a temporary SQLite database, which sorts on disk
 *
 * It is where SQLite puts temporary files: $SQLITE_TMPDIR, $TMPDIR, /var/tmp.
 */
int cxa_row_sorter_open(struct cxa_row_sorter **out, struct cxa_error *error);

/** cxa_row_sorter_add() - Return: 0, CXA_ERR_IO (with SQLite's message) */
int cxa_row_sorter_add(struct cxa_row_sorter *sorter, uint64_t id,
		       uint64_t offset, size_t size, struct cxa_error *error);

/**
 * cxa_row_sorter_sort() - all are added; next() gives them in order
 *
 * Of one id by offset: a row of no bytes is before what stands where it does.
 */
int cxa_row_sorter_sort(struct cxa_row_sorter *sorter, struct cxa_error *error);

/** cxa_row_sorter_next() - Return: 0, CXA_END, CXA_ERR_IO */
int cxa_row_sorter_next(struct cxa_row_sorter *sorter, uint64_t *id,
			uint64_t *offset, size_t *size, struct cxa_error *error);

void cxa_row_sorter_close(struct cxa_row_sorter *sorter);

#endif
