/* verify.c - is every byte and every record as it should be? */
#include <cortexarc/verify.h>

#include <math.h>
#include <string.h>

#include <cortexarc/sink.h>

#include "check/check_run.h"
#include "check/walk.h"
#include "container/walker.h"
#include "endpoint/source.h"

static bool is_canonical(const uint8_t *head, size_t size)
{
	struct cxa_member member;
	uint64_t mtime;

	return size >= CXA_BLOCK_BYTES &&
	       cxa_preamble_find(head, &member, &mtime);
}

static void check_expected(struct cxa_report *report, const uint8_t *expect)
{
	struct cxa_digest wanted;
	char hex[CXA_DIGEST_HEX + 1];

	if (expect == NULL)
		return;
	cxa_report_check(report, 1);
	if (report->has_root &&
	    memcmp(report->root, expect, sizeof(report->root)) == 0)
		return;
	memcpy(wanted.bytes, expect, sizeof(wanted.bytes));
	cxa_digest_hex(&wanted, hex);
	cxa_report_add(report, &cxa_rule_root, "", UINT64_MAX,
		       "the root hash is not the one expected, %s", hex);
}

/* @graph: NULL: below level graph */
static int verify_canonical(struct cxa_context *context,
			    struct cxa_input *input, const uint8_t *head,
			    struct cxa_report *report, struct cxa_graph *graph,
			    struct cxa_error *error)
{
	struct cxa_walk walk = {
		.context = context,
		.report = report,
		.input = input,
		.graph = graph,
	};
	struct cxa_member member;
	int status;

	walk.has_mtime = cxa_preamble_find(head, &member, &walk.mtime);
	status = cxa_walk_run(&walk, error);
	if (status == 0)
		status = cxa_walk_compare(&walk, error);
	if (status == 0 && graph != NULL)
		status = cxa_graph_finish(graph, error);
	report->has_root = walk.has_trailer;
	memcpy(report->root, walk.trailer.root.bytes, sizeof(report->root));
	cxa_walk_release(&walk);
	return status;
}

/* All batches of a source, counted; the first fault ends it. */
static int count_records(struct cxa_source *source, struct cxa_report *report,
			 struct cxa_error *error)
{
	struct cxa_cursor *cursor = NULL;
	struct cxa_batch *batch = NULL;
	int status = cxa_cursor_open(&cursor, source, NULL, error);

	while (status == 0) {
		status = cxa_cursor_next(cursor, &batch, error);
		if (status != 0)
			break;
		report->records[batch->collection] += batch->count;
		cxa_report_check(report, batch->count);
		cxa_batch_unref(batch);
	}
	cxa_cursor_close(cursor);
	return status == CXA_END ? 0 : status;
}

static int read_records(struct cxa_source *source, struct cxa_report *report,
			struct cxa_graph *graph, struct cxa_error *error)
{
	cxa_report_describe(report, source);
	return graph != NULL ? cxa_check_run(graph, source, error) :
			       count_records(source, report, error);
}

/* JSON, NDJSON, and archives that another tar has packed again. */
static int verify_source(struct cxa_context *context, struct cxa_input **input,
			 struct cxa_report *report, struct cxa_graph *graph,
			 struct cxa_error *error)
{
	static const struct cxa_source_options options =
		CXA_SOURCE_OPTIONS_INIT;
	struct cxa_error inner = CXA_ERROR_INIT;
	struct cxa_source *source = NULL;
	int status = cxa_source_open_input(&source, context, input, &options,
					   &inner);
	const struct cxa_issue_kind *kind = &cxa_rule_record;

	if (status == 0)
		status = read_records(source, report, graph, &inner);
	if (report->is_archive) {
		cxa_report_add(report, &cxa_rule_padding, "", 0,
			       "packed again by another tar: the contents are "
			       "checked, the canonical form is gone");
		if (status == CXA_ERR_CORRUPT) {
			cxa_report_add(report, kind, inner.member, inner.offset,
				       "%s", inner.message);
			inner = (struct cxa_error)CXA_ERROR_INIT;
			status = graph == NULL ? 0 :
						 cxa_graph_end(graph, &inner);
		}
	}
	cxa_source_close(source);
	return cxa_error_pass(error, status, &inner);
}

/* A store has no digests: it is read to its end, and to its first fault. */
static int verify_store(struct cxa_context *context, const char *locator,
			struct cxa_report *report, struct cxa_graph *graph,
			struct cxa_error *error)
{
	struct cxa_source *source = NULL;
	int status = cxa_source_open(&source, context, locator, NULL, error);

	if (status < 0)
		return status;
	status = read_records(source, report, graph, error);
	cxa_source_close(source);
	return status;
}

static int verify_input(struct cxa_context *context, const char *locator,
			struct cxa_report *report, struct cxa_graph *graph,
			struct cxa_error *error)
{
	uint8_t head[CXA_BLOCK_BYTES];
	struct cxa_input *input = NULL;
	size_t size = 0;
	bool canonical = false;
	bool is_store;
	int status = cxa_source_is_store(locator, &is_store, error);

	if (status == 0 && is_store)
		return verify_store(context, locator, report, graph, error);
	if (status == 0)
		status = cxa_input_open(&input, locator, &context->cancel,
					error);
	if (status == 0 && !input->is_directory) {
		status = cxa_input_peek(input, head, sizeof(head), &size,
					error);
		canonical = is_canonical(head, size);
	}
	/* One whose first block is damaged still has a sound end. */
	if (status == 0 && !canonical && input->seekable)
		status = cxa_trailer_stands(&canonical, input, error);
	if (status == 0 && canonical) {
		report->is_archive = true;
		status = verify_canonical(context, input, head, report, graph,
					  error);
	}
	if (status == 0 && !canonical)
		status = verify_source(context, &input, report, graph, error);
	cxa_input_close(input);
	return status;
}

/* Everything into a store that nobody keeps, and out of it again. */
static int make_scratch(struct cxa_context *context, struct cxa_source *source,
			struct cxa_error *error)
{
	struct cxa_sink_options options = CXA_SINK_OPTIONS_INIT;
	struct cxa_buffer name = { 0 };
	struct cxa_sink *sink = NULL;
	int status = 0;

	options.scratch = true;
	cxa_spool_path(&name, context->temp_dir);
	if (name.failed)
		status = cxa_error_nomem(error, "a name");
	if (status == 0)
		status = cxa_sink_open(&sink, context, (const char *)name.data,
				       CXA_KIND_STORE, &options, error);
	if (status == 0)
		status = cxa_copy(source, sink, NULL, NULL, error);
	cxa_sink_close(sink);
	cxa_buffer_release(&name);
	return status;
}

static int try_restore(struct cxa_context *context, const char *locator,
		       struct cxa_report *report, struct cxa_error *error)
{
	struct cxa_error inner = CXA_ERROR_INIT;
	struct cxa_source *source = NULL;
	int status;

	for (int i = CXA_MEDIUM; i < CXA_SEVERITY_COUNT; i++)
		if (report->by_severity[i] != 0)
			return 0;
	status = cxa_source_open(&source, context, locator, NULL, &inner);
	if (status == 0)
		status = make_scratch(context, source, &inner);
	cxa_source_close(source);
	cxa_report_check(report, 1);
	if (status == CXA_ERR_CORRUPT || status == CXA_ERR_FORMAT ||
	    status == CXA_ERR_LIMIT) {
		cxa_report_add(report, &cxa_rule_restorable, inner.member,
			       inner.offset, "no store can be made of it: %s",
			       inner.message);
		return 0;
	}
	return cxa_error_pass(error, status, &inner);
}

int cxa_verify(struct cxa_report **out, struct cxa_context *context,
	       const char *locator, const struct cxa_verify_options *options,
	       struct cxa_error *error)
{
	struct cxa_verify_options wanted = CXA_VERIFY_OPTIONS_INIT;
	struct cxa_graph graph;
	int status;

	*out = NULL;
	if (!cxa_options_take(&wanted, sizeof(wanted), options))
		return cxa_error_set(error, CXA_ERR_USAGE,
				     "verify options of another version");
	if (wanted.level == 0)
		wanted.level = CXA_LEVEL_GRAPH;
	if (wanted.level == CXA_LEVEL_RESTORABLE && strcmp(locator, "-") == 0)
		return cxa_error_set(error, CXA_ERR_USAGE,
				     "level restorable reads it twice, which a "
				     "pipe cannot be");
	status = cxa_report_new(out, wanted.level, context->limits.issues,
				error);
	if (status < 0)
		return status;
	cxa_graph_init(&graph, context, *out,
		       wanted.has_now ? wanted.now_ms : NAN);
	status = verify_input(context, locator, *out,
			      wanted.level >= CXA_LEVEL_GRAPH ? &graph : NULL,
			      error);
	cxa_graph_release(&graph);
	if (status == 0 && wanted.level == CXA_LEVEL_RESTORABLE)
		status = try_restore(context, locator, *out, error);
	if (status < 0) {
		cxa_report_free(*out);
		*out = NULL;
		return status;
	}
	check_expected(*out, wanted.expect);
	cxa_report_finish(*out);
	return 0;
}
