/* json_list.c - repeated fields: JSON arrays, and objects that are maps */
#include "record/json_decode.h"

#include <stdlib.h>

#include "record/number.h"

enum { FIRST_MESSAGES = 4 };

/* Values end to end in the arena. */
struct list {
	uint8_t *data;
	size_t width; /* bytes a value */
	size_t count;
	size_t capacity;
	size_t limit; /* CXA_LIMIT() on @count */
};

/* The path names the list, not the value that is one too many. */
static int fail_past(struct cxa_decoder *decoder, const struct list *list)
{
	struct cxa_json_reader *reader = &decoder->reader;
	const struct cxa_json_place *place = reader->place;
	int status;

	reader->place = place->parent;
	status = cxa_json_over_limit(reader, reader->at, list->limit,
				     (uint64_t)list->count + 1);
	reader->place = place;
	return status;
}

/* Room for @capacity values, checked against the limit before it is taken. */
static int list_grow(struct cxa_decoder *decoder, struct list *list,
		     size_t capacity)
{
	uint64_t limit = cxa_limit_of(decoder->reader.limits, list->limit);
	void *data;
	int status;

	if (list->count >= limit)
		return fail_past(decoder, list);
	if (capacity > limit)
		capacity = (size_t)limit;
	if (capacity > SIZE_MAX / list->width)
		return cxa_error_nomem(decoder->reader.error, "JSON");
	status = cxa_json_take(&decoder->reader, capacity * list->width, &data);
	if (status < 0)
		return status;
	if (list->count != 0)
		memcpy(data, list->data, list->count * list->width);
	list->data = data;
	list->capacity = capacity;
	return 0;
}

static int list_slot(struct cxa_decoder *decoder, struct list *list,
		     void **slot)
{
	int status = 0;

	if (list->count == list->capacity)
		status = list_grow(decoder, list,
				   list->count == 0 ? FIRST_MESSAGES :
						      list->count * 2);
	if (status == 0)
		*slot = list->data + list->count * list->width;
	return status;
}

/*
 * No fewer values than an array of numbers can have: a digit and a comma each.
 * Of a vector, room that is not used costs nothing, copying while it grows
 * would; of what is long, commas are counted.
 */
static size_t bound_count(const struct cxa_json_reader *reader)
{
	enum { LONG = 1 << 16 };
	const uint8_t *at = reader->at;
	const uint8_t *close = memchr(at, ']', (size_t)(reader->end - at));
	const uint8_t *end = close == NULL ? reader->end : close;
	size_t count = 1;

	if (end - at < LONG)
		return (size_t)(end - at) / 2 + 1;
	for (; at != end; at++)
		count += *at == ',';
	return count;
}

/* As many as stand before a comma: the last is read as any other value. */
static void read_floats(struct cxa_json_reader *reader, struct list *list)
{
	float *values = (float *)(void *)list->data;
	size_t count = list->count;

	while (count < list->capacity) {
		const uint8_t *at = reader->at;

		if (cxa_parse_f32(&at, reader->end, &values[count]) !=
			    CXA_NUMBER_OK ||
		    at == reader->end || *at != ',')
			break;
		count++;
		reader->at = at + 1;
	}
	list->count = count;
}

static int read_elements(struct cxa_decoder *decoder,
			 const struct cxa_field *field, struct list *list)
{
	struct cxa_json_reader *reader = &decoder->reader;
	struct cxa_json_place place = { .parent = reader->place };
	void *slot;
	int more;

	reader->place = &place;
	do {
		if (field->kind == CXA_FIELD_F32)
			read_floats(reader, list);
		place.index = list->count;
		more = list_slot(decoder, list, &slot);
		if (more == 0)
			more = cxa_decode_value(decoder, field, slot);
		if (more == 0) {
			list->count++;
			more = cxa_json_next(reader, ']');
		}
	} while (more == 1);
	reader->place = place.parent;
	return more;
}

static bool is_number(const struct cxa_field *field)
{
	return field->kind == CXA_FIELD_U32 || field->kind == CXA_FIELD_U64 ||
	       field->kind == CXA_FIELD_F32 || field->kind == CXA_FIELD_F64;
}

static int read_array(struct cxa_decoder *decoder,
		      const struct cxa_field *field, ProtobufCMessage *message)
{
	struct cxa_json_reader *reader = &decoder->reader;
	struct list list = {
		.width = cxa_field_width(field),
		.limit = field->count_limit,
	};
	const uint8_t *start = reader->at;
	int status = cxa_json_begin(reader, '[');

	if (status == 1) {
		status = 0;
		if (is_number(field))
			status = list_grow(decoder, &list, bound_count(reader));
		if (status == 0)
			status = read_elements(decoder, field, &list);
	}
	if (status < 0)
		return status;
	if (field->exact_count != 0 && list.count != field->exact_count)
		return cxa_json_fail(reader, CXA_ERR_FORMAT, start,
				     "has %zu values instead of %u", list.count,
				     field->exact_count);
	*cxa_field_count(field, message) = list.count;
	*(void **)cxa_field_at(field, message) = list.data;
	return 0;
}

/* --- maps --- */

struct pair {
	ProtobufCBinaryData key;
	ProtobufCMessage *entry;
	const uint8_t *at;
};

static int compare_keys(const struct pair *a, const struct pair *b)
{
	size_t common = a->key.len < b->key.len ? a->key.len : b->key.len;
	int order = common == 0 ? 0 : memcmp(a->key.data, b->key.data, common);

	if (order == 0)
		order = a->key.len < b->key.len ? -1 : a->key.len > b->key.len;
	return order;
}

/* Of equal keys the one that came first stays first. */
static int compare_pairs(const void *left, const void *right)
{
	const struct pair *a = left;
	const struct pair *b = right;
	int order = compare_keys(a, b);

	return order != 0 ? order : a->at < b->at ? -1 : a->at > b->at;
}

static int read_pair(struct cxa_decoder *decoder, const struct cxa_field *field,
		     struct cxa_json_place *place, struct pair *pair)
{
	struct cxa_json_reader *reader = &decoder->reader;
	const struct cxa_field *key = &field->type->fields[0];
	const struct cxa_field *value = &field->type->fields[1];
	struct cxa_json_string raw;
	const uint8_t *name;
	int status;

	place->name = NULL;
	status = cxa_json_read_name(reader, &raw, &name);
	if (status < 0)
		return status;
	place->name = name;
	place->name_size = raw.size;
	pair->at = raw.raw - 1;
	status = cxa_decoder_message(decoder, field->type, &pair->entry);
	if (status == 0)
		status = cxa_decode_string(decoder, key, &raw, &pair->key);
	if (status == 0)
		status = cxa_decode_value(decoder, value,
				  cxa_field_at(value, pair->entry));
	if (status == 0)
		*(ProtobufCBinaryData *)cxa_field_at(key, pair->entry) =
			pair->key;
	return status;
}

static int read_pairs(struct cxa_decoder *decoder,
		      const struct cxa_field *field, struct list *list)
{
	struct cxa_json_reader *reader = &decoder->reader;
	struct cxa_json_place place = {
		.parent = reader->place,
		.index = CXA_JSON_BETWEEN,
	};
	void *slot;
	int more;

	reader->place = &place;
	do {
		more = list_slot(decoder, list, &slot);
		if (more == 0)
			more = read_pair(decoder, field, &place, slot);
		if (more == 0) {
			list->count++;
			more = cxa_json_next(reader, '}');
		}
	} while (more == 1);
	reader->place = place.parent;
	return more;
}

static int sort_pairs(struct cxa_decoder *decoder, struct pair *pairs,
		      size_t count)
{
	struct cxa_json_reader *reader = &decoder->reader;
	struct cxa_json_place place = { .parent = reader->place };

	qsort(pairs, count, sizeof(*pairs), compare_pairs);
	for (size_t i = 1; i < count; i++) {
		if (compare_keys(&pairs[i - 1], &pairs[i]) == 0) {
			place.name = pairs[i].key.data;
			place.name_size = pairs[i].key.len;
			reader->place = &place;
			cxa_json_fail(reader, CXA_ERR_FORMAT, pairs[i].at,
				      "is there twice");
			reader->place = place.parent;
			return CXA_ERR_FORMAT;
		}
	}
	return 0;
}

static int read_map(struct cxa_decoder *decoder, const struct cxa_field *field,
		    ProtobufCMessage *message)
{
	struct list list = {
		.width = sizeof(struct pair),
		.limit = field->count_limit,
	};
	struct pair *pairs;
	ProtobufCMessage **entries;
	void *data;
	int status = cxa_json_begin(&decoder->reader, '{');

	if (status == 1)
		status = read_pairs(decoder, field, &list);
	pairs = (struct pair *)(void *)list.data;
	if (status == 0 && list.count > 1)
		status = sort_pairs(decoder, pairs, list.count);
	if (status < 0 || list.count == 0)
		return status;
	status = cxa_json_take(&decoder->reader, list.count * sizeof(*entries),
			       &data);
	if (status < 0)
		return status;
	entries = data;
	for (size_t i = 0; i < list.count; i++)
		entries[i] = pairs[i].entry;
	*cxa_field_count(field, message) = list.count;
	*(void **)cxa_field_at(field, message) = entries;
	return 0;
}

int cxa_decode_list(struct cxa_decoder *decoder, const struct cxa_field *field,
		    ProtobufCMessage *message)
{
	if (field->kind == CXA_FIELD_MESSAGE && field->type->is_entry)
		return read_map(decoder, field, message);
	return read_array(decoder, field, message);
}

int cxa_decode_zero_list(struct cxa_decoder *decoder,
			 const struct cxa_field *field,
			 ProtobufCMessage *message)
{
	size_t size = field->exact_count * cxa_field_width(field);
	void *data;
	int status;

	if (size == 0)
		return 0;
	status = cxa_json_take(&decoder->reader, size, &data);
	if (status < 0)
		return status;
	memset(data, 0, size);
	*cxa_field_count(field, message) = field->exact_count;
	*(void **)cxa_field_at(field, message) = data;
	return 0;
}
