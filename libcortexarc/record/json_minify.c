/* json_minify.c - any JSON value, checked, without white space */
#include "record/json_text.h"

/* An open bracket: where its names begin, and what closes it. */
struct level {
	uint32_t names;
	char close;
};

struct copier {
	struct cxa_json_reader *reader;
	struct cxa_buffer *out;
	size_t start;
	size_t limit;
	struct cxa_buffer levels;
};

enum { MORE = 1 }; /* a value must follow */

static int put(struct copier *copier, const void *data, size_t size)
{
	struct cxa_buffer *out = copier->out;
	uint64_t total = out->size - copier->start + size;

	if (total > cxa_limit_of(copier->reader->limits, copier->limit))
		return cxa_json_over_limit(copier->reader, copier->reader->at,
					   copier->limit, total);
	cxa_buffer_append(out, data, size);
	return out->failed ? cxa_error_nomem(copier->reader->error, "JSON") : 0;
}

static int copy_string(struct copier *copier)
{
	const uint8_t *start = copier->reader->at;
	struct cxa_json_string string;
	int status = cxa_json_read_string(copier->reader, &string);

	if (status < 0)
		return status;
	return put(copier, start, (size_t)(copier->reader->at - start));
}

/* A member's name and its colon. */
static int copy_name(struct copier *copier)
{
	struct cxa_json_reader *reader = copier->reader;
	struct cxa_json_string raw;
	const uint8_t *name;
	int status = cxa_json_read_name(reader, &raw, &name);

	if (status == 0)
		status = cxa_json_push_name(reader, &raw, name);
	if (status == 0)
		status = put(copier, raw.raw - 1, raw.raw_size + 2);
	return status == 0 ? put(copier, ":", 1) : status;
}

static int copy_bracket(struct copier *copier, char open)
{
	struct cxa_json_reader *reader = copier->reader;
	struct level level = {
		.names = (uint32_t)reader->names.size,
		.close = open == '{' ? '}' : ']',
	};
	int more = cxa_json_begin(reader, open);
	int status;

	if (more < 0)
		return more;
	if (more == 0)
		return put(copier, open == '{' ? "{}" : "[]", 2);
	if (reader->names.size > UINT32_MAX)
		return cxa_json_fail(reader, CXA_ERR_LIMIT, reader->at,
				     "has too many members");
	cxa_buffer_append(&copier->levels, &level, sizeof(level));
	if (copier->levels.failed)
		return cxa_error_nomem(reader->error, "JSON");
	status = put(copier, &open, 1);
	if (status == 0 && open == '{')
		status = copy_name(copier);
	return status == 0 ? MORE : status;
}

static int copy_scalar(struct copier *copier, int byte)
{
	struct cxa_json_reader *reader = copier->reader;
	const uint8_t *start = reader->at;

	if (byte == '-' || (byte >= '0' && byte <= '9')) {
		reader->at += cxa_json_number_size(start, reader->end);
		if (reader->at != start)
			return put(copier, start, (size_t)(reader->at - start));
	} else if (cxa_json_literal(reader, "null") ||
		   cxa_json_literal(reader, "true") ||
		   cxa_json_literal(reader, "false")) {
		return put(copier, start, (size_t)(reader->at - start));
	}
	return cxa_json_fail(reader, CXA_ERR_FORMAT, start, "%s",
			     byte == -1 ? "ends too early" :
					  "is not valid JSON");
}

/* A scalar, an empty bracket, or an open one with its first name. */
static int copy_start(struct copier *copier)
{
	int byte = cxa_json_peek(copier->reader);

	if (byte == '"')
		return copy_string(copier);
	if (byte == '{' || byte == '[')
		return copy_bracket(copier, (char)byte);
	return copy_scalar(copier, byte);
}

/* Behind a value: close what closes; MORE, or 0 when all is closed. */
static int copy_ends(struct copier *copier)
{
	struct cxa_json_reader *reader = copier->reader;
	struct level level;
	size_t top;
	int more;

	while (copier->levels.size != 0) {
		top = copier->levels.size - sizeof(level);
		memcpy(&level, copier->levels.data + top, sizeof(level));
		more = cxa_json_next(reader, level.close);
		if (more == 0) {
			more = put(copier, &level.close, 1);
			if (more == 0 && level.close == '}')
				more = cxa_json_pop_names(reader, level.names);
			if (more < 0)
				return more;
			copier->levels.size = top;
			continue;
		}
		if (more > 0)
			more = put(copier, ",", 1);
		if (more == 0 && level.close == '}')
			more = copy_name(copier);
		return more == 0 ? MORE : more;
	}
	return 0;
}

int cxa_json_copy_value(struct cxa_json_reader *reader, struct cxa_buffer *out,
			size_t limit)
{
	struct copier copier = {
		.reader = reader,
		.out = out,
		.start = out->size,
		.limit = limit,
	};
	int status;

	do {
		status = copy_start(&copier);
		if (status == 0)
			status = copy_ends(&copier);
	} while (status == MORE);
	cxa_buffer_release(&copier.levels);
	return status;
}

int cxa_json_minify(const struct cxa_json_text *text,
		    const struct cxa_json_rules *rules, struct cxa_buffer *out,
		    struct cxa_error *error)
{
	struct cxa_json_reader reader;
	struct cxa_arena arena = { 0 };
	size_t start = out->size;
	int status = cxa_json_start(&reader, text,
				    rules == NULL ? NULL : rules->limits,
				    &arena, error);

	if (status == 0)
		status = cxa_json_copy_value(&reader, out, CXA_NO_LIMIT);
	if (status == 0)
		status = cxa_json_finish(&reader);
	if (status < 0)
		out->size = start;
	cxa_json_stop(&reader);
	cxa_arena_release(&arena);
	return status;
}

int cxa_json_check(const uint8_t *text, size_t size, bool object,
		   const struct cxa_limits *limits, struct cxa_error *error)
{
	struct cxa_json_text json = { text, size, 1, 1, 0 };
	struct cxa_json_rules rules = { .limits = limits };
	struct cxa_buffer minified = { 0 };
	struct cxa_error own = CXA_ERROR_INIT;
	int status = cxa_json_minify(&json, &rules, &minified, &own);

	if (status == CXA_ERR_FORMAT)
		status = CXA_ERR_CORRUPT;
	if (status < 0) {
		cxa_error_set(error, status, "%s", own.message);
		cxa_error_hint(error, "%s", own.hint);
	} else if (object && (minified.size == 0 || minified.data[0] != '{')) {
		status = cxa_error_set(error, CXA_ERR_CORRUPT,
				       "not a JSON object");
	}
	cxa_buffer_release(&minified);
	return status;
}
