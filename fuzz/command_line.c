/* command_line.c - fuzz: arguments, as the tool takes them apart */
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>

#include "support.h"

/* The tool itself, but for what its commands do. */
int tool_main(int argc, char **argv);
#define main tool_main
#include "tools/cortexarc.c"
#undef main

/*
 * Arguments end with a NUL byte. Oracles: wrong usage is told once, and nothing
 * else is done; else one command runs, or help is shown. What a command is
 * given lies within its bounds, its texts are arguments, and written as
 * arguments it is understood the same way again.
 */

enum { ARGUMENTS_MAX = 256 };

static struct options given; /* to the command that ran */
static int ran;
static int complaints;

static int run_command(const struct options *options)
{
	given = *options;
	ran++;
	return EXIT_DONE;
}

#define COMMAND(name) \
	int name(const struct options *options) \
	{ \
		return run_command(options); \
	}
COMMAND(cmd_pack)
COMMAND(cmd_salvage)
COMMAND(cmd_unpack)
COMMAND(cmd_init)
COMMAND(cmd_verify)
COMMAND(cmd_info)
COMMAND(cmd_list)
COMMAND(cmd_cat)
COMMAND(cmd_get)
COMMAND(cmd_diff)
COMMAND(cmd_migrate)
COMMAND(cmd_repair)

static int complain(const char *format, va_list args)
{
	complaints++;
	return vsnprintf(NULL, 0, format, args);
}

int ui_usage(const char *command, const char *format, ...)
{
	va_list args;

	MUST(command == NULL || find_command(command) != NULL);
	va_start(args, format);
	MUST(complain(format, args) > 0);
	va_end(args);
	return EXIT_USAGE;
}

int ui_refuse(int exit_code, const char *subject, const char *format, ...)
{
	(void)subject;
	(void)format;
	return exit_code;
}

void ui_begin(bool quiet, bool progress)
{
	(void)quiet;
	(void)progress;
}

int sandbox_enter(const struct options *options)
{
	(void)options;
	return EXIT_DONE;
}

const char *sandbox_parts(void)
{
	return "none";
}

bool session_interrupted(void)
{
	return false;
}

/* --- what was understood, as arguments ---------------------------------------- */

/* Arguments, each with its NUL. */
__attribute__((format(printf, 2, 3)))
static void add(struct cxa_buffer *out, const char *format, ...)
{
	va_list args;
	char *text = NULL;
	int size;

	va_start(args, format);
	size = vasprintf(&text, format, args);
	va_end(args);
	MUST(size >= 0);
	cxa_buffer_append(out, text, (size_t)size + 1);
	free(text);
}

static void add_text(struct cxa_buffer *out, const char *name, const char *text)
{
	if (text != NULL)
		add(out, "--%s=%s", name, text);
}

static void add_flag(struct cxa_buffer *out, const char *name, bool is_set)
{
	if (is_set)
		add(out, "--%s", name);
}

static void add_number(struct cxa_buffer *out, const char *name, uint64_t value,
		       uint64_t none)
{
	if (value != none)
		add(out, "--%s=%" PRIu64, name, value);
}

static void add_selection(struct cxa_buffer *out,
			  const struct cxa_selection *selection)
{
	for (int i = 0; i < CXA_COLLECTION_COUNT; i++)
		if ((selection->collections >> i & 1) != 0)
			add_text(out, "collection", cxa_collection_name(
						(enum cxa_collection)i));
	if (selection->has_range)
		add(out, "--ids=%" PRIu64 "-%" PRIu64, selection->first_id,
		    selection->last_id);
}

static void add_context(struct cxa_buffer *out,
			const struct cxa_context_options *context)
{
	const char *limits = (const char *)&context->limits;
	const struct cxa_limit *limit;
	uint64_t value;

	for (size_t i = 0; (limit = cxa_limit_at(i)) != NULL; i++) {
		memcpy(&value, limits + limit->offset, sizeof(value));
		if (value != 0)
			add(out, "--limit=%s=%" PRIu64, limit->name, value);
	}
	add_number(out, "threads", context->threads, 0);
	add_text(out, "temp-dir", context->temp_dir);
	if (context->wait_ms != 0)
		add(out, "--wait=%u", context->wait_ms / 1000);
}

static void add_verification(struct cxa_buffer *out,
			     const struct options *options)
{
	if (options->level != 0)
		add_text(out, "level", cxa_level_name(options->level));
	if (options->fail_on != CXA_MEDIUM)
		add_text(out, "fail-on", cxa_severity_name(options->fail_on));
	if (options->has_now) /* the largest of all is no number of a double */
		add(out, "--now=%" PRIu64, options->now_ms < 0x1p64 ?
			    (uint64_t)options->now_ms : UINT64_MAX - 1);
	if (!options->has_expect)
		return;
	cxa_buffer_text(out, "--expect=");
	for (int i = 0; i < 32; i++)
		cxa_buffer_format(out, "%02x", options->expect[i]);
	cxa_buffer_byte(out, 0);
}

static void add_flags(struct cxa_buffer *out, const struct options *options)
{
	add_flag(out, "no-safety-backup", options->no_safety_backup);
	add_flag(out, "in-place", options->in_place);
	add_flag(out, "repair", options->repair);
	add_flag(out, "dry-run", options->dry_run);
	add_flag(out, "keep-unverified", options->keep_unverified);
	add_flag(out, "sandbox", options->sandbox == SANDBOX_REQUIRED);
	add_flag(out, "no-sandbox", options->sandbox == SANDBOX_OFF);
	add_flag(out, "no-check-encode", options->sink.no_check_encode);
	add_flag(out, "lenient", options->source.lenient);
	add_flag(out, "fields", options->fields);
	add_flag(out, "full", options->full);
	add_flag(out, "metadata", options->metadata);
	add_flag(out, "verify", options->read_back);
	add_flag(out, "json", options->json);
	add_flag(out, "quiet", options->quiet);
	add_flag(out, "progress", options->progress);
}

static void write_arguments(struct cxa_buffer *out,
			    const struct options *options)
{
	static const char *const formats[] = {
		[CXA_KIND_JSON] = "json", [CXA_KIND_NDJSON] = "ndjson",
		[CXA_KIND_ARCHIVE] = "archive", [CXA_KIND_STORE] = "store"
	};

	cxa_buffer_reset(out);
	add(out, "%s", options->command->name);
	add_text(out, "output", options->output);
	add_text(out, "into", options->into);
	add_text(out, "safety-backup", options->safety_backup);
	add_number(out, "to-version", options->to_version, 0);
	for (size_t i = 0; i < options->rule_count; i++)
		add_text(out, "rule", options->rules[i]);
	for (size_t i = 0; i < options->from_count; i++)
		add_text(out, "from", options->from[i]);
	add_text(out, "format", formats[options->format]);
	add_number(out, "level", (uint64_t)options->sink.zstd_level, 0);
	add_number(out, "max-issues", options->max_issues, UINT64_MAX);
	add_number(out, "max-records", options->max_records, UINT64_MAX);
	add_selection(out, &options->selection);
	add_context(out, &options->context);
	add_verification(out, options);
	add_flags(out, options);
	add(out, "--");
	for (int i = 0; i < options->operand_count; i++)
		add(out, "%s", options->operands[i]);
	MUST(!out->failed);
}

/* --- a line ------------------------------------------------------------------- */

/* Return: the exit code; @text: arguments, each with its NUL */
static int run_line(struct cxa_buffer *text)
{
	static char name[] = "cortexarc";
	static FILE *nowhere;
	char *argv[ARGUMENTS_MAX + 2] = { name };
	char *end = (char *)text->data + text->size;
	FILE *usual = stdout;
	int argc = 1;
	int code;

	for (char *at = (char *)text->data; at < end && argc <= ARGUMENTS_MAX;
	     at += strlen(at) + 1)
		argv[argc++] = at;
	if (nowhere == NULL)
		nowhere = fopen("/dev/null", "w");
	MUST(nowhere != NULL);
	ran = complaints = 0;
	stdout = nowhere;
	code = run(argc, argv);
	stdout = usual;
	MUST(code == EXIT_DONE || code == EXIT_USAGE);
	MUST(complaints == (code == EXIT_USAGE));
	MUST(ran == 0 || (ran == 1 && code == EXIT_DONE));
	return code;
}

static bool is_within(const struct cxa_buffer *text, const char *pointer)
{
	return pointer >= (const char *)text->data &&
	       pointer < (const char *)text->data + text->size;
}

static void look_at_given(const struct cxa_buffer *text)
{
	MUST(given.operand_count == given.command->operands);
	for (int i = 0; i < given.operand_count; i++)
		MUST(is_within(text, given.operands[i]) &&
		     given.operands[i][0] != '\0');
	MUST(given.output == NULL || is_within(text, given.output));
	MUST(given.sink.zstd_level >= 0 && given.sink.zstd_level <= 19);
	MUST(given.context.threads <= 1024);
	MUST(given.to_version <= 2);
	MUST(given.selection.collections >> CXA_COLLECTION_COUNT == 0);
	MUST(!given.selection.has_range ||
	     given.selection.first_id <= given.selection.last_id);
	MUST(given.rule_count <= RULES_MAX && given.from_count <= FROM_MAX);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cxa_buffer text = { 0 };
	struct cxa_buffer line = { 0 };
	struct cxa_buffer again = { 0 };

	cxa_buffer_append(&text, data, size);
	if (size != 0 && data[size - 1] != '\0')
		cxa_buffer_byte(&text, 0);
	run_line(&text);
	if (ran != 0) {
		look_at_given(&text);
		write_arguments(&line, &given);
		MUST(run_line(&line) == EXIT_DONE && ran == 1);
		write_arguments(&again, &given);
		MUST(fuzz_same(&line, &again));
	}
	cxa_buffer_release(&text);
	cxa_buffer_release(&line);
	cxa_buffer_release(&again);
	return 0;
}
