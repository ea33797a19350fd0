/* store_sink.c - records into a new store, or into one that exists */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/digest.h"
#include "base/wire.h"
#include "endpoint/sink.h"
#include "endpoint/source.h"
#include "endpoint/store_file.h"
#include "endpoint/store_reader.h"
#include "endpoint/store_sql.h"
#include "endpoint/store_writer.h"

/*
 * A new store is a file of its own. Of one that exists @output and @file are
 * NULL: its content is replaced in one transaction, and before that ends every
 * row is read again and compared with what was @put, by collection and, behind
 * them, of the header.
 */
struct store_sink {
	struct cxa_sink *sink;
	struct cxa_hasher put[CXA_STORE_ROOTS];
	struct cxa_output *output;
	struct cxa_store_file *file;
	struct cxa_store store;
	struct cxa_store_writer *writer;
	struct cxa_summary summary;
};

/*
 * Everything in one transaction on a file that goes when it fails: no journal,
 * no syncs. The cache also bounds what sorting for an index takes.
 */
static const char settings[] =
	"PRAGMA page_size = 8192;"
	"PRAGMA auto_vacuum = NONE;"
	"PRAGMA encoding = 'UTF-8';"
	"PRAGMA journal_mode = OFF;"
	"PRAGMA synchronous = OFF;"
	"PRAGMA locking_mode = EXCLUSIVE;"
	"PRAGMA cache_size = -16384;" /* KiB */
	"BEGIN";

static int run(struct store_sink *to, struct cxa_buffer *sql,
	       struct cxa_error *error)
{
	int status = sql->failed ?
			     cxa_error_nomem(error, "a statement") :
			     cxa_store_run(&to->store, (const char *)sql->data,
					   error);

	cxa_buffer_release(sql);
	return status;
}

static int make_tables(struct store_sink *to, struct cxa_error *error)
{
	size_t count;
	const struct cxa_store_table *tables = cxa_store_tables(&count);
	int status = 0;

	for (size_t i = 0; i < count && status == 0; i++) {
		struct cxa_buffer sql = { 0 };

		cxa_store_sql_table(&sql, &tables[i]);
		status = run(to, &sql, error);
	}
	return status;
}

static int make_indexes(struct store_sink *to, struct cxa_error *error)
{
	size_t count;
	const struct cxa_store_index *indexes = cxa_store_indexes(&count);
	int status = 0;

	for (size_t i = 0; i < count && status == 0; i++) {
		struct cxa_buffer sql = { 0 };

		cxa_store_sql_index(&sql, &indexes[i]);
		status = run(to, &sql, error);
		if (status == 0)
			status = cxa_context_step(to->sink->context, "indexing",
						  i + 1, count, error);
	}
	return status;
}

/* The indexes that an application added go on being kept up. */
static int clear_tables(struct store_sink *to, struct cxa_error *error)
{
	size_t count;
	const struct cxa_store_index *indexes = cxa_store_indexes(&count);
	const struct cxa_store_table *tables;
	struct cxa_buffer sql = { 0 };
	int status = 0;

	for (size_t i = 0; i < count && status == 0; i++) {
		cxa_store_sql_unindex(&sql, &indexes[i]);
		status = run(to, &sql, error);
	}
	tables = cxa_store_tables(&count);
	for (size_t i = count; i-- > 0 && status == 0;) {
		cxa_store_sql_clear(&sql, &tables[i]);
		status = run(to, &sql, error);
	}
	return status;
}

/* As it is read back: without what a writer says of its own archive. */
static int note_header(struct store_sink *to, const Cxa__Header *header,
		       struct cxa_error *error)
{
	static const ProtobufCBinaryData none;
	struct cxa_buffer bytes = { 0 };
	Cxa__Header kept = *header;
	int status;

	kept.format_major = kept.format_minor = 0;
	kept.n_required_to_list = kept.n_required_to_restore = 0;
	kept.n_required_to_rewrite = kept.n_optional_features = 0;
	kept.hash_name = kept.zstd_version = none;
	kept.writer_name = kept.writer_version = none;
	kept.n_batch_sizes = 0;
	kept.has_zstd_level = false;
	status = cxa_wire_pack(&kept.base, &bytes, error);
	if (status == 0)
		cxa_hasher_update(&to->put[CXA_STORE_HEADER], bytes.data,
				  bytes.size);
	cxa_buffer_release(&bytes);
	return status;
}

static int write_header(struct store_sink *to, const Cxa__Header *header,
			struct cxa_error *error)
{
	struct cxa_buffer bytes = { 0 };
	struct cxa_buffer sql = { 0 };
	int status = cxa_wire_pack(&header->base, &bytes, error);

	if (status == 0)
		status = cxa_store_writer_put(to->writer, CXA_STORE_HEADER, 0,
					      bytes.data, bytes.size, error);
	cxa_buffer_release(&bytes);
	if (status < 0)
		return status;
	cxa_buffer_format(&sql,
			  "PRAGMA application_id = %d; PRAGMA user_version = "
			  "%u", CXA_STORE_APPLICATION_ID,
			  (unsigned)header->metadata->data_version);
	return run(to, &sql, error);
}

static int sink_begin(void *state, const Cxa__Header *header,
		      struct cxa_error *error)
{
	struct store_sink *to = state;
	int status;

	for (int i = 0; i < CXA_STORE_ROOTS; i++)
		cxa_hasher_init(&to->put[i]);
	if (to->output == NULL) {
		status = clear_tables(to, error);
	} else {
		status = cxa_store_run(&to->store, settings, error);
		if (status == 0)
			status = make_tables(to, error);
	}
	if (status == 0)
		status = cxa_store_writer_open(&to->writer, &to->store, error);
	if (status == 0)
		status = write_header(to, header, error);
	return status == 0 ? note_header(to, header, error) : status;
}

/* A store that replaces another, or that is made for nothing else. */
static bool is_read_back(const struct store_sink *to)
{
	return to->output == NULL || to->sink->options.scratch;
}

static int sink_put(void *state, struct cxa_batch *batch,
		    struct cxa_error *error)
{
	struct store_sink *to = state;
	int status = 0;

	for (size_t i = 0; i < batch->count && status == 0; i++) {
		const struct cxa_record *record = &batch->records[i];

		status = cxa_store_writer_put(to->writer, batch->collection,
					      record->id, record->data,
					      record->size, error);
		if (is_read_back(to))
			cxa_hasher_update(&to->put[batch->collection],
					  record->data, record->size);
	}
	to->summary.records[batch->collection] += batch->count;
	return status;
}

/* What the database says it holds is what was put. */
static int count_rows(struct store_sink *to, struct cxa_error *error)
{
	uint64_t there[CXA_COLLECTION_COUNT] = { 0 };
	int status = cxa_store_count(&to->store, there, error);

	for (unsigned i = 0; i < CXA_COLLECTION_COUNT && status == 0; i++)
		if (there[i] != to->summary.records[i])
			status = cxa_error_set(
				error, CXA_ERR_CORRUPT,
				"%llu %s were put into the store but %llu are "
				"there",
				(unsigned long long)to->summary.records[i],
				cxa_collection_name((enum cxa_collection)i),
				(unsigned long long)there[i]);
	return status;
}

static void close_database(struct store_sink *to)
{
	cxa_store_writer_close(to->writer);
	to->writer = NULL;
	cxa_store_close(&to->store);
	cxa_store_file_close(to->file);
	to->file = NULL;
}

/* All rows of a collection, as whoever reads the store will see them. */
static int hash_rows(struct store_sink *to, unsigned root,
		     struct cxa_digest *digest, struct cxa_error *error)
{
	struct cxa_store_reader *reader = NULL;
	struct cxa_buffer row = { 0 };
	struct cxa_hasher hasher;
	uint64_t id;
	int status = cxa_store_reader_open(&reader, &to->store, root, 0,
					   UINT64_MAX, error);

	cxa_hasher_init(&hasher);
	while (status == 0) {
		cxa_buffer_reset(&row);
		status = cxa_store_reader_next(reader, &row, &id, error);
		if (status == 0)
			cxa_hasher_update(&hasher, row.data, row.size);
	}
	cxa_hasher_final(&hasher, digest);
	cxa_store_reader_close(reader);
	cxa_buffer_release(&row);
	return status == CXA_END ? 0 : status;
}

static const char *name_of(unsigned root)
{
	return root == CXA_STORE_HEADER ?
		       "metadata" :
		       cxa_collection_name((enum cxa_collection)root);
}

/* What would be committed is what was put, to the byte. */
static int compare_rows(struct store_sink *to, struct cxa_error *error)
{
	struct cxa_digest put;
	struct cxa_digest there;
	int status = 0;

	for (unsigned i = 0; i < CXA_STORE_ROOTS && status == 0; i++) {
		cxa_hasher_final(&to->put[i], &put);
		status = hash_rows(to, i, &there, error);
		if (status == 0 && !cxa_digest_equal(&put, &there))
			status = cxa_error_set(
				error, CXA_ERR_CORRUPT,
				"%s read back from the store are not what was "
				"put into it", name_of(i));
		if (status == 0)
			status = cxa_context_step(to->sink->context,
						  "reading back", i + 1,
						  CXA_STORE_ROOTS, error);
	}
	return status;
}

static int prove(struct store_sink *to, struct cxa_error *error)
{
	struct cxa_sink *sink = to->sink;
	struct cxa_source *written = NULL;
	int status;

	if (sink->prove == NULL)
		return 0;
	status = cxa_store_source_on(&written, &to->store, error);
	if (status == 0)
		status = sink->prove(sink->prove_user, written, error);
	cxa_source_close(written);
	return status;
}

static int sink_commit(void *state, struct cxa_summary *summary,
		       struct cxa_error *error)
{
	struct store_sink *to = state;
	static const char size_sql[] =
		"SELECT page_count * page_size"
		" FROM pragma_page_count, pragma_page_size";
	int64_t size = 0;
	int status = make_indexes(to, error);

	if (status == 0)
		status = count_rows(to, error);
	if (status == 0 && is_read_back(to))
		status = compare_rows(to, error);
	if (status == 0)
		status = prove(to, error);
	if (status == 0)
		status = cxa_store_number(&to->store, size_sql, &size, error);
	if (status == 0)
		status = cxa_store_run(&to->store, "COMMIT", error);
	if (status != 0)
		return status;
	close_database(to);
	if (to->output != NULL && !to->sink->options.scratch)
		status = cxa_output_commit(to->output, error);
	*summary = to->summary;
	summary->total_bytes = (uint64_t)size;
	return status;
}

static void sink_close(void *state)
{
	struct store_sink *to = state;

	close_database(to);
	cxa_output_close(to->output);
	free(to);
}

/*
 * A store is not replaced by another file: an application that has it open
 * would go on with the one that is gone. And what SQLite left beside the name
 * would be taken for the new store's.
 */
static int check_target(const char *locator, struct cxa_error *error)
{
	static const char *const endings[] = { "", "-journal", "-wal" };
	struct cxa_buffer name = { 0 };
	struct stat st;
	int status = 0;

	for (size_t i = 0; i < 3 && status == 0; i++) {
		cxa_buffer_reset(&name);
		cxa_buffer_format(&name, "%s%s", locator, endings[i]);
		if (name.failed)
			status = cxa_error_nomem(error, "a name");
		else if (lstat((const char *)name.data, &st) == 0)
			status = cxa_error_set(error, CXA_ERR_USAGE,
					       "%s exists", name.data);
	}
	cxa_buffer_release(&name);
	if (status == CXA_ERR_USAGE)
		cxa_error_hint(error, "a store is always made anew: name one "
				      "that does not exist");
	return status;
}

static int open_new(struct store_sink *to, const char *locator,
		    struct cxa_error *error)
{
	int status = check_target(locator, error);

	if (status == 0)
		status = cxa_output_open(&to->output, locator,
					 &to->sink->context->cancel, error);
	if (status < 0)
		return status;
	cxa_output_is_new(to->output, 0666);
	status = cxa_store_file_open(&to->file, &to->store, to->output, error);
	if (status == 0)
		cxa_store_watch(&to->store);
	return status;
}

static int open_into(struct store_sink *to, const char *locator,
		     struct cxa_error *error)
{
	struct cxa_buffer path = { 0 };
	bool is_store;
	int status = cxa_source_is_store(locator, &is_store, error);

	if (status < 0)
		return status;
	if (!is_store) {
		cxa_error_set(error, CXA_ERR_USAGE,
			      "%s is no store that exists", locator);
		return cxa_error_hint(error, "-o makes a new one");
	}
	cxa_store_path(&path, locator);
	if (path.failed)
		status = cxa_error_nomem(error, "a store");
	if (status == 0)
		status = cxa_store_open(&to->store, (const char *)path.data,
					true, error);
	cxa_buffer_release(&path);
	return status;
}

int cxa_store_sink_open(struct cxa_sink *sink, const char *locator,
			struct cxa_error *error)
{
	static const struct cxa_sink_ops ops = { sink_begin, sink_put,
						 sink_commit, sink_close,
						 false };
	struct store_sink *to;

	if (strcmp(locator, "-") == 0)
		return cxa_error_set(error, CXA_ERR_USAGE,
				     "a store cannot be written to standard "
				     "output");
	to = calloc(1, sizeof(*to));
	if (to == NULL)
		return cxa_error_nomem(error, "a store");
	sink->ops = &ops;
	sink->state = to;
	to->sink = sink;
	to->store.context = sink->context;
	return sink->options.into ? open_into(to, locator, error) :
				    open_new(to, locator, error);
}
