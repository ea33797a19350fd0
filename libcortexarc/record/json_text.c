/* json_text.c - a pull reader of JSON over a text in memory */
#include "record/json_text.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/utf8.h"

enum { PATH_MAX_BYTES = 200, PHRASE_MAX_BYTES = 200 };

/* --- messages --- */

struct path {
	char text[PATH_MAX_BYTES + 4];
	size_t size;
	bool cut;
};

static void path_add(struct path *path, const void *data, size_t size)
{
	size_t room = PATH_MAX_BYTES - path->size;
	char *out = path->text + path->size;

	if (path->cut)
		return;
	if (size > room) {
		path->cut = true;
		size = cxa_utf8_valid_prefix(data, room);
	}
	for (size_t i = 0; i < size; i++) {
		out[i] = ((const char *)data)[i];
		if ((uint8_t)out[i] < 0x20 || out[i] == 0x7f)
			out[i] = '?'; /* messages are one line */
	}
	path->size += size;
	if (path->cut) {
		memcpy(path->text + path->size, "...", 3);
		path->size += 3;
	}
}

static void path_step(struct path *path, const struct cxa_json_place *place)
{
	char index[32];

	if (place->name != NULL) {
		if (path->size != 0)
			path_add(path, ".", 1);
		path_add(path, place->name, place->name_size);
	} else if (place->index != CXA_JSON_BETWEEN) {
		snprintf(index, sizeof(index), "[%zu]", place->index);
		path_add(path, index, strlen(index));
	}
}

enum { PATH_STEPS = 32 }; /* the messages nest less deep than that */

static void make_path(struct path *path, const struct cxa_json_place *place)
{
	const struct cxa_json_place *steps[PATH_STEPS];
	size_t count = 0;

	path->size = 0;
	path->cut = false;
	for (; place != NULL && count < PATH_STEPS; place = place->parent)
		steps[count++] = place;
	while (count > 0)
		path_step(path, steps[--count]);
	path->text[path->size] = '\0';
}

static void find_line(const struct cxa_json_text *text, const uint8_t *at,
		      uint64_t *line, uint64_t *column)
{
	const uint8_t *start = text->data;
	const uint8_t *newline;

	*line = text->line;
	*column = text->column;
	while (at != start) {
		newline = memchr(start, '\n', (size_t)(at - start));
		if (newline == NULL)
			break;
		start = newline + 1;
		*line += 1;
		*column = 1;
	}
	*column += (uint64_t)(at - start);
}

void cxa_json_describe(const struct cxa_json_reader *reader, const uint8_t *at,
		       const char *phrase, char *line, size_t size)
{
	struct path path;
	char who[100] = "";
	uint64_t number;
	uint64_t column;

	if (reader->what != NULL && reader->has_key)
		snprintf(who, sizeof(who), "%.60s %llu: ", reader->what,
			 (unsigned long long)reader->key);
	else if (reader->what != NULL)
		snprintf(who, sizeof(who), "%.60s: ", reader->what);
	make_path(&path, reader->place);
	find_line(&reader->text, at, &number, &column);
	snprintf(line, size, "%s%s%s %s (line %llu, column %llu)", who,
		 path.size == 0 ? "the value" : "member ", path.text, phrase,
		 (unsigned long long)number, (unsigned long long)column);
}

int (cxa_json_fail)(struct cxa_json_reader *reader, int status, const uint8_t *at,
		  const char *format, ...)
{
	char phrase[PHRASE_MAX_BYTES];
	char line[512];
	va_list args;

	if (reader->error == NULL || reader->error->status != 0)
		return status;
	va_start(args, format);
	vsnprintf(phrase, sizeof(phrase), format, args);
	va_end(args);
	cxa_json_describe(reader, at, phrase, line, sizeof(line));
	cxa_error_at(reader->error, NULL,
		     reader->text.offset + (uint64_t)(at - reader->text.data));
	return cxa_error_set(reader->error, status, "%s", line);
}

int (cxa_json_over_limit)(struct cxa_json_reader *reader, const uint8_t *at,
			size_t limit, uint64_t found)
{
	char phrase[CXA_PHRASE_BYTES];

	cxa_json_fail(reader, CXA_ERR_LIMIT, at, "has %s",
		      cxa_limit_phrase(phrase, reader->limits, limit, found));
	cxa_limit_hint(reader->error, limit);
	return CXA_ERR_LIMIT;
}

/* The text is in memory, too, and was taken from the budget. */
static int over_budget(struct cxa_json_reader *reader, size_t size)
{
	uint64_t used = (uint64_t)reader->text.size + reader->arena->total;

	return cxa_json_over_limit(reader, reader->at, CXA_LIMIT(decode_bytes),
				   used + size);
}

int cxa_json_take(struct cxa_json_reader *reader, size_t size, void **out)
{
	*out = cxa_arena_alloc(reader->arena, size);
	if (*out != NULL)
		return 0;
	if (cxa_arena_is_spent(reader->arena, size))
		return over_budget(reader, size);
	return cxa_error_nomem(reader->error, "JSON");
}

/* --- structure --- */

int cxa_json_start(struct cxa_json_reader *reader,
		   const struct cxa_json_text *text,
		   const struct cxa_limits *limits, struct cxa_arena *arena,
		   struct cxa_error *error)
{
	static const uint8_t mark[] = { 0xef, 0xbb, 0xbf };

	*reader = (struct cxa_json_reader){
		.limits = limits == NULL ? cxa_limits_default() : limits,
		.text = *text,
		.arena = arena,
		.error = error,
	};
	if (text->size == 0)
		reader->text.data = mark; /* NULL has no bytes behind it */
	reader->at = reader->text.data;
	reader->end = reader->at + text->size;
	if (text->size > UINT32_MAX)
		return cxa_json_fail(reader, CXA_ERR_LIMIT, reader->at,
				     "is longer than 4 GiB");
	if (text->size >= sizeof(mark) &&
	    memcmp(text->data, mark, sizeof(mark)) == 0)
		return cxa_json_fail(reader, CXA_ERR_FORMAT, reader->at,
				     "begins with a byte order mark "
				     "(U+FEFF); JSON must not");
	return 0;
}

int cxa_json_finish(struct cxa_json_reader *reader)
{
	if (cxa_json_peek(reader) == -1)
		return 0;
	return cxa_json_fail(reader, CXA_ERR_FORMAT, reader->at,
			     "is followed by more text");
}

void cxa_json_stop(struct cxa_json_reader *reader)
{
	cxa_buffer_release(&reader->names);
}

int cxa_json_begin(struct cxa_json_reader *reader, char open)
{
	char close = open == '{' ? '}' : ']';
	int byte = cxa_json_peek(reader);

	if (byte == -1)
		return cxa_json_fail(reader, CXA_ERR_FORMAT, reader->at,
				     "ends too early");
	if (byte != open)
		return cxa_json_fail(reader, CXA_ERR_FORMAT, reader->at,
				     open == '{' ? "is not an object" :
						   "is not an array");
	if (reader->depth >= reader->limits->json_depth)
		return cxa_json_over_limit(reader, reader->at,
					   CXA_LIMIT(json_depth),
					   reader->depth + 1);
	reader->at++;
	if (cxa_json_peek(reader) == close) {
		reader->at++;
		return 0;
	}
	reader->depth++;
	return 1;
}

int cxa_json_next_slow(struct cxa_json_reader *reader, char close)
{
	int byte = cxa_json_peek(reader);

	if (byte == ',') {
		reader->at++;
		return 1;
	}
	if (byte == close) {
		reader->at++;
		reader->depth--;
		return 0;
	}
	if (byte == -1)
		return cxa_json_fail(reader, CXA_ERR_FORMAT, reader->at,
				     "ends too early");
	return cxa_json_fail(reader, CXA_ERR_FORMAT, reader->at,
			     "is followed by neither a comma nor %c", close);
}

bool cxa_json_literal(struct cxa_json_reader *reader, const char *word)
{
	size_t size = strlen(word);

	if ((size_t)(reader->end - reader->at) < size ||
	    memcmp(reader->at, word, size) != 0)
		return false;
	reader->at += size;
	return true;
}

static const uint8_t *skip_digits(const uint8_t *at, const uint8_t *end)
{
	while (at != end && *at >= '0' && *at <= '9')
		at++;
	return at;
}

size_t cxa_json_number_size(const uint8_t *at, const uint8_t *end)
{
	const uint8_t *p = at;
	const uint8_t *digits;

	if (p != end && *p == '-')
		p++;
	digits = p;
	p = p != end && *p == '0' ? p + 1 : skip_digits(p, end);
	if (p == digits)
		return 0;
	if (p != end && *p == '.') {
		digits = ++p;
		p = skip_digits(p, end);
		if (p == digits)
			return 0;
	}
	if (p != end && (*p == 'e' || *p == 'E')) {
		p++;
		if (p != end && (*p == '+' || *p == '-'))
			p++;
		digits = p;
		p = skip_digits(p, end);
		if (p == digits)
			return 0;
	}
	return (size_t)(p - at);
}

/* --- names --- */

int cxa_json_read_name(struct cxa_json_reader *reader,
		       struct cxa_json_string *raw, const uint8_t **name)
{
	int byte = cxa_json_peek(reader);
	const uint8_t *start = reader->at;
	int status;

	if (byte == -1)
		return cxa_json_fail(reader, CXA_ERR_FORMAT, start,
				     "ends too early");
	if (byte != '"')
		return cxa_json_fail(reader, CXA_ERR_FORMAT, start,
				     "lacks a member's name in quotes");
	status = cxa_json_read_string(reader, raw);
	if (status < 0)
		return status;
	if (raw->size > CXA_JSON_NAME_MAX)
		return cxa_json_fail(reader, CXA_ERR_LIMIT, start,
				     "has a member's name of %zu bytes, over "
				     "the format's limit of %d", raw->size,
				     CXA_JSON_NAME_MAX);
	status = cxa_json_view(reader, raw, name);
	return status < 0 ? status : cxa_json_read_colon(reader);
}

int cxa_json_read_colon(struct cxa_json_reader *reader)
{
	int byte = cxa_json_peek(reader);

	if (byte == ':') {
		reader->at++;
		return 0;
	}
	return cxa_json_fail(reader, CXA_ERR_FORMAT, reader->at,
			     byte == -1 ? "ends too early" :
				"has a member's name without a colon");
}

int cxa_json_push_name(struct cxa_json_reader *reader,
		       const struct cxa_json_string *raw, const uint8_t *name)
{
	struct cxa_json_name entry = {
		.data = name,
		.size = (uint32_t)raw->size,
		.at = (uint32_t)(raw->raw - reader->text.data) - 1,
	};

	cxa_buffer_append(&reader->names, &entry, sizeof(entry));
	if (reader->names.failed)
		return cxa_error_nomem(reader->error, "JSON");
	return 0;
}

static bool same_name(const struct cxa_json_name *a,
		      const struct cxa_json_name *b)
{
	return a->size == b->size &&
	       (a->size == 0 || memcmp(a->data, b->data, a->size) == 0);
}

/* Any order in which equal names stand together, the earlier one first. */
static int compare_names(const void *left, const void *right)
{
	const struct cxa_json_name *a = left;
	const struct cxa_json_name *b = right;
	int order = 0;

	if (a->size != b->size)
		return a->size < b->size ? -1 : 1;
	if (a->size != 0)
		order = memcmp(a->data, b->data, a->size);
	if (order == 0)
		order = a->at < b->at ? -1 : a->at > b->at;
	return order;
}

/* @twice is the later of two equal names among the members just closed. */
static int fail_twice(struct cxa_json_reader *reader,
		      const struct cxa_json_name *twice)
{
	struct cxa_json_place place = {
		.parent = reader->place,
		.name = twice->data,
		.name_size = twice->size,
	};
	int status;

	reader->place = &place;
	status = cxa_json_fail(reader, CXA_ERR_FORMAT,
			       reader->text.data + twice->at, "is there twice");
	reader->place = place.parent;
	return status;
}

int cxa_json_pop_names(struct cxa_json_reader *reader, size_t base)
{
	struct cxa_json_name *names;
	size_t count = (reader->names.size - base) / sizeof(*names);

	if (count < 2) {
		reader->names.size = base;
		return 0;
	}
	names = (struct cxa_json_name *)(void *)(reader->names.data + base);
	qsort(names, count, sizeof(*names), compare_names);
	for (size_t i = 1; i < count; i++)
		if (same_name(&names[i - 1], &names[i]))
			return fail_twice(reader, &names[i]);
	reader->names.size = base;
	return 0;
}
