/* salvage_header.c - what describes a salvaged archive, and its losses */
#include "check/salvage_write.h"

#include "container/header.h"
#include "record/content_hash.h"

/* OTHER_BYTES: for the envelope, and what the writer of an archive sets. */
enum { GUESSES = 1000, OTHER_BYTES = 2048 };

static ProtobufCBinaryData text(const char *string)
{
	ProtobufCBinaryData data = {
		.len = strlen(string),
		.data = (uint8_t *)(uintptr_t)string, /* packing only reads */
	};

	return data;
}

/* --- losses -------------------------------------------------------------- */

static bool is_loss(const struct cxa_parcel *parcel)
{
	return parcel->fate == CXA_LOST || parcel->fate == CXA_UNVERIFIED;
}

/* Losses, when so many of a collection are told as one. */
static size_t count_losses(const struct cxa_manifest *manifest, size_t together)
{
	size_t in_group = 0;
	size_t count = 0;
	int collection = -1;

	for (size_t i = 0; i < manifest->count; i++) {
		const struct cxa_parcel *parcel = &manifest->parcels[i];

		if (!is_loss(parcel))
			continue;
		if ((int)parcel->collection != collection ||
		    in_group == together) {
			collection = (int)parcel->collection;
			in_group = 0;
			count++;
		}
		in_group++;
	}
	return count;
}

static int begin_loss(Cxa__Loss *loss, const struct cxa_parcel *parcel,
		      struct cxa_arena *arena)
{
	char name[CXA_MEMBER_NAME_MAX + 1];
	char *copy;

	cxa__loss__init(loss);
	loss->collection = text(cxa_collection_name(parcel->collection));
	loss->first_id = parcel->first;
	loss->has_records = true;
	cxa_parcel_name(parcel, name);
	copy = cxa_arena_copy(arena, name, strlen(name) + 1);
	if (copy == NULL)
		return -1;
	loss->has_member = name[0] != '\0';
	loss->member = text(copy);
	return 0;
}

/* Where ids of one are not known, they are bounds; the next may be lower. */
static void add_to_loss(Cxa__Loss *loss, const struct cxa_parcel *parcel)
{
	if (parcel->first < loss->first_id)
		loss->first_id = parcel->first;
	if (parcel->last > loss->last_id)
		loss->last_id = parcel->last;
	loss->records += parcel->records;
	loss->has_records = loss->has_records && parcel->records != 0;
}

static int add_losses(Cxa__Header *header, const struct cxa_manifest *manifest,
		      size_t together, struct cxa_arena *arena)
{
	Cxa__Loss *loss = NULL;
	size_t in_group = 0;
	int collection = -1;

	for (size_t i = 0; i < manifest->count; i++) {
		const struct cxa_parcel *parcel = &manifest->parcels[i];

		if (!is_loss(parcel))
			continue;
		if ((int)parcel->collection != collection ||
		    in_group == together) {
			loss = cxa_arena_alloc(arena, sizeof(*loss));
			if (loss == NULL ||
			    begin_loss(loss, parcel, arena) != 0)
				return -1;
			header->losses[header->n_losses++] = loss;
			collection = (int)parcel->collection;
			in_group = 0;
		}
		add_to_loss(loss, parcel);
		in_group++;
	}
	return 0;
}

static int lose_header(Cxa__Header *header, struct cxa_arena *arena)
{
	Cxa__Loss *loss = cxa_arena_alloc(arena, sizeof(*loss));

	if (loss == NULL)
		return -1;
	cxa__loss__init(loss);
	loss->collection = text("metadata");
	loss->has_member = true;
	loss->member = text(cxa_member_name(CXA_MEMBER_HEADER));
	header->losses[header->n_losses++] = loss;
	return 0;
}

static int set_losses(Cxa__Header *header, const struct cxa_salvage *salvage,
		      Cxa__Loss **old, size_t old_count, size_t together,
		      struct cxa_arena *arena)
{
	size_t count =
		old_count + 1 + count_losses(&salvage->manifest, together);

	header->losses =
		cxa_arena_alloc(arena, count * sizeof(*header->losses));
	if (header->losses == NULL)
		return -1;
	for (size_t i = 0; i < old_count; i++)
		header->losses[i] = old[i];
	header->n_losses = old_count;
	if (salvage->header == NULL && lose_header(header, arena) != 0)
		return -1;
	return add_losses(header, &salvage->manifest, together, arena);
}

/* As many as there is room for in a header; the fewer, the more are in each. */
static int fit_losses(Cxa__Header *header, const struct cxa_salvage *salvage,
		      struct cxa_arena *arena)
{
	Cxa__Loss **old = header->losses;
	size_t old_count = header->n_losses;
	size_t together = 1;
	size_t most = salvage->manifest.count;

	for (;;) {
		if (set_losses(header, salvage, old, old_count, together,
			       arena) != 0)
			return -1;
		if (together >= most ||
		    protobuf_c_message_get_packed_size(&header->base) +
				    OTHER_BYTES <=
			    CXA_HEADER_MAX)
			return 0;
		together *= 2;
	}
}

/* --- a header that is lost ----------------------------------------------- */

static uint32_t total(const struct cxa_manifest *manifest,
		      enum cxa_collection collection)
{
	uint64_t records = 0;

	for (size_t i = 0; i < manifest->count; i++)
		if (manifest->parcels[i].collection == collection)
			records += manifest->parcels[i].records;
	return records > UINT32_MAX ? UINT32_MAX : (uint32_t)records;
}

/* Only what is known; and it says why that is little. */
static Cxa__Metadata *make_metadata(const struct cxa_salvage *salvage,
				    uint32_t data_version,
				    struct cxa_arena *arena)
{
	Cxa__Metadata *metadata = cxa_arena_alloc(arena, sizeof(*metadata));

	if (metadata == NULL)
		return NULL;
	cxa__metadata__init(metadata);
	metadata->backup_id = text("");
	metadata->cortex_version = text("");
	metadata->integrity_hash = text("");
	metadata->created_at = (double)salvage->mtime * 1000;
	metadata->data_version = data_version;
	metadata->total_concepts = total(&salvage->manifest, CXA_CONCEPTS);
	metadata->total_columns = total(&salvage->manifest, CXA_COLUMNS);
	metadata->total_connections =
		total(&salvage->manifest, CXA_CONNECTIONS);
	metadata->description = text("salvaged: CORTEXARC, and with it what "
				     "described the store, was lost");
	return metadata;
}

static int fill(const struct cxa_salvage *salvage, uint32_t data_version,
		struct cxa_arena *arena, Cxa__Header *header)
{
	if (salvage->header == NULL)
		header->metadata = make_metadata(salvage, data_version, arena);
	return header->metadata == NULL ? -1
					: fit_losses(header, salvage, arena);
}

int cxa_salvage_header(const struct cxa_salvage *salvage, uint32_t data_version,
		       struct cxa_arena *arena, Cxa__Header **out,
		       struct cxa_error *error)
{
	Cxa__Header *header = cxa_arena_alloc(arena, sizeof(*header));

	*out = NULL;
	if (header == NULL)
		return cxa_error_nomem(error, "CORTEXARC");
	cxa__header__init(header);
	if (salvage->header != NULL)
		*header = *salvage->header;
	if (fill(salvage, data_version, arena, header) != 0)
		return cxa_error_nomem(error, "CORTEXARC");
	*out = header;
	return 0;
}

/* --- data_version, where no header says it ------------------------------- */

static void count_hashes(const struct cxa_batch *batch, size_t counts[3])
{
	for (size_t i = 0; i < batch->count && i < GUESSES; i++) {
		ProtobufCMessage *message = cxa_record_unpack(
			batch->collection, &batch->records[i]);
		const Cxa__Concept *concept = (void *)message;
		uint64_t hash;

		for (uint32_t v = 1; concept != NULL && v <= 2; v++)
			counts[v] += cxa_content_hash_of(v,
							 concept->content.data,
							 concept->content.len,
							 &hash) &&
				     hash == concept->content_hash;
		if (message != NULL)
			protobuf_c_message_free_unpacked(message, NULL);
	}
}

int cxa_salvage_guess(const struct cxa_salvage *salvage, uint32_t *version,
		      struct cxa_error *error)
{
	struct cxa_selection selection = CXA_SELECTION_INIT;
	struct cxa_source *source = NULL;
	struct cxa_cursor *cursor = NULL;
	struct cxa_batch *batch = NULL;
	size_t counts[3] = { 0 };
	int status;

	*version = 1;
	selection.collections = 1u << CXA_CONCEPTS;
	status = cxa_salvage_source_open(&source, salvage->context,
					 &salvage->manifest, NULL, error);
	if (status == 0)
		status = cxa_cursor_open(&cursor, source, &selection, error);
	if (status == 0)
		status = cxa_cursor_next(cursor, &batch, error);
	if (status == 0) {
		count_hashes(batch, counts);
		*version = counts[2] > counts[1] ? 2 : 1;
		cxa_batch_unref(batch);
	}
	cxa_cursor_close(cursor);
	cxa_source_close(source);
	return status == CXA_END ? 0 : status;
}
