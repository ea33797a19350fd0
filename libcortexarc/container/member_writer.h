/* member_writer.h - members into a tar, through libarchive and the walker */
#ifndef CXA_CONTAINER_MEMBER_WRITER_H
#define CXA_CONTAINER_MEMBER_WRITER_H

#include "base/error.h"
#include "container/member.h"

struct cxa_member_writer;

/**
 * cxa_member_writer_open() - begin a tar
 * @mtime: seconds since the epoch, 0 to 8^11 - 1, of every member
 * @write: takes the bytes in order; returns 0 or a negative status with
 *         @error set, which ends the writing with that status
 */
int cxa_member_writer_open(struct cxa_member_writer **out, uint64_t mtime,
			   int (*write)(void *state, const void *data,
					size_t size, struct cxa_error *error),
			   void *state, struct cxa_error *error);

/**
 * cxa_member_writer_add() - one member, whole
 * @member: kind, collection and number say its name; has_digest and digest its
 *          pax header; in: size, out: offset
 *
 * Every block goes through the strict walker before it is written: what this
 * writer emits and the walker refuses is CXA_ERR_CORRUPT, and not written.
 */
int cxa_member_writer_add(struct cxa_member_writer *writer,
			  struct cxa_member *member, const void *data,
			  struct cxa_error *error);

/** cxa_member_writer_finish() - the two zero blocks, nothing behind them */
int cxa_member_writer_finish(struct cxa_member_writer *writer,
			     struct cxa_error *error);

/** cxa_member_writer_close() - accepts NULL; writes nothing */
void cxa_member_writer_close(struct cxa_member_writer *writer);

#endif
