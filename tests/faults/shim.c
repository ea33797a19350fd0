/* shim.c - the calls of one class are counted, and one of them fails */
#define _GNU_SOURCE 1
#undef _FORTIFY_SOURCE
#undef _FILE_OFFSET_BITS /* open() and open64() are two */

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "faults/classes.h"

/*
 * FAULT_CLASS is the class by number, FAULT_AT the call that fails, from 1 on;
 * FAULT_ERRNO the reason, 0: it does half of what it is asked to; FAULT_STICKY
 * is set: and so do all that follow. FAULT_COUNTS names a file that the counts
 * are written to at the end.
 */
static int wanted = -1;
static unsigned long at;
static int reason;
static bool sticky;
static bool armed;
static unsigned long counts[CLASSES];
static FILE *told;

static long number_of(const char *name, long otherwise)
{
	const char *text = getenv(name);

	return text == NULL ? otherwise : strtol(text, NULL, 10);
}

static void begin(void)
{
	wanted = (int)number_of("FAULT_CLASS", -1);
	at = (unsigned long)number_of("FAULT_AT", 0);
	reason = (int)number_of("FAULT_ERRNO", 0);
	sticky = getenv("FAULT_STICKY") != NULL;
	/* Now: a command that reads can open it no more. */
	if (getenv("FAULT_COUNTS") != NULL)
		told = fopen(getenv("FAULT_COUNTS"), "w");
	armed = true;
}

/*
 * Preloaded, it stands before the C library. Or it is linked to the tool, with
 * ld's --wrap (CXA_WRAP): then the tool's own calls fail and no library's, and
 * the address sanitizer, which has malloc() for itself, sees what leaks.
 */
#ifdef CXA_WRAP

#define NAME(name) __wrap_##name
#define REAL(name) __real_##name
#define DECLARE(result, name, parameters)                                     \
result __real_##name parameters;                                              \
result __wrap_##name parameters;

int __real_main(int argc, char **argv);
int __wrap_main(int argc, char **argv);
int __wrap_main(int argc, char **argv)
{
	begin();
	return __real_main(argc, argv);
}

#else

#define NAME(name) name
#define REAL(name) ((__typeof__(&(name)))dlsym(RTLD_NEXT, #name))
#define DECLARE(result, name, parameters)

/* From here on it is the program's own calls, no library's beginnings. */
int __libc_start_main(int (*main)(int, char **, char **), int argc, char **argv,
		      int (*init)(int, char **, char **), void (*fini)(void),
		      void (*rtld_fini)(void), void *stack_end);

int __libc_start_main(int (*main)(int, char **, char **), int argc, char **argv,
		      int (*init)(int, char **, char **), void (*fini)(void),
		      void (*rtld_fini)(void), void *stack_end)
{
	__typeof__(&__libc_start_main) real = REAL(__libc_start_main);

	begin();
	return real(main, argc, argv, init, fini, rtld_fini, stack_end);
}

#endif

__attribute__((destructor)) static void tell_counts(void)
{
	armed = false;
	if (told == NULL)
		return;
	for (int i = 0; i < CLASSES; i++)
		fprintf(told, "%lu\n", counts[i]);
	fclose(told);
}

static bool is_hit(enum fault_class class)
{
	unsigned long number;

	if (!armed)
		return false;
	number = __atomic_add_fetch(&counts[class], 1, __ATOMIC_RELAXED);
	return (int)class == wanted &&
	       (number == at || (sticky && number > at));
}

/* Within libarchive, which ends or crashes the program without memory */
static _Thread_local int in_libarchive;

static bool fails(enum fault_class class)
{
	if ((class == CLASS_MEMORY && in_libarchive > 0) || !is_hit(class) ||
	    reason == 0)
		return false;
	errno = reason;
	return true;
}

/* Of a call that moves bytes: how many it is let; -1: it fails */
static ssize_t let(enum fault_class class, size_t size)
{
	if (!is_hit(class))
		return (ssize_t)size;
	if (reason == 0)
		return (ssize_t)(size > 1 ? size / 2 : size);
	errno = reason;
	return -1;
}

/* --- opening ------------------------------------------------------------------ */

int __open_2(const char *path, int flags);
int __open64_2(const char *path, int flags);

static mode_t mode_in(int flags, va_list args)
{
	return (flags & O_CREAT) != 0 || (flags & O_TMPFILE) == O_TMPFILE ?
		       va_arg(args, mode_t) : 0;
}

#define OPEN(name)                                                            \
DECLARE(int, name, (const char *path, int flags, ...))                        \
int NAME(name)(const char *path, int flags, ...)                                    \
{                                                                             \
	va_list args;                                                         \
	mode_t mode;                                                          \
                                                                              \
	va_start(args, flags);                                                \
	mode = mode_in(flags, args);                                          \
	va_end(args);                                                         \
	return fails(CLASS_OPEN) ? -1 : REAL(name)(path, flags, mode);        \
}

#define OPEN_AT(name)                                                         \
DECLARE(int, name, (int folder, const char *path, int flags, ...))            \
int NAME(name)(int folder, const char *path, int flags, ...)                        \
{                                                                             \
	va_list args;                                                         \
	mode_t mode;                                                          \
                                                                              \
	va_start(args, flags);                                                \
	mode = mode_in(flags, args);                                          \
	va_end(args);                                                         \
	return fails(CLASS_OPEN) ? -1 :                                       \
				   REAL(name)(folder, path, flags, mode);     \
}

OPEN(open)
OPEN(open64)
OPEN_AT(openat)
OPEN_AT(openat64)

/* --- all others, which differ in their parameters alone --------------------------- */

#define FAIL(class, result, failed, name, parameters, arguments)              \
DECLARE(result, name, parameters)                                             \
result NAME(name) parameters                                                  \
{                                                                             \
	return fails(class) ? failed : REAL(name) arguments;                  \
}

#define MOVE(class, name, parameters, arguments)                              \
DECLARE(ssize_t, name, parameters)                                            \
ssize_t NAME(name) parameters                                                 \
{                                                                             \
	ssize_t n = let(class, size);                                         \
                                                                              \
	if (n < 0)                                                            \
		return -1;                                                    \
	size = (size_t)n;                                                     \
	return REAL(name) arguments;                                          \
}

FAIL(CLASS_OPEN, int, -1, __open_2, (const char *path, int flags),
     (path, flags))
FAIL(CLASS_OPEN, int, -1, __open64_2, (const char *path, int flags),
     (path, flags))
FAIL(CLASS_OPEN, int, -1, mkostemp64, (char *path, int flags), (path, flags))
FAIL(CLASS_OPEN, FILE *, NULL, fopen, (const char *path, const char *mode),
     (path, mode))

MOVE(CLASS_READ, read, (int fd, void *data, size_t size), (fd, data, size))
MOVE(CLASS_READ, pread, (int fd, void *data, size_t size, off_t offset),
     (fd, data, size, offset))
MOVE(CLASS_READ, pread64, (int fd, void *data, size_t size, off64_t offset),
     (fd, data, size, offset))
MOVE(CLASS_WRITE, write, (int fd, const void *data, size_t size),
     (fd, data, size))
MOVE(CLASS_WRITE, pwrite, (int fd, const void *data, size_t size, off_t offset),
     (fd, data, size, offset))
MOVE(CLASS_WRITE, pwrite64,
     (int fd, const void *data, size_t size, off64_t offset),
     (fd, data, size, offset))

FAIL(CLASS_SYNC, int, -1, fsync, (int fd), (fd))
FAIL(CLASS_SYNC, int, -1, fdatasync, (int fd), (fd))

FAIL(CLASS_RENAME, int, -1, rename, (const char *from, const char *to),
     (from, to))
FAIL(CLASS_RENAME, int, -1, renameat,
     (int from_fd, const char *from, int to_fd, const char *to),
     (from_fd, from, to_fd, to))
FAIL(CLASS_RENAME, int, -1, renameat2,
     (int from_fd, const char *from, int to_fd, const char *to,
      unsigned flags),
     (from_fd, from, to_fd, to, flags))
FAIL(CLASS_LINK, int, -1, linkat,
     (int from_fd, const char *from, int to_fd, const char *to, int flags),
     (from_fd, from, to_fd, to, flags))
FAIL(CLASS_UNLINK, int, -1, unlink, (const char *path), (path))
FAIL(CLASS_UNLINK, int, -1, unlinkat, (int fd, const char *path, int flags),
     (fd, path, flags))
FAIL(CLASS_TRUNCATE, int, -1, ftruncate, (int fd, off_t size), (fd, size))
FAIL(CLASS_TRUNCATE, int, -1, ftruncate64, (int fd, off64_t size), (fd, size))

FAIL(CLASS_STAT, int, -1, fstat, (int fd, struct stat *st), (fd, st))
FAIL(CLASS_STAT, int, -1, fstat64, (int fd, struct stat64 *st), (fd, st))
FAIL(CLASS_STAT, int, -1, stat, (const char *path, struct stat *st),
     (path, st))
FAIL(CLASS_STAT, int, -1, stat64, (const char *path, struct stat64 *st),
     (path, st))
FAIL(CLASS_STAT, int, -1, lstat, (const char *path, struct stat *st),
     (path, st))
FAIL(CLASS_STAT, int, -1, lstat64, (const char *path, struct stat64 *st),
     (path, st))
FAIL(CLASS_STAT, int, -1, fstatat,
     (int fd, const char *path, struct stat *st, int flags),
     (fd, path, st, flags))
FAIL(CLASS_STAT, int, -1, fstatat64,
     (int fd, const char *path, struct stat64 *st, int flags),
     (fd, path, st, flags))

FAIL(CLASS_MAP, void *, MAP_FAILED, mmap,
     (void *place, size_t size, int protection, int flags, int fd,
      off_t offset),
     (place, size, protection, flags, fd, offset))
FAIL(CLASS_MAP, void *, MAP_FAILED, mmap64,
     (void *place, size_t size, int protection, int flags, int fd,
      off64_t offset),
     (place, size, protection, flags, fd, offset))
FAIL(CLASS_FOLDER, int, -1, mkdirat, (int fd, const char *path, mode_t mode),
     (fd, path, mode))
FAIL(CLASS_FOLDER, int, -1, fchmod, (int fd, mode_t mode), (fd, mode))

/* It is closed in either case, as Linux does. */
DECLARE(int, close, (int fd))
int NAME(close)(int fd)
{
	int result = REAL(close)(fd);

	return fails(CLASS_CLOSE) ? -1 : result;
}

/* Locks alone: the others cannot fail. */
#define CONTROL(name)                                                         \
DECLARE(int, name, (int fd, int command, ...))                                \
int NAME(name)(int fd, int command, ...)                                            \
{                                                                             \
	va_list args;                                                         \
	void *argument;                                                       \
                                                                              \
	va_start(args, command);                                              \
	argument = va_arg(args, void *);                                      \
	va_end(args);                                                         \
	if (command == F_SETLK && fails(CLASS_LOCK))                          \
		return -1;                                                    \
	return REAL(name)(fd, command, argument);                             \
}

CONTROL(fcntl)
CONTROL(fcntl64)

/* Landlock and seccomp, which have no functions of their own: six arguments */
DECLARE(long, syscall, (long number, ...))
long NAME(syscall)(long number, ...)
{
	va_list args;
	long all[6];

	va_start(args, number);
	for (int i = 0; i < 6; i++)
		all[i] = va_arg(args, long);
	va_end(args);
	return fails(CLASS_CONFINE) ? -1 :
				      REAL(syscall)(number, all[0], all[1],
						    all[2], all[3], all[4],
						    all[5]);
}

DECLARE(int, prctl, (int option, ...))
int NAME(prctl)(int option, ...)
{
	va_list args;
	unsigned long all[4];

	va_start(args, option);
	for (int i = 0; i < 4; i++)
		all[i] = va_arg(args, unsigned long);
	va_end(args);
	return fails(CLASS_CONFINE) ? -1 :
				      REAL(prctl)(option, all[0], all[1],
						  all[2], all[3]);
}

/* --- memory: by the names below, as dlsym() may want some itself ------------------ */

#ifdef CXA_WRAP

FAIL(CLASS_MEMORY, void *, NULL, malloc, (size_t size), (size))
FAIL(CLASS_MEMORY, void *, NULL, calloc, (size_t count, size_t size),
     (count, size))
FAIL(CLASS_MEMORY, void *, NULL, realloc, (void *old, size_t size), (old, size))
FAIL(CLASS_MEMORY, void *, NULL, reallocarray,
     (void *old, size_t count, size_t size), (old, count, size))
FAIL(CLASS_MEMORY, char *, NULL, strdup, (const char *text), (text))
FAIL(CLASS_MEMORY, char *, NULL, strndup, (const char *text, size_t size),
     (text, size))

#else

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *old, size_t size);

void *malloc(size_t size)
{
	return fails(CLASS_MEMORY) ? NULL : __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
	return fails(CLASS_MEMORY) ? NULL : __libc_calloc(count, size);
}

void *realloc(void *old, size_t size)
{
	return fails(CLASS_MEMORY) ? NULL : __libc_realloc(old, size);
}

/* --- libarchive -------------------------------------------------------------------- */

struct archive;
struct archive_entry;

#define SPARE(result, name, parameters, arguments)                            \
result name parameters;                                                       \
result name parameters                                                        \
{                                                                             \
	result value;                                                         \
                                                                              \
	in_libarchive++;                                                      \
	value = REAL(name) arguments;                                         \
	in_libarchive--;                                                      \
	return value;                                                         \
}

SPARE(int, archive_write_open2,
      (struct archive *archive, void *state, void *begin, void *put, void *end,
       void *release),
      (archive, state, begin, put, end, release))
SPARE(int, archive_write_set_format_pax_restricted, (struct archive *archive),
      (archive))
SPARE(int, archive_write_header,
      (struct archive *archive, struct archive_entry *entry), (archive, entry))
SPARE(ssize_t, archive_write_data,
      (struct archive *archive, const void *data, size_t size),
      (archive, data, size))
SPARE(int, archive_write_finish_entry, (struct archive *archive), (archive))
SPARE(int, archive_write_close, (struct archive *archive), (archive))
SPARE(int, archive_write_set_format_option,
      (struct archive *archive, const char *module, const char *option,
       const char *value_of),
      (archive, module, option, value_of))
SPARE(struct archive_entry *, archive_entry_new, (void), ())

void archive_entry_set_pathname(struct archive_entry *entry, const char *name);
void archive_entry_set_pathname(struct archive_entry *entry, const char *name)
{
	in_libarchive++;
	REAL(archive_entry_set_pathname)(entry, name);
	in_libarchive--;
}

void archive_entry_xattr_add_entry(struct archive_entry *entry,
				   const char *name, const void *value,
				   size_t size);
void archive_entry_xattr_add_entry(struct archive_entry *entry,
				   const char *name, const void *value,
				   size_t size)
{
	in_libarchive++;
	REAL(archive_entry_xattr_add_entry)(entry, name, value, size);
	in_libarchive--;
}

#endif
