/* cmd_get.c - one record as a line of JSON on standard output */
#include <string.h>

#include "flow.h"
#include "session.h"

static int get(struct cxa_context *context, const struct options *options,
	       enum cxa_collection collection, uint64_t id)
{
	struct flow flow = {
		.input = options->operands[2],
		.output = "-",
		.kind = CXA_KIND_LINES,
		.single_read = true,
		.selection = CXA_SELECTION_INIT,
	};
	struct flow_result result;
	int code;

	flow.selection.collections = UINT32_C(1) << collection;
	flow.selection.has_range = true;
	flow.selection.first_id = id;
	flow.selection.last_id = id;
	code = flow_run(&flow, context, options, &result);
	if (code == EXIT_DONE && result.summary.records[collection] == 0)
		code = ui_refuse(EXIT_NO, ui_input_name(flow.input),
				 "no record %llu in %s", (unsigned long long)id,
				 cxa_collection_name(collection));
	return code;
}

int cmd_get(const struct options *options)
{
	struct cxa_context *context = NULL;
	enum cxa_collection collection;
	uint64_t id;
	int code;

	if (cxa_collection_find(&collection, options->operands[0]) != 0)
		return ui_usage("get", "\"%s\" is no collection: concepts, "
				"embeddings, columns, connections, "
				"system_state, query_cache, sync_queue",
				options->operands[0]);
	code = value_uint(options, "ID", options->operands[1], 0, UINT64_MAX,
			  &id);
	if (code == EXIT_DONE)
		code = session_open(&context, options);
	if (code == EXIT_DONE)
		code = get(context, options, collection, id);
	session_close(context);
	return code;
}
