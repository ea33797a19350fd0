/* archive.c - an archive by random access */
#include "endpoint/archive.h"

#include <stdlib.h>

#include "container/index.h"
#include "container/tar_block.h"
#include "container/walker.h"
#include "endpoint/archive_spool.h"
#include "record/json_verify.h"

/* Where a member's bytes are: by its offset in a file, by name in a foreign tar. */
struct place {
	struct cxa_member member;
	bool has_preamble;
};

static int missing(const char *name, struct cxa_error *error)
{
	cxa_error_at(error, name, UINT64_MAX);
	return cxa_error_set(error, CXA_ERR_CORRUPT, "%s is missing", name);
}

static int find_member(const struct cxa_archive *archive, const char *name,
		       uint64_t offset, uint64_t size, struct place *place,
		       struct cxa_error *error)
{
	const struct cxa_member *member;

	if (!cxa_member_parse(&place->member, name))
		return cxa_error_set(error, CXA_ERR_CORRUPT,
				     "a member of an unknown name");
	place->member.offset = offset;
	place->member.size = size;
	place->has_preamble = archive->foreign == NULL;
	if (archive->foreign == NULL)
		return 0;
	member = cxa_foreign_find(archive->foreign, name);
	if (member == NULL)
		return missing(name, error);
	place->member.offset = member->offset;
	if (size == UINT64_MAX)
		place->member.size = member->size;
	else if (size != member->size)
		return cxa_error_set(error, CXA_ERR_CORRUPT,
				     "%s has %llu bytes, not %llu", name,
				     (unsigned long long)member->size,
				     (unsigned long long)size);
	return 0;
}

int cxa_archive_read_at(const struct cxa_archive *archive, uint64_t offset,
			void *data, size_t size, struct cxa_error *error)
{
	size_t got = 0;
	int status;

	if (archive->foreign != NULL)
		return cxa_spool_read_at(archive->foreign->spool, offset, data,
					 size, error);
	status = cxa_input_read_at(archive->input, offset, data, size, &got,
				   error);
	if (status == 0 && got != size)
		return cxa_error_set(error, CXA_ERR_CORRUPT,
				     "the file ends before byte %llu",
				     (unsigned long long)(offset + size));
	return status;
}

static int padding_fault(const struct cxa_member *member,
			 struct cxa_error *error)
{
	cxa_error_at(error, member->name, member->offset + member->size);
	return cxa_error_set(error, CXA_ERR_CORRUPT,
			     "the padding behind the data is not zero");
}

static int check_size(const struct cxa_archive *archive,
		      const struct cxa_member *member, struct cxa_error *error)
{
	const struct cxa_limits *limits = &archive->context->limits;
	size_t limit = cxa_member_limit(member->kind);

	if (member->size <= cxa_limit_of(limits, limit))
		return 0;
	return cxa_limit_exceeded(error, limits, limit, member->size, "%s",
				  member->name);
}

/* The member's bytes, with its tar headers and padding checked, into @out. */
static int read_member(const struct cxa_archive *archive,
		       const struct place *place, struct cxa_buffer *out,
		       struct cxa_error *error)
{
	const struct cxa_member *member = &place->member;
	size_t preamble = place->has_preamble ?
				  cxa_preamble_bytes(member->kind) : 0;
	size_t padding = place->has_preamble ?
				 -(size_t)member->size % CXA_BLOCK_BYTES : 0;
	uint8_t *room;
	int status;

	status = check_size(archive, member, error);
	if (status < 0)
		return status;
	if (member->offset < preamble)
		return cxa_error_set(error, CXA_ERR_CORRUPT,
				     "the index places %s before the file's "
				     "start", member->name);
	if (member->size > SIZE_MAX / 4) /* sums of sizes fit, below */
		return cxa_error_nomem(error, member->name);
	cxa_buffer_reset(out);
	room = cxa_buffer_room(out, preamble + (size_t)member->size + padding);
	if (room == NULL)
		return cxa_error_nomem(error, member->name);
	status = cxa_archive_read_at(archive, member->offset - preamble, room,
				     preamble + (size_t)member->size + padding,
				     error);
	if (status == 0 && preamble != 0)
		status = cxa_preamble_check(member, archive->mtime, room,
					    error);
	if (status == 0 &&
	    !cxa_tar_is_zero(room + preamble + member->size, padding))
		status = padding_fault(member, error);
	if (status < 0)
		return status;
	memmove(room, room + preamble, (size_t)member->size);
	out->size = (size_t)member->size;
	return 0;
}

int cxa_archive_read_member(const struct cxa_archive *archive, const char *name,
			    uint64_t offset, uint64_t size,
			    const struct cxa_digest *digest,
			    struct cxa_buffer *out, struct cxa_error *error)
{
	struct place place;
	int status = find_member(archive, name, offset, size, &place, error);

	if (status < 0)
		return status;
	place.member.has_digest = digest != NULL;
	if (digest != NULL)
		place.member.digest = *digest;
	return read_member(archive, &place, out, error);
}

static int wrong_digest(const char *name, struct cxa_error *error)
{
	cxa_error_at(error, name, UINT64_MAX);
	return cxa_error_set(error, CXA_ERR_CORRUPT,
			     "the bytes do not match their BLAKE2b digest");
}

static bool matches(const ProtobufCBinaryData *expected, const void *data,
		    size_t size)
{
	struct cxa_digest digest;

	cxa_digest_of(&digest, data, size);
	return expected->len == sizeof(digest.bytes) &&
	       memcmp(expected->data, digest.bytes, expected->len) == 0;
}

static int wrong_size(uint64_t size, const Cxa__IndexEntry *entry,
		      struct cxa_error *error)
{
	return cxa_error_set(error, CXA_ERR_CORRUPT,
			     "the batch has %llu bytes, the index says %llu",
			     (unsigned long long)size,
			     (unsigned long long)entry->raw_size);
}

/* How much is read at once is reckoned by INDEX: no frame takes more. */
static int read_batch(const struct cxa_archive *archive,
		      const Cxa__IndexEntry *entry, const char *name,
		      struct cxa_frame_coder *coder, struct cxa_buffer *stored,
		      struct cxa_buffer *raw, struct cxa_error *error)
{
	const struct cxa_limits *limits = &archive->context->limits;
	struct cxa_digest digest;
	uint64_t claim;
	int status;

	memcpy(digest.bytes, entry->stored_digest.data, CXA_DIGEST_BYTES);
	status = cxa_archive_read_member(archive, name, entry->offset,
					 entry->stored_size, &digest, stored,
					 error);
	if (status < 0)
		return status;
	if (!matches(&entry->stored_digest, stored->data, stored->size))
		return wrong_digest(name, error);
	claim = cxa_frame_claim(stored->data, stored->size);
	if (claim != 0 && claim <= limits->batch_bytes &&
	    claim != entry->raw_size)
		return wrong_size(claim, entry, error);
	status = cxa_frame_decompress(coder, stored->data, stored->size,
				      limits, CXA_LIMIT(batch_bytes), raw,
				      error);
	if (status == 0 && raw->size != entry->raw_size)
		return wrong_size(raw->size, entry, error);
	return status;
}

int cxa_archive_read_batch(const struct cxa_archive *archive,
			   const Cxa__IndexEntry *entry,
			   struct cxa_frame_coder *coder,
			   struct cxa_buffer *stored, struct cxa_buffer *raw,
			   struct cxa_error *error)
{
	char name[CXA_MEMBER_NAME_MAX + 1] = "";
	int status;

	/* The index is decoded: its names are members' and short. */
	memcpy(name, entry->member.data, entry->member.len);
	status = read_batch(archive, entry, name, coder, stored, raw, error);
	if (status < 0)
		cxa_error_at(error, name, entry->offset);
	return status;
}

static int decode_index(struct cxa_archive *archive,
			const struct cxa_buffer *stored,
			struct cxa_error *error)
{
	const struct cxa_limits *limits = &archive->context->limits;
	struct cxa_frame_coder coder = cxa_context_take_coder(archive->context);
	struct cxa_buffer raw = { 0 };
	int status = cxa_frame_decompress(&coder, stored->data, stored->size,
					  limits, CXA_LIMIT(index_bytes), &raw,
					  error);

	if (status == 0)
		status = cxa_index_decode(raw.data, raw.size, limits,
					  &archive->arena, &archive->index,
					  error);
	cxa_context_give_coder(archive->context, &coder);
	cxa_buffer_release(&raw);
	return status;
}

static int read_header(struct cxa_archive *archive,
		       enum cxa_operation operation, struct cxa_buffer *bytes,
		       struct cxa_error *error)
{
	struct cxa_walker walker;
	uint8_t block[CXA_BLOCK_BYTES];
	struct place place;
	enum cxa_walk_event event = CXA_WALK_MORE;
	size_t used = 0;
	int status;

	if (archive->foreign != NULL) {
		status = find_member(archive, "CORTEXARC", 0, UINT64_MAX,
				     &place, error);
	} else {
		cxa_walker_init(&walker);
		status = cxa_archive_read_at(archive, 0, block, sizeof(block),
					     error);
		if (status == 0)
			status = cxa_walker_feed(&walker, block, sizeof(block),
						 &used, &event, error);
		place.member = walker.member;
		place.has_preamble = true;
		archive->mtime = walker.mtime;
	}
	if (status == 0)
		status = read_member(archive, &place, bytes, error);
	if (status == 0) {
		cxa_digest_of(&archive->header_digest, bytes->data,
			      bytes->size);
		archive->header_size = bytes->size;
		status = cxa_header_decode(bytes->data, bytes->size, operation,
					   &archive->context->limits,
					   &archive->arena, &archive->header,
					   error);
	}
	if (status == 0)
		status = cxa_json_verify_header(
			archive->header, &archive->context->limits, error);
	if (status == 0 && archive->foreign == NULL &&
	    archive->mtime != cxa_header_mtime(archive->header))
		status = cxa_error_set(error, CXA_ERR_CORRUPT,
				       "the members' time is not the header's "
				       "created_at");
	if (status < 0)
		cxa_error_at(error, "CORTEXARC", 0);
	return status;
}

static int read_index(struct cxa_archive *archive, struct cxa_buffer *bytes,
		      struct cxa_error *error)
{
	const char *name = cxa_member_name(CXA_MEMBER_INDEX);
	const struct cxa_trailer *trailer = &archive->trailer;
	struct cxa_digest digest;
	int status = cxa_archive_read_member(
		archive, name, trailer->index_offset, trailer->index_size,
		&trailer->index_digest, bytes, error);

	if (status == 0) {
		cxa_digest_of(&digest, bytes->data, bytes->size);
		if (!cxa_digest_equal(&digest, &trailer->index_digest))
			status = wrong_digest(name, error);
	}
	if (status == 0)
		status = decode_index(archive, bytes, error);
	if (status < 0)
		cxa_error_at(error, name, trailer->index_offset);
	return status;
}

/* A foreign tar's TRAILER speaks of offsets that are no more; its digests hold. */
static int read_foreign_trailer(struct cxa_archive *archive,
				struct cxa_buffer *bytes,
				struct cxa_error *error)
{
	int status = cxa_archive_read_member(archive, "TRAILER", 0,
					     CXA_TRAILER_BYTES, NULL, bytes,
					     error);

	if (status == 0)
		status = cxa_trailer_decode(&archive->trailer, bytes->data,
					    error);
	return status;
}

static int other_trailer(const char *what, struct cxa_error *error)
{
	cxa_error_at(error, cxa_member_name(CXA_MEMBER_TRAILER), UINT64_MAX);
	return cxa_error_set(error, CXA_ERR_CORRUPT, "%s", what);
}

static int read_trailer(struct cxa_archive *archive, struct cxa_buffer *bytes,
			struct cxa_error *error)
{
	uint64_t end = 0;
	uint64_t padding = 0;
	int status;

	if (archive->foreign != NULL)
		return read_foreign_trailer(archive, bytes, error);
	status = cxa_trailer_find(&archive->trailer, archive->input, &end,
				  &padding, error);
	if (status == 0 && archive->trailer.mtime != archive->mtime)
		status = other_trailer("a time other than that of the first "
				       "member", error);
	if (status == 0 && padding != 0)
		cxa_context_notice(archive->context,
				   "%s: %llu zero bytes behind the end (a tar "
				   "blocked again); reading on",
				   archive->input->name,
				   (unsigned long long)padding);
	return status;
}

static int describe(struct cxa_archive *archive, enum cxa_operation operation,
		    struct cxa_error *error)
{
	struct cxa_buffer bytes = { 0 };
	int status = read_header(archive, operation, &bytes, error);

	if (status == 0)
		status = read_trailer(archive, &bytes, error);
	if (status == 0 &&
	    !cxa_trailer_agrees(&archive->trailer, archive->header))
		status = other_trailer("TRAILER and CORTEXARC tell of two "
				       "versions", error);
	if (status == 0) {
		archive->root = archive->trailer.root;
		status = read_index(archive, &bytes, error);
	}
	cxa_buffer_release(&bytes);
	return status;
}

/* Canonical from its first block, or with a trailer at its end: then strictly. */
static int look_at_form(const struct cxa_input *input, bool *is_canonical,
			struct cxa_error *error)
{
	uint8_t block[CXA_BLOCK_BYTES];
	struct cxa_member member;
	uint64_t mtime;
	size_t got = 0;
	int status = cxa_input_read_at(input, 0, block, sizeof(block), &got,
				       error);

	if (status < 0)
		return status;
	*is_canonical = got != sizeof(block) ||
			cxa_preamble_find(block, &member, &mtime);
	return *is_canonical ? 0 :
			       cxa_trailer_stands(is_canonical, input, error);
}

static int open_foreign(struct cxa_archive *archive, struct cxa_error *error)
{
	int status = cxa_foreign_open(&archive->foreign, archive->input,
				      archive->context->temp_dir,
				      &archive->context->limits, error);

	if (status == 0)
		cxa_context_notice(archive->context,
				   "%s: packed again by another tar; read by "
				   "content, pack it to have a canonical archive",
				   archive->input->name);
	return status;
}

/*
 * Of a pipe that is not canonical, the part up to there: a later version's
 * archive may have another form, and is not damaged for that.
 */
static int judge_part(struct cxa_archive *archive,
		      enum cxa_operation operation, struct cxa_error *error)
{
	struct cxa_error inner = CXA_ERROR_INIT;
	struct cxa_buffer bytes = { 0 };
	int status = read_header(archive, operation, &bytes, &inner);

	cxa_buffer_release(&bytes);
	if (status != CXA_ERR_UNSUPPORTED)
		return CXA_ERR_CORRUPT;
	if (error != NULL)
		*error = inner;
	return status;
}

int cxa_archive_open(struct cxa_archive **out, struct cxa_context *context,
		     struct cxa_input **input, enum cxa_operation operation,
		     struct cxa_error *error)
{
	struct cxa_archive *archive = calloc(1, sizeof(*archive));
	bool is_canonical = true;
	int status = 0;

	*out = NULL;
	if (archive == NULL)
		return cxa_error_nomem(error, "an archive");
	archive->context = context;
	archive->input = *input;
	*input = NULL;
	if (!archive->input->seekable)
		status = cxa_archive_spool(context, false, &archive->input,
					   &archive->spool, error);
	if (status == CXA_ERR_CORRUPT)
		status = judge_part(archive, operation, error);
	if (status == 0)
		status = look_at_form(archive->input, &is_canonical, error);
	if (status == 0 && !is_canonical)
		status = open_foreign(archive, error);
	if (status == 0)
		status = describe(archive, operation, error);
	if (status < 0) {
		cxa_archive_close(archive);
		return status;
	}
	*out = archive;
	return 0;
}

void cxa_archive_close(struct cxa_archive *archive)
{
	if (archive == NULL)
		return;
	cxa_input_close(archive->input);
	cxa_spool_close(archive->spool);
	cxa_foreign_close(archive->foreign);
	cxa_arena_release(&archive->arena);
	free(archive);
}
