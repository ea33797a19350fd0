/* mix.h - numbers that look random and are the same on every machine */
#ifndef WORDNET_MIX_H
#define WORDNET_MIX_H

#include <stdint.h>

/** wn_mix() - the splitmix64 finalizer: neighbouring seeds give strangers */
static inline uint64_t wn_mix(uint64_t seed)
{
	seed += 0x9e3779b97f4a7c15u;
	seed = (seed ^ (seed >> 30)) * 0xbf58476d1ce4e5b9u;
	seed = (seed ^ (seed >> 27)) * 0x94d049bb133111ebu;
	return seed ^ (seed >> 31);
}

/** wn_mix2() - the same of a pair, as (what for, which record) */
static inline uint64_t wn_mix2(uint64_t a, uint64_t b)
{
	return wn_mix(wn_mix(a) ^ b);
}

/** wn_unit() - in [0, 1): every value is a float exactly */
static inline float wn_unit(uint64_t a, uint64_t b)
{
	return (float)(wn_mix2(a, b) >> 40) * 0x1p-24f;
}

#endif
