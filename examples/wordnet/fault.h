/* fault.h - filling a struct cxa_error from outside the library */
#ifndef WORDNET_FAULT_H
#define WORDNET_FAULT_H

#include <cortexarc/error.h>

/**
 * wn_fault() - say what went wrong, unless @error (may be NULL) knows already
 * @format: one line, no full stop
 *
 * Return: @status, always.
 */
int wn_fault(struct cxa_error *error, int status, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/** wn_fault_system() - CXA_ERR_IO for @path from errno, with @hint (or NULL) */
int wn_fault_system(struct cxa_error *error, const char *path,
		    const char *hint);

#endif
