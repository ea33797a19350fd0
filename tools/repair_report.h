/* repair_report.h - what a repair did, or would do, for people and as JSON */
#ifndef CXA_TOOLS_REPAIR_REPORT_H
#define CXA_TOOLS_REPAIR_REPORT_H

#include "flow.h"
#include "json_out.h"

/**
 * struct repair_report - changes are held back until all has been done
 * @changes: a temporary file
 * @json: with --json, the array being written to it
 * @listed: changes in it
 * @untouched: there was nothing to repair
 * @safety_backup: "" none was made
 */
struct repair_report {
	const struct options *options;
	struct cxa_repair_result result;
	FILE *changes;
	struct json_out json;
	uint64_t listed;
	bool untouched;
	char safety_backup[4096];
};

/**
 * repair_report_open() - Return: EXIT_DONE, or an exit code after a line on
 * standard error
 */
int repair_report_open(struct repair_report *report,
		       const struct options *options);

/** repair_report_change() - for struct cxa_repair_options; @user: the report */
void repair_report_change(void *user, const struct cxa_repair_change *change);

/**
 * repair_report_print() - all of it, on standard output
 * @flow: NULL: nothing was written
 *
 * Return: EXIT_DONE, EXIT_NO when issues are left, or another exit code after
 * a line on standard error.
 */
int repair_report_print(struct repair_report *report,
			const struct flow_result *flow);

void repair_report_close(struct repair_report *report);

#endif
