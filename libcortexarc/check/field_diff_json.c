/* field_diff_json.c - in which members and elements two JSON texts differ */
#include <stdlib.h>

#include "check/field_diff.h"
#include "record/json_codec.h"

/* Deeper values are compared as text; what an archive holds may be deeper. */
enum { COMPARE_DEPTH = 64, ACCEPT_DEPTH = 65536 };

/* A member of an object, or (without a name) an element of an array. */
struct part {
	struct cxa_value name;
	struct cxa_value value;
};

/* The parts of two values, as they are compared. */
struct parts {
	const struct part *a;
	const struct part *b;
	unsigned depth;
};

static int diff_values(struct cxa_field_diff *diff,
		       const struct cxa_value *before,
		       const struct cxa_value *after, unsigned depth,
		       struct cxa_error *error);

/* --- taking apart: the text has been checked and has no white space ------- */

static const uint8_t *behind_string(const uint8_t *at)
{
	for (at++; *at != '"'; at++)
		at += *at == '\\';
	return at + 1;
}

/* Something closes or follows whatever is within an object or array. */
static const uint8_t *behind_value(const uint8_t *at)
{
	unsigned depth = 0;

	do {
		if (*at == '"') {
			at = behind_string(at);
			continue;
		}
		depth += *at == '{' || *at == '[';
		depth -= *at == '}' || *at == ']';
		at++;
	} while (depth != 0 || (*at != ',' && *at != '}' && *at != ']'));
	return at;
}

static int take_apart(const struct cxa_value *value, struct cxa_buffer *out,
		      struct cxa_error *error)
{
	const uint8_t *end = value->data + value->size - 1;
	const uint8_t *at = value->data + 1;
	struct part part = { { NULL, 0 }, { NULL, 0 } };

	while (at < end) {
		if (value->data[0] == '{') {
			part.name.data = at + 1;
			at = behind_string(at);
			part.name.size = (size_t)(at - part.name.data) - 1;
			at++; /* the colon */
		}
		part.value.data = at;
		at = behind_value(at);
		part.value.size = (size_t)(at - part.value.data);
		cxa_buffer_append(out, &part, sizeof(part));
		at++; /* a comma, or the end */
	}
	return out->failed ? cxa_error_nomem(error, "a difference") : 0;
}

/* --- comparing ------------------------------------------------------------ */

static bool same_text(const struct cxa_value *a, const struct cxa_value *b)
{
	return a->size == b->size &&
	       (a->data == NULL || b->data == NULL ||
		memcmp(a->data, b->data, a->size) == 0);
}

static bool same_elements(struct cxa_field_diff *diff, const void *user,
			  size_t i, size_t j)
{
	const struct parts *parts = user;

	(void)diff;
	return same_text(&parts->a[i].value, &parts->b[j].value);
}

/* @a, @b: NULL: there is none */
static int diff_parts(struct cxa_field_diff *diff, const struct part *a,
		      const struct part *b, unsigned depth,
		      struct cxa_error *error)
{
	static const struct cxa_value none;

	if (a == NULL || b == NULL)
		return cxa_field_diff_add(diff, a == NULL ? &none : &a->value,
					  b == NULL ? &none : &b->value,
					  error);
	return diff_values(diff, &a->value, &b->value, depth, error);
}

static int diff_elements(struct cxa_field_diff *diff, const void *user,
			 size_t i, size_t j, struct cxa_error *error)
{
	const struct parts *parts = user;

	return diff_parts(diff, i == CXA_NO_ELEMENT ? NULL : &parts->a[i],
			  j == CXA_NO_ELEMENT ? NULL : &parts->b[j],
			  parts->depth, error);
}

static int by_name(const void *a, const void *b)
{
	const struct part *x = a;
	const struct part *y = b;
	size_t common = x->name.size < y->name.size ? x->name.size :
						      y->name.size;
	int order = common == 0 ? 0 :
				  memcmp(x->name.data, y->name.data, common);

	return order != 0 ? order :
			    (x->name.size > y->name.size) -
				    (x->name.size < y->name.size);
}

/* Members have no order: both are brought into one by name. */
static int diff_members(struct cxa_field_diff *diff, struct cxa_buffer *a,
			struct cxa_buffer *b, unsigned depth,
			struct cxa_error *error)
{
	struct part *x = (void *)a->data;
	struct part *y = (void *)b->data;
	const struct part *x_end =
		a->size == 0 ? x : x + a->size / sizeof(*x);
	const struct part *y_end =
		b->size == 0 ? y : y + b->size / sizeof(*y);
	size_t was = diff->path.size;
	int status = 0;
	int order;

	if (a->size != 0)
		qsort(x, a->size / sizeof(*x), sizeof(*x), by_name);
	if (b->size != 0)
		qsort(y, b->size / sizeof(*y), sizeof(*y), by_name);
	while ((x != x_end || y != y_end) && status == 0) {
		order = x == x_end ? 1 : y == y_end ? -1 : by_name(x, y);
		cxa_path_key(&diff->path, order <= 0 ? x->name.data :
						       y->name.data,
			     order <= 0 ? x->name.size : y->name.size);
		status = diff_parts(diff, order <= 0 ? x : NULL,
				    order >= 0 ? y : NULL, depth, error);
		diff->path.size = was;
		if (order <= 0)
			x++;
		if (order >= 0)
			y++;
	}
	return status;
}

/* Two objects or two arrays. */
static int diff_compounds(struct cxa_field_diff *diff,
			  const struct cxa_value *before,
			  const struct cxa_value *after, unsigned depth,
			  struct cxa_error *error)
{
	struct cxa_buffer a = { 0 };
	struct cxa_buffer b = { 0 };
	struct parts parts;
	struct cxa_list_pair pair;
	int status = take_apart(before, &a, error);

	if (status == 0)
		status = take_apart(after, &b, error);
	if (status == 0 && before->data[0] == '{') {
		status = diff_members(diff, &a, &b, depth, error);
	} else if (status == 0) {
		parts = (struct parts){ (void *)a.data, (void *)b.data, depth };
		pair = (struct cxa_list_pair){ a.size / sizeof(struct part),
					       b.size / sizeof(struct part),
					       same_elements, diff_elements,
					       &parts };
		status = cxa_field_diff_list(diff, &pair, error);
	}
	cxa_buffer_release(&a);
	cxa_buffer_release(&b);
	return status;
}

static int diff_values(struct cxa_field_diff *diff,
		       const struct cxa_value *before,
		       const struct cxa_value *after, unsigned depth,
		       struct cxa_error *error)
{
	size_t count = cxa_field_diff_count(diff);
	uint8_t kind = before->data[0];
	int status = 0;

	if (same_text(before, after))
		return 0;
	if (kind == after->data[0] && (kind == '{' || kind == '[') &&
	    depth < COMPARE_DEPTH)
		status = diff_compounds(diff, before, after, depth + 1, error);
	/* Too deep, or only the order of members is another: as a whole. */
	if (status == 0 && cxa_field_diff_count(diff) == count)
		status = cxa_field_diff_add(diff, before, after, error);
	return status;
}

static int check(const struct cxa_field_diff *diff, bool is_members,
		 const struct cxa_value *value, struct cxa_buffer *out,
		 struct cxa_error *error)
{
	struct cxa_limits limits = *cxa_limits_default();
	struct cxa_json_rules rules = { .limits = &limits };
	struct cxa_error inner = CXA_ERROR_INIT;
	struct cxa_json_text text = {
		.data = value->data, .size = value->size,
		.line = 1, .column = 1,
	};
	const char *what = "members that are no object";
	int status;

	limits.json_depth = ACCEPT_DEPTH;
	status = cxa_json_minify(&text, &rules, out, &inner);
	if (status == 0 && (!is_members || out->data[0] == '{'))
		return 0;
	if (status == CXA_ERR_NOMEM)
		return cxa_error_nomem(error, "a difference");
	if (status < 0)
		what = inner.message;
	return cxa_error_set(error, CXA_ERR_CORRUPT, "%.*s%s%s",
			     (int)(diff->path.size > 100 ? 100 :
							   diff->path.size),
			     (const char *)diff->path.data,
			     diff->path.size == 0 ? "" : ": ", what);
}

/* Nothing differs but blanks, escapes or the order of members. */
static int add_spelling(struct cxa_field_diff *diff, bool is_members,
			const struct cxa_value *before,
			const struct cxa_value *after, struct cxa_error *error)
{
	static const char name[] = "extensions";
	size_t was = diff->path.size;
	int status;

	if (is_members)
		cxa_path_name(&diff->path, name, strlen(name));
	status = cxa_field_diff_add(diff, before, after, error);
	diff->path.size = was;
	return status;
}

int cxa_field_diff_json(struct cxa_field_diff *diff, bool is_members,
			const struct cxa_value *before,
			const struct cxa_value *after, struct cxa_error *error)
{
	static const struct cxa_value empty = { (const uint8_t *)"{}", 2 };
	size_t count = cxa_field_diff_count(diff);
	struct cxa_buffer texts[2] = { { 0 }, { 0 } };
	struct cxa_value a;
	struct cxa_value b;
	int status;

	if ((before->data == NULL) == (after->data == NULL) &&
	    same_text(before, after))
		return 0;
	diff->fault = 1;
	status = check(diff, is_members, before->data == NULL ? &empty : before,
		       &texts[0], error);
	if (status == 0) {
		diff->fault = 2;
		status = check(diff, is_members,
			       after->data == NULL ? &empty : after, &texts[1],
			       error);
	}
	a = (struct cxa_value){ texts[0].data, texts[0].size };
	b = (struct cxa_value){ texts[1].data, texts[1].size };
	if (status == 0 && is_members)
		status = diff_compounds(diff, &a, &b, 0, error);
	else if (status == 0)
		status = diff_values(diff, &a, &b, 0, error);
	if (status == 0 && cxa_field_diff_count(diff) == count)
		status = add_spelling(diff, is_members, before, after, error);
	cxa_buffer_release(&texts[0]);
	cxa_buffer_release(&texts[1]);
	return status;
}
