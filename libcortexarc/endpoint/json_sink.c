/* json_sink.c - records as BackupData JSON, as a folder of NDJSON, or as lines */
#include <stdio.h>
#include <stdlib.h>

#include "endpoint/json_loader.h"
#include "endpoint/json_printer.h"
#include "endpoint/sink.h"
#include "record/json_codec.h"

struct json_sink;

/* How a form of JSON puts records into files. */
struct form {
	int (*open)(struct json_sink *json, const char *locator,
		    struct cxa_error *error);
	int (*begin)(struct json_sink *json, struct cxa_error *error);
	/* All parts before @part end, @part begins. */
	int (*enter)(struct json_sink *json, int part, struct cxa_error *error);
	int (*commit)(struct json_sink *json, struct cxa_error *error);
	char separator; /* between records of a part */
	bool separator_first;
};

struct json_sink {
	struct cxa_sink *sink;
	const struct form *form;
	const Cxa__Header *header;
	struct cxa_output *output;
	struct cxa_output_folder *folder;
	struct cxa_json_printer *printer;
	struct cxa_buffer text;
	struct cxa_buffer escaped;
	int part;             /* of cxa_json_parts, that is open; -1: none */
	bool has_records;     /* the part has some already */
	uint64_t total_bytes; /* of files that are complete */
	struct cxa_summary summary;
};

/* Bytes of the character that begins here, and its code; the text is sound. */
static size_t next_character(const uint8_t *at, uint32_t *code)
{
	*code = at[0];
	if (at[0] < 0x80)
		return 1;
	*code = (at[0] & 0x1fu) << 6 | (at[1] & 0x3fu);
	if (at[0] < 0xe0)
		return 2;
	*code = (at[0] & 0x0fu) << 12 | (at[1] & 0x3fu) << 6 | (at[2] & 0x3fu);
	if (at[0] < 0xf0)
		return 3;
	*code = UINT32_MAX; /* over U+FFFF */
	return 4;
}

/* A string says the same with escapes, and all of this is in strings. */
static void escape(struct json_sink *json, const uint8_t *text, size_t size)
{
	char escaped[8];
	uint32_t code;
	size_t plain = 0;
	size_t taken;

	cxa_buffer_reset(&json->escaped);
	for (size_t at = 0; at < size; at += taken) {
		taken = next_character(text + at, &code);
		if (code < 0x7f || code > 0xffff ||
		    !json->sink->options.escapes(code))
			continue;
		cxa_buffer_append(&json->escaped, text + plain, at - plain);
		snprintf(escaped, sizeof(escaped), "\\u%04x", (unsigned)code);
		cxa_buffer_append(&json->escaped, escaped, 6);
		plain = at + taken;
	}
	cxa_buffer_append(&json->escaped, text + plain, size - plain);
}

static int put_out(struct json_sink *json, const uint8_t *text, size_t size,
		   struct cxa_error *error)
{
	if (json->sink->options.escapes == NULL)
		return cxa_output_write(json->output, text, size, error);
	escape(json, text, size);
	if (json->escaped.failed)
		return cxa_error_nomem(error, "JSON");
	return cxa_output_write(json->output, json->escaped.data,
				json->escaped.size, error);
}

static int write_text(struct json_sink *json, struct cxa_error *error)
{
	int status;

	if (json->text.failed)
		return cxa_error_nomem(error, "JSON");
	status = put_out(json, json->text.data, json->text.size, error);
	cxa_buffer_reset(&json->text);
	return status;
}

/* What the header keeps of the document: an object, as cxa_copy() has seen. */
static int unknown_members(const struct json_sink *json, struct cxa_buffer *out,
			   struct cxa_error *error)
{
	const struct cxa_json_rules rules = {
		.limits = &json->sink->context->limits,
	};
	struct cxa_json_text text = {
		.data = json->header->extensions.data,
		.size = json->header->extensions.len,
		.line = 1,
		.column = 1,
	};
	int status = 0;

	if (json->header->has_extensions)
		status = cxa_json_minify(&text, &rules, out, error);
	return status;
}

/* --- one document ------------------------------------------------------- */

static int document_open(struct json_sink *json, const char *locator,
			 struct cxa_error *error)
{
	return cxa_output_open(&json->output, locator,
			       &json->sink->context->cancel, error);
}

static int document_begin(struct json_sink *json, struct cxa_error *error)
{
	cxa_buffer_text(&json->text, "{\"metadata\":");
	return cxa_json_encode(&json->header->metadata->base, false, NULL,
			       &json->text, error);
}

static void end_part(struct json_sink *json)
{
	if (json->part < 0)
		return;
	if (cxa_json_parts[json->part].is_array)
		cxa_buffer_byte(&json->text, ']');
	else if (!json->has_records)
		cxa_buffer_text(&json->text, "null");
}

static int document_enter(struct json_sink *json, int part,
			  struct cxa_error *error)
{
	int next = json->part < 0 ? CXA_PART_CONCEPTS : json->part + 1;

	for (; next <= part && next < CXA_PART_COUNT; next++) {
		end_part(json);
		cxa_buffer_format(&json->text, ",\"%s\":%s",
				  cxa_json_parts[next].name,
				  cxa_json_parts[next].is_array ? "[" : "");
		json->part = next;
		json->has_records = false;
	}
	return write_text(json, error);
}

static int prove_document(struct json_sink *json, struct cxa_error *error)
{
	struct cxa_input *written = NULL;
	int status;

	if (json->sink->prove == NULL)
		return 0;
	status = cxa_output_input(json->output, &written, error);
	if (status == 0)
		status = cxa_sink_prove(json->sink, &written, error);
	cxa_input_close(written);
	return status;
}

static int document_commit(struct json_sink *json, struct cxa_error *error)
{
	struct cxa_buffer unknown = { 0 };
	int status = document_enter(json, CXA_PART_COUNT - 1, error);

	if (status == 0)
		status = unknown_members(json, &unknown, error);
	if (status == 0) {
		end_part(json);
		if (unknown.size > 2) {
			cxa_buffer_byte(&json->text, ',');
			cxa_buffer_append(&json->text, unknown.data + 1,
					  unknown.size - 2);
		}
		cxa_buffer_text(&json->text, "}\n");
		status = write_text(json, error);
	}
	cxa_buffer_release(&unknown);
	if (status == 0)
		status = prove_document(json, error);
	if (status == 0)
		status = cxa_output_commit(json->output, error);
	json->total_bytes += cxa_output_bytes(json->output);
	return status;
}

/* --- a folder ----------------------------------------------------------- */

static int folder_open(struct json_sink *json, const char *locator,
		       struct cxa_error *error)
{
	return cxa_output_folder_open(&json->folder, locator,
				      &json->sink->context->cancel, error);
}

static int end_file(struct json_sink *json, struct cxa_error *error)
{
	int status;

	if (json->output == NULL)
		return 0;
	status = cxa_output_commit(json->output, error);
	json->total_bytes += cxa_output_bytes(json->output);
	cxa_output_close(json->output);
	json->output = NULL;
	return status;
}

static int begin_file(struct json_sink *json, const char *name,
		      const char *ending, struct cxa_error *error)
{
	char file[48];
	int status = end_file(json, error);

	if (status < 0)
		return status;
	snprintf(file, sizeof(file), "%s.%s", name, ending);
	return cxa_output_folder_file(json->folder, file, &json->output, error);
}

static int folder_begin(struct json_sink *json, struct cxa_error *error)
{
	int status = begin_file(json, "metadata", "json", error);

	if (status == 0)
		status = cxa_json_encode(&json->header->metadata->base, false,
					 NULL, &json->text, error);
	cxa_buffer_byte(&json->text, '\n');
	if (status == 0)
		status = write_text(json, error);
	if (status < 0 || !json->header->has_extensions)
		return status;
	status = begin_file(json, "extensions", "json", error);
	if (status == 0)
		status = unknown_members(json, &json->text, error);
	cxa_buffer_byte(&json->text, '\n');
	if (status == 0)
		status = write_text(json, error);
	return status;
}

static int folder_enter(struct json_sink *json, int part,
			struct cxa_error *error)
{
	int next = json->part < 0 ? CXA_PART_CONCEPTS : json->part + 1;
	int status = 0;

	for (; next <= part && status == 0; next++) {
		const struct cxa_json_part_info *info = &cxa_json_parts[next];

		if (json->part == CXA_PART_SYSTEM_STATE && !json->has_records) {
			cxa_buffer_text(&json->text, "null\n");
			status = write_text(json, error);
		}
		if (status == 0)
			status = begin_file(json, info->name,
					    info->is_array ? "ndjson" : "json",
					    error);
		json->part = next;
		json->has_records = false;
	}
	return status;
}

static int prove_folder(struct json_sink *json, struct cxa_error *error)
{
	struct cxa_input *written = NULL;
	int status;

	if (json->sink->prove == NULL)
		return 0;
	status = cxa_output_folder_input(json->folder, &written, error);
	if (status == 0)
		status = cxa_sink_prove(json->sink, &written, error);
	cxa_input_close(written);
	return status;
}

static int folder_commit(struct json_sink *json, struct cxa_error *error)
{
	int status = folder_enter(json, CXA_PART_COUNT - 1, error);

	if (status == 0)
		status = end_file(json, error);
	if (status == 0)
		status = prove_folder(json, error);
	if (status == 0)
		status = cxa_output_folder_commit(json->folder, error);
	return status;
}

/* --- lines ---------------------------------------------------------------- */

static int lines_begin(struct json_sink *json, struct cxa_error *error)
{
	(void)json;
	(void)error;
	return 0;
}

static int lines_enter(struct json_sink *json, int part,
		       struct cxa_error *error)
{
	(void)error;
	json->part = part;
	return 0;
}

static int lines_commit(struct json_sink *json, struct cxa_error *error)
{
	int status = cxa_output_commit(json->output, error);

	json->total_bytes += cxa_output_bytes(json->output);
	return status;
}

static const struct form document_form = {
	document_open, document_begin, document_enter, document_commit, ',',
	true };
static const struct form folder_form = {
	folder_open, folder_begin, folder_enter, folder_commit, '\n', false };
static const struct form lines_form = {
	document_open, lines_begin, lines_enter, lines_commit, '\n', false };

/* --- the sink --------------------------------------------------------------- */

static int write_printed(void *state, const struct cxa_buffer *text,
			 struct cxa_error *error)
{
	struct json_sink *json = state;
	/* The first record of an array has no comma before it. */
	size_t skip = json->form->separator_first && !json->has_records;

	json->has_records = true;
	return put_out(json, text->data + skip, text->size - skip, error);
}

static int sink_begin(void *state, const Cxa__Header *header,
		      struct cxa_error *error)
{
	struct json_sink *json = state;

	json->header = header;
	return json->form->begin(json, error);
}

static int find_part(enum cxa_collection collection)
{
	for (int i = CXA_PART_CONCEPTS; i < CXA_PART_COUNT; i++)
		if (cxa_json_parts[i].collection == collection)
			return i;
	return -1;
}

static int enter_part(struct json_sink *json, enum cxa_collection collection,
		      struct cxa_error *error)
{
	int part = find_part(collection);
	int status;

	if (part < 0 && json->form != &lines_form)
		return cxa_error_set(error, CXA_ERR_USAGE,
				     "JSON holds embeddings only beside their "
				     "concepts: select concepts");
	if (part == json->part && part >= 0)
		return 0;
	status = cxa_json_printer_flush(json->printer, error);
	if (status == 0)
		status = json->form->enter(json, part, error);
	return status;
}

static int sink_put(void *state, struct cxa_batch *batch,
		    struct cxa_error *error)
{
	struct json_sink *json = state;
	struct cxa_summary *summary = &json->summary;
	int status = enter_part(json, batch->collection, error);

	if (status < 0)
		return status;
	summary->records[batch->collection] += batch->count;
	for (size_t i = 0; batch->embeddings != NULL && i < batch->count; i++)
		summary->records[CXA_EMBEDDINGS] +=
			batch->embeddings[i].data != NULL;
	return cxa_json_printer_put(json->printer, batch, error);
}

/* Fields that this version does not know, of the records and of the header. */
static uint64_t count_unknown(const struct json_sink *json)
{
	uint64_t count = cxa_json_printer_unknown(json->printer);

	if (json->form != &lines_form)
		count += json->header->base.n_unknown_fields +
			 json->header->metadata->base.n_unknown_fields;
	return count;
}

/* The lines of cat and get are no copy of a store. */
static void tell_left_out(const struct json_sink *json)
{
	struct cxa_context *context = json->sink->context;
	uint64_t unknown = count_unknown(json);

	if (unknown != 0)
		cxa_context_notice(context,
				   "%llu fields that this version does not know "
				   "have no place in JSON and were left out",
				   (unsigned long long)unknown);
	if (json->form == &lines_form)
		return;
	if (json->header->embedding_space != NULL)
		cxa_context_notice(context,
				   "what the archive says of its embedding space "
				   "(model, dimensions) has no place in JSON");
	if (json->header->n_losses != 0)
		cxa_context_notice(context,
				   "what the salvaged archive says of its losses "
				   "(%zu) has no place in JSON",
				   json->header->n_losses);
}

static int sink_commit(void *state, struct cxa_summary *summary,
		       struct cxa_error *error)
{
	struct json_sink *json = state;
	int status = cxa_json_printer_flush(json->printer, error);

	if (status == 0)
		status = json->form->commit(json, error);
	if (status < 0)
		return status;
	tell_left_out(json);
	json->summary.total_bytes = json->total_bytes;
	*summary = json->summary;
	return 0;
}

static void sink_close(void *state)
{
	struct json_sink *json = state;

	cxa_json_printer_close(json->printer);
	cxa_output_close(json->output);
	cxa_output_folder_close(json->folder);
	cxa_buffer_release(&json->text);
	cxa_buffer_release(&json->escaped);
	free(json);
}

int cxa_json_sink_open(struct cxa_sink *sink, const char *locator,
		       enum cxa_kind kind, struct cxa_error *error)
{
	static const struct cxa_sink_ops ops = {
		sink_begin, sink_put, sink_commit, sink_close, true };
	struct json_sink *json = calloc(1, sizeof(*json));
	int status;

	if (json == NULL)
		return cxa_error_nomem(error, "JSON");
	sink->ops = &ops;
	sink->state = json;
	json->sink = sink;
	json->part = -1;
	json->form = kind == CXA_KIND_JSON ? &document_form :
		     kind == CXA_KIND_NDJSON ? &folder_form : &lines_form;
	status = json->form->open(json, locator, error);
	if (status < 0)
		return status;
	return cxa_json_printer_open(&json->printer, sink->context,
				     json->form->separator,
				     json->form->separator_first, write_printed,
				     json, error);
}
