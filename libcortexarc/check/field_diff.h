/* field_diff.h - which fields two messages of one type differ in */
#ifndef CXA_CHECK_FIELD_DIFF_H
#define CXA_CHECK_FIELD_DIFF_H

#include <cortexarc/diff.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "base/error.h"
#include "base/message_type.h"

/**
 * struct cxa_field_diff - the differences found, and where it stands
 * @arena: paths and values of the changes
 * @changes: struct cxa_field_change each
 * @path: of what is being compared
 * @before, @after: values being written
 * @fault: after CXA_ERR_CORRUPT: 1 when it is in the first, 2 in the second
 *
 * { 0 } is an empty one.
 */
struct cxa_field_diff {
	struct cxa_arena arena;
	struct cxa_buffer changes;
	struct cxa_buffer path;
	struct cxa_buffer before;
	struct cxa_buffer after;
	int fault;
};

/** cxa_field_diff_messages() - add what differs between @a and @b, of @type */
int cxa_field_diff_messages(struct cxa_field_diff *diff,
			    const struct cxa_message_type *type,
			    const ProtobufCMessage *a,
			    const ProtobufCMessage *b,
			    struct cxa_error *error);

/** cxa_field_diff_headers() - the same of what describes two stores */
int cxa_field_diff_headers(struct cxa_field_diff *diff, const Cxa__Header *a,
			   const Cxa__Header *b, struct cxa_error *error);

/** cxa_field_diff_count(), cxa_field_diff_at() - what was found so far */
size_t cxa_field_diff_count(const struct cxa_field_diff *diff);
const struct cxa_field_change *
cxa_field_diff_at(const struct cxa_field_diff *diff);

/** cxa_field_diff_reset() - forget the changes, keep the memory */
void cxa_field_diff_reset(struct cxa_field_diff *diff);
void cxa_field_diff_release(struct cxa_field_diff *diff);

/* --- what messages and JSON have in common -------------------------------- */

/** struct cxa_value - JSON text; data NULL: there is no such value */
struct cxa_value {
	const uint8_t *data;
	size_t size;
};

/** cxa_field_diff_add() - a change at the current path */
int cxa_field_diff_add(struct cxa_field_diff *diff,
		       const struct cxa_value *before,
		       const struct cxa_value *after, struct cxa_error *error);

int cxa_field_diff_add_change(struct cxa_field_diff *diff,
			      const struct cxa_field_change *values,
			      struct cxa_error *error);

/**
 * cxa_field_diff_add_values() - the same of two values of @field
 * @a, @b: where they are; NULL: it is as @missing says
 */
int cxa_field_diff_add_values(struct cxa_field_diff *diff,
			      const struct cxa_field *field, const void *a,
			      const void *b, const struct cxa_value *missing,
			      struct cxa_error *error);

#define CXA_NO_ELEMENT SIZE_MAX

/**
 * struct cxa_list_pair - two lists to be compared
 * @same: are element @i of a and @j of b the same?
 * @compare: add what differs between them; CXA_NO_ELEMENT: there is none
 */
struct cxa_list_pair {
	size_t a_count;
	size_t b_count;
	bool (*same)(struct cxa_field_diff *diff, const void *user, size_t i,
		     size_t j);
	int (*compare)(struct cxa_field_diff *diff, const void *user, size_t i,
		       size_t j, struct cxa_error *error);
	const void *user;
};

/**
 * cxa_field_diff_list() - position by position, but for what both begin and
 * end with
 */
int cxa_field_diff_list(struct cxa_field_diff *diff,
			const struct cxa_list_pair *lists,
			struct cxa_error *error);

/** cxa_put_hex() - a string of hexadecimal digits, in quotes */
void cxa_put_hex(struct cxa_buffer *out, const uint8_t *data, size_t size);

/**
 * cxa_path_name(), cxa_path_key(), cxa_path_index() - one step further
 * @name: a member of ours
 * @key: JSON's, as it stands between its quotes
 *
 * Return: the size the path had, to be put back.
 */
size_t cxa_path_name(struct cxa_buffer *path, const char *name, size_t size);
size_t cxa_path_key(struct cxa_buffer *path, const uint8_t *key, size_t size);
size_t cxa_path_index(struct cxa_buffer *path, size_t index);

/**
 * cxa_field_diff_json() - two JSON texts, in field_diff_json.c
 * @is_members: they are what a message's `extensions` hold; data NULL: none
 *
 * Return: 0, CXA_ERR_CORRUPT (no JSON), CXA_ERR_NOMEM.
 */
int cxa_field_diff_json(struct cxa_field_diff *diff, bool is_members,
			const struct cxa_value *before,
			const struct cxa_value *after, struct cxa_error *error);

#endif
