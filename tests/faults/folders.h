/* folders.h - small folders copied, cleared, compared and told apart */
#ifndef CXA_TESTS_FAULTS_FOLDERS_H
#define CXA_TESTS_FAULTS_FOLDERS_H

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "endpoint/scratch.h"

enum { PATH_BYTES = 600 };

/* A failure of the test's own making, not of what is tested. */
__attribute__((unused)) static void must(bool worked, const char *what)
{
	if (worked)
		return;
	printf("Bail out! %s: %s\n", what, strerror(errno));
	exit(99);
}

/*
 * Thousands of runs, each with its syncs: on a disk that others write to they
 * take minutes. What a kill or a failed call leaves is the same in memory.
 */
static void enter_memory(void)
{
	if (access("/dev/shm", W_OK | X_OK) == 0)
		snprintf(scratch, sizeof(scratch), "/dev/shm/cxa-XXXXXX");
	enter_scratch();
}

static bool exists(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0;
}

static bool is_folder(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

static void join(char out[PATH_BYTES], const char *folder, const char *name)
{
	int length = snprintf(out, PATH_BYTES, "%s/%s", folder, name);

	must(length >= 0 && length < PATH_BYTES, folder);
}

/* Names of a folder in order, without "." and ".."; to be freed, each and all */
static int list_names(const char *path, struct dirent ***names)
{
	int count = scandir(path, names, NULL, alphasort);
	int kept = 0;

	must(count >= 0, path);
	for (int i = 0; i < count; i++) {
		if (strcmp((*names)[i]->d_name, ".") == 0 ||
		    strcmp((*names)[i]->d_name, "..") == 0)
			free((*names)[i]);
		else
			(*names)[kept++] = (*names)[i];
	}
	return kept;
}

static void free_names(struct dirent **names, int count)
{
	for (int i = 0; i < count; i++)
		free(names[i]);
	free(names);
}

static void remove_all(const char *path)
{
	struct dirent **names;
	char below[PATH_BYTES];
	int count;

	if (!is_folder(path)) {
		must(unlink(path) == 0 || errno == ENOENT, path);
		return;
	}
	count = list_names(path, &names);
	for (int i = 0; i < count; i++) {
		join(below, path, names[i]->d_name);
		remove_all(below);
	}
	free_names(names, count);
	must(rmdir(path) == 0, path);
}

static void make_folder(const char *path)
{
	remove_all(path);
	must(mkdir(path, 0755) == 0, path);
}

static void copy_file(const char *from, const char *to)
{
	size_t size;
	char *data = read_file(from, &size);

	must(data != NULL, from);
	write_file(to, data, size);
	free(data);
}

static void copy_all(const char *from, const char *to)
{
	struct dirent **names;
	char a[PATH_BYTES];
	char b[PATH_BYTES];
	int count;

	if (!is_folder(from)) {
		copy_file(from, to);
		return;
	}
	make_folder(to);
	count = list_names(from, &names);
	for (int i = 0; i < count; i++) {
		join(a, from, names[i]->d_name);
		join(b, to, names[i]->d_name);
		copy_all(a, b);
	}
	free_names(names, count);
}

/* --- what a folder holds, as a number -------------------------------------- */

/*
 * @name with what is random or the time in it as question marks: the pattern
 * of all such names. What is hidden ends in six letters and ".tmp".
 */
__attribute__((unused))
static void name_pattern(const char *name, char out[256])
{
	size_t size = strlen(name);
	char *end;

	snprintf(out, 256, "%s", name);
	end = out + size;
	if (name[0] == '.' && size > 12 && strcmp(end - 4, ".tmp") == 0)
		memset(end - 10, '?', 6);
	else if (size > 21 && strcmp(end - 5, "Z.cxa") == 0)
		memset(end - 20, '?', 15);
}

static uint64_t mix(uint64_t state, const void *data, size_t size)
{
	const uint8_t *bytes = data;

	for (size_t i = 0; i < size; i++)
		state = (state ^ bytes[i]) * UINT64_C(0x100000001b3);
	return state;
}

/* An index of SQLite's log is made anew by whoever comes after a crash. */
static bool is_made_anew(const char *name)
{
	size_t size = strlen(name);

	return size > 4 && strcmp(name + size - 4, "-shm") == 0;
}

/* Names and bytes of everything in @path: equal for equal folders */
static uint64_t fingerprint(const char *path)
{
	uint64_t state = UINT64_C(0xcbf29ce484222325);
	struct dirent **names;
	char below[PATH_BYTES];
	char pattern[256];
	uint64_t part;
	int count = list_names(path, &names);

	for (int i = 0; i < count; i++) {
		size_t size = 0;
		char *data = NULL;

		join(below, path, names[i]->d_name);
		name_pattern(names[i]->d_name, pattern);
		state = mix(state, pattern, strlen(pattern) + 1);
		if (is_folder(below)) {
			part = fingerprint(below);
			state = mix(state, &part, sizeof(part));
		} else if (!is_made_anew(below)) {
			data = read_file(below, &size);
			state = mix(state, &size, sizeof(size));
			state = mix(state, data, size);
			free(data);
		}
	}
	free_names(names, count);
	return state;
}

/* The same names with the same bytes, file or folder */
static bool same_things(const char *a, const char *b)
{
	if (is_folder(a) && is_folder(b))
		return fingerprint(a) == fingerprint(b);
	return !is_folder(a) && !is_folder(b) && same_files(a, b);
}

#endif
