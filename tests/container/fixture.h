/* fixture.h - a small archive in memory, and whether one is sound */
#ifndef CXA_TESTS_CONTAINER_FIXTURE_H
#define CXA_TESTS_CONTAINER_FIXTURE_H

#include <stdlib.h>
#include <unistd.h>

#include "base/digest.h"
#include "base/io.h"
#include "container/header.h"
#include "container/index.h"
#include "container/member_writer.h"
#include "container/sums.h"
#include "container/trailer.h"
#include "container/walker.h"
#include "tap.h"

#define FIXTURE_MTIME UINT64_C(1700000000)
enum { FIXTURE_BATCHES = 4, FIXTURE_MEMBERS = FIXTURE_BATCHES + 5 };

/* Sizes around a block's, so that every kind of padding is there. */
static const struct {
	enum cxa_collection collection;
	uint32_t number;
	size_t size;
} fixture_batches[FIXTURE_BATCHES] = {
	{ CXA_CONCEPTS, 0, 700 },
	{ CXA_CONCEPTS, 1, 512 },
	{ CXA_COLUMNS, 0, 1 },
	{ CXA_SYSTEM_STATE, 0, 1023 },
};

/**
 * struct fixture - an archive being built
 * @members: as they were written
 */
struct fixture {
	struct cxa_buffer file;
	struct cxa_buffer sums;
	struct cxa_member_writer *writer;
	struct cxa_member members[FIXTURE_MEMBERS];
	size_t count;
	struct cxa_digest root;
	struct cxa_trailer trailer;
};

static ProtobufCBinaryData fixture_text(const char *text)
{
	ProtobufCBinaryData data = { strlen(text), (uint8_t *)text };

	return data;
}

__attribute__((unused))
static void fixture_header(Cxa__Header *header, Cxa__Metadata *metadata)
{
	cxa__header__init(header);
	cxa__metadata__init(metadata);
	metadata->backup_id = fixture_text("backup_1700000000000_1");
	metadata->created_at = 1700000000123.0;
	metadata->cortex_version = fixture_text("1.0");
	metadata->data_version = 1;
	metadata->integrity_hash = fixture_text("");
	metadata->description = fixture_text("a test");
	header->format_major = CXA_FORMAT_MAJOR;
	header->hash_name = fixture_text("BLAKE2b-256");
	header->writer_name = fixture_text("cortexarc");
	header->writer_version = fixture_text("0.1.0");
	header->zstd_version = fixture_text("1.5.4");
	header->metadata = metadata;
}

static int fixture_write(void *state, const void *data, size_t size,
			 struct cxa_error *error)
{
	struct cxa_buffer *file = state;

	(void)error;
	cxa_buffer_append(file, data, size);
	return 0;
}

static void fixture_add(struct fixture *fixture, enum cxa_member_kind kind,
			enum cxa_collection collection, uint32_t number,
			const void *data, size_t size)
{
	struct cxa_member *member = &fixture->members[fixture->count++];
	struct cxa_error error = CXA_ERROR_INIT;

	memset(member, 0, sizeof(*member));
	member->kind = kind;
	member->collection = collection;
	member->number = number;
	member->size = size;
	cxa_digest_of(&member->digest, data, size);
	member->has_digest = kind == CXA_MEMBER_SCHEMA ||
			     kind == CXA_MEMBER_BATCH ||
			     kind == CXA_MEMBER_INDEX;
	if (cxa_member_writer_add(fixture->writer, member, data, &error) != 0) {
		printf("Bail out! %s: %s\n", member->name, error.message);
		exit(1);
	}
	if (kind < CXA_MEMBER_SUMS)
		cxa_sums_add(&fixture->sums, &member->digest, member->name);
}

static void fixture_fill(uint8_t *data, size_t size, uint32_t seed)
{
	for (size_t i = 0; i < size; i++) {
		seed = seed * 1664525 + 1013904223;
		data[i] = (uint8_t)(seed >> 24);
	}
}

static void fixture_add_head(struct fixture *fixture)
{
	struct cxa_buffer bytes = { 0 };
	Cxa__Header header;
	Cxa__Metadata metadata;

	fixture_header(&header, &metadata);
	cxa_header_encode(&header, &bytes, NULL);
	fixture_add(fixture, CXA_MEMBER_HEADER, CXA_CONCEPTS, 0, bytes.data,
		    bytes.size);
	cxa_buffer_release(&bytes);
	fixture_add(fixture, CXA_MEMBER_SCHEMA, CXA_CONCEPTS, 0,
		    "no schema, but bytes", 20);
}

static void fixture_add_end(struct fixture *fixture)
{
	static const char index[] = "no index, but bytes";
	struct cxa_trailer *trailer = &fixture->trailer;
	uint8_t block[CXA_TRAILER_BYTES];
	struct cxa_member *members = fixture->members;

	fixture_add(fixture, CXA_MEMBER_INDEX, CXA_CONCEPTS, 0, index,
		    sizeof(index));
	fixture_add(fixture, CXA_MEMBER_SUMS, CXA_CONCEPTS, 0,
		    fixture->sums.data, fixture->sums.size);
	trailer->major = CXA_FORMAT_MAJOR;
	trailer->minor = CXA_FORMAT_MINOR;
	trailer->index_offset = members[fixture->count - 2].offset;
	trailer->index_size = members[fixture->count - 2].size;
	trailer->index_digest = members[fixture->count - 2].digest;
	trailer->sums_offset = members[fixture->count - 1].offset;
	trailer->sums_size = members[fixture->count - 1].size;
	trailer->root = members[fixture->count - 1].digest;
	cxa_trailer_encode(trailer, block);
	fixture_add(fixture, CXA_MEMBER_TRAILER, CXA_CONCEPTS, 0, block,
		    sizeof(block));
}

__attribute__((unused))
static void fixture_build(struct fixture *fixture, uint64_t mtime)
{
	uint8_t data[1024];

	memset(fixture, 0, sizeof(*fixture));
	cxa_member_writer_open(&fixture->writer, mtime, fixture_write,
			       &fixture->file, NULL);
	fixture_add_head(fixture);
	for (uint32_t i = 0; i < FIXTURE_BATCHES; i++) {
		fixture_fill(data, fixture_batches[i].size, i);
		fixture_add(fixture, CXA_MEMBER_BATCH,
			    fixture_batches[i].collection,
			    fixture_batches[i].number, data,
			    fixture_batches[i].size);
	}
	fixture_add_end(fixture);
	cxa_member_writer_finish(fixture->writer, NULL);
	cxa_member_writer_close(fixture->writer);
	fixture->writer = NULL;
}

__attribute__((unused))
static void fixture_release(struct fixture *fixture)
{
	cxa_buffer_release(&fixture->file);
	cxa_buffer_release(&fixture->sums);
}

/* A template for mkstemp() or mkdtemp(). */
__attribute__((unused))
static void fixture_temp_name(char *out, size_t size)
{
	const char *folder = getenv("TMPDIR");

	snprintf(out, size, "%s/cortexarc-test-XXXXXX",
		 folder == NULL ? P_tmpdir : folder);
}

/* --- files ----------------------------------------------------------- */

/**
 * struct fixture_file - bytes in a file without a name, as an input
 */
struct fixture_file {
	FILE *stream;
	struct cxa_input input;
};

__attribute__((unused))
static void fixture_file_open(struct fixture_file *file, const void *data,
			      size_t size, bool seekable)
{
	static char name[] = "test file";

	memset(file, 0, sizeof(*file));
	file->stream = tmpfile();
	if (file->stream == NULL ||
	    fwrite(data, 1, size, file->stream) != size ||
	    fflush(file->stream) != 0) {
		printf("Bail out! no temporary file\n");
		exit(1);
	}
	file->input.name = name;
	file->input.fd = fileno(file->stream);
	file->input.seekable = seekable;
	file->input.size = seekable ? size : 0;
	lseek(file->input.fd, 0, SEEK_SET);
}

__attribute__((unused))
static void fixture_file_close(struct fixture_file *file)
{
	fclose(file->stream);
}

__attribute__((unused))
static struct cxa_member *fixture_member(struct fixture *fixture,
					 const char *name)
{
	for (size_t i = 0; i < fixture->count; i++)
		if (strcmp(fixture->members[i].name, name) == 0)
			return &fixture->members[i];
	printf("Bail out! no %s\n", name);
	exit(1);
}

#endif
