/* flow.h - records from the input to the output, as several commands do it */
#ifndef CXA_TOOLS_FLOW_H
#define CXA_TOOLS_FLOW_H

#include "json_out.h"
#include "options.h"

/** struct flow - from where to where; the rest stands in the options */
struct flow {
	const char *input;
	const char *output;
	enum cxa_kind kind; /* of the output */
	bool single_read;
	struct cxa_selection selection;
	const struct cxa_migrate_options *migrate; /* NULL: as they are */
	const struct cxa_repair_options *repair;   /* likewise */
	struct cxa_repair_result *repaired;
};

/**
 * struct flow_result - what was done
 * @has_source_root: the input was an archive
 * @source_bytes: its size; 0: not known
 */
struct flow_result {
	struct cxa_summary summary;
	bool has_source_root;
	uint8_t source_root[32];
	uint64_t source_bytes;
	double seconds;
};

/**
 * flow_find_kind() - what the output is to be, by --format or its name
 *
 * Return: EXIT_DONE, or EXIT_USAGE after a line on standard error.
 */
int flow_find_kind(const struct options *options, enum cxa_kind *kind);

/**
 * flow_run() - open both ends, copy, commit
 *
 * Return: EXIT_DONE, or an exit code after a line on standard error.
 */
int flow_run(const struct flow *flow, struct cxa_context *context,
	     const struct options *options, struct flow_result *result);

/** flow_report() - the line of result: "@verb 24 concepts ..." */
void flow_report(const struct flow_result *result, const char *verb);

/** flow_report_json() - the same for --json, on standard output */
void flow_report_json(const struct flow *flow,
		      const struct flow_result *result);

/** flow_print_counts() - @counts as an object with a member for each collection */
void flow_print_counts(struct json_out *json, const char *name,
		       const uint64_t counts[CXA_COLLECTION_COUNT]);

/** flow_records() - "24 concepts, 6 columns", what is 0 left out */
void flow_records(char *out, size_t size,
		  const uint64_t records[CXA_COLLECTION_COUNT]);

#endif
