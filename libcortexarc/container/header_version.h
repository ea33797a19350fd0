/* header_version.h - may this library read a header that it may not know? */
#ifndef CXA_CONTAINER_HEADER_VERSION_H
#define CXA_CONTAINER_HEADER_VERSION_H

#include "container/header.h"

/**
 * cxa_header_check_version() - by a header's first fields alone
 * @data: the bytes of a Header whose digest holds
 *
 * Tolerant: what it cannot make out is left for the strict scan to refuse, and
 * all that a newer version may have changed is stepped over.
 *
 * Return: 0, CXA_ERR_UNSUPPORTED, CXA_ERR_CORRUPT (a version that never was).
 */
int cxa_header_check_version(const uint8_t *data, size_t size,
			     enum cxa_operation operation,
			     struct cxa_error *error);

#endif
