/* make_seeds.c - small inputs for every target out of archives and documents */
#define _GNU_SOURCE 1

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/digest.h"
#include "base/frame.h"
#include "base/wire.h"
#include "container/member_reader.h"
#include "support.h"

/*
 *	make-seeds FOLDER FILE...
 *
 * makes FOLDER/TARGET/DIGEST of the parts of each FILE; what two files have in
 * common is there once. Archives are inputs of some targets as they are, and
 * not copied.
 */

enum { SEED_MAX = 64 << 10, MESSAGE_PARTS = 5 };

/* As messages.c numbers them. */
enum {
	ENVELOPE_PART,
	HEADER_PART,
	INDEX_PART,
	TRAILER_PART,
	SUMS_PART,
	ENVELOPE_TYPE = MESSAGE_PARTS,
	HEADER_TYPE,
	INDEX_TYPE,
	METADATA_TYPE,
	RECORD_TYPES,
	BATCH_TYPES = RECORD_TYPES + CXA_COLLECTION_COUNT
};

/* As batch.c and line.c have it. */
enum { IN_FRAME = 8, METADATA_LINE = 7 };

static const char *folder;

/* @first: the byte before @data, -1: none */
static void seed(const char *target, int first, const uint8_t *data,
		 size_t size)
{
	struct cxa_buffer bytes = { 0 };
	struct cxa_digest digest;
	char hex[CXA_DIGEST_HEX + 1];
	char path[4096];

	if (size > SEED_MAX)
		return;
	if (first >= 0)
		cxa_buffer_byte(&bytes, (uint8_t)first);
	cxa_buffer_append(&bytes, data, size);
	cxa_digest_of(&digest, bytes.data, bytes.size);
	cxa_digest_hex(&digest, hex);
	snprintf(path, sizeof(path), "%s/%s", folder, target);
	mkdir(path, 0777);
	snprintf(path, sizeof(path), "%s/%s/%.16s", folder, target, hex);
	if (access(path, F_OK) != 0)
		fuzz_put(path, bytes.data, bytes.size);
	cxa_buffer_release(&bytes);
}

/* --- the members of an archive, damaged ones too ----------------------------- */

static void seed_fields(const uint8_t *data, size_t size, uint64_t number,
			const char *target, int first)
{
	const uint8_t *cursor = data;
	struct cxa_wire_field field;

	while (cxa_wire_next(&cursor, data + size, &field))
		if (field.number == number &&
		    field.wire_type == CXA_WIRE_BYTES)
			seed(target, first, field.data, (size_t)field.value);
}

static void seed_header(const uint8_t *data, size_t size)
{
	const uint8_t *cursor = data;
	struct cxa_wire_field field;

	seed("messages", ENVELOPE_PART, data, size);
	seed("messages", ENVELOPE_TYPE, data, size);
	seed_fields(data, size, 2, "messages", HEADER_PART);
	seed_fields(data, size, 2, "messages", HEADER_TYPE);
	while (cxa_wire_next(&cursor, data + size, &field))
		if (field.number == 2 && field.wire_type == CXA_WIRE_BYTES)
			seed_fields(field.data, (size_t)field.value, 11,
				    "messages", METADATA_TYPE);
}

static void seed_framed(const struct cxa_member *member, const uint8_t *data,
			size_t size)
{
	static struct cxa_frame_coder coder;
	struct cxa_buffer raw = { 0 };
	int which = (int)member->collection;
	int status = cxa_frame_decompress(&coder, data, size,
					  &fuzz_context()->limits,
					  CXA_LIMIT(batch_bytes), &raw, NULL);

	if (member->kind == CXA_MEMBER_BATCH)
		seed("batch", IN_FRAME + which, data, size);
	if (status == 0 && member->kind == CXA_MEMBER_INDEX) {
		seed("messages", INDEX_PART, raw.data, raw.size);
		seed("messages", INDEX_TYPE, raw.data, raw.size);
	} else if (status == 0) {
		seed("batch", which, raw.data, raw.size);
		seed("messages", BATCH_TYPES + which, raw.data, raw.size);
		if (member->collection != CXA_EMBEDDINGS)
			seed_fields(raw.data, raw.size, 1, "messages",
				    RECORD_TYPES + which);
	}
	cxa_buffer_release(&raw);
}

static void seed_member(const struct cxa_member *member,
			const struct cxa_buffer *bytes)
{
	if (member->kind == CXA_MEMBER_HEADER)
		seed_header(bytes->data, bytes->size);
	else if (member->kind == CXA_MEMBER_SUMS)
		seed("messages", SUMS_PART, bytes->data, bytes->size);
	else if (member->kind == CXA_MEMBER_TRAILER)
		seed("messages", TRAILER_PART, bytes->data, bytes->size);
	else if (member->kind != CXA_MEMBER_SCHEMA)
		seed_framed(member, bytes->data, bytes->size);
}

static void seed_members(const uint8_t *data, size_t size)
{
	struct cxa_input *input = fuzz_input(data, size, false);
	struct cxa_member_reader *reader = NULL;
	struct cxa_buffer bytes = { 0 };
	struct cxa_member member;
	uint64_t skipped;
	int status = cxa_member_reader_open(&reader, input, NULL, NULL);

	while (status == 0) {
		status = cxa_member_reader_next(reader, &member, &bytes, NULL);
		if (status == 0)
			seed_member(&member, &bytes);
		if (status == CXA_ERR_CORRUPT)
			status = cxa_member_reader_resync(reader, &skipped,
							  NULL);
	}
	cxa_member_reader_close(reader);
	cxa_input_close(input);
	cxa_buffer_release(&bytes);
}

/* --- the records of what is sound, in other forms --------------------------- */

static bool copy(struct cxa_source *source, const char *path,
		 enum cxa_kind kind, const struct cxa_selection *selection)
{
	struct cxa_sink *sink = NULL;
	bool done = cxa_sink_open(&sink, fuzz_context(), path, kind, NULL,
				  NULL) == 0 &&
		    cxa_copy(source, sink, selection, NULL, NULL) == 0;

	cxa_sink_close(sink);
	return done;
}

static void seed_lines(struct cxa_source *source, int collection)
{
	struct cxa_selection selection = CXA_SELECTION_INIT;
	const char *path = fuzz_path("lines");
	struct cxa_buffer text = { 0 };
	const uint8_t *line;
	const uint8_t *end;

	selection.collections = UINT32_C(1) << collection;
	if (copy(source, path, CXA_KIND_LINES, &selection)) {
		fuzz_get(path, &text);
		line = text.data;
		while ((end = memchr(line, '\n', (size_t)(text.data + text.size
							  - line))) != NULL) {
			seed("line", collection, line, (size_t)(end - line));
			line = end + 1;
		}
	}
	cxa_buffer_release(&text);
}

static void seed_document(struct cxa_source *source)
{
	static const char name[] = "\"metadata\":";
	const char *path = fuzz_path("document");
	struct cxa_buffer text = { 0 };
	const uint8_t *at;

	if (copy(source, path, CXA_KIND_JSON, NULL)) {
		fuzz_get(path, &text);
		seed("json", -1, text.data, text.size);
		at = memmem(text.data, text.size, name, strlen(name));
		if (at != NULL) {
			const uint8_t *end = memchr(at, '}', 4096);

			at += strlen(name);
			if (end != NULL)
				seed("line", METADATA_LINE, at,
				     (size_t)(end + 1 - at));
		}
	}
	cxa_buffer_release(&text);
}

/* Small pages: there are some dozen tables, each with pages of its own. */
static void seed_store(struct cxa_source *source)
{
	const char *path = fuzz_path("store.db");
	sqlite3 *database = NULL;
	struct cxa_buffer bytes = { 0 };

	if (copy(source, path, CXA_KIND_STORE, NULL)) {
		MUST(sqlite3_open(path, &database) == SQLITE_OK);
		MUST(sqlite3_exec(database,
				  "PRAGMA journal_mode = DELETE;"
				  "PRAGMA page_size = 512; VACUUM", NULL, NULL,
				  NULL) == SQLITE_OK);
		MUST(sqlite3_close(database) == SQLITE_OK);
		fuzz_get(path, &bytes);
		seed("store", -1, bytes.data, bytes.size);
		unlink(path);
	}
	cxa_buffer_release(&bytes);
}

static void seed_records(const char *path)
{
	struct cxa_source *source = NULL;

	if (cxa_source_open(&source, fuzz_context(), path, NULL, NULL) != 0)
		return;
	seed_document(source);
	seed_store(source);
	for (int i = 0; i < CXA_COLLECTION_COUNT; i++)
		seed_lines(source, i);
	cxa_source_close(source);
}

/* No file has these: lengths of vectors, and floats. */
static void seed_planes(void)
{
	uint8_t bytes[4096];
	uint32_t state = 1;

	for (size_t size = 1; size <= sizeof(bytes); size *= 2) {
		for (size_t i = 0; i < size; i++) {
			state = state * 1664525 + 1013904223;
			bytes[i] = (uint8_t)(state >> (i % 4 == 0 ? 28 : 24));
		}
		seed("planes", -1, bytes, size);
	}
}

/* Arguments as command_line.c takes them, each with its NUL. */
#define LINE(text) { text, sizeof(text) }

static void seed_command_lines(void)
{
	static const struct {
		const char *text;
		size_t size;
	} lines[] = {
		LINE("pack\0in.db\0-o\0out.cxa\0--level\00019\0--verify"),
		LINE("pack\0-\0-oout.cxa\0--no-check-encode\0--json\0-q"),
		LINE("unpack\0in.cxa\0--into=store.db\0--safety-backup\0old"),
		LINE("unpack\0a\0-o\0b\0--format\0json\0--collection\0"
		     "concepts,columns\0--ids\0001-9"),
		LINE("init\0new.db\0--quiet"),
		LINE("verify\0--level=bytes\0--fail-on\0High\0--now\0001700\0"
		     "--max-issues=5\0--\0-in"),
		LINE("verify\0in\0--expect\0"
		     "0123456789abcdefABCDEF0123456789"
		     "0123456789abcdefABCDEF0123456789"),
		LINE("get\0concepts\0004711\0big.cxa\0--limit\0tags=64K\0"
		     "--limit=members=2G\0--wait\0000"),
		LINE("diff\0a\0b\0--fields\0--full\0--metadata\0"
		     "--max-records\000100\0--temp-dir=/tmp\0--threads=8"),
		LINE("migrate\0in.db\0--to-version\0002\0--in-place"),
		LINE("salvage\0in\0-o\0out\0--from\0a\0--from\0b\0"
		     "--keep-unverified\0--no-sandbox"),
		LINE("repair\0in\0--rule\0content-hash\0--dry-run\0--sandbox"),
		LINE("help\0limits"), LINE("cat\0--help"), LINE("--version"),
		LINE("lits\0in.cxa\0--progress"),
	};

	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		seed("command-line", -1, (const uint8_t *)lines[i].text,
		     lines[i].size);
}

int main(int argc, char **argv)
{
	struct cxa_buffer bytes = { 0 };

	if (argc < 3)
		return 2;
	folder = argv[1];
	mkdir(folder, 0777);
	for (int i = 2; i < argc; i++) {
		fuzz_get(argv[i], &bytes);
		if (bytes.size != 0)
			seed_members(bytes.data, bytes.size);
		seed_records(argv[i]);
	}
	seed_planes();
	seed_command_lines();
	cxa_buffer_release(&bytes);
	return 0;
}
