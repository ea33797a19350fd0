/* flow.c - records from the input to the output */
#include "flow.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* --- what the output is -------------------------------------------------- */

static bool ends_with(const char *name, const char *ending)
{
	size_t size = strlen(name);
	size_t ending_size = strlen(ending);

	return size > ending_size &&
	       strcmp(name + size - ending_size, ending) == 0;
}

static bool is_folder(const char *name)
{
	struct stat st;

	return stat(name, &st) == 0 && S_ISDIR(st.st_mode);
}

int flow_find_kind(const struct options *options, enum cxa_kind *kind)
{
	const char *name = options->command->name;
	const char *output = options->output;
	bool standard = strcmp(output, "-") == 0;

	*kind = options->format;
	if (standard && *kind == CXA_KIND_NDJSON)
		return ui_usage(name, "--format ndjson makes a folder: "
				"standard output is none");
	if (standard && *kind == CXA_KIND_STORE)
		return ui_usage(name, "--format store makes a database: "
				"standard output cannot be one");
	if (*kind != CXA_KIND_AUTO)
		return EXIT_DONE;
	if (standard || ends_with(output, ".json"))
		*kind = CXA_KIND_JSON;
	else if (ends_with(output, "/") || is_folder(output))
		*kind = CXA_KIND_NDJSON;
	else if (ends_with(output, ".cxa"))
		*kind = CXA_KIND_ARCHIVE;
	else if (ends_with(output, ".db"))
		*kind = CXA_KIND_STORE;
	else
		return ui_usage(name, "%s: its name does not end in .db, "
				".json, .cxa or /, so say --format store, "
				"json, ndjson or archive", output);
	return EXIT_DONE;
}

/* --- from one end to the other ------------------------------------------- */

static bool look(const char *locator, int standard, struct stat *st)
{
	if (strcmp(locator, "-") == 0)
		return fstat(standard, st) == 0;
	return stat(locator, st) == 0;
}

/* One file as both ends? A terminal or /dev/null may be. */
static bool is_same_file(const struct flow *flow)
{
	struct stat in;
	struct stat out;

	return look(flow->input, STDIN_FILENO, &in) &&
	       look(flow->output, STDOUT_FILENO, &out) &&
	       in.st_dev == out.st_dev && in.st_ino == out.st_ino &&
	       (S_ISREG(in.st_mode) || S_ISDIR(in.st_mode) ||
		S_ISBLK(in.st_mode));
}

static bool is_to_terminal(const struct flow *flow)
{
	return strcmp(flow->output, "-") == 0 && isatty(STDOUT_FILENO) == 1;
}

static int check_ends(const struct flow *flow, const struct options *options)
{
	const char *name = options->command->name;
	bool standard = strcmp(flow->output, "-") == 0;

	if (is_same_file(flow))
		return ui_usage(name, "%s: input and output are the same file",
				ui_output_name(flow->output));
	if (standard && options->json)
		return ui_usage(name, "--json and -o - both want standard "
				"output");
	if (flow->kind == CXA_KIND_ARCHIVE && is_to_terminal(flow))
		return ui_usage(name, "an archive is nothing for a terminal: "
				"name a file, or redirect standard output");
	return EXIT_DONE;
}

static int copy(const struct flow *flow, struct cxa_context *context,
		const struct options *options, struct flow_result *result,
		struct cxa_error *error)
{
	struct cxa_source_options source_options = options->source;
	struct cxa_sink_options sink_options = options->sink;
	struct cxa_source *migrated = NULL;
	struct cxa_source *source = NULL;
	struct cxa_sink *sink = NULL;
	const uint8_t *root;
	int status;

	/* First the output: that it cannot be written is soon found out. */
	source_options.single_read = flow->single_read;
	if (is_to_terminal(flow))
		sink_options.escapes = ui_steers;
	status = cxa_sink_open(&sink, context, flow->output, flow->kind,
			       &sink_options, error);
	if (status == 0)
		status = cxa_source_open(&source, context, flow->input,
					 &source_options, error);
	if (status == 0 && flow->migrate != NULL)
		status = cxa_migrate(&migrated, source, flow->migrate, error);
	if (status == 0 && flow->repair != NULL)
		status = cxa_repair(source, sink, flow->repair, flow->repaired,
				    &result->summary, error);
	else if (status == 0)
		status = cxa_copy(migrated != NULL ? migrated : source, sink,
				  &flow->selection, &result->summary, error);
	if (status == 0) {
		result->source_bytes = cxa_source_bytes(source);
		root = cxa_source_root(source);
		result->has_source_root = root != NULL;
		if (root != NULL)
			memcpy(result->source_root, root, 32);
	}
	cxa_sink_close(sink);
	cxa_source_close(migrated);
	cxa_source_close(source);
	return status;
}

int flow_run(const struct flow *flow, struct cxa_context *context,
	     const struct options *options, struct flow_result *result)
{
	struct cxa_error error = CXA_ERROR_INIT;
	double start = ui_clock();
	int code;
	int status;

	memset(result, 0, sizeof(*result));
	code = check_ends(flow, options);
	if (code != EXIT_DONE)
		return code;
	status = copy(flow, context, options, result, &error);
	ui_clear();
	result->seconds = ui_clock() - start;
	if (status < 0)
		return ui_fail(&error, flow->input, flow->output);
	return EXIT_DONE;
}

void flow_records(char *out, size_t size,
		  const uint64_t records[CXA_COLLECTION_COUNT])
{
	char number[UI_NUMBER_BYTES];
	size_t used = 0;

	snprintf(out, size, "no records");
	for (int i = 0; i < CXA_COLLECTION_COUNT; i++) {
		if (records[i] == 0 || used >= size)
			continue;
		used += (size_t)snprintf(out + used, size - used, "%s%s %s",
					 used == 0 ? "" : ", ",
					 ui_count(number, records[i]),
					 cxa_collection_name(
						 (enum cxa_collection)i));
	}
}

void flow_print_counts(struct json_out *json, const char *name,
		       const uint64_t counts[CXA_COLLECTION_COUNT])
{
	json_begin_object(json, name);
	for (int i = 0; i < CXA_COLLECTION_COUNT; i++)
		json_uint(json, cxa_collection_name((enum cxa_collection)i),
			  counts[i]);
	json_end_object(json);
}

/* Of the larger end: it says what the work was. */
static double rate_of(const struct flow_result *result)
{
	uint64_t bytes = result->summary.total_bytes;

	if (result->source_bytes > bytes)
		bytes = result->source_bytes;
	return (double)bytes /
	       (result->seconds > 1e-6 ? result->seconds : 1e-6);
}

void flow_report(const struct flow_result *result, const char *verb)
{
	const struct cxa_summary *summary = &result->summary;
	char records[300];
	char size[UI_NUMBER_BYTES];
	char from[UI_NUMBER_BYTES] = "";
	char time[UI_NUMBER_BYTES];
	char rate[UI_NUMBER_BYTES];
	char root[65] = "";
	const char *relation = "";

	flow_records(records, sizeof(records), summary->records);
	if (result->source_bytes != 0)
		ui_size(from, (double)result->source_bytes);
	if (summary->has_root) {
		ui_root(root, summary->root);
		relation = ", root ";
	} else if (result->has_source_root) {
		ui_root(root, result->source_root);
		relation = ", of root ";
	}
	ui_result("%s %s: %s%s%s, %s, %s/s%s%s", verb, records,
		  ui_size(size, (double)summary->total_bytes),
		  from[0] == '\0' ? "" : " from ", from,
		  ui_time(time, result->seconds),
		  ui_size(rate, rate_of(result)), relation, root);
}

static void report_collections(struct json_out *json,
			       const struct cxa_summary *summary)
{
	json_begin_object(json, "collections");
	for (int i = 0; i < CXA_COLLECTION_COUNT; i++) {
		json_begin_object(json,
				  cxa_collection_name((enum cxa_collection)i));
		json_uint(json, "records", summary->records[i]);
		json_uint(json, "batches", summary->batches[i]);
		json_uint(json, "raw_size", summary->raw_bytes[i]);
		json_uint(json, "stored_size", summary->stored_bytes[i]);
		json_end_object(json);
	}
	json_end_object(json);
}

void flow_report_json(const struct flow *flow,
		      const struct flow_result *result)
{
	const struct cxa_summary *summary = &result->summary;
	struct json_out json = JSON_OUT(stdout);

	json_begin_object(&json, NULL);
	if (summary->has_root)
		json_hex(&json, "root_hash", summary->root, 32);
	else
		json_null(&json, "root_hash");
	if (result->has_source_root)
		json_hex(&json, "input_root_hash", result->source_root, 32);
	else
		json_null(&json, "input_root_hash");
	json_string(&json, "input", flow->input);
	json_string(&json, "output", flow->output);
	json_uint(&json, "file_size", summary->total_bytes);
	json_ms(&json, "duration_ms", result->seconds * 1000);
	report_collections(&json, summary);
	json_end_object(&json);
	json_end(&json);
}
