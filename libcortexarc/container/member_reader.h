/* member_reader.h - members front to back, from a file or a pipe */
#ifndef CXA_CONTAINER_MEMBER_READER_H
#define CXA_CONTAINER_MEMBER_READER_H

#include "base/buffer.h"
#include "base/error.h"
#include "base/io.h"
#include "container/walker.h"

struct cxa_member_reader;

/**
 * cxa_member_reader_open() - read @input from where it stands (its start)
 * @limits: filled, and there as long as the reader is; NULL: the defaults
 */
int cxa_member_reader_open(struct cxa_member_reader **out,
			   struct cxa_input *input,
			   const struct cxa_limits *limits,
			   struct cxa_error *error);

/**
 * cxa_member_reader_next() - the next member and all of its data
 * @member: out
 * @data: out: replaced by the member's data; its digest is NOT checked here
 *
 * Return: 0; CXA_END after the trailer and the two zero blocks; CXA_ERR_CORRUPT
 * (not canonical, out of order, cut: then the error's message says that the end
 * is missing); CXA_ERR_LIMIT; CXA_ERR_IO. After CXA_ERR_CORRUPT,
 * cxa_member_reader_resync() may go on.
 *
 * The error's offset is that of the damaged member's first header block, and
 * its member is "" where the damage leaves no name that can stand there. Where
 * only the padding is damaged, its offset lies in the padding, and *member and
 * *data are as without the damage.
 */
int cxa_member_reader_next(struct cxa_member_reader *reader,
			   struct cxa_member *member, struct cxa_buffer *data,
			   struct cxa_error *error);

/**
 * cxa_member_reader_resync() - find the next member behind damage
 * @skipped: out: bytes from the damage's offset to the member found, or to
 *           the end; 0 where it stood in what was read as the data of the
 *           member before (blocks were lost)
 *
 * Looks, from the block behind the one where the damaged member's headers
 * began (from behind damaged padding), block by block for canonical headers
 * (cxa_preamble_find()) with the time of those before the damage.
 * Return: 0 a member was found: next() reads it; CXA_END: none; CXA_ERR_IO.
 */
int cxa_member_reader_resync(struct cxa_member_reader *reader,
			     uint64_t *skipped, struct cxa_error *error);

/**
 * cxa_member_reader_tail() - what stands behind CXA_END
 * @zeros: out: zero bytes behind it
 *
 * Return: 0 (none: *zeros is 0), CXA_ERR_CORRUPT (anything else, or more than
 * 1 MiB), CXA_ERR_IO.
 */
int cxa_member_reader_tail(struct cxa_member_reader *reader, uint64_t *zeros,
			   struct cxa_error *error);

/** cxa_member_reader_offset() - bytes of the input consumed so far */
uint64_t cxa_member_reader_offset(const struct cxa_member_reader *reader);

void cxa_member_reader_close(struct cxa_member_reader *reader);

#endif
