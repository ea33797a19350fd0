/* file_log.h - every change that the tool makes to the files of a folder */
#ifndef CXA_TESTS_FAULTS_FILE_LOG_H
#define CXA_TESTS_FAULTS_FILE_LOG_H

#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>

#include "faults/names.h"
#include "faults/trace.h"

enum {
	LOG_STEPS = 4096,
	LOG_THREADS = 8
};

/* @first: its bytes before the tool began */
struct log_file {
	ino_t inode;
	char *first;
	size_t first_size;
};

/* @unknown: a call that changes files and that this does not know */
struct file_log {
	char folder[PATH_BYTES];
	struct step steps[LOG_STEPS];
	int count;
	struct log_file files[LOG_FILES];
	int file_count;
	struct names first;
	struct names now;
	struct {
		pid_t thread;
		struct __ptrace_syscall_info info;
	} calls[LOG_THREADS];
	long unknown;
};

/* --- what a call is about ---------------------------------------------------- */

static void read_link(const char *link, char out[PATH_BYTES])
{
	ssize_t size = readlink(link, out, PATH_BYTES - 1);

	out[size < 0 ? 0 : size] = '\0';
}

/* Return: the file of a descriptor or of /proc/self/fd/N; -1: none of ours */
static int file_of(struct file_log *log, pid_t thread, int fd)
{
	char link[64];
	char path[PATH_BYTES];
	struct stat st;
	size_t size = strlen(log->folder);

	snprintf(link, sizeof(link), "/proc/%d/fd/%d", thread, fd);
	read_link(link, path);
	if (strncmp(path, log->folder, size) != 0 || path[size] != '/' ||
	    stat(link, &st) != 0 || !S_ISREG(st.st_mode))
		return -1;
	for (int i = 0; i < log->file_count; i++)
		if (log->files[i].inode == st.st_ino)
			return i;
	must(log->file_count < LOG_FILES, "too many files");
	log->files[log->file_count].inode = st.st_ino;
	return log->file_count++;
}

static void read_path(pid_t thread, uint64_t from, char out[PATH_BYTES])
{
	struct iovec here = { out, PATH_BYTES - 1 };
	struct iovec there = { (void *)(uintptr_t)from, PATH_BYTES - 1 };

	memset(out, 0, PATH_BYTES);
	/* No further than its page, when the next one is not there. */
	if (process_vm_readv(thread, &here, 1, &there, 1, 0) >= 0)
		return;
	here.iov_len = there.iov_len = 4096 - (size_t)(from % 4096);
	if (here.iov_len > PATH_BYTES - 1)
		here.iov_len = there.iov_len = PATH_BYTES - 1;
	process_vm_readv(thread, &here, 1, &there, 1, 0);
}

/* Takes "." and ".." out of an absolute path, in place. */
static void tidy(char path[PATH_BYTES])
{
	char out[PATH_BYTES] = "";
	char *rest = path;
	char *part;

	while ((part = strtok_r(rest, "/", &rest)) != NULL) {
		char *slash = strrchr(out, '/');

		if (strcmp(part, "..") == 0 && slash != NULL)
			*slash = '\0';
		else if (strcmp(part, ".") != 0 && strcmp(part, "..") != 0)
			snprintf(out + strlen(out), PATH_BYTES - strlen(out),
				 "/%s", part);
	}
	memcpy(path, out, PATH_BYTES);
}

/* Return: is it in the folder? @name: where */
static bool name_of(const struct file_log *log, pid_t thread, int at,
		    uint64_t pointer, char name[NAME_BYTES])
{
	char path[PATH_BYTES];
	char base[PATH_BYTES] = "";
	char whole[PATH_BYTES * 2];
	char link[64];
	size_t size = strlen(log->folder);

	read_path(thread, pointer, path);
	if (path[0] != '/') {
		if (at == AT_FDCWD)
			snprintf(link, sizeof(link), "/proc/%d/cwd", thread);
		else
			snprintf(link, sizeof(link), "/proc/%d/fd/%d", thread,
				 at);
		read_link(link, base);
	}
	snprintf(whole, sizeof(whole), "%s/%s", base, path);
	snprintf(path, sizeof(path), "%.*s", PATH_BYTES - 1, whole);
	tidy(path);
	if (strncmp(path, log->folder, size) != 0 ||
	    (path[size] != '/' && path[size] != '\0'))
		return false;
	snprintf(name, NAME_BYTES, "%.*s", NAME_BYTES - 1,
		 path[size] == '/' ? path + size + 1 : "");
	return true;
}

/* --- noting it down ----------------------------------------------------------- */

static struct step *add_step(struct file_log *log, enum step_kind kind,
			     int file)
{
	struct step *step = &log->steps[log->count++];

	must(log->count < LOG_STEPS, "too many steps");
	memset(step, 0, sizeof(*step));
	step->kind = kind;
	step->file = file;
	return step;
}

static void note_write(struct file_log *log, pid_t thread, int fd,
		       uint64_t from, size_t size, size_t offset)
{
	int file = file_of(log, thread, fd);
	struct iovec here;
	struct iovec there = { (void *)(uintptr_t)from, size };
	struct step *step;

	if (file < 0)
		return;
	step = add_step(log, STEP_WRITE, file);
	step->offset = offset;
	step->size = size;
	step->data = malloc(size + 1);
	here = (struct iovec){ step->data, size };
	must(process_vm_readv(thread, &here, 1, &there, 1, 0) == (ssize_t)size,
	     "reading what was written");
}

/* Where it stands after a write, from which follows where it stood. */
static size_t position_of(pid_t thread, int fd)
{
	char path[64];
	char line[80];
	unsigned long long at = 0;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/fdinfo/%d", thread, fd);
	file = fopen(path, "r");
	must(file != NULL, path);
	while (fgets(line, sizeof(line), file) != NULL)
		if (sscanf(line, "pos: %llu", &at) == 1)
			break;
	fclose(file);
	return (size_t)at;
}

static void note_name(struct file_log *log, const struct step *step)
{
	*add_step(log, step->kind, step->file) = *step;
	apply_name(&log->now, step);
}

/* Return: a file that was just made, maybe where one was that is gone */
static int new_file(struct file_log *log, pid_t thread, int fd)
{
	int old = file_of(log, thread, fd);

	if (old >= 0)
		log->files[old].inode = 0;
	return file_of(log, thread, fd);
}

static void note_open(struct file_log *log, pid_t thread, int at,
		      uint64_t path, uint64_t flags, int fd)
{
	struct step step = { .kind = STEP_NAME };
	int known;
	int file;

	if ((flags & O_TMPFILE) == O_TMPFILE)
		new_file(log, thread, fd);
	if ((flags & (O_CREAT | O_TRUNC)) == 0 ||
	    (flags & O_TMPFILE) == O_TMPFILE ||
	    !name_of(log, thread, at, path, step.to) ||
	    is_made_anew(step.to))
		return;
	known = find_name(&log->now, step.to);
	file = known < 0 ? new_file(log, thread, fd) :
			   file_of(log, thread, fd);
	if (known >= 0 && (flags & O_TRUNC) != 0 && file >= 0)
		add_step(log, STEP_SIZE, file);
	step.file = file;
	if (known < 0 && file >= 0)
		note_name(log, &step);
}

static void note_rename(struct file_log *log, pid_t thread, int from_at,
			uint64_t from, int to_at, uint64_t to)
{
	struct step step = { .kind = STEP_RENAME, .file = -1 };

	if (name_of(log, thread, from_at, from, step.from) &&
	    name_of(log, thread, to_at, to, step.to))
		note_name(log, &step);
}

static void note_link(struct file_log *log, pid_t thread, uint64_t from,
		      int to_at, uint64_t to)
{
	struct step step = { .kind = STEP_NAME };
	char path[PATH_BYTES];
	int fd = -1;

	read_path(thread, from, path);
	if (!name_of(log, thread, to_at, to, step.to))
		return;
	if (sscanf(path, "/proc/self/fd/%d", &fd) != 1) {
		log->unknown = SYS_linkat;
		return;
	}
	step.file = file_of(log, thread, fd);
	note_name(log, &step);
}

static void note_folder(struct file_log *log, pid_t thread, int at,
			uint64_t path)
{
	struct step step = { .kind = STEP_FOLDER, .file = -1 };

	if (name_of(log, thread, at, path, step.to))
		note_name(log, &step);
}

static void note_remove(struct file_log *log, pid_t thread, int at,
			uint64_t path)
{
	struct step step = { .kind = STEP_REMOVE, .file = -1 };

	if (name_of(log, thread, at, path, step.from) &&
	    !is_made_anew(step.from))
		note_name(log, &step);
}

/* Of a file, or of a folder, by its name at the time. */
static void note_sync(struct file_log *log, pid_t thread, int fd)
{
	char link[64];
	char path[PATH_BYTES];
	int file = file_of(log, thread, fd);
	size_t size = strlen(log->folder);

	snprintf(link, sizeof(link), "/proc/%d/fd/%d", thread, fd);
	read_link(link, path);
	if (strncmp(path, log->folder, size) != 0)
		return;
	if (file >= 0)
		add_step(log, STEP_SYNC, file);
	else
		snprintf(add_step(log, STEP_SYNC, -1)->from, NAME_BYTES,
			 "%.*s", NAME_BYTES - 1,
			 path[size] == '/' ? path + size + 1 : "");
}

/* SQLite's index of its log is mapped, and made anew after a crash. */
static bool is_index(pid_t thread, int fd)
{
	char link[64];
	char path[PATH_BYTES];

	snprintf(link, sizeof(link), "/proc/%d/fd/%d", thread, fd);
	read_link(link, path);
	return is_made_anew(path);
}

/* Bytes, sizes and syncs; Return: was it one of these? */
static bool note_data_call(struct file_log *log, pid_t thread, long number,
			   const uint64_t *a, int64_t value)
{
	int fd = (int)a[0];
	struct step *step;

	switch (number) {
	case SYS_write:
		if (file_of(log, thread, fd) >= 0)
			note_write(log, thread, fd, a[1], (size_t)value,
				   position_of(thread, fd) - (size_t)value);
		return true;
	case SYS_pwrite64:
		if (!is_index(thread, fd))
			note_write(log, thread, fd, a[1], (size_t)value,
				   (size_t)a[3]);
		return true;
	case SYS_ftruncate:
		if (is_index(thread, fd) || file_of(log, thread, fd) < 0)
			return true;
		step = add_step(log, STEP_SIZE, file_of(log, thread, fd));
		step->offset = (size_t)a[1];
		return true;
	case SYS_fsync:
	case SYS_fdatasync:
		note_sync(log, thread, fd);
		return true;
	default:
		return false;
	}
}

static bool note_name_call(struct file_log *log, pid_t thread, long number,
			   const uint64_t *a, int64_t value)
{
	int at = (int)a[0];

	switch (number) {
	case SYS_openat:
		note_open(log, thread, at, a[1], a[2], (int)value);
		return true;
	case SYS_renameat:
	case SYS_renameat2:
		note_rename(log, thread, at, a[1], (int)a[2], a[3]);
		return true;
	case SYS_linkat:
		note_link(log, thread, a[1], (int)a[2], a[3]);
		return true;
	case SYS_unlinkat:
		note_remove(log, thread, at, a[1]);
		return true;
	case SYS_mkdirat:
		note_folder(log, thread, at, a[1]);
		return true;
	default:
		return false;
	}
}

/* Those that a processor with calls of old has, too. */
static bool note_old_call(struct file_log *log, pid_t thread, long number,
			  const uint64_t *a, int64_t value)
{
	switch (number) {
#ifdef SYS_open
	case SYS_open:
		note_open(log, thread, AT_FDCWD, a[0], a[1], (int)value);
		return true;
	case SYS_rename:
		note_rename(log, thread, AT_FDCWD, a[0], AT_FDCWD, a[1]);
		return true;
	case SYS_link:
		note_link(log, thread, a[0], AT_FDCWD, a[1]);
		return true;
	case SYS_unlink:
	case SYS_rmdir:
		note_remove(log, thread, AT_FDCWD, a[0]);
		return true;
	case SYS_mkdir:
		note_folder(log, thread, AT_FDCWD, a[0]);
		return true;
#endif
	default:
		(void)log;
		(void)thread;
		(void)a;
		(void)value;
		return false;
	}
}

/* Does it change a file in a way that is not noted down? */
static bool is_unknown(struct file_log *log, pid_t thread, long number,
		       const uint64_t *a)
{
	switch (number) {
	case SYS_symlinkat:
	case SYS_truncate:
		return true;
	case SYS_writev:
	case SYS_pwritev:
	case SYS_pwritev2:
	case SYS_fallocate:
	case SYS_sendfile:
		return file_of(log, thread, (int)a[0]) >= 0;
	case SYS_copy_file_range:
	case SYS_splice:
		return file_of(log, thread, (int)a[2]) >= 0;
	case SYS_mmap:
		return (a[3] & MAP_SHARED) != 0 && (a[2] & PROT_WRITE) != 0 &&
		       (int)a[4] >= 0 && !is_index(thread, (int)a[4]) &&
		       file_of(log, thread, (int)a[4]) >= 0;
	default:
		return false;
	}
}

static void note_call(struct file_log *log, pid_t thread,
		      const struct __ptrace_syscall_info *info, int64_t value)
{
	long number = (long)info->entry.nr;
	uint64_t a[6];

	for (int i = 0; i < 6; i++)
		a[i] = info->entry.args[i];
	if (!note_data_call(log, thread, number, a, value) &&
	    !note_name_call(log, thread, number, a, value) &&
	    !note_old_call(log, thread, number, a, value) &&
	    is_unknown(log, thread, number, a))
		log->unknown = number;
}

static bool note_stop(struct trace *trace, pid_t thread,
		      const struct __ptrace_syscall_info *info)
{
	struct file_log *log = trace->user;
	int at = 0;

	while (at < LOG_THREADS && log->calls[at].thread != thread &&
	       log->calls[at].thread != 0)
		at++;
	must(at < LOG_THREADS, "too many threads");
	log->calls[at].thread = thread;
	if (info->op == PTRACE_SYSCALL_INFO_ENTRY)
		log->calls[at].info = *info;
	else if (info->op == PTRACE_SYSCALL_INFO_EXIT && !info->exit.is_error &&
		 log->calls[at].info.op == PTRACE_SYSCALL_INFO_ENTRY)
		note_call(log, thread, &log->calls[at].info, info->exit.rval);
	return false;
}

/* --- a run ---------------------------------------------------------------------- */

static void note_first(struct file_log *log, const char *folder)
{
	struct dirent **names;
	char path[PATH_BYTES];
	int count = list_names(folder, &names);

	for (int i = 0; i < count; i++) {
		struct log_file *file = &log->files[log->file_count];
		struct stat st;

		join(path, folder, names[i]->d_name);
		must(stat(path, &st) == 0 && S_ISREG(st.st_mode), path);
		file->inode = st.st_ino;
		file->first = read_file(path, &file->first_size);
		set_name(&log->first, names[i]->d_name, log->file_count++);
	}
	free_names(names, count);
	log->now = log->first;
}

/* Return: its exit code */
static int run_logged(struct file_log *log, const struct deed *deed,
		      const char *folder)
{
	struct trace trace = { .meets = note_stop, .user = log };
	char *real = realpath(folder, NULL);

	must(real != NULL, folder);
	snprintf(log->folder, sizeof(log->folder), "%s", real);
	free(real);
	note_first(log, folder);
	run_traced(&trace, deed, folder);
	return trace.code;
}

static void release_log(struct file_log *log)
{
	for (int i = 0; i < log->count; i++)
		free(log->steps[i].data);
	for (int i = 0; i < log->file_count; i++)
		free(log->files[i].first);
	free(log);
}

#endif
