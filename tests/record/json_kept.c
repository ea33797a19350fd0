/* json_kept.c - what JSON says comes back: unknown, extreme or absent */
#include <math.h>

#include "json_fixture.h"

#define TEXT(text) text, sizeof(text) - 1

static struct decoded decoded;
static struct cxa_buffer text;
static struct cxa_buffer out;

/* The concept of lines (minified as it is written), or a golden record. */
static const char *base_record(const char *golden, int kind, size_t *size)
{
	static char concept[sizeof(concept_lines)];

	if (kind != CONCEPT)
		return first_record(golden, kind, size);
	*size = 0;
	for (size_t i = 0; i < sizeof(concept_lines) - 1; i++)
		if (concept_lines[i] != '\n')
			concept[(*size)++] = concept_lines[i];
	return concept;
}

static int decode_bent(const char *golden, int kind, const char *from,
		       const char *to, size_t to_size)
{
	size_t size;
	const char *json = base_record(golden, kind, &size);

	bend(&text, json, size, from, to, to_size);
	return decode(&decoded, kind, (const char *)text.data, text.size);
}

/* With @to for @from, the very text that went in comes out. */
static const struct {
	const char *claim;
	int kind;
	const char *from;
	const char *to;
	size_t to_size;
} cases[] = {
	/* Where serde_json would have put them: behind the known ones. */
	{ "an unknown member of the record", CONCEPT, "\"version\":1",
	  TEXT("\"version\":1,\"x\":[1,{\"y\":null}]") },
	{ "two unknown members, in their order", CONCEPT, "\"version\":1",
	  TEXT("\"version\":1,\"zz\":true,\"aa\":\"\\u00e9\"") },
	{ "an unknown member of a message within", CONCEPT,
	  "\"created\":7.0}]",
	  TEXT("\"created\":7.0,\"x\":{}}],\"y\":[]") },
	{ "one of two levels within", CONCEPT, "\"parent_concept_id\":null",
	  TEXT("\"parent_concept_id\":null,\"x\":-0.0e5") },
	{ "one of the embeddings", CONCEPT, "\"last_computed\":8.0",
	  TEXT("\"last_computed\":8.0,\"model\":\"m\"") },
	{ "one of a position", COLUMN, "},\"connections\":{",
	  TEXT(",\"z\":3},\"connections\":{") },
	{ "one of neural_parameters", SYSTEM_STATE, "\"ttfs_base_time\":1.0",
	  TEXT("\"ttfs_base_time\":1.0,\"k\":1e400") },
	{ "one of an operation", SYNC, "}},\"status\"",
	  TEXT(",\"why\":\"\"}},\"status\"") },
	{ "one of the metadata", METADATA, "\"description\":",
	  TEXT("\"description\":\"d\",\"note\":") },
	{ "one that is called extensions", CONCEPT, "\"version\":1",
	  TEXT("\"version\":1,\"extensions\":{\"a\":1}") },
	{ "one that is called like a field's other name", SYNC,
	  "\"dependencies\":[]",
	  TEXT("\"dependencies\":[],\"changes_json\":1") },
	{ "one with a NUL in its name", CONCEPT, "\"version\":1",
	  TEXT("\"version\":1,\"a\\u0000b\":1,\"a\\u0000c\":2") },
	{ "one without a name", CONCEPT, "\"version\":1",
	  TEXT("\"version\":1,\"\":0") },
	{ "numbers of any length in it", CONCEPT, "\"version\":1",
	  TEXT("\"version\":1,\"x\":"
	       "0.1000000000000000055511151231257827021181583404541015625"
	       "000000000000000000000000000000E+00") },
	/* Numbers. */
	{ "u64 2^64-1", CONCEPT, "4711", TEXT("18446744073709551615") },
	{ "2^63 and 2^53+1", CONCEPT, "18446744073709551615",
	  TEXT("9223372036854775808") },
	{ "-0.0", CONCEPT, "[0.5,1.5]", TEXT("[-0.0,0.0]") },
	{ "subnormals", CONCEPT, "[0.5,1.5]", TEXT("[1e-45,-1.1754942e-38]") },
	{ "a subnormal f64", CONCEPT, ":1.5", TEXT(":5e-324") },
	{ "the largest f64", CONCEPT, ":1.5", TEXT(":1.7976931348623157e308") },
	{ "null, which is NaN, in a vector", CONCEPT, "[0.5,1.5]",
	  TEXT("[null,1.0,null,2.0,null]") },
	{ "null for a required float", CONCEPT, "\"complexity\":0.5",
	  TEXT("\"complexity\":null") },
	{ "null for a required double", CONCEPT, "\"last_accessed\":2.5",
	  TEXT("\"last_accessed\":null") },
	{ "null in a map of floats", QUERY, "{\"top_k\":10.0}",
	  TEXT("{\"a\":null,\"b\":1.0}") },
	/* Text. */
	{ "U+0000 and every other escape", CONCEPT, "\"text\"",
	  TEXT("\"\\u0000\\u0001\\u001f\\b\\t\\n\\f\\r\\\"\\\\/\x7f\"") },
	{ "characters of all lengths", CONCEPT, "\"text\"",
	  TEXT("\"$\xc2\xa2\xe2\x82\xac\xf0\x90\x8d\x88\xef\xbb\xbf\"") },
	{ "empty text", CONCEPT, "\"text\"", TEXT("\"\"") },
	{ "empty tags", CONCEPT, "[\"a\",\"b\"]", TEXT("[\"\",\"]\",\",\"]") },
	{ "a NUL in an optional text", SYNC, "\"error_message\":null",
	  TEXT("\"error_message\":\"a\\u0000b\"") },
	{ "an empty optional text, which is not null", SYNC,
	  "\"error_message\":null", TEXT("\"error_message\":\"\"") },
	/* Absent. */
	{ "a concept without embeddings", CONCEPT,
	  "{\"semantic_vector\":[0.5,1.5],\"neural_signature\":[],"
	  "\"context_vector\":[2.0],\"last_computed\":8.0}", TEXT("null") },
	{ "an optional 0, which is not null", CONCEPT,
	  "\"parent_concept_id\":null", TEXT("\"parent_concept_id\":0") },
	{ "an empty map", QUERY, "{\"top_k\":10.0}", TEXT("{}") },
	{ "a map's empty key", QUERY, "{\"top_k\":10.0}",
	  TEXT("{\"\":1.0,\"\\u0000\":2.0}") },
};

static void what_is_said_comes_back(const char *golden)
{
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		if (decode_bent(golden, cases[i].kind, cases[i].from,
				cases[i].to, cases[i].to_size) != 0) {
			ok(false, "comes back: %s", cases[i].claim);
			printf("# %s\n", decoded.error.message);
			continue;
		}
		encode(&decoded, cases[i].kind, &out);
		if (!ok(out.size == text.size &&
			memcmp(out.data, text.data, out.size) == 0,
			"comes back: %s", cases[i].claim))
			printf("# was %.*s\n# now %.*s\n", (int)text.size,
			       (char *)text.data, (int)out.size,
			       (char *)out.data);
	}
}

static bool says(const struct cxa_buffer *buffer, const char *part)
{
	size_t size = strlen(part);

	for (size_t i = 0; i + size <= buffer->size; i++)
		if (memcmp(buffer->data + i, part, size) == 0)
			return true;
	return false;
}

static void escapes_become_characters(const char *golden)
{
	const Cxa__Concept *concept;

	decode_bent(golden, CONCEPT, "\"text\"",
		    TEXT("\"\\u0041\\/\\uD83E\\uDDE0\\u20ac\\u00e9\\u0000z\""));
	concept = (const Cxa__Concept *)decoded.message;
	is_mem(concept->content.data, concept->content.len,
	       TEXT("A/\xf0\x9f\xa7\xa0\xe2\x82\xac\xc3\xa9\0z"),
	       "escapes become the characters they stand for");
	encode(&decoded, CONCEPT, &out);
	ok(says(&out, "\"A/\xf0\x9f\xa7\xa0\xe2\x82\xac\xc3\xa9\\u0000z\""),
	   "and are written as serde_json does");
	decode_bent(golden, CONCEPT, "\"Causal\"",
		    TEXT("\"\\u0043ausal\""));
	is_int(decoded.status, 0, "an enum's name may be escaped");
	decode_bent(golden, CONCEPT, "\"id\"", TEXT("\"\\u0069d\""));
	is_int(decoded.status, 0, "and a member's");
}

static void null_is_the_quiet_nan(const char *golden)
{
	const Cxa__Concept *concept;
	uint32_t bits;
	uint64_t long_bits;

	decode_bent(golden, CONCEPT, "\"complexity\":0.5",
		    TEXT("\"complexity\":null"));
	concept = (const Cxa__Concept *)decoded.message;
	memcpy(&bits, &concept->metadata->complexity, sizeof(bits));
	is_uint(bits, 0x7fc00000, "null is the f32 NaN 7fc00000");
	decode_bent(golden, CONCEPT, ":1.5", TEXT(":null"));
	concept = (const Cxa__Concept *)decoded.message;
	memcpy(&long_bits, &concept->created_timestamp, sizeof(long_bits));
	is_uint(long_bits, UINT64_C(0x7ff8000000000000),
		"and the f64 NaN 7ff8000000000000");
}

static void infinities_are_null(void)
{
	Cxa__ConceptMatch match = CXA__CONCEPT_MATCH__INIT;

	match.match_type = CXA__MATCH_TYPE__VALUE__Exact;
	match.relevance_score = INFINITY;
	match.activation_level = -INFINITY;
	match.context_bonus = NAN;
	cxa_buffer_reset(&out);
	cxa_json_encode(&match.base, false, NULL, &out, NULL);
	is_mem(out.data, out.size,
	       TEXT("{\"concept_id\":0,\"relevance_score\":null,"
		    "\"activation_level\":null,\"match_type\":\"Exact\","
		    "\"context_bonus\":null}"),
	       "infinities and NaN are written as null");
}

static void maps_are_sorted(const char *golden)
{
	decode_bent(golden, QUERY, "{\"top_k\":10.0}",
		    TEXT("{\"b\":2,\"\xc3\xa9\":5,\"\":0,\"ba\":3,\"a\":1,"
			 "\"z\":4}"));
	encode(&decoded, QUERY, &out);
	ok(says(&out, "{\"\":0.0,\"a\":1.0,\"b\":2.0,\"ba\":3.0,\"z\":4.0,"
		"\"\xc3\xa9\":5.0}"),
	   "a map is sorted by the bytes of its keys");
}

static void json_is_minified(const char *golden)
{
	const Cxa__Concept *concept;

	decode_bent(golden, CONCEPT, "\"version\":1",
		    TEXT("\"x\" : { \"a b\" : [ 1 , 2.50 , { } , [ ] ] ,\n"
			 "\"c\" : \" \\u0041 \" },\"version\":1, "
			 "\"y\"\t:null "));
	concept = (const Cxa__Concept *)decoded.message;
	is_mem(concept->extensions.data, concept->extensions.len,
	       TEXT("{\"x\":{\"a b\":[1,2.50,{},[]],\"c\":\" \\u0041 \"},"
		    "\"y\":null}"),
	       "extensions are one object, minified, their text untouched");
}

static void embeddings_beside_are_not_kept(const char *golden)
{
	struct cxa_json_text whole;
	const Cxa__Concept *concept;
	size_t size;
	const char *json = base_record(golden, CONCEPT, &size);

	decode(&decoded, CONCEPT, json, size);
	concept = (const Cxa__Concept *)decoded.message;
	ok(decoded.embeddings != NULL && !concept->has_extensions,
	   "embeddings of a concept stand beside it");
	whole = (struct cxa_json_text){
		.data = (const uint8_t *)json, .size = size,
		.line = 1, .column = 1,
	};
	cxa_json_decode(cxa_message_type_of(&cxa__concept__descriptor),
			"concept", &whole, &decoded.rules, &decoded.arena,
			&decoded.message, NULL, NULL);
	concept = (const Cxa__Concept *)decoded.message;
	ok(concept->has_extensions,
	   "unless nobody asked for them: then they are in its extensions");
}

/* --- lenient --- */

static int decode_lenient(const char *golden, int kind, const char *from,
			  const char *to)
{
	decoded.rules = (struct cxa_json_rules){ .lenient = true };
	return decode_bent(golden, kind, from, to, strlen(to));
}

static void lenient_fills(const char *golden)
{
	const Cxa__Concept *concept;
	const Cxa__SystemState *state;
	const Cxa__SyncEntry *entry;

	is_int(decode_lenient(golden, CONCEPT, "\"origin\":\"import\",", ""), 0,
	       "lenient reading fills a missing member");
	is_uint(decoded.rules.filled, 1, "and counts it");
	is_str(decoded.rules.first_filled,
	       "concept 4711: member metadata.source.origin was missing "
	       "(line 1, column 196)", "and tells which was the first");
	concept = (const Cxa__Concept *)decoded.message;
	is_uint(concept->metadata->source->origin.len, 0,
		"missing text is empty");
	decoded.rules.lenient = true;
	decode_bent(golden, CONCEPT, "\"column_id\":2,", "", 0);
	is_uint(decoded.rules.filled, 2, "a second record counts on");
	like(decoded.rules.first_filled, "source.origin",
	     "and leaves the first one's line");
	concept = (const Cxa__Concept *)decoded.message;
	is_uint(concept->column_id, 0, "a missing number is 0");
	decode_lenient(golden, CONCEPT, "\"connection_type\":\"Causal\",", "");
	concept = (const Cxa__Concept *)decoded.message;
	is_int(concept->metadata->connections[0]->connection_type,
	       CXA__CONNECTION_TYPE__VALUE__Semantic,
	       "a missing enum is its first value");
	decode_lenient(golden, CONCEPT, "\"metadata\":", "\"Metadata\":");
	concept = (const Cxa__Concept *)decoded.message;
	ok(concept->metadata != NULL && concept->metadata->source != NULL,
	   "a missing message is an empty one, and so are those within");
	is_uint(decoded.rules.filled, 1, "and counts once");
	decode_lenient(golden, CONCEPT, "\"embeddings\":", "\"Embeddings\":");
	ok(decoded.status == 0 && decoded.embeddings == NULL,
	   "missing embeddings are none");
	is_uint(decoded.rules.filled, 1, "and count");
	decode_lenient(golden, SYSTEM_STATE, "\"cortex_size\":[64,64],", "");
	state = (const Cxa__SystemState *)decoded.message;
	is_uint(state->configuration->n_cortex_size, 2,
		"a missing pair is two zeros");
	is_int(decode_lenient(golden, SYNC, "\"priority\":", "\"p\":"), 0,
	       "a sync entry without a priority is read");
	entry = (const Cxa__SyncEntry *)decoded.message;
	is_int(entry->priority, CXA__SYNC_PRIORITY__VALUE__Low,
	       "its priority is Low");
	is_int(encode(&decoded, SYNC, &out), 0, "and it can be written");
	is_int(decode_lenient(golden, SYNC, "\"operation\":", "\"o\":"),
	       CXA_ERR_FORMAT, "but an operation cannot be made up");
	is_int(decode_lenient(golden, CONCEPT, "4711", "\"x\""),
	       CXA_ERR_FORMAT, "nor is a wrong type filled over");
	is_int(decode_lenient(golden, CONCEPT, NULL, "{}"), 0,
	       "an empty object is a concept of zeros");
	is_uint(decoded.rules.filled, 10, "with each of its members counted");
	is_int(encode(&decoded, CONCEPT, &out), 0, "and can be written");
	decode_lenient(golden, SYNC, "{\"CreateConcept\":{",
		       "{\"UpdateConnection\":{},\"x\":{");
	is_int(decoded.status, CXA_ERR_FORMAT,
	       "a union is strict all the same");
	decoded.rules.lenient = false;
}

static void lenient_json_is_null(const char *golden)
{
	const Cxa__SyncEntry *entry;

	decode_lenient(golden, SYNC, "{\"CreateConcept\":{",
		       "{\"UpdateConnection\":{}},\"x\":{\"y\":{");
	entry = (const Cxa__SyncEntry *)decoded.message;
	ok(decoded.status == 0 &&
	   entry->operation->kind_case ==
		   CXA__SYNC_OPERATION__KIND_UPDATE_CONNECTION,
	   "the members of an operation are filled");
	is_mem(entry->operation->update_connection->changes_json.data,
	       entry->operation->update_connection->changes_json.len,
	       "null", 4, "missing JSON is null");
	decoded.rules.lenient = false;
}

int main(void)
{
	char *golden = load_golden();

	what_is_said_comes_back(golden);
	escapes_become_characters(golden);
	null_is_the_quiet_nan(golden);
	infinities_are_null();
	maps_are_sorted(golden);
	json_is_minified(golden);
	embeddings_beside_are_not_kept(golden);
	lenient_fills(golden);
	lenient_json_is_null(golden);
	cxa_arena_release(&decoded.arena);
	cxa_buffer_release(&text);
	cxa_buffer_release(&out);
	free(golden);
	return done_testing();
}
