/* repair.c - fuzz: what is repaired needs no repair */
#include <cortexarc/repair.h>

#include <stdio.h>
#include <unistd.h>

#include "endpoint/source.h"
#include "records.h"

/*
 * Of an archive that reads: the repair is done, which proves itself (what is
 * left are issues that nothing repairs, and only records differ that were
 * repaired); a second repair finds nothing to do, and writes the same records.
 * After an error there is no new archive.
 */

static int repair(struct cxa_source *source, const char *path,
		  struct cxa_repair_result *result, struct cxa_error *error)
{
	struct cxa_repair_options options = CXA_REPAIR_OPTIONS_INIT;
	struct cxa_sink *sink = NULL;
	int status;

	unlink(path);
	fuzz_must_be(cxa_sink_open(&sink, fuzz_context(), path,
				   CXA_KIND_ARCHIVE, NULL, error),
		     0, error, path);
	status = cxa_repair(source, sink, &options, result, NULL, error);
	cxa_sink_close(sink);
	MUST((status == 0) == (access(path, F_OK) == 0));
	return status;
}

static void repair_again(const char *first, const char *second)
{
	struct cxa_repair_result result = { 0 };
	struct cxa_error error = CXA_ERROR_INIT;
	struct cxa_source *repaired = NULL;
	struct cxa_source *again = NULL;

	fuzz_must_be(cxa_source_open(&repaired, fuzz_context(), first, NULL,
				     &error), 0, &error, first);
	fuzz_must_be(repair(repaired, second, &result, &error), 0, &error,
		     "the second repair");
	MUST(result.changes == 0 && result.metadata_changes == 0);
	fuzz_must_be(cxa_source_open(&again, fuzz_context(), second, NULL,
				     &error), 0, &error, second);
	fuzz_same_records(repaired, again);
	cxa_source_close(again);
	cxa_source_close(repaired);
	cxa_repair_result_release(&result);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cxa_repair_result result = { 0 };
	struct cxa_error error = CXA_ERROR_INIT;
	struct cxa_source *source = NULL;
	const char *first = fuzz_path("repaired");
	const char *second = fuzz_path("again");
	struct fuzz_records records;
	int status;

	if (cxa_source_open(&source, fuzz_context(), fuzz_memory(data, size),
			    NULL, NULL) != 0)
		return 0;
	fuzz_read_all(&records, source, NULL);
	status = repair(source, first, &result, &error);
	/* What asks for it must not be rewritten. */
	if (records.status == 0 &&
	    cxa_source_header(source)->n_required_to_rewrite == 0)
		fuzz_must_be(status, 0, &error, "repairing what reads");
	cxa_source_close(source);
	cxa_repair_result_release(&result);
	if (status == 0)
		repair_again(first, second);
	return 0;
}
