/* cmd_info.c - what an archive is, and how much of what is in it */
#include <inttypes.h>
#include <math.h>
#include <string.h>
#include <time.h>

#include "json_out.h"
#include "session.h"

/* Losses of a salvaged archive; a program is told all. */
enum { LISTED = 100 };

struct totals {
	uint64_t records;
	uint64_t batches;
	uint64_t raw_size;
	uint64_t stored_size;
};

/* What both forms of the report are made from. */
struct info {
	const Cxa__Header *header;
	const uint8_t *root; /* NULL: no archive */
	uint64_t file_size;  /* 0: not known */
	struct totals totals[CXA_COLLECTION_COUNT];
};

static void take_index(struct info *info, const Cxa__Index *index)
{
	enum cxa_collection collection;
	char name[32];

	for (size_t i = 0; i < index->n_totals; i++) {
		const Cxa__CollectionTotals *from = index->totals[i];

		snprintf(name, sizeof(name), "%.*s",
			 (int)(from->collection.len > 31 ? 31 :
			       from->collection.len),
			 (const char *)from->collection.data);
		if (cxa_collection_find(&collection, name) != 0)
			continue;
		info->totals[collection] = (struct totals){
			from->records, from->batches, from->raw_size,
			from->stored_size };
	}
}

/* What has no index is counted. */
static int count(struct info *info, struct cxa_source *source,
		 struct cxa_error *error)
{
	struct cxa_cursor *cursor = NULL;
	struct cxa_batch *batch = NULL;
	int status = cxa_cursor_open(&cursor, source, NULL, error);

	while (status == 0) {
		status = cxa_cursor_next(cursor, &batch, error);
		if (status != 0)
			break;
		info->totals[batch->collection].records += batch->count;
		info->totals[batch->collection].raw_size +=
			cxa_batch_bytes(batch);
		cxa_batch_unref(batch);
	}
	cxa_cursor_close(cursor);
	return status == CXA_END ? 0 : status;
}

/* --- for a person --------------------------------------------------------- */

static void print_label(const char *label)
{
	printf("%-13s ", label);
}

static void print_text(const char *label, const ProtobufCBinaryData *text)
{
	print_label(label);
	ui_text(stdout, text->data, text->len);
	putchar('\n');
}

/* A time comes from the input: it may be none. */
static void print_created(double ms)
{
	const double year_10000 = 253402300800000.0;
	char text[40];
	struct tm tm;
	time_t seconds;

	print_label("created");
	if (!isfinite(ms) || ms < 0 || ms >= year_10000) {
		printf("%g ms since 1970 is no time\n", ms);
		return;
	}
	if (sizeof(time_t) == sizeof(int32_t) && ms / 1000 > INT32_MAX) {
		printf("%.0f ms since 1970\n", ms);
		return;
	}
	seconds = (time_t)(ms / 1000);
	if (gmtime_r(&seconds, &tm) == NULL ||
	    strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &tm) == 0)
		return;
	printf("%s.%03dZ (%.0f ms)\n", text,
	       (int)(ms - (double)seconds * 1000), ms);
}

static void print_writer(const Cxa__Header *header)
{
	print_label("writer");
	ui_text(stdout, header->writer_name.data, header->writer_name.len);
	putchar(' ');
	ui_text(stdout, header->writer_version.data,
		header->writer_version.len);
	fputs(", zstd ", stdout);
	ui_text(stdout, header->zstd_version.data, header->zstd_version.len);
	putchar('\n');
}

static void print_loss(const Cxa__Loss *loss)
{
	char number[UI_NUMBER_BYTES];

	fputs("  ", stdout);
	if (loss->has_records)
		printf("%s ", ui_count(number, loss->records));
	ui_text(stdout, loss->collection.data, loss->collection.len);
	printf(", ids %" PRIu64 " to %" PRIu64, loss->first_id, loss->last_id);
	if (loss->has_member) {
		fputs(", from ", stdout);
		ui_text(stdout, loss->member.data, loss->member.len);
	}
	putchar('\n');
}

static void print_losses(const Cxa__Header *header)
{
	char number[UI_NUMBER_BYTES];

	if (header->n_losses == 0)
		return;
	print_label("salvaged");
	printf("yes; losses: %s\n", ui_count(number, header->n_losses));
	for (size_t i = 0; i < header->n_losses && i < LISTED; i++)
		print_loss(header->losses[i]);
	if (header->n_losses > LISTED)
		printf("  and %s more (--json has all)\n",
		       ui_count(number, header->n_losses - LISTED));
}

static void print_row(const char *name, const struct totals *totals,
		      bool is_archive)
{
	char records[UI_NUMBER_BYTES];
	char batches[UI_NUMBER_BYTES];
	char raw[UI_NUMBER_BYTES];
	char stored[UI_NUMBER_BYTES];

	printf("%-13s %14s", name, ui_count(records, totals->records));
	if (is_archive)
		printf(" %9s", ui_count(batches, totals->batches));
	printf(" %10s", ui_size(raw, (double)totals->raw_size));
	if (is_archive)
		printf(" %10s", ui_size(stored, (double)totals->stored_size));
	if (is_archive && totals->stored_size != 0)
		printf(" %6.2f", (double)totals->raw_size /
				 (double)totals->stored_size);
	putchar('\n');
}

static void print_table(const struct info *info)
{
	bool is_archive = info->root != NULL;
	struct totals sum = { 0 };

	if (is_archive)
		printf("\n%-13s %14s %9s %10s %10s %6s\n", "collection",
		       "records", "batches", "raw", "stored", "ratio");
	else
		printf("\n%-13s %14s %10s\n", "collection", "records", "raw");
	for (int i = 0; i < CXA_COLLECTION_COUNT; i++) {
		const struct totals *totals = &info->totals[i];

		print_row(cxa_collection_name((enum cxa_collection)i), totals,
			  is_archive);
		sum.records += totals->records;
		sum.batches += totals->batches;
		sum.raw_size += totals->raw_size;
		sum.stored_size += totals->stored_size;
	}
	print_row("in all", &sum, is_archive);
}

static void print_info(const struct info *info)
{
	const Cxa__Header *header = info->header;
	const Cxa__Metadata *metadata = header->metadata;
	char root[65];
	char size[UI_NUMBER_BYTES];
	char bytes[UI_NUMBER_BYTES];

	print_label("root hash");
	puts(info->root == NULL ? "none: not an archive" :
				  ui_root(root, info->root));
	if (info->root != NULL) {
		print_label("format");
		printf("%" PRIu32 ".%" PRIu32 "\n", header->format_major,
		       header->format_minor);
	}
	print_label("data version");
	printf("%" PRIu32 "\n", metadata->data_version);
	print_text("backup id", &metadata->backup_id);
	print_created(metadata->created_at);
	print_text("description", &metadata->description);
	if (info->root != NULL)
		print_writer(header);
	print_label("file size");
	if (info->file_size == 0)
		puts("not known");
	else
		printf("%s (%s bytes)\n",
		       ui_size(size, (double)info->file_size),
		       ui_count(bytes, info->file_size));
	print_losses(header);
	print_table(info);
}

/* --- for a program -------------------------------------------------------- */

static void print_json_header(struct json_out *json, const struct info *info)
{
	const Cxa__Metadata *metadata = info->header->metadata;
	char version[32];

	if (info->root != NULL) {
		snprintf(version, sizeof(version), "%" PRIu32 ".%" PRIu32,
			 info->header->format_major,
			 info->header->format_minor);
		json_hex(json, "root_hash", info->root, 32);
		json_string(json, "format_version", version);
	} else {
		json_null(json, "root_hash");
		json_null(json, "format_version");
	}
	json_uint(json, "data_version", metadata->data_version);
	json_text(json, "backup_id", metadata->backup_id.data,
		  metadata->backup_id.len);
	json_double(json, "created_at", metadata->created_at);
	json_text(json, "description", metadata->description.data,
		  metadata->description.len);
	if (info->file_size == 0)
		json_null(json, "file_size");
	else
		json_uint(json, "file_size", info->file_size);
}

static void print_json_losses(struct json_out *json, const Cxa__Header *header)
{
	json_begin_array(json, "losses");
	for (size_t i = 0; i < header->n_losses; i++) {
		const Cxa__Loss *loss = header->losses[i];

		json_begin_object(json, NULL);
		json_text(json, "collection", loss->collection.data,
			  loss->collection.len);
		json_uint(json, "first_id", loss->first_id);
		json_uint(json, "last_id", loss->last_id);
		if (loss->has_records)
			json_uint(json, "records", loss->records);
		else
			json_null(json, "records");
		if (loss->has_member)
			json_text(json, "member", loss->member.data,
				  loss->member.len);
		else
			json_null(json, "member");
		json_end_object(json);
	}
	json_end_array(json);
}

static void print_json(const struct info *info)
{
	struct json_out json = JSON_OUT(stdout);

	json_begin_object(&json, NULL);
	print_json_header(&json, info);
	json_begin_object(&json, "collections");
	for (int i = 0; i < CXA_COLLECTION_COUNT; i++) {
		const struct totals *totals = &info->totals[i];

		json_begin_object(&json,
				  cxa_collection_name((enum cxa_collection)i));
		json_uint(&json, "records", totals->records);
		json_uint(&json, "batches", totals->batches);
		json_uint(&json, "raw_size", totals->raw_size);
		json_uint(&json, "stored_size", totals->stored_size);
		json_end_object(&json);
	}
	json_end_object(&json);
	print_json_losses(&json, info->header);
	json_end_object(&json);
	json_end(&json);
}

/* --- the command ---------------------------------------------------------- */

static int report(struct cxa_context *context, const struct options *options)
{
	const char *input = options->operands[0];
	struct cxa_error error = CXA_ERROR_INIT;
	struct cxa_source *source = NULL;
	struct info info = { 0 };
	int status = cxa_source_open(&source, context, input, &options->source,
				     &error);

	if (status == 0 && cxa_source_index(source) == NULL)
		status = count(&info, source, &error);
	ui_clear();
	if (status < 0) {
		cxa_source_close(source);
		return ui_fail(&error, input, NULL);
	}
	info.header = cxa_source_header(source);
	info.root = cxa_source_root(source);
	info.file_size = cxa_source_bytes(source);
	if (cxa_source_index(source) != NULL)
		take_index(&info, cxa_source_index(source));
	if (options->json)
		print_json(&info);
	else
		print_info(&info);
	cxa_source_close(source);
	return EXIT_DONE;
}

int cmd_info(const struct options *options)
{
	struct cxa_context *context = NULL;
	int code = session_open(&context, options);

	if (code == EXIT_DONE)
		code = report(context, options);
	session_close(context);
	return code;
}
