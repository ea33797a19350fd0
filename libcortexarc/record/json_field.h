/* json_field.h - where a message holds what a field describes */
#ifndef CXA_RECORD_JSON_FIELD_H
#define CXA_RECORD_JSON_FIELD_H

#include <string.h>

#include "base/message_type.h"

/** cxa_field_at() - where a message holds the value, or a repeated's pointer */
static inline void *cxa_field_at(const struct cxa_field *field,
				 const ProtobufCMessage *message)
{
	return (uint8_t *)(uintptr_t)message + field->descriptor->offset;
}

/** cxa_field_count() - where a message counts a repeated field */
static inline size_t *cxa_field_count(const struct cxa_field *field,
				      const ProtobufCMessage *message)
{
	return (size_t *)((uintptr_t)message +
			  field->descriptor->quantifier_offset);
}

/** cxa_field_has() - optional: is it there? of a oneof: the number set */
static inline int *cxa_field_has(const struct cxa_field *field,
				 const ProtobufCMessage *message)
{
	return (int *)((uintptr_t)message +
		       field->descriptor->quantifier_offset);
}

/** cxa_field_is_absent() - a field that is not repeated: is it not there? */
static inline bool cxa_field_is_absent(const struct cxa_field *field,
				       const ProtobufCMessage *message)
{
	if (field->kind == CXA_FIELD_MESSAGE)
		return *(void *const *)cxa_field_at(field, message) == NULL;
	return field->descriptor->label == PROTOBUF_C_LABEL_OPTIONAL &&
	       !*cxa_field_has(field, message);
}

/**
 * cxa_field_of_union() - which of a union's fields is set; NULL: none
 */
static inline const struct cxa_field *
cxa_field_of_union(const struct cxa_message_type *type,
		   const ProtobufCMessage *message)
{
	for (unsigned i = 0; i < type->field_count; i++) {
		const struct cxa_field *field = &type->fields[i];

		if (*cxa_field_has(field, message) ==
			    (int)field->descriptor->id &&
		    !cxa_field_is_absent(field, message))
			return field;
	}
	return NULL;
}

/** cxa_field_is_known() - has @type a field that has this name in JSON? */
static inline bool cxa_field_is_known(const struct cxa_message_type *type,
				      const uint8_t *name, size_t size)
{
	for (unsigned i = 0; i < type->field_count; i++)
		if (&type->fields[i] != type->extensions &&
		    type->fields[i].json_name_size == size &&
		    memcmp(type->fields[i].json_name, name, size) == 0)
			return true;
	return false;
}

/** cxa_field_width() - bytes of one value */
static inline size_t cxa_field_width(const struct cxa_field *field)
{
	switch (field->kind) {
	case CXA_FIELD_U32: return sizeof(uint32_t);
	case CXA_FIELD_U64: return sizeof(uint64_t);
	case CXA_FIELD_BOOL: return sizeof(protobuf_c_boolean);
	case CXA_FIELD_ENUM: return sizeof(int);
	case CXA_FIELD_F32: return sizeof(float);
	case CXA_FIELD_F64: return sizeof(double);
	case CXA_FIELD_MESSAGE: return sizeof(ProtobufCMessage *);
	default: return sizeof(ProtobufCBinaryData);
	}
}

#endif
