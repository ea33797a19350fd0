/* session.h - a context for one command, and the signals that end it early */
#ifndef CXA_TOOLS_SESSION_H
#define CXA_TOOLS_SESSION_H

#include "options.h"

/**
 * session_open() - a context by @options; SIGINT, SIGTERM and SIGHUP cancel it
 *
 * A second signal ends the process at once. Return: EXIT_DONE, or an exit code
 * after one line on standard error.
 */
int session_open(struct cxa_context **out, const struct options *options);

/** session_close() - accepts NULL */
void session_close(struct cxa_context *context);

/**
 * session_temporary() - a file without a name, for what is held back
 *
 * Return: NULL after a line on standard error.
 */
FILE *session_temporary(const struct options *options);

/** session_interrupted() - did a signal come? */
bool session_interrupted(void);

#endif
