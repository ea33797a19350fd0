/* messages.c - fuzz: every message by its type; header, index, trailer, sums */
#include <stdlib.h>

#include "base/digest.h"
#include "base/wire.h"
#include "container/header.h"
#include "container/index.h"
#include "container/sums.h"
#include "container/trailer.h"
#include "record/collection.h"
#include "support.h"

/*
 * The first byte says what the rest is. Oracles: what the scan accepts is
 * unpacked within what the scan said it takes, and packed to the same bytes;
 * what a reader accepts its writer makes again. Digests are put right here, so
 * that what is behind them is reached.
 */

struct bytes {
	const uint8_t *data;
	size_t size;
};

/* --- any message ------------------------------------------------------------ */

static void *count_bytes(void *total, size_t size)
{
	*(uint64_t *)total += size;
	return malloc(size);
}

static void release(void *total, void *pointer)
{
	(void)total;
	free(pointer);
}

/* What unpacking takes, to the byte, against what the scan said. */
static void check_memory(const ProtobufCMessageDescriptor *descriptor,
			 struct bytes bytes, uint64_t told)
{
	uint64_t total = 0;
	ProtobufCAllocator allocator = { count_bytes, release, &total };
	ProtobufCMessage *message = protobuf_c_message_unpack(
		descriptor, &allocator, bytes.size, bytes.data);

	MUST(message != NULL);
	MUST(total <= told);
	protobuf_c_message_free_unpacked(message, &allocator);
}

static void try_type(const ProtobufCMessageDescriptor *descriptor,
		     struct bytes bytes)
{
	const struct cxa_message_type *type = cxa_message_type_of(descriptor);
	const struct cxa_limits *limits = &fuzz_context()->limits;
	struct cxa_error error = CXA_ERROR_INIT;
	struct cxa_wire_stats stats = { 0 };
	struct cxa_arena arena = { 0 };
	struct cxa_buffer again = { 0 };
	ProtobufCMessage *message = NULL;
	int status = cxa_wire_scan(type, bytes.data, bytes.size, limits, &stats,
				   &error);

	if (status != 0) {
		MUST(error.offset == UINT64_MAX || error.offset <= bytes.size);
		return;
	}
	MUST(stats.decode_bytes <= limits->decode_bytes);
	MUST(stats.fields <= limits->fields);
	check_memory(descriptor, bytes, stats.decode_bytes);
	status = cxa_wire_unpack(type, bytes.data, bytes.size, &arena, &message,
				 &error);
	fuzz_must_be(status, 0, &error, "unpacking what was scanned");
	fuzz_must_be(cxa_wire_pack(message, &again, &error), 0, &error,
		     "packing");
	MUST(again.size == bytes.size);
	MUST(again.size == 0 ||
	     memcmp(again.data, bytes.data, again.size) == 0);
	cxa_arena_release(&arena);
	cxa_buffer_release(&again);
}

static const ProtobufCMessageDescriptor *const types[] = {
	&cxa__header_envelope__descriptor, &cxa__header__descriptor,
	&cxa__index__descriptor,	   &cxa__metadata__descriptor,
	&cxa__concept__descriptor,	   &cxa__embedding__descriptor,
	&cxa__column__descriptor,	   &cxa__connection__descriptor,
	&cxa__system_state__descriptor,	   &cxa__cached_query__descriptor,
	&cxa__sync_entry__descriptor,	   &cxa__concept_batch__descriptor,
	&cxa__embedding_batch__descriptor, &cxa__column_batch__descriptor,
	&cxa__connection_batch__descriptor,
	&cxa__system_state_batch__descriptor,
	&cxa__cached_query_batch__descriptor,
	&cxa__sync_entry_batch__descriptor,
};

/* --- the container's parts ------------------------------------------------- */

static void try_envelope(struct bytes bytes)
{
	static const enum cxa_operation operations[] = {
		CXA_TO_LIST, CXA_TO_RESTORE, CXA_TO_REWRITE
	};
	struct cxa_error error = CXA_ERROR_INIT;
	int before = 0;

	for (size_t i = 0; i < 3; i++) {
		struct cxa_arena arena = { 0 };
		struct cxa_buffer again = { 0 };
		Cxa__Header *header = NULL;
		int status = cxa_header_decode(bytes.data, bytes.size,
					       operations[i], NULL, &arena,
					       &header, &error);

		MUST((status == 0) == (header != NULL));
		/* What cannot be listed cannot be restored. */
		MUST(before == 0 || status != 0);
		before = operations[i] == CXA_TO_LIST ? status : 0;
		if (status == 0) {
			fuzz_must_be(cxa_header_encode(header, &again, &error),
				     0, &error, "encoding the header");
			MUST(again.size == bytes.size);
			MUST(memcmp(again.data, bytes.data, again.size) == 0);
		}
		cxa_arena_release(&arena);
		cxa_buffer_release(&again);
	}
}

/* In an envelope whose digest holds. */
static void try_header(struct bytes bytes)
{
	Cxa__HeaderEnvelope envelope = CXA__HEADER_ENVELOPE__INIT;
	struct cxa_buffer packed = { 0 };
	struct cxa_digest digest;

	cxa_digest_of(&digest, bytes.data, bytes.size);
	envelope.header_digest.data = digest.bytes;
	envelope.header_digest.len = sizeof(digest.bytes);
	envelope.header_bytes.data = (uint8_t *)(uintptr_t)bytes.data;
	envelope.header_bytes.len = bytes.size;
	MUST(cxa_wire_pack(&envelope.base, &packed, NULL) == 0);
	try_envelope((struct bytes){ packed.data, packed.size });
	cxa_buffer_release(&packed);
}

static void find_entries(const Cxa__Index *index)
{
	for (size_t i = 0; i < index->n_entries; i++) {
		const Cxa__IndexEntry *entry = index->entries[i];
		char name[CXA_MEMBER_NAME_MAX + 1] = "";
		struct cxa_member member;

		memcpy(name, entry->member.data, entry->member.len);
		MUST(cxa_member_parse(&member, name));
		MUST(cxa_index_find(index, member.collection,
				    entry->first_id) == entry);
		MUST(cxa_index_find(index, member.collection,
				    entry->last_id) == entry);
	}
}

static void try_index(struct bytes bytes)
{
	struct cxa_error error = CXA_ERROR_INIT;
	struct cxa_arena arena = { 0 };
	struct cxa_buffer again = { 0 };
	Cxa__Index *index = NULL;
	int status = cxa_index_decode(bytes.data, bytes.size, NULL, &arena,
				      &index, &error);

	MUST((status == 0) == (index != NULL));
	if (status == 0) {
		find_entries(index);
		fuzz_must_be(cxa_index_encode(index, &again, &error), 0,
			     &error, "encoding the index");
		MUST(again.size == bytes.size);
		MUST(memcmp(again.data, bytes.data, again.size) == 0);
	}
	cxa_arena_release(&arena);
	cxa_buffer_release(&again);
}

static void try_trailer(struct bytes bytes)
{
	enum { DIGEST_AT = CXA_TRAILER_BYTES - CXA_DIGEST_BYTES };
	uint8_t data[CXA_TRAILER_BYTES] = { 0 };
	uint8_t again[CXA_TRAILER_BYTES];
	struct cxa_trailer trailer;
	struct cxa_digest digest;

	memcpy(data, bytes.data,
	       bytes.size < sizeof(data) ? bytes.size : sizeof(data));
	cxa_digest_of(&digest, data, DIGEST_AT);
	memcpy(data + DIGEST_AT, digest.bytes, sizeof(digest.bytes));
	if (cxa_trailer_decode(&trailer, data, NULL) != 0)
		return;
	cxa_trailer_encode(&trailer, again);
	MUST(memcmp(again, data, sizeof(again)) == 0);
}

static void try_sums(struct bytes bytes)
{
	struct cxa_buffer again = { 0 };
	struct cxa_member member;
	size_t offset = 0;
	size_t before;
	int status;

	do {
		before = offset;
		status = cxa_sums_next(bytes.data, bytes.size, &offset,
				       &member, NULL);
		if (status == 0) {
			MUST(offset > before && offset <= bytes.size);
			cxa_sums_add(&again, &member.digest, member.name);
		}
	} while (status == 0);
	/* What was read up to a fault is what stands there. */
	MUST(again.size == before && (before == 0 ||
	     memcmp(again.data, bytes.data, before) == 0));
	MUST(status != CXA_END || before == bytes.size);
	cxa_buffer_release(&again);
}

static void (*const parts[])(struct bytes bytes) = {
	try_envelope, try_header, try_index, try_trailer, try_sums
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	enum {
		TYPES = sizeof(types) / sizeof(types[0]),
		PARTS = sizeof(parts) / sizeof(parts[0])
	};
	struct bytes bytes = { data + 1, size - 1 };
	unsigned which;

	if (size == 0)
		return 0;
	which = data[0] % (TYPES + PARTS);
	if (which < PARTS)
		parts[which](bytes);
	else
		try_type(types[which - PARTS], bytes);
	return 0;
}
