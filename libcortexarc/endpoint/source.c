/* source.c - opening a source by its content; reading its collections in order */
#include "endpoint/source.h"

#include <stdlib.h>

#include "endpoint/whole.h"
#include "record/batch.h"

enum { SNIFF_BYTES = 512, TAR_MAGIC = 257 };

/* POSIX's magic and GNU tar's, with the NUL that no JSON has. */
static bool is_tar(const uint8_t *head, size_t size)
{
	return size >= SNIFF_BYTES &&
	       (memcmp(head + TAR_MAGIC, "ustar", 6) == 0 ||
		memcmp(head + TAR_MAGIC, "ustar  ", 8) == 0);
}

static bool is_archive(const uint8_t *head, size_t size)
{
	return size >= sizeof("CORTEXARC") &&
	       memcmp(head, "CORTEXARC", sizeof("CORTEXARC")) == 0;
}

/*
 * JSON: white space, then an opening brace (or a mark that is refused later).
 * White space as far as is seen may be before one.
 */
static bool is_json(const uint8_t *head, size_t size)
{
	size_t i = 0;

	if (size >= 3 && memcmp(head, "\xef\xbb\xbf", 3) == 0)
		return true;
	while (i < size && (head[i] == ' ' || head[i] == '\t' ||
			    head[i] == '\n' || head[i] == '\r'))
		i++;
	return i < size ? head[i] == '{' : size == SNIFF_BYTES;
}

static int refuse_kind(const uint8_t *head, size_t size, struct cxa_error *error)
{
	static const struct {
		const char *magic;
		size_t size;
		const char *what;
	} known[] = {
		{ "\x1f\x8b", 2, "a gzip file" },
		{ "PK\x03\x04", 4, "a zip file" },
		{ "\x28\xb5\x2f\xfd", 4, "a zstd file" },
		{ "\xfd" "7zXZ", 5, "an xz file" },
		{ "\xff\xfe", 2, "UTF-16 text" },
		{ "\xfe\xff", 2, "UTF-16 text" },
	};

	if (size == 0)
		return cxa_error_set(error, CXA_ERR_FORMAT, "the file is empty");
	if (size >= sizeof(CXA_SQLITE_MAGIC) &&
	    memcmp(head, CXA_SQLITE_MAGIC, sizeof(CXA_SQLITE_MAGIC)) == 0) {
		cxa_error_set(error, CXA_ERR_FORMAT,
			      "this is an SQLite database, which is not read "
			      "from a pipe or as standard input");
		return cxa_error_hint(error, "name the store's file: what "
					     "stands beside it belongs to it");
	}
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		if (size >= known[i].size &&
		    memcmp(head, known[i].magic, known[i].size) == 0)
			return cxa_error_set(error, CXA_ERR_FORMAT,
					     "this is %s, neither a .cxa archive"
					     " nor a store nor BackupData JSON",
					     known[i].what);
	}
	return cxa_error_set(error, CXA_ERR_FORMAT,
			     "neither a .cxa archive nor a store nor BackupData "
			     "JSON");
}

static int open_kind(struct cxa_source *source, struct cxa_input **input,
		     const struct cxa_source_options *options,
		     struct cxa_error *error)
{
	uint8_t head[SNIFF_BYTES];
	size_t size = 0;
	int status;

	if ((*input)->is_directory) {
		source->kind = CXA_KIND_NDJSON;
		return cxa_ndjson_source_open(source, input, options, error);
	}
	status = cxa_input_peek(*input, head, sizeof(head), &size, error);
	if (status < 0)
		return status;
	if (is_archive(head, size) || is_tar(head, size)) {
		source->kind = CXA_KIND_ARCHIVE;
		return cxa_archive_source_open(source, input, options, error);
	}
	if (is_json(head, size)) {
		source->kind = CXA_KIND_JSON;
		return cxa_json_source_open(source, input, options, error);
	}
	return refuse_kind(head, size, error);
}

static int new_source(struct cxa_source **out, struct cxa_context *context,
		      struct cxa_error *error)
{
	*out = calloc(1, sizeof(**out));
	if (*out == NULL)
		return cxa_error_nomem(error, "a source");
	(*out)->context = context;
	return 0;
}

int cxa_source_open_input(struct cxa_source **out, struct cxa_context *context,
			  struct cxa_input **input,
			  const struct cxa_source_options *options,
			  struct cxa_error *error)
{
	struct cxa_source *source;
	int status = new_source(&source, context, error);

	*out = NULL;
	if (status < 0)
		return status;
	source->bytes = (*input)->size;
	status = open_kind(source, input, options, error);
	if (status < 0) {
		cxa_source_close(source);
		return status;
	}
	*out = source;
	return 0;
}

static int open_store(struct cxa_source **out, struct cxa_context *context,
		      const char *path,
		      const struct cxa_source_options *options,
		      struct cxa_error *error)
{
	struct cxa_source *source;
	int status = new_source(&source, context, error);

	if (status < 0)
		return status;
	source->kind = CXA_KIND_STORE;
	status = cxa_store_source_open(source, path, options, error);
	if (status < 0)
		cxa_source_close(source);
	else
		*out = source;
	return status;
}

int cxa_source_open(struct cxa_source **out, struct cxa_context *context,
		    const char *locator,
		    const struct cxa_source_options *options,
		    struct cxa_error *error)
{
	struct cxa_source_options wanted = CXA_SOURCE_OPTIONS_INIT;
	struct cxa_input *input = NULL;
	bool is_store;
	int status;

	*out = NULL;
	if (!cxa_options_take(&wanted, sizeof(wanted), options))
		return cxa_error_set(error, CXA_ERR_USAGE,
				     "source options of another version");
	status = cxa_source_is_store(locator, &is_store, error);
	if (status == 0 && is_store)
		return open_store(out, context, locator, &wanted, error);
	if (status == 0)
		status = cxa_input_open(&input, locator, &context->cancel,
					error);
	if (status == 0)
		status = cxa_source_open_input(out, context, &input, &wanted,
					       error);
	cxa_input_close(input);
	return status;
}

int cxa_source_new(struct cxa_source **out, struct cxa_context *context,
		   const struct cxa_source_ops *ops, void *state,
		   const Cxa__Header *header, struct cxa_error *error)
{
	int status = new_source(out, context, error);

	if (status < 0)
		return status;
	(*out)->kind = CXA_KIND_CUSTOM;
	(*out)->ops = *ops;
	(*out)->state = state;
	(*out)->header = header;
	return 0;
}

int cxa_source_count(struct cxa_source *source,
		     uint64_t records[CXA_COLLECTION_COUNT],
		     struct cxa_error *error)
{
	memset(records, 0, CXA_COLLECTION_COUNT * sizeof(*records));
	if (source->count != NULL)
		return source->count(source->state, records, error);
	if (source->index == NULL)
		return CXA_END;
	for (size_t i = 0; i < CXA_COLLECTION_COUNT; i++)
		records[i] = source->index->totals[i]->records;
	return 0;
}

void cxa_source_close(struct cxa_source *source)
{
	if (source == NULL)
		return;
	if (source->ops.close != NULL && source->state != NULL)
		source->ops.close(source->state);
	free(source);
}

enum cxa_kind cxa_source_kind(const struct cxa_source *source)
{
	return source->kind;
}

const Cxa__Header *cxa_source_header(const struct cxa_source *source)
{
	return source->header;
}

const Cxa__Index *cxa_source_index(const struct cxa_source *source)
{
	return source->index;
}

const uint8_t *cxa_source_root(const struct cxa_source *source)
{
	return source->root;
}

uint64_t cxa_source_bytes(const struct cxa_source *source)
{
	return source->bytes;
}

/* --- cursor ------------------------------------------------------------ */

/**
 * struct cxa_cursor - @next is the collection to open when no reader is
 */
struct cxa_cursor {
	struct cxa_source *source;
	struct cxa_selection selection;
	const bool *skip; /* of cxa_cursor_skip(), or NULL */
	int next;
	enum cxa_collection collection;
	void *reader;           /* of one collection, or */
	struct cxa_whole *whole; /* of concepts joined with embeddings */
	int status;
	struct cxa_error error;
};

int cxa_cursor_open(struct cxa_cursor **out, struct cxa_source *source,
		    const struct cxa_selection *selection,
		    struct cxa_error *error)
{
	struct cxa_selection wanted = CXA_SELECTION_INIT;
	struct cxa_cursor *cursor;

	*out = NULL;
	if (!cxa_options_take(&wanted, sizeof(wanted), selection))
		return cxa_error_set(error, CXA_ERR_USAGE,
				     "a selection of another version");
	cursor = calloc(1, sizeof(*cursor));
	if (cursor == NULL)
		return cxa_error_nomem(error, "a cursor");
	cursor->source = source;
	cursor->error.offset = UINT64_MAX;
	cursor->selection = wanted;
	if (cursor->selection.collections == 0)
		cursor->selection.collections =
			(1u << CXA_COLLECTION_COUNT) - 1;
	if (!cursor->selection.has_range) {
		cursor->selection.first_id = 0;
		cursor->selection.last_id = UINT64_MAX;
	}
	*out = cursor;
	return 0;
}

void cxa_cursor_skip(struct cxa_cursor *cursor, const bool *skip)
{
	cursor->skip = skip;
}

static bool is_wanted(const struct cxa_cursor *cursor, int collection)
{
	uint32_t wanted = cursor->selection.collections;

	if (collection == CXA_EMBEDDINGS && cursor->selection.whole_concepts &&
	    (wanted >> CXA_CONCEPTS & 1) != 0)
		return false;
	return (wanted >> collection & 1) != 0;
}

static int open_next(struct cxa_cursor *cursor, struct cxa_error *error)
{
	const struct cxa_selection *selection = &cursor->selection;
	struct cxa_source *source = cursor->source;

	while (cursor->next < CXA_COLLECTION_COUNT &&
	       !is_wanted(cursor, cursor->next))
		cursor->next++;
	if (cursor->next == CXA_COLLECTION_COUNT)
		return CXA_END;
	cursor->collection = (enum cxa_collection)cursor->next++;
	if (cursor->collection == CXA_CONCEPTS && selection->whole_concepts)
		return cxa_whole_open(&cursor->whole, source,
				      selection->first_id, selection->last_id,
				      error);
	if (cursor->skip != NULL && source->read_chosen != NULL)
		return source->read_chosen(source->state, cursor->collection,
					   selection->first_id,
					   selection->last_id, cursor->skip,
					   &cursor->reader, error);
	return source->ops.read(source->state, cursor->collection,
				selection->first_id, selection->last_id,
				&cursor->reader, error);
}

static void close_reader(struct cxa_cursor *cursor)
{
	cxa_whole_close(cursor->whole);
	cursor->whole = NULL;
	if (cursor->reader != NULL)
		cursor->source->ops.done(cursor->reader);
	cursor->reader = NULL;
}

/* Drop the records outside the range from a batch that holds some. */
static int cut_batch(struct cxa_cursor *cursor, struct cxa_batch **batch,
		     struct cxa_error *error)
{
	const struct cxa_selection *selection = &cursor->selection;
	struct cxa_batch *whole = *batch;
	struct cxa_batch *part = NULL;
	int status;

	if (whole->count == 0 ||
	    (whole->records[0].id >= selection->first_id &&
	     whole->records[whole->count - 1].id <= selection->last_id))
		return 0;
	status = cxa_batch_new(&part, whole->collection, error);
	if (status == 0)
		status = cxa_batch_hold(part, whole, error);
	for (size_t i = 0; i < whole->count && status == 0; i++) {
		const struct cxa_record *record = &whole->records[i];

		if (record->id < selection->first_id ||
		    record->id > selection->last_id)
			continue;
		if (whole->embeddings != NULL)
			status = cxa_batch_add_whole(part, record,
						     &whole->embeddings[i],
						     error);
		else
			status = cxa_batch_add_row(part, record, error);
	}
	cxa_batch_unref(whole);
	*batch = part;
	if (status < 0) {
		cxa_batch_unref(part);
		*batch = NULL;
	}
	return status;
}

static int next_batch(struct cxa_cursor *cursor, struct cxa_batch **batch,
		      struct cxa_error *error)
{
	int status = 0;

	while (status == 0) {
		if (cursor->reader == NULL && cursor->whole == NULL) {
			status = open_next(cursor, error);
			if (status != 0)
				return status;
		}
		if (cursor->whole != NULL)
			status = cxa_whole_next(cursor->whole, batch, error);
		else
			status = cursor->source->ops.next(cursor->reader, batch,
							  error);
		if (status == CXA_END) {
			close_reader(cursor);
			status = 0;
			continue;
		}
		if (status == 0)
			status = cut_batch(cursor, batch, error);
		if (status == 0 && (*batch)->count != 0)
			return 0;
		cxa_batch_unref(*batch);
		*batch = NULL;
	}
	return status;
}

int cxa_cursor_next(struct cxa_cursor *cursor, struct cxa_batch **batch,
		    struct cxa_error *error)
{
	*batch = NULL;
	if (cursor->status == 0)
		cursor->status = next_batch(cursor, batch, &cursor->error);
	return cxa_error_pass(error, cursor->status, &cursor->error);
}

void cxa_cursor_close(struct cxa_cursor *cursor)
{
	if (cursor == NULL)
		return;
	close_reader(cursor);
	free(cursor);
}
