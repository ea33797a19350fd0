/* ui.h - what the tool says to a person: messages, progress, exit codes */
#ifndef CXA_TOOLS_UI_H
#define CXA_TOOLS_UI_H

#include <stdio.h>

#include <cortexarc/cortexarc.h>

#define UI_PRINTF(f, a) __attribute__((format(printf, f, a)))

enum exit_code {
	EXIT_DONE = 0,          /* or: all is well */
	EXIT_NO = 1,            /* the answer is no */
	EXIT_USAGE = 2,
	EXIT_INPUT = 3,         /* damaged or refused */
	EXIT_MACHINE = 4,       /* I/O, space, permission, memory */
	EXIT_LOSS = 5,          /* done, and not all could be saved */
	EXIT_INTERRUPTED = 130
};

/** ui_begin() - @progress: draw the line even where there is no terminal */
void ui_begin(bool quiet, bool progress);

/** ui_note() - a line worth telling; never hidden: it may speak of a loss */
void ui_note(const char *format, ...) UI_PRINTF(1, 2);

/** ui_result() - the one line after something was done; --quiet hides it */
void ui_result(const char *format, ...) UI_PRINTF(1, 2);

/**
 * ui_usage() - say what is wrong with the command line, and where to look
 * @command: of which help is to be had; NULL: of all
 *
 * Return: EXIT_USAGE
 */
int ui_usage(const char *command, const char *format, ...) UI_PRINTF(2, 3);

/**
 * ui_refuse() - one line, `cortexarc: SUBJECT: what is wrong`
 *
 * Return: @exit_code
 */
int ui_refuse(int exit_code, const char *subject, const char *format, ...)
	UI_PRINTF(3, 4);

/**
 * ui_fail() - one line for an error of the library, and one for its hint
 * @input, @output: what the command works on, as the user named it, or NULL;
 *                  the message is about the one that it names, else @input
 *
 * Return: the exit code
 */
int ui_fail(const struct cxa_error *error, const char *input,
	    const char *output);

/** ui_exit_code() - for an enum cxa_status */
int ui_exit_code(int status);

/** ui_notice(), ui_progress() - for struct cxa_context_options */
void ui_notice(void *user, const char *line);
void ui_progress(void *user, const struct cxa_progress *progress);

/** ui_clear() - take the progress line away, before anything else is said */
void ui_clear(void);

/** ui_input_name(), ui_output_name() - "-" is said in words */
const char *ui_input_name(const char *locator);
const char *ui_output_name(const char *locator);

/** ui_colour() - ANSI codes on @file? A terminal, and NO_COLOR not set */
bool ui_colour(FILE *file);

/* --- text ------------------------------------------------------------------ */

enum { UI_NUMBER_BYTES = 32 };

/**
 * ui_steers() - is it a control, C1 included, or a mark that turns the direction
 * of writing? All of them are below 2^16.
 */
bool ui_steers(uint32_t code);

/** ui_text() - UTF-8 of an unknown origin, nothing in it steers a terminal */
void ui_text(FILE *file, const void *text, size_t size);

/** ui_copy() - all that stands in @from, from its beginning */
void ui_copy(FILE *to, FILE *from);

/** ui_count() - as "117,659"; Return: @out */
const char *ui_count(char out[UI_NUMBER_BYTES], uint64_t count);

/** ui_size() - as "171.3 MB"; Return: @out */
const char *ui_size(char out[UI_NUMBER_BYTES], double bytes);

/** ui_time() - as "3.2 s" or "1:02:03"; Return: @out */
const char *ui_time(char out[UI_NUMBER_BYTES], double seconds);

/** ui_root() - 64 hex digits; Return: @out */
const char *ui_root(char out[65], const uint8_t root[32]);

/** ui_clock() - seconds of a clock that nobody sets */
double ui_clock(void);

#endif
