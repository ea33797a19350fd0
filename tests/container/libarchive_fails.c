/* libarchive_fails.c - what libarchive must not do, or fails at, is an error */
#include <archive.h>
#include <archive_entry.h>

#include "container/foreign.h"
#include "fixture.h"

/*
 * By ld's --wrap: the calls of container, which go astray in one way at a time.
 * No tar is known that makes the libarchive of today do so.
 */
static enum astray {
	NOT,
	NO_NAME, NO_SIZE, A_HOLE, TOO_SHORT,
	NO_FORMAT, NO_OPTION, NO_BLOCK, NO_LAST_BLOCK, NO_OPEN,
	NO_HEADER, NO_DATA, NO_FINISH, NO_CLOSE, NO_END
} astray;
static bool has_reason = true;

#define ASTRAY(result, name, parameters, arguments, how, otherwise) \
	result __real_##name parameters; \
	result __wrap_##name parameters; \
	result __wrap_##name parameters \
	{ \
		return astray == (how) ? (otherwise) : __real_##name arguments; \
	}
ASTRAY(const char *, archive_entry_pathname, (struct archive_entry *entry),
       (entry), NO_NAME, NULL)
ASTRAY(la_int64_t, archive_entry_size, (struct archive_entry *entry), (entry),
       NO_SIZE, -1)
ASTRAY(int, archive_write_set_format_pax_restricted, (struct archive *archive),
       (archive), NO_FORMAT, ARCHIVE_FATAL)
ASTRAY(int, archive_write_set_format_option,
       (struct archive *archive, const char *module, const char *option,
	const char *value), (archive, module, option, value), NO_OPTION,
       ARCHIVE_WARN)
ASTRAY(int, archive_write_set_bytes_per_block,
       (struct archive *archive, int bytes), (archive, bytes), NO_BLOCK,
       ARCHIVE_FATAL)
ASTRAY(int, archive_write_set_bytes_in_last_block,
       (struct archive *archive, int bytes), (archive, bytes), NO_LAST_BLOCK,
       ARCHIVE_FATAL)
ASTRAY(int, archive_write_open2,
       (struct archive *archive, void *state, archive_open_callback *on_open,
	archive_write_callback *on_write, archive_close_callback *on_close,
	archive_free_callback *on_free),
       (archive, state, on_open, on_write, on_close, on_free), NO_OPEN,
       ARCHIVE_FATAL)
ASTRAY(int, archive_write_header,
       (struct archive *archive, struct archive_entry *entry), (archive, entry),
       NO_HEADER, ARCHIVE_FATAL)
ASTRAY(la_ssize_t, archive_write_data,
       (struct archive *archive, const void *data, size_t size),
       (archive, data, size), NO_DATA, 1)
ASTRAY(int, archive_write_finish_entry, (struct archive *archive), (archive),
       NO_FINISH, ARCHIVE_FATAL)
/* It says that it wrote the end, and did not: that is seen, too. */
ASTRAY(int, archive_write_close, (struct archive *archive), (archive),
       astray == NO_END ? NO_END : NO_CLOSE,
       astray == NO_END ? ARCHIVE_OK : ARCHIVE_FATAL)
#undef ASTRAY

const char *__real_archive_error_string(struct archive *archive);
const char *__wrap_archive_error_string(struct archive *archive);
const char *__wrap_archive_error_string(struct archive *archive)
{
	(void)archive;
	return has_reason ? "a reason" : NULL;
}

int __real_archive_read_data_block(struct archive *archive, const void **data,
				   size_t *size, la_int64_t *offset);
int __wrap_archive_read_data_block(struct archive *archive, const void **data,
				   size_t *size, la_int64_t *offset);
int __wrap_archive_read_data_block(struct archive *archive, const void **data,
				   size_t *size, la_int64_t *offset)
{
	int status = __real_archive_read_data_block(archive, data, size,
						    offset);

	if (astray == A_HOLE)
		*offset += 512;
	return astray == TOO_SHORT ? ARCHIVE_EOF : status;
}

/* --- reading ------------------------------------------------------------------ */

static struct fixture fixture;

static void readings_that_go_astray_are_refused(void)
{
	static const struct {
		enum astray astray;
		const char *claim;
		const char *message;
	} cases[] = {
		{ NO_NAME, "a member without a name", "without a name" },
		{ NO_SIZE, "a member without a size", "without a size" },
		{ A_HOLE, "a member with a hole", "with holes" },
		{ TOO_SHORT, "a member that ends early",
		  "not as long as it says" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct cxa_error error = CXA_ERROR_INIT;
		struct cxa_foreign *foreign;
		struct fixture_file file;

		fixture_file_open(&file, fixture.file.data, fixture.file.size,
				  true);
		astray = cases[i].astray;
		ok(cxa_foreign_open(&foreign, &file.input, NULL, NULL,
				    &error) == CXA_ERR_CORRUPT &&
		   foreign == NULL &&
		   strstr(error.message, cases[i].message) != NULL,
		   "%s is refused: %s", cases[i].claim, error.message);
		astray = NOT;
		fixture_file_close(&file);
	}
}

static void a_failure_without_a_reason_is_one(void)
{
	struct cxa_error error = CXA_ERROR_INIT;
	struct cxa_foreign *foreign;
	struct fixture_file file;

	fixture_file_open(&file, "no tar", 6, true);
	has_reason = false;
	is_int(cxa_foreign_open(&foreign, &file.input, NULL, NULL, &error),
	       CXA_ERR_FORMAT, "a failure without a reason is one");
	is_str(error.message, "libarchive: no reason given", "and says so");
	has_reason = true;
	fixture_file_close(&file);
}

/* --- writing ------------------------------------------------------------------ */

static int write_all(struct cxa_error *error)
{
	struct cxa_member member = { .kind = CXA_MEMBER_HEADER, .size = 3 };
	struct cxa_member_writer *writer;
	struct cxa_buffer out = { 0 };
	int status = cxa_member_writer_open(&writer, 1, fixture_write, &out,
					    error);

	if (status == 0)
		status = cxa_member_writer_add(writer, &member, "abc", error);
	if (status == 0)
		status = cxa_member_writer_finish(writer, error);
	cxa_member_writer_close(writer);
	cxa_buffer_release(&out);
	return status;
}

/* No memory is what libarchive fails for when it writes. */
static void writings_that_fail_are_errors(void)
{
	static const struct {
		enum astray astray;
		const char *message;
	} cases[] = {
		{ NO_FORMAT, "libarchive: " }, { NO_OPTION, "libarchive: " },
		{ NO_BLOCK, "libarchive: " }, { NO_LAST_BLOCK, "libarchive: " },
		{ NO_OPEN, "libarchive: " }, { NO_HEADER, "CORTEXARC: " },
		{ NO_DATA, "CORTEXARC: " }, { NO_FINISH, "CORTEXARC: " },
		{ NO_CLOSE, "the end: " },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		for (int reason = 0; reason < 2; reason++) {
			struct cxa_error error = CXA_ERROR_INIT;
			char told[40];
			int status;

			has_reason = reason;
			snprintf(told, sizeof(told), "%s%s", cases[i].message,
				 reason ? "a reason" : "no memory");
			astray = cases[i].astray;
			status = write_all(&error);
			astray = NOT;
			ok(status == CXA_ERR_NOMEM &&
			   strcmp(error.message, told) == 0,
			   "a writing that fails is an error: %s",
			   error.message);
		}
	has_reason = true;
}

static void an_end_that_is_missing_is_seen(void)
{
	struct cxa_error error = CXA_ERROR_INIT;

	astray = NO_END;
	is_int(write_all(&error), CXA_ERR_CORRUPT,
	       "an end that libarchive did not write is seen");
	astray = NOT;
	like(error.message, "did not end the tar", "as that");
}

int main(void)
{
	fixture_build(&fixture, FIXTURE_MTIME);
	readings_that_go_astray_are_refused();
	a_failure_without_a_reason_is_one();
	writings_that_fail_are_errors();
	an_end_that_is_missing_is_seen();
	fixture_release(&fixture);
	return done_testing();
}
