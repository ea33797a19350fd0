/* records.c - all records of a source as one digest, for comparing sources */
#include "records.h"

#include <cortexarc/diff.h>

#include "base/wire.h"
#include "endpoint/source.h"
#include "record/collection.h"

static void check_row(enum cxa_collection collection,
		      const struct cxa_record *record)
{
	ProtobufCMessage *message = cxa_record_unpack(collection, record);
	struct cxa_buffer again = { 0 };

	MUST(message != NULL);
	MUST(cxa_collection_key(collection, message) == record->id);
	MUST(cxa_wire_pack(message, &again, NULL) == 0);
	MUST(again.size == record->size &&
	     memcmp(again.data, record->data, again.size) == 0);
	protobuf_c_message_free_unpacked(message, NULL);
	cxa_buffer_release(&again);
}

static void take_batch(struct fuzz_records *out, struct cxa_hasher *hasher,
		       const struct cxa_batch *batch)
{
	bool first = out->total == 0 || batch->collection != out->collection;

	MUST(out->total == 0 || batch->collection >= out->collection);
	out->collection = batch->collection;
	out->count[batch->collection] += batch->count;
	for (size_t i = 0; i < batch->count; i++) {
		const struct cxa_record *record = &batch->records[i];

		MUST(first || record->id > out->id);
		first = false;
		check_row(batch->collection, record);
		cxa_digest_of(&out->row, record->data, record->size);
		cxa_hasher_update(hasher, &batch->collection,
				  sizeof(batch->collection));
		cxa_hasher_update(hasher, &record->id, sizeof(record->id));
		cxa_hasher_update(hasher, &out->row, sizeof(out->row));
		out->id = record->id;
		out->total++;
	}
}

void fuzz_read_all(struct fuzz_records *out, struct cxa_source *source,
		   const struct cxa_selection *selection)
{
	struct cxa_cursor *cursor = NULL;
	struct cxa_batch *batch = NULL;
	struct cxa_hasher hasher;

	*out = (struct fuzz_records){ .error = CXA_ERROR_INIT };
	cxa_hasher_init(&hasher);
	out->status = cxa_cursor_open(&cursor, source, selection, &out->error);
	while (out->status == 0) {
		out->status = cxa_cursor_next(cursor, &batch, &out->error);
		if (out->status == 0)
			take_batch(out, &hasher, batch);
		cxa_batch_unref(batch);
		batch = NULL;
	}
	if (out->status == CXA_END)
		out->status = 0;
	cxa_cursor_close(cursor);
	cxa_hasher_final(&hasher, &out->digest);
}

void fuzz_read_bytes(struct fuzz_records *out, const uint8_t *data, size_t size,
		     bool as_pipe)
{
	static const struct cxa_source_options options =
		CXA_SOURCE_OPTIONS_INIT;
	struct cxa_input *input = fuzz_input(data, size, as_pipe);
	struct cxa_error error = CXA_ERROR_INIT;
	struct cxa_source *source = NULL;
	int status = cxa_source_open_input(&source, fuzz_context(), &input,
					   &options, &error);

	MUST((status == 0) == (source != NULL));
	if (status == 0) {
		fuzz_read_all(out, source, NULL);
	} else {
		*out = (struct fuzz_records){ .status = status };
		out->error = error;
	}
	cxa_source_close(source);
	cxa_input_close(input);
}

void fuzz_same_records(struct cxa_source *a, struct cxa_source *b)
{
	struct cxa_diff_options options = CXA_DIFF_OPTIONS_INIT;
	struct cxa_error error = CXA_ERROR_INIT;
	struct cxa_diff_summary summary;

	options.full = true;
	fuzz_must_be(cxa_diff(a, b, &options, &summary, &error), 0, &error,
		     "comparing");
	MUST(summary.differences == 0);
	MUST(summary.metadata_changes == 0);
}
