/* diff_report_text.c - what differs between two stores, for a person */
#include <inttypes.h>
#include <string.h>

#include "diff_report.h"

enum {
	SHOWN_BYTES = 60,   /* of a value */
	CONTEXT_BYTES = 16, /* of what two long strings begin with in common */
	SHOWN_FIELDS = 100  /* of a record */
};

bool diff_is_same(const struct options *options,
		  const struct cxa_diff_summary *summary)
{
	return summary->differences == 0 &&
	       (!options->metadata || summary->metadata_changes == 0);
}

static void put_coloured(FILE *file, const char *code, const char *text)
{
	if (ui_colour(stdout))
		fprintf(file, "%s%s\033[0m", code, text);
	else
		fputs(text, file);
}

/* --- one field ------------------------------------------------------------ */

/* The start of the character at @at. */
static size_t character(const char *text, size_t at)
{
	while (at != 0 && ((unsigned char)text[at] & 0xc0) == 0x80)
		at--;
	return at;
}

/* From where two strings are worth showing: both long, and alike before it. */
static size_t find_start(const char *a, const char *b)
{
	size_t common = 0;

	if (a == NULL || b == NULL || a[0] != '"' || b[0] != '"' ||
	    (strlen(a) <= SHOWN_BYTES && strlen(b) <= SHOWN_BYTES))
		return 0;
	while (a[common] == b[common] && a[common] != '\0')
		common++;
	if (common <= 2 * CONTEXT_BYTES)
		return 0;
	return character(a, common - CONTEXT_BYTES);
}

static void put_value(FILE *file, const char *value, size_t start)
{
	size_t size = strlen(value + start);
	size_t shown = size;

	if (size > SHOWN_BYTES)
		shown = character(value + start, SHOWN_BYTES);
	if (start != 0)
		fputs("...", file);
	ui_text(file, value + start, shown);
	if (shown != size)
		fputs("...", file);
}

static void put_vector(FILE *file, const struct cxa_field_change *change)
{
	if (change->before_floats != change->after_floats)
		fprintf(file, "%" PRIu64 " -> %" PRIu64 " floats, %" PRIu64
			" differ", change->before_floats, change->after_floats,
			change->differing);
	else
		fprintf(file, "%" PRIu64 " of %" PRIu64 " floats differ",
			change->differing, change->before_floats);
	if (change->largest > 0)
		fprintf(file, ", by %.6g at most", change->largest);
}

void diff_text_change(FILE *file, const struct cxa_field_change *change)
{
	size_t start = find_start(change->before, change->after);

	ui_text(file, change->path, strlen(change->path));
	fputc(' ', file);
	if (change->is_vector) {
		put_vector(file, change);
	} else if (change->before == NULL) {
		fputs("added ", file);
		put_value(file, change->after, 0);
	} else if (change->after == NULL) {
		fputs("removed ", file);
		put_value(file, change->before, 0);
	} else {
		put_value(file, change->before, start);
		fputs(" -> ", file);
		put_value(file, change->after, start);
	}
	fputc('\n', file);
}

void diff_text_metadata(void *user, const struct cxa_field_change *change)
{
	struct diff_report *report = user;

	put_coloured(report->metadata, "\033[33m", "~");
	fputc(' ', report->metadata);
	diff_text_change(report->metadata, change);
}

/* --- one record ----------------------------------------------------------- */

void diff_text_mark(FILE *file, enum cxa_difference_kind kind)
{
	static const struct {
		const char *mark;
		const char *colour;
	} kinds[] = {
		[CXA_ADDED] = { "+", "\033[32m" },
		[CXA_REMOVED] = { "-", "\033[31m" },
		[CXA_CHANGED] = { "~", "\033[33m" },
	};

	put_coloured(file, kinds[kind].colour, kinds[kind].mark);
}

static void put_record(FILE *file, const struct cxa_difference *difference)
{
	diff_text_mark(file, difference->kind);
	fprintf(file, " %s %" PRIu64, difference->record_name, difference->id);
}

int diff_text_record(void *user, const struct cxa_difference *difference)
{
	struct diff_report *report = user;
	FILE *file = report->records;
	size_t count = difference->field_count;
	char number[UI_NUMBER_BYTES];

	report->listed++;
	if (count == 0) {
		put_record(file, difference);
		fputc('\n', file);
	}
	for (size_t i = 0; i < count && i < SHOWN_FIELDS; i++) {
		put_record(file, difference);
		fputs(": ", file);
		diff_text_change(file, &difference->fields[i]);
	}
	if (count > SHOWN_FIELDS) {
		put_record(file, difference);
		fprintf(file, ": %s more fields\n",
			ui_count(number, count - SHOWN_FIELDS));
	}
	return 0;
}

/* --- the report ----------------------------------------------------------- */

static void print_end(const char *label, const struct diff_end *end)
{
	const char *name = ui_input_name(end->name);
	char root[65];

	printf("%-13s ", label);
	ui_text(stdout, name, strlen(name));
	if (end->root != NULL)
		printf(", root %s", ui_root(root, end->root));
	putchar('\n');
}

static void print_row(const char *name, const struct cxa_diff_counts *counts)
{
	char added[UI_NUMBER_BYTES];
	char removed[UI_NUMBER_BYTES];
	char changed[UI_NUMBER_BYTES];
	char same[UI_NUMBER_BYTES];

	printf("%-13s %12s %12s %12s %14s\n", name,
	       ui_count(added, counts->added),
	       ui_count(removed, counts->removed),
	       ui_count(changed, counts->changed),
	       ui_count(same, counts->same));
}

static void print_table(const struct cxa_diff_summary *summary)
{
	struct cxa_diff_counts sum = { 0 };

	printf("\n%-13s %12s %12s %12s %14s\n", "collection", "added",
	       "removed", "changed", "same");
	for (int i = 0; i < CXA_COLLECTION_COUNT; i++) {
		const struct cxa_diff_counts *counts = &summary->counts[i];

		print_row(cxa_collection_name((enum cxa_collection)i), counts);
		sum.added += counts->added;
		sum.removed += counts->removed;
		sum.changed += counts->changed;
		sum.same += counts->same;
	}
	print_row("in all", &sum);
}

/* What the exit code does not speak of, or not without having read it. */
static void print_notes(struct diff_report *report,
			const struct cxa_diff_summary *summary)
{
	char number[UI_NUMBER_BYTES];

	if (summary->skipped_records != 0)
		printf("\n%s of these are in batches that have the same digest "
		       "in both;\nthey were not read (--full reads them)\n",
		       ui_count(number, summary->skipped_records));
	if (summary->metadata_changes == 0)
		return;
	printf("\nmetadata%s\n", report->options->metadata ? "" :
	       ", which does not count without --metadata");
	ui_copy(stdout, report->metadata);
}

void diff_text_print(struct diff_report *report, const struct diff_end ends[2],
		     const struct cxa_diff_summary *summary)
{
	uint64_t rest = summary->differences - report->listed;
	char number[UI_NUMBER_BYTES];

	print_end("before", &ends[0]);
	print_end("after", &ends[1]);
	print_table(summary);
	print_notes(report, summary);
	putchar('\n');
	ui_copy(stdout, report->records);
	if (rest != 0)
		printf("%s%s differences are not listed (--max-records)\n",
		       ui_count(number, rest),
		       report->listed == 0 ? "" : " more");
	if (summary->differences == 0) {
		put_coloured(stdout, "\033[32m", "no record differs");
		putchar('\n');
	}
}
