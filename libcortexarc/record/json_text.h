/* json_text.h - a pull reader of JSON over a text in memory */
#ifndef CXA_RECORD_JSON_TEXT_H
#define CXA_RECORD_JSON_TEXT_H

#include "record/json_codec.h"

/**
 * struct cxa_json_place - a step on the path to what is being read
 * @name: of a member; NULL: an element, or between members
 * @index: of an element; CXA_JSON_BETWEEN: between members
 */
struct cxa_json_place {
	const struct cxa_json_place *parent;
	const uint8_t *name;
	size_t name_size;
	size_t index;
};

#define CXA_JSON_BETWEEN SIZE_MAX

/** struct cxa_json_name - a name that must not come twice; @at: its offset */
struct cxa_json_name {
	const uint8_t *data;
	uint32_t size;
	uint32_t at;
};

/**
 * struct cxa_json_reader - the cursor, and what messages have to say
 * @at: the next byte; @end is never read
 * @names: stack of struct cxa_json_name, those of the open objects
 * @place: the innermost step of the path; the steps live on the C stack
 * @what: for messages, or NULL
 * @has_key: @key is the record's, for messages
 */
struct cxa_json_reader {
	const uint8_t *at;
	const uint8_t *end;
	uint64_t depth;
	const struct cxa_limits *limits;
	struct cxa_json_text text;
	const struct cxa_json_place *place;
	const char *what;
	uint64_t key;
	bool has_key;
	struct cxa_arena *arena;
	struct cxa_buffer names;
	struct cxa_error *error;
};

/** struct cxa_json_string - what stands between two quotes, checked
 * @raw: @raw_size bytes with their escapes
 * @size: bytes when unescaped; @raw_size when there is no escape
 */
struct cxa_json_string {
	const uint8_t *raw;
	size_t raw_size;
	size_t size;
};

/* A member's name may have so many bytes, whatever limits are set. */
enum { CXA_JSON_NAME_MAX = 64 * 1024 };

/**
 * cxa_json_start() - set @reader to the value in @text
 * @limits: filled; NULL: the defaults; there as long as @reader is
 * @arena: for names with escapes
 *
 * Return: 0, CXA_ERR_FORMAT (a byte order mark), CXA_ERR_LIMIT (over 4 GiB).
 * In any case cxa_json_stop() must follow.
 */
int cxa_json_start(struct cxa_json_reader *reader,
		   const struct cxa_json_text *text,
		   const struct cxa_limits *limits, struct cxa_arena *arena,
		   struct cxa_error *error);

/** cxa_json_finish() - Return: 0, CXA_ERR_FORMAT: more than white space left */
int cxa_json_finish(struct cxa_json_reader *reader);

void cxa_json_stop(struct cxa_json_reader *reader);

/**
 * cxa_json_describe() - a line about the member at @reader->place
 * @at: for line and column
 * @phrase: what is said of it, as "is missing"
 */
void cxa_json_describe(const struct cxa_json_reader *reader, const uint8_t *at,
		       const char *phrase, char *line, size_t size);

/** cxa_json_fail() - the same as an error; Return: @status */
int cxa_json_fail(struct cxa_json_reader *reader, int status, const uint8_t *at,
		  const char *format, ...)
	__attribute__((format(printf, 4, 5), cold));

/** cxa_json_over_limit() - the member has @found, over @limit: CXA_ERR_LIMIT */
int cxa_json_over_limit(struct cxa_json_reader *reader, const uint8_t *at,
			size_t limit, uint64_t found);

/**
 * cxa_json_take() - memory of the arena
 *
 * Return: 0, CXA_ERR_NOMEM, CXA_ERR_LIMIT: over the arena's budget.
 */
int cxa_json_take(struct cxa_json_reader *reader, size_t size, void **out);

/* As in base/error.h. */
#ifdef __clang_analyzer__
#define cxa_json_fail(reader, status, ...) \
	((cxa_json_fail)(reader, status, __VA_ARGS__), (status))
#define cxa_json_over_limit(...) \
	((cxa_json_over_limit)(__VA_ARGS__), CXA_ERR_LIMIT)
#endif

static inline void cxa_json_skip_space(struct cxa_json_reader *reader)
{
	const uint8_t *at = reader->at;

	while (at != reader->end && *at <= ' ' &&
	       (*at == ' ' || *at == '\n' || *at == '\r' || *at == '\t'))
		at++;
	reader->at = at;
}

/** cxa_json_peek() - the next byte that is not white space; -1: the end */
static inline int cxa_json_peek(struct cxa_json_reader *reader)
{
	cxa_json_skip_space(reader);
	return reader->at == reader->end ? -1 : *reader->at;
}

/**
 * cxa_json_begin() - an object or array must begin here
 *
 * Return: 1 something is in it, 0 it is empty (and closed), CXA_ERR_FORMAT,
 * CXA_ERR_LIMIT (depth).
 */
int cxa_json_begin(struct cxa_json_reader *reader, char open);

/** cxa_json_next_slow() - the rest of cxa_json_next() */
int cxa_json_next_slow(struct cxa_json_reader *reader, char close);

/**
 * cxa_json_next() - behind a value of an object or array that @close closes
 *
 * Return: 1 another follows, 0 closed, CXA_ERR_FORMAT.
 */
static inline int cxa_json_next(struct cxa_json_reader *reader, char close)
{
	if (reader->at != reader->end && *reader->at == ',') {
		reader->at++;
		return 1;
	}
	return cxa_json_next_slow(reader, close);
}

/** cxa_json_literal() - consume @word if it stands at the cursor */
bool cxa_json_literal(struct cxa_json_reader *reader, const char *word);

/** cxa_json_number_size() - bytes of the JSON number at @at; 0: none there */
size_t cxa_json_number_size(const uint8_t *at, const uint8_t *end);

/** cxa_json_plain_end() - the first quote, backslash or control character */
const uint8_t *cxa_json_plain_end(const uint8_t *at, const uint8_t *end,
				  uint64_t *high_bits);

/** cxa_json_read_string() - check a string and step behind it */
int cxa_json_read_string(struct cxa_json_reader *reader,
			 struct cxa_json_string *string);

/** cxa_json_unescape() - write @string->size bytes to @out */
void cxa_json_unescape(const struct cxa_json_string *string, uint8_t *out);

/** cxa_json_view() - the unescaped bytes, in the text itself or in the arena */
int cxa_json_view(struct cxa_json_reader *reader,
		  const struct cxa_json_string *string, const uint8_t **data);

/** cxa_json_read_name() - a member's name, unescaped, and the colon */
int cxa_json_read_name(struct cxa_json_reader *reader,
		       struct cxa_json_string *raw, const uint8_t **name);

/** cxa_json_read_colon() - what must stand behind a name */
int cxa_json_read_colon(struct cxa_json_reader *reader);

/** cxa_json_push_name() - note a name of the innermost object */
int cxa_json_push_name(struct cxa_json_reader *reader,
		       const struct cxa_json_string *raw, const uint8_t *name);

/** cxa_json_pop_names() - forget the names above @base; refuse one met twice */
int cxa_json_pop_names(struct cxa_json_reader *reader, size_t base);

/**
 * cxa_json_copy_value() - append the next value, minified, to @out
 * @limit: CXA_LIMIT() on its bytes, or CXA_NO_LIMIT
 *
 * In json_minify.c. The depth of the C stack does not grow with the value's.
 */
int cxa_json_copy_value(struct cxa_json_reader *reader, struct cxa_buffer *out,
			size_t limit);

#endif
