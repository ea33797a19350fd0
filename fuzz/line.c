/* line.c - fuzz: one JSON record, as a line of NDJSON or an element of a document */
#include "base/wire.h"
#include "record/collection.h"
#include "record/json_codec.h"
#include "record/json_scan.h"
#include "support.h"

/*
 * The low three bits of the first byte say the collection (7: metadata), the
 * fourth that missing members are filled in. Oracles: what is accepted is
 * written and read again to the same record; an error of form has a line and a
 * column; where a value ends does not depend on the pieces it comes in; what
 * shrinks is a value, and shrinks no further.
 */

enum { LENIENT = 8, METADATA = 7 };

static const struct cxa_message_type *type_of(uint8_t first)
{
	if (first % 8 == METADATA)
		return cxa_message_type_of(&cxa__metadata__descriptor);
	return cxa_collection_type((enum cxa_collection)(first % 8));
}

static void pack_both(const ProtobufCMessage *message,
		      const Cxa__Embeddings *beside, struct cxa_buffer *out)
{
	MUST(cxa_wire_pack(message, out, NULL) == 0);
	cxa_buffer_byte(out, beside != NULL);
	if (beside != NULL)
		MUST(cxa_wire_pack(&beside->base, out, NULL) == 0);
}

/* Is what was read written, and read again, the same? */
static void again(const struct cxa_message_type *type,
		  const ProtobufCMessage *message, bool whole,
		  const Cxa__Embeddings *beside)
{
	struct cxa_json_rules rules = { .limits = &fuzz_context()->limits };
	struct cxa_error error = CXA_ERROR_INIT;
	struct cxa_json_text place = { .line = 1, .column = 1 };
	struct cxa_arena arena = { 0 };
	struct cxa_buffer text = { 0 };
	struct cxa_buffer wire[2] = { { 0 }, { 0 } };
	ProtobufCMessage *read = NULL;
	Cxa__Embeddings *detached = NULL;

	fuzz_must_be(cxa_json_encode(message, whole, beside, &text, &error), 0,
		     &error, "writing what was read");
	MUST(fuzz_is_utf8(&text));
	place.data = text.data;
	place.size = text.size;
	fuzz_must_be(cxa_json_decode(type, "record", &place, &rules, &arena,
				     &read, whole ? &detached : NULL, &error),
		     0, &error, "reading it again");
	pack_both(message, beside, &wire[0]);
	pack_both(read, detached, &wire[1]);
	MUST(fuzz_same(&wire[0], &wire[1]));
	cxa_arena_release(&arena);
	cxa_buffer_release(&text);
	cxa_buffer_release(&wire[0]);
	cxa_buffer_release(&wire[1]);
}

/* Canonical on the wire: what JSON gives must be what the scan accepts. */
static void scan(const struct cxa_message_type *type,
		 const ProtobufCMessage *message)
{
	struct cxa_wire_stats stats = { 0 };
	struct cxa_error error = CXA_ERROR_INIT;
	struct cxa_buffer wire = { 0 };

	MUST(cxa_wire_pack(message, &wire, NULL) == 0);
	fuzz_must_be(cxa_wire_scan(type, wire.data, wire.size,
				   &fuzz_context()->limits, &stats, &error), 0,
		     &error, "scanning what JSON gave");
	cxa_buffer_release(&wire);
}

static void try_record(uint8_t first, const struct cxa_json_text *text)
{
	const struct cxa_message_type *type = type_of(first);
	struct cxa_json_rules rules = {
		.lenient = (first & LENIENT) != 0,
		.limits = &fuzz_context()->limits,
	};
	bool whole = first % 8 == CXA_CONCEPTS;
	struct cxa_error error = CXA_ERROR_INIT;
	struct cxa_arena arena = { 0 };
	ProtobufCMessage *message = NULL;
	Cxa__Embeddings *beside = NULL;
	int status = cxa_json_decode(type, "record", text, &rules, &arena,
				     &message, whole ? &beside : NULL, &error);

	if (status == 0) {
		scan(type, message);
		if (beside != NULL)
			scan(cxa_message_type_of(&cxa__embeddings__descriptor),
			     &beside->base);
		again(type, message, whole, beside);
	}
	if (status == CXA_ERR_FORMAT)
		MUST(strstr(error.message, "line ") != NULL &&
		     strstr(error.message, "column ") != NULL);
	cxa_arena_release(&arena);
}

/* --- any value -------------------------------------------------------------- */

static int find_end(const struct cxa_json_text *text, size_t piece, size_t *end)
{
	struct cxa_json_scan state = { 0 };
	size_t used = 0;
	int found = 0;

	for (*end = 0; found == 0 && *end < text->size; *end += used) {
		size_t part = text->size - *end;

		found = cxa_json_scan_value(&state, text->data + *end,
					    part < piece ? part : piece, &used);
		MUST(used <= part);
	}
	return found;
}

static void try_value(const struct cxa_json_text *text)
{
	struct cxa_json_rules rules = { .limits = &fuzz_context()->limits };
	struct cxa_buffer small = { 0 };
	struct cxa_buffer smaller = { 0 };
	struct cxa_json_text place = *text;
	size_t ends[2];
	int found = find_end(text, SIZE_MAX, &ends[0]);

	MUST(find_end(text, 1 + text->size % 5, &ends[1]) == found);
	MUST(found != 1 || ends[0] == ends[1]);
	if (cxa_json_minify(text, &rules, &small, NULL) == 0) {
		MUST(small.size <= text->size);
		MUST(cxa_json_check(text->data, text->size, false, rules.limits,
				    NULL) == 0);
		place.data = small.data;
		place.size = small.size;
		MUST(cxa_json_minify(&place, &rules, &smaller, NULL) == 0);
		MUST(fuzz_same(&small, &smaller));
	} else {
		MUST(cxa_json_check(text->data, text->size, false, rules.limits,
				    NULL) != 0);
	}
	cxa_buffer_release(&small);
	cxa_buffer_release(&smaller);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cxa_json_text text = { .line = 1, .column = 1 };

	if (size == 0)
		return 0;
	text.data = data + 1;
	text.size = size - 1;
	try_record(data[0], &text);
	try_value(&text);
	return 0;
}
