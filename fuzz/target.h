/* target.h - a fuzz target's entry points, as libFuzzer and AFL++ know them */
#ifndef CXA_FUZZ_TARGET_H
#define CXA_FUZZ_TARGET_H

#include <stddef.h>
#include <stdint.h>

/** LLVMFuzzerTestOneInput() - every target has this one; Return: 0 */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/**
 * LLVMFuzzerCustomMutator(), LLVMFuzzerCustomCrossOver() - mutate.c, in the
 * targets whose input is an archive
 *
 * The same @seed makes the same of the same. Return: the new size.
 */
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size,
			       unsigned seed);
size_t LLVMFuzzerCustomCrossOver(const uint8_t *a, size_t a_size,
				 const uint8_t *b, size_t b_size, uint8_t *out,
				 size_t max_size, unsigned seed);

/** LLVMFuzzerMutate() - the engine's own; replay.c has a simple one */
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max_size);

#endif
