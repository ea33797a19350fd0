/* salvage_report.h - what salvage kept, healed and lost */
#ifndef CXA_TOOLS_SALVAGE_REPORT_H
#define CXA_TOOLS_SALVAGE_REPORT_H

#include "options.h"

/** salvage_report_text() - notes of each loss, and the line of result */
void salvage_report_text(const struct cxa_salvage_report *report,
			 const struct options *options, double seconds);

/** salvage_report_json() - on standard output, as spec/REPORT.md has it */
void salvage_report_json(const struct cxa_salvage_report *report,
			 const struct options *options);

#endif
