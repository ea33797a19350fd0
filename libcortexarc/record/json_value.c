/* json_value.c - the values of a message's fields, from JSON */
#include "record/json_decode.h"

#include "record/number.h"

static int fail(struct cxa_decoder *decoder, const uint8_t *at,
		const char *phrase)
{
	return cxa_json_fail(&decoder->reader, CXA_ERR_FORMAT, at, "%s",
			     at == decoder->reader.end ? "ends too early" :
							 phrase);
}

int cxa_decoder_message(struct cxa_decoder *decoder,
			const struct cxa_message_type *type,
			ProtobufCMessage **out)
{
	size_t size = type->descriptor->sizeof_message;
	void *memory;
	int status = cxa_json_take(&decoder->reader, size, &memory);

	if (status < 0)
		return status;
	*out = memory;
	protobuf_c_message_init(type->descriptor, *out);
	return 0;
}

int cxa_decoder_keep(struct cxa_decoder *decoder, const void *data, size_t size,
		     ProtobufCBinaryData *out)
{
	void *copy;
	int status = cxa_json_take(&decoder->reader, size, &copy);

	if (status < 0)
		return status;
	memcpy(copy, data, size);
	out->data = copy;
	out->len = size;
	return 0;
}

/* --- numbers --- */

static bool begins_number(const struct cxa_json_reader *reader)
{
	const uint8_t *at = reader->at;

	return at != reader->end && (*at == '-' || (*at >= '0' && *at <= '9'));
}

/* Does all of the text that is left look like the start of a number? */
static bool is_cut(const struct cxa_json_reader *reader)
{
	const uint8_t *at = reader->at;

	while (at != reader->end && memchr("+-.0123456789Ee", *at, 15) != NULL)
		at++;
	return at == reader->end;
}

static int bad_integer(struct cxa_decoder *decoder, uint64_t max)
{
	struct cxa_json_reader *reader = &decoder->reader;

	if (!begins_number(reader))
		return fail(decoder, reader->at, "is not a number");
	if (cxa_json_number_size(reader->at, reader->end) == 0)
		return fail(decoder, is_cut(reader) ? reader->end : reader->at,
			    "is not a valid number");
	return cxa_json_fail(reader, CXA_ERR_FORMAT, reader->at,
			     "is not a whole number from 0 to %llu",
			     (unsigned long long)max);
}

static int read_u32(struct cxa_decoder *decoder, const struct cxa_field *field,
		    uint32_t *out)
{
	uint64_t value;

	if (cxa_parse_u64(&decoder->reader.at, decoder->reader.end, field->max,
			  &value) != CXA_NUMBER_OK)
		return bad_integer(decoder, field->max);
	*out = (uint32_t)value;
	return 0;
}

static int read_u64(struct cxa_decoder *decoder, uint64_t *out)
{
	if (cxa_parse_u64(&decoder->reader.at, decoder->reader.end, UINT64_MAX,
			  out) != CXA_NUMBER_OK)
		return bad_integer(decoder, UINT64_MAX);
	return 0;
}

static int bad_float(struct cxa_decoder *decoder, int why)
{
	struct cxa_json_reader *reader = &decoder->reader;

	if (!begins_number(reader))
		return fail(decoder, reader->at, "is not a number");
	if (why == CXA_NUMBER_RANGE)
		return fail(decoder, reader->at, "is a number too large");
	if (cxa_json_number_size(reader->at, reader->end) == 0)
		return fail(decoder, is_cut(reader) ? reader->end : reader->at,
			    "is not a valid number");
	return cxa_json_fail(reader, CXA_ERR_LIMIT, reader->at,
			     "is a number of %zu bytes, over the format's limit "
			     "of %d",
			     cxa_json_number_size(reader->at, reader->end),
			     CXA_NUMBER_TEXT_MAX);
}

/* null is what serde_json writes for NaN; the bits are the quiet one's. */
static int read_f32(struct cxa_decoder *decoder, float *out)
{
	static const uint32_t quiet_nan = UINT32_C(0x7fc00000);
	int why = cxa_parse_f32(&decoder->reader.at, decoder->reader.end, out);

	if (why == CXA_NUMBER_OK)
		return 0;
	if (!cxa_json_literal(&decoder->reader, "null"))
		return bad_float(decoder, why);
	memcpy(out, &quiet_nan, sizeof(*out));
	return 0;
}

static int read_f64(struct cxa_decoder *decoder, double *out)
{
	static const uint64_t quiet_nan = UINT64_C(0x7ff8000000000000);
	int why = cxa_parse_f64(&decoder->reader.at, decoder->reader.end, out);

	if (why == CXA_NUMBER_OK)
		return 0;
	if (!cxa_json_literal(&decoder->reader, "null"))
		return bad_float(decoder, why);
	memcpy(out, &quiet_nan, sizeof(*out));
	return 0;
}

/* --- words and text --- */

static int read_bool(struct cxa_decoder *decoder, protobuf_c_boolean *out)
{
	*out = cxa_json_literal(&decoder->reader, "true");
	if (*out || cxa_json_literal(&decoder->reader, "false"))
		return 0;
	return fail(decoder, decoder->reader.at, "is neither true nor false");
}

static int read_string(struct cxa_decoder *decoder,
		       struct cxa_json_string *string)
{
	struct cxa_json_reader *reader = &decoder->reader;

	if (reader->at == reader->end || *reader->at != '"')
		return fail(decoder, reader->at, "is not a string");
	return cxa_json_read_string(reader, string);
}

static int bad_enum(struct cxa_decoder *decoder,
		    const ProtobufCEnumDescriptor *values, const uint8_t *at)
{
	char names[160] = "";
	size_t used = 0;

	for (unsigned i = 0; i < values->n_values; i++) {
		size_t size = strlen(values->values[i].name);

		if (used + size + 3 > sizeof(names))
			break;
		if (i != 0) {
			memcpy(names + used, ", ", 2);
			used += 2;
		}
		memcpy(names + used, values->values[i].name, size + 1);
		used += size;
	}
	return cxa_json_fail(&decoder->reader, CXA_ERR_FORMAT, at,
			     "is none of %s", names);
}

static int read_enum(struct cxa_decoder *decoder, const struct cxa_field *field,
		     int *out)
{
	const ProtobufCEnumDescriptor *values = field->descriptor->descriptor;
	const uint8_t *at = decoder->reader.at;
	struct cxa_json_string string;
	const uint8_t *name;
	int status = read_string(decoder, &string);

	if (status == 0)
		status = cxa_json_view(&decoder->reader, &string, &name);
	if (status != 0)
		return status;
	for (unsigned i = 0; i < values->n_values; i++) {
		if (strlen(values->values[i].name) == string.size &&
		    memcmp(values->values[i].name, name, string.size) == 0) {
			*out = values->values[i].value;
			return 0;
		}
	}
	return bad_enum(decoder, values, at);
}

int cxa_decode_string(struct cxa_decoder *decoder,
		      const struct cxa_field *field,
		      const struct cxa_json_string *string,
		      ProtobufCBinaryData *out)
{
	void *copy;
	int status;

	if (string->size >
	    cxa_limit_of(decoder->reader.limits, field->bytes_limit))
		return cxa_json_over_limit(&decoder->reader, string->raw - 1,
					   field->bytes_limit, string->size);
	if (string->size == string->raw_size)
		return cxa_decoder_keep(decoder, string->raw, string->size,
					out);
	status = cxa_json_take(&decoder->reader, string->size, &copy);
	if (status < 0)
		return status;
	cxa_json_unescape(string, copy);
	out->data = copy;
	out->len = string->size;
	return 0;
}

static int read_text(struct cxa_decoder *decoder, const struct cxa_field *field,
		     ProtobufCBinaryData *out)
{
	struct cxa_json_string string;
	int status = read_string(decoder, &string);

	return status < 0 ? status :
			    cxa_decode_string(decoder, field, &string, out);
}

static int read_json(struct cxa_decoder *decoder, const struct cxa_field *field,
		     ProtobufCBinaryData *out)
{
	struct cxa_buffer text = { 0 };
	int status = cxa_json_copy_value(&decoder->reader, &text,
					 field->bytes_limit);

	if (status == 0)
		status = cxa_decoder_keep(decoder, text.data, text.size, out);
	cxa_buffer_release(&text);
	return status;
}

int cxa_decode_value(struct cxa_decoder *decoder, const struct cxa_field *field,
		     void *slot)
{
	cxa_json_skip_space(&decoder->reader);
	switch (field->kind) {
	case CXA_FIELD_U32: return read_u32(decoder, field, slot);
	case CXA_FIELD_U64: return read_u64(decoder, slot);
	case CXA_FIELD_BOOL: return read_bool(decoder, slot);
	case CXA_FIELD_ENUM: return read_enum(decoder, field, slot);
	case CXA_FIELD_F32: return read_f32(decoder, slot);
	case CXA_FIELD_F64: return read_f64(decoder, slot);
	case CXA_FIELD_TEXT: return read_text(decoder, field, slot);
	case CXA_FIELD_JSON: return read_json(decoder, field, slot);
	case CXA_FIELD_MESSAGE:
		return cxa_decode_message(decoder, field->type, slot);
	case CXA_FIELD_BINARY: break;
	}
	return fail(decoder, decoder->reader.at, "has no form in JSON");
}

/* --- fields --- */

static bool may_be_null(const struct cxa_field *field)
{
	return field->descriptor->label == PROTOBUF_C_LABEL_OPTIONAL &&
	       (field->descriptor->flags & PROTOBUF_C_FIELD_FLAG_ONEOF) == 0;
}

int cxa_decode_field(struct cxa_decoder *decoder, const struct cxa_field *field,
		     ProtobufCMessage *message)
{
	cxa_json_skip_space(&decoder->reader);
	if (field->descriptor->label == PROTOBUF_C_LABEL_REPEATED)
		return cxa_decode_list(decoder, field, message);
	if (may_be_null(field) && cxa_json_literal(&decoder->reader, "null"))
		return 0;
	cxa_field_set_has(field, message);
	return cxa_decode_value(decoder, field, cxa_field_at(field, message));
}

static int zero_message(struct cxa_decoder *decoder,
			const struct cxa_message_type *type,
			ProtobufCMessage **out, const uint8_t *at)
{
	int status;

	/* Which of its members did the application mean? */
	if (type->is_union)
		return fail(decoder, at, "is missing, and cannot be filled in");
	status = cxa_decoder_message(decoder, type, out);
	for (unsigned i = 0; i < type->field_count && status == 0; i++)
		status = cxa_decode_zero(decoder, &type->fields[i], *out, at);
	return status;
}

int cxa_decode_zero(struct cxa_decoder *decoder, const struct cxa_field *field,
		    ProtobufCMessage *message, const uint8_t *at)
{
	const ProtobufCFieldDescriptor *descriptor = field->descriptor;
	const ProtobufCEnumDescriptor *values;
	void *slot = cxa_field_at(field, message);

	if (descriptor->label == PROTOBUF_C_LABEL_REPEATED)
		return cxa_decode_zero_list(decoder, field, message);
	if (descriptor->label == PROTOBUF_C_LABEL_OPTIONAL)
		return 0;
	switch (field->kind) {
	case CXA_FIELD_ENUM:
		values = descriptor->descriptor;
		*(int *)slot = values->values[0].value;
		return 0;
	case CXA_FIELD_JSON:
		return cxa_decoder_keep(decoder, "null", 4, slot);
	case CXA_FIELD_MESSAGE:
		return zero_message(decoder, field->type, slot, at);
	default:
		return 0; /* as protobuf_c_message_init() left it */
	}
}
