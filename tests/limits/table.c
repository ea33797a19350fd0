/* table.c - the table of limits: complete, consistent, and what it is for */
#include "base/limits.h"

#include "endpoint/context.h"
#include "tap.h"

static bool is_name(const char *name)
{
	return name[0] != '\0' &&
	       strspn(name, "abcdefghijklmnopqrstuvwxyz-") == strlen(name);
}

static void rows_are_of_all_fields(void)
{
	struct cxa_limits seen = { 0 };
	struct cxa_limits none = { 0 };
	const struct cxa_limit *row;
	size_t bad = 0;
	size_t count = 0;

	for (; (row = cxa_limit_at(count)) != NULL; count++) {
		bad += !is_name(row->name) || row->standard == 0 ||
		       row->unit[0] == '\0' || row->bounds[0] == '\0' ||
		       row->offset % sizeof(uint64_t) != 0;
		((uint64_t *)(void *)&seen)[row->offset / 8] = 1;
	}
	is_uint(bad, 0, "each row has a name, a default, a unit, and words");
	is_uint(count, sizeof(seen) / sizeof(uint64_t),
		"there are as many rows as fields");
	for (size_t i = 0; i < count; i++)
		bad += ((uint64_t *)(void *)&seen)[i] == 0;
	is_uint(bad, 0, "and no field without a row");
	ok(cxa_limit_at(count + 1) == NULL && cxa_limit_at(SIZE_MAX) == NULL,
	   "behind the last there is none");
	cxa_limits_fill(&none);
	ok(memcmp(&none, cxa_limits_default(), sizeof(none)) == 0,
	   "what is not set is the default");
}

static void what_is_set_stays(void)
{
	struct cxa_context_options options = CXA_CONTEXT_OPTIONS_INIT;
	struct cxa_context *context = NULL;

	options.limits.tags = 3;
	options.limits.total_bytes = 5;
	options.threads = 1;
	is_int(cxa_context_open(&context, &options, NULL), 0,
	       "a context with two limits set is opened");
	is_uint(context->limits.tags, 3, "one is as it was set");
	is_uint(context->limits.total_bytes, 5, "as is the other");
	is_uint(context->limits.links, cxa_limits_default()->links,
		"and the rest are the defaults");
	cxa_context_close(context);
}

static void what_is_over_is_told(void)
{
	struct cxa_limits limits = *cxa_limits_default();
	struct cxa_error error = CXA_ERROR_INIT;
	char longest[CXA_PHRASE_BYTES] = "";
	const struct cxa_limit *row;

	limits.tags = 12;
	is_int(cxa_limit_exceeded(&error, &limits, CXA_LIMIT(tags), 13,
				  "concept %d", 7), CXA_ERR_LIMIT,
	       "what is over a limit has a status");
	is_str(error.message, "concept 7: 13 values, over the limit tags of 12",
	       "is told with its name, what was found and what is allowed");
	is_str(error.hint, "where the input is to be trusted, --limit "
	       "tags=NUMBER allows more", "and with what raises it");
	is_int(cxa_limit_exceeded(NULL, &limits, CXA_LIMIT(tags), 13, "x"),
	       CXA_ERR_LIMIT, "to nobody, too");
	memset(&limits, 0xff, sizeof(limits));
	for (size_t i = 0; (row = cxa_limit_at(i)) != NULL; i++) {
		char phrase[CXA_PHRASE_BYTES];

		cxa_limit_phrase(phrase, &limits, row->offset, UINT64_MAX);
		if (strlen(phrase) > strlen(longest))
			memcpy(longest, phrase, sizeof(longest));
	}
	like(longest + strlen(longest) - 24, "of 18446744073709551615",
	     "the longest phrase is not cut");
}

int main(void)
{
	rows_are_of_all_fields();
	what_is_set_stays();
	what_is_over_is_told();
	return done_testing();
}
