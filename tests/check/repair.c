/* repair.c - each planted fault is repaired, as the table says, and it alone */
#include "repair_fixture.h"

enum { CONCEPTS = 32, QUERIES = 16, SYNC = 28 };

static void make_graph(void)
{
	graph_make(&graph, CONCEPTS, QUERIES, SYNC);
}

/* --- every plant, in every form ------------------------------------------------ */

/* The first index from @from on that @plant takes. */
static size_t place(const struct plant *plant, size_t from)
{
	size_t count = graph.counts[plant->at];

	while (plant->step != 0 && from % plant->step != plant->phase)
		from = (from + 1) % count;
	return from;
}

static void plant_in(const struct plant *plant, size_t from)
{
	make_graph();
	plant->make(&graph, place(plant, from));
	if (plant->at == CXA_QUERY_CACHE)
		qsort(graph.queries, QUERIES, sizeof(*graph.queries),
		      graph_by_hash);
}

static bool is_repaired(const struct plant *plant, const struct form *form,
			const struct seen *seen)
{
	const struct cxa_repair_result *result = &seen->result;
	bool connection = strcmp(plant->rule, "connection-concept") == 0;

	return seen->status == 0 && seen->issues == 1 && seen->changes != 0 &&
	       seen->others == 0 && result->before->failed == 1 &&
	       result->after->failed == 0 && result->unrepaired == 0 &&
	       result->changes == seen->changes &&
	       result->metadata_changes ==
		       (connection ||
			strcmp(plant->rule, "metadata-totals") == 0) &&
	       differences(form->input, form->output, NULL) == records(seen) &&
	       issues_of(form->output) == 0;
}

static bool is_left(const struct form *form, const struct seen *seen)
{
	return seen->status == 0 && seen->issues == 1 && seen->changes == 0 &&
	       seen->result.after->failed == 1 &&
	       seen->result.unrepaired == 0 && records(seen) == 0 &&
	       differences(form->input, form->output, NULL) == 0;
}

/* What was repaired once is not repaired again. */
static bool is_at_rest(const struct form *form, const char *const *rules)
{
	static struct seen again;
	bool rests;

	remove_all(form->input);
	if (rename(form->output, form->input) != 0)
		return false;
	repair(&again, form->input, form->output, rules);
	rests = again.status == 0 && again.changes == 0 &&
		records(&again) == 0 &&
		differences(form->input, form->output, NULL) == 0;
	forget(&again);
	return rests;
}

static bool works(const struct plant *plant, const struct form *form,
		  size_t from)
{
	const char *const rules[] = { plant->rule, NULL };
	bool repairable = planted_rule(plant->rule)->repairable;
	static struct seen seen;
	bool good;

	plant_in(plant, from);
	write_graph(form->input);
	repair(&seen, form->input, form->output, repairable ? rules : NULL);
	good = repairable ? is_repaired(plant, form, &seen) :
			    is_left(form, &seen);
	if (!good)
		printf("# %s at %zu: status %d, %u issues, %u changes\n",
		       plant->claim, from, seen.status, seen.issues,
		       seen.changes);
	if (!good)
		print_lines(&seen);
	forget(&seen);
	return good && is_at_rest(form, repairable ? rules : NULL);
}

/*
 * In the first record, the middle one and the last: ids 0, 2^63 and 2^64-1; in
 * forms that are all read the same way, in the middle one.
 */
static void a_fault_is_repaired_alone(const struct plant *plant)
{
	bool repairable = planted_rule(plant->rule)->repairable;

	for (size_t i = 0; i < FORM_COUNT; i++) {
		size_t count;
		bool good;

		if (plant->archive_only && forms[i].is_json)
			continue;
		make_graph();
		count = graph.counts[plant->at];
		good = works(plant, &forms[i], count / 2);
		if (i == 0 && plant->at != CXA_SYSTEM_STATE)
			good = works(plant, &forms[i], 0) &&
			       works(plant, &forms[i], count - 1) && good;
		ok(good, "%s: %s (%s) %s", forms[i].name, plant->claim,
		   plant->rule, repairable ? "is repaired, and it alone" :
					     "is left, and nothing is touched");
	}
}

/* --- what values become --------------------------------------------------------- */

/* Of an archive, planted at index 1, all rules: the changes it takes. */
static const struct value {
	const char *claim;
	const char *lines[3];
} values[] = {
	{ "hash", { "content-hash concept 576460752303423488 content_hash: "
		    "9539428058120898382 -> 316056021266122574" } },
	{ "complexity", { "unit-range concept 576460752303423488 "
			  "metadata.complexity: 1.0001 -> 1.0" } },
	{ "confidence", { "unit-range concept 576460752303423488 "
			  "metadata.confidence: -0.25 -> 0.0" } },
	{ "confidence_nan", { "float-finite concept 576460752303423488 "
			      "metadata.confidence: \"NaN\" -> 0.0" } },
	{ "strength", { "float-finite concept 576460752303423488 "
			"metadata.connections[1].strength: \"Infinity\" -> "
			"3.4028235e38" } },
	{ "last_float", { "float-finite embedding 576460752303423488 "
			  "embeddings.context_vector[2]: \"-Infinity\" -> "
			  "-3.4028235e38" } },
	{ "memory", { "float-finite cached query * performance."
		      "memory_usage_mb: \"NaN\" -> 0.0" } },
	{ "no_column", { "concept-column concept 576460752303423488 column_id: "
			 "2305843009213706298 -> 288230376151711744" } },
	{ "links", { "concept-connection concept 576460752303423488 "
		     "metadata.connections[0]: {\"target_id\":* -> none",
		     "concept-connection concept 576460752303423488 "
		     "metadata.connections[1]: {\"target_id\":* -> none" } },
	{ "parent", { "concept-parent concept 576460752303423488 metadata."
		      "source.parent_concept_id: 2305843009213706298 -> null" } },
	{ "column_concept", { "column-concept column 288230376151711744 "
			      "allocated_concept_id: 2305843009213706298 -> "
			      "576460752303423488" } },
	{ "unclaimed", { "column-claim column 288230376151711744 "
			 "allocated_concept_id: null -> 576460752303423488" } },
	{ "claimed_by_other", { "column-claim column 288230376151711744 "
				"allocated_concept_id: 1152921504606846976 -> "
				"576460752303423488" } },
	{ "synapse_last", { "synapse-target column 288230376151711744 "
			    "connections.feedback[1]: {\"target_id\":* -> "
			    "none" } },
	{ "neighbor", { "neighbor-column column 288230376151711744 position."
			"neighbors[1]: 2305843009213706298 -> none" } },
	{ "source", { "metadata-totals metadata 0 total_connections: 64 -> 63",
		      "connection-concept connection 288230376151711744 none: "
		      "{\"id\":* -> none",
		      "system-state-totals system_state 0 cortical_state."
		      "total_connections: 64 -> 63" } },
	{ "query_path", { "query-reference cached query * none: "
			  "{\"query_hash\":* -> none" } },
	{ "query_text", { "query-hash cached query * none: "
			  "{\"query_hash\":* -> none" } },
	{ "orphan", { "embedding-concept embedding 576460752303423489 none: "
		      "{\"concept_id\":576460752303423489,* -> none" } },
	{ "allocated", { "system-state-totals system_state 0 cortical_state."
			 "allocated_columns: 31 -> 32" } },
	{ "metadata_columns", { "metadata-totals metadata 0 total_columns: "
				"0 -> 64" } },
	{ "no_state", { "system-state-missing system_state 0 none: none -> "
			"{\"system_id\":\"\",\"cortical_state\":"
			"{\"total_columns\":64*" } },
	{ "expired", { NULL } },
	{ "empty", { NULL } },
};

/* '*' in @pattern stands for anything. */
static bool matches(const char *pattern, const char *text)
{
	for (; *pattern != '*'; pattern++, text++) {
		if (*pattern != *text)
			return false;
		if (*pattern == '\0')
			return true;
	}
	for (;; text++) {
		if (matches(pattern + 1, text))
			return true;
		if (*text == '\0')
			return false;
	}
}

static const struct plant *find_plant(const char *claim)
{
	for (size_t i = 0; i < PLANT_COUNT; i++)
		if (strcmp(plants[i].claim, claim) == 0)
			return &plants[i];
	printf("Bail out! nothing plants %s\n", claim);
	exit(1);
}

static void values_become_what_the_table_says(const struct value *value)
{
	static struct seen seen;
	unsigned count = 0;
	bool good = true;

	plant_in(find_plant(value->claim), 1);
	write_graph("in.cxa");
	repair(&seen, "in.cxa", "out.cxa", NULL);
	while (count < 3 && value->lines[count] != NULL) {
		good = good && count < seen.changes &&
		       matches(value->lines[count], seen.lines[count]);
		count++;
	}
	ok(good && seen.changes == count && seen.status == 0,
	   "%s: the changes are those of the table", value->claim);
	if (!good || seen.changes != count)
		print_lines(&seen);
	forget(&seen);
}

/* --- rules ------------------------------------------------------------------------ */

static void rules_that_are_none_are_refused(void)
{
	static const struct {
		const char *rule;
		const char *message;
	} cases[] = {
		{ "conten-hash", "no rule of the graph" },
		{ "", "no rule of the graph" },
		{ "member-digest", "no rule of the graph" },
		{ "content-empty", "for a person to repair" },
		{ "timestamp", "for a person to repair" },
	};
	static struct seen seen;

	make_graph();
	write_graph("in.cxa");
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *const rules[] = { "content-hash", cases[i].rule,
					      NULL };

		repair(&seen, "in.cxa", "out.cxa", rules);
		ok(seen.status == CXA_ERR_USAGE, "the rule \"%s\" is refused",
		   cases[i].rule);
		like(error.message, cases[i].message, "and it is said why");
		ok(access("out.cxa", F_OK) != 0, "nothing is written");
		forget(&seen);
	}
}

static void only_the_rules_named_are_repaired(void)
{
	static const char *const rules[] = { "concept-parent", "unit-range",
					     NULL };
	static struct seen seen;

	make_graph();
	plant_parent(&graph, 3);
	plant_complexity(&graph, 4);
	plant_hash(&graph, 5);
	plant_created(&graph, 6);
	plant_query_text(&graph, 7);
	qsort(graph.queries, QUERIES, sizeof(*graph.queries), graph_by_hash);
	write_graph("in.cxa");
	repair(&seen, "in.cxa", "out.cxa", rules);
	is_uint(seen.changes, 2, "of five faults the two rules named repair two");
	is_uint(seen.result.after->failed, 3, "the others are still found");
	is_uint(seen.result.unrepaired, 0, "and were not asked for");
	is_uint(differences("in.cxa", "out.cxa", NULL), 2,
		"no other record is different");
	forget(&seen);
}

static void expired_queries_go_only_when_asked(void)
{
	static const char *const rules[] = { "query-expired", NULL };
	static struct seen seen;

	make_graph();
	plant_expired(&graph, 3);
	write_graph("in.cxa");
	repair(&seen, "in.cxa", "out.cxa", NULL);
	is_uint(records(&seen), 0, "an expired query stays");
	forget(&seen);
	repair(&seen, "in.cxa", "out.cxa", rules);
	is_uint(seen.result.removed[CXA_QUERY_CACHE], 1,
		"unless the rule is named");
	forget(&seen);
}

/* --- columns ------------------------------------------------------------------------ */

static void a_homeless_concept_gets_the_column_that_claims_it(void)
{
	static struct seen seen;
	char line[200];

	make_graph();
	graph.concepts[4].column_id = graph_missing(4);
	graph.columns[4].has_allocated_concept_id = false;
	graph.columns[50].has_allocated_concept_id = true;
	graph.columns[50].allocated_concept_id = graph.concepts[4].id;
	write_graph("in.cxa");
	repair(&seen, "in.cxa", "out.cxa", NULL);
	snprintf(line, sizeof(line),
		 "concept-column concept %" PRIu64 " column_id: %" PRIu64
		 " -> %" PRIu64, graph.concepts[4].id,
		 graph.concepts[4].column_id, graph.columns[50].id);
	ok(seen.changes == 1 && strcmp(seen.lines[0], line) == 0,
	   "the column that claims a concept becomes its own");
	print_lines(&seen);
	forget(&seen);
}

static void else_it_gets_the_first_free_column(void)
{
	static struct seen seen;

	make_graph();
	graph.concepts[4].column_id = graph_missing(4);
	graph.columns[4].has_allocated_concept_id = false;
	graph.state->cortical_state->allocated_columns--;
	graph.concepts[9].column_id = graph_missing(9);
	graph.columns[9].has_allocated_concept_id = false;
	graph.state->cortical_state->allocated_columns--;
	write_graph("in.json");
	repair(&seen, "in.json", "out.json", NULL);
	is_uint(seen.result.changed[CXA_CONCEPTS], 2,
		"two concepts without a column get one");
	is_uint(seen.result.changed[CXA_COLUMNS], 2,
		"that was free and names them now");
	is_uint(seen.result.changed[CXA_SYSTEM_STATE], 1,
		"and is counted as allocated");
	is_uint(issues_of("out.json"), 0, "then nothing is at fault");
	forget(&seen);
}

static void without_a_free_column_it_stays_homeless(void)
{
	static struct seen seen;

	make_graph();
	graph.counts[CXA_COLUMNS] = CONCEPTS;
	graph.metadata.total_columns = CONCEPTS;
	graph.state->cortical_state->total_columns = CONCEPTS;
	graph.counts[CXA_QUERY_CACHE] = 0;
	for (size_t i = 0; i < CONCEPTS; i++) {
		graph.columns[i].position->n_neighbors = 0;
		cxa__column_connections__init(graph.columns[i].connections);
		if (i == 4)
			continue;
		graph.columns[i].allocated_concept_id = graph.concepts[i].id;
	}
	graph.concepts[4].column_id = graph.columns[5].id + 1;
	graph.columns[4].allocated_concept_id = graph.concepts[6].id;
	write_graph("in.cxa");
	repair(&seen, "in.cxa", "out.cxa", NULL);
	ok(seen.status == 0 && seen.changes == 0,
	   "where no column is free a concept stays without");
	is_uint(seen.result.unrepaired, 1, "and that is told");
	is_uint(seen.result.after->failed, 1, "and is found again");
	forget(&seen);
}

static void of_two_concepts_with_a_column_one_gets_it(void)
{
	static struct seen seen;

	make_graph();
	graph.concepts[4].column_id = graph.columns[9].id;
	graph.concepts[5].column_id = graph.columns[8].id;
	graph.concepts[8].column_id = graph.columns[40].id;
	graph.columns[8].has_allocated_concept_id = false;
	graph.concepts[6].column_id = graph.columns[8].id;
	write_graph("in.cxa");
	repair(&seen, "in.cxa", "out.cxa", NULL);
	is_int(seen.status, 0, "columns that several concepts have are no "
	       "failure");
	is_uint(seen.result.before->failed, 4, "four concepts are contended");
	is_uint(seen.result.changed[CXA_COLUMNS], 2,
		"a column with none goes to the first of two, another to its "
		"concept");
	is_uint(seen.result.after->failed, 2, "the others stay");
	is_uint(seen.result.unrepaired, 2, "and are told");
	print_lines(&seen);
	forget(&seen);
}

/* A fault that stands behind another comes to light with its repair. */
static void what_a_dangling_column_hid_is_told(void)
{
	static struct seen seen;

	make_graph();
	graph.columns[4].allocated_concept_id = graph_missing(1);
	graph.concepts[5].column_id = graph.columns[4].id;
	graph.columns[5].has_allocated_concept_id = false;
	graph.state->cortical_state->allocated_columns--;
	write_graph("in.cxa");
	repair(&seen, "in.cxa", "out.cxa", NULL);
	is_int(seen.status, 0, "a column that two have and that names neither "
	       "is repaired");
	is_uint(seen.result.before->failed, 1, "the one fault seen at first");
	is_uint(seen.result.after->failed, 1, "uncovers another");
	forget(&seen);
}

/* --- consequences ------------------------------------------------------------------- */

static void a_deleted_connection_may_leave_a_sync_entry(void)
{
	static struct seen seen;

	make_graph();
	plant_source(&graph, 4); /* which sync entry 4 updates */
	write_graph("in.cxa");
	repair(&seen, "in.cxa", "out.cxa", NULL);
	is_int(seen.status, 0, "a connection that a sync entry updates is "
	       "deleted");
	ok(seen.result.after->failed == 1 &&
		   strcmp(seen.result.after->issues[0].rule,
			  "sync-reference") == 0,
	   "what that leaves behind is found, and is for a person");
	forget(&seen);
}

static void a_wrong_total_stays_unless_it_is_asked_for(void)
{
	static const char *const rules[] = { "connection-concept", NULL };
	static struct seen seen;

	make_graph();
	plant_source(&graph, 1);
	plant_total_columns(&graph, 0);
	write_graph("in.cxa");
	repair(&seen, "in.cxa", "out.cxa", rules);
	is_int(seen.status, 0, "totals that were wrong are no obstacle");
	is_uint(seen.result.changed[CXA_SYSTEM_STATE], 0,
		"and stay as they are");
	is_uint(seen.result.metadata_changes, 1, "those that were right follow");
	forget(&seen);
}

/* --- ids that come twice ------------------------------------------------------------- */

static void replace_in(const char *name, const char *from, const char *to)
{
	char command[300];

	snprintf(command, sizeof(command), "sed 's/%s/%s/' %s > x && mv x %s",
		 from, to, name, name);
	if (system(command) != 0)
		bail("sed");
}

static void of_ids_that_come_twice_the_newest_stays(void)
{
	static const char *const rules[] = { "content-hash", NULL };
	static struct seen seen;

	make_graph();
	write_graph("in.json");
	replace_in("in.json", "\"connections\":\\[{\"id\":0,",
		   "\"connections\":[{\"id\":288230376151711744,");
	repair(&seen, "in.json", "out.json", rules);
	is_int(seen.status, CXA_ERR_CORRUPT,
	       "ids that come twice cannot be left as they are");
	like(error.message, "an id once", "and it is said why");
	ok(access("out.json", F_OK) != 0, "nothing is written");
	forget(&seen);
	repair(&seen, "in.json", "out.json", NULL);
	is_int(seen.status, 0, "they are repaired");
	is_uint(seen.result.removed[CXA_CONNECTIONS], 1, "one of two goes");
	like(seen.lines[0], "id-order connection 288230376151711744",
	     "and is told");
	is_uint(issues_of("out.json"), 0, "nothing is at fault afterwards");
	forget(&seen);
}

/* --- dry runs, callbacks, pipes -------------------------------------------------------- */

static void a_dry_run_says_the_same_and_writes_nothing(void)
{
	static struct seen seen;
	static struct seen dry;
	bool same = true;

	make_graph();
	for (size_t i = 1; i < 9; i++) {
		plant_hash(&graph, i);
		plant_links(&graph, i);
		plant_column_concept(&graph, 2 * i);
		plant_source(&graph, 3 * i);
		plant_query_concept(&graph, i);
	}
	write_graph("in.db");
	repair(&seen, "in.db", "out.db", NULL);
	remove_all("out.db");
	repair(&dry, "in.db", NULL, NULL);
	for (unsigned i = 0; i < LINES; i++)
		same = same && strcmp(seen.lines[i], dry.lines[i]) == 0;
	ok(same && seen.changes == dry.changes && dry.changes > LINES,
	   "a dry run tells the same %u changes", dry.changes);
	is_uint(dry.result.after->failed, seen.result.after->failed,
		"and checks what would be there");
	ok(access("out.db", F_OK) != 0, "and writes nothing");
	forget(&seen);
	forget(&dry);
}

static int end_it(void *user, const struct cxa_issue *issue)
{
	(void)user;
	return issue->rule != NULL;
}

static void the_issue_callback_can_end_it(void)
{
	struct cxa_repair_options options = CXA_REPAIR_OPTIONS_INIT;
	struct cxa_repair_result result;
	struct cxa_source *source;
	struct cxa_sink *sink = NULL;

	make_graph();
	plant_hash(&graph, 3);
	write_graph("in.cxa");
	source = open_source("in.cxa");
	remove_all("out.cxa");
	cxa_sink_open(&sink, context, "out.cxa", CXA_KIND_AUTO, NULL, &error);
	options.issue = end_it;
	is_int(cxa_repair(source, sink, &options, &result, NULL, &error),
	       CXA_ERR_CANCELLED, "the issue callback can end it");
	cxa_sink_close(sink);
	cxa_source_close(source);
	ok(access("out.cxa", F_OK) != 0, "then nothing is written");
	cxa_repair_result_release(&result);
}

static void what_a_form_cannot_hold_is_no_repair(void)
{
	static struct seen seen;

	make_graph();
	plant_hash(&graph, 3);
	graph.concepts[5].last_accessed = INFINITY; /* null in JSON, so NaN */
	write_graph("in.cxa");
	repair(&seen, "in.cxa", "out.json", NULL);
	is_int(seen.status, CXA_ERR_CORRUPT,
	       "an infinite time, which JSON cannot hold, is not lost in it");
	like(error.message, "otherwise than by the repair: 2 records, 1 were to", "the comparison finds it");
	ok(access("out.json", F_OK) != 0, "and nothing is written");
	forget(&seen);
}

int main(void)
{
	enter_scratch();
	cxa_context_open(&context, NULL, &error);
	rules_that_are_none_are_refused();
	for (size_t i = 0; i < PLANT_COUNT; i++)
		a_fault_is_repaired_alone(&plants[i]);
	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++)
		values_become_what_the_table_says(&values[i]);
	only_the_rules_named_are_repaired();
	expired_queries_go_only_when_asked();
	a_homeless_concept_gets_the_column_that_claims_it();
	else_it_gets_the_first_free_column();
	without_a_free_column_it_stays_homeless();
	of_two_concepts_with_a_column_one_gets_it();
	what_a_dangling_column_hid_is_told();
	a_deleted_connection_may_leave_a_sync_entry();
	a_wrong_total_stays_unless_it_is_asked_for();
	of_ids_that_come_twice_the_newest_stays();
	a_dry_run_says_the_same_and_writes_nothing();
	the_issue_callback_can_end_it();
	what_a_form_cannot_hold_is_no_repair();
	cxa_context_close(context);
	free(graph.pool);
	leave_scratch();
	return done_testing();
}
