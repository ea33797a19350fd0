/* diff_report.h - what differs between two stores, for a person or a program */
#ifndef CXA_TOOLS_DIFF_REPORT_H
#define CXA_TOOLS_DIFF_REPORT_H

#include "json_out.h"
#include "options.h"

/**
 * struct diff_report - lines, or JSON, held back until all has been compared
 * @metadata, @records: temporary files
 * @json_metadata, @json_records: with --json, arrays being written to them
 * @listed: records in @records
 */
struct diff_report {
	const struct options *options;
	FILE *metadata;
	FILE *records;
	struct json_out json_metadata;
	struct json_out json_records;
	uint64_t listed;
};

/** struct diff_end - one of the two, and its root hash or NULL */
struct diff_end {
	const char *name;
	const uint8_t *root;
};

/* For struct cxa_diff_options, with a struct diff_report as user. */
int diff_text_record(void *user, const struct cxa_difference *difference);
void diff_text_metadata(void *user, const struct cxa_field_change *change);
int diff_json_record(void *user, const struct cxa_difference *difference);
void diff_json_metadata(void *user, const struct cxa_field_change *change);

/** diff_text_change() - a field of a record, and the line's end */
void diff_text_change(FILE *file, const struct cxa_field_change *change);
/** diff_text_mark() - "+", "-" or "~" */
void diff_text_mark(FILE *file, enum cxa_difference_kind kind);

/* Around all calls of the two for JSON. */
void diff_json_begin(struct diff_report *report);
void diff_json_end(struct diff_report *report);

/** diff_is_same() - what the exit code says */
bool diff_is_same(const struct options *options,
		  const struct cxa_diff_summary *summary);

/* The whole, to standard output. */
void diff_text_print(struct diff_report *report, const struct diff_end ends[2],
		     const struct cxa_diff_summary *summary);
void diff_json_print(struct diff_report *report, const struct diff_end ends[2],
		     const struct cxa_diff_summary *summary);

#endif
