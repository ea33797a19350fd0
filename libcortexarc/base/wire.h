/* wire.h - protobuf bytes: the strict scan before every unpack, and packing */
#ifndef CXA_BASE_WIRE_H
#define CXA_BASE_WIRE_H

#include "base/arena.h"
#include "base/buffer.h"
#include "base/error.h"
#include "base/limits.h"
#include "base/message_type.h"

/* How deep messages may nest below the outermost: the format's own limit. */
enum { CXA_DEPTH_MAX = 8 };

/**
 * struct cxa_wire_stats - what a scan counted; adds up over calls
 * @fields: protobuf fields seen, packed values not counted
 * @decode_bytes: heap an unpack takes at most
 * @unknown: fields that this version does not know
 * @json: fields that hold JSON text, which the scan takes for any text
 */
struct cxa_wire_stats {
	uint64_t fields;
	uint64_t decode_bytes;
	uint64_t unknown;
	uint64_t json;
};

/**
 * cxa_wire_scan() - is this the canonical encoding of a message of @type?
 * @limits: filled; NULL: the defaults; compared with what @stats has reached
 * @stats: in and out; starts as { 0 }
 *
 * Without allocation. Refuses: varints that are not minimal or over their
 * type, field numbers that descend, singular fields repeated, a wire type
 * other than declared, repeated numbers that are not packed, a required field
 * missing, a bool other than 0 and 1, an unknown enum value, invalid UTF-8,
 * a map out of order, sizes past the end, depth over CXA_DEPTH_MAX. What it accepts,
 * cxa_wire_unpack() decodes within @stats, and packing gives the same bytes.
 *
 * Return: 0, CXA_ERR_CORRUPT, CXA_ERR_LIMIT, CXA_ERR_NOMEM (over half of all
 * addresses); the error's offset is within @data.
 */
int cxa_wire_scan(const struct cxa_message_type *type, const uint8_t *data,
		  size_t size, const struct cxa_limits *limits,
		  struct cxa_wire_stats *stats, struct cxa_error *error);

/**
 * cxa_wire_unpack() - decode into @arena; what was scanned always decodes
 *
 * Return: 0, CXA_ERR_CORRUPT, CXA_ERR_NOMEM.
 */
int cxa_wire_unpack(const struct cxa_message_type *type, const uint8_t *data,
		    size_t size, struct cxa_arena *arena,
		    ProtobufCMessage **out, struct cxa_error *error);

/** cxa_wire_scan_unpack() - both, for a single message */
int cxa_wire_scan_unpack(const struct cxa_message_type *type,
			 const uint8_t *data, size_t size,
			 const struct cxa_limits *limits,
			 struct cxa_arena *arena, ProtobufCMessage **out,
			 struct cxa_error *error);

/** cxa_wire_pack() - append the canonical encoding; Return: 0, CXA_ERR_NOMEM */
int cxa_wire_pack(const ProtobufCMessage *message, struct cxa_buffer *buffer,
		  struct cxa_error *error);

/** cxa_varint_size(), cxa_varint_put() - a minimal varint; put returns its end */
size_t cxa_varint_size(uint64_t value);
uint8_t *cxa_varint_put(uint8_t *out, uint64_t value);

/** cxa_varint_append() - behind what is in @buffer */
void cxa_varint_append(struct cxa_buffer *buffer, uint64_t value);

/**
 * cxa_length_begin() - what is appended from here on gets its length before it
 *
 * Return: for cxa_length_end(), which puts it there.
 */
size_t cxa_length_begin(struct cxa_buffer *buffer);
void cxa_length_end(struct cxa_buffer *buffer, size_t start);

/**
 * cxa_varint_get() - a minimal varint at *@cursor, which moves behind it
 *
 * Return: false where there is none before @end, or it is not minimal.
 */
bool cxa_varint_get(const uint8_t **cursor, const uint8_t *end, uint64_t *value);

enum cxa_wire_type {
	CXA_WIRE_VARINT = 0,
	CXA_WIRE_FIXED64 = 1,
	CXA_WIRE_BYTES = 2,
	CXA_WIRE_FIXED32 = 5
};

/**
 * struct cxa_wire_field - one field of an encoded message
 * @wire_type: of enum cxa_wire_type
 * @value: of a varint; else the size at @data
 * @data: where the value stands
 */
struct cxa_wire_field {
	uint64_t number;
	unsigned wire_type;
	uint64_t value;
	const uint8_t *data;
};

/**
 * cxa_wire_next() - the field at *@cursor, which moves behind it
 *
 * Return: false at @end, and where there is none.
 */
bool cxa_wire_next(const uint8_t **cursor, const uint8_t *end,
		   struct cxa_wire_field *field);

#endif
