/* hidden_names.c - what stands under a hidden name already is never touched */
#define _GNU_SOURCE 1

#include "base/io.h"

#include <sys/random.h>
#include <sys/syscall.h>

#include "base/scratch.h"
#include "tap.h"

/* --- calls that the library makes, with what this test has them do ----------- */

static unsigned taken;      /* of the names to come so many are "aaaaaa" */
static bool has_proc = true;
static const char *swapped; /* what a folder becomes as soon as it is made */

ssize_t getrandom(void *data, size_t size, unsigned flags)
{
	uint32_t bits = taken == 0;

	(void)flags;
	taken -= taken != 0;
	memcpy(data, &bits, sizeof(bits));
	return (ssize_t)size;
}

/* Without /proc a file has a hidden name from the start. */
int access(const char *path, int mode)
{
	(void)path;
	(void)mode;
	errno = ENOENT;
	return has_proc ? 0 : -1;
}

int mkdirat(int fd, const char *path, mode_t mode)
{
	int made = (int)syscall(SYS_mkdirat, fd, path, mode);

	if (made == 0 && swapped != NULL)
		must(unlinkat(fd, path, AT_REMOVEDIR) == 0 &&
		     symlinkat(swapped, fd, path) == 0, path);
	return made;
}

/* --- files ------------------------------------------------------------------- */

/* Over an older file, or where there is no /proc, a name goes between. */
static int write_over(const char *text)
{
	struct cxa_output *output;
	int status = cxa_output_open(&output, "file", NULL, NULL);

	if (status < 0)
		return status;
	must(cxa_output_write(output, text, strlen(text), NULL) == 0, "write");
	status = cxa_output_commit(output, NULL);
	cxa_output_close(output);
	return status;
}

static void is_untouched(void)
{
	struct stat st;

	is_str(file_text("victim"), "a victim",
	       "a file of that name is not written to");
	ok(lstat(".file.aaaaaa.tmp", &st) == 0 && st.st_nlink == 1,
	   "and stays");
	is_int(count_names("."), 3, "nothing is left beside it");
}

static void names_that_are_taken_are_passed_over(const char *kind)
{
	printf("# %s\n", kind);
	put_file("file", "older");
	put_file("victim", "a victim");
	must(symlink("victim", ".file.aaaaaa.tmp") == 0, "symlink");
	taken = 1000;
	is_int(write_over("newer"), CXA_ERR_IO,
	       "when all names are taken, it is an error");
	is_str(file_text("file"), "older", "and the older file stays");
	is_untouched();
	taken = 3;
	is_int(write_over("newer"), 0,
	       "where a link has the name, another is taken");
	is_str(file_text("file"), "newer", "and the file written");
	is_untouched();
	unlink(".file.aaaaaa.tmp");
	must(rename("victim", ".file.aaaaaa.tmp") == 0, "rename");
	put_file("victim", "a victim");
	taken = 3;
	is_int(write_over("newest"), 0,
	       "so it is where a file has it");
	is_str(file_text(".file.aaaaaa.tmp"), "a victim",
	       "which keeps what it holds");
	is_untouched();
	unlink(".file.aaaaaa.tmp");
	unlink("victim");
	unlink("file");
}

/* --- folders ----------------------------------------------------------------- */

static int write_folder(void)
{
	struct cxa_output_folder *folder;
	struct cxa_output *output = NULL;
	int status = cxa_output_folder_open(&folder, "new", NULL, NULL);

	if (status == 0)
		status = cxa_output_folder_file(folder, "one", &output, NULL);
	if (status == 0)
		status = cxa_output_commit(output, NULL);
	cxa_output_close(output);
	if (status == 0)
		status = cxa_output_folder_commit(folder, NULL);
	cxa_output_folder_close(folder);
	return status;
}

static void folders_that_are_there_are_passed_over(void)
{
	must(mkdir(".new.aaaaaa.tmp", 0700) == 0, "mkdir");
	taken = 1000;
	is_int(write_folder(), CXA_ERR_IO,
	       "a folder: when all names are taken, it is an error");
	taken = 3;
	is_int(write_folder(), 0, "a folder: else another name is taken");
	is_int(count_names("new"), 1, "a folder: and has its file");
	is_int(count_names(".new.aaaaaa.tmp"), 0,
	       "a folder: what had the name stays as it is");
	rmdir(".new.aaaaaa.tmp");
	unlink("new/one");
	rmdir("new");
}

static void a_link_in_the_folders_place_is_not_followed(void)
{
	must(mkdir("victim", 0700) == 0, "mkdir");
	swapped = "victim";
	is_int(write_folder(), CXA_ERR_IO,
	       "a folder: a link that takes its place at once is refused");
	swapped = NULL;
	is_int(count_names("victim"), 0, "a folder: and nothing written there");
	ok(!exists("new"), "a folder: nor is there one");
	rmdir("victim");
}

int main(void)
{
	enter_scratch();
	names_that_are_taken_are_passed_over("a name goes between");
	has_proc = false;
	names_that_are_taken_are_passed_over("a name from the start");
	has_proc = true;
	folders_that_are_there_are_passed_over();
	a_link_in_the_folders_place_is_not_followed();
	leave_scratch();
	return done_testing();
}
