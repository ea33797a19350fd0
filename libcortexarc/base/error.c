/* error.c - setting the caller's struct cxa_error */
#include "base/error.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

const char *cxa_status_name(int status)
{
	switch (status) {
	case CXA_OK: return "ok";
	case CXA_END: return "end";
	case CXA_ERR_USAGE: return "usage";
	case CXA_ERR_IO: return "io";
	case CXA_ERR_NOMEM: return "nomem";
	case CXA_ERR_CORRUPT: return "corrupt";
	case CXA_ERR_FORMAT: return "format";
	case CXA_ERR_UNSUPPORTED: return "unsupported";
	case CXA_ERR_LIMIT: return "limit";
	case CXA_ERR_CANCELLED: return "cancelled";
	case CXA_ERR_NOT_FOUND: return "not-found";
	default: return "unknown";
	}
}

int (cxa_error_set)(struct cxa_error *error, int status, const char *format, ...)
{
	int saved = errno;
	size_t used;
	va_list args;

	if (error == NULL || error->status != 0)
		return status;
	error->status = status;
	va_start(args, format);
	vsnprintf(error->message, sizeof(error->message), format, args);
	va_end(args);
	if (status == CXA_ERR_IO) {
		error->system_errno = saved;
		used = strlen(error->message);
		snprintf(error->message + used, sizeof(error->message) - used,
			 ": %s", strerror(saved));
	}
	return status;
}

int cxa_error_pass(struct cxa_error *error, int status,
		   const struct cxa_error *from)
{
	if (status < 0 && error != NULL && error->status == 0)
		*error = *from;
	return status;
}

int cxa_error_hint(struct cxa_error *error, const char *format, ...)
{
	va_list args;

	if (error == NULL)
		return CXA_ERR_USAGE;
	if (error->hint[0] == '\0') {
		va_start(args, format);
		vsnprintf(error->hint, sizeof(error->hint), format, args);
		va_end(args);
	}
	return error->status;
}

void cxa_error_at(struct cxa_error *error, const char *member, uint64_t offset)
{
	if (error == NULL)
		return;
	if (member != NULL && error->member[0] == '\0')
		snprintf(error->member, sizeof(error->member), "%s", member);
	if (error->offset == UINT64_MAX)
		error->offset = offset;
}

int (cxa_error_nomem)(struct cxa_error *error, const char *what)
{
	return cxa_error_set(error, CXA_ERR_NOMEM, "no memory for %s", what);
}
