/* bytes.h - little-endian loads and stores, sums that cannot overflow */
#ifndef CXA_BASE_BYTES_H
#define CXA_BASE_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

static inline uint32_t cxa_load32(const uint8_t *p)
{
	return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 |
	       (uint32_t)p[3] << 24;
}

static inline uint64_t cxa_load64(const uint8_t *p)
{
	return (uint64_t)cxa_load32(p) | (uint64_t)cxa_load32(p + 4) << 32;
}

static inline void cxa_store32(uint8_t *p, uint32_t value)
{
	for (int i = 0; i < 4; i++)
		p[i] = (uint8_t)(value >> (8 * i));
}

static inline void cxa_store64(uint8_t *p, uint64_t value)
{
	for (int i = 0; i < 8; i++)
		p[i] = (uint8_t)(value >> (8 * i));
}

/** cxa_add_u64() - *sum = a + b; Return: false when it would overflow */
static inline bool cxa_add_u64(uint64_t a, uint64_t b, uint64_t *sum)
{
	return !__builtin_add_overflow(a, b, sum);
}

static inline bool cxa_mul_u64(uint64_t a, uint64_t b, uint64_t *product)
{
	return !__builtin_mul_overflow(a, b, product);
}

#endif
