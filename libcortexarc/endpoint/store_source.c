/* store_source.c - batches from a store, as it is at one moment */
#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/wire.h"
#include "endpoint/source.h"
#include "endpoint/store_check.h"
#include "endpoint/store_reader.h"
#include "record/batch.h"

enum { BATCH_BYTES = 1 << 20 };

struct store_source {
	struct cxa_store store;
	bool is_borrowed; /* the store is */
	struct cxa_store_check *check; /* NULL: none */
	struct cxa_arena arena; /* of the header */
	Cxa__Header *header;
};

/* One collection; @places: struct cxa_record of the batch, data not yet set */
struct collection_reader {
	struct store_source *source;
	struct cxa_store_reader *records;
	enum cxa_collection collection;
	struct cxa_buffer places;
	bool ended;
};

static void source_done(void *pointer)
{
	struct collection_reader *reader = pointer;

	if (reader == NULL)
		return;
	cxa_store_reader_close(reader->records);
	cxa_buffer_release(&reader->places);
	free(reader);
}

static int source_read(void *state, enum cxa_collection collection,
		       uint64_t first_id, uint64_t last_id, void **out,
		       struct cxa_error *error)
{
	struct store_source *source = state;
	struct collection_reader *reader = calloc(1, sizeof(*reader));
	int status;

	*out = NULL;
	if (reader == NULL)
		return cxa_error_nomem(error, "reading a store");
	reader->source = source;
	reader->collection = collection;
	status = cxa_store_reader_open(&reader->records, &source->store,
				       collection, first_id, last_id, error);
	if (status < 0)
		source_done(reader);
	else
		*out = reader;
	return status;
}

static int read_rows(struct collection_reader *reader, struct cxa_buffer *rows,
		     struct cxa_error *error)
{
	struct cxa_record record = { 0 };
	size_t start;
	int status = 0;

	while (status == 0 && rows->size < BATCH_BYTES) {
		start = rows->size;
		status = cxa_store_reader_next(reader->records, rows,
					       &record.id, error);
		if (status != 0)
			break;
		record.size = rows->size - start;
		cxa_buffer_append(&reader->places, &record, sizeof(record));
	}
	if (status < 0)
		return status;
	reader->ended = status == CXA_END;
	return reader->places.failed ?
		       cxa_error_nomem(error, "a store's records") : 0;
}

static int make_batch(struct collection_reader *reader, struct cxa_buffer *rows,
		      struct cxa_batch **batch, struct cxa_error *error)
{
	const struct cxa_record *places =
		(const struct cxa_record *)(const void *)reader->places.data;
	size_t count = reader->places.size / sizeof(*places);
	const uint8_t *data = rows->data;
	struct cxa_record record;
	int status = cxa_batch_take(batch, reader->collection, rows, error);

	for (size_t i = 0; i < count && status == 0; i++) {
		record = places[i];
		record.data = data;
		data += record.size;
		status = cxa_batch_add_row(*batch, &record, error);
	}
	if (status < 0) {
		cxa_batch_unref(*batch);
		*batch = NULL;
	}
	return status;
}

/* Whatever was read is told as read only when the pages are sound, too. */
static int end_collection(struct store_source *source, struct cxa_error *error)
{
	int status = source->check == NULL ?
			     0 : cxa_store_check_end(source->check, error);

	return status < 0 ? status : CXA_END;
}

static int source_next(void *pointer, struct cxa_batch **batch,
		       struct cxa_error *error)
{
	struct collection_reader *reader = pointer;
	struct cxa_buffer rows = { 0 };
	int status = 0;

	*batch = NULL;
	cxa_buffer_reset(&reader->places);
	if (reader->ended)
		return end_collection(reader->source, error);
	/* At once as much as it will be: the pages are used but once. */
	if (cxa_buffer_room(&rows, BATCH_BYTES + BATCH_BYTES / 16) == NULL)
		status = cxa_error_nomem(error, "a store's records");
	if (status == 0)
		status = read_rows(reader, &rows, error);
	if (status == 0)
		status = reader->places.size == 0 ?
				 end_collection(reader->source, error) :
				 make_batch(reader, &rows, batch, error);
	cxa_buffer_release(&rows);
	return status;
}

static void source_close(void *state)
{
	struct store_source *source = state;

	cxa_store_check_close(source->check);
	if (!source->is_borrowed)
		cxa_store_close(&source->store);
	cxa_arena_release(&source->arena);
	free(source);
}

static int read_header(struct store_source *source, struct cxa_error *error)
{
	struct cxa_store_reader *reader = NULL;
	struct cxa_buffer bytes = { 0 };
	ProtobufCMessage *message = NULL;
	uint64_t id;
	int status = cxa_store_reader_open(&reader, &source->store,
					   CXA_STORE_HEADER, 0, 0, error);

	if (status == 0)
		status = cxa_store_reader_next(reader, &bytes, &id, error);
	cxa_store_reader_close(reader);
	if (status == CXA_END)
		status = cxa_error_set(error, CXA_ERR_CORRUPT,
				       "table metadata: there is no row");
	if (status == 0)
		status = cxa_wire_scan_unpack(
			cxa_message_type_of(&cxa__header__descriptor),
			bytes.data, bytes.size, &source->store.context->limits,
			&source->arena, &message, error);
	cxa_buffer_release(&bytes);
	source->header = (Cxa__Header *)message;
	return status;
}

static int check_version(const struct store_source *source,
			 struct cxa_error *error)
{
	int64_t version = 0;
	int status = cxa_store_number(&source->store, "PRAGMA user_version",
				      &version, error);

	if (status == 0 && version != source->header->metadata->data_version)
		status = cxa_error_set(error, CXA_ERR_CORRUPT,
				       "table metadata, row 0, column "
				       "data_version: not the database's "
				       "user_version, %d", (int)version);
	return status;
}

/* What a path that only the system can follow, as in /proc, comes to */
static bool is_nowhere(int number)
{
	return number == ENOENT || number == ENOTDIR || number == ELOOP;
}

static int cannot_open(const char *locator, int number, struct cxa_error *error)
{
	errno = number != 0 ? number : EIO;
	return cxa_error_set(error, CXA_ERR_IO, "cannot open %s", locator);
}

/* Its first bytes, through SQLite's own hands, which know of its locks */
static int look_for_magic(sqlite3_vfs *vfs, sqlite3_file *file,
			  sqlite3_filename name, bool *found)
{
	int flags = SQLITE_OPEN_READONLY | SQLITE_OPEN_MAIN_DB;
	char magic[sizeof(CXA_SQLITE_MAGIC)];
	int result = vfs->xOpen(vfs, name, file, flags, &flags);

	if (result != SQLITE_OK)
		return result;
	result = file->pMethods->xRead(file, magic, sizeof(magic), 0);
	*found = result == SQLITE_OK &&
		 memcmp(magic, CXA_SQLITE_MAGIC, sizeof(magic)) == 0;
	return result == SQLITE_IOERR_SHORT_READ ? SQLITE_OK : result;
}

/* SQLite opens no link: it follows them before. NULL: without memory */
static sqlite3_filename full_name(sqlite3_vfs *vfs, const char *path)
{
	char *full = calloc(1, (size_t)vfs->mxPathname + 1);
	sqlite3_filename name = NULL;

	if (full != NULL &&
	    (vfs->xFullPathname(vfs, path, vfs->mxPathname + 1, full) & 0xff) ==
		    SQLITE_OK)
		name = sqlite3_create_filename(full, "", "", 0, NULL);
	else if (full != NULL)
		name = sqlite3_create_filename(path, "", "", 0, NULL);
	free(full);
	return name;
}

static int look_into(sqlite3_vfs *vfs, const char *locator, const char *path,
		     bool *found, struct cxa_error *error)
{
	sqlite3_file *file = calloc(1, (size_t)vfs->szOsFile);
	sqlite3_filename name = full_name(vfs, path);
	int result = SQLITE_NOMEM;
	int number = 0;

	if (file != NULL && name != NULL)
		result = look_for_magic(vfs, file, name, found);
	if (result != SQLITE_OK)
		number = vfs->xGetLastError(vfs, 0, NULL);
	if (file != NULL && file->pMethods != NULL) {
		if (result != SQLITE_OK)
			file->pMethods->xFileControl(
				file, SQLITE_FCNTL_LAST_ERRNO, &number);
		file->pMethods->xClose(file);
	}
	sqlite3_free_filename(name);
	free(file);
	if (result == SQLITE_NOMEM)
		return cxa_error_nomem(error, "SQLite");
	return result == SQLITE_OK || is_nowhere(number) ?
		       0 : cannot_open(locator, number, error);
}

int cxa_source_is_store(const char *locator, bool *is_store,
			struct cxa_error *error)
{
	struct cxa_buffer path = { 0 };
	struct stat st;
	int status;

	*is_store = false;
	if (strcmp(locator, "-") == 0)
		return 0;
	if (stat(locator, &st) != 0)
		return is_nowhere(errno) ?
			       0 : cannot_open(locator, errno, error);
	/* SQLite opens by name: what has lost its own is for whoever holds it. */
	if (!S_ISREG(st.st_mode) || st.st_nlink == 0)
		return 0;
	cxa_store_path(&path, locator);
	if (path.failed || sqlite3_initialize() != SQLITE_OK ||
	    sqlite3_vfs_find(NULL) == NULL)
		status = cxa_error_nomem(error, "SQLite");
	else
		status = look_into(sqlite3_vfs_find(NULL), locator,
				   (const char *)path.data, is_store, error);
	cxa_buffer_release(&path);
	return status;
}

static int count_rows(void *state, uint64_t records[CXA_COLLECTION_COUNT],
		      struct cxa_error *error)
{
	const struct store_source *source = state;

	return cxa_store_count(&source->store, records, error);
}

static const struct cxa_source_ops store_ops = { source_read, source_next,
						 source_done, source_close };

int cxa_store_source_on(struct cxa_source **out, const struct cxa_store *store,
			struct cxa_error *error)
{
	struct store_source *from = calloc(1, sizeof(*from));
	int status;

	*out = NULL;
	if (from == NULL)
		return cxa_error_nomem(error, "a store");
	from->store = *store;
	from->is_borrowed = true;
	status = read_header(from, error);
	if (status == 0)
		status = cxa_source_new(out, store->context, &store_ops, from,
					from->header, error);
	if (status != 0) {
		source_close(from);
		return status;
	}
	(*out)->kind = CXA_KIND_STORE;
	(*out)->count = count_rows;
	return 0;
}

int cxa_store_source_open(struct cxa_source *source, const char *path,
			  const struct cxa_source_options *options,
			  struct cxa_error *error)
{
	struct store_source *from = calloc(1, sizeof(*from));
	struct cxa_buffer full = { 0 };
	struct stat st;
	int status = 0;

	if (from == NULL)
		return cxa_error_nomem(error, "a store");
	source->ops = store_ops;
	source->count = count_rows;
	source->state = from;
	source->bytes = stat(path, &st) == 0 ? (uint64_t)st.st_size : 0;
	source->rows_bytes = source->bytes;
	from->store.context = source->context;
	cxa_store_path(&full, path);
	if (full.failed)
		status = cxa_error_nomem(error, "a store");
	if (status == 0)
		status = cxa_store_open(&from->store, (const char *)full.data,
					false, error);
	if (status == 0)
		status = read_header(from, error);
	if (status == 0)
		status = check_version(from, error);
	if (status == 0 && !options->single_read)
		cxa_store_fetch_ahead(&from->store);
	if (status == 0 && !options->single_read)
		status = cxa_store_check_begin(&from->check, source->context,
					       (const char *)full.data, error);
	cxa_buffer_release(&full);
	source->header = from->header;
	return status;
}
