/* walker.c - the strict reading of the tar: one canonical form, nothing else */
#include "container/walker.h"

#include <string.h>

#include "container/header.h"
#include "container/tar_block.h"
#include "container/trailer.h"

_Static_assert((int)CXA_BLOCK_BYTES == (int)CXA_TAR_BLOCK, "one block size");

enum walk_state {
	AT_MEMBER,   /* a member's first header, or the first zero block */
	AT_DIGEST,   /* what the `x` header announced */
	AT_FILE,     /* the file header behind a pax header */
	IN_DATA,     /* data, then padding */
	AT_END,      /* the second zero block */
	ENDED,
	FAILED
};

void cxa_walker_init(struct cxa_walker *walker)
{
	memset(walker, 0, sizeof(*walker));
	walker->state = AT_MEMBER;
}

void cxa_walker_resume(struct cxa_walker *walker, uint64_t offset,
		       uint64_t mtime)
{
	cxa_walker_init(walker);
	walker->offset = offset;
	walker->start = offset;
	walker->mtime = mtime;
	walker->has_mtime = true;
	walker->any_order = true;
}

bool cxa_walker_at_end(const struct cxa_walker *walker)
{
	return walker->state == ENDED;
}

static int fail(struct cxa_walker *walker, const char *member, uint64_t offset,
		struct cxa_error *error, const char *what)
{
	walker->state = FAILED;
	cxa_error_at(error, member, offset);
	return cxa_error_set(error, CXA_ERR_CORRUPT, "%s", what);
}

/* May the pending member stand here, as far as is known? */
static bool pending_follows(const struct cxa_walker *walker)
{
	return walker->any_order ||
	       cxa_member_follows(walker->has_member ? &walker->member : NULL,
				  &walker->pending);
}

/* The member that stands once, and has to before what is behind it may. */
static enum cxa_member_kind awaited(const struct cxa_walker *walker)
{
	if (!walker->has_member)
		return CXA_MEMBER_HEADER;
	if (walker->member.kind == CXA_MEMBER_SCHEMA ||
	    walker->member.kind == CXA_MEMBER_BATCH)
		return CXA_MEMBER_INDEX;
	return walker->member.kind + 1;
}

/* The only member that may stand here; "" where several may. */
static const char *only_name(const struct cxa_walker *walker)
{
	enum cxa_member_kind kind = awaited(walker);

	return walker->any_order || kind == CXA_MEMBER_INDEX ?
		       "" : cxa_member_name(kind);
}

/*
 * The name in a header that is damaged elsewhere: believed only where such a
 * member may stand.
 */
static const char *guess_name(struct cxa_walker *walker, const uint8_t *block)
{
	char field[CXA_TAR_NAME];
	char name[CXA_TAR_NAME];

	if (memchr(block, '\0', sizeof(field)) == NULL)
		return only_name(walker);
	memcpy(field, block, sizeof(field));
	if (!cxa_tar_pax_member(name, field))
		memcpy(name, field, sizeof(name));
	if (!cxa_member_parse(&walker->pending, name) ||
	    !pending_follows(walker))
		return only_name(walker);
	return walker->pending.name;
}

static int fail_header(struct cxa_walker *walker, const uint8_t *block,
		       struct cxa_error *error, const char *what)
{
	const char *name = walker->pending.name;

	if (walker->state == AT_MEMBER)
		name = guess_name(walker, block);
	return fail(walker, name, walker->start, error, what);
}

static int take_zero(struct cxa_walker *walker, struct cxa_error *error)
{
	if (walker->has_member && walker->member.kind == CXA_MEMBER_TRAILER) {
		walker->state = AT_END;
		return 0;
	}
	return fail(walker, only_name(walker), walker->start, error,
		    "a zero block where a member must stand");
}

static const char *check_place(const struct cxa_walker *walker,
			       uint64_t mtime, bool is_pax)
{
	enum cxa_member_kind kind = walker->pending.kind;

	if (!pending_follows(walker))
		return "a member out of order";
	if (walker->has_mtime && mtime != walker->mtime)
		return "a time other than that of the first member";
	if (is_pax && !cxa_member_has_digest(kind))
		return "a pax header where none belongs";
	if (!is_pax && cxa_member_has_digest(kind))
		return "no pax header with the digest";
	return NULL;
}

static const char *check_size(enum cxa_member_kind kind, uint64_t size)
{
	if (kind == CXA_MEMBER_HEADER && size > CXA_HEADER_MAX)
		return "CORTEXARC has more bytes than the format allows";
	if (kind == CXA_MEMBER_TRAILER && size != CXA_TRAILER_BYTES)
		return "TRAILER is not 512 bytes";
	return NULL;
}

static void begin_data(struct cxa_walker *walker,
		       const struct cxa_tar_header *header,
		       enum cxa_walk_event *event)
{
	walker->member = walker->pending;
	walker->member.offset = walker->offset;
	walker->member.size = header->size;
	walker->member.has_digest =
		cxa_member_has_digest(walker->member.kind);
	walker->has_member = true;
	walker->any_order = false;
	walker->data_left = header->size;
	walker->padding_left = (uint32_t)(-header->size &
					  (CXA_BLOCK_BYTES - 1));
	walker->state = IN_DATA;
	*event = CXA_WALK_MEMBER;
}

static int take_member(struct cxa_walker *walker, const uint8_t *block,
		       enum cxa_walk_event *event, struct cxa_error *error)
{
	struct cxa_tar_header header;
	char name[CXA_TAR_NAME];
	const char *fault;
	bool is_pax;

	memset(&walker->pending, 0, sizeof(walker->pending));
	if (cxa_tar_is_zero(block, CXA_BLOCK_BYTES))
		return take_zero(walker, error);
	if (walker->has_member && walker->member.kind == CXA_MEMBER_TRAILER)
		return fail(walker, cxa_member_name(CXA_MEMBER_TRAILER),
			    walker->start, error,
			    "something other than two zero blocks behind it");
	fault = cxa_tar_header_decode(&header, block);
	if (fault != NULL)
		return fail_header(walker, block, error, fault);
	is_pax = header.type == 'x';
	if (is_pax && header.size != CXA_TAR_PAX_BYTES)
		return fail_header(walker, block, error,
				   "a pax header that is not 105 bytes");
	if (!is_pax || !cxa_tar_pax_member(name, header.name))
		memcpy(name, header.name, sizeof(name));
	if (!cxa_member_parse(&walker->pending, name))
		return fail_header(walker, block, error,
				   "a name that is no member's");
	if (!pending_follows(walker) &&
	    walker->pending.kind > awaited(walker))
		return fail(walker, cxa_member_name(awaited(walker)),
			    walker->start, error,
			    "missing: another member stands in its place");
	fault = check_place(walker, header.mtime, is_pax);
	if (fault == NULL && is_pax && strcmp(name, header.name) == 0)
		fault = "a pax header under the name of a member";
	if (fault == NULL && !is_pax)
		fault = check_size(walker->pending.kind, header.size);
	if (fault != NULL)
		return fail(walker, walker->pending.name, walker->start, error,
			    fault);
	walker->mtime = header.mtime;
	walker->has_mtime = true;
	if (is_pax)
		walker->state = AT_DIGEST;
	else
		begin_data(walker, &header, event);
	return 0;
}

static int take_digest(struct cxa_walker *walker, const uint8_t *block,
		       struct cxa_error *error)
{
	if (!cxa_tar_digest_decode(&walker->pending.digest, block))
		return fail_header(walker, block, error,
				   "a pax record other than the digest's");
	walker->state = AT_FILE;
	return 0;
}

static int take_file(struct cxa_walker *walker, const uint8_t *block,
		     enum cxa_walk_event *event, struct cxa_error *error)
{
	struct cxa_tar_header header;
	const char *fault = cxa_tar_header_decode(&header, block);

	if (fault == NULL && header.type != '0')
		fault = "a second pax header";
	else if (fault == NULL &&
		 strcmp(header.name, walker->pending.name) != 0)
		fault = "a name other than the pax header's";
	else if (fault == NULL && header.mtime != walker->mtime)
		fault = "a time other than that of the first member";
	if (fault != NULL)
		return fail_header(walker, block, error, fault);
	begin_data(walker, &header, event);
	return 0;
}

static int take_block(struct cxa_walker *walker, const uint8_t *block,
		      enum cxa_walk_event *event, struct cxa_error *error)
{
	switch (walker->state) {
	case AT_MEMBER:
		return take_member(walker, block, event, error);
	case AT_DIGEST:
		return take_digest(walker, block, error);
	case AT_FILE:
		return take_file(walker, block, event, error);
	default: /* AT_END */
		if (!cxa_tar_is_zero(block, CXA_BLOCK_BYTES))
			return fail(walker, "",
				    walker->offset - CXA_BLOCK_BYTES, error,
				    "the second of the two zero blocks is "
				    "damaged");
		walker->state = ENDED;
		*event = CXA_WALK_END;
		return 0;
	}
}

static int feed_block(struct cxa_walker *walker, const uint8_t *data,
		      size_t size, size_t *used, enum cxa_walk_event *event,
		      struct cxa_error *error)
{
	const uint8_t *block = data;
	size_t more = CXA_BLOCK_BYTES - walker->block_used;

	if (more > size)
		more = size;
	if (more < CXA_BLOCK_BYTES) {
		if (more != 0)
			memcpy(walker->block + walker->block_used, data, more);
		block = walker->block;
	}
	walker->block_used += (uint32_t)more;
	walker->offset += more;
	*used = more;
	if (walker->block_used < CXA_BLOCK_BYTES)
		return 0;
	walker->block_used = 0;
	return take_block(walker, block, event, error);
}

static int feed_padding(struct cxa_walker *walker, const uint8_t *data,
			size_t size, size_t *used, enum cxa_walk_event *event,
			struct cxa_error *error)
{
	size_t more = walker->padding_left < size ? walker->padding_left : size;

	for (size_t i = 0; i < more; i++)
		if (data[i] != 0)
			return fail(walker, walker->member.name,
				    walker->offset + i, error,
				    "the padding behind the data is not zero");
	walker->padding_left -= (uint32_t)more;
	walker->offset += more;
	*used = more;
	if (walker->padding_left == 0) {
		walker->state = AT_MEMBER;
		walker->start = walker->offset;
		*event = CXA_WALK_DONE;
	}
	return 0;
}

static void feed_data(struct cxa_walker *walker, size_t size, size_t *used,
		      enum cxa_walk_event *event)
{
	size_t more = walker->data_left < size ? (size_t)walker->data_left :
						 size;

	if (more != 0)
		*event = CXA_WALK_DATA;
	walker->data_left -= more;
	walker->offset += more;
	*used = more;
}

int cxa_walker_feed(struct cxa_walker *walker, const uint8_t *data, size_t size,
		    size_t *used, enum cxa_walk_event *event,
		    struct cxa_error *error)
{
	*used = 0;
	*event = CXA_WALK_MORE;
	if (walker->state == IN_DATA && walker->data_left != 0) {
		feed_data(walker, size, used, event);
		return 0;
	}
	if (walker->state == IN_DATA)
		return feed_padding(walker, data, size, used, event, error);
	if (walker->state == FAILED)
		return fail(walker, "", walker->offset, error,
			    "the walk has failed before");
	if (walker->state != ENDED)
		return feed_block(walker, data, size, used, event, error);
	if (size != 0)
		return fail(walker, "", walker->offset, error,
			    "bytes behind the end");
	return 0;
}
