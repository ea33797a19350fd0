/* reader_fails.c - members front to back: what fails stays failed */
#include "container/member_reader.h"
#include "walk.h"

static struct fixture fixture;

/* A reader of bytes in a file, and where what it reads goes. */
struct reading {
	struct fixture_file file;
	struct cxa_member_reader *reader;
	struct cxa_member member;
	struct cxa_buffer data;
};

static void begin(struct reading *reading, const void *bytes, size_t size)
{
	memset(reading, 0, sizeof(*reading));
	fixture_file_open(&reading->file, bytes, size, true);
	is_int(cxa_member_reader_open(&reading->reader, &reading->file.input,
				      NULL, NULL), 0, "a reader is opened");
}

static int next(struct reading *reading, struct cxa_error *error)
{
	return cxa_member_reader_next(reading->reader, &reading->member,
				      &reading->data, error);
}

/* The same, as if the file could not be read. */
static int next_without_file(struct reading *reading, struct cxa_error *error)
{
	int fd = reading->file.input.fd;
	int status;

	reading->file.input.fd = -1;
	status = next(reading, error);
	reading->file.input.fd = fd;
	return status;
}

static void end(struct reading *reading)
{
	cxa_member_reader_close(reading->reader);
	cxa_buffer_release(&reading->data);
	fixture_file_close(&reading->file);
}

static void a_file_that_cannot_be_read_is_told(void)
{
	struct cxa_error error = CXA_ERROR_INIT;
	struct reading reading;
	uint64_t skipped;

	begin(&reading, fixture.file.data, fixture.file.size);
	is_int(next_without_file(&reading, NULL), CXA_ERR_IO,
	       "a file that cannot be read is no damaged one");
	is_int(next(&reading, &error), CXA_ERR_IO, "and is not read on");
	like(error.message, "failed before", "which is told");
	is_int(cxa_member_reader_resync(reading.reader, &skipped, NULL),
	       CXA_ERR_IO, "nor behind that");
	end(&reading);
}

/* Of a large member, most is read past the reader's own buffer. */
static void a_member_that_cannot_be_read_is_told(void)
{
	struct cxa_tar_header header;
	struct cxa_buffer bytes = { 0 };
	struct reading reading;
	uint8_t *second;

	cxa_buffer_append(&bytes, fixture.file.data,
			  (size_t)fixture.members[1].offset);
	second = bytes.data + bytes.size - CXA_BLOCK_BYTES;
	cxa_tar_header_decode(&header, second);
	header.size = 1 << 20;
	cxa_tar_header_encode(&header, second);
	memset(cxa_buffer_room(&bytes, 1 << 20), 'x', 1 << 20);
	bytes.size += 1 << 20;
	begin(&reading, bytes.data, bytes.size);
	is_int(next(&reading, NULL), 0, "the member before it is read");
	is_int(next_without_file(&reading, NULL), CXA_ERR_IO,
	       "a member that cannot be read is no damaged one");
	is_int(next(&reading, NULL), CXA_ERR_IO, "and is not read on");
	end(&reading);
	cxa_buffer_release(&bytes);
}

static void behind_damage_only_resync_goes_on(void)
{
	struct cxa_error error = CXA_ERROR_INIT;
	struct reading reading;
	uint64_t zeros;

	begin(&reading, "no archive", 10);
	is_int(next(&reading, NULL), CXA_ERR_CORRUPT,
	       "a text has no members");
	is_int(next(&reading, &error), CXA_ERR_CORRUPT,
	       "behind damage there is no next member");
	like(error.message, "damaged before this", "which is told");
	is_int(cxa_member_reader_tail(reading.reader, &zeros, NULL),
	       CXA_ERR_USAGE, "nor an end");
	end(&reading);
	cxa_member_reader_close(NULL);
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
