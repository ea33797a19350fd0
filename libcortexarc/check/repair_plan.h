/* repair_plan.h - what one record's repair needs to know of all the others */
#ifndef CXA_CHECK_REPAIR_PLAN_H
#define CXA_CHECK_REPAIR_PLAN_H

#include "check/graph.h"

/** struct cxa_assignment - the record @id gets @value, by @rule */
struct cxa_assignment {
	uint64_t id;
	uint64_t value;
	int rule; /* of enum cxa_rule_id */
};

enum { CXA_STATE_TOTALS = 4, CXA_METADATA_TOTALS = 3 };

/** struct cxa_new_total - @changes: it becomes @value */
struct cxa_new_total {
	bool changes;
	uint32_t value;
};

/**
 * struct cxa_repair_plan - { 0 } changes nothing
 * @rules: bit of each enum cxa_rule_id that is to be repaired
 * @found: issues of each rule
 * @moves: struct cxa_assignment: concepts, and their new column
 * @gives: struct cxa_assignment: columns, and their new concept
 * @homeless: concepts for which there is no column
 * @contended: concepts whose column remains that of another
 * @allocated, @allocated_most: columns that name a concept afterwards, and
 *             those that may be counted as if they did
 * @counts: records afterwards, of the collections that have totals
 * @adds_state: there is none, and one is made
 * @state: total_columns, allocated_columns, total_concepts, total_connections
 * @metadata: total_concepts, total_columns, total_connections
 */
struct cxa_repair_plan {
	uint32_t rules;
	uint64_t found[CXA_RULE_COUNT];
	struct cxa_buffer moves;
	struct cxa_buffer gives;
	uint64_t homeless;
	uint64_t contended;
	uint64_t allocated;
	uint64_t allocated_most;
	uint64_t counts[CXA_COLLECTION_COUNT];
	bool adds_state;
	struct cxa_new_total state[CXA_STATE_TOTALS];
	struct cxa_new_total metadata[CXA_METADATA_TOTALS];
};

static inline bool cxa_plan_repairs(const struct cxa_repair_plan *plan,
				    enum cxa_rule_id rule)
{
	return (plan->rules >> rule & 1) != 0;
}

/**
 * cxa_repair_plan_make() - after a check of @source that left @graph
 * @plan: rules and found are filled in
 *
 * Return: 0, CXA_ERR_NOMEM, what reading @source returns: its columns are read
 * when concepts are without one.
 */
int cxa_repair_plan_make(struct cxa_repair_plan *plan,
			 const struct cxa_graph *graph,
			 struct cxa_source *source, struct cxa_error *error);

/** cxa_assignment_find() - in moves or gives; NULL: none */
const struct cxa_assignment *
cxa_assignment_find(const struct cxa_buffer *assignments, uint64_t id);

void cxa_repair_plan_release(struct cxa_repair_plan *plan);

#endif
