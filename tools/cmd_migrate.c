/* cmd_migrate.c - records of one data version into those of another */
#include <string.h>

#include "migrate_report.h"
#include "session.h"

static int check_usage(const struct options *options)
{
	if (options->to_version == 0)
		return ui_usage("migrate", "--to-version says which data "
				"version is wanted: 1 or 2");
	if (options->in_place && options->output != NULL)
		return ui_usage("migrate", "-o makes a new file, --in-place "
				"replaces what the store holds: take one");
	if (options->in_place && strcmp(options->operands[0], "-") == 0)
		return ui_usage("migrate", "--in-place wants a store: "
				"standard input is none");
	if (options->in_place && options->format != CXA_KIND_AUTO &&
	    options->format != CXA_KIND_STORE)
		return ui_usage("migrate", "--in-place goes with --format "
				"store alone");
	if (!options->in_place && options->safety_backup != NULL)
		return ui_usage("migrate", "--safety-backup goes with "
				"--in-place");
	return EXIT_DONE;
}

static struct cxa_migrate_options make_options(struct migrate_report *report)
{
	struct cxa_migrate_options wanted = CXA_MIGRATE_OPTIONS_INIT;

	wanted.to = report->options->to_version;
	wanted.repair = report->options->repair;
	wanted.wrong = migrate_report_wrong;
	wanted.user = report;
	wanted.summary = &report->summary;
	return wanted;
}

static int dry_run(struct cxa_context *context, struct migrate_report *report)
{
	const struct options *options = report->options;
	const char *input = options->operands[0];
	struct cxa_migrate_options wanted = make_options(report);
	struct cxa_error error = CXA_ERROR_INIT;
	struct cxa_source *source = NULL;
	int status = cxa_source_open(&source, context, input, &options->source,
				     &error);

	if (status == 0)
		status = cxa_migrate_check(source, &wanted, &error);
	cxa_source_close(source);
	ui_clear();
	return status < 0 ? ui_fail(&error, input, NULL) : EXIT_DONE;
}

/* Before anything is written. */
static int tell(void *user, const struct cxa_preflight *preflight)
{
	struct migrate_report *report = user;

	snprintf(report->safety_backup, sizeof(report->safety_backup), "%s",
		 preflight->safety_backup);
	ui_result("safety backup: %s", preflight->safety_backup);
	return 0;
}

/* @done: out: false: it was not touched */
static int in_place(struct cxa_context *context, struct migrate_report *report,
		    struct flow_result *result, bool *done)
{
	const struct options *options = report->options;
	const char *store = options->operands[0];
	struct cxa_migrate_options wanted = make_options(report);
	struct cxa_restore_options how = CXA_RESTORE_OPTIONS_INIT;
	struct cxa_error error = CXA_ERROR_INIT;
	double start = ui_clock();
	int status;

	how.safety_backup = options->safety_backup;
	how.preflight = tell;
	how.user = report;
	status = cxa_migrate_store(context, store, &wanted, &how,
				   &result->summary, &error);
	ui_clear();
	if (status < 0)
		return ui_fail(&error, store, NULL);
	result->seconds = ui_clock() - start;
	*done = status == 0;
	return EXIT_DONE;
}

static int into_output(struct cxa_context *context,
		       struct migrate_report *report, enum cxa_kind kind,
		       struct flow_result *result)
{
	struct cxa_migrate_options wanted = make_options(report);
	struct flow flow = {
		.input = report->options->operands[0],
		.output = report->options->output,
		.kind = kind,
		.selection = CXA_SELECTION_INIT,
		.migrate = &wanted,
	};

	return flow_run(&flow, context, report->options, result);
}

static int migrate(struct cxa_context *context, const struct options *options,
		   enum cxa_kind kind)
{
	struct migrate_report report = { .options = options };
	struct flow_result result = { 0 };
	bool done = !options->dry_run;
	int code;

	if (options->dry_run)
		code = dry_run(context, &report);
	else if (options->in_place)
		code = in_place(context, &report, &result, &done);
	else
		code = into_output(context, &report, kind, &result);
	if (code == EXIT_DONE) {
		migrate_report_text(&report);
		if (done)
			flow_report(&result, report.summary.from ==
						     report.summary.to ?
					     "copied" : "migrated");
		if (options->json)
			migrate_report_json(&report, done ? &result : NULL);
	}
	migrate_report_release(&report);
	return code;
}

int cmd_migrate(const struct options *options)
{
	struct cxa_context *context = NULL;
	enum cxa_kind kind = CXA_KIND_STORE;
	int code = check_usage(options);

	if (code == EXIT_DONE && options->output != NULL)
		code = flow_find_kind(options, &kind);
	if (code == EXIT_DONE)
		code = session_open(&context, options);
	if (code == EXIT_DONE)
		code = migrate(context, options, kind);
	session_close(context);
	return code;
}
