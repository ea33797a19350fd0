/* cmd_unpack_into.c - what a store holds, replaced: unpack --into */
#include "flow.h"

/* One line a fact, before anything is written. */
static int tell(void *user, const struct cxa_preflight *preflight)
{
	const struct options *options = user;
	char records[300];
	char size[UI_NUMBER_BYTES];
	char room[UI_NUMBER_BYTES];
	uint32_t now = preflight->now->metadata->data_version;
	uint32_t next = preflight->next->metadata->data_version;

	ui_clear();
	flow_records(records, sizeof(records), preflight->now_records);
	ui_result("in %s now: %s (data version %u, %s)", options->into,
		  records, now, ui_size(size, (double)preflight->store_bytes));
	flow_records(records, sizeof(records), preflight->next_records);
	ui_result("to come: %s (data version %u)",
		  preflight->next_known ? records : "counted when it is there",
		  next);
	if (!preflight->same_space)
		ui_note("the vectors of the two are of different embedding "
			"spaces");
	ui_result("room: about %s needed, %s free",
		  ui_size(size, (double)preflight->needed_bytes),
		  ui_size(room, (double)preflight->free_bytes));
	if (preflight->safety_backup != NULL)
		ui_result("safety backup: %s", preflight->safety_backup);
	return 0;
}

int cmd_unpack_into(struct cxa_context *context, const struct options *options)
{
	struct cxa_restore_options wanted = CXA_RESTORE_OPTIONS_INIT;
	struct flow flow = {
		.input = options->operands[0],
		.output = options->into,
	};
	struct flow_result result = { 0 };
	struct cxa_error error = CXA_ERROR_INIT;
	double start = ui_clock();
	int status;

	wanted.safety_backup = options->safety_backup;
	wanted.no_safety_backup = options->no_safety_backup;
	wanted.preflight = tell;
	wanted.user = (void *)(uintptr_t)options; /* only read */
	status = cxa_restore(context, flow.input, flow.output, &wanted,
			     &result.summary, &error);
	ui_clear();
	if (status < 0)
		return ui_fail(&error, flow.input, flow.output);
	result.seconds = ui_clock() - start;
	flow_report(&result, "replaced by");
	if (options->json)
		flow_report_json(&flow, &result);
	return EXIT_DONE;
}
