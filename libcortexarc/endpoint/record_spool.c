/* record_spool.c - records set aside in temporary files */
#include "endpoint/record_spool.h"

#include <stdlib.h>

#include "endpoint/row_sorter.h"
#include "record/collection.h"

/* What stands before each segment's ids, sizes and rows. */
struct segment_head {
	size_t count;
	size_t rows_bytes;
};

struct file {
	struct cxa_spool *spool;
	bool unsorted;
	bool has_last;
	uint64_t last_id;
	uint64_t rows_bytes;
};

struct cxa_record_spool {
	struct cxa_context *context;
	const struct cxa_duplicates *duplicates;
	struct file files[CXA_COLLECTION_COUNT];
};

struct reader {
	struct cxa_record_spool *spool;
	enum cxa_collection collection;
	uint64_t offset;
	struct cxa_row_sorter *sorter; /* only when unsorted */
	bool has_next;
	struct cxa_record next; /* one ahead: a newer one may have its id */
	uint64_t next_offset;
};

enum { SORTED_BATCH_BYTES = 1 << 20 };

/* No record is encoded in no bytes: a row of none says that there is none. */
static int add_row(struct cxa_segment *segment, uint64_t id, uint32_t size,
		   struct cxa_error *error)
{
	cxa_buffer_append(&segment->ids, &id, sizeof(id));
	cxa_buffer_append(&segment->sizes, &size, sizeof(size));
	if (segment->ids.failed || segment->sizes.failed)
		return cxa_error_nomem(error, "records");
	return 0;
}

int cxa_segment_add(struct cxa_segment *segment, uint64_t id,
		    const ProtobufCMessage *message, struct cxa_error *error)
{
	size_t size = protobuf_c_message_get_packed_size(message);
	uint8_t *room;

	if (size > UINT32_MAX)
		return cxa_error_set(error, CXA_ERR_LIMIT,
				     "record %llu is larger than 4 GiB",
				     (unsigned long long)id);
	room = cxa_buffer_room(&segment->rows, size);
	if (room == NULL)
		return cxa_error_nomem(error, "records");
	segment->rows.size += protobuf_c_message_pack(message, room);
	return add_row(segment, id, (uint32_t)size, error);
}

int cxa_segment_add_none(struct cxa_segment *segment, uint64_t id,
			 struct cxa_error *error)
{
	return add_row(segment, id, 0, error);
}

void cxa_segment_reset(struct cxa_segment *segment)
{
	cxa_buffer_reset(&segment->ids);
	cxa_buffer_reset(&segment->sizes);
	cxa_buffer_reset(&segment->rows);
}

void cxa_segment_release(struct cxa_segment *segment)
{
	cxa_buffer_release(&segment->ids);
	cxa_buffer_release(&segment->sizes);
	cxa_buffer_release(&segment->rows);
}

int cxa_record_spool_open(struct cxa_record_spool **out,
			  struct cxa_context *context,
			  const struct cxa_duplicates *duplicates,
			  struct cxa_error *error)
{
	*out = calloc(1, sizeof(**out));
	if (*out == NULL)
		return cxa_error_nomem(error, "a spool");
	(*out)->context = context;
	(*out)->duplicates = duplicates;
	return 0;
}

static void note_order(struct file *file, const struct cxa_segment *segment)
{
	const uint64_t *ids = (const void *)segment->ids.data;
	size_t count = segment->ids.size / sizeof(*ids);

	for (size_t i = 0; i < count; i++) {
		if (file->has_last && ids[i] <= file->last_id)
			file->unsorted = true;
		file->has_last = true;
		file->last_id = ids[i];
	}
}

int cxa_record_spool_add(struct cxa_record_spool *spool,
			 enum cxa_collection collection,
			 const struct cxa_segment *segment,
			 struct cxa_error *error)
{
	struct file *file = &spool->files[collection];
	struct segment_head head = {
		.count = segment->ids.size / sizeof(uint64_t),
		.rows_bytes = segment->rows.size,
	};
	int status = 0;

	if (head.count == 0)
		return 0;
	if (file->spool == NULL)
		status = cxa_spool_open(&file->spool, spool->context->temp_dir,
					&spool->context->cancel, error);
	if (status == 0)
		status = cxa_spool_append(file->spool, &head, sizeof(head),
					  NULL, error);
	if (status == 0)
		status = cxa_spool_append(file->spool, segment->ids.data,
					  segment->ids.size, NULL, error);
	if (status == 0)
		status = cxa_spool_append(file->spool, segment->sizes.data,
					  segment->sizes.size, NULL, error);
	if (status == 0)
		status = cxa_spool_append(file->spool, segment->rows.data,
					  segment->rows.size, NULL, error);
	if (status < 0)
		return status;
	note_order(file, segment);
	file->rows_bytes += head.rows_bytes;
	return 0;
}

uint64_t cxa_record_spool_bytes(const struct cxa_record_spool *spool)
{
	uint64_t total = 0;

	for (int i = 0; i < CXA_COLLECTION_COUNT; i++)
		total += spool->files[i].rows_bytes;
	return total;
}

/* A segment's table: its head, ids and sizes; *@rows is where its rows begin. */
struct table {
	struct segment_head head;
	uint64_t *ids;
	uint32_t *sizes;
	uint64_t rows;
};

static void release_table(struct table *table)
{
	free(table->ids);
	*table = (struct table){ 0 };
}

/* Reads the table at *@offset, which moves to the next segment. */
static int read_table(const struct cxa_spool *spool, uint64_t *offset,
		      struct table *table, struct cxa_error *error)
{
	size_t each = sizeof(*table->ids) + sizeof(*table->sizes);
	int status;

	*table = (struct table){ 0 };
	if (*offset == cxa_spool_bytes(spool))
		return CXA_END;
	status = cxa_spool_read_at(spool, *offset, &table->head,
				   sizeof(table->head), error);
	if (status < 0)
		return status;
	table->ids = malloc(table->head.count * each);
	if (table->ids == NULL)
		return cxa_error_nomem(error, "a spool");
	table->sizes = (void *)(table->ids + table->head.count);
	*offset += sizeof(table->head);
	status = cxa_spool_read_at(spool, *offset, table->ids,
				   table->head.count * each, error);
	table->rows = *offset + table->head.count * each;
	*offset = table->rows + table->head.rows_bytes;
	if (status < 0)
		release_table(table);
	return status;
}

static int sort_rows(struct reader *reader, const struct cxa_spool *spool,
		     struct cxa_error *error)
{
	struct table table;
	uint64_t offset = 0;
	uint64_t row;
	int status = cxa_row_sorter_open(&reader->sorter, error);

	while (status == 0) {
		status = read_table(spool, &offset, &table, error);
		if (status != 0)
			break;
		row = table.rows;
		for (uint64_t i = 0; i < table.head.count && status == 0; i++) {
			status = cxa_row_sorter_add(reader->sorter,
						    table.ids[i], row,
						    table.sizes[i], error);
			row += table.sizes[i];
		}
		release_table(&table);
		if (status == 0)
			status = cxa_context_step(reader->spool->context,
						  "sorting", offset,
						  cxa_spool_bytes(spool),
						  error);
	}
	if (status == CXA_END)
		status = cxa_row_sorter_sort(reader->sorter, error);
	return status;
}

int cxa_record_spool_read(struct cxa_record_spool *spool,
			  enum cxa_collection collection, void **out,
			  struct cxa_error *error)
{
	const struct file *file = &spool->files[collection];
	struct reader *reader = calloc(1, sizeof(*reader));
	int status = 0;

	*out = NULL;
	if (reader == NULL)
		return cxa_error_nomem(error, "reading a spool");
	reader->spool = spool;
	reader->collection = collection;
	if (file->unsorted)
		status = sort_rows(reader, file->spool, error);
	if (status < 0) {
		cxa_record_spool_done(reader);
		return status;
	}
	*out = reader;
	return 0;
}

static int next_sorted(struct reader *reader, const struct cxa_spool *spool,
		       struct cxa_batch **batch, struct cxa_error *error)
{
	struct cxa_record record = { 0 };
	struct cxa_buffer rows = { 0 };
	struct table table;
	const uint8_t *row;
	int status = read_table(spool, &reader->offset, &table, error);

	if (status != 0)
		return status;
	if (cxa_buffer_room(&rows, table.head.rows_bytes) == NULL)
		status = cxa_error_nomem(error, "reading a spool");
	if (status == 0)
		status = cxa_spool_read_at(spool, table.rows, rows.data,
					   table.head.rows_bytes, error);
	row = rows.data;
	if (status == 0)
		status = cxa_batch_take(batch, reader->collection, &rows,
					error);
	for (uint64_t i = 0; i < table.head.count && status == 0; i++) {
		record.id = table.ids[i];
		record.data = row;
		record.size = table.sizes[i];
		row += record.size;
		if (record.size != 0)
			status = cxa_batch_add_row(*batch, &record, error);
	}
	cxa_buffer_release(&rows);
	release_table(&table);
	return status;
}

static int twice(const struct reader *reader, uint64_t id,
		 struct cxa_error *error)
{
	const struct cxa_duplicates *duplicates = reader->spool->duplicates;

	if (duplicates->tell != NULL) {
		duplicates->tell(duplicates->user, reader->collection, id);
		return 0;
	}
	return cxa_error_set(error, CXA_ERR_FORMAT,
			     "%s %llu is there twice",
			     cxa_collection_info(reader->collection)
				     ->record_name,
			     (unsigned long long)id);
}

static int read_ahead(struct reader *reader, struct cxa_error *error)
{
	int status = cxa_row_sorter_next(reader->sorter, &reader->next.id,
					 &reader->next_offset,
					 &reader->next.size, error);

	reader->has_next = status == 0;
	return status;
}

/* The next record by id, of several with the same the last that came. */
static int take_next(struct reader *reader, struct cxa_record *record,
		     uint64_t *offset, struct cxa_error *error)
{
	int status = reader->has_next ? 0 : read_ahead(reader, error);

	if (status != 0)
		return status;
	do {
		*record = reader->next;
		*offset = reader->next_offset;
		status = read_ahead(reader, error);
		if (status == 0 && reader->next.id == record->id)
			status = twice(reader, record->id, error);
	} while (status == 0 && reader->next.id == record->id);
	return status == CXA_END ? 0 : status;
}

static int add_unsorted(const struct cxa_spool *spool, struct cxa_batch *batch,
			struct cxa_record *record, uint64_t offset,
			struct cxa_error *error)
{
	uint8_t *data = cxa_arena_alloc(cxa_batch_arena(batch), record->size);
	int status;

	if (data == NULL)
		return cxa_error_nomem(error, "reading a spool");
	record->data = data;
	status = cxa_spool_read_at(spool, offset, data, record->size, error);
	if (status == 0)
		status = cxa_batch_add_row(batch, record, error);
	return status;
}

static int next_unsorted(struct reader *reader, const struct cxa_spool *spool,
			 struct cxa_batch **batch, struct cxa_error *error)
{
	struct cxa_record record = { 0 };
	uint64_t offset = 0;
	int status = cxa_batch_new(batch, reader->collection, error);

	while (status == 0 && cxa_batch_bytes(*batch) < SORTED_BATCH_BYTES) {
		status = take_next(reader, &record, &offset, error);
		if (status == 0 && record.size != 0)
			status = add_unsorted(spool, *batch, &record, offset,
					      error);
	}
	if (status == CXA_END && (*batch)->count != 0)
		status = 0;
	return status;
}

int cxa_record_spool_next(void *pointer, struct cxa_batch **batch,
			  struct cxa_error *error)
{
	struct reader *reader = pointer;
	const struct file *file = &reader->spool->files[reader->collection];
	int status = 0;

	*batch = NULL;
	if (file->spool == NULL)
		return CXA_END;
	while (status == 0) {
		if (reader->sorter != NULL)
			status = next_unsorted(reader, file->spool, batch,
					       error);
		else
			status = next_sorted(reader, file->spool, batch, error);
		if (status == 0 && (*batch)->count != 0)
			return 0;
		cxa_batch_unref(*batch);
		*batch = NULL;
	}
	return status;
}

void cxa_record_spool_done(void *pointer)
{
	struct reader *reader = pointer;

	if (reader == NULL)
		return;
	cxa_row_sorter_close(reader->sorter);
	free(reader);
}

void cxa_record_spool_close(struct cxa_record_spool *spool)
{
	if (spool == NULL)
		return;
	for (int i = 0; i < CXA_COLLECTION_COUNT; i++)
		cxa_spool_close(spool->files[i].spool);
	free(spool);
}
