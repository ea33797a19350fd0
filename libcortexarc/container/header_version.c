/* header_version.c - may this library read a header that it may not know? */
#include "container/header_version.h"

#include <inttypes.h>
#include <string.h>

#include <cortexarc/cortexarc.h>

#include "base/wire.h"

/* Field numbers of Header and of Metadata: given once, never changed. */
enum header_field {
	FORMAT_MAJOR = 1,
	FORMAT_MINOR = 2,
	REQUIRED_TO_LIST = 3,
	REQUIRED_TO_RESTORE = 4,
	REQUIRED_TO_REWRITE = 5,
	HASH_NAME = 7,
	WRITER_NAME = 8,
	WRITER_VERSION = 9,
	METADATA = 11,
	DATA_VERSION = 4
};

enum { SHOWN_BYTES = 48 };

static const char hash_name[] = "BLAKE2b-256";

/**
 * struct first_fields - what is known of the header before it is scanned
 * @feature: the first required one; none is known to this version
 */
struct first_fields {
	uint64_t major;
	uint64_t minor;
	uint64_t data_version;
	bool has_major;
	bool has_data_version;
	bool has_feature;
	bool other_hash;
	char feature[SHOWN_BYTES];
	char hash[SHOWN_BYTES];
	char writer[SHOWN_BYTES];
	char version[SHOWN_BYTES];
};

/* Fit to be shown: no control characters, not too long. */
static void copy_text(char out[SHOWN_BYTES], const struct cxa_wire_field *field)
{
	size_t size = 0;

	while (size < field->value && size < SHOWN_BYTES - 1) {
		uint8_t c = field->data[size];

		out[size++] = c >= ' ' && c < 0x7f ? (char)c : '?';
	}
	out[size] = '\0';
}

static void read_data_version(struct first_fields *first,
			      const struct cxa_wire_field *metadata)
{
	const uint8_t *cursor = metadata->data;
	const uint8_t *end = cursor + metadata->value;
	struct cxa_wire_field field = { 0 };

	while (cxa_wire_next(&cursor, end, &field))
		if (field.number == DATA_VERSION &&
		    field.wire_type == CXA_WIRE_VARINT) {
			first->has_data_version = true;
			first->data_version = field.value;
		}
}

static void take_bytes(struct first_fields *first,
		       const struct cxa_wire_field *field,
		       enum cxa_operation operation)
{
	bool concerns = field->number == REQUIRED_TO_LIST ||
			(field->number == REQUIRED_TO_RESTORE &&
			 operation >= CXA_TO_RESTORE) ||
			(field->number == REQUIRED_TO_REWRITE &&
			 operation >= CXA_TO_REWRITE);

	if (concerns && !first->has_feature) {
		first->has_feature = true;
		copy_text(first->feature, field);
	} else if (field->number == HASH_NAME) {
		copy_text(first->hash, field);
		first->other_hash =
			field->value != sizeof(hash_name) - 1 ||
			memcmp(field->data, hash_name,
			       sizeof(hash_name) - 1) != 0;
	} else if (field->number == WRITER_NAME) {
		copy_text(first->writer, field);
	} else if (field->number == WRITER_VERSION) {
		copy_text(first->version, field);
	} else if (field->number == METADATA) {
		read_data_version(first, field);
	}
}

static void read_first(struct first_fields *first, const uint8_t *data,
		       size_t size, enum cxa_operation operation)
{
	const uint8_t *end = data + size;
	struct cxa_wire_field field = { 0 };

	memset(first, 0, sizeof(*first));
	while (cxa_wire_next(&data, end, &field)) {
		if (field.wire_type == CXA_WIRE_BYTES) {
			take_bytes(first, &field, operation);
		} else if (field.wire_type == CXA_WIRE_VARINT &&
			   field.number == FORMAT_MAJOR) {
			first->major = field.value;
			first->has_major = true;
		} else if (field.wire_type == CXA_WIRE_VARINT &&
			   field.number == FORMAT_MINOR) {
			first->minor = field.value;
		}
	}
}

static int refuse_feature(const struct first_fields *first,
			  struct cxa_error *error)
{
	static const char *const reserved[] = { "incremental", "encrypted" };

	for (size_t i = 0; i < sizeof(reserved) / sizeof(reserved[0]); i++)
		if (strcmp(first->feature, reserved[i]) == 0)
			return cxa_error_set(
				error, CXA_ERR_UNSUPPORTED,
				"is an archive of the kind \"%s\", which "
				"cortexarc %s cannot read", first->feature,
				cxa_version());
	return cxa_error_set(error, CXA_ERR_UNSUPPORTED,
			     "needs the feature \"%s\", which cortexarc %s "
			     "does not have", first->feature, cxa_version());
}

static int judge(const struct first_fields *first, struct cxa_error *error)
{
	if (first->has_major && first->major == 0)
		return cxa_error_set(error, CXA_ERR_CORRUPT,
				     "there is no format 0.%" PRIu64,
				     first->minor);
	if (first->major > CXA_FORMAT_MAJOR)
		return cxa_error_set(error, CXA_ERR_UNSUPPORTED,
				     "needs format %" PRIu64 ".%" PRIu64 "; "
				     "this is cortexarc %s, which reads %d.x",
				     first->major, first->minor, cxa_version(),
				     CXA_FORMAT_MAJOR);
	if (first->has_feature)
		return refuse_feature(first, error);
	if (first->has_data_version && first->data_version == 0)
		return cxa_error_set(error, CXA_ERR_CORRUPT,
				     "there is no data_version 0");
	if (first->data_version > CXA_DATA_VERSION_MAX)
		return cxa_error_set(error, CXA_ERR_UNSUPPORTED,
				     "holds data_version %" PRIu64 "; this is "
				     "cortexarc %s, which knows up to %d",
				     first->data_version, cxa_version(),
				     CXA_DATA_VERSION_MAX);
	if (first->other_hash)
		return cxa_error_set(error, CXA_ERR_UNSUPPORTED,
				     "uses the digest \"%s\"; this is "
				     "cortexarc %s, which knows %s only", first->hash,
				     cxa_version(), hash_name);
	return 0;
}

int cxa_header_check_version(const uint8_t *data, size_t size,
			     enum cxa_operation operation,
			     struct cxa_error *error)
{
	struct first_fields first;
	int status;

	read_first(&first, data, size, operation);
	status = judge(&first, error);
	if (status == CXA_ERR_UNSUPPORTED && first.writer[0] != '\0')
		cxa_error_hint(error, "%s %s wrote it: read it with that "
			       "version or a later one", first.writer,
			       first.version);
	return status;
}
