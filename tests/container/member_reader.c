/* member_reader.c - members front to back: damage, limits, going on behind it */
#include "container/member_reader.h"
#include "walk.h"

static struct fixture fixture;

/**
 * struct reading - what a reader gives for some bytes, resync() included
 * @status, @error: of the first failure
 * @found: bit i: member i came whole
 * @resyncs: how often it went on behind damage
 * @skipped: bytes, by all of them
 */
struct reading {
	int status;
	struct cxa_error error;
	uint64_t found;
	unsigned resyncs;
	uint64_t skipped;
	bool at_end;
	uint64_t zeros;
	int tail;
};

static void note_member(struct reading *reading,
			const struct cxa_member *member,
			const struct cxa_buffer *data)
{
	struct cxa_digest digest;

	cxa_digest_of(&digest, data->data, data->size);
	for (size_t i = 0; i < fixture.count; i++)
		if (strcmp(fixture.members[i].name, member->name) == 0 &&
		    cxa_digest_equal(&digest, &fixture.members[i].digest))
			reading->found |= UINT64_C(1) << i;
}

static int go_on(struct reading *reading, struct cxa_member_reader *reader)
{
	uint64_t skipped;
	int status = cxa_member_reader_resync(reader, &skipped, NULL);

	reading->skipped += skipped;
	reading->resyncs++;
	return status;
}

static void read_all(struct reading *reading, const void *bytes, size_t size,
		     bool seekable)
{
	struct cxa_error none = CXA_ERROR_INIT;
	struct cxa_member_reader *reader;
	struct cxa_buffer data = { 0 };
	struct cxa_error error;
	struct cxa_member member;
	struct fixture_file file;
	int status;

	memset(reading, 0, sizeof(*reading));
	reading->error = none;
	fixture_file_open(&file, bytes, size, seekable);
	cxa_member_reader_open(&reader, &file.input, NULL, NULL);
	for (;;) {
		error = none;
		status = cxa_member_reader_next(reader, &member, &data, &error);
		if (member.name[0] != '\0')
			note_member(reading, &member, &data);
		if (status == CXA_END)
			break;
		if (status == 0)
			continue;
		if (reading->status == 0) {
			reading->status = status;
			reading->error = error;
		}
		if (status != CXA_ERR_CORRUPT || go_on(reading, reader) != 0)
			break;
	}
	reading->at_end = status == CXA_END;
	if (reading->at_end)
		reading->tail = cxa_member_reader_tail(reader, &reading->zeros,
						       NULL);
	cxa_member_reader_close(reader);
	cxa_buffer_release(&data);
	fixture_file_close(&file);
}

static uint64_t all_members(void)
{
	return (UINT64_C(1) << fixture.count) - 1;
}

static uint64_t start_of(size_t i)
{
	return fixture.members[i].offset -
	       cxa_preamble_bytes(fixture.members[i].kind);
}

/* --- refusals -------------------------------------------------------- */

static void a_cut_file_says_so(void)
{
	struct reading reading;
	uint64_t silent = 0;
	uint64_t lost = 0;

	for (size_t size = 0; size < fixture.file.size; size += 61) {
		read_all(&reading, fixture.file.data, size, size % 2 == 0);
		silent += reading.status != CXA_ERR_CORRUPT || reading.at_end ||
			  strstr(reading.error.message,
				 "the end is missing") == NULL;
		for (size_t i = 0; i < fixture.count; i++)
			lost += fixture.members[i].offset +
					fixture.members[i].size <= size &&
				(reading.found >> i & 1) == 0;
	}
	is_uint(silent, 0, "wherever a file is cut, its end is missing");
	is_uint(lost, 0, "and every whole member before comes out");
}

static void a_lying_size_takes_no_memory(void)
{
	struct cxa_tar_header header = { .type = '0', .name = "CORTEXARC" };
	struct cxa_member_reader *reader;
	struct cxa_buffer data = { 0 };
	struct cxa_buffer bytes = { 0 };
	uint8_t block[CXA_BLOCK_BYTES];
	struct cxa_error error = CXA_ERROR_INIT;
	struct cxa_member member;
	struct fixture_file file;
	uint8_t *second;

	/* schema.pb says that it has 64 MiB; the file ends behind its header. */
	cxa_buffer_append(&bytes, fixture.file.data,
			  (size_t)fixture.members[1].offset);
	second = bytes.data + bytes.size - CXA_BLOCK_BYTES;
	cxa_tar_header_decode(&header, second);
	header.size = 64 << 20;
	cxa_tar_header_encode(&header, block);
	memcpy(second, block, sizeof(block));
	cxa_buffer_append(&bytes, "some bytes", 10);

	fixture_file_open(&file, bytes.data, bytes.size, false);
	cxa_member_reader_open(&reader, &file.input, NULL, NULL);
	cxa_member_reader_next(reader, &member, &data, NULL);
	is_int(cxa_member_reader_next(reader, &member, &data, &error),
	       CXA_ERR_CORRUPT, "a size past the end of the file is damage");
	is_str(error.member, "schema.pb", "of that member");
	ok(data.capacity <= 9 << 20, "and took %zu bytes of memory",
	   data.capacity);
	is_uint(data.size, 10, "what there is of it has been read");
	cxa_member_reader_close(reader);
	fixture_file_close(&file);
	cxa_buffer_release(&bytes);
	cxa_buffer_release(&data);
}

static int read_with_limits(const struct cxa_limits *limits,
			    struct cxa_error *error)
{
	struct cxa_member_reader *reader;
	struct cxa_buffer data = { 0 };
	struct cxa_member member;
	struct fixture_file file;
	int status;

	fixture_file_open(&file, fixture.file.data, fixture.file.size, true);
	cxa_member_reader_open(&reader, &file.input, limits, NULL);
	do
		status = cxa_member_reader_next(reader, &member, &data, error);
	while (status == 0);
	cxa_member_reader_close(reader);
	cxa_buffer_release(&data);
	fixture_file_close(&file);
	return status;
}

static void limits_hold(void)
{
	struct cxa_limits limits = *cxa_limits_default();
	struct cxa_error error = CXA_ERROR_INIT;
	struct cxa_error again = CXA_ERROR_INIT;

	limits.batch_bytes = 1022;
	is_int(read_with_limits(&limits, &error), CXA_ERR_LIMIT,
	       "a member over the limit is refused");
	is_str(error.message, "a member: 1023 bytes, over the limit batch-bytes "
	       "of 1022", "and the limit named");
	is_str(error.member, "system_state/00000000.pb.zst", "and the member");
	limits.batch_bytes = 1023;
	is_int(read_with_limits(&limits, NULL), CXA_END, "at it, it is read");
	limits.members = FIXTURE_MEMBERS - 1;
	is_int(read_with_limits(&limits, &again), CXA_ERR_LIMIT,
	       "a member too many is refused");
	like(again.message, "the limit members", "and the limit named");
	limits.members = FIXTURE_MEMBERS;
	is_int(read_with_limits(&limits, NULL), CXA_END,
	       "as many as allowed are read");
}

/* --- going on behind damage ------------------------------------------ */

static void only_the_damaged_member_is_lost(void)
{
	uint64_t wrong = 0;
	uint64_t misplaced = 0;
	uint64_t miscounted = 0;
	struct reading reading;

	for (size_t i = 0; i < fixture.count; i++) {
		for (uint64_t at = start_of(i); at < fixture.members[i].offset;
		     at += 37) {
			uint64_t rest = i + 1 < fixture.count ?
						start_of(i + 1) :
						fixture.file.size;
			uint64_t digits = fixture.members[i].offset - 1024 + 40;

			/* A digest's digits are not the walker's to judge. */
			if (fixture.members[i].has_digest && at >= digits &&
			    at < digits + CXA_DIGEST_HEX)
				continue;
			fixture.file.data[at] ^= 0x40;
			read_all(&reading, fixture.file.data,
				 fixture.file.size, at % 2 == 0);
			fixture.file.data[at] ^= 0x40;
			wrong += reading.status != CXA_ERR_CORRUPT ||
				 reading.found !=
					 (all_members() & ~(UINT64_C(1) << i));
			misplaced += reading.error.offset != start_of(i);
			miscounted += reading.skipped != rest - start_of(i) ||
				      reading.resyncs != 1;
		}
	}
	is_uint(wrong, 0, "behind a damaged header every other member is read");
	is_uint(misplaced, 0, "the damaged member's place is told");
	is_uint(miscounted, 0, "and how much was skipped");
}

static void damaged_padding_loses_nothing(void)
{
	struct reading reading;
	uint64_t wrong = 0;

	for (size_t i = 0; i < fixture.count; i++) {
		uint64_t at = fixture.members[i].offset +
			      fixture.members[i].size;

		if (at % CXA_BLOCK_BYTES == 0)
			continue;
		fixture.file.data[at] ^= 1;
		read_all(&reading, fixture.file.data, fixture.file.size, true);
		fixture.file.data[at] ^= 1;
		wrong += reading.status != CXA_ERR_CORRUPT ||
			 reading.found != all_members() ||
			 strcmp(reading.error.member,
				fixture.members[i].name) != 0;
	}
	is_uint(wrong, 0, "damaged padding loses no member");
}

/* A block of data is lost: the next member's headers are read as data. */
static void a_lost_block_loses_one_member(void)
{
	struct cxa_buffer *file = &fixture.file;
	uint8_t *copy = malloc(file->size);
	struct reading reading;
	uint64_t wrong = 0;

	for (size_t i = 0; i < fixture.count; i++) {
		uint64_t end = fixture.members[i].offset +
			       fixture.members[i].size;

		for (uint64_t at = fixture.members[i].offset; at < end;
		     at += CXA_BLOCK_BYTES) {
			size_t next = (size_t)at + CXA_BLOCK_BYTES;

			memcpy(copy, file->data, (size_t)at);
			memcpy(copy + at, file->data + next,
			       file->size - next);
			read_all(&reading, copy, file->size - CXA_BLOCK_BYTES,
				 i % 2 == 0);
			wrong += reading.status != CXA_ERR_CORRUPT ||
				 reading.found !=
					 (all_members() & ~(UINT64_C(1) << i));
		}
	}
	is_uint(wrong, 0, "a lost block of data loses that member alone");
	free(copy);
}

static void a_lost_member_is_stepped_over(void)
{
	struct cxa_buffer *file = &fixture.file;
	uint8_t *copy = malloc(file->size);
	struct reading reading;
	size_t from = (size_t)start_of(2);
	size_t to = (size_t)start_of(3);

	memcpy(copy, file->data, from);
	memcpy(copy + from, file->data + to, file->size - to);
	read_all(&reading, copy, file->size - (to - from), true);
	is_int(reading.status, CXA_ERR_CORRUPT, "a member that is gone is seen");
	ok(reading.at_end, "the others are read to the end");
	free(copy);
}

static void members_of_another_archive_are_not_taken(void)
{
	struct cxa_buffer *file = &fixture.file;
	uint8_t *copy = malloc(file->size);
	struct reading reading;
	struct fixture other;

	/* The second half comes from an archive of another time. */
	fixture_build(&other, FIXTURE_MTIME + 1);
	memcpy(copy, file->data, file->size);
	memcpy(copy + start_of(4), other.file.data + start_of(4),
	       file->size - (size_t)start_of(4));
	read_all(&reading, copy, file->size, true);
	is_uint(reading.found, 0xf, "members of another archive are not taken "
				    "for this one's");
	fixture_release(&other);
	free(copy);
}

/*
 * Each member says that it is as long as the rest of the file, and holds the
 * headers of all that follow: were each read to its end, that would be 16,384
 * times 25 MB.
 */
static void members_in_members_cost_no_more(void)
{
	enum { COUNT = 16384 };
	struct cxa_tar_header header = { .type = 'x', .mtime = FIXTURE_MTIME };
	uint8_t *bytes = calloc(COUNT, 3 * CXA_BLOCK_BYTES);
	struct cxa_digest digest = { { 0 } };
	struct reading reading;

	for (uint32_t i = 0; i < COUNT; i++) {
		uint8_t *blocks = bytes + (size_t)i * 3 * CXA_BLOCK_BYTES;
		char name[CXA_MEMBER_NAME_MAX + 1] = "";

		cxa_member_batch_name(name, CXA_CONCEPTS, i);
		header.type = 'x';
		header.size = CXA_TAR_PAX_BYTES;
		cxa_tar_pax_name(header.name, name);
		cxa_tar_header_encode(&header, blocks);
		cxa_tar_digest_encode(&digest, blocks + 512);
		header.type = '0';
		header.size = (COUNT - i - 1) * UINT64_C(1536) + 1;
		memcpy(header.name, name, sizeof(header.name));
		cxa_tar_header_encode(&header, blocks + 1024);
	}
	read_all(&reading, bytes, (size_t)COUNT * 1536, true);
	is_int(reading.status, CXA_ERR_CORRUPT, "members in members are refused");
	ok(reading.resyncs < 64, "and read again %u times at most",
	   reading.resyncs);
	free(bytes);
}

/* Holes are looked for up to the size that it had when it was opened. */
static void a_file_that_grows_has_an_end(void)
{
	enum { SIZE = 1 << 20, BEFORE = 100 * CXA_BLOCK_BYTES };
	uint8_t *bytes = malloc(SIZE);
	struct cxa_member_reader *reader;
	struct cxa_buffer data = { 0 };
	struct cxa_member member;
	struct fixture_file file;
	uint64_t skipped;

	memset(bytes, 'x', SIZE);
	fixture_file_open(&file, bytes, SIZE, true);
	file.input.size = BEFORE;
	cxa_member_reader_open(&reader, &file.input, NULL, NULL);
	cxa_member_reader_next(reader, &member, &data, NULL);
	alarm(60);
	is_int(cxa_member_reader_resync(reader, &skipped, NULL), CXA_END,
	       "in a file that grows, what is behind damage has an end");
	alarm(0);
	is_uint(skipped, SIZE, "and is skipped once");
	cxa_member_reader_close(reader);
	cxa_buffer_release(&data);
	fixture_file_close(&file);
	free(bytes);
}

static void resync_needs_damage(void)
{
	struct cxa_member_reader *reader;
	struct fixture_file file;
	uint64_t skipped;

	fixture_file_open(&file, fixture.file.data, fixture.file.size, true);
	cxa_member_reader_open(&reader, &file.input, NULL, NULL);
	is_int(cxa_member_reader_resync(reader, &skipped, NULL), CXA_ERR_USAGE,
	       "without damage there is nothing to go on behind");
	cxa_member_reader_close(reader);
	fixture_file_close(&file);
}

/* A block of headers of another archive, in a member that is damaged. */
static void headers_of_another_time_are_not_taken(void)
{
	struct cxa_buffer *file = &fixture.file;
	struct cxa_member *member = fixture_member(&fixture,
						   "concepts/00000000.pb.zst");
	uint8_t *data = file->data + member->offset;
	struct cxa_tar_header header;
	uint8_t saved[CXA_BLOCK_BYTES];
	struct reading reading;

	memcpy(saved, data, sizeof(saved));
	cxa_tar_header_decode(&header, data - 3 * CXA_BLOCK_BYTES);
	header.mtime++;
	cxa_tar_header_encode(&header, data);
	data[member->size] ^= 1; /* padding */
	read_all(&reading, file->data, file->size, true);
	data[member->size] ^= 1;
	memcpy(data, saved, sizeof(saved));
	is_int(reading.status, CXA_ERR_CORRUPT, "damaged padding is told");
	is_uint(reading.found, all_members() & ~(UINT64_C(1) << 2),
		"and no header of another time before it believed");
}

/* --- the end --------------------------------------------------------- */

static void the_end_stays_the_end(void)
{
	struct cxa_member_reader *reader;
	struct cxa_buffer data = { 0 };
	struct cxa_member member;
	struct fixture_file file;

	fixture_file_open(&file, fixture.file.data, fixture.file.size, true);
	cxa_member_reader_open(&reader, &file.input, NULL, NULL);
	while (cxa_member_reader_next(reader, &member, &data, NULL) == 0)
		;
	is_int(cxa_member_reader_next(reader, &member, &data, NULL), CXA_END,
	       "behind the end comes the end");
	cxa_member_reader_close(reader);
	cxa_buffer_release(&data);
	fixture_file_close(&file);
}

static void what_is_behind_the_end_is_told(void)
{
	static const struct {
		const char *claim;
		size_t more;
		uint8_t last;
		int status;
	} cases[] = {
		{ "nothing behind the end", 0, 0, 0 },
		{ "one zero", 1, 0, 0 },
		{ "zeros of a re-blocked tar", 9216, 0, 0 },
		{ "1 MiB of zeros", 1 << 20, 0, 0 },
		{ "more than 1 MiB of zeros", (1 << 20) + 1, 0,
		  CXA_ERR_CORRUPT },
		{ "a byte that is not zero", 1, 1, CXA_ERR_CORRUPT },
		{ "a byte that is not zero behind zeros", 200000, 1,
		  CXA_ERR_CORRUPT },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		size_t size = fixture.file.size + cases[i].more;
		uint8_t *copy = calloc(size, 1);
		struct reading reading;

		memcpy(copy, fixture.file.data, fixture.file.size);
		if (cases[i].last != 0)
			copy[size - 1] = cases[i].last;
		read_all(&reading, copy, size, i % 2 == 0);
		ok(reading.status == 0 && reading.at_end &&
		   reading.tail == cases[i].status &&
		   (reading.tail != 0 || reading.zeros == cases[i].more),
		   "%s: %s", cases[i].claim,
		   cases[i].status == 0 ? "passed over" : "refused");
		free(copy);
	}
}

static void a_sound_archive_is_read(void)
{
	struct reading reading;

	read_all(&reading, fixture.file.data, fixture.file.size, true);
	ok(reading.status == 0 && reading.at_end &&
	   reading.found == all_members(), "a file is read to its end");
	read_all(&reading, fixture.file.data, fixture.file.size, false);
	ok(reading.status == 0 && reading.at_end &&
	   reading.found == all_members(), "a pipe too");
}

int main(void)
{
	fixture_build(&fixture, FIXTURE_MTIME);
	a_cut_file_says_so();
	a_lying_size_takes_no_memory();
	limits_hold();
	only_the_damaged_member_is_lost();
	damaged_padding_loses_nothing();
	a_lost_block_loses_one_member();
	a_lost_member_is_stepped_over();
	members_of_another_archive_are_not_taken();
	members_in_members_cost_no_more();
	a_file_that_grows_has_an_end();
	resync_needs_damage();
	headers_of_another_time_are_not_taken();
	the_end_stays_the_end();
	what_is_behind_the_end_is_told();
	a_sound_archive_is_read();
	fixture_release(&fixture);
	return done_testing();
}
