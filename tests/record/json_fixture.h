/* json_fixture.h - records of JSON for the tests: read, cut, decoded */
#ifndef CXA_TESTS_JSON_FIXTURE_H
#define CXA_TESTS_JSON_FIXTURE_H

#include <stdlib.h>

#include "record/json_codec.h"
#include "tap.h"

/* What a test decodes: its types by the name messages give them. */
static const struct {
	const char *what;
	const char *member; /* of the document */
	const ProtobufCMessageDescriptor *descriptor;
} kinds[] = {
	{ "metadata", "metadata", &cxa__metadata__descriptor },
	{ "concept", "concepts", &cxa__concept__descriptor },
	{ "column", "columns", &cxa__column__descriptor },
	{ "connection", "connections", &cxa__connection__descriptor },
	{ "system_state", "system_state", &cxa__system_state__descriptor },
	{ "cached query", "query_cache", &cxa__cached_query__descriptor },
	{ "sync entry", "sync_queue", &cxa__sync_entry__descriptor },
};

enum { KIND_COUNT = sizeof(kinds) / sizeof(kinds[0]) };
enum { METADATA, CONCEPT, COLUMN, CONNECTION, SYSTEM_STATE, QUERY, SYNC };

/* One record, and what became of it. */
struct decoded {
	struct cxa_arena arena;
	struct cxa_json_rules rules;
	ProtobufCMessage *message;
	Cxa__Embeddings *embeddings;
	struct cxa_error error;
	int status;
};

/*
 * From a block of just that size, so that a sanitizer sees every byte too far;
 * it is gone afterwards, so that it sees what still points there.
 */
__attribute__((unused))
static int decode(struct decoded *decoded, int kind, const char *json,
		  size_t size)
{
	uint8_t *block = malloc(size == 0 ? 1 : size);
	struct cxa_json_text text = {
		.data = block, .size = size, .line = 1, .column = 1,
	};

	if (block == NULL)
		abort();
	memcpy(block, json, size);
	decoded->error = (struct cxa_error)CXA_ERROR_INIT;
	cxa_arena_reset(&decoded->arena);
	decoded->status = cxa_json_decode(
		cxa_message_type_of(kinds[kind].descriptor), kinds[kind].what,
		&text, &decoded->rules, &decoded->arena, &decoded->message,
		kind == CONCEPT ? &decoded->embeddings : NULL,
		&decoded->error);
	free(block);
	return decoded->status;
}

__attribute__((unused))
static int encode(const struct decoded *decoded, int kind,
		  struct cxa_buffer *out)
{
	cxa_buffer_reset(out);
	return cxa_json_encode(decoded->message, kind == CONCEPT,
			       decoded->embeddings, out, NULL);
}

/* Behind the value at @at, which is well-formed. */
__attribute__((unused))
static const char *behind_value(const char *at)
{
	int depth = 0;
	bool quoted = false;

	for (;; at++) {
		if (quoted && *at == '\\') {
			at++;
		} else if (*at == '"') {
			quoted = !quoted;
		} else if (!quoted && (*at == '{' || *at == '[')) {
			depth++;
		} else if (!quoted && (*at == '}' || *at == ']')) {
			if (depth-- == 0)
				return at;
		} else if (!quoted && depth == 0 && *at == ',') {
			return at;
		}
	}
}

/* The value of a member of the object at @object; NULL: it has none. */
__attribute__((unused))
static const char *find_member(const char *object, const char *name)
{
	const char *at = object + 1;
	size_t size = strlen(name);

	while (*at == '"') {
		if (strncmp(at + 1, name, size) == 0 &&
		    strncmp(at + 1 + size, "\":", 2) == 0)
			return at + size + 3;
		at = behind_value(at);
		at += *at == ',';
	}
	return NULL;
}

/* A concept of 13 lines; golden records stand on one. */
__attribute__((unused))
static const char concept_lines[] =
	"{\"id\":4711,\n"
	"\"content\":\"text\",\n"
	"\"content_hash\":18446744073709551615,\n"
	"\"column_id\":2,\n"
	"\"created_timestamp\":1.5,\n"
	"\"last_accessed\":2.5,\n"
	"\"access_count\":3,\n"
	"\"metadata\":{\"complexity\":0.5,\"category\":\"fact\",\n"
	"\"source\":{\"origin\":\"import\",\"timestamp\":4.0,"
	"\"session_id\":\"s\",\"parent_concept_id\":null},\n"
	"\"tags\":[\"a\",\"b\"],\"priority\":5,\"confidence\":0.25,\n"
	"\"connections\":[{\"target_id\":6,\"connection_type\":\"Causal\","
	"\"strength\":1.0,\"created\":7.0}]},\n"
	"\"embeddings\":{\"semantic_vector\":[0.5,1.5],"
	"\"neural_signature\":[],\"context_vector\":[2.0],"
	"\"last_computed\":8.0},\n"
	"\"version\":1}";

/* @json with @to in place of the first @from; NULL @from: @to alone. */
__attribute__((unused))
static void bend(struct cxa_buffer *out, const char *json, size_t size,
		 const char *from, const char *to, size_t to_size)
{
	const char *at = json;

	cxa_buffer_reset(out);
	cxa_buffer_room(out, 1);
	if (from == NULL) {
		cxa_buffer_append(out, to, to_size);
		return;
	}
	while ((size_t)(at - json) + strlen(from) <= size &&
	       memcmp(at, from, strlen(from)) != 0)
		at++;
	if ((size_t)(at - json) + strlen(from) > size) {
		printf("Bail out! no %s in the record\n", from);
		exit(1);
	}
	cxa_buffer_append(out, json, (size_t)(at - json));
	cxa_buffer_append(out, to, to_size);
	at += strlen(from);
	cxa_buffer_append(out, at, size - (size_t)(at - json));
}

/* The backup the original application wrote. */
__attribute__((unused))
static char *load_golden(void)
{
	const char *folder = getenv("CXA_SRCDIR");
	char path[4096];
	char *text = NULL;
	FILE *file;
	long size;

	snprintf(path, sizeof(path), "%s/tests/data/backup-v1-24.json",
		 folder == NULL ? "." : folder);
	file = fopen(path, "rb");
	if (file == NULL || fseek(file, 0, SEEK_END) != 0)
		goto out;
	size = ftell(file);
	rewind(file);
	text = calloc(1, (size_t)size + 1);
	if (text != NULL && fread(text, 1, (size_t)size, file) != (size_t)size)
		text[0] = '\0';
out:
	if (file != NULL)
		fclose(file);
	if (text == NULL || text[0] != '{') {
		printf("Bail out! cannot read %s\n", path);
		exit(1);
	}
	return text;
}

/* The first record of each kind in the backup, to be bent by the tests. */
__attribute__((unused))
static const char *first_record(const char *golden, int kind, size_t *size)
{
	const char *at = find_member(golden, kinds[kind].member);

	at += *at == '[';
	*size = (size_t)(behind_value(at) - at);
	return at;
}

#endif
