/* buffer.h - bytes that grow at the end */
#ifndef CXA_BASE_BUFFER_H
#define CXA_BASE_BUFFER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/**
 * struct cxa_buffer - { 0 } is an empty one
 * @failed: an append found no memory; sticky, so that one check at the end of
 *          a run of appends is enough. Nothing was appended since.
 */
struct cxa_buffer {
	uint8_t *data;
	size_t size;
	size_t capacity;
	bool failed;
};

/** cxa_buffer_grow() - room for @more bytes; Return: 0, -1 without memory */
int cxa_buffer_grow(struct cxa_buffer *buffer, uint64_t more);

/**
 * cxa_buffer_room() - where @more bytes may be written; NULL without memory
 *
 * Add to @size what was used of it. @more may be a size that an input tells,
 * over SIZE_MAX, too: there is no memory for it.
 */
static inline uint8_t *cxa_buffer_room(struct cxa_buffer *buffer, uint64_t more)
{
	if ((buffer->failed || buffer->data == NULL ||
	     more > buffer->capacity - buffer->size) &&
	    cxa_buffer_grow(buffer, more) != 0)
		return NULL;
	return buffer->data + buffer->size;
}

static inline void cxa_buffer_append(struct cxa_buffer *buffer,
				     const void *data, size_t size)
{
	uint8_t *room = cxa_buffer_room(buffer, size);

	if (room == NULL || size == 0)
		return;
	memcpy(room, data, size);
	buffer->size += size;
}

static inline void cxa_buffer_byte(struct cxa_buffer *buffer, uint8_t byte)
{
	cxa_buffer_append(buffer, &byte, 1);
}

/** cxa_buffer_text() - append a C string without its NUL */
static inline void cxa_buffer_text(struct cxa_buffer *buffer, const char *text)
{
	cxa_buffer_append(buffer, text, strlen(text));
}

/** cxa_buffer_format() - append as printf does */
void cxa_buffer_format(struct cxa_buffer *buffer, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* What a buffer that is used again keeps: more than any of the usual. */
enum { CXA_BUFFER_KEEP = 8 << 20 };

/**
 * cxa_buffer_reset() - empty it, forget a failure
 *
 * Its memory is kept, unless it is more than CXA_BUFFER_KEEP.
 */
void cxa_buffer_reset(struct cxa_buffer *buffer);

void cxa_buffer_release(struct cxa_buffer *buffer);

#endif
