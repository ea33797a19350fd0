/* output_at.c - outputs written at any offset, and such that replace nothing */
#define _GNU_SOURCE 1

#include "base/io.h"

#include "base/scratch.h"
#include "tap.h"

static struct cxa_output *begin(const char *path)
{
	struct cxa_output *output;

	must(cxa_output_open(&output, path, NULL, NULL) == 0, path);
	return output;
}

static void a_pipe_has_no_offsets(void)
{
	struct cxa_error error = CXA_ERROR_INIT;
	struct cxa_output *output = begin("/dev/null");

	is_int(cxa_output_write_at(output, 0, "x", 1, &error), CXA_ERR_USAGE,
	       "a device is not written at an offset");
	like(error.message, "/dev/null can only be written from its start",
	     "the message says why");
	cxa_output_close(output);
}

/* @kind: of file that is written until the commit */
static void a_target_that_came_meanwhile_stays(const char *kind)
{
	struct cxa_error error = CXA_ERROR_INIT;
	struct cxa_output *output = begin("new");

	cxa_output_is_new(output, 0666);
	cxa_output_write_at(output, 0, "mine", 4, NULL);
	put_file("new", "another's");
	is_int(cxa_output_commit(output, &error), CXA_ERR_IO, kind);
	like(error.message, "cannot write new: File exists", "says so");
	cxa_output_close(output);
	is_str(file_text("new"), "another's", "and leaves it as it is");
	is_int(count_names("."), 1, "with nothing beside it");
	unlink("new");
	output = begin("new");
	cxa_output_is_new(output, 0666);
	cxa_output_write_at(output, 0, "mine", 4, NULL);
	is_int(cxa_output_commit(output, NULL), 0,
	       "where there is none, it gets the name");
	cxa_output_close(output);
	is_str(file_text("new"), "mine", "with what was written");
	is_int(count_names("."), 1, "and nothing beside it");
	unlink("new");
}

static void pieces_are_written_in_any_order(void)
{
	struct cxa_output *output = begin("new");
	char back[8] = "";

	cxa_output_write_at(output, 6, "gh", 2, NULL);
	cxa_output_write_at(output, 0, "ab", 2, NULL);
	cxa_output_write_at(output, 1, "bc", 2, NULL);
	is_uint(cxa_output_bytes(output), 8, "the size is up to the last byte");
	cxa_output_read_at(output, 0, back, 8, NULL);
	is_mem(back, 8, "abc\0\0\0gh", 8, "what lies between is zero");
	is_int(cxa_output_commit(output, NULL), 0, "a commit gives the name");
	cxa_output_close(output);
	unlink("new");
}

int main(void)
{
	umask(022);
	enter_scratch();
	a_pipe_has_no_offsets();
	pieces_are_written_in_any_order();
	a_target_that_came_meanwhile_stays("a file without a name replaces "
					   "nothing");
	if (own_mounts() && mount("none", "/proc", "tmpfs", 0, NULL) == 0) {
		a_target_that_came_meanwhile_stays("nor does a hidden one");
		must(umount("/proc") == 0, "umount");
	} else {
		ok(true, "without /proc # SKIP no mount namespace here");
	}
	leave_scratch();
	return done_testing();
}
