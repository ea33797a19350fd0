/* diff_skip.h - batches that two archives share and that need not be read */
#ifndef CXA_CHECK_DIFF_SKIP_H
#define CXA_CHECK_DIFF_SKIP_H

#include <cortexarc/diff.h>

#include "base/error.h"

/**
 * cxa_diff_skip() - find the batches of the same ids and raw digest
 * @a, @b: the indexes; NULL: no archive, and nothing is skipped
 * @selection: NULL: everything; batches that it cuts are not skipped
 * @a_skip, @b_skip: out: one for each entry, to be freed; NULL: none
 * @summary: the records in them are counted as the same
 * @raw_bytes: out: the sum of the batches' raw sizes
 *
 * Return: 0, CXA_ERR_NOMEM.
 */
int cxa_diff_skip(const Cxa__Index *a, const Cxa__Index *b,
		  const struct cxa_selection *selection, bool **a_skip,
		  bool **b_skip, struct cxa_diff_summary *summary,
		  uint64_t *raw_bytes, struct cxa_error *error);

#endif
