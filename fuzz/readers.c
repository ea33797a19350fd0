/* readers.c - fuzz: the random-access reader against the one from front to back */
#include <cortexarc/verify.h>

#include "endpoint/source.h"
#include "records.h"

/*
 * The same bytes as a file and as a pipe: both give the same records, or
 * neither gives all. Verify agrees with them, but for what it alone looks at.
 * A record that is read alone is the one that reading all gives.
 */

/*
 * What reads and is not as it should be, verify alone tells of: another tar's
 * form, and the digests of raw bytes, which stored ones make dispensable.
 */
static bool is_readers_concern(const struct cxa_issue *issue)
{
	return issue->severity >= CXA_MEDIUM &&
	       strcmp(issue->rule, "re-blocked") != 0 &&
	       strstr(issue->description, "raw bytes") == NULL;
}

static void compare_verify(const uint8_t *data, size_t size,
			   const struct fuzz_records *records)
{
	struct cxa_verify_options options = CXA_VERIFY_OPTIONS_INIT;
	struct cxa_error error = CXA_ERROR_INIT;
	struct cxa_report *report = NULL;
	int status;

	options.level = CXA_LEVEL_RECORDS;
	status = cxa_verify(&report, fuzz_context(), fuzz_memory(data, size),
			    &options, &error);
	if (records->status == 0)
		fuzz_must_be(status, 0, &error, "verifying what can be read");
	if (status != 0)
		return;
	if (report->is_valid)
		fuzz_must_be(records->status, 0, &records->error,
			     "reading what verifies");
	for (size_t i = 0; records->status == 0 && i < report->issue_count; i++)
		if (is_readers_concern(&report->issues[i]))
			fuzz_broken(report->issues[i].description, __FILE__,
				    __LINE__);
	cxa_report_free(report);
}

static void read_alone(const uint8_t *data, size_t size,
		       const struct fuzz_records *all)
{
	struct cxa_source_options options = CXA_SOURCE_OPTIONS_INIT;
	struct cxa_selection selection = CXA_SELECTION_INIT;
	struct cxa_input *input = fuzz_input(data, size, false);
	struct cxa_error error = CXA_ERROR_INIT;
	struct cxa_source *source = NULL;
	struct fuzz_records one;

	options.single_read = true;
	selection.collections = UINT32_C(1) << all->collection;
	selection.has_range = true;
	selection.first_id = all->id;
	selection.last_id = all->id;
	fuzz_must_be(cxa_source_open_input(&source, fuzz_context(), &input,
					   &options, &error), 0, &error,
		     "opening for a single record");
	fuzz_read_all(&one, source, &selection);
	fuzz_must_be(one.status, 0, &one.error, "reading a record alone");
	MUST(one.total == 1);
	MUST(cxa_digest_equal(&one.row, &all->row));
	cxa_source_close(source);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_records file;
	struct fuzz_records pipe;

	fuzz_read_bytes(&file, data, size, false);
	fuzz_read_bytes(&pipe, data, size, true);
	if (file.status == 0 || pipe.status == 0) {
		fuzz_must_be(pipe.status, 0, &pipe.error,
			     "reading from a pipe what a file gives");
		fuzz_must_be(file.status, 0, &file.error,
			     "reading from a file what a pipe gives");
		MUST(cxa_digest_equal(&file.digest, &pipe.digest));
	}
	compare_verify(data, size, &file);
	if (file.status == 0 && file.total != 0)
		read_alone(data, size, &file);
	return 0;
}
