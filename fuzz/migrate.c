/* migrate.c - fuzz: there and back, and the records are the same */
#include <cortexarc/migrate.h>

#include <stdio.h>
#include <unistd.h>

#include "endpoint/source.h"
#include "records.h"

/*
 * An archive that reads and has the values of its data_version becomes one of
 * the other, and that the first again, with the same records. With wrong values
 * let pass the same holds of what the first migration made. But a system_state
 * whose version is 1 at data_version 2 already keeps it on the way down, and so
 * comes back as 2 (spec/RECORDS.md).
 */

/* NULL: it cannot be migrated, as of a wrong value. */
static struct cxa_source *migrate(struct cxa_source *source, const char *path,
				  bool lets_pass)
{
	struct cxa_migrate_options options = CXA_MIGRATE_OPTIONS_INIT;
	struct cxa_error error = CXA_ERROR_INIT;
	struct cxa_source *migrated = NULL;
	struct cxa_source *made = NULL;

	options.to = cxa_source_header(source)->metadata->data_version == 1 ?
			     2 : 1;
	options.repair = lets_pass;
	if (cxa_migrate_check(source, &options, NULL) != 0)
		return NULL;
	fuzz_must_be(cxa_migrate(&migrated, source, &options, &error), 0,
		     &error, "migrating");
	unlink(path);
	fuzz_copy(migrated, path, CXA_KIND_ARCHIVE);
	cxa_source_close(migrated);
	fuzz_must_be(cxa_source_open(&made, fuzz_context(), path, NULL,
				     &error), 0, &error, path);
	MUST(cxa_source_header(made)->metadata->data_version == options.to);
	return made;
}

static uint32_t state_version(struct cxa_source *source)
{
	struct cxa_selection selection = CXA_SELECTION_INIT;
	struct cxa_cursor *cursor = NULL;
	struct cxa_batch *batch = NULL;
	Cxa__SystemState *state;
	uint32_t version = 0;

	selection.collections = UINT32_C(1) << CXA_SYSTEM_STATE;
	MUST(cxa_cursor_open(&cursor, source, &selection, NULL) == 0);
	if (cxa_cursor_next(cursor, &batch, NULL) == 0) {
		state = (Cxa__SystemState *)cxa_record_unpack(
			CXA_SYSTEM_STATE, &batch->records[0]);
		MUST(state != NULL);
		version = state->version;
		protobuf_c_message_free_unpacked(&state->base, NULL);
	}
	cxa_batch_unref(batch);
	cxa_cursor_close(cursor);
	return version;
}

static bool comes_back(struct cxa_source *source)
{
	return cxa_source_header(source)->metadata->data_version == 1 ||
	       state_version(source) != 1;
}

static void there_and_back(struct cxa_source *source)
{
	struct cxa_source *there = migrate(source, fuzz_path("there"), false);
	struct cxa_source *back;

	if (there == NULL)
		return;
	back = migrate(there, fuzz_path("back"), false);
	MUST(back != NULL);
	if (comes_back(source))
		fuzz_same_records(source, back);
	cxa_source_close(back);
	cxa_source_close(there);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cxa_source *source = NULL;
	struct cxa_source *there;
	struct fuzz_records records;

	if (cxa_source_open(&source, fuzz_context(), fuzz_memory(data, size),
			    NULL, NULL) != 0)
		return 0;
	fuzz_read_all(&records, source, NULL);
	if (records.status == 0 &&
	    cxa_source_header(source)->n_required_to_rewrite == 0) {
		there_and_back(source);
		there = migrate(source, fuzz_path("mended"), true);
		if (there != NULL)
			there_and_back(there);
		cxa_source_close(there);
	}
	cxa_source_close(source);
	return 0;
}
