/* preamble.c - the blocks before a member's data: random access, salvage */
#include "container/walker.h"

#include <string.h>

#include "base/bytes.h"
#include "container/tar_block.h"

enum { FILE_HEADER_AT = 2 * CXA_BLOCK_BYTES };

size_t cxa_preamble_bytes(enum cxa_member_kind kind)
{
	return cxa_member_has_digest(kind) ? 3 * CXA_BLOCK_BYTES :
					     CXA_BLOCK_BYTES;
}

uint64_t cxa_preamble_next(uint64_t offset, uint64_t size,
			   enum cxa_member_kind kind)
{
	uint64_t end;

	if (!cxa_add_u64(offset, size, &end) ||
	    end > UINT64_MAX - 4 * CXA_BLOCK_BYTES)
		return 0;
	end += -end & (CXA_BLOCK_BYTES - 1);
	return end + cxa_preamble_bytes(kind);
}

static void encode_preamble(const struct cxa_member *member, uint64_t mtime,
			    uint8_t out[3 * CXA_BLOCK_BYTES])
{
	struct cxa_tar_header header = {
		.type = 'x',
		.size = CXA_TAR_PAX_BYTES,
		.mtime = mtime,
	};

	if (cxa_member_has_digest(member->kind)) {
		cxa_tar_pax_name(header.name, member->name);
		cxa_tar_header_encode(&header, out);
		cxa_tar_digest_encode(&member->digest, out + CXA_BLOCK_BYTES);
		out += FILE_HEADER_AT;
	}
	header.type = '0';
	header.size = member->size;
	memcpy(header.name, member->name, sizeof(header.name));
	cxa_tar_header_encode(&header, out);
}

int cxa_preamble_check(const struct cxa_member *member, uint64_t mtime,
		       const uint8_t *data, struct cxa_error *error)
{
	uint8_t expected[3 * CXA_BLOCK_BYTES];
	size_t size = cxa_preamble_bytes(member->kind);

	if (member->size <= CXA_TAR_NUMBER_MAX && mtime <= CXA_TAR_NUMBER_MAX) {
		encode_preamble(member, mtime, expected);
		if (memcmp(expected, data, size) == 0)
			return 0;
	}
	cxa_error_at(error, member->name, member->offset - size);
	return cxa_error_set(error, CXA_ERR_CORRUPT,
			     "the tar headers before the member are not those "
			     "that the index tells");
}

bool cxa_preamble_find(const uint8_t *block, struct cxa_member *member,
		       uint64_t *mtime)
{
	struct cxa_tar_header header;
	char name[CXA_TAR_NAME];
	bool is_pax;

	if (cxa_tar_header_decode(&header, block) != NULL)
		return false;
	is_pax = header.type == 'x';
	if (!is_pax)
		memcpy(name, header.name, sizeof(name));
	else if (header.size != CXA_TAR_PAX_BYTES ||
		 !cxa_tar_pax_member(name, header.name))
		return false;
	memset(member, 0, sizeof(*member));
	if (!cxa_member_parse(member, name) ||
	    cxa_member_has_digest(member->kind) != is_pax)
		return false;
	*mtime = header.mtime;
	return true;
}
