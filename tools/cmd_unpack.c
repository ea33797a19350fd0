/* cmd_unpack.c - an archive's records into a store, JSON, NDJSON or another archive */
#include "flow.h"
#include "session.h"

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
		code = flow_find_kind(options, &kind);
	if (code == EXIT_DONE)
		code = session_open(&context, options);
	if (code == EXIT_DONE)
		code = options->into != NULL ?
			       cmd_unpack_into(context, options) :
			       unpack(context, options, kind);
	session_close(context);
	return code;
}
