/* clean.c - of sound archives, thousands and each another, verify says nothing */
#include <cortexarc/cortexarc.h>

#include "endpoint/scratch.h"
#include "graph_fixture.h"

/* CXA_DAMAGE=all is 10,000 of them. */
enum { ARCHIVES = 200, ALL_ARCHIVES = 10000, MOST_TEXT = 3000 };

static struct graph graph;
static uint64_t state = 20261123;

static uint64_t any(void)
{
	state = state * UINT64_C(6364136223846793005) + 1442695040888963407;
	return state >> 24;
}

/* Letters of one to four bytes, a NUL among them. */
static ProtobufCBinaryData any_text(void)
{
	static const char *const letters[] = { "a", "\xc3\xa9", "\xe2\x82\xac",
					       "\xf0\x9f\x98\x80", "\"", " " };
	size_t count = 1 + (size_t)any() %
				   (any() % 20 == 0 ? MOST_TEXT : 30);
	ProtobufCBinaryData text = { 0,
				     graph_alloc(&graph, 4 * count + 1, 1) };

	for (size_t i = 0; i < count; i++) {
		const char *letter = letters[any() % 6];
		size_t size = any() % 50 == 0 ? 1 : strlen(letter);

		memcpy(text.data + text.len, size == 1 ? "\0" : letter, size);
		text.len += size;
	}
	return text;
}

static float any_float(void)
{
	static const float some[] = { 0, 1, 0x1p-149f, 0x1p-126f };

	return any() % 4 == 0 ? some[any() % 4] :
				(float)(any() % 1000000) / 1000000;
}

static void vary(void)
{
	for (size_t i = 0; i < graph.counts[CXA_CONCEPTS]; i++) {
		Cxa__Concept *concept = &graph.concepts[i];
		Cxa__Embeddings *vectors = graph.embeddings[i].embeddings;

		concept->content = any_text();
		concept->content_hash = cxa_content_hash(
			(const char *)concept->content.data,
			concept->content.len);
		concept->metadata->complexity = any_float();
		for (size_t k = 0; k < vectors->n_semantic_vector; k++)
			vectors->semantic_vector[k] = -any_float();
	}
	for (size_t i = 0; i < graph.counts[CXA_CONNECTIONS]; i++)
		graph.connections[i].weight = any_float();
}

static void write_graph(struct cxa_context *context, const char *name)
{
	struct cxa_error error = CXA_ERROR_INIT;
	struct cxa_source *source = graph_source(&graph, context);
	struct cxa_sink *sink = NULL;

	if (cxa_sink_open(&sink, context, name, CXA_KIND_AUTO, NULL, &error) <
		    0 ||
	    cxa_copy(source, sink, NULL, NULL, &error) < 0) {
		printf("Bail out! %s\n", error.message);
		exit(1);
	}
	cxa_sink_close(sink);
	cxa_source_close(source);
}

static bool is_clean(struct cxa_context *context, const char *name)
{
	struct cxa_error error = CXA_ERROR_INIT;
	struct cxa_report *report = NULL;
	bool clean;

	cxa_verify(&report, context, name, NULL, &error);
	clean = report != NULL && report->issue_count == 0 &&
		report->failed == 0 && report->is_valid;
	if (!clean)
		printf("# %s\n", report == NULL || report->issue_count == 0 ?
					 error.message :
					 report->issues[0].description);
	cxa_report_free(report);
	return clean;
}

int main(void)
{
	const char *wish = getenv("CXA_DAMAGE");
	int count = wish != NULL && strcmp(wish, "all") == 0 ? ALL_ARCHIVES :
							      ARCHIVES;
	struct cxa_context_options options = CXA_CONTEXT_OPTIONS_INIT;
	struct cxa_context *context = NULL;
	int alarms = 0;

	if (access("/dev/shm", W_OK | X_OK) == 0)
		snprintf(scratch, sizeof(scratch), "/dev/shm/cxa-XXXXXX");
	enter_scratch();
	for (int i = 0; i < count; i++) {
		options.threads = 1 + (unsigned)i % 2;
		cxa_context_open(&context, &options, NULL);
		graph_make(&graph, 8 + (size_t)any() % 60, 2 + (size_t)any() % 6,
			   7 * (1 + (size_t)any() % 3));
		vary();
		write_graph(context, "clean.cxa");
		alarms += !is_clean(context, "clean.cxa");
		cxa_context_close(context);
	}
	ok(alarms == 0, "of %d sound archives verify says that they are",
	   count);
	printf("# clean: %d archives, %d false alarms\n", count, alarms);
	free(graph.pool);
	leave_scratch();
	return done_testing();
}
