/* id_list.c - many 64-bit ids in little memory, by position or searched */
#include "check/id_list.h"

#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"

enum {
	CHUNK_BYTES = 64 * 1024,
	/* A value is read as 8 bytes, whatever its width. */
	SLACK_BYTES = 8,
	WIDTH_BITS = 4
};

static unsigned width_of(uint64_t distance)
{
	unsigned bytes = 1;

	while (bytes < 8 && distance >> (8 * bytes) != 0)
		bytes++;
	return bytes;
}

static bool is_run(const uint64_t *values, size_t count)
{
	for (size_t i = 1; i < count; i++)
		if (values[i] != values[0] + i)
			return false;
	return true;
}

static int grow_blocks(struct cxa_id_list *list)
{
	size_t capacity = list->capacity + list->capacity / 2 + 64;
	uint64_t *bases = reallocarray(list->bases, capacity, sizeof(*bases));
	uint64_t *places;

	if (bases == NULL)
		return -1;
	list->bases = bases;
	places = reallocarray(list->places, capacity, sizeof(*places));
	if (places == NULL)
		return -1;
	list->places = places;
	list->capacity = capacity;
	return 0;
}

/* Room for a block of distances; a block never crosses chunks. */
static uint8_t *chunk_room(struct cxa_id_list *list, size_t bytes)
{
	uint8_t **chunks;

	if (list->chunk_count == 0 ||
	    CHUNK_BYTES - list->chunk_used < bytes + SLACK_BYTES) {
		chunks = reallocarray(list->chunks, list->chunk_count + 1,
				      sizeof(*chunks));
		if (chunks == NULL)
			return NULL;
		list->chunks = chunks;
		chunks[list->chunk_count] = malloc(CHUNK_BYTES);
		if (chunks[list->chunk_count] == NULL)
			return NULL;
		list->chunk_count++;
		list->chunk_used = 0;
	}
	return list->chunks[list->chunk_count - 1] + list->chunk_used;
}

static int put_distances(struct cxa_id_list *list, uint64_t base,
			 unsigned width)
{
	size_t bytes = width * list->tail_count;
	uint8_t *room = chunk_room(list, bytes);

	if (room == NULL)
		return -1;
	for (size_t i = 0; i < list->tail_count; i++)
		cxa_store64(room + width * i, list->tail[i] - base);
	list->chunk_used += bytes;
	return 0;
}

static int flush(struct cxa_id_list *list)
{
	uint64_t base = list->tail[0];
	uint64_t most = 0;
	unsigned width = 0;

	if (list->blocks == list->capacity && grow_blocks(list) != 0)
		return -1;
	if (!is_run(list->tail, list->tail_count)) {
		for (size_t i = 1; i < list->tail_count; i++)
			if (list->tail[i] < base)
				base = list->tail[i];
		for (size_t i = 0; i < list->tail_count; i++)
			most |= list->tail[i] - base;
		width = width_of(most);
		if (put_distances(list, base, width) != 0)
			return -1;
	}
	list->bases[list->blocks] = base;
	list->places[list->blocks] = width;
	if (width != 0) {
		uint64_t place = (uint64_t)(list->chunk_count - 1) *
					 CHUNK_BYTES +
				 list->chunk_used - width * list->tail_count;

		list->places[list->blocks] |= place << WIDTH_BITS;
	}
	list->blocks++;
	list->count += list->tail_count;
	list->tail_count = 0;
	return 0;
}

int cxa_id_list_append(struct cxa_id_list *list, const uint64_t *values,
		       size_t count)
{
	size_t done = 0;

	while (done < count) {
		size_t part = CXA_ID_BLOCK - list->tail_count;

		if (part > count - done)
			part = count - done;
		memcpy(list->tail + list->tail_count, values + done,
		       part * sizeof(*values));
		list->tail_count += part;
		done += part;
		list->last = values[done - 1];
		if (list->tail_count == CXA_ID_BLOCK && flush(list) != 0)
			return -1;
	}
	return 0;
}

int cxa_id_list_seal(struct cxa_id_list *list)
{
	return list->tail_count == 0 ? 0 : flush(list);
}

/* The distances of a block; NULL: it is a run. */
static const uint8_t *distances(const struct cxa_id_list *list, size_t block,
				unsigned *width)
{
	uint64_t place = list->places[block] >> WIDTH_BITS;

	*width = (unsigned)(list->places[block] & ((1 << WIDTH_BITS) - 1));
	if (*width == 0)
		return NULL;
	return list->chunks[place / CHUNK_BYTES] + place % CHUNK_BYTES;
}

static uint64_t distance(const uint8_t *data, unsigned width, size_t i)
{
	return cxa_load64(data + width * i) & (UINT64_MAX >> (64 - 8 * width));
}

uint64_t cxa_id_list_get(const struct cxa_id_list *list, size_t position)
{
	size_t block = position / CXA_ID_BLOCK;
	size_t i = position % CXA_ID_BLOCK;
	unsigned width;
	const uint8_t *data = distances(list, block, &width);

	return list->bases[block] + (data == NULL ? i :
						    distance(data, width, i));
}

/* The last block that does not begin above @id; there is one. */
static size_t find_block(const struct cxa_id_list *list, uint64_t id)
{
	const uint64_t *bases = list->bases;
	size_t first = 0;
	size_t size = list->blocks;

	while (size > 1) {
		size_t half = size / 2;

		first += bases[first + half] <= id ? half : 0;
		size -= half;
	}
	return first;
}

/* How many of a block's @count distances are below @wanted. */
static size_t count_below(const uint8_t *data, unsigned width, size_t count,
			  uint64_t wanted)
{
	size_t first = 0;

	while (count != 0) {
		size_t half = count / 2;

		if (distance(data, width, first + half) < wanted) {
			first += half + 1;
			count -= half + 1;
		} else {
			count = half;
		}
	}
	return first;
}

bool cxa_id_list_find(const struct cxa_id_list *list, uint64_t id,
		      size_t *position)
{
	size_t at = 0;
	size_t block;
	size_t count;
	uint64_t wanted;
	const uint8_t *data;
	unsigned width;
	bool found = false;

	if (list->count == 0 || id < list->bases[0])
		goto done;
	block = find_block(list, id);
	count = list->count - block * CXA_ID_BLOCK;
	if (count > CXA_ID_BLOCK)
		count = CXA_ID_BLOCK;
	wanted = id - list->bases[block];
	data = distances(list, block, &width);
	if (data == NULL) {
		found = wanted < count;
		at = found ? (size_t)wanted : count;
	} else {
		at = count_below(data, width, count, wanted);
		found = at < count && distance(data, width, at) == wanted;
	}
	at += block * CXA_ID_BLOCK;
done:
	if (position != NULL)
		*position = at;
	return found;
}

size_t cxa_id_list_bytes(const struct cxa_id_list *list)
{
	return list->chunk_count * (CHUNK_BYTES + sizeof(*list->chunks)) +
	       list->capacity * 2 * sizeof(uint64_t);
}

void cxa_id_list_release(struct cxa_id_list *list)
{
	for (size_t i = 0; i < list->chunk_count; i++)
		free(list->chunks[i]);
	free(list->chunks);
	free(list->bases);
	free(list->places);
	*list = (struct cxa_id_list){ 0 };
}
