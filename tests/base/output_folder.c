/* output_folder.c - cxa_output_folder_...(): a folder that appears whole */
#define _GNU_SOURCE 1

#include "base/io.h"

#include "base/scratch.h"
#include "tap.h"

static struct cxa_output_folder *begin(const char *path)
{
	struct cxa_output_folder *folder;
	struct cxa_error error = CXA_ERROR_INIT;

	if (cxa_output_folder_open(&folder, path, NULL, &error) != 0)
		printf("Bail out! %s\n", error.message);
	must(folder != NULL, path);
	return folder;
}

/* A file in @folder; Return: what its commit returns */
static int add(struct cxa_output_folder *folder, const char *name,
	       const char *text)
{
	struct cxa_output *output;
	int status;

	must(cxa_output_folder_file(folder, name, &output, NULL) == 0, name);
	must(cxa_output_write(output, text, strlen(text), NULL) == 0, name);
	status = cxa_output_commit(output, NULL);
	cxa_output_close(output);
	return status;
}

/* A folder @path of one file @name; Return: what commit returns */
static int make(const char *path, const char *name, struct cxa_error *error)
{
	struct cxa_output_folder *folder = begin(path);
	int status;

	add(folder, name, "text");
	status = cxa_output_folder_commit(folder, error);
	cxa_output_folder_close(folder);
	return status;
}

struct refusal {
	const char *path;
	int status;
	const char *message;
};

static const struct refusal refusals[] = {
	{ "full", CXA_ERR_USAGE, "folder full is not empty" },
	{ "full/", CXA_ERR_USAGE, "folder full is not empty" },
	{ "to-full", CXA_ERR_USAGE, "folder to-full is not empty" },
	{ "file", CXA_ERR_USAGE, "file exists and is no folder" },
	{ ".", CXA_ERR_USAGE, "cannot write \".\": a name is missing" },
	{ "full/..", CXA_ERR_USAGE,
	  "cannot write \"full/..\": a name is missing" },
	{ "", CXA_ERR_USAGE, "cannot write \"\": a name is missing" },
	{ "//", CXA_ERR_USAGE, "cannot write \"/\": a name is missing" },
	{ "missing/new", CXA_ERR_IO, "cannot write missing/new: cannot open "
	  "its folder: No such file or directory" },
};

static void no_place_for_a_folder_is_refused(void)
{
	must(mkdir("full", 0700) == 0, "mkdir");
	put_file("full/.hidden", "old");
	put_file("file", "old");
	must(symlink("full", "to-full") == 0, "symlink");
	for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
		const struct refusal *refusal = &refusals[i];
		struct cxa_error error = CXA_ERROR_INIT;
		struct cxa_output_folder *folder = (void *)1;

		ok(cxa_output_folder_open(&folder, refusal->path, NULL,
					  &error) == refusal->status &&
		   folder == NULL, "\"%s\" is refused", refusal->path);
		is_str(error.message, refusal->message, "and says why");
	}
	is_int(count_names("."), 3, "and nothing is left");
	is_str(file_text("full/.hidden"), "old", "and nothing is harmed");
}

static void path_as_a_file_name_is_refused(void)
{
	static const char *const names[] = { "", ".", "..", "a/b", "/a",
					     "../a" };
	struct cxa_output_folder *folder = begin("new");

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct cxa_output *output = (void *)1;

		ok(cxa_output_folder_file(folder, names[i], &output, NULL) ==
		   CXA_ERR_USAGE && output == NULL,
		   "\"%s\" is refused as the name of a file", names[i]);
	}
	cxa_output_folder_close(folder);
}

static void without_commit_nothing_remains(void)
{
	struct cxa_output_folder *folder = begin("new");
	struct cxa_output *output;

	is_int(add(folder, "one", "text"), 0, "a file in it is committed");
	add(folder, "two", "text");
	must(cxa_output_folder_file(folder, "three", &output, NULL) == 0,
	     "file");
	ok(!exists("new"), "before the commit there is no folder");
	cxa_output_close(output);
	cxa_output_folder_close(folder);
	is_int(count_names("."), 3, "without a commit nothing remains");
}

static void wish_to_stop_comes_before_the_commit(void)
{
	struct cxa_cancel cancel = { 0 };
	struct cxa_output_folder *folder;

	must(cxa_output_folder_open(&folder, "new", &cancel, NULL) == 0,
	     "open");
	add(folder, "one", "text");
	cancel.requested = 1;
	is_int(cxa_output_folder_commit(folder, NULL), CXA_ERR_CANCELLED,
	       "a commit is not begun when one wants to stop");
	cxa_output_folder_close(folder);
	is_int(count_names("."), 3, "and nothing remains");
}

static void folder_filled_meanwhile_is_not_harmed(void)
{
	struct cxa_error error = CXA_ERROR_INIT;
	struct cxa_output_folder *folder = begin("new");

	add(folder, "one", "text");
	must(mkdir("new", 0700) == 0, "mkdir");
	put_file("new/other", "other");
	is_int(cxa_output_folder_commit(folder, &error), CXA_ERR_IO,
	       "a folder that was filled meanwhile fails the commit");
	is_str(error.message, "cannot make folder new: Directory not empty",
	       "says why");
	cxa_output_folder_close(folder);
	is_str(file_text("new/other"), "other", "what is in it stays");
	is_int(count_names("new"), 1, "and nothing is added");
	is_int(count_names("."), 4, "nor left");
	unlink("new/other");
	rmdir("new");
}

static void failed_write_names_the_final_path(void)
{
	struct cxa_error error = CXA_ERROR_INIT;
	struct cxa_cancel cancel = { 0 };
	struct cxa_output_folder *folder;
	struct cxa_output *output;
	char byte;

	must(cxa_output_folder_open(&folder, "new/", &cancel, NULL) == 0,
	     "open");
	must(cxa_output_folder_file(folder, "one", &output, NULL) == 0, "file");
	cxa_output_read_at(output, 0, &byte, 1, &error);
	is_str(error.message, "so much was not written to new/one",
	       "a message names the path that is to be");
	cancel.requested = 1;
	is_int(cxa_output_write(output, "x", 1, NULL), CXA_ERR_CANCELLED,
	       "a file in a folder is interrupted with it");
	cxa_output_close(output);
	cxa_output_folder_close(folder);
}

static void new_folder_appears_whole(void)
{
	struct cxa_output_folder *folder = begin("new/");

	umask(027);
	add(folder, "one", "1");
	add(folder, "two", "2");
	ok(!exists("new"), "before the commit there is no folder");
	is_int(cxa_output_folder_commit(folder, NULL), 0, "it is committed");
	cxa_output_folder_close(folder);
	is_str(file_text("new/one"), "1", "with its first file");
	is_str(file_text("new/two"), "2", "and its second");
	is_int(count_names("new"), 2, "and no other");
	is_int(count_names("."), 4, "nor anything beside it");
	is_uint(mode_of("new"), 0750, "with 0777 less the umask");
	is_uint(mode_of("new/one"), 0640, "and its files with 0666 less that");
	umask(022);
	unlink("new/one");
	unlink("new/two");
}

static void empty_folder_is_replaced(void)
{
	must(chmod("new", 0705) == 0, "chmod");
	is_int(make("new", "one", NULL), 0, "an empty folder is replaced");
	is_str(file_text("new/one"), "text", "by a full one");
	is_uint(mode_of("new"), 0705, "with its mode");
	unlink("new/one");
	must(symlink("new", "to-new") == 0, "symlink");
	is_int(make("to-new/", "two", NULL), 0, "so is one behind a link");
	is_str(file_text("new/two"), "text", "where it is");
	is_str(file_text("to-new/two"), "text", "and the link stays");
	unlink("to-new");
	unlink("new/two");
	rmdir("new");
}

static void group_of_the_folder_is_inherited(void)
{
	must(mkdir("shared", 0700) == 0 && chmod("shared", 02770) == 0,
	     "mkdir");
	make("shared/new", "one", NULL);
	is_uint(mode_of("shared/new"), 02755,
		"in a set-group-ID folder it is one, too");
}

static void refuse_first(void)
{
	no_place_for_a_folder_is_refused();
	path_as_a_file_name_is_refused();
	without_commit_nothing_remains();
	wish_to_stop_comes_before_the_commit();
	folder_filled_meanwhile_is_not_harmed();
	failed_write_names_the_final_path();
}

int main(void)
{
	int descriptors;

	umask(022);
	enter_scratch();
	descriptors = count_names("/proc/self/fd");
	refuse_first();
	new_folder_appears_whole();
	empty_folder_is_replaced();
	group_of_the_folder_is_inherited();
	is_int(count_names("/proc/self/fd"), descriptors,
	       "every descriptor is closed");
	leave_scratch();
	cxa_output_folder_close(NULL);
	return done_testing();
}
