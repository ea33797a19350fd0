/* names.h - the names in a folder, and what a step of the tool does to them */
#ifndef CXA_TESTS_FAULTS_NAMES_H
#define CXA_TESTS_FAULTS_NAMES_H

#include "faults/folders.h"

enum { LOG_FILES = 64, NAME_BYTES = 200 };

enum step_kind {
	STEP_WRITE,  /* data at offset */
	STEP_SIZE,   /* offset: the new size */
	STEP_SYNC,   /* of a file, or of a folder */
	STEP_NAME,   /* to: file gets this name */
	STEP_FOLDER, /* to: is made */
	STEP_RENAME, /* from, to */
	STEP_REMOVE, /* from */
};

/*
 * Names are relative to the folder, which is "". @file: of the bytes that
 * change or are made durable; -1: none, and @from names a folder
 */
struct step {
	enum step_kind kind;
	int file;
	size_t offset;
	size_t size;
	uint8_t *data;
	char from[NAME_BYTES];
	char to[NAME_BYTES];
};

/* A name, and what it is of: a file, or -1: a folder */
struct log_name {
	char name[NAME_BYTES];
	int file;
};

struct names {
	struct log_name list[LOG_FILES];
	int count;
};

static int find_name(const struct names *names, const char *name)
{
	for (int i = 0; i < names->count; i++)
		if (strcmp(names->list[i].name, name) == 0)
			return i;
	return -1;
}

static void set_name(struct names *names, const char *name, int file)
{
	int at = find_name(names, name);

	if (at < 0) {
		must(names->count < LOG_FILES, "too many names");
		at = names->count++;
	}
	snprintf(names->list[at].name, NAME_BYTES, "%.*s", NAME_BYTES - 1,
		 name);
	names->list[at].file = file;
}

static void drop_name(struct names *names, const char *name)
{
	int at = find_name(names, name);

	if (at >= 0)
		names->list[at] = names->list[--names->count];
}

/* With all that lies below it. */
static void move_name(struct names *names, const char *from, const char *to)
{
	size_t size = strlen(from);
	char moved[NAME_BYTES * 2];

	drop_name(names, to);
	for (int i = 0; i < names->count; i++) {
		char *name = names->list[i].name;

		if (strncmp(name, from, size) != 0 ||
		    (name[size] != '/' && name[size] != '\0'))
			continue;
		snprintf(moved, sizeof(moved), "%s%s", to, name + size);
		snprintf(name, NAME_BYTES, "%.*s", NAME_BYTES - 1, moved);
	}
}

/* What a step does to names, where what it needs is there. */
static void apply_name(struct names *names, const struct step *step)
{
	char above[NAME_BYTES];
	char *slash;

	snprintf(above, sizeof(above), "%s", step->to);
	slash = strrchr(above, '/');
	if (slash != NULL) {
		*slash = '\0';
		if (find_name(names, above) < 0)
			return;
	}
	if (step->kind == STEP_NAME || step->kind == STEP_FOLDER)
		set_name(names, step->to, step->file);
	else if (step->kind == STEP_REMOVE)
		drop_name(names, step->from);
	else if (step->kind == STEP_RENAME &&
		 find_name(names, step->from) >= 0)
		move_name(names, step->from, step->to);
}

#endif
