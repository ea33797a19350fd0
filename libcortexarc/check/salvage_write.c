/* salvage_write.c - a salvaged archive, written and verified */
#include "check/salvage_write.h"

#include <errno.h>

#include "base/frame.h"
#include "base/schema_data.h"
#include "check/report.h"
#include "check/walk.h"
#include "endpoint/archive_writer.h"
#include "endpoint/sink.h"

/* --- to its end, before it has its name ---------------------------------- */

static bool has_all(const struct cxa_manifest *manifest,
		    const struct cxa_walk *walk)
{
	uint64_t expected[CXA_COLLECTION_COUNT] = { 0 };

	for (size_t i = 0; i < manifest->count; i++)
		if (manifest->parcels[i].fate != CXA_LOST)
			expected[manifest->parcels[i].collection] +=
				manifest->parcels[i].records;
	return memcmp(expected, walk->report->records, sizeof(expected)) == 0;
}

static int judge(const struct cxa_report *report, bool all,
		 struct cxa_error *error)
{
	if (report->failed == 0 && all)
		return 0;
	errno = EIO;
	return cxa_error_set(error, CXA_ERR_IO,
			     "what was written does not verify: %.200s",
			     report->issue_count == 0
				     ? "records are missing"
				     : report->issues[0].description);
}

static int inspect(void *user, struct cxa_input *written,
		   struct cxa_error *error)
{
	const struct cxa_salvage *salvage = user;
	struct cxa_walk walk = { .context = salvage->context,
				 .input = written };
	struct cxa_report *report = NULL;
	int status = cxa_report_new(&report, CXA_LEVEL_RECORDS, 16, error);

	if (status < 0)
		return status;
	walk.report = report;
	status = cxa_walk_run(&walk, error);
	if (status == 0)
		status = cxa_walk_compare(&walk, error);
	if (status == 0)
		status = judge(report, has_all(&salvage->manifest, &walk),
			       error);
	cxa_walk_release(&walk);
	cxa_report_free(report);
	return status;
}

/* --- as it was, member by member ----------------------------------------- */

bool cxa_salvage_is_whole(const struct cxa_salvage *salvage)
{
	return salvage->header != NULL && salvage->header_bytes.data != NULL &&
	       !cxa_manifest_has(&salvage->manifest, CXA_LOST) &&
	       !cxa_manifest_has(&salvage->manifest, CXA_UNVERIFIED);
}

int cxa_salvage_level(const struct cxa_salvage *salvage)
{
	const Cxa__Header *header = salvage->header;

	return header != NULL && header->has_zstd_level &&
			       header->zstd_level >= 1 &&
			       header->zstd_level <= 19
		       ? (int)header->zstd_level
		       : CXA_FRAME_LEVEL;
}

static int copy_parcel(struct cxa_archive_writer *writer,
		       const struct cxa_parcel *parcel,
		       struct cxa_encoded *encoded, struct cxa_error *error)
{
	const struct cxa_piece *piece = parcel->piece;
	int status = cxa_parcel_read(parcel, &encoded->stored, error);

	encoded->collection = parcel->collection;
	encoded->records = piece->ids.count;
	encoded->first_id = piece->ids.first;
	encoded->last_id = piece->ids.last;
	encoded->raw_size = piece->raw_size;
	encoded->stored_digest = piece->actual;
	encoded->raw_digest = piece->raw_digest;
	return status < 0 ? status
			  : cxa_archive_writer_add(writer, encoded, error);
}

static int copy_parcels(const struct cxa_salvage *salvage,
			struct cxa_archive_writer *writer,
			struct cxa_error *error)
{
	struct cxa_encoded encoded = { 0 };
	uint64_t done = 0;
	int status = 0;

	for (size_t i = 0; i < salvage->manifest.count && status == 0; i++) {
		const struct cxa_parcel *parcel = &salvage->manifest.parcels[i];

		status = copy_parcel(writer, parcel, &encoded, error);
		done += parcel->piece->member.size;
		if (status == 0)
			status = cxa_context_step(salvage->context, "writing",
						  done, 0, error);
	}
	cxa_buffer_release(&encoded.stored);
	return status;
}

static int inspect_writer(const struct cxa_salvage *salvage,
			  struct cxa_archive_writer *writer,
			  struct cxa_error *error)
{
	struct cxa_input *written = NULL;
	int status = cxa_archive_writer_input(writer, &written, error);

	if (status == 0)
		status = inspect((void *)(uintptr_t)salvage, written, error);
	cxa_input_close(written);
	return status;
}

static int write_whole(const struct cxa_salvage *salvage,
		       struct cxa_summary *summary, struct cxa_error *error)
{
	struct cxa_span own = { cxa_schema_data, cxa_schema_size };
	struct cxa_archive_writer *writer = NULL;
	int status = cxa_archive_writer_open(&writer, salvage->context,
					     salvage->target,
					     cxa_salvage_level(salvage), true,
					     error);

	if (status == 0)
		status = cxa_archive_writer_begin(
			writer, salvage->header, salvage->header_bytes,
			salvage->schema.data == NULL ? own : salvage->schema,
			error);
	if (status == 0)
		status = copy_parcels(salvage, writer, error);
	if (status == 0)
		status = cxa_archive_writer_finish(writer, salvage->index,
						   error);
	if (status == 0)
		status = inspect_writer(salvage, writer, error);
	if (status == 0)
		status = cxa_archive_writer_commit(writer, summary, error);
	cxa_archive_writer_close(writer);
	return status;
}

/* --- a new one, of the records that are left ----------------------------- */

static int write_part(const struct cxa_salvage *salvage,
		      const Cxa__Header *header, struct cxa_summary *summary,
		      struct cxa_error *error)
{
	struct cxa_sink_options options = CXA_SINK_OPTIONS_INIT;
	struct cxa_source *source = NULL;
	struct cxa_sink *sink = NULL;
	int status;

	options.zstd_level = cxa_salvage_level(salvage);
	status = cxa_salvage_source_open(&source, salvage->context,
					 &salvage->manifest, header, error);
	if (status == 0)
		status = cxa_sink_open(&sink, salvage->context, salvage->target,
				       CXA_KIND_ARCHIVE, &options, error);
	if (status == 0) {
		sink->inspect = inspect;
		sink->inspect_user = (void *)(uintptr_t)salvage;
		status = cxa_copy(source, sink, NULL, summary, error);
	}
	cxa_sink_close(sink);
	cxa_source_close(source);
	return status;
}

int cxa_salvage_write(const struct cxa_salvage *salvage,
		      struct cxa_summary *summary, struct cxa_error *error)
{
	struct cxa_arena arena = { 0 };
	Cxa__Header *header = NULL;
	uint32_t version = 0;
	int status = 0;

	if (cxa_salvage_is_whole(salvage))
		return write_whole(salvage, summary, error);
	if (salvage->header == NULL)
		status = cxa_salvage_guess(salvage, &version, error);
	if (status == 0)
		status = cxa_salvage_header(salvage, version, &arena, &header,
					    error);
	if (status == 0)
		status = write_part(salvage, header, summary, error);
	cxa_arena_release(&arena);
	return status;
}
