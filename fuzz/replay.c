/* replay.c - a main for targets without an engine: files through a target once */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "own_mutate.h"
#include "target.h"

/*
 *	TARGET [-v] [-m N] FILE|FOLDER...
 *
 * -v names each file before it is replayed, so that the last one named is the
 * one that broke; -m N replays N mutants of each, too, always the same ones.
 */

#pragma weak LLVMFuzzerCustomMutator

enum { MAX_BYTES = 1 << 20 };

static int verbose;
static unsigned long mutants;
static unsigned long inputs;
/* In a block of its own size, so that a byte too far is seen. */
static void run(const uint8_t *data, size_t size)
{
	uint8_t *exact = malloc(size == 0 ? 1 : size);

	if (exact == NULL)
		exit(99);
	if (size != 0)
		memcpy(exact, data, size);
	LLVMFuzzerTestOneInput(exact, size);
	free(exact);
	inputs++;
}

static void run_mutants(const uint8_t *data, size_t size, uint8_t *room)
{
	for (unsigned long i = 0; i < mutants; i++) {
		size_t mutant = size;

		fuzz_own_seed(i);
		if (size != 0)
			memcpy(room, data, size);
		/* The first ones are one step away, then two, and so on. */
		for (unsigned long step = 0; step <= i % 4; step++)
			mutant = LLVMFuzzerCustomMutator != NULL ?
				LLVMFuzzerCustomMutator(room, mutant, MAX_BYTES,
							(unsigned)(i + step)) :
				LLVMFuzzerMutate(room, mutant, MAX_BYTES);
		run(room, mutant);
	}
}

static void run_file(const char *path)
{
	static uint8_t data[MAX_BYTES];
	static uint8_t room[MAX_BYTES];
	FILE *file = fopen(path, "rb");
	size_t size;

	if (file == NULL) {
		perror(path);
		exit(99);
	}
	if (verbose) {
		printf("%s\n", path);
		fflush(stdout);
	}
	size = fread(data, 1, sizeof(data), file);
	fclose(file);
	run(data, size);
	run_mutants(data, size, room);
}

/* Its files in the order of their names, so that two runs are the same. */
static int run_folder(const char *path)
{
	struct dirent **entries;
	int count = scandir(path, &entries, NULL, alphasort);
	char name[4096];

	if (count < 0)
		return -1;
	for (int i = 0; i < count; i++) {
		struct stat st;

		snprintf(name, sizeof(name), "%s/%s", path,
			 entries[i]->d_name);
		if (stat(name, &st) == 0 && S_ISREG(st.st_mode))
			run_file(name);
		free(entries[i]);
	}
	free(entries);
	return 0;
}

int main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "-v") == 0)
			verbose = 1;
		else if (strcmp(argv[i], "-m") == 0 && i + 1 < argc)
			mutants = strtoul(argv[++i], NULL, 10);
		else if (run_folder(argv[i]) != 0)
			run_file(argv[i]);
	}
	printf("%lu inputs\n", inputs);
	return 0;
}
