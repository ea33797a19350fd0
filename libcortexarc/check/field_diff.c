/* field_diff.c - which fields two messages of one type differ in */
#include "check/field_diff.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>

#include "base/wire.h"
#include "record/json_codec.h"
#include "record/json_field.h"

static const struct cxa_value none;

/* --- values --------------------------------------------------------------- */

static struct cxa_value binary_value(const ProtobufCBinaryData *bytes)
{
	static const uint8_t empty[1];

	return (struct cxa_value){ bytes->len == 0 ? empty : bytes->data,
				   bytes->len };
}

static bool is_bytes(const struct cxa_field *field)
{
	return field->kind == CXA_FIELD_TEXT || field->kind == CXA_FIELD_JSON ||
	       field->kind == CXA_FIELD_BINARY;
}

static bool same_bytes(const ProtobufCBinaryData *a,
		       const ProtobufCBinaryData *b)
{
	return a->len == b->len &&
	       (a->len == 0 || memcmp(a->data, b->data, a->len) == 0);
}

/* Canonical encodings are equal when the messages are. */
static bool same_messages(struct cxa_field_diff *diff,
			  const ProtobufCMessage *a, const ProtobufCMessage *b)
{
	cxa_buffer_reset(&diff->before);
	cxa_buffer_reset(&diff->after);
	return cxa_wire_pack(a, &diff->before, NULL) == 0 &&
	       cxa_wire_pack(b, &diff->after, NULL) == 0 &&
	       diff->before.size == diff->after.size &&
	       memcmp(diff->before.data, diff->after.data,
		      diff->before.size) == 0;
}

static bool same_values(struct cxa_field_diff *diff,
			const struct cxa_field *field, const void *a,
			const void *b)
{
	if (field->kind == CXA_FIELD_MESSAGE)
		return same_messages(diff, *(ProtobufCMessage *const *)a,
				     *(ProtobufCMessage *const *)b);
	if (is_bytes(field))
		return same_bytes(a, b);
	return memcmp(a, b, cxa_field_width(field)) == 0;
}

static int diff_values(struct cxa_field_diff *diff,
		       const struct cxa_field *field, const void *a,
		       const void *b, struct cxa_error *error)
{
	struct cxa_value before;
	struct cxa_value after;

	if (field->kind == CXA_FIELD_MESSAGE)
		return cxa_field_diff_messages(diff, field->type,
					       *(ProtobufCMessage *const *)a,
					       *(ProtobufCMessage *const *)b,
					       error);
	if (same_values(diff, field, a, b))
		return 0;
	if (field->kind != CXA_FIELD_JSON)
		return cxa_field_diff_add_values(diff, field, a, b, &none,
						 error);
	before = binary_value(a);
	after = binary_value(b);
	return cxa_field_diff_json(diff, false, &before, &after, error);
}

/* The same where one of them may be missing (NULL), for which @missing stands. */
static int diff_slots(struct cxa_field_diff *diff,
		      const struct cxa_field *field, const void *a,
		      const void *b, const struct cxa_value *missing,
		      struct cxa_error *error)
{
	if (a == NULL && b == NULL)
		return 0;
	if (a == NULL || b == NULL)
		return cxa_field_diff_add_values(diff, field, a, b, missing,
						 error);
	return diff_values(diff, field, a, b, error);
}

/* --- lists ---------------------------------------------------------------- */

/* The values of a repeated field. */
struct list {
	const uint8_t *values;
	size_t count;
	size_t width;
};

static struct list list_of(const struct cxa_field *field,
			   const ProtobufCMessage *message)
{
	return (struct list){
		*(const uint8_t *const *)cxa_field_at(field, message),
		*cxa_field_count(field, message), cxa_field_width(field) };
}

static const void *list_at(const struct list *list, size_t i)
{
	return list->values + i * list->width;
}

static int diff_vectors(struct cxa_field_diff *diff, const struct list *a,
			const struct list *b, struct cxa_error *error)
{
	struct cxa_field_change change = {
		.is_vector = true,
		.before_floats = a->count,
		.after_floats = b->count,
	};
	size_t common = a->count < b->count ? a->count : b->count;
	double distance;
	float x;
	float y;

	change.differing = a->count + b->count - 2 * common;
	for (size_t i = 0; i < common; i++) {
		if (memcmp(list_at(a, i), list_at(b, i), sizeof(x)) == 0)
			continue;
		memcpy(&x, list_at(a, i), sizeof(x));
		memcpy(&y, list_at(b, i), sizeof(y));
		change.differing++;
		distance = fabs((double)x - (double)y);
		if (isfinite(distance) && distance > change.largest)
			change.largest = distance;
	}
	return change.differing == 0 ? 0 :
		cxa_field_diff_add_change(diff, &change, error);
}

struct lists {
	const struct cxa_field *field;
	struct list a;
	struct list b;
};

static bool same_elements(struct cxa_field_diff *diff, const void *user,
			  size_t i, size_t j)
{
	const struct lists *lists = user;

	return same_values(diff, lists->field, list_at(&lists->a, i),
			   list_at(&lists->b, j));
}

static int diff_elements(struct cxa_field_diff *diff, const void *user,
			 size_t i, size_t j, struct cxa_error *error)
{
	const struct lists *lists = user;
	const void *a = i == CXA_NO_ELEMENT ? NULL : list_at(&lists->a, i);
	const void *b = j == CXA_NO_ELEMENT ? NULL : list_at(&lists->b, j);

	return diff_slots(diff, lists->field, a, b, &none, error);
}

/* --- maps ----------------------------------------------------------------- */

static const ProtobufCBinaryData *map_key(const struct cxa_message_type *type,
					  const ProtobufCMessage *entry)
{
	return cxa_field_at(&type->fields[0], entry);
}

/* As the wire has them: by bytes, a beginning before what it begins. */
static int compare_keys(const ProtobufCBinaryData *a,
			const ProtobufCBinaryData *b)
{
	size_t common = a->len < b->len ? a->len : b->len;
	int order = common == 0 ? 0 : memcmp(a->data, b->data, common);

	return order != 0 ? order : (a->len > b->len) - (a->len < b->len);
}

/* An entry that only one of them has (the other NULL), or both have. */
static int diff_entry(struct cxa_field_diff *diff,
		      const struct cxa_message_type *type,
		      const ProtobufCMessage *a, const ProtobufCMessage *b,
		      struct cxa_error *error)
{
	const struct cxa_field *field = &type->fields[1];
	const ProtobufCBinaryData *key = map_key(type, a != NULL ? a : b);
	struct cxa_buffer quoted = { 0 };
	size_t was = diff->path.size;
	int status;

	cxa_json_string(&quoted, key->data, key->len);
	if (!quoted.failed)
		cxa_path_key(&diff->path, quoted.data + 1, quoted.size - 2);
	else
		diff->path.failed = true;
	cxa_buffer_release(&quoted);
	status = diff_slots(diff, field,
			    a == NULL ? NULL : cxa_field_at(field, a),
			    b == NULL ? NULL : cxa_field_at(field, b), &none,
			    error);
	diff->path.size = was;
	return status;
}

static int diff_maps(struct cxa_field_diff *diff,
		     const struct cxa_message_type *type, const struct list *a,
		     const struct list *b, struct cxa_error *error)
{
	const ProtobufCMessage *const *x = (const void *)a->values;
	const ProtobufCMessage *const *y = (const void *)b->values;
	size_t i = 0;
	size_t j = 0;
	int status = 0;
	int order;

	while ((i < a->count || j < b->count) && status == 0) {
		order = i == a->count ? 1 : j == b->count ? -1 :
			compare_keys(map_key(type, x[i]), map_key(type, y[j]));
		status = diff_entry(diff, type, order <= 0 ? x[i] : NULL,
				    order >= 0 ? y[j] : NULL, error);
		i += order <= 0;
		j += order >= 0;
	}
	return status;
}

/* --- messages ------------------------------------------------------------- */

static int diff_repeated(struct cxa_field_diff *diff,
			 const struct cxa_field *field,
			 const ProtobufCMessage *a, const ProtobufCMessage *b,
			 struct cxa_error *error)
{
	struct lists lists = { field, list_of(field, a), list_of(field, b) };
	struct cxa_list_pair pair = { lists.a.count, lists.b.count,
				      same_elements, diff_elements, &lists };

	if (field->kind == CXA_FIELD_F32)
		return diff_vectors(diff, &lists.a, &lists.b, error);
	if (field->kind == CXA_FIELD_MESSAGE && field->type->is_entry)
		return diff_maps(diff, field->type, &lists.a, &lists.b, error);
	return cxa_field_diff_list(diff, &pair, error);
}

/* Where the value is; NULL: it is absent */
static const void *slot(const struct cxa_field *field,
			const ProtobufCMessage *message)
{
	return cxa_field_is_absent(field, message) ?
		       NULL : cxa_field_at(field, message);
}

/* Members that this version does not know, beside those it does. */
static int diff_extensions(struct cxa_field_diff *diff,
			   const struct cxa_field *field,
			   const ProtobufCMessage *a, const ProtobufCMessage *b,
			   struct cxa_error *error)
{
	struct cxa_value before = none;
	struct cxa_value after = none;

	if (slot(field, a) != NULL)
		before = binary_value(slot(field, a));
	if (slot(field, b) != NULL)
		after = binary_value(slot(field, b));
	return cxa_field_diff_json(diff, true, &before, &after, error);
}

static int diff_field(struct cxa_field_diff *diff,
		      const struct cxa_field *field, const ProtobufCMessage *a,
		      const ProtobufCMessage *b, struct cxa_error *error)
{
	static const struct cxa_value null = { (const uint8_t *)"null", 4 };
	size_t was = cxa_path_name(&diff->path, field->json_name,
				   field->json_name_size);
	int status;

	if (field->descriptor->label == PROTOBUF_C_LABEL_REPEATED)
		status = diff_repeated(diff, field, a, b, error);
	else
		status = diff_slots(diff, field, slot(field, a), slot(field, b),
				    &null, error);
	diff->path.size = was;
	return status;
}

/* One kind of a union, which one of them may not be. */
static int diff_kind(struct cxa_field_diff *diff, const struct cxa_field *field,
		     const void *a, const void *b, struct cxa_error *error)
{
	size_t was = cxa_path_name(&diff->path, field->json_name,
				   field->json_name_size);
	int status = diff_slots(diff, field, a, b, &none, error);

	diff->path.size = was;
	return status;
}

static int diff_unions(struct cxa_field_diff *diff,
		       const struct cxa_message_type *type,
		       const ProtobufCMessage *a, const ProtobufCMessage *b,
		       struct cxa_error *error)
{
	const struct cxa_field *x = cxa_field_of_union(type, a);
	const struct cxa_field *y = cxa_field_of_union(type, b);
	int status = 0;

	if (x != NULL)
		status = diff_kind(diff, x, cxa_field_at(x, a),
				   x == y ? cxa_field_at(x, b) : NULL, error);
	if (y != NULL && x != y && status == 0)
		status = diff_kind(diff, y, NULL, cxa_field_at(y, b), error);
	return status;
}

static int add_unknown(struct cxa_field_diff *diff, uint32_t tag,
		       const ProtobufCMessageUnknownField *a,
		       const ProtobufCMessageUnknownField *b,
		       struct cxa_error *error)
{
	struct cxa_value before = none;
	struct cxa_value after = none;
	char name[16];
	size_t was;
	int status;

	snprintf(name, sizeof(name), "#%" PRIu32, tag);
	was = cxa_path_name(&diff->path, name, strlen(name));
	cxa_buffer_reset(&diff->before);
	cxa_buffer_reset(&diff->after);
	if (a != NULL) {
		cxa_put_hex(&diff->before, a->data, a->len);
		before = (struct cxa_value){ diff->before.data,
					     diff->before.size };
	}
	if (b != NULL) {
		cxa_put_hex(&diff->after, b->data, b->len);
		after = (struct cxa_value){ diff->after.data,
					    diff->after.size };
	}
	if (diff->before.failed || diff->after.failed)
		return cxa_error_nomem(error, "a difference");
	status = cxa_field_diff_add(diff, &before, &after, error);
	diff->path.size = was;
	return status;
}

/* UINT32_MAX, which is none, at the end. */
static uint32_t tag_at(const ProtobufCMessage *message, size_t i)
{
	return i < message->n_unknown_fields ? message->unknown_fields[i].tag :
					       UINT32_MAX;
}

/* Fields of a later schema: their numbers ascend, their bytes are all we know. */
static int diff_unknown(struct cxa_field_diff *diff, const ProtobufCMessage *a,
			const ProtobufCMessage *b, struct cxa_error *error)
{
	size_t i = 0;
	size_t j = 0;
	int status = 0;

	while (status == 0) {
		uint32_t x_tag = tag_at(a, i);
		uint32_t y_tag = tag_at(b, j);
		uint32_t tag = x_tag < y_tag ? x_tag : y_tag;
		const ProtobufCMessageUnknownField *x = NULL;
		const ProtobufCMessageUnknownField *y = NULL;

		if (tag == UINT32_MAX)
			break;
		if (x_tag == tag)
			x = &a->unknown_fields[i];
		if (y_tag == tag)
			y = &b->unknown_fields[j];
		if (x == NULL || y == NULL || x->wire_type != y->wire_type ||
		    x->len != y->len || memcmp(x->data, y->data, x->len) != 0)
			status = add_unknown(diff, tag, x, y, error);
		i += x != NULL;
		j += y != NULL;
	}
	return status;
}

int cxa_field_diff_messages(struct cxa_field_diff *diff,
			    const struct cxa_message_type *type,
			    const ProtobufCMessage *a,
			    const ProtobufCMessage *b, struct cxa_error *error)
{
	int status = 0;

	if (type->is_union)
		status = diff_unions(diff, type, a, b, error);
	for (unsigned i = 0;
	     i < type->field_count && !type->is_union && status == 0; i++)
		if (&type->fields[i] != type->extensions)
			status = diff_field(diff, &type->fields[i], a, b,
					    error);
	if (status == 0 && type->extensions != NULL)
		status = diff_extensions(diff, type->extensions, a, b, error);
	if (status == 0)
		status = diff_unknown(diff, a, b, error);
	return status;
}

/* --- headers -------------------------------------------------------------- */

int cxa_field_diff_headers(struct cxa_field_diff *diff, const Cxa__Header *a,
			   const Cxa__Header *b, struct cxa_error *error)
{
	static const char *const names[] = { "metadata", "embedding_space",
					     "losses" };
	const struct cxa_message_type *type =
		cxa_message_type_of(&cxa__header__descriptor);
	int status = 0;

	for (unsigned i = 0; i < type->field_count && status == 0; i++)
		for (size_t j = 0; j < sizeof(names) / sizeof(names[0]); j++)
			if (strcmp(type->fields[i].descriptor->name,
				   names[j]) == 0 && status == 0)
				status = diff_field(diff, &type->fields[i],
						    &a->base, &b->base, error);
	if (status == 0)
		status = diff_extensions(diff, type->extensions, &a->base,
					 &b->base, error);
	return status;
}
