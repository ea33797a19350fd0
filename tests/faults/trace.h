/* trace.h - the tool, followed from system call to system call */
#ifndef CXA_TESTS_FAULTS_TRACE_H
#define CXA_TESTS_FAULTS_TRACE_H

#include <signal.h>
#include <sys/ptrace.h>

#include "faults/deeds.h"

enum { LOADER_BYTES = 256 << 10 /* of code of the dynamic loader, at most */ };

/*
 * @meets: called where a system call is entered, and where it comes back, but
 * for those of the dynamic loader, which come before the program. Return: is
 * this where it is to be killed?
 */
struct trace {
	bool (*meets)(struct trace *trace, pid_t thread,
		      const struct __ptrace_syscall_info *info);
	void *user;
	uint64_t loader; /* where its code begins; 0: not known yet */
	bool started;
	int code;
};

static bool is_of_loader(struct trace *trace,
			 const struct __ptrace_syscall_info *info)
{
	uint64_t from;

	/* Where execve() comes back to is where the loader is entered. */
	if (trace->loader == 0)
		trace->loader = info->instruction_pointer;
	from = info->instruction_pointer - trace->loader + LOADER_BYTES / 4;
	return from < LOADER_BYTES;
}

static bool is_last(struct trace *trace, pid_t thread)
{
	struct __ptrace_syscall_info info;

	if (ptrace(PTRACE_GET_SYSCALL_INFO, thread, sizeof(info), &info) <= 0)
		return false;
	if (!trace->started && is_of_loader(trace, &info))
		return false;
	trace->started = true;
	return trace->meets(trace, thread, &info);
}

static void follow(struct trace *trace, pid_t child)
{
	const long options = PTRACE_O_EXITKILL | PTRACE_O_TRACESYSGOOD |
			     PTRACE_O_TRACECLONE | PTRACE_O_TRACEFORK |
			     PTRACE_O_TRACEVFORK | PTRACE_O_TRACEEXEC;
	bool executed = false;
	bool first = true;
	pid_t thread;
	int status;
	int number;

	while ((thread = waitpid(-1, &status, __WALL)) > 0) {
		if (!WIFSTOPPED(status)) {
			if (thread == child)
				trace->code = code_of(status);
			continue;
		}
		if (first)
			ptrace(PTRACE_SETOPTIONS, child, 0, options);
		number = WSTOPSIG(status);
		if (status >> 8 == (SIGTRAP | PTRACE_EVENT_EXEC << 8))
			executed = true;
		else if (number == (SIGTRAP | 0x80) && executed &&
			 is_last(trace, thread))
			kill(child, SIGKILL);
		if (number == (SIGTRAP | 0x80) || number == SIGTRAP ||
		    number == SIGSTOP)
			number = 0;
		first = false;
		ptrace(PTRACE_SYSCALL, thread, 0, (long)number);
	}
}

static void run_traced(struct trace *trace, const struct deed *deed,
		       const char *folder)
{
	pid_t child;

	fflush(stdout);
	child = fork();
	must(child >= 0, "fork");
	if (child == 0) {
		if (ptrace(PTRACE_TRACEME, 0, 0, 0) != 0)
			_exit(97);
		raise(SIGSTOP);
		become_tool(deed->arguments, folder);
	}
	follow(trace, child);
}

static bool may_trace(void)
{
	struct __ptrace_syscall_info info;
	pid_t child = fork();
	long got;
	int status;

	must(child >= 0, "fork");
	if (child == 0) {
		if (ptrace(PTRACE_TRACEME, 0, 0, 0) == 0)
			raise(SIGSTOP);
		_exit(0);
	}
	if (waitpid(child, &status, 0) != child || !WIFSTOPPED(status))
		return false;
	got = ptrace(PTRACE_GET_SYSCALL_INFO, child, sizeof(info), &info);
	kill(child, SIGKILL);
	waitpid(child, &status, 0);
	return got > 0;
}

#endif
