/* judge_totals.c - who has which column, and whether the totals are true */
#include <inttypes.h>
#include <stdio.h>

#include "check/graph.h"

/* --- concepts and columns -------------------------------------------------- */

static int judge_claim(struct cxa_graph *graph, size_t position,
		       uint64_t *unclaimed, struct cxa_error *error)
{
	uint64_t id = cxa_id_list_get(&graph->sets[CXA_CONCEPTS], position);
	uint64_t column = cxa_id_list_get(&graph->concept_columns, position);
	char text[160];
	size_t at;
	uint8_t flags;

	if (!cxa_id_list_find(&graph->sets[CXA_COLUMNS], column, &at)) {
		if (cxa_graph_is_lost(graph, CXA_COLUMNS, column))
			return 0;
		snprintf(text, sizeof(text), "column_id names column %" PRIu64
			 ", which does not exist", column);
		return cxa_graph_tell(graph, CXA_RULE_CONCEPT_COLUMN,
				      CXA_CONCEPTS, id, text, error);
	}
	flags = graph->column_flags.data[at];
	if ((flags & CXA_COLUMN_DANGLES) != 0)
		return 0; /* that is the fault, and told there */
	*unclaimed += (flags & CXA_COLUMN_CLAIMS) == 0;
	snprintf(text, sizeof(text), "its column, column %" PRIu64 ", is "
		 "allocated to %s concept", column,
		 (flags & CXA_COLUMN_CLAIMS) != 0 ? "another" : "no");
	return cxa_graph_tell(graph, CXA_RULE_COLUMN_CLAIM, CXA_CONCEPTS, id,
			      text, error);
}

int cxa_graph_judge_claims(struct cxa_graph *graph, uint64_t *unclaimed,
			   struct cxa_error *error)
{
	size_t count = graph->sets[CXA_CONCEPTS].count;
	int status = 0;

	for (size_t i = 0; i < count && status == 0; i++)
		if (!cxa_concept_has(graph, i, CXA_CONCEPT_MUTUAL))
			status = judge_claim(graph, i, unclaimed, error);
	return status;
}

/* --- totals ---------------------------------------------------------------- */

/* One total of several, and what may be there. */
struct total {
	const char *name;
	enum cxa_collection collection;
	uint64_t said;
	uint64_t least;
	uint64_t most;
};

static struct total total_of(const struct cxa_graph *graph, const char *name,
			     enum cxa_collection collection, uint64_t said)
{
	uint64_t count = graph->counts[collection];

	/* A total of 32 bits can say no more. */
	if (count > UINT32_MAX)
		count = UINT32_MAX;
	return (struct total){ name, collection, said, count, count };
}

/* A claim that is at fault may be meant to count or not. */
static struct total allocated_columns(const struct cxa_graph *graph,
				      uint64_t unclaimed)
{
	struct total total =
		total_of(graph, "allocated_columns", CXA_COLUMNS,
			 graph->state[CXA_SLOT_ALLOCATED_COLUMNS]);
	const uint8_t *flags = graph->column_flags.data;

	total.least = 0;
	total.most = unclaimed;
	for (size_t i = 0; i < graph->column_flags.size; i++) {
		total.least += (flags[i] & CXA_COLUMN_CLAIMS) != 0;
		total.most += flags[i] != 0;
	}
	return total;
}

static int judge_total(struct cxa_graph *graph, enum cxa_rule_id rule,
		       const struct total *totals, size_t count,
		       struct cxa_error *error)
{
	char text[300] = "";
	size_t used = 0;

	for (size_t i = 0; i < count; i++) {
		const struct total *total = &totals[i];

		if (cxa_graph_has_loss(graph, total->collection) ||
		    (total->said >= total->least && total->said <= total->most))
			continue;
		used += (size_t)snprintf(text + used, sizeof(text) - used,
					 "%s%s is %" PRIu64 ", there are %"
					 PRIu64, used == 0 ? "" : "; ",
					 total->name, total->said,
					 total->least);
	}
	if (used == 0)
		return 0;
	return cxa_graph_tell(graph, rule, CXA_SYSTEM_STATE, 0, text, error);
}

static int judge_metadata(struct cxa_graph *graph, struct cxa_error *error)
{
	struct total totals[] = {
		total_of(graph, "total_concepts", CXA_CONCEPTS,
			 graph->metadata_totals[0]),
		total_of(graph, "total_columns", CXA_COLUMNS,
			 graph->metadata_totals[1]),
		total_of(graph, "total_connections", CXA_CONNECTIONS,
			 graph->metadata_totals[2]),
	};

	if (!graph->described)
		return 0;
	cxa_report_check(graph->report, 1);
	return judge_total(graph, CXA_RULE_METADATA_TOTALS, totals, 3, error);
}

static int judge_state(struct cxa_graph *graph, uint64_t unclaimed,
		       struct cxa_error *error)
{
	struct total totals[] = {
		total_of(graph, "total_concepts", CXA_CONCEPTS,
			 graph->state[CXA_SLOT_TOTAL_CONCEPTS]),
		total_of(graph, "total_columns", CXA_COLUMNS,
			 graph->state[CXA_SLOT_TOTAL_COLUMNS]),
		allocated_columns(graph, unclaimed),
		total_of(graph, "total_connections", CXA_CONNECTIONS,
			 graph->state[CXA_SLOT_TOTAL_CONNECTIONS]),
	};

	cxa_report_check(graph->report, 1);
	if (graph->counts[CXA_SYSTEM_STATE] != 0)
		return judge_total(graph, CXA_RULE_STATE_TOTALS, totals, 4,
				   error);
	if (cxa_graph_has_loss(graph, CXA_SYSTEM_STATE))
		return 0;
	return cxa_graph_tell(graph, CXA_RULE_STATE_MISSING, CXA_SYSTEM_STATE,
			      0, "there is no system_state", error);
}

int cxa_graph_judge_totals(struct cxa_graph *graph, uint64_t unclaimed,
			   struct cxa_error *error)
{
	int status = judge_state(graph, unclaimed, error);

	return status < 0 ? status : judge_metadata(graph, error);
}
