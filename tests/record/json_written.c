/* json_written.c - what is written is JSON, whatever the message holds */
#include "json_fixture.h"
#include "record/json_verify.h"

#define TEXT(text) text, sizeof(text) - 1

static struct cxa_buffer out;

static void strings_are_escaped_as_serde_json_does(void)
{
	static const char *const controls[32] = {
		[8] = "\\b", [9] = "\\t", [10] = "\\n", [12] = "\\f",
		[13] = "\\r",
	};
	char expected[16];
	unsigned good = 0;

	for (unsigned byte = 0; byte < 128; byte++) {
		uint8_t text[10] = "123456789";

		text[9] = (uint8_t)byte;
		cxa_buffer_reset(&out);
		cxa_json_string(&out, text + 9, 1);
		if (byte < 32 && controls[byte] != NULL)
			snprintf(expected, sizeof(expected), "\"%s\"",
				 controls[byte]);
		else if (byte < 32)
			snprintf(expected, sizeof(expected), "\"\\u%04x\"",
				 byte);
		else if (byte == '"' || byte == '\\')
			snprintf(expected, sizeof(expected), "\"\\%c\"",
				 (int)byte);
		else
			snprintf(expected, sizeof(expected), "\"%c\"",
				 (int)byte);
		good += out.size == strlen(expected) &&
			memcmp(out.data, expected, out.size) == 0;
	}
	is_uint(good, 128, "each of ASCII is escaped as serde_json does");
}

static void strings_are_found_special_anywhere(void)
{
	char text[40];
	unsigned good = 0;

	for (size_t i = 0; i < sizeof(text); i++) {
		/* The writer does not judge what is not ASCII. */
		memset(text, 0xc3, sizeof(text));
		text[i] = '\n';
		cxa_buffer_reset(&out);
		cxa_json_string(&out, (const uint8_t *)text, sizeof(text));
		good += out.size == sizeof(text) + 3 &&
			memcmp(out.data + 1 + i, "\\n", 2) == 0;
	}
	is_uint(good, sizeof(text), "an escape is made wherever one is due");
	cxa_buffer_reset(&out);
	cxa_json_string(&out, NULL, 0);
	is_mem(out.data, out.size, "\"\"", 2, "no text is two quotes");
}

/* --- minify --- */

static int minify(const char *json, size_t size, uint64_t max_depth,
		  struct cxa_error *error)
{
	struct cxa_limits limits = { .json_depth = max_depth };
	struct cxa_json_rules rules = { .limits = &limits };
	uint8_t *block = malloc(size == 0 ? 1 : size);
	struct cxa_json_text text = {
		.data = block, .size = size, .line = 1, .column = 1,
	};
	int status;

	if (block == NULL)
		abort();
	memcpy(block, json, size);
	cxa_limits_fill(&limits);
	status = cxa_json_minify(&text, &rules, &out, error);
	free(block);
	return status;
}

static const struct {
	const char *json;
	const char *minified; /* NULL: it is refused */
} values[] = {
	{ "", NULL }, { " ", NULL }, { "[", NULL }, { "]", NULL },
	{ "[1,]", NULL }, { "{\"a\":1,}", NULL }, { "{,}", NULL },
	{ "[}", NULL }, { "{]", NULL }, { "{\"a\":1]", NULL },
	{ "nul", NULL }, { "nulll", NULL }, { "True", NULL }, { "-", NULL },
	{ "+1", NULL }, { "01", NULL }, { "1.", NULL }, { ".1", NULL },
	{ "1e", NULL }, { "1e+", NULL }, { "1 2", NULL }, { "\"", NULL },
	{ "\"\\\"", NULL }, { "\"\\u\"", NULL }, { "{\"a\" 1}", NULL },
	{ "{\"a\":1,\"a\":2}", NULL }, { "{\"\":1,\"\":2}", NULL },
	{ "[{\"a\":1,\"\\u0061\":2}]", NULL }, { "/**/1", NULL },
	{ "\xef\xbb\xbf" "1", NULL }, { "\"\x7f\xff\"", NULL },
	{ "\v1", NULL }, { "\"\xed\xbf\xbf\"", NULL },
	{ "null", "null" }, { " true\n", "true" }, { "false ", "false" },
	{ "-0", "-0" }, { "0", "0" }, { "1.50e+007", "1.50e+007" },
	{ "123456789012345678901234567890",
	  "123456789012345678901234567890" },
	{ "\" a \"", "\" a \"" }, { "\"\\u00E9\\/\"", "\"\\u00E9\\/\"" },
	{ "[ ]", "[]" }, { "{ }", "{}" }, { "[ [ ] , { } ]", "[[],{}]" },
	{ "\t{ \"b\" : 1 ,\r\n \"a\" : [ 1 , 2 ] }",
	  "{\"b\":1,\"a\":[1,2]}" },
	{ "{\"a\":{\"a\":{\"a\":1}},\"b\":{\"a\":1}}",
	  "{\"a\":{\"a\":{\"a\":1}},\"b\":{\"a\":1}}" },
};

static void values_are_minified_or_refused(void)
{
	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		const char *json = values[i].json;
		const char *minified = values[i].minified;
		int status;

		cxa_buffer_reset(&out);
		cxa_buffer_byte(&out, '>');
		status = minify(json, strlen(json), 0, NULL);
		if (minified == NULL)
			ok(status == CXA_ERR_FORMAT && out.size == 1,
			   "value %zu is refused, and nothing appended", i);
		else
			ok(status == 0 && out.size == strlen(minified) + 1 &&
			   memcmp(out.data + 1, minified, out.size - 1) == 0,
			   "value %zu is minified to %s", i, minified);
	}
}

static void depth_is_bounded(void)
{
	enum { DEEP = 100000 };
	char *json = malloc(2 * DEEP);

	if (json == NULL)
		abort();
	memset(json, '[', DEEP);
	memset(json + DEEP, ']', DEEP);
	cxa_buffer_reset(&out);
	is_int(minify(json + DEEP - 65, 130, 0, NULL), CXA_ERR_LIMIT,
	       "65 brackets are too deep");
	is_int(minify(json + DEEP - 64, 128, 0, NULL), 0, "64 are not");
	is_int(minify(json, 2 * DEEP, DEEP, NULL), 0,
	       "a limit of 100,000 is kept without a stack of that depth");
	is_int(minify(json, 2 * DEEP, DEEP - 1, NULL), CXA_ERR_LIMIT,
	       "and holds");
	free(json);
}

static void many_names_are_told_apart(void)
{
	struct cxa_buffer json = { 0 };
	struct cxa_error error = CXA_ERROR_INIT;

	cxa_buffer_byte(&json, '{');
	for (unsigned i = 0; i < 100000; i++)
		cxa_buffer_format(&json, "\"name%u\":0,", i * 7919 % 100003);
	cxa_buffer_text(&json, "\"x\":0}");
	cxa_buffer_reset(&out);
	is_int(minify((const char *)json.data, json.size, 0, NULL), 0,
	       "an object may have 100,000 members");
	json.size -= strlen("\"x\":0}");
	cxa_buffer_text(&json, "\"name7919\":0}");
	is_int(minify((const char *)json.data, json.size, 0, &error),
	       CXA_ERR_FORMAT, "but none of them twice");
	like(error.message, "member name7919 is there twice",
	     "and the message names it");
	is_uint(error.offset, json.size - strlen("\"name7919\":0}"),
		"where it stands the second time");
	cxa_buffer_release(&json);
}

/* --- messages an archive may hold --- */

static int encode_connection(const char *extensions, size_t size,
			     struct cxa_error *error)
{
	Cxa__Connection connection = CXA__CONNECTION__INIT;

	connection.id = 7;
	connection.connection_type = CXA__CONNECTION_TYPE__VALUE__Causal;
	connection.weight = 0.5F;
	connection.has_extensions = extensions != NULL;
	connection.extensions.data = (uint8_t *)(uintptr_t)extensions;
	connection.extensions.len = size;
	*error = (struct cxa_error)CXA_ERROR_INIT;
	cxa_buffer_reset(&out);
	cxa_buffer_byte(&out, '>');
	return cxa_json_encode(&connection.base, false, NULL, &out, error);
}

static const char known[] = ">{\"id\":7,\"source_id\":0,\"target_id\":0,"
	"\"connection_type\":\"Causal\",\"weight\":0.5,"
	"\"last_activated\":0.0,\"version\":0";

static void bad_extensions_are_refused(void)
{
	static const char *const bad[] = {
		"", "null", "[]", "1", "{", "{\"a\":}", "{} {}", "{\"a\":1,}",
		"{\"a\":1,\"a\":2}", "{\"weight\":1}", "{\"w\\u0065ight\":1}",
		"{\"a\":\"\xff\"}", "{\"a\":[{\"b\":1,\"b\":1}]}",
		"\xef\xbb\xbf{}",
	};
	struct cxa_error error;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		int status = encode_connection(bad[i], strlen(bad[i]), &error);

		if (!ok(status == CXA_ERR_CORRUPT && out.size == 1 &&
			strncmp(error.message, "extensions: ", 12) == 0,
			"extensions %s are refused, and nothing is written",
			bad[i][0] == '\xef' ? "with a mark" : bad[i]))
			printf("# %d %s\n", status, error.message);
	}
}

static void extensions_follow_the_known(void)
{
	struct cxa_error error;
	char expected[256];

	is_int(encode_connection(NULL, 0, &error), 0, "without extensions");
	snprintf(expected, sizeof(expected), "%s}", known);
	is_mem(out.data, out.size, expected, strlen(expected),
	       "a connection is written in the original's order");
	is_int(encode_connection(TEXT("{ }"), &error), 0, "empty ones");
	is_mem(out.data, out.size, expected, strlen(expected), "add nothing");
	is_int(encode_connection(TEXT("{ \"b\" : [ 1.50 ],\n\"a\":null }"),
				 &error), 0, "and others");
	snprintf(expected, sizeof(expected), "%s,\"b\":[1.50],\"a\":null}",
		 known);
	is_mem(out.data, out.size, expected, strlen(expected),
	       "follow the known members, on one line");
}

static void what_has_no_json_is_refused(void)
{
	Cxa__Connection connection = CXA__CONNECTION__INIT;
	Cxa__SyncOperation operation = CXA__SYNC_OPERATION__INIT;
	Cxa__UpdateConnection update = CXA__UPDATE_CONNECTION__INIT;
	const struct cxa_message_type *entry =
		cxa_message_type_of(&cxa__index_entry__descriptor);
	const struct cxa_field *binary = NULL;
	const ProtobufCBinaryData digest = { 0, NULL };
	struct cxa_error error = CXA_ERROR_INIT;

	connection.connection_type = (Cxa__ConnectionType__Value)99;
	cxa_buffer_reset(&out);
	is_int(cxa_json_encode(&connection.base, false, NULL, &out, &error),
	       CXA_ERR_CORRUPT, "an enum value without a name is refused");
	is_int(cxa_json_encode(&operation.base, false, NULL, &out, NULL),
	       CXA_ERR_CORRUPT, "an operation of no kind is refused");
	for (unsigned i = 0; i < entry->field_count; i++)
		if (entry->fields[i].kind == CXA_FIELD_BINARY)
			binary = &entry->fields[i];
	error = (struct cxa_error)CXA_ERROR_INIT;
	is_int(cxa_json_encode_value(binary, &digest, &out, &error),
	       CXA_ERR_CORRUPT, "bytes are refused");
	like(error.message, "has no form in JSON", "as that");
	update.changes_json.data = (uint8_t *)(uintptr_t)"{} x";
	update.changes_json.len = 4;
	is_int(cxa_json_encode(&update.base, false, NULL, &out, NULL),
	       CXA_ERR_CORRUPT, "JSON with more behind it is refused");
	update.changes_json.len = 2;
	is_int(cxa_json_encode(&update.base, false, NULL, &out, NULL), 0,
	       "without it, it is not");
	is_mem(out.data, out.size,
	       TEXT("{\"connection_id\":0,\"changes\":{},\"version\":0,"
		    "\"timestamp\":0.0}"), "and stands under its JSON name");
}

/* What the header has besides goes among the members of the document. */
static void members_of_the_document_are_not_besides(void)
{
	static const struct {
		const char *extensions;
		int status;
	} cases[] = {
		{ "{\"metadata\":1}", CXA_ERR_CORRUPT },
		{ "{\"concepts\":1}", CXA_ERR_CORRUPT },
		{ "{\"\\u0063oncepts\":1}", CXA_ERR_CORRUPT },
		{ "{\"a\":1,\"sync_queue\":1}", CXA_ERR_CORRUPT },
		{ "{\"a\":1,}", CXA_ERR_CORRUPT },
		{ "{\"metadatb\":1,\"conceptt\":{}}", 0 },
		{ "{\"embeddings\":1}", 0 },
		{ "{}", 0 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		Cxa__Metadata metadata = CXA__METADATA__INIT;
		Cxa__Header header = CXA__HEADER__INIT;

		header.metadata = &metadata;
		header.has_extensions = true;
		header.extensions.data =
			(uint8_t *)(uintptr_t)cases[i].extensions;
		header.extensions.len = strlen(cases[i].extensions);
		is_int(cxa_json_verify_header(&header, NULL, NULL),
		       cases[i].status, cases[i].extensions);
	}
}

static void embeddings_are_written_where_asked(void)
{
	struct decoded decoded = { 0 };
	Cxa__Concept *concept;
	char *golden = load_golden();
	size_t size;
	const char *json = first_record(golden, CONCEPT, &size);

	decode(&decoded, CONCEPT, json, size);
	cxa_buffer_reset(&out);
	cxa_json_encode(decoded.message, false, NULL, &out, NULL);
	cxa_buffer_byte(&out, '\0');
	ok(strstr((char *)out.data, "embeddings") == NULL,
	   "a concept alone has no embeddings");
	cxa_buffer_reset(&out);
	cxa_json_encode(decoded.message, true, NULL, &out, NULL);
	cxa_buffer_byte(&out, '\0');
	like((char *)out.data, "},\"embeddings\":null,\"version\":1}",
	     "one that has none says null, behind metadata");
	concept = (Cxa__Concept *)decoded.message;
	concept->has_extensions = true;
	concept->extensions.data = (uint8_t *)(uintptr_t)"{\"embeddings\":1}";
	concept->extensions.len = strlen("{\"embeddings\":1}");
	cxa_buffer_reset(&out);
	is_int(cxa_json_encode(decoded.message, true, NULL, &out, NULL),
	       CXA_ERR_CORRUPT, "extensions may not bring them a second time");
	is_int(cxa_json_encode(decoded.message, false, NULL, &out, NULL), 0,
	       "but may where nobody else does");
	cxa_arena_release(&decoded.arena);
	free(golden);
}

static void unknown_fields_are_left_out(void)
{
	Cxa__CorticalState state = CXA__CORTICAL_STATE__INIT;
	ProtobufCMessageUnknownField field = { .tag = 99 };
	struct cxa_buffer plain = { 0 };

	cxa_buffer_reset(&out);
	cxa_json_encode(&state.base, false, NULL, &plain, NULL);
	state.base.n_unknown_fields = 1;
	state.base.unknown_fields = &field;
	is_int(cxa_json_encode(&state.base, false, NULL, &out, NULL), 0,
	       "a message with fields of a newer version is written");
	is_mem(out.data, out.size, plain.data, plain.size, "without them");
	cxa_buffer_release(&plain);
}

static void a_budget_may_end_anywhere(void)
{
	unsigned other = 0;
	int status = CXA_ERR_LIMIT;
	size_t budget;

	for (budget = 1; status == CXA_ERR_LIMIT && budget < 65536;
	     budget += 16) {
		struct decoded decoded = { .arena = { .budget = budget } };

		status = decode(&decoded, CONCEPT, concept_lines,
				sizeof(concept_lines) - 1);
		other += status != CXA_ERR_LIMIT && status != 0;
		other += decoded.error.status != status;
		cxa_arena_release(&decoded.arena);
	}
	ok(status == 0 && other == 0,
	   "an arena that is full is told, wherever it gets full");
}

int main(void)
{
	strings_are_escaped_as_serde_json_does();
	strings_are_found_special_anywhere();
	values_are_minified_or_refused();
	depth_is_bounded();
	many_names_are_told_apart();
	bad_extensions_are_refused();
	extensions_follow_the_known();
	what_has_no_json_is_refused();
	members_of_the_document_are_not_besides();
	embeddings_are_written_where_asked();
	unknown_fields_are_left_out();
	a_budget_may_end_anywhere();
	cxa_buffer_release(&out);
	return done_testing();
}
