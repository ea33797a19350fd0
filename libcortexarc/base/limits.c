/* limits.c - the table of limits, and saying what is over one */
#include "base/limits.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>

#define KIB (UINT64_C(1) << 10)
#define MIB (UINT64_C(1) << 20)
#define UNBOUND UINT64_MAX

/* The only list of them: options, messages and the manual are made from it. */
static const struct cxa_limit rows[] = {
	{ "batch-bytes", CXA_LIMIT(batch_bytes), 64 * MIB, "bytes",
	  "a batch, stored or decompressed; the schema" },
	{ "ratio", CXA_LIMIT(ratio), 1000, "times",
	  "decompressed to stored, of what is over 64 MiB" },
	{ "decode-bytes", CXA_LIMIT(decode_bytes), 256 * MIB, "bytes",
	  "memory for decoding a batch, or a record of JSON with its text" },
	{ "total-bytes", CXA_LIMIT(total_bytes), UNBOUND, "bytes",
	  "all batches of an archive, decompressed" },
	{ "members", CXA_LIMIT(members), 1 * MIB, "members",
	  "of an archive" },
	{ "members-per-gib", CXA_LIMIT(members_per_gib), 65536, "members",
	  "for each GiB that an archive has begun" },
	{ "index-bytes", CXA_LIMIT(index_bytes), 256 * MIB, "bytes",
	  "the index, stored or decompressed; B2SUMS" },
	{ "fields", CXA_LIMIT(fields), 4000000, "fields",
	  "protobuf fields of a batch" },
	{ "unknown-fields", CXA_LIMIT(unknown_fields), 1024, "fields",
	  "fields of a message that are not known" },
	{ "unknown-bytes", CXA_LIMIT(unknown_bytes), 64 * KIB, "bytes",
	  "of these fields together" },
	{ "string-bytes", CXA_LIMIT(string_bytes), 32 * MIB, "bytes",
	  "a concept's content; a value that may be any JSON" },
	{ "short-string-bytes", CXA_LIMIT(short_string_bytes), 64 * KIB,
	  "bytes", "any other string; what is not known of an object" },
	{ "tags", CXA_LIMIT(tags), 4096, "values",
	  "of a concept" },
	{ "vector-floats", CXA_LIMIT(vector_floats), 65536, "values",
	  "numbers of a vector" },
	{ "links", CXA_LIMIT(links), 1000000, "values",
	  "of any other list in a record" },
	{ "json-depth", CXA_LIMIT(json_depth), 64, "levels",
	  "nesting of JSON that is read" },
	{ "issues", CXA_LIMIT(issues), 10000, "issues",
	  "listed by verify; all are counted" },
};

enum { ROWS = sizeof(rows) / sizeof(rows[0]) };

_Static_assert(ROWS * sizeof(uint64_t) == sizeof(struct cxa_limits),
	       "a row for each field");

static struct cxa_limits standard;
static pthread_once_t once = PTHREAD_ONCE_INIT;

const struct cxa_limit *cxa_limit_at(size_t index)
{
	return index < ROWS ? &rows[index] : NULL;
}

void cxa_limits_fill(struct cxa_limits *limits)
{
	for (size_t i = 0; i < ROWS; i++) {
		void *field = (char *)limits + rows[i].offset;
		uint64_t *value = field;

		if (*value == 0)
			*value = rows[i].standard;
	}
}

static void fill_standard(void)
{
	cxa_limits_fill(&standard);
}

const struct cxa_limits *cxa_limits_default(void)
{
	pthread_once(&once, fill_standard);
	return &standard;
}

/* Every field has its row: the search ends. */
static const struct cxa_limit *find_row(size_t limit)
{
	size_t i = 0;

	while (rows[i].offset != limit)
		i++;
	return &rows[i];
}

const char *cxa_limit_phrase(char out[CXA_PHRASE_BYTES],
			     const struct cxa_limits *limits, size_t limit,
			     uint64_t found)
{
	const struct cxa_limit *row = find_row(limit);

	snprintf(out, CXA_PHRASE_BYTES, "%llu %s, over the limit %s of %llu",
		 (unsigned long long)found, row->unit, row->name,
		 (unsigned long long)cxa_limit_of(limits, limit));
	return out;
}

void cxa_limit_hint(struct cxa_error *error, size_t limit)
{
	cxa_error_hint(error, "where the input is to be trusted, --limit "
			      "%s=NUMBER allows more", find_row(limit)->name);
}

int cxa_limit_exceeded(struct cxa_error *error, const struct cxa_limits *limits,
		       size_t limit, uint64_t found, const char *format, ...)
{
	char phrase[CXA_PHRASE_BYTES];
	char what[256];
	va_list args;

	va_start(args, format);
	vsnprintf(what, sizeof(what), format, args);
	va_end(args);
	cxa_error_set(error, CXA_ERR_LIMIT, "%s: %s", what,
		      cxa_limit_phrase(phrase, limits, limit, found));
	cxa_limit_hint(error, limit);
	return CXA_ERR_LIMIT;
}
