/* preamble.c - the blocks before a member's data, compared and found */
#include "container/tar_block.h"
#include "walk.h"

static struct fixture fixture;

static void preambles_are_compared(void)
{
	struct cxa_member *member = fixture_member(&fixture, "concepts/00000001.pb.zst");
	size_t size = cxa_preamble_bytes(member->kind);
	uint8_t *preamble = fixture.file.data + member->offset - size;
	struct cxa_error error = CXA_ERROR_INIT;
	struct cxa_member other = *member;
	uint64_t unseen = 0;

	for (size_t bit = 0; bit < size * 8; bit++) {
		preamble[bit / 8] ^= (uint8_t)(1 << (bit % 8));
		unseen += cxa_preamble_check(member, FIXTURE_MTIME, preamble,
					     NULL) != CXA_ERR_CORRUPT;
		preamble[bit / 8] ^= (uint8_t)(1 << (bit % 8));
	}
	is_uint(unseen, 0, "no bit of a preamble may differ");
	other.size++;
	is_int(cxa_preamble_check(&other, FIXTURE_MTIME, preamble, &error),
	       CXA_ERR_CORRUPT, "nor what the index tells");
	is_str(error.member, member->name, "the member is named");
	is_uint(error.offset, member->offset - size, "and where it begins");
	other.size = UINT64_MAX;
	is_int(cxa_preamble_check(&other, FIXTURE_MTIME, preamble, NULL),
	       CXA_ERR_CORRUPT, "a size no header holds is refused");
	is_int(cxa_preamble_check(member, FIXTURE_MTIME + 1, preamble, NULL),
	       CXA_ERR_CORRUPT, "so is another time");
	is_int(cxa_preamble_check(member, FIXTURE_MTIME, preamble, NULL), 0,
	       "the right one is accepted");
}

static void first_header_blocks_are_found(void)
{
	struct cxa_member member;
	uint64_t found = 0;
	uint64_t mtime = 0;

	for (size_t at = 0; at < fixture.file.size; at += CXA_BLOCK_BYTES) {
		if (!cxa_preamble_find(fixture.file.data + at, &member, &mtime))
			continue;
		if (found < fixture.count &&
		    strcmp(member.name, fixture.members[found].name) == 0 &&
		    at + cxa_preamble_bytes(member.kind) ==
			    fixture.members[found].offset &&
		    mtime == FIXTURE_MTIME)
			found++;
	}
	is_uint(found, fixture.count,
		"each member's first header block is found, and no other");
}

static void members_stand_behind_each_other(void)
{
	bool all = true;

	for (size_t i = 1; i < fixture.count; i++)
		all = all && cxa_preamble_next(fixture.members[i - 1].offset,
					       fixture.members[i - 1].size,
					       fixture.members[i].kind) ==
				     fixture.members[i].offset;
	ok(all, "where the next member stands can be computed");
	is_uint(cxa_preamble_next(UINT64_MAX - 512, 1, CXA_MEMBER_BATCH), 0,
		"but not past 64 bits");
	is_uint(cxa_preamble_next(512, UINT64_MAX, CXA_MEMBER_BATCH), 0,
		"nor by a size past them");
}

/* The preamble of a batch of @size, as the walker would want it. */
static int check_encoded(uint64_t size, uint64_t mtime)
{
	struct cxa_tar_header header = { .type = 'x', .mtime = mtime,
					 .size = CXA_TAR_PAX_BYTES };
	struct cxa_member member = { .offset = 3 * CXA_BLOCK_BYTES };
	uint8_t preamble[3 * CXA_BLOCK_BYTES];

	cxa_member_parse(&member, "concepts/00000000.pb.zst");
	member.size = size;
	cxa_tar_pax_name(header.name, member.name);
	cxa_tar_header_encode(&header, preamble);
	cxa_tar_digest_encode(&member.digest, preamble + CXA_BLOCK_BYTES);
	header.type = '0';
	header.size = size;
	memcpy(header.name, member.name, sizeof(header.name));
	cxa_tar_header_encode(&header, preamble + 2 * CXA_BLOCK_BYTES);
	return cxa_preamble_check(&member, mtime, preamble, NULL);
}

/* What is past it would be cut to its lowest digits when encoded. */
static void numbers_have_eleven_digits(void)
{
	is_int(check_encoded(UINT64_C(8589934591), 1), 0,
	       "a size of 11 octal digits is accepted");
	is_int(check_encoded(UINT64_C(8589934592), 1), CXA_ERR_CORRUPT,
	       "the next is refused");
	is_int(check_encoded(1, UINT64_C(8589934591)), 0,
	       "a time of 11 octal digits is accepted");
	is_int(check_encoded(1, UINT64_C(8589934592)), CXA_ERR_CORRUPT,
	       "the next is refused");
}

static void the_longest_names_have_no_pax_name(void)
{
	char name[CXA_TAR_NAME];
	char member[CXA_TAR_NAME] = "";

	memset(member, 'a', 89);
	cxa_tar_pax_name(name, member);
	is_uint(strlen(name), 99, "a name of 89 bytes has one for its pax header");
	member[89] = 'a';
	cxa_tar_pax_name(name, member);
	is_str(name, "", "one of 90 has none");
}

int main(void)
{
	fixture_build(&fixture, FIXTURE_MTIME);
	preambles_are_compared();
	first_header_blocks_are_found();
	members_stand_behind_each_other();
	numbers_have_eleven_digits();
	the_longest_names_have_no_pax_name();
	fixture_release(&fixture);
	return done_testing();
}
