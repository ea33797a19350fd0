/* member_reader.c - members front to back, from a file or a pipe */
#include "container/member_reader.h"

#include <stdlib.h>
#include <string.h>

#include "container/tar_block.h"

enum {
	BUFFER_BYTES = 64 * 1024,
	GROW_BYTES = 8 << 20,        /* asked for ahead of what has arrived */
	LARGE_BYTES = 64 << 20,      /* of a batch, as a rule */
	HIDDEN_BYTES = 16 << 20,     /* kept of what is larger */
};

/*
 * @buffer: bytes @begin to @end were read and not consumed
 * @offset: of buffer[begin] in the file
 * @hidden: the end of the last member's data (and its padding), from where
 *          that holds what looks like a header; empty but for lost blocks
 * @rewound: bytes that were read a second time, from @hidden
 * @damaged: next() found damage at @damage; resync() may go on
 * @failed: nothing may go on
 */
struct cxa_member_reader {
	struct cxa_input *input;
	struct cxa_walker walker;
	const struct cxa_limits *limits;
	uint64_t members;
	uint8_t *buffer;
	size_t capacity;
	size_t begin;
	size_t end;
	uint64_t offset;
	uint64_t damage;
	uint64_t rewound;
	struct cxa_buffer hidden;
	int failed;
	bool input_ended;
	bool damaged;
	bool in_padding;
};

int cxa_member_reader_open(struct cxa_member_reader **out,
			   struct cxa_input *input,
			   const struct cxa_limits *limits,
			   struct cxa_error *error)
{
	struct cxa_member_reader *reader = calloc(1, sizeof(*reader));

	*out = NULL;
	if (reader == NULL)
		return cxa_error_nomem(error, "a reader");
	reader->buffer = malloc(BUFFER_BYTES);
	if (reader->buffer == NULL) {
		free(reader);
		return cxa_error_nomem(error, "a reader");
	}
	reader->capacity = BUFFER_BYTES;
	reader->input = input;
	reader->limits = limits == NULL ? cxa_limits_default() : limits;
	cxa_walker_init(&reader->walker);
	*out = reader;
	return 0;
}

void cxa_member_reader_close(struct cxa_member_reader *reader)
{
	if (reader == NULL)
		return;
	cxa_buffer_release(&reader->hidden);
	free(reader->buffer);
	free(reader);
}

uint64_t cxa_member_reader_offset(const struct cxa_member_reader *reader)
{
	return reader->offset;
}

static size_t available(const struct cxa_member_reader *reader)
{
	return reader->end - reader->begin;
}

static void consume(struct cxa_member_reader *reader, size_t size)
{
	reader->begin += size;
	reader->offset += size;
}

/* At least @need bytes (no more than BUFFER_BYTES) unless the input ends. */
static int fill(struct cxa_member_reader *reader, size_t need,
		struct cxa_error *error)
{
	size_t got = 0;
	int status;

	if (available(reader) >= need || reader->input_ended)
		return 0;
	memmove(reader->buffer, reader->buffer + reader->begin,
		available(reader));
	reader->end -= reader->begin;
	reader->begin = 0;
	status = cxa_input_read(reader->input, reader->buffer + reader->end,
				reader->capacity - reader->end, &got, error);
	if (status < 0) {
		reader->failed = status;
		return status;
	}
	reader->input_ended = got < reader->capacity - reader->end;
	reader->end += got;
	return 0;
}

/* @size bytes to @out, large ones straight from the input. */
static int take(struct cxa_member_reader *reader, uint8_t *out, size_t size,
		size_t *taken, struct cxa_error *error)
{
	size_t got = 0;
	int status;

	*taken = size < available(reader) ? size : available(reader);
	memcpy(out, reader->buffer + reader->begin, *taken);
	consume(reader, *taken);
	if (*taken == size || reader->input_ended)
		return 0;
	status = cxa_input_read(reader->input, out + *taken, size - *taken,
				&got, error);
	if (status < 0) {
		reader->failed = status;
		return status;
	}
	*taken += got;
	reader->offset += got;
	reader->input_ended = *taken < size;
	return 0;
}

static int damage(struct cxa_member_reader *reader, uint64_t offset)
{
	reader->damaged = true;
	reader->damage = offset;
	return CXA_ERR_CORRUPT;
}

static int cut(struct cxa_member_reader *reader, const char *member,
	       uint64_t offset, struct cxa_error *error)
{
	uint64_t size = reader->offset + available(reader);

	cxa_error_at(error, member, offset);
	cxa_error_set(error, CXA_ERR_CORRUPT,
		      "the end is missing: the file stops after %llu bytes",
		      (unsigned long long)size);
	return damage(reader, offset);
}

/* --- one member ------------------------------------------------------ */

/* Bytes stay in the buffer until all headers hold: resync() looks at them. */
static int read_headers(struct cxa_member_reader *reader,
			struct cxa_error *error)
{
	struct cxa_walker *walker = &reader->walker;
	enum cxa_walk_event event = CXA_WALK_MORE;
	size_t fed = 0;
	size_t used;
	int status;

	reader->in_padding = false;
	while (event == CXA_WALK_MORE) {
		status = fill(reader, fed + CXA_BLOCK_BYTES, error);
		if (status < 0)
			return status;
		if (fed == available(reader))
			return cut(reader, fed < CXA_BLOCK_BYTES ? "" :
					   walker->pending.name,
				   walker->start, error);
		status = cxa_walker_feed(walker,
					 reader->buffer + reader->begin + fed,
					 available(reader) - fed, &used, &event,
					 error);
		if (status < 0)
			return damage(reader, walker->start);
		fed += used;
	}
	consume(reader, fed);
	cxa_buffer_reset(&reader->hidden);
	return event == CXA_WALK_END ? CXA_END : 0;
}

/* Only batches are counted by GiB: INDEX, which tells the same, has no more. */
static int check_limits(struct cxa_member_reader *reader,
			struct cxa_error *error)
{
	const struct cxa_member *member = &reader->walker.member;
	size_t limit = cxa_member_limit(member->kind);
	uint64_t offset = member->kind == CXA_MEMBER_BATCH ? member->offset :
							     UINT64_MAX;
	int status = 0;

	if (member->size > cxa_limit_of(reader->limits, limit))
		status = cxa_limit_exceeded(error, reader->limits, limit,
					    member->size, "a member");
	if (status == 0)
		status = cxa_member_check_count(++reader->members, offset,
						reader->limits, error);
	if (status == 0)
		return 0;
	reader->failed = status;
	cxa_error_at(error, member->name, reader->walker.start);
	return status;
}

static int read_data(struct cxa_member_reader *reader, struct cxa_buffer *data,
		     struct cxa_error *error)
{
	const struct cxa_member *member = &reader->walker.member;
	enum cxa_walk_event event;
	uint64_t left = member->size;
	uint8_t *room;
	size_t step;
	size_t got;
	size_t used;
	int status;

	while (left != 0) {
		step = left < GROW_BYTES ? (size_t)left : GROW_BYTES;
		room = cxa_buffer_room(data, step);
		if (room == NULL) {
			reader->failed = CXA_ERR_NOMEM;
			return cxa_error_nomem(error, member->name);
		}
		status = take(reader, room, step, &got, error);
		if (status < 0)
			return status;
		cxa_walker_feed(&reader->walker, room, got, &used, &event,
				error);
		data->size += got;
		left -= got;
		if (got < step)
			return cut(reader, member->name, reader->walker.start,
				   error);
	}
	return 0;
}

/*
 * Where blocks of a member's data were lost, the headers of the next one are
 * read as its data and padding. They stand on a block boundary still: keep what
 * follows, for resync() to begin with. Sound data all but never has such a
 * block. Of what is larger than batches are, only the end is kept: where they
 * stand unless as much was lost.
 */
static bool is_next_header(const struct cxa_member_reader *reader,
			   const uint8_t *block)
{
	struct cxa_member member;
	uint64_t mtime;

	return cxa_preamble_find(block, &member, &mtime) &&
	       mtime == reader->walker.mtime;
}

static void keep_hidden(struct cxa_member_reader *reader,
			const struct cxa_buffer *data)
{
	size_t at = 0;

	if (data->size > LARGE_BYTES)
		at = (data->size - HIDDEN_BYTES) / CXA_BLOCK_BYTES *
		     CXA_BLOCK_BYTES;
	for (; data->size - at >= CXA_BLOCK_BYTES; at += CXA_BLOCK_BYTES) {
		if (is_next_header(reader, data->data + at)) {
			cxa_buffer_append(&reader->hidden, data->data + at,
					  data->size - at);
			return;
		}
	}
}

/* The padding goes with what was kept, or makes the last block whole. */
static void keep_padding(struct cxa_member_reader *reader,
			 const struct cxa_buffer *data, size_t size)
{
	const uint8_t *padding = reader->buffer + reader->begin;
	size_t tail = CXA_BLOCK_BYTES - size;
	uint8_t block[CXA_BLOCK_BYTES];

	if (reader->hidden.size != 0) {
		cxa_buffer_append(&reader->hidden, padding, size);
	} else if (size != 0) {
		memcpy(block, data->data + data->size - tail, tail);
		memcpy(block + tail, padding, size);
		if (is_next_header(reader, block))
			cxa_buffer_append(&reader->hidden, block,
					  sizeof(block));
	}
}

static int read_padding(struct cxa_member_reader *reader,
			const struct cxa_buffer *data, struct cxa_error *error)
{
	struct cxa_walker *walker = &reader->walker;
	enum cxa_walk_event event = CXA_WALK_MORE;
	uint32_t padding = walker->padding_left;
	size_t used;
	int status;

	reader->in_padding = true;
	status = fill(reader, padding, error);
	if (status < 0)
		return status;
	if (available(reader) < padding)
		return cut(reader, walker->member.name, walker->start, error);
	keep_padding(reader, data, padding);
	status = cxa_walker_feed(walker, reader->buffer + reader->begin,
				 padding, &used, &event, error);
	consume(reader, padding);
	return status < 0 ? damage(reader, walker->offset) : 0;
}

int cxa_member_reader_next(struct cxa_member_reader *reader,
			   struct cxa_member *member, struct cxa_buffer *data,
			   struct cxa_error *error)
{
	int status;

	cxa_buffer_reset(data);
	memset(member, 0, sizeof(*member));
	if (reader->failed != 0)
		return cxa_error_set(error, reader->failed,
				     "reading has failed before");
	if (reader->damaged)
		return cxa_error_set(error, CXA_ERR_CORRUPT,
				     "the archive is damaged before this");
	if (cxa_walker_at_end(&reader->walker))
		return CXA_END;
	status = read_headers(reader, error);
	if (status != 0)
		return status;
	status = check_limits(reader, error);
	if (status < 0)
		return status;
	*member = reader->walker.member;
	status = read_data(reader, data, error);
	keep_hidden(reader, data);
	if (status == 0)
		status = read_padding(reader, data, error);
	return status;
}

/* --- behind damage and behind the end -------------------------------- */

/* A buffer with @size bytes before what was not consumed. */
static int make_room(struct cxa_member_reader *reader, size_t size)
{
	size_t left = available(reader);
	size_t capacity = size + left + BUFFER_BYTES;
	uint8_t *buffer = malloc(capacity);

	if (buffer == NULL)
		return -1;
	memcpy(buffer + size, reader->buffer + reader->begin, left);
	free(reader->buffer);
	reader->buffer = buffer;
	reader->capacity = capacity;
	reader->begin = size;
	reader->end = size + left;
	return 0;
}

/*
 * Put what stood hidden in the last member's data before the buffer again: as a
 * rule where it stood. The buffer may hold much; it is not to be copied for each
 * small member in it.
 */
static int unread_hidden(struct cxa_member_reader *reader,
			 struct cxa_error *error)
{
	size_t hidden = reader->hidden.size;

	if ((hidden > reader->begin && make_room(reader, hidden) != 0) ||
	    reader->hidden.failed) {
		reader->failed = CXA_ERR_NOMEM;
		return cxa_error_nomem(error, "going on behind damage");
	}
	reader->begin -= hidden;
	memcpy(reader->buffer + reader->begin, reader->hidden.data, hidden);
	reader->offset -= hidden;
	reader->rewound += hidden;
	return 0;
}

static bool is_member_here(const struct cxa_member_reader *reader,
			   uint64_t *mtime)
{
	struct cxa_member member;

	return cxa_preamble_find(reader->buffer + reader->begin, &member,
				 mtime) &&
	       (!reader->walker.has_mtime ||
		*mtime == reader->walker.mtime);
}

/* Not more is read twice than once: members hidden in members cost no more. */
static int resync_begin(struct cxa_member_reader *reader,
			struct cxa_error *error)
{
	size_t block = CXA_BLOCK_BYTES;
	int status = 0;

	if (reader->hidden.failed ||
	    (reader->hidden.size != 0 &&
	     reader->hidden.size + reader->rewound <= reader->offset))
		status = unread_hidden(reader, error);
	else if (!reader->in_padding)
		consume(reader, block < available(reader) ? block :
				available(reader));
	cxa_buffer_reset(&reader->hidden);
	return status;
}

/* No member begins in a hole: it is not read. */
static void skip_hole(struct cxa_member_reader *reader)
{
	struct cxa_input *input = reader->input;
	uint64_t skipped;

	if (!input->seekable || available(reader) != 0)
		return;
	skipped = cxa_input_data(input, input->position) - input->position;
	skipped -= skipped % CXA_BLOCK_BYTES;
	input->position += skipped;
	reader->offset += skipped;
}

int cxa_member_reader_resync(struct cxa_member_reader *reader,
			     uint64_t *skipped, struct cxa_error *error)
{
	uint64_t mtime = 0;
	int status;

	*skipped = 0;
	if (reader->failed != 0)
		return cxa_error_set(error, reader->failed,
				     "reading has failed before");
	if (!reader->damaged)
		return cxa_error_set(error, CXA_ERR_USAGE,
				     "nothing to go on behind");
	status = resync_begin(reader, error);
	while (status == 0) {
		skip_hole(reader);
		status = fill(reader, CXA_BLOCK_BYTES, error);
		if (status < 0 || available(reader) < CXA_BLOCK_BYTES)
			break;
		if (is_member_here(reader, &mtime)) {
			reader->damaged = false;
			cxa_walker_resume(&reader->walker, reader->offset,
					  mtime);
			break;
		}
		consume(reader, CXA_BLOCK_BYTES);
	}
	if (status == 0 && reader->damaged)
		consume(reader, available(reader));
	if (reader->offset > reader->damage)
		*skipped = reader->offset - reader->damage;
	return status == 0 && reader->damaged ? CXA_END : status;
}

int cxa_member_reader_tail(struct cxa_member_reader *reader, uint64_t *zeros,
			   struct cxa_error *error)
{
	int status;

	*zeros = 0;
	if (!cxa_walker_at_end(&reader->walker))
		return cxa_error_set(error, CXA_ERR_USAGE,
				     "the end was not reached");
	for (;;) {
		status = fill(reader, 1, error);
		if (status < 0 || available(reader) == 0)
			return status;
		if (!cxa_tar_is_zero(reader->buffer + reader->begin,
				     available(reader)))
			break;
		*zeros += available(reader);
		if (*zeros > CXA_TAIL_MAX)
			break;
		consume(reader, available(reader));
	}
	cxa_error_at(error, NULL, reader->offset);
	return cxa_error_set(error, CXA_ERR_CORRUPT,
			     *zeros > CXA_TAIL_MAX ?
				     "over 1 MiB of zeros behind the end" :
				     "bytes behind the end");
}
