/* walker.c - the strict reading of the tar: what it refuses, what it tells */
#include "walk.h"

static struct fixture fixture;

/* Is the byte at @at some member's data, or a digit of its digest? */
static bool is_content(size_t at)
{
	for (size_t i = 0; i < fixture.count; i++) {
		const struct cxa_member *member = &fixture.members[i];
		uint64_t digits = member->offset - 1024 + 40;

		if (at >= member->offset && at < member->offset + member->size)
			return true;
		if (member->has_digest && at >= digits &&
		    at < digits + CXA_DIGEST_HEX)
			return true;
	}
	return false;
}

/* --- refusals: damage ------------------------------------------------ */

static void every_flipped_bit_is_refused(void)
{
	struct cxa_buffer *file = &fixture.file;
	uint64_t flips = 0;
	uint64_t unseen = 0;
	uint64_t walker_unseen = 0;
	struct walk walk;

	for (size_t bit = 0; bit < file->size * 8; bit++) {
		uint8_t mask = (uint8_t)(1 << (bit % 8));

		file->data[bit / 8] ^= mask;
		flips++;
		if (is_content(bit / 8)) {
			unseen += is_sound(file->data, file->size);
		} else {
			walk_bytes(&walk, file->data, file->size, file->size);
			walker_unseen += walk.status != CXA_ERR_CORRUPT;
		}
		file->data[bit / 8] ^= mask;
	}
	printf("# %" PRIu64 " bits\n", flips);
	is_uint(walker_unseen, 0, "the walker refuses every flipped bit of "
				  "headers, padding and the end");
	is_uint(unseen, 0, "the digests show every flipped bit of data and of themselves");
}

static void every_truncation_is_seen(void)
{
	uint64_t unseen = 0;
	struct walk walk;

	for (size_t size = 0; size < fixture.file.size; size++) {
		walk_bytes(&walk, fixture.file.data, size, 4096);
		unseen += walk.status == 0 && walk.at_end;
	}
	is_uint(unseen, 0, "no cut archive comes to its end");
}

static void inserted_and_deleted_bytes_are_seen(void)
{
	struct cxa_buffer *file = &fixture.file;
	uint8_t *copy = malloc(file->size + 1);
	uint64_t unseen = 0;

	for (size_t at = 0; at <= file->size; at++) {
		memcpy(copy, file->data, at);
		copy[at] = at == 0 ? 0 : file->data[at - 1];
		memcpy(copy + at + 1, file->data + at, file->size - at);
		unseen += is_sound(copy, file->size + 1);
		if (at == file->size)
			break;
		memcpy(copy + at, file->data + at + 1, file->size - at - 1);
		unseen += is_sound(copy, file->size - 1);
	}
	is_uint(unseen, 0, "a byte inserted or deleted anywhere is seen");
	free(copy);
}

/* Blocks dropped, doubled, swapped with the next, zeroed. */
static void moved_blocks_are_seen(void)
{
	struct cxa_buffer *file = &fixture.file;
	size_t blocks = file->size / CXA_BLOCK_BYTES;
	uint8_t *copy = malloc(file->size + CXA_BLOCK_BYTES);
	uint64_t unseen[4] = { 0 };

	for (size_t i = 0; i < blocks; i++) {
		size_t at = i * CXA_BLOCK_BYTES;
		size_t next = at + CXA_BLOCK_BYTES;
		const uint8_t *block = file->data + at;

		memcpy(copy, file->data, at);
		memcpy(copy + at, file->data + next, file->size - next);
		unseen[0] += is_sound(copy, file->size - CXA_BLOCK_BYTES);

		memcpy(copy, file->data, next);
		memcpy(copy + next, block, file->size - at);
		unseen[1] += is_sound(copy, file->size + CXA_BLOCK_BYTES);

		memcpy(copy, file->data, file->size);
		if (i + 1 < blocks) {
			memcpy(copy + at, file->data + next, CXA_BLOCK_BYTES);
			memcpy(copy + next, block, CXA_BLOCK_BYTES);
			if (memcmp(copy, file->data, file->size) != 0)
				unseen[2] += is_sound(copy, file->size);
		}

		memcpy(copy, file->data, file->size);
		memset(copy + at, 0, CXA_BLOCK_BYTES);
		if (memcmp(copy, file->data, file->size) != 0)
			unseen[3] += is_sound(copy, file->size);
	}
	is_uint(unseen[0], 0, "a dropped block is seen");
	is_uint(unseen[1], 0, "a doubled block is seen");
	is_uint(unseen[2], 0, "two blocks swapped are seen");
	is_uint(unseen[3], 0, "a zeroed block is seen");
	free(copy);
}

/* Padding and the two zero blocks: an error names the member they follow. */
static void damaged_padding_names_its_member(void)
{
	struct cxa_member *member = fixture_member(&fixture, "columns/00000000.pb.zst");
	size_t at = (size_t)(member->offset + member->size + 100);
	struct walk walk;

	fixture.file.data[at] = 1;
	walk_bytes(&walk, fixture.file.data, fixture.file.size, 512);
	fixture.file.data[at] = 0;
	is_str(walk.error.member, member->name,
	       "damaged padding names the member it follows");
	is_uint(walk.error.offset, at, "and the byte");
}

static void damaged_headers_name_their_member(void)
{
	struct cxa_member *member = fixture_member(&fixture, "concepts/00000001.pb.zst");
	static const struct {
		size_t at;         /* from the first header block */
		const char *named; /* the member, where it can be known */
		const char *claim;
	} cases[] = {
		{ 0, "", "a damaged name names none" },
		{ 130, "concepts/00000001.pb.zst",
		  "a damaged number names the member" },
		{ 400, "concepts/00000001.pb.zst",
		  "so do bytes where zeros stand" },
		{ 512 + 60, "concepts/00000001.pb.zst",
		  "a damaged digest names the member" },
		{ 1024 + 3, "concepts/00000001.pb.zst",
		  "a damaged second name too" },
	};
	uint64_t start = member->offset - 1536;
	struct walk walk;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint8_t *byte = &fixture.file.data[start + cases[i].at];

		*byte ^= 0x80;
		walk_bytes(&walk, fixture.file.data, fixture.file.size, 4096);
		*byte ^= 0x80;
		is_str(walk.error.member, cases[i].named, cases[i].claim);
		is_uint(walk.error.offset, start,
			"the offset is that of the first header block");
	}
}

static void bytes_behind_the_end_are_refused(void)
{
	size_t size = fixture.file.size;
	uint8_t *copy = malloc(size + CXA_BLOCK_BYTES);
	struct walk walk;

	memcpy(copy, fixture.file.data, size);
	memset(copy + size, 0, CXA_BLOCK_BYTES);
	walk_bytes(&walk, copy, size + 1, 1000);
	is_int(walk.status, CXA_ERR_CORRUPT, "one byte behind the end");
	walk_bytes(&walk, copy, size + CXA_BLOCK_BYTES, 512);
	is_int(walk.status, CXA_ERR_CORRUPT, "a zero block behind the end");
	is_uint(walk.error.offset, size, "and where it begins is told");
	free(copy);
}

/* --- refusals: other tars, with sound checksums ---------------------- */

static void put_checksum(uint8_t *block)
{
	unsigned sum = 0;

	memset(block + 148, ' ', 8);
	for (int i = 0; i < CXA_BLOCK_BYTES; i++)
		sum += block[i];
	snprintf((char *)block + 148, 8, "%06o", sum & 0777777);
	block[155] = ' ';
}

/* What a hostile or other tar may put into the file header of a batch. */
static void other_headers_are_refused(void)
{
	static const struct {
		const char *claim;
		size_t at;
		const char *bytes;
		size_t size;
	} cases[] = {
		{ "an old tar's type", 156, "\0", 1 },
		{ "a hard link", 156, "1", 1 },
		{ "a symbolic link", 156, "2", 1 },
		{ "a device", 156, "3", 1 },
		{ "a folder", 156, "5", 1 },
		{ "a contiguous file", 156, "7", 1 },
		{ "a global header", 156, "g", 1 },
		{ "a second pax header", 156, "x", 1 },
		{ "a GNU long name", 156, "L", 1 },
		{ "a GNU long link", 156, "K", 1 },
		{ "a GNU sparse file", 156, "S", 1 },
		{ "a GNU volume label", 156, "V", 1 },
		{ "a base-256 size", 124, "\x80\0\0\0\0\0\0\0\0\0\x02\xbc", 12 },
		{ "a negative size", 124, "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", 12 },
		{ "a size with spaces", 124, "       1274 ", 12 },
		{ "a size that ends with NUL", 124, "00000001274\0", 12 },
		{ "a size with an 8", 124, "00000001278 ", 12 },
		{ "another mode", 100, "000755 \0", 8 },
		{ "another owner", 108, "000001 \0", 8 },
		{ "another group", 116, "000001 \0", 8 },
		{ "another time", 136, "14524770401 ", 12 },
		{ "a link name", 157, "x", 1 },
		{ "GNU's magic", 257, "ustar  \0", 8 },
		{ "another version", 263, "01", 2 },
		{ "an owner's name", 265, "root", 4 },
		{ "a group's name", 297, "root", 4 },
		{ "a device number", 329, "000001 \0", 8 },
		{ "no device number", 329, "\0\0\0\0\0\0\0\0", 8 },
		{ "a name in the prefix field", 345, "concepts", 8 },
		{ "a byte behind the fields", 511, "x", 1 },
		{ "an absolute name", 0, "/concepts/00000000.pb.zst", 26 },
		{ "a name from the folder above", 0, "../concepts/00000000.pb.zst", 28 },
		{ "a name from this folder", 0, "./concepts/00000000.pb.zst", 27 },
		{ "another member's name", 0, "concepts/00000001.pb.zst", 25 },
		{ "upper case", 0, "CONCEPTS/00000000.pb.zst", 25 },
		{ "a name behind a NUL", 0, "concepts/00000000.pb.zst\0x", 26 },
		{ "a NUL in the name", 0, "concepts\00000000000.pb.zst", 25 },
		{ "a name of 100 bytes", 0,
		  "concepts/00000000.pb.zstxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
		  "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", 100 },
	};
	struct cxa_member *member = fixture_member(&fixture, "concepts/00000000.pb.zst");
	uint8_t *block = fixture.file.data + member->offset - CXA_BLOCK_BYTES;
	uint8_t saved[CXA_BLOCK_BYTES];
	struct walk walk;

	memcpy(saved, block, sizeof(saved));
	put_checksum(block);
	ok(memcmp(saved, block, sizeof(saved)) == 0,
	   "the test's own checksum is the canonical one");
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		memcpy(block + cases[i].at, cases[i].bytes, cases[i].size);
		put_checksum(block);
		walk_bytes(&walk, fixture.file.data, fixture.file.size, 4096);
		ok(walk.status == CXA_ERR_CORRUPT &&
		   walk.error.offset == member->offset - 1536 &&
		   strcmp(walk.error.member, member->name) == 0,
		   "%s is refused: %s", cases[i].claim, walk.error.message);
		memcpy(block, saved, sizeof(saved));
	}
}

static void other_pax_headers_are_refused(void)
{
	static const char *const records[] = {
		"",
		"104 SCHILY.xattr.user.cortexarc.blake2b=%s\n",
		"106 SCHILY.xattr.user.cortexarc.blake2b=%s\n",
		"105 SCHILY.xattr.user.cortexarc.blake2c=%s\n",
		"105 SCHILY.xattr.user.cortexarc.blake2b=%s ",
		"105 LIBARCHIVE.xattr.user.cortexarc.bla=%s\n",
		"105 SCHILY.xattr.user.cortexarc.blake2b=%s\n12 size=100\n",
		"12 size=100\n105 SCHILY.xattr.user.cortexarc.blake2b=%s\n",
		"11 path=abc\n94 SCHILY.xattr.user.cortexarc=%s\n",
	};
	struct cxa_member *member = fixture_member(&fixture, "concepts/00000000.pb.zst");
	uint8_t *block = fixture.file.data + member->offset - 1024;
	uint8_t saved[CXA_BLOCK_BYTES];
	char hex[65];
	struct walk walk;

	memcpy(saved, block, sizeof(saved));
	cxa_digest_hex(&member->digest, hex);
	for (size_t i = 0; i < sizeof(records) / sizeof(records[0]); i++) {
		memset(block, 0, CXA_BLOCK_BYTES);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
		snprintf((char *)block, CXA_BLOCK_BYTES, records[i], hex);
#pragma GCC diagnostic pop
		walk_bytes(&walk, fixture.file.data, fixture.file.size, 4096);
		ok(walk.status == CXA_ERR_CORRUPT,
		   "pax record %zu of another form is refused", i);
	}
	memcpy(block, saved, sizeof(saved));
	for (size_t i = 0; i < 64; i++) {
		if (block[40 + i] < 'a')
			continue;
		block[40 + i] = (uint8_t)(block[40 + i] - 'a' + 'A');
		break;
	}
	walk_bytes(&walk, fixture.file.data, fixture.file.size, 4096);
	is_int(walk.status, CXA_ERR_CORRUPT,
	       "a digest with an upper case digit is refused");
	memcpy(block, saved, sizeof(saved));
}

/* What the header before the record says; the record itself is as it should. */
static void other_headers_of_pax_are_refused(void)
{
	static const struct {
		const char *claim;
		size_t at;
		const char *bytes;
		size_t size;
	} cases[] = {
		{ "a pax header of 104 bytes", 124, "00000000150 ", 12 },
		{ "a pax header of 106 bytes", 124, "00000000152 ", 12 },
		{ "a pax header of none", 124, "00000000000 ", 12 },
		{ "a pax header under the member's own name", 0,
		  "concepts/00000000.pb.zst\0\0\0\0\0\0\0\0\0\0", 34 },
		{ "a pax header in another folder", 0,
		  "PaxHeader/concepts/00000000.pb.zst", 34 },
	};
	struct cxa_member *member = fixture_member(&fixture, "concepts/00000000.pb.zst");
	uint8_t *block = fixture.file.data + member->offset - 1536;
	uint8_t saved[CXA_BLOCK_BYTES];
	struct cxa_member found;
	uint64_t mtime;
	struct walk walk;

	memcpy(saved, block, sizeof(saved));
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		memcpy(block + cases[i].at, cases[i].bytes, cases[i].size);
		put_checksum(block);
		walk_bytes(&walk, fixture.file.data, fixture.file.size, 4096);
		ok(walk.status == CXA_ERR_CORRUPT &&
		   walk.error.offset == member->offset - 1536,
		   "%s is refused: %s", cases[i].claim, walk.error.message);
		ok(!cxa_preamble_find(block, &found, &mtime),
		   "nor is it taken for one behind damage");
		memcpy(block, saved, sizeof(saved));
	}
}

/* --- refusals: canonical blocks in the wrong place ------------------- */

/* Append a member of @size zero bytes as the canonical form has it. */
static void put_member(struct cxa_buffer *file, const char *name, size_t size,
		       bool with_pax, uint64_t mtime)
{
	struct cxa_tar_header header = { .mtime = mtime };
	uint8_t blocks[3 * CXA_BLOCK_BYTES];
	struct cxa_digest digest = { { 0 } };
	size_t padded = (size + 511) / 512 * 512;

	header.type = 'x';
	header.size = CXA_TAR_PAX_BYTES;
	cxa_tar_pax_name(header.name, name);
	cxa_tar_header_encode(&header, blocks);
	cxa_tar_digest_encode(&digest, blocks + 512);
	header.type = '0';
	header.size = size;
	memset(header.name, 0, sizeof(header.name));
	memcpy(header.name, name, strlen(name));
	cxa_tar_header_encode(&header, blocks + 1024);
	if (with_pax)
		cxa_buffer_append(file, blocks, sizeof(blocks));
	else
		cxa_buffer_append(file, blocks + 1024, 512);
	memset(cxa_buffer_room(file, padded + 1), 0, padded + 1);
	file->size += padded;
}

static void wrong_places_are_refused(void)
{
	/* A member a word: '-' before it: no pax header; '+': with one;
	 * '@' another time; '#': 512 bytes of data, '$': 2^20 + 1. */
	static const struct {
		const char *claim;
		const char *members;
		bool accepted;
	} cases[] = {
		{ "the order of an archive is accepted",
		  "-CORTEXARC +schema.pb +concepts/00000000.pb.zst +INDEX.pb.zst "
		  "-B2SUMS #TRAILER -", true },
		{ "no batches at all are accepted",
		  "-CORTEXARC +schema.pb +INDEX.pb.zst -B2SUMS #TRAILER -", true },
		{ "nothing but the end is refused", "-", false },
		{ "the end before TRAILER is refused",
		  "-CORTEXARC +schema.pb -", false },
		{ "schema.pb first is refused", "+schema.pb", false },
		{ "a member twice is refused",
		  "-CORTEXARC +schema.pb +schema.pb", false },
		{ "a gap in the numbers is refused",
		  "-CORTEXARC +schema.pb +concepts/00000001.pb.zst", false },
		{ "collections out of order are refused",
		  "-CORTEXARC +schema.pb +columns/00000000.pb.zst "
		  "+concepts/00000000.pb.zst", false },
		{ "a batch behind INDEX is refused",
		  "-CORTEXARC +schema.pb +INDEX.pb.zst +concepts/00000000.pb.zst",
		  false },
		{ "a member behind TRAILER is refused",
		  "-CORTEXARC +schema.pb +INDEX.pb.zst -B2SUMS #TRAILER -B2SUMS",
		  false },
		{ "a pax header on CORTEXARC is refused", "+CORTEXARC", false },
		{ "a pax header on B2SUMS is refused",
		  "-CORTEXARC +schema.pb +INDEX.pb.zst +B2SUMS", false },
		{ "a batch without a pax header is refused",
		  "-CORTEXARC +schema.pb -concepts/00000000.pb.zst", false },
		{ "INDEX without a pax header is refused",
		  "-CORTEXARC +schema.pb -INDEX.pb.zst", false },
		{ "another time is refused", "-CORTEXARC @schema.pb", false },
		{ "a TRAILER that is not 512 bytes is refused",
		  "-CORTEXARC +schema.pb +INDEX.pb.zst -B2SUMS -TRAILER", false },
		{ "a CORTEXARC over 1 MiB is refused", "$CORTEXARC", false },
		{ "a member of another name is refused",
		  "-CORTEXARC +schema.pb +extra.pb.zst", false },
		{ "the schema under its pax header's name is refused",
		  "-CORTEXARC -PaxHeader/schema.pb", false },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct cxa_buffer file = { 0 };
		char words[256];
		char *word;
		struct walk walk;
		bool accepted;

		snprintf(words, sizeof(words), "%s", cases[i].members);
		for (word = strtok(words, " "); word != NULL;
		     word = strtok(NULL, " ")) {
			size_t size = *word == '#' ? 512 :
				      *word == '$' ? (1 << 20) + 1 : 3;

			if (word[1] == '\0')
				put_member(&file, "", 512, false, 0);
			else
				put_member(&file, word + 1, size,
					   *word == '+' || *word == '@',
					   *word == '@' ? 2 : 1);
			if (word[1] == '\0')
				memset(file.data + file.size - 1024, 0, 1024);
		}
		walk_bytes(&walk, file.data, file.size, 4096);
		accepted = walk.status == 0;
		ok(accepted == cases[i].accepted &&
		   (!accepted || walk.at_end), "%s%s%s", cases[i].claim,
		   accepted ? "" : ": ", walk.error.message);
		cxa_buffer_release(&file);
	}
}

static void a_failure_stays(void)
{
	struct cxa_walker walker;
	enum cxa_walk_event event;
	uint8_t block[CXA_BLOCK_BYTES] = { 0 };
	size_t used;

	cxa_walker_init(&walker);
	cxa_walker_feed(&walker, block, sizeof(block), &used, &event, NULL);
	is_int(cxa_walker_feed(&walker, fixture.file.data, 512, &used, &event,
			       NULL), CXA_ERR_CORRUPT,
	       "after a failure everything is refused");
}

/* --- what is told ---------------------------------------------------- */

static void pieces_make_no_difference(void)
{
	static const size_t pieces[] = { 1, 7, 511, 512, 513, 4096, SIZE_MAX };
	struct walk whole;
	struct walk walk;

	walk_bytes(&whole, fixture.file.data, fixture.file.size,
		   fixture.file.size);
	is_str(whole.events, "md.md.md.md.md.md.md.md.md.!",
	       "every member, its data and its end are told");
	for (size_t i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++) {
		walk_bytes(&walk, fixture.file.data, fixture.file.size,
			   pieces[i]);
		ok(walk.status == 0 && walk.at_end &&
		   strcmp(walk.events, whole.events) == 0 &&
		   memcmp(walk.members, whole.members,
			  sizeof(walk.members)) == 0 &&
		   memcmp(walk.digests, whole.digests,
			  sizeof(walk.digests)) == 0,
		   "in pieces of %zd bytes the same is told",
		   (ssize_t)pieces[i]);
	}
}

static void members_are_told_as_written(void)
{
	struct walk walk;
	bool same = true;

	walk_bytes(&walk, fixture.file.data, fixture.file.size, 4096);
	is_uint(walk.count, fixture.count, "as many members as were written");
	for (size_t i = 0; i < walk.count; i++) {
		const struct cxa_member *got = &walk.members[i];
		const struct cxa_member *put = &fixture.members[i];

		same = same && got->kind == put->kind &&
		       got->collection == put->collection &&
		       got->number == put->number &&
		       got->offset == put->offset && got->size == put->size &&
		       got->has_digest == put->has_digest &&
		       strcmp(got->name, put->name) == 0 &&
		       cxa_digest_equal(&put->digest, &walk.digests[i]) &&
		       (!got->has_digest ||
			cxa_digest_equal(&got->digest, &put->digest));
	}
	ok(same, "name, place, size and digest of each are what was written");
	ok(is_sound(fixture.file.data, fixture.file.size),
	   "and all digests hold");
}

static void resuming_takes_any_member(void)
{
	struct cxa_member *member = fixture_member(&fixture, "concepts/00000001.pb.zst");
	uint64_t start = member->offset - 1536;
	struct cxa_walker walker;
	enum cxa_walk_event event;
	size_t used;
	size_t at = 0;
	int status = 0;

	cxa_walker_init(&walker);
	cxa_walker_resume(&walker, start, FIXTURE_MTIME);
	do {
		status = cxa_walker_feed(&walker, fixture.file.data + start + at,
					 512, &used, &event, NULL);
		at += used;
	} while (status == 0 && event == CXA_WALK_MORE);
	is_int(status, 0, "a walk goes on at any member");
	is_uint(walker.member.offset, member->offset,
		"with offsets of the file");
}

/* Which member it was, cannot be known there: any may stand behind damage. */
static void what_is_damaged_where_it_resumes_has_no_name(void)
{
	struct cxa_error error = CXA_ERROR_INIT;
	struct cxa_walker walker;
	enum cxa_walk_event event;
	uint8_t block[CXA_BLOCK_BYTES];
	size_t used;

	memset(block, 'x', sizeof(block));
	cxa_walker_init(&walker);
	cxa_walker_resume(&walker, 4096, FIXTURE_MTIME);
	is_int(cxa_walker_feed(&walker, block, sizeof(block), &used, &event,
			       &error), CXA_ERR_CORRUPT,
	       "damage where a walk goes on is refused");
	is_str(error.member, "", "under no name");
	is_uint(error.offset, 4096, "with its place");
}

int main(void)
{
	fixture_build(&fixture, FIXTURE_MTIME);
	printf("# an archive of %zu bytes\n", fixture.file.size);
	every_flipped_bit_is_refused();
	every_truncation_is_seen();
	inserted_and_deleted_bytes_are_seen();
	moved_blocks_are_seen();
	damaged_padding_names_its_member();
	damaged_headers_name_their_member();
	bytes_behind_the_end_are_refused();
	other_headers_are_refused();
	other_pax_headers_are_refused();
	other_headers_of_pax_are_refused();
	wrong_places_are_refused();
	a_failure_stays();
	pieces_make_no_difference();
	members_are_told_as_written();
	resuming_takes_any_member();
	what_is_damaged_where_it_resumes_has_no_name();
	fixture_release(&fixture);
	return done_testing();
}
