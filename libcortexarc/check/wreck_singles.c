/* wreck_singles.c - header, B2SUMS, INDEX and TRAILER of a damaged archive */
#define _GNU_SOURCE 1 /* memmem() */
#include "check/wreck.h"

#include <stdlib.h>

#include "base/frame.h"
#include "container/header.h"
#include "container/index.h"
#include "container/sums.h"
#include "container/tar_block.h"
#include "container/walker.h"
#include "record/json_verify.h"

enum {
	/*
	 * So many times candidates of a kind may claim the bytes there are: by
	 * a header, and where TRAILER places it, moved or not.
	 */
	CLAIMS = 4,
	/* How far CORTEXARC may be from where it belongs. */
	HEADER_SEARCH_BYTES = CXA_HEADER_MAX + 64 * 1024,
	ENVELOPE_DIGEST_AT = 2,
	ENVELOPE_BYTES_AT = ENVELOPE_DIGEST_AT + CXA_DIGEST_BYTES
};

static struct cxa_span span_of(const struct cxa_buffer *buffer)
{
	return (struct cxa_span){ buffer->data, buffer->size };
}

/* --- CORTEXARC ----------------------------------------------------------- */

/* Return: 0 also where it is not sound; a later version is refused. */
static int try_header(struct cxa_wreck *wreck, struct cxa_span bytes,
		      struct cxa_error *error)
{
	const struct cxa_limits *limits = &wreck->context->limits;
	struct cxa_error inner = CXA_ERROR_INIT;
	Cxa__Header *header = NULL;
	int status = cxa_header_decode(bytes.data, bytes.size, CXA_TO_RESTORE,
				       limits, &wreck->arena, &header, &inner);

	if (status == 0)
		status = cxa_json_verify_header(header, limits, &inner);
	if (status == CXA_ERR_UNSUPPORTED || status == CXA_ERR_NOMEM)
		return cxa_error_pass(error, status, &inner);
	if (status < 0)
		return 0;
	wreck->header = header;
	cxa_buffer_reset(&wreck->header_bytes);
	cxa_buffer_append(&wreck->header_bytes, bytes.data, bytes.size);
	return wreck->header_bytes.failed ? cxa_error_nomem(error, "CORTEXARC")
					  : 0;
}

/*
 * The message says its own size, and its digest whether it is one. @left: bytes
 * that may still be hashed
 */
static size_t envelope_size(const uint8_t *data, const uint8_t *end,
			    uint64_t *left)
{
	const uint8_t *cursor = data + ENVELOPE_BYTES_AT + 1;
	struct cxa_digest digest;
	uint64_t size = 0;

	if (end - data <= ENVELOPE_BYTES_AT + 1 ||
	    data[1] != CXA_DIGEST_BYTES || data[ENVELOPE_BYTES_AT] != 0x12 ||
	    !cxa_varint_get(&cursor, end, &size) || size > CXA_HEADER_MAX ||
	    size > (uint64_t)(end - cursor) || size > *left)
		return 0;
	*left -= size;
	cxa_digest_of(&digest, cursor, (size_t)size);
	if (memcmp(data + ENVELOPE_DIGEST_AT, digest.bytes, CXA_DIGEST_BYTES) !=
	    0)
		return 0;
	return (size_t)(cursor - data) + (size_t)size;
}

/* CORTEXARC where its tar header is damaged: before all that has one. */
static int search_header(struct cxa_wreck *wreck, struct cxa_error *error)
{
	struct cxa_buffer front = { 0 };
	uint64_t size =
		wreck->count == 0 ? wreck->input->size : wreck->pieces[0].begin;
	uint64_t left;
	const uint8_t *end;
	const uint8_t *at;
	bool whole;
	int status;

	if (size > HEADER_SEARCH_BYTES)
		size = HEADER_SEARCH_BYTES;
	status = cxa_wreck_data(wreck, 0, size, &front, &whole, error);
	at = front.data;
	end = at + front.size;
	left = (uint64_t)CLAIMS * front.size;
	while (status == 0 && wreck->header == NULL && at != NULL && at < end) {
		at = memchr(at, 0x0a, (size_t)(end - at));
		if (at == NULL)
			break;
		size = envelope_size(at, end, &left);
		if (size != 0)
			status = try_header(
				wreck, (struct cxa_span){ at, (size_t)size },
				error);
		at++;
	}
	cxa_buffer_release(&front);
	return status;
}

/* --- what several may be candidates for ---------------------------------- */

/*
 * The data of each piece of @kind, in the order of the file, until @take has
 * found one sound.
 */
static int try_pieces(struct cxa_wreck *wreck, enum cxa_member_kind kind,
		      int (*take)(struct cxa_wreck *wreck,
				  const struct cxa_member *member,
				  struct cxa_span bytes, bool *taken,
				  struct cxa_error *error),
		      struct cxa_error *error)
{
	uint64_t limit =
		cxa_limit_of(&wreck->context->limits, cxa_member_limit(kind));
	uint64_t left = wreck->input->size > UINT64_MAX / CLAIMS ?
				UINT64_MAX : wreck->input->size * CLAIMS;
	struct cxa_buffer data = { 0 };
	bool taken = false;
	bool whole = false;
	int status = 0;

	for (size_t i = 0; i < wreck->count && status == 0 && !taken; i++) {
		const struct cxa_piece *piece = &wreck->pieces[i];

		if (piece->member.kind != kind || !piece->has_size ||
		    piece->member.size > limit || piece->member.size > left)
			continue;
		left -= piece->member.size;
		status = cxa_wreck_data(wreck, piece->member.offset,
					piece->member.size, &data, &whole,
					error);
		if (status == 0 && whole)
			status = take(wreck, &piece->member, span_of(&data),
				      &taken, error);
	}
	cxa_buffer_release(&data);
	return status;
}

static int take_header(struct cxa_wreck *wreck, const struct cxa_member *member,
		       struct cxa_span bytes, bool *taken,
		       struct cxa_error *error)
{
	int status = 0;

	if (member->size <= CXA_HEADER_MAX)
		status = try_header(wreck, bytes, error);
	*taken = wreck->header != NULL;
	return status;
}

static int keep(struct cxa_buffer *out, struct cxa_span bytes, bool *taken,
		struct cxa_error *error)
{
	cxa_buffer_reset(out);
	cxa_buffer_append(out, bytes.data, bytes.size);
	*taken = true;
	return out->failed ? cxa_error_nomem(error, "a member") : 0;
}

/* Of several the last counts. */
static int take_trailer(struct cxa_wreck *wreck,
			const struct cxa_member *member, struct cxa_span bytes,
			bool *taken, struct cxa_error *error)
{
	struct cxa_trailer trailer;
	int status;

	(void)taken;
	if (bytes.size != CXA_TRAILER_BYTES)
		return 0;
	status = cxa_trailer_decode(&trailer, bytes.data, NULL);
	if (status == CXA_ERR_UNSUPPORTED)
		return cxa_trailer_decode(&trailer, bytes.data, error);
	if (status < 0)
		return 0;
	wreck->trailer = trailer;
	wreck->trailer_offset = member->offset;
	wreck->has_trailer = true;
	return 0;
}

uint64_t cxa_wreck_moved(const struct cxa_wreck *wreck)
{
	const struct cxa_trailer *trailer = &wreck->trailer;

	return wreck->trailer_offset - cxa_preamble_next(trailer->sums_offset,
							 trailer->sums_size,
							 CXA_MEMBER_TRAILER);
}

/* --- B2SUMS -------------------------------------------------------------- */

static int add_line(struct cxa_lines *lines, const struct cxa_member *line,
		    struct cxa_error *error)
{
	size_t *count = &lines->first[CXA_COLLECTION_COUNT];
	size_t capacity = lines->capacity == 0 ? 64 : 2 * lines->capacity;
	struct cxa_member *batches;

	if (line->kind != CXA_MEMBER_BATCH) {
		lines->has[line->kind] = true;
		lines->digest[line->kind] = line->digest;
		return 0;
	}
	if (*count == lines->capacity) {
		batches = reallocarray(lines->batches, capacity,
				       sizeof(*batches));
		if (batches == NULL)
			return cxa_error_nomem(error, "B2SUMS");
		lines->batches = batches;
		lines->capacity = capacity;
	}
	lines->batches[(*count)++] = *line;
	for (int i = (int)line->collection + 1; i < CXA_COLLECTION_COUNT; i++)
		lines->first[i] = *count;
	return 0;
}

/* In canonical form and order, from CORTEXARC to INDEX; else nothing of it. */
static int read_lines(struct cxa_wreck *wreck, struct cxa_span bytes,
		      bool *sound, struct cxa_error *error)
{
	struct cxa_lines *lines = &wreck->lines;
	struct cxa_member before;
	struct cxa_member line;
	size_t offset = 0;
	size_t count = 0;
	int status = 0;

	memset(lines->first, 0, sizeof(lines->first));
	memset(lines->has, 0, sizeof(lines->has));
	for (;;) {
		status = cxa_sums_next(bytes.data, bytes.size, &offset, &line,
				       NULL);
		if (status == 0 &&
		    !cxa_member_follows(count == 0 ? NULL : &before, &line))
			status = CXA_ERR_CORRUPT;
		if (status != 0)
			break;
		status = add_line(lines, &line, error);
		if (status < 0)
			return status;
		before = line;
		count++;
	}
	*sound = status == CXA_END && count != 0 &&
		 before.kind == CXA_MEMBER_INDEX;
	if (!*sound) {
		memset(lines->first, 0, sizeof(lines->first));
		memset(lines->has, 0, sizeof(lines->has));
	}
	return 0;
}

static int take_sums(struct cxa_wreck *wreck, const struct cxa_member *member,
		     struct cxa_span bytes, bool *taken,
		     struct cxa_error *error)
{
	struct cxa_digest digest;
	bool sound = false;
	int status;

	(void)member;
	cxa_digest_of(&digest, bytes.data, bytes.size);
	if (wreck->has_trailer &&
	    !cxa_digest_equal(&digest, &wreck->trailer.root))
		return 0;
	status = read_lines(wreck, bytes, &sound, error);
	if (status < 0 || !sound)
		return status;
	return keep(&wreck->sums, bytes, taken, error);
}

/* --- INDEX, schema.pb ---------------------------------------------------- */

/* Is it what one of those says that tell of it? */
static bool is_told(const struct cxa_wreck *wreck,
		    const struct cxa_member *member,
		    const struct cxa_digest *digest)
{
	const struct cxa_lines *lines = &wreck->lines;

	if (member->has_digest && cxa_digest_equal(&member->digest, digest))
		return true;
	if (lines->has[member->kind] &&
	    cxa_digest_equal(&lines->digest[member->kind], digest))
		return true;
	return member->kind == CXA_MEMBER_INDEX && wreck->has_trailer &&
	       cxa_digest_equal(&wreck->trailer.index_digest, digest);
}

/* @out: NULL: it is not sound */
static int decode_index(struct cxa_wreck *wreck, struct cxa_span bytes,
			Cxa__Index **out, struct cxa_error *error)
{
	const struct cxa_limits *limits = &wreck->context->limits;
	struct cxa_frame_coder coder = cxa_context_take_coder(wreck->context);
	struct cxa_buffer raw = { 0 };
	int status =
		cxa_frame_decompress(&coder, bytes.data, bytes.size, limits,
				     CXA_LIMIT(index_bytes), &raw, NULL);

	*out = NULL;
	if (status == 0)
		status = cxa_index_decode(raw.data, raw.size, limits,
					  &wreck->arena, out, NULL);
	cxa_context_give_coder(wreck->context, &coder);
	cxa_buffer_release(&raw);
	if (status == CXA_ERR_NOMEM)
		return cxa_error_nomem(error, "INDEX");
	if (status < 0)
		*out = NULL;
	return 0;
}

static int take_index(struct cxa_wreck *wreck, const struct cxa_member *member,
		      struct cxa_span bytes, bool *taken,
		      struct cxa_error *error)
{
	struct cxa_digest digest;
	int status;

	cxa_digest_of(&digest, bytes.data, bytes.size);
	if (!is_told(wreck, member, &digest))
		return 0;
	status = decode_index(wreck, bytes, &wreck->index, error);
	if (status < 0 || wreck->index == NULL)
		return status;
	return keep(&wreck->index_bytes, bytes, taken, error);
}

static int take_schema(struct cxa_wreck *wreck, const struct cxa_member *member,
		       struct cxa_span bytes, bool *taken,
		       struct cxa_error *error)
{
	struct cxa_digest digest;

	cxa_digest_of(&digest, bytes.data, bytes.size);
	if (!is_told(wreck, member, &digest))
		return 0;
	return keep(&wreck->schema, bytes, taken, error);
}

/* --- all of them --------------------------------------------------------- */

/* INDEX and B2SUMS have damaged headers, too: TRAILER knows their places. */
static int add_places(struct cxa_wreck *wreck, struct cxa_error *error)
{
	const struct cxa_trailer *trailer = &wreck->trailer;
	struct cxa_piece index = { .has_size = true };
	struct cxa_piece sums = { .has_size = true };
	uint64_t moved = cxa_wreck_moved(wreck);
	int status;

	cxa_member_parse(&index.member, cxa_member_name(CXA_MEMBER_INDEX));
	cxa_member_parse(&sums.member, cxa_member_name(CXA_MEMBER_SUMS));
	index.member.size = trailer->index_size;
	sums.member.size = trailer->sums_size;
	for (int i = 0; i < 2; i++, moved = 0) {
		index.member.offset = trailer->index_offset + moved;
		index.begin = index.member.offset;
		sums.member.offset = trailer->sums_offset + moved;
		sums.begin = sums.member.offset;
		status = cxa_wreck_add(wreck, &index, error);
		if (status == 0)
			status = cxa_wreck_add(wreck, &sums, error);
		if (status < 0 || moved == 0)
			return status;
	}
	return 0;
}

int cxa_wreck_read_singles(struct cxa_wreck *wreck, struct cxa_error *error)
{
	size_t found = wreck->count;
	int status = try_pieces(wreck, CXA_MEMBER_HEADER, take_header, error);

	if (status == 0 && wreck->header == NULL)
		status = search_header(wreck, error);
	if (status == 0)
		status = try_pieces(wreck, CXA_MEMBER_TRAILER, take_trailer,
				    error);
	if (status == 0 && wreck->has_trailer)
		status = add_places(wreck, error);
	if (status == 0)
		status = try_pieces(wreck, CXA_MEMBER_SUMS, take_sums, error);
	if (status == 0)
		status = try_pieces(wreck, CXA_MEMBER_INDEX, take_index, error);
	if (status == 0)
		status = try_pieces(wreck, CXA_MEMBER_SCHEMA, take_schema,
				    error);
	wreck->count = found; /* places are no headers that were found */
	return status;
}

/* --- from another archive ------------------------------------------------- */

static struct cxa_member nameless(enum cxa_member_kind kind)
{
	struct cxa_member member = { 0 };

	cxa_member_parse(&member, cxa_member_name(kind));
	return member;
}

static int adopt_header(struct cxa_wreck *wreck, struct cxa_span bytes,
			struct cxa_error *error)
{
	const struct cxa_lines *lines = &wreck->lines;
	struct cxa_digest digest;

	cxa_digest_of(&digest, bytes.data, bytes.size);
	if (!lines->has[CXA_MEMBER_HEADER] ||
	    !cxa_digest_equal(&lines->digest[CXA_MEMBER_HEADER], &digest))
		return 0;
	return try_header(wreck, bytes, error);
}

int cxa_wreck_adopt_singles(struct cxa_wreck *wreck,
			    const struct cxa_wreck *other,
			    struct cxa_error *error)
{
	struct cxa_member sums = nameless(CXA_MEMBER_SUMS);
	struct cxa_member index = nameless(CXA_MEMBER_INDEX);
	struct cxa_member schema = nameless(CXA_MEMBER_SCHEMA);
	bool taken = false;
	int status = 0;

	if (wreck->has_trailer && wreck->sums.size == 0)
		status = take_sums(wreck, &sums, span_of(&other->sums), &taken,
				   error);
	if (status == 0 && wreck->index == NULL)
		status = take_index(wreck, &index,
				    span_of(&other->index_bytes), &taken,
				    error);
	if (status == 0 && wreck->schema.size == 0)
		status = take_schema(wreck, &schema, span_of(&other->schema),
				     &taken, error);
	if (status == 0 && wreck->header == NULL)
		status = adopt_header(wreck, span_of(&other->header_bytes),
				      error);
	return status;
}
