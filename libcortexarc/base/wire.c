/* wire.c - varints, and protobuf-c's unpack and pack on our memory */
#include "base/wire.h"

enum { VARINT_BYTES = 10 };

size_t cxa_varint_size(uint64_t value)
{
	size_t size = 1;

	while (value >= 0x80) {
		value >>= 7;
		size++;
	}
	return size;
}

uint8_t *cxa_varint_put(uint8_t *out, uint64_t value)
{
	while (value >= 0x80) {
		*out++ = (uint8_t)(value | 0x80);
		value >>= 7;
	}
	*out++ = (uint8_t)value;
	return out;
}

void cxa_varint_append(struct cxa_buffer *buffer, uint64_t value)
{
	uint8_t *room = cxa_buffer_room(buffer, VARINT_BYTES);

	if (room != NULL)
		buffer->size += (size_t)(cxa_varint_put(room, value) - room);
}

size_t cxa_length_begin(struct cxa_buffer *buffer)
{
	cxa_buffer_byte(buffer, 0);
	return buffer->size;
}

/* One byte was kept for the length; what needs more moves. */
void cxa_length_end(struct cxa_buffer *buffer, size_t start)
{
	size_t size = buffer->size - start;
	size_t more = cxa_varint_size(size) - 1;
	uint8_t *data;

	if (cxa_buffer_room(buffer, more) == NULL)
		return;
	data = buffer->data + start;
	if (more != 0)
		memmove(data + more, data, size);
	cxa_varint_put(data - 1, size);
	buffer->size += more;
}

bool cxa_varint_get(const uint8_t **cursor, const uint8_t *end, uint64_t *value)
{
	const uint8_t *p = *cursor;
	uint64_t result = 0;
	unsigned shift = 0;
	uint8_t byte;

	do {
		if (p == end || shift > 63)
			return false;
		byte = *p++;
		if (shift == 63 && byte > 1)
			return false;
		result |= (uint64_t)(byte & 0x7f) << shift;
		shift += 7;
	} while ((byte & 0x80) != 0);
	if (byte == 0 && shift > 7)
		return false;
	*cursor = p;
	*value = result;
	return true;
}

bool cxa_wire_next(const uint8_t **cursor, const uint8_t *end,
		   struct cxa_wire_field *field)
{
	uint64_t tag;

	if (*cursor == end || !cxa_varint_get(cursor, end, &tag))
		return false;
	field->number = tag >> 3;
	field->wire_type = (unsigned)(tag & 7);
	field->data = *cursor;
	switch (field->wire_type) {
	case CXA_WIRE_VARINT:
		return cxa_varint_get(cursor, end, &field->value);
	case CXA_WIRE_BYTES:
		if (!cxa_varint_get(cursor, end, &field->value))
			return false;
		break;
	case CXA_WIRE_FIXED64:
		field->value = 8;
		break;
	case CXA_WIRE_FIXED32:
		field->value = 4;
		break;
	default:
		return false;
	}
	if (field->value > (uint64_t)(end - *cursor))
		return false;
	field->data = *cursor;
	*cursor += field->value;
	return true;
}

int cxa_wire_unpack(const struct cxa_message_type *type, const uint8_t *data,
		    size_t size, struct cxa_arena *arena,
		    ProtobufCMessage **out, struct cxa_error *error)
{
	ProtobufCAllocator allocator = cxa_arena_allocator(arena);

	*out = protobuf_c_message_unpack(type->descriptor, &allocator, size,
					 data);
	if (*out == NULL)
		return cxa_error_set(error, CXA_ERR_NOMEM,
				     "no memory for a %s of %zu bytes",
				     type->descriptor->short_name, size);
	return 0;
}

int cxa_wire_scan_unpack(const struct cxa_message_type *type,
			 const uint8_t *data, size_t size,
			 const struct cxa_limits *limits,
			 struct cxa_arena *arena, ProtobufCMessage **out,
			 struct cxa_error *error)
{
	struct cxa_wire_stats stats = { 0 };
	int status = cxa_wire_scan(type, data, size, limits, &stats, error);

	*out = NULL;
	if (status < 0)
		return status;
	return cxa_wire_unpack(type, data, size, arena, out, error);
}

int cxa_wire_pack(const ProtobufCMessage *message, struct cxa_buffer *buffer,
		  struct cxa_error *error)
{
	size_t size = protobuf_c_message_get_packed_size(message);
	uint8_t *room = cxa_buffer_room(buffer, size);

	if (room == NULL)
		return cxa_error_nomem(error, message->descriptor->short_name);
	buffer->size += protobuf_c_message_pack(message, room);
	return 0;
}
