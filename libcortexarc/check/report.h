/* report.h - collecting issues: each once, counted all, listed up to a limit */
#ifndef CXA_CHECK_REPORT_H
#define CXA_CHECK_REPORT_H

#include <cortexarc/verify.h>

#include "base/error.h"

/** cxa_report_new() - an empty report that lists at most @max_issues */
int cxa_report_new(struct cxa_report **out, enum cxa_level level,
		   uint64_t max_issues, struct cxa_error *error);

/**
 * struct cxa_issue_kind - what a rule of verify is: one row of its table
 */
struct cxa_issue_kind {
	const char *rule;
	enum cxa_issue_type type;
	enum cxa_severity severity;
	const char *repair; /* "salvage"; NULL: none */
};

/**
 * cxa_report_add() - one more issue
 * @member: "" when it is none's fault
 *
 * Return: the issue in the list, to say more about it; NULL when it was only
 * counted (over the limit, or without memory).
 */
struct cxa_issue *cxa_report_add(struct cxa_report *report,
				 const struct cxa_issue_kind *kind,
				 const char *member, uint64_t offset,
				 const char *format, ...) CXA_PRINTF(5, 6);

/**
 * cxa_report_put() - the same of an issue that is filled in; copied
 *
 * The check that found it is counted already, by cxa_report_check().
 */
struct cxa_issue *cxa_report_put(struct cxa_report *report,
				 const struct cxa_issue *issue);

/** cxa_report_check() - @count checks were made */
void cxa_report_check(struct cxa_report *report, uint64_t count);

/** cxa_report_find() - the issue that names @member; NULL: none is listed */
struct cxa_issue *cxa_report_find(struct cxa_report *report,
				  const char *member);

/** cxa_report_finish() - sort by place, decide is_valid */
void cxa_report_finish(struct cxa_report *report);

#endif
