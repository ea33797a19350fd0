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

int cxa_json_verify_header(const Cxa__Header *header, struct cxa_error *error)
{
	static const struct cxa_json_rules rules = { 0 };
	struct cxa_error inner = CXA_ERROR_INIT;
	struct cxa_json_text text = {
		.data = header->extensions.data,
		.size = header->extensions.len,
		.line = 1,
		.column = 1,
	};
	struct cxa_buffer out = { 0 };
	int status = cxa_json_verify_message(&header->metadata->base, error);

	if (status < 0 || !header->has_extensions)
		return status;
	status = cxa_json_minify(&text, &rules, &out, &inner);
	if (status == 0 && out.data[0] != '{')
		status = CXA_ERR_CORRUPT;
	cxa_buffer_release(&out);
	if (status == CXA_ERR_NOMEM)
		return cxa_error_nomem(error, "JSON");
	return status == 0 ? 0 :
			     cxa_error_set(error, CXA_ERR_CORRUPT,
					   "the header's extensions are no "
					   "JSON object");
}
