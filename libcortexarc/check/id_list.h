/* id_list.h - many 64-bit ids in little memory, by position or searched */
#ifndef CXA_CHECK_ID_LIST_H
#define CXA_CHECK_ID_LIST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { CXA_ID_BLOCK = 128 };

/**
 * struct cxa_id_list - values in blocks of CXA_ID_BLOCK; { 0 } is an empty one
 *
 * A block holds the distance of each value from its smallest, all in as many
 * whole bytes as the largest takes; a run of consecutive ids takes none. With
 * n ids spread over all 64 bits that is log2(2^64 / n * 128) bits rounded up
 * to bytes, 7 for a million, and 1/8 byte for a block's place. Nothing is ever
 * moved, so growing needs no second copy.
 */
struct cxa_id_list {
	uint64_t *bases;   /* the smallest value of each block */
	uint64_t *places;  /* where its distances are, and their width */
	size_t blocks;
	size_t capacity;
	uint8_t **chunks;
	size_t chunk_count;
	size_t chunk_used; /* bytes of the last one */
	size_t count;      /* sealed */
	size_t tail_count;
	uint64_t last;     /* value appended */
	uint64_t tail[CXA_ID_BLOCK];
};

/** cxa_id_list_append() - @count values; Return: 0, -1 without memory */
int cxa_id_list_append(struct cxa_id_list *list, const uint64_t *values,
		       size_t count);

/** cxa_id_list_seal() - nothing more comes; from here on it may be read */
int cxa_id_list_seal(struct cxa_id_list *list);

/** cxa_id_list_get() - the value at @position, which is below its count */
uint64_t cxa_id_list_get(const struct cxa_id_list *list, size_t position);

/**
 * cxa_id_list_find() - of values that were appended in ascending order
 * @position: out: of the first value that is not below @id; may be NULL
 *
 * Return: is @id among them?
 */
bool cxa_id_list_find(const struct cxa_id_list *list, uint64_t id,
		      size_t *position);

/** cxa_id_list_bytes() - of heap */
size_t cxa_id_list_bytes(const struct cxa_id_list *list);

void cxa_id_list_release(struct cxa_id_list *list);

#endif
