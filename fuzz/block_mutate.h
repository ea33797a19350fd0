/* block_mutate.h - a byte of a tar header changed, its checksum mended */
#ifndef CXA_FUZZ_BLOCK_MUTATE_H
#define CXA_FUZZ_BLOCK_MUTATE_H

#include "container/tar_block.h"
#include "random.h"

/** fuzz_block_twist() - one byte another, more often where most is said */
void fuzz_block_twist(struct fuzz_random *random, uint8_t block[CXA_TAR_BLOCK]);

/** fuzz_block_mend() - the checksum as it must be, in the canonical form */
void fuzz_block_mend(uint8_t block[CXA_TAR_BLOCK]);

#endif
