/* wire_scan.c - the strict scan that stands before every protobuf unpack */
#include "base/wire.h"

#include "base/utf8.h"

enum {
	/*
	 * protobuf-c 1.4.1 keeps a ScannedMember (40 bytes, in slabs that
	 * double) for each field, and what it allocates is rounded up by the
	 * arena: a bound, not a measure.
	 */
	FIELD_COST = 96,
	ROUNDING = 16,
};

enum wire_type { VARINT = 0, FIXED64 = 1, BYTES = 2, FIXED32 = 5 };

struct scan {
	const uint8_t *start;
	const struct cxa_limits *limits;
	struct cxa_wire_stats *stats;
	struct cxa_error *error;
};

/* What one message has shown so far. */
struct progress {
	const struct cxa_message_type *type;
	unsigned index;          /* of the next field it may be */
	uint32_t last_number;
	uint32_t seen;           /* bit i: field i */
	uint64_t repeats;        /* of the current repeated field */
	uint64_t unknown;
	uint64_t unknown_bytes;
	const uint8_t *last_key; /* of the current map */
	size_t last_key_size;
};

static int fail(struct scan *scan, int status, const uint8_t *at,
		const struct cxa_message_type *type,
		const struct cxa_field *field, const char *what)
{
	cxa_error_at(scan->error, NULL, (uint64_t)(at - scan->start));
	return cxa_error_set(scan->error, status, "%s%s%s: %s",
			     type->descriptor->short_name,
			     field == NULL ? "" : ".",
			     field == NULL ? "" : field->descriptor->name, what);
}

/* Is @found within @limit? */
static int check_limit(struct scan *scan, const uint8_t *at,
		       const struct cxa_message_type *type,
		       const struct cxa_field *field, size_t limit,
		       uint64_t found)
{
	if (found <= cxa_limit_of(scan->limits, limit))
		return 0;
	cxa_error_at(scan->error, NULL, (uint64_t)(at - scan->start));
	return cxa_limit_exceeded(scan->error, scan->limits, limit, found,
				  "%s%s%s", type->descriptor->short_name,
				  field == NULL ? "" : ".",
				  field == NULL ? "" : field->descriptor->name);
}

static int scan_message(struct scan *scan, const struct cxa_message_type *type,
			const uint8_t *data, const uint8_t *end, int depth);

static enum wire_type wire_type_of(const struct cxa_field *field)
{
	if ((field->descriptor->flags & PROTOBUF_C_FIELD_FLAG_PACKED) != 0)
		return BYTES;
	switch (field->kind) {
	case CXA_FIELD_U32:
	case CXA_FIELD_U64:
	case CXA_FIELD_BOOL:
	case CXA_FIELD_ENUM:
		return VARINT;
	case CXA_FIELD_F32:
		return FIXED32;
	case CXA_FIELD_F64:
		return FIXED64;
	default:
		return BYTES;
	}
}

static const char *check_number(const struct cxa_field *field, uint64_t value)
{
	const ProtobufCEnumDescriptor *values;

	switch (field->kind) {
	case CXA_FIELD_U32:
		return value <= field->max ? NULL : "a number over its range";
	case CXA_FIELD_BOOL:
		return value <= 1 ? NULL : "a bool that is neither 0 nor 1";
	case CXA_FIELD_ENUM:
		values = field->descriptor->descriptor;
		if (value <= INT32_MAX &&
		    protobuf_c_enum_descriptor_get_value(values, (int)value))
			return NULL;
		return "a value that the enum does not have";
	default:
		return NULL;
	}
}

static size_t element_bytes(const struct cxa_field *field)
{
	switch (field->kind) {
	case CXA_FIELD_U64:
	case CXA_FIELD_F64:
	case CXA_FIELD_MESSAGE:
		return 8;
	case CXA_FIELD_U32:
	case CXA_FIELD_F32:
	case CXA_FIELD_BOOL:
	case CXA_FIELD_ENUM:
		return 4;
	default:
		return sizeof(ProtobufCBinaryData);
	}
}

static int scan_packed(struct scan *scan, const struct cxa_message_type *type,
		       const struct cxa_field *field, const uint8_t *data,
		       const uint8_t *end)
{
	size_t size = (size_t)(end - data);
	size_t each = field->kind == CXA_FIELD_F32 ? 4 : 8;
	uint64_t count = 0;
	uint64_t value;
	const char *wrong;
	int status;

	if (size == 0)
		return fail(scan, CXA_ERR_CORRUPT, data, type, field,
			    "an empty packed field");
	if (field->kind == CXA_FIELD_F32 || field->kind == CXA_FIELD_F64) {
		if (size % each != 0)
			return fail(scan, CXA_ERR_CORRUPT, data, type, field,
				    "not a whole number of floats");
		count = size / each;
	} else {
		while (data != end) {
			if (!cxa_varint_get(&data, end, &value))
				return fail(scan, CXA_ERR_CORRUPT, data, type,
					    field, "not a minimal varint");
			wrong = check_number(field, value);
			if (wrong != NULL)
				return fail(scan, CXA_ERR_CORRUPT, data, type,
					    field, wrong);
			count++;
		}
	}
	status = check_limit(scan, data, type, field, field->count_limit,
			     count);
	if (status < 0)
		return status;
	if (field->exact_count != 0 && count != field->exact_count)
		return fail(scan, CXA_ERR_CORRUPT, data, type, field,
			    "not as many values as there must be");
	scan->stats->decode_bytes += count * element_bytes(field) + ROUNDING;
	return 0;
}

static int scan_text(struct scan *scan, const struct cxa_message_type *type,
		     const struct cxa_field *field, const uint8_t *data,
		     const uint8_t *end)
{
	size_t size = (size_t)(end - data);
	int status = check_limit(scan, data, type, field, field->bytes_limit,
				 size);
	size_t valid;

	if (status < 0)
		return status;
	if (field->kind != CXA_FIELD_BINARY) {
		valid = cxa_utf8_valid_prefix(data, size);
		if (valid != size)
			return fail(scan, CXA_ERR_CORRUPT, data + valid, type,
				    field, "invalid UTF-8");
	}
	scan->stats->decode_bytes += size + ROUNDING +
				     sizeof(ProtobufCBinaryData);
	scan->stats->json += field->kind == CXA_FIELD_JSON;
	return 0;
}

/* The key of an entry that has been scanned: its first field. */
static int check_key_order(struct scan *scan, struct progress *progress,
			   const struct cxa_field *field, const uint8_t *data,
			   const uint8_t *end)
{
	const uint8_t *key = data + 1;
	uint64_t size = 0;
	size_t common;
	int order;

	if (!cxa_varint_get(&key, end, &size))
		return CXA_ERR_CORRUPT;
	if (progress->repeats > 1) {
		common = size < progress->last_key_size ?
				 (size_t)size : progress->last_key_size;
		order = common == 0 ? 0 :
			memcmp(progress->last_key, key, common);
		if (order > 0 || (order == 0 && size <= progress->last_key_size))
			return fail(scan, CXA_ERR_CORRUPT, data,
				    progress->type, field,
				    "keys out of order or repeated");
	}
	progress->last_key = key;
	progress->last_key_size = (size_t)size;
	return 0;
}

static int scan_bytes(struct scan *scan, struct progress *progress,
		      const struct cxa_field *field, const uint8_t *data,
		      const uint8_t *end, int depth)
{
	int status;

	if ((field->descriptor->flags & PROTOBUF_C_FIELD_FLAG_PACKED) != 0)
		return scan_packed(scan, progress->type, field, data, end);
	if (field->kind != CXA_FIELD_MESSAGE)
		return scan_text(scan, progress->type, field, data, end);
	scan->stats->decode_bytes += element_bytes(field) + ROUNDING;
	status = scan_message(scan, field->type, data, end, depth + 1);
	if (status == 0 && field->type->is_entry)
		status = check_key_order(scan, progress, field, data, end);
	return status;
}

/* Where the value at *@cursor ends; the value itself for a varint. */
static const char *read_value(const uint8_t **cursor, const uint8_t *end,
			      unsigned wire_type, const uint8_t **data,
			      uint64_t *value)
{
	uint64_t size = 0;

	*data = *cursor;
	switch (wire_type) {
	case VARINT:
		if (!cxa_varint_get(cursor, end, value))
			return "not a minimal varint";
		return NULL;
	case FIXED64:
		size = 8;
		break;
	case FIXED32:
		size = 4;
		break;
	case BYTES:
		if (!cxa_varint_get(cursor, end, &size))
			return "not a minimal varint";
		*data = *cursor;
		break;
	default:
		return "a wire type that is not used here";
	}
	if (size > (uint64_t)(end - *cursor))
		return "longer than what holds it";
	*cursor += size;
	return NULL;
}

/* Its place in the message: ascending, once unless repeated, not packed twice. */
static int enter_field(struct scan *scan, struct progress *progress,
		       uint32_t number, unsigned wire_type, const uint8_t *at,
		       const struct cxa_field **out)
{
	const struct cxa_message_type *type = progress->type;
	const struct cxa_field *field = NULL;

	*out = NULL;
	if (number < progress->last_number)
		return fail(scan, CXA_ERR_CORRUPT, at, type, NULL,
			    "field numbers descend");
	while (progress->index < type->field_count &&
	       type->fields[progress->index].descriptor->id < number)
		progress->index++;
	if (progress->index < type->field_count)
		field = &type->fields[progress->index];
	if (field == NULL) {
		progress->last_number = number;
		return 0;
	}
	if (field->descriptor->id != number)
		return fail(scan, CXA_ERR_CORRUPT, at, type, NULL,
			    "a field number that was never given out");
	if (wire_type_of(field) != wire_type)
		return fail(scan, CXA_ERR_CORRUPT, at, type, field,
			    "not the declared wire type");
	if (number != progress->last_number) {
		progress->repeats = 0;
	} else if (field->descriptor->label != PROTOBUF_C_LABEL_REPEATED ||
		   (field->descriptor->flags & PROTOBUF_C_FIELD_FLAG_PACKED)) {
		return fail(scan, CXA_ERR_CORRUPT, at, type, field,
			    "stands there twice");
	}
	progress->last_number = number;
	progress->seen |= UINT32_C(1) << progress->index;
	*out = field;
	if (++progress->repeats == 1)
		return 0;
	return check_limit(scan, at, type, field, field->count_limit,
			   progress->repeats);
}

static int count_unknown(struct scan *scan, struct progress *progress,
			 const uint8_t *at, const uint8_t *end)
{
	size_t size = (size_t)(end - at);
	int status;

	scan->stats->unknown++;
	scan->stats->decode_bytes += size + ROUNDING +
				     sizeof(ProtobufCMessageUnknownField);
	progress->unknown_bytes += size;
	status = check_limit(scan, at, progress->type, NULL,
			     CXA_LIMIT(unknown_fields), ++progress->unknown);
	if (status < 0)
		return status;
	return check_limit(scan, at, progress->type, NULL,
			   CXA_LIMIT(unknown_bytes), progress->unknown_bytes);
}

static int scan_field(struct scan *scan, struct progress *progress,
		      const uint8_t **cursor, const uint8_t *end, int depth)
{
	const struct cxa_message_type *type = progress->type;
	const uint8_t *at = *cursor;
	const struct cxa_field *field = NULL;
	const uint8_t *data = NULL;
	uint64_t tag = 0;
	uint64_t value = 0;
	const char *wrong;
	int status;

	if (!cxa_varint_get(cursor, end, &tag) || tag > UINT32_MAX ||
	    tag >> 3 == 0)
		return fail(scan, CXA_ERR_CORRUPT, at, type, NULL,
			    "not a field's tag");
	status = enter_field(scan, progress, (uint32_t)(tag >> 3),
			     (unsigned)(tag & 7), at, &field);
	if (status < 0)
		return status;
	wrong = read_value(cursor, end, (unsigned)(tag & 7), &data, &value);
	if (wrong != NULL)
		return fail(scan, CXA_ERR_CORRUPT, at, type, field, wrong);
	scan->stats->decode_bytes += FIELD_COST;
	status = check_limit(scan, at, type, field, CXA_LIMIT(fields),
			     ++scan->stats->fields);
	if (status < 0)
		return status;
	if (field == NULL)
		return count_unknown(scan, progress, at, *cursor);
	if ((tag & 7) == BYTES)
		return scan_bytes(scan, progress, field, data, *cursor, depth);
	if ((tag & 7) == VARINT && (wrong = check_number(field, value)) != NULL)
		return fail(scan, CXA_ERR_CORRUPT, at, type, field, wrong);
	return 0;
}

static int check_presence(struct scan *scan, const struct progress *progress,
			  const uint8_t *at)
{
	const struct cxa_message_type *type = progress->type;
	uint32_t missing = type->required & ~progress->seen;

	if (missing != 0)
		return fail(scan, CXA_ERR_CORRUPT, at, type,
			    &type->fields[__builtin_ctz(missing)],
			    "is missing");
	if (type->is_union && __builtin_popcount(progress->seen) != 1)
		return fail(scan, CXA_ERR_CORRUPT, at, type, NULL,
			    "not exactly one kind");
	for (unsigned i = 0; i < type->field_count; i++)
		if (type->fields[i].exact_count != 0 &&
		    (progress->seen >> i & 1) == 0)
			return fail(scan, CXA_ERR_CORRUPT, at, type,
				    &type->fields[i],
				    "not as many values as there must be");
	return 0;
}

static int scan_message(struct scan *scan, const struct cxa_message_type *type,
			const uint8_t *data, const uint8_t *end, int depth)
{
	struct progress progress = { .type = type };
	int status;

	if (depth > CXA_DEPTH_MAX)
		return fail(scan, CXA_ERR_LIMIT, data, type, NULL,
			    "9 levels, over the format's limit of 8");
	scan->stats->decode_bytes += type->descriptor->sizeof_message +
				     ROUNDING;
	while (data != end) {
		status = scan_field(scan, &progress, &data, end, depth);
		if (status < 0)
			return status;
	}
	status = check_limit(scan, data, type, NULL, CXA_LIMIT(decode_bytes),
			     scan->stats->decode_bytes);
	if (status < 0)
		return status;
	/* protobuf-c does not look whether its sizes fit into 32 bits. */
	if (scan->stats->decode_bytes > SIZE_MAX / 2)
		return cxa_error_nomem(scan->error,
				       type->descriptor->short_name);
	return check_presence(scan, &progress, data);
}

int cxa_wire_scan(const struct cxa_message_type *type, const uint8_t *data,
		  size_t size, const struct cxa_limits *limits,
		  struct cxa_wire_stats *stats, struct cxa_error *error)
{
	struct scan scan = {
		.start = data,
		.limits = limits == NULL ? cxa_limits_default() : limits,
		.stats = stats,
		.error = error,
	};

	return scan_message(&scan, type, data, data + size, 0);
}
