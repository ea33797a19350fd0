/* no_memory.c - the container without memory: an error, and nothing leaks */
#include "base/failing_memory.h"
#include "container/foreign.h"
#include "container/member_reader.h"
#include "fixture.h"

static struct fixture fixture;
static struct cxa_buffer header;   /* encoded */
static struct cxa_buffer index_of; /* the same */
static struct cxa_buffer reblocked; /* the archive, and zeros */
static struct cxa_buffer damaged;   /* without a block of data */
static Cxa__Header header_to_be;
static Cxa__Metadata metadata;
static Cxa__Index index_to_be;
static Cxa__IndexEntry entry;
static Cxa__IndexEntry *entries[1] = { &entry };

static void make_archives(void)
{
	static const uint8_t zeros[CXA_BLOCK_BYTES];
	size_t at;

	fixture_build(&fixture, FIXTURE_MTIME);
	cxa_buffer_append(&reblocked, fixture.file.data, fixture.file.size);
	cxa_buffer_append(&reblocked, zeros, sizeof(zeros));
	/* The next member's headers are in the data of the one before then. */
	at = (size_t)fixture.members[2].offset;
	cxa_buffer_append(&damaged, fixture.file.data, at);
	cxa_buffer_append(&damaged, fixture.file.data + at + CXA_BLOCK_BYTES,
			  fixture.file.size - at - CXA_BLOCK_BYTES);
}

static void make_parts(void)
{
	static uint8_t digest[CXA_DIGEST_BYTES];

	fixture_header(&header_to_be, &metadata);
	cxa__index_entry__init(&entry);
	entry.member = fixture_text("concepts/00000000.pb.zst");
	entry.offset = 8192;
	entry.stored_size = entry.raw_size = 100;
	entry.records = 1;
	entry.first_id = entry.last_id = 3;
	entry.stored_digest.len = entry.raw_digest.len = sizeof(digest);
	entry.stored_digest.data = entry.raw_digest.data = digest;
	cxa__index__init(&index_to_be);
	index_to_be.n_entries = 1;
	index_to_be.entries = entries;
	cxa_header_encode(&header_to_be, &header, NULL);
	cxa_index_encode(&index_to_be, &index_of, NULL);
}

static int encode_header(struct cxa_error *error)
{
	struct cxa_buffer out = { 0 };
	int status = cxa_header_encode(&header_to_be, &out, error);

	cxa_buffer_release(&out);
	return status;
}

static int decode_header(struct cxa_error *error)
{
	struct cxa_arena arena = { 0 };
	Cxa__Header *read;
	int status = cxa_header_decode(header.data, header.size, CXA_TO_REWRITE,
				       NULL, &arena, &read, error);

	cxa_arena_release(&arena);
	return status;
}

static int encode_index(struct cxa_error *error)
{
	struct cxa_buffer out = { 0 };
	int status = cxa_index_encode(&index_to_be, &out, error);

	cxa_buffer_release(&out);
	return status;
}

static int decode_index(struct cxa_error *error)
{
	struct cxa_arena arena = { 0 };
	Cxa__Index *read;
	int status = cxa_index_decode(index_of.data, index_of.size, NULL,
				      &arena, &read, error);

	cxa_arena_release(&arena);
	return status;
}

/*
 * Not at the usual end: it is looked for twice. The second time finds it, if
 * there is memory then.
 */
static int find_trailer(struct cxa_error *error)
{
	struct cxa_trailer trailer;
	struct fixture_file file;
	uint64_t end;
	uint64_t padding;
	int status;

	fixture_file_open(&file, reblocked.data, reblocked.size, true);
	status = cxa_trailer_find(&trailer, &file.input, &end, &padding, error);
	fixture_file_close(&file);
	return status;
}

static int count_bytes(void *state, const void *data, size_t size,
		       struct cxa_error *error)
{
	size_t *bytes = state;

	(void)data;
	(void)error;
	*bytes += size;
	return 0;
}

static int write_members(struct cxa_error *error)
{
	struct cxa_member_writer *writer;
	struct cxa_member member = { .kind = CXA_MEMBER_HEADER, .size = 3 };
	size_t bytes = 0;
	int status;

	status = cxa_member_writer_open(&writer, 1, count_bytes, &bytes,
					error);
	if (status == 0)
		status = cxa_member_writer_add(writer, &member, "abc", error);
	cxa_member_writer_close(writer);
	return status;
}

/* Of @bytes, going on behind damage. */
static int read_members(const struct cxa_buffer *bytes, struct cxa_error *error)
{
	struct cxa_member_reader *reader = NULL;
	struct cxa_buffer data = { 0 };
	struct cxa_member member;
	struct fixture_file file;
	uint64_t skipped;
	int status;

	fixture_file_open(&file, bytes->data, bytes->size, true);
	status = cxa_member_reader_open(&reader, &file.input, NULL, error);
	while (status == 0) {
		struct cxa_error inner = CXA_ERROR_INIT;

		status = cxa_member_reader_next(reader, &member, &data, &inner);
		if (status == CXA_ERR_CORRUPT)
			status = cxa_member_reader_resync(reader, &skipped,
							  error);
		else if (status < 0)
			*error = inner;
	}
	cxa_member_reader_close(reader);
	cxa_buffer_release(&data);
	fixture_file_close(&file);
	return status == CXA_END ? 0 : status;
}

static int read_sound(struct cxa_error *error)
{
	return read_members(&fixture.file, error);
}

static int read_damaged(struct cxa_error *error)
{
	return read_members(&damaged, error);
}

static int read_foreign(struct cxa_error *error)
{
	struct cxa_foreign *foreign;
	struct fixture_file file;
	int status;

	fixture_file_open(&file, fixture.file.data, fixture.file.size, true);
	status = cxa_foreign_open(&foreign, &file.input, NULL, NULL, error);
	cxa_foreign_close(foreign);
	fixture_file_close(&file);
	return status;
}

static const struct deed deeds[] = {
	{ "writing a header", encode_header },
	{ "reading a header", decode_header },
	{ "writing an index", encode_index },
	{ "reading an index", decode_index },
	{ "writing members", write_members },
	{ "reading members", read_sound },
	{ "reading members behind damage", read_damaged },
	{ "reading what another tar packed", read_foreign },
};

int main(void)
{
	static const struct deed finding = { "finding TRAILER", find_trailer };

	make_archives();
	make_parts();
	run_out_of_memory(&finding, true);
	for (size_t i = 0; i < sizeof(deeds) / sizeof(deeds[0]); i++) {
		run_out_of_memory(&deeds[i], false);
		run_out_of_memory(&deeds[i], true);
	}
	cxa_buffer_release(&header);
	cxa_buffer_release(&index_of);
	cxa_buffer_release(&reblocked);
	cxa_buffer_release(&damaged);
	fixture_release(&fixture);
	return done_testing();
}
