/* limits.h - comparing with a limit, and saying what is over it */
#ifndef CXA_BASE_LIMITS_H
#define CXA_BASE_LIMITS_H

#include <cortexarc/limits.h>

#include "base/error.h"

/* Which limit: the offset of its field. */
#define CXA_LIMIT(field) offsetof(struct cxa_limits, field)
#define CXA_NO_LIMIT SIZE_MAX

enum { CXA_PHRASE_BYTES = 160 };

/** cxa_limits_fill() - put the default where there is 0 */
void cxa_limits_fill(struct cxa_limits *limits);

/** cxa_limits_default() - all defaults */
const struct cxa_limits *cxa_limits_default(void);

/** cxa_limit_of() - the value of @limit; @limits are filled */
static inline uint64_t cxa_limit_of(const struct cxa_limits *limits,
				    size_t limit)
{
	if (limit == CXA_NO_LIMIT)
		return UINT64_MAX;
	return *(const uint64_t *)(const void *)((const char *)limits + limit);
}

/**
 * cxa_limit_phrase() - "4097 values, over the limit tags of 4096"
 *
 * Return: @out
 */
const char *cxa_limit_phrase(char out[CXA_PHRASE_BYTES],
			     const struct cxa_limits *limits, size_t limit,
			     uint64_t found);

/** cxa_limit_hint() - say what raises @limit */
void cxa_limit_hint(struct cxa_error *error, size_t limit);

/**
 * cxa_limit_exceeded() - CXA_ERR_LIMIT: @found is over @limit
 * @format: what it was found in; the phrase follows, behind ": "
 *
 * Return: CXA_ERR_LIMIT
 */
int cxa_limit_exceeded(struct cxa_error *error, const struct cxa_limits *limits,
		       size_t limit, uint64_t found, const char *format, ...)
	CXA_PRINTF(5, 6);

#endif
