/* store.h - a store in memory, as a source of its own, for tests that compare */
#ifndef CXA_TESTS_CHECK_STORE_H
#define CXA_TESTS_CHECK_STORE_H

#include <stdlib.h>

#include <cortexarc/cortexarc.h>

#include "record/batch.h"
#include "tap.h"

/**
 * struct store - rows of each collection, in the order they are given out
 * @cut: records a batch
 */
struct store {
	struct cxa_record *rows[CXA_COLLECTION_COUNT];
	size_t counts[CXA_COLLECTION_COUNT];
	size_t capacities[CXA_COLLECTION_COUNT];
	size_t cut;
	Cxa__Metadata metadata;
	Cxa__Header header;
};

struct store_reader {
	const struct store *store;
	enum cxa_collection collection;
	size_t next;
};

__attribute__((unused)) static ProtobufCBinaryData text(const char *string)
{
	return (ProtobufCBinaryData){ strlen(string),
				      (uint8_t *)(uintptr_t)string };
}

__attribute__((unused)) static void store_init(struct store *store)
{
	memset(store, 0, sizeof(*store));
	store->cut = 7;
	cxa__metadata__init(&store->metadata);
	store->metadata.description = text("a store");
	store->metadata.data_version = 1;
	cxa__header__init(&store->header);
	store->header.metadata = &store->metadata;
}

/* A copy of @size bytes at @data before the row that is @at now. */
__attribute__((unused))
static void store_insert(struct store *store, enum cxa_collection collection,
			 size_t at, uint64_t id, const void *data, size_t size)
{
	size_t count = store->counts[collection]++;
	size_t *capacity = &store->capacities[collection];
	struct cxa_record *rows = store->rows[collection];
	uint8_t *copy = malloc(size == 0 ? 1 : size);

	if (count == *capacity) {
		*capacity = 2 * count + 64;
		rows = reallocarray(rows, *capacity, sizeof(*rows));
	}
	if (rows == NULL || copy == NULL)
		abort();
	memcpy(copy, data, size);
	memmove(rows + at + 1, rows + at, (count - at) * sizeof(*rows));
	rows[at] = (struct cxa_record){ id, copy, size };
	store->rows[collection] = rows;
}

__attribute__((unused))
static void store_remove(struct store *store, enum cxa_collection collection,
			 size_t at)
{
	struct cxa_record *rows = store->rows[collection];

	free((void *)(uintptr_t)rows[at].data);
	store->counts[collection]--;
	memmove(rows + at, rows + at + 1,
		(store->counts[collection] - at) * sizeof(*rows));
}

__attribute__((unused))
static void store_add(struct store *store, enum cxa_collection collection,
		      const ProtobufCMessage *message)
{
	struct cxa_batch *batch = NULL;

	if (cxa_batch_new(&batch, collection, NULL) != 0 ||
	    cxa_batch_append(batch, message, NULL) != 0)
		abort();
	store_insert(store, collection, store->counts[collection],
		     batch->records[0].id, batch->records[0].data,
		     batch->records[0].size);
	cxa_batch_unref(batch);
}

__attribute__((unused)) static void store_release(struct store *store)
{
	for (int i = 0; i < CXA_COLLECTION_COUNT; i++) {
		for (size_t j = 0; j < store->counts[i]; j++)
			free((void *)(uintptr_t)store->rows[i][j].data);
		free(store->rows[i]);
	}
}

__attribute__((unused))
static void store_copy(struct store *to, const struct store *from)
{
	store_init(to);
	to->cut = from->cut;
	for (int i = 0; i < CXA_COLLECTION_COUNT; i++)
		for (size_t j = 0; j < from->counts[i]; j++)
			store_insert(to, (enum cxa_collection)i, j,
				     from->rows[i][j].id, from->rows[i][j].data,
				     from->rows[i][j].size);
}

/* --- as a source ---------------------------------------------------------- */

static int store_read(void *state, enum cxa_collection collection,
		      uint64_t first_id, uint64_t last_id, void **out,
		      struct cxa_error *error)
{
	struct store_reader *reader = calloc(1, sizeof(*reader));

	(void)first_id;
	(void)last_id;
	(void)error;
	if (reader == NULL)
		abort();
	reader->store = state;
	reader->collection = collection;
	*out = reader;
	return 0;
}

static int store_next(void *pointer, struct cxa_batch **batch,
		      struct cxa_error *error)
{
	struct store_reader *reader = pointer;
	const struct store *store = reader->store;
	size_t end = store->counts[reader->collection];

	if (reader->next == end)
		return CXA_END;
	if (cxa_batch_new(batch, reader->collection, error) != 0)
		abort();
	for (size_t i = 0; i < store->cut && reader->next < end; i++)
		if (cxa_batch_add_row(
			    *batch,
			    &store->rows[reader->collection][reader->next++],
			    error) != 0)
			abort();
	return 0;
}

/* Borrows @store until the source is closed. */
__attribute__((unused))
static struct cxa_source *store_open(struct store *store,
				     struct cxa_context *context)
{
	static const struct cxa_source_ops ops = { store_read, store_next, free,
						   NULL };
	struct cxa_source *source = NULL;

	if (cxa_source_new(&source, context, &ops, store, &store->header,
			   NULL) != 0)
		abort();
	return source;
}

/* The records of a document or an archive. */
__attribute__((unused))
static void store_load(struct store *store, struct cxa_context *context,
		       const char *path)
{
	struct cxa_error error = CXA_ERROR_INIT;
	struct cxa_source *source = NULL;
	struct cxa_cursor *cursor = NULL;
	struct cxa_batch *batch = NULL;

	store_init(store);
	if (cxa_source_open(&source, context, path, NULL, &error) != 0 ||
	    cxa_cursor_open(&cursor, source, NULL, &error) != 0) {
		printf("Bail out! %s: %s\n", path, error.message);
		exit(1);
	}
	while (cxa_cursor_next(cursor, &batch, &error) == 0) {
		for (size_t i = 0; i < batch->count; i++)
			store_insert(store, batch->collection,
				     store->counts[batch->collection],
				     batch->records[i].id,
				     batch->records[i].data,
				     batch->records[i].size);
		cxa_batch_unref(batch);
	}
	cxa_cursor_close(cursor);
	cxa_source_close(source);
}

__attribute__((unused))
static void store_load_golden(struct store *store, struct cxa_context *context)
{
	const char *folder = getenv("CXA_SRCDIR");
	char path[4096];

	snprintf(path, sizeof(path), "%s/tests/data/backup-v1-24.json",
		 folder == NULL ? "." : folder);
	store_load(store, context, path);
}

/* --- what a comparison said ----------------------------------------------- */

enum { SEEN_MAX = 64 };

/* As snprintf() into a path or a line; what is too long is cut. */
__attribute__((format(printf, 2, 3), unused))
static void put_line(char out[300], const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(out, 300, format, args);
	va_end(args);
}

/* The first differences, as lines; the summary and the error. */
struct seen {
	size_t count;
	char lines[SEEN_MAX][300];
	size_t metadata_count;
	char metadata[SEEN_MAX][300];
	size_t stop_after; /* 0: never */
	struct cxa_diff_summary summary;
	struct cxa_error error;
	int status;
};

__attribute__((unused))
static void seen_change(char line[300], const struct cxa_field_change *change)
{
	size_t used = strlen(line);

	if (change->is_vector)
		snprintf(line + used, 300 - used,
			 "%s %" PRIu64 "/%" PRIu64 " floats, %" PRIu64
			 " differ by %g", change->path, change->before_floats,
			 change->after_floats, change->differing,
			 change->largest);
	else
		snprintf(line + used, 300 - used, "%s %s -> %s", change->path,
			 change->before == NULL ? "none" : change->before,
			 change->after == NULL ? "none" : change->after);
}

static int seen_difference(void *user, const struct cxa_difference *difference)
{
	struct seen *seen = user;
	char *line;

	if (seen->count < SEEN_MAX) {
		line = seen->lines[seen->count];
		snprintf(line, 300, "%s %s %" PRIu64,
			 cxa_difference_kind_name(difference->kind),
			 difference->record_name, difference->id);
		for (size_t i = 0; i < difference->field_count; i++) {
			snprintf(line + strlen(line), 300 - strlen(line), "; ");
			seen_change(line, &difference->fields[i]);
		}
	}
	seen->count++;
	return seen->stop_after != 0 && seen->count >= seen->stop_after;
}

static void seen_metadata(void *user, const struct cxa_field_change *change)
{
	struct seen *seen = user;

	if (seen->metadata_count < SEEN_MAX)
		seen_change(seen->metadata[seen->metadata_count], change);
	seen->metadata_count++;
}

/* Compare with @options, whose callbacks are set here; NULL: with fields. */
__attribute__((unused))
static const struct seen *compare(struct cxa_source *a, struct cxa_source *b,
				  const struct cxa_diff_options *options,
				  size_t stop_after)
{
	static struct seen seen;
	struct cxa_diff_options wanted = CXA_DIFF_OPTIONS_INIT;

	memset(&seen, 0, sizeof(seen));
	seen.stop_after = stop_after;
	seen.error = (struct cxa_error)CXA_ERROR_INIT;
	wanted.fields = true;
	if (options != NULL)
		wanted = *options;
	wanted.difference = seen_difference;
	wanted.metadata = seen_metadata;
	wanted.user = &seen;
	seen.status = cxa_diff(a, b, &wanted, &seen.summary, &seen.error);
	return &seen;
}

__attribute__((unused))
static const struct seen *compare_stores(struct cxa_context *context,
					 struct store *a, struct store *b)
{
	struct cxa_source *before = store_open(a, context);
	struct cxa_source *after = store_open(b, context);
	const struct seen *seen = compare(before, after, NULL, 0);

	cxa_source_close(before);
	cxa_source_close(after);
	return seen;
}

#endif
