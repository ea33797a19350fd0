/* message_type.c - what the generated descriptors do not say about a field */
#include "base/message_type.h"

#include <pthread.h>
#include <string.h>

#include <cortexarc/archive.pb-c.h>
#include <cortexarc/records.pb-c.h>

#include "base/limits.h"

enum { MAX_TYPES = 80, MAX_FIELDS = 400 };

/* Everything else is reached from these. */
static const ProtobufCMessageDescriptor *const roots[] = {
	&cxa__header_envelope__descriptor,
	&cxa__header__descriptor,
	&cxa__index__descriptor,
	&cxa__concept_batch__descriptor,
	&cxa__embedding_batch__descriptor,
	&cxa__embedding__descriptor,
	&cxa__column_batch__descriptor,
	&cxa__connection_batch__descriptor,
	&cxa__system_state_batch__descriptor,
	&cxa__cached_query_batch__descriptor,
	&cxa__sync_entry_batch__descriptor,
};

/* Bounds of a field of numbers: the original's u8, and its array of two. */
static const struct {
	const char *message;
	const char *field;
	uint32_t max;
	unsigned exact_count;
} bounds[] = {
	{ "ConceptMetadata", "priority", UINT8_MAX, 0 },
	{ "ColumnPosition", "layer", UINT8_MAX, 0 },
	{ "SyncEntry", "retry_count", UINT8_MAX, 0 },
	{ "CortexConfiguration", "cortex_size", UINT32_MAX, 2 },
};

/* Lists that are not links; most are bound by the bytes of what holds them. */
static const struct {
	const char *message;
	const char *field;
	size_t count_limit;
} lists[] = {
	{ "ConceptMetadata", "tags", CXA_LIMIT(tags) },
	{ "Header", "batch_sizes", CXA_NO_LIMIT },
	{ "Header", "losses", CXA_NO_LIMIT },
	{ "Index", "entries", CXA_NO_LIMIT },
	{ "VectorColumn", "lengths", CXA_NO_LIMIT },
	{ "EmbeddingColumns", "concept_ids", CXA_NO_LIMIT },
	{ "EmbeddingColumns", "last_computed", CXA_NO_LIMIT },
};

static struct cxa_message_type types[MAX_TYPES];
static struct cxa_field fields[MAX_FIELDS];
static unsigned type_count;
static unsigned field_count;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static bool ends_with(const char *name, const char *ending)
{
	size_t name_size = strlen(name);
	size_t ending_size = strlen(ending);

	return name_size >= ending_size &&
	       strcmp(name + name_size - ending_size, ending) == 0;
}

static enum cxa_field_kind bytes_kind(const char *name)
{
	if (strcmp(name, "extensions") == 0 || ends_with(name, "_json"))
		return CXA_FIELD_JSON;
	if (strcmp(name, "planes") == 0 || ends_with(name, "_digest") ||
	    strcmp(name, "header_bytes") == 0)
		return CXA_FIELD_BINARY;
	return CXA_FIELD_TEXT;
}

static enum cxa_field_kind kind_of(const ProtobufCFieldDescriptor *descriptor)
{
	switch (descriptor->type) {
	case PROTOBUF_C_TYPE_UINT32: return CXA_FIELD_U32;
	case PROTOBUF_C_TYPE_UINT64: return CXA_FIELD_U64;
	case PROTOBUF_C_TYPE_BOOL: return CXA_FIELD_BOOL;
	case PROTOBUF_C_TYPE_ENUM: return CXA_FIELD_ENUM;
	case PROTOBUF_C_TYPE_FLOAT: return CXA_FIELD_F32;
	case PROTOBUF_C_TYPE_DOUBLE: return CXA_FIELD_F64;
	case PROTOBUF_C_TYPE_MESSAGE: return CXA_FIELD_MESSAGE;
	default: return bytes_kind(descriptor->name);
	}
}

static const struct cxa_message_type *
find_type(const ProtobufCMessageDescriptor *descriptor)
{
	for (unsigned i = 0; i < type_count; i++)
		if (types[i].descriptor == descriptor)
			return &types[i];
	return NULL;
}

static void fill_bounds(struct cxa_field *field, const char *message)
{
	const char *name = field->descriptor->name;

	field->max = UINT32_MAX;
	for (size_t i = 0; i < sizeof(bounds) / sizeof(bounds[0]); i++) {
		if (strcmp(bounds[i].message, message) == 0 &&
		    strcmp(bounds[i].field, name) == 0) {
			field->max = bounds[i].max;
			field->exact_count = bounds[i].exact_count;
		}
	}
}

static void fill_limits(struct cxa_field *field, const char *message)
{
	const char *name = field->descriptor->name;

	field->count_limit = field->kind == CXA_FIELD_F32 ?
				     CXA_LIMIT(vector_floats) :
				     CXA_LIMIT(links);
	field->bytes_limit = CXA_LIMIT(short_string_bytes);
	if (strcmp(name, "content") == 0 || ends_with(name, "_json"))
		field->bytes_limit = CXA_LIMIT(string_bytes);
	if (field->kind == CXA_FIELD_BINARY)
		field->bytes_limit = CXA_NO_LIMIT;
	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++)
		if (strcmp(lists[i].message, message) == 0 &&
		    strcmp(lists[i].field, name) == 0)
			field->count_limit = lists[i].count_limit;
}

static const struct cxa_message_type *
add_type(const ProtobufCMessageDescriptor *descriptor);

static void fill_field(struct cxa_field *field,
		       const struct cxa_message_type *owner,
		       const ProtobufCFieldDescriptor *descriptor)
{
	field->descriptor = descriptor;
	field->kind = kind_of(descriptor);
	field->json_name = descriptor->name;
	field->json_name_size = strlen(descriptor->name);
	if (ends_with(descriptor->name, "_json"))
		field->json_name_size -= strlen("_json");
	if (field->kind == CXA_FIELD_MESSAGE) {
		field->type = add_type(descriptor->descriptor);
		if (owner->is_union) {
			field->json_name = field->type->descriptor->short_name;
			field->json_name_size = strlen(field->json_name);
		}
	}
	fill_bounds(field, owner->descriptor->short_name);
	fill_limits(field, owner->descriptor->short_name);
}

static const struct cxa_message_type *
add_type(const ProtobufCMessageDescriptor *descriptor)
{
	const struct cxa_message_type *known = find_type(descriptor);
	struct cxa_message_type *type;
	struct cxa_field *own;

	if (known != NULL)
		return known;
	type = &types[type_count++];
	own = &fields[field_count];
	field_count += descriptor->n_fields;
	type->descriptor = descriptor;
	type->fields = own;
	type->field_count = descriptor->n_fields;
	type->is_entry = ends_with(descriptor->short_name, "Entry") &&
			 descriptor->n_fields == 2 &&
			 strcmp(descriptor->fields[0].name, "key") == 0;
	type->is_union = descriptor->n_fields != 0 &&
			 (descriptor->fields[0].flags &
			  PROTOBUF_C_FIELD_FLAG_ONEOF) != 0;
	for (unsigned i = 0; i < descriptor->n_fields; i++) {
		fill_field(&own[i], type, &descriptor->fields[i]);
		if (descriptor->fields[i].label == PROTOBUF_C_LABEL_REQUIRED)
			type->required |= UINT32_C(1) << i;
		if (strcmp(descriptor->fields[i].name, "extensions") == 0)
			type->extensions = &own[i];
	}
	return type;
}

static void add_all(void)
{
	for (size_t i = 0; i < sizeof(roots) / sizeof(roots[0]); i++)
		add_type(roots[i]);
}

const struct cxa_message_type *
cxa_message_type_of(const ProtobufCMessageDescriptor *descriptor)
{
	pthread_once(&once, add_all);
	return find_type(descriptor);
}
