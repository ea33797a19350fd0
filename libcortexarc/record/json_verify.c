/* json_verify.c - is the JSON that records and headers hold what it must be? */
#include "record/json_verify.h"

#include "base/wire.h"
#include "record/collection.h"
#include "record/json_field.h"
#include "record/json_text.h"

/* Whoever writes it as JSON sees all that can be wrong. */
int cxa_json_verify_message(const ProtobufCMessage *message,
			    struct cxa_error *error)
{
	struct cxa_buffer out = { 0 };
	bool is_concept = message->descriptor == &cxa__concept__descriptor;
	int status = cxa_json_encode(message, is_concept, NULL, &out, error);

	cxa_buffer_release(&out);
	return status;
}

int cxa_json_verify_record(const struct cxa_message_type *type,
			   const uint8_t *data, size_t size,
			   struct cxa_error *error)
{
	struct cxa_arena arena = { 0 };
	ProtobufCMessage *message = NULL;
	int status = cxa_wire_unpack(type, data, size, &arena, &message, error);

	if (status == 0)
		status = cxa_json_verify_message(message, error);
	cxa_arena_release(&arena);
	return status;
}

/* What a document has besides: its members would stand there twice. */
static bool is_document_member(const uint8_t *name, size_t size)
{
	static const char metadata[] = "metadata";

	if (size == strlen(metadata) && memcmp(name, metadata, size) == 0)
		return true;
	for (int i = 0; i < CXA_COLLECTION_COUNT; i++) {
		const char *own = cxa_collection_name((enum cxa_collection)i);

		/* Embeddings are in the concepts there. */
		if (i != CXA_EMBEDDINGS && strlen(own) == size &&
		    memcmp(own, name, size) == 0)
			return true;
	}
	return false;
}

static bool is_known(const struct cxa_message_type *type, const uint8_t *name,
		     size_t size)
{
	if (type->descriptor == &cxa__header__descriptor)
		return is_document_member(name, size);
	return cxa_field_is_known(type, name, size) ||
	       (type->descriptor == &cxa__concept__descriptor &&
		size == strlen("embeddings") &&
		memcmp(name, "embeddings", size) == 0);
}

static int check_name(const struct cxa_message_type *type,
		      struct cxa_json_reader *reader, struct cxa_buffer *value)
{
	struct cxa_json_string raw;
	const uint8_t *name;
	int status = cxa_json_read_name(reader, &raw, &name);

	if (status < 0)
		return status;
	if (is_known(type, name, raw.size))
		return cxa_json_fail(reader, CXA_ERR_CORRUPT, raw.raw - 1,
				     "has a member that the %s has too",
				     type->descriptor ==
						     &cxa__header__descriptor ?
					     "document" : "record");
	cxa_buffer_reset(value);
	return cxa_json_copy_value(reader, value, CXA_NO_LIMIT);
}

int cxa_json_verify_names(const struct cxa_message_type *type,
			  const struct cxa_json_text *text,
			  const struct cxa_limits *limits,
			  struct cxa_error *error)
{
	struct cxa_arena arena = { 0 };
	struct cxa_buffer value = { 0 };
	struct cxa_json_reader reader;
	int more = cxa_json_start(&reader, text, limits, &arena, error);

	if (more == 0)
		more = cxa_json_begin(&reader, '{');
	while (more == 1) {
		more = check_name(type, &reader, &value);
		if (more == 0)
			more = cxa_json_next(&reader, '}');
	}
	cxa_json_stop(&reader);
	cxa_buffer_release(&value);
	cxa_arena_release(&arena);
	return more;
}

int cxa_json_verify_header(const Cxa__Header *header,
			   const struct cxa_limits *limits,
			   struct cxa_error *error)
{
	struct cxa_json_text text = {
		.data = header->extensions.data,
		.size = header->extensions.len,
		.line = 1,
		.column = 1,
	};
	struct cxa_error inner = CXA_ERROR_INIT;
	int status = cxa_json_verify_message(&header->metadata->base, error);

	if (status < 0 || !header->has_extensions)
		return status;
	status = cxa_json_check(text.data, text.size, true, limits, &inner);
	if (status == 0)
		status = cxa_json_verify_names(
			cxa_message_type_of(header->base.descriptor), &text,
			limits, &inner);
	if (status == 0)
		return 0;
	cxa_error_set(error, status, "the header's extensions: %s",
		      inner.message);
	cxa_error_hint(error, "%s", inner.hint);
	return status;
}
