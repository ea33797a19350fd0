/* error.h - what every function of the library returns, and its detail */
#ifndef CORTEXARC_ERROR_H
#define CORTEXARC_ERROR_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * enum cxa_status - 0 done, CXA_END no more, negative an error
 *
 * Errors are sticky: after one, an object may only be closed.
 */
enum cxa_status {
	CXA_OK = 0,
	CXA_END = 1,              /* nothing more to read */
	CXA_ERR_USAGE = -1,       /* an argument or option is wrong */
	CXA_ERR_IO = -2,          /* a system call failed: system_errno */
	CXA_ERR_NOMEM = -3,       /* no memory */
	CXA_ERR_CORRUPT = -4,     /* an archive that is damaged */
	CXA_ERR_FORMAT = -5,      /* not what it should be: kind or syntax */
	CXA_ERR_UNSUPPORTED = -6, /* newer than this library, or a feature */
	CXA_ERR_LIMIT = -7,       /* over one of struct cxa_limits, or of the format */
	CXA_ERR_CANCELLED = -8,   /* cxa_context_cancel() was called */
	CXA_ERR_NOT_FOUND = -9    /* no such record */
};

/**
 * struct cxa_error - the detail of a failure, for a person
 * @status: the enum cxa_status that was returned
 * @system_errno: errno of the system call for CXA_ERR_IO, else 0
 * @offset: byte offset in the input where the fault lies, UINT64_MAX: unknown
 * @member: name of the archive's member, "" when it is none's fault
 * @message: what is wrong, one line, no full stop, UTF-8
 * @hint: what to do about it, "" when there is nothing sensible to say
 *
 * Set once, by the code that knows most. Owned by the caller, who may pass
 * NULL to every function that takes one. Start with CXA_ERROR_INIT.
 */
struct cxa_error {
	int status;
	int system_errno;
	uint64_t offset;
	char member[104];
	char message[512];
	char hint[256];
};

#define CXA_ERROR_INIT { 0, 0, UINT64_MAX, "", "", "" }

/**
 * cxa_status_name() - a word for a status, as "corrupt"; never NULL
 */
const char *cxa_status_name(int status);

#ifdef __cplusplus
}
#endif
#endif
