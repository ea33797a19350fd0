/* batch.c - runs of records, shared by counted references */
#include "record/batch.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/wire.h"
#include "record/collection.h"

/* What stands behind a struct cxa_batch. */
struct body {
	struct cxa_batch visible;
	atomic_uint references;
	struct cxa_record *records;
	struct cxa_record *embeddings;
	size_t capacity;
	size_t bytes;
	struct cxa_buffer taken;
	struct cxa_arena arena;
	struct cxa_batch **held;
	size_t held_count;
};

static struct body *body_of(struct cxa_batch *batch)
{
	return (struct body *)batch;
}

int cxa_batch_new(struct cxa_batch **out, enum cxa_collection collection,
		  struct cxa_error *error)
{
	struct body *body = calloc(1, sizeof(*body));

	*out = NULL;
	if (body == NULL)
		return cxa_error_nomem(error, "a batch");
	body->visible.collection = collection;
	atomic_init(&body->references, 1);
	*out = &body->visible;
	return 0;
}

int cxa_batch_take(struct cxa_batch **out, enum cxa_collection collection,
		   struct cxa_buffer *bytes, struct cxa_error *error)
{
	int status = cxa_batch_new(out, collection, error);

	if (status < 0)
		return status;
	body_of(*out)->taken = *bytes;
	*bytes = (struct cxa_buffer){ 0 };
	return 0;
}

static int grow(struct body *body, bool whole, struct cxa_error *error)
{
	size_t capacity = body->capacity == 0 ? 64 : 2 * body->capacity;
	struct cxa_record *records;

	records = reallocarray(body->records, capacity, sizeof(*records));
	if (records == NULL)
		return cxa_error_nomem(error, "a batch's records");
	body->records = records;
	body->visible.records = records;
	if (whole) {
		records = reallocarray(body->embeddings, capacity,
				       sizeof(*records));
		if (records == NULL)
			return cxa_error_nomem(error, "a batch's embeddings");
		body->embeddings = records;
		body->visible.embeddings = records;
	}
	body->capacity = capacity;
	return 0;
}

static int add(struct body *body, const struct cxa_record *record,
	       const struct cxa_record *embedding, struct cxa_error *error)
{
	size_t count = body->visible.count;
	int status;

	if (count == body->capacity) {
		status = grow(body, embedding != NULL, error);
		if (status < 0)
			return status;
	}
	body->records[count] = *record;
	body->bytes += record->size;
	if (embedding != NULL) {
		body->embeddings[count] = *embedding;
		body->bytes += embedding->size;
	}
	body->visible.count++;
	return 0;
}

int cxa_batch_add_row(struct cxa_batch *batch, const struct cxa_record *record,
		      struct cxa_error *error)
{
	return add(body_of(batch), record, NULL, error);
}

int cxa_batch_add_whole(struct cxa_batch *batch,
			const struct cxa_record *record,
			const struct cxa_record *embedding,
			struct cxa_error *error)
{
	return add(body_of(batch), record, embedding, error);
}

int cxa_batch_append(struct cxa_batch *batch, const ProtobufCMessage *message,
		     struct cxa_error *error)
{
	struct body *body = body_of(batch);
	const struct cxa_collection_info *info =
		cxa_collection_info(batch->collection);
	struct cxa_record record;
	uint8_t *data;

	if (message->descriptor != info->record)
		return cxa_error_set(error, CXA_ERR_USAGE,
				     "a %s appended to a batch of %s",
				     message->descriptor->short_name,
				     info->name);
	record.id = cxa_collection_key(batch->collection, message);
	if (batch->count != 0 &&
	    record.id <= batch->records[batch->count - 1].id)
		return cxa_error_set(error, CXA_ERR_USAGE,
				     "%s %llu appended behind %llu: ids must "
				     "ascend", info->record_name,
				     (unsigned long long)record.id,
				     (unsigned long long)
				     batch->records[batch->count - 1].id);
	record.size = protobuf_c_message_get_packed_size(message);
	data = cxa_arena_alloc(&body->arena, record.size);
	if (data == NULL)
		return cxa_error_nomem(error, info->record_name);
	protobuf_c_message_pack(message, data);
	record.data = data;
	return cxa_batch_add_row(batch, &record, error);
}

int cxa_batch_hold(struct cxa_batch *batch, struct cxa_batch *other,
		   struct cxa_error *error)
{
	struct body *body = body_of(batch);
	struct cxa_batch **held;

	if (body->held_count != 0 && body->held[body->held_count - 1] == other)
		return 0;
	held = reallocarray(body->held, body->held_count + 1, sizeof(*held));
	if (held == NULL)
		return cxa_error_nomem(error, "a batch");
	body->held = held;
	held[body->held_count++] = cxa_batch_ref(other);
	return 0;
}

struct cxa_arena *cxa_batch_arena(struct cxa_batch *batch)
{
	return &body_of(batch)->arena;
}

size_t cxa_batch_bytes(const struct cxa_batch *batch)
{
	return ((const struct body *)batch)->bytes;
}

struct cxa_batch *cxa_batch_ref(struct cxa_batch *batch)
{
	atomic_fetch_add_explicit(&body_of(batch)->references, 1,
				  memory_order_relaxed);
	return batch;
}

void cxa_batch_unref(struct cxa_batch *batch)
{
	struct body *body;

	if (batch == NULL)
		return;
	body = body_of(batch);
	if (atomic_fetch_sub_explicit(&body->references, 1,
				      memory_order_acq_rel) != 1)
		return;
	for (size_t i = 0; i < body->held_count; i++)
		cxa_batch_unref(body->held[i]);
	free(body->held);
	free(body->records);
	free(body->embeddings);
	cxa_buffer_release(&body->taken);
	cxa_arena_release(&body->arena);
	free(body);
}

bool cxa_record_key(enum cxa_collection collection, const uint8_t *data,
		    size_t size, uint64_t *id)
{
	const uint8_t *cursor = data + 1;

	*id = 0;
	if (!cxa_collection_info(collection)->has_key)
		return true;
	return size >= 2 && data[0] == (1 << 3) &&
	       cxa_varint_get(&cursor, data + size, id);
}

ProtobufCMessage *cxa_record_unpack(enum cxa_collection collection,
				    const struct cxa_record *record)
{
	return protobuf_c_message_unpack(cxa_collection_info(collection)->record,
					 NULL, record->size, record->data);
}
