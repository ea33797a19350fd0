/* planted.h - faults, one a row: how to make it, and the issue it must be */
#ifndef CXA_TESTS_CHECK_PLANTED_H
#define CXA_TESTS_CHECK_PLANTED_H

#include "graph_fixture.h"

/**
 * struct plant - @at: the collection whose index @make takes; concepts, their
 * embeddings and their columns have the same
 * @step, @phase: only indices that are @phase modulo @step; 0: all
 * @archive_only: JSON cannot say it
 * @make: Return: id of the record that the issue is about
 */
struct plant {
	const char *claim;
	const char *rule;
	const char *entity;
	enum cxa_collection at;
	size_t step;
	size_t phase;
	bool archive_only;
	uint64_t (*make)(struct graph *graph, size_t i);
};

/** struct planted_rule - what each issue of a rule has in common */
struct planted_rule {
	const char *rule;
	enum cxa_issue_type type;
	enum cxa_severity severity;
	bool repairable;
};

static const struct planted_rule planted_rules[] = {
	{ "record-version", CXA_VERSION_MISMATCH, CXA_LOW, false },
	{ "content-empty", CXA_INVALID_DATA, CXA_HIGH, false },
	{ "content-hash", CXA_HASH_MISMATCH, CXA_MEDIUM, true },
	{ "unit-range", CXA_INVALID_DATA, CXA_MEDIUM, true },
	{ "float-finite", CXA_INVALID_DATA, CXA_MEDIUM, true },
	{ "embedding-length", CXA_INVALID_DATA, CXA_MEDIUM, false },
	{ "concept-column", CXA_MISSING_REFERENCE, CXA_HIGH, true },
	{ "concept-connection", CXA_MISSING_REFERENCE, CXA_MEDIUM, true },
	{ "concept-parent", CXA_MISSING_REFERENCE, CXA_LOW, true },
	{ "column-concept", CXA_MISSING_REFERENCE, CXA_HIGH, true },
	{ "column-claim", CXA_INVALID_DATA, CXA_MEDIUM, true },
	{ "synapse-target", CXA_MISSING_REFERENCE, CXA_MEDIUM, true },
	{ "neighbor-column", CXA_MISSING_REFERENCE, CXA_LOW, true },
	{ "connection-concept", CXA_MISSING_REFERENCE, CXA_HIGH, true },
	{ "query-reference", CXA_ORPHANED_DATA, CXA_LOW, true },
	{ "query-hash", CXA_ORPHANED_DATA, CXA_LOW, true },
	{ "query-expired", CXA_ORPHANED_DATA, CXA_LOW, true },
	{ "embedding-concept", CXA_ORPHANED_DATA, CXA_MEDIUM, true },
	{ "sync-reference", CXA_ORPHANED_DATA, CXA_LOW, false },
	{ "timestamp", CXA_INVALID_DATA, CXA_LOW, false },
	{ "system-state-missing", CXA_INVALID_DATA, CXA_MEDIUM, true },
	{ "system-state-totals", CXA_INVALID_DATA, CXA_MEDIUM, true },
	{ "metadata-totals", CXA_INVALID_DATA, CXA_MEDIUM, true },
};

/* A row's function in a line: @record is that of index i; @id comes back. */
#define PLANT(name, type, records, id, ...) \
	static uint64_t plant_##name(struct graph *graph, size_t i) \
	{ \
		type *record = &graph->records[i]; \
		__VA_ARGS__; \
		return record->id; \
	}
#define CONCEPT(name, ...) PLANT(name, Cxa__Concept, concepts, id, __VA_ARGS__)
#define EMBEDDING(name, ...) \
	PLANT(name, Cxa__Embedding, embeddings, concept_id, __VA_ARGS__)
#define COLUMN(name, ...) PLANT(name, Cxa__Column, columns, id, __VA_ARGS__)
#define CONNECTION(name, ...) \
	PLANT(name, Cxa__Connection, connections, id, __VA_ARGS__)
#define QUERY(name, ...) \
	PLANT(name, Cxa__CachedQuery, queries, query_hash, __VA_ARGS__)
#define SYNC(name, ...) PLANT(name, Cxa__SyncEntry, sync, id, __VA_ARGS__)

CONCEPT(empty, record->content.len = 0)
CONCEPT(hash, record->content_hash ^= UINT64_C(1) << 63)
CONCEPT(content, record->content = graph_text(graph, "another"))
CONCEPT(complexity, record->metadata->complexity = 1.0001f)
CONCEPT(confidence, record->metadata->confidence = -0.25f)
CONCEPT(confidence_nan, record->metadata->confidence = NAN)
CONCEPT(strength, record->metadata->connections[1]->strength = INFINITY)
CONCEPT(no_column, record->column_id = graph_missing(i))
CONCEPT(link, record->metadata->connections[0]->target_id = graph_missing(i))
CONCEPT(links, record->metadata->connections[0]->target_id = graph_missing(i);
	record->metadata->connections[1]->target_id = graph_missing(i + 1))
CONCEPT(parent, record->metadata->source->has_parent_concept_id = true;
	record->metadata->source->parent_concept_id = graph_missing(i))
CONCEPT(created, record->created_timestamp = -1)
CONCEPT(accessed, record->last_accessed = graph_time - 1)
CONCEPT(accessed_nan, record->last_accessed = NAN)
CONCEPT(source_time, record->metadata->source->timestamp = -0.5)
CONCEPT(concept_version, record->version = 9)
CONCEPT(concept_version_0, record->version = 0)

EMBEDDING(first_float, record->embeddings->semantic_vector[0] = NAN)
EMBEDDING(last_float, record->embeddings->context_vector[2] = -INFINITY)
EMBEDDING(shorter, record->embeddings->n_semantic_vector = 8)
EMBEDDING(longer, record->embeddings->n_neural_signature = 5)
EMBEDDING(computed, record->embeddings->last_computed = NAN)
EMBEDDING(orphan, record->concept_id += record->concept_id == UINT64_MAX ?
		  UINT64_MAX : 1)

COLUMN(column_concept, record->allocated_concept_id = graph_missing(i))
COLUMN(synapse, record->connections->modulatory[0]->target_id =
	       graph_missing(i))
COLUMN(synapse_last, record->connections->feedback[1]->target_id =
	       graph_missing(i))
COLUMN(neighbor, record->position->neighbors[1] = graph_missing(i))
COLUMN(spike, record->state->spike_time = NAN)
COLUMN(weight, record->connections->inhibitory[0]->weight = INFINITY)
COLUMN(load, record->performance_metrics->computational_load = NAN)
COLUMN(updated, record->last_updated = -1)
COLUMN(activated, record->connections->feedforward[0]->last_activated = NAN)
COLUMN(column_version, record->version = 3)

static uint64_t plant_unclaimed(struct graph *graph, size_t i)
{
	graph->columns[i].has_allocated_concept_id = false;
	return graph->concepts[i].id;
}

static uint64_t plant_claimed_by_other(struct graph *graph, size_t i)
{
	size_t other = (i + 1) % graph->counts[CXA_CONCEPTS];

	graph->columns[i].allocated_concept_id = graph->concepts[other].id;
	return graph->concepts[i].id;
}

CONNECTION(source, record->source_id = graph_missing(i))
CONNECTION(target, record->target_id = graph_missing(i))
CONNECTION(both, record->source_id = record->target_id = graph_missing(i))
CONNECTION(connection_weight, record->weight = NAN)
CONNECTION(connection_time, record->last_activated = -3)
CONNECTION(connection_version, record->version = 2)

QUERY(query_concept, record->results->concepts[0]->concept_id =
	      graph_missing(i))
QUERY(query_column, record->results->activations[0]->column_id =
	      graph_missing(i))
QUERY(query_path, record->results->paths[0]->column_sequence[2] =
	      graph_missing(i);
      record->results->concepts[0]->concept_id = graph_missing(i))
QUERY(query_text, record->query_text = graph_text(graph, "another"))
QUERY(expired, record->expiry = graph_time - 1)
QUERY(expiry_nan, record->expiry = NAN)
QUERY(query_accessed, record->last_accessed = record->created - 1)
QUERY(path_time, record->results->paths[0]->activation_times[2] = NAN)
QUERY(parameter, record->metadata->parameters[0]->value = NAN)
QUERY(memory, record->performance->memory_usage_mb = NAN)
QUERY(query_version, record->version = 4)

SYNC(dependency, record->dependencies[0] = graph_missing(i))
SYNC(update_concept, record->operation->update_concept->concept_id =
	     graph_missing(i))
SYNC(delete_concept, record->operation->delete_concept->concept_id =
	     graph_missing(i))
SYNC(from, record->operation->create_connection->from_id = graph_missing(i))
SYNC(to, record->operation->create_connection->to_id = graph_missing(i))
SYNC(update_connection, record->operation->update_connection->connection_id =
	     graph_missing(i))
SYNC(delete_connection, record->operation->delete_connection->connection_id =
	     graph_missing(i))
SYNC(new_complexity, record->operation->create_concept->concept_data->metadata
	     ->complexity = 7)
SYNC(new_vector, record->operation->create_concept->concept_data->embeddings
	     ->semantic_vector[3] = NAN)
SYNC(sync_time, record->last_attempt = -1)

#define STATE(name, ...) \
	static uint64_t plant_##name(struct graph *graph, size_t i) \
	{ \
		Cxa__SystemState *record = graph->state; \
		__VA_ARGS__; \
		return i * 0; \
	}
STATE(total_concepts, record->cortical_state->total_concepts++)
STATE(total_columns, record->cortical_state->total_columns--)
STATE(allocated, record->cortical_state->allocated_columns--)
STATE(total_connections, record->cortical_state->total_connections = 0)
STATE(inhibition, record->cortical_state->global_inhibition = NAN)
STATE(decay, record->configuration->neural_parameters->decay_rate = INFINITY)
STATE(query_time, record->statistics->avg_query_time_ms = NAN)
STATE(gc_time, record->statistics->last_gc_time = -1)
STATE(state_version, record->version = 2)
STATE(metadata_concepts, (void)record; graph->metadata.total_concepts++)
STATE(metadata_columns, (void)record; graph->metadata.total_columns = 0)
STATE(metadata_connections, (void)record; graph->metadata.total_connections--)
STATE(no_state, (void)record; graph->counts[CXA_SYSTEM_STATE] = 0)

#define ROW(rule, entity, at, name) \
	{ #name, rule, entity, at, 0, 0, false, plant_##name }
#define ROW_STEP(rule, at, step, phase, name) \
	{ #name, rule, "sync entry", at, step, phase, false, plant_##name }

static const struct plant plants[] = {
	ROW("content-empty", "concept", CXA_CONCEPTS, empty),
	ROW("content-hash", "concept", CXA_CONCEPTS, hash),
	ROW("content-hash", "concept", CXA_CONCEPTS, content),
	ROW("unit-range", "concept", CXA_CONCEPTS, complexity),
	ROW("unit-range", "concept", CXA_CONCEPTS, confidence),
	ROW("float-finite", "concept", CXA_CONCEPTS, confidence_nan),
	ROW("float-finite", "concept", CXA_CONCEPTS, strength),
	ROW("concept-column", "concept", CXA_CONCEPTS, no_column),
	ROW("concept-connection", "concept", CXA_CONCEPTS, link),
	ROW("concept-connection", "concept", CXA_CONCEPTS, links),
	ROW("concept-parent", "concept", CXA_CONCEPTS, parent),
	ROW("timestamp", "concept", CXA_CONCEPTS, created),
	ROW("timestamp", "concept", CXA_CONCEPTS, accessed),
	ROW("timestamp", "concept", CXA_CONCEPTS, accessed_nan),
	ROW("timestamp", "concept", CXA_CONCEPTS, source_time),
	ROW("record-version", "concept", CXA_CONCEPTS, concept_version),
	ROW("record-version", "concept", CXA_CONCEPTS, concept_version_0),
	ROW("float-finite", "embedding", CXA_CONCEPTS, first_float),
	ROW("float-finite", "embedding", CXA_CONCEPTS, last_float),
	ROW("embedding-length", "embedding", CXA_CONCEPTS, shorter),
	ROW("embedding-length", "embedding", CXA_CONCEPTS, longer),
	ROW("timestamp", "embedding", CXA_CONCEPTS, computed),
	{ "orphan", "embedding-concept", "embedding", CXA_CONCEPTS, 0, 0, true,
	  plant_orphan },
	ROW("column-concept", "column", CXA_CONCEPTS, column_concept),
	ROW("column-claim", "concept", CXA_CONCEPTS, unclaimed),
	ROW("column-claim", "concept", CXA_CONCEPTS, claimed_by_other),
	ROW("synapse-target", "column", CXA_CONCEPTS, synapse),
	ROW("synapse-target", "column", CXA_CONCEPTS, synapse_last),
	ROW("neighbor-column", "column", CXA_CONCEPTS, neighbor),
	ROW("float-finite", "column", CXA_CONCEPTS, spike),
	ROW("float-finite", "column", CXA_CONCEPTS, weight),
	ROW("float-finite", "column", CXA_CONCEPTS, load),
	ROW("timestamp", "column", CXA_CONCEPTS, updated),
	ROW("timestamp", "column", CXA_CONCEPTS, activated),
	ROW("record-version", "column", CXA_CONCEPTS, column_version),
	ROW("connection-concept", "connection", CXA_CONNECTIONS, source),
	ROW("connection-concept", "connection", CXA_CONNECTIONS, target),
	ROW("connection-concept", "connection", CXA_CONNECTIONS, both),
	ROW("float-finite", "connection", CXA_CONNECTIONS, connection_weight),
	ROW("timestamp", "connection", CXA_CONNECTIONS, connection_time),
	ROW("record-version", "connection", CXA_CONNECTIONS,
	    connection_version),
	ROW("query-reference", "cached query", CXA_QUERY_CACHE, query_concept),
	ROW("query-reference", "cached query", CXA_QUERY_CACHE, query_column),
	ROW("query-reference", "cached query", CXA_QUERY_CACHE, query_path),
	ROW("query-hash", "cached query", CXA_QUERY_CACHE, query_text),
	ROW("query-expired", "cached query", CXA_QUERY_CACHE, expired),
	ROW("timestamp", "cached query", CXA_QUERY_CACHE, expiry_nan),
	ROW("timestamp", "cached query", CXA_QUERY_CACHE, query_accessed),
	ROW("float-finite", "cached query", CXA_QUERY_CACHE, path_time),
	ROW("float-finite", "cached query", CXA_QUERY_CACHE, parameter),
	ROW("float-finite", "cached query", CXA_QUERY_CACHE, memory),
	ROW("record-version", "cached query", CXA_QUERY_CACHE, query_version),
	ROW("sync-reference", "sync entry", CXA_SYNC_QUEUE, dependency),
	ROW_STEP("sync-reference", CXA_SYNC_QUEUE, 7, 1, update_concept),
	ROW_STEP("sync-reference", CXA_SYNC_QUEUE, 7, 2, delete_concept),
	ROW_STEP("sync-reference", CXA_SYNC_QUEUE, 7, 3, from),
	ROW_STEP("sync-reference", CXA_SYNC_QUEUE, 7, 3, to),
	ROW_STEP("sync-reference", CXA_SYNC_QUEUE, 7, 4, update_connection),
	ROW_STEP("sync-reference", CXA_SYNC_QUEUE, 7, 5, delete_connection),
	ROW_STEP("unit-range", CXA_SYNC_QUEUE, 7, 0, new_complexity),
	ROW_STEP("float-finite", CXA_SYNC_QUEUE, 7, 0, new_vector),
	ROW("timestamp", "sync entry", CXA_SYNC_QUEUE, sync_time),
	ROW("system-state-totals", "system_state", CXA_SYSTEM_STATE,
	    total_concepts),
	ROW("system-state-totals", "system_state", CXA_SYSTEM_STATE,
	    total_columns),
	ROW("system-state-totals", "system_state", CXA_SYSTEM_STATE, allocated),
	ROW("system-state-totals", "system_state", CXA_SYSTEM_STATE,
	    total_connections),
	ROW("float-finite", "system_state", CXA_SYSTEM_STATE, inhibition),
	ROW("float-finite", "system_state", CXA_SYSTEM_STATE, decay),
	ROW("float-finite", "system_state", CXA_SYSTEM_STATE, query_time),
	ROW("timestamp", "system_state", CXA_SYSTEM_STATE, gc_time),
	ROW("record-version", "system_state", CXA_SYSTEM_STATE, state_version),
	ROW("metadata-totals", "metadata", CXA_SYSTEM_STATE, metadata_concepts),
	ROW("metadata-totals", "metadata", CXA_SYSTEM_STATE, metadata_columns),
	ROW("metadata-totals", "metadata", CXA_SYSTEM_STATE,
	    metadata_connections),
	ROW("system-state-missing", "system_state", CXA_SYSTEM_STATE, no_state),
};

enum { PLANT_COUNT = sizeof(plants) / sizeof(plants[0]) };

static const struct planted_rule *planted_rule(const char *rule)
{
	for (size_t i = 0;
	     i < sizeof(planted_rules) / sizeof(planted_rules[0]); i++)
		if (strcmp(planted_rules[i].rule, rule) == 0)
			return &planted_rules[i];
	return NULL;
}

static bool planted_has_id(const struct plant *plant)
{
	return plant->at != CXA_SYSTEM_STATE;
}

/* Is @issue what planting @plant in record @id must give? */
__attribute__((unused))
static bool planted_matches(const struct plant *plant, uint64_t id,
			    const struct cxa_issue *issue)
{
	const struct planted_rule *rule = planted_rule(plant->rule);

	return strcmp(issue->rule, rule->rule) == 0 &&
	       issue->type == rule->type && issue->severity == rule->severity &&
	       issue->repairable == rule->repairable &&
	       issue->repairable == (issue->repair != NULL) &&
	       strcmp(issue->entity_type, plant->entity) == 0 &&
	       issue->has_id == planted_has_id(plant) &&
	       issue->entity_id == id && issue->description[0] != '\0';
}

#endif
