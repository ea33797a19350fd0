/* json_refused.c - what is no record in JSON, and what is said of it */
#include "json_fixture.h"

#define TEXT(text) text, sizeof(text) - 1
#define DEEP8(open) open open open open open open open open
#define DEEP64(open) DEEP8(DEEP8(open))

enum { BAD = CXA_ERR_FORMAT, OVER = CXA_ERR_LIMIT };

/*
 * Of a concept's lines, or of the first golden record of another kind, @from
 * becomes @to: refused, with a message that holds @part.
 */
static const struct {
	int kind;
	const char *from;
	const char *to;
	size_t to_size;
	int status;
	const char *part;
} cases[] = {
	/* No object at all. */
	{ CONCEPT, NULL, TEXT(""), BAD,
	  "concept: the value ends too early (line 1, column 1)" },
	{ CONCEPT, NULL, TEXT(" \n "), BAD,
	  "ends too early (line 2, column 2)" },
	{ CONCEPT, NULL, TEXT("[]"), BAD,
	  "concept: the value is not an object (line 1, column 1)" },
	{ CONCEPT, NULL, TEXT("null"), BAD, "is not an object" },
	{ CONCEPT, NULL, TEXT("\xef\xbb\xbf{}"), BAD,
	  "begins with a byte order mark (U+FEFF); JSON must not "
	  "(line 1, column 1)" },
	{ CONCEPT, NULL, TEXT("{"), BAD, "ends too early (line 1, column 2)" },
	{ CONCEPT, NULL, TEXT("{}"), BAD,
	  "concept: member id is missing (line 1, column 1)" },
	{ CONCEPT, NULL, TEXT("\xff"), BAD, "is not an object" },
	/* Syntax. */
	{ CONCEPT, "\"version\":1}", TEXT("\"version\":1,}"), BAD,
	  "concept 4711: the value lacks a member's name in quotes "
	  "(line 13, column 13)" },
	{ CONCEPT, "\"version\":1}", TEXT("\"version\":1} x"), BAD,
	  "concept 4711: the value is followed by more text "
	  "(line 13, column 14)" },
	{ CONCEPT, "\"version\":1}", TEXT("\"version\":1}}"), BAD,
	  "followed by more text (line 13, column 13)" },
	{ CONCEPT, "\"version\":1}", TEXT("\"version\":1]"), BAD,
	  "member version is followed by neither a comma nor } "
	  "(line 13, column 12)" },
	{ CONCEPT, "\"version\":1}", TEXT("\"version\":1"), BAD,
	  "member version ends too early (line 13, column 12)" },
	{ CONCEPT, "4711,", TEXT("4711"), BAD,
	  "concept 4711: member id is followed by neither a comma nor } "
	  "(line 2, column 1)" },
	{ CONCEPT, "\"id\":", TEXT("\"id\" "), BAD,
	  "a member's name without a colon (line 1, column 7)" },
	{ CONCEPT, "\"id\":", TEXT("id:"), BAD,
	  "lacks a member's name in quotes (line 1, column 2)" },
	{ CONCEPT, "{\"id\"", TEXT("{,\"id\""), BAD,
	  "lacks a member's name in quotes (line 1, column 2)" },
	{ CONCEPT, "[0.5,1.5]", TEXT("[0.5,1.5,]"), BAD,
	  "member embeddings.semantic_vector[2] is not a number "
	  "(line 12, column 42)" },
	{ CONCEPT, "[0.5,1.5]", TEXT("[0.5 1.5]"), BAD,
	  "semantic_vector[0] is followed by neither a comma nor ]" },
	{ CONCEPT, "[0.5,1.5]", TEXT("[,1.5]"), BAD,
	  "semantic_vector[0] is not a number" },
	{ CONCEPT, "\"text\"", TEXT("'text'"), BAD,
	  "concept 4711: member content is not a string (line 2, column 11)" },
	{ CONCEPT, "\"text\"", TEXT("\"te\nxt\""), BAD,
	  "member content has a control character in a string that is not "
	  "escaped (line 2, column 14)" },
	{ CONCEPT, "\"text\"", TEXT("\"te\0xt\""), BAD,
	  "has a control character in a string" },
	{ CONCEPT, "\"text\"", TEXT("\"0123456789\x1f\""), BAD,
	  "has a control character in a string" },
	{ CONCEPT, "\"text\"", TEXT("\"text\\\""), BAD,
	  "control character" },
	{ CONCEPT, "\"text\"", TEXT("\"\\x41\""), BAD,
	  "has an escape that JSON does not know (line 2, column 12)" },
	{ CONCEPT, "\"text\"", TEXT("\"\\v\""), BAD, "has an escape that" },
	{ CONCEPT, "\"text\"", TEXT("\"\\u12g4\""), BAD, "has an escape that" },
	{ CONCEPT, "\"text\"", TEXT("\"\\u00\""), BAD, "has an escape that" },
	/* Characters. */
	{ CONCEPT, "\"text\"", TEXT("\"\\ud83e\""), BAD,
	  "concept 4711: member content has a lone surrogate "
	  "(line 2, column 12)" },
	{ CONCEPT, "\"text\"", TEXT("\"\\udde0\\ud83e\""), BAD,
	  "lone surrogate" },
	{ CONCEPT, "\"text\"", TEXT("\"\\ud83e\\ud83e\""), BAD,
	  "lone surrogate" },
	{ CONCEPT, "\"text\"", TEXT("\"\\ud83e\\ue000\""), BAD,
	  "lone surrogate" },
	{ CONCEPT, "\"text\"", TEXT("\"\\ud83e\\n\\udde0\""), BAD,
	  "lone surrogate" },
	{ CONCEPT, "\"text\"", TEXT("\"te\xc3(\""), BAD,
	  "member content has invalid UTF-8 (line 2, column 14)" },
	{ CONCEPT, "\"text\"", TEXT("\"\xed\xa0\x80\""), BAD, "invalid UTF-8" },
	{ CONCEPT, "\"text\"", TEXT("\"\xc0\x80\""), BAD, "invalid UTF-8" },
	{ CONCEPT, "\"text\"", TEXT("\"\xf4\x90\x80\x80\""), BAD,
	  "invalid UTF-8" },
	{ CONCEPT, "\"text\"", TEXT("\"\\n\xff\\n\""), BAD,
	  "invalid UTF-8 (line 2, column 14)" },
	{ CONCEPT, "\"b\"", TEXT("\"\xe8\x84\""), BAD,
	  "member metadata.tags[1] has invalid UTF-8 (line 10, column 14)" },
	{ CONCEPT, "\"id\"", TEXT("\"\xff\":1,\"id\""), BAD,
	  "the value has invalid UTF-8 (line 1, column 3)" },
	{ CONCEPT, "\"id\"", TEXT("\"x\":[{\"\x80\":1}],\"id\""), BAD,
	  "member x has invalid UTF-8 (line 1, column 9)" },
	{ CONCEPT, "\"Causal\"", TEXT("\"\xc3\""), BAD, "invalid UTF-8" },
	/* Members. */
	{ CONCEPT, "\"version\":1", TEXT("\"id\":1,\"version\":1"), BAD,
	  "concept 4711: member id is there twice (line 13, column 1)" },
	{ CONCEPT, "\"version\":1", TEXT("\"versio\\u006e\":1,\"version\":1"),
	  BAD, "member version is there twice" },
	{ CONCEPT, "\"version\":1",
	  TEXT("\"embeddings\":null,\"version\":1"), BAD,
	  "member embeddings is there twice (line 13, column 1)" },
	{ CONCEPT, "\"version\":1",
	  TEXT("\"x\":1,\"y\":2,\"x\":3,\"version\":1"), BAD,
	  "concept 4711: member x is there twice (line 13, column 13)" },
	{ CONCEPT, "\"version\":1", TEXT("\"x\":1,\"\\u0078\":2,\"version\":1"),
	  BAD, "member x is there twice" },
	{ CONCEPT, "\"version\":1",
	  TEXT("\"x\":[{\"y\":{\"z\":1,\"z\":2}}],\"version\":1"), BAD,
	  "member x.z is there twice" },
	{ CONCEPT, "\"origin\":\"import\",", TEXT(""), BAD,
	  "concept 4711: member metadata.source.origin is missing "
	  "(line 9, column 10)" },
	{ CONCEPT, ",\"parent_concept_id\":null", TEXT(""), BAD,
	  "member metadata.source.parent_concept_id is missing" },
	{ CONCEPT, "\"content\":\"text\",", TEXT(""), BAD,
	  "concept 4711: member content is missing (line 1, column 1)" },
	{ CONCEPT, "\"embeddings\"", TEXT("\"embedded\""), BAD,
	  "member embeddings is missing" },
	{ CONCEPT, "\"created\":7.0", TEXT("\"made\":7.0"), BAD,
	  "member metadata.connections[0].created is missing "
	  "(line 11, column 16)" },
	{ METADATA, "\"description\"", TEXT("\"Description\""), BAD,
	  "metadata: member description is missing" },
	/* The wrong kind of value. */
	{ CONCEPT, "4711", TEXT("\"4711\""), BAD,
	  "concept: member id is not a number (line 1, column 7)" },
	{ CONCEPT, "4711", TEXT("null"), BAD, "member id is not a number" },
	{ CONCEPT, "\"text\"", TEXT("1"), BAD, "content is not a string" },
	{ CONCEPT, "\"text\"", TEXT("null"), BAD, "content is not a string" },
	{ CONCEPT, ":1.5", TEXT(":\"1.5\""), BAD,
	  "member created_timestamp is not a number" },
	{ CONCEPT, ":0.5", TEXT(":true"), BAD,
	  "member metadata.complexity is not a number" },
	{ CONCEPT, "[\"a\",\"b\"]", TEXT("\"a\""), BAD,
	  "metadata.tags is not an array" },
	{ CONCEPT, "[\"a\",\"b\"]", TEXT("null"), BAD,
	  "metadata.tags is not an array" },
	{ CONCEPT, "[\"a\",\"b\"]", TEXT("[\"a\",null]"), BAD,
	  "metadata.tags[1] is not a string" },
	{ CONCEPT, "[0.5,1.5]", TEXT("{}"), BAD,
	  "semantic_vector is not an array" },
	{ CONCEPT, "[{\"target_id\"", TEXT("[7,{\"target_id\""), BAD,
	  "metadata.connections[0] is not an object" },
	{ CONCEPT, "\"Causal\"", TEXT("2"), BAD,
	  "connection_type is not a string" },
	{ METADATA, "\"compression_used\":false",
	  TEXT("\"compression_used\":0"), BAD,
	  "compression_used is neither true nor false" },
	{ COLUMN, "\"state\":{", TEXT("\"state\":null,\"state\":{"), BAD,
	  "column 1: member state is not an object" },
	{ QUERY, "\"parameters\":{\"top_k\":10.0}", TEXT("\"parameters\":[]"),
	  BAD, "member metadata.parameters is not an object" },
	{ QUERY, "\"top_k\":10.0", TEXT("\"top_k\":\"10\""), BAD,
	  "member metadata.parameters.top_k is not a number" },
	/* Out of range. */
	{ CONCEPT, "18446744073709551615", TEXT("18446744073709551616"), BAD,
	  "member content_hash is not a whole number from 0 to "
	  "18446744073709551615 (line 3, column 16)" },
	{ CONCEPT, "18446744073709551615", TEXT("-1"), BAD,
	  "is not a whole number from 0" },
	{ CONCEPT, "18446744073709551615", TEXT("1.0"), BAD,
	  "is not a whole number from 0" },
	{ CONCEPT, "18446744073709551615", TEXT("1e3"), BAD,
	  "is not a whole number from 0" },
	{ CONCEPT, ":3,", TEXT(":4294967296,"), BAD,
	  "access_count is not a whole number from 0 to 4294967295" },
	{ CONCEPT, "\"priority\":5", TEXT("\"priority\":256"), BAD,
	  "member metadata.priority is not a whole number from 0 to 255" },
	{ CONCEPT, "\"priority\":5", TEXT("\"priority\":05"), BAD,
	  "priority" },
	{ CONCEPT, "\"priority\":5", TEXT("\"priority\":-"), BAD,
	  "priority is not a valid number" },
	{ CONCEPT, "[0.5,1.5]", TEXT("[0.5,3.5e38]"), BAD,
	  "semantic_vector[1] is a number too large" },
	{ CONCEPT, ":1.5", TEXT(":1e309"), BAD, "is a number too large" },
	{ CONCEPT, ":1.5", TEXT(":1.e5"), BAD,
	  "created_timestamp is not a valid number" },
	{ CONCEPT, ":1.5", TEXT(":.5"), BAD, "is not a number" },
	{ CONCEPT, ":1.5", TEXT(":+1"), BAD, "is not a number" },
	{ CONCEPT, ":1.5", TEXT(":NaN"), BAD, "is not a number" },
	{ CONCEPT, ":1.5", TEXT(":0x1p3"), BAD, "followed by neither" },
	{ CONCEPT, ":1.5", TEXT(":1" DEEP64("00")), OVER,
	  "is a number of 129 bytes, over the format's limit of 64" },
	{ CONCEPT, "\"Causal\"", TEXT("\"causal\""), BAD,
	  "connection_type is none of Semantic, Temporal, Causal, Spatial, "
	  "Hierarchical, Inferential (line 11, column 49)" },
	{ CONCEPT, "\"Causal\"", TEXT("\"Causal\\u0000\""), BAD,
	  "is none of Semantic" },
	{ CONCEPT, "\"Causal\"", TEXT("\"\""), BAD, "is none of Semantic" },
	{ SYSTEM_STATE, "[64,64]", TEXT("[64]"), BAD,
	  "system_state: member configuration.cortex_size has 1 values "
	  "instead of 2" },
	{ SYSTEM_STATE, "[64,64]", TEXT("[]"), BAD, "has 0 values" },
	{ SYSTEM_STATE, "[64,64]", TEXT("[1,2,3]"), BAD, "has 3 values" },
	{ SYSTEM_STATE, "[64,64]", TEXT("[1,4294967296]"), BAD,
	  "cortex_size[1] is not a whole number from 0 to 4294967295" },
	/* A map and a union. */
	{ QUERY, "\"top_k\":10.0", TEXT("\"b\":1,\"a\":2,\"b\":3"), BAD,
	  "member metadata.parameters.b is there twice" },
	{ QUERY, "\"top_k\":10.0", TEXT("\"b\":1,\"\\u0062\":3"), BAD,
	  "member metadata.parameters.b is there twice" },
	/* The name before it is longer than what is left behind this one. */
	{ QUERY, "\"top_k\":10.0", TEXT("\"a long name\":1,\"b\""), BAD,
	  "member metadata.parameters has a member's name without a colon" },
	{ SYNC, "{\"CreateConcept\":{", TEXT("{\"Forget\":{"), BAD,
	  "sync entry 1: member operation.Forget is not known here" },
	{ SYNC, "\"operation\":{", TEXT("\"operation\":{},\"x\":{"), BAD,
	  "sync entry 1: member operation has no member where exactly one" },
	{ SYNC, "{\"CreateConcept\":{",
	  TEXT("{\"DeleteConcept\":{\"concept_id\":1,\"timestamp\":1},"
	       "\"CreateConcept\":{"), BAD,
	  "member operation.CreateConcept is a second member" },
	{ SYNC, "{\"CreateConcept\":{",
	  TEXT("{\"DeleteConcept\":null,\"CreateConcept\":{"), BAD,
	  "member operation.DeleteConcept is not an object" },
	{ SYNC, "{\"CreateConcept\":{",
	  TEXT("{\"DeleteConcept\":{\"concept_id\":1},\"CreateConcept\":{"),
	  BAD, "member operation.DeleteConcept.timestamp is missing" },
	/* JSON that is merely kept. */
	{ CONCEPT, "\"id\"", TEXT("\"x\":[1,],\"id\""), BAD,
	  "concept: member x is not valid JSON (line 1, column 9)" },
	{ CONCEPT, "\"id\"", TEXT("\"x\":[1 2],\"id\""), BAD, "nor ]" },
	{ CONCEPT, "\"id\"", TEXT("\"x\":[1},\"id\""), BAD, "nor ]" },
	{ CONCEPT, "\"id\"", TEXT("\"x\":{\"a\"},\"id\""), BAD, "a colon" },
	{ CONCEPT, "\"id\"", TEXT("\"x\":{1:2},\"id\""), BAD, "in quotes" },
	{ CONCEPT, "\"id\"", TEXT("\"x\":tru,\"id\""), BAD, "not valid JSON" },
	{ CONCEPT, "\"id\"", TEXT("\"x\":nulls,\"id\""), BAD, "a comma" },
	{ CONCEPT, "\"id\"", TEXT("\"x\":01,\"id\""), BAD, "a comma" },
	{ CONCEPT, "\"id\"", TEXT("\"x\":-,\"id\""), BAD, "not valid JSON" },
	{ CONCEPT, "\"id\"", TEXT("\"x\":1.,\"id\""), BAD, "not valid JSON" },
	{ CONCEPT, "\"id\"", TEXT("\"x\":\"\\ud800\",\"id\""), BAD,
	  "lone surrogate" },
	{ CONCEPT, "\"id\"", TEXT("\"x\":\"\t\",\"id\""), BAD,
	  "control character" },
	{ CONCEPT, "\"id\"", TEXT("\"x\":,\"id\""), BAD, "not valid JSON" },
	/* Limits. */
	{ CONCEPT, "\"id\"", TEXT("\"x\":" DEEP64("[") DEEP64("]") ",\"id\""),
	  OVER, "concept: member x has 65 levels, over the limit json-depth "
	  "of 64 (line 1, column 69)" },
};

static void records_are_refused(const char *golden)
{
	struct decoded decoded = { 0 };
	struct cxa_buffer text = { 0 };
	const char *json;
	size_t size;
	bool good;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		json = first_record(golden, cases[i].kind, &size);
		if (cases[i].kind == CONCEPT) {
			json = concept_lines;
			size = sizeof(concept_lines) - 1;
		}
		bend(&text, json, size, cases[i].from, cases[i].to,
		     cases[i].to_size);
		decode(&decoded, cases[i].kind, (const char *)text.data,
		       text.size);
		good = decoded.status == cases[i].status &&
		       decoded.error.status == cases[i].status &&
		       decoded.error.offset <= text.size &&
		       decoded.message == NULL &&
		       decoded.embeddings == NULL &&
		       strstr(decoded.error.message, cases[i].part) != NULL;
		ok(good, "refused: %s", cases[i].part);
		if (!good)
			printf("#   case %zu, got %d: %s\n", i, decoded.status,
			       decoded.error.message);
	}
	cxa_arena_release(&decoded.arena);
	cxa_buffer_release(&text);
}

/* Every record of one line and a concept of many, cut everywhere. */
static void prefixes_are_refused(const char *golden)
{
	struct decoded decoded = { 0 };
	const char *json;
	size_t size;
	size_t taken;

	for (int kind = 0; kind < KIND_COUNT; kind++) {
		json = first_record(golden, kind, &size);
		taken = 0;
		for (size_t cut = 0; cut < size; cut++) {
			if (decode(&decoded, kind, json, cut) != BAD ||
			    decoded.error.offset > cut)
				taken++;
		}
		ok(taken == 0, "a %s that is cut is refused, wherever",
		   kinds[kind].what);
	}
	taken = 0;
	size = sizeof(concept_lines) - 1;
	for (size_t cut = 0; cut < size; cut++)
		taken += decode(&decoded, CONCEPT, concept_lines, cut) != BAD;
	is_uint(taken, 0, "and so is one of many lines");
	is_int(decode(&decoded, CONCEPT, concept_lines, size), 0,
	       "and whole it is not");
	cxa_arena_release(&decoded.arena);
}

static void place_counts_from_the_document(void)
{
	static const char text[] = "{\n\"id\":x";
	struct cxa_json_text piece = {
		.data = (const uint8_t *)text, .size = sizeof(text) - 1,
		.line = 12, .column = 340, .offset = 1000,
	};
	struct cxa_arena arena = { 0 };
	struct cxa_json_rules rules = { 0 };
	struct cxa_error error = CXA_ERROR_INIT;
	ProtobufCMessage *message;
	const struct cxa_message_type *type =
		cxa_message_type_of(&cxa__connection__descriptor);

	cxa_json_decode(type, "connection", &piece, &rules, &arena, &message,
			NULL, &error);
	like(error.message, "(line 13, column 6)",
	     "a line below the first has columns of its own");
	is_uint(error.offset, 1007, "and the offset counts from the document");
	piece.size = 1;
	error = (struct cxa_error)CXA_ERROR_INIT;
	cxa_json_decode(type, "connection", &piece, &rules, &arena, &message,
			NULL, &error);
	like(error.message, "(line 12, column 341)",
	     "a column of the first line counts from the document");
	is_int(cxa_json_decode(type, "connection", &piece, &rules, &arena,
			       &message, NULL, NULL), CXA_ERR_FORMAT,
	       "nobody has to ask for the message");
	cxa_arena_release(&arena);
}

/* Of what it names, a message has 200 bytes; the last character is whole. */
static void long_paths_are_cut(void)
{
	struct decoded decoded = { .rules = { 0 } };
	struct cxa_buffer text = { 0 };
	struct cxa_buffer name = { 0 };
	char told[240] = "member ";

	cxa_buffer_byte(&name, '"');
	for (int i = 0; i < 101; i++)
		cxa_buffer_text(&name, i == 0 ? "x" : "\xc3\xa4");
	cxa_buffer_text(&name, "\":[1,],\"id\"");
	memcpy(told + 7, name.data + 1, 199);
	strcpy(told + 7 + 199, "... is not valid JSON");
	bend(&text, concept_lines, sizeof(concept_lines) - 1, "\"id\"",
	     (const char *)name.data, name.size);
	is_int(decode(&decoded, CONCEPT, (const char *)text.data, text.size),
	       CXA_ERR_FORMAT, "a fault below a long name is refused");
	like(decoded.error.message, told, "and the name is cut");
	cxa_arena_release(&decoded.arena);
	cxa_buffer_release(&text);
	cxa_buffer_release(&name);
}

/* Said before a byte of it is looked at. */
static void texts_have_four_gigabytes(void)
{
	struct cxa_error error = CXA_ERROR_INIT;

	if (SIZE_MAX == UINT32_MAX) {
		ok(true, "a text over 4 GiB # SKIP none can be");
		return;
	}
	is_int(cxa_json_check((const uint8_t *)"1", (size_t)UINT32_MAX + 1,
			      false, NULL, &error), CXA_ERR_LIMIT,
	       "a text over 4 GiB is refused");
	like(error.message, "is longer than 4 GiB", "as that");
}

static void what_has_no_form_in_json_is_refused(void)
{
	static const char text[] = "{\"stored_digest\":\"x\"}";
	struct cxa_json_text piece = {
		.data = (const uint8_t *)text, .size = sizeof(text) - 1,
		.line = 1, .column = 1,
	};
	struct cxa_arena arena = { 0 };
	struct cxa_error error = CXA_ERROR_INIT;
	ProtobufCMessage *message;

	is_int(cxa_json_decode(cxa_message_type_of(
				       &cxa__index_entry__descriptor),
			       "entry", &piece, NULL, &arena, &message, NULL,
			       &error), CXA_ERR_FORMAT,
	       "bytes, which have no form in JSON, are refused");
	like(error.message, "member stored_digest has no form in JSON",
	     "by their name");
	cxa_arena_release(&arena);
}

/* A concept with @before and a string of @size bytes for @from. */
static int decode_long(struct decoded *decoded, const char *from,
		       const char *before, size_t size)
{
	struct cxa_buffer value = { 0 };
	struct cxa_buffer text = { 0 };
	int status;

	cxa_buffer_room(&value, size + 16);
	cxa_buffer_text(&value, before);
	cxa_buffer_byte(&value, '"');
	for (size_t i = 0; i < size; i++)
		cxa_buffer_byte(&value, 'x');
	cxa_buffer_byte(&value, '"');
	bend(&text, concept_lines, sizeof(concept_lines) - 1, from,
	     (const char *)value.data, value.size);
	status = decode(decoded, CONCEPT, (const char *)text.data, text.size);
	cxa_buffer_release(&value);
	cxa_buffer_release(&text);
	return status;
}

static void limits_hold(void)
{
	struct cxa_limits limits = *cxa_limits_default();
	struct decoded decoded = { .rules = { .limits = &limits } };

	is_int(decode_long(&decoded, "\"text\"", "", 65537), 0,
	       "content may be longer than other strings");
	is_int(decode_long(&decoded, "1}", "1,\"x\":", 65537 - 8),
	       CXA_ERR_LIMIT, "what is not known may not");
	like(decoded.error.message, "member x has 65537 bytes, over the limit "
	     "short-string-bytes of 65536", "and the message says so");
	limits.json_depth = 4;
	is_int(decode(&decoded, CONCEPT, concept_lines,
		      sizeof(concept_lines) - 1), 0,
	       "a depth that just holds a concept holds it");
	limits.json_depth = 3;
	is_int(decode(&decoded, CONCEPT, concept_lines,
		      sizeof(concept_lines) - 1), CXA_ERR_LIMIT,
	       "one less does not");
	cxa_arena_release(&decoded.arena);
}

static int decode_with(struct decoded *decoded, size_t budget)
{
	cxa_arena_release(&decoded->arena);
	decoded->arena.budget = budget;
	return decode(decoded, CONCEPT, concept_lines,
		      sizeof(concept_lines) - 1);
}

static void memory_has_a_budget(void)
{
	struct decoded decoded = { 0 };
	size_t too_little = 1;
	size_t enough = 1 << 20;

	while (enough - too_little > 1) {
		size_t middle = (enough + too_little) / 2;

		if (decode_with(&decoded, middle) == 0)
			enough = middle;
		else
			too_little = middle;
	}
	is_int(decode_with(&decoded, enough), 0,
	       "there is a budget that just holds a concept");
	is_int(decode_with(&decoded, too_little), CXA_ERR_LIMIT,
	       "one byte less does not");
	like(decoded.error.message, "bytes, over the limit decode-bytes of",
	     "and the message says so");
	like(decoded.error.message, "(line ", "and where");
	cxa_arena_release(&decoded.arena);
}

int main(void)
{
	char *golden = load_golden();

	records_are_refused(golden);
	prefixes_are_refused(golden);
	place_counts_from_the_document();
	long_paths_are_cut();
	texts_have_four_gigabytes();
	what_has_no_form_in_json_is_refused();
	limits_hold();
	memory_has_a_budget();
	free(golden);
	return done_testing();
}
