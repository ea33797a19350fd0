/* mutate.c - the mutator of archives: a change, and all digests agree with it */
#include "forge.h"
#include "target.h"
#include "wire_mutate.h"

/*
 * A digest turns nearly every plain mutation into the same refusal. So most
 * mutants are archives taken apart, changed in one place and put together again
 * with checksums, digests, INDEX, B2SUMS and TRAILER as they must be. One in
 * ten is the engine's own.
 */

/* A field of a message within a batch, of the header or the schema. */
static void change_bytes(struct forge *forge, struct fuzz_random *random)
{
	struct forge_part *part =
		&forge->parts[fuzz_below(random, forge->count)];
	struct cxa_buffer changed = { 0 };

	if (part->member.kind > CXA_MEMBER_BATCH)
		return; /* made anew */
	fuzz_wire_mutate(random, part->bytes.data, part->bytes.size, &changed);
	cxa_buffer_release(&part->bytes);
	part->bytes = changed;
}

static void change_parts(struct forge *forge, struct fuzz_random *random)
{
	size_t at = (size_t)fuzz_below(random, forge->count);
	size_t other = (size_t)fuzz_below(random, forge->count);
	struct forge_part moved = forge->parts[at];

	switch (fuzz_below(random, 4)) {
	case 0:
		if (forge->count > 1)
			forge_drop(forge, at);
		break;
	case 1:
		forge_insert(forge, at, &moved);
		break;
	case 2:
		forge->parts[at] = forge->parts[other];
		forge->parts[other] = moved;
		break;
	default:
		forge->mtime = fuzz_any(random) >> (31 +
						    fuzz_below(random, 33));
	}
	if (!fuzz_one_in(random, 4))
		forge_order(forge);
}

static size_t give(struct forge *forge, struct fuzz_random *random,
		   uint8_t *data, size_t max_size)
{
	struct cxa_buffer out = { 0 };
	enum forge_twist twist = FORGE_SOUND;
	size_t size = 0;

	if (fuzz_one_in(random, 3))
		twist = (enum forge_twist)fuzz_below(random, FORGE_TWISTS);
	forge_write(forge, twist, random, &out);
	if (!out.failed && out.size <= max_size) {
		memcpy(data, out.data, out.size);
		size = out.size;
	}
	cxa_buffer_release(&out);
	return size;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size,
			       unsigned seed)
{
	static struct forge forge;
	struct fuzz_random random = { seed };
	size_t made = 0;

	if (!fuzz_one_in(&random, 10) && forge_read(&forge, data, size)) {
		for (uint64_t turns = fuzz_below(&random, 3) + 1; turns != 0;
		     turns--) {
			if (fuzz_one_in(&random, 6))
				change_parts(&forge, &random);
			else
				change_bytes(&forge, &random);
		}
		made = give(&forge, &random, data, max_size);
	}
	forge_release(&forge);
	return made != 0 ? made : LLVMFuzzerMutate(data, size, max_size);
}

/* Some of one's batches among the other's. */
size_t LLVMFuzzerCustomCrossOver(const uint8_t *a, size_t a_size,
				 const uint8_t *b, size_t b_size, uint8_t *out,
				 size_t max_size, unsigned seed)
{
	static struct forge one;
	static struct forge other;
	struct fuzz_random random = { seed };
	size_t made = 0;

	if (forge_read(&one, a, a_size) && forge_read(&other, b, b_size)) {
		for (size_t i = 0; i < other.count; i++)
			if (other.parts[i].member.kind == CXA_MEMBER_BATCH &&
			    fuzz_one_in(&random, 2))
				forge_insert(&one, 0, &other.parts[i]);
		forge_order(&one);
		made = give(&one, &random, out, max_size);
	}
	forge_release(&one);
	forge_release(&other);
	return made;
}
