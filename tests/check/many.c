/* many.c - faults of all kinds at once: each is found, nothing else is */
#include "endpoint/scratch.h"
#include "planted.h"

enum { CONCEPTS = 2400, QUERIES = 700, SYNC = 1050, FAULTS = 1000 };

static struct graph graph;
static struct cxa_error error;
static uint64_t seed = 20260801;

struct fault {
	const struct plant *plant;
	uint64_t id;
	bool found;
};

static struct fault faults[FAULTS];

static uint64_t next_random(void)
{
	uint64_t z = seed += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

/* A concept, its embedding and its column have one fault together. */
static void plant_all(bool archive)
{
	static bool used[CXA_COLLECTION_COUNT][2 * CONCEPTS];
	size_t planted = 0;

	memset(used, 0, sizeof(used));
	while (planted < FAULTS) {
		const struct plant *plant =
			&plants[next_random() % PLANT_COUNT];
		size_t i = (size_t)next_random() % graph.counts[plant->at];

		if (plant->at == CXA_SYSTEM_STATE ||
		    (plant->archive_only && !archive) || used[plant->at][i] ||
		    (plant->step != 0 && i % plant->step != plant->phase))
			continue;
		used[plant->at][i] = true;
		faults[planted++] = (struct fault){
			plant, plant->make(&graph, i), false };
	}
}

static bool take_issue(const struct cxa_issue *issue)
{
	for (size_t i = 0; i < FAULTS; i++) {
		if (faults[i].found ||
		    !planted_matches(faults[i].plant, faults[i].id, issue))
			continue;
		faults[i].found = true;
		return true;
	}
	printf("# %s, %s %" PRIu64 ": %s\n", issue->rule, issue->entity_type,
	       issue->entity_id, issue->description);
	return false;
}

static void are_those(const struct cxa_report *report, const char *name)
{
	size_t taken = 0;

	for (size_t i = 0; i < report->issue_count; i++)
		taken += take_issue(&report->issues[i]);
	for (size_t i = 0; i < FAULTS; i++)
		if (!faults[i].found)
			printf("# not found: %s in %" PRIu64 "\n",
			       faults[i].plant->claim, faults[i].id);
	ok(report->failed == FAULTS && taken == FAULTS,
	   "%s: %d faults planted, these %zu found, %" PRIu64 " in all", name,
	   FAULTS, taken, report->failed);
}

static void write_graph(struct cxa_context *context, const char *name)
{
	struct cxa_source *source = graph_source(&graph, context);
	struct cxa_sink *sink = NULL;

	if (cxa_sink_open(&sink, context, name, CXA_KIND_AUTO, NULL, &error) <
		    0 ||
	    cxa_copy(source, sink, NULL, NULL, &error) < 0) {
		printf("Bail out! %s\n", error.message);
		exit(1);
	}
	cxa_sink_close(sink);
	cxa_source_close(source);
}

static void all_are_found_in(const char *name, bool archive)
{
	struct cxa_context *context = NULL;
	struct cxa_report *report = NULL;

	printf("# seed %" PRIu64 "\n", seed);
	cxa_context_open(&context, NULL, NULL);
	graph_make(&graph, CONCEPTS, QUERIES, SYNC);
	plant_all(archive);
	/* An orphan's id is one higher: the order stays. */
	qsort(graph.queries, QUERIES, sizeof(*graph.queries), graph_by_hash);
	write_graph(context, name);
	if (cxa_verify(&report, context, name, NULL, &error) < 0)
		ok(false, "%s: %s", name, error.message);
	else
		are_those(report, name);
	cxa_report_free(report);
	cxa_context_close(context);
}

/* The same issues in the same order, whoever did the work. */
static void threads_change_nothing(void)
{
	struct cxa_report *reports[2] = { NULL, NULL };

	for (unsigned i = 0; i < 2; i++) {
		struct cxa_context_options options = CXA_CONTEXT_OPTIONS_INIT;
		struct cxa_context *context = NULL;

		options.threads = i == 0 ? 1 : 7;
		cxa_context_open(&context, &options, NULL);
		cxa_verify(&reports[i], context, "many.cxa", NULL, &error);
		cxa_context_close(context);
	}
	ok(reports[0] != NULL && reports[1] != NULL &&
		   reports[0]->checks == reports[1]->checks &&
		   reports[0]->issue_count == reports[1]->issue_count,
	   "1 and 7 threads find as much");
	is_mem(reports[0]->issues,
	       reports[0]->issue_count * sizeof(*reports[0]->issues),
	       reports[1]->issues,
	       reports[1]->issue_count * sizeof(*reports[1]->issues),
	       "the same, in the same order and words");
	cxa_report_free(reports[0]);
	cxa_report_free(reports[1]);
}

int main(void)
{
	const char *given = getenv("CXA_SEED");

	if (given != NULL)
		seed = strtoull(given, NULL, 10);
	enter_scratch();
	all_are_found_in("many.cxa", true);
	threads_change_nothing();
	all_are_found_in("many.json", false);
	all_are_found_in("many.db", true);
	free(graph.pool);
	leave_scratch();
	return done_testing();
}
