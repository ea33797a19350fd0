/* message_type.h - what the generated descriptors do not say about a field */
#ifndef CXA_BASE_MESSAGE_TYPE_H
#define CXA_BASE_MESSAGE_TYPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <protobuf-c/protobuf-c.h>

enum cxa_field_kind {
	CXA_FIELD_U32,
	CXA_FIELD_U64,
	CXA_FIELD_BOOL,
	CXA_FIELD_ENUM,
	CXA_FIELD_F32,
	CXA_FIELD_F64,
	CXA_FIELD_TEXT,    /* UTF-8, ProtobufCBinaryData */
	CXA_FIELD_JSON,    /* JSON text, ProtobufCBinaryData */
	CXA_FIELD_BINARY,  /* any bytes, ProtobufCBinaryData */
	CXA_FIELD_MESSAGE
};

/**
 * struct cxa_field - a field of a message, in the order of its number
 * @descriptor: number, label, offsets
 * @kind: taken from the type, and for bytes from the name: `*_json` and
 *        `extensions` are JSON, `planes`, `*_digest` and `header_bytes` binary
 * @type: of a message field, else NULL
 * @json_name: the name in JSON: without `_json`; in a union the message's name
 * @max: largest value of a CXA_FIELD_U32 (255 for the application's u8)
 * @exact_count: a repeated field has exactly so many values; 0: any number
 * @count_limit: CXA_LIMIT() on the values of a repeated field, or CXA_NO_LIMIT
 * @bytes_limit: CXA_LIMIT() on the length of text or JSON, or CXA_NO_LIMIT
 */
struct cxa_field {
	const ProtobufCFieldDescriptor *descriptor;
	const struct cxa_message_type *type;
	const char *json_name;
	size_t json_name_size;
	enum cxa_field_kind kind;
	uint32_t max;
	unsigned exact_count;
	size_t count_limit;
	size_t bytes_limit;
};

/**
 * struct cxa_message_type - a message and its fields
 * @extensions: the field that holds what is not known, or NULL
 * @is_union: exactly one field is set; in JSON an object of one member
 * @is_entry: a pair of a map: fields key and value
 * @required: bit i: field i must be there
 */
struct cxa_message_type {
	const ProtobufCMessageDescriptor *descriptor;
	const struct cxa_field *fields;
	const struct cxa_field *extensions;
	unsigned field_count;
	bool is_union;
	bool is_entry;
	uint32_t required;
};

/**
 * cxa_message_type_of() - the type of one of the project's own messages
 *
 * Made at the first call, for all of them; any thread. Never NULL for a message
 * of proto/.
 */
const struct cxa_message_type *
cxa_message_type_of(const ProtobufCMessageDescriptor *descriptor);

#endif
