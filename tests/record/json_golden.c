/* json_golden.c - every record the original wrote comes back byte for byte */
#include "json_fixture.h"

struct span {
	const char *data;
	size_t size;
};

static int compare_spans(const void *left, const void *right)
{
	const struct span *a = left;
	const struct span *b = right;
	size_t common = a->size < b->size ? a->size : b->size;
	int order = memcmp(a->data, b->data, common);

	return order != 0 ? order : a->size < b->size ? -1 : 1;
}

/* The original writes a map in no order; ours is by key. */
static void sort_map(char *map)
{
	struct span pairs[64];
	size_t count = 0;
	const char *at = map + 1;
	char *copy;
	char *out = map + 1;

	if (*map != '{' || *at == '}')
		return;
	do {
		at += *at == ',';
		pairs[count].data = at;
		at = behind_value(at);
		pairs[count].size = (size_t)(at - pairs[count].data);
		count++;
	} while (*at == ',');
	copy = malloc((size_t)(at - map));
	if (copy == NULL)
		abort();
	memcpy(copy, map, (size_t)(at - map));
	for (size_t i = 0; i < count; i++)
		pairs[i].data = copy + (pairs[i].data - map);
	qsort(pairs, count, sizeof(pairs[0]), compare_spans);
	for (size_t i = 0; i < count; i++) {
		if (i != 0)
			*out++ = ',';
		memcpy(out, pairs[i].data, pairs[i].size);
		out += pairs[i].size;
	}
	free(copy);
}

static void sort_maps(char *text, const char *name)
{
	char *at = text;

	while ((at = strstr(at, name)) != NULL) {
		at += strlen(name);
		sort_map(at);
	}
}

static bool comes_back(struct decoded *decoded, struct cxa_buffer *out,
		       int kind, const char *json, size_t size)
{
	if (decode(decoded, kind, json, size) != 0) {
		printf("# %s\n", decoded->error.message);
		return false;
	}
	if (encode(decoded, kind, out) != 0)
		return false;
	if (out->size == size && memcmp(out->data, json, size) == 0)
		return true;
	printf("# was: %.*s\n# now: %.*s\n", (int)size, json, (int)out->size,
	       (const char *)out->data);
	return false;
}

static void collection_comes_back(char *golden, int kind, unsigned expected)
{
	struct decoded decoded = { 0 };
	struct cxa_buffer out = { 0 };
	const char *at = find_member(golden, kinds[kind].member);
	const char *end;
	unsigned count = 0;
	unsigned good = 0;

	at += *at == '[';
	for (;; at = end + 1) {
		end = behind_value(at);
		count++;
		good += comes_back(&decoded, &out, kind, at,
				   (size_t)(end - at));
		if (*end != ',' || expected == 1)
			break;
	}
	ok(good == expected && count == expected,
	   "%s: %u of %u records come back byte for byte", kinds[kind].member,
	   good, expected);
	cxa_arena_release(&decoded.arena);
	cxa_buffer_release(&out);
}

static void values_arrive(const char *golden)
{
	struct decoded decoded = { 0 };
	const Cxa__Concept *concept;
	const Cxa__SystemState *state;
	size_t size;
	const char *json = first_record(golden, CONCEPT, &size);

	decode(&decoded, CONCEPT, json, size);
	concept = (const Cxa__Concept *)decoded.message;
	is_uint(concept->id, 1, "a concept has its id");
	is_uint(concept->content_hash, UINT64_C(10694110905485196426),
		"and its hash to the last bit");
	ok(memchr(concept->content.data, 0, concept->content.len) != NULL,
	   "and its content goes on behind a NUL");
	ok(!concept->metadata->source->has_parent_concept_id,
	   "and null is absent, not zero");
	is_uint(decoded.embeddings->n_semantic_vector, 8,
		"and its embeddings stand beside it");
	ok(!concept->has_extensions, "and it has no extensions");
	json = first_record(golden, SYSTEM_STATE, &size);
	decode(&decoded, SYSTEM_STATE, json, size);
	state = (const Cxa__SystemState *)decoded.message;
	is_uint(state->cortical_state->column_states_checksum,
		UINT64_MAX - 1, "a checksum near 2^64 is exact");
	is_uint(state->configuration->n_cortex_size, 2,
		"the cortex has two sizes");
	cxa_arena_release(&decoded.arena);
}

/* As @json, with white space wherever there may be some. */
static size_t spread(const char *json, size_t size, char *out)
{
	static const char spaces[] = " \t\r\n";
	bool quoted = false;
	size_t n = 0;

	for (size_t i = 0; i < size; i++) {
		if (!quoted && strchr("{}[]:,\"", json[i]) != NULL)
			out[n++] = spaces[i % 4];
		if (json[i] == '"')
			quoted = !quoted;
		out[n++] = json[i];
		if (quoted && json[i] == '\\')
			out[n++] = json[++i];
		if (!quoted && strchr("{}[]:,\"", json[i]) != NULL)
			out[n++] = spaces[i % 4];
	}
	return n;
}

static void white_space_is_nothing(const char *golden)
{
	struct decoded decoded = { 0 };
	struct cxa_buffer out = { 0 };
	size_t size;
	const char *json;
	char *wide;

	for (int kind = 0; kind < KIND_COUNT; kind++) {
		json = first_record(golden, kind, &size);
		wide = malloc(size * 3);
		if (wide == NULL)
			abort();
		decode(&decoded, kind, wide, spread(json, size, wide));
		if (decoded.status == 0)
			encode(&decoded, kind, &out);
		ok(out.size == size && memcmp(out.data, json, size) == 0,
		   "a %s with white space everywhere is the same",
		   kinds[kind].what);
		free(wide);
	}
	cxa_arena_release(&decoded.arena);
	cxa_buffer_release(&out);
}

static void write_backwards(const char *at, struct cxa_buffer *out);

/* The members of an object, last first. */
static void write_members_backwards(const char *at, struct cxa_buffer *out)
{
	const char *members[64];
	size_t count = 0;
	const char *value;

	while (*++at != '}') {
		members[count++] = at;
		at = behind_value(at);
		if (*at == '}')
			break;
	}
	while (count-- > 0) {
		value = members[count] + 1;
		while (*value != '"')
			value++;
		value += 2;
		cxa_buffer_append(out, members[count],
				  (size_t)(value - members[count]));
		write_backwards(value, out);
		if (count != 0)
			cxa_buffer_byte(out, ',');
	}
}

static void write_backwards(const char *at, struct cxa_buffer *out)
{
	if (*at != '{') {
		cxa_buffer_append(out, at, (size_t)(behind_value(at) - at));
		return;
	}
	cxa_buffer_byte(out, '{');
	write_members_backwards(at, out);
	cxa_buffer_byte(out, '}');
}

static void order_is_nothing(const char *golden)
{
	struct decoded decoded = { 0 };
	struct cxa_buffer turned = { 0 };
	struct cxa_buffer out = { 0 };
	size_t size;
	const char *json;

	for (int kind = 0; kind < KIND_COUNT; kind++) {
		json = first_record(golden, kind, &size);
		cxa_buffer_reset(&turned);
		write_backwards(json, &turned);
		decode(&decoded, kind, (const char *)turned.data, turned.size);
		if (decoded.status == 0)
			encode(&decoded, kind, &out);
		ok(out.size == size && memcmp(out.data, json, size) == 0,
		   "a %s with its members backwards is the same",
		   kinds[kind].what);
	}
	cxa_arena_release(&decoded.arena);
	cxa_buffer_release(&turned);
	cxa_buffer_release(&out);
}

int main(void)
{
	static const unsigned counts[KIND_COUNT] = { 1, 24, 31, 72, 1, 5, 21 };
	char *golden = load_golden();

	sort_maps(golden, "\"parameters\":");
	sort_maps(golden, "\"metadata_changes\":");
	for (int kind = 0; kind < KIND_COUNT; kind++)
		collection_comes_back(golden, kind, counts[kind]);
	values_arrive(golden);
	white_space_is_nothing(golden);
	order_is_nothing(golden);
	free(golden);
	return done_testing();
}
