/* fault.c - filling a struct cxa_error from outside the library */
#include "fault.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int wn_fault(struct cxa_error *error, int status, const char *format, ...)
{
	va_list args;

	if (error == NULL || error->status != 0)
		return status;
	error->status = status;
	va_start(args, format);
	vsnprintf(error->message, sizeof(error->message), format, args);
	va_end(args);
	return status;
}

int wn_fault_system(struct cxa_error *error, const char *path,
		    const char *hint)
{
	int saved = errno;

	if (error == NULL || error->status != 0)
		return CXA_ERR_IO;
	wn_fault(error, CXA_ERR_IO, "%s: %s", path, strerror(saved));
	error->system_errno = saved;
	if (hint != NULL)
		snprintf(error->hint, sizeof(error->hint), "%s", hint);
	return CXA_ERR_IO;
}
