/* tar_mutate.c - the mutator of tars: blocks changed, checksums agree with it */
#include <string.h>

#include "block_mutate.h"
#include "target.h"

/*
 * What the walker reads are blocks of 512 bytes, and a wrong checksum turns
 * most plain mutants of a header away. So most mutants are changed at a header,
 * whose checksum is mended, or are other blocks in a row. One in five is the
 * engine's own. What members hold is nothing to the walker: no digest is made.
 */

enum { HEADERS_MAX = 256, SIZE_AT = 124, MTIME_AT = 136, DIGITS = 11,
       MAGIC_AT = 257 };

/**
 * struct tar - what is changed
 * @max_size: what it may grow to
 * @headers: where the blocks are that look like a header
 */
struct tar {
	uint8_t *data;
	size_t size;
	size_t max_size;
	struct fuzz_random *random;
	size_t headers[HEADERS_MAX];
	size_t count;
};

static void find_headers(struct tar *tar)
{
	tar->count = 0;
	for (size_t at = 0; tar->size - at >= CXA_TAR_BLOCK &&
			    tar->count < HEADERS_MAX; at += CXA_TAR_BLOCK)
		if (memcmp(tar->data + at + MAGIC_AT, "ustar", 5) == 0)
			tar->headers[tar->count++] = at;
}

static uint8_t *any_header(struct tar *tar)
{
	return tar->data + tar->headers[fuzz_below(tar->random, tar->count)];
}

/* --- a header ---------------------------------------------------------------- */

static void put_octal(uint8_t *out, uint64_t value)
{
	for (size_t i = DIGITS; i-- > 0; value >>= 3)
		out[i] = (uint8_t)('0' + (value & 7));
}

static uint64_t any_number(struct fuzz_random *random)
{
	static const uint64_t edges[] = { 0, 1, 104, 105, 106, 511, 512, 513,
					  65536, CXA_TAR_NUMBER_MAX };

	if (fuzz_one_in(random, 2))
		return edges[fuzz_below(random, 10)];
	return fuzz_any(random) >> (31 + fuzz_below(random, 33));
}

static void set_number(struct tar *tar)
{
	uint8_t *header = any_header(tar);

	put_octal(header + (fuzz_one_in(tar->random, 4) ? MTIME_AT : SIZE_AT),
		  any_number(tar->random));
	fuzz_block_mend(header);
}

static void set_all_times(struct tar *tar)
{
	uint64_t mtime = any_number(tar->random);

	for (size_t i = 0; i < tar->count; i++) {
		put_octal(tar->data + tar->headers[i] + MTIME_AT, mtime);
		fuzz_block_mend(tar->data + tar->headers[i]);
	}
}

static void take_name(struct tar *tar)
{
	uint8_t *header = any_header(tar);

	memmove(header, any_header(tar), CXA_TAR_NAME);
	fuzz_block_mend(header);
}

static void twist_header(struct tar *tar)
{
	uint8_t *header = any_header(tar);

	fuzz_block_twist(tar->random, header);
	if (!fuzz_one_in(tar->random, 8))
		fuzz_block_mend(header);
}

/* --- blocks ------------------------------------------------------------------ */

/* Any block: a pax record, data, padding. */
static void twist_block(struct tar *tar)
{
	uint64_t blocks = tar->size / CXA_TAR_BLOCK;

	fuzz_block_twist(tar->random, tar->data + fuzz_below(tar->random, blocks)
						  * CXA_TAR_BLOCK);
}

/* One block, or all from one header to before another. */
static void choose_run(struct tar *tar, size_t *from, size_t *size)
{
	size_t at = (size_t)fuzz_below(tar->random, tar->count);
	size_t to = at + 1 + (size_t)fuzz_below(tar->random, 3);

	*from = tar->headers[at];
	*size = (to < tar->count ? tar->headers[to] : tar->size) - *from;
	if (fuzz_one_in(tar->random, 3)) {
		*from = CXA_TAR_BLOCK *
			(size_t)fuzz_below(tar->random,
				   tar->size / CXA_TAR_BLOCK);
		*size = CXA_TAR_BLOCK;
	}
}

static void drop_run(struct tar *tar)
{
	size_t from;
	size_t size;

	choose_run(tar, &from, &size);
	if (size == tar->size)
		return;
	tar->size -= size;
	memmove(tar->data + from, tar->data + from + size, tar->size - from);
}

/* A copy of some blocks, before themselves or before a header elsewhere. */
static void double_run(struct tar *tar)
{
	size_t to = tar->headers[fuzz_below(tar->random, tar->count)];
	size_t from;
	size_t size;

	choose_run(tar, &from, &size);
	if (size > tar->max_size - tar->size)
		return;
	if (fuzz_one_in(tar->random, 2))
		to = from;
	memmove(tar->data + to + size, tar->data + to, tar->size - to);
	tar->size += size;
	if (from >= to)
		from += size; /* it has moved */
	memmove(tar->data + to, tar->data + from, size);
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size,
			       unsigned seed)
{
	static void (*const changes[])(struct tar *) = {
		twist_header, twist_header, set_number, take_name,
		set_all_times, twist_block, drop_run, double_run
	};
	struct fuzz_random random = { seed };
	struct tar tar = { .data = data, .size = size, .max_size = max_size,
			   .random = &random };

	if (fuzz_one_in(&random, 5))
		return LLVMFuzzerMutate(data, size, max_size);
	for (uint64_t turns = fuzz_below(&random, 3) + 1; turns != 0; turns--) {
		find_headers(&tar);
		if (tar.count == 0)
			return LLVMFuzzerMutate(data, tar.size, max_size);
		changes[fuzz_below(&random, 8)](&tar);
	}
	return tar.size;
}
