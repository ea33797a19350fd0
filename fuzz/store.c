/* store.c - fuzz: any bytes as a store's file, through SQLite */
#include <stdio.h>
#include <unistd.h>

#include "records.h"

/*
 * Oracles: an error, or sound records; as many as were counted; and these go
 * into an archive that has the same.
 */

static void remove_store(const char *path)
{
	static const char *const suffixes[] = { "", "-journal", "-wal",
						"-shm" };
	char name[4096];

	for (size_t i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]); i++) {
		snprintf(name, sizeof(name), "%s%s", path, suffixes[i]);
		unlink(name);
	}
}

static void through_archive(struct cxa_source *source)
{
	const char *path = fuzz_path("archive");
	struct cxa_error error = CXA_ERROR_INIT;
	struct cxa_source *made = NULL;

	fuzz_copy(source, path, CXA_KIND_ARCHIVE);
	fuzz_must_be(cxa_source_open(&made, fuzz_context(), path, NULL, &error),
		     0, &error, "opening the store's archive");
	fuzz_same_records(source, made);
	cxa_source_close(made);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *path = fuzz_path("store.db");
	struct cxa_source *source = NULL;
	uint64_t counted[CXA_COLLECTION_COUNT];
	struct fuzz_records records;

	remove_store(path);
	fuzz_put(path, data, size);
	if (cxa_source_open(&source, fuzz_context(), path, NULL, NULL) == 0 &&
	    cxa_source_kind(source) == CXA_KIND_STORE) {
		fuzz_read_all(&records, source, NULL);
		if (records.status == 0) {
			MUST(cxa_source_count(source, counted, NULL) == 0);
			for (int i = 0; i < CXA_COLLECTION_COUNT; i++)
				MUST(counted[i] == records.count[i]);
			through_archive(source);
		}
	}
	cxa_source_close(source);
	return 0;
}
