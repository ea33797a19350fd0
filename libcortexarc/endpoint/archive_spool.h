/* archive_spool.h - an archive from a pipe, copied to where it can be read anywhere */
#ifndef CXA_ENDPOINT_ARCHIVE_SPOOL_H
#define CXA_ENDPOINT_ARCHIVE_SPOOL_H

#include "endpoint/context.h"

/**
 * cxa_archive_spool() - copy @input to a spool, through the strict walker
 * @any: or, whatever it is, as it is
 * @input: in: the pipe; out: the spool as a seekable input (the pipe is closed)
 * @spool: out: owns the bytes
 *
 * What is no canonical archive from its first block on is copied as it is (it
 * may be one packed again by another tar). Return: 0, CXA_ERR_CORRUPT (with
 * "the end is missing" where it stops early), CXA_ERR_IO.
 */
int cxa_archive_spool(struct cxa_context *context, bool any,
		      struct cxa_input **input, struct cxa_spool **spool,
		      struct cxa_error *error);

#endif
