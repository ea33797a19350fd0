/* sandbox_calls.c - a filter of system calls: those of a reader, of a writer */
#ifdef HAVE_CONFIG_H
#include <config.h>
#endif
#include "sandbox.h"

#ifdef HAVE_LINUX_LANDLOCK_H
#include <linux/audit.h>
/* Processors whose calls are named and called as the table has it. */
#if defined(__x86_64__)
#define PROCESSOR AUDIT_ARCH_X86_64
#elif defined(__aarch64__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define PROCESSOR AUDIT_ARCH_AARCH64
#elif defined(__riscv) && __riscv_xlen == 64
#define PROCESSOR AUDIT_ARCH_RISCV64
#endif
#endif

#ifdef PROCESSOR
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stddef.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

/*
 * Written out here, as libseccomp 2.5 crashes or never returns when a program
 * has no memory left for it, and this takes none.
 *
 * What is not listed does not exist, as far as the program can tell (ENOSYS):
 * a C library falls back from a call that is newer than this list.
 */
static const uint16_t allowed[] = {
	/* memory; mmap and mprotect are below */
	SYS_brk, SYS_madvise, SYS_membarrier, SYS_mremap, SYS_munmap,
	/* open files */
	SYS_close, SYS_close_range, SYS_dup, SYS_fadvise64, SYS_fallocate,
	SYS_fcntl, SYS_fdatasync, SYS_fstat, SYS_fstatfs, SYS_fsync,
	SYS_ftruncate, SYS_getdents64, SYS_lseek, SYS_ppoll, SYS_pread64,
	SYS_preadv, SYS_pwrite64, SYS_pwritev, SYS_read, SYS_readv, SYS_write,
	SYS_writev,
	/* names; openat is below */
	SYS_faccessat, SYS_faccessat2, SYS_getcwd, SYS_newfstatat,
	SYS_readlinkat, SYS_statfs, SYS_statx, SYS_umask, SYS_unlinkat,
	/* SQLite, for the files that it makes beside a store */
	SYS_fchmod, SYS_fchown,
	/* threads; clone is below */
	SYS_futex, SYS_rseq, SYS_sched_getaffinity, SYS_sched_yield,
	SYS_set_robust_list, SYS_set_tid_address,
	/* time, signals to itself, the end */
	SYS_clock_getres, SYS_clock_gettime, SYS_clock_nanosleep, SYS_exit,
	SYS_exit_group, SYS_getrandom, SYS_gettimeofday, SYS_nanosleep,
	SYS_restart_syscall, SYS_rt_sigaction, SYS_rt_sigprocmask,
	SYS_rt_sigreturn, SYS_sigaltstack,
	/* what the process is */
	SYS_getegid, SYS_geteuid, SYS_getgid, SYS_getpid, SYS_getppid,
	SYS_getrusage, SYS_gettid, SYS_getuid, SYS_sysinfo, SYS_uname,
#ifdef SYS_open /* a processor with calls of old */
	SYS_access, SYS_getdents, SYS_lstat, SYS_poll, SYS_readlink, SYS_stat,
	SYS_time, SYS_unlink,
#endif
};

/* And where files are written: names. */
static const uint16_t allowed_to_writers[] = {
	SYS_linkat, SYS_mkdirat, SYS_renameat, SYS_renameat2,
#ifdef SYS_open
	SYS_mkdir, SYS_rename, SYS_rmdir,
#endif
};

/* A call that one argument tells to be harmless: (it & mask) == value */
struct condition {
	uint16_t call;
	uint8_t argument;
	uint32_t mask;
	uint32_t value;
};

enum {
	ALLOWED = sizeof(allowed) / sizeof(allowed[0]),
	ALLOWED_TO_WRITERS =
		sizeof(allowed_to_writers) / sizeof(allowed_to_writers[0]),
	CONDITIONS_MAX = 8,
	INSTRUCTIONS = 3 + 2 * (ALLOWED + ALLOWED_TO_WRITERS) + 1 +
		       6 * CONDITIONS_MAX + 1
};

struct program {
	unsigned short size;
	struct sock_filter code[INSTRUCTIONS];
};

static void add(struct program *program, unsigned code, unsigned if_true,
		unsigned if_false, uint32_t operand)
{
	program->code[program->size++] = (struct sock_filter){
		(uint16_t)code, (uint8_t)if_true, (uint8_t)if_false, operand
	};
}

static void load(struct program *program, size_t offset)
{
	add(program, BPF_LD | BPF_W | BPF_ABS, 0, 0, (uint32_t)offset);
}

/* Go on when it is @value, else pass over the next @count. */
static void unless_skip(struct program *program, uint32_t value, unsigned count)
{
	add(program, BPF_JMP | BPF_JEQ | BPF_K, 0, count, value);
}

static void answer(struct program *program, uint32_t answer)
{
	add(program, BPF_RET | BPF_K, 0, 0, answer);
}

/* The lower half tells all: processors of a PROCESSOR store it first. */
static void add_condition(struct program *program,
			  const struct condition *condition)
{
	load(program, offsetof(struct seccomp_data, nr));
	unless_skip(program, condition->call, 4);
	load(program, offsetof(struct seccomp_data, args) +
			      sizeof(uint64_t) * condition->argument);
	add(program, BPF_ALU | BPF_AND | BPF_K, 0, 0, condition->mask);
	unless_skip(program, condition->value, 1);
	answer(program, SECCOMP_RET_ALLOW);
}

static void allow(struct program *program, const uint16_t *calls, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		unless_skip(program, calls[i], 1);
		answer(program, SECCOMP_RET_ALLOW);
	}
}

static void make(struct program *program, bool writes)
{
	const uint32_t truncates = writes ? 0 : O_TRUNC;
	const struct condition conditions[] = {
		/*
		 * Which files, Landlock knows; but before Linux 6.2 not that
		 * who may read a file is to leave its content there.
		 */
		{ SYS_openat, 2, truncates, 0 },
#ifdef SYS_open
		{ SYS_open, 1, truncates, 0 },
#endif
		/* no memory becomes a program */
		{ SYS_mmap, 2, PROT_EXEC, 0 },
		{ SYS_mprotect, 2, PROT_EXEC, 0 },
		/* a thread, no process; clone3, which hides it, is refused */
		{ SYS_clone, 0, CLONE_THREAD, CLONE_THREAD },
		{ SYS_tgkill, 0, UINT32_MAX, (uint32_t)getpid() },
		/* is it a terminal, and how wide? */
		{ SYS_ioctl, 1, UINT32_MAX, TCGETS },
		{ SYS_ioctl, 1, UINT32_MAX, TIOCGWINSZ },
	};

	_Static_assert(sizeof(conditions) <=
		       CONDITIONS_MAX * sizeof(conditions[0]), "room for all");
	program->size = 0;
	load(program, offsetof(struct seccomp_data, arch));
	add(program, BPF_JMP | BPF_JEQ | BPF_K, 1, 0, PROCESSOR);
	answer(program, SECCOMP_RET_ERRNO | ENOSYS);
	load(program, offsetof(struct seccomp_data, nr));
	allow(program, allowed, ALLOWED);
	if (writes)
		allow(program, allowed_to_writers, ALLOWED_TO_WRITERS);
	for (size_t i = 0; i < sizeof(conditions) / sizeof(conditions[0]); i++)
		add_condition(program, &conditions[i]);
	answer(program, SECCOMP_RET_ERRNO | ENOSYS);
}

bool sandbox_calls_known(void)
{
	return true;
}

/* All threads, in case that a preloaded library has started one. */
bool sandbox_calls_enter(bool writes)
{
	struct program program;
	struct sock_fprog filter;

	make(&program, writes);
	filter = (struct sock_fprog){ program.size, program.code };
	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
	       syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER,
		       SECCOMP_FILTER_FLAG_TSYNC, &filter) == 0;
}

#else

bool sandbox_calls_known(void)
{
	return false;
}

bool sandbox_calls_enter(bool writes)
{
	(void)writes;
	return false;
}

#endif
