/* wreck_find.c - headers of members at any byte of a damaged archive */
#define _GNU_SOURCE 1 /* memmem() */
#include "check/wreck.h"

#include <errno.h>
#include <stdlib.h>

#include "container/tar_block.h"
#include "container/walker.h"

enum {
	WINDOW_BYTES = 1 << 20,
	MAGIC_AT = 257, /* in a header block */
	MAGIC_BYTES = 8,
	END_MAGIC_BYTES = 16,
	SECTOR_BYTES = 4096
};

static const char header_magic[] = "ustar\0"
				   "00";
static const char end_magic[] = "CORTEXARC-END\r\n";

/* --- reading what a device may have lost --------------------------------- */

static bool is_rotten(const struct cxa_error *error)
{
	return error->status == CXA_ERR_IO && error->system_errno == EIO;
}

static int read_sectors(const struct cxa_input *input, uint64_t offset,
			uint8_t *data, size_t size, size_t *got, uint64_t *lost,
			struct cxa_error *error)
{
	int status = 0;

	*got = 0;
	while (*got < size && status == 0) {
		struct cxa_error inner = CXA_ERROR_INIT;
		uint64_t at = offset + *got;
		size_t step = SECTOR_BYTES - (size_t)(at % SECTOR_BYTES);
		size_t part = 0;

		if (step > size - *got)
			step = size - *got;
		status = cxa_input_read_at(input, at, data + *got, step, &part,
					   &inner);
		if (status < 0 && is_rotten(&inner)) {
			memset(data + *got, 0, step);
			*lost += step;
			part = step;
			status = 0;
		}
		cxa_error_pass(error, status, &inner);
		*got += part;
		if (part < step)
			break;
	}
	return status;
}

int cxa_wreck_read(const struct cxa_input *input, uint64_t offset, void *data,
		   size_t size, size_t *got, uint64_t *lost,
		   struct cxa_error *error)
{
	struct cxa_error inner = CXA_ERROR_INIT;
	uint64_t left = offset < input->size ? input->size - offset : 0;
	int status = cxa_input_read_at(input, offset, data, size, got, &inner);

	if (status < 0 && is_rotten(&inner)) /* perhaps even behind the end */
		return read_sectors(input, offset, data,
				    size < left ? size : (size_t)left, got,
				    lost, error);
	return cxa_error_pass(error, status, &inner);
}

int cxa_wreck_data(const struct cxa_wreck *wreck, uint64_t offset,
		   uint64_t size, struct cxa_buffer *out, bool *whole,
		   struct cxa_error *error)
{
	uint64_t lost = 0;
	uint8_t *room;
	size_t got = 0;
	int status;

	cxa_buffer_reset(out);
	*whole = false;
	if (offset > wreck->input->size || size > wreck->input->size - offset)
		return 0;
	room = cxa_buffer_room(out, size);
	if (room == NULL)
		return cxa_error_nomem(error, "a member");
	status = cxa_wreck_read(wreck->input, offset, room, (size_t)size, &got,
				&lost, error);
	out->size = got;
	*whole = status == 0 && got == size && lost == 0;
	return status;
}

/* --- pieces -------------------------------------------------------------- */

int cxa_wreck_add(struct cxa_wreck *wreck, const struct cxa_piece *piece,
		  struct cxa_error *error)
{
	const struct cxa_limits *limits = &wreck->context->limits;
	size_t capacity = wreck->capacity == 0 ? 64 : 2 * wreck->capacity;
	struct cxa_piece *pieces;
	int status = cxa_member_check_count(wreck->count + 1, UINT64_MAX,
					    limits, error);

	if (status < 0)
		return status;
	if (wreck->count == wreck->capacity) {
		pieces = reallocarray(wreck->pieces, capacity, sizeof(*pieces));
		if (pieces == NULL)
			return cxa_error_nomem(error, "the list of members");
		wreck->pieces = pieces;
		wreck->capacity = capacity;
	}
	wreck->pieces[wreck->count++] = *piece;
	return 0;
}

/* Whether there is one: not where the device lost it, nor behind the end. */
static int read_block(struct cxa_wreck *wreck, uint64_t offset,
		      uint8_t block[CXA_BLOCK_BYTES], bool *is_there,
		      struct cxa_error *error)
{
	uint64_t lost = 0;
	size_t got = 0;
	int status = cxa_wreck_read(wreck->input, offset, block,
				    CXA_BLOCK_BYTES, &got, &lost, error);

	wreck->has_unreadable |= lost != 0;
	*is_there = status == 0 && got == CXA_BLOCK_BYTES && lost == 0;
	return status;
}

/* Is a canonical header of @type for a member of this name at @offset? */
static int find_header(struct cxa_wreck *wreck, uint64_t offset,
		       char type, const char *name, bool *is_there,
		       struct cxa_error *error)
{
	uint8_t block[CXA_BLOCK_BYTES];
	struct cxa_tar_header header;
	char member[CXA_TAR_NAME];
	int status = read_block(wreck, offset, block, is_there, error);

	if (!*is_there)
		return status;
	*is_there = cxa_tar_header_decode(&header, block) == NULL &&
		    header.type == type;
	if (*is_there && type == '0')
		*is_there = strcmp(header.name, name) == 0;
	else if (*is_there)
		*is_there = cxa_tar_pax_member(member, header.name) &&
			    strcmp(member, name) == 0;
	return 0;
}

static int read_digest(struct cxa_wreck *wreck, uint64_t offset,
		       struct cxa_member *member, struct cxa_error *error)
{
	uint8_t block[CXA_BLOCK_BYTES];
	bool is_there;
	int status = read_block(wreck, offset, block, &is_there, error);

	member->has_digest =
		is_there && cxa_tar_digest_decode(&member->digest, block);
	return status;
}

/* The header before data. What stands before it is a gain, no condition. */
static int take_file(struct cxa_wreck *wreck, uint64_t at,
		     const struct cxa_tar_header *header,
		     struct cxa_error *error)
{
	struct cxa_piece piece = { .begin = at,
				   .mtime = header->mtime,
				   .has_mtime = true,
				   .has_size = true };
	struct cxa_member *member = &piece.member;
	bool has_pax = false;
	int status = 0;

	if (!cxa_member_parse(member, header->name))
		return 0;
	member->offset = at + CXA_BLOCK_BYTES;
	member->size = header->size;
	if (cxa_member_has_digest(member->kind) && at >= CXA_BLOCK_BYTES)
		status = read_digest(wreck, at - CXA_BLOCK_BYTES, member,
				     error);
	if (member->has_digest)
		piece.begin = at - CXA_BLOCK_BYTES;
	if (status == 0 && cxa_member_has_digest(member->kind) &&
	    at >= 2 * CXA_BLOCK_BYTES)
		status = find_header(wreck, at - 2 * CXA_BLOCK_BYTES, 'x',
				     member->name, &has_pax, error);
	if (has_pax)
		piece.begin = at - 2 * CXA_BLOCK_BYTES;
	return status < 0 ? status : cxa_wreck_add(wreck, &piece, error);
}

/* A pax header that is all there is: the member's size is not known. */
static int take_pax(struct cxa_wreck *wreck, uint64_t at,
		    const struct cxa_tar_header *header,
		    struct cxa_error *error)
{
	struct cxa_piece piece = { .begin = at,
				   .mtime = header->mtime,
				   .has_mtime = true };
	struct cxa_member *member = &piece.member;
	char name[CXA_TAR_NAME];
	bool has_file = false;
	int status;

	if (!cxa_tar_pax_member(name, header->name) ||
	    !cxa_member_parse(member, name) ||
	    !cxa_member_has_digest(member->kind))
		return 0;
	status = find_header(wreck, at + 2 * CXA_BLOCK_BYTES, '0', name,
			     &has_file, error);
	if (status < 0 || has_file)
		return status;
	member->offset = at + 3 * CXA_BLOCK_BYTES;
	status = read_digest(wreck, at + CXA_BLOCK_BYTES, member, error);
	return status < 0 ? status : cxa_wreck_add(wreck, &piece, error);
}

static int take_header(struct cxa_wreck *wreck, uint64_t magic,
		       struct cxa_error *error)
{
	uint8_t block[CXA_BLOCK_BYTES];
	struct cxa_tar_header header;
	bool is_there = false;
	int status = 0;

	if (magic >= MAGIC_AT)
		status = read_block(wreck, magic - MAGIC_AT, block, &is_there,
				    error);
	if (!is_there || cxa_tar_header_decode(&header, block) != NULL)
		return status;
	if (header.type == '0')
		return take_file(wreck, magic - MAGIC_AT, &header, error);
	return take_pax(wreck, magic - MAGIC_AT, &header, error);
}

/* TRAILER is known by its magic and its own digest, also without a header. */
static int take_end(struct cxa_wreck *wreck, uint64_t at,
		    struct cxa_error *error)
{
	struct cxa_piece piece = { .begin = at, .has_size = true };

	if (wreck->count != 0 &&
	    wreck->pieces[wreck->count - 1].member.offset == at)
		return 0; /* by its header */
	cxa_member_parse(&piece.member, cxa_member_name(CXA_MEMBER_TRAILER));
	piece.member.offset = at;
	piece.member.size = CXA_TRAILER_BYTES;
	return cxa_wreck_add(wreck, &piece, error);
}

/* --- the whole file ------------------------------------------------------ */

/* Where it begins, before @starts; NULL: nowhere. */
static const uint8_t *next_hit(const uint8_t *at, const uint8_t *starts,
			       const uint8_t *end, const char *magic,
			       size_t size)
{
	const uint8_t *hit = memmem(at, (size_t)(end - at), magic, size);

	return hit != NULL && hit < starts ? hit : NULL;
}

/* Both magics in a window, in the order of the file. */
static int search(struct cxa_wreck *wreck, const uint8_t *data, size_t starts,
		  size_t size, uint64_t offset, struct cxa_error *error)
{
	const uint8_t *last = data + starts;
	const uint8_t *limit = data + size;
	const uint8_t *header =
		next_hit(data, last, limit, header_magic, MAGIC_BYTES);
	const uint8_t *end =
		next_hit(data, last, limit, end_magic, END_MAGIC_BYTES);
	int status = 0;

	while (status == 0 && (header != NULL || end != NULL)) {
		if (end == NULL || (header != NULL && header < end)) {
			status = take_header(wreck,
					     offset + (uint64_t)(header - data),
					     error);
			header = next_hit(header + 1, last, limit, header_magic,
					  MAGIC_BYTES);
		} else {
			status = take_end(
				wreck, offset + (uint64_t)(end - data), error);
			end = next_hit(end + 1, last, limit, end_magic,
				       END_MAGIC_BYTES);
		}
	}
	return status;
}

/* What begins in the last bytes of a window is found in the next; in a hole
 * nothing begins. */
int cxa_wreck_find(struct cxa_wreck *wreck, struct cxa_error *error)
{
	enum { STARTS = WINDOW_BYTES - END_MAGIC_BYTES };
	uint8_t *window = malloc(WINDOW_BYTES);
	uint64_t size = wreck->input->size;
	uint64_t offset = 0;
	size_t got = WINDOW_BYTES;
	int status = window == NULL ? cxa_error_nomem(error, "looking") : 0;

	while (status == 0 && got == WINDOW_BYTES) {
		status = cxa_wreck_read(wreck->input, offset, window,
					WINDOW_BYTES, &got, &wreck->unreadable,
					error);
		if (status == 0)
			status = search(wreck, window,
					got == WINDOW_BYTES ? STARTS : got, got,
					offset, error);
		offset = cxa_input_data(wreck->input, offset + STARTS);
		if (status == 0)
			status = cxa_context_step(wreck->context, "looking",
						  offset < size ? offset : size,
						  size, error);
	}
	free(window);
	return status;
}
