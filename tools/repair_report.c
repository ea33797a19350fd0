/* repair_report.c - what a repair did, or would do */
#include "repair_report.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "diff_report.h"
#include "session.h"

enum { LISTED_DEFAULT = 100 };

/* --- changes, as they come ------------------------------------------------- */

static uint64_t most_of(const struct options *options)
{
	if (options->max_issues != UINT64_MAX)
		return options->max_issues;
	return options->json ? UINT64_MAX : LISTED_DEFAULT;
}

static void string_or_null(struct json_out *json, const char *name,
			   const char *text)
{
	if (text == NULL || text[0] == '\0')
		json_null(json, name);
	else
		json_string(json, name, text);
}

static void put_json(struct json_out *json,
		     const struct cxa_repair_change *change)
{
	bool metadata = strcmp(change->record_name, "metadata") == 0;

	json_begin_object(json, NULL);
	string_or_null(json, "collection",
		       metadata ? NULL :
				  cxa_collection_name(change->collection));
	json_string(json, "entity_type", change->record_name);
	if (change->has_id)
		json_uint(json, "id", change->id);
	else
		json_null(json, "id");
	json_string(json, "rule", change->rule);
	json_string(json, "kind", cxa_difference_kind_name(change->kind));
	if (change->path != NULL)
		json_string(json, "path", change->path);
	if (change->before != NULL)
		json_raw(json, "before", change->before);
	if (change->after != NULL)
		json_raw(json, "after", change->after);
	json_end_object(json);
}

static void put_text(FILE *file, const struct cxa_repair_change *change)
{
	const struct cxa_field_change field = {
		.path = change->path,
		.before = change->before,
		.after = change->after,
	};

	diff_text_mark(file, change->kind);
	fprintf(file, " %s", change->record_name);
	if (change->has_id)
		fprintf(file, " %" PRIu64, change->id);
	fprintf(file, ", %s", change->rule);
	if (change->path == NULL) {
		fputc('\n', file);
		return;
	}
	fputs(": ", file);
	diff_text_change(file, &field);
}

void repair_report_change(void *user, const struct cxa_repair_change *change)
{
	struct repair_report *report = user;

	if (report->listed >= most_of(report->options))
		return;
	report->listed++;
	if (report->options->json)
		put_json(&report->json, change);
	else
		put_text(report->changes, change);
}

int repair_report_open(struct repair_report *report,
		       const struct options *options)
{
	report->options = options;
	report->changes = session_temporary(options);
	if (report->changes == NULL)
		return EXIT_MACHINE;
	report->json = (struct json_out)JSON_OUT(report->changes);
	if (options->json)
		json_begin_array(&report->json, NULL);
	return EXIT_DONE;
}

/* --- what is left ------------------------------------------------------------- */

/* Where nothing was to be done there was no second check. */
static const struct cxa_report *left_of(const struct repair_report *report)
{
	return report->untouched ? report->result.before :
				   report->result.after;
}

static uint64_t count_of(const struct cxa_report *report, const char *rule)
{
	for (size_t i = 0; i < report->rule_count; i++)
		if (strcmp(report->by_rule[i].rule, rule) == 0)
			return report->by_rule[i].count;
	return 0;
}

static bool is_enough(const struct repair_report *report)
{
	const struct cxa_report *left = left_of(report);

	for (int i = (int)report->options->fail_on; i < CXA_SEVERITY_COUNT;
	     i++)
		if (left->by_severity[i] != 0)
			return false;
	return report->result.unrepaired == 0;
}

/* --- for a person -------------------------------------------------------------- */

static void print_counts(const char *name,
			 const uint64_t counts[CXA_COLLECTION_COUNT])
{
	char records[300];
	uint64_t any = 0;

	for (int i = 0; i < CXA_COLLECTION_COUNT; i++)
		any |= counts[i];
	flow_records(records, sizeof(records), counts);
	if (any != 0)
		printf("%-9s%s\n", name, records);
}

static void print_rule(const struct repair_report *report,
		       const struct cxa_rule_count *rule, uint64_t found)
{
	uint64_t left = count_of(left_of(report), rule->rule);
	char numbers[2][UI_NUMBER_BYTES];

	printf("  %s: %s found, %s left", rule->rule,
	       ui_count(numbers[0], found), ui_count(numbers[1], left));
	if (left == 0)
		printf(" (%s)\n", rule->repair == NULL ? "gone" : rule->repair);
	else
		printf("%s\n", rule->repair == NULL ? ", for a person" : "");
}

static void print_rules(const struct repair_report *report)
{
	const struct cxa_report *before = report->result.before;
	const struct cxa_report *left = left_of(report);

	for (size_t i = 0; i < before->rule_count; i++)
		print_rule(report, &before->by_rule[i],
			   before->by_rule[i].count);
	for (size_t i = 0; i < left->rule_count; i++)
		if (count_of(before, left->by_rule[i].rule) == 0)
			print_rule(report, &left->by_rule[i], 0);
}

static void print_summary(const struct repair_report *report)
{
	const struct cxa_repair_result *result = &report->result;
	char numbers[2][UI_NUMBER_BYTES];

	printf("%s issues found, %s left%s\n",
	       ui_count(numbers[0], result->before->failed),
	       ui_count(numbers[1], left_of(report)->failed),
	       report->options->dry_run ? " if they are repaired" : "");
	print_rules(report);
	print_counts("changed", result->changed);
	print_counts("removed", result->removed);
	print_counts("added", result->added);
	if (result->metadata_changes != 0)
		printf("metadata %s totals\n",
		       ui_count(numbers[0], result->metadata_changes));
}

static void print_text(const struct repair_report *report)
{
	char number[UI_NUMBER_BYTES];

	print_summary(report);
	if (report->listed != 0)
		putchar('\n');
	ui_copy(stdout, report->changes);
	if (report->listed < report->result.changes)
		printf("%s%s more changes are not listed\n",
		       report->listed == 0 ? "\n" : "",
		       ui_count(number, report->result.changes -
						report->listed));
	if (report->untouched)
		puts("nothing to repair: it was not touched");
	else if (report->options->dry_run)
		puts("nothing was written");
}

/* --- as JSON -------------------------------------------------------------------- */

static void print_json_rule(struct json_out *json,
			    const struct repair_report *report,
			    const struct cxa_rule_count *rule, uint64_t found)
{
	json_begin_object(json, rule->rule);
	json_uint(json, "found", found);
	json_uint(json, "left", count_of(left_of(report), rule->rule));
	string_or_null(json, "repair", rule->repair);
	json_end_object(json);
}

static void print_json_rules(struct json_out *json,
			     const struct repair_report *report)
{
	const struct cxa_report *before = report->result.before;
	const struct cxa_report *left = left_of(report);

	json_begin_object(json, "by_rule");
	for (size_t i = 0; i < before->rule_count; i++)
		print_json_rule(json, report, &before->by_rule[i],
				before->by_rule[i].count);
	for (size_t i = 0; i < left->rule_count; i++)
		if (count_of(before, left->by_rule[i].rule) == 0)
			print_json_rule(json, report, &left->by_rule[i], 0);
	json_end_object(json);
}

static void print_json_ends(struct json_out *json,
			    const struct repair_report *report,
			    const struct flow_result *flow)
{
	const struct options *options = report->options;
	const char *output = options->output != NULL ? options->output :
						       options->operands[0];

	json_bool(json, "dry_run", options->dry_run);
	json_string(json, "input", options->operands[0]);
	string_or_null(json, "output", flow == NULL ? NULL : output);
	if (flow != NULL && flow->summary.has_root)
		json_hex(json, "root_hash", flow->summary.root, 32);
	else
		json_null(json, "root_hash");
	string_or_null(json, "safety_backup", report->safety_backup);
}

static void print_json(const struct repair_report *report,
		       const struct flow_result *flow)
{
	const struct cxa_repair_result *result = &report->result;
	struct json_out json = JSON_OUT(stdout);

	json_begin_object(&json, NULL);
	print_json_ends(&json, report, flow);
	json_uint(&json, "found", result->before->failed);
	json_uint(&json, "left", left_of(report)->failed);
	json_uint(&json, "unrepaired", result->unrepaired);
	print_json_rules(&json, report);
	flow_print_counts(&json, "changed", result->changed);
	flow_print_counts(&json, "removed", result->removed);
	flow_print_counts(&json, "added", result->added);
	json_uint(&json, "metadata_changes", result->metadata_changes);
	json_uint(&json, "change_count", result->changes);
	json_uint(&json, "listed", report->listed);
	json_copy(&json, "changes", report->changes);
	json_end_object(&json);
	json_end(&json);
}

/* --- all of it --------------------------------------------------------------------- */

/* Has all that was held back arrived there, and come back? */
static int check_changes(const struct repair_report *report)
{
	if (fflush(report->changes) == 0 && !ferror(report->changes))
		return EXIT_DONE;
	return ui_refuse(EXIT_MACHINE, "a temporary file",
			 "cannot be written or read: %s", strerror(errno));
}

int repair_report_print(struct repair_report *report,
			const struct flow_result *flow)
{
	int code;

	if (report->options->json)
		json_end_array(&report->json);
	code = check_changes(report);
	if (code != EXIT_DONE)
		return code;
	if (report->options->json)
		print_json(report, flow);
	else if (!report->options->quiet)
		print_text(report);
	code = check_changes(report);
	return code == EXIT_DONE && !is_enough(report) ? EXIT_NO : code;
}

void repair_report_close(struct repair_report *report)
{
	if (report->changes != NULL)
		fclose(report->changes);
	cxa_repair_result_release(&report->result);
}
