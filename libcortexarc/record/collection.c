/* collection.c - the table of collections */
#include "record/collection.h"

#include <string.h>

enum { KIB = 1 << 10, MIB = 1 << 20 };

/*
 * Boundary bits and sizes bring a batch to 1-2 MiB at usual record sizes
 * (0.5 KiB a concept, 1.8 KiB an embedding, 40 bytes a connection): about
 * min_bytes + 2^bits records. Smaller ones compress less; larger ones cost
 * memory on every thread, and time to get one record out. They are part of the
 * format: an archive says them in its header, and two archives share batches
 * only where they agree.
 */
static const struct cxa_collection_info collections[CXA_COLLECTION_COUNT] = {
	[CXA_CONCEPTS] = {
		"concepts", "concept", &cxa__concept__descriptor,
		&cxa__concept_batch__descriptor, true, false, 10, MIB,
		3 * MIB },
	[CXA_EMBEDDINGS] = {
		"embeddings", "embedding", &cxa__embedding__descriptor,
		&cxa__embedding_batch__descriptor, true, true, 8, MIB,
		3 * MIB },
	[CXA_COLUMNS] = {
		"columns", "column", &cxa__column__descriptor,
		&cxa__column_batch__descriptor, true, false, 11, MIB, 3 * MIB },
	[CXA_CONNECTIONS] = {
		"connections", "connection", &cxa__connection__descriptor,
		&cxa__connection_batch__descriptor, true, false, 14, 512 * KIB,
		3 * MIB },
	[CXA_SYSTEM_STATE] = {
		"system_state", "system_state", &cxa__system_state__descriptor,
		&cxa__system_state_batch__descriptor, false, false, 11, MIB,
		3 * MIB },
	[CXA_QUERY_CACHE] = {
		"query_cache", "cached query", &cxa__cached_query__descriptor,
		&cxa__cached_query_batch__descriptor, true, false, 11, MIB,
		3 * MIB },
	[CXA_SYNC_QUEUE] = {
		"sync_queue", "sync entry", &cxa__sync_entry__descriptor,
		&cxa__sync_entry_batch__descriptor, true, false, 11, MIB,
		3 * MIB },
};

const struct cxa_collection_info *
cxa_collection_info(enum cxa_collection collection)
{
	return &collections[collection];
}

const struct cxa_message_type *
cxa_collection_type(enum cxa_collection collection)
{
	return cxa_message_type_of(collections[collection].record);
}

const char *cxa_collection_name(enum cxa_collection collection)
{
	return collections[collection].name;
}

int cxa_collection_find(enum cxa_collection *out, const char *name)
{
	for (int i = 0; i < CXA_COLLECTION_COUNT; i++) {
		if (strcmp(collections[i].name, name) == 0) {
			*out = (enum cxa_collection)i;
			return 0;
		}
	}
	return CXA_ERR_USAGE;
}

uint64_t cxa_collection_key(enum cxa_collection collection,
			    const ProtobufCMessage *message)
{
	const struct cxa_collection_info *info = &collections[collection];
	uint64_t key = 0;

	if (info->has_key)
		memcpy(&key, (const uint8_t *)message +
			       info->record->fields[0].offset, sizeof(key));
	return key;
}
