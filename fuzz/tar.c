/* tar.c - fuzz: the strict walker, header blocks, members behind damage */
#include <stdlib.h>

#include "container/member_reader.h"
#include "container/member_writer.h"
#include "container/tar_block.h"
#include "support.h"

/*
 * Oracles: what the walker accepts, the writer makes again to the byte; a walk
 * in pieces tells what a walk in one does; a header block that is accepted is
 * what encoding gives; the reader tells of the same members as the walker, and
 * behind damage it comes to an end.
 */

enum { MEMBERS_MAX = 4096 };

struct walk {
	struct cxa_member members[MEMBERS_MAX];
	size_t count;
	size_t done; /* of these, those that are complete */
	uint64_t data_bytes;
	uint64_t mtime;
	int status;
	bool ended;
	struct cxa_error error;
};

static bool take_event(struct walk *walk, const struct cxa_walker *walker,
		       enum cxa_walk_event event, size_t used)
{
	if (event == CXA_WALK_MEMBER) {
		if (walk->count == MEMBERS_MAX)
			return false;
		walk->members[walk->count++] = walker->member;
	}
	if (event == CXA_WALK_DATA)
		walk->data_bytes += used;
	if (event == CXA_WALK_DONE)
		walk->done++;
	if (event == CXA_WALK_END)
		walk->ended = true;
	return true;
}

/* @piece: bytes that are fed at a time */
static void walk_all(struct walk *walk, const uint8_t *data, size_t size,
		     size_t piece)
{
	struct cxa_walker walker;
	enum cxa_walk_event event;
	size_t at = 0;
	size_t used;

	walk->count = 0;
	walk->done = 0;
	walk->data_bytes = 0;
	walk->status = 0;
	walk->ended = false;
	walk->error = (struct cxa_error)CXA_ERROR_INIT;
	cxa_walker_init(&walker);
	for (bool last = false; walk->status == 0 && !last;) {
		size_t part = size - at < piece ? size - at : piece;

		used = 0;
		event = CXA_WALK_MORE;
		walk->status = cxa_walker_feed(&walker, data + at, part, &used,
					       &event, &walk->error);
		if (walk->status != 0)
			break;
		MUST(used <= part);
		MUST(used != 0 || part == 0 || event == CXA_WALK_DONE);
		last = part == 0 && event == CXA_WALK_MORE;
		at += used;
		MUST(walker.offset == at);
		if (!take_event(walk, &walker, event, used))
			break;
	}
	MUST(cxa_walker_at_end(&walker) == (walk->ended && walk->status == 0));
	walk->mtime = walker.mtime;
}

static void compare_walks(const struct walk *a, const struct walk *b)
{
	MUST(a->status == b->status && a->ended == b->ended);
	MUST(a->count == b->count);
	MUST(a->data_bytes == b->data_bytes);
	MUST(a->error.offset == b->error.offset);
	MUST(strcmp(a->error.member, b->error.member) == 0);
	for (size_t i = 0; i < a->count; i++) {
		MUST(strcmp(a->members[i].name, b->members[i].name) == 0);
		MUST(a->members[i].offset == b->members[i].offset);
		MUST(a->members[i].size == b->members[i].size);
	}
}

/* --- the writer makes the same --------------------------------------------- */

static int append(void *state, const void *data, size_t size,
		  struct cxa_error *error)
{
	(void)error;
	cxa_buffer_append(state, data, size);
	return 0;
}

static void write_again(const struct walk *walk, const uint8_t *data,
			size_t size)
{
	struct cxa_error error = CXA_ERROR_INIT;
	struct cxa_member_writer *writer = NULL;
	struct cxa_buffer out = { 0 };
	int status = cxa_member_writer_open(&writer, walk->mtime, append, &out,
					    &error);

	for (size_t i = 0; i < walk->count && status == 0; i++) {
		struct cxa_member member = walk->members[i];

		status = cxa_member_writer_add(writer, &member,
					       data + member.offset, &error);
	}
	if (status == 0)
		status = cxa_member_writer_finish(writer, &error);
	fuzz_must_be(status, 0, &error, "writing what was walked");
	MUST(out.size == size && memcmp(out.data, data, size) == 0);
	cxa_member_writer_close(writer);
	cxa_buffer_release(&out);
}

/* --- single blocks ---------------------------------------------------------- */

static void look_at_name(const struct cxa_tar_header *header)
{
	char member[CXA_TAR_NAME];
	char again[CXA_TAR_NAME];
	struct cxa_member parsed;

	if (cxa_tar_pax_member(member, header->name)) {
		cxa_tar_pax_name(again, member);
		MUST(strcmp(again, header->name) == 0);
	}
	if (cxa_member_parse(&parsed, header->name))
		MUST(strcmp(parsed.name, header->name) == 0);
}

static void look_at_block(const uint8_t *block)
{
	struct cxa_tar_header header;
	struct cxa_digest digest;
	struct cxa_member member;
	uint8_t again[CXA_TAR_BLOCK];
	uint64_t mtime;
	bool is_header = cxa_tar_header_decode(&header, block) == NULL;

	if (is_header) {
		cxa_tar_header_encode(&header, again);
		MUST(memcmp(again, block, sizeof(again)) == 0);
		look_at_name(&header);
	}
	if (cxa_tar_digest_decode(&digest, block)) {
		cxa_tar_digest_encode(&digest, again);
		MUST(memcmp(again, block, sizeof(again)) == 0);
	}
	if (cxa_preamble_find(block, &member, &mtime))
		MUST(is_header && header.mtime == mtime);
}

/* --- the reader ------------------------------------------------------------- */

static void same_member(const struct walk *walk, size_t i,
			const struct cxa_member *member)
{
	MUST(i < walk->done);
	MUST(strcmp(walk->members[i].name, member->name) == 0);
	MUST(walk->members[i].size == member->size);
}

/* Up to the first damage it must agree with the walk; then it must end. */
static void read_members(const struct walk *walk, const uint8_t *data,
			 size_t size)
{
	struct cxa_input *input = fuzz_input(data, size, size % 2 == 0);
	struct cxa_error error = CXA_ERROR_INIT;
	struct cxa_member_reader *reader = NULL;
	struct cxa_buffer bytes = { 0 };
	struct cxa_member member;
	uint64_t skipped;
	bool damaged = false;
	size_t count = 0;
	int status = cxa_member_reader_open(&reader, input,
					    &fuzz_context()->limits, &error);

	for (size_t turns = 0; status == 0; turns++) {
		MUST(turns <= 2 * (size / CXA_TAR_BLOCK + 2));
		status = cxa_member_reader_next(reader, &member, &bytes,
						&error);
		MUST(cxa_member_reader_offset(reader) <= size);
		if (status == 0 && !damaged)
			same_member(walk, count++, &member);
		if (status != CXA_ERR_CORRUPT)
			continue;
		damaged = true;
		status = cxa_member_reader_resync(reader, &skipped, &error);
	}
	if (!damaged && status == CXA_END) {
		MUST(walk->ended);
		status = cxa_member_reader_tail(reader, &skipped, &error);
		MUST((status == 0 && skipped == 0) == (walk->status == 0));
	}
	cxa_member_reader_close(reader);
	cxa_input_close(input);
	cxa_buffer_release(&bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct walk whole;
	static struct walk pieces;

	for (size_t at = 0; size - at >= CXA_TAR_BLOCK; at += CXA_TAR_BLOCK)
		look_at_block(data + at);
	walk_all(&whole, data, size, SIZE_MAX);
	walk_all(&pieces, data, size, 1 + size % 700);
	compare_walks(&whole, &pieces);
	if (whole.status == 0 && whole.ended)
		write_again(&whole, data, size);
	read_members(&whole, data, size);
	return 0;
}
