/* subgraph.c - the strongest connections of a graph, and the concepts they join */
/*
 * usage: subgraph N IN OUT
 *
 * IN is an archive, a store, JSON or NDJSON; OUT an archive, or a store when it
 * is called .db. Shows reading by cursor, a source of one's own, and writing.
 */
#include <cortexarc/cortexarc.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

/* One connection that is strong enough so far. */
struct strong {
	float weight;
	uint64_t id;
	uint64_t source_id;
	uint64_t target_id;
};

/**
 * struct graph - what is read, and what of it is wanted
 * @strongest: by falling weight, @count of at most @wanted
 * @ids: by collection, ascending, @id_count of each
 */
struct graph {
	struct cxa_source *source;
	struct strong *strongest;
	size_t count;
	size_t wanted;
	uint64_t *ids[CXA_COLLECTION_COUNT];
	size_t id_count[CXA_COLLECTION_COUNT];
};

/* --- reading: the strongest connections ------------------------------------ */

static void consider(struct graph *graph, const Cxa__Connection *connection)
{
	struct strong one = { connection->weight, connection->id,
			      connection->source_id, connection->target_id };
	size_t at = graph->count;

	while (at > 0 && graph->strongest[at - 1].weight < one.weight)
		at--;
	if (at == graph->wanted)
		return;
	if (graph->count < graph->wanted)
		graph->count++;
	for (size_t i = graph->count - 1; i > at; i--)
		graph->strongest[i] = graph->strongest[i - 1];
	graph->strongest[at] = one;
}

static int find_strongest(struct graph *graph, struct cxa_error *error)
{
	struct cxa_selection selection = CXA_SELECTION_INIT;
	struct cxa_cursor *cursor = NULL;
	struct cxa_batch *batch = NULL;
	int status;

	selection.collections = 1u << CXA_CONNECTIONS;
	status = cxa_cursor_open(&cursor, graph->source, &selection, error);
	while (status == 0) {
		status = cxa_cursor_next(cursor, &batch, error);
		for (size_t i = 0; status == 0 && i < batch->count; i++) {
			ProtobufCMessage *message = cxa_record_unpack(
				batch->collection, &batch->records[i]);

			if (message == NULL) {
				status = CXA_ERR_NOMEM;
				break;
			}
			consider(graph, (Cxa__Connection *)message);
			protobuf_c_message_free_unpacked(message, NULL);
		}
		cxa_batch_unref(batch);
		batch = NULL;
	}
	cxa_cursor_close(cursor);
	return status == CXA_END ? 0 : status;
}

/* --- what is wanted ----------------------------------------------------------- */

static int by_number(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a;
	uint64_t y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

static int choose(struct graph *graph)
{
	uint64_t *edges = calloc(graph->count + 1, sizeof(*edges));
	uint64_t *ends = calloc(2 * graph->count + 1, sizeof(*ends));

	graph->ids[CXA_CONNECTIONS] = edges;
	graph->ids[CXA_CONCEPTS] = ends;
	if (edges == NULL || ends == NULL)
		return CXA_ERR_NOMEM;
	for (size_t i = 0; i < graph->count; i++) {
		edges[i] = graph->strongest[i].id;
		ends[2 * i] = graph->strongest[i].source_id;
		ends[2 * i + 1] = graph->strongest[i].target_id;
		printf("%.6f  %" PRIu64 " -> %" PRIu64 "\n",
		       (double)graph->strongest[i].weight,
		       graph->strongest[i].source_id,
		       graph->strongest[i].target_id);
	}
	graph->id_count[CXA_CONNECTIONS] = graph->count;
	graph->id_count[CXA_CONCEPTS] = 2 * graph->count;
	qsort(edges, graph->count, sizeof(*edges), by_number);
	qsort(ends, 2 * graph->count, sizeof(*ends), by_number);
	return 0;
}

/* --- a source of one's own: the same records, fewer of them ----------------- */

struct reader {
	const struct graph *graph;
	struct cxa_cursor *cursor;
};

static void read_done(void *state)
{
	struct reader *reader = state;

	if (reader != NULL)
		cxa_cursor_close(reader->cursor);
	free(reader);
}

static int read_begin(void *state, enum cxa_collection collection,
		      uint64_t first_id, uint64_t last_id, void **out,
		      struct cxa_error *error)
{
	struct graph *graph = state;
	struct cxa_selection selection = CXA_SELECTION_INIT;
	struct reader *reader = calloc(1, sizeof(*reader));
	int status = 0;

	if (reader == NULL)
		return CXA_ERR_NOMEM;
	reader->graph = graph;
	selection.collections = 1u << collection;
	selection.has_range = true;
	selection.first_id = first_id;
	selection.last_id = last_id;
	if (graph->id_count[collection] != 0)
		status = cxa_cursor_open(&reader->cursor, graph->source,
					 &selection, error);
	if (status == 0)
		*out = reader;
	else
		read_done(reader);
	return status;
}

static int keep_wanted(const struct graph *graph, const struct cxa_batch *from,
		       struct cxa_batch *to, struct cxa_error *error)
{
	int status = 0;

	for (size_t i = 0; i < from->count && status == 0; i++) {
		const struct cxa_record *record = &from->records[i];
		ProtobufCMessage *message;

		if (bsearch(&record->id, graph->ids[from->collection],
			    graph->id_count[from->collection],
			    sizeof(record->id), by_number) == NULL)
			continue;
		message = cxa_record_unpack(from->collection, record);
		if (message == NULL)
			return CXA_ERR_NOMEM;
		status = cxa_batch_append(to, message, error);
		protobuf_c_message_free_unpacked(message, NULL);
	}
	return status;
}

static int read_next(void *state, struct cxa_batch **batch,
		     struct cxa_error *error)
{
	struct reader *reader = state;
	struct cxa_batch *from = NULL;
	int status;

	*batch = NULL;
	if (reader->cursor == NULL)
		return CXA_END;
	status = cxa_cursor_next(reader->cursor, &from, error);
	if (status == 0)
		status = cxa_batch_new(batch, from->collection, error);
	if (status == 0)
		status = keep_wanted(reader->graph, from, *batch, error);
	cxa_batch_unref(from);
	return status;
}

/* --- all of it ------------------------------------------------------------------ */

static int write_graph(struct cxa_context *context, struct graph *graph,
		       const char *name, struct cxa_error *error)
{
	static const struct cxa_source_ops ops = { read_begin, read_next,
						   read_done, NULL };
	struct cxa_source *part = NULL;
	struct cxa_sink *sink = NULL;
	struct cxa_summary summary;
	int status = cxa_source_new(&part, context, &ops, graph,
				    cxa_source_header(graph->source), error);

	if (status == 0)
		status = cxa_sink_open(&sink, context, name, CXA_KIND_AUTO,
				       NULL, error);
	if (status == 0)
		status = cxa_copy(part, sink, NULL, &summary, error);
	if (status == 0)
		printf("%s: %" PRIu64 " concepts, %" PRIu64 " connections\n",
		       name, summary.records[CXA_CONCEPTS],
		       summary.records[CXA_CONNECTIONS]);
	cxa_sink_close(sink);
	cxa_source_close(part);
	return status;
}

static int run(struct cxa_context *context, struct graph *graph,
	       const char *in, const char *out, struct cxa_error *error)
{
	int status = cxa_source_open(&graph->source, context, in, NULL, error);

	graph->strongest = calloc(graph->wanted + 1, sizeof(*graph->strongest));
	if (status == 0 && graph->strongest == NULL)
		status = CXA_ERR_NOMEM;
	if (status == 0)
		status = find_strongest(graph, error);
	if (status == 0)
		status = choose(graph);
	if (status == 0)
		status = write_graph(context, graph, out, error);
	for (int i = 0; i < CXA_COLLECTION_COUNT; i++)
		free(graph->ids[i]);
	free(graph->strongest);
	cxa_source_close(graph->source);
	return status;
}

int main(int argc, char **argv)
{
	struct cxa_context *context = NULL;
	struct cxa_error error = CXA_ERROR_INIT;
	struct graph graph = { 0 };
	int status;

	if (argc != 4 || (graph.wanted = strtoul(argv[1], NULL, 10)) == 0 ||
	    graph.wanted > 1000000) {
		fprintf(stderr, "usage: subgraph N IN OUT\n");
		return 2;
	}
	status = cxa_context_open(&context, NULL, &error);
	if (status == 0)
		status = run(context, &graph, argv[2], argv[3], &error);
	cxa_context_close(context);
	if (status < 0)
		fprintf(stderr, "subgraph: %s\n",
			error.message[0] == '\0' ? cxa_status_name(status) :
						   error.message);
	return status < 0 || fflush(stdout) != 0;
}
