/* record.h - collections, records and batches of records */
#ifndef CORTEXARC_RECORD_H
#define CORTEXARC_RECORD_H

#include <stdbool.h>

#include <cortexarc/archive.pb-c.h>
#include <cortexarc/error.h>
#include <cortexarc/records.pb-c.h>

#ifdef __cplusplus
extern "C" {
#endif

/** enum cxa_collection - in the order an archive holds them */
enum cxa_collection {
	CXA_CONCEPTS,     /* Cxa__Concept, key id */
	CXA_EMBEDDINGS,   /* Cxa__Embedding, key concept_id */
	CXA_COLUMNS,      /* Cxa__Column, key id */
	CXA_CONNECTIONS,  /* Cxa__Connection, key id */
	CXA_SYSTEM_STATE, /* Cxa__SystemState, no key: at most one, id 0 */
	CXA_QUERY_CACHE,  /* Cxa__CachedQuery, key query_hash */
	CXA_SYNC_QUEUE    /* Cxa__SyncEntry, key id */
};
#define CXA_COLLECTION_COUNT 7

/** cxa_collection_name() - as "query_cache"; static */
const char *cxa_collection_name(enum cxa_collection collection);

/** cxa_collection_find() - Return: 0, or CXA_ERR_USAGE for an unknown name */
int cxa_collection_find(enum cxa_collection *out, const char *name);

/**
 * struct cxa_record - one record as the wire holds it
 * @id: its key
 * @data: the message's canonical protobuf encoding, borrowed from the batch;
 *        NULL: there is none
 * @size: bytes at @data
 */
struct cxa_record {
	uint64_t id;
	const uint8_t *data;
	size_t size;
};

/**
 * struct cxa_batch - a run of records of one collection, ids ascending
 * @records: @count of them
 * @embeddings: with a selection of whole concepts, @count of them beside
 *              @records (data NULL where a concept has none); else NULL
 *
 * Counted references; what follows the visible fields is private. Immutable
 * once handed on, so threads may share one.
 */
struct cxa_batch {
	enum cxa_collection collection;
	size_t count;
	const struct cxa_record *records;
	const struct cxa_record *embeddings;
};

/** cxa_batch_new() - an empty batch to append to; Return: 0 or CXA_ERR_NOMEM */
int cxa_batch_new(struct cxa_batch **out, enum cxa_collection collection,
		  struct cxa_error *error);

/**
 * cxa_batch_append() - encode @message behind the records already there
 * @message: of the collection's record type; read only, not kept
 *
 * Return: 0, CXA_ERR_USAGE (another type, or an id not above the last one's),
 * CXA_ERR_NOMEM.
 */
int cxa_batch_append(struct cxa_batch *batch, const ProtobufCMessage *message,
		     struct cxa_error *error);

/** cxa_batch_bytes() - the sum of the records' sizes */
size_t cxa_batch_bytes(const struct cxa_batch *batch);

struct cxa_batch *cxa_batch_ref(struct cxa_batch *batch);
/** cxa_batch_unref() - accepts NULL */
void cxa_batch_unref(struct cxa_batch *batch);

/**
 * cxa_record_unpack() - decode one record
 *
 * Return: the message, to be freed with
 * protobuf_c_message_free_unpacked(message, NULL); NULL without memory.
 * Records of a batch always decode: they were checked on their way in.
 */
ProtobufCMessage *cxa_record_unpack(enum cxa_collection collection,
				    const struct cxa_record *record);

/**
 * cxa_content_hash() - content_hash and query_hash of data_version 1
 *
 * SipHash-1-3 with key 0 over the bytes and one byte 0xFF: what Rust's
 * DefaultHasher gives for a str.
 */
uint64_t cxa_content_hash(const void *text, size_t size);

#ifdef __cplusplus
}
#endif
#endif
