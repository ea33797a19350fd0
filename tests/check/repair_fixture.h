/* repair_fixture.h - a graph in a file, repaired into another, and compared */
#ifndef CXA_TESTS_CHECK_REPAIR_FIXTURE_H
#define CXA_TESTS_CHECK_REPAIR_FIXTURE_H

#include <errno.h>

#include "endpoint/scratch.h"
#include "planted.h"

static struct graph graph;
static struct cxa_context *context;
static struct cxa_error error;

/* In which form the graph is repaired; a name decides what a sink makes. */
static const struct form {
	const char *name;
	const char *input;
	const char *output;
	bool is_json;
} forms[] = {
	{ "an archive", "in.cxa", "out.cxa", false },
	{ "JSON", "in.json", "out.json", true },
	{ "NDJSON", "in/", "out/", true },
	{ "a store", "in.db", "out.db", false },
};

enum { FORM_COUNT = sizeof(forms) / sizeof(forms[0]), LINES = 40 };

static void bail(const char *what)
{
	printf("Bail out! %s: %s\n", what, error.message);
	exit(1);
}

static void remove_all(const char *names)
{
	char command[200];

	/* A file goes without a shell: there are many. */
	if (strpbrk(names, " *") == NULL &&
	    (unlink(names) == 0 || errno == ENOENT))
		return;
	snprintf(command, sizeof(command), "rm -rf %s", names);
	if (system(command) != 0)
		puts("# old files stay");
}

static struct cxa_source *open_source(const char *name)
{
	struct cxa_source *source = NULL;

	error = (struct cxa_error)CXA_ERROR_INIT;
	if (cxa_source_open(&source, context, name, NULL, &error) < 0)
		bail(name);
	return source;
}

__attribute__((unused)) static void write_graph(const char *name)
{
	struct cxa_source *source = graph_source(&graph, context);
	struct cxa_sink *sink = NULL;
	int status;

	remove_all(name);
	error = (struct cxa_error)CXA_ERROR_INIT;
	status = cxa_sink_open(&sink, context, name, CXA_KIND_AUTO, NULL,
			       &error);
	if (status == 0)
		status = cxa_copy(source, sink, NULL, NULL, &error);
	cxa_sink_close(sink);
	cxa_source_close(source);
	if (status < 0)
		bail(name);
}

/*
 * What a repair said and did.
 *
 * @lines: "rule record id path: before -> after", of each change the first
 * LINES
 * @others: changes by other rules than @rule, but for totals
 */
struct seen {
	const char *rule;
	int status;
	unsigned changes;
	unsigned others;
	unsigned issues;
	char lines[LINES][300];
	struct cxa_repair_result result;
	struct cxa_summary summary;
};

static const char *or_none(const char *text)
{
	return text == NULL ? "none" : text;
}

static bool is_total(const char *rule)
{
	return strstr(rule, "-totals") != NULL;
}

static void see_change(void *user, const struct cxa_repair_change *change)
{
	struct seen *seen = user;

	if (seen->changes < LINES)
		snprintf(seen->lines[seen->changes], 300,
			 "%s %s %" PRIu64 " %s: %.60s -> %.60s", change->rule,
			 change->record_name, change->id, or_none(change->path),
			 or_none(change->before), or_none(change->after));
	seen->changes++;
	seen->others += seen->rule != NULL &&
			strcmp(change->rule, seen->rule) != 0 &&
			!is_total(change->rule);
}

static int see_issue(void *user, const struct cxa_issue *issue)
{
	struct seen *seen = user;

	seen->issues += issue->rule != NULL;
	return 0;
}

static struct cxa_repair_options options_for(struct seen *seen,
					     const char *const *rules)
{
	struct cxa_repair_options options = CXA_REPAIR_OPTIONS_INIT;

	memset(seen, 0, sizeof(*seen));
	error = (struct cxa_error)CXA_ERROR_INIT;
	options.rules = rules;
	while (rules != NULL && rules[options.rule_count] != NULL)
		options.rule_count++;
	seen->rule = options.rule_count == 1 ? rules[0] : NULL;
	options.change = see_change;
	options.issue = see_issue;
	options.user = seen;
	return options;
}

/* @output: NULL: a dry run; @rules: NULL: all, else ended by NULL */
__attribute__((unused))
static void repair(struct seen *seen, const char *input, const char *output,
		   const char *const *rules)
{
	struct cxa_repair_options options = options_for(seen, rules);
	struct cxa_source *source = open_source(input);
	struct cxa_sink *sink = NULL;

	if (output != NULL)
		remove_all(output);
	if (output != NULL && cxa_sink_open(&sink, context, output,
					    CXA_KIND_AUTO, NULL, &error) < 0)
		bail(output);
	seen->status = cxa_repair(source, sink, &options, &seen->result,
				  &seen->summary, &error);
	cxa_sink_close(sink);
	cxa_source_close(source);
	if (seen->status < 0)
		printf("# %s: %s\n", input, error.message);
}

__attribute__((unused))
static void forget(struct seen *seen)
{
	cxa_repair_result_release(&seen->result);
}

__attribute__((unused)) static uint64_t records(const struct seen *seen)
{
	uint64_t count = 0;

	for (int i = 0; i < CXA_COLLECTION_COUNT; i++)
		count += seen->result.changed[i] + seen->result.removed[i] +
			 seen->result.added[i];
	return count;
}

/* How many records differ; UINT64_MAX: they cannot be compared. */
__attribute__((unused))
static uint64_t differences(const char *a, const char *b,
			    struct cxa_diff_summary *summary)
{
	struct cxa_diff_options options = CXA_DIFF_OPTIONS_INIT;
	struct cxa_source *before = open_source(a);
	struct cxa_source *after = open_source(b);
	struct cxa_diff_summary own;
	int status;

	if (summary == NULL)
		summary = &own;
	options.full = true;
	status = cxa_diff(before, after, &options, summary, &error);
	cxa_source_close(before);
	cxa_source_close(after);
	return status < 0 ? UINT64_MAX : summary->differences;
}

/* Issues that verify finds. */
__attribute__((unused)) static uint64_t issues_of(const char *name)
{
	struct cxa_report *report = NULL;
	uint64_t count;

	error = (struct cxa_error)CXA_ERROR_INIT;
	if (cxa_verify(&report, context, name, NULL, &error) < 0)
		bail(name);
	count = report->failed;
	for (size_t i = 0; i < report->issue_count && i < 3; i++)
		printf("# %s: %s, %s %" PRIu64 ": %s\n", name,
		       report->issues[i].rule, report->issues[i].entity_type,
		       report->issues[i].entity_id,
		       report->issues[i].description);
	cxa_report_free(report);
	return count;
}

__attribute__((unused)) static void print_lines(const struct seen *seen)
{
	for (unsigned i = 0; i < seen->changes && i < LINES && i < 8; i++)
		printf("#   %s\n", seen->lines[i]);
}

#endif
