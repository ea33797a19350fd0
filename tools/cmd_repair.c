/* cmd_repair.c - what breaks the integrity rules, put right */
#include <string.h>

#include "repair_report.h"
#include "session.h"

static int check_usage(const struct options *options)
{
	bool in_place = options->output == NULL && !options->dry_run;

	if (options->output != NULL && strcmp(options->output, "-") == 0)
		return ui_usage("repair", "what is written is read again before "
				"it counts: standard output cannot be");
	if (in_place && strcmp(options->operands[0], "-") == 0)
		return ui_usage("repair", "standard input is no store to be "
				"repaired in its place: -o makes a new file");
	if (in_place && options->format != CXA_KIND_AUTO &&
	    options->format != CXA_KIND_STORE)
		return ui_usage("repair", "without -o a store is repaired in "
				"its place, whatever --format says");
	if (!in_place &&
	    (options->safety_backup != NULL || options->no_safety_backup))
		return ui_usage("repair", "safety backups are for a store that "
				"is repaired in its place");
	if (options->safety_backup != NULL && options->no_safety_backup)
		return ui_usage("repair", "--safety-backup or "
				"--no-safety-backup: take one");
	return EXIT_DONE;
}

static struct cxa_repair_options make_options(struct repair_report *report)
{
	const struct options *options = report->options;
	struct cxa_repair_options wanted = CXA_REPAIR_OPTIONS_INIT;

	wanted.rules = options->rules;
	wanted.rule_count = options->rule_count;
	wanted.has_now = options->has_now;
	wanted.now_ms = options->now_ms;
	wanted.change = repair_report_change;
	wanted.user = report;
	return wanted;
}

static int dry_run(struct cxa_context *context, struct repair_report *report)
{
	const struct options *options = report->options;
	const char *input = options->operands[0];
	struct cxa_repair_options wanted = make_options(report);
	struct cxa_error error = CXA_ERROR_INIT;
	struct cxa_source *source = NULL;
	int status = cxa_source_open(&source, context, input, &options->source,
				     &error);

	if (status == 0)
		status = cxa_repair(source, NULL, &wanted, &report->result,
				    NULL, &error);
	cxa_source_close(source);
	ui_clear();
	return status < 0 ? ui_fail(&error, input, NULL) : EXIT_DONE;
}

/* Before anything is written. */
static int tell(void *user, const struct cxa_preflight *preflight)
{
	struct repair_report *report = user;

	if (preflight->safety_backup == NULL)
		return 0;
	snprintf(report->safety_backup, sizeof(report->safety_backup), "%s",
		 preflight->safety_backup);
	ui_result("safety backup: %s", preflight->safety_backup);
	return 0;
}

static int in_place(struct cxa_context *context, struct repair_report *report,
		    struct flow_result *result)
{
	const struct options *options = report->options;
	const char *store = options->operands[0];
	struct cxa_repair_options wanted = make_options(report);
	struct cxa_restore_options how = CXA_RESTORE_OPTIONS_INIT;
	struct cxa_error error = CXA_ERROR_INIT;
	double start = ui_clock();
	int status;

	how.safety_backup = options->safety_backup;
	how.no_safety_backup = options->no_safety_backup;
	how.preflight = tell;
	how.user = report;
	status = cxa_repair_store(context, store, &wanted, &how,
				  &report->result, &result->summary, &error);
	ui_clear();
	if (status < 0)
		return ui_fail(&error, store, NULL);
	result->seconds = ui_clock() - start;
	report->untouched = status == CXA_END;
	return EXIT_DONE;
}

static int into_output(struct cxa_context *context,
		       struct repair_report *report,
		       struct flow_result *result)
{
	struct cxa_repair_options wanted = make_options(report);
	struct flow flow = {
		.input = report->options->operands[0],
		.output = report->options->output,
		.selection = CXA_SELECTION_INIT,
		.repair = &wanted,
		.repaired = &report->result,
	};
	int code = flow_find_kind(report->options, &flow.kind);

	return code == EXIT_DONE ? flow_run(&flow, context, report->options,
					    result) : code;
}

static int repair(struct cxa_context *context, const struct options *options)
{
	struct repair_report report = { .options = options };
	struct flow_result result = { 0 };
	bool written = false;
	int code = repair_report_open(&report, options);

	if (code == EXIT_DONE && options->dry_run)
		code = dry_run(context, &report);
	else if (code == EXIT_DONE && options->output == NULL)
		code = in_place(context, &report, &result);
	else if (code == EXIT_DONE)
		code = into_output(context, &report, &result);
	if (code == EXIT_DONE) {
		written = !options->dry_run && !report.untouched;
		code = repair_report_print(&report, written ? &result : NULL);
	}
	if (written)
		flow_report(&result, "repaired");
	repair_report_close(&report);
	return code;
}

int cmd_repair(const struct options *options)
{
	struct cxa_context *context = NULL;
	int code = check_usage(options);

	if (code == EXIT_DONE)
		code = session_open(&context, options);
	if (code == EXIT_DONE)
		code = repair(context, options);
	session_close(context);
	return code;
}
