/* verify_report.c - what verify found, for a person */
#include "verify_report.h"

#include <inttypes.h>
#include <string.h>

#include "flow.h"

struct proof {
	const char *checked;
	const char *not_checked;
};

static const struct proof proofs[] = {
	[CXA_LEVEL_STRUCTURE] = {
		"headers, index, B2SUMS, trailer and padding have their one "
		"form and agree",
		"whether the stored bytes are those written (--level bytes)" },
	[CXA_LEVEL_BYTES] = {
		"the structure, and every stored byte against its digest",
		"whether the records decode (--level records)" },
	[CXA_LEVEL_RECORDS] = {
		"the structure, every digest, every frame and record, the "
		"order of ids",
		"whether references between records hold" },
};

static const struct proof proof_of_text = {
	"every record was read; this is no archive, so there are no digests",
	"whether anything was changed, or is missing",
};

static const char *const colours[CXA_SEVERITY_COUNT] = {
	[CXA_LOW] = "\033[2m", [CXA_MEDIUM] = "\033[33m",
	[CXA_HIGH] = "\033[31m", [CXA_CRITICAL] = "\033[1;31m" };

static void print_coloured(const char *colour, const char *text)
{
	if (ui_colour(stdout))
		printf("%s%s\033[0m", colour, text);
	else
		fputs(text, stdout);
}

static void print_string(const char *text)
{
	ui_text(stdout, text, strlen(text));
}

static void print_summary(const struct cxa_report *report,
			  const struct options *options)
{
	const struct proof *proof = report->is_archive ?
				    &proofs[report->level] : &proof_of_text;
	char root[65];
	char number[UI_NUMBER_BYTES];
	char records[300];

	printf("root hash    %s%s\n",
	       report->has_root ? ui_root(root, report->root) : "none",
	       options->has_expect && report->has_root &&
	       memcmp(report->root, options->expect, 32) == 0 ?
	       ", as expected" : "");
	fputs("file         ", stdout);
	print_string(ui_input_name(options->operands[0]));
	printf(", %s bytes", ui_count(number, report->bytes));
	if (report->is_archive)
		printf(", %s members", ui_count(number, report->members));
	flow_records(records, sizeof(records), report->records);
	printf("\nrecords      %s\n", records);
	printf("level        %s\n", cxa_level_name(report->level));
	printf("checked      %s\n", proof->checked);
	printf("not checked  %s\n", proof->not_checked);
	if (!options->has_expect && report->is_archive)
		puts("             whether it is the archive you think it is "
		     "(--expect HEX)");
	printf("checks       %s made", ui_count(number, report->checks));
	printf(", %s failed", ui_count(number, report->failed));
	printf(", %s\n", ui_time(number, report->duration_ms / 1000));
}

static void print_lost(const struct cxa_issue *issue)
{
	char number[UI_NUMBER_BYTES];

	printf("    lost: %s%s%s, ids %" PRIu64 " to %" PRIu64 "\n",
	       issue->lost_records == 0 ?
		       "" : ui_count(number, issue->lost_records),
	       issue->lost_records == 0 ? "" : " ",
	       cxa_collection_name(issue->lost_collection), issue->lost_first,
	       issue->lost_last);
}

static void print_issue(const struct cxa_issue *issue)
{
	printf("  %s: ", issue->rule);
	if (issue->member[0] != '\0') {
		print_string(issue->member);
		fputs(": ", stdout);
	} else if (issue->has_id) {
		printf("%s %" PRIu64 ": ", issue->entity_type,
		       issue->entity_id);
	}
	print_string(issue->description);
	if (issue->offset != UINT64_MAX)
		printf(" (at byte %" PRIu64 ")", issue->offset);
	putchar('\n');
	if (issue->has_lost)
		print_lost(issue);
}

/* Those of one rule stand together, in the order of the file. */
static void print_severity(const struct cxa_report *report, size_t listed,
			   enum cxa_severity severity)
{
	const struct cxa_issue *issues = report->issues;
	char number[UI_NUMBER_BYTES];

	if (report->by_severity[severity] == 0)
		return;
	putchar('\n');
	print_coloured(colours[severity], cxa_severity_name(severity));
	printf(": %s\n", ui_count(number, report->by_severity[severity]));
	for (size_t i = 0; i < report->rule_count; i++)
		for (size_t j = 0; j < listed; j++)
			if (issues[j].severity == severity &&
			    issues[j].rule == report->by_rule[i].rule)
				print_issue(&issues[j]);
}

/* --- what to do now ------------------------------------------------------- */

/* So that a shell reads one word, whatever the name is. */
static void print_quoted(const char *word)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyz"
				    "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
				    "_-+=./,:@%";
	size_t size;

	if (word[0] == '-')
		fputs("./", stdout);
	if (word[strspn(word, plain)] == '\0') {
		fputs(word, stdout);
		return;
	}
	putchar('\'');
	for (;;) {
		size = strcspn(word, "'");
		ui_text(stdout, word, size);
		if (word[size] == '\0')
			break;
		fputs("'\\''", stdout);
		word += size + 1;
	}
	putchar('\'');
}

/* Are all issues of @rule (NULL: of batches, whose ids are known)? */
static bool all_are(const struct cxa_report *report, const char *rule)
{
	if (report->issue_count != report->failed)
		return false;
	for (size_t i = 0; i < report->issue_count; i++) {
		const struct cxa_issue *issue = &report->issues[i];

		if (rule == NULL ? !issue->has_lost :
				   strcmp(issue->rule, rule) != 0)
			return false;
	}
	return true;
}

/* Collections of which nothing is lost, as --collection takes them. */
static bool list_sound(const struct cxa_report *report, char *out, size_t size)
{
	size_t used = 0;

	for (int i = 0; i < CXA_COLLECTION_COUNT; i++) {
		bool sound = report->records[i] != 0;

		for (size_t j = 0; j < report->issue_count; j++)
			sound = sound &&
				(int)report->issues[j].lost_collection != i;
		if (!sound)
			continue;
		used += (size_t)snprintf(out + used, size - used, "%s%s",
					 used == 0 ? "" : ",",
					 cxa_collection_name(
						 (enum cxa_collection)i));
	}
	return used != 0;
}

static void print_next(const struct cxa_report *report,
		       const struct options *options)
{
	const char *input = options->operands[0];
	char sound[120];

	if (strcmp(input, "-") == 0 || !report->is_archive)
		return;
	if (report->failed == 0 && report->level < CXA_LEVEL_RECORDS) {
		fputs("next: cortexarc verify --level records ", stdout);
		print_quoted(input);
	} else if (report->failed == 0 || all_are(report, "limit")) {
		return;
	} else if (all_are(report, "re-blocked")) {
		fputs("next: cortexarc pack ", stdout);
		print_quoted(input);
		fputs(" -o canonical.cxa", stdout);
	} else if (all_are(report, NULL) &&
		   list_sound(report, sound, sizeof(sound))) {
		printf("what still restores: %s\n"
		       "next: cortexarc unpack ", sound);
		print_quoted(input);
		printf(" -o sound.cxa --collection %s", sound);
	} else {
		fputs("next: get this archive again from where it came, or use "
		      "another copy", stdout);
	}
	putchar('\n');
}

void verify_report_text(const struct cxa_report *report,
			const struct options *options)
{
	char number[UI_NUMBER_BYTES];
	size_t listed = report->issue_count;

	if (listed > options->max_issues)
		listed = (size_t)options->max_issues;
	print_summary(report, options);
	for (int i = CXA_SEVERITY_COUNT - 1; i >= 0; i--)
		print_severity(report, listed, (enum cxa_severity)i);
	if (report->failed > listed)
		printf("\n%s more issues are not listed\n",
		       ui_count(number, report->failed - listed));
	putchar('\n');
	if (report->failed == 0) {
		print_coloured("\033[32m", "no issues");
		putchar('\n');
	}
	print_next(report, options);
}
