/* afl_mutator.c - the mutator of archives, as AFL++ loads it */
#include <stdlib.h>
#include <string.h>

#include "own_mutate.h"
#include "random.h"
#include "target.h"

/*
 * AFL++'s custom mutators, docs/custom_mutators.md there: these three functions
 * of a shared object. @out_buf stays the mutator's.
 */

struct mutator {
	struct fuzz_random random;
	uint8_t *room;
	size_t capacity;
};

void *afl_custom_init(void *afl, unsigned seed);
size_t afl_custom_fuzz(void *state, uint8_t *data, size_t size,
		       uint8_t **out_buf, uint8_t *other, size_t other_size,
		       size_t max_size);
void afl_custom_deinit(void *state);

void *afl_custom_init(void *afl, unsigned seed)
{
	struct mutator *mutator = calloc(1, sizeof(*mutator));

	(void)afl;
	if (mutator != NULL)
		mutator->random.state = seed;
	return mutator;
}

/* Return: 0: skip it, without memory */
size_t afl_custom_fuzz(void *state, uint8_t *data, size_t size,
		       uint8_t **out_buf, uint8_t *other, size_t other_size,
		       size_t max_size)
{
	struct mutator *mutator = state;
	unsigned seed = (unsigned)fuzz_any(&mutator->random);
	size_t most = max_size < size ? size : max_size;
	uint8_t *room = mutator->room;
	size_t made = 0;

	*out_buf = room;
	if (mutator->capacity < most) {
		room = realloc(room, most);
		if (room == NULL)
			return 0;
		mutator->room = room;
		mutator->capacity = most;
	}
	*out_buf = room;
	fuzz_own_seed(seed);
	if (other_size != 0 && fuzz_one_in(&mutator->random, 8))
		made = LLVMFuzzerCustomCrossOver(data, size, other, other_size,
						 room, max_size, seed);
	if (made != 0)
		return made;
	memcpy(room, data, size);
	return LLVMFuzzerCustomMutator(room, size, most, seed);
}

void afl_custom_deinit(void *state)
{
	struct mutator *mutator = state;

	free(mutator->room);
	free(mutator);
}
