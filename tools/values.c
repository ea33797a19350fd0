/* values.c - the values of options: numbers, ids, names, limits */
#include <stddef.h>
#include <string.h>

#include "options.h"

/* Digits only: no sign, no space, nothing behind. Return: bytes used, or 0 */
static size_t read_uint(const char *text, uint64_t *out)
{
	uint64_t value = 0;
	size_t used = 0;

	for (; text[used] >= '0' && text[used] <= '9'; used++) {
		if (__builtin_mul_overflow(value, UINT64_C(10), &value) ||
		    __builtin_add_overflow(value, (uint64_t)(text[used] - '0'),
					   &value))
			return 0;
	}
	*out = value;
	return used;
}

int value_uint(const struct options *options, const char *option,
	       const char *text, uint64_t least, uint64_t most, uint64_t *out)
{
	size_t used = read_uint(text, out);

	if (used != 0 && text[used] == '\0' && *out >= least && *out <= most)
		return EXIT_DONE;
	if (most == UINT64_MAX - 1)
		return ui_usage(options->command->name,
				"%s: \"%s\" is no number", option, text);
	return ui_usage(options->command->name,
			"%s: \"%s\" is no number from %llu to %llu", option,
			text, (unsigned long long)least,
			(unsigned long long)most);
}

/* --- what to select ------------------------------------------------------------- */

static int add_collection(struct options *options, const char *name,
			  size_t size)
{
	enum cxa_collection collection;
	char copy[32];

	snprintf(copy, sizeof(copy), "%.*s", (int)(size > 31 ? 31 : size),
		 name);
	if (size > 31 || cxa_collection_find(&collection, copy) != 0)
		return ui_usage(options->command->name,
				"\"%.*s\" is no collection: concepts, "
				"embeddings, columns, connections, "
				"system_state, query_cache, sync_queue",
				(int)(size > 100 ? 100 : size), name);
	options->selection.collections |= UINT32_C(1) << collection;
	return EXIT_DONE;
}

int value_collections(struct options *options, const char *text)
{
	int result = EXIT_DONE;
	size_t size;

	for (;;) {
		size = strcspn(text, ",");
		result = add_collection(options, text, size);
		if (result != EXIT_DONE || text[size] == '\0')
			return result;
		text += size + 1;
	}
}

int value_ids(struct options *options, const char *text)
{
	struct cxa_selection *selection = &options->selection;
	const char *rest = text;
	uint64_t first = 0;
	uint64_t last = UINT64_MAX;
	size_t before = read_uint(rest, &first);
	size_t after = 0;
	bool has_dash;

	rest += before;
	has_dash = *rest == '-';
	if (has_dash) {
		rest++;
		after = read_uint(rest, &last);
		if (after == 0)
			last = UINT64_MAX;
		rest += after;
	} else {
		last = first;
	}
	if (before + after == 0 || *rest != '\0')
		return ui_usage(options->command->name,
				"--ids: \"%s\" is none of A-B, A, A- and -B",
				text);
	if (first > last)
		return ui_usage(options->command->name,
				"--ids: \"%s\" ends before it begins", text);
	selection->has_range = true;
	selection->first_id = first;
	selection->last_id = last;
	return EXIT_DONE;
}

/* --- what to expect and to bear --------------------------------------------- */

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

int value_expect(struct options *options, const char *text)
{
	size_t size = strlen(text);

	for (size_t i = 0; size == 64 && i < 32; i++) {
		int high = hex_digit(text[2 * i]);
		int low = hex_digit(text[2 * i + 1]);

		if (high < 0 || low < 0)
			size = 0; /* refused below */
		else
			options->expect[i] = (uint8_t)(16 * high + low);
	}
	if (size != 64)
		return ui_usage(options->command->name,
				"--expect: \"%s\" is no root hash of 64 "
				"hexadecimal digits", text);
	options->has_expect = true;
	return EXIT_DONE;
}

/* "-" and "_" are one. */
static bool is_name(const char *name, const char *text, size_t size)
{
	if (strlen(name) != size)
		return false;
	for (size_t i = 0; i < size; i++)
		if (text[i] != name[i] && !(text[i] == '_' && name[i] == '-'))
			return false;
	return true;
}

static const struct cxa_limit *find_limit(const char *text, size_t size)
{
	const struct cxa_limit *limit = NULL;

	for (size_t i = 0; (limit = cxa_limit_at(i)) != NULL; i++)
		if (is_name(limit->name, text, size))
			break;
	return limit;
}

/* As 100, 64K, 1M or 2G: powers of 1024. */
static bool read_size(const char *text, uint64_t *out)
{
	static const char suffixes[] = "KMG";
	size_t used = read_uint(text, out);
	const char *suffix;

	if (used == 0 || *out == 0)
		return false;
	if (text[used] == '\0')
		return true;
	suffix = strchr(suffixes, text[used] & ~0x20);
	if (suffix == NULL || *suffix == '\0' || text[used + 1] != '\0')
		return false;
	return !__builtin_mul_overflow(*out, UINT64_C(1) <<
				       (10 * (suffix - suffixes + 1)), out);
}

/* The names of all, one behind the other. */
static void list_limits(char *out, size_t size)
{
	const struct cxa_limit *limit;
	size_t used = 0;

	for (size_t i = 0; (limit = cxa_limit_at(i)) != NULL && used < size;
	     i++)
		used += (size_t)snprintf(out + used, size - used, "%s%s",
					 i == 0 ? "" : ", ", limit->name);
}

int value_limit(struct options *options, const char *text)
{
	size_t size = strcspn(text, "=");
	const struct cxa_limit *limit = find_limit(text, size);
	char *limits = (char *)&options->context.limits;
	char names[500];

	if (limit == NULL) {
		list_limits(names, sizeof(names));
		return ui_usage(options->command->name,
				"--limit: \"%.*s\" is no limit: %s",
				(int)(size > 100 ? 100 : size), text, names);
	}
	if (text[size] == '=' &&
	    read_size(text + size + 1,
		      (uint64_t *)(void *)(limits + limit->offset)))
		return EXIT_DONE;
	return ui_usage(options->command->name,
			"--limit: \"%s\" has no number above 0 (K, M and G may "
			"follow it)", text);
}

uint64_t value_limit_default(const char *name)
{
	return find_limit(name, strlen(name))->standard;
}

/* --- names ------------------------------------------------------------------------ */

int value_format(struct options *options, const char *text)
{
	if (strcmp(text, "json") == 0)
		options->format = CXA_KIND_JSON;
	else if (strcmp(text, "ndjson") == 0)
		options->format = CXA_KIND_NDJSON;
	else if (strcmp(text, "archive") == 0)
		options->format = CXA_KIND_ARCHIVE;
	else if (strcmp(text, "store") == 0)
		options->format = CXA_KIND_STORE;
	else
		return ui_usage(options->command->name,
				"--format: \"%s\" is none of store, json, "
				"ndjson, archive", text);
	return EXIT_DONE;
}

int value_verify_level(struct options *options, const char *text)
{
	if (cxa_level_find(&options->level, text) == 0)
		return EXIT_DONE;
	return ui_usage(options->command->name,
			"--level: \"%s\" is none of structure, bytes, "
			"records, graph, restorable", text);
}

int value_fail_on(struct options *options, const char *text)
{
	if (cxa_severity_find(&options->fail_on, text) == 0)
		return EXIT_DONE;
	return ui_usage(options->command->name,
			"--fail-on: \"%s\" is none of Low, Medium, High, "
			"Critical", text);
}
