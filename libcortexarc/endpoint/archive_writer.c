/* archive_writer.c - batches that are encoded already into a .cxa archive */
#include "endpoint/archive_writer.h"

#include <errno.h>
#include <stdlib.h>

#include "base/frame.h"
#include "container/header.h"
#include "container/index.h"
#include "container/member_writer.h"
#include "container/sums.h"
#include "container/trailer.h"

struct cxa_archive_writer {
	struct cxa_context *context;
	struct cxa_output *output;
	struct cxa_member_writer *members;
	struct cxa_arena arena;    /* of the index */
	Cxa__Index index;
	size_t index_capacity;
	struct cxa_buffer sums;
	struct cxa_summary summary;
	struct cxa_trailer trailer;
	int zstd_level;
	bool prove;
};

static int write_output(void *state, const void *data, size_t size,
			struct cxa_error *error)
{
	struct cxa_archive_writer *writer = state;

	return cxa_output_write(writer->output, data, size, error);
}

/* Add a member, and its line to B2SUMS when it has a @digest. */
static int add_member(struct cxa_archive_writer *writer,
		      struct cxa_member *member, const struct cxa_digest *digest,
		      const void *data, size_t size, struct cxa_error *error)
{
	member->size = size;
	if (digest != NULL) {
		member->digest = *digest;
		cxa_sums_add(&writer->sums, digest, member->name);
		if (writer->sums.failed)
			return cxa_error_nomem(error, "B2SUMS");
	}
	return cxa_member_writer_add(writer->members, member, data, error);
}

static int add_named(struct cxa_archive_writer *writer,
		     enum cxa_member_kind kind, bool in_pax, bool in_sums,
		     const void *data, size_t size, struct cxa_member *member,
		     struct cxa_error *error)
{
	struct cxa_digest digest;

	cxa_member_parse(member, cxa_member_name(kind));
	member->has_digest = in_pax;
	cxa_digest_of(&digest, data, size);
	return add_member(writer, member, in_sums ? &digest : NULL, data, size,
			  error);
}

static int grow_index(struct cxa_archive_writer *writer,
		      struct cxa_error *error)
{
	size_t capacity = writer->index_capacity == 0 ?
				  64 : 2 * writer->index_capacity;
	Cxa__IndexEntry **entries = reallocarray(writer->index.entries,
						 capacity, sizeof(*entries));

	if (entries == NULL)
		return cxa_error_nomem(error, "INDEX");
	writer->index.entries = entries;
	writer->index_capacity = capacity;
	return 0;
}

static int set_bytes(struct cxa_arena *arena, ProtobufCBinaryData *out,
		     const void *data, size_t size)
{
	out->data = cxa_arena_copy(arena, data, size);
	out->len = size;
	return out->data == NULL ? -1 : 0;
}

static int add_entry(struct cxa_archive_writer *writer,
		     const struct cxa_member *member,
		     const struct cxa_encoded *encoded, struct cxa_error *error)
{
	struct cxa_arena *arena = &writer->arena;
	Cxa__IndexEntry *entry = cxa_arena_alloc(arena, sizeof(*entry));
	int status = 0;

	if (writer->index.n_entries == writer->index_capacity)
		status = grow_index(writer, error);
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
	writer->index.entries[writer->index.n_entries++] = entry;
	return 0;
}

int cxa_archive_writer_add(struct cxa_archive_writer *writer,
			   const struct cxa_encoded *encoded,
			   struct cxa_error *error)
{
	struct cxa_summary *summary = &writer->summary;
	enum cxa_collection collection = encoded->collection;
	struct cxa_member member = {
		.kind = CXA_MEMBER_BATCH,
		.collection = collection,
		.number = (uint32_t)summary->batches[collection],
		.has_digest = true,
	};
	int status;

	cxa_member_batch_name(member.name, collection, member.number);
	status = add_member(writer, &member, &encoded->stored_digest,
			    encoded->stored.data, encoded->stored.size, error);
	if (status == 0)
		status = add_entry(writer, &member, encoded, error);
	if (status < 0)
		return status;
	summary->batches[collection]++;
	summary->records[collection] += encoded->records;
	summary->raw_bytes[collection] += encoded->raw_size;
	summary->stored_bytes[collection] += encoded->stored.size;
	return 0;
}

static int check_index_size(const struct cxa_archive_writer *writer,
			    const char *name, uint64_t size, struct cxa_error *error)
{
	const struct cxa_limits *limits = &writer->context->limits;

	if (size <= limits->index_bytes)
		return 0;
	return cxa_limit_exceeded(error, limits, CXA_LIMIT(index_bytes), size,
				  "%s", name);
}

/* What is written can be read again: true of itself, within the limits. */
static int check_index(const struct cxa_archive_writer *writer,
		       const struct cxa_buffer *raw, struct cxa_error *error)
{
	struct cxa_arena arena = { 0 };
	Cxa__Index *index;
	int status = check_index_size(writer, "INDEX.pb.zst", raw->size,
				      error);

	if (status == 0)
		status = cxa_index_decode(raw->data, raw->size,
					  &writer->context->limits,
					  &arena, &index, error);
	cxa_arena_release(&arena);
	return status;
}

static int make_index(struct cxa_archive_writer *writer,
		      struct cxa_buffer *stored, struct cxa_error *error)
{
	struct cxa_frame_coder coder = cxa_context_take_coder(writer->context);
	struct cxa_buffer raw = { 0 };
	int status = cxa_index_encode(&writer->index, &raw, error);

	if (status == 0)
		status = check_index(writer, &raw, error);
	if (status == 0)
		status = cxa_frame_compress(&coder, writer->zstd_level,
					    writer->prove, raw.data, raw.size,
					    stored, error);
	cxa_context_give_coder(writer->context, &coder);
	cxa_buffer_release(&raw);
	return status;
}

static bool same_bytes(const ProtobufCBinaryData *a,
		       const ProtobufCBinaryData *b)
{
	return a->len == b->len && memcmp(a->data, b->data, a->len) == 0;
}

static bool same_entry(const Cxa__IndexEntry *a, const Cxa__IndexEntry *b)
{
	return a->offset == b->offset && a->stored_size == b->stored_size &&
	       a->raw_size == b->raw_size && a->records == b->records &&
	       a->first_id == b->first_id && a->last_id == b->last_id &&
	       same_bytes(&a->member, &b->member) &&
	       same_bytes(&a->stored_digest, &b->stored_digest) &&
	       same_bytes(&a->raw_digest, &b->raw_digest);
}

static bool same_index(const Cxa__Index *a, const Cxa__Index *b)
{
	bool same = a->n_entries == b->n_entries;

	for (size_t i = 0; i < a->n_entries && same; i++)
		same = same_entry(a->entries[i], b->entries[i]);
	return same;
}

/* What another version's INDEX says beyond that is no concern of ours. */
static int check_given(struct cxa_archive_writer *writer, struct cxa_span index,
		       bool *is_true, struct cxa_error *error)
{
	const struct cxa_limits *limits = &writer->context->limits;
	struct cxa_frame_coder coder = cxa_context_take_coder(writer->context);
	struct cxa_buffer raw = { 0 };
	struct cxa_arena arena = { 0 };
	Cxa__Index *given = NULL;
	int status = cxa_frame_decompress(&coder, index.data, index.size,
					  limits, CXA_LIMIT(index_bytes), &raw,
					  NULL);

	if (status == 0)
		status = cxa_index_decode(raw.data, raw.size, limits, &arena,
					  &given, NULL);
	*is_true = status == 0 && same_index(given, &writer->index);
	cxa_context_give_coder(writer->context, &coder);
	cxa_buffer_release(&raw);
	cxa_arena_release(&arena);
	return status == CXA_ERR_NOMEM ? cxa_error_nomem(error, "INDEX") : 0;
}

static int write_index(struct cxa_archive_writer *writer, struct cxa_span index,
		       struct cxa_error *error)
{
	struct cxa_buffer made = { 0 };
	struct cxa_member member;
	bool is_true = false;
	int status = 0;

	if (index.data != NULL)
		status = check_given(writer, index, &is_true, error);
	if (status == 0 && !is_true) {
		status = make_index(writer, &made, error);
		index = (struct cxa_span){ made.data, made.size };
	}
	if (status == 0)
		status = add_named(writer, CXA_MEMBER_INDEX, true, true,
				   index.data, index.size, &member, error);
	if (status == 0) {
		writer->trailer.index_offset = member.offset;
		writer->trailer.index_size = member.size;
		writer->trailer.index_digest = member.digest;
	}
	cxa_buffer_release(&made);
	return status;
}

static int write_end(struct cxa_archive_writer *writer,
		     struct cxa_error *error)
{
	struct cxa_trailer *trailer = &writer->trailer;
	uint8_t bytes[CXA_TRAILER_BYTES];
	struct cxa_member member;
	int status = check_index_size(writer, "B2SUMS", writer->sums.size,
				      error);

	if (status == 0)
		status = add_named(writer, CXA_MEMBER_SUMS, false, false,
				   writer->sums.data, writer->sums.size,
				   &member, error);
	if (status != 0)
		return status;
	trailer->sums_offset = member.offset;
	trailer->sums_size = member.size;
	cxa_digest_of(&trailer->root, writer->sums.data, writer->sums.size);
	cxa_trailer_encode(trailer, bytes);
	status = add_named(writer, CXA_MEMBER_TRAILER, false, false, bytes,
			   sizeof(bytes), &member, error);
	if (status == 0)
		status = cxa_member_writer_finish(writer->members, error);
	return status;
}

/* What stands in the file is what was meant: its end, and so its size. */
static int read_back(struct cxa_archive_writer *writer, struct cxa_error *error)
{
	uint64_t size = cxa_output_bytes(writer->output);
	uint8_t bytes[3 * CXA_TRAILER_BYTES];
	uint8_t expected[CXA_TRAILER_BYTES];
	struct cxa_error inner = CXA_ERROR_INIT;
	int status = cxa_output_read_at(writer->output, size - sizeof(bytes),
					bytes, sizeof(bytes), &inner);

	if (status == CXA_ERR_USAGE)
		return 0; /* a pipe cannot be read again */
	if (status < 0)
		return cxa_error_pass(error, status, &inner);
	cxa_trailer_encode(&writer->trailer, expected);
	if (memcmp(bytes, expected, sizeof(expected)) == 0)
		return 0;
	errno = EIO;
	return cxa_error_set(error, CXA_ERR_IO,
			     "what was written does not read back the same");
}


/* --- the whole ------------------------------------------------------------ */

int cxa_archive_writer_open(struct cxa_archive_writer **out,
			    struct cxa_context *context, const char *locator,
			    int zstd_level, bool prove,
			    struct cxa_error *error)
{
	struct cxa_archive_writer *writer = calloc(1, sizeof(*writer));
	int status;

	*out = NULL;
	if (writer == NULL)
		return cxa_error_nomem(error, "an archive");
	writer->context = context;
	writer->zstd_level = zstd_level;
	writer->prove = prove;
	cxa__index__init(&writer->index);
	status = cxa_output_open(&writer->output, locator, &context->cancel,
				 error);
	if (status < 0) {
		cxa_archive_writer_close(writer);
		return status;
	}
	*out = writer;
	return 0;
}

int cxa_archive_writer_begin(struct cxa_archive_writer *writer,
			     const Cxa__Header *header, struct cxa_span bytes,
			     struct cxa_span schema, struct cxa_error *error)
{
	struct cxa_member member;
	int status;

	writer->trailer.major = header->format_major;
	writer->trailer.minor = header->format_minor;
	status = cxa_member_writer_open(&writer->members,
					cxa_header_mtime(header), write_output,
					writer, error);
	if (status == 0)
		status = add_named(writer, CXA_MEMBER_HEADER, false, true,
				   bytes.data, bytes.size, &member, error);
	if (status == 0)
		status = add_named(writer, CXA_MEMBER_SCHEMA, true, true,
				   schema.data, schema.size, &member, error);
	return status;
}

int cxa_archive_writer_finish(struct cxa_archive_writer *writer,
			      struct cxa_span index, struct cxa_error *error)
{
	int status = write_index(writer, index, error);

	if (status == 0)
		status = write_end(writer, error);
	return status == 0 ? read_back(writer, error) : status;
}

int cxa_archive_writer_input(struct cxa_archive_writer *writer,
			     struct cxa_input **out, struct cxa_error *error)
{
	return cxa_output_input(writer->output, out, error);
}

void cxa_archive_writer_is_new(struct cxa_archive_writer *writer, mode_t most)
{
	cxa_output_is_new(writer->output, most);
}

int cxa_archive_writer_commit(struct cxa_archive_writer *writer,
			      struct cxa_summary *summary,
			      struct cxa_error *error)
{
	int status = cxa_output_commit(writer->output, error);

	if (status < 0)
		return status;
	*summary = writer->summary;
	summary->has_root = true;
	memcpy(summary->root, writer->trailer.root.bytes,
	       sizeof(summary->root));
	summary->total_bytes = cxa_output_bytes(writer->output);
	return 0;
}

void cxa_archive_writer_close(struct cxa_archive_writer *writer)
{
	if (writer == NULL)
		return;
	cxa_member_writer_close(writer->members);
	cxa_output_close(writer->output);
	cxa_arena_release(&writer->arena);
	cxa_buffer_release(&writer->sums);
	free(writer->index.entries);
	free(writer);
}
