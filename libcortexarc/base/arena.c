/* arena.c - memory that is released all at once */
#include "base/arena.h"

#include <stdlib.h>
#include <string.h>

enum { ALIGN = 16, FIRST_BLOCK = 4096, LARGEST_STEP = 1 << 20 };

struct cxa_arena_block {
	struct cxa_arena_block *next;
	size_t size;
	_Alignas(ALIGN) uint8_t data[];
};

/* The budget may have become smaller since. */
static size_t affordable(const struct cxa_arena *arena)
{
	if (arena->budget == 0)
		return SIZE_MAX;
	return arena->total < arena->budget ? arena->budget - arena->total : 0;
}

static size_t aligned(size_t size)
{
	return (size + ALIGN - 1) & ~(size_t)(ALIGN - 1);
}

bool cxa_arena_is_spent(const struct cxa_arena *arena, size_t size)
{
	return size <= SIZE_MAX / 2 && aligned(size) > arena->left &&
	       aligned(size) > affordable(arena);
}

static int add_block(struct cxa_arena *arena, size_t at_least)
{
	size_t size = FIRST_BLOCK;
	struct cxa_arena_block *block;

	if (arena->blocks != NULL)
		size = arena->blocks->size * 2;
	if (size > LARGEST_STEP)
		size = LARGEST_STEP;
	if (size < at_least)
		size = at_least;
	if (size > affordable(arena))
		size = at_least;
	if (size > affordable(arena))
		return -1;
	block = malloc(sizeof(*block) + size);
	if (block == NULL)
		return -1;
	block->size = size;
	block->next = arena->blocks;
	arena->blocks = block;
	arena->next = block->data;
	arena->left = size;
	arena->total += size;
	return 0;
}

void *cxa_arena_alloc(struct cxa_arena *arena, size_t size)
{
	void *result;

	if (size > SIZE_MAX / 2)
		return NULL;
	/* An empty arena has no address to give for nothing. */
	size = aligned(size == 0 ? 1 : size);
	if (size > arena->left && add_block(arena, size) != 0)
		return NULL;
	result = arena->next;
	arena->next += size;
	arena->left -= size;
	return result;
}

void *cxa_arena_copy(struct cxa_arena *arena, const void *data, size_t size)
{
	void *copy = cxa_arena_alloc(arena, size);

	if (copy != NULL && size != 0)
		memcpy(copy, data, size);
	return copy;
}

void cxa_arena_reset(struct cxa_arena *arena)
{
	struct cxa_arena_block *keep = NULL;
	struct cxa_arena_block *block = arena->blocks;
	struct cxa_arena_block *next;

	for (; block != NULL; block = next) {
		next = block->next;
		if (block->size > LARGEST_STEP ||
		    (keep != NULL && block->size <= keep->size)) {
			free(block);
		} else {
			free(keep);
			keep = block;
		}
	}
	arena->blocks = keep;
	arena->next = NULL;
	arena->left = 0;
	arena->total = 0;
	if (keep != NULL) {
		keep->next = NULL;
		arena->next = keep->data;
		arena->left = keep->size;
		arena->total = keep->size;
	}
}

void cxa_arena_release(struct cxa_arena *arena)
{
	struct cxa_arena_block *block = arena->blocks;
	struct cxa_arena_block *next;

	for (; block != NULL; block = next) {
		next = block->next;
		free(block);
	}
	arena->blocks = NULL;
	arena->next = NULL;
	arena->left = 0;
	arena->total = 0;
}

static void *arena_alloc(void *state, size_t size)
{
	return cxa_arena_alloc(state, size);
}

static void arena_free(void *state, void *pointer)
{
	(void)state;
	(void)pointer;
}

ProtobufCAllocator cxa_arena_allocator(struct cxa_arena *arena)
{
	ProtobufCAllocator allocator = {
		.alloc = arena_alloc,
		.free = arena_free,
		.allocator_data = arena,
	};

	return allocator;
}
