/* forge.c - an archive in parts, and written again with all that vouches for it */
#include "forge.h"

#include <stdlib.h>

#include "base/frame.h"
#include "base/wire.h"
#include "block_mutate.h"
#include "container/header.h"
#include "container/index.h"
#include "container/member_reader.h"
#include "container/sums.h"
#include "container/tar_block.h"
#include "container/trailer.h"
#include "record/batch_codec.h"
#include "support.h"
#include "wire_mutate.h"

static struct cxa_frame_coder coder;

/* --- parts ------------------------------------------------------------------- */

void forge_drop(struct forge *forge, size_t at)
{
	cxa_buffer_release(&forge->parts[at].bytes);
	forge->count--;
	memmove(&forge->parts[at], &forge->parts[at + 1],
		(forge->count - at) * sizeof(forge->parts[0]));
}

void forge_insert(struct forge *forge, size_t at, const struct forge_part *part)
{
	struct forge_part copy = *part;

	if (forge->count == FORGE_PARTS)
		return;
	copy.bytes = (struct cxa_buffer){ 0 };
	cxa_buffer_append(&copy.bytes, part->bytes.data, part->bytes.size);
	memmove(&forge->parts[at + 1], &forge->parts[at],
		(forge->count - at) * sizeof(forge->parts[0]));
	forge->parts[at] = copy;
	forge->count++;
}

static int compare_parts(const void *a, const void *b)
{
	const struct cxa_member *x = &((const struct forge_part *)a)->member;
	const struct cxa_member *y = &((const struct forge_part *)b)->member;

	if (x->kind != y->kind)
		return x->kind < y->kind ? -1 : 1;
	if (x->collection != y->collection)
		return x->collection < y->collection ? -1 : 1;
	return x->number < y->number ? -1 : x->number > y->number;
}

void forge_order(struct forge *forge)
{
	uint32_t numbers[CXA_COLLECTION_COUNT] = { 0 };

	qsort(forge->parts, forge->count, sizeof(forge->parts[0]),
	      compare_parts);
	for (size_t i = 0; i < forge->count; i++) {
		struct cxa_member *member = &forge->parts[i].member;

		if (member->kind != CXA_MEMBER_BATCH)
			continue;
		member->number = numbers[member->collection]++;
		cxa_member_batch_name(member->name, member->collection,
				      member->number);
	}
}

void forge_release(struct forge *forge)
{
	for (size_t i = 0; i < forge->count; i++)
		cxa_buffer_release(&forge->parts[i].bytes);
	forge->count = 0;
}

/* --- reading ----------------------------------------------------------------- */

/* Of CORTEXARC the second field of the envelope. */
static void take_header(struct forge_part *part, const struct cxa_buffer *data)
{
	const uint8_t *cursor = data->data;
	struct cxa_wire_field field;

	while (cxa_wire_next(&cursor, data->data + data->size, &field))
		if (field.number == 2 && field.wire_type == CXA_WIRE_BYTES)
			cxa_buffer_append(&part->bytes, field.data,
					  (size_t)field.value);
}

static void take(struct forge *forge, const struct cxa_member *member,
		 const struct cxa_buffer *data)
{
	struct forge_part *part = &forge->parts[forge->count++];

	memset(part, 0, sizeof(*part));
	part->member = *member;
	if (member->kind == CXA_MEMBER_HEADER) {
		take_header(part, data);
		return;
	}
	part->framed = member->kind == CXA_MEMBER_BATCH &&
		       cxa_frame_decompress(&coder, data->data, data->size,
					    &fuzz_context()->limits,
					    CXA_LIMIT(batch_bytes),
					    &part->bytes, NULL) == 0;
	if (!part->framed)
		cxa_buffer_append(&part->bytes, data->data, data->size);
}

bool forge_read(struct forge *forge, const uint8_t *data, size_t size)
{
	struct cxa_input *input = fuzz_input(data, size, false);
	struct cxa_member_reader *reader = NULL;
	struct cxa_tar_header first;
	struct cxa_buffer bytes = { 0 };
	struct cxa_member member;
	uint64_t skipped;
	int status = cxa_member_reader_open(&reader, input,
					    &fuzz_context()->limits, NULL);

	forge->count = 0;
	forge->mtime = 0;
	if (size >= CXA_TAR_BLOCK && cxa_tar_header_decode(&first, data) == NULL)
		forge->mtime = first.mtime;
	while (status == 0 && forge->count < FORGE_PARTS) {
		status = cxa_member_reader_next(reader, &member, &bytes, NULL);
		if (status == 0)
			take(forge, &member, &bytes);
		if (status == CXA_ERR_CORRUPT)
			status = cxa_member_reader_resync(reader, &skipped,
							  NULL);
	}
	cxa_member_reader_close(reader);
	cxa_input_close(input);
	cxa_buffer_release(&bytes);
	return forge->count != 0;
}

/* --- writing ----------------------------------------------------------------- */

/**
 * struct writing - what is known of the members so far
 * @at: the part that the twist is for
 */
struct writing {
	const struct forge *forge;
	enum forge_twist twist;
	size_t at;
	struct fuzz_random *random;
	struct cxa_buffer *out;
	struct cxa_buffer sums;
	Cxa__IndexEntry entries[FORGE_PARTS + 1];
	Cxa__IndexEntry *list[FORGE_PARTS + 1];
	struct cxa_digest raw_digests[FORGE_PARTS + 1];
	struct cxa_digest digests[FORGE_PARTS + 1];
	size_t entry_count;
	struct cxa_member made_up; /* a batch that is not there */
	struct cxa_trailer trailer;
};

static void put_block(struct writing *writing, size_t at, char type,
		      const char *name, uint64_t size)
{
	struct cxa_tar_header header = { .type = type, .size = size,
					 .mtime = writing->forge->mtime };
	uint8_t block[CXA_TAR_BLOCK];

	memcpy(header.name, name, strlen(name));
	cxa_tar_header_encode(&header, block);
	if (writing->twist == FORGE_FOREIGN) {
		memcpy(block + 257, "ustar  ", 8);
		fuzz_block_mend(block);
	}
	if (writing->twist == FORGE_HEADER_BLOCK && at == writing->at) {
		fuzz_block_twist(writing->random, block);
		fuzz_block_mend(block);
	}
	cxa_buffer_append(writing->out, block, sizeof(block));
}

static void put_pax(struct writing *writing, size_t at, const char *member,
		    const struct cxa_digest *digest)
{
	char name[CXA_TAR_NAME] = "";
	uint8_t block[CXA_TAR_BLOCK];

	if (writing->twist == FORGE_FOREIGN)
		return;
	cxa_tar_pax_name(name, member);
	put_block(writing, at, 'x', name, CXA_TAR_PAX_BYTES);
	cxa_tar_digest_encode(digest, block);
	if (writing->twist == FORGE_PAX_BLOCK && at == writing->at)
		fuzz_block_twist(writing->random, block);
	cxa_buffer_append(writing->out, block, sizeof(block));
}

/* Return: where its data begin. */
static uint64_t put_member(struct writing *writing, size_t at,
			   const uint8_t *data, size_t size)
{
	static const uint8_t zeros[CXA_TAR_BLOCK];
	const struct cxa_member *member = &writing->forge->parts[at].member;
	struct cxa_digest digest;
	uint64_t offset;

	cxa_digest_of(&digest, data, size);
	if (member->kind < CXA_MEMBER_SUMS)
		cxa_sums_add(&writing->sums, &digest,
			     writing->twist == FORGE_SUMS_NAME &&
					     at == writing->at ?
				     writing->made_up.name : member->name);
	if (cxa_member_has_digest(member->kind))
		put_pax(writing, at, member->name, &digest);
	put_block(writing, at, '0', member->name, size);
	offset = writing->out->size;
	cxa_buffer_append(writing->out, data, size);
	cxa_buffer_append(writing->out, zeros, -size % CXA_TAR_BLOCK);
	if (writing->twist == FORGE_PADDING && at == writing->at &&
	    size % CXA_TAR_BLOCK != 0)
		writing->out->data[writing->out->size - 1] = 1;
	return offset;
}

static void set_bytes(ProtobufCBinaryData *field, struct cxa_digest *digest)
{
	field->data = digest->bytes;
	field->len = sizeof(digest->bytes);
}

/* What INDEX says of a batch that cannot be read is made up. */
static void add_entry(struct writing *writing, const struct cxa_member *member,
		      const struct cxa_buffer *raw, uint64_t offset,
		      const uint8_t *stored, size_t stored_size)
{
	size_t i = writing->entry_count++;
	Cxa__IndexEntry *entry = &writing->entries[i];
	struct cxa_id_run ids = { 1, 1, 1 };
	struct cxa_wire_stats stats;

	cxa__index_entry__init(entry);
	if (raw->size != 0)
		cxa_batch_check(member->collection, raw->data, raw->size,
				&fuzz_context()->limits, &ids, &stats, NULL);
	if (ids.count == 0)
		ids.count = 1;
	entry->member.data = (uint8_t *)(uintptr_t)member->name;
	entry->member.len = strlen(member->name);
	entry->offset = offset;
	entry->stored_size = stored_size;
	entry->raw_size = raw->size == 0 ? 1 : raw->size;
	entry->records = ids.count;
	entry->first_id = ids.first;
	entry->last_id = ids.last;
	cxa_digest_of(&writing->digests[i], stored, stored_size);
	cxa_digest_of(&writing->raw_digests[i], raw->data, raw->size);
	set_bytes(&entry->stored_digest, &writing->digests[i]);
	set_bytes(&entry->raw_digest, &writing->raw_digests[i]);
	writing->list[i] = entry;
}

static void put_batch(struct writing *writing, size_t at)
{
	const struct forge_part *part = &writing->forge->parts[at];
	struct cxa_buffer stored = { 0 };
	struct cxa_buffer twisted = { 0 };
	const struct cxa_buffer *used = &stored;
	uint64_t offset;

	if (part->framed)
		MUST(cxa_frame_compress(&coder, 1, false, part->bytes.data,
					part->bytes.size, &stored, NULL) == 0);
	else
		cxa_buffer_append(&stored, part->bytes.data, part->bytes.size);
	if (writing->twist == FORGE_STORED && at == writing->at) {
		fuzz_bytes_mutate(stored.data, stored.size, &twisted);
		used = &twisted;
	}
	offset = put_member(writing, at, used->data, used->size);
	add_entry(writing, &part->member, &part->bytes, offset, used->data,
		  used->size);
	cxa_buffer_release(&stored);
	cxa_buffer_release(&twisted);
}

static void make_up_batch(struct writing *writing)
{
	struct cxa_member *member = &writing->made_up;

	member->kind = CXA_MEMBER_BATCH;
	member->collection = (enum cxa_collection)fuzz_below(
		writing->random, CXA_COLLECTION_COUNT);
	member->number = (uint32_t)fuzz_below(writing->random, 3);
	cxa_member_batch_name(member->name, member->collection, member->number);
}

/* In INDEX and B2SUMS, with some of the blocks from @start on for its data. */
static void hide_batch(struct writing *writing, size_t start)
{
	static const struct cxa_buffer unknown;
	size_t blocks = (writing->out->size - start) / CXA_TAR_BLOCK;
	size_t skipped = (size_t)fuzz_below(writing->random, blocks);
	size_t size = (size_t)fuzz_below(writing->random, blocks - skipped) + 1;
	size_t offset = start + skipped * CXA_TAR_BLOCK;
	const uint8_t *data = writing->out->data + offset;
	struct cxa_digest digest;

	size = size * CXA_TAR_BLOCK - (size_t)fuzz_below(writing->random, 2);
	cxa_digest_of(&digest, data, size);
	cxa_sums_add(&writing->sums, &digest, writing->made_up.name);
	add_entry(writing, &writing->made_up, &unknown, offset, data, size);
}

static void put_header(struct writing *writing, size_t at)
{
	const struct cxa_buffer *bytes = &writing->forge->parts[at].bytes;
	Cxa__HeaderEnvelope envelope = CXA__HEADER_ENVELOPE__INIT;
	struct cxa_buffer packed = { 0 };
	struct cxa_digest digest;

	cxa_digest_of(&digest, bytes->data, bytes->size);
	set_bytes(&envelope.header_digest, &digest);
	envelope.header_bytes.data = bytes->data;
	envelope.header_bytes.len = bytes->size;
	MUST(cxa_wire_pack(&envelope.base, &packed, NULL) == 0);
	put_member(writing, at, packed.data, packed.size);
	cxa_buffer_release(&packed);
}

static void put_index(struct writing *writing, size_t at)
{
	Cxa__Index index = CXA__INDEX__INIT;
	struct cxa_buffer raw = { 0 };
	struct cxa_buffer twisted = { 0 };
	struct cxa_buffer stored = { 0 };

	index.entries = writing->list;
	index.n_entries = writing->entry_count;
	MUST(cxa_index_encode(&index, &raw, NULL) == 0);
	if (writing->twist == FORGE_INDEX)
		fuzz_wire_mutate(writing->random, raw.data, raw.size, &twisted);
	else
		cxa_buffer_append(&twisted, raw.data, raw.size);
	MUST(cxa_frame_compress(&coder, 1, false, twisted.data, twisted.size,
				&stored, NULL) == 0);
	writing->trailer.index_offset = put_member(writing, at, stored.data,
						   stored.size);
	writing->trailer.index_size = stored.size;
	cxa_digest_of(&writing->trailer.index_digest, stored.data, stored.size);
	cxa_buffer_release(&raw);
	cxa_buffer_release(&twisted);
	cxa_buffer_release(&stored);
}

static void put_sums(struct writing *writing, size_t at)
{
	struct cxa_buffer sums = { 0 };

	if (writing->twist == FORGE_SUMS)
		fuzz_bytes_mutate(writing->sums.data, writing->sums.size,
				  &sums);
	else
		cxa_buffer_append(&sums, writing->sums.data,
				  writing->sums.size);
	writing->trailer.sums_offset = put_member(writing, at, sums.data,
						  sums.size);
	writing->trailer.sums_size = sums.size;
	cxa_digest_of(&writing->trailer.root, sums.data, sums.size);
	cxa_buffer_release(&sums);
}

static void twist_trailer(struct cxa_trailer *trailer,
			  struct fuzz_random *random)
{
	uint64_t *const fields[] = { &trailer->index_offset,
				     &trailer->index_size,
				     &trailer->sums_offset,
				     &trailer->sums_size };
	static const uint64_t steps[] = { 1, 512, UINT64_MAX, (uint64_t)-512,
					  UINT64_C(1) << 63, 1 << 20 };

	if (fuzz_one_in(random, 8))
		trailer->minor++;
	else if (fuzz_one_in(random, 8))
		trailer->root.bytes[0] ^= 1;
	else
		*fields[fuzz_below(random, 4)] += steps[fuzz_below(random, 6)];
}

static void put_trailer(struct writing *writing, size_t at)
{
	uint8_t data[CXA_TRAILER_BYTES];

	writing->trailer.major = CXA_FORMAT_MAJOR;
	if (writing->twist == FORGE_TRAILER)
		twist_trailer(&writing->trailer, writing->random);
	cxa_trailer_encode(&writing->trailer, data);
	put_member(writing, at, data, sizeof(data));
}

void forge_write(const struct forge *forge, enum forge_twist twist,
		 struct fuzz_random *random, struct cxa_buffer *out)
{
	static const uint8_t zeros[2 * CXA_TAR_BLOCK];
	static struct writing writing;

	memset(&writing, 0, sizeof(writing));
	writing.forge = forge;
	writing.twist = twist;
	writing.at = (size_t)fuzz_below(random, forge->count);
	writing.random = random;
	writing.out = out;
	make_up_batch(&writing);
	for (size_t i = 0; i < forge->count; i++) {
		const struct forge_part *part = &forge->parts[i];
		size_t start = out->size;

		switch (part->member.kind) {
		case CXA_MEMBER_HEADER: put_header(&writing, i); break;
		case CXA_MEMBER_BATCH: put_batch(&writing, i); break;
		case CXA_MEMBER_INDEX: put_index(&writing, i); break;
		case CXA_MEMBER_SUMS: put_sums(&writing, i); break;
		case CXA_MEMBER_TRAILER: put_trailer(&writing, i); break;
		default:
			put_member(&writing, i, part->bytes.data,
				   part->bytes.size);
		}
		if (twist == FORGE_WITHIN && i == writing.at &&
		    part->member.kind <= CXA_MEMBER_BATCH)
			hide_batch(&writing, start);
	}
	cxa_buffer_append(out, zeros, sizeof(zeros));
	cxa_buffer_release(&writing.sums);
}
