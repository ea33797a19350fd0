/* repair_plan.c - who gets which column, and what the totals become */
#include "check/repair_plan.h"

#include <stdlib.h>

#include "base/wire.h"

/* Field number of records.proto: given once, never changed. */
enum { ALLOCATED_CONCEPT_ID = 2 };

enum { UNSETTLED = CXA_RULE_COUNT };

/*
 * Concepts without a column are noted as moves whose rule is UNSETTLED.
 *
 * @named: a bit for each column that a concept has as its own
 * @taken: a bit for each column that is settled
 */
struct housing {
	struct cxa_repair_plan *plan;
	const struct cxa_graph *graph;
	uint8_t *named;
	uint8_t *taken;
};

static void set_bit(uint8_t *bits, size_t at)
{
	bits[at / 8] |= (uint8_t)(1 << at % 8);
}

static bool has_bit(const uint8_t *bits, size_t at)
{
	return (bits[at / 8] >> at % 8 & 1) != 0;
}

static void assign(struct cxa_buffer *to, uint64_t id, uint64_t value,
		   int rule)
{
	struct cxa_assignment assignment = { id, value, rule };

	cxa_buffer_append(to, &assignment, sizeof(assignment));
}

static bool is_freed(const struct housing *housing, uint8_t flags)
{
	return (flags & CXA_COLUMN_DANGLES) != 0 &&
	       cxa_plan_repairs(housing->plan, CXA_RULE_COLUMN_CONCEPT);
}

/* --- concepts whose column is there --------------------------------------- */

/* The position of a concept's column; false: there is none such. */
static bool find_column(const struct cxa_graph *graph, size_t concept,
			size_t *at)
{
	return cxa_id_list_find(&graph->sets[CXA_COLUMNS],
				cxa_id_list_get(&graph->concept_columns,
						concept), at);
}

static void look_at_columns(struct housing *housing)
{
	const struct cxa_graph *graph = housing->graph;
	size_t count = graph->sets[CXA_CONCEPTS].count;
	size_t at = 0;

	for (size_t i = 0; i < count; i++) {
		if (!find_column(graph, i, &at))
			continue;
		set_bit(housing->named, at);
		if (cxa_concept_has(graph, i, CXA_CONCEPT_MUTUAL))
			set_bit(housing->taken, at);
	}
}

/* A concept that its column does not name: the concept wins, or another has. */
static void settle_claim(struct housing *housing, size_t concept, size_t at)
{
	const struct cxa_graph *graph = housing->graph;
	struct cxa_repair_plan *plan = housing->plan;
	uint8_t flags = graph->column_flags.data[at];
	bool freed = is_freed(housing, flags);

	if ((flags & CXA_COLUMN_DANGLES) != 0 && !freed)
		return; /* that is the fault, and stays */
	if (has_bit(housing->taken, at) ||
	    (!freed && !cxa_plan_repairs(plan, CXA_RULE_COLUMN_CLAIM))) {
		plan->contended++;
		plan->allocated_most += flags == 0 &&
					!has_bit(housing->taken, at);
		return;
	}
	set_bit(housing->taken, at);
	assign(&plan->gives, cxa_id_list_get(&graph->sets[CXA_COLUMNS], at),
	       cxa_id_list_get(&graph->sets[CXA_CONCEPTS], concept),
	       freed ? CXA_RULE_COLUMN_CONCEPT : CXA_RULE_COLUMN_CLAIM);
	plan->allocated += (flags & CXA_COLUMN_CLAIMS) == 0;
}

static void settle_claims(struct housing *housing)
{
	const struct cxa_graph *graph = housing->graph;
	size_t count = graph->sets[CXA_CONCEPTS].count;
	size_t at = 0;

	for (size_t i = 0; i < count; i++) {
		if (cxa_concept_has(graph, i, CXA_CONCEPT_MUTUAL))
			continue;
		if (find_column(graph, i, &at))
			settle_claim(housing, i, at);
		else
			assign(&housing->plan->moves,
			       cxa_id_list_get(&graph->sets[CXA_CONCEPTS], i),
			       0, UNSETTLED);
	}
}

/* --- concepts whose column is not there ------------------------------------- */

static int by_id(const void *a, const void *b)
{
	const struct cxa_assignment *left = a;
	const struct cxa_assignment *right = b;

	return left->id < right->id ? -1 : left->id > right->id;
}

static struct cxa_assignment *find(const struct cxa_buffer *assignments,
				   uint64_t id)
{
	struct cxa_assignment key = { .id = id };

	if (assignments->size == 0)
		return NULL;
	return bsearch(&key, assignments->data,
		       assignments->size / sizeof(key), sizeof(key), by_id);
}

const struct cxa_assignment *
cxa_assignment_find(const struct cxa_buffer *assignments, uint64_t id)
{
	return find(assignments, id);
}

/* The column @record may name a concept that has none: it is that one's. */
static void house_by_claim(struct housing *housing,
			   const struct cxa_record *record)
{
	const uint8_t *cursor = record->data;
	const uint8_t *end = cursor + record->size;
	struct cxa_wire_field field = { 0 };
	struct cxa_assignment *move;
	size_t at = 0;

	while (field.number < ALLOCATED_CONCEPT_ID)
		if (!cxa_wire_next(&cursor, end, &field))
			return;
	if (field.number != ALLOCATED_CONCEPT_ID)
		return;
	move = find(&housing->plan->moves, field.value);
	if (move == NULL || move->rule != UNSETTLED ||
	    !cxa_id_list_find(&housing->graph->sets[CXA_COLUMNS], record->id,
			      &at) ||
	    has_bit(housing->taken, at))
		return;
	set_bit(housing->taken, at);
	move->value = record->id;
	move->rule = CXA_RULE_CONCEPT_COLUMN;
}

static int house_by_claims(struct housing *housing, struct cxa_source *source,
			   struct cxa_error *error)
{
	struct cxa_selection columns = CXA_SELECTION_INIT;
	struct cxa_cursor *cursor = NULL;
	struct cxa_batch *batch = NULL;
	uint64_t bytes = 0;
	int status;

	columns.collections = 1u << CXA_COLUMNS;
	status = cxa_cursor_open(&cursor, source, &columns, error);
	while (status == 0) {
		status = cxa_cursor_next(cursor, &batch, error);
		if (status != 0)
			break;
		for (size_t i = 0; i < batch->count; i++)
			house_by_claim(housing, &batch->records[i]);
		bytes += cxa_batch_bytes(batch);
		cxa_batch_unref(batch);
		status = cxa_context_step(housing->graph->context, "planning",
					  bytes, 0, error);
	}
	cxa_cursor_close(cursor);
	return status == CXA_END ? 0 : status;
}

static bool is_free(const struct housing *housing, size_t at)
{
	uint8_t flags = housing->graph->column_flags.data[at];

	return (flags == 0 || is_freed(housing, flags)) &&
	       !has_bit(housing->named, at) && !has_bit(housing->taken, at);
}

/* The rest, in their order, to the columns that nobody has, in theirs. */
static void house_freely(struct housing *housing)
{
	const struct cxa_id_list *columns = &housing->graph->sets[CXA_COLUMNS];
	struct cxa_repair_plan *plan = housing->plan;
	struct cxa_assignment *moves = (void *)plan->moves.data;
	size_t count = plan->moves.size / sizeof(*moves);
	size_t at = 0;

	for (size_t i = 0; i < count; i++) {
		if (moves[i].rule != UNSETTLED)
			continue;
		while (at < columns->count && !is_free(housing, at))
			at++;
		if (at == columns->count)
			return;
		set_bit(housing->taken, at);
		moves[i].value = cxa_id_list_get(columns, at);
		moves[i].rule = CXA_RULE_CONCEPT_COLUMN;
		assign(&plan->gives, moves[i].value, moves[i].id,
		       CXA_RULE_CONCEPT_COLUMN);
		plan->allocated++;
	}
}

static void drop_unsettled(struct cxa_repair_plan *plan)
{
	struct cxa_assignment *moves = (void *)plan->moves.data;
	size_t count = plan->moves.size / sizeof(*moves);
	size_t kept = 0;

	for (size_t i = 0; i < count; i++)
		if (moves[i].rule != UNSETTLED)
			moves[kept++] = moves[i];
	plan->homeless = count - kept;
	plan->moves.size = kept * sizeof(*moves);
}

static int house(struct housing *housing, struct cxa_source *source,
		 struct cxa_error *error)
{
	struct cxa_repair_plan *plan = housing->plan;
	struct cxa_buffer *gives = &plan->gives;
	int status = 0;

	look_at_columns(housing);
	settle_claims(housing);
	if (plan->moves.size != 0 &&
	    cxa_plan_repairs(plan, CXA_RULE_CONCEPT_COLUMN)) {
		status = house_by_claims(housing, source, error);
		house_freely(housing);
	}
	drop_unsettled(plan);
	if (gives->size != 0)
		qsort(gives->data, gives->size / sizeof(struct cxa_assignment),
		      sizeof(struct cxa_assignment), by_id);
	if (status == 0 && (plan->moves.failed || gives->failed))
		status = cxa_error_nomem(error, "columns");
	return status;
}

/* Nothing is to be settled unless something was found. */
static int settle(struct cxa_repair_plan *plan, const struct cxa_graph *graph,
		  struct cxa_source *source, struct cxa_error *error)
{
	struct housing housing = { .plan = plan, .graph = graph };
	size_t bytes = graph->sets[CXA_COLUMNS].count / 8 + 1;
	int status;

	if (plan->found[CXA_RULE_CONCEPT_COLUMN] == 0 &&
	    plan->found[CXA_RULE_COLUMN_CONCEPT] == 0 &&
	    plan->found[CXA_RULE_COLUMN_CLAIM] == 0)
		return 0;
	housing.named = calloc(bytes, 1);
	housing.taken = calloc(bytes, 1);
	if (housing.named == NULL || housing.taken == NULL)
		status = cxa_error_nomem(error, "columns");
	else
		status = house(&housing, source, error);
	free(housing.named);
	free(housing.taken);
	return status;
}

/* --- totals ------------------------------------------------------------------ */

static void count_columns(struct cxa_repair_plan *plan,
			  const struct cxa_graph *graph)
{
	const uint8_t *flags = graph->column_flags.data;
	bool clears = cxa_plan_repairs(plan, CXA_RULE_COLUMN_CONCEPT);

	for (size_t i = 0; i < graph->column_flags.size; i++) {
		plan->allocated += (flags[i] & CXA_COLUMN_CLAIMS) != 0;
		plan->allocated_most += (flags[i] & CXA_COLUMN_DANGLES) != 0 &&
					!clears;
	}
	plan->allocated_most += plan->allocated;
}

/* Of what was lost nobody knows how much it is. */
static void set_total(struct cxa_new_total *total,
		      const struct cxa_graph *graph,
		      enum cxa_collection collection, uint64_t said,
		      uint64_t least, uint64_t most)
{
	/* A total of 32 bits can say no more. */
	if (least > UINT32_MAX)
		least = UINT32_MAX;
	if (most > UINT32_MAX)
		most = UINT32_MAX;
	total->value = (uint32_t)least;
	total->changes = (said < least || said > most) &&
			 !cxa_graph_has_loss(graph, collection);
}

static bool is_to_be_true(const struct cxa_repair_plan *plan,
			  enum cxa_rule_id rule)
{
	return plan->found[rule] == 0 || cxa_plan_repairs(plan, rule);
}

static void set_state(struct cxa_repair_plan *plan,
		      const struct cxa_graph *graph)
{
	const uint64_t *said = graph->state;
	const uint64_t *counts = plan->counts;
	struct cxa_new_total *state = plan->state;

	set_total(&state[0], graph, CXA_COLUMNS, said[CXA_SLOT_TOTAL_COLUMNS],
		  counts[CXA_COLUMNS], counts[CXA_COLUMNS]);
	set_total(&state[1], graph, CXA_COLUMNS,
		  said[CXA_SLOT_ALLOCATED_COLUMNS], plan->allocated,
		  plan->allocated_most);
	set_total(&state[2], graph, CXA_CONCEPTS,
		  said[CXA_SLOT_TOTAL_CONCEPTS], counts[CXA_CONCEPTS],
		  counts[CXA_CONCEPTS]);
	set_total(&state[3], graph, CXA_CONNECTIONS,
		  said[CXA_SLOT_TOTAL_CONNECTIONS], counts[CXA_CONNECTIONS],
		  counts[CXA_CONNECTIONS]);
}

static void plan_totals(struct cxa_repair_plan *plan,
			const struct cxa_graph *graph)
{
	static const enum cxa_collection order[CXA_METADATA_TOTALS] = {
		CXA_CONCEPTS, CXA_COLUMNS, CXA_CONNECTIONS };

	for (int i = 0; i < CXA_COLLECTION_COUNT; i++)
		plan->counts[i] = graph->counts[i];
	if (cxa_plan_repairs(plan, CXA_RULE_CONNECTION_END))
		plan->counts[CXA_CONNECTIONS] -=
			plan->found[CXA_RULE_CONNECTION_END];
	count_columns(plan, graph);
	plan->adds_state = graph->counts[CXA_SYSTEM_STATE] == 0 &&
			   cxa_plan_repairs(plan, CXA_RULE_STATE_MISSING);
	if (graph->counts[CXA_SYSTEM_STATE] == 0 ||
	    is_to_be_true(plan, CXA_RULE_STATE_TOTALS))
		set_state(plan, graph);
	for (int i = 0; i < CXA_METADATA_TOTALS; i++)
		if (is_to_be_true(plan, CXA_RULE_METADATA_TOTALS))
			set_total(&plan->metadata[i], graph, order[i],
				  graph->metadata_totals[i],
				  plan->counts[order[i]],
				  plan->counts[order[i]]);
}

int cxa_repair_plan_make(struct cxa_repair_plan *plan,
			 const struct cxa_graph *graph,
			 struct cxa_source *source, struct cxa_error *error)
{
	int status = settle(plan, graph, source, error);

	if (status == 0)
		plan_totals(plan, graph);
	return status;
}

void cxa_repair_plan_release(struct cxa_repair_plan *plan)
{
	cxa_buffer_release(&plan->moves);
	cxa_buffer_release(&plan->gives);
}
