/* random.h - choices that follow from a seed */
#ifndef CXA_FUZZ_RANDOM_H
#define CXA_FUZZ_RANDOM_H

#include <stdbool.h>
#include <stdint.h>

struct fuzz_random {
	uint64_t state;
};

static inline uint64_t fuzz_any(struct fuzz_random *random)
{
	uint64_t value = random->state += UINT64_C(0x9e3779b97f4a7c15);

	value = (value ^ value >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	value = (value ^ value >> 27) * UINT64_C(0x94d049bb133111eb);
	return value ^ value >> 31;
}

/** fuzz_below() - 0 to @count - 1; @count is not 0 */
static inline uint64_t fuzz_below(struct fuzz_random *random, uint64_t count)
{
	return fuzz_any(random) % count;
}

static inline bool fuzz_one_in(struct fuzz_random *random, uint64_t count)
{
	return fuzz_below(random, count) == 0;
}

#endif
