/* header.c - CORTEXARC: damage, newer versions and features told apart */
#include <math.h>

#include "base/wire.h"
#include "fixture.h"

/* The envelope of @bytes, as any version writes it. */
static void wrap(struct cxa_buffer *out, const uint8_t *bytes, size_t size)
{
	Cxa__HeaderEnvelope envelope = CXA__HEADER_ENVELOPE__INIT;
	struct cxa_digest digest;

	cxa_digest_of(&digest, bytes, size);
	envelope.header_digest.data = digest.bytes;
	envelope.header_digest.len = sizeof(digest.bytes);
	envelope.header_bytes.data = (uint8_t *)bytes;
	envelope.header_bytes.len = size;
	cxa_wire_pack(&envelope.base, out, NULL);
}

static int decode(const struct cxa_buffer *bytes, enum cxa_operation operation,
		  struct cxa_error *error)
{
	struct cxa_arena arena = { 0 };
	Cxa__Header *header;
	int status = cxa_header_decode(bytes->data, bytes->size, operation,
				       NULL, &arena, &header, error);

	if ((status == 0) != (header != NULL))
		status = -100;
	cxa_arena_release(&arena);
	return status;
}

static void damage_is_never_a_version(void)
{
	struct cxa_buffer bytes = { 0 };
	Cxa__Metadata metadata;
	Cxa__Header header;
	uint64_t wrong = 0;

	fixture_header(&header, &metadata);
	cxa_header_encode(&header, &bytes, NULL);
	for (size_t bit = 0; bit < bytes.size * 8; bit++) {
		bytes.data[bit / 8] ^= (uint8_t)(1 << (bit % 8));
		wrong += decode(&bytes, CXA_TO_LIST, NULL) != CXA_ERR_CORRUPT;
		bytes.data[bit / 8] ^= (uint8_t)(1 << (bit % 8));
	}
	is_uint(wrong, 0, "every flipped bit is damage, and not a new version");
	for (wrong = 0; bytes.size-- > 0;)
		wrong += decode(&bytes, CXA_TO_LIST, NULL) != CXA_ERR_CORRUPT;
	is_uint(wrong, 0, "so is every cut");
	cxa_buffer_release(&bytes);
}

static void an_envelope_has_two_fields(void)
{
	struct cxa_buffer bytes = { 0 };
	Cxa__Metadata metadata;
	Cxa__Header header;

	fixture_header(&header, &metadata);
	cxa_header_encode(&header, &bytes, NULL);
	cxa_buffer_append(&bytes, "\x18\x01", 2); /* field 3: 1 */
	is_int(decode(&bytes, CXA_TO_LIST, NULL), CXA_ERR_CORRUPT,
	       "an envelope with a third field is refused");
	cxa_buffer_release(&bytes);
}

/* A header that only a newer version could have written, the rest unreadable. */
static void a_newer_major_is_told(void)
{
	static const char newer[] = "\x08\x02\x10\x03" /* format 2.3 */
				    "\x42\x09" "cortexarc"
				    "\x4a\x05" "3.1.4"
				    "\xd9\x07" "12345678" /* field 123, fixed64 */
				    "\x58\x01" /* field 11 is a number now */
				    "\x3b"; /* a group */
	struct cxa_error error = CXA_ERROR_INIT;
	struct cxa_buffer bytes = { 0 };

	wrap(&bytes, (const uint8_t *)newer, sizeof(newer) - 1);
	is_int(decode(&bytes, CXA_TO_LIST, &error), CXA_ERR_UNSUPPORTED,
	       "a newer major is told, whatever else stands there");
	like(error.message, "needs format 2.3; this is cortexarc ",
	     "with the version it needs");
	like(error.message, ", which reads 1.x", "and the one there is");
	like(error.hint, "cortexarc 3.1.4", "the hint names the writer");
	is_str(error.member, "CORTEXARC", "the error names the member");
	cxa_buffer_release(&bytes);
}

static void features_concern_operations(void)
{
	static const struct {
		const char *claim;
		unsigned list; /* 0: list, 1: restore, 2: rewrite */
		enum cxa_operation operation;
		bool refused;
	} cases[] = {
		{ "to list, for listing", 0, CXA_TO_LIST, true },
		{ "to list, for restoring", 0, CXA_TO_RESTORE, true },
		{ "to list, for rewriting", 0, CXA_TO_REWRITE, true },
		{ "to restore, for listing", 1, CXA_TO_LIST, false },
		{ "to restore, for restoring", 1, CXA_TO_RESTORE, true },
		{ "to restore, for rewriting", 1, CXA_TO_REWRITE, true },
		{ "to rewrite, for listing", 2, CXA_TO_LIST, false },
		{ "to rewrite, for restoring", 2, CXA_TO_RESTORE, false },
		{ "to rewrite, for rewriting", 2, CXA_TO_REWRITE, true },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		ProtobufCBinaryData feature = fixture_text("time-travel");
		struct cxa_error error = CXA_ERROR_INIT;
		struct cxa_buffer bytes = { 0 };
		Cxa__Metadata metadata;
		Cxa__Header header;
		int status;

		fixture_header(&header, &metadata);
		header.n_required_to_list = cases[i].list == 0;
		header.n_required_to_restore = cases[i].list == 1;
		header.n_required_to_rewrite = cases[i].list == 2;
		header.required_to_list = &feature;
		header.required_to_restore = &feature;
		header.required_to_rewrite = &feature;
		cxa_header_encode(&header, &bytes, NULL);
		status = decode(&bytes, cases[i].operation, &error);
		ok(cases[i].refused ?
			   status == CXA_ERR_UNSUPPORTED &&
			   strstr(error.message, "\"time-travel\"") != NULL &&
			   strstr(error.hint, "cortexarc 0.1.0") != NULL :
			   status == 0,
		   "a feature required %s, is %s", cases[i].claim,
		   cases[i].refused ? "refused by name" : "passed over");
		cxa_buffer_release(&bytes);
	}
}

static int decode_with_feature(const char *name, struct cxa_error *error)
{
	ProtobufCBinaryData feature = fixture_text(name);
	struct cxa_buffer bytes = { 0 };
	Cxa__Metadata metadata;
	Cxa__Header header;
	int status;

	fixture_header(&header, &metadata);
	header.n_required_to_list = 1;
	header.required_to_list = &feature;
	cxa_header_encode(&header, &bytes, NULL);
	status = decode(&bytes, CXA_TO_LIST, error);
	cxa_buffer_release(&bytes);
	return status;
}

static void feature_names_are_shown_safely(void)
{
	struct cxa_error error = CXA_ERROR_INIT;
	struct cxa_error again = CXA_ERROR_INIT;

	is_int(decode_with_feature("incremental", &error), CXA_ERR_UNSUPPORTED,
	       "an incremental archive is refused");
	like(error.message, "\"incremental\"", "by name");
	decode_with_feature("a\x1b[2Jb\n", &again);
	like(again.message, "\"a?[2Jb?\"", "control characters are not shown");
}

static void newer_data_and_digests_are_told(void)
{
	struct cxa_error error = CXA_ERROR_INIT;
	struct cxa_error again = CXA_ERROR_INIT;
	struct cxa_buffer bytes = { 0 };
	Cxa__Metadata metadata;
	Cxa__Header header;

	fixture_header(&header, &metadata);
	metadata.data_version = 3;
	cxa_header_encode(&header, &bytes, NULL);
	is_int(decode(&bytes, CXA_TO_LIST, &error), CXA_ERR_UNSUPPORTED,
	       "data_version 3 is refused");
	like(error.message, "data_version 3", "and told");
	cxa_buffer_reset(&bytes);
	metadata.data_version = 2;
	cxa_header_encode(&header, &bytes, NULL);
	is_int(decode(&bytes, CXA_TO_LIST, NULL), 0, "data_version 2 is read");
	cxa_buffer_reset(&bytes);
	header.hash_name = fixture_text("BLAKE3");
	cxa_header_encode(&header, &bytes, NULL);
	is_int(decode(&bytes, CXA_TO_LIST, &again), CXA_ERR_UNSUPPORTED,
	       "another digest is refused");
	like(again.message, "\"BLAKE3\"", "and told");
	cxa_buffer_release(&bytes);
}

static void odd_headers_are_refused(void)
{
	static const struct {
		const char *claim;
		const char *bytes;
		size_t size;
	} cases[] = {
		{ "an empty header", "", 0 },
		{ "a header of a version alone", "\x08\x01\x10\x00", 4 },
		{ "format 0", "\x08\x00\x10\x01", 4 },
		{ "no protobuf", "\xff\xff\xff", 3 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct cxa_buffer bytes = { 0 };

		wrap(&bytes, (const uint8_t *)cases[i].bytes, cases[i].size);
		ok(decode(&bytes, CXA_TO_LIST, NULL) == CXA_ERR_CORRUPT,
		   "%s is refused", cases[i].claim);
		cxa_buffer_release(&bytes);
	}
}

/* Many strings, because one has at most 64 KiB. */
static void a_header_has_a_mebibyte(void)
{
	enum { STRINGS = 17, LENGTH = 61600 };
	struct cxa_error error = CXA_ERROR_INIT;
	struct cxa_buffer bytes = { 0 };
	ProtobufCBinaryData strings[STRINGS];
	Cxa__Metadata metadata;
	Cxa__Header header;
	uint8_t *text = calloc(1, 65536);

	for (size_t i = 0; i < STRINGS; i++)
		strings[i] = (ProtobufCBinaryData){ LENGTH, text };
	fixture_header(&header, &metadata);
	header.n_optional_features = STRINGS;
	header.optional_features = strings;
	cxa_header_encode(&header, &bytes, NULL);
	strings[0].len += CXA_HEADER_MAX - bytes.size;
	cxa_buffer_reset(&bytes);
	is_int(cxa_header_encode(&header, &bytes, NULL), 0,
	       "a header of 1 MiB is written");
	is_uint(bytes.size, CXA_HEADER_MAX, "it is that large");
	is_int(decode(&bytes, CXA_TO_LIST, NULL), 0, "and read");
	strings[0].len++;
	cxa_buffer_reset(&bytes);
	is_int(cxa_header_encode(&header, &bytes, &error), CXA_ERR_LIMIT,
	       "one over 1 MiB is not written");
	is_uint(bytes.size, 0, "not a byte of it");
	cxa_buffer_release(&bytes);
	free(text);
}

static void what_was_written_is_read(void)
{
	struct cxa_buffer bytes = { 0 };
	struct cxa_arena arena = { 0 };
	Cxa__Metadata metadata;
	Cxa__Header header;
	Cxa__Header *read;

	fixture_header(&header, &metadata);
	header.format_minor = 4;
	cxa_header_encode(&header, &bytes, NULL);
	is_int(cxa_header_decode(bytes.data, bytes.size, CXA_TO_REWRITE, NULL, &arena,
				 &read, NULL), 0, "a newer minor is read");
	is_mem(read->metadata->backup_id.data, read->metadata->backup_id.len,
	       metadata.backup_id.data, metadata.backup_id.len,
	       "what was written comes back");
	is_uint(read->format_minor, 4, "its numbers too");
	cxa_arena_release(&arena);
	cxa_buffer_release(&bytes);
}

static void a_time_becomes_seconds(void)
{
	static const struct {
		const char *claim;
		double ms;
		uint64_t seconds;
	} cases[] = {
		{ "milliseconds are cut", 1700000000999.9, 1700000000 },
		{ "zero", 0, 0 },
		{ "minus zero", -0.0, 0 },
		{ "a time before the epoch is none", -1, 0 },
		{ "not a number is none", (double)NAN, 0 },
		{ "infinity is none", (double)INFINITY, 0 },
		{ "minus infinity is none", (double)-INFINITY, 0 },
		{ "the last a tar holds", 8589934591999.0, 8589934591 },
		{ "one later is none", 8589934592000.0, 0 },
		{ "a time of no use is none", 1e300, 0 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		Cxa__Metadata metadata;
		Cxa__Header header;

		fixture_header(&header, &metadata);
		metadata.created_at = cases[i].ms;
		is_uint(cxa_header_mtime(&header), cases[i].seconds,
			cases[i].claim);
	}
}

static void a_header_without_metadata_has_no_time(void)
{
	Cxa__Metadata metadata;
	Cxa__Header header;

	fixture_header(&header, &metadata);
	header.metadata = NULL;
	is_uint(cxa_header_mtime(&header), 0,
		"a header without metadata has no time");
}

/* The scan that comes next refuses it as what it is. */
static void a_data_version_that_is_no_number_is_damage(void)
{
	static const char bytes_for_it[] = "\x08\x01" /* format 1 */
					   "\x5a\x03" /* metadata */
					   "\x22\x01x"; /* its field 4 */
	struct cxa_error error = CXA_ERROR_INIT;
	struct cxa_buffer bytes = { 0 };

	wrap(&bytes, (const uint8_t *)bytes_for_it, sizeof(bytes_for_it) - 1);
	is_int(decode(&bytes, CXA_TO_LIST, &error), CXA_ERR_CORRUPT,
	       "a data_version that is no number is damage");
	ok(strstr(error.message, "data_version 0") == NULL,
	   "and not taken for a version: %s", error.message);
	cxa_buffer_release(&bytes);
}

int main(void)
{
	damage_is_never_a_version();
	an_envelope_has_two_fields();
	a_newer_major_is_told();
	features_concern_operations();
	feature_names_are_shown_safely();
	newer_data_and_digests_are_told();
	odd_headers_are_refused();
	a_data_version_that_is_no_number_is_damage();
	a_header_without_metadata_has_no_time();
	a_header_has_a_mebibyte();
	what_was_written_is_read();
	a_time_becomes_seconds();
	return done_testing();
}
