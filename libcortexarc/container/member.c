/* member.c - the members of an archive: names, order */
#include "container/member.h"

#include <string.h>

enum { NUMBER_DIGITS = 8 };

static const char *const fixed_names[] = {
	[CXA_MEMBER_HEADER] = "CORTEXARC",
	[CXA_MEMBER_SCHEMA] = "schema.pb",
	[CXA_MEMBER_INDEX] = "INDEX.pb.zst",
	[CXA_MEMBER_SUMS] = "B2SUMS",
	[CXA_MEMBER_TRAILER] = "TRAILER",
};

/* The record layer has these too, but bytes do not depend on records. */
static const char *const folders[CXA_COLLECTION_COUNT] = {
	[CXA_CONCEPTS] = "concepts",
	[CXA_EMBEDDINGS] = "embeddings",
	[CXA_COLUMNS] = "columns",
	[CXA_CONNECTIONS] = "connections",
	[CXA_SYSTEM_STATE] = "system_state",
	[CXA_QUERY_CACHE] = "query_cache",
	[CXA_SYNC_QUEUE] = "sync_queue",
};

static const char batch_ending[] = ".pb.zst";

const char *cxa_member_folder(enum cxa_collection collection)
{
	return folders[collection];
}

static void set_name(struct cxa_member *member, enum cxa_member_kind kind,
		     const char *name)
{
	member->kind = kind;
	member->collection = CXA_CONCEPTS;
	member->number = 0;
	memcpy(member->name, name, strlen(name) + 1);
}

static bool parse_number(uint32_t *out, const char *digits)
{
	uint32_t number = 0;

	for (int i = 0; i < NUMBER_DIGITS; i++) {
		if (digits[i] < '0' || digits[i] > '9')
			return false;
		number = number * 10 + (uint32_t)(digits[i] - '0');
	}
	*out = number;
	return true;
}

static bool parse_batch(struct cxa_member *out, const char *name)
{
	const char *slash = strchr(name, '/');
	size_t folder_size;
	uint32_t number;

	if (slash == NULL || !parse_number(&number, slash + 1) ||
	    strcmp(slash + 1 + NUMBER_DIGITS, batch_ending) != 0)
		return false;
	folder_size = (size_t)(slash - name);
	for (unsigned i = 0; i < CXA_COLLECTION_COUNT; i++) {
		if (strlen(folders[i]) == folder_size &&
		    memcmp(folders[i], name, folder_size) == 0) {
			set_name(out, CXA_MEMBER_BATCH, name);
			out->collection = (enum cxa_collection)i;
			out->number = number;
			return true;
		}
	}
	return false;
}

bool cxa_member_parse(struct cxa_member *out, const char *name)
{
	for (unsigned kind = 0; kind <= CXA_MEMBER_TRAILER; kind++) {
		if (fixed_names[kind] != NULL &&
		    strcmp(fixed_names[kind], name) == 0) {
			set_name(out, (enum cxa_member_kind)kind, name);
			return true;
		}
	}
	return parse_batch(out, name);
}

const char *cxa_member_name(enum cxa_member_kind kind)
{
	return fixed_names[kind];
}

void cxa_member_batch_name(char out[CXA_MEMBER_NAME_MAX + 1],
			   enum cxa_collection collection, uint32_t number)
{
	size_t size = strlen(folders[collection]);

	memcpy(out, folders[collection], size);
	out[size] = '/';
	for (int i = NUMBER_DIGITS; i > 0; i--) {
		out[size + (size_t)i] = (char)('0' + number % 10);
		number /= 10;
	}
	memcpy(out + size + 1 + NUMBER_DIGITS, batch_ending,
	       sizeof(batch_ending));
}

bool cxa_member_has_digest(enum cxa_member_kind kind)
{
	return kind == CXA_MEMBER_SCHEMA || kind == CXA_MEMBER_BATCH ||
	       kind == CXA_MEMBER_INDEX;
}

static bool batch_follows(const struct cxa_member *previous,
			  const struct cxa_member *next)
{
	if (previous->kind == CXA_MEMBER_SCHEMA)
		return next->number == 0;
	if (previous->kind != CXA_MEMBER_BATCH)
		return false;
	if (next->collection == previous->collection)
		return next->number == previous->number + 1;
	return next->collection > previous->collection && next->number == 0;
}

bool cxa_member_follows(const struct cxa_member *previous,
			const struct cxa_member *next)
{
	if (previous == NULL)
		return next->kind == CXA_MEMBER_HEADER;
	if (next->kind == CXA_MEMBER_BATCH)
		return batch_follows(previous, next);
	if (next->kind == CXA_MEMBER_INDEX &&
	    previous->kind == CXA_MEMBER_SCHEMA)
		return true;
	return next->kind == previous->kind + 1;
}

size_t cxa_member_limit(enum cxa_member_kind kind)
{
	return kind == CXA_MEMBER_INDEX || kind == CXA_MEMBER_SUMS ?
		       CXA_LIMIT(index_bytes) : CXA_LIMIT(batch_bytes);
}

int cxa_member_check_count(uint64_t count, uint64_t offset,
			   const struct cxa_limits *limits,
			   struct cxa_error *error)
{
	uint64_t gibs = (offset >> 30) + 1;
	uint64_t each = count / gibs + (count % gibs != 0);

	if (count > limits->members)
		return cxa_limit_exceeded(error, limits, CXA_LIMIT(members),
					  count, "the archive");
	if (each > limits->members_per_gib)
		return cxa_limit_exceeded(error, limits,
					  CXA_LIMIT(members_per_gib), each,
					  "in each of the first %llu GiB",
					  (unsigned long long)gibs);
	return 0;
}
