/* mend.c - one record without its faults */
#include "check/mend.h"

#include "base/wire.h"
#include "record/collection.h"
#include "record/content_hash.h"
#include "record/json_codec.h"

int cxa_mend_tell(struct cxa_mend *mend, enum cxa_rule_id rule,
		  const struct cxa_field *field, const void *before,
		  const void *after)
{
	static const struct cxa_value null = { (const uint8_t *)"null", 4 };
	static const struct cxa_value nothing;
	struct cxa_mended told = { CXA_CHANGED, rule, mend->id };
	bool is_list = field->descriptor->label == PROTOBUF_C_LABEL_REPEATED;

	cxa_buffer_append(&mend->told, &told, sizeof(told));
	if (mend->told.failed)
		return cxa_error_nomem(mend->error, "a change");
	return cxa_field_diff_add_values(&mend->diff, field, before, after,
					 is_list ? &nothing : &null,
					 mend->error);
}

static const struct cxa_field *find_field(const struct cxa_message_type *type,
					  const char *name)
{
	for (unsigned i = 0; i < type->field_count; i++)
		if (strcmp(type->fields[i].descriptor->name, name) == 0)
			return &type->fields[i];
	return NULL;
}

/* The field @name of @message became another. */
static int tell_field(struct cxa_mend *mend, enum cxa_rule_id rule,
		      const ProtobufCMessage *message, const char *name,
		      const void *before, const void *after)
{
	const struct cxa_field *field =
		find_field(cxa_message_type_of(message->descriptor), name);
	size_t was = cxa_path_name(&mend->diff.path, name, strlen(name));
	int status = cxa_mend_tell(mend, rule, field, before, after);

	mend->diff.path.size = was;
	return status;
}

static int set_id(struct cxa_mend *mend, enum cxa_rule_id rule,
		  const ProtobufCMessage *message, const char *name,
		  uint64_t *at, uint64_t value)
{
	int status = tell_field(mend, rule, message, name, at, &value);

	*at = value;
	return status;
}

static void drop(struct cxa_mend *mend, enum cxa_rule_id rule)
{
	if (mend->drop || !cxa_plan_repairs(mend->plan, rule))
		return;
	mend->drop = true;
	mend->drop_rule = rule;
}

/* --- what is special about a collection -------------------------------------- */

static int mend_concept(struct cxa_mend *mend, Cxa__Concept *concept)
{
	const struct cxa_repair_plan *plan = mend->plan;
	const struct cxa_assignment *move =
		cxa_assignment_find(&plan->moves, concept->id);
	uint64_t hash = concept->content_hash;
	int status = 0;

	if (cxa_plan_repairs(plan, CXA_RULE_CONTENT_HASH) &&
	    concept->content.len != 0)
		cxa_content_hash_of(mend->graph->data_version,
				    concept->content.data,
				    concept->content.len, &hash);
	if (hash != concept->content_hash)
		status = set_id(mend, CXA_RULE_CONTENT_HASH, &concept->base,
				"content_hash", &concept->content_hash, hash);
	if (status == 0 && move != NULL)
		status = set_id(mend, CXA_RULE_CONCEPT_COLUMN, &concept->base,
				"column_id", &concept->column_id, move->value);
	return status;
}

static int mend_column(struct cxa_mend *mend, Cxa__Column *column)
{
	const struct cxa_assignment *give =
		cxa_assignment_find(&mend->plan->gives, column->id);
	const uint64_t *before = column->has_allocated_concept_id ?
					 &column->allocated_concept_id : NULL;
	enum cxa_rule_id rule = CXA_RULE_COLUMN_CONCEPT;
	int status;

	if (give != NULL)
		rule = (enum cxa_rule_id)give->rule;
	else if (before == NULL || !cxa_plan_repairs(mend->plan, rule) ||
		 !cxa_graph_is_missing(mend->graph, CXA_NOTE_COLUMN_CONCEPT,
				       *before))
		return 0;
	status = tell_field(mend, rule, &column->base, "allocated_concept_id",
			    before, give == NULL ? NULL : &give->value);
	column->has_allocated_concept_id = give != NULL;
	if (give != NULL)
		column->allocated_concept_id = give->value;
	return status;
}

static int mend_query(struct cxa_mend *mend, const Cxa__CachedQuery *query)
{
	const struct cxa_graph *graph = mend->graph;
	uint64_t expected = mend->id;

	cxa_content_hash_of(graph->data_version, query->query_text.data,
			    query->query_text.len, &expected);
	if (expected != mend->id)
		drop(mend, CXA_RULE_QUERY_HASH);
	if (graph->has_now && cxa_time_fault(query->expiry) == NULL &&
	    query->expiry < graph->now_ms)
		drop(mend, CXA_RULE_QUERY_EXPIRED);
	return 0;
}

static int mend_embedding(struct cxa_mend *mend)
{
	if (cxa_graph_is_missing(mend->graph, CXA_NOTE_EMBEDDING_CONCEPT,
				 mend->id))
		drop(mend, CXA_RULE_EMBEDDING_ORPHAN);
	return 0;
}

static int mend_state(struct cxa_mend *mend, Cxa__SystemState *state)
{
	static const char *const names[CXA_STATE_TOTALS] = {
		"total_columns", "allocated_columns", "total_concepts",
		"total_connections" };
	Cxa__CorticalState *totals = state->cortical_state;
	uint32_t *values[CXA_STATE_TOTALS] = {
		&totals->total_columns, &totals->allocated_columns,
		&totals->total_concepts, &totals->total_connections };
	const struct cxa_new_total *wanted = mend->plan->state;
	size_t was = cxa_path_name(&mend->diff.path, "cortical_state", 14);
	int status = 0;

	for (int i = 0; i < CXA_STATE_TOTALS && status == 0; i++) {
		if (!wanted[i].changes)
			continue;
		status = tell_field(mend, CXA_RULE_STATE_TOTALS, &totals->base,
				    names[i], values[i], &wanted[i].value);
		*values[i] = wanted[i].value;
	}
	mend->diff.path.size = was;
	return status;
}

static int mend_special(struct cxa_mend *mend, ProtobufCMessage *message)
{
	switch (mend->collection) {
	case CXA_CONCEPTS:
		return mend_concept(mend, (Cxa__Concept *)message);
	case CXA_EMBEDDINGS:
		return mend_embedding(mend);
	case CXA_COLUMNS:
		return mend_column(mend, (Cxa__Column *)message);
	case CXA_SYSTEM_STATE:
		return mend_state(mend, (Cxa__SystemState *)message);
	case CXA_QUERY_CACHE:
		return mend_query(mend, (const Cxa__CachedQuery *)message);
	default:
		return 0;
	}
}

/* --- records ------------------------------------------------------------------ */

static int tell_whole(struct cxa_mend *mend, enum cxa_difference_kind kind,
		      enum cxa_rule_id rule, const ProtobufCMessage *message)
{
	static const struct cxa_value nothing;
	struct cxa_mended told = { kind, rule, mend->id };
	struct cxa_buffer *text = &mend->diff.before;
	struct cxa_value value;
	int status;

	cxa_buffer_reset(text);
	status = cxa_json_encode(message, false, NULL, text, mend->error);
	if (status < 0)
		return status;
	value = (struct cxa_value){ text->data, text->size };
	cxa_buffer_append(&mend->told, &told, sizeof(told));
	if (mend->told.failed)
		return cxa_error_nomem(mend->error, "a change");
	return cxa_field_diff_add(&mend->diff,
				  kind == CXA_ADDED ? &nothing : &value,
				  kind == CXA_ADDED ? &value : &nothing,
				  mend->error);
}

static int unpack(struct cxa_mend *mend, const struct cxa_record *record,
		  ProtobufCMessage **message)
{
	return cxa_wire_unpack(cxa_collection_type(mend->collection),
			       record->data, record->size, &mend->arena,
			       message, mend->error);
}

/* What was changed in it counts for nothing: all of it goes, as it was. */
static int tell_dropped(struct cxa_mend *mend, const struct cxa_record *record,
			size_t told, size_t changes)
{
	ProtobufCMessage *message = NULL;
	int status = unpack(mend, record, &message);

	mend->told.size = told;
	mend->diff.changes.size = changes;
	if (status < 0)
		return status;
	return tell_whole(mend, CXA_REMOVED, mend->drop_rule, message);
}

int cxa_mend_record(struct cxa_mend *mend, const struct cxa_record *record,
		    struct cxa_error *error)
{
	size_t told = mend->told.size;
	size_t changes = mend->diff.changes.size;
	ProtobufCMessage *message = NULL;
	int status;

	mend->error = error;
	mend->id = record->id;
	mend->drop = false;
	cxa_arena_reset(&mend->arena);
	cxa_buffer_reset(&mend->row);
	cxa_buffer_reset(&mend->diff.path);
	status = unpack(mend, record, &message);
	if (status == 0)
		status = mend_special(mend, message);
	if (status == 0 && !mend->drop)
		status = cxa_mend_fields(mend, cxa_plan_of(mend->collection),
					 message);
	cxa_buffer_reset(&mend->diff.path);
	if (status == 0 && mend->drop)
		status = tell_dropped(mend, record, told, changes);
	else if (status == 0)
		status = cxa_wire_pack(message, &mend->row, error);
	return status;
}

/* --- a record that was not there ----------------------------------------------- */

static void init_state(Cxa__SystemState *state, const Cxa__Metadata *metadata)
{
	double created = cxa_time_fault(metadata->created_at) == NULL ?
				 metadata->created_at : 0;

	cxa__system_state__init(state);
	state->created = created;
	state->last_checkpoint = created;
	state->version = metadata->data_version <= CXA_VERSION_MAX ?
				 metadata->data_version : 1;
}

int cxa_mend_new_state(struct cxa_mend *mend, const Cxa__Metadata *metadata,
		       struct cxa_error *error)
{
	const struct cxa_new_total *totals = mend->plan->state;
	Cxa__CorticalState cortical = CXA__CORTICAL_STATE__INIT;
	Cxa__NeuralParameters neural = CXA__NEURAL_PARAMETERS__INIT;
	Cxa__CortexConfiguration configuration = CXA__CORTEX_CONFIGURATION__INIT;
	Cxa__SystemStatistics statistics = CXA__SYSTEM_STATISTICS__INIT;
	uint32_t cortex_size[2] = { 0, 0 };
	Cxa__SystemState state;
	int status;

	init_state(&state, metadata);
	cortical.total_columns = totals[0].value;
	cortical.allocated_columns = totals[1].value;
	cortical.total_concepts = totals[2].value;
	cortical.total_connections = totals[3].value;
	configuration.n_cortex_size = 2;
	configuration.cortex_size = cortex_size;
	configuration.neural_parameters = &neural;
	state.cortical_state = &cortical;
	state.configuration = &configuration;
	state.statistics = &statistics;
	mend->error = error;
	mend->id = 0;
	cxa_buffer_reset(&mend->row);
	cxa_buffer_reset(&mend->diff.path);
	status = cxa_wire_pack(&state.base, &mend->row, error);
	return status < 0 ? status : tell_whole(mend, CXA_ADDED,
						CXA_RULE_STATE_MISSING,
						&state.base);
}

void cxa_mend_reset(struct cxa_mend *mend)
{
	cxa_buffer_reset(&mend->told);
	cxa_field_diff_reset(&mend->diff);
	cxa_arena_reset(&mend->arena);
	cxa_buffer_reset(&mend->row);
}

void cxa_mend_release(struct cxa_mend *mend)
{
	cxa_buffer_release(&mend->told);
	cxa_field_diff_release(&mend->diff);
	cxa_arena_release(&mend->arena);
	cxa_buffer_release(&mend->row);
}
