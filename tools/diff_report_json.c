/* diff_report_json.c - what differs between two stores, as JSON */
#include "diff_report.h"

static void put_change(struct json_out *json,
		       const struct cxa_field_change *change)
{
	json_begin_object(json, NULL);
	json_string(json, "path", change->path);
	if (change->before != NULL)
		json_raw(json, "before", change->before);
	if (change->after != NULL)
		json_raw(json, "after", change->after);
	if (change->is_vector) {
		json_uint(json, "before_floats", change->before_floats);
		json_uint(json, "after_floats", change->after_floats);
		json_uint(json, "differing", change->differing);
		json_double(json, "largest", change->largest);
	}
	json_end_object(json);
}

void diff_json_metadata(void *user, const struct cxa_field_change *change)
{
	struct diff_report *report = user;

	put_change(&report->json_metadata, change);
}

int diff_json_record(void *user, const struct cxa_difference *difference)
{
	struct diff_report *report = user;
	struct json_out *json = &report->json_records;

	report->listed++;
	json_begin_object(json, NULL);
	json_string(json, "collection",
		    cxa_collection_name(difference->collection));
	json_uint(json, "id", difference->id);
	json_string(json, "kind", cxa_difference_kind_name(difference->kind));
	if (difference->kind == CXA_CHANGED && report->options->fields) {
		json_begin_array(json, "fields");
		for (size_t i = 0; i < difference->field_count; i++)
			put_change(json, &difference->fields[i]);
		json_end_array(json);
	}
	json_end_object(json);
	return 0;
}

void diff_json_begin(struct diff_report *report)
{
	report->json_metadata = (struct json_out)JSON_OUT(report->metadata);
	report->json_records = (struct json_out)JSON_OUT(report->records);
	json_begin_array(&report->json_metadata, NULL);
	json_begin_array(&report->json_records, NULL);
}

void diff_json_end(struct diff_report *report)
{
	json_end_array(&report->json_metadata);
	json_end_array(&report->json_records);
}

static void put_end(struct json_out *json, const char *name,
		    const struct diff_end *end)
{
	json_begin_object(json, name);
	json_string(json, "file", end->name);
	if (end->root != NULL)
		json_hex(json, "root_hash", end->root, 32);
	else
		json_null(json, "root_hash");
	json_end_object(json);
}

static void put_collections(struct json_out *json,
			    const struct cxa_diff_summary *summary)
{
	json_begin_object(json, "collections");
	for (int i = 0; i < CXA_COLLECTION_COUNT; i++) {
		const struct cxa_diff_counts *counts = &summary->counts[i];

		json_begin_object(json,
				  cxa_collection_name((enum cxa_collection)i));
		json_uint(json, "added", counts->added);
		json_uint(json, "removed", counts->removed);
		json_uint(json, "changed", counts->changed);
		json_uint(json, "same", counts->same);
		json_end_object(json);
	}
	json_end_object(json);
}

void diff_json_print(struct diff_report *report, const struct diff_end ends[2],
		     const struct cxa_diff_summary *summary)
{
	struct json_out json = JSON_OUT(stdout);

	json_begin_object(&json, NULL);
	json_bool(&json, "same", diff_is_same(report->options, summary));
	put_end(&json, "a", &ends[0]);
	put_end(&json, "b", &ends[1]);
	put_collections(&json, summary);
	json_uint(&json, "differing", summary->differences);
	json_uint(&json, "listed", report->listed);
	json_uint(&json, "skipped_batches", summary->skipped_batches);
	json_uint(&json, "skipped_records", summary->skipped_records);
	json_copy(&json, "metadata", report->metadata);
	json_copy(&json, "differences", report->records);
	json_end_object(&json);
	json_end(&json);
}
