/* json_decode.c - a JSON object into a message, by the message's type */
#include "record/json_decode.h"

#include <stdlib.h>
#include <stdio.h>

/* One object while it is read. */
struct object {
	const struct cxa_message_type *type;
	ProtobufCMessage *message;
	const uint8_t *start;
	uint32_t seen;             /* bit i: field i */
	unsigned next;             /* the field that is likely to follow */
	bool outermost;
	bool seen_embeddings;      /* of a concept, beside it */
	size_t names;              /* reader.names.size before it */
	struct cxa_buffer unknown; /* {"name":value,... */
	struct cxa_json_place place;
};

static const char beside_name[] = "embeddings";

static bool is_beside(const struct cxa_decoder *decoder,
		      const struct object *object, const uint8_t *name,
		      size_t size)
{
	return object->outermost && decoder->detached != NULL &&
	       size == sizeof(beside_name) - 1 &&
	       memcmp(name, beside_name, size) == 0;
}

static bool has_name(const struct object *object, unsigned i,
		     const uint8_t *name, size_t size)
{
	const struct cxa_field *field = &object->type->fields[i];

	return field->json_name_size == size &&
	       memcmp(field->json_name, name, size) == 0 &&
	       field != object->type->extensions;
}

/* The field of that name: -1 none. */
static int find_field(const struct object *object, const uint8_t *name,
		      size_t size)
{
	unsigned count = object->type->field_count;
	unsigned i = object->next;

	for (unsigned tried = 0; tried < count; tried++, i++) {
		if (i >= count)
			i = 0;
		if (has_name(object, i, name, size))
			return (int)i;
	}
	return -1;
}

/*
 * Serializers keep the order of members: is the next name, letter by letter,
 * the one expected? Then it need not be looked at as a string first.
 */
static bool read_expected_name(struct cxa_json_reader *reader,
			       const struct object *object)
{
	const struct cxa_field *field;
	const uint8_t *at = reader->at;
	size_t left = (size_t)(reader->end - at);

	if (object->next >= object->type->field_count)
		return false;
	field = &object->type->fields[object->next];
	if (left < field->json_name_size + 3 || at[0] != '"' ||
	    at[field->json_name_size + 1] != '"' ||
	    at[field->json_name_size + 2] != ':' ||
	    memcmp(at + 1, field->json_name, field->json_name_size) != 0 ||
	    field == object->type->extensions)
		return false;
	reader->at = at + field->json_name_size + 3;
	return true;
}

/* --- members --- */

static int read_known(struct cxa_decoder *decoder, struct object *object,
		      unsigned i, const uint8_t *at)
{
	const struct cxa_field *field = &object->type->fields[i];
	uint32_t bit = UINT32_C(1) << i;
	int status;

	object->place.name = (const uint8_t *)field->json_name;
	object->place.name_size = field->json_name_size;
	if ((object->seen & bit) != 0)
		return cxa_json_fail(&decoder->reader, CXA_ERR_FORMAT, at,
				     "is there twice");
	if (object->type->is_union && object->seen != 0)
		return cxa_json_fail(&decoder->reader, CXA_ERR_FORMAT, at,
				     "is a second member where exactly one "
				     "must be");
	object->seen |= bit;
	object->next = i + 1;
	status = cxa_decode_field(decoder, field, object->message);
	if (status == 0 && i == 0 && object->outermost)
		cxa_decoder_note_key(decoder, field, object->message);
	return status;
}

static int read_beside(struct cxa_decoder *decoder, struct object *object,
		       const uint8_t *at)
{
	struct cxa_json_reader *reader = &decoder->reader;
	ProtobufCMessage *embeddings;
	int status;

	if (object->seen_embeddings)
		return cxa_json_fail(reader, CXA_ERR_FORMAT, at,
				     "is there twice");
	object->seen_embeddings = true;
	cxa_json_skip_space(reader);
	if (cxa_json_literal(reader, "null"))
		return 0;
	status = cxa_decode_message(
		decoder, cxa_message_type_of(&cxa__embeddings__descriptor),
		&embeddings);
	if (status == 0)
		*decoder->detached = (Cxa__Embeddings *)embeddings;
	return status;
}

static int read_unknown(struct cxa_decoder *decoder, struct object *object,
			const struct cxa_json_string *raw, const uint8_t *name)
{
	struct cxa_json_reader *reader = &decoder->reader;
	const struct cxa_field *extensions = object->type->extensions;
	struct cxa_buffer *out = &object->unknown;
	int status;

	if (extensions == NULL)
		return cxa_json_fail(reader, CXA_ERR_FORMAT, raw->raw - 1,
				     "is not known here");
	status = cxa_json_push_name(reader, raw, name);
	if (status < 0)
		return status;
	cxa_buffer_byte(out, out->size == 0 ? '{' : ',');
	cxa_buffer_append(out, raw->raw - 1, raw->raw_size + 2);
	cxa_buffer_byte(out, ':');
	status = cxa_json_copy_value(reader, out, extensions->bytes_limit);
	if (status < 0)
		return status;
	/* A brace closes it. */
	if (out->size >= cxa_limit_of(reader->limits, extensions->bytes_limit))
		return cxa_json_over_limit(reader, raw->raw - 1,
					   extensions->bytes_limit,
					   out->size + 1);
	return out->failed ? cxa_error_nomem(reader->error, "JSON") : 0;
}

static int read_member(struct cxa_decoder *decoder, struct object *object)
{
	struct cxa_json_reader *reader = &decoder->reader;
	struct cxa_json_string raw;
	const uint8_t *name;
	const uint8_t *at;
	int status;
	int i;

	object->place.name = NULL;
	cxa_json_skip_space(reader);
	at = reader->at;
	if (read_expected_name(reader, object))
		return read_known(decoder, object, object->next, at);
	status = cxa_json_read_name(reader, &raw, &name);
	if (status < 0)
		return status;
	i = find_field(object, name, raw.size);
	if (i >= 0)
		return read_known(decoder, object, (unsigned)i, at);
	object->place.name = name;
	object->place.name_size = raw.size;
	if (is_beside(decoder, object, name, raw.size))
		return read_beside(decoder, object, at);
	return read_unknown(decoder, object, &raw, name);
}

/* --- the end of an object --- */

static int missing(struct cxa_decoder *decoder, struct object *object,
		   const char *name, size_t size)
{
	object->place.name = (const uint8_t *)name;
	object->place.name_size = size;
	if (!decoder->rules->lenient)
		return cxa_json_fail(&decoder->reader, CXA_ERR_FORMAT,
				     object->start, "is missing");
	cxa_decoder_note_filled(decoder, object->start);
	return 0;
}

static int fill_missing(struct cxa_decoder *decoder, struct object *object)
{
	const struct cxa_message_type *type = object->type;
	const struct cxa_field *field;
	int status = 0;

	for (unsigned i = 0; i < type->field_count && status == 0; i++) {
		field = &type->fields[i];
		if ((object->seen >> i & 1) != 0 || field == type->extensions)
			continue;
		status = missing(decoder, object, field->json_name,
				 field->json_name_size);
		if (status == 0)
			status = cxa_decode_zero(decoder, field,
						 object->message,
						 object->start);
	}
	return status;
}

static int check_union(struct cxa_decoder *decoder, const struct object *object)
{
	if (object->seen != 0)
		return 0;
	return cxa_json_fail(&decoder->reader, CXA_ERR_FORMAT, object->start,
			     "has no member where exactly one must be");
}

static int keep_unknown(struct cxa_decoder *decoder, struct object *object)
{
	const struct cxa_field *field = object->type->extensions;
	struct cxa_buffer *unknown = &object->unknown;

	cxa_buffer_byte(unknown, '}');
	if (unknown->failed)
		return cxa_error_nomem(decoder->reader.error, "JSON");
	cxa_field_set_has(field, object->message);
	return cxa_decoder_keep(decoder, unknown->data, unknown->size,
				cxa_field_at(field, object->message));
}

static int finish_object(struct cxa_decoder *decoder, struct object *object)
{
	int status;

	object->place.name = NULL;
	status = cxa_json_pop_names(&decoder->reader, object->names);
	if (status == 0 && object->type->is_union)
		return check_union(decoder, object);
	if (status == 0)
		status = fill_missing(decoder, object);
	if (status == 0 && object->outermost && decoder->detached != NULL &&
	    !object->seen_embeddings)
		status = missing(decoder, object, beside_name,
				 sizeof(beside_name) - 1);
	if (status == 0 && object->unknown.size != 0)
		status = keep_unknown(decoder, object);
	return status;
}

int cxa_decode_message(struct cxa_decoder *decoder,
		       const struct cxa_message_type *type,
		       ProtobufCMessage **out)
{
	struct cxa_json_reader *reader = &decoder->reader;
	struct object object = {
		.type = type,
		.outermost = reader->place == NULL,
		.names = reader->names.size,
		.place = { .parent = reader->place, .index = CXA_JSON_BETWEEN },
	};
	int more = cxa_decoder_message(decoder, type, &object.message);

	if (more < 0)
		return more;
	cxa_json_skip_space(reader);
	object.start = reader->at;
	reader->place = &object.place;
	more = cxa_json_begin(reader, '{');
	while (more == 1) {
		more = read_member(decoder, &object);
		if (more == 0)
			more = cxa_json_next(reader, '}');
	}
	if (more == 0)
		more = finish_object(decoder, &object);
	cxa_buffer_release(&object.unknown);
	reader->place = object.place.parent;
	*out = object.message;
	return more;
}

/* --- the whole --- */

void cxa_decoder_note_key(struct cxa_decoder *decoder,
			  const struct cxa_field *field,
			  ProtobufCMessage *message)
{
	const uint64_t *key = cxa_field_at(field, message);

	decoder->reader.has_key = field->kind == CXA_FIELD_U64;
	if (decoder->reader.has_key)
		decoder->reader.key = *key;
}

void cxa_decoder_note_filled(struct cxa_decoder *decoder, const uint8_t *at)
{
	struct cxa_json_rules *rules = decoder->rules;

	rules->filled++;
	if (rules->first_filled[0] == '\0')
		cxa_json_describe(&decoder->reader, at, "was missing",
				  rules->first_filled,
				  sizeof(rules->first_filled));
}

int cxa_json_decode(const struct cxa_message_type *type, const char *what,
		    const struct cxa_json_text *text,
		    struct cxa_json_rules *rules, struct cxa_arena *arena,
		    ProtobufCMessage **out, Cxa__Embeddings **detached,
		    struct cxa_error *error)
{
	struct cxa_json_rules defaults = { 0 };
	struct cxa_decoder decoder = {
		.rules = rules == NULL ? &defaults : rules,
		.detached = detached,
	};
	ProtobufCMessage *message = NULL;
	int status;

	*out = NULL;
	if (detached != NULL)
		*detached = NULL;
	status = cxa_json_start(&decoder.reader, text, decoder.rules->limits,
				arena, error);
	decoder.reader.what = what;
	if (status == 0)
		status = cxa_decode_message(&decoder, type, &message);
	if (status == 0)
		status = cxa_json_finish(&decoder.reader);
	if (status == 0)
		*out = message;
	else if (detached != NULL)
		*detached = NULL;
	cxa_json_stop(&decoder.reader);
	return status;
}
