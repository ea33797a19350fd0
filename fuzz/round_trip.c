/* round_trip.c - fuzz: what is read is written, and read the same again */
#include <stdio.h>

#include "endpoint/source.h"
#include "records.h"

/*
 * An archive that reads becomes another archive with the same records, and that
 * one itself again to the byte; a JSON document, where JSON can hold it, that
 * becomes the same text again; and, of one in eight, a store with the same
 * records.
 */

static struct cxa_source *open_path(const char *path)
{
	struct cxa_error error = CXA_ERROR_INIT;
	struct cxa_source *source = NULL;

	fuzz_must_be(cxa_source_open(&source, fuzz_context(), path, NULL,
				     &error), 0, &error, path);
	return source;
}

static void compare_files(const char *one, const char *other)
{
	struct cxa_buffer a = { 0 };
	struct cxa_buffer b = { 0 };

	fuzz_get(one, &a);
	fuzz_get(other, &b);
	MUST(fuzz_same(&a, &b));
	cxa_buffer_release(&a);
	cxa_buffer_release(&b);
}

/* Into a file of @kind, compared; and out of that into another, equal. */
static void through(struct cxa_source *source, enum cxa_kind kind)
{
	const char *first = fuzz_path("first");
	const char *second = fuzz_path("second");
	struct cxa_source *made;

	fuzz_copy(source, first, kind);
	made = open_path(first);
	fuzz_same_records(source, made);
	fuzz_copy(made, second, kind);
	cxa_source_close(made);
	compare_files(first, second);
}

static void through_store(struct cxa_source *source)
{
	const char *path = fuzz_path("first.db");
	struct cxa_source *made;

	fuzz_copy(source, path, CXA_KIND_STORE);
	made = open_path(path);
	fuzz_same_records(source, made);
	cxa_source_close(made);
	MUST(remove(path) == 0);
}

/* JSON has no NaN, and no place for what only protobuf knows. */
static void through_json(struct cxa_source *source)
{
	const char *first = fuzz_path("first.json");
	const char *second = fuzz_path("second.json");
	struct cxa_sink *sink = NULL;
	struct cxa_source *made = NULL;
	bool told = cxa_sink_open(&sink, fuzz_context(), first, CXA_KIND_JSON,
				  NULL, NULL) == 0 &&
		    cxa_copy(source, sink, NULL, NULL, NULL) == 0;

	cxa_sink_close(sink);
	if (!told)
		return; /* as an embedding of no concept */
	made = open_path(first);
	fuzz_copy(made, second, CXA_KIND_JSON);
	cxa_source_close(made);
	compare_files(first, second);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cxa_source *source = NULL;
	struct fuzz_records records;

	if (cxa_source_open(&source, fuzz_context(), fuzz_memory(data, size),
			    NULL, NULL) != 0)
		return 0;
	fuzz_read_all(&records, source, NULL);
	if (records.status == 0) {
		/* What asks for it must not be rewritten. */
		if (cxa_source_header(source)->n_required_to_rewrite == 0)
			through(source, CXA_KIND_ARCHIVE);
		through_json(source);
		if (records.digest.bytes[0] % 8 == 0)
			through_store(source);
	}
	cxa_source_close(source);
	return 0;
}
