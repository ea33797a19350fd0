/* utf8.h - is it UTF-8? */
#ifndef CXA_BASE_UTF8_H
#define CXA_BASE_UTF8_H

#include <stddef.h>
#include <stdint.h>

/**
 * cxa_utf8_valid_prefix() - bytes of @data that are whole, valid characters
 *
 * @size when all is valid (RFC 3629: no surrogates, no overlong forms, nothing
 * over U+10FFFF); else the offset of the first bad or cut character. U+0000 is
 * a character like any other.
 */
size_t cxa_utf8_valid_prefix(const uint8_t *data, size_t size);

#endif
