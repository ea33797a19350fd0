/* repair_proof.c - what was repaired is right, and nothing else is different */
#include <inttypes.h>
#include <math.h>

#include "check/check_run.h"
#include "check/repair_work.h"
#include "endpoint/source.h"

/* --- tallies ----------------------------------------------------------------- */

void cxa_repair_tally_issue(struct cxa_tally *tally, bool add,
			    const char *record_name, uint64_t id)
{
	struct cxa_hasher hasher;
	struct cxa_digest digest;

	cxa_hasher_init(&hasher);
	cxa_hasher_update(&hasher, &id, sizeof(id));
	cxa_hasher_update(&hasher, record_name, strlen(record_name));
	cxa_hasher_final(&hasher, &digest);
	if (add)
		cxa_tally_add(tally, &digest);
	else
		cxa_tally_take(tally, &digest);
}

void cxa_repair_tally_record(struct cxa_tally *tally,
			     enum cxa_difference_kind kind,
			     enum cxa_collection collection,
			     const struct cxa_record *before,
			     const struct cxa_record *after)
{
	uint64_t sizes[3] = { (uint64_t)kind << 8 | (uint64_t)collection,
			      before == NULL ? 0 : before->size,
			      after == NULL ? 0 : after->size };
	struct cxa_hasher hasher;
	struct cxa_digest digest;

	cxa_hasher_init(&hasher);
	cxa_hasher_update(&hasher, sizes, sizeof(sizes));
	if (before != NULL)
		cxa_hasher_update(&hasher, before->data, before->size);
	if (after != NULL)
		cxa_hasher_update(&hasher, after->data, after->size);
	cxa_hasher_final(&hasher, &digest);
	cxa_tally_add(tally, &digest);
}

/* --- the second check ---------------------------------------------------------- */

static int take_issue(void *user, const struct cxa_issue *issue)
{
	struct cxa_tally *found = user;

	cxa_repair_tally_issue(&found[cxa_repair_rule(issue->rule)], true,
			       issue->entity_type, issue->entity_id);
	return 0;
}

static uint64_t sum(const uint64_t counts[CXA_COLLECTION_COUNT])
{
	uint64_t total = 0;

	for (int i = 0; i < CXA_COLLECTION_COUNT; i++)
		total += counts[i];
	return total;
}

/* May there be other issues of @rule now, which nothing repairs? */
static bool may_differ(const struct cxa_repair_work *work, int rule,
		       bool same_space)
{
	const struct cxa_repair_result *result = work->result;

	switch (rule) {
	case CXA_RULE_SYNC_REFERENCE:
		return result->removed[CXA_CONNECTIONS] != 0;
	case CXA_RULE_RECORD_VERSION:
		return sum(result->removed) + sum(result->added) != 0;
	case CXA_RULE_EMBEDDING_LENGTH:
		return result->removed[CXA_EMBEDDINGS] != 0 || !same_space;
	default:
		return false;
	}
}

/* How many issues of @rule are left; UINT64_MAX: those that were there. */
static uint64_t expected_of(const struct cxa_repair_work *work, int rule)
{
	const struct cxa_repair_plan *plan = &work->plan;
	bool repairs = cxa_plan_repairs(plan, (enum cxa_rule_id)rule);

	if (rule == CXA_RULE_COLUMN_CLAIM)
		return plan->contended;
	if (rule == CXA_RULE_CONCEPT_COLUMN && repairs)
		return plan->homeless;
	return repairs ? 0 : UINT64_MAX;
}

/* A total that was wrong may have become right by what was deleted. */
static bool became_right(int rule, const struct cxa_tally *found)
{
	return (rule == CXA_RULE_STATE_TOTALS ||
		rule == CXA_RULE_METADATA_TOTALS) && found->count == 0;
}

static int judge(struct cxa_repair_work *work, int rule,
		 const struct cxa_tally *found, bool same_space,
		 struct cxa_error *error)
{
	const struct cxa_tally *before = &work->issues[rule];
	uint64_t expected = expected_of(work, rule);

	if (cxa_plan_repairs(&work->plan, (enum cxa_rule_id)rule))
		work->result->unrepaired += found->count;
	if (expected == UINT64_MAX ?
		    cxa_tally_equal(found, before) ||
			    became_right(rule, found) :
		    found->count == expected)
		return 0;
	if (may_differ(work, rule, same_space))
		return 0;
	cxa_error_set(error, CXA_ERR_CORRUPT,
		      "the second check finds %" PRIu64 " issues of the rule "
		      "%s, and %s%" PRIu64 " were to be left",
		      found->count, cxa_rules[rule].kind.rule,
		      expected == UINT64_MAX ? "certain " : "",
		      expected == UINT64_MAX ? before->count : expected);
	return cxa_error_hint(error, "so nothing was repaired");
}

static bool has_space(const struct cxa_source *source)
{
	return source->header->embedding_space != NULL;
}

int cxa_repair_check_after(struct cxa_repair_work *work,
			   struct cxa_source *written, struct cxa_error *error)
{
	struct cxa_report **report = &work->result->after;
	struct cxa_context *context = written->context;
	struct cxa_tally found[CXA_RULE_COUNT] = { { 0 } };
	bool same_space = has_space(work->source) == has_space(written);
	struct cxa_graph graph;
	int status = cxa_report_new(report, CXA_LEVEL_GRAPH,
				    context->limits.issues, error);

	if (status < 0)
		return status;
	cxa_graph_init(&graph, context, *report,
		       work->options.has_now ? work->options.now_ms : NAN);
	graph.issue = take_issue;
	graph.user = found;
	status = cxa_check_run(&graph, written, error);
	cxa_graph_release(&graph);
	cxa_report_describe(*report, written);
	cxa_report_finish(*report);
	for (int i = 0; i < CXA_RULE_COUNT && status == 0; i++)
		status = judge(work, i, &found[i], same_space, error);
	return status;
}

/* --- the comparison --------------------------------------------------------------- */

struct comparison {
	struct cxa_tally records;
	uint64_t totals;
	uint64_t others; /* of what describes the stores */
};

static int take_difference(void *user, const struct cxa_difference *difference)
{
	struct comparison *comparison = user;
	const struct cxa_record *before = &difference->before;
	const struct cxa_record *after = &difference->after;

	cxa_repair_tally_record(&comparison->records, difference->kind,
				difference->collection,
				before->data == NULL ? NULL : before,
				after->data == NULL ? NULL : after);
	return 0;
}

static bool begins_with(const char *text, const char *beginning)
{
	return strncmp(text, beginning, strlen(beginning)) == 0;
}

/* JSON has no place for what an archive says of its vectors and its losses. */
static void take_metadata(void *user, const struct cxa_field_change *change)
{
	struct comparison *comparison = user;

	if (begins_with(change->path, "metadata.total_"))
		comparison->totals++;
	else if (!begins_with(change->path, "embedding_space") &&
		 !begins_with(change->path, "losses"))
		comparison->others++;
}

static int compare(struct cxa_repair_work *work, struct cxa_source *written,
		   struct cxa_error *error)
{
	struct cxa_diff_options options = CXA_DIFF_OPTIONS_INIT;
	struct comparison found = { { 0 }, 0, 0 };
	int status;

	options.difference = take_difference;
	options.metadata = take_metadata;
	options.user = &found;
	status = cxa_diff(work->source, written, &options, NULL, error);
	if (status < 0)
		return status;
	if (cxa_tally_equal(&found.records, &work->records) &&
	    found.totals == work->result->metadata_changes &&
	    found.others == 0)
		return 0;
	cxa_error_set(error, CXA_ERR_CORRUPT,
		      "what was written differs otherwise than by the repair: "
		      "%" PRIu64 " records, %" PRIu64 " were to",
		      found.records.count, work->records.count);
	return cxa_error_hint(error, "so nothing was repaired; JSON cannot "
				     "hold all that an archive can");
}

int cxa_repair_prove(void *user, struct cxa_source *written,
		     struct cxa_error *error)
{
	struct cxa_repair_work *work = user;
	int status;

	cxa_graph_release(&work->graph);
	work->has_graph = false;
	status = cxa_repair_check_after(work, written, error);
	return status == 0 ? compare(work, written, error) : status;
}
