/* verify_report.h - what verify found, for a person or for a program */
#ifndef CXA_TOOLS_VERIFY_REPORT_H
#define CXA_TOOLS_VERIFY_REPORT_H

#include "options.h"

void verify_report_text(const struct cxa_report *report,
			const struct options *options);
void verify_report_json(const struct cxa_report *report,
			const struct options *options);

/**
 * verify_rule_is_first() - is the issue the first listed of its rule?
 * @count: out: how many of the kept issues have that rule
 */
bool verify_rule_is_first(const struct cxa_report *report, size_t issue,
			  uint64_t *count);

#endif
