/* verify_report.h - what verify found, for a person or for a program */
#ifndef CXA_TOOLS_VERIFY_REPORT_H
#define CXA_TOOLS_VERIFY_REPORT_H

#include "options.h"

void verify_report_text(const struct cxa_report *report,
			const struct options *options);
void verify_report_json(const struct cxa_report *report,
			const struct options *options);

#endif
