/* archive.c - fuzz: a whole archive through verify, read and unpack */
#include <cortexarc/verify.h>

#include "endpoint/source.h"
#include "records.h"

/*
 * Oracles: a report says of itself what its issues say; what verify has no word
 * against is read to its end, and has the records that the report counts.
 */

static bool is_grave(const struct cxa_report *report)
{
	for (int i = CXA_MEDIUM; i < CXA_SEVERITY_COUNT; i++)
		if (report->by_severity[i] != 0)
			return true;
	return false;
}

static void check_report(const struct cxa_report *report)
{
	uint64_t by_type = 0;
	uint64_t by_severity = 0;
	uint64_t by_rule = 0;

	for (int i = 0; i < CXA_ISSUE_TYPE_COUNT; i++)
		by_type += report->by_type[i];
	for (int i = 0; i < CXA_SEVERITY_COUNT; i++)
		by_severity += report->by_severity[i];
	for (size_t i = 0; i < report->rule_count; i++)
		by_rule += report->by_rule[i].count;
	MUST(by_type == by_severity && by_type == by_rule);
	MUST(report->issue_count <= by_type);
	MUST(report->issue_count <= fuzz_context()->limits.issues);
	MUST(report->is_valid == !is_grave(report));
	MUST(report->failed <= report->checks);
	for (size_t i = 0; i < report->issue_count; i++) {
		const struct cxa_issue *issue = &report->issues[i];

		MUST(issue->rule != NULL && issue->entity_type != NULL);
		MUST(issue->description[0] != '\0');
		MUST(!issue->has_lost ||
		     issue->lost_first <= issue->lost_last);
	}
}

/* Of sound archives, as many records as were read. */
static void compare_counts(const struct cxa_report *report,
			   const struct fuzz_records *records)
{
	fuzz_must_be(records->status, 0, &records->error,
		     "reading what verify finds sound");
	for (int i = 0; i < CXA_COLLECTION_COUNT; i++)
		MUST(report->records[i] == records->count[i]);
}

static void try_verify(const uint8_t *data, size_t size, enum cxa_level level)
{
	struct cxa_verify_options options = CXA_VERIFY_OPTIONS_INIT;
	struct cxa_error error = CXA_ERROR_INIT;
	struct cxa_report *report = NULL;
	struct fuzz_records records;
	int status;

	options.level = level;
	status = cxa_verify(&report, fuzz_context(), fuzz_memory(data, size),
			    &options, &error);
	MUST((status == 0) == (report != NULL));
	if (report == NULL)
		return;
	check_report(report);
	if (level >= CXA_LEVEL_RECORDS && report->issue_count == 0) {
		fuzz_read_bytes(&records, data, size, false);
		compare_counts(report, &records);
	}
	cxa_report_free(report);
}

/* To JSON and to lines: whole concepts, and each collection alone. */
static void try_unpack(const uint8_t *data, size_t size)
{
	static const enum cxa_kind kinds[] = { CXA_KIND_JSON, CXA_KIND_LINES };
	const char *path = fuzz_memory(data, size);
	struct cxa_source *source = NULL;

	if (cxa_source_open(&source, fuzz_context(), path, NULL, NULL) != 0)
		return;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		struct cxa_sink *sink = NULL;

		if (cxa_sink_open(&sink, fuzz_context(), "/dev/null", kinds[i],
				  NULL, NULL) == 0)
			cxa_copy(source, sink, NULL, NULL, NULL);
		cxa_sink_close(sink);
	}
	cxa_source_close(source);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	try_verify(data, size, CXA_LEVEL_GRAPH);
	try_unpack(data, size);
	return 0;
}
