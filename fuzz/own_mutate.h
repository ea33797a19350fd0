/* own_mutate.h - LLVMFuzzerMutate() where the engine is not libFuzzer */
#ifndef CXA_FUZZ_OWN_MUTATE_H
#define CXA_FUZZ_OWN_MUTATE_H

#include <stdint.h>

/** fuzz_own_seed() - what LLVMFuzzerMutate() does from now on follows from it */
void fuzz_own_seed(uint64_t seed);

#endif
