/* salvage.c - fuzz: what is saved of a damaged archive is sound, and was there */
#define _GNU_SOURCE 1

#include <cortexarc/salvage.h>
#include <cortexarc/verify.h>

#include <stdio.h>
#include <unistd.h>
#include <zstd.h>

#include "base/frame.h"
#include "endpoint/source.h"
#include "records.h"

/*
 * Oracles: the new archive verifies; every record of it stands in some frame of
 * the input, so that nothing is invented; of an archive that reads, all records
 * are saved and the report says that it is whole; after an error there is no
 * new archive.
 */

enum { FRAMES_MAX = 64 };

struct frames {
	struct cxa_buffer raw[FRAMES_MAX];
	size_t count;
};

/* Whatever can be decompressed, wherever it begins. */
static void find_frames(struct frames *frames, const uint8_t *data, size_t size)
{
	static const uint8_t magic[] = { 0x28, 0xb5, 0x2f, 0xfd };
	static struct cxa_frame_coder coder;
	const uint8_t *at = data;

	frames->count = 0;
	while (frames->count < FRAMES_MAX &&
	       (at = memmem(at, size - (size_t)(at - data), magic,
			    sizeof(magic))) != NULL) {
		size_t left = size - (size_t)(at - data);
		size_t frame = ZSTD_findFrameCompressedSize(at, left);
		struct cxa_buffer raw = { 0 };

		if (!ZSTD_isError(frame) &&
		    cxa_frame_decompress(&coder, at, frame,
					 &fuzz_context()->limits,
					 CXA_LIMIT(batch_bytes), &raw,
					 NULL) == 0)
			frames->raw[frames->count++] = raw;
		else
			cxa_buffer_release(&raw);
		at++;
	}
}

static bool stands_in(const struct frames *frames,
		      const struct cxa_record *record)
{
	for (size_t i = 0; i < frames->count; i++)
		if (memmem(frames->raw[i].data, frames->raw[i].size,
			   record->data, record->size) != NULL)
			return true;
	return frames->count == FRAMES_MAX; /* there may be more */
}

/* Vectors are in columns, not in one piece: their records are left out. */
static void nothing_is_invented(struct cxa_source *source,
				const struct frames *frames)
{
	struct cxa_cursor *cursor = NULL;
	struct cxa_batch *batch = NULL;

	MUST(cxa_cursor_open(&cursor, source, NULL, NULL) == 0);
	while (cxa_cursor_next(cursor, &batch, NULL) == 0) {
		for (size_t i = 0; i < batch->count; i++)
			MUST(batch->collection == CXA_EMBEDDINGS ||
			     stands_in(frames, &batch->records[i]));
		cxa_batch_unref(batch);
	}
	cxa_cursor_close(cursor);
}

static void it_verifies(const char *path)
{
	struct cxa_verify_options options = CXA_VERIFY_OPTIONS_INIT;
	struct cxa_error error = CXA_ERROR_INIT;
	struct cxa_report *report = NULL;

	options.level = CXA_LEVEL_RECORDS;
	fuzz_must_be(cxa_verify(&report, fuzz_context(), path, &options,
				&error), 0, &error, "verifying what was saved");
	if (!report->is_valid)
		fuzz_broken(report->issues[0].description, __FILE__, __LINE__);
	cxa_report_free(report);
}

static void look_at(const char *path, const struct cxa_salvage_report *report,
		    const uint8_t *data, size_t size)
{
	static struct frames frames;
	struct cxa_error error = CXA_ERROR_INIT;
	struct cxa_source *source = NULL;
	struct fuzz_records before;
	struct fuzz_records after;

	it_verifies(path);
	fuzz_must_be(cxa_source_open(&source, fuzz_context(), path, NULL,
				     &error), 0, &error, "what was saved");
	fuzz_read_all(&after, source, NULL);
	fuzz_must_be(after.status, 0, &after.error, "reading what was saved");
	for (int i = 0; i < CXA_COLLECTION_COUNT; i++)
		MUST(report->written.records[i] == after.count[i]);
	find_frames(&frames, data, size);
	nothing_is_invented(source, &frames);
	cxa_source_close(source);
	for (size_t i = 0; i < frames.count; i++)
		cxa_buffer_release(&frames.raw[i]);
	fuzz_read_bytes(&before, data, size, false);
	if (before.status == 0) {
		MUST(report->is_whole);
		MUST(cxa_digest_equal(&before.digest, &after.digest));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cxa_salvage_options options = CXA_SALVAGE_OPTIONS_INIT;
	const char *damaged = fuzz_path("damaged");
	const char *saved = fuzz_path("saved");
	struct cxa_error error = CXA_ERROR_INIT;
	struct cxa_salvage_report *report = NULL;
	int status;

	unlink(saved);
	fuzz_put(damaged, data, size);
	options.keep_unverified = size / 512 % 2 == 0;
	status = cxa_salvage(&report, fuzz_context(), damaged, saved, &options,
			     &error);
	MUST((status == 0) == (report != NULL));
	MUST((status == 0) == (access(saved, F_OK) == 0));
	if (status == 0)
		look_at(saved, report, data, size);
	cxa_salvage_report_free(report);
	return 0;
}
