/* reader_fails.c - members front to back: what fails stays failed */
#include "container/member_reader.h"
#include "walk.h"

static struct fixture fixture;

static void a_file_that_cannot_be_read_is_told(void)
{
	struct cxa_error error = CXA_ERROR_INIT;
	struct cxa_error again = CXA_ERROR_INIT;
	struct cxa_member_reader *reader;
	struct cxa_buffer data = { 0 };
	struct cxa_member member;
	struct fixture_file file;
	uint64_t skipped;
	int fd;

	fixture_file_open(&file, fixture.file.data, fixture.file.size, true);
	cxa_member_reader_open(&reader, &file.input, NULL, NULL);
	fd = file.input.fd;
	file.input.fd = -1;
	is_int(cxa_member_reader_next(reader, &member, &data, &error),
	       CXA_ERR_IO, "a file that cannot be read is no damaged one");
	file.input.fd = fd;
	is_int(cxa_member_reader_next(reader, &member, &data, &again),
	       CXA_ERR_IO, "and is not read on");
	like(again.message, "failed before", "which is told");
	is_int(cxa_member_reader_resync(reader, &skipped, NULL), CXA_ERR_IO,
	       "nor behind that");
	cxa_member_reader_close(reader);
	cxa_buffer_release(&data);
	fixture_file_close(&file);
}

/* Of a large member, most is read past the reader's own buffer. */
static void a_member_that_cannot_be_read_is_told(void)
{
	struct cxa_tar_header header;
	struct cxa_member_reader *reader;
	struct cxa_buffer data = { 0 };
	struct cxa_buffer bytes = { 0 };
	struct cxa_error error = CXA_ERROR_INIT;
	struct cxa_member member;
	struct fixture_file file;
	uint8_t *second;
	int fd;

	cxa_buffer_append(&bytes, fixture.file.data,
			  (size_t)fixture.members[1].offset);
	second = bytes.data + bytes.size - CXA_BLOCK_BYTES;
	cxa_tar_header_decode(&header, second);
	header.size = 1 << 20;
	cxa_tar_header_encode(&header, second);
	memset(cxa_buffer_room(&bytes, 1 << 20), 'x', 1 << 20);
	bytes.size += 1 << 20;
	fixture_file_open(&file, bytes.data, bytes.size, true);
	cxa_member_reader_open(&reader, &file.input, NULL, NULL);
	cxa_member_reader_next(reader, &member, &data, NULL);
	fd = file.input.fd;
	file.input.fd = -1;
	is_int(cxa_member_reader_next(reader, &member, &data, &error),
	       CXA_ERR_IO, "a member that cannot be read is no damaged one");
	file.input.fd = fd;
	is_int(cxa_member_reader_next(reader, &member, &data, NULL),
	       CXA_ERR_IO, "and is not read on");
	cxa_member_reader_close(reader);
	cxa_buffer_release(&data);
	cxa_buffer_release(&bytes);
	fixture_file_close(&file);
}

static void behind_damage_only_resync_goes_on(void)
{
	struct cxa_error error = CXA_ERROR_INIT;
	struct cxa_member_reader *reader;
	struct cxa_buffer data = { 0 };
	struct cxa_member member;
	struct fixture_file file;
	uint64_t zeros;

	fixture_file_open(&file, "no archive", 10, true);
	cxa_member_reader_open(&reader, &file.input, NULL, NULL);
	cxa_member_reader_next(reader, &member, &data, NULL);
	is_int(cxa_member_reader_next(reader, &member, &data, &error),
	       CXA_ERR_CORRUPT, "behind damage there is no next member");
	like(error.message, "damaged before this", "which is told");
	is_int(cxa_member_reader_tail(reader, &zeros, NULL), CXA_ERR_USAGE,
	       "nor an end");
	cxa_member_reader_close(reader);
	cxa_member_reader_close(NULL);
	cxa_buffer_release(&data);
	fixture_file_close(&file);
}

int main(void)
{
	fixture_build(&fixture, FIXTURE_MTIME);
	a_file_that_cannot_be_read_is_told();
	a_member_that_cannot_be_read_is_told();
	behind_damage_only_resync_goes_on();
	fixture_release(&fixture);
	return done_testing();
}
