/* diff.c - which records were added, removed or changed between two sources */
#include <stdlib.h>

#include "base/wire.h"
#include "check/diff_skip.h"
#include "check/field_diff.h"
#include "endpoint/source.h"
#include "record/collection.h"

/* One of the two, and the record that it stands at. */
struct side {
	struct cxa_source *source;
	struct cxa_cursor *cursor;
	bool *skip;
	struct cxa_batch *batch; /* NULL: before the first, or at the end */
	size_t at;
	bool started;
	enum cxa_collection collection; /* of the record, and of the last one */
	uint64_t id;
	uint64_t batches;
	uint64_t bytes;
};

struct diff {
	struct side a;
	struct side b;
	struct cxa_diff_options options;
	struct cxa_diff_summary *summary;
	uint64_t total_bytes;
	uint64_t reported;
	struct cxa_field_diff fields;
	struct cxa_arena messages;
};

const char *cxa_difference_kind_name(enum cxa_difference_kind kind)
{
	static const char *const names[] = { "added", "removed", "changed" };

	return names[kind];
}

/* --- reading -------------------------------------------------------------- */

/* A source of somebody's own may not keep the order that all rests on. */
static int check_order(const struct side *side, struct cxa_error *error)
{
	uint64_t id = side->batch->records[side->at].id;

	if (!side->started || side->batch->collection > side->collection ||
	    (side->batch->collection == side->collection && id > side->id))
		return 0;
	return cxa_error_set(error, CXA_ERR_CORRUPT,
			     "%s %llu comes behind %llu",
			     cxa_collection_info(side->batch->collection)
				     ->record_name,
			     (unsigned long long)id,
			     (unsigned long long)side->id);
}

/* To the next record. Return: 0, also at the end, where there is no batch. */
static int advance(struct diff *diff, struct side *side,
		   struct cxa_error *error)
{
	int status = 0;

	if (side->batch == NULL || ++side->at == side->batch->count) {
		cxa_batch_unref(side->batch);
		side->at = 0;
		status = cxa_cursor_next(side->cursor, &side->batch, error);
		if (status == CXA_END)
			return 0;
		if (status == 0) {
			side->batches++;
			side->bytes += cxa_batch_bytes(side->batch);
		}
	}
	if (status == 0)
		status = check_order(side, error);
	if (status < 0) {
		diff->summary->fault = side == &diff->a ? 1 : 2;
		return status;
	}
	side->started = true;
	side->collection = side->batch->collection;
	side->id = side->batch->records[side->at].id;
	if (side->at != 0)
		return 0;
	return cxa_context_step(diff->a.source->context, "comparing",
				diff->a.bytes + diff->b.bytes,
				diff->total_bytes, error);
}

/* --- telling -------------------------------------------------------------- */

static int unpack(struct diff *diff, enum cxa_collection collection,
		  const struct cxa_record *record, ProtobufCMessage **out,
		  struct cxa_error *error)
{
	return cxa_wire_unpack(cxa_collection_type(collection), record->data,
			       record->size, &diff->messages, out, error);
}

static int find_fields(struct diff *diff, struct cxa_difference *difference,
		       struct cxa_error *error)
{
	enum cxa_collection collection = difference->collection;
	struct cxa_error inner = CXA_ERROR_INIT;
	ProtobufCMessage *before = NULL;
	ProtobufCMessage *after = NULL;
	int status;

	cxa_field_diff_reset(&diff->fields);
	cxa_arena_reset(&diff->messages);
	status = unpack(diff, collection, &difference->before, &before, error);
	if (status == 0)
		status = unpack(diff, collection, &difference->after, &after,
				error);
	if (status < 0)
		return status;
	status = cxa_field_diff_messages(&diff->fields,
					 cxa_collection_type(collection),
					 before, after, &inner);
	if (status == CXA_ERR_CORRUPT)
		diff->summary->fault = diff->fields.fault;
	if (status < 0)
		return cxa_error_set(error, status, "%s %llu: %s",
				     difference->record_name,
				     (unsigned long long)difference->id,
				     inner.message);
	difference->field_count = cxa_field_diff_count(&diff->fields);
	difference->fields = cxa_field_diff_at(&diff->fields);
	return 0;
}

static bool is_reported(const struct diff *diff)
{
	const struct cxa_diff_options *options = &diff->options;

	return options->difference != NULL &&
	       (options->max_records == 0 ||
		diff->reported < options->max_records);
}

/* @a, @b: where the record is; NULL: not on that side */
static int report(struct diff *diff, const struct side *a,
		  const struct side *b, struct cxa_error *error)
{
	const struct side *side = a != NULL ? a : b;
	struct cxa_difference difference = {
		.collection = side->collection,
		.record_name = cxa_collection_info(side->collection)
				       ->record_name,
		.id = side->id,
		.before.id = side->id,
		.after.id = side->id,
	};
	int status = 0;

	if (!is_reported(diff))
		return 0;
	difference.kind = a == NULL ? CXA_ADDED :
			  b == NULL ? CXA_REMOVED : CXA_CHANGED;
	if (a != NULL)
		difference.before = a->batch->records[a->at];
	if (b != NULL)
		difference.after = b->batch->records[b->at];
	if (difference.kind == CXA_CHANGED && diff->options.fields)
		status = find_fields(diff, &difference, error);
	if (status < 0)
		return status;
	diff->reported++;
	diff->summary->stopped =
		diff->options.difference(diff->options.user, &difference) != 0;
	return 0;
}

static int compare_metadata(struct diff *diff, struct cxa_error *error)
{
	const struct cxa_field_change *changes;
	struct cxa_error inner = CXA_ERROR_INIT;
	int status = cxa_field_diff_headers(&diff->fields,
					    diff->a.source->header,
					    diff->b.source->header, &inner);
	size_t count = cxa_field_diff_count(&diff->fields);

	if (status == CXA_ERR_CORRUPT)
		diff->summary->fault = diff->fields.fault;
	if (status < 0)
		return cxa_error_set(error, status, "the header: %s",
				     inner.message);
	changes = cxa_field_diff_at(&diff->fields);
	diff->summary->metadata_changes = count;
	for (size_t i = 0; i < count && diff->options.metadata != NULL; i++)
		diff->options.metadata(diff->options.user, &changes[i]);
	return 0;
}

/* --- comparing ------------------------------------------------------------ */

static int order_of(const struct side *a, const struct side *b)
{
	if (a->batch == NULL || b->batch == NULL)
		return a->batch == NULL ? 1 : -1;
	if (a->collection != b->collection)
		return a->collection < b->collection ? -1 : 1;
	return (a->id > b->id) - (a->id < b->id);
}

static bool same_rows(const struct side *a, const struct side *b)
{
	const struct cxa_record *x = &a->batch->records[a->at];
	const struct cxa_record *y = &b->batch->records[b->at];

	return x->size == y->size && memcmp(x->data, y->data, x->size) == 0;
}

/* The lower of the two records, or the one that both have. */
static int compare_next(struct diff *diff, struct cxa_error *error)
{
	struct cxa_diff_summary *summary = diff->summary;
	struct side *a = &diff->a;
	struct side *b = &diff->b;
	int order = order_of(a, b);
	struct cxa_diff_counts *counts =
		&summary->counts[order <= 0 ? a->collection : b->collection];
	int status = 0;

	if (order == 0 && same_rows(a, b)) {
		counts->same++;
	} else {
		counts->removed += order < 0;
		counts->added += order > 0;
		counts->changed += order == 0;
		summary->differences++;
		status = report(diff, order <= 0 ? a : NULL,
				order >= 0 ? b : NULL, error);
	}
	if (status == 0 && !summary->stopped && order <= 0)
		status = advance(diff, a, error);
	if (status == 0 && !summary->stopped && order >= 0)
		status = advance(diff, b, error);
	return status;
}

static int compare_records(struct diff *diff, struct cxa_error *error)
{
	int status = advance(diff, &diff->a, error);

	if (status == 0)
		status = advance(diff, &diff->b, error);
	while (status == 0 && !diff->summary->stopped &&
	       (diff->a.batch != NULL || diff->b.batch != NULL))
		status = compare_next(diff, error);
	return status;
}

/* --- the call ------------------------------------------------------------- */

static void close_side(struct side *side)
{
	cxa_batch_unref(side->batch);
	cxa_cursor_close(side->cursor);
	free(side->skip);
}

static int skip_batches(struct diff *diff, struct cxa_error *error)
{
	struct side *a = &diff->a;
	struct side *b = &diff->b;
	uint64_t bytes = 0;
	int status = 0;

	if (!diff->options.full)
		status = cxa_diff_skip(a->source->index, b->source->index,
				       diff->options.selection, &a->skip,
				       &b->skip, diff->summary, &bytes, error);
	cxa_cursor_skip(a->cursor, a->skip);
	cxa_cursor_skip(b->cursor, b->skip);
	if (a->source->rows_bytes != 0 && b->source->rows_bytes != 0)
		diff->total_bytes = a->source->rows_bytes +
				    b->source->rows_bytes - 2 * bytes;
	return status;
}

static int run(struct diff *diff, struct cxa_error *error)
{
	const struct cxa_selection *selection = diff->options.selection;
	int status = cxa_cursor_open(&diff->a.cursor, diff->a.source,
				     selection, error);

	if (status == 0)
		status = cxa_cursor_open(&diff->b.cursor, diff->b.source,
					 selection, error);
	if (status == 0)
		status = compare_metadata(diff, error);
	if (status == 0)
		status = skip_batches(diff, error);
	return status == 0 ? compare_records(diff, error) : status;
}

/* @selection: what that of @out points to */
static int take_options(struct cxa_diff_options *out,
			struct cxa_selection *selection,
			const struct cxa_diff_options *options,
			struct cxa_error *error)
{
	if (!cxa_options_take(out, sizeof(*out), options) ||
	    !cxa_options_take(selection, sizeof(*selection), out->selection))
		return cxa_error_set(error, CXA_ERR_USAGE,
				     "diff options of another version");
	selection->struct_size = sizeof(*selection);
	out->selection = selection;
	if (selection->whole_concepts)
		return cxa_error_set(error, CXA_ERR_USAGE,
				     "concepts are compared without their "
				     "embeddings");
	return 0;
}

int cxa_diff(struct cxa_source *a, struct cxa_source *b,
	     const struct cxa_diff_options *options,
	     struct cxa_diff_summary *summary, struct cxa_error *error)
{
	struct cxa_selection selection = CXA_SELECTION_INIT;
	struct cxa_diff_summary found = { 0 };
	struct diff diff = {
		.a.source = a,
		.b.source = b,
		.options = CXA_DIFF_OPTIONS_INIT,
		.summary = summary == NULL ? &found : summary,
	};
	int status;

	*diff.summary = found;
	status = take_options(&diff.options, &selection, options, error);
	if (status < 0)
		return status;
	status = run(&diff, error);
	diff.summary->read_batches[0] = diff.a.batches;
	diff.summary->read_batches[1] = diff.b.batches;
	close_side(&diff.a);
	close_side(&diff.b);
	cxa_field_diff_release(&diff.fields);
	cxa_arena_release(&diff.messages);
	return status;
}
