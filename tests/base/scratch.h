/* scratch.h - a folder of a test's own, and a look at what is in it */
#ifndef CXA_TESTS_BASE_SCRATCH_H
#define CXA_TESTS_BASE_SCRATCH_H

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

static char scratch[] = "scratch-XXXXXX";

/* A failure of the test's own making, not of what is tested. */
static void must(bool worked, const char *what)
{
	if (worked)
		return;
	printf("Bail out! %s: %s\n", what, strerror(errno));
	exit(99);
}

__attribute__((unused))
static void enter_scratch(void)
{
	must(mkdtemp(scratch) != NULL, "mkdtemp");
	must(chdir(scratch) == 0, "chdir");
}

/* Everything in the folder @fd, two levels of folders at most. */
__attribute__((unused))
static void remove_below(int fd, int depth)
{
	DIR *list = fdopendir(dup(fd));
	struct dirent *entry;
	int below;

	must(list != NULL, "fdopendir");
	while ((entry = readdir(list)) != NULL) {
		if (strcmp(entry->d_name, ".") == 0 ||
		    strcmp(entry->d_name, "..") == 0 ||
		    unlinkat(fd, entry->d_name, 0) == 0)
			continue;
		below = openat(fd, entry->d_name, O_RDONLY | O_DIRECTORY);
		if (below >= 0 && depth > 0)
			remove_below(below, depth - 1);
		if (below >= 0)
			close(below);
		unlinkat(fd, entry->d_name, AT_REMOVEDIR);
	}
	closedir(list);
}

__attribute__((unused))
static void leave_scratch(void)
{
	int fd = open(".", O_RDONLY | O_DIRECTORY);

	must(fd >= 0, "open");
	remove_below(fd, 2);
	close(fd);
	must(chdir("..") == 0, "chdir");
	must(rmdir(scratch) == 0, "rmdir");
}

__attribute__((unused))
static void put_file(const char *path, const char *text)
{
	FILE *file = fopen(path, "w");

	must(file != NULL && fputs(text, file) >= 0 && fclose(file) == 0, path);
}

/* The text of @path; "(missing)" where there is none */
__attribute__((unused))
static const char *file_text(const char *path)
{
	static char text[4096];
	FILE *file = fopen(path, "r");
	size_t size;

	if (file == NULL)
		return "(missing)";
	size = fread(text, 1, sizeof(text) - 1, file);
	text[size] = '\0';
	fclose(file);
	return text;
}

/* Names in a folder, the hidden ones, too */
__attribute__((unused))
static int count_names(const char *path)
{
	DIR *list = opendir(path);
	struct dirent *entry;
	int count = 0;

	must(list != NULL, path);
	while ((entry = readdir(list)) != NULL)
		count += strcmp(entry->d_name, ".") != 0 &&
			 strcmp(entry->d_name, "..") != 0;
	closedir(list);
	return count;
}

__attribute__((unused))
static unsigned mode_of(const char *path)
{
	struct stat st;

	must(stat(path, &st) == 0, path);
	return st.st_mode & 07777;
}

__attribute__((unused))
static bool exists(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0;
}

static bool put_map(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	bool done;

	if (fd < 0)
		return false;
	done = write(fd, text, strlen(text)) == (ssize_t)strlen(text);
	close(fd);
	return done;
}

/* A mount namespace of its own, by a user namespace where it is not root's */
__attribute__((unused))
static bool own_mounts(void)
{
	char users[64];
	char groups[64];

	snprintf(users, sizeof(users), "0 %u 1", (unsigned)geteuid());
	snprintf(groups, sizeof(groups), "0 %u 1", (unsigned)getegid());
	if (unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0)
		return false;
	return put_map("/proc/self/setgroups", "deny") &&
	       put_map("/proc/self/uid_map", users) &&
	       put_map("/proc/self/gid_map", groups) &&
	       mount("none", "/", "none", MS_REC | MS_PRIVATE, NULL) == 0;
}

#endif
