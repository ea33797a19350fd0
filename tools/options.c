/* options.c - one table of options; a command line read by it */
#include "options.h"

#include <getopt.h>
#include <string.h>

/* Codes of options without a letter stand behind all letters. */
enum code {
	CODE_OUTPUT = 'o',
	CODE_QUIET = 'q',
	CODE_HELP = 'h',
	CODE_ZSTD_LEVEL = 0x100,
	CODE_NO_CHECK_ENCODE,
	CODE_VERIFY_LEVEL,
	CODE_FAIL_ON,
	CODE_NOW,
	CODE_EXPECT,
	CODE_MAX_ISSUES,
	CODE_INTO,
	CODE_SAFETY_BACKUP,
	CODE_NO_SAFETY_BACKUP,
	CODE_TO_VERSION,
	CODE_IN_PLACE,
	CODE_REPAIR,
	CODE_DRY_RUN,
	CODE_FROM,
	CODE_KEEP_UNVERIFIED,
	CODE_RULE,
	CODE_FIELDS,
	CODE_FULL,
	CODE_METADATA,
	CODE_MAX_RECORDS,
	CODE_FORMAT,
	CODE_COLLECTION,
	CODE_IDS,
	CODE_LENIENT,
	CODE_READ_BACK,
	CODE_JSON,
	CODE_THREADS,
	CODE_TEMP_DIR,
	CODE_LIMIT,
	CODE_WAIT,
	CODE_PROGRESS,
	CODE_SANDBOX,
	CODE_NO_SANDBOX
};

enum { WAIT_MAX = 24 * 60 * 60 }; /* seconds */

struct option_row {
	const char *name;
	enum code code;
	unsigned taken_by;    /* bits of enum option_bit; 0: every command */
	const char *argument; /* NULL: takes none */
	const char *help;     /* lines after the first are set below it */
};

static const struct option_row rows[] = {
	{ "output", CODE_OUTPUT, TAKES_OUTPUT, "OUT",
	  "where to write; - is standard output" },
	{ "into", CODE_INTO, TAKES_INTO, "STORE",
	  "replace what this store holds, in one transaction" },
	{ "to-version", CODE_TO_VERSION, TAKES_MIGRATE, "N",
	  "the data version wanted, 1 or 2" },
	{ "in-place", CODE_IN_PLACE, TAKES_MIGRATE, NULL,
	  "replace what the store INPUT holds, in one transaction" },
	{ "rule", CODE_RULE, TAKES_REPAIR, "RULE",
	  "repair only what breaks this one; may be repeated" },
	{ "safety-backup", CODE_SAFETY_BACKUP,
	  TAKES_INTO | TAKES_MIGRATE | TAKES_REPAIR, "FILE",
	  "where to keep what it held; else beside it, with the time" },
	{ "no-safety-backup", CODE_NO_SAFETY_BACKUP,
	  TAKES_INTO | TAKES_REPAIR, NULL,
	  "do not keep what it held" },
	{ "dry-run", CODE_DRY_RUN, TAKES_MIGRATE | TAKES_REPAIR, NULL,
	  "read and check all, tell what would change, write nothing" },
	{ "repair", CODE_REPAIR, TAKES_MIGRATE, NULL,
	  "put wrong hashes right and tell them, instead of stopping" },
	{ "from", CODE_FROM, TAKES_SALVAGE, "OTHER",
	  "an archive, store or JSON that may hold what is lost; may be\n"
	  "                               repeated" },
	{ "keep-unverified", CODE_KEEP_UNVERIFIED, TAKES_SALVAGE, NULL,
	  "keep batches, too, that decode and that no digest proves" },
	{ "format", CODE_FORMAT, TAKES_FORMAT, "FORM",
	  "store, json, ndjson or archive, whatever OUT is called" },
	{ "collection", CODE_COLLECTION, TAKES_SELECTION, "NAME[,NAME]",
	  "only these collections; may be repeated" },
	{ "ids", CODE_IDS, TAKES_SELECTION, "A-B",
	  "only these ids, both included; also A, A- and -B" },
	{ "level", CODE_ZSTD_LEVEL, TAKES_COMPRESSION, "1-19",
	  "zstd level; 3 unless given" },
	{ "no-check-encode", CODE_NO_CHECK_ENCODE, TAKES_COMPRESSION, NULL,
	  "do not decompress and compare each frame that is written" },
	{ "verify", CODE_READ_BACK, TAKES_READ_BACK, NULL,
	  "read all of OUT back afterwards and check it" },
	{ "level", CODE_VERIFY_LEVEL, TAKES_VERIFY_LEVEL, "LEVEL",
	  "structure, bytes, records or graph (the default)" },
	{ "fail-on", CODE_FAIL_ON, TAKES_VERIFY_LEVEL | TAKES_REPAIR,
	  "SEVERITY",
	  "exit code 1 from Low, Medium (the default), High or Critical on" },
	{ "now", CODE_NOW, TAKES_VERIFY_LEVEL | TAKES_REPAIR, "MS",
	  "when a cached query has expired; else the time of the backup" },
	{ "expect", CODE_EXPECT, TAKES_EXPECT, "HEX",
	  "the root hash that the archive must have, 64 digits" },
	{ "max-issues", CODE_MAX_ISSUES, TAKES_MAX_ISSUES, "N",
	  "list the first N; the counts are of all" },
	{ "fields", CODE_FIELDS, TAKES_DIFF, NULL,
	  "tell which fields of a changed record differ, and how" },
	{ "full", CODE_FULL, TAKES_DIFF, NULL,
	  "read all, also batches of two archives with equal digests" },
	{ "metadata", CODE_METADATA, TAKES_DIFF, NULL,
	  "the exit code speaks of the stores' metadata, too" },
	{ "max-records", CODE_MAX_RECORDS, TAKES_DIFF, "N",
	  "list the first N; 100 unless given, with --json all" },
	{ "lenient", CODE_LENIENT, TAKES_LENIENT, NULL,
	  "JSON: a known member that is missing becomes zero, with a note" },
	{ "json", CODE_JSON, TAKES_JSON, NULL,
	  "report as JSON on standard output" },
	{ "threads", CODE_THREADS, TAKES_READING, "N",
	  "workers; one a processor unless given" },
	{ "temp-dir", CODE_TEMP_DIR, TAKES_READING, "DIR",
	  "for temporary files; else $TMPDIR, else /var/tmp" },
	{ "limit", CODE_LIMIT, TAKES_READING, "NAME=VALUE",
	  "a bound on what the input may ask for; may be repeated;\n"
	  "                               the names: cortexarc help limits" },
	{ "wait", CODE_WAIT, TAKES_READING, "SECONDS",
	  "for a store that another program has locked; 10 unless given" },
	{ "sandbox", CODE_SANDBOX, TAKES_READING, NULL,
	  "fail where the system has no sandbox" },
	{ "no-sandbox", CODE_NO_SANDBOX, TAKES_READING, NULL,
	  "keep the rights that reading does not need" },
	{ "progress", CODE_PROGRESS, TAKES_READING, NULL,
	  "show the progress line even without a terminal" },
	{ "quiet", CODE_QUIET, TAKES_READING | TAKES_QUIET, NULL,
	  "no progress and no line of result" },
	{ "help", CODE_HELP, 0, NULL, "show this" },
};

#define ROW_COUNT (sizeof(rows) / sizeof(rows[0]))

static bool is_taken(const struct option_row *row,
		     const struct command *command)
{
	return row->taken_by == 0 || (row->taken_by & command->takes) != 0;
}

static bool has_letter(const struct option_row *row)
{
	return row->code < CODE_ZSTD_LEVEL;
}

void options_print(const struct command *command, FILE *file)
{
	char names[48];

	for (size_t i = 0; i < ROW_COUNT; i++) {
		const struct option_row *row = &rows[i];

		if (!is_taken(row, command))
			continue;
		snprintf(names, sizeof(names), "%c%c%c --%s%s%s",
			 has_letter(row) ? '-' : ' ',
			 has_letter(row) ? (int)row->code : ' ',
			 has_letter(row) ? ',' : ' ', row->name,
			 row->argument == NULL ? "" : " ",
			 row->argument == NULL ? "" : row->argument);
		fprintf(file, "  %-28s %s\n", names, row->help);
	}
}

/* What getopt_long() wants, made from the rows that @command takes. */
static void make_getopt(const struct command *command,
			struct option *longs, char *letters)
{
	size_t used = 0;

	/* '-': operands come in their place, whatever POSIXLY_CORRECT says. */
	*letters++ = '-';
	*letters++ = ':';
	for (size_t i = 0; i < ROW_COUNT; i++) {
		const struct option_row *row = &rows[i];

		if (!is_taken(row, command))
			continue;
		longs[used++] = (struct option){
			row->name,
			row->argument == NULL ? no_argument : required_argument,
			NULL, (int)row->code };
		if (!has_letter(row))
			continue;
		*letters++ = (char)row->code;
		if (row->argument != NULL)
			*letters++ = ':';
	}
	*letters = '\0';
	longs[used] = (struct option){ 0 };
}

static int set_number(struct options *options, enum code code,
		      const char *text)
{
	uint64_t value = 0;
	int result;

	switch (code) {
	case CODE_ZSTD_LEVEL:
		result = value_uint(options, "--level", text, 1, 19, &value);
		options->sink.zstd_level = (int)value;
		return result;
	case CODE_THREADS:
		result = value_uint(options, "--threads", text, 1, 1024,
				    &value);
		options->context.threads = (unsigned)value;
		return result;
	case CODE_WAIT: /* 0 ms would stand for the default */
		result = value_uint(options, "--wait", text, 0, WAIT_MAX,
				    &value);
		options->context.wait_ms =
			value == 0 ? 1 : (unsigned)value * 1000;
		return result;
	case CODE_NOW:
		result = value_uint(options, "--now", text, 0, UINT64_MAX - 1,
				    &value);
		options->now_ms = (double)value;
		options->has_now = true;
		return result;
	case CODE_TO_VERSION:
		result = value_uint(options, "--to-version", text, 1, 2,
				    &value);
		options->to_version = (uint32_t)value;
		return result;
	case CODE_MAX_RECORDS:
		return value_uint(options, "--max-records", text, 0,
				  UINT64_MAX - 1, &options->max_records);
	default:
		return value_uint(options, "--max-issues", text, 0,
				  UINT64_MAX - 1, &options->max_issues);
	}
}

static int add_rule(struct options *options, const char *text)
{
	if (options->rule_count == RULES_MAX)
		return ui_usage(options->command->name,
				"--rule was given more than %d times",
				RULES_MAX);
	options->rules[options->rule_count++] = text;
	return EXIT_DONE;
}

static int set_text(struct options *options, enum code code, const char *text)
{
	switch (code) {
	case CODE_OUTPUT:
		if (options->output != NULL)
			return ui_usage(options->command->name,
					"-o was given twice");
		if (text[0] == '\0')
			return ui_usage(options->command->name,
					"-o needs a name");
		options->output = text;
		return EXIT_DONE;
	case CODE_TEMP_DIR:
		options->context.temp_dir = text;
		return EXIT_DONE;
	case CODE_INTO:
		options->into = text;
		return EXIT_DONE;
	case CODE_FROM:
		if (options->from_count == FROM_MAX)
			return ui_usage(options->command->name,
					"--from is taken %d times at most",
					FROM_MAX);
		options->from[options->from_count++] = text;
		return EXIT_DONE;
	case CODE_SAFETY_BACKUP:
		options->safety_backup = text;
		return EXIT_DONE;
	case CODE_RULE:
		return add_rule(options, text);
	case CODE_FORMAT:
		return value_format(options, text);
	case CODE_COLLECTION:
		return value_collections(options, text);
	case CODE_IDS:
		return value_ids(options, text);
	case CODE_VERIFY_LEVEL:
		return value_verify_level(options, text);
	case CODE_FAIL_ON:
		return value_fail_on(options, text);
	case CODE_EXPECT:
		return value_expect(options, text);
	case CODE_LIMIT:
		return value_limit(options, text);
	default:
		return set_number(options, code, text);
	}
}

static void set_flag(struct options *options, enum code code)
{
	switch (code) {
	case CODE_NO_CHECK_ENCODE:
		options->sink.no_check_encode = true;
		break;
	case CODE_LENIENT:
		options->source.lenient = true;
		break;
	case CODE_NO_SAFETY_BACKUP:
		options->no_safety_backup = true;
		break;
	case CODE_IN_PLACE:
		options->in_place = true;
		break;
	case CODE_REPAIR:
		options->repair = true;
		break;
	case CODE_DRY_RUN:
		options->dry_run = true;
		break;
	case CODE_KEEP_UNVERIFIED:
		options->keep_unverified = true;
		break;
	case CODE_FIELDS:
		options->fields = true;
		break;
	case CODE_FULL:
		options->full = true;
		break;
	case CODE_METADATA:
		options->metadata = true;
		break;
	case CODE_READ_BACK:
		options->read_back = true;
		break;
	case CODE_JSON:
		options->json = true;
		break;
	case CODE_SANDBOX:
		options->sandbox = SANDBOX_REQUIRED;
		break;
	case CODE_NO_SANDBOX:
		options->sandbox = SANDBOX_OFF;
		break;
	case CODE_PROGRESS:
		options->progress = true;
		break;
	case CODE_QUIET:
		options->quiet = true;
		break;
	default:
		options->help = true;
		break;
	}
}

static int add_operand(struct options *options, const char *text)
{
	const struct command *command = options->command;

	if (options->operand_count == command->operands)
		return ui_usage(command->name, "%s: \"%s\" is one argument too "
				"many", command->name, text);
	if (text[0] == '\0')
		return ui_usage(command->name, "%s: an argument is empty",
				command->name);
	options->operands[options->operand_count++] = text;
	return EXIT_DONE;
}

static bool takes_code(const struct command *command, int code)
{
	for (size_t i = 0; i < ROW_COUNT; i++)
		if ((int)rows[i].code == code && is_taken(&rows[i], command))
			return true;
	return false;
}

/* @code is '?' or ':'; of an unknown letter @text may be the one before it */
static int refuse_option(const struct options *options, int code, char **argv)
{
	const char *name = options->command->name;
	const char *text = argv[optind - 1];

	if (code == ':')
		return ui_usage(name, "%s: option %s needs a value", name,
				text);
	if (optopt != 0 && !takes_code(options->command, optopt))
		return ui_usage(name, "%s: unknown option -%c", name, optopt);
	if (optopt != 0)
		return ui_usage(name, "%s: option %s takes no value", name,
				text);
	return ui_usage(name, "%s: unknown option %s", name, text);
}

static int check_operands(const struct options *options)
{
	const struct command *command = options->command;

	if (options->operand_count < command->operands ||
	    ((command->takes & TAKES_OUTPUT) != 0 &&
	     (command->takes & TAKES_REPAIR) == 0 && options->output == NULL &&
	     options->into == NULL && !options->in_place &&
	     !options->dry_run))
		return ui_usage(command->name, "usage: cortexarc %s %s",
				command->name, command->synopsis);
	return EXIT_DONE;
}

int options_parse(struct options *options, const struct command *command,
		  int argc, char **argv)
{
	struct option longs[ROW_COUNT + 1];
	char letters[2 * ROW_COUNT + 3];
	int result = EXIT_DONE;
	int code;

	*options = (struct options){
		.command = command,
		.sink = CXA_SINK_OPTIONS_INIT,
		.source = CXA_SOURCE_OPTIONS_INIT,
		.selection = CXA_SELECTION_INIT,
		.context = CXA_CONTEXT_OPTIONS_INIT,
		.fail_on = CXA_MEDIUM,
		.max_issues = UINT64_MAX,
		.max_records = UINT64_MAX,
	};
	make_getopt(command, longs, letters);
	opterr = 0;
	optind = 0; /* begin anew: main has looked at argv already */
	while (result == EXIT_DONE && !options->help) {
		code = getopt_long(argc, argv, letters, longs, NULL);
		if (code == -1)
			break;
		if (code == '?' || code == ':')
			result = refuse_option(options, code, argv);
		else if (optarg == NULL)
			set_flag(options, (enum code)code);
		else if (code == 1)
			result = add_operand(options, optarg);
		else
			result = set_text(options, (enum code)code, optarg);
	}
	while (result == EXIT_DONE && !options->help && optind < argc)
		result = add_operand(options, argv[optind++]);
	if (result == EXIT_DONE && !options->help)
		result = check_operands(options);
	return result;
}

bool options_is_part(const struct options *options)
{
	return options->selection.collections != 0 ||
	       options->selection.has_range;
}
