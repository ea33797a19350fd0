/* check.h - is the graph as it should be? The integrity rules */
#ifndef CORTEXARC_CHECK_H
#define CORTEXARC_CHECK_H

#include <cortexarc/verify.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * struct cxa_check_options - zero means default
 * @has_now, @now_ms: milliseconds since the Unix epoch at which a cached query
 *                    has expired or not; otherwise the backup's created_at, so
 *                    that a report does not change with the day
 * @issue: called for each issue, on the calling thread, whether it is listed
 *         in the report or over limits.issues; borrowed; may be NULL.
 *         Non-zero ends the check with CXA_ERR_CANCELLED.
 * @user: handed to it
 */
struct cxa_check_options {
	size_t struct_size;
	bool has_now;
	double now_ms;
	int (*issue)(void *user, const struct cxa_issue *issue);
	void *user;
};

#define CXA_CHECK_OPTIONS_INIT { .struct_size = sizeof(struct cxa_check_options) }

/**
 * cxa_check() - the integrity rules, over all records of @source
 * @out: a report of level CXA_LEVEL_GRAPH, to be released with
 *       cxa_report_free(); NULL on error
 * @options: NULL: all defaults
 *
 * One pass. Kept are the ids of the records, in at most 16 bytes each, and
 * what refers to records not yet seen, in a temporary file when it is more than
 * a few MiB. The report does not depend on the number of threads. Of a rule a
 * record has one issue, however often it breaks it; the description counts.
 *
 * Of records of a JSON document that have the same id the last one counts, and
 * an issue says so.
 *
 * Return: 0 (whatever the report says); CXA_ERR_CORRUPT, CXA_ERR_IO,
 * CXA_ERR_LIMIT, CXA_ERR_NOMEM, CXA_ERR_CANCELLED.
 */
int cxa_check(struct cxa_report **out, struct cxa_source *source,
	      const struct cxa_check_options *options,
	      struct cxa_error *error);

#ifdef __cplusplus
}
#endif
#endif
