/* cmd_diff.c - which records were added, removed or changed */
#include <errno.h>
#include <string.h>

#include "diff_report.h"
#include "session.h"

enum { LISTED_DEFAULT = 100 };

/* Has all that was held back arrived there, and come back? */
static int check_temporary(const struct diff_report *report)
{
	if (fflush(report->metadata) == 0 && fflush(report->records) == 0 &&
	    !ferror(report->metadata) && !ferror(report->records))
		return EXIT_DONE;
	return ui_refuse(EXIT_MACHINE, "a temporary file",
			 "cannot be written or read: %s", strerror(errno));
}

/* With --quiet one difference is answer enough. */
static int stop(void *user, const struct cxa_difference *difference)
{
	(void)user;
	(void)difference;
	return 1;
}

static struct cxa_diff_options make_options(struct diff_report *report)
{
	const struct options *options = report->options;
	struct cxa_diff_options wanted = CXA_DIFF_OPTIONS_INIT;

	wanted.selection = &options->selection;
	wanted.full = options->full;
	wanted.fields = options->fields;
	wanted.user = report;
	if (options->max_records != UINT64_MAX)
		wanted.max_records = options->max_records;
	else if (!options->json)
		wanted.max_records = LISTED_DEFAULT;
	if (options->json) {
		wanted.metadata = diff_json_metadata;
		wanted.difference = diff_json_record;
	} else if (options->quiet) {
		wanted.difference = stop;
		wanted.max_records = 1;
	} else {
		wanted.metadata = diff_text_metadata;
		wanted.difference = diff_text_record;
	}
	if (options->max_records == 0 && wanted.difference != stop)
		wanted.difference = NULL;
	return wanted;
}

static int print(struct diff_report *report, struct cxa_source *const both[2],
		 const struct cxa_diff_summary *summary)
{
	const struct options *options = report->options;
	const struct diff_end ends[2] = {
		{ options->operands[0], cxa_source_root(both[0]) },
		{ options->operands[1], cxa_source_root(both[1]) },
	};
	int code = check_temporary(report);

	if (code != EXIT_DONE)
		return code;
	if (options->json)
		diff_json_print(report, ends, summary);
	else if (!options->quiet)
		diff_text_print(report, ends, summary);
	return check_temporary(report);
}

static int compare(struct diff_report *report,
		   struct cxa_source *const both[2])
{
	const struct options *options = report->options;
	struct cxa_diff_options wanted = make_options(report);
	struct cxa_error error = CXA_ERROR_INIT;
	struct cxa_diff_summary summary;
	int status;
	int code;

	if (options->json)
		diff_json_begin(report);
	status = cxa_diff(both[0], both[1], &wanted, &summary, &error);
	ui_clear();
	if (status < 0)
		return ui_fail(&error,
			       summary.fault == 0 ? NULL :
				       options->operands[summary.fault - 1],
			       NULL);
	if (options->json)
		diff_json_end(report);
	code = print(report, both, &summary);
	return code == EXIT_DONE && !diff_is_same(options, &summary) ?
		       EXIT_NO : code;
}

static int open_both(struct cxa_source *both[2], struct cxa_context *context,
		     const struct options *options)
{
	struct cxa_error error = CXA_ERROR_INIT;

	for (int i = 0; i < 2; i++)
		if (cxa_source_open(&both[i], context, options->operands[i],
				    &options->source, &error) < 0) {
			ui_clear();
			return ui_fail(&error, options->operands[i], NULL);
		}
	return EXIT_DONE;
}

static int diff(struct cxa_context *context, const struct options *options)
{
	struct diff_report report = { .options = options };
	struct cxa_source *both[2] = { NULL, NULL };
	int code = open_both(both, context, options);

	if (code == EXIT_DONE) {
		report.metadata = session_temporary(options);
		report.records = session_temporary(options);
		code = EXIT_MACHINE;
	}
	if (report.metadata != NULL && report.records != NULL)
		code = compare(&report, both);
	if (report.metadata != NULL)
		fclose(report.metadata);
	if (report.records != NULL)
		fclose(report.records);
	cxa_source_close(both[0]);
	cxa_source_close(both[1]);
	return code;
}

int cmd_diff(const struct options *options)
{
	struct cxa_context *context = NULL;
	int code;

	if (strcmp(options->operands[0], "-") == 0 &&
	    strcmp(options->operands[1], "-") == 0)
		return ui_usage("diff", "standard input can be one of the two "
				"only");
	code = session_open(&context, options);
	if (code == EXIT_DONE)
		code = diff(context, options);
	session_close(context);
	return code;
}
