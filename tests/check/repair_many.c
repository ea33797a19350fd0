/* repair_many.c - a thousand faults at once: all gone, and nothing else touched */
#include "repair_fixture.h"

enum { CONCEPTS = 2400, QUERIES = 700, SYNC = 1050, FAULTS = 1000 };

static uint64_t seed = 20260815;

static uint64_t next_random(void)
{
	uint64_t z = seed += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

/* What is left of what was planted, and not for anybody to repair. */
static uint64_t unrepairable;

/*
 * A concept, its embedding and its column have one fault together, unless
 * @many: any number of any kind.
 */
static void plant_all(bool archive, size_t many)
{
	static bool used[CXA_COLLECTION_COUNT][2 * CONCEPTS];
	size_t planted = 0;

	memset(used, 0, sizeof(used));
	unrepairable = 0;
	while (planted < (many != 0 ? many : FAULTS)) {
		const struct plant *plant =
			&plants[next_random() % PLANT_COUNT];
		size_t i = (size_t)next_random() % graph.counts[plant->at];

		if (plant->at == CXA_SYSTEM_STATE ||
		    (plant->archive_only && !archive) || used[plant->at][i] ||
		    (plant->step != 0 && i % plant->step != plant->phase))
			continue;
		used[plant->at][i] = many == 0;
		plant->make(&graph, i);
		unrepairable += !planted_rule(plant->rule)->repairable;
		planted++;
	}
	qsort(graph.queries, QUERIES, sizeof(*graph.queries), graph_by_hash);
}

static uint64_t left_of(const struct cxa_report *report, const char *rule)
{
	for (size_t i = 0; i < report->rule_count; i++)
		if (strcmp(report->by_rule[i].rule, rule) == 0)
			return report->by_rule[i].count;
	return 0;
}

static uint64_t all_left(const struct cxa_report *report)
{
	uint64_t left = 0;

	for (size_t i = 0; i < report->rule_count; i++)
		left += report->by_rule[i].repair != NULL;
	return left;
}

static const char *const all[] = {
	"id-order", "content-hash", "unit-range", "float-finite",
	"concept-column", "concept-connection", "concept-parent",
	"column-concept", "column-claim", "synapse-target", "neighbor-column",
	"connection-concept", "query-reference", "query-hash", "query-expired",
	"embedding-concept", "system-state-missing", "system-state-totals",
	"metadata-totals", NULL };

static void a_thousand_faults_are_repaired(const struct form *form)
{
	static struct seen seen;
	const struct cxa_report *after;

	graph_make(&graph, CONCEPTS, QUERIES, SYNC);
	plant_all(!form->is_json, 0);
	write_graph(form->input);
	repair(&seen, form->input, form->output, all);
	is_int(seen.status, 0, "a graph with many faults is repaired");
	after = seen.result.after;
	is_uint(seen.result.before->failed, FAULTS, "all were found");
	is_uint(seen.result.unrepaired, 0, "all that can be are repaired");
	is_uint(all_left(after), 0, "none is found again");
	is_uint(after->failed - left_of(after, "sync-reference"),
		unrepairable - left_of(seen.result.before, "sync-reference"),
		"what is for a person is left");
	ok(left_of(after, "sync-reference") >=
		   left_of(seen.result.before, "sync-reference"),
	   "and what a deleted connection leaves behind");
	is_uint(differences(form->input, form->output, NULL), records(&seen),
		"just the repaired records are different");
	is_uint(issues_of(form->output), after->failed,
		"verify finds what the second check found");
	forget(&seen);
	repair(&seen, form->output, NULL, all);
	ok(seen.status == 0 && seen.changes == 0,
	   "%s: repairing again changes nothing", form->name);
	forget(&seen);
}

/* Several in a record, and on both ends of a reference. */
static void faults_upon_faults_are_repaired(const struct form *form)
{
	static struct seen seen;

	graph_make(&graph, CONCEPTS, QUERIES, SYNC);
	plant_all(!form->is_json, 12 * FAULTS);
	write_graph(form->input);
	repair(&seen, form->input, form->output, all);
	ok(seen.status == 0 && seen.result.unrepaired == 0 &&
		   all_left(seen.result.after) == 0,
	   "%s: %d faults upon each other are repaired", form->name,
	   12 * FAULTS);
	is_uint(differences(form->input, form->output, NULL), records(&seen),
		"and nothing else is different");
	forget(&seen);
}

/* The same on any number of threads. */
static void threads_do_not_matter(void)
{
	static const char *const names[] = { "a.cxa", "b.cxa" };
	struct cxa_context_options options = CXA_CONTEXT_OPTIONS_INIT;
	struct cxa_context *usual = context;
	static struct seen seen[2];
	char *data[2];
	size_t size[2];

	graph_make(&graph, CONCEPTS, QUERIES, SYNC);
	plant_all(true, 0);
	write_graph("in.cxa");
	for (unsigned i = 0; i < 2; i++) {
		options.threads = i == 0 ? 1 : 4;
		cxa_context_open(&context, &options, &error);
		repair(&seen[i], "in.cxa", names[i], NULL);
		cxa_context_close(context);
		data[i] = read_file(names[i], &size[i]);
	}
	context = usual;
	ok(size[0] == size[1] && memcmp(data[0], data[1], size[0]) == 0,
	   "on one thread and on four the output is the same bytes");
	ok(memcmp(seen[0].lines, seen[1].lines, sizeof(seen[0].lines)) == 0 &&
		   seen[0].changes == seen[1].changes,
	   "and so are the changes told");
	for (unsigned i = 0; i < 2; i++) {
		free(data[i]);
		forget(&seen[i]);
	}
}

int main(void)
{
	printf("# seed %" PRIu64 "\n", seed);
	enter_scratch();
	cxa_context_open(&context, NULL, &error);
	for (size_t i = 0; i < FORM_COUNT; i++)
		a_thousand_faults_are_repaired(&forms[i]);
	for (size_t i = 0; i < FORM_COUNT; i++)
		faults_upon_faults_are_repaired(&forms[i]);
	threads_do_not_matter();
	cxa_context_close(context);
	free(graph.pool);
	leave_scratch();
	return done_testing();
}
