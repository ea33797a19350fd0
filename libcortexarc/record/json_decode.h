/* json_decode.h - what objects, values and lists need of each other */
#ifndef CXA_RECORD_JSON_DECODE_H
#define CXA_RECORD_JSON_DECODE_H

#include "record/json_field.h"
#include "record/json_text.h"

/**
 * struct cxa_decoder - one call of cxa_json_decode()
 * @detached: of cxa_json_decode()
 */
struct cxa_decoder {
	struct cxa_json_reader reader;
	struct cxa_json_rules *rules;
	Cxa__Embeddings **detached;
};

/* json_decode.c */

/** cxa_decode_message() - an object of @type; NULL place: the outermost */
int cxa_decode_message(struct cxa_decoder *decoder,
		       const struct cxa_message_type *type,
		       ProtobufCMessage **out);

/** cxa_decoder_note_key() - @field is the record's first and has been read */
void cxa_decoder_note_key(struct cxa_decoder *decoder,
			  const struct cxa_field *field,
			  ProtobufCMessage *message);

/** cxa_decoder_note_filled() - lenient reading filled in the current member */
void cxa_decoder_note_filled(struct cxa_decoder *decoder, const uint8_t *at);

/* json_value.c */

/** cxa_decode_field() - the value of @field, behind its name, into @message */
int cxa_decode_field(struct cxa_decoder *decoder, const struct cxa_field *field,
		     ProtobufCMessage *message);

/**
 * cxa_decode_zero() - what a missing member becomes: the zero of its type
 *
 * A union has none. Return: 0, CXA_ERR_FORMAT at @at, CXA_ERR_NOMEM.
 */
int cxa_decode_zero(struct cxa_decoder *decoder, const struct cxa_field *field,
		    ProtobufCMessage *message, const uint8_t *at);

/** cxa_decode_value() - one value of @field into @slot, of the field's type */
int cxa_decode_value(struct cxa_decoder *decoder, const struct cxa_field *field,
		     void *slot);

/** cxa_decode_string() - a string that was read, into the arena */
int cxa_decode_string(struct cxa_decoder *decoder,
		      const struct cxa_field *field,
		      const struct cxa_json_string *string,
		      ProtobufCBinaryData *out);

/** cxa_decoder_message() - an empty message in the arena */
int cxa_decoder_message(struct cxa_decoder *decoder,
			const struct cxa_message_type *type,
			ProtobufCMessage **out);

/** cxa_decoder_keep() - a copy of @data in the arena */
int cxa_decoder_keep(struct cxa_decoder *decoder, const void *data, size_t size,
		     ProtobufCBinaryData *out);

/* json_list.c */

/** cxa_decode_list() - a repeated field: an array, of map entries an object */
int cxa_decode_list(struct cxa_decoder *decoder, const struct cxa_field *field,
		    ProtobufCMessage *message);

/** cxa_decode_zero_list() - empty, or as many zeros as there must be */
int cxa_decode_zero_list(struct cxa_decoder *decoder,
			 const struct cxa_field *field,
			 ProtobufCMessage *message);

/* of all three */

/** cxa_field_set_has() - say that an optional field is there */
static inline void cxa_field_set_has(const struct cxa_field *field,
				     ProtobufCMessage *message)
{
	const ProtobufCFieldDescriptor *descriptor = field->descriptor;

	if (descriptor->label != PROTOBUF_C_LABEL_OPTIONAL)
		return;
	if ((descriptor->flags & PROTOBUF_C_FIELD_FLAG_ONEOF) != 0)
		*cxa_field_has(field, message) = (int)descriptor->id;
	else if (field->kind != CXA_FIELD_MESSAGE)
		*cxa_field_has(field, message) = true;
}

#endif
