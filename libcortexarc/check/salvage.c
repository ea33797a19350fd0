/* salvage.c - what can be proven intact of a damaged archive, as a new one */
#include <cortexarc/salvage.h>

#include <stdlib.h>
#include <sys/stat.h>

#include "check/salvage_others.h"
#include "check/salvage_write.h"
#include "endpoint/source.h"

/* What stands behind a struct cxa_salvage_report. */
struct body {
	struct cxa_salvage_report visible;
	struct cxa_arena arena;
};

const char *cxa_fate_name(enum cxa_fate fate)
{
	static const char *const names[] = {"kept", "healed", "unverified",
					    "lost"};

	return names[fate];
}

void cxa_salvage_report_free(struct cxa_salvage_report *report)
{
	struct body *body = (struct body *)report;

	if (body == NULL)
		return;
	cxa_arena_release(&body->arena);
	free(body);
}

/* --- the report ---------------------------------------------------------- */

static const char *keep_text(struct cxa_arena *arena, const char *text)
{
	return text == NULL ? NULL
			    : cxa_arena_copy(arena, text, strlen(text) + 1);
}

static int tell_parcel(struct cxa_arena *arena, const struct cxa_parcel *parcel,
		       struct cxa_salvaged *out)
{
	char name[CXA_MEMBER_NAME_MAX + 1];

	cxa_parcel_name(parcel, name);
	*out = (struct cxa_salvaged){
		.fate = parcel->fate,
		.collection = parcel->collection,
		.member = keep_text(arena, name),
		.batches = parcel->batches,
		.first_id = parcel->first,
		.last_id = parcel->last,
		.records = parcel->records,
		.reason = keep_text(arena, parcel->reason),
		.from = keep_text(arena, parcel->from),
	};
	return out->member == NULL || out->reason == NULL ? -1 : 0;
}

static int tell_parcels(struct body *body, const struct cxa_manifest *manifest,
			struct cxa_error *error)
{
	struct cxa_salvage_report *report = &body->visible;
	struct cxa_salvaged *list = cxa_arena_alloc(
		&body->arena, (manifest->count + 1) * sizeof(*list));
	int status = list == NULL ? -1 : 0;

	for (size_t i = 0; i < manifest->count && status == 0; i++) {
		const struct cxa_parcel *parcel = &manifest->parcels[i];
		struct cxa_salvage_counts *counts =
			&report->counts[parcel->collection];

		counts->batches[parcel->fate] += parcel->batches;
		counts->records[parcel->fate] += parcel->records;
		if (parcel->fate != CXA_KEPT)
			status = tell_parcel(&body->arena, parcel,
					     &list[report->batch_count++]);
	}
	report->batches = list;
	return status == 0 ? 0 : cxa_error_nomem(error, "a report");
}

static bool is_root(const struct cxa_wreck *wreck, const uint8_t root[32])
{
	struct cxa_digest sums;

	if (wreck->has_trailer)
		return memcmp(root, wreck->trailer.root.bytes, 32) == 0;
	if (wreck->sums.size == 0)
		return false;
	cxa_digest_of(&sums, wreck->sums.data, wreck->sums.size);
	return memcmp(root, sums.bytes, 32) == 0;
}

static int tell(struct body *body, const struct cxa_salvage *salvage,
		const struct cxa_wreck *wreck, const char *header_from,
		struct cxa_error *error)
{
	struct cxa_salvage_report *report = &body->visible;

	report->is_whole = cxa_salvage_is_whole(salvage);
	report->is_original = is_root(wreck, report->written.root);
	report->index_known = wreck->index != NULL;
	report->header = salvage->header == NULL ? CXA_LOST :
			 header_from == NULL	 ? CXA_KEPT :
						   CXA_HEALED;
	report->header_from = keep_text(&body->arena, header_from);
	report->unreadable_bytes = wreck->unreadable;
	report->ignored = salvage->manifest.ignored;
	return tell_parcels(body, &salvage->manifest, error);
}

/* --- all of it ----------------------------------------------------------- */

static struct cxa_span span_of(const struct cxa_buffer *buffer)
{
	return (struct cxa_span){buffer->size == 0 ? NULL : buffer->data,
				 buffer->size};
}

static int nothing(const struct cxa_salvage *salvage,
		   const struct cxa_wreck *wreck, struct cxa_error *error)
{
	const struct cxa_manifest *manifest = &salvage->manifest;

	if (cxa_manifest_has(manifest, CXA_KEPT) ||
	    cxa_manifest_has(manifest, CXA_HEALED) ||
	    cxa_manifest_has(manifest, CXA_UNVERIFIED) ||
	    cxa_salvage_is_whole(salvage))
		return 0;
	if (cxa_wreck_is_unreadable(wreck))
		return cxa_wreck_refuse(wreck, error);
	return cxa_error_set(error, CXA_ERR_CORRUPT,
			     "nothing can be salvaged: no batch of it can be "
			     "proven intact");
}

static void take_singles(struct cxa_salvage *salvage,
			 const struct cxa_wreck *wreck)
{
	salvage->header = wreck->header;
	salvage->header_bytes = span_of(&wreck->header_bytes);
	salvage->schema = span_of(&wreck->schema);
	salvage->index = span_of(&wreck->index_bytes);
	salvage->mtime = wreck->mtime;
}

static int salvage_wreck(struct body *body, struct cxa_salvage *salvage,
			 struct cxa_wreck *wreck, struct cxa_others *others,
			 bool keep_unverified, struct cxa_error *error)
{
	const char *header_from;
	int status = cxa_others_complete(others, wreck, &header_from, error);

	if (status < 0)
		return status;
	take_singles(salvage, wreck);
	status = cxa_manifest_make(&salvage->manifest, wreck, keep_unverified,
				   error);
	if (status == 0)
		status = cxa_others_heal(others, &salvage->manifest,
					 cxa_salvage_level(salvage), error);
	if (status < 0)
		return status;
	cxa_manifest_settle(&salvage->manifest);
	status = nothing(salvage, wreck, error);
	if (status == 0)
		status = cxa_salvage_write(salvage, &body->visible.written,
					   error);
	if (status == 0)
		status = tell(body, salvage, wreck, header_from, error);
	return status;
}

static int open_wreck(struct cxa_wreck **out, struct cxa_context *context,
		      const char *locator, struct cxa_error *error)
{
	struct cxa_input *input = NULL;
	bool is_store = false;
	int status = cxa_source_is_store(locator, &is_store, error);

	if (status == 0 && is_store)
		status = cxa_error_set(error, CXA_ERR_FORMAT,
				       "this is a store, not an archive");
	if (status == 0)
		status = cxa_input_open(&input, locator, &context->cancel,
					error);
	if (status == 0 && input->is_directory)
		status = cxa_error_set(error, CXA_ERR_FORMAT,
				       "this is a folder, not an archive");
	if (status == 0)
		status = cxa_wreck_open(out, context, &input, error);
	cxa_input_close(input);
	return status;
}

static bool is_same_file(const char *a, const char *b)
{
	struct stat left;
	struct stat right;

	return stat(a, &left) == 0 && stat(b, &right) == 0 &&
	       left.st_dev == right.st_dev && left.st_ino == right.st_ino;
}

static int check_target(const char *target, const char *input,
			struct cxa_error *error)
{
	if (!is_same_file(target, input))
		return 0;
	return cxa_error_set(error, CXA_ERR_USAGE,
			     "%.300s: input and output are the same file",
			     target);
}

static int check_call(const char *locator, const char *target,
		      const struct cxa_salvage_options *options,
		      struct cxa_salvage_options *taken,
		      struct cxa_error *error)
{
	int status = check_target(target, locator, error);

	if (!cxa_options_take(taken, sizeof(*taken), options))
		return cxa_error_set(error, CXA_ERR_USAGE,
				     "salvage options of another version");
	if (strcmp(target, "-") == 0)
		return cxa_error_set(error, CXA_ERR_USAGE,
				     "what is salvaged is verified before it "
				     "is given out: name a file");
	for (size_t i = 0; i < taken->from_count && status == 0; i++)
		status = check_target(target, taken->from[i], error);
	return status;
}

int cxa_salvage(struct cxa_salvage_report **out, struct cxa_context *context,
		const char *locator, const char *target,
		const struct cxa_salvage_options *options,
		struct cxa_error *error)
{
	struct cxa_salvage_options wanted = CXA_SALVAGE_OPTIONS_INIT;
	struct cxa_salvage salvage = { .context = context, .target = target };
	struct cxa_others others = { 0 };
	struct cxa_wreck *wreck = NULL;
	struct body *body = calloc(1, sizeof(*body));
	int status;

	*out = NULL;
	if (body == NULL)
		return cxa_error_nomem(error, "a report");
	status = check_call(locator, target, options, &wanted, error);
	if (status == 0)
		status = open_wreck(&wreck, context, locator, error);
	if (status == 0)
		status = cxa_others_open(&others, context, wanted.from,
					 wanted.from_count, error);
	if (status == 0)
		status = salvage_wreck(body, &salvage, wreck, &others,
				       wanted.keep_unverified, error);
	cxa_manifest_release(&salvage.manifest);
	cxa_others_close(&others);
	cxa_wreck_close(wreck);
	if (status < 0) {
		cxa_salvage_report_free(&body->visible);
		return status;
	}
	*out = &body->visible;
	return 0;
}
