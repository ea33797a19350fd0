/* sandbox.c - a tool that was taken over can do no harm: its own sandbox */
#define _GNU_SOURCE 1

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sandbox.h"
#include "tap.h"

/* In a folder of its own: in/input.cxa, in/neighbour, in/store.db, out/, tmp/ */
static const char input[] = "in/input.cxa";
static const char store[] = "in/store.db";

/* What an attempt comes to: 0, or the errno of its refusal. */
static int result_of(long result)
{
	return result >= 0 ? 0 : errno == 0 ? EIO : errno;
}

static int opened(const char *path, int flags)
{
	int fd = open(path, flags | O_CLOEXEC, 0600);
	int result = result_of(fd);

	if (fd >= 0)
		close(fd);
	return result;
}

/* --- what must be refused: files -------------------------------------------- */

static int read_neighbour(void)
{
	return opened("in/neighbour", O_RDONLY);
}

static int read_other(void)
{
	return opened("/etc/passwd", O_RDONLY);
}

static int list_folder(void)
{
	return opened("in", O_RDONLY | O_DIRECTORY);
}

static int list_root(void)
{
	return opened("/", O_RDONLY | O_DIRECTORY);
}

static int write_input(void)
{
	return opened(input, O_WRONLY);
}

/* Who opens a file to read it may ask for it to be emptied. */
static int empty_input(void)
{
	return opened(input, O_RDONLY | O_TRUNC);
}

static int make_file(void)
{
	return opened("in/new", O_WRONLY | O_CREAT | O_EXCL);
}

static int make_unnamed(void)
{
	return opened("out", O_WRONLY | O_TMPFILE);
}

static int remove_input(void)
{
	return result_of(unlink("in/neighbour"));
}

static int make_folder(void)
{
	return result_of(mkdir("tmp/folder", 0700));
}

static int change_mode(void)
{
	return result_of(chmod(input, 0777));
}

static int rename_file(void)
{
	return result_of(rename("tmp/a", "tmp/b"));
}

static int link_file(void)
{
	return result_of(link(input, "tmp/linked"));
}

static void *read_in_thread(void *result)
{
	*(int *)result = read_neighbour();
	return result;
}

/* One that was there before is checked by the tool's threads: it has none. */
static int read_by_thread(void)
{
	pthread_t thread;
	int result = EIO;

	if (pthread_create(&thread, NULL, read_in_thread, &result) != 0)
		return 0; /* no refusal: a thread is allowed */
	pthread_join(thread, NULL);
	return result;
}

/* --- what must be refused: calls -------------------------------------------- */

static int start_program(void)
{
	char *const arguments[] = { (char *)(uintptr_t)"true", NULL };
	int child;

	execv("/bin/true", arguments);
	child = errno;
	return child;
}

static int start_process(void)
{
	pid_t child = fork();

	if (child == 0)
		_exit(0);
	if (child > 0)
		waitpid(child, NULL, 0);
	return result_of(child);
}

static int reach_network(void)
{
	return result_of(socket(AF_INET, SOCK_STREAM, 0));
}

static int reach_local(void)
{
	return result_of(socket(AF_UNIX, SOCK_STREAM, 0));
}

static int be_traced(void)
{
	return result_of(ptrace(PTRACE_TRACEME, 0, NULL, NULL));
}

static int read_process(void)
{
	char byte;
	struct iovec here = { &byte, 1 };
	struct iovec there = { &byte, 1 };

	return result_of(process_vm_readv(getppid(), &here, 1, &there, 1, 0));
}

static int signal_parent(void)
{
	return result_of(kill(getppid(), 0));
}

static int signal_thread(void)
{
	return result_of(syscall(SYS_tgkill, getppid(), getppid(), 0));
}

static int mount_something(void)
{
	return result_of(mount("none", "tmp", "tmpfs", 0, NULL));
}

static int leave_namespace(void)
{
	return result_of(unshare(CLONE_NEWUSER));
}

static int change_root(void)
{
	return result_of(chroot("."));
}

static int change_user(void)
{
	return result_of(setuid(getuid()));
}

static int gain_program(void)
{
	void *page = mmap(NULL, 4096, PROT_READ | PROT_EXEC,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return page == MAP_FAILED ? result_of(-1) : 0;
}

static int turn_into_program(void)
{
	void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return result_of(mprotect(page, 4096, PROT_READ | PROT_EXEC));
}

static int make_memory_file(void)
{
	return result_of(memfd_create("x", 0));
}

static int push_terminal(void)
{
	/* TIOCSTI: what is pushed, the shell reads as if it had been typed */
	return result_of(syscall(SYS_ioctl, STDIN_FILENO, 0x5412, "x"));
}

#ifdef __x86_64__
static void no_such_calls(int number)
{
	(void)number;
	_exit(ENOSYS);
}

/* There the numbers mean other calls: 2, which is open here, is fork. */
static int call_as_i386(void)
{
	long result = 2;

	signal(SIGSEGV, no_such_calls); /* a kernel without them */
	__asm__ volatile("int $0x80" : "+a"(result) : :
			 "memory", "r8", "r9", "r10", "r11");
	if (result == 0)
		_exit(0);
	return result < 0 ? (int)-result : 0;
}
#endif

static int make_ring(void)
{
	char parameters[256] = { 0 };

	return result_of(syscall(SYS_io_uring_setup, 1, parameters));
}

/* --- what reading needs ------------------------------------------------------ */

static int read_input(void)
{
	return opened(input, O_RDONLY);
}

static int read_store(void)
{
	return opened(store, O_RDONLY);
}

static int make_temporary(void)
{
	return opened("tmp", O_RDWR | O_TMPFILE | O_EXCL);
}

static int make_named_temporary(void)
{
	int result = opened("tmp/x", O_RDWR | O_CREAT | O_EXCL);

	return result == 0 ? result_of(unlink("tmp/x")) : result;
}

static int make_wal(void)
{
	return opened("in/store.db-wal", O_RDWR | O_CREAT);
}

static void *nothing(void *result)
{
	return result;
}

static int start_thread(void)
{
	pthread_t thread;
	int result = pthread_create(&thread, NULL, nothing, NULL);

	return result == 0 ? pthread_join(thread, NULL) : result;
}

static int take_memory(void)
{
	void *memory = malloc(64 << 20);
	int result = memory == NULL ? ENOMEM : 0;

	free(memory);
	return result;
}

struct attempt {
	const char *what;
	int (*run)(void);
	/* BY_OLD_CALLS: by those that not each kernel has */
	enum { BY_FILES, BY_CALLS, BY_OLD_CALLS } part;
};

static const struct attempt refused[] = {
	{ "read the file beside its input", read_neighbour, BY_FILES },
	{ "read it on another thread", read_by_thread, BY_FILES },
	{ "read any other file", read_other, BY_FILES },
	{ "list the folder of its input", list_folder, BY_FILES },
	{ "list another folder", list_root, BY_FILES },
	{ "write to its input", write_input, BY_FILES },
	{ "empty its input", empty_input, BY_FILES },
	{ "make a file", make_file, BY_FILES },
	{ "make a file without a name elsewhere", make_unnamed, BY_FILES },
	{ "remove a file", remove_input, BY_FILES },
	{ "make a folder", make_folder, BY_CALLS },
	{ "change a mode", change_mode, BY_CALLS },
	{ "rename a file", rename_file, BY_CALLS },
	{ "link a file", link_file, BY_CALLS },
	{ "start a program", start_program, BY_CALLS },
	{ "start a process", start_process, BY_CALLS },
	{ "open a network socket", reach_network, BY_CALLS },
	{ "open a local socket", reach_local, BY_CALLS },
	{ "be traced", be_traced, BY_CALLS },
	{ "read the memory of another process", read_process, BY_CALLS },
	{ "send a signal to another process", signal_parent, BY_CALLS },
	{ "send one to a thread of another process", signal_thread, BY_CALLS },
	{ "mount a file system", mount_something, BY_CALLS },
	{ "enter another name space", leave_namespace, BY_CALLS },
	{ "change its root", change_root, BY_CALLS },
	{ "change its user", change_user, BY_CALLS },
	{ "get memory that can be run", gain_program, BY_CALLS },
	{ "turn what it wrote into a program", turn_into_program, BY_CALLS },
	{ "make a file in memory", make_memory_file, BY_CALLS },
	{ "type into its terminal", push_terminal, BY_CALLS },
#ifdef __x86_64__
	{ "call as a program of 32 bits", call_as_i386, BY_OLD_CALLS },
#endif
	{ "open a ring of calls that pass no filter", make_ring, BY_CALLS },
};

static const struct attempt needed[] = {
	{ "opens its input again", read_input, BY_FILES },
	{ "makes a temporary file", make_temporary, BY_FILES },
	{ "makes and removes a named one", make_named_temporary, BY_FILES },
	{ "starts a thread", start_thread, BY_CALLS },
	{ "takes memory", take_memory, BY_CALLS },
};

static const struct attempt needed_of_store[] = {
	{ "opens a store", read_store, BY_FILES },
	{ "makes the log beside it", make_wal, BY_FILES },
};

static int name_file(void)
{
	return result_of(linkat(AT_FDCWD, input, AT_FDCWD, "tmp/linked", 0));
}

static const struct attempt needed_of_writer[] = {
	{ "makes a folder", make_folder, BY_CALLS },
	{ "gives a file a name", name_file, BY_CALLS },
	{ "replaces an older file", rename_file, BY_CALLS },
	{ "writes beside its input", make_file, BY_CALLS },
};

/* --- in a child: enter, try, tell --------------------------------------------- */

/* The output of salvage; NULL: verify, which has none */
static const char *written;

static int enter(const char *name)
{
	const struct command command = {
		.name = written == NULL ? "verify" : "salvage"
	};
	const struct options options = {
		.command = &command,
		.operands = { name },
		.output = written,
		.context = { .temp_dir = "tmp" },
	};

	return sandbox_enter(&options);
}

/* errno of @attempt, by a child inside the sandbox for @name, or outside: NULL */
static int try(const struct attempt *attempt, const char *name)
{
	int status = 0;
	pid_t child;

	fflush(stdout);
	child = fork();
	if (child == 0) {
		if (name != NULL && enter(name) != EXIT_DONE)
			_exit(255);
		_exit(attempt->run());
	}
	if (child < 0 || waitpid(child, &status, 0) != child ||
	    !WIFEXITED(status))
		return 255;
	return WEXITSTATUS(status);
}

static int enter_calls(void)
{
	return sandbox_calls_enter(false) ? 0 : ENOSYS;
}

static bool has_part(int part)
{
	static const struct attempt calls = { "", enter_calls, BY_CALLS };
	struct sandbox_files *files;
	bool has;

	if (part == BY_CALLS)
		return try(&calls, NULL) == 0;
	files = sandbox_files_new();
	has = files != NULL;
	sandbox_files_close(files);
	return has;
}

static void touch(const char *name, const char *content)
{
	FILE *file = fopen(name, "w");

	if (file == NULL || fwrite(content, 16, 1, file) != 1 ||
	    fclose(file) != 0)
		printf("Bail out! no %s\n", name);
}

static void make_files(void)
{
	mkdir("in", 0700);
	mkdir("out", 0700);
	mkdir("tmp", 0700);
	touch(input, "an archive......");
	touch("in/neighbour", "a secret........");
	touch("tmp/a", "nothing.........");
	touch(store, "SQLite format 3");
}

static void remove_files(const char *folder)
{
	static const char *const names[] = {
		"in/input.cxa", "in/neighbour", "in/store.db",
		"in/store.db-wal", "in/new", "tmp/a", "tmp/b", "tmp/linked",
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		unlink(names[i]);
	rmdir("tmp/folder");
	rmdir("in");
	rmdir("out");
	rmdir("tmp");
	if (chdir("/") == 0)
		rmdir(folder);
}

static void check_refused(const struct attempt *attempt, bool has)
{
	int result;

	if (!has || (attempt->part == BY_OLD_CALLS &&
		     try(attempt, NULL) == ENOSYS)) {
		ok(true, "it cannot %s # SKIP not on this system",
		   attempt->what);
		return;
	}
	result = try(attempt, input);
	ok(result == EACCES || result == EPERM || result == ENOSYS,
	   "%s cannot %s: %s", written == NULL ? "it" : "what writes",
	   attempt->what, strerror(result));
}

static void check_needed(const struct attempt *attempt, const char *name)
{
	int result = try(attempt, name);

	ok(result == 0, "%s %s%s%s", written == NULL ? "it" : "what writes",
	   attempt->what, result == 0 ? "" : ": ",
	   result == 0 ? "" : strerror(result));
}

/* That the file system and the system calls are what refuses, not the machine */
static void check_control(void)
{
	static const struct attempt *const possible[] = {
		&refused[0], &refused[2], &refused[3], &refused[5],
	};

	for (size_t i = 0; i < sizeof(possible) / sizeof(possible[0]); i++)
		ok(try(possible[i], NULL) == 0, "outside it could %s",
		   possible[i]->what);
}

/* --- a thread that was there before ------------------------------------------- */

static int go[2]; /* a pipe: the thread waits for a byte */

static void *start_process_when_told(void *result)
{
	char byte;

	*(int *)result = read(go[0], &byte, 1) == 1 ? start_process() : 0;
	return result;
}

static int start_on_older_thread(void)
{
	pthread_t thread;
	int result = 0;

	if (pipe(go) != 0 || pthread_create(&thread, NULL,
					    start_process_when_told,
					    &result) != 0 ||
	    enter(input) != EXIT_DONE || write(go[1], "", 1) != 1)
		return 0;
	pthread_join(thread, NULL);
	return result;
}

/* Landlock before Linux 6.2 does not know of it. */
static int empty_by_calls_alone(void)
{
	return sandbox_calls_enter(false) ? empty_input() : 0;
}

static void check_calls_alone(bool has)
{
	static const struct attempt attempts[] = {
		{ "start a process on a thread that was there before",
		  start_on_older_thread, BY_CALLS },
		{ "empty its input, whatever Landlock knows",
		  empty_by_calls_alone, BY_CALLS },
	};

	for (size_t i = 0; i < 2; i++)
		ok(!has || try(&attempts[i], NULL) == ENOSYS, "it cannot %s%s",
		   attempts[i].what, has ? "" : " # SKIP not on this system");
}

/* Files are not confined then, and so are not tried. */
static void check_writer(bool has)
{
	written = "out/new.cxa";
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++)
		if (refused[i].part != BY_FILES &&
		    refused[i].run != make_folder &&
		    refused[i].run != rename_file)
			check_refused(&refused[i], has);
	for (size_t i = 0;
	     i < sizeof(needed_of_writer) / sizeof(needed_of_writer[0]); i++)
		check_needed(&needed_of_writer[i], input);
}

int main(void)
{
	char folder[] = "/tmp/cxa-sandbox-XXXXXX";
	bool has[3];

	if (!sandbox_fits() || mkdtemp(folder) == NULL || chdir(folder) != 0) {
		puts("1..0 # SKIP sanitizers and valgrind need more rights");
		return 0;
	}
	make_files();
	has[BY_FILES] = has_part(BY_FILES);
	has[BY_CALLS] = has_part(BY_CALLS);
	has[BY_OLD_CALLS] = has[BY_CALLS];
	check_control();
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++)
		check_refused(&refused[i], has[refused[i].part]);
	for (size_t i = 0; i < sizeof(needed) / sizeof(needed[0]); i++)
		check_needed(&needed[i], input);
	for (size_t i = 0;
	     i < sizeof(needed_of_store) / sizeof(needed_of_store[0]); i++)
		check_needed(&needed_of_store[i], store);
	check_calls_alone(has[BY_CALLS]);
	check_writer(has[BY_CALLS]);
	remove_files(folder);
	return done_testing();
}
