/* collection.h - the table of collections: a row is all that is special about one */
#ifndef CXA_RECORD_COLLECTION_H
#define CXA_RECORD_COLLECTION_H

#include <cortexarc/record.h>

#include "base/message_type.h"

/**
 * struct cxa_collection_info - one collection
 * @name: of its folder in an archive and its member in JSON
 * @record_name: for messages and reports, as "concept"
 * @record, @batch: the descriptors of one record and of a batch's message
 * @has_key: field 1 of a record is its id; else there is at most one record,
 *           with id 0
 * @columnar: a batch holds its records by column
 * @boundary_bits, @min_bytes, @max_bytes: how batches are cut (boundary.h)
 */
struct cxa_collection_info {
	const char *name;
	const char *record_name;
	const ProtobufCMessageDescriptor *record;
	const ProtobufCMessageDescriptor *batch;
	bool has_key;
	bool columnar;
	unsigned boundary_bits;
	uint32_t min_bytes;
	uint32_t max_bytes;
};

/** cxa_collection_info() - @collection's row; never NULL for a valid one */
const struct cxa_collection_info *
cxa_collection_info(enum cxa_collection collection);

/** cxa_collection_type() - the message type of a record */
const struct cxa_message_type *
cxa_collection_type(enum cxa_collection collection);

/** cxa_collection_key() - the id in a record that is unpacked */
uint64_t cxa_collection_key(enum cxa_collection collection,
			    const ProtobufCMessage *message);

#endif
