/* forge.h - an archive in parts, and written again with all that vouches for it */
#ifndef CXA_FUZZ_FORGE_H
#define CXA_FUZZ_FORGE_H

#include "base/buffer.h"
#include "container/member.h"
#include "random.h"

enum { FORGE_PARTS = 64 };

/**
 * struct forge_part - a member
 * @bytes: of a batch what its frame holds (@framed), of CORTEXARC the Header;
 *         else the member's own. Those of INDEX, B2SUMS and TRAILER are made
 *         when the archive is written.
 */
struct forge_part {
	struct cxa_member member;
	struct cxa_buffer bytes;
	bool framed;
};

/**
 * struct forge - an archive
 * @mtime: of all members
 */
struct forge {
	struct forge_part parts[FORGE_PARTS];
	size_t count;
	uint64_t mtime;
};

/** enum forge_twist - what is put wrong on purpose, all else agreeing with it */
enum forge_twist {
	FORGE_SOUND,
	FORGE_HEADER_BLOCK, /* a byte of a tar header; its checksum holds */
	FORGE_PAX_BLOCK,    /* a byte of a pax record */
	FORGE_PADDING,
	FORGE_STORED,  /* bytes of a frame; its digests hold */
	FORGE_INDEX,   /* a field of INDEX */
	FORGE_SUMS,    /* a byte of B2SUMS; the root hash holds */
	FORGE_SUMS_NAME, /* a line of B2SUMS names another batch */
	FORGE_WITHIN,  /* INDEX and B2SUMS: a batch more, within a member */
	FORGE_TRAILER, /* a field of TRAILER; its digest holds */
	FORGE_FOREIGN, /* as GNU tar packs members, without pax headers */
	FORGE_TWISTS
};

/** forge_read() - as many members as can be read; false: none */
bool forge_read(struct forge *forge, const uint8_t *data, size_t size);

/** forge_write() - append the archive to @out */
void forge_write(const struct forge *forge, enum forge_twist twist,
		 struct fuzz_random *random, struct cxa_buffer *out);

/** forge_order() - parts where they belong, batches numbered from 0 */
void forge_order(struct forge *forge);

/** forge_drop(), forge_insert() - a copy of @part before part @at */
void forge_drop(struct forge *forge, size_t at);
void forge_insert(struct forge *forge, size_t at,
		  const struct forge_part *part);

void forge_release(struct forge *forge);

#endif
