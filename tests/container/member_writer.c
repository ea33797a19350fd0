/* member_writer.c - members into a tar: what is written, what is refused */
#include "walk.h"

struct taken {
	struct cxa_buffer file;
	size_t fail_at; /* bytes after which writing fails; 0: never */
};

static int take(void *state, const void *data, size_t size,
		struct cxa_error *error)
{
	struct taken *taken = state;

	if (taken->fail_at != 0 && taken->file.size + size > taken->fail_at)
		return cxa_error_set(error, CXA_ERR_CANCELLED, "stopped");
	cxa_buffer_append(&taken->file, data, size);
	return 0;
}

static int add(struct cxa_member_writer *writer, const char *name,
	       uint64_t size, bool has_digest, struct cxa_error *error)
{
	static const uint8_t zeros[2048];
	struct cxa_member member = { 0 };

	cxa_member_parse(&member, name);
	member.size = size;
	member.has_digest = has_digest;
	cxa_digest_of(&member.digest, zeros, size < 2048 ? (size_t)size : 0);
	return cxa_member_writer_add(writer, &member, zeros, error);
}

static void what_the_walker_refuses_is_not_written(void)
{
	static const struct {
		const char *claim;
		const char *name;
		uint64_t size;
		bool has_digest;
		int status;
	} cases[] = {
		{ "a member out of order", "INDEX.pb.zst", 10, true,
		  CXA_ERR_CORRUPT },
		{ "a batch without a digest", "schema.pb", 10, false,
		  CXA_ERR_CORRUPT },
		{ "a second CORTEXARC", "CORTEXARC", 10, false,
		  CXA_ERR_CORRUPT },
		{ "a member of 8 GiB", "schema.pb", UINT64_C(1) << 33, true,
		  CXA_ERR_LIMIT },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct cxa_error error = CXA_ERROR_INIT;
		struct cxa_member_writer *writer;
		struct taken taken = { 0 };
		size_t before;

		cxa_member_writer_open(&writer, 1, take, &taken, NULL);
		add(writer, "CORTEXARC", 10, false, NULL);
		before = taken.file.size;
		ok(add(writer, cases[i].name, cases[i].size,
		       cases[i].has_digest, &error) == cases[i].status,
		   "%s is refused: %s", cases[i].claim, error.message);
		is_uint(taken.file.size, before, "and nothing of it written");
		cxa_member_writer_close(writer);
		is_uint(taken.file.size, before, "nor at the close");
		cxa_buffer_release(&taken.file);
	}
}

static void an_early_end_is_refused(void)
{
	struct cxa_error error = CXA_ERROR_INIT;
	struct cxa_member_writer *writer;
	struct taken taken = { 0 };
	size_t before;

	cxa_member_writer_open(&writer, 1, take, &taken, NULL);
	add(writer, "CORTEXARC", 10, false, NULL);
	before = taken.file.size;
	is_int(cxa_member_writer_finish(writer, &error), CXA_ERR_CORRUPT,
	       "an end before TRAILER is refused");
	is_int(add(writer, "schema.pb", 10, true, NULL), CXA_ERR_CORRUPT,
	       "and nothing can follow");
	cxa_member_writer_close(writer);
	is_uint(taken.file.size, before, "no zero blocks were written");
	cxa_buffer_release(&taken.file);
}

/* Writing fails at every byte in turn: its status comes back, every time. */
static void a_failed_write_is_passed_on(void)
{
	uint64_t wrong = 0;

	for (size_t at = 1; at < 3000; at += 13) {
		struct cxa_error error = CXA_ERROR_INIT;
		struct cxa_member_writer *writer;
		struct taken taken = { .fail_at = at };
		int status;

		cxa_member_writer_open(&writer, 1, take, &taken, NULL);
		status = add(writer, "CORTEXARC", 10, false, &error);
		if (status == 0)
			status = add(writer, "schema.pb", 600, true, &error);
		wrong += status != CXA_ERR_CANCELLED ||
			 error.status != CXA_ERR_CANCELLED ||
			 taken.file.size > at;
		wrong += add(writer, "INDEX.pb.zst", 1, true, NULL) !=
				 CXA_ERR_CANCELLED ||
			 cxa_member_writer_finish(writer, NULL) !=
				 CXA_ERR_CANCELLED;
		cxa_member_writer_close(writer);
		cxa_buffer_release(&taken.file);
	}
	is_uint(wrong, 0, "a failed write ends the writing with its status");
}

static void every_time_can_be_written(void)
{
	static const uint64_t times[] = {
		0, 1, FIXTURE_MTIME, (UINT64_C(1) << 31) - 2,
		(UINT64_C(1) << 31) - 1, UINT64_C(1) << 31, UINT64_C(1) << 32,
		(UINT64_C(1) << 33) - 1,
	};
	struct cxa_member_writer *writer;
	struct taken taken = { 0 };

	is_int(cxa_member_writer_open(&writer, UINT64_C(1) << 33, take, &taken,
				      NULL), CXA_ERR_USAGE,
	       "a time over 11 octal digits is refused");
	ok(writer == NULL, "with no writer");
	for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
		struct cxa_tar_header header;
		struct fixture fixture;

		fixture_build(&fixture, times[i]);
		ok(is_sound(fixture.file.data, fixture.file.size) &&
		   cxa_tar_header_decode(&header, fixture.file.data) == NULL &&
		   header.mtime == times[i],
		   "the time %" PRIu64 " is written", times[i]);
		fixture_release(&fixture);
	}
}

static void the_same_members_give_the_same_bytes(void)
{
	struct fixture one;
	struct fixture two;

	fixture_build(&one, FIXTURE_MTIME);
	fixture_build(&two, FIXTURE_MTIME);
	ok(one.file.size == two.file.size &&
	   memcmp(one.file.data, two.file.data, one.file.size) == 0,
	   "the same members give the same bytes");
	ok(memcmp(one.file.data, "CORTEXARC\0", 10) == 0 &&
	   memcmp(one.file.data + 257, "ustar\0" "00", 8) == 0,
	   "the file begins with its magic");
	is_uint(one.file.size - one.members[one.count - 1].offset, 1536,
		"and ends with TRAILER and two zero blocks");
	fixture_release(&one);
	fixture_release(&two);
}

/* What @command prints, standard error included. */
static char *output_of(const char *command)
{
	static char text[8192];
	FILE *pipe = popen(command, "r");
	size_t size = 0;

	if (pipe != NULL) {
		size = fread(text, 1, sizeof(text) - 1, pipe);
		pclose(pipe);
	}
	text[size] = '\0';
	return text;
}

static void other_tars_list_it(void)
{
	static const char *const tars[] = { "tar", "bsdtar" };
	char path[256];
	struct cxa_buffer names = { 0 };
	struct fixture fixture;
	char command[512];
	int fd;

	fixture_temp_name(path, sizeof(path));
	fd = mkstemp(path);
	fixture_build(&fixture, FIXTURE_MTIME);
	for (size_t i = 0; i < fixture.count; i++)
		cxa_buffer_format(&names, "%s\n", fixture.members[i].name);
	cxa_buffer_byte(&names, '\0');
	if (fd < 0 || write(fd, fixture.file.data, fixture.file.size) !=
			      (ssize_t)fixture.file.size)
		printf("Bail out! no temporary file\n");
	for (size_t i = 0; i < sizeof(tars) / sizeof(tars[0]); i++) {
		snprintf(command, sizeof(command), "command -v %s", tars[i]);
		if (*output_of(command) == '\0') {
			ok(true, "%s lists it # SKIP not here", tars[i]);
			continue;
		}
		snprintf(command, sizeof(command), "%s -tf %s 2>&1", tars[i],
			 path);
		is_str(output_of(command), (const char *)names.data,
		       "another tar lists the members, without a warning");
	}
	close(fd);
	unlink(path);
	cxa_buffer_release(&names);
	fixture_release(&fixture);
}

int main(void)
{
	what_the_walker_refuses_is_not_written();
	an_early_end_is_refused();
	a_failed_write_is_passed_on();
	every_time_can_be_written();
	the_same_members_give_the_same_bytes();
	other_tars_list_it();
	return done_testing();
}
