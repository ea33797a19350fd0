/* cmd_verify.c - is every byte and every record as it should be? */
#include "session.h"
#include "verify_report.h"

static int verify(struct cxa_context *context, const struct options *options)
{
	struct cxa_verify_options wanted = CXA_VERIFY_OPTIONS_INIT;
	const char *input = options->operands[0];
	struct cxa_error error = CXA_ERROR_INIT;
	struct cxa_report *report = NULL;
	int code = EXIT_DONE;
	int status;

	wanted.level = options->level;
	wanted.has_now = options->has_now;
	wanted.now_ms = options->now_ms;
	if (options->has_expect)
		wanted.expect = options->expect;
	status = cxa_verify(&report, context, input, &wanted, &error);
	ui_clear();
	if (status < 0)
		return ui_fail(&error, input, NULL);
	if (options->json)
		verify_report_json(report, options);
	else
		verify_report_text(report, options);
	for (int i = (int)options->fail_on; i < CXA_SEVERITY_COUNT; i++)
		if (report->by_severity[i] != 0)
			code = EXIT_NO;
	cxa_report_free(report);
	return code;
}

int cmd_verify(const struct options *options)
{
	struct cxa_context *context = NULL;
	struct options wanted = *options;
	int code;

	/* More than are kept cannot be listed. */
	if (options->max_issues != UINT64_MAX &&
	    options->max_issues > value_limit_default("issues") &&
	    options->context.limits.issues == 0)
		wanted.context.limits.issues = options->max_issues;
	code = session_open(&context, &wanted);
	if (code == EXIT_DONE)
		code = verify(context, &wanted);
	session_close(context);
	return code;
}
