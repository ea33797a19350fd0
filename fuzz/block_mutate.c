/* block_mutate.c - a byte of a tar header changed, its checksum mended */
#include "block_mutate.h"

#include <string.h>

void fuzz_block_twist(struct fuzz_random *random, uint8_t block[CXA_TAR_BLOCK])
{
	static const uint8_t values[] = { 0, ' ', '0', '7', '9', '/', '1',
					  'x', 'g', 0x80, 0xff };
	size_t from = (size_t)fuzz_below(random, CXA_TAR_BLOCK);

	if (fuzz_one_in(random, 2))
		from %= 180; /* where most is said */
	block[from] = values[fuzz_below(random, sizeof(values))];
}

/* POSIX: six octal digits and a NUL; the canonical form ends in a space. */
void fuzz_block_mend(uint8_t block[CXA_TAR_BLOCK])
{
	enum { AT = 148, BYTES = 8, DIGITS = 6 };
	unsigned sum = 0;

	memset(block + AT, ' ', BYTES);
	for (size_t i = 0; i < CXA_TAR_BLOCK; i++)
		sum += block[i];
	for (size_t i = DIGITS; i-- > 0; sum >>= 3)
		block[AT + i] = (uint8_t)('0' + (sum & 7));
	block[AT + DIGITS] = '\0';
}
