/* sandbox.c - which commands give up what, and what they need meanwhile */
#include "sandbox.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/*
 * The sanitizers read /proc, and start programs, when they have something to
 * tell; they are for tests.
 */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define IS_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || \
	__has_feature(memory_sanitizer)
#define IS_SANITIZED 1
#endif
#endif
#ifndef IS_SANITIZED
#define IS_SANITIZED 0
#endif

/** struct need - a command that reads: which of its operands are inputs */
struct need {
	const char *command;
	int first;
	int count;
	bool if_no_file; /* it writes a file unless OUT is - or it is a dry run */
};

static const struct need needs[] = {
	{ "cat", 0, 1, false },
	{ "diff", 0, 2, false },
	{ "get", 2, 1, false },
	{ "info", 0, 1, false },
	{ "list", 0, 1, false },
	{ "migrate", 0, 1, true },
	{ "pack", 0, 1, true },
	{ "repair", 0, 1, true },
	{ "unpack", 0, 1, true },
	{ "verify", 0, 1, false },
};

static bool writes_a_file(const struct options *options)
{
	if (options->into != NULL || options->in_place)
		return true;
	return options->output != NULL ? strcmp(options->output, "-") != 0 :
					 !options->dry_run;
}

static const struct need *find_need(const struct options *options)
{
	for (size_t i = 0; i < sizeof(needs) / sizeof(needs[0]); i++)
		if (strcmp(needs[i].command, options->command->name) == 0)
			return needs[i].if_no_file && writes_a_file(options) ?
				       NULL : &needs[i];
	return NULL;
}

/* --- inputs ----------------------------------------------------------------- */

static bool is_database(const char *path)
{
	static const char magic[] = "SQLite format 3";
	char head[sizeof(magic)] = "";
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	size_t got = 0;
	ssize_t part = fd < 0 ? 0 : 1;
	bool is;

	while (got < sizeof(head) && part > 0) {
		part = pread(fd, head + got, sizeof(head) - got, (off_t)got);
		if (part > 0)
			got += (size_t)part;
	}
	is = got == sizeof(head) && memcmp(head, magic, sizeof(head)) == 0;
	if (fd >= 0)
		close(fd);
	return is;
}

/* SQLite keeps -wal, -shm and -journal beside the file that a link leads to. */
static bool allow_folder_of(struct sandbox_files *files, const char *path)
{
	char *real = realpath(path, NULL);
	char *slash = real == NULL ? NULL : strrchr(real, '/');
	bool allowed = false;

	if (slash != NULL) {
		slash[slash == real] = '\0'; /* of the root, that is "/" */
		allowed = sandbox_files_allow(files, real, SANDBOX_SCRATCH);
	}
	free(real);
	return allowed;
}

/* Files of a folder may be links, and lead out of it. */
static bool allow_links(struct sandbox_files *files, const char *folder)
{
	char path[PATH_MAX];
	const struct dirent *entry;
	DIR *listing = opendir(folder);
	bool allowed = listing != NULL || errno == EACCES;

	while (allowed && listing != NULL && (entry = readdir(listing)) != NULL)
		if ((entry->d_type == DT_LNK || entry->d_type == DT_UNKNOWN) &&
		    entry->d_name[0] != '.' &&
		    (size_t)snprintf(path, sizeof(path), "%s/%s", folder,
				     entry->d_name) < sizeof(path))
			allowed = sandbox_files_allow(files, path,
						      SANDBOX_READ);
	if (listing != NULL)
		closedir(listing);
	return allowed;
}

static bool allow_input(struct sandbox_files *files, const char *locator)
{
	bool allowed;
	struct stat st;

	if (strcmp(locator, "-") == 0)
		return true;
	allowed = sandbox_files_allow(files, locator, SANDBOX_READ);
	if (!allowed || stat(locator, &st) != 0)
		return allowed;
	if (S_ISREG(st.st_mode) && is_database(locator))
		return allow_folder_of(files, locator);
	return !S_ISDIR(st.st_mode) || allow_links(files, locator);
}

/* --- temporary files -------------------------------------------------------- */

/* Where SQLite puts its own: the first of these that it can write to. */
static const char *sqlite_folder(void)
{
	const char *const folders[] = { getenv("SQLITE_TMPDIR"),
					getenv("TMPDIR"), "/var/tmp",
					"/usr/tmp", "/tmp" };
	struct stat st;

	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++)
		if (folders[i] != NULL && stat(folders[i], &st) == 0 &&
		    S_ISDIR(st.st_mode) && access(folders[i], W_OK | X_OK) == 0)
			return folders[i];
	return ".";
}

static bool allow_scratch(struct sandbox_files *files,
			  const struct options *options)
{
	const char *folder = options->context.temp_dir;

	if (folder == NULL)
		folder = getenv("TMPDIR");
	if (folder == NULL || folder[0] == '\0')
		folder = "/var/tmp";
	/* SQLite names its temporary files by /dev/urandom. */
	return sandbox_files_allow(files, folder, SANDBOX_SCRATCH) &&
	       sandbox_files_allow(files, sqlite_folder(), SANDBOX_SCRATCH) &&
	       sandbox_files_allow(files, "/dev/urandom", SANDBOX_READ);
}

/* --- entering --------------------------------------------------------------- */

/* valgrind calls the kernel in the program's name, and preloads a library. */
bool sandbox_fits(void)
{
	const char *preloaded = getenv("LD_PRELOAD");

	return !IS_SANITIZED &&
	       (preloaded == NULL || strstr(preloaded, "vgpreload") == NULL);
}

static int allow_all(struct sandbox_files *files, const struct need *need,
		     const struct options *options)
{
	const char *const *inputs = options->operands + need->first;

	for (int i = 0; i < need->count; i++)
		if (!allow_input(files, inputs[i]))
			return ui_refuse(EXIT_MACHINE, inputs[i],
					 "cannot open: %s", strerror(errno));
	if (!allow_scratch(files, options))
		return ui_refuse(EXIT_MACHINE, "a temporary file",
				 "cannot open its folder: %s", strerror(errno));
	return EXIT_DONE;
}

/* As much as there is, is entered; @missing: what is not, NULL: nothing */
static int enter(const struct need *need, const struct options *options,
		 const char **missing)
{
	struct sandbox_files *files = sandbox_files_new();
	int code = files == NULL ? EXIT_DONE : allow_all(files, need, options);

	*missing = NULL;
	if (code == EXIT_DONE && (files == NULL || !sandbox_files_enter(files)))
		*missing = "there is no Landlock on this system";
	if (code == EXIT_DONE && !sandbox_calls_enter(false))
		*missing = "there is no filter of system calls on this system";
	sandbox_files_close(files);
	return code;
}

int sandbox_enter(const struct options *options)
{
	const struct need *need = find_need(options);
	bool is_required = options->sandbox == SANDBOX_REQUIRED;
	const char *missing = "not under a sanitizer or valgrind";
	int code = EXIT_DONE;

	if (need == NULL && is_required)
		return ui_usage(options->command->name,
				"--sandbox is for a command that writes no "
				"file");
	if (options->sandbox == SANDBOX_OFF)
		return EXIT_DONE;
	if (need == NULL) {
		if (sandbox_fits())
			sandbox_calls_enter(true);
		return EXIT_DONE;
	}
	if (sandbox_fits())
		code = enter(need, options, &missing);
	if (code != EXIT_DONE || missing == NULL || !is_required)
		return code;
	return ui_refuse(EXIT_MACHINE, "--sandbox", "%s", missing);
}

const char *sandbox_parts(void)
{
	if (sandbox_calls_known() && sandbox_files_known())
		return "seccomp, Landlock";
	if (sandbox_calls_known())
		return "seccomp";
	return sandbox_files_known() ? "Landlock" : "none";
}
