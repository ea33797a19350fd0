/* sink.c - opening a sink; the flow from a source to it */
#include "endpoint/sink.h"

#include <stdlib.h>
#include <string.h>

#include "endpoint/source.h"
#include "record/collection.h"
#include "record/json_verify.h"

enum { LEVEL_MAX = 19 };

static bool ends_with(const char *name, const char *ending)
{
	size_t size = strlen(name);
	size_t ending_size = strlen(ending);

	return size >= ending_size &&
	       strcmp(name + size - ending_size, ending) == 0;
}

static enum cxa_kind kind_by_name(const char *locator)
{
	if (ends_with(locator, ".json"))
		return CXA_KIND_JSON;
	if (ends_with(locator, "/"))
		return CXA_KIND_NDJSON;
	if (ends_with(locator, ".db"))
		return CXA_KIND_STORE;
	return CXA_KIND_ARCHIVE;
}

static int take_options(struct cxa_sink_options *out,
			const struct cxa_sink_options *options,
			struct cxa_error *error)
{
	if (!cxa_options_take(out, sizeof(*out), options))
		return cxa_error_set(error, CXA_ERR_USAGE,
				     "sink options of another version");
	if (out->zstd_level < 0 || out->zstd_level > LEVEL_MAX)
		return cxa_error_set(error, CXA_ERR_USAGE,
				     "compression level %d is not 1 to %d",
				     out->zstd_level, LEVEL_MAX);
	return 0;
}

int cxa_sink_open(struct cxa_sink **out, struct cxa_context *context,
		  const char *locator, enum cxa_kind kind,
		  const struct cxa_sink_options *options,
		  struct cxa_error *error)
{
	struct cxa_sink_options wanted = CXA_SINK_OPTIONS_INIT;
	struct cxa_sink *sink;
	int status = take_options(&wanted, options, error);

	*out = NULL;
	if (status < 0)
		return status;
	sink = calloc(1, sizeof(*sink));
	if (sink == NULL)
		return cxa_error_nomem(error, "a sink");
	sink->context = context;
	sink->options = wanted;
	if (kind == CXA_KIND_AUTO)
		kind = kind_by_name(locator);
	if (kind == CXA_KIND_ARCHIVE)
		status = cxa_archive_sink_open(sink, locator, error);
	else if (kind == CXA_KIND_STORE)
		status = cxa_store_sink_open(sink, locator, error);
	else if (kind == CXA_KIND_CUSTOM)
		status = cxa_error_set(error, CXA_ERR_USAGE,
				       "a sink of an unknown kind");
	else
		status = cxa_json_sink_open(sink, locator, kind, error);
	if (status < 0) {
		cxa_sink_close(sink);
		return status;
	}
	*out = sink;
	return 0;
}

void cxa_sink_close(struct cxa_sink *sink)
{
	if (sink == NULL)
		return;
	if (sink->ops != NULL && sink->state != NULL)
		sink->ops->close(sink->state);
	free(sink);
}

int cxa_sink_prove(struct cxa_sink *sink, struct cxa_input **written,
		   struct cxa_error *error)
{
	static const struct cxa_source_options options =
		CXA_SOURCE_OPTIONS_INIT;
	struct cxa_source *source = NULL;
	int status = cxa_source_open_input(&source, sink->context, written,
					   &options, error);

	if (status == 0)
		status = sink->prove(sink->prove_user, source, error);
	cxa_source_close(source);
	return status;
}

/* What was read, to hold against what the sink says it has written. */
struct tally {
	uint64_t records[CXA_COLLECTION_COUNT];
	uint64_t bytes;
};

static void count(struct tally *tally, const struct cxa_batch *batch)
{
	tally->records[batch->collection] += batch->count;
	tally->bytes += cxa_batch_bytes(batch);
	if (batch->embeddings == NULL)
		return;
	for (size_t i = 0; i < batch->count; i++)
		tally->records[CXA_EMBEDDINGS] +=
			batch->embeddings[i].data != NULL;
}

static int compare(const struct tally *tally, const struct cxa_summary *summary,
		   struct cxa_error *error)
{
	for (int i = 0; i < CXA_COLLECTION_COUNT; i++)
		if (tally->records[i] != summary->records[i])
			return cxa_error_set(
				error, CXA_ERR_CORRUPT,
				"%llu %s were read but %llu written",
				(unsigned long long)tally->records[i],
				cxa_collection_name((enum cxa_collection)i),
				(unsigned long long)summary->records[i]);
	return 0;
}

static int pump(struct cxa_cursor *cursor, struct cxa_source *source,
		struct cxa_sink *sink, struct tally *tally,
		struct cxa_error *error)
{
	struct cxa_batch *batch = NULL;
	int status = 0;

	while (status == 0) {
		status = cxa_cursor_next(cursor, &batch, error);
		if (status != 0)
			break;
		count(tally, batch);
		status = sink->ops->put(sink->state, batch, error);
		cxa_batch_unref(batch);
		if (status == 0)
			status = cxa_context_step(sink->context, "writing",
						  tally->bytes,
						  source->rows_bytes, error);
	}
	return status == CXA_END ? 0 : status;
}

int cxa_copy(struct cxa_source *source, struct cxa_sink *sink,
	     const struct cxa_selection *selection,
	     struct cxa_summary *summary, struct cxa_error *error)
{
	struct cxa_selection wanted = CXA_SELECTION_INIT;
	struct cxa_summary written = { 0 };
	struct cxa_cursor *cursor = NULL;
	struct tally tally = { 0 };
	int status;

	if (!cxa_options_take(&wanted, sizeof(wanted), selection))
		return cxa_error_set(error, CXA_ERR_USAGE,
				     "a selection of another version");
	wanted.struct_size = sizeof(wanted);
	wanted.whole_concepts = sink->ops->whole_concepts;
	status = cxa_cursor_open(&cursor, source, &wanted, error);
	if (status == 0)
		status = cxa_json_verify_header(source->header,
						&sink->context->limits, error);
	if (status == 0)
		status = sink->ops->begin(sink->state, source->header, error);
	if (status == 0)
		status = pump(cursor, source, sink, &tally, error);
	cxa_cursor_close(cursor);
	if (status == 0)
		status = sink->ops->commit(sink->state, &written, error);
	if (status == 0)
		status = compare(&tally, &written, error);
	if (status == 0 && summary != NULL)
		*summary = written;
	return status;
}
