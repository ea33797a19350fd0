/* graph_fixture.h - a small healthy graph to plant faults in, and a source of it */
#ifndef CXA_TESTS_CHECK_GRAPH_FIXTURE_H
#define CXA_TESTS_CHECK_GRAPH_FIXTURE_H

#include <math.h>
#include <stdlib.h>

#include <cortexarc/cortexarc.h>

#include "tap.h"

enum {
	GRAPH_POOL_BYTES = 48 << 20
};

static const double graph_time = 1.7e12;

/*
 * All structs are in the graph, what they point to in its pool; a test may
 * change whatever it likes and set counts lower.
 */
struct graph {
	size_t counts[CXA_COLLECTION_COUNT];
	Cxa__Concept *concepts;
	Cxa__Embedding *embeddings;
	Cxa__Column *columns;
	Cxa__Connection *connections;
	Cxa__SystemState *state;
	Cxa__CachedQuery *queries;
	Cxa__SyncEntry *sync;
	Cxa__Header header;
	Cxa__Metadata metadata;
	uint8_t *pool;
	size_t used;
};

/* Zeroed memory that lives as long as the graph. */
static void *graph_alloc(struct graph *graph, size_t count, size_t size)
{
	void *memory = graph->pool + graph->used;

	graph->used += (count * size + 15) / 16 * 16;
	if (graph->used > GRAPH_POOL_BYTES) {
		puts("Bail out! the graph's pool is too small");
		exit(1);
	}
	return memset(memory, 0, count * size);
}

#define GRAPH_NEW(graph, type, count) \
	((type *)graph_alloc(graph, count, sizeof(type)))

static ProtobufCBinaryData graph_text(struct graph *graph, const char *text)
{
	ProtobufCBinaryData data = { strlen(text), NULL };

	data.data = graph_alloc(graph, data.len + 1, 1);
	memcpy(data.data, text, data.len);
	return data;
}

/* Ascending over all 64 bits: 0 is the first, 2^63 the middle, 2^64-1 the last. */
static uint64_t graph_id(size_t i, size_t count)
{
	if (count > 1 && i == count - 1)
		return UINT64_MAX;
	return i * ((UINT64_C(1) << 63) / ((count + 1) / 2));
}

/* An id that graph_id() gives to nobody. */
static uint64_t graph_missing(size_t i)
{
	return graph_id(i % 7, 8) + 12345 + i;
}

static void graph_metadata(struct graph *graph, Cxa__ConceptMetadata **out,
			   size_t i)
{
	Cxa__ConceptMetadata *metadata =
		GRAPH_NEW(graph, Cxa__ConceptMetadata, 1);
	size_t count = graph->counts[CXA_CONCEPTS];

	cxa__concept_metadata__init(metadata);
	metadata->complexity = 0.5f;
	metadata->confidence = i % 2 == 0 ? 0 : 1;
	metadata->category = graph_text(graph, "fact");
	metadata->source = GRAPH_NEW(graph, Cxa__ConceptSource, 1);
	cxa__concept_source__init(metadata->source);
	metadata->source->origin = graph_text(graph, "import");
	metadata->source->session_id = graph_text(graph, "s");
	metadata->source->timestamp = graph_time;
	metadata->source->has_parent_concept_id = i % 3 != 0;
	metadata->source->parent_concept_id = graph_id((i + 2) % count, count);
	metadata->n_connections = 2;
	metadata->connections = GRAPH_NEW(graph, Cxa__ConceptConnection *, 2);
	for (size_t k = 0; k < 2; k++) {
		Cxa__ConceptConnection *link =
			GRAPH_NEW(graph, Cxa__ConceptConnection, 1);

		cxa__concept_connection__init(link);
		link->connection_type = CXA__CONNECTION_TYPE__VALUE__Semantic;
		link->target_id = graph_id((7 * i + 3 + k) % count, count);
		link->strength = 0.25f;
		link->created = graph_time;
		metadata->connections[k] = link;
	}
	*out = metadata;
}

static void graph_concept(struct graph *graph, size_t i)
{
	Cxa__Concept *concept = &graph->concepts[i];
	char text[40];

	snprintf(text, sizeof(text), "concept %zu", i);
	cxa__concept__init(concept);
	concept->id = graph_id(i, graph->counts[CXA_CONCEPTS]);
	concept->content = graph_text(graph, text);
	concept->content_hash = cxa_content_hash(text, strlen(text));
	concept->column_id = graph_id(i, graph->counts[CXA_COLUMNS]);
	concept->created_timestamp = graph_time;
	concept->last_accessed = graph_time + 1;
	concept->version = 1;
	graph_metadata(graph, &concept->metadata, i);
}

static void graph_vectors(struct graph *graph, Cxa__Embeddings **out,
			  size_t i)
{
	static const size_t lengths[3] = { 9, 4, 3 };
	Cxa__Embeddings *embeddings = GRAPH_NEW(graph, Cxa__Embeddings, 1);
	float *floats = GRAPH_NEW(graph, float, 16);

	cxa__embeddings__init(embeddings);
	for (size_t k = 0; k < 16; k++)
		floats[k] = (float)(i + k) - 3.5f;
	embeddings->semantic_vector = floats;
	embeddings->n_semantic_vector = lengths[0];
	embeddings->neural_signature = floats + lengths[0];
	embeddings->n_neural_signature = i % 5 == 4 ? 0 : lengths[1];
	embeddings->context_vector = floats + lengths[0] + lengths[1];
	embeddings->n_context_vector = lengths[2];
	embeddings->last_computed = graph_time;
	*out = embeddings;
}

static void graph_embedding(struct graph *graph, size_t i)
{
	Cxa__Embedding *embedding = &graph->embeddings[i];

	cxa__embedding__init(embedding);
	embedding->concept_id = graph_id(i, graph->counts[CXA_CONCEPTS]);
	graph_vectors(graph, &embedding->embeddings, i);
}

static Cxa__Synapse **graph_synapses(struct graph *graph, size_t count,
				     uint64_t target)
{
	Cxa__Synapse **list = GRAPH_NEW(graph, Cxa__Synapse *, count);

	for (size_t i = 0; i < count; i++) {
		list[i] = GRAPH_NEW(graph, Cxa__Synapse, 1);
		cxa__synapse__init(list[i]);
		list[i]->target_id = target;
		list[i]->weight = 1;
		list[i]->connection_type = CXA__SYNAPSE_TYPE__VALUE__AMPA;
		list[i]->last_activated = graph_time;
	}
	return list;
}

static void graph_column(struct graph *graph, size_t i)
{
	Cxa__Column *column = &graph->columns[i];
	size_t count = graph->counts[CXA_COLUMNS];
	Cxa__ColumnConnections *connections =
		GRAPH_NEW(graph, Cxa__ColumnConnections, 1);

	cxa__column__init(column);
	column->id = graph_id(i, count);
	column->has_allocated_concept_id = i < graph->counts[CXA_CONCEPTS];
	column->allocated_concept_id = graph_id(i, graph->counts[CXA_CONCEPTS]);
	column->state = GRAPH_NEW(graph, Cxa__ColumnState, 1);
	cxa__column_state__init(column->state);
	column->position = GRAPH_NEW(graph, Cxa__ColumnPosition, 1);
	cxa__column_position__init(column->position);
	column->position->region = graph_text(graph, "PFC");
	column->position->n_neighbors = 2;
	column->position->neighbors = GRAPH_NEW(graph, uint64_t, 2);
	column->position->neighbors[0] = graph_id((i + 1) % count, count);
	column->position->neighbors[1] = graph_id((i + 5) % count, count);
	cxa__column_connections__init(connections);
	connections->n_excitatory = connections->n_inhibitory = 1;
	connections->n_modulatory = connections->n_feedforward = 1;
	connections->n_feedback = 2;
	connections->excitatory = graph_synapses(graph, 1, graph_id(0, count));
	connections->inhibitory = graph_synapses(graph, 1, graph_id(1, count));
	connections->modulatory = graph_synapses(graph, 1, column->id);
	connections->feedforward =
		graph_synapses(graph, 1, graph_id(count - 1, count));
	connections->feedback =
		graph_synapses(graph, 2, graph_id(count / 2, count));
	column->connections = connections;
	column->performance_metrics =
		GRAPH_NEW(graph, Cxa__PerformanceMetrics, 1);
	cxa__performance_metrics__init(column->performance_metrics);
	column->last_updated = graph_time;
	column->version = 1;
}

static void graph_connection(struct graph *graph, size_t i)
{
	Cxa__Connection *connection = &graph->connections[i];
	size_t count = graph->counts[CXA_CONCEPTS];

	cxa__connection__init(connection);
	connection->id = graph_id(i, graph->counts[CXA_CONNECTIONS]);
	connection->source_id = graph_id(i % count, count);
	connection->target_id = graph_id((i * 3 + 1) % count, count);
	connection->connection_type = CXA__CONNECTION_TYPE__VALUE__Causal;
	connection->weight = 0.5f;
	connection->last_activated = graph_time;
	connection->version = 1;
}

static void graph_state(struct graph *graph)
{
	Cxa__SystemState *state = graph->state;

	cxa__system_state__init(state);
	state->system_id = graph_text(graph, "system");
	state->cortical_state = GRAPH_NEW(graph, Cxa__CorticalState, 1);
	cxa__cortical_state__init(state->cortical_state);
	state->cortical_state->total_columns =
		(uint32_t)graph->counts[CXA_COLUMNS];
	state->cortical_state->allocated_columns =
		(uint32_t)graph->counts[CXA_CONCEPTS];
	state->cortical_state->total_concepts =
		(uint32_t)graph->counts[CXA_CONCEPTS];
	state->cortical_state->total_connections =
		(uint32_t)graph->counts[CXA_CONNECTIONS];
	state->configuration = GRAPH_NEW(graph, Cxa__CortexConfiguration, 1);
	cxa__cortex_configuration__init(state->configuration);
	state->configuration->n_cortex_size = 2;
	state->configuration->cortex_size = GRAPH_NEW(graph, uint32_t, 2);
	state->configuration->neural_parameters =
		GRAPH_NEW(graph, Cxa__NeuralParameters, 1);
	cxa__neural_parameters__init(state->configuration->neural_parameters);
	state->statistics = GRAPH_NEW(graph, Cxa__SystemStatistics, 1);
	cxa__system_statistics__init(state->statistics);
	state->created = graph_time;
	state->last_checkpoint = graph_time;
	state->version = 1;
}

static Cxa__QueryResults *graph_results(struct graph *graph, size_t i)
{
	size_t concepts = graph->counts[CXA_CONCEPTS];
	size_t columns = graph->counts[CXA_COLUMNS];
	Cxa__QueryResults *results = GRAPH_NEW(graph, Cxa__QueryResults, 1);
	Cxa__ConceptMatch *match = GRAPH_NEW(graph, Cxa__ConceptMatch, 1);
	Cxa__ColumnActivation *activation =
		GRAPH_NEW(graph, Cxa__ColumnActivation, 1);
	Cxa__ActivationPath *path = GRAPH_NEW(graph, Cxa__ActivationPath, 1);

	cxa__query_results__init(results);
	cxa__concept_match__init(match);
	cxa__column_activation__init(activation);
	cxa__activation_path__init(path);
	match->concept_id = graph_id(i % concepts, concepts);
	match->match_type = CXA__MATCH_TYPE__VALUE__Exact;
	activation->column_id = graph_id(i % columns, columns);
	path->n_column_sequence = path->n_activation_times = 3;
	path->column_sequence = GRAPH_NEW(graph, uint64_t, 3);
	path->activation_times = GRAPH_NEW(graph, float, 3);
	for (size_t k = 0; k < 3; k++)
		path->column_sequence[k] = graph_id((i + k) % columns, columns);
	results->n_concepts = results->n_activations = results->n_paths = 1;
	results->concepts = GRAPH_NEW(graph, Cxa__ConceptMatch *, 1);
	results->activations = GRAPH_NEW(graph, Cxa__ColumnActivation *, 1);
	results->paths = GRAPH_NEW(graph, Cxa__ActivationPath *, 1);
	results->concepts[0] = match;
	results->activations[0] = activation;
	results->paths[0] = path;
	return results;
}

static void graph_query(struct graph *graph, size_t i)
{
	Cxa__CachedQuery *query = &graph->queries[i];
	Cxa__ParameterEntry *parameter =
		GRAPH_NEW(graph, Cxa__ParameterEntry, 1);
	char text[40];

	snprintf(text, sizeof(text), "query %zu", i);
	cxa__cached_query__init(query);
	query->query_text = graph_text(graph, text);
	query->query_hash = cxa_content_hash(text, strlen(text));
	query->query_type = CXA__QUERY_TYPE__VALUE__Neural;
	query->results = graph_results(graph, i);
	query->metadata = GRAPH_NEW(graph, Cxa__QueryMetadata, 1);
	cxa__query_metadata__init(query->metadata);
	query->metadata->user_context = graph_text(graph, "");
	query->metadata->session_id = graph_text(graph, "s");
	query->metadata->processing_mode = CXA__PROCESSING_MODE__VALUE__Fast;
	cxa__parameter_entry__init(parameter);
	parameter->key = graph_text(graph, "k");
	query->metadata->n_parameters = 1;
	query->metadata->parameters = GRAPH_NEW(graph, Cxa__ParameterEntry *, 1);
	query->metadata->parameters[0] = parameter;
	query->performance = GRAPH_NEW(graph, Cxa__QueryPerformance, 1);
	cxa__query_performance__init(query->performance);
	query->created = graph_time - 1000;
	query->last_accessed = graph_time;
	query->expiry = graph_time;
	query->version = 1;
}

static int graph_by_hash(const void *a, const void *b)
{
	const Cxa__CachedQuery *left = a;
	const Cxa__CachedQuery *right = b;

	return left->query_hash < right->query_hash ? -1 :
						      left->query_hash >
							      right->query_hash;
}

/* Operations that act: create, update and delete, concepts and connections. */
static void graph_operation(struct graph *graph, Cxa__SyncOperation *operation,
			    size_t i)
{
	size_t concepts = graph->counts[CXA_CONCEPTS];
	size_t connections = graph->counts[CXA_CONNECTIONS];
	uint64_t concept = graph_id(i % concepts, concepts);
	uint64_t connection = graph_id(i % connections, connections);

	operation->kind_case = (Cxa__SyncOperation__KindCase)(1 + i % 7);
#define OPERATION(member, type, init) \
	operation->member = GRAPH_NEW(graph, type, 1); \
	init(operation->member); \
	operation->member->timestamp = graph_time
	switch (i % 7) {
	case 0:
		OPERATION(create_concept, Cxa__CreateConcept,
			  cxa__create_concept__init);
		operation->create_concept->concept_id = graph_missing(i) + 7777;
		operation->create_concept->concept_data =
			GRAPH_NEW(graph, Cxa__ConceptData, 1);
		cxa__concept_data__init(operation->create_concept->concept_data);
		operation->create_concept->concept_data->content =
			graph_text(graph, "new");
		graph_metadata(graph, &operation->create_concept->concept_data
					       ->metadata, i);
		graph_vectors(graph, &operation->create_concept->concept_data
					      ->embeddings, i);
		break;
	case 1: /* of what the entry before creates */
		OPERATION(update_concept, Cxa__UpdateConcept,
			  cxa__update_concept__init);
		operation->update_concept->concept_id =
			graph_missing(i - 1) + 7777;
		operation->update_concept->changes =
			GRAPH_NEW(graph, Cxa__ConceptChanges, 1);
		cxa__concept_changes__init(operation->update_concept->changes);
		break;
	case 2:
		OPERATION(delete_concept, Cxa__DeleteConcept,
			  cxa__delete_concept__init);
		operation->delete_concept->concept_id = concept;
		break;
	case 3:
		OPERATION(create_connection, Cxa__CreateConnection,
			  cxa__create_connection__init);
		operation->create_connection->connection_id =
			graph_missing(i) + 8888;
		operation->create_connection->from_id = concept;
		operation->create_connection->to_id = concept;
		operation->create_connection->connection_type =
			CXA__CONNECTION_TYPE__VALUE__Causal;
		break;
	case 4:
		OPERATION(update_connection, Cxa__UpdateConnection,
			  cxa__update_connection__init);
		operation->update_connection->connection_id = connection;
		operation->update_connection->changes_json =
			graph_text(graph, "{}");
		break;
	case 5: /* of what was created two before */
		OPERATION(delete_connection, Cxa__DeleteConnection,
			  cxa__delete_connection__init);
		operation->delete_connection->connection_id =
			graph_missing(i - 2) + 8888;
		break;
	default:
		OPERATION(system_state_checkpoint, Cxa__SystemStateCheckpoint,
			  cxa__system_state_checkpoint__init);
		operation->system_state_checkpoint->state_data_json =
			graph_text(graph, "null");
	}
#undef OPERATION
}

static void graph_sync(struct graph *graph, size_t i)
{
	Cxa__SyncEntry *entry = &graph->sync[i];
	size_t count = graph->counts[CXA_SYNC_QUEUE];

	cxa__sync_entry__init(entry);
	entry->id = graph_id(i, count);
	entry->operation = GRAPH_NEW(graph, Cxa__SyncOperation, 1);
	cxa__sync_operation__init(entry->operation);
	graph_operation(graph, entry->operation, i);
	entry->status = CXA__SYNC_STATUS__VALUE__Pending;
	entry->priority = CXA__SYNC_PRIORITY__VALUE__Low;
	entry->created_at = graph_time;
	entry->has_last_attempt = true;
	entry->last_attempt = graph_time;
	entry->n_dependencies = 1;
	entry->dependencies = GRAPH_NEW(graph, uint64_t, 1);
	entry->dependencies[0] = graph_id((i + 4) % count, count);
}

static void graph_header(struct graph *graph)
{
	Cxa__Metadata *metadata = &graph->metadata;

	cxa__header__init(&graph->header);
	cxa__metadata__init(metadata);
	metadata->backup_id = graph_text(graph, "backup_1_0");
	metadata->created_at = graph_time;
	metadata->cortex_version = graph_text(graph, "0.1.0");
	metadata->data_version = 1;
	metadata->total_concepts = (uint32_t)graph->counts[CXA_CONCEPTS];
	metadata->total_columns = (uint32_t)graph->counts[CXA_COLUMNS];
	metadata->total_connections = (uint32_t)graph->counts[CXA_CONNECTIONS];
	metadata->integrity_hash = graph_text(graph, "");
	metadata->description = graph_text(graph, "");
	graph->header.metadata = metadata;
}

/* Anew, and healthy. */
static void graph_make(struct graph *graph, size_t concepts, size_t queries,
		       size_t sync)
{
	if (graph->pool == NULL)
		graph->pool = malloc(GRAPH_POOL_BYTES);
	graph->used = 0;
	graph->counts[CXA_CONCEPTS] = concepts;
	graph->counts[CXA_EMBEDDINGS] = concepts;
	graph->counts[CXA_COLUMNS] = 2 * concepts;
	graph->counts[CXA_CONNECTIONS] = 2 * concepts;
	graph->counts[CXA_SYSTEM_STATE] = 1;
	graph->counts[CXA_QUERY_CACHE] = queries;
	graph->counts[CXA_SYNC_QUEUE] = sync;
	graph->concepts = GRAPH_NEW(graph, Cxa__Concept, concepts);
	graph->embeddings = GRAPH_NEW(graph, Cxa__Embedding, concepts);
	graph->columns = GRAPH_NEW(graph, Cxa__Column, 2 * concepts);
	graph->connections = GRAPH_NEW(graph, Cxa__Connection, 2 * concepts);
	graph->state = GRAPH_NEW(graph, Cxa__SystemState, 1);
	graph->queries = GRAPH_NEW(graph, Cxa__CachedQuery, queries);
	graph->sync = GRAPH_NEW(graph, Cxa__SyncEntry, sync);
	for (size_t i = 0; i < concepts; i++) {
		graph_concept(graph, i);
		graph_embedding(graph, i);
	}
	for (size_t i = 0; i < 2 * concepts; i++)
		graph_column(graph, i);
	for (size_t i = 0; i < 2 * concepts; i++)
		graph_connection(graph, i);
	graph_state(graph);
	for (size_t i = 0; i < queries; i++)
		graph_query(graph, i);
	qsort(graph->queries, queries, sizeof(*graph->queries), graph_by_hash);
	for (size_t i = 0; i < sync; i++)
		graph_sync(graph, i);
	graph_header(graph);
}

/* --- a source of it -------------------------------------------------------- */

struct graph_reader {
	const struct graph *graph;
	enum cxa_collection collection;
	size_t next;
};

static ProtobufCMessage *graph_record(const struct graph *graph,
				      enum cxa_collection collection, size_t i)
{
	switch (collection) {
	case CXA_CONCEPTS: return &graph->concepts[i].base;
	case CXA_EMBEDDINGS: return &graph->embeddings[i].base;
	case CXA_COLUMNS: return &graph->columns[i].base;
	case CXA_CONNECTIONS: return &graph->connections[i].base;
	case CXA_SYSTEM_STATE: return &graph->state->base;
	case CXA_QUERY_CACHE: return &graph->queries[i].base;
	default: return &graph->sync[i].base;
	}
}

static int graph_read(void *state, enum cxa_collection collection,
		      uint64_t first_id, uint64_t last_id, void **out,
		      struct cxa_error *error)
{
	struct graph_reader *reader = calloc(1, sizeof(*reader));

	(void)first_id;
	(void)last_id;
	(void)error;
	reader->graph = state;
	reader->collection = collection;
	*out = reader;
	return 0;
}

/* Small batches of many sizes, so that references cross them. */
static int graph_next(void *state, struct cxa_batch **batch,
		      struct cxa_error *error)
{
	struct graph_reader *reader = state;
	size_t count = reader->graph->counts[reader->collection];
	size_t end = reader->next + 1 + reader->next % 17;
	int status;

	*batch = NULL;
	if (reader->next >= count)
		return CXA_END;
	status = cxa_batch_new(batch, reader->collection, error);
	for (; reader->next < end && reader->next < count && status == 0;
	     reader->next++)
		status = cxa_batch_append(*batch,
					  graph_record(reader->graph,
						       reader->collection,
						       reader->next), error);
	return status;
}

static void graph_done(void *reader)
{
	free(reader);
}

__attribute__((unused))
static struct cxa_source *graph_source(struct graph *graph,
				       struct cxa_context *context)
{
	static const struct cxa_source_ops ops = { graph_read, graph_next,
						   graph_done, NULL };
	struct cxa_error error = CXA_ERROR_INIT;
	struct cxa_source *source = NULL;

	if (cxa_source_new(&source, context, &ops, graph, &graph->header,
			   &error) < 0) {
		printf("Bail out! %s\n", error.message);
		exit(1);
	}
	return source;
}

#endif
