/* member.h - the members of an archive: names, order */
#ifndef CXA_CONTAINER_MEMBER_H
#define CXA_CONTAINER_MEMBER_H

#include <stdbool.h>

#include <cortexarc/record.h>

#include "base/digest.h"
#include "base/limits.h"

enum cxa_member_kind {
	CXA_MEMBER_HEADER,  /* CORTEXARC */
	CXA_MEMBER_SCHEMA,  /* schema.pb */
	CXA_MEMBER_BATCH,   /* <collection>/<8 digits>.pb.zst */
	CXA_MEMBER_INDEX,   /* INDEX.pb.zst */
	CXA_MEMBER_SUMS,    /* B2SUMS */
	CXA_MEMBER_TRAILER  /* TRAILER */
};

enum { CXA_MEMBER_NAME_MAX = 99 };

/**
 * struct cxa_member - one member as its tar headers describe it
 * @collection, @number: of a batch
 * @offset: of its first stored byte in the file
 * @size: stored bytes
 * @has_digest: @digest stands in its pax header (schema, batches and INDEX)
 */
struct cxa_member {
	enum cxa_member_kind kind;
	enum cxa_collection collection;
	uint32_t number;
	char name[CXA_MEMBER_NAME_MAX + 1];
	uint64_t offset;
	uint64_t size;
	bool has_digest;
	struct cxa_digest digest;
};

/** cxa_member_parse() - kind, collection, number and name; false: no such name */
bool cxa_member_parse(struct cxa_member *out, const char *name);

/** cxa_member_name() - of a member that is no batch: a static string */
const char *cxa_member_name(enum cxa_member_kind kind);

/** cxa_member_batch_name() - `concepts/00000000.pb.zst` */
void cxa_member_batch_name(char out[CXA_MEMBER_NAME_MAX + 1],
			   enum cxa_collection collection, uint32_t number);

/** cxa_member_limit() - which CXA_LIMIT() is on the size of its data? */
size_t cxa_member_limit(enum cxa_member_kind kind);

/**
 * cxa_member_check_count() - may so many be there, so far into the archive?
 * @count: of members up to here
 * @offset: where they have led to
 *
 * Return: 0, CXA_ERR_LIMIT.
 */
int cxa_member_check_count(uint64_t count, uint64_t offset,
			   const struct cxa_limits *limits,
			   struct cxa_error *error);

/** cxa_member_folder() - `concepts`: of a batch's name, before the slash */
const char *cxa_member_folder(enum cxa_collection collection);

/** cxa_member_has_digest() - does a pax header stand before such a member? */
bool cxa_member_has_digest(enum cxa_member_kind kind);

/**
 * cxa_member_follows() - may @next stand directly behind @previous (NULL: at
 * the start)?
 */
bool cxa_member_follows(const struct cxa_member *previous,
			const struct cxa_member *next);

#endif
