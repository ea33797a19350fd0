/* sandbox_files.c - which files a reader can open, by Landlock */
#ifdef HAVE_CONFIG_H
#include <config.h>
#endif
#include "sandbox.h"

#ifdef HAVE_LINUX_LANDLOCK_H
#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define FS(name) ((uint64_t)LANDLOCK_ACCESS_FS_##name)

/* Rights of newer kernels than the headers may be of: by number. */
#define FS_TRUNCATE (UINT64_C(1) << 14)
#define FS_IOCTL_DEV (UINT64_C(1) << 15)

#define FS_FIRST ((UINT64_C(1) << 13) - 1) /* all those of the first version */

/* What is handled and not allowed is refused: by the kernel's version, as of */
static const struct {
	int version;
	uint64_t files;   /* from this version on */
	uint64_t network;
	uint64_t scopes;
} handled[] = {
	{ 1, FS_FIRST, 0, 0 },
	{ 2, FS(REFER), 0, 0 },
	{ 3, FS_TRUNCATE, 0, 0 },
	{ 4, 0, 3, 0 },         /* TCP: bind, connect */
	{ 5, FS_IOCTL_DEV, 0, 0 },
	{ 6, 0, 0, 3 },         /* abstract sockets, signals */
};

/* As the kernel has it; an older one is told that it is shorter. */
struct ruleset {
	uint64_t files;
	uint64_t network;
	uint64_t scopes;
};

struct sandbox_files {
	int fd;
	struct ruleset ruleset;
};

bool sandbox_files_known(void)
{
	return true;
}

struct sandbox_files *sandbox_files_new(void)
{
	long version = syscall(SYS_landlock_create_ruleset, NULL, (size_t)0,
			       LANDLOCK_CREATE_RULESET_VERSION);
	struct sandbox_files *files = calloc(1, sizeof(*files));
	size_t size = sizeof(uint64_t);

	if (files == NULL || version < 1) {
		free(files);
		return NULL;
	}
	for (size_t i = 0; i < sizeof(handled) / sizeof(handled[0]); i++) {
		if (handled[i].version > version)
			break;
		files->ruleset.files |= handled[i].files;
		files->ruleset.network |= handled[i].network;
		files->ruleset.scopes |= handled[i].scopes;
	}
	if (files->ruleset.network != 0)
		size += sizeof(uint64_t);
	if (files->ruleset.scopes != 0)
		size += sizeof(uint64_t);
	files->fd = (int)syscall(SYS_landlock_create_ruleset, &files->ruleset,
				 size, 0);
	if (files->fd < 0) {
		free(files);
		return NULL;
	}
	return files;
}

static bool is_for_nobody(int number)
{
	return number == ENOENT || number == ENOTDIR || number == ELOOP ||
	       number == EACCES || number == ENAMETOOLONG;
}

static uint64_t rights_of(enum sandbox_access access, mode_t mode)
{
	uint64_t rights = FS(READ_FILE) | FS(READ_DIR);

	if (access == SANDBOX_SCRATCH)
		rights |= FS(WRITE_FILE) | FS(MAKE_REG) | FS(REMOVE_FILE) |
			  FS_TRUNCATE;
	if (!S_ISDIR(mode)) /* others are refused for what is no folder */
		rights &= FS(READ_FILE) | FS(WRITE_FILE) | FS_TRUNCATE;
	return rights;
}

bool sandbox_files_allow(struct sandbox_files *files, const char *path,
			 enum sandbox_access access)
{
	struct landlock_path_beneath_attr rule = { 0 };
	struct stat st;
	bool allowed;

	do
		rule.parent_fd = open(path, O_PATH | O_CLOEXEC);
	while (rule.parent_fd < 0 && errno == EINTR);
	if (rule.parent_fd < 0)
		return is_for_nobody(errno);
	allowed = fstat(rule.parent_fd, &st) == 0;
	if (allowed) {
		rule.allowed_access = rights_of(access, st.st_mode) &
				      files->ruleset.files;
		allowed = syscall(SYS_landlock_add_rule, files->fd,
				  LANDLOCK_RULE_PATH_BENEATH, &rule, 0) == 0;
	}
	close(rule.parent_fd);
	return allowed;
}

bool sandbox_files_enter(const struct sandbox_files *files)
{
	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
	       syscall(SYS_landlock_restrict_self, files->fd, 0) == 0;
}

void sandbox_files_close(struct sandbox_files *files)
{
	if (files == NULL)
		return;
	close(files->fd);
	free(files);
}

#else

bool sandbox_files_known(void)
{
	return false;
}

struct sandbox_files *sandbox_files_new(void)
{
	return NULL;
}

bool sandbox_files_allow(struct sandbox_files *files, const char *path,
			 enum sandbox_access access)
{
	(void)path;
	(void)access;
	return files != NULL;
}

bool sandbox_files_enter(const struct sandbox_files *files)
{
	return files != NULL;
}

void sandbox_files_close(struct sandbox_files *files)
{
	(void)files;
}

#endif
