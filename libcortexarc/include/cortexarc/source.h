/* source.h - where records come from */
#ifndef CORTEXARC_SOURCE_H
#define CORTEXARC_SOURCE_H

#include <cortexarc/context.h>
#include <cortexarc/record.h>

#ifdef __cplusplus
extern "C" {
#endif

struct cxa_source;
struct cxa_cursor;

/** enum cxa_kind - what a source is or a sink makes */
enum cxa_kind {
	CXA_KIND_AUTO,    /* sink: by its name; a source is always known by its content */
	CXA_KIND_ARCHIVE, /* .cxa */
	CXA_KIND_JSON,    /* one BackupData document */
	CXA_KIND_NDJSON,  /* a folder, a file a collection */
	CXA_KIND_LINES,   /* sink only: the records alone, one JSON a line */
	CXA_KIND_CUSTOM,  /* cxa_source_new() */
	CXA_KIND_STORE    /* .db, an SQLite database */
};

/**
 * struct cxa_selection - which records
 * @collections: bit 1 << enum cxa_collection; 0: all
 * @has_range: only ids @first_id to @last_id, both included
 * @whole_concepts: concepts come with their embeddings beside them, and the
 *                  collection embeddings does not come again
 */
struct cxa_selection {
	size_t struct_size;
	uint32_t collections;
	bool has_range;
	bool whole_concepts;
	uint64_t first_id;
	uint64_t last_id;
};

#define CXA_SELECTION_INIT { .struct_size = sizeof(struct cxa_selection) }

/**
 * struct cxa_source_options - zero means default
 * @lenient: JSON: a missing known member becomes zero, with a notice
 * @single_read: an archive is opened for a single record: header, trailer and
 *               index are read; that B2SUMS agrees with them is not checked.
 *               Of a store, quick_check is left out.
 */
struct cxa_source_options {
	size_t struct_size;
	bool lenient;
	bool single_read;
};

#define CXA_SOURCE_OPTIONS_INIT { .struct_size = sizeof(struct cxa_source_options) }

/**
 * cxa_source_open() - open an archive, a store, JSON or an NDJSON folder
 * @locator: a path, or "-" for standard input; its kind is found by content
 *
 * JSON and NDJSON are read to their end and parsed here (through a spool in
 * the context's temp_dir), because the document's order is its own affair; an
 * archive from a pipe is spooled too, each member checked on its way. An
 * archive from a file is read at its trailer and index only: a batch is
 * checked when a cursor comes to it. One that another tar packed again (not
 * compressed) is read through libarchive, which calls exit(1) when it has no
 * memory for a text.
 *
 * A store is opened read-only, and all that is read from it is as it is at
 * this moment, whoever goes on writing; that lasts until the source is closed.
 * All its cursors belong to one thread. Its tables are compared with ours, its
 * pages by quick_check; its rows are checked as they are read, and what is
 * wrong is CXA_ERR_CORRUPT, naming table, row and column.
 *
 * Return: 0, CXA_ERR_IO, CXA_ERR_FORMAT, CXA_ERR_CORRUPT,
 * CXA_ERR_UNSUPPORTED, CXA_ERR_LIMIT, CXA_ERR_CANCELLED, CXA_ERR_NOMEM.
 */
int cxa_source_open(struct cxa_source **out, struct cxa_context *context,
		    const char *locator,
		    const struct cxa_source_options *options,
		    struct cxa_error *error);

/**
 * struct cxa_source_ops - a source of your own
 * @read: start reading one collection from its first record to its last;
 *        *@reader is handed to @next and @done. Two may be open at once.
 * @next: the next batch, owned by the caller; CXA_END at the end
 * @done: end @reader; accepts NULL
 * @close: end @state; may be NULL
 *
 * @first_id and @last_id bound what is wanted; more may be given (it is cut).
 */
struct cxa_source_ops {
	int (*read)(void *state, enum cxa_collection collection,
		    uint64_t first_id, uint64_t last_id, void **reader,
		    struct cxa_error *error);
	int (*next)(void *reader, struct cxa_batch **batch,
		    struct cxa_error *error);
	void (*done)(void *reader);
	void (*close)(void *state);
};

/**
 * cxa_source_new() - wrap @ops and @state as a source
 * @header: what describes the store; borrowed until the source is closed
 *
 * Return: 0, CXA_ERR_NOMEM. On failure @state is still the caller's.
 */
int cxa_source_new(struct cxa_source **out, struct cxa_context *context,
		   const struct cxa_source_ops *ops, void *state,
		   const Cxa__Header *header, struct cxa_error *error);

void cxa_source_close(struct cxa_source *source);

enum cxa_kind cxa_source_kind(const struct cxa_source *source);

/** cxa_source_header() - borrowed until the source is closed; never NULL */
const Cxa__Header *cxa_source_header(const struct cxa_source *source);

/**
 * cxa_source_index() - an archive's index; NULL for every other kind
 *
 * Borrowed until the source is closed.
 */
const Cxa__Index *cxa_source_index(const struct cxa_source *source);

/** cxa_source_root() - an archive's root hash, 32 bytes; NULL: another kind */
const uint8_t *cxa_source_root(const struct cxa_source *source);

/**
 * cxa_source_count() - how many records there are, by enum cxa_collection
 *
 * Of an archive as its index says. Return: 0; CXA_END where it is not known
 * before all was read; or what reading a store returns.
 */
int cxa_source_count(struct cxa_source *source,
		     uint64_t records[CXA_COLLECTION_COUNT],
		     struct cxa_error *error);

/** cxa_source_bytes() - the input's size; 0: not known */
uint64_t cxa_source_bytes(const struct cxa_source *source);

/**
 * cxa_cursor_open() - read the records of a selection
 * @selection: NULL: everything
 *
 * Batches come collection by collection in archive order, ids ascending
 * within one. Return: 0, CXA_ERR_USAGE, CXA_ERR_NOMEM, or what the source
 * returns.
 */
int cxa_cursor_open(struct cxa_cursor **out, struct cxa_source *source,
		    const struct cxa_selection *selection,
		    struct cxa_error *error);

/**
 * cxa_cursor_next() - the next batch
 * @batch: out: to be released with cxa_batch_unref(); NULL at the end
 *
 * Every batch has been checked (digest, frame, canonical encoding, order).
 * Return: 0, CXA_END or an error. Sticky.
 */
int cxa_cursor_next(struct cxa_cursor *cursor, struct cxa_batch **batch,
		    struct cxa_error *error);

/** cxa_cursor_close() - accepts NULL; before its source */
void cxa_cursor_close(struct cxa_cursor *cursor);

#ifdef __cplusplus
}
#endif
#endif
