/* utf8.h - one character of UTF-8 that may be wrong */
#ifndef CXA_TOOLS_UTF8_H
#define CXA_TOOLS_UTF8_H

#include <stddef.h>
#include <stdint.h>

/**
 * utf8_next() - the character that @size bytes begin with
 *
 * Return: bytes it takes; 0: there is no sound one (@size 0, an overlong form,
 * a surrogate, over U+10FFFF).
 */
size_t utf8_next(const uint8_t *bytes, size_t size, uint32_t *code);

#endif
