/* batch_codec.c - a batch's records from and to the raw bytes of its member */
#include "record/batch_codec.h"

#include "record/collection.h"
#include "record/json_verify.h"

enum { RECORDS_TAG = 1 << 3 | 2 };

static int encode_rows(const struct cxa_record *records, size_t count,
		       struct cxa_buffer *out, struct cxa_error *error)
{
	size_t total = 0;
	uint8_t *room;
	uint8_t *end;

	for (size_t i = 0; i < count; i++)
		total += 1 + cxa_varint_size(records[i].size) + records[i].size;
	room = cxa_buffer_room(out, total);
	if (room == NULL)
		return cxa_error_nomem(error, "encoding a batch");
	end = room;
	for (size_t i = 0; i < count; i++) {
		*end++ = RECORDS_TAG;
		end = cxa_varint_put(end, records[i].size);
		memcpy(end, records[i].data, records[i].size);
		end += records[i].size;
	}
	out->size += total;
	return 0;
}

int cxa_batch_encode(enum cxa_collection collection,
		     const struct cxa_record *records, size_t count,
		     struct cxa_buffer *out, struct cxa_error *error)
{
	if (cxa_collection_info(collection)->columnar)
		return cxa_embedding_columns_encode(records, count, out, error);
	return encode_rows(records, count, out, error);
}

/* The next row at *@cursor: tag, length, record. */
static int next_row(enum cxa_collection collection, const uint8_t **cursor,
		    const uint8_t *end, struct cxa_record *record,
		    struct cxa_error *error)
{
	uint64_t size = 0;

	if (*(*cursor)++ != RECORDS_TAG)
		return cxa_error_set(error, CXA_ERR_CORRUPT,
				     "%s: something else than records",
				     cxa_collection_name(collection));
	if (!cxa_varint_get(cursor, end, &size) ||
	    size > (uint64_t)(end - *cursor))
		return cxa_error_set(error, CXA_ERR_CORRUPT,
				     "%s: a record's length does not fit",
				     cxa_collection_name(collection));
	record->data = *cursor;
	record->size = (size_t)size;
	*cursor += size;
	return 0;
}

static int check_encoding(enum cxa_collection collection,
			  const struct cxa_record *record,
			  const struct cxa_limits *limits,
			  struct cxa_wire_stats *stats, struct cxa_error *error)
{
	const struct cxa_message_type *type = cxa_collection_type(collection);
	struct cxa_error inner = CXA_ERROR_INIT;
	uint64_t json = stats->json;
	int status = cxa_wire_scan(type, record->data, record->size, limits,
				   stats, &inner);

	if (status == 0 && stats->json != json)
		status = cxa_json_verify_record(type, record->data,
						record->size, &inner);
	if (status == 0)
		return 0;
	cxa_error_set(error, status, "%s %llu: %s",
		      cxa_collection_info(collection)->record_name,
		      (unsigned long long)record->id, inner.message);
	cxa_error_hint(error, "%s", inner.hint);
	return status;
}

static int check_order(enum cxa_collection collection, uint64_t id,
		       struct cxa_id_run *ids, struct cxa_error *error)
{
	const struct cxa_collection_info *info = cxa_collection_info(collection);

	if (ids->count != 0 && (!info->has_key || id <= ids->last))
		return cxa_error_set(error, CXA_ERR_CORRUPT,
				     "%s %llu stands behind %llu",
				     info->record_name, (unsigned long long)id,
				     (unsigned long long)ids->last);
	if (ids->count++ == 0)
		ids->first = id;
	ids->last = id;
	return 0;
}

/*
 * A row that is not wanted is not scanned: nobody will unpack it. One without an
 * id is: the scan misses it.
 */
static int read_row(enum cxa_collection collection, struct cxa_record *record,
		    const struct cxa_limits *limits,
		    const struct cxa_id_range *range, struct cxa_batch *batch,
		    struct cxa_id_run *ids, struct cxa_wire_stats *stats,
		    struct cxa_error *error)
{
	bool keyed = cxa_record_key(collection, record->data, record->size,
				    &record->id);
	bool wanted = !keyed || range == NULL ||
		      (record->id >= range->first && record->id <= range->last);
	int status = 0;

	if (wanted)
		status = check_encoding(collection, record, limits, stats,
					error);
	if (status == 0)
		status = check_order(collection, record->id, ids, error);
	if (status == 0 && wanted && batch != NULL)
		status = cxa_batch_add_row(batch, record, error);
	return status;
}

static int read_rows(enum cxa_collection collection, const uint8_t *data,
		     size_t size, const struct cxa_limits *limits,
		     const struct cxa_id_range *range, struct cxa_batch *batch,
		     struct cxa_id_run *ids, struct cxa_wire_stats *stats,
		     struct cxa_error *error)
{
	const uint8_t *end = data + size;
	struct cxa_record record = { 0 };
	int status = 0;

	while (data != end && status == 0) {
		status = next_row(collection, &data, end, &record, error);
		if (status == 0)
			status = read_row(collection, &record, limits, range,
					  batch, ids, stats, error);
	}
	if (status == 0 && ids->count == 0)
		status = cxa_error_set(error, CXA_ERR_CORRUPT,
				       "%s: a batch without records",
				       cxa_collection_name(collection));
	return status;
}

static int read_batch(enum cxa_collection collection, const uint8_t *data,
		      size_t size, const struct cxa_limits *limits,
		      const struct cxa_id_range *range, struct cxa_batch *batch,
		      struct cxa_id_run *ids, struct cxa_wire_stats *stats,
		      struct cxa_error *error)
{
	*ids = (struct cxa_id_run){ 0 };
	*stats = (struct cxa_wire_stats){ 0 };
	if (cxa_collection_info(collection)->columnar)
		return cxa_embedding_columns_decode(data, size, limits, stats,
						    range, batch, ids, error);
	return read_rows(collection, data, size, limits, range, batch, ids,
			 stats, error);
}

int cxa_batch_check(enum cxa_collection collection, const uint8_t *data,
		    size_t size, const struct cxa_limits *limits,
		    struct cxa_id_run *ids, struct cxa_wire_stats *stats,
		    struct cxa_error *error)
{
	return read_batch(collection, data, size, limits, NULL, NULL, ids,
			  stats, error);
}

int cxa_batch_decode(enum cxa_collection collection, struct cxa_buffer *raw,
		     const struct cxa_limits *limits,
		     const struct cxa_id_range *range, struct cxa_batch **out,
		     struct cxa_id_run *ids, struct cxa_error *error)
{
	const uint8_t *data = raw->data;
	size_t size = raw->size;
	struct cxa_wire_stats stats;
	int status;

	/* Rows made from columns are copies: those leave the bytes alone. */
	if (cxa_collection_info(collection)->columnar)
		status = cxa_batch_new(out, collection, error);
	else
		status = cxa_batch_take(out, collection, raw, error);
	if (status < 0)
		return status;
	status = read_batch(collection, data, size, limits, range, *out, ids,
			    &stats, error);
	if (status < 0) {
		cxa_batch_unref(*out);
		*out = NULL;
	}
	return status;
}
