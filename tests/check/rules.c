/* rules.c - a fault planted in a healthy graph is one issue, and it alone */
#include "endpoint/scratch.h"
#include "planted.h"

enum { CONCEPTS = 32, QUERIES = 16, SYNC = 28 };

static struct graph graph;
static struct cxa_context *context;
static struct cxa_error error;

/* In which form the graph is checked; a name decides what a sink makes. */
static const struct form {
	const char *name;
	const char *output; /* NULL: straight from memory */
	bool is_archive;
} forms[] = {
	{ "records in memory", NULL, true },
	{ "an archive", "g.cxa", true },
	{ "JSON", "g.json", false },
	{ "NDJSON", "g/", false },
	{ "a store", "g.db", true },
};

enum { FORM_COUNT = sizeof(forms) / sizeof(forms[0]) };

static void write_graph(const char *output)
{
	struct cxa_source *source = graph_source(&graph, context);
	struct cxa_sink *sink = NULL;
	int status;

	if (system("rm -rf g g.db g.cxa g.json") != 0)
		puts("# old files stay");
	status = cxa_sink_open(&sink, context, output, CXA_KIND_AUTO, NULL,
			       &error);
	if (status == 0)
		status = cxa_copy(source, sink, NULL, NULL, &error);
	cxa_sink_close(sink);
	cxa_source_close(source);
	if (status < 0) {
		printf("Bail out! %s: %s\n", output, error.message);
		exit(1);
	}
}

/* The report of the graph as it is; never NULL. */
static struct cxa_report *check(const struct form *form)
{
	struct cxa_source *source = NULL;
	struct cxa_report *report = NULL;
	int status;

	error = (struct cxa_error)CXA_ERROR_INIT;
	if (form->output == NULL) {
		source = graph_source(&graph, context);
		status = cxa_check(&report, source, NULL, &error);
		cxa_source_close(source);
	} else {
		write_graph(form->output);
		status = cxa_verify(&report, context, form->output, NULL,
				    &error);
	}
	if (status < 0) {
		printf("Bail out! %s: %s\n", form->name, error.message);
		exit(1);
	}
	return report;
}

static void print_issues(const struct cxa_report *report)
{
	for (size_t i = 0; i < report->issue_count && i < 5; i++) {
		const struct cxa_issue *issue = &report->issues[i];

		printf("# %s, %s %" PRIu64 ": %s\n", issue->rule,
		       issue->entity_type, issue->entity_id,
		       issue->description);
	}
}

static void make_graph(void)
{
	graph_make(&graph, CONCEPTS, QUERIES, SYNC);
}

static void a_healthy_graph_has_no_issue(void)
{
	make_graph();
	for (size_t i = 0; i < FORM_COUNT; i++) {
		struct cxa_report *report = check(&forms[i]);

		ok(report->failed == 0 && report->is_valid &&
			   report->checks > 1000 &&
			   report->level == CXA_LEVEL_GRAPH,
		   "%s of a healthy graph: no issue in %" PRIu64 " checks",
		   forms[i].name, report->checks);
		print_issues(report);
		cxa_report_free(report);
	}
}

/* The first index from @from on that @plant takes. */
static size_t place(const struct plant *plant, size_t from)
{
	size_t count = graph.counts[plant->at];

	if (plant->step == 0)
		return from;
	while (from % plant->step != plant->phase)
		from = (from + 1) % count;
	return from;
}

static bool found_alone(const struct plant *plant, const struct form *form,
			size_t from)
{
	struct cxa_report *report;
	uint64_t id;
	bool found;

	make_graph();
	id = plant->make(&graph, place(plant, from));
	if (plant->at == CXA_QUERY_CACHE)
		qsort(graph.queries, QUERIES, sizeof(*graph.queries),
		      graph_by_hash);
	report = check(form);
	found = report->failed == 1 && report->issue_count == 1 &&
		report->rule_count == 1 && report->by_rule[0].count == 1 &&
		planted_matches(plant, id, &report->issues[0]) &&
		report->is_valid == (report->issues[0].severity == CXA_LOW);
	if (!found)
		printf("# planted in %" PRIu64 ", form %s: %" PRIu64
		       " issues\n", id, form->name, report->failed);
	if (!found)
		print_issues(report);
	cxa_report_free(report);
	return found;
}

/* In the first record, the middle one and the last: ids 0, 2^63 and 2^64-1. */
static void a_planted_fault_is_one_issue(const struct plant *plant)
{
	for (size_t i = 0; i < FORM_COUNT; i++) {
		size_t count = graph.counts[plant->at];
		bool found;

		if (plant->archive_only && (!forms[i].is_archive ||
					    forms[i].output == NULL))
			continue;
		found = found_alone(plant, &forms[i], 0);
		if (plant->at != CXA_SYSTEM_STATE)
			found = found_alone(plant, &forms[i], count / 2) &&
				found_alone(plant, &forms[i], count - 1) &&
				found;
		ok(found, "%s: %s is %s of that %s", forms[i].name,
		   plant->claim, plant->rule, plant->entity);
	}
}

/* --- every float, found by the descriptors --------------------------------- */

static unsigned leaf_count;
static unsigned leaf_failed;

static void check_leaf(enum cxa_collection collection, uint64_t id,
		       const ProtobufCFieldDescriptor *field, bool is_time)
{
	struct cxa_report *report = check(&forms[0]);
	const char *rule = is_time ? "timestamp" : "float-finite";

	leaf_count++;
	if (report->failed != 1 ||
	    strcmp(report->issues[0].rule, rule) != 0 ||
	    report->issues[0].entity_id != id ||
	    strstr(report->issues[0].description, field->name) == NULL) {
		leaf_failed++;
		printf("# %s of %s: %" PRIu64 " issues, not one of %s\n",
		       field->name, cxa_collection_name(collection),
		       report->failed, rule);
		print_issues(report);
	}
	cxa_report_free(report);
}

static bool is_measure(const char *name)
{
	size_t size = strlen(name);

	return size > 3 && (strcmp(name + size - 3, "_ms") == 0 ||
			    strcmp(name + size - 3, "_mb") == 0);
}

static void each_leaf(ProtobufCMessage *message, enum cxa_collection collection,
		      uint64_t id);

static void leaf(const ProtobufCFieldDescriptor *field, void *value,
		 enum cxa_collection collection, uint64_t id)
{
	float was_float;
	double was_double;

	if (field->type == PROTOBUF_C_TYPE_MESSAGE) {
		each_leaf(*(ProtobufCMessage **)value, collection, id);
	} else if (field->type == PROTOBUF_C_TYPE_FLOAT) {
		was_float = *(float *)value;
		*(float *)value = NAN;
		check_leaf(collection, id, field, false);
		*(float *)value = was_float;
	} else if (field->type == PROTOBUF_C_TYPE_DOUBLE) {
		was_double = *(double *)value;
		*(double *)value = INFINITY;
		check_leaf(collection, id, field, !is_measure(field->name));
		*(double *)value = was_double;
	}
}

static size_t element_size(const ProtobufCFieldDescriptor *field)
{
	return field->type == PROTOBUF_C_TYPE_FLOAT ? 4 : 8;
}

static void each_leaf(ProtobufCMessage *message, enum cxa_collection collection,
		      uint64_t id)
{
	const ProtobufCMessageDescriptor *type;

	if (message == NULL)
		return;
	type = message->descriptor;
	for (unsigned i = 0; i < type->n_fields; i++) {
		const ProtobufCFieldDescriptor *field = &type->fields[i];
		char *value = (char *)message + field->offset;
		char *has = (char *)message + field->quantifier_offset;
		size_t count;
		char *list;

		if (field->type != PROTOBUF_C_TYPE_MESSAGE &&
		    field->type != PROTOBUF_C_TYPE_FLOAT &&
		    field->type != PROTOBUF_C_TYPE_DOUBLE)
			continue;
		if (field->label == PROTOBUF_C_LABEL_REPEATED) {
			memcpy(&count, has, sizeof(count));
			memcpy(&list, value, sizeof(list));
			for (size_t k = 0; k < count; k++)
				leaf(field, list + k *
					    (field->type ==
					     PROTOBUF_C_TYPE_MESSAGE ?
						     sizeof(void *) :
						     element_size(field)),
				     collection, id);
		} else if ((field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF) == 0 ||
			   *(int *)(void *)has == (int)field->id) {
			leaf(field, value, collection, id);
		}
	}
}

static void no_float_is_forgotten(void)
{
	make_graph();
	for (int i = 0; i < CXA_COLLECTION_COUNT; i++) {
		enum cxa_collection collection = (enum cxa_collection)i;
		size_t last = collection == CXA_SYNC_QUEUE ? 7 : 1;

		leaf_count = leaf_failed = 0;
		for (size_t k = 0; k < last; k++) {
			ProtobufCMessage *message =
				graph_record(&graph, collection, k);
			uint64_t id = 0;

			if (collection != CXA_SYSTEM_STATE)
				memcpy(&id, (char *)message +
					    message->descriptor->fields[0]
						    .offset, sizeof(id));
			each_leaf(message, collection, id);
		}
		ok(leaf_failed == 0 && leaf_count > 0,
		   "%s: each of %u floats and times is looked at",
		   cxa_collection_name(collection), leaf_count);
	}
}

/* --- options, and what is said --------------------------------------------- */

static int count_issue(void *user, const struct cxa_issue *issue)
{
	unsigned *count = user;

	return issue->description[0] != '\0' && ++*count == 3;
}

static void the_callback_is_told_each_and_may_end_it(void)
{
	struct cxa_check_options options = CXA_CHECK_OPTIONS_INIT;
	struct cxa_source *source = graph_source(&graph, context);
	struct cxa_report *report = NULL;
	unsigned told = 0;

	make_graph();
	plant_hash(&graph, 1);
	plant_link(&graph, 2);
	options.issue = count_issue;
	options.user = &told;
	is_int(cxa_check(&report, source, &options, &error), 0,
	       "a check with a callback goes to its end");
	is_uint(told, 2, "and it was told each issue");
	cxa_report_free(report);
	plant_source(&graph, 3);
	told = 0;
	is_int(cxa_check(&report, source, &options, &error), CXA_ERR_CANCELLED,
	       "a callback can end it");
	ok(report == NULL, "and then there is no report");
	cxa_source_close(source);
}

static void now_is_what_it_is_told(void)
{
	struct cxa_check_options options = CXA_CHECK_OPTIONS_INIT;
	struct cxa_source *source = graph_source(&graph, context);
	struct cxa_report *report = NULL;

	make_graph();
	options.has_now = true;
	options.now_ms = graph_time + 1;
	cxa_check(&report, source, &options, &error);
	is_uint(report->by_type[CXA_ORPHANED_DATA], QUERIES,
		"a later time makes all queries expired");
	cxa_report_free(report);
	options.now_ms = graph_time;
	cxa_check(&report, source, &options, &error);
	is_uint(report->failed, 0, "one that expires at this time has not");
	cxa_report_free(report);
	cxa_source_close(source);
}

static void data_version_2_has_its_own_hashes(void)
{
	struct cxa_report *report;

	make_graph();
	graph.metadata.data_version = 2;
	report = check(&forms[0]);
	is_uint(report->failed, CONCEPTS + QUERIES,
		"hashes of data_version 1 are wrong in data_version 2");
	cxa_report_free(report);
	make_graph();
	graph.metadata.data_version = 3;
	report = check(&forms[0]);
	ok(report->failed == 1 &&
		   strcmp(report->issues[0].rule, "data-version") == 0 &&
		   report->issues[0].severity == CXA_CRITICAL,
	   "a data_version of its own is one issue, hashes are not judged");
	print_issues(report);
	cxa_report_free(report);
}

static void usual_lengths_may_stand_in_the_header(void)
{
	uint32_t dimensions[3] = { 8, 4, 3 };
	Cxa__EmbeddingSpace space = CXA__EMBEDDING_SPACE__INIT;
	struct cxa_report *report;

	make_graph();
	space.n_dimensions = 3;
	space.dimensions = dimensions;
	graph.header.embedding_space = &space;
	report = check(&forms[0]);
	is_uint(report->failed, CONCEPTS,
		"the header's lengths count, whatever most have");
	cxa_report_free(report);
}

static void the_gravest_are_listed(void)
{
	struct cxa_context_options options = CXA_CONTEXT_OPTIONS_INIT;
	struct cxa_context *small = NULL;
	struct cxa_source *source;
	struct cxa_report *report = NULL;

	options.limits.issues = 3;
	cxa_context_open(&small, &options, NULL);
	make_graph();
	for (size_t i = 0; i < 9; i++)
		plant_accessed(&graph, i); /* Low */
	plant_source(&graph, 3);           /* High */
	plant_hash(&graph, 20);            /* Medium */
	source = graph_source(&graph, small);
	cxa_check(&report, source, NULL, &error);
	is_uint(report->failed, 11, "over the limit all are counted");
	is_uint(report->issue_count, 3, "and so many are listed");
	ok(strcmp(report->issues[0].rule, "connection-concept") == 0 &&
		   strcmp(report->issues[1].rule, "content-hash") == 0 &&
		   strcmp(report->issues[2].rule, "timestamp") == 0,
	   "the gravest of them");
	cxa_report_free(report);
	cxa_source_close(source);
	cxa_context_close(small);
}

int main(void)
{
	enter_scratch();
	cxa_context_open(&context, NULL, &error);
	a_healthy_graph_has_no_issue();
	for (size_t i = 0; i < PLANT_COUNT; i++)
		a_planted_fault_is_one_issue(&plants[i]);
	no_float_is_forgotten();
	the_callback_is_told_each_and_may_end_it();
	now_is_what_it_is_told();
	data_version_2_has_its_own_hashes();
	usual_lengths_may_stand_in_the_header();
	the_gravest_are_listed();
	cxa_context_close(context);
	free(graph.pool);
	leave_scratch();
	return done_testing();
}
