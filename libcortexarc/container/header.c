/* header.c - CORTEXARC: versions, features, what describes the store */
#include "container/header.h"

#include <string.h>

#include "base/digest.h"
#include "base/wire.h"
#include "container/header_version.h"
#include "container/tar_block.h"

/* --- writing --------------------------------------------------------- */

int cxa_header_encode(const Cxa__Header *header, struct cxa_buffer *out,
		      struct cxa_error *error)
{
	Cxa__HeaderEnvelope envelope = CXA__HEADER_ENVELOPE__INIT;
	struct cxa_buffer bytes = { 0 };
	struct cxa_digest digest;
	size_t before = out->size;
	int status = cxa_wire_pack(&header->base, &bytes, error);

	if (status < 0)
		goto done;
	cxa_digest_of(&digest, bytes.data, bytes.size);
	envelope.header_digest.data = digest.bytes;
	envelope.header_digest.len = sizeof(digest.bytes);
	envelope.header_bytes.data = bytes.data;
	envelope.header_bytes.len = bytes.size;
	status = cxa_wire_pack(&envelope.base, out, error);
	if (status == 0 && out->size - before > CXA_HEADER_MAX) {
		status = cxa_error_set(error, CXA_ERR_LIMIT,
				       "what describes the archive takes %zu "
				       "bytes, over the format's limit of %d",
				       out->size - before, CXA_HEADER_MAX);
		out->size = before;
	}
done:
	cxa_buffer_release(&bytes);
	return status;
}

uint64_t cxa_header_mtime(const Cxa__Header *header)
{
	double ms = header->metadata == NULL ? 0 :
					       header->metadata->created_at;

	/* Also false for what is not a number. */
	if (ms >= 0 && ms < ((double)CXA_TAR_NUMBER_MAX + 1) * 1000)
		return (uint64_t)(ms / 1000);
	return 0;
}

/* --- reading --------------------------------------------------------- */

static int corrupt(struct cxa_error *error, const char *what)
{
	return cxa_error_set(error, CXA_ERR_CORRUPT, "%s", what);
}

/*
 * The envelope has these two fields and never another: by it every version,
 * older or newer, tells what is damaged from what it does not know.
 */
static int open_envelope(const uint8_t *data, size_t size,
			 struct cxa_arena *arena, ProtobufCBinaryData *bytes,
			 struct cxa_error *error)
{
	const struct cxa_message_type *type =
		cxa_message_type_of(&cxa__header_envelope__descriptor);
	struct cxa_wire_stats stats = { 0 };
	Cxa__HeaderEnvelope *envelope;
	ProtobufCMessage *message = NULL;
	struct cxa_digest digest;
	int status;

	if (cxa_wire_scan(type, data, size, NULL, &stats, NULL) < 0 ||
	    stats.unknown != 0)
		return corrupt(error, "CORTEXARC is damaged");
	status = cxa_wire_unpack(type, data, size, arena, &message, error);
	if (status < 0)
		return status;
	envelope = (Cxa__HeaderEnvelope *)message;
	cxa_digest_of(&digest, envelope->header_bytes.data,
		      envelope->header_bytes.len);
	if (envelope->header_digest.len != sizeof(digest.bytes) ||
	    memcmp(envelope->header_digest.data, digest.bytes,
		   sizeof(digest.bytes)) != 0)
		return corrupt(error, "CORTEXARC is damaged: its digest does "
				      "not hold");
	if (envelope->header_bytes.len == 0)
		return corrupt(error, "CORTEXARC holds no header");
	*bytes = envelope->header_bytes;
	return 0;
}

static int check_content(const Cxa__Header *header, struct cxa_error *error)
{
	/* The feature that gives it a meaning has been refused by now. */
	if (header->has_base_digest)
		return corrupt(error, "a base archive, but not the feature "
				      "\"incremental\"");
	for (size_t i = 0; i < header->n_losses; i++)
		if (header->losses[i]->first_id > header->losses[i]->last_id)
			return corrupt(error, "a loss whose ids descend");
	for (size_t i = 0; i < header->n_batch_sizes; i++)
		if (header->batch_sizes[i]->min_bytes >
			    header->batch_sizes[i]->max_bytes ||
		    header->batch_sizes[i]->boundary_bits > 63)
			return corrupt(error, "batch sizes that no batch has");
	return 0;
}

static int decode(const uint8_t *data, size_t size,
		  enum cxa_operation operation,
		  const struct cxa_limits *limits, struct cxa_arena *arena,
		  Cxa__Header **out, struct cxa_error *error)
{
	ProtobufCBinaryData bytes = { 0 };
	ProtobufCMessage *message = NULL;
	int status;

	if (size > CXA_HEADER_MAX)
		return cxa_error_set(error, CXA_ERR_CORRUPT,
				     "CORTEXARC has %zu bytes, over the "
				     "format's limit of %d", size,
				     CXA_HEADER_MAX);
	status = open_envelope(data, size, arena, &bytes, error);
	if (status == 0)
		status = cxa_header_check_version(bytes.data, bytes.len,
						  operation, error);
	if (status < 0)
		return status;
	status = cxa_wire_scan_unpack(
		cxa_message_type_of(&cxa__header__descriptor), bytes.data,
		bytes.len, limits, arena, &message, error);
	if (status < 0)
		return status;
	status = check_content((Cxa__Header *)message, error);
	if (status == 0)
		*out = (Cxa__Header *)message;
	return status;
}

int cxa_header_decode(const uint8_t *data, size_t size,
		      enum cxa_operation operation,
		      const struct cxa_limits *limits, struct cxa_arena *arena,
		      Cxa__Header **out, struct cxa_error *error)
{
	struct cxa_error own = CXA_ERROR_INIT;
	int status;

	*out = NULL;
	status = decode(data, size, operation, limits, arena, out, &own);
	if (status < 0) {
		/* An offset in the message would be taken for the file's. */
		cxa_error_at(error, "CORTEXARC", UINT64_MAX);
		cxa_error_set(error, status, "%s", own.message);
		if (own.hint[0] != '\0')
			cxa_error_hint(error, "%s", own.hint);
	}
	return status;
}
