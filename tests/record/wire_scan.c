/* wire_scan.c - what the strict scan refuses, and that unpack takes the rest */
#include <stdlib.h>

#include <cortexarc/record.h>

#include "base/wire.h"
#include "tap.h"

/* A Connection, field by field, that each bad case changes somewhere. */
static const char good[] =
	"\x08\x01" "\x10\x02" "\x18\x03" "\x20\x01" "\x2d\0\0\0\x3f"
	"\x31\0\0\0\0\0\0\x10\x40" "\x38\x01";

#define BYTES(text) (const uint8_t *)(text), sizeof(text) - 1

static const struct bad {
	const char *name;
	const uint8_t *data;
	size_t size;
	const char *message;
	int status;
} bad[] = {
	{ "an empty message", BYTES(""), "is missing", CXA_ERR_CORRUPT },
	{ "a missing last field",
	  BYTES("\x08\x01\x10\x02\x18\x03\x20\x01\x2d\0\0\0\x3f"
		"\x31\0\0\0\0\0\0\x10\x40"),
	  "version: is missing", CXA_ERR_CORRUPT },
	{ "a varint that is not minimal",
	  BYTES("\x08\x81\x00\x10\x02"), "minimal", CXA_ERR_CORRUPT },
	{ "a varint of eleven bytes",
	  BYTES("\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"), "minimal",
	  CXA_ERR_CORRUPT },
	{ "a varint over 64 bits",
	  BYTES("\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02"), "minimal",
	  CXA_ERR_CORRUPT },
	{ "a varint cut short", BYTES("\x08\x80"), "minimal",
	  CXA_ERR_CORRUPT },
	{ "fields that descend", BYTES("\x10\x02\x08\x01"), "descend",
	  CXA_ERR_CORRUPT },
	{ "a singular field twice", BYTES("\x08\x01\x08\x01"), "twice",
	  CXA_ERR_CORRUPT },
	{ "another wire type than declared",
	  BYTES("\x09\x01\0\0\0\0\0\0\0"), "wire type", CXA_ERR_CORRUPT },
	{ "a group", BYTES("\x0b\x0c"), "wire type", CXA_ERR_CORRUPT },
	{ "field number 0", BYTES("\x00\x01"), "tag", CXA_ERR_CORRUPT },
	{ "an enum value it does not have",
	  BYTES("\x08\x01\x10\x02\x18\x03\x20\x07"), "enum",
	  CXA_ERR_CORRUPT },
	{ "enum value 0", BYTES("\x08\x01\x10\x02\x18\x03\x20\x00"), "enum",
	  CXA_ERR_CORRUPT },
	{ "a uint32 over 32 bits",
	  BYTES("\x08\x01\x10\x02\x18\x03\x20\x01\x2d\0\0\0\x3f"
		"\x31\0\0\0\0\0\0\x10\x40\x38\x80\x80\x80\x80\x10"),
	  "range", CXA_ERR_CORRUPT },
	{ "a float that is cut",
	  BYTES("\x08\x01\x10\x02\x18\x03\x20\x01\x2d\0\0\0"), "longer",
	  CXA_ERR_CORRUPT },
	{ "text longer than what holds it",
	  BYTES("\x08\x01\x10\x02\x18\x03\x20\x01\x2d\0\0\0\x3f"
		"\x31\0\0\0\0\0\0\x10\x40\x38\x01\x42\x05{}"),
	  "longer", CXA_ERR_CORRUPT },
	{ "invalid UTF-8",
	  BYTES("\x08\x01\x10\x02\x18\x03\x20\x01\x2d\0\0\0\x3f"
		"\x31\0\0\0\0\0\0\x10\x40\x38\x01\x42\x02\xc0\x80"),
	  "UTF-8", CXA_ERR_CORRUPT },
};

static int scan(const ProtobufCMessageDescriptor *descriptor,
		const uint8_t *data, size_t size,
		const struct cxa_limits *limits,
		struct cxa_wire_stats *stats, struct cxa_error *error)
{
	/* Exactly as large as it is, so that a sanitizer sees any over-read. */
	uint8_t *copy = malloc(size == 0 ? 1 : size);
	int status;

	memcpy(copy, data, size);
	*stats = (struct cxa_wire_stats){ 0 };
	*error = (struct cxa_error)CXA_ERROR_INIT;
	status = cxa_wire_scan(cxa_message_type_of(descriptor), copy, size,
			       limits, stats, error);
	free(copy);
	return status;
}

static void bad_messages_are_refused(void)
{
	struct cxa_wire_stats stats;
	struct cxa_error error;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		int status = scan(&cxa__connection__descriptor, bad[i].data,
				  bad[i].size, NULL, &stats, &error);

		ok(status == bad[i].status &&
			   strstr(error.message, bad[i].message) != NULL,
		   "%s is refused: %s", bad[i].name, error.message);
	}
}

static void every_prefix_is_refused(void)
{
	struct cxa_wire_stats stats;
	struct cxa_error error;
	size_t refused = 0;

	for (size_t size = 0; size < sizeof(good) - 1; size++)
		refused += scan(&cxa__connection__descriptor,
				(const uint8_t *)good, size, NULL, &stats,
				&error) < 0;
	is_uint(refused, sizeof(good) - 1,
		"every proper prefix of a message is refused");
}

/* What the scan accepts, unpack accepts, within the estimate, and packs again. */
static bool holds(const ProtobufCMessageDescriptor *descriptor,
		  const uint8_t *data, size_t size)
{
	const struct cxa_message_type *type = cxa_message_type_of(descriptor);
	struct cxa_arena arena = { 0 };
	struct cxa_buffer again = { 0 };
	ProtobufCMessage *message = NULL;
	struct cxa_wire_stats stats;
	struct cxa_error error;
	bool same = true;

	if (scan(descriptor, data, size, NULL, &stats, &error) == 0) {
		/* The arena rounds its first block up to 4 KiB. */
		arena.budget = (size_t)stats.decode_bytes + 4096;
		same = cxa_wire_unpack(type, data, size, &arena, &message,
				       NULL) == 0 &&
		       cxa_wire_pack(message, &again, NULL) == 0 &&
		       again.size == size &&
		       memcmp(again.data, data, size) == 0;
	}
	cxa_arena_release(&arena);
	cxa_buffer_release(&again);
	return same;
}

static void accepted_flips_keep_the_promise(void)
{
	uint8_t bytes[sizeof(good) - 1];
	size_t broken = 0;

	for (size_t bit = 0; bit < 8 * sizeof(bytes); bit++) {
		memcpy(bytes, good, sizeof(bytes));
		bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
		broken += !holds(&cxa__connection__descriptor, bytes,
				 sizeof(bytes));
	}
	is_uint(broken, 0, "what the scan accepts of all single flips, unpack "
			   "accepts and packs to the same bytes");
}

static void unknown_fields_behind_the_known_are_kept(void)
{
	static const char future[] =
		"\x08\x01" "\x10\x02" "\x18\x03" "\x20\x01" "\x2d\0\0\0\x3f"
		"\x31\0\0\0\0\0\0\x10\x40" "\x38\x01" "\x48\x05" "\x52\x01z";
	struct cxa_wire_stats stats;
	struct cxa_error error;

	is_int(scan(&cxa__connection__descriptor, BYTES(future), NULL, &stats,
		    &error), 0, "fields of a later version are accepted");
	is_uint(stats.unknown, 2, "and counted");
	ok(holds(&cxa__connection__descriptor, BYTES(future)),
	   "and come back in the same place");
}

static void limits_hold_at_and_past_them(void)
{
	struct cxa_limits limits = *cxa_limits_default();
	struct cxa_wire_stats stats;
	struct cxa_error error;

	limits.fields = 7;
	is_int(scan(&cxa__connection__descriptor, BYTES(good), &limits, &stats,
		    &error), 0, "as many fields as the limit are accepted");
	limits.fields = 6;
	is_int(scan(&cxa__connection__descriptor, BYTES(good), &limits, &stats,
		    &error), CXA_ERR_LIMIT, "one more is refused");
	limits.fields = 7;
	limits.decode_bytes = stats.decode_bytes;
	scan(&cxa__connection__descriptor, BYTES(good), NULL, &stats, &error);
	limits.decode_bytes = stats.decode_bytes;
	is_int(scan(&cxa__connection__descriptor, BYTES(good), &limits, &stats,
		    &error), 0, "decoding may take as much as the limit");
	limits.decode_bytes--;
	is_int(scan(&cxa__connection__descriptor, BYTES(good), &limits, &stats,
		    &error), CXA_ERR_LIMIT, "and not one byte more");
}

static void a_million_empty_messages_are_refused(void)
{
	size_t size = 1 << 20;
	uint8_t *data = malloc(size);
	struct cxa_wire_stats stats;
	struct cxa_error error;

	for (size_t i = 0; i < size; i += 2) {
		data[i] = 7 << 3 | 2; /* ConceptMetadata.connections, empty */
		data[i + 1] = 0;
	}
	ok(scan(&cxa__concept_metadata__descriptor, data, size, NULL, &stats,
		&error) < 0, "a MiB of empty messages is refused");
	free(data);
}

static void maps_must_ascend(void)
{
	/* QueryMetadata with two parameters. */
	static const char sorted[] =
		"\x0a\0\x12\0\x18\x01"
		"\x22\x08\x0a\x01" "a" "\x15\0\0\0\0"
		"\x22\x08\x0a\x01" "b" "\x15\0\0\0\0";
	static const char unsorted[] =
		"\x0a\0\x12\0\x18\x01"
		"\x22\x08\x0a\x01" "b" "\x15\0\0\0\0"
		"\x22\x08\x0a\x01" "a" "\x15\0\0\0\0";
	static const char twice[] =
		"\x0a\0\x12\0\x18\x01"
		"\x22\x08\x0a\x01" "a" "\x15\0\0\0\0"
		"\x22\x08\x0a\x01" "a" "\x15\0\0\0\0";
	struct cxa_wire_stats stats;
	struct cxa_error error;

	is_int(scan(&cxa__query_metadata__descriptor, BYTES(sorted), NULL,
		    &stats, &error), 0, "a map by ascending key is accepted");
	is_int(scan(&cxa__query_metadata__descriptor, BYTES(unsorted), NULL,
		    &stats, &error), CXA_ERR_CORRUPT,
	       "a map out of order is refused");
	is_int(scan(&cxa__query_metadata__descriptor, BYTES(twice), NULL,
		    &stats, &error), CXA_ERR_CORRUPT,
	       "a key that comes twice is refused");
}

int main(void)
{
	bad_messages_are_refused();
	every_prefix_is_refused();
	maps_must_ascend();
	a_million_empty_messages_are_refused();
	limits_hold_at_and_past_them();
	accepted_flips_keep_the_promise();
	unknown_fields_behind_the_known_are_kept();
	return done_testing();
}
