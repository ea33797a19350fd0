/* migrate_report.c - what a migration did, or would do */
#include "migrate_report.h"

#include <stdlib.h>


enum { LISTED_DEFAULT = 100 };

void migrate_report_wrong(void *user, const struct cxa_wrong_value *value)
{
	struct migrate_report *report = user;
	uint64_t most = report->options->max_issues;
	struct cxa_wrong_value *wrong = report->wrong;

	if (report->listed >= (most == UINT64_MAX ? LISTED_DEFAULT : most))
		return;
	if (report->listed == report->capacity) {
		size_t capacity = 2 * report->capacity + 64;

		wrong = reallocarray(wrong, capacity, sizeof(*wrong));
		if (wrong == NULL)
			return; /* it is counted all the same */
		report->wrong = wrong;
		report->capacity = capacity;
	}
	wrong[report->listed++] = *value;
}

static uint64_t sum(const uint64_t counts[CXA_COLLECTION_COUNT])
{
	uint64_t total = 0;

	for (int i = 0; i < CXA_COLLECTION_COUNT; i++)
		total += counts[i];
	return total;
}

static void list_wrong(const struct migrate_report *report)
{
	uint64_t total = sum(report->summary.wrong);
	char number[UI_NUMBER_BYTES];

	for (size_t i = 0; i < report->listed; i++) {
		const struct cxa_wrong_value *wrong = &report->wrong[i];

		ui_note("%s %llu: its %s was %llu and should have been %llu",
			wrong->record_name, (unsigned long long)wrong->id,
			wrong->field, (unsigned long long)wrong->found,
			(unsigned long long)wrong->expected);
	}
	if (report->listed < total)
		ui_note("%s more were wrong",
			ui_count(number, total - report->listed));
}

void migrate_report_text(const struct migrate_report *report)
{
	const struct cxa_migrate_summary *summary = &report->summary;
	bool dry = report->options->dry_run;
	char changed[300];
	char checked[UI_NUMBER_BYTES];
	char wrong[UI_NUMBER_BYTES];

	if (summary->from == summary->to) {
		ui_result("%s has data version %u already: nothing to migrate, "
			  "nothing was checked",
			  ui_input_name(report->options->operands[0]),
			  summary->to);
		return;
	}
	list_wrong(report);
	flow_records(changed, sizeof(changed), summary->changed);
	ui_result("data version %u to %u (%s): %s %s; %s values checked, %s "
		  "wrong%s", summary->from, summary->to, summary->step, changed,
		  dry ? "would change" : "changed",
		  ui_count(checked, sum(summary->checked)),
		  ui_count(wrong, sum(summary->wrong)),
		  dry ? "; nothing was written" : "");
}

static void print_wrong(struct json_out *json,
			const struct migrate_report *report)
{
	json_begin_array(json, "wrong_values");
	for (size_t i = 0; i < report->listed; i++) {
		const struct cxa_wrong_value *wrong = &report->wrong[i];

		json_begin_object(json, NULL);
		json_string(json, "collection",
			    cxa_collection_name(wrong->collection));
		json_uint(json, "id", wrong->id);
		json_string(json, "field", wrong->field);
		json_uint(json, "found", wrong->found);
		json_uint(json, "expected", wrong->expected);
		json_end_object(json);
	}
	json_end_array(json);
}

static void string_or_null(struct json_out *json, const char *name,
			   const char *text)
{
	if (text == NULL || text[0] == '\0')
		json_null(json, name);
	else
		json_string(json, name, text);
}

void migrate_report_json(const struct migrate_report *report,
			 const struct flow_result *result)
{
	const struct options *options = report->options;
	struct json_out json = JSON_OUT(stdout);

	json_begin_object(&json, NULL);
	json_uint(&json, "from_version", report->summary.from);
	json_uint(&json, "to_version", report->summary.to);
	json_bool(&json, "dry_run", options->dry_run);
	json_string(&json, "input", options->operands[0]);
	string_or_null(&json, "output",
		       result == NULL ? NULL :
		       options->in_place ? options->operands[0] :
					   options->output);
	if (result != NULL && result->summary.has_root)
		json_hex(&json, "root_hash", result->summary.root, 32);
	else
		json_null(&json, "root_hash");
	string_or_null(&json, "safety_backup", report->safety_backup);
	flow_print_counts(&json, "changed", report->summary.changed);
	flow_print_counts(&json, "checked", report->summary.checked);
	flow_print_counts(&json, "wrong", report->summary.wrong);
	print_wrong(&json, report);
	json_end_object(&json);
	json_end(&json);
}

void migrate_report_release(struct migrate_report *report)
{
	free(report->wrong);
}
