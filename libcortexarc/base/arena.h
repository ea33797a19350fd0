/* arena.h - memory that is released all at once */
#ifndef CXA_BASE_ARENA_H
#define CXA_BASE_ARENA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <protobuf-c/protobuf-c.h>

struct cxa_arena_block;

/**
 * struct cxa_arena - blocks that double up to 1 MiB; { 0 } is an empty one
 * @budget: bytes it may take from the heap in all; 0: no bound
 *
 * Not for use by two threads at once.
 */
struct cxa_arena {
	struct cxa_arena_block *blocks;
	uint8_t *next;
	size_t left;
	size_t total;
	size_t budget;
};

/**
 * cxa_arena_alloc() - @size bytes aligned to 16; NULL: no memory or budget
 *
 * Never NULL for 0 bytes alone.
 */
void *cxa_arena_alloc(struct cxa_arena *arena, size_t size);

/** cxa_arena_is_spent() - has it no budget for @size bytes more? */
bool cxa_arena_is_spent(const struct cxa_arena *arena, size_t size);

/** cxa_arena_copy() - a copy of @size bytes at @data; NULL without memory */
void *cxa_arena_copy(struct cxa_arena *arena, const void *data, size_t size);

/** cxa_arena_reset() - forget all, keep the largest block of the usual sizes */
void cxa_arena_reset(struct cxa_arena *arena);

void cxa_arena_release(struct cxa_arena *arena);

/** cxa_arena_allocator() - for protobuf_c_message_unpack(); free does nothing */
ProtobufCAllocator cxa_arena_allocator(struct cxa_arena *arena);

#endif
