/* verify_report_json.c - what verify found, as JSON */
#include "json_out.h"
#include "verify_report.h"

static void put_counts(struct json_out *json, const struct cxa_report *report)
{
	json_begin_object(json, "by_type");
	for (int i = 0; i < CXA_ISSUE_TYPE_COUNT; i++)
		json_uint(json, cxa_issue_type_name((enum cxa_issue_type)i),
			  report->by_type[i]);
	json_end_object(json);
	json_begin_object(json, "by_severity");
	for (int i = 0; i < CXA_SEVERITY_COUNT; i++)
		json_uint(json, cxa_severity_name((enum cxa_severity)i),
			  report->by_severity[i]);
	json_end_object(json);
	json_begin_object(json, "by_rule");
	for (size_t i = 0; i < report->rule_count; i++)
		json_uint(json, report->by_rule[i].rule,
			  report->by_rule[i].count);
	json_end_object(json);
}

static void put_lost(struct json_out *json, const struct cxa_issue *issue)
{
	if (!issue->has_lost) {
		json_null(json, "lost");
		return;
	}
	json_begin_object(json, "lost");
	json_string(json, "collection",
		    cxa_collection_name(issue->lost_collection));
	json_uint(json, "first_id", issue->lost_first);
	json_uint(json, "last_id", issue->lost_last);
	if (issue->lost_records != 0)
		json_uint(json, "records", issue->lost_records);
	else
		json_null(json, "records");
	json_end_object(json);
}

static void put_issue(struct json_out *json, const struct cxa_issue *issue)
{
	json_begin_object(json, NULL);
	json_string(json, "issue_type", cxa_issue_type_name(issue->type));
	json_string(json, "entity_type", issue->entity_type);
	if (issue->has_id)
		json_uint(json, "entity_id", issue->entity_id);
	else
		json_null(json, "entity_id");
	json_string(json, "severity", cxa_severity_name(issue->severity));
	json_string(json, "rule", issue->rule);
	json_string(json, "description", issue->description);
	json_bool(json, "repairable", issue->repairable);
	if (issue->repair != NULL)
		json_string(json, "repair", issue->repair);
	else
		json_null(json, "repair");
	if (issue->member[0] != '\0')
		json_string(json, "member", issue->member);
	else
		json_null(json, "member");
	put_lost(json, issue);
	if (issue->offset != UINT64_MAX)
		json_uint(json, "offset", issue->offset);
	else
		json_null(json, "offset");
	json_end_object(json);
}

void verify_report_json(const struct cxa_report *report,
			const struct options *options)
{
	struct json_out json = JSON_OUT(stdout);

	json_begin_object(&json, NULL);
	json_bool(&json, "is_valid", report->is_valid);
	json_string(&json, "level", cxa_level_name(report->level));
	if (report->has_root)
		json_hex(&json, "root_hash", report->root, 32);
	else
		json_null(&json, "root_hash");
	json_uint(&json, "total_checks", report->checks);
	json_uint(&json, "failed_checks", report->failed);
	put_counts(&json, report);
	json_begin_array(&json, "issues");
	for (size_t i = 0;
	     i < report->issue_count && i < options->max_issues; i++)
		put_issue(&json, &report->issues[i]);
	json_end_array(&json);
	json_string(&json, "file", options->operands[0]);
	json_uint(&json, "members", report->members);
	json_uint(&json, "bytes", report->bytes);
	json_uint(&json, "losses", report->losses);
	json_ms(&json, "started_ms", report->started_ms);
	json_ms(&json, "duration_ms", report->duration_ms);
	json_end_object(&json);
	json_end(&json);
}
