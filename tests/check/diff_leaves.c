/* diff_leaves.c - each leaf of each golden record, changed by itself */
#include "base/message_type.h"
#include "record/collection.h"
#include "record/json_field.h"
#include "store.h"

static struct cxa_context *context;

enum { TYPES_MAX = 64 };

/* What is being bent: a record, whose leaves are changed one by one. */
struct probe {
	enum cxa_collection collection;
	ProtobufCMessage *root;
	struct store original;
	size_t leaves;
	size_t wrong;
};

static const struct cxa_message_type *met[TYPES_MAX];
static size_t met_count;
static uint64_t random_state = 1;

static size_t next_random(size_t below)
{
	random_state = random_state * UINT64_C(6364136223846793005) + 1;
	return (size_t)(random_state >> 33) % below;
}

static void meet(const struct cxa_message_type *type)
{
	for (size_t i = 0; i < met_count; i++)
		if (met[i] == type)
			return;
	met[met_count++] = type;
}

/* One leaf is bent: is exactly that one told, at @path? */
static void check_leaf(struct probe *probe, const char *path)
{
	struct store bent;
	const struct seen *seen;
	char expected[300];

	put_line(expected, "; %s ", path);
	store_init(&bent);
	store_add(&bent, probe->collection, probe->root);
	seen = compare_stores(context, &probe->original, &bent);
	probe->leaves++;
	if (seen->status != 0 || seen->count != 1 ||
	    strncmp(seen->lines[0], "changed ", 8) != 0 ||
	    strstr(seen->lines[0], expected) == NULL ||
	    strstr(strstr(seen->lines[0], expected) + 2, "; ") != NULL) {
		probe->wrong++;
		printf("#   %s: %s\n", path,
		       seen->status != 0 ? seen->error.message :
					   seen->lines[0]);
	}
	store_release(&bent);
}

static void bend_bytes(struct probe *probe, const struct cxa_field *field,
		       ProtobufCBinaryData *bytes, const char *path)
{
	ProtobufCBinaryData was = *bytes;
	uint8_t *longer = malloc(was.len + 1);

	if (longer == NULL)
		abort();
	if (was.len != 0)
		memcpy(longer, was.data, was.len);
	longer[was.len] = 'x';
	*bytes = (ProtobufCBinaryData){ was.len + 1, longer };
	if (field->kind == CXA_FIELD_JSON)
		*bytes = text("\"bent\"");
	check_leaf(probe, path);
	*bytes = was;
	free(longer);
}

static void bend_enum(struct probe *probe, const struct cxa_field *field,
		      int *value, const char *path)
{
	const ProtobufCEnumDescriptor *values = field->descriptor->descriptor;
	int was = *value;

	*value = values->values[0].value == was ? values->values[1].value :
						  values->values[0].value;
	check_leaf(probe, path);
	*value = was;
}

static void bend_message(struct probe *probe,
			 const struct cxa_message_type *type,
			 ProtobufCMessage *message, const char *path);

static void bend_value(struct probe *probe, const struct cxa_field *field,
		       void *at, const char *path)
{
	uint8_t *bytes = at;

	switch (field->kind) {
	case CXA_FIELD_MESSAGE:
		bend_message(probe, field->type, *(ProtobufCMessage **)at,
			     path);
		return;
	case CXA_FIELD_ENUM:
		bend_enum(probe, field, at, path);
		return;
	case CXA_FIELD_TEXT:
	case CXA_FIELD_JSON:
		bend_bytes(probe, field, at, path);
		return;
	default: /* numbers: the lowest bit, the highest of a float's sign */
		bytes[0] ^= 1;
		check_leaf(probe, path);
		bytes[0] ^= 1;
		return;
	}
}

/* A key of the golden file's maps is a plain word. */
static void bend_entry(struct probe *probe, const struct cxa_message_type *type,
		       ProtobufCMessage *entry, const char *path)
{
	const ProtobufCBinaryData *key = cxa_field_at(&type->fields[0], entry);
	char whole[300];

	meet(type);
	put_line(whole, "%s.%.*s", path, (int)key->len, (const char *)key->data);
	bend_value(probe, &type->fields[1],
		   cxa_field_at(&type->fields[1], entry), whole);
}

static void bend_list(struct probe *probe, const struct cxa_field *field,
		      ProtobufCMessage *message, const char *path)
{
	uint8_t *values = *(uint8_t **)cxa_field_at(field, message);
	size_t count = *cxa_field_count(field, message);
	size_t width = cxa_field_width(field);
	char whole[300];

	if (field->kind == CXA_FIELD_F32) {
		if (count != 0)
			bend_value(probe, field,
				   values + width * next_random(count), path);
		return;
	}
	for (size_t i = 0; i < count; i++) {
		void *at = values + i * width;

		put_line(whole, "%s[%zu]", path, i);
		if (field->kind == CXA_FIELD_MESSAGE && field->type->is_entry)
			bend_entry(probe, field->type,
				   *(ProtobufCMessage **)at, path);
		else
			bend_value(probe, field, at, whole);
	}
}

/* What is absent comes to be there. */
static void bend_absent(struct probe *probe, const struct cxa_field *field,
			ProtobufCMessage *message, const char *path)
{
	Cxa__Embeddings embeddings = CXA__EMBEDDINGS__INIT;

	if (field->kind == CXA_FIELD_MESSAGE) {
		if (field->descriptor->descriptor !=
		    &cxa__embeddings__descriptor)
			abort();
		*(void **)cxa_field_at(field, message) = &embeddings;
		check_leaf(probe, path);
		bend_message(probe, field->type, &embeddings.base, NULL);
		*(void **)cxa_field_at(field, message) = NULL;
		return;
	}
	*cxa_field_has(field, message) = true;
	check_leaf(probe, path);
	*cxa_field_has(field, message) = false;
}

static void bend_extensions(struct probe *probe, const struct cxa_field *field,
			    ProtobufCMessage *message, const char *path)
{
	ProtobufCBinaryData *at = cxa_field_at(field, message);
	ProtobufCBinaryData was = *at;
	int had = *cxa_field_has(field, message);

	*cxa_field_has(field, message) = true;
	*at = text("{\"zz\":[1]}");
	if (had)
		abort(); /* the golden file has none */
	check_leaf(probe, path);
	*at = was;
	*cxa_field_has(field, message) = had;
}

static void bend_field(struct probe *probe, const struct cxa_message_type *type,
		       const struct cxa_field *field, ProtobufCMessage *message,
		       const char *path)
{
	char whole[300];

	put_line(whole, "%s%s%.*s", path, path[0] == '\0' ? "" : ".",
		 field == type->extensions ? 2 : (int)field->json_name_size,
		 field == type->extensions ? "zz" : field->json_name);
	if (field == type->extensions)
		bend_extensions(probe, field, message, whole);
	else if (field->descriptor->label == PROTOBUF_C_LABEL_REPEATED)
		bend_list(probe, field, message, whole);
	else if (cxa_field_is_absent(field, message))
		bend_absent(probe, field, message, whole);
	else
		bend_value(probe, field, cxa_field_at(field, message), whole);
}

/* @path: NULL: within what is itself new */
static void bend_message(struct probe *probe,
			 const struct cxa_message_type *type,
			 ProtobufCMessage *message, const char *path)
{
	const struct cxa_field *set;

	meet(type);
	if (path == NULL)
		return;
	if (type->is_union) {
		set = cxa_field_of_union(type, message);
		bend_field(probe, type, set, message, path);
		return;
	}
	/* The first field of a record is its key: another key, another record. */
	for (unsigned i = message == probe->root &&
			  probe->collection != CXA_SYSTEM_STATE;
	     i < type->field_count; i++)
		bend_field(probe, type, &type->fields[i], message, path);
}

static void each_leaf_of(const struct store *golden,
			 enum cxa_collection collection)
{
	struct probe probe = { .collection = collection };
	const struct cxa_record *row;

	for (size_t i = 0; i < golden->counts[collection]; i++) {
		row = &golden->rows[collection][i];
		store_init(&probe.original);
		store_insert(&probe.original, collection, 0, row->id,
			     row->data, row->size);
		probe.root = cxa_record_unpack(collection, row);
		bend_message(&probe, cxa_collection_type(collection),
			     probe.root, "");
		protobuf_c_message_free_unpacked(probe.root, NULL);
		store_release(&probe.original);
	}
	ok(probe.wrong == 0 && probe.leaves != 0,
	   "each of %zu leaves of %zu %s is told when it changes, and no other",
	   probe.leaves, golden->counts[collection],
	   cxa_collection_name(collection));
}

static size_t count_types(const struct cxa_message_type *type,
			  const struct cxa_message_type **all, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (all[i] == type)
			return count;
	all[count++] = type;
	for (unsigned i = 0; i < type->field_count; i++)
		if (type->fields[i].type != NULL)
			count = count_types(type->fields[i].type, all, count);
	return count;
}

static void every_leaf_is_told(void)
{
	const struct cxa_message_type *all[TYPES_MAX];
	struct store golden;
	size_t count = 0;

	store_load_golden(&golden, context);
	for (int i = 0; i < CXA_COLLECTION_COUNT; i++) {
		each_leaf_of(&golden, (enum cxa_collection)i);
		count = count_types(
			cxa_collection_type((enum cxa_collection)i), all,
			count);
	}
	is_uint(met_count, count, "every type of message was among them");
	store_release(&golden);
}

int main(void)
{
	cxa_context_open(&context, NULL, NULL);
	every_leaf_is_told();
	cxa_context_close(context);
	return done_testing();
}
