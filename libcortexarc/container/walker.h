/* walker.h - the strict reading of the tar: one canonical form, nothing else */
#ifndef CXA_CONTAINER_WALKER_H
#define CXA_CONTAINER_WALKER_H

#include "base/error.h"
#include "container/member.h"

enum { CXA_BLOCK_BYTES = 512 };

enum cxa_walk_event {
	CXA_WALK_MORE,    /* all bytes used, nothing to tell */
	CXA_WALK_MEMBER,  /* the member's headers are complete; data follows */
	CXA_WALK_DATA,    /* the bytes used are the member's data */
	CXA_WALK_DONE,    /* the member's data and padding are complete */
	CXA_WALK_END      /* TRAILER and two zero blocks are complete */
};

/**
 * struct cxa_walker - where the walk is; private but for what is said
 * @member: of the last CXA_WALK_MEMBER
 * @offset: bytes consumed so far
 * @start: offset of the first header block of the last member begun; what an
 *         error in a header tells
 * @mtime: seconds, from the first header; every other must have it too
 */
struct cxa_walker {
	struct cxa_member member;
	struct cxa_member pending;
	uint64_t offset;
	uint64_t start;
	uint64_t mtime;
	uint64_t data_left;
	uint32_t padding_left;
	uint32_t block_used;
	int state;
	bool has_member;
	bool has_mtime;
	bool any_order;
	uint8_t block[CXA_BLOCK_BYTES];
};

void cxa_walker_init(struct cxa_walker *walker);

/**
 * cxa_walker_feed() - consume bytes up to the next event
 * @used: out: bytes consumed, at least 1 unless @size is 0 or the event is
 *        one that needs none (CXA_WALK_DONE)
 *
 * Checks every byte that no digest covers: headers (exactly the canonical
 * block), the pax header (exactly 105 bytes and zeros), padding, order of
 * members, the end. After CXA_WALK_END any byte is an error.
 *
 * Return: 0, CXA_ERR_CORRUPT (its offset and, as far as known, member). Sticky.
 */
int cxa_walker_feed(struct cxa_walker *walker, const uint8_t *data, size_t size,
		    size_t *used, enum cxa_walk_event *event,
		    struct cxa_error *error);

enum { CXA_TAIL_MAX = 1 << 20 }; /* zeros behind the end that are let pass */

/** cxa_walker_at_end() - has CXA_WALK_END been told? */
bool cxa_walker_at_end(const struct cxa_walker *walker);

/**
 * cxa_walker_resume() - go on at a member found behind damage
 * @offset: of its first header block in the file
 * @mtime: what the headers have
 *
 * The next member may be any; order is checked from there on.
 */
void cxa_walker_resume(struct cxa_walker *walker, uint64_t offset,
		       uint64_t mtime);

/**
 * cxa_preamble_bytes() - of the blocks before a member's data: 512, or 1536
 * with a pax header
 */
size_t cxa_preamble_bytes(enum cxa_member_kind kind);

/**
 * cxa_preamble_next() - where the data of a member of @kind begins that stands
 * behind one of @size bytes at @offset
 *
 * Return: 0 where that is past what 64 bits hold.
 */
uint64_t cxa_preamble_next(uint64_t offset, uint64_t size,
			   enum cxa_member_kind kind);

/**
 * cxa_preamble_check() - are these blocks the canonical ones of @member?
 * @data: cxa_preamble_bytes(member->kind) bytes that stand before its data
 *
 * For random access: name, size and digest are those INDEX tells.
 * Return: 0, CXA_ERR_CORRUPT.
 */
int cxa_preamble_check(const struct cxa_member *member, uint64_t mtime,
		       const uint8_t *data, struct cxa_error *error);

/**
 * cxa_preamble_find() - is there a canonical first header block here?
 * @block: 512 bytes
 *
 * For going on behind damage: a canonical `x` header, or for a member that has
 * none a file header, whose name is a member's.
 * Return: true, with *member's name parts and *mtime.
 */
bool cxa_preamble_find(const uint8_t *block, struct cxa_member *member,
		       uint64_t *mtime);

#endif
