/* archive_sink.c - records into a .cxa archive */
#include <stdlib.h>

#include <zstd.h>

#include <cortexarc/cortexarc.h>

#include "base/frame.h"
#include "base/schema_data.h"
#include "container/header.h"
#include "container/index.h"
#include "container/member_writer.h"
#include "container/sums.h"
#include "container/trailer.h"
#include "endpoint/encoder.h"
#include "endpoint/sink.h"
#include "record/collection.h"

struct archive_sink {
	struct cxa_sink *sink;
	struct cxa_output *output;
	struct cxa_member_writer *members;
	struct cxa_encoder *encoder;
	struct cxa_arena arena;    /* of the index */
	Cxa__Index index;
	size_t index_capacity;
	struct cxa_buffer sums;
	struct cxa_summary summary;
	struct cxa_trailer trailer;
};

static int write_output(void *state, const void *data, size_t size,
			struct cxa_error *error)
{
	struct archive_sink *archive = state;

	return cxa_output_write(archive->output, data, size, error);
}

/* Add a member, and its line to B2SUMS when it has a @digest. */
static int add_member(struct archive_sink *archive, struct cxa_member *member,
		      const struct cxa_digest *digest, const void *data,
		      size_t size, struct cxa_error *error)
{
	member->size = size;
	if (digest != NULL) {
		member->digest = *digest;
		cxa_sums_add(&archive->sums, digest, member->name);
		if (archive->sums.failed)
			return cxa_error_nomem(error, "B2SUMS");
	}
	return cxa_member_writer_add(archive->members, member, data, error);
}

static int add_named(struct archive_sink *archive, enum cxa_member_kind kind,
		     bool in_pax, bool in_sums, const void *data, size_t size,
		     struct cxa_member *member, struct cxa_error *error)
{
	struct cxa_digest digest;

	cxa_member_parse(member, cxa_member_name(kind));
	member->has_digest = in_pax;
	cxa_digest_of(&digest, data, size);
	return add_member(archive, member, in_sums ? &digest : NULL, data, size,
			  error);
}

static ProtobufCBinaryData text(const char *string)
{
	ProtobufCBinaryData data = {
		.len = strlen(string),
		.data = (uint8_t *)(uintptr_t)string, /* packing only reads */
	};

	return data;
}

/* What this writer says of itself; what describes the store stays. */
static int write_header(struct archive_sink *archive, const Cxa__Header *from,
			struct cxa_error *error)
{
	Cxa__BatchSize sizes[CXA_COLLECTION_COUNT];
	Cxa__BatchSize *pointers[CXA_COLLECTION_COUNT];
	Cxa__Header header = *from;
	struct cxa_buffer bytes = { 0 };
	struct cxa_member member;
	int status;

	for (int i = 0; i < CXA_COLLECTION_COUNT; i++) {
		const struct cxa_collection_info *info =
			cxa_collection_info((enum cxa_collection)i);

		cxa__batch_size__init(&sizes[i]);
		sizes[i].collection = text(info->name);
		sizes[i].boundary_bits = info->boundary_bits;
		sizes[i].min_bytes = info->min_bytes;
		sizes[i].max_bytes = info->max_bytes;
		pointers[i] = &sizes[i];
	}
	header.format_major = CXA_FORMAT_MAJOR;
	header.format_minor = CXA_FORMAT_MINOR;
	header.hash_name = text("BLAKE2b-256");
	header.writer_name = text("cortexarc");
	header.writer_version = text(cxa_version());
	header.zstd_version = text(ZSTD_versionString());
	header.has_zstd_level = true;
	header.zstd_level = (uint32_t)archive->sink->options.zstd_level;
	/* Features are of the archive they were read from, not of this one. */
	header.n_required_to_list = 0;
	header.n_required_to_restore = 0;
	header.n_required_to_rewrite = 0;
	header.n_optional_features = 0;
	header.n_batch_sizes = CXA_COLLECTION_COUNT;
	header.batch_sizes = pointers;
	status = cxa_header_encode(&header, &bytes, error);
	if (status == 0)
		status = cxa_member_writer_open(&archive->members,
						cxa_header_mtime(&header),
						write_output, archive, error);
	if (status == 0)
		status = add_named(archive, CXA_MEMBER_HEADER, false, true,
				   bytes.data, bytes.size, &member, error);
	cxa_buffer_release(&bytes);
	return status;
}

static int sink_begin(void *state, const Cxa__Header *header,
		      struct cxa_error *error)
{
	struct archive_sink *archive = state;
	struct cxa_member member;
	int status;

	if (header->n_required_to_rewrite != 0)
		return cxa_error_set(error, CXA_ERR_UNSUPPORTED,
				     "needs the feature \"%.*s\" to be "
				     "rewritten, which cortexarc %s does not "
				     "have",
				     (int)header->required_to_rewrite[0].len,
				     (const char *)
					     header->required_to_rewrite[0].data,
				     cxa_version());
	status = write_header(archive, header, error);
	if (status < 0)
		return status;
	return add_named(archive, CXA_MEMBER_SCHEMA, true, true,
			 cxa_schema_data, cxa_schema_size, &member, error);
}

static int grow_index(struct archive_sink *archive, struct cxa_error *error)
{
	size_t capacity = archive->index_capacity == 0 ?
				  64 : 2 * archive->index_capacity;
	Cxa__IndexEntry **entries = reallocarray(archive->index.entries,
						 capacity, sizeof(*entries));

	if (entries == NULL)
		return cxa_error_nomem(error, "INDEX");
	archive->index.entries = entries;
	archive->index_capacity = capacity;
	return 0;
}

static int set_bytes(struct cxa_arena *arena, ProtobufCBinaryData *out,
		     const void *data, size_t size)
{
	out->data = cxa_arena_copy(arena, data, size);
	out->len = size;
	return out->data == NULL ? -1 : 0;
}

static int add_entry(struct archive_sink *archive,
		     const struct cxa_member *member,
		     const struct cxa_encoded *encoded, struct cxa_error *error)
{
	struct cxa_arena *arena = &archive->arena;
	Cxa__IndexEntry *entry = cxa_arena_alloc(arena, sizeof(*entry));
	int status = 0;

	if (archive->index.n_entries == archive->index_capacity)
		status = grow_index(archive, error);
	if (status < 0)
		return status;
	if (entry == NULL)
		return cxa_error_nomem(error, "INDEX");
	cxa__index_entry__init(entry);
	entry->offset = member->offset;
	entry->stored_size = encoded->stored.size;
	entry->raw_size = encoded->raw_size;
	entry->records = encoded->records;
	entry->first_id = encoded->first_id;
	entry->last_id = encoded->last_id;
	if (set_bytes(arena, &entry->member, member->name,
		      strlen(member->name)) != 0 ||
	    set_bytes(arena, &entry->stored_digest,
		      encoded->stored_digest.bytes, CXA_DIGEST_BYTES) != 0 ||
	    set_bytes(arena, &entry->raw_digest, encoded->raw_digest.bytes,
		      CXA_DIGEST_BYTES) != 0)
		return cxa_error_nomem(error, "INDEX");
	archive->index.entries[archive->index.n_entries++] = entry;
	return 0;
}

static int write_batch(void *state, const struct cxa_encoded *encoded,
		       struct cxa_error *error)
{
	struct archive_sink *archive = state;
	struct cxa_summary *summary = &archive->summary;
	enum cxa_collection collection = encoded->collection;
	struct cxa_member member = {
		.kind = CXA_MEMBER_BATCH,
		.collection = collection,
		.number = (uint32_t)summary->batches[collection],
		.has_digest = true,
	};
	int status;

	cxa_member_batch_name(member.name, collection, member.number);
	status = add_member(archive, &member, &encoded->stored_digest,
			    encoded->stored.data, encoded->stored.size, error);
	if (status == 0)
		status = add_entry(archive, &member, encoded, error);
	if (status < 0)
		return status;
	summary->batches[collection]++;
	summary->records[collection] += encoded->records;
	summary->raw_bytes[collection] += encoded->raw_size;
	summary->stored_bytes[collection] += encoded->stored.size;
	return 0;
}

static int sink_put(void *state, struct cxa_batch *batch,
		    struct cxa_error *error)
{
	struct archive_sink *archive = state;

	return cxa_encoder_put(archive->encoder, batch, error);
}

static int check_index_size(const struct archive_sink *archive, const char *name,
			    uint64_t size, struct cxa_error *error)
{
	const struct cxa_limits *limits = &archive->sink->context->limits;

	if (size <= limits->index_bytes)
		return 0;
	return cxa_limit_exceeded(error, limits, CXA_LIMIT(index_bytes), size,
				  "%s", name);
}

/* What is written can be read again: true of itself, within the limits. */
static int check_index(const struct archive_sink *archive,
		       const struct cxa_buffer *raw, struct cxa_error *error)
{
	struct cxa_arena arena = { 0 };
	Cxa__Index *index;
	int status = check_index_size(archive, "INDEX.pb.zst", raw->size,
				      error);

	if (status == 0)
		status = cxa_index_decode(raw->data, raw->size,
					  &archive->sink->context->limits,
					  &arena, &index, error);
	cxa_arena_release(&arena);
	return status;
}

static int write_index(struct archive_sink *archive, struct cxa_error *error)
{
	const struct cxa_sink_options *options = &archive->sink->options;
	struct cxa_frame_coder coder = { 0 };
	struct cxa_buffer raw = { 0 };
	struct cxa_buffer stored = { 0 };
	struct cxa_member member;
	int status = cxa_index_encode(&archive->index, &raw, error);

	if (status == 0)
		status = check_index(archive, &raw, error);
	if (status == 0)
		status = cxa_frame_compress(&coder, options->zstd_level,
					    !options->no_check_encode, raw.data,
					    raw.size, &stored, error);
	if (status == 0)
		status = add_named(archive, CXA_MEMBER_INDEX, true, true,
				   stored.data, stored.size, &member, error);
	if (status == 0) {
		archive->trailer.index_offset = member.offset;
		archive->trailer.index_size = member.size;
		archive->trailer.index_digest = member.digest;
	}
	cxa_frame_coder_release(&coder);
	cxa_buffer_release(&raw);
	cxa_buffer_release(&stored);
	return status;
}

static int write_end(struct archive_sink *archive, struct cxa_error *error)
{
	struct cxa_trailer *trailer = &archive->trailer;
	uint8_t bytes[CXA_TRAILER_BYTES];
	struct cxa_member member;
	int status = check_index_size(archive, "B2SUMS", archive->sums.size,
				      error);

	if (status == 0)
		status = add_named(archive, CXA_MEMBER_SUMS, false, false,
				   archive->sums.data, archive->sums.size,
				   &member, error);
	if (status < 0)
		return status;
	trailer->major = CXA_FORMAT_MAJOR;
	trailer->minor = CXA_FORMAT_MINOR;
	trailer->sums_offset = member.offset;
	trailer->sums_size = member.size;
	cxa_digest_of(&trailer->root, archive->sums.data, archive->sums.size);
	cxa_trailer_encode(trailer, bytes);
	status = add_named(archive, CXA_MEMBER_TRAILER, false, false, bytes,
			   sizeof(bytes), &member, error);
	if (status == 0)
		status = cxa_member_writer_finish(archive->members, error);
	return status;
}

/* What stands in the file is what was meant: its end, and so its size. */
static int read_back(struct archive_sink *archive, struct cxa_error *error)
{
	uint64_t size = cxa_output_bytes(archive->output);
	uint8_t bytes[3 * CXA_TRAILER_BYTES];
	uint8_t expected[CXA_TRAILER_BYTES];
	int status = cxa_output_read_at(archive->output, size - sizeof(bytes),
					bytes, sizeof(bytes), NULL);

	if (status == CXA_ERR_USAGE)
		return 0; /* a pipe cannot be read again */
	cxa_trailer_encode(&archive->trailer, expected);
	if (status < 0 || memcmp(bytes, expected, sizeof(expected)) != 0)
		return cxa_error_set(error, CXA_ERR_CORRUPT,
				     "what was written cannot be read back");
	return 0;
}

static int sink_commit(void *state, struct cxa_summary *summary,
		       struct cxa_error *error)
{
	struct archive_sink *archive = state;
	int status = cxa_encoder_finish(archive->encoder, error);

	if (status == 0)
		status = write_index(archive, error);
	if (status == 0)
		status = write_end(archive, error);
	if (status == 0)
		status = read_back(archive, error);
	if (status == 0)
		status = cxa_output_commit(archive->output, error);
	if (status < 0)
		return status;
	*summary = archive->summary;
	summary->has_root = true;
	memcpy(summary->root, archive->trailer.root.bytes,
	       sizeof(summary->root));
	summary->total_bytes = cxa_output_bytes(archive->output);
	return 0;
}

static void sink_close(void *state)
{
	struct archive_sink *archive = state;

	cxa_encoder_close(archive->encoder);
	cxa_member_writer_close(archive->members);
	cxa_output_close(archive->output);
	cxa_arena_release(&archive->arena);
	cxa_buffer_release(&archive->sums);
	free(archive->index.entries);
	free(archive);
}

int cxa_archive_sink_open(struct cxa_sink *sink, const char *locator,
			  struct cxa_error *error)
{
	static const struct cxa_sink_ops ops = {
		sink_begin, sink_put, sink_commit, sink_close, false };
	struct archive_sink *archive = calloc(1, sizeof(*archive));
	int status;

	if (archive == NULL)
		return cxa_error_nomem(error, "an archive");
	if (sink->options.zstd_level == 0)
		sink->options.zstd_level = CXA_FRAME_LEVEL;
	sink->ops = &ops;
	sink->state = archive;
	archive->sink = sink;
	cxa__index__init(&archive->index);
	status = cxa_output_open(&archive->output, locator,
				 &sink->context->cancel, error);
	if (status < 0)
		return status;
	return cxa_encoder_open(&archive->encoder, sink->context,
				sink->options.zstd_level,
				!sink->options.no_check_encode, write_batch,
				archive, error);
}
