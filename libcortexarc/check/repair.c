/* repair.c - what the integrity rules find, put right on the way to a sink */
#include <cortexarc/repair.h>

#include <inttypes.h>
#include <math.h>
#include <stdio.h>

#include "check/check_run.h"
#include "check/repair_work.h"
#include "check/restore_changed.h"
#include "endpoint/sink.h"
#include "endpoint/source.h"
#include "record/collection.h"

/* --- which rules ------------------------------------------------------------ */

int cxa_repair_rule(const char *name)
{
	for (int i = 0; i < CXA_RULE_COUNT; i++)
		if (strcmp(cxa_rules[i].kind.rule, name) == 0)
			return i;
	return CXA_RULE_COUNT;
}

static int add_rule(struct cxa_repair_plan *plan, const char *name,
		    struct cxa_error *error)
{
	int rule = cxa_repair_rule(name);

	if (rule == CXA_RULE_COUNT) {
		cxa_error_set(error, CXA_ERR_USAGE,
			      "\"%.40s\" is no rule of the graph", name);
		return cxa_error_hint(error, "`cortexarc verify` says which "
					     "rules are broken");
	}
	if (cxa_rules[rule].kind.repair == NULL)
		return cxa_error_set(error, CXA_ERR_USAGE,
				     "\"%s\": what breaks this rule is for a "
				     "person to repair", name);
	plan->rules |= UINT32_C(1) << rule;
	return 0;
}

static int choose_rules(struct cxa_repair_work *work, struct cxa_error *error)
{
	const struct cxa_repair_options *options = &work->options;
	int status = 0;

	for (size_t i = 0; i < options->rule_count && status == 0; i++)
		status = add_rule(&work->plan, options->rules[i], error);
	for (int i = 0; i < CXA_RULE_COUNT && options->rule_count == 0; i++)
		if (cxa_rules[i].kind.repair != NULL &&
		    i != CXA_RULE_QUERY_EXPIRED)
			work->plan.rules |= UINT32_C(1) << i;
	return status;
}

/* --- the first check ----------------------------------------------------------- */

static void tell_change(struct cxa_repair_work *work,
			const struct cxa_repair_change *change)
{
	work->result->changes++;
	if (work->options.change != NULL)
		work->options.change(work->options.user, change);
}

/* Of records with one id the reader has left out all but the newest. */
static void tell_older(struct cxa_repair_work *work,
		       const struct cxa_issue *issue)
{
	struct cxa_repair_change change = {
		.rule = issue->rule,
		.kind = CXA_REMOVED,
		.record_name = issue->entity_type,
		.has_id = true,
		.id = issue->entity_id,
	};

	for (int i = 0; i < CXA_COLLECTION_COUNT; i++)
		if (strcmp(cxa_collection_info((enum cxa_collection)i)
				   ->record_name, issue->entity_type) == 0)
			change.collection = (enum cxa_collection)i;
	work->result->removed[change.collection]++;
	tell_change(work, &change);
}

static int take_issue(void *user, const struct cxa_issue *issue)
{
	struct cxa_repair_work *work = user;
	int rule = cxa_repair_rule(issue->rule);

	work->plan.found[rule]++;
	if (!cxa_plan_repairs(&work->plan, (enum cxa_rule_id)rule))
		cxa_repair_tally_issue(&work->issues[rule], true,
				       issue->entity_type, issue->entity_id);
	else if (rule == CXA_RULE_ID_ORDER)
		tell_older(work, issue);
	return work->options.issue == NULL ?
		       0 : work->options.issue(work->options.user, issue);
}

static void leave_out(void *user, enum cxa_collection collection, uint64_t id)
{
	(void)user;
	(void)collection;
	(void)id;
}

/* What came twice was told; from here on the newest is all there is. */
static int check_duplicates(struct cxa_repair_work *work,
			    struct cxa_source *source, struct cxa_error *error)
{
	source->duplicates = (struct cxa_duplicates){ leave_out, NULL };
	if (work->plan.found[CXA_RULE_ID_ORDER] == 0 ||
	    cxa_plan_repairs(&work->plan, CXA_RULE_ID_ORDER))
		return 0;
	cxa_error_set(error, CXA_ERR_CORRUPT,
		      "%" PRIu64 " ids come twice, and an output holds an id "
		      "once", work->plan.found[CXA_RULE_ID_ORDER]);
	return cxa_error_hint(error, "repair the rule id-order, too");
}

static int check_before(struct cxa_repair_work *work, struct cxa_source *source,
			struct cxa_error *error)
{
	struct cxa_context *context = source->context;
	struct cxa_report **report = &work->result->before;
	int status = cxa_report_new(report, CXA_LEVEL_GRAPH,
				    context->limits.issues, error);

	if (status < 0)
		return status;
	cxa_graph_init(&work->graph, context, *report,
		       work->options.has_now ? work->options.now_ms : NAN);
	work->has_graph = true;
	work->graph.issue = take_issue;
	work->graph.user = work;
	status = cxa_check_run(&work->graph, source, error);
	cxa_report_describe(*report, source);
	cxa_report_finish(*report);
	return status == 0 ? check_duplicates(work, source, error) : status;
}

/* --- the plan --------------------------------------------------------------------- */

static void tell_metadata(struct cxa_repair_work *work,
			  const struct cxa_source *source)
{
	static const char *const names[CXA_METADATA_TOTALS] = {
		"total_concepts", "total_columns", "total_connections" };
	const Cxa__Metadata *metadata = source->header->metadata;
	const uint32_t said[CXA_METADATA_TOTALS] = {
		metadata->total_concepts, metadata->total_columns,
		metadata->total_connections };
	struct cxa_repair_change change = {
		.rule = cxa_rules[CXA_RULE_METADATA_TOTALS].kind.rule,
		.kind = CXA_CHANGED,
		.record_name = "metadata",
	};
	char before[12];
	char after[12];

	for (int i = 0; i < CXA_METADATA_TOTALS; i++) {
		if (!work->plan.metadata[i].changes)
			continue;
		snprintf(before, sizeof(before), "%" PRIu32, said[i]);
		snprintf(after, sizeof(after), "%" PRIu32,
			 work->plan.metadata[i].value);
		change.path = names[i];
		change.before = before;
		change.after = after;
		work->result->metadata_changes++;
		tell_change(work, &change);
	}
}

static int prepare(struct cxa_repair_work *work, struct cxa_source *source,
		   struct cxa_error *error)
{
	int status = check_before(work, source, error);

	work->source = source;
	if (status == 0)
		status = cxa_repair_plan_make(&work->plan, &work->graph,
					      source, error);
	if (status == 0)
		tell_metadata(work, source);
	return status;
}

/* Some issues are found, and nothing can be done about them. */
static bool changes_anything(const struct cxa_repair_work *work)
{
	const struct cxa_repair_plan *plan = &work->plan;
	bool any = plan->moves.size != 0 || plan->gives.size != 0 ||
		   plan->adds_state || work->result->metadata_changes != 0;

	for (int i = 0; i < CXA_RULE_COUNT; i++)
		any = any || (i != CXA_RULE_CONCEPT_COLUMN &&
			      i != CXA_RULE_COLUMN_CLAIM &&
			      plan->found[i] != 0 &&
			      cxa_plan_repairs(plan, (enum cxa_rule_id)i));
	return any;
}

/* --- beginning and end -------------------------------------------------------------- */

static int begin(struct cxa_repair_work *work,
		 const struct cxa_repair_options *options,
		 struct cxa_repair_result *result, struct cxa_error *error)
{
	memset(result, 0, sizeof(*result));
	work->result = result;
	if (!cxa_options_take(&work->options, sizeof(work->options), options))
		return cxa_error_set(error, CXA_ERR_USAGE,
				     "repair options of another version");
	return choose_rules(work, error);
}

static void end(struct cxa_repair_work *work)
{
	if (work->has_graph)
		cxa_graph_release(&work->graph);
	cxa_repair_plan_release(&work->plan);
}

static int write(struct cxa_repair_work *work, struct cxa_source *repaired,
		 struct cxa_sink *sink, struct cxa_summary *summary,
		 struct cxa_error *error)
{
	int status;

	if (sink == NULL)
		return cxa_repair_check_after(work, repaired, error);
	sink->prove = cxa_repair_prove;
	sink->prove_user = work;
	status = cxa_copy(repaired, sink, NULL, summary, error);
	sink->prove = NULL;
	return status;
}

int cxa_repair(struct cxa_source *source, struct cxa_sink *sink,
	       const struct cxa_repair_options *options,
	       struct cxa_repair_result *result, struct cxa_summary *summary,
	       struct cxa_error *error)
{
	struct cxa_repair_work work = { 0 };
	struct cxa_source *repaired = NULL;
	int status = begin(&work, options, result, error);

	if (status == 0)
		status = prepare(&work, source, error);
	if (status == 0)
		status = cxa_repair_source_open(&repaired, &work, source,
						error);
	if (status == 0)
		status = write(&work, repaired, sink, summary, error);
	source->duplicates = (struct cxa_duplicates){ 0 };
	cxa_source_close(repaired);
	end(&work);
	return status;
}

/* --- a store, in its place ------------------------------------------------------------ */

static int check_store(void *user, struct cxa_source *now,
		       struct cxa_error *error)
{
	int status = prepare(user, now, error);

	return status == 0 && !changes_anything(user) ? CXA_END : status;
}

static int change_store(void *user, struct cxa_source *from,
			struct cxa_source **out, struct cxa_error *error)
{
	struct cxa_repair_work *work = user;

	work->source = from;
	return cxa_repair_source_open(out, work, from, error);
}

int cxa_repair_store(struct cxa_context *context, const char *store,
		     const struct cxa_repair_options *options,
		     const struct cxa_restore_options *how,
		     struct cxa_repair_result *result,
		     struct cxa_summary *summary, struct cxa_error *error)
{
	struct cxa_repair_work work = { 0 };
	const struct cxa_store_change change = {
		.check = check_store,
		.apply = change_store,
		.prove = cxa_repair_prove,
		.user = &work,
	};
	int status = begin(&work, options, result, error);

	if (status == 0)
		status = cxa_restore_changed(context, store, &change, how,
					     summary, error);
	end(&work);
	return status;
}

void cxa_repair_result_release(struct cxa_repair_result *result)
{
	cxa_report_free(result->before);
	cxa_report_free(result->after);
	result->before = result->after = NULL;
}
