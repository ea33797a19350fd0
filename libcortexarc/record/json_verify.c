/* json_verify.c - is the JSON that records and headers hold what it must be? */
#include "record/json_verify.h"

#include "base/wire.h"
#include "record/json_codec.h"

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

int cxa_json_verify_header(const Cxa__Header *header,
			   const struct cxa_limits *limits,
			   struct cxa_error *error)
{
	struct cxa_error inner = CXA_ERROR_INIT;
	int status = cxa_json_verify_message(&header->metadata->base, error);

	if (status < 0 || !header->has_extensions)
		return status;
	status = cxa_json_check(header->extensions.data, header->extensions.len,
				true, limits, &inner);
	if (status == 0)
		return 0;
	cxa_error_set(error, status, "the header's extensions: %s",
		      inner.message);
	cxa_error_hint(error, "%s", inner.hint);
	return status;
}
