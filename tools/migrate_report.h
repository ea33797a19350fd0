/* migrate_report.h - what a migration did, or would do, for people and as JSON */
#ifndef CXA_TOOLS_MIGRATE_REPORT_H
#define CXA_TOOLS_MIGRATE_REPORT_H

#include "flow.h"

/**
 * struct migrate_report - filled while records are read
 * @wrong: the first @listed values that were put right
 * @safety_backup: "" none was made
 */
struct migrate_report {
	const struct options *options;
	struct cxa_migrate_summary summary;
	struct cxa_wrong_value *wrong;
	size_t listed;
	size_t capacity;
	char safety_backup[4096];
};

/** migrate_report_wrong() - for struct cxa_migrate_options; @user: the report */
void migrate_report_wrong(void *user, const struct cxa_wrong_value *value);

/** migrate_report_text() - lines of result; what was put right: notes */
void migrate_report_text(const struct migrate_report *report);

/** migrate_report_json() - @result: NULL: nothing was written */
void migrate_report_json(const struct migrate_report *report,
			 const struct flow_result *result);

void migrate_report_release(struct migrate_report *report);

#endif
