/* salvage_report.c - what salvage kept, healed and lost */
#include "salvage_report.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "flow.h"
#include "json_out.h"

enum { LISTED_DEFAULT = 100 };

static size_t most_listed(const struct options *options, size_t unless_told)
{
	if (options->max_issues == UINT64_MAX)
		return unless_told;
	return options->max_issues < SIZE_MAX ? (size_t)options->max_issues :
						SIZE_MAX;
}

/* --- for a person --------------------------------------------------------- */

static void note_header(const struct cxa_salvage_report *report)
{
	if (report->header == CXA_LOST)
		ui_note("CORTEXARC is lost: what described the store is not "
			"known any more");
	else if (report->header == CXA_HEALED)
		ui_note("CORTEXARC is from %s", report->header_from);
	if (report->unreadable_bytes != 0)
		ui_note("%" PRIu64 " bytes could not be read",
			report->unreadable_bytes);
	if (report->ignored != 0)
		ui_note("%" PRIu64 " sound batches are not of this archive",
			report->ignored);
}

static void note_healed(const struct cxa_salvage_report *report,
			const char *from)
{
	char number[UI_NUMBER_BYTES];
	uint64_t batches = 0;

	for (size_t i = 0; i < report->batch_count; i++)
		if (report->batches[i].fate == CXA_HEALED &&
		    strcmp(report->batches[i].from, from) == 0)
			batches += report->batches[i].batches;
	if (batches != 0)
		ui_note("batches healed from %s: %s", from,
			ui_count(number, batches));
}

static void note_batch(const struct cxa_salvaged *batch)
{
	const char *name = cxa_collection_name(batch->collection);
	char records[UI_NUMBER_BYTES + 16] = "";
	char number[UI_NUMBER_BYTES];
	char more[UI_NUMBER_BYTES + 32] = "";

	if (batch->records != 0)
		snprintf(records, sizeof(records), "%s ",
			 ui_count(number, batch->records));
	if (batch->batches > 1)
		snprintf(more, sizeof(more), " and %s more",
			 ui_count(number, batch->batches - 1));
	ui_note("%s: %s%s%s%s%s, ids %" PRIu64 " to %" PRIu64 ": %s",
		cxa_fate_name(batch->fate), batch->member, more,
		batch->member[0] == '\0' ? "any " : ", ", records, name,
		batch->first_id, batch->last_id, batch->reason);
}

static unsigned long number_of(const struct cxa_salvaged *batch)
{
	return strtoul(strchr(batch->member, '/') + 1, NULL, 10);
}

/* Is @next the batch behind @run, and lost like it? Then they are told as one. */
static bool goes_on(const struct cxa_salvaged *run,
		    const struct cxa_salvaged *next)
{
	return next->fate == run->fate && next->collection == run->collection &&
	       run->member[0] != '\0' && next->member[0] != '\0' &&
	       number_of(next) == number_of(run) + run->batches &&
	       (next->records == 0) == (run->records == 0) &&
	       strcmp(next->reason, run->reason) == 0;
}

static void note_losses(const struct cxa_salvage_report *report,
			const struct options *options)
{
	const struct cxa_salvaged *at = report->batches;
	const struct cxa_salvaged *end = at + report->batch_count;
	size_t most = most_listed(options, LISTED_DEFAULT);
	char number[UI_NUMBER_BYTES];
	size_t count = 0;

	while (at < end) {
		struct cxa_salvaged run = *at++;

		if (run.fate == CXA_HEALED)
			continue;
		for (; at < end && goes_on(&run, at); at++) {
			run.batches += at->batches;
			run.records += at->records;
			run.last_id = at->last_id;
		}
		if (count++ < most)
			note_batch(&run);
	}
	if (count > most)
		ui_note("%s more losses", ui_count(number, count - most));
}

static const char *verdict(const struct cxa_salvage_report *report)
{
	if (!report->is_whole)
		return "with loss";
	if (report->is_original)
		return "the original, to the byte";
	return "nothing is lost";
}

void salvage_report_text(const struct cxa_salvage_report *report,
			 const struct options *options, double seconds)
{
	const struct cxa_summary *written = &report->written;
	char records[300];
	char size[UI_NUMBER_BYTES];
	char time[UI_NUMBER_BYTES];
	char root[65];

	note_header(report);
	for (size_t i = 0; i < options->from_count; i++)
		note_healed(report, options->from[i]);
	note_losses(report, options);
	flow_records(records, sizeof(records), written->records);
	ui_result("salvaged and verified, %s: %s: %s, %s, root %s",
		  verdict(report), records,
		  ui_size(size, (double)written->total_bytes),
		  ui_time(time, seconds), ui_root(root, written->root));
}

/* --- for a program -------------------------------------------------------- */

static void string_or_null(struct json_out *json, const char *name,
			   const char *text)
{
	if (text == NULL || text[0] == '\0')
		json_null(json, name);
	else
		json_string(json, name, text);
}

static void uint_or_null(struct json_out *json, const char *name,
			 uint64_t value)
{
	if (value == 0)
		json_null(json, name);
	else
		json_uint(json, name, value);
}

static void print_counts(struct json_out *json,
			 const struct cxa_salvage_report *report)
{
	json_begin_object(json, "collections");
	for (int i = 0; i < CXA_COLLECTION_COUNT; i++) {
		const struct cxa_salvage_counts *counts = &report->counts[i];

		json_begin_object(json,
				  cxa_collection_name((enum cxa_collection)i));
		for (int fate = 0; fate <= CXA_LOST; fate++) {
			json_begin_object(json,
					  cxa_fate_name((enum cxa_fate)fate));
			json_uint(json, "batches", counts->batches[fate]);
			json_uint(json, "records", counts->records[fate]);
			json_end_object(json);
		}
		json_end_object(json);
	}
	json_end_object(json);
}

static void print_batch(struct json_out *json, const struct cxa_salvaged *batch)
{
	json_begin_object(json, NULL);
	json_string(json, "fate", cxa_fate_name(batch->fate));
	json_string(json, "collection", cxa_collection_name(batch->collection));
	string_or_null(json, "member", batch->member);
	uint_or_null(json, "batches", batch->batches);
	json_uint(json, "first_id", batch->first_id);
	json_uint(json, "last_id", batch->last_id);
	uint_or_null(json, "records", batch->records);
	string_or_null(json, "reason", batch->reason);
	string_or_null(json, "from", batch->from);
	json_end_object(json);
}

void salvage_report_json(const struct cxa_salvage_report *report,
			 const struct options *options)
{
	size_t most = most_listed(options, SIZE_MAX);
	struct json_out json = JSON_OUT(stdout);

	json_begin_object(&json, NULL);
	json_string(&json, "input", options->operands[0]);
	json_string(&json, "output", options->output);
	json_hex(&json, "root_hash", report->written.root, 32);
	json_bool(&json, "is_whole", report->is_whole);
	json_bool(&json, "is_original", report->is_original);
	json_bool(&json, "index_known", report->index_known);
	json_string(&json, "header", cxa_fate_name(report->header));
	string_or_null(&json, "header_from", report->header_from);
	json_uint(&json, "unreadable_bytes", report->unreadable_bytes);
	json_uint(&json, "ignored_batches", report->ignored);
	json_uint(&json, "file_size", report->written.total_bytes);
	print_counts(&json, report);
	json_begin_array(&json, "batches");
	for (size_t i = 0; i < report->batch_count && i < most; i++)
		print_batch(&json, &report->batches[i]);
	json_end_array(&json);
	json_end_object(&json);
	json_end(&json);
}
