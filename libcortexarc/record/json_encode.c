/* json_encode.c - a message as JSON, to the letter as serde_json writes it */
#include "record/json_field.h"
#include "record/json_text.h"
#include "record/number.h"

/* Of JSON in an archive: what was read with a higher limit can be written. */
enum { WRITE_DEPTH = 65536, NUMBERS_AT_ONCE = 64 };

struct encoder {
	struct cxa_buffer *out;
	struct cxa_error *error;
	bool has_beside;
	const Cxa__Embeddings *beside;
	uint64_t unknown; /* fields left out */
};

static int put_message(struct encoder *encoder,
		       const struct cxa_message_type *type,
		       const ProtobufCMessage *message);

static int corrupt(struct encoder *encoder, const struct cxa_field *field,
		   const char *what)
{
	return cxa_error_set(encoder->error, CXA_ERR_CORRUPT, "%s: %s",
			     field->descriptor->name, what);
}

/* --- text --- */

static void put_escape(struct cxa_buffer *out, uint8_t byte)
{
	static const char hex[] = "0123456789abcdef";
	static const char letters[] = "btnvfr"; /* from 8 on; no \v in JSON */
	char escape[6] = "\\u00";

	if (byte == '"' || byte == '\\') {
		escape[1] = (char)byte;
		cxa_buffer_append(out, escape, 2);
	} else if (byte >= '\b' && byte <= '\r' && byte != '\v') {
		escape[1] = letters[byte - '\b'];
		cxa_buffer_append(out, escape, 2);
	} else {
		escape[4] = hex[byte >> 4];
		escape[5] = hex[byte & 15];
		cxa_buffer_append(out, escape, 6);
	}
}

void cxa_json_string(struct cxa_buffer *out, const uint8_t *text, size_t size)
{
	const uint8_t *end = size == 0 ? text : text + size;
	const uint8_t *plain_end;
	uint64_t high_bits = 0;

	if (size > SIZE_MAX / 2 || cxa_buffer_room(out, size + 2) == NULL)
		return;
	cxa_buffer_byte(out, '"');
	while (text != end) {
		plain_end = cxa_json_plain_end(text, end, &high_bits);
		cxa_buffer_append(out, text, (size_t)(plain_end - text));
		text = plain_end;
		if (text != end)
			put_escape(out, *text++);
	}
	cxa_buffer_byte(out, '"');
}

static void put_name(struct cxa_buffer *out, const char *name, size_t size)
{
	uint8_t *room = cxa_buffer_room(out, size + 4);

	if (room == NULL)
		return;
	if (out->data[out->size - 1] != '{')
		*room++ = ',';
	*room++ = '"';
	memcpy(room, name, size);
	room += size;
	*room++ = '"';
	*room++ = ':';
	out->size = (size_t)(room - out->data);
}

/* --- JSON that a field holds --- */

/* @inner says what is wrong with the text of @field. */
static int bad_json(struct encoder *encoder, const struct cxa_field *field,
		    int status, const struct cxa_error *inner)
{
	if (status == CXA_ERR_NOMEM)
		return cxa_error_nomem(encoder->error, "JSON");
	return corrupt(encoder, field, inner->message);
}

static int copy_value(struct cxa_json_reader *reader, struct cxa_buffer *out)
{
	int status = cxa_json_copy_value(reader, out, CXA_NO_LIMIT);

	return status == 0 ? cxa_json_finish(reader) : status;
}

static bool is_beside(const struct encoder *encoder,
		      const struct cxa_message_type *type, const uint8_t *name,
		      size_t size)
{
	return encoder->has_beside &&
	       type->descriptor == &cxa__concept__descriptor &&
	       size == strlen("embeddings") &&
	       memcmp(name, "embeddings", size) == 0;
}

static int copy_member(struct encoder *encoder,
		       const struct cxa_message_type *type,
		       struct cxa_json_reader *reader)
{
	struct cxa_json_string raw;
	const uint8_t *name;
	int status = cxa_json_read_name(reader, &raw, &name);

	if (status < 0)
		return status;
	if (cxa_field_is_known(type, name, raw.size) ||
	    is_beside(encoder, type, name, raw.size))
		return cxa_json_fail(reader, CXA_ERR_CORRUPT, raw.raw - 1,
				     "has a member that the record has too");
	status = cxa_json_push_name(reader, &raw, name);
	put_name(encoder->out, (const char *)raw.raw, raw.raw_size);
	return status < 0 ? status :
			    cxa_json_copy_value(reader, encoder->out,
						CXA_NO_LIMIT);
}

static int copy_members(struct encoder *encoder,
			const struct cxa_message_type *type,
			struct cxa_json_reader *reader)
{
	int more = cxa_json_begin(reader, '{');

	while (more == 1) {
		more = copy_member(encoder, type, reader);
		if (more == 0)
			more = cxa_json_next(reader, '}');
	}
	if (more == 0)
		more = cxa_json_pop_names(reader, 0);
	return more == 0 ? cxa_json_finish(reader) : more;
}

/* @type: of the message whose extensions these are; NULL: a value in itself */
static int put_json(struct encoder *encoder, const struct cxa_field *field,
		    const struct cxa_message_type *type,
		    const ProtobufCBinaryData *json)
{
	struct cxa_error inner = CXA_ERROR_INIT;
	struct cxa_arena arena = { 0 };
	struct cxa_json_reader reader;
	struct cxa_limits limits = *cxa_limits_default();
	struct cxa_json_text text = {
		.data = json->data,
		.size = json->len,
		.line = 1,
		.column = 1,
	};
	int status;

	limits.json_depth = WRITE_DEPTH;
	status = cxa_json_start(&reader, &text, &limits, &arena, &inner);
	if (status == 0 && type != NULL)
		status = copy_members(encoder, type, &reader);
	else if (status == 0)
		status = copy_value(&reader, encoder->out);
	cxa_json_stop(&reader);
	cxa_arena_release(&arena);
	return status < 0 ? bad_json(encoder, field, status, &inner) : 0;
}

/* --- values --- */

static void put_u64(struct cxa_buffer *out, uint64_t value)
{
	uint8_t *room = cxa_buffer_room(out, CXA_PRINT_MAX);

	if (room != NULL)
		out->size += cxa_print_u64((char *)room, value);
}

static void put_f32(struct cxa_buffer *out, float value)
{
	uint8_t *room = cxa_buffer_room(out, CXA_PRINT_MAX);

	if (room != NULL)
		out->size += cxa_print_f32((char *)room, value);
}

static void put_f64(struct cxa_buffer *out, double value)
{
	uint8_t *room = cxa_buffer_room(out, CXA_PRINT_MAX);

	if (room != NULL)
		out->size += cxa_print_f64((char *)room, value);
}

static int put_enum(struct encoder *encoder, const struct cxa_field *field,
		    int value)
{
	const ProtobufCEnumDescriptor *values = field->descriptor->descriptor;
	const ProtobufCEnumValue *found;

	found = protobuf_c_enum_descriptor_get_value(values, value);
	if (found == NULL)
		return corrupt(encoder, field,
			       "a value that the enum does not have");
	cxa_json_string(encoder->out, (const uint8_t *)found->name,
			strlen(found->name));
	return 0;
}

static int put_value(struct encoder *encoder, const struct cxa_field *field,
		     const void *at)
{
	struct cxa_buffer *out = encoder->out;
	const ProtobufCBinaryData *bytes = at;

	switch (field->kind) {
	case CXA_FIELD_U32: put_u64(out, *(const uint32_t *)at); break;
	case CXA_FIELD_U64: put_u64(out, *(const uint64_t *)at); break;
	case CXA_FIELD_F32: put_f32(out, *(const float *)at); break;
	case CXA_FIELD_F64: put_f64(out, *(const double *)at); break;
	case CXA_FIELD_BOOL:
		cxa_buffer_text(out, *(const protobuf_c_boolean *)at ? "true" :
								       "false");
		break;
	case CXA_FIELD_ENUM:
		return put_enum(encoder, field, *(const int *)at);
	case CXA_FIELD_TEXT:
		cxa_json_string(out, bytes->data, bytes->len);
		break;
	case CXA_FIELD_JSON:
		return put_json(encoder, field, NULL, bytes);
	case CXA_FIELD_MESSAGE:
		return put_message(encoder, field->type,
				   *(ProtobufCMessage *const *)at);
	case CXA_FIELD_BINARY:
		return corrupt(encoder, field, "has no form in JSON");
	}
	return 0;
}

/* The vectors: what most of the bytes are. */
static void put_floats(struct cxa_buffer *out, const float *values,
		       size_t count)
{
	while (count > 0) {
		size_t now = count < NUMBERS_AT_ONCE ? count : NUMBERS_AT_ONCE;
		uint8_t *room = cxa_buffer_room(out, now * (CXA_PRINT_MAX + 1));
		char *at = (char *)room;

		if (room == NULL)
			return;
		for (size_t i = 0; i < now; i++) {
			at += cxa_print_f32(at, values[i]);
			*at++ = ',';
		}
		out->size += (size_t)(at - (char *)room);
		values += now;
		count -= now;
	}
	out->size--; /* the last comma */
}

static int put_array(struct encoder *encoder, const struct cxa_field *field,
		     const uint8_t *values, size_t count)
{
	size_t width = cxa_field_width(field);
	int status = 0;

	cxa_buffer_byte(encoder->out, '[');
	if (field->kind == CXA_FIELD_F32 && count != 0) {
		put_floats(encoder->out, (const float *)(const void *)values,
			   count);
		count = 0;
	}
	for (size_t i = 0; i < count && status == 0; i++) {
		if (i != 0)
			cxa_buffer_byte(encoder->out, ',');
		status = put_value(encoder, field, values + i * width);
	}
	cxa_buffer_byte(encoder->out, ']');
	return status;
}

static int put_map(struct encoder *encoder, const struct cxa_message_type *type,
		   const ProtobufCMessage *const *entries, size_t count)
{
	const ProtobufCBinaryData *key;
	int status = 0;

	cxa_buffer_byte(encoder->out, '{');
	for (size_t i = 0; i < count && status == 0; i++) {
		key = cxa_field_at(&type->fields[0], entries[i]);
		if (i != 0)
			cxa_buffer_byte(encoder->out, ',');
		cxa_json_string(encoder->out, key->data, key->len);
		cxa_buffer_byte(encoder->out, ':');
		encoder->unknown += entries[i]->n_unknown_fields;
		status = put_value(encoder, &type->fields[1],
				   cxa_field_at(&type->fields[1], entries[i]));
	}
	cxa_buffer_byte(encoder->out, '}');
	return status;
}

/* --- members --- */

static int put_field(struct encoder *encoder, const struct cxa_field *field,
		     const ProtobufCMessage *message)
{
	const void *at = cxa_field_at(field, message);
	size_t count;

	if (field->descriptor->label == PROTOBUF_C_LABEL_REPEATED) {
		count = *cxa_field_count(field, message);
		at = *(const void *const *)at;
		if (field->kind == CXA_FIELD_MESSAGE && field->type->is_entry)
			return put_map(encoder, field->type, at, count);
		return put_array(encoder, field, at, count);
	}
	if (cxa_field_is_absent(field, message)) {
		cxa_buffer_text(encoder->out, "null");
		return 0;
	}
	return put_value(encoder, field, at);
}

static int put_beside(struct encoder *encoder)
{
	put_name(encoder->out, "embeddings", strlen("embeddings"));
	if (encoder->beside == NULL) {
		cxa_buffer_text(encoder->out, "null");
		return 0;
	}
	return put_message(encoder,
			   cxa_message_type_of(&cxa__embeddings__descriptor),
			   &encoder->beside->base);
}

static bool is_before_beside(const struct encoder *encoder,
			     const struct cxa_message_type *type,
			     const struct cxa_field *field)
{
	return encoder->has_beside &&
	       type->descriptor == &cxa__concept__descriptor &&
	       strcmp(field->descriptor->name, "metadata") == 0;
}

static int put_members(struct encoder *encoder,
		       const struct cxa_message_type *type,
		       const ProtobufCMessage *message)
{
	const struct cxa_field *field;
	int status = 0;

	for (unsigned i = 0; i < type->field_count && status == 0; i++) {
		field = &type->fields[i];
		if (field == type->extensions)
			continue;
		put_name(encoder->out, field->json_name, field->json_name_size);
		status = put_field(encoder, field, message);
		if (status == 0 && is_before_beside(encoder, type, field))
			status = put_beside(encoder);
	}
	if (status < 0 || type->extensions == NULL ||
	    cxa_field_is_absent(type->extensions, message))
		return status;
	return put_json(encoder, type->extensions, type,
			cxa_field_at(type->extensions, message));
}

static int put_union(struct encoder *encoder,
		     const struct cxa_message_type *type,
		     const ProtobufCMessage *message)
{
	const struct cxa_field *field = cxa_field_of_union(type, message);

	if (field == NULL)
		return cxa_error_set(encoder->error, CXA_ERR_CORRUPT,
				     "%s: none of its kinds is set",
				     type->descriptor->short_name);
	put_name(encoder->out, field->json_name, field->json_name_size);
	return put_value(encoder, field, cxa_field_at(field, message));
}

static int put_message(struct encoder *encoder,
		       const struct cxa_message_type *type,
		       const ProtobufCMessage *message)
{
	int status;

	encoder->unknown += message->n_unknown_fields;
	cxa_buffer_byte(encoder->out, '{');
	status = type->is_union ? put_union(encoder, type, message) :
				  put_members(encoder, type, message);
	cxa_buffer_byte(encoder->out, '}');
	return status;
}

int cxa_json_encode(const ProtobufCMessage *message, bool has_beside,
		    const Cxa__Embeddings *beside, struct cxa_buffer *out,
		    struct cxa_error *error)
{
	uint64_t unknown = 0;

	return cxa_json_encode_counting(message, has_beside, beside, out,
					&unknown, error);
}

int cxa_json_encode_counting(const ProtobufCMessage *message, bool has_beside,
			     const Cxa__Embeddings *beside,
			     struct cxa_buffer *out, uint64_t *unknown,
			     struct cxa_error *error)
{
	struct encoder encoder = {
		.out = out,
		.error = error,
		.has_beside = has_beside,
		.beside = beside,
	};
	size_t start = out->size;
	int status = put_message(&encoder,
				 cxa_message_type_of(message->descriptor),
				 message);

	*unknown += encoder.unknown;
	if (status == 0 && out->failed)
		status = cxa_error_nomem(error, "JSON");
	if (status < 0)
		out->size = start;
	return status;
}

int cxa_json_encode_value(const struct cxa_field *field, const void *at,
			  struct cxa_buffer *out, struct cxa_error *error)
{
	struct encoder encoder = { .out = out, .error = error };
	size_t start = out->size;
	int status = put_value(&encoder, field, at);

	if (status == 0 && out->failed)
		status = cxa_error_nomem(error, "JSON");
	if (status < 0)
		out->size = start;
	return status;
}
