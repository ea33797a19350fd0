/* cmd_salvage.c - what is intact of a damaged archive, as a new one */
#include "salvage_report.h"
#include "session.h"

static int salvage(struct cxa_context *context, const struct options *options)
{
	struct cxa_salvage_options wanted = CXA_SALVAGE_OPTIONS_INIT;
	struct cxa_salvage_report *report = NULL;
	struct cxa_error error = CXA_ERROR_INIT;
	const char *input = options->operands[0];
	double start = ui_clock();
	int code = EXIT_DONE;
	int status;

	wanted.from = options->from;
	wanted.from_count = options->from_count;
	wanted.keep_unverified = options->keep_unverified;
	status = cxa_salvage(&report, context, input, options->output, &wanted,
			     &error);
	ui_clear();
	if (status < 0)
		return ui_fail(&error, input, options->output);
	salvage_report_text(report, options, ui_clock() - start);
	if (options->json)
		salvage_report_json(report, options);
	if (!report->is_whole)
		code = EXIT_LOSS;
	cxa_salvage_report_free(report);
	return code;
}

int cmd_salvage(const struct options *options)
{
	struct cxa_context *context = NULL;
	int code = session_open(&context, options);

	if (code == EXIT_DONE)
		code = salvage(context, options);
	session_close(context);
	return code;
}
