/* notes.c - what cannot be judged before the last record was seen */
#include "check/notes.h"

#include "base/error.h"
#include "base/wire.h"

/* A kind, and at most four varints. */
enum { NOTE_MAX = 1 + 4 * 10 };

static unsigned value_count(enum cxa_note_kind kind)
{
	return kind == CXA_NOTE_LENGTHS ? 3 : 1;
}

/* So that small distances in both directions are short. */
static uint64_t zigzag(uint64_t distance)
{
	return distance << 1 ^ (uint64_t)-(int64_t)(distance >> 63);
}

static uint64_t unzigzag(uint64_t value)
{
	return value >> 1 ^ (uint64_t)-(int64_t)(value & 1);
}

void cxa_note_append(struct cxa_buffer *buffer, uint64_t *last,
		     const struct cxa_note *note)
{
	uint8_t *room = cxa_buffer_room(buffer, NOTE_MAX);
	uint8_t *end = room;

	if (room == NULL)
		return;
	*end++ = (uint8_t)note->kind;
	end = cxa_varint_put(end, note->id - *last);
	for (unsigned i = 0; i < value_count(note->kind); i++)
		end = cxa_varint_put(end, zigzag(note->values[i] -
						 (i == 0 ? note->id : 0)));
	buffer->size += (size_t)(end - room);
	*last = note->id;
}

static int spool(struct cxa_notes *notes, struct cxa_error *error)
{
	int status = 0;

	if (notes->spool == NULL)
		status = cxa_spool_open(&notes->spool, notes->folder,
					notes->cancel, error);
	if (status == 0)
		status = cxa_spool_append(notes->spool, notes->buffer.data,
					  notes->buffer.size, NULL, error);
	notes->buffer.size = 0;
	return status;
}

int cxa_notes_add(struct cxa_notes *notes, enum cxa_collection collection,
		  const struct cxa_buffer *batch, struct cxa_error *error)
{
	if (batch->size == 0)
		return 0;
	cxa_buffer_byte(&notes->buffer, CXA_NOTE_BATCH);
	cxa_buffer_byte(&notes->buffer, (uint8_t)collection);
	cxa_buffer_append(&notes->buffer, batch->data, batch->size);
	if (notes->buffer.failed)
		return cxa_error_nomem(error, "references");
	if (notes->buffer.size <= CXA_NOTES_KEPT)
		return 0;
	return spool(notes, error);
}

/* A note at least, where there is one more. */
static int refill(struct cxa_notes *notes, struct cxa_error *error)
{
	struct cxa_buffer *buffer = &notes->buffer;
	size_t left = buffer->size - notes->at;
	uint64_t more;
	int status;

	if (notes->spool == NULL || left >= NOTE_MAX)
		return 0;
	more = cxa_spool_bytes(notes->spool) - notes->spooled;
	if (more > CXA_NOTES_KEPT)
		more = CXA_NOTES_KEPT;
	if (more == 0)
		return 0;
	memmove(buffer->data, buffer->data + notes->at, left);
	buffer->size = left;
	notes->at = 0;
	if (cxa_buffer_room(buffer, more) == NULL)
		return cxa_error_nomem(error, "references");
	status = cxa_spool_read_at(notes->spool, notes->spooled,
				   buffer->data + left, (size_t)more, error);
	buffer->size += (size_t)more;
	notes->spooled += more;
	return status;
}

static void decode(struct cxa_notes *notes, struct cxa_note *note)
{
	const uint8_t *data = notes->buffer.data;
	const uint8_t *cursor = data + notes->at;
	const uint8_t *end = data + notes->buffer.size;
	uint64_t value = 0;

	if (*cursor == CXA_NOTE_BATCH) {
		notes->collection = (enum cxa_collection)cursor[1];
		notes->last = 0;
		cursor += 2;
	}
	note->kind = (enum cxa_note_kind)*cursor++;
	note->collection = notes->collection;
	cxa_varint_get(&cursor, end, &value);
	notes->last += value;
	note->id = notes->last;
	for (unsigned i = 0; i < value_count(note->kind); i++) {
		cxa_varint_get(&cursor, end, &value);
		note->values[i] = unzigzag(value) + (i == 0 ? note->id : 0);
	}
	notes->at = (size_t)(cursor - data);
}

int cxa_notes_next(struct cxa_notes *notes, struct cxa_note *note,
		   struct cxa_error *error)
{
	int status = 0;

	/* What is still in memory goes behind what is not. */
	if (notes->spool != NULL && notes->spooled == 0)
		status = spool(notes, error);
	if (status == 0)
		status = refill(notes, error);
	if (status < 0)
		return status;
	if (notes->at == notes->buffer.size)
		return CXA_END;
	decode(notes, note);
	return 0;
}

void cxa_notes_release(struct cxa_notes *notes)
{
	cxa_spool_close(notes->spool);
	cxa_buffer_release(&notes->buffer);
}
