/* memory.c - what the checker keeps of each record, ids over all 64 bits */
#include <math.h>

#include "check/check_run.h"
#include "graph_fixture.h"

enum { CONCEPTS = 400000, BATCH = 2000 };

static struct graph graph;

/* Records without lists, made as they are read. */
static uint64_t spread(uint64_t i)
{
	uint64_t step = UINT64_MAX / CONCEPTS;

	return i * step + (i * UINT64_C(0x9e3779b97f4a7c15)) % step;
}

static ProtobufCMessage *record(enum cxa_collection collection, size_t i)
{
	size_t other = (i * 7919) % CONCEPTS;

	switch (collection) {
	case CXA_CONCEPTS:
		graph.concepts[0].id = spread(i);
		graph.concepts[0].column_id = spread(other);
		graph.concepts[0].metadata->connections[0]->target_id =
			spread((i * 31 + 5) % CONCEPTS);
		return &graph.concepts[0].base;
	case CXA_EMBEDDINGS:
		graph.embeddings[0].concept_id = spread(i);
		return &graph.embeddings[0].base;
	case CXA_COLUMNS:
		graph.columns[0].id = spread(i);
		graph.columns[0].has_allocated_concept_id = false;
		return &graph.columns[0].base;
	default:
		graph.connections[0].id = spread(i);
		graph.connections[0].source_id = spread(other);
		graph.connections[0].target_id = spread(i);
		return &graph.connections[0].base;
	}
}

struct reader {
	enum cxa_collection collection;
	size_t next;
};

static int read_records(void *state, enum cxa_collection collection,
			uint64_t first, uint64_t last, void **out,
			struct cxa_error *error)
{
	struct reader *reader = calloc(1, sizeof(*reader));

	(void)state;
	(void)first;
	(void)last;
	(void)error;
	reader->collection = collection;
	*out = reader;
	return 0;
}

static int next_batch(void *state, struct cxa_batch **batch,
		      struct cxa_error *error)
{
	struct reader *reader = state;
	int status;

	*batch = NULL;
	if (reader->collection > CXA_CONNECTIONS || reader->next == CONCEPTS)
		return CXA_END;
	status = cxa_batch_new(batch, reader->collection, error);
	for (size_t i = 0; i < BATCH && status == 0; i++)
		status = cxa_batch_append(*batch,
					  record(reader->collection,
						 reader->next++), error);
	return status;
}

static const struct cxa_source_ops ops = { read_records, next_batch, free,
					   NULL };

int main(void)
{
	struct cxa_error error = CXA_ERROR_INIT;
	struct cxa_context *context = NULL;
	struct cxa_source *source = NULL;
	struct cxa_report *report = NULL;
	struct cxa_graph checked;
	double each;

	graph_make(&graph, 2, 1, 1);
	cxa_context_open(&context, NULL, &error);
	cxa_source_new(&source, context, &ops, NULL, &graph.header, &error);
	cxa_report_new(&report, CXA_LEVEL_GRAPH, 10, &error);
	cxa_graph_init(&checked, context, report, NAN);
	is_int(cxa_check_run(&checked, source, &error), 0,
	       "a graph with ids over all 64 bits is checked");
	is_uint(checked.counts[CXA_CONNECTIONS], CONCEPTS, "to its end");
	each = (double)cxa_graph_bytes(&checked) / (3.0 * CONCEPTS);
	ok(each <= 16, "%.2f bytes are kept a concept, a column, a connection: "
	   "at most 16", each);
	each = (double)(cxa_id_list_bytes(&checked.sets[CXA_CONCEPTS]) +
			cxa_id_list_bytes(&checked.concept_columns)) / CONCEPTS;
	ok(each + 0.25 <= 16, "%.2f of each concept", each + 0.25);
	ok(checked.notes.buffer.capacity <= 2 * CXA_NOTES_KEPT + (1 << 20),
	   "and %zu bytes of references, the rest in a file",
	   checked.notes.buffer.capacity);
	ok(checked.notes.spool != NULL, "of which there are more than that");
	cxa_graph_release(&checked);
	cxa_report_free(report);
	cxa_source_close(source);
	cxa_context_close(context);
	free(graph.pool);
	return done_testing();
}
