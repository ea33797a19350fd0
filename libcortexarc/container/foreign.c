/* foreign.c - an archive that another tar has packed again, by content */
#include "container/foreign.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum {
	CHUNK_BYTES = 64 * 1024,
	PATH_MAX_BYTES = 4096
};

/**
 * struct opening - an archive being read
 * @names: the members' names as they stand there, without "./"
 * @offset: bytes of a seekable input given to libarchive
 * @status: what reading the input ended with, sticky
 */
struct opening {
	struct cxa_foreign *foreign;
	struct archive *archive;
	struct archive_entry *entry;
	struct cxa_input *input;
	char **names;
	size_t capacity;
	uint64_t entries;
	const struct cxa_limits *limits;
	uint64_t offset;
	int status;
	struct cxa_error *error;
	uint8_t chunk[CHUNK_BYTES];
};

/* --- libarchive ------------------------------------------------------ */

static la_ssize_t on_read(struct archive *archive, void *state,
			  const void **data)
{
	struct opening *opening = state;
	size_t got = 0;

	(void)archive;
	if (opening->status < 0)
		return -1;
	if (opening->input->seekable)
		opening->status = cxa_input_read_at(
			opening->input, opening->offset, opening->chunk,
			CHUNK_BYTES, &got, opening->error);
	else
		opening->status = cxa_input_read(opening->input, opening->chunk,
						 CHUNK_BYTES, &got,
						 opening->error);
	opening->offset += got;
	*data = opening->chunk;
	return opening->status < 0 ? -1 : (la_ssize_t)got;
}

/* The input's own failure is worth more than libarchive's word for it. */
static int archive_failure(struct opening *opening, int status)
{
	const char *reason = archive_error_string(opening->archive);

	if (opening->status < 0)
		return opening->status;
	if (archive_errno(opening->archive) == ENOMEM)
		return cxa_error_nomem(opening->error, "libarchive");
	return cxa_error_set(opening->error, status, "libarchive: %s",
			     reason == NULL ? "no reason given" : reason);
}

/*
 * No filters: a compressed tar is refused by its magic, and a tar whose first
 * name begins like one would be decompressed. Step by step, and with an entry of
 * our own: archive_read_open() and archive_read_next_header() go on where memory
 * for these has failed (3.6.2).
 */
static int open_archive(struct opening *opening)
{
	struct archive *archive = archive_read_new();

	opening->archive = archive;
	if (archive != NULL)
		opening->entry = archive_entry_new2(archive);
	if (opening->entry == NULL ||
	    archive_read_support_format_tar(archive) != ARCHIVE_OK ||
	    archive_read_set_read_callback(archive, on_read) != ARCHIVE_OK ||
	    archive_read_set_callback_data(archive, opening) != ARCHIVE_OK)
		return cxa_error_nomem(opening->error, "libarchive");
	if (archive_read_open1(archive) == ARCHIVE_OK)
		return 0;
	/* It has no number for the memory of its own buffers. */
	if (opening->status == 0 && archive_errno(archive) == 0)
		return cxa_error_nomem(opening->error, "libarchive");
	return archive_failure(opening, CXA_ERR_FORMAT);
}

/* --- one entry ------------------------------------------------------- */

static int refuse(struct opening *opening, int status, const char *what,
		  const char *name)
{
	char shown[CXA_MEMBER_NAME_MAX + 1];
	size_t size = 0;

	for (; size < sizeof(shown) - 1 && name[size] != '\0'; size++)
		shown[size] = name[size] >= ' ' && name[size] < 0x7f ?
				      name[size] : '?';
	shown[size] = '\0';
	return cxa_error_set(opening->error, status, "%s: \"%s\"", what,
			     shown);
}

/* Is some end of the path, from a folder on, a member's name? */
static bool may_be_member(const char *path, struct cxa_member *member)
{
	for (; path != NULL; path = strchr(path, '/')) {
		if (*path == '/')
			path++;
		if (cxa_member_parse(member, path))
			return true;
	}
	return false;
}

static int check_name(struct opening *opening, const char *name,
		      struct cxa_member *member)
{
	size_t size = strlen(name);

	if (size > PATH_MAX_BYTES)
		return cxa_error_set(opening->error, CXA_ERR_LIMIT,
				     "a name of %zu bytes, over the format's "
				     "limit of %d", size, PATH_MAX_BYTES);
	if (!may_be_member(name, member))
		return refuse(opening, CXA_ERR_CORRUPT,
			      "a name that is no member's", name);
	return 0;
}

static int make_room(struct opening *opening)
{
	struct cxa_foreign *foreign = opening->foreign;
	size_t capacity = opening->capacity * 2 + 64;
	struct cxa_member *members;
	char **names;

	if (foreign->count < opening->capacity)
		return 0;
	members = realloc(foreign->members, capacity * sizeof(*members));
	if (members == NULL)
		return cxa_error_nomem(opening->error, "members");
	foreign->members = members;
	names = realloc(opening->names, capacity * sizeof(*names));
	if (names == NULL)
		return cxa_error_nomem(opening->error, "members");
	opening->names = names;
	opening->capacity = capacity;
	return 0;
}

static int check_size(struct opening *opening, const struct cxa_member *member,
		      uint64_t size)
{
	size_t limit = cxa_member_limit(member->kind);

	if (size <= cxa_limit_of(opening->limits, limit))
		return 0;
	return cxa_limit_exceeded(opening->error, opening->limits, limit, size,
				  "%s", member->name);
}

static int copy_data(struct opening *opening, struct cxa_member *member,
		     const char *name)
{
	const void *data;
	size_t size;
	la_int64_t offset;
	int status;

	member->size = 0;
	member->offset = cxa_spool_bytes(opening->foreign->spool);
	for (;;) {
		status = archive_read_data_block(opening->archive, &data, &size,
						 &offset);
		if (status == ARCHIVE_EOF)
			return 0;
		if (status != ARCHIVE_OK)
			return archive_failure(opening, CXA_ERR_CORRUPT);
		if (size != 0 && (uint64_t)offset != member->size)
			return refuse(opening, CXA_ERR_CORRUPT,
				      "a member with holes", name);
		status = check_size(opening, member, member->size + size);
		if (status < 0)
			return status;
		status = cxa_spool_append(opening->foreign->spool, data, size,
					  NULL, opening->error);
		if (status < 0)
			return status;
		member->size += size;
	}
}

static int keep_entry(struct opening *opening, const char *name)
{
	struct cxa_foreign *foreign = opening->foreign;
	struct cxa_member member = { 0 };
	la_int64_t size = archive_entry_size(opening->entry);
	int status = check_name(opening, name, &member);

	if (status < 0)
		return status;
	if (size < 0)
		return refuse(opening, CXA_ERR_CORRUPT,
			      "a member without a size", name);
	status = check_size(opening, &member, (uint64_t)size);
	if (status == 0)
		status = make_room(opening);
	if (status == 0)
		status = copy_data(opening, &member, name);
	if (status < 0)
		return status;
	if (member.size != (uint64_t)size)
		return refuse(opening, CXA_ERR_CORRUPT,
			      "a member that is not as long as it says", name);
	foreign->members[foreign->count] = member;
	opening->names[foreign->count] = strdup(name);
	if (opening->names[foreign->count] == NULL)
		return cxa_error_nomem(opening->error, name);
	foreign->count++;
	return 0;
}

static int take_entry(struct opening *opening)
{
	struct archive_entry *entry = opening->entry;
	const char *name = archive_entry_pathname(entry);
	uint64_t bytes = cxa_spool_bytes(opening->foreign->spool);
	int status = cxa_member_check_count(++opening->entries, bytes,
					    opening->limits, opening->error);

	if (status < 0)
		return status;
	if (name == NULL)
		return cxa_error_set(opening->error, CXA_ERR_CORRUPT,
				     "a member without a name");
	if (archive_entry_hardlink(entry) != NULL)
		return refuse(opening, CXA_ERR_CORRUPT, "a hard link", name);
	if (archive_entry_filetype(entry) == AE_IFDIR)
		return 0;
	if (archive_entry_filetype(entry) != AE_IFREG)
		return refuse(opening, CXA_ERR_CORRUPT,
			      "a member that is no regular file", name);
	if (archive_entry_sparse_count(entry) != 0)
		return refuse(opening, CXA_ERR_CORRUPT, "a sparse file", name);
	if (strncmp(name, "./", 2) == 0)
		name += 2;
	return keep_entry(opening, name);
}

static int read_entries(struct opening *opening)
{
	int status;

	for (;;) {
		status = archive_read_next_header2(opening->archive,
						   opening->entry);
		if (status == ARCHIVE_EOF)
			return 0;
		if (status != ARCHIVE_OK)
			return archive_failure(opening,
					       opening->entries == 0 ?
						       CXA_ERR_FORMAT :
						       CXA_ERR_CORRUPT);
		status = take_entry(opening);
		if (status < 0)
			return status;
	}
}

/* --- all entries ----------------------------------------------------- */

/* The name of CORTEXARC with the folder it stands in; NULL: it is not there. */
static const char *find_header(const struct opening *opening)
{
	const char *header = cxa_member_name(CXA_MEMBER_HEADER);
	const char *slash;

	for (size_t i = 0; i < opening->foreign->count; i++) {
		slash = strrchr(opening->names[i], '/');
		if (strcmp(slash == NULL ? opening->names[i] : slash + 1,
			   header) == 0)
			return opening->names[i];
	}
	return NULL;
}

/* From names as they stand there to names of members. */
static int strip_names(struct opening *opening)
{
	struct cxa_foreign *foreign = opening->foreign;
	const char *header = find_header(opening);
	size_t prefix;

	if (header == NULL)
		return cxa_error_set(opening->error, CXA_ERR_FORMAT,
				     "a tar without CORTEXARC: no archive of "
				     "this format");
	prefix = strlen(header) - strlen(cxa_member_name(CXA_MEMBER_HEADER));
	for (size_t i = 0; i < foreign->count; i++) {
		const char *name = opening->names[i];

		if (strncmp(name, header, prefix) != 0 ||
		    !cxa_member_parse(&foreign->members[i], name + prefix))
			return refuse(opening, CXA_ERR_CORRUPT,
				      "a name that is no member's", name);
	}
	return 0;
}

static int compare(const void *a, const void *b)
{
	return strcmp(((const struct cxa_member *)a)->name,
		      ((const struct cxa_member *)b)->name);
}

static int sort_members(struct opening *opening)
{
	struct cxa_foreign *foreign = opening->foreign;

	qsort(foreign->members, foreign->count, sizeof(*foreign->members),
	      compare);
	for (size_t i = 1; i < foreign->count; i++)
		if (compare(&foreign->members[i - 1],
			    &foreign->members[i]) == 0)
			return refuse(opening, CXA_ERR_CORRUPT,
				      "a member stands there twice",
				      foreign->members[i].name);
	return 0;
}

static void close_opening(struct opening *opening)
{
	if (opening == NULL)
		return;
	if (opening->archive != NULL)
		archive_read_free(opening->archive);
	archive_entry_free(opening->entry);
	for (size_t i = 0; opening->names != NULL &&
			   i < opening->foreign->count; i++)
		free(opening->names[i]);
	free(opening->names);
	free(opening);
}

int cxa_foreign_open(struct cxa_foreign **out, struct cxa_input *input,
		     const char *temp_dir, const struct cxa_limits *limits,
		     struct cxa_error *error)
{
	struct cxa_foreign *foreign = calloc(1, sizeof(*foreign));
	struct opening *opening = calloc(1, sizeof(*opening));
	int status = CXA_ERR_NOMEM;

	*out = NULL;
	if (foreign == NULL || opening == NULL) {
		cxa_error_nomem(error, "a tar");
		goto done;
	}
	opening->foreign = foreign;
	opening->input = input;
	opening->limits = limits == NULL ? cxa_limits_default() : limits;
	opening->error = error;
	status = cxa_spool_open(&foreign->spool, temp_dir, input->cancel,
				error);
	if (status == 0)
		status = open_archive(opening);
	if (status == 0)
		status = read_entries(opening);
	if (status == 0)
		status = strip_names(opening);
	if (status == 0)
		status = sort_members(opening);
done:
	close_opening(opening);
	if (status < 0)
		cxa_foreign_close(foreign);
	else
		*out = foreign;
	return status;
}

const struct cxa_member *cxa_foreign_find(const struct cxa_foreign *foreign,
					  const char *name)
{
	struct cxa_member key = { 0 };

	if (!cxa_member_parse(&key, name))
		return NULL;
	return bsearch(&key, foreign->members, foreign->count,
		       sizeof(*foreign->members), compare);
}

void cxa_foreign_close(struct cxa_foreign *foreign)
{
	if (foreign == NULL)
		return;
	cxa_spool_close(foreign->spool);
	free(foreign->members);
	free(foreign);
}
