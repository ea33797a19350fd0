/* cmd_unpack.c - an archive's records into a store, JSON, NDJSON or another archive */
#include <string.h>
#include <sys/stat.h>

#include "flow.h"
#include "session.h"

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

static int find_kind(const struct options *options, enum cxa_kind *kind)
{
	const char *output = options->output;
	bool standard = strcmp(output, "-") == 0;

	*kind = options->format;
	if (standard && *kind == CXA_KIND_NDJSON)
		return ui_usage("unpack", "--format ndjson makes a folder: "
				"standard output is none");
	if (standard && *kind == CXA_KIND_STORE)
		return ui_usage("unpack", "--format store makes a database: "
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
		return ui_usage("unpack", "%s: its name does not end in .db, "
				".json, .cxa or /, so say --format store, "
				"json, ndjson or archive", output);
	return EXIT_DONE;
}

static int check_target(const struct options *options)
{
	bool safety = options->safety_backup != NULL ||
		      options->no_safety_backup;

	if (options->into == NULL && safety)
		return ui_usage("unpack", "--safety-backup and "
				"--no-safety-backup go with --into");
	if (options->into == NULL)
		return EXIT_DONE;
	if (options->output != NULL)
		return ui_usage("unpack", "-o makes a new file, --into "
				"replaces what a store holds: take one");
	if (options->safety_backup != NULL && options->no_safety_backup)
		return ui_usage("unpack", "--safety-backup or "
				"--no-safety-backup: take one");
	if (options_is_part(options))
		return ui_usage("unpack", "--into replaces all of a store: it "
				"does not go with --collection and --ids");
	if (options->format != CXA_KIND_AUTO &&
	    options->format != CXA_KIND_STORE)
		return ui_usage("unpack", "--into goes with --format store "
				"alone");
	return EXIT_DONE;
}

static int unpack(struct cxa_context *context, const struct options *options,
		  enum cxa_kind kind)
{
	struct flow flow = {
		.input = options->operands[0],
		.output = options->output,
		.kind = kind,
		.selection = options->selection,
	};
	struct flow_result result;
	int code = flow_run(&flow, context, options, &result);

	if (code != EXIT_DONE)
		return code;
	flow_report(&result, options_is_part(options) ? "unpacked a part,"
						      : "unpacked");
	if (options->json)
		flow_report_json(&flow, &result);
	return EXIT_DONE;
}

int cmd_unpack(const struct options *options)
{
	struct cxa_context *context = NULL;
	enum cxa_kind kind = CXA_KIND_STORE;
	int code = check_target(options);

	if (code == EXIT_DONE && options->into == NULL)
		code = find_kind(options, &kind);
	if (code == EXIT_DONE)
		code = session_open(&context, options);
	if (code == EXIT_DONE)
		code = options->into != NULL ?
			       cmd_unpack_into(context, options) :
			       unpack(context, options, kind);
	session_close(context);
	return code;
}
