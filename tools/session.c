/* session.c - a context for one command, and the signals that end it early */
#include "session.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const int signals[] = { SIGINT, SIGTERM, SIGHUP };

#define SIGNAL_COUNT (sizeof(signals) / sizeof(signals[0]))

/* For the handler, which can be handed nothing. */
static struct cxa_context *volatile running;
static volatile sig_atomic_t interrupted;

static void on_signal(int number)
{
	if (interrupted || running == NULL) {
		signal(number, SIG_DFL);
		raise(number); /* delivered when the handler returns */
		return;
	}
	interrupted = 1;
	cxa_context_cancel(running);
}

/* Without SA_RESTART, so that a call that waits comes back. */
static void catch_signals(void)
{
	struct sigaction action;
	struct sigaction old;

	memset(&action, 0, sizeof(action));
	action.sa_handler = on_signal;
	sigemptyset(&action.sa_mask);
	for (size_t i = 0; i < SIGNAL_COUNT; i++) {
		/* What the caller ignores (nohup) stays ignored. */
		if (sigaction(signals[i], NULL, &old) == 0 &&
		    old.sa_handler != SIG_IGN)
			sigaction(signals[i], &action, NULL);
	}
}

int session_open(struct cxa_context **out, const struct options *options)
{
	struct cxa_context_options context = options->context;
	struct cxa_error error = CXA_ERROR_INIT;
	int status;

	context.notice = ui_notice;
	context.progress = ui_progress;
	status = cxa_context_open(out, &context, &error);
	if (status < 0)
		return ui_fail(&error, NULL, NULL);
	running = *out;
	catch_signals();
	return EXIT_DONE;
}

void session_close(struct cxa_context *context)
{
	running = NULL;
	ui_clear();
	cxa_context_close(context);
}

bool session_interrupted(void)
{
	return interrupted != 0;
}

FILE *session_temporary(const struct options *options)
{
	const char *folder = options->context.temp_dir;
	char path[4096];
	FILE *file = NULL;
	int fd;

	if (folder == NULL)
		folder = getenv("TMPDIR");
	if (folder == NULL || folder[0] == '\0')
		folder = "/var/tmp";
	snprintf(path, sizeof(path), "%s/cortexarc-XXXXXX", folder);
	fd = mkstemp(path);
	if (fd != -1) {
		unlink(path);
		file = fdopen(fd, "w+");
	}
	if (file == NULL)
		ui_refuse(EXIT_MACHINE, folder,
			  "cannot make a temporary file: %s", strerror(errno));
	return file;
}
