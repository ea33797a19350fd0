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
		"whether the graph is as it should be (--level graph)" },
	[CXA_LEVEL_GRAPH] = {
		"the structure, every digest, every frame and record, the "
		"integrity rules",
		"whether the values are the right ones" },
	[CXA_LEVEL_RESTORABLE] = {
		"the structure, every digest, every frame and record, the "
		"integrity rules; a store made of it holds the same",
		"whether the values are the right ones" },
};

/* Of what is no archive. */
static const struct proof proof_of_text = {
	"every record was read; this is no archive, so there are no digests",
	"whether anything was changed, or is missing",
};

static const struct proof proof_of_graph = {
	"every record, the integrity rules; this is no archive, so there are "
	"no digests",
	"whether anything was changed, or is missing",
};

/* Listed of each rule, when nobody says how many. */
enum { LISTED_A_RULE = 10 };

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
				    &proofs[report->level] :
				    report->level < CXA_LEVEL_GRAPH ?
				    &proof_of_text : &proof_of_graph;
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
	if (report->members != 0) /* one packed again is not walked */
		printf(", %s members", ui_count(number, report->members));
	flow_records(records, sizeof(records), report->records);
	printf("\nrecords      %s\n", records);
	if (report->losses != 0)
		printf("salvaged     yes; losses: %s (cortexarc info)\n",
		       ui_count(number, report->losses));
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

/* What an issue is about: a member, a record, or the whole. */
static void print_issue(const struct cxa_issue *issue)
{
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

/* The issues of one rule: one in a line; more below a line that counts. */
static void print_rule(const struct cxa_report *report, size_t listed,
		       size_t most, const struct cxa_rule_count *rule)
{
	char number[UI_NUMBER_BYTES];
	uint64_t printed = 0;

	printf("  %s: ", rule->rule);
	if (rule->count > 1)
		printf("%s%s%s\n", ui_count(number, rule->count),
		       rule->repair == NULL ? "" : ", repair: ",
		       rule->repair == NULL ? "" : rule->repair);
	for (size_t i = 0; i < listed && printed < most; i++) {
		if (report->issues[i].rule != rule->rule)
			continue;
		if (rule->count > 1)
			fputs("    ", stdout);
		print_issue(&report->issues[i]);
		printed++;
	}
	if (printed == 0 && rule->count == 1)
		puts("1, not listed");
	else if (printed < rule->count)
		printf("    and %s more\n",
		       ui_count(number, rule->count - printed));
}

/* Those of one rule stand together, in the order of the file. */
static void print_severity(const struct cxa_report *report, size_t listed,
			   size_t most, enum cxa_severity severity)
{
	char number[UI_NUMBER_BYTES];

	if (report->by_severity[severity] == 0)
		return;
	putchar('\n');
	print_coloured(colours[severity], cxa_severity_name(severity));
	printf(": %s\n", ui_count(number, report->by_severity[severity]));
	for (size_t i = 0; i < report->rule_count; i++)
		if (report->by_rule[i].severity == severity)
			print_rule(report, listed, most, &report->by_rule[i]);
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

/* Is it the file that is at fault, not what its records say? */
static bool is_of_file(const struct cxa_issue *issue)
{
	return strcmp(issue->entity_type, "archive") == 0 ||
	       strcmp(issue->entity_type, "member") == 0;
}

static bool has_of_file(const struct cxa_report *report)
{
	for (size_t i = 0; i < report->issue_count; i++)
		if (is_of_file(&report->issues[i]))
			return true;
	return false;
}

/* Are all faults of the file of @rule (NULL: of batches, whose ids are known)? */
static bool all_are(const struct cxa_report *report, const char *rule)
{
	if (report->issue_count != report->failed)
		return false;
	for (size_t i = 0; i < report->issue_count; i++) {
		const struct cxa_issue *issue = &report->issues[i];

		if (!is_of_file(issue))
			continue;
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
				(!report->issues[j].has_lost ||
				 (int)report->issues[j].lost_collection != i);
		if (!sound)
			continue;
		used += (size_t)snprintf(out + used, size - used, "%s%s",
					 used == 0 ? "" : ",",
					 cxa_collection_name(
						 (enum cxa_collection)i));
	}
	return used != 0;
}

/* Is there what repair puts right without being asked for it by name? */
static bool has_repairable(const struct cxa_report *report)
{
	for (size_t i = 0; i < report->rule_count; i++) {
		const char *repair = report->by_rule[i].repair;

		if (repair != NULL && strcmp(repair, "salvage") != 0 &&
		    strcmp(report->by_rule[i].rule, "query-expired") != 0)
			return true;
	}
	return false;
}

static void print_next(const struct cxa_report *report,
		       const struct options *options)
{
	const char *input = options->operands[0];
	char sound[120];

	if (strcmp(input, "-") == 0)
		return;
	if (has_repairable(report) && !has_of_file(report)) {
		fputs("next: cortexarc repair ", stdout);
		print_quoted(input);
		fputs(" --dry-run\n", stdout);
		return;
	}
	if (!report->is_archive)
		return;
	if (report->failed == 0 && report->level < CXA_LEVEL_GRAPH) {
		fputs("next: cortexarc verify ", stdout);
		print_quoted(input);
	} else if (!has_of_file(report) || all_are(report, "limit")) {
		return;
	} else if (all_are(report, "re-blocked")) {
		fputs("next: cortexarc pack ", stdout);
		print_quoted(input);
		fputs(" -o canonical.cxa", stdout);
	} else {
		if (all_are(report, NULL) &&
		    list_sound(report, sound, sizeof(sound)))
			printf("what still restores: %s\n", sound);
		fputs("next: cortexarc salvage ", stdout);
		print_quoted(input);
		fputs(" -o salvaged.cxa", stdout);
	}
	putchar('\n');
}

/* How many lines are cut is said at each rule; here, in all. */
static void print_issues(const struct cxa_report *report,
			 const struct options *options)
{
	bool all = options->max_issues != UINT64_MAX;
	size_t listed = report->issue_count;
	char number[UI_NUMBER_BYTES];

	if (listed > options->max_issues)
		listed = (size_t)options->max_issues;
	for (int i = CXA_SEVERITY_COUNT - 1; i >= 0; i--)
		print_severity(report, listed, all ? listed : LISTED_A_RULE,
			       (enum cxa_severity)i);
	if (all && report->failed > listed)
		printf("\n%s more issues are not listed\n",
		       ui_count(number, report->failed - listed));
}

void verify_report_text(const struct cxa_report *report,
			const struct options *options)
{
	print_summary(report, options);
	print_issues(report, options);
	putchar('\n');
	if (report->failed == 0) {
		print_coloured("\033[32m", "no issues");
		putchar('\n');
	}
	print_next(report, options);
}
