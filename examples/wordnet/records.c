/* records.c - what the records of several collections have in common */
#include "records.h"

#include <string.h>

#include "pointer.h"

/* Imports ran for the hundred days before the store was saved. */
#define FIRST_IMPORT (WN_CREATED_AT - 8640000000.0)
#define COPY_EVERY 8000000u /* ms; 1,024 copies fit into the hundred days */
#define CONCEPT_EVERY 64u

ProtobufCBinaryData wn_bytes(const char *text, size_t size)
{
	return (ProtobufCBinaryData){
		.len = size, .data = (uint8_t *)(uintptr_t)text,
	};
}

ProtobufCBinaryData wn_string(const char *text)
{
	return wn_bytes(text, strlen(text));
}

struct wn_place wn_place_of(const struct wn_graph *graph, uint64_t position)
{
	uint32_t count = graph->dictionary->synset_count;

	return (struct wn_place){
		.copy = (uint32_t)(position / count),
		.synset = (uint32_t)(position % count),
		.first_id = position - position % count + 1,
	};
}

double wn_created(const struct wn_place *place)
{
	uint64_t after = (uint64_t)(place->copy % 1024) * COPY_EVERY +
			 place->synset % (COPY_EVERY / CONCEPT_EVERY) *
			 CONCEPT_EVERY;

	return FIRST_IMPORT + (double)after;
}

double wn_between(double from, uint64_t seed)
{
	uint64_t span = (uint64_t)(WN_CREATED_AT - from) + 1;

	return from + (double)(wn_mix(seed) % span);
}

float wn_strength(const struct wn_relation *relation, uint64_t id)
{
	float apart = wn_unit(WN_SALT_STRENGTH, id) - 0.5f;

	return wn_pointers[relation->kind].strength + apart * 0.125f;
}

unsigned wn_neighbours(const struct wn_dictionary *dictionary, uint32_t synset,
		       uint32_t *out, unsigned most)
{
	const struct wn_relation *relations = dictionary->relations;
	uint32_t next = dictionary->synsets[synset].first_relation;
	uint32_t end = dictionary->synsets[synset + 1].first_relation;
	unsigned count = 0, i;

	for (; next < end && count < most; next++) {
		for (i = 0; i < count; i++)
			if (relations[out[i]].target == relations[next].target)
				break;
		if (i == count && relations[next].target != synset)
			out[count++] = next;
	}
	return count;
}
