/* small_archive.h - an archive of many tiny batches, and a file to damage it in */
#ifndef CXA_TESTS_CHECK_SMALL_ARCHIVE_H
#define CXA_TESTS_CHECK_SMALL_ARCHIVE_H

#define _GNU_SOURCE 1 /* memfd_create() */
#include <cortexarc/cortexarc.h>

#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/frame.h"
#include "base/schema_data.h"
#include "container/header.h"
#include "container/member.h"
#include "endpoint/archive_writer.h"
#include "endpoint/encoder.h"
#include "record/batch_codec.h"
#include "tap.h"

enum { SMALL_MAX = 256 * 1024, SMALL_BATCHES = 64 };

/** struct small - its bytes, and where INDEX says that its batches are */
struct small {
	uint8_t bytes[SMALL_MAX];
	size_t size;
	size_t count;
	struct small_batch {
		enum cxa_collection collection;
		size_t begin;
		size_t end;
		uint64_t records;
		uint64_t first_id;
		uint64_t last_id;
	} batches[SMALL_BATCHES];
	uint8_t root[32];
};

__attribute__((noreturn, unused)) static void die(const char *what)
{
	printf("Bail out! %s\n", what);
	exit(99);
}

__attribute__((unused)) static void small_load(struct small *small,
					       struct cxa_context *context,
					       const char *path)
{
	struct cxa_source *source = NULL;
	const Cxa__Index *index;
	FILE *file = fopen(path, "rb");
	struct cxa_member member;
	char name[CXA_MEMBER_NAME_MAX + 1];

	if (file == NULL || cxa_source_open(&source, context, path, NULL,
					    NULL) != 0)
		die(path);
	small->size = fread(small->bytes, 1, SMALL_MAX, file);
	fclose(file);
	index = cxa_source_index(source);
	memcpy(small->root, cxa_source_root(source), 32);
	small->count = index->n_entries;
	if (small->count > SMALL_BATCHES || small->size == SMALL_MAX)
		die("not so small");
	for (size_t i = 0; i < small->count; i++) {
		const Cxa__IndexEntry *entry = index->entries[i];

		memset(name, 0, sizeof(name));
		memcpy(name, entry->member.data, entry->member.len);
		cxa_member_parse(&member, name);
		small->batches[i] = (struct small_batch){
			.collection = member.collection,
			.begin = (size_t)entry->offset,
			.end = (size_t)(entry->offset +
					entry->stored_size),
			.records = entry->records,
			.first_id = entry->first_id,
			.last_id = entry->last_id,
		};
	}
	cxa_source_close(source);
}

/* Some rows of a batch as a batch of their own. */
static void small_put(struct cxa_archive_writer *writer,
		      const struct cxa_batch *batch, size_t first, size_t count)
{
	const struct cxa_record *records = batch->records + first;
	struct cxa_encoded encoded = { .collection = batch->collection,
				       .records = count,
				       .first_id = records[0].id,
				       .last_id = records[count - 1].id };
	struct cxa_frame_coder coder = { 0 };
	struct cxa_buffer raw = { 0 };

	if (cxa_batch_encode(batch->collection, records, count, &raw, NULL) !=
		    0 ||
	    cxa_frame_compress(&coder,
			       cxa_encoder_level(CXA_FRAME_LEVEL,
						 batch->collection),
			       false, raw.data, raw.size, &encoded.stored,
			       NULL) != 0)
		die("a batch");
	encoded.raw_size = raw.size;
	cxa_digest_of(&encoded.raw_digest, raw.data, raw.size);
	cxa_digest_of(&encoded.stored_digest, encoded.stored.data,
		      encoded.stored.size);
	if (cxa_archive_writer_add(writer, &encoded, NULL) != 0)
		die("a member");
	cxa_frame_coder_release(&coder);
	cxa_buffer_release(&raw);
	cxa_buffer_release(&encoded.stored);
}

/**
 * small_make() - the records of @from, @cut of them a batch
 *
 * Otherwise as the archive sink would have made it.
 */
__attribute__((unused)) static void small_make(struct cxa_context *context,
					       const char *from,
					       const char *path, size_t cut)
{
	struct cxa_span schema = { cxa_schema_data, cxa_schema_size };
	struct cxa_archive_writer *writer = NULL;
	struct cxa_source *source = NULL;
	struct cxa_cursor *cursor = NULL;
	struct cxa_batch *batch = NULL;
	struct cxa_buffer bytes = { 0 };
	struct cxa_summary summary;

	if (cxa_source_open(&source, context, from, NULL, NULL) != 0 ||
	    cxa_header_encode(cxa_source_header(source), &bytes, NULL) != 0 ||
	    cxa_archive_writer_open(&writer, context, path, CXA_FRAME_LEVEL,
				    false, NULL) != 0 ||
	    cxa_archive_writer_begin(
		    writer, cxa_source_header(source),
		    (struct cxa_span){ bytes.data, bytes.size }, schema,
		    NULL) != 0 ||
	    cxa_cursor_open(&cursor, source, NULL, NULL) != 0)
		die(from);
	while (cxa_cursor_next(cursor, &batch, NULL) == 0) {
		for (size_t i = 0; i < batch->count; i += cut)
			small_put(writer, batch, i,
				  batch->count - i < cut ? batch->count - i :
							   cut);
		cxa_batch_unref(batch);
	}
	if (cxa_archive_writer_finish(writer, (struct cxa_span){ NULL, 0 },
				      NULL) != 0 ||
	    cxa_archive_writer_commit(writer, &summary, NULL) != 0)
		die(path);
	cxa_cursor_close(cursor);
	cxa_archive_writer_close(writer);
	cxa_source_close(source);
	cxa_buffer_release(&bytes);
}

#endif
