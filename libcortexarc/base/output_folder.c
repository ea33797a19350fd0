/* output_folder.c - folders that outputs go to; one that appears whole */
#define _GNU_SOURCE 1

#include "base/io.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/utf8.h"

enum {
	FIRST_MODE = 0700,
	LINK_HOPS = 40,
	NAME_TRIES = 100,
	HIDDEN_NAME_BYTES = 100 /* of the name that a hidden name repeats */
};

/* --- places --------------------------------------------------------------- */

/* Where the link at @path points to: @link, seen from the link's own folder. */
static char *beside(const char *path, const char *link)
{
	const char *slash = strrchr(path, '/');
	size_t folder = slash == NULL ? 0 : (size_t)(slash - path) + 1;
	char *joined;

	if (link[0] == '/')
		return strdup(link);
	if (asprintf(&joined, "%.*s%s", (int)folder, path, link) < 0)
		return NULL;
	return joined;
}

/* By hand, since realpath() does not know a link to what is yet to be. */
static char *follow_links(const char *path)
{
	char link[PATH_MAX];
	char *now = strdup(path);
	char *next;
	ssize_t n;

	for (int hops = 0; now != NULL && hops < LINK_HOPS; hops++) {
		n = readlink(now, link, sizeof(link) - 1);
		if (n < 0)
			return now; /* no link, or nothing: opening will tell */
		link[n] = '\0';
		next = beside(now, link);
		free(now);
		now = next;
	}
	if (now != NULL)
		errno = ELOOP;
	free(now);
	return NULL;
}

/* Split @path, in place; Return: its folder */
static const char *split(char *path, const char **name)
{
	char *slash = strrchr(path, '/');

	if (slash == NULL) {
		*name = path;
		return ".";
	}
	*name = slash + 1;
	if (slash == path)
		return "/";
	*slash = '\0';
	return path;
}

static bool is_name(const char *name)
{
	return name[0] != '\0' && strcmp(name, ".") != 0 &&
	       strcmp(name, "..") != 0;
}

int cxa_place_open(struct cxa_place *place, const char *path,
		   struct cxa_error *error)
{
	const char *folder;
	const char *name;
	char *real;
	int status = 0;

	*place = (struct cxa_place){ -1, NULL };
	real = follow_links(path);
	if (real == NULL && errno == ENOMEM)
		return cxa_error_nomem(error, "a path");
	if (real == NULL)
		return cxa_error_set(error, CXA_ERR_IO, "cannot write %s",
				     path);
	folder = split(real, &name);
	if (!is_name(name)) {
		status = cxa_error_set(error, CXA_ERR_USAGE,
				       "cannot write \"%s\": a name is missing",
				       path);
		goto done;
	}
	place->name = strdup(name);
	if (place->name == NULL) {
		status = cxa_error_nomem(error, "a path");
		goto done;
	}
	place->folder_fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (place->folder_fd < 0) {
		status = cxa_error_set(error, CXA_ERR_IO,
				       "cannot write %s: cannot open its "
				       "folder", path);
		cxa_place_release(place);
	}
done:
	free(real);
	return status;
}

void cxa_place_release(struct cxa_place *place)
{
	if (place->folder_fd >= 0)
		close(place->folder_fd);
	free(place->name);
	*place = (struct cxa_place){ -1, NULL };
}

/* Nobody can guess them, but in the first moments of a boot. */
static uint32_t random_bits(void)
{
	struct timespec now = { 0, 0 };
	uint32_t bits;

	if (getrandom(&bits, sizeof(bits), GRND_NONBLOCK) ==
	    (ssize_t)sizeof(bits))
		return bits;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint32_t)now.tv_nsec ^ (uint32_t)getpid() << 16;
}

void cxa_place_hidden(const struct cxa_place *place, char out[NAME_MAX + 1])
{
	static const char digits[] = "abcdefghijklmnopqrstuvwxyz234567";
	size_t kept = strnlen(place->name, HIDDEN_NAME_BYTES);
	uint32_t bits = random_bits();
	char random[7] = "";

	/* Some file systems refuse a name with half a character. */
	kept = cxa_utf8_valid_prefix((const uint8_t *)place->name, kept);
	for (int i = 0; i < 6; i++)
		random[i] = digits[bits >> (5 * i) & 31];
	snprintf(out, NAME_MAX + 1, ".%.*s.%s.tmp", (int)kept, place->name,
		 random);
}

int cxa_place_sync(const struct cxa_place *place, const char *path,
		   struct cxa_error *error)
{
	struct cxa_descriptor folder = { place->folder_fd, path, NULL };
	struct cxa_error inner = CXA_ERROR_INIT;

	if (cxa_descriptor_sync(&folder, &inner) == 0)
		return 0;
	errno = inner.system_errno;
	return cxa_error_set(error, CXA_ERR_IO,
			     "cannot make the folder of %s durable", path);
}

/* --- modes ---------------------------------------------------------------- */

mode_t cxa_umask(void)
{
	char text[1024];
	unsigned mask;
	const char *line;
	ssize_t n = -1;
	mode_t old;
	int fd;

	fd = open("/proc/self/status", O_RDONLY | O_CLOEXEC);
	if (fd >= 0) {
		n = read(fd, text, sizeof(text) - 1);
		close(fd);
	}
	text[n < 0 ? 0 : n] = '\0';
	line = strstr(text, "\nUmask:");
	if (line != NULL && sscanf(line, "\nUmask: %o", &mask) == 1)
		return (mode_t)mask & 0777;
	old = umask(077); /* not without a moment, but there is no other way */
	umask(old);
	return old & 0777;
}

int cxa_mode_set(const struct cxa_descriptor *file, mode_t made, mode_t mode,
		 struct cxa_error *error)
{
	int saved;
	struct stat st;

	if (fchmod(file->fd, mode) == 0)
		return 0;
	saved = errno;
	/* FAT and its like: the mount says what every file's mode is. */
	if (fstat(file->fd, &st) == 0 && (st.st_mode & 0777) != made)
		return 0;
	errno = saved;
	return cxa_error_set(error, CXA_ERR_IO, "cannot set the mode of %s",
			     file->name);
}

/* --- output folder -------------------------------------------------------- */

/*
 * @file: the hidden folder, open; fd -1: not made yet
 * @list: to find out what is in it, made while there is memory for it
 * @leftover: its name in @place, which goes unless a commit succeeds, or ""
 */
struct cxa_output_folder {
	struct cxa_descriptor file;
	struct cxa_place place;
	DIR *list;
	char *path;
	char leftover[NAME_MAX + 1];
};

static char *without_slashes(const char *path)
{
	size_t size = strlen(path);

	while (size > 1 && path[size - 1] == '/')
		size--;
	return strndup(path, size);
}

/* Opened anew, so that reading it moves nobody else's position. */
static DIR *list_folder(int fd)
{
	int own = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *list;

	if (own < 0)
		return NULL;
	list = fdopendir(own);
	if (list == NULL)
		close(own);
	return list;
}

/* The next name but "." and ".."; NULL: no more, or errno says why */
static const char *next_name(DIR *list)
{
	struct dirent *entry;

	do {
		errno = 0;
		entry = readdir(list);
	} while (entry != NULL && !is_name(entry->d_name));
	return entry == NULL ? NULL : entry->d_name;
}

static int check_empty(const struct cxa_output_folder *folder, int fd,
		       struct cxa_error *error)
{
	DIR *list = list_folder(fd);
	const char *name = NULL;
	int saved;

	if (list != NULL)
		name = next_name(list);
	saved = errno;
	if (list != NULL)
		closedir(list);
	errno = saved;
	if (name != NULL)
		return cxa_error_set(error, CXA_ERR_USAGE,
				     "folder %s is not empty", folder->path);
	if (saved != 0)
		return cxa_error_set(error, CXA_ERR_IO, "cannot read folder %s",
				     folder->path);
	return 0;
}

/* What stands there already must be an empty folder. */
static int check_target(const struct cxa_output_folder *folder,
			struct cxa_error *error)
{
	int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
	int status;
	int fd;

	fd = openat(folder->place.folder_fd, folder->place.name, flags);
	if (fd < 0 && errno == ENOENT)
		return 0;
	if (fd < 0 && (errno == ENOTDIR || errno == ELOOP))
		return cxa_error_set(error, CXA_ERR_USAGE,
				     "%s exists and is no folder",
				     folder->path);
	if (fd < 0)
		return cxa_error_set(error, CXA_ERR_IO, "cannot open folder %s",
				     folder->path);
	status = check_empty(folder, fd, error);
	close(fd);
	return status;
}

static int make_hidden(struct cxa_output_folder *folder)
{
	int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
	char name[NAME_MAX + 1];
	int made = -1;

	for (int i = 0; i < NAME_TRIES && made != 0; i++) {
		cxa_place_hidden(&folder->place, name);
		made = mkdirat(folder->place.folder_fd, name, FIRST_MODE);
		if (made != 0 && errno != EEXIST)
			break;
	}
	if (made != 0)
		return -1;
	memcpy(folder->leftover, name, sizeof(name));
	folder->file.fd = openat(folder->place.folder_fd, name, flags);
	if (folder->file.fd >= 0)
		folder->list = list_folder(folder->file.fd);
	return folder->list == NULL ? -1 : 0;
}

int cxa_output_folder_open(struct cxa_output_folder **out, const char *path,
			   const struct cxa_cancel *cancel,
			   struct cxa_error *error)
{
	struct cxa_output_folder *folder;
	int status;

	*out = NULL;
	folder = calloc(1, sizeof(*folder));
	if (folder == NULL)
		return cxa_error_nomem(error, "an output folder");
	folder->place.folder_fd = -1;
	folder->path = without_slashes(path);
	folder->file = (struct cxa_descriptor){ -1, folder->path, cancel };
	if (folder->path == NULL) {
		status = cxa_error_nomem(error, "an output folder");
		goto fail;
	}
	status = cxa_place_open(&folder->place, folder->path, error);
	if (status == 0)
		status = check_target(folder, error);
	if (status < 0)
		goto fail;
	if (make_hidden(folder) != 0) {
		status = cxa_error_set(error, CXA_ERR_IO,
				       "cannot make folder %s", folder->path);
		goto fail;
	}
	*out = folder;
	return 0;
fail:
	cxa_output_folder_close(folder);
	return status;
}

int cxa_output_folder_file(struct cxa_output_folder *folder, const char *name,
			   struct cxa_output **out, struct cxa_error *error)
{
	struct cxa_place place = { -1, NULL };
	char *path;
	int status;

	*out = NULL;
	if (!is_name(name) || strchr(name, '/') != NULL)
		return cxa_error_set(error, CXA_ERR_USAGE,
				     "\"%s\" is no name for a file", name);
	if (asprintf(&path, "%s/%s", folder->path, name) < 0)
		return cxa_error_nomem(error, "an output");
	place.name = strdup(name);
	if (place.name == NULL) {
		status = cxa_error_nomem(error, "an output");
		goto done;
	}
	place.folder_fd = fcntl(folder->file.fd, F_DUPFD_CLOEXEC, 0);
	if (place.folder_fd < 0) {
		status = cxa_error_set(error, CXA_ERR_IO, "cannot write %s",
				       path);
		cxa_place_release(&place);
		goto done;
	}
	status = cxa_output_open_at(out, &place, path, folder->file.cancel,
				    error);
done:
	free(path);
	return status;
}

int cxa_output_folder_input(const struct cxa_output_folder *folder,
			    struct cxa_input **out, struct cxa_error *error)
{
	char path[40];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", folder->file.fd);
	return cxa_input_open(out, path, folder->file.cancel, error);
}

static int give_mode(const struct cxa_output_folder *folder,
		     struct cxa_error *error)
{
	mode_t mode = 0777 & ~cxa_umask();
	struct stat st;

	/* What lies in a set-group-ID folder is one, too. */
	if (fstat(folder->file.fd, &st) == 0)
		mode |= st.st_mode & S_ISGID;
	if (fstatat(folder->place.folder_fd, folder->place.name, &st,
		    AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(st.st_mode))
		mode = st.st_mode & 07777;
	return cxa_mode_set(&folder->file, FIRST_MODE, mode, error);
}

int cxa_output_folder_commit(struct cxa_output_folder *folder,
			     struct cxa_error *error)
{
	const struct cxa_place *place = &folder->place;
	int status;

	status = cxa_descriptor_check(&folder->file, error);
	if (status == 0)
		status = give_mode(folder, error);
	if (status == 0)
		status = cxa_descriptor_sync(&folder->file, error);
	if (status < 0)
		return status;
	/* Replaces an empty folder, and refuses one that was filled since. */
	if (renameat(place->folder_fd, folder->leftover, place->folder_fd,
		     place->name) != 0)
		return cxa_error_set(error, CXA_ERR_IO, "cannot make folder %s",
				     folder->path);
	folder->leftover[0] = '\0';
	return cxa_place_sync(place, folder->path, error);
}

static void remove_files(const struct cxa_output_folder *folder)
{
	const char *name;

	rewinddir(folder->list);
	while ((name = next_name(folder->list)) != NULL)
		unlinkat(folder->file.fd, name, 0);
}

void cxa_output_folder_close(struct cxa_output_folder *folder)
{
	if (folder == NULL)
		return;
	if (folder->leftover[0] != '\0') {
		if (folder->list != NULL)
			remove_files(folder);
		unlinkat(folder->place.folder_fd, folder->leftover,
			 AT_REMOVEDIR);
	}
	if (folder->list != NULL)
		closedir(folder->list);
	if (folder->file.fd >= 0)
		close(folder->file.fd);
	cxa_place_release(&folder->place);
	free(folder->path);
	free(folder);
}
