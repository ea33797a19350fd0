/* ui.c - messages, the progress line and exit codes */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "ui.h"

#define TOOL "cortexarc"

enum { WIDTH_MAX = 200, LINE_BYTES = 1200 };

static const double redraw_s = 0.1; /* at most ten times a second */
static const double settle_s = 0.5; /* a rate over less says nothing */

/* What the tool has on the terminal. One tool, one terminal, one thread. */
static struct {
	bool quiet;
	bool progress;
	bool drawn;
	double last;        /* when it was drawn */
	const char *phase;
	double phase_start;
	uint64_t phase_bytes; /* done before the phase's first report */
} ui;

void ui_begin(bool quiet, bool progress)
{
	const char *term = getenv("TERM");
	bool dumb = term != NULL && strcmp(term, "dumb") == 0;

	ui.quiet = quiet;
	ui.progress = !quiet &&
		      (progress || (isatty(STDERR_FILENO) == 1 && !dumb));
}

bool ui_colour(FILE *file)
{
	const char *no_color = getenv("NO_COLOR");
	const char *term = getenv("TERM");

	return (no_color == NULL || no_color[0] == '\0') && term != NULL &&
	       strcmp(term, "dumb") != 0 && isatty(fileno(file)) == 1;
}

const char *ui_input_name(const char *locator)
{
	return strcmp(locator, "-") == 0 ? "standard input" : locator;
}

const char *ui_output_name(const char *locator)
{
	return strcmp(locator, "-") == 0 ? "standard output" : locator;
}

/* --- the progress line ------------------------------------------------------- */

void ui_clear(void)
{
	if (!ui.drawn)
		return;
	fputs("\r\033[K", stderr);
	fflush(stderr);
	ui.drawn = false;
}

static size_t terminal_width(void)
{
	const char *columns = getenv("COLUMNS");
	struct winsize size;
	long width = 0;

	if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0)
		width = size.ws_col;
	else if (columns != NULL)
		width = strtol(columns, NULL, 10);
	if (width <= 0)
		width = 80;
	return (size_t)(width > WIDTH_MAX ? WIDTH_MAX : width);
}

static size_t add(char *line, size_t used, size_t size, const char *format, ...)
	UI_PRINTF(4, 5);

static size_t add(char *line, size_t used, size_t size, const char *format, ...)
{
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(line + used, size - used, format, args);
	va_end(args);
	if (n < 0)
		return used;
	return used + (size_t)n < size ? used + (size_t)n : size - 1;
}

/* "reading 45%, 1.2 of 2.6 GB, 160.2 MB/s, 0:12 left", cut to @size - 1 */
static void make_line(char *line, size_t size,
		      const struct cxa_progress *progress, double now)
{
	uint64_t done = progress->done_bytes;
	uint64_t total = progress->total_bytes;
	double elapsed = now - ui.phase_start;
	double rate = 0;
	char number[UI_NUMBER_BYTES];
	size_t used = add(line, 0, size, "%s", progress->phase);

	if (elapsed >= settle_s && done > ui.phase_bytes)
		rate = (double)(done - ui.phase_bytes) / elapsed;
	if (total >= done && total != 0)
		used = add(line, used, size, " %d%%",
			   (int)((double)done * 100 / (double)total));
	used = add(line, used, size, ", %s", ui_size(number, (double)done));
	if (total >= done && total != 0)
		used = add(line, used, size, " of %s",
			   ui_size(number, (double)total));
	if (rate > 0)
		used = add(line, used, size, ", %s/s", ui_size(number, rate));
	if (rate > 0 && total > done)
		add(line, used, size, ", %s left",
		    ui_time(number, (double)(total - done) / rate));
}

void ui_progress(void *user, const struct cxa_progress *progress)
{
	char line[WIDTH_MAX + 1];
	double now;

	(void)user;
	if (!ui.progress)
		return;
	now = ui_clock();
	if (ui.phase == NULL || strcmp(ui.phase, progress->phase) != 0 ||
	    progress->done_bytes < ui.phase_bytes) {
		ui.phase = progress->phase;
		ui.phase_start = now;
		ui.phase_bytes = progress->done_bytes;
	}
	if (ui.last != 0 && now - ui.last < redraw_s)
		return;
	ui.last = now;
	/* The last column stays free: some terminals wrap there. */
	make_line(line, terminal_width(), progress, now);
	fprintf(stderr, "\r%s\033[K", line);
	fflush(stderr);
	ui.drawn = true;
}

/* --- messages ---------------------------------------------------------------- */

static void say(const char *line)
{
	ui_clear();
	ui_text(stderr, line, strlen(line));
	fputc('\n', stderr);
	fflush(stderr);
}

static void say_list(const char *before, const char *format, va_list args,
		     const char *after)
{
	char line[LINE_BYTES];
	size_t used = add(line, 0, sizeof(line), "%s", before);
	int n = vsnprintf(line + used, sizeof(line) - used, format, args);

	if (n > 0)
		used += (size_t)n < sizeof(line) - used ?
			(size_t)n : sizeof(line) - used - 1;
	add(line, used, sizeof(line), "%s", after);
	say(line);
}

void ui_note(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	say_list(TOOL ": note: ", format, args, "");
	va_end(args);
}

void ui_notice(void *user, const char *line)
{
	(void)user;
	ui_note("%s", line);
}

void ui_result(const char *format, ...)
{
	va_list args;

	if (ui.quiet)
		return;
	va_start(args, format);
	say_list("", format, args, "");
	va_end(args);
}

int ui_usage(const char *command, const char *format, ...)
{
	char after[80];
	va_list args;

	snprintf(after, sizeof(after), " (try \"" TOOL " help%s%s\")",
		 command == NULL ? "" : " ", command == NULL ? "" : command);
	va_start(args, format);
	say_list(TOOL ": ", format, args, after);
	va_end(args);
	return EXIT_USAGE;
}

int ui_refuse(int exit_code, const char *subject, const char *format, ...)
{
	char before[LINE_BYTES / 2];
	va_list args;

	snprintf(before, sizeof(before), TOOL ": %s: ", subject);
	va_start(args, format);
	say_list(before, format, args, "");
	va_end(args);
	return exit_code;
}

/* --- errors of the library --------------------------------------------------- */

int ui_exit_code(int status)
{
	switch (status) {
	case CXA_OK:
	case CXA_END:
		return EXIT_DONE;
	case CXA_ERR_USAGE:
		return EXIT_USAGE;
	case CXA_ERR_NOT_FOUND:
		return EXIT_NO;
	case CXA_ERR_CANCELLED:
		return EXIT_INTERRUPTED;
	case CXA_ERR_IO:
	case CXA_ERR_NOMEM:
		return EXIT_MACHINE;
	default:
		return EXIT_INPUT;
	}
}

/* Where @name stands in @message as a word of its own, or NULL. */
static char *find_name(char *message, const char *name)
{
	size_t size = strlen(name);
	char *at = message;

	if (size == 0)
		return NULL;
	while ((at = strstr(at, name)) != NULL) {
		if ((at == message || at[-1] == ' ') &&
		    (at[size] == '\0' || strchr(" :,", at[size]) != NULL))
			return at;
		at++;
	}
	return NULL;
}

/* The name goes to the front of the line: it need not stand there twice. */
static bool take_out(char *message, const char *name)
{
	char *at = name == NULL ? NULL : find_name(message, name);
	char *rest;

	if (at == NULL)
		return false;
	rest = at + strlen(name);
	if (at != message)
		at--; /* the space before it */
	else
		rest += strspn(rest, ": ");
	memmove(at, rest, strlen(rest) + 1);
	return true;
}

static const char *find_subject(char *message, int status, const char *input,
				const char *output)
{
	if (take_out(message, output))
		return output;
	if (take_out(message, input))
		return input;
	/* A temporary file or a thread is nobody's path, a quoted word none. */
	if (ui_exit_code(status) == EXIT_MACHINE || message[0] == '"')
		return NULL;
	return status == CXA_ERR_USAGE && output != NULL ? output : input;
}

static void add_place(const struct cxa_error *error, char *line, size_t size)
{
	size_t used = strlen(line);

	if (ui_exit_code(error->status) != EXIT_INPUT)
		return;
	if (error->member[0] != '\0' && strstr(line, error->member) == NULL)
		add(line, used, size, " (member %s)", error->member);
	else if (error->member[0] == '\0' && error->offset != UINT64_MAX)
		add(line, used, size, " (at byte %llu)",
		    (unsigned long long)error->offset);
}

/* Only what is wrong with an archive has a member, or a place in the file. */
static bool is_damage(const struct cxa_error *error, const char *input)
{
	return error->status == CXA_ERR_CORRUPT && input != NULL &&
	       (error->member[0] != '\0' || error->offset != UINT64_MAX);
}

int ui_fail(const struct cxa_error *error, const char *input,
	    const char *output)
{
	char message[sizeof(error->message)];
	char line[LINE_BYTES];
	const char *subject;
	size_t used;

	memcpy(message, error->message, sizeof(message));
	input = input == NULL ? NULL : ui_input_name(input);
	output = output == NULL ? NULL : ui_output_name(output);
	subject = find_subject(message, error->status, input, output);
	used = add(line, 0, sizeof(line), TOOL ": ");
	if (subject != NULL)
		used = add(line, used, sizeof(line), "%.500s: ", subject);
	add(line, used, sizeof(line), "%s",
	    message[0] == '\0' ? cxa_status_name(error->status) : message);
	add_place(error, line, sizeof(line));
	say(line);
	if (error->hint[0] != '\0')
		say(error->hint);
	else if (is_damage(error, input))
		say("`cortexarc salvage` saves what is intact of it");
	return ui_exit_code(error->status);
}
