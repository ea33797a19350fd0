/* salvage_source.c - the records of a salvaged archive, as a source */
#include "check/salvage_source.h"

#include <stdlib.h>

#include "base/frame.h"
#include "endpoint/batch_reader.h"

struct state {
	struct cxa_context *context;
	const struct cxa_manifest *manifest;
};

void cxa_parcel_name(const struct cxa_parcel *parcel,
		     char out[CXA_MEMBER_NAME_MAX + 1])
{
	if (parcel->has_number)
		cxa_member_batch_name(out, parcel->collection, parcel->number);
	else
		out[0] = '\0';
}

int cxa_parcel_read(const struct cxa_parcel *parcel, struct cxa_buffer *stored,
		    struct cxa_error *error)
{
	const struct cxa_piece *piece = parcel->piece;
	char name[CXA_MEMBER_NAME_MAX + 1];
	struct cxa_digest digest;
	bool whole = false;
	int status = cxa_wreck_data(parcel->wreck, piece->member.offset,
				    piece->member.size, stored, &whole, error);

	if (status < 0)
		return status;
	cxa_digest_of(&digest, stored->data, stored->size);
	if (whole && cxa_digest_equal(&digest, &piece->actual))
		return 0;
	if (!whole)
		return cxa_wreck_refuse(parcel->wreck, error);
	cxa_parcel_name(parcel, name);
	cxa_error_at(error, name, piece->member.offset);
	return cxa_error_set(error, CXA_ERR_CORRUPT,
			     "the file has changed while it was read");
}

static const struct cxa_parcel *parcel_at(const void *pointer, size_t number)
{
	const struct state *state = pointer;

	return &state->manifest->parcels[number];
}

static bool is_wanted(const void *state, size_t number,
		      const struct cxa_batch_choice *choice)
{
	const struct cxa_parcel *parcel = parcel_at(state, number);

	return parcel->fate != CXA_LOST &&
	       parcel->collection == choice->collection &&
	       parcel->first <= choice->range.last &&
	       parcel->last >= choice->range.first;
}

static uint64_t size(const void *state, size_t number)
{
	const struct cxa_piece *piece = parcel_at(state, number)->piece;

	return piece->member.size + piece->raw_size;
}

static int load(const void *pointer, size_t number, struct cxa_buffer *stored,
		struct cxa_buffer *raw, struct cxa_error *error)
{
	const struct state *state = pointer;
	struct cxa_context *context = state->context;
	struct cxa_frame_coder coder;
	int status = cxa_parcel_read(parcel_at(state, number), stored, error);

	if (status < 0)
		return status;
	coder = cxa_context_take_coder(context);
	status = cxa_frame_decompress(&coder, stored->data, stored->size,
				      &context->limits, CXA_LIMIT(batch_bytes),
				      raw, error);
	cxa_context_give_coder(context, &coder);
	return status;
}

static void locate(const void *state, size_t number, struct cxa_error *error)
{
	const struct cxa_parcel *parcel = parcel_at(state, number);
	char name[CXA_MEMBER_NAME_MAX + 1];

	cxa_parcel_name(parcel, name);
	cxa_error_at(error, name, parcel->piece->member.offset);
}

static int read_start(void *pointer, enum cxa_collection collection,
		      uint64_t first_id, uint64_t last_id, void **out,
		      struct cxa_error *error)
{
	static const struct cxa_batch_reader_ops ops = {
		.wanted = is_wanted, .size = size, .load = load,
		.locate = locate
	};
	const struct state *state = pointer;
	struct cxa_batch_choice choice = { .collection = collection,
					   .range = { first_id, last_id },
					   .end = state->manifest->count };
	struct cxa_batch_reader *reader;
	int status = cxa_batch_reader_open(&reader, state->context, &ops, state,
					   &choice, error);

	*out = reader;
	return status;
}

int cxa_salvage_source_open(struct cxa_source **out,
			    struct cxa_context *context,
			    const struct cxa_manifest *manifest,
			    const Cxa__Header *header, struct cxa_error *error)
{
	static const struct cxa_source_ops ops = {
		read_start, cxa_batch_reader_next, cxa_batch_reader_done, free
	};
	struct state *state = calloc(1, sizeof(*state));
	int status;

	*out = NULL;
	if (state == NULL)
		return cxa_error_nomem(error, "a source");
	state->context = context;
	state->manifest = manifest;
	status = cxa_source_new(out, context, &ops, state, header, error);
	if (status < 0) {
		free(state);
		return status;
	}
	for (size_t i = 0; i < manifest->count; i++)
		if (manifest->parcels[i].fate != CXA_LOST)
			(*out)->rows_bytes +=
				manifest->parcels[i].piece->raw_size;
	return 0;
}
