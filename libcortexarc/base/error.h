/* error.h - setting the caller's struct cxa_error */
#ifndef CXA_BASE_ERROR_H
#define CXA_BASE_ERROR_H

#include <cortexarc/error.h>

#define CXA_PRINTF(f, a) __attribute__((format(printf, f, a)))

/**
 * cxa_error_set() - fill @error (may be NULL) unless it already holds one
 * @format: one line, no full stop
 *
 * The first to set it knows most; later calls keep what it said. For
 * CXA_ERR_IO, errno is kept and ": strerror" appended.
 *
 * Return: @status, always.
 */
int cxa_error_set(struct cxa_error *error, int status, const char *format, ...)
	CXA_PRINTF(3, 4);

/**
 * cxa_error_pass() - on to @error, what a job or a step has put into @from
 *
 * As cxa_error_set(), the first to say something is heard; where @status is no
 * error, nothing is said. Return: @status.
 */
int cxa_error_pass(struct cxa_error *error, int status,
		   const struct cxa_error *from);

/** cxa_error_hint() - what to do about it; Return: the status already set */
int cxa_error_hint(struct cxa_error *error, const char *format, ...)
	CXA_PRINTF(2, 3);

/** cxa_error_at() - the member (may be NULL) and offset, where not yet said */
void cxa_error_at(struct cxa_error *error, const char *member, uint64_t offset);

/** cxa_error_nomem() - CXA_ERR_NOMEM for @what */
int cxa_error_nomem(struct cxa_error *error, const char *what);

/* What an analyzer that sees one file cannot know: that no error is 0. */
#ifdef __clang_analyzer__
#define cxa_error_set(error, status, ...) \
	((cxa_error_set)(error, status, __VA_ARGS__), (status))
#define cxa_error_nomem(error, what) \
	((cxa_error_nomem)(error, what), CXA_ERR_NOMEM)
#endif

#endif
