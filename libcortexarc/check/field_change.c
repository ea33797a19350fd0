/* field_change.c - collecting the fields that differ: paths, values, lists */
#include <inttypes.h>
#include <math.h>

#include "check/field_diff.h"
#include "record/json_codec.h"

/* --- changes -------------------------------------------------------------- */

size_t cxa_field_diff_count(const struct cxa_field_diff *diff)
{
	return diff->changes.size / sizeof(struct cxa_field_change);
}

const struct cxa_field_change *
cxa_field_diff_at(const struct cxa_field_diff *diff)
{
	return (const void *)diff->changes.data;
}

void cxa_field_diff_reset(struct cxa_field_diff *diff)
{
	cxa_arena_reset(&diff->arena);
	cxa_buffer_reset(&diff->changes);
	cxa_buffer_reset(&diff->path);
}

void cxa_field_diff_release(struct cxa_field_diff *diff)
{
	cxa_arena_release(&diff->arena);
	cxa_buffer_release(&diff->changes);
	cxa_buffer_release(&diff->path);
	cxa_buffer_release(&diff->before);
	cxa_buffer_release(&diff->after);
}

static const char *keep_text(struct cxa_field_diff *diff, const uint8_t *data,
			     size_t size)
{
	char *text = cxa_arena_alloc(&diff->arena, size + 1);

	if (text == NULL)
		return NULL;
	if (size != 0)
		memcpy(text, data, size);
	text[size] = '\0';
	return text;
}

int cxa_field_diff_add_change(struct cxa_field_diff *diff,
			      const struct cxa_field_change *values,
			      struct cxa_error *error)
{
	struct cxa_field_change change = *values;

	change.path = keep_text(diff, diff->path.data, diff->path.size);
	cxa_buffer_append(&diff->changes, &change, sizeof(change));
	if (change.path == NULL || diff->path.failed || diff->changes.failed)
		return cxa_error_nomem(error, "a difference");
	return 0;
}

int cxa_field_diff_add(struct cxa_field_diff *diff,
		       const struct cxa_value *before,
		       const struct cxa_value *after, struct cxa_error *error)
{
	struct cxa_field_change change = { 0 };

	if (before->data != NULL)
		change.before = keep_text(diff, before->data, before->size);
	if (after->data != NULL)
		change.after = keep_text(diff, after->data, after->size);
	if ((before->data != NULL && change.before == NULL) ||
	    (after->data != NULL && change.after == NULL))
		return cxa_error_nomem(error, "a difference");
	return cxa_field_diff_add_change(diff, &change, error);
}

/* --- paths ---------------------------------------------------------------- */

size_t cxa_path_name(struct cxa_buffer *path, const char *name, size_t size)
{
	size_t was = path->size;

	if (was != 0)
		cxa_buffer_byte(path, '.');
	cxa_buffer_append(path, name, size);
	return was;
}

static bool is_word(const uint8_t *key, size_t size)
{
	for (size_t i = 0; i < size; i++) {
		uint8_t c = key[i];

		if (!(c >= 'a' && c <= 'z') && !(c >= 'A' && c <= 'Z') &&
		    c != '_' && c != '-' && !(i != 0 && c >= '0' && c <= '9'))
			return false;
	}
	return size != 0;
}

size_t cxa_path_key(struct cxa_buffer *path, const uint8_t *key, size_t size)
{
	size_t was = path->size;

	if (is_word(key, size))
		return cxa_path_name(path, (const char *)key, size);
	cxa_buffer_text(path, "[\"");
	cxa_buffer_append(path, key, size);
	cxa_buffer_text(path, "\"]");
	return was;
}

size_t cxa_path_index(struct cxa_buffer *path, size_t index)
{
	size_t was = path->size;

	cxa_buffer_format(path, "[%zu]", index);
	return was;
}

/* --- values --------------------------------------------------------------- */

/* JSON has no word for them, and null is another thing. */
static void put_no_number(struct cxa_buffer *out, double value, uint64_t bits,
			  uint64_t usual)
{
	if (isinf(value))
		cxa_buffer_text(out, value < 0 ? "\"-Infinity\"" :
						 "\"Infinity\"");
	else if (bits == usual)
		cxa_buffer_text(out, "\"NaN\"");
	else
		cxa_buffer_format(out, "\"NaN:%" PRIx64 "\"", bits);
}

void cxa_put_hex(struct cxa_buffer *out, const uint8_t *data, size_t size)
{
	cxa_buffer_byte(out, '"');
	for (size_t i = 0; i < size; i++)
		cxa_buffer_format(out, "%02x", data[i]);
	cxa_buffer_byte(out, '"');
}

/* Return: was @at something that JSON has no form for? */
static bool put_special(const struct cxa_field *field, const void *at,
			struct cxa_buffer *out)
{
	const ProtobufCBinaryData *bytes = at;
	uint32_t bits32;
	uint64_t bits64;
	float f32;
	double f64;

	if (field->kind == CXA_FIELD_BINARY) {
		cxa_put_hex(out, bytes->data, bytes->len);
		return true;
	}
	if (field->kind == CXA_FIELD_F32) {
		memcpy(&f32, at, sizeof(f32));
		memcpy(&bits32, at, sizeof(bits32));
		if (!isfinite(f32))
			put_no_number(out, (double)f32, bits32,
				      UINT32_C(0x7fc00000));
		return !isfinite(f32);
	}
	if (field->kind == CXA_FIELD_F64) {
		memcpy(&f64, at, sizeof(f64));
		memcpy(&bits64, at, sizeof(bits64));
		if (!isfinite(f64))
			put_no_number(out, f64, bits64,
				      UINT64_C(0x7ff8000000000000));
		return !isfinite(f64);
	}
	return false;
}

static int put_value(struct cxa_buffer *out, const struct cxa_field *field,
		     const void *at, struct cxa_value *value,
		     struct cxa_error *error)
{
	int status = 0;

	cxa_buffer_reset(out);
	*value = (struct cxa_value){ NULL, 0 };
	if (at == NULL)
		return 0;
	if (!put_special(field, at, out))
		status = cxa_json_encode_value(field, at, out, error);
	if (status == 0 && out->failed)
		status = cxa_error_nomem(error, "a difference");
	*value = (struct cxa_value){ out->data, out->size };
	return status;
}

int cxa_field_diff_add_values(struct cxa_field_diff *diff,
			      const struct cxa_field *field, const void *a,
			      const void *b, const struct cxa_value *missing,
			      struct cxa_error *error)
{
	struct cxa_value before;
	struct cxa_value after;
	int status;

	diff->fault = 1;
	status = put_value(&diff->before, field, a, &before, error);
	if (status < 0)
		return status;
	diff->fault = 2;
	status = put_value(&diff->after, field, b, &after, error);
	if (status < 0)
		return status;
	return cxa_field_diff_add(diff, a == NULL ? missing : &before,
				  b == NULL ? missing : &after, error);
}

/* --- lists ---------------------------------------------------------------- */

static int pair(struct cxa_field_diff *diff, const struct cxa_list_pair *lists,
		size_t i, size_t j, struct cxa_error *error)
{
	size_t was = cxa_path_index(&diff->path, i != CXA_NO_ELEMENT ? i : j);
	int status = lists->compare(diff, lists->user, i, j, error);

	diff->path.size = was;
	return status;
}

int cxa_field_diff_list(struct cxa_field_diff *diff,
			const struct cxa_list_pair *lists,
			struct cxa_error *error)
{
	size_t a_end = lists->a_count;
	size_t b_end = lists->b_count;
	size_t i = 0;
	int status = 0;

	while (i < a_end && i < b_end && lists->same(diff, lists->user, i, i))
		i++;
	while (i < a_end && i < b_end &&
	       lists->same(diff, lists->user, a_end - 1, b_end - 1)) {
		a_end--;
		b_end--;
	}
	for (; i < a_end && i < b_end && status == 0; i++)
		status = pair(diff, lists, i, i, error);
	for (size_t j = i; j < a_end && status == 0; j++)
		status = pair(diff, lists, j, CXA_NO_ELEMENT, error);
	for (size_t j = i; j < b_end && status == 0; j++)
		status = pair(diff, lists, CXA_NO_ELEMENT, j, error);
	return status;
}
