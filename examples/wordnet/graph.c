/* graph.c - WordNet as a CortexKG store: a source for the library */
#include "graph.h"

#include <stdlib.h>
#include <string.h>

#include "fault.h"
#include "records.h"

struct reader;

/**
 * struct row - how a collection is read
 * @count: of its records
 * @find: the first position whose id is at least the one given; NULL: ids
 *        count from 1 in steps of 1
 * @batch_records: in a batch: 1 to 2 MiB of the usual records
 */
struct row {
	uint64_t (*count)(const struct wn_graph *graph);
	uint64_t (*find)(const struct wn_graph *graph, uint64_t id);
	wn_append *append;
	unsigned batch_records;
};

struct reader {
	const struct wn_graph *graph;
	const struct row *row;
	enum cxa_collection collection;
	uint64_t next;
	uint64_t end;
	struct wn_maker_room room;
};

uint64_t wn_graph_concepts(const struct wn_graph *graph)
{
	return (uint64_t)graph->copies * graph->dictionary->synset_count;
}

uint64_t wn_graph_connections(const struct wn_graph *graph)
{
	return (uint64_t)graph->copies * graph->dictionary->relation_count;
}

static uint64_t count_state(const struct wn_graph *graph)
{
	(void)graph;
	return 1;
}

static uint64_t find_state(const struct wn_graph *graph, uint64_t id)
{
	(void)graph;
	return id > 0;
}

static uint64_t count_queries(const struct wn_graph *graph)
{
	return graph->query_count;
}

static uint64_t find_query(const struct wn_graph *graph, uint64_t id)
{
	size_t low = 0, high = graph->query_count, middle;

	while (low < high) {
		middle = low + (high - low) / 2;
		if (graph->queries[middle].hash < id)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static uint64_t count_sync(const struct wn_graph *graph)
{
	return (uint64_t)graph->copies * WN_SYNC_ENTRIES;
}

static const struct row rows[CXA_COLLECTION_COUNT] = {
	[CXA_CONCEPTS] = { wn_graph_concepts, NULL, wn_append_concept, 4000 },
	[CXA_EMBEDDINGS] = { wn_graph_concepts, NULL, wn_append_embedding,
			     1000 },
	[CXA_COLUMNS] = { wn_graph_concepts, NULL, wn_append_column, 4000 },
	[CXA_CONNECTIONS] = { wn_graph_connections, NULL,
			      wn_append_connection, 4000 },
	[CXA_SYSTEM_STATE] = { count_state, find_state,
			       wn_append_system_state, 1 },
	[CXA_QUERY_CACHE] = { count_queries, find_query, wn_append_query,
			      1000 },
	[CXA_SYNC_QUEUE] = { count_sync, NULL, wn_append_sync, 1000 },
};

static char *new_text(const struct wn_graph *graph)
{
	return malloc(graph->dictionary->text_bytes + WN_TEXT_EXTRA);
}

static int graph_read(void *state, enum cxa_collection collection,
		      uint64_t first_id, uint64_t last_id, void **out,
		      struct cxa_error *error)
{
	const struct wn_graph *graph = state;
	const struct row *row = &rows[collection];
	uint64_t count = row->count(graph);
	struct reader *reader = calloc(1, sizeof(*reader));

	*out = NULL;
	if (reader != NULL)
		reader->room.text = new_text(graph);
	if (reader == NULL || reader->room.text == NULL) {
		free(reader);
		return wn_fault(error, CXA_ERR_NOMEM, "no memory to read");
	}
	reader->graph = graph;
	reader->row = row;
	reader->collection = collection;
	reader->end = count;
	if (row->find != NULL) {
		reader->next = row->find(graph, first_id);
		if (last_id < UINT64_MAX)
			reader->end = row->find(graph, last_id + 1);
	} else {
		reader->next = first_id > 0 ? first_id - 1 : 0;
		if (last_id < count)
			reader->end = last_id;
	}
	*out = reader;
	return 0;
}

static int graph_next(void *state, struct cxa_batch **out,
		      struct cxa_error *error)
{
	struct reader *reader = state;
	const struct row *row = reader->row;
	struct cxa_batch *batch;
	unsigned i;
	int status;

	*out = NULL;
	if (reader->next >= reader->end)
		return CXA_END;
	status = cxa_batch_new(&batch, reader->collection, error);
	if (status < 0)
		return status;
	for (i = 0; i < row->batch_records && reader->next < reader->end; i++) {
		status = row->append(reader->graph, reader->next++,
				     &reader->room, batch, error);
		if (status < 0) {
			cxa_batch_unref(batch);
			return status;
		}
	}
	*out = batch;
	return 0;
}

static void graph_done(void *state)
{
	struct reader *reader = state;

	if (reader == NULL)
		return;
	free(reader->room.text);
	free(reader);
}

const struct cxa_source_ops wn_graph_ops = {
	.read = graph_read, .next = graph_next, .done = graph_done,
};

static void describe(struct wn_graph *graph)
{
	Cxa__Metadata *metadata = &graph->metadata;
	Cxa__EmbeddingSpace *space = &graph->space;

	cxa__metadata__init(metadata);
	metadata->backup_id = wn_string("backup_1722556800000_0");
	metadata->created_at = WN_CREATED_AT;
	metadata->cortex_version = wn_string("0.1.0");
	metadata->data_version = 1;
	metadata->total_concepts = (uint32_t)wn_graph_concepts(graph);
	metadata->total_columns = metadata->total_concepts;
	metadata->total_connections = (uint32_t)wn_graph_connections(graph);
	metadata->integrity_hash = wn_string("");
	metadata->description = wn_string("WordNet 3.0");
	cxa__embedding_space__init(space);
	space->has_model = 1;
	space->model = wn_string("random indexing of WordNet 3.0");
	graph->dimensions[0] = WN_SEMANTIC;
	graph->dimensions[1] = WN_NEURAL;
	graph->dimensions[2] = WN_CONTEXT;
	space->n_dimensions = 3;
	space->dimensions = graph->dimensions;
	space->has_dtype = 1;
	space->dtype = wn_string("float32");
	space->has_metric = 1;
	space->metric = wn_string("cosine");
	cxa__header__init(&graph->header);
	graph->header.metadata = metadata;
	graph->header.embedding_space = space;
}

static int hash_queries(struct wn_graph *graph, struct cxa_error *error)
{
	struct wn_maker_room room = { .text = new_text(graph) };

	graph->queries = reallocarray(NULL, (size_t)graph->copies * WN_QUERIES,
				      sizeof(*graph->queries));
	if (room.text == NULL || graph->queries == NULL) {
		free(room.text);
		return wn_fault(error, CXA_ERR_NOMEM,
				"no memory for queries");
	}
	graph->query_count = wn_query_keys(graph, graph->queries, &room);
	free(room.text);
	return 0;
}

int wn_graph_open(struct wn_graph *out, const struct wn_vectors *vectors,
		  uint32_t copies, struct cxa_error *error)
{
	int status;

	memset(out, 0, sizeof(*out));
	out->vectors = vectors;
	out->dictionary = vectors->dictionary;
	out->copies = copies;
	if (wn_graph_concepts(out) > UINT32_MAX ||
	    wn_graph_connections(out) > UINT32_MAX)
		return wn_fault(error, CXA_ERR_USAGE,
				"so many copies have more than 2^32 - 1 "
				"connections: the store counts in 32 bits");
	describe(out);
	status = hash_queries(out, error);
	if (status < 0)
		wn_graph_close(out);
	return status;
}

void wn_graph_close(struct wn_graph *graph)
{
	free(graph->queries);
	memset(graph, 0, sizeof(*graph));
}
