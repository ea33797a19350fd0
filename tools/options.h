/* options.h - what the commands are, and what a command line asks of one */
#ifndef CXA_TOOLS_OPTIONS_H
#define CXA_TOOLS_OPTIONS_H

#include <cortexarc/cortexarc.h>

#include "ui.h"

enum { OPERANDS_MAX = 3, FROM_MAX = 64, RULES_MAX = 32 };

/* Which options a command takes: a bit each, struct command's @takes. */
enum option_bit {
	TAKES_OUTPUT = 1 << 0,
	TAKES_COMPRESSION = 1 << 1, /* --level 1 to 19, --no-check-encode */
	TAKES_VERIFY_LEVEL = 1 << 2,
	TAKES_EXPECT = 1 << 3,
	TAKES_MAX_ISSUES = 1 << 4,
	TAKES_FORMAT = 1 << 5,
	TAKES_SELECTION = 1 << 6,   /* --collection, --ids */
	TAKES_LENIENT = 1 << 7,
	TAKES_READ_BACK = 1 << 8,   /* --verify */
	TAKES_JSON = 1 << 9,
	TAKES_READING = 1 << 10,    /* --threads, --limit, --progress ... */
	TAKES_DIFF = 1 << 11,       /* --fields, --full, --metadata ... */
	TAKES_INTO = 1 << 13,       /* --into, --safety-backup ... */
	TAKES_QUIET = 1 << 12,      /* --quiet, where there is nothing to read */
	TAKES_MIGRATE = 1 << 14,    /* --to-version, --in-place ... */
	TAKES_SALVAGE = 1 << 15,    /* --from, --keep-unverified */
	TAKES_REPAIR = 1 << 16      /* --rule, --fail-on, --now ... */
};

/** enum sandbox_wish - what of sandbox.h is wanted */
enum sandbox_wish { SANDBOX_WHERE_KNOWN, SANDBOX_REQUIRED, SANDBOX_OFF };

struct options;

/**
 * struct command - a subcommand: a row of the table in cortexarc.c
 * @run: Return: the exit code
 * @synopsis: of its arguments
 * @operands: it takes exactly so many
 * @takes: of enum option_bit
 * @details: paragraphs for `cortexarc help NAME`
 */
struct command {
	const char *name;
	int (*run)(const struct options *options);
	const char *synopsis;
	const char *summary;
	int operands;
	unsigned takes;
	const char *details;
};

/** struct options - a command line, checked; strings are argv's */
struct options {
	const struct command *command;
	const char *operands[OPERANDS_MAX];
	int operand_count;
	const char *output;
	const char *into;          /* a store that exists, instead of @output */
	const char *safety_backup; /* NULL: under a name made for it */
	bool no_safety_backup;
	uint32_t to_version;       /* 0: not given */
	bool in_place;             /* what the input, a store, holds is replaced */
	bool repair;
	const char *rules[RULES_MAX];
	size_t rule_count;
	bool dry_run;              /* no output is needed */
	const char *from[FROM_MAX];
	size_t from_count;
	bool keep_unverified;
	enum sandbox_wish sandbox;
	enum cxa_kind format; /* CXA_KIND_AUTO: by @output's name */
	struct cxa_sink_options sink;
	struct cxa_source_options source;
	struct cxa_selection selection;
	struct cxa_context_options context;
	enum cxa_level level; /* 0: the default */
	enum cxa_severity fail_on;
	bool has_now;
	double now_ms;
	bool has_expect;
	uint8_t expect[32];
	uint64_t max_issues;  /* UINT64_MAX: as many as is sensible */
	uint64_t max_records; /* UINT64_MAX: as many as is sensible */
	bool fields;
	bool full;
	bool metadata;
	bool read_back;
	bool json;
	bool quiet;
	bool progress;
	bool help;            /* --help was there; nothing else counts */
};

/**
 * options_parse() - @argv[0] is the command's name
 *
 * Return: EXIT_DONE, or EXIT_USAGE after one line on standard error.
 */
int options_parse(struct options *options, const struct command *command,
		  int argc, char **argv);

/** options_print() - a line or two for each option that @command takes */
void options_print(const struct command *command, FILE *file);

/** options_is_part() - are not all records selected? */
bool options_is_part(const struct options *options);

/* --- values.c: text to value; 0, or EXIT_USAGE after a line ---------------- */

int value_uint(const struct options *options, const char *option,
	       const char *text, uint64_t least, uint64_t most, uint64_t *out);
int value_collections(struct options *options, const char *text);
int value_ids(struct options *options, const char *text);
int value_expect(struct options *options, const char *text);
int value_limit(struct options *options, const char *text);
uint64_t value_limit_default(const char *name);
int value_format(struct options *options, const char *text);
int value_verify_level(struct options *options, const char *text);
int value_fail_on(struct options *options, const char *text);

/* --- cmd_*.c ------------------------------------------------------------------ */

int cmd_pack(const struct options *options);
int cmd_salvage(const struct options *options);
int cmd_unpack(const struct options *options);
int cmd_unpack_into(struct cxa_context *context, const struct options *options);
int cmd_init(const struct options *options);
int cmd_verify(const struct options *options);
int cmd_info(const struct options *options);
int cmd_list(const struct options *options);
int cmd_cat(const struct options *options);
int cmd_get(const struct options *options);
int cmd_diff(const struct options *options);
int cmd_migrate(const struct options *options);
int cmd_repair(const struct options *options);

#endif
