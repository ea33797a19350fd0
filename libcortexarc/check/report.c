/* report.c - collecting issues */
#include "check/report.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

enum { RULES_MAX = 64 };

/* What stands behind a struct cxa_report; @listed by severity. */
struct body {
	struct cxa_report visible;
	struct cxa_rule_count rules[RULES_MAX];
	struct cxa_issue *issues;
	size_t capacity;
	uint64_t max_issues;
	uint64_t listed[CXA_SEVERITY_COUNT];
	double clock_start;
};

static const char *const type_names[CXA_ISSUE_TYPE_COUNT] = {
	"MissingReference", "InvalidData",  "CorruptedEntry",
	"VersionMismatch",  "HashMismatch", "OrphanedData",
};

static const char *const severity_names[CXA_SEVERITY_COUNT] = {
	"Low", "Medium", "High", "Critical" };

static const char *const level_names[] = { "", "structure", "bytes",
					   "records", "graph",
					   "restorable" };

const char *cxa_issue_type_name(enum cxa_issue_type type)
{
	return type_names[type];
}

const char *cxa_severity_name(enum cxa_severity severity)
{
	return severity_names[severity];
}

int cxa_severity_find(enum cxa_severity *out, const char *name)
{
	for (int i = 0; i < CXA_SEVERITY_COUNT; i++) {
		if (strcasecmp(severity_names[i], name) == 0) {
			*out = (enum cxa_severity)i;
			return 0;
		}
	}
	return CXA_ERR_USAGE;
}

const char *cxa_level_name(enum cxa_level level)
{
	return level_names[level];
}

int cxa_level_find(enum cxa_level *out, const char *name)
{
	for (int i = CXA_LEVEL_STRUCTURE; i <= CXA_LEVEL_RESTORABLE; i++) {
		if (strcmp(level_names[i], name) == 0) {
			*out = (enum cxa_level)i;
			return 0;
		}
	}
	return CXA_ERR_USAGE;
}

static double clock_ms(clockid_t clock)
{
	struct timespec now = { 0, 0 };

	clock_gettime(clock, &now);
	return (double)now.tv_sec * 1e3 + (double)(now.tv_nsec / 1000) / 1e3;
}

int cxa_report_new(struct cxa_report **out, enum cxa_level level,
		   uint64_t max_issues, struct cxa_error *error)
{
	struct body *body = calloc(1, sizeof(*body));

	*out = NULL;
	if (body == NULL)
		return cxa_error_nomem(error, "a report");
	body->visible.level = level;
	body->visible.started_ms = clock_ms(CLOCK_REALTIME);
	body->clock_start = clock_ms(CLOCK_MONOTONIC);
	body->max_issues = max_issues;
	body->visible.by_rule = body->rules;
	*out = &body->visible;
	return 0;
}

/* Rules are rows of tables: there are far fewer than RULES_MAX. */
static void count_rule(struct body *body, const struct cxa_issue *issue)
{
	size_t i = 0;

	while (i < body->visible.rule_count &&
	       body->rules[i].rule != issue->rule)
		i++;
	if (i == RULES_MAX)
		return;
	body->rules[i].rule = issue->rule;
	body->rules[i].repair = issue->repair;
	body->rules[i].severity = issue->severity;
	body->rules[i].count++;
	if (i == body->visible.rule_count)
		body->visible.rule_count++;
}

static int grow(struct body *body)
{
	size_t capacity = body->capacity == 0 ? 16 : 2 * body->capacity;
	struct cxa_issue *issues = reallocarray(body->issues, capacity,
						sizeof(*issues));

	if (issues == NULL)
		return -1;
	body->issues = issues;
	body->visible.issues = issues;
	body->capacity = capacity;
	return 0;
}

/* Over the limit: the last of those less grave than @severity makes room. */
static struct cxa_issue *make_room(struct body *body,
				   enum cxa_severity severity)
{
	for (int least = CXA_LOW; least < (int)severity; least++) {
		if (body->listed[least] == 0)
			continue;
		for (size_t i = body->visible.issue_count; i-- != 0;) {
			if ((int)body->issues[i].severity != least)
				continue;
			body->listed[least]--;
			return &body->issues[i];
		}
	}
	return NULL;
}

/* Where the next issue is listed; NULL: it is only counted. */
static struct cxa_issue *next_issue(struct body *body,
				    enum cxa_severity severity)
{
	size_t count = body->visible.issue_count;

	if (count >= body->max_issues)
		return make_room(body, severity);
	if (count == body->capacity && grow(body) != 0)
		return NULL;
	body->visible.issue_count++;
	return &body->issues[count];
}

struct cxa_issue *cxa_report_put(struct cxa_report *report,
				 const struct cxa_issue *issue)
{
	struct body *body = (struct body *)report;
	struct cxa_issue *listed = next_issue(body, issue->severity);

	report->failed++;
	report->by_type[issue->type]++;
	report->by_severity[issue->severity]++;
	count_rule(body, issue);
	if (listed == NULL)
		return NULL;
	body->listed[issue->severity]++;
	*listed = *issue;
	return listed;
}

struct cxa_issue *cxa_report_add(struct cxa_report *report,
				 const struct cxa_issue_kind *kind,
				 const char *member, uint64_t offset,
				 const char *format, ...)
{
	struct cxa_issue issue = {
		.type = kind->type,
		.severity = kind->severity,
		.rule = kind->rule,
		.repair = kind->repair,
		.repairable = kind->repair != NULL,
		.entity_type = member[0] == '\0' ? "archive" : "member",
		.offset = offset,
	};
	va_list args;

	snprintf(issue.member, sizeof(issue.member), "%s", member);
	va_start(args, format);
	vsnprintf(issue.description, sizeof(issue.description), format, args);
	va_end(args);
	cxa_report_check(report, 1);
	return cxa_report_put(report, &issue);
}

void cxa_report_check(struct cxa_report *report, uint64_t count)
{
	report->checks += count;
}

struct cxa_issue *cxa_report_find(struct cxa_report *report, const char *member)
{
	struct body *body = (struct body *)report;

	for (size_t i = 0; i < report->issue_count; i++)
		if (strcmp(body->issues[i].member, member) == 0)
			return &body->issues[i];
	return NULL;
}

static int by_place(const void *a, const void *b)
{
	const struct cxa_issue *left = a;
	const struct cxa_issue *right = b;

	int order;

	if (left->offset != right->offset)
		return left->offset < right->offset ? -1 : 1;
	order = strcmp(left->rule, right->rule);
	if (order == 0)
		order = strcmp(left->entity_type, right->entity_type);
	if (order == 0 && left->entity_id != right->entity_id)
		order = left->entity_id < right->entity_id ? -1 : 1;
	return order;
}

void cxa_report_finish(struct cxa_report *report)
{
	struct body *body = (struct body *)report;

	if (report->issue_count != 0)
		qsort(body->issues, report->issue_count, sizeof(*body->issues),
		      by_place);
	report->is_valid = report->by_severity[CXA_MEDIUM] == 0 &&
			   report->by_severity[CXA_HIGH] == 0 &&
			   report->by_severity[CXA_CRITICAL] == 0;
	report->duration_ms = clock_ms(CLOCK_MONOTONIC) - body->clock_start;
}

void cxa_report_free(struct cxa_report *report)
{
	if (report == NULL)
		return;
	free(((struct body *)report)->issues);
	free(report);
}
