/* own_mutate.c - some bytes changed, one added, a piece lost */
#include "own_mutate.h"
#include "target.h"

static uint64_t state;

static uint64_t next_random(void)
{
	state = state * UINT64_C(6364136223846793005) +
		UINT64_C(1442695040888963407);
	return state >> 33;
}

void fuzz_own_seed(uint64_t seed)
{
	state = seed;
}

size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max_size)
{
	static const uint8_t edges[] = { 0, 1, 0x7f, 0x80, 0xff };
	size_t at;

	if (size == 0 || next_random() % 8 == 0) {
		if (size == max_size)
			return size;
		data[size] = (uint8_t)next_random();
		return size + 1;
	}
	if (next_random() % 8 == 0)
		return size -
		       (size_t)next_random() % (size < 16 ? size : 16);
	for (uint64_t turns = 1 + next_random() % 3; turns != 0; turns--) {
		at = (size_t)next_random() % size;
		data[at] = next_random() % 2 == 0 ?
				   (uint8_t)next_random() :
				   edges[next_random() % sizeof(edges)];
	}
	return size;
}
