/* sandbox.h - what a command gives up before it reads */
#ifndef CXA_TOOLS_SANDBOX_H
#define CXA_TOOLS_SANDBOX_H

#include "options.h"

/** enum sandbox_access - what stays allowed below a path */
enum sandbox_access {
	SANDBOX_READ,   /* a file, or what is in a folder: read */
	SANDBOX_SCRATCH /* files in a folder: made, read, written, removed */
};

/**
 * sandbox_enter() - by a table of commands; for the rest of the process
 *
 * Before a thread is started and before a byte of the input is read. Then the
 * process can start no program, reach no network and no other process, make no
 * memory executable, and open no file but its inputs and temporary ones. A
 * command that writes files can open any, and nothing else of that.
 *
 * A system without it is passed over, unless --sandbox was given.
 *
 * Return: EXIT_DONE; EXIT_USAGE, EXIT_MACHINE after a line on standard error.
 */
int sandbox_enter(const struct options *options);

/** sandbox_fits() - not under a sanitizer or valgrind, which need more */
bool sandbox_fits(void);

/** sandbox_parts() - what was built in, as "seccomp, Landlock", or "none" */
const char *sandbox_parts(void);

/* --- sandbox_calls.c: a filter of system calls (seccomp) ------------------- */

/** sandbox_calls_known() - was it built in? */
bool sandbox_calls_known(void);

/**
 * sandbox_calls_enter() - all threads, for ever; false: it is not to be had
 * @writes: and so may give files names
 */
bool sandbox_calls_enter(bool writes);

/* --- sandbox_files.c: which files can be opened (Landlock) ----------------- */

struct sandbox_files;

/** sandbox_files_known() - was it built in? */
bool sandbox_files_known(void);

/** sandbox_files_new() - NULL: it is not to be had */
struct sandbox_files *sandbox_files_new(void);

/**
 * sandbox_files_allow() - @access to @path
 *
 * Return: true, also when nobody could open it anyway, which is for whoever
 * tries next to tell; false, with errno: the machine failed.
 */
bool sandbox_files_allow(struct sandbox_files *files, const char *path,
			 enum sandbox_access access);

/** sandbox_files_enter() - this thread and those it starts, for ever */
bool sandbox_files_enter(const struct sandbox_files *files);

/** sandbox_files_close() - accepts NULL; what was entered stays */
void sandbox_files_close(struct sandbox_files *files);

#endif
