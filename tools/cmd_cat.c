/* cmd_cat.c - records as lines of JSON on standard output */
#include "flow.h"
#include "session.h"

int cmd_cat(const struct options *options)
{
	struct flow flow = {
		.input = options->operands[0],
		.output = "-",
		.kind = CXA_KIND_LINES,
		.selection = options->selection,
	};
	struct cxa_context *context = NULL;
	struct flow_result result;
	int code = session_open(&context, options);

	if (code == EXIT_DONE)
		code = flow_run(&flow, context, options, &result);
	session_close(context);
	return code;
}
