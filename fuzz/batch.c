/* batch.c - fuzz: one batch of each collection, as it is or in its frame */
#include <stdlib.h>

#include "base/frame.h"
#include "record/batch_codec.h"
#include "record/collection.h"
#include "record/json_codec.h"
#include "support.h"

/*
 * The low three bits of the first byte say the collection, the fourth that the
 * rest is a frame. Oracles: what is accepted encodes to the same bytes; of a
 * range of ids it gives the same records; each of its records unpacks, packs to
 * the same bytes, and as JSON says the same when it is read again.
 */

enum { IN_FRAME = 8 };

/* JSON has no NaN: so texts are compared, not records. */
static void through_json(enum cxa_collection collection,
			 const ProtobufCMessage *message)
{
	const struct cxa_message_type *type = cxa_collection_type(collection);
	struct cxa_json_rules rules = { .limits = &fuzz_context()->limits };
	struct cxa_error error = CXA_ERROR_INIT;
	struct cxa_buffer text = { 0 };
	struct cxa_buffer again = { 0 };
	struct cxa_arena arena = { 0 };
	ProtobufCMessage *read = NULL;
	struct cxa_json_text place = { .line = 1, .column = 1 };

	fuzz_must_be(cxa_json_encode(message, false, NULL, &text, &error), 0,
		     &error, "a record as JSON");
	MUST(fuzz_is_utf8(&text));
	place.data = text.data;
	place.size = text.size;
	fuzz_must_be(cxa_json_decode(type, "record", &place, &rules, &arena,
				     &read, NULL, &error), 0, &error,
		     "reading a record's JSON");
	fuzz_must_be(cxa_json_encode(read, false, NULL, &again, &error), 0,
		     &error, "the same again");
	MUST(fuzz_same(&text, &again));
	cxa_arena_release(&arena);
	cxa_buffer_release(&text);
	cxa_buffer_release(&again);
}

static void look_at_record(enum cxa_collection collection,
			   const struct cxa_record *record)
{
	struct cxa_buffer again = { 0 };
	ProtobufCMessage *message = cxa_record_unpack(collection, record);

	MUST(message != NULL);
	MUST(cxa_wire_pack(message, &again, NULL) == 0);
	MUST(again.size == record->size &&
	     memcmp(again.data, record->data, again.size) == 0);
	MUST(cxa_collection_key(collection, message) == record->id);
	through_json(collection, message);
	protobuf_c_message_free_unpacked(message, NULL);
	cxa_buffer_release(&again);
}

static void look_at_batch(const struct cxa_batch *batch,
			  const struct cxa_id_run *ids)
{
	MUST(batch->count == ids->count && batch->count != 0);
	MUST(batch->records[0].id == ids->first);
	MUST(batch->records[batch->count - 1].id == ids->last);
	for (size_t i = 0; i < batch->count; i++) {
		MUST(i == 0 ||
		     batch->records[i - 1].id < batch->records[i].id);
		look_at_record(batch->collection, &batch->records[i]);
	}
}

static int decode(enum cxa_collection collection, const uint8_t *data,
		  size_t size, const struct cxa_id_range *range,
		  struct cxa_batch **batch, struct cxa_id_run *ids)
{
	struct cxa_error error = CXA_ERROR_INIT;
	struct cxa_buffer raw = { 0 };
	int status;

	raw.data = malloc(size + 1);
	MUST(raw.data != NULL);
	memcpy(raw.data, data, size);
	raw.size = size;
	raw.capacity = size + 1;
	status = cxa_batch_decode(collection, &raw, &fuzz_context()->limits,
				  range, batch, ids, &error);
	MUST((status == 0) == (*batch != NULL));
	cxa_buffer_release(&raw);
	return status;
}

/* The second half, by its ids. */
static void look_at_half(const struct cxa_batch *all, const uint8_t *data,
			 size_t size)
{
	size_t first = all->count / 2;
	struct cxa_id_range range = { all->records[first].id,
				      all->records[all->count - 1].id };
	struct cxa_batch *half = NULL;
	struct cxa_id_run ids;

	MUST(decode(all->collection, data, size, &range, &half, &ids) == 0);
	MUST(ids.count == all->count && half->count == all->count - first);
	for (size_t i = 0; i < half->count; i++) {
		const struct cxa_record *a = &all->records[first + i];
		const struct cxa_record *b = &half->records[i];

		MUST(a->id == b->id && a->size == b->size &&
		     memcmp(a->data, b->data, a->size) == 0);
	}
	cxa_batch_unref(half);
}

static void try_batch(enum cxa_collection collection, const uint8_t *data,
		      size_t size)
{
	static const struct cxa_id_range all = { 0, UINT64_MAX };
	const struct cxa_limits *limits = &fuzz_context()->limits;
	struct cxa_error error = CXA_ERROR_INIT;
	struct cxa_buffer again = { 0 };
	struct cxa_batch *batch = NULL;
	struct cxa_wire_stats stats;
	struct cxa_id_run checked;
	struct cxa_id_run ids;
	int status = decode(collection, data, size, &all, &batch, &ids);

	MUST(cxa_batch_check(collection, data, size, limits, &checked, &stats,
			     &error) == status);
	if (status == 0) {
		MUST(memcmp(&checked, &ids, sizeof(ids)) == 0);
		look_at_batch(batch, &ids);
		look_at_half(batch, data, size);
		fuzz_must_be(cxa_batch_encode(collection, batch->records,
					      batch->count, &again, &error), 0,
			     &error, "encoding the batch");
		MUST(again.size == size &&
		     memcmp(again.data, data, size) == 0);
	}
	cxa_batch_unref(batch);
	cxa_buffer_release(&again);
}

static void try_frame(enum cxa_collection collection, const uint8_t *data,
		      size_t size)
{
	static struct cxa_frame_coder coder;
	const struct cxa_limits *limits = &fuzz_context()->limits;
	struct cxa_buffer raw = { 0 };
	uint64_t told = 0;
	int judged = cxa_frame_content_size(data, size, &told, NULL);
	int status = cxa_frame_decompress(&coder, data, size, limits,
					  CXA_LIMIT(batch_bytes), &raw, NULL);

	if (status == 0) {
		MUST(judged == 0 && raw.size == told);
		MUST(raw.size <= limits->batch_bytes);
		try_batch(collection, raw.data, raw.size);
	}
	cxa_buffer_release(&raw);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	enum cxa_collection collection;

	if (size < 2)
		return 0;
	collection = (enum cxa_collection)(data[0] % 8 % CXA_COLLECTION_COUNT);
	if ((data[0] & IN_FRAME) != 0)
		try_frame(collection, data + 1, size - 1);
	else
		try_batch(collection, data + 1, size - 1);
	return 0;
}
