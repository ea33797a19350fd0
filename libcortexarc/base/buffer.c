/* buffer.c - bytes that grow at the end */
#include "base/buffer.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

int cxa_buffer_grow(struct cxa_buffer *buffer, uint64_t more)
{
	size_t capacity;
	size_t needed;
	uint8_t *data;

	if (buffer->failed || buffer->size > SIZE_MAX / 4 ||
	    more > SIZE_MAX / 4 - buffer->size)
		goto fail;
	needed = buffer->size + (size_t)more;
	capacity = buffer->capacity + buffer->capacity / 2;
	if (capacity < needed)
		capacity = needed;
	if (capacity < 64)
		capacity = 64;
	data = realloc(buffer->data, capacity);
	if (data == NULL)
		goto fail;
	buffer->data = data;
	buffer->capacity = capacity;
	return 0;
fail:
	buffer->failed = true;
	return -1;
}

void cxa_buffer_format(struct cxa_buffer *buffer, const char *format, ...)
{
	va_list args;
	uint8_t *room;
	int length;

	va_start(args, format);
	length = vsnprintf(NULL, 0, format, args);
	va_end(args);
	if (length < 0) {
		buffer->failed = true;
		return;
	}
	room = cxa_buffer_room(buffer, (size_t)length + 1);
	if (room == NULL)
		return;
	va_start(args, format);
	vsnprintf((char *)room, (size_t)length + 1, format, args);
	va_end(args);
	buffer->size += (size_t)length;
}

void cxa_buffer_reset(struct cxa_buffer *buffer)
{
	if (buffer->capacity > CXA_BUFFER_KEEP)
		cxa_buffer_release(buffer);
	buffer->size = 0;
	buffer->failed = false;
}

void cxa_buffer_release(struct cxa_buffer *buffer)
{
	free(buffer->data);
	*buffer = (struct cxa_buffer){ 0 };
}
