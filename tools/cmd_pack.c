/* cmd_pack.c - a store's records into an archive */
#include <string.h>

#include "flow.h"
#include "session.h"

/* --verify: nothing that pack believes is believed here. */
static int read_back(struct cxa_context *context, const char *output,
		     const struct cxa_summary *summary)
{
	struct cxa_verify_options options = CXA_VERIFY_OPTIONS_INIT;
	struct cxa_error error = CXA_ERROR_INIT;
	struct cxa_report *report = NULL;
	bool is_valid;
	int status;

	options.level = CXA_LEVEL_RECORDS;
	options.expect = summary->root;
	status = cxa_verify(&report, context, output, &options, &error);
	ui_clear();
	if (status < 0)
		return ui_fail(&error, output, NULL);
	is_valid = report->is_valid;
	for (int i = 0; i < CXA_COLLECTION_COUNT; i++)
		is_valid = is_valid &&
			   report->records[i] == summary->records[i];
	cxa_report_free(report);
	if (!is_valid)
		return ui_refuse(EXIT_MACHINE, output, "what was written does "
				 "not read back as it should: do not trust it");
	return EXIT_DONE;
}

static int pack(struct cxa_context *context, const struct options *options)
{
	struct flow flow = {
		.input = options->operands[0],
		.output = options->output,
		.kind = CXA_KIND_ARCHIVE,
		.selection = CXA_SELECTION_INIT,
	};
	struct flow_result result;
	int code = flow_run(&flow, context, options, &result);

	if (code == EXIT_DONE && options->read_back)
		code = read_back(context, flow.output, &result.summary);
	if (code != EXIT_DONE)
		return code;
	flow_report(&result, options->read_back ? "packed and verified" :
						  "packed");
	if (options->json)
		flow_report_json(&flow, &result);
	return EXIT_DONE;
}

int cmd_pack(const struct options *options)
{
	struct cxa_context *context = NULL;
	int code;

	if (options->read_back && strcmp(options->output, "-") == 0)
		return ui_usage("pack", "--verify cannot read standard output "
				"back: name a file");
	code = session_open(&context, options);
	if (code == EXIT_DONE)
		code = pack(context, options);
	session_close(context);
	return code;
}
