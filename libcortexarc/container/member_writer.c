/* member_writer.c - members into a tar, through libarchive and the walker */
#include "container/member_writer.h"

#include <archive.h>
#include <archive_entry.h>
#include <stdlib.h>
#include <string.h>

#include "container/tar_block.h"
#include "container/walker.h"

/*
 * libarchive 3.6 writes a time from 2^31 - 1 on as a pax record, which the
 * canonical form does not have, though its 11 octal digits would hold it.
 */
#define ARCHIVE_MTIME_MAX ((UINT64_C(1) << 31) - 2)

static const char xattr_name[] = "user.cortexarc.blake2b";

/*
 * @error: of the call under way, for the callback
 * @status: sticky
 */
struct cxa_member_writer {
	struct archive *archive;
	struct cxa_walker walker;
	int (*write)(void *state, const void *data, size_t size,
		     struct cxa_error *error);
	void *state;
	struct cxa_error *error;
	uint64_t mtime;
	int status;
};

static int walk(struct cxa_member_writer *writer, const uint8_t *data,
		size_t size)
{
	enum cxa_walk_event event;
	size_t used;
	int status;

	while (size != 0) {
		status = cxa_walker_feed(&writer->walker, data, size, &used,
					 &event, writer->error);
		if (status < 0)
			return status;
		data += used;
		size -= used;
	}
	return 0;
}

/* The time that libarchive was not told, in a header block that it made. */
static const uint8_t *put_mtime(const struct cxa_member_writer *writer,
				const uint8_t *data, size_t size,
				uint8_t block[CXA_TAR_BLOCK])
{
	struct cxa_tar_header header;

	if (writer->mtime <= ARCHIVE_MTIME_MAX || size != CXA_TAR_BLOCK ||
	    writer->walker.data_left != 0 ||
	    cxa_tar_header_decode(&header, data) != NULL)
		return data;
	header.mtime = writer->mtime;
	cxa_tar_header_encode(&header, block);
	return block;
}

/*
 * libarchive is not told of a failure: from what it takes for a fatal one it
 * does not come back to free all its memory. After one, nothing is written.
 */
static la_ssize_t on_write(struct archive *archive, void *state,
			   const void *data, size_t size)
{
	struct cxa_member_writer *writer = state;
	uint8_t block[CXA_TAR_BLOCK];

	(void)archive;
	if (writer->status == 0) {
		data = put_mtime(writer, data, size, block);
		writer->status = walk(writer, data, size);
	}
	if (writer->status == 0)
		writer->status = writer->write(writer->state, data, size,
					       writer->error);
	return (la_ssize_t)size;
}

/* What stopped the writing: the callback, or libarchive itself. */
static int fail(struct cxa_member_writer *writer, const char *what)
{
	const char *reason = archive_error_string(writer->archive);

	if (writer->status == 0)
		writer->status = cxa_error_set(writer->error, CXA_ERR_NOMEM,
					       "%s: %s", what,
					       reason == NULL ? "no memory" :
								reason);
	return writer->status;
}

static int set_up(struct cxa_member_writer *writer)
{
	struct archive *archive = writer->archive;

	if (archive_write_set_format_pax_restricted(archive) != ARCHIVE_OK ||
	    archive_write_set_format_option(archive, NULL, "xattrheader",
					    "SCHILY") != ARCHIVE_OK ||
	    archive_write_set_bytes_per_block(archive, 0) != ARCHIVE_OK ||
	    archive_write_set_bytes_in_last_block(archive, 1) != ARCHIVE_OK ||
	    archive_write_open2(archive, writer, NULL, on_write, NULL, NULL) !=
		    ARCHIVE_OK)
		return fail(writer, "libarchive");
	return 0;
}

int cxa_member_writer_open(struct cxa_member_writer **out, uint64_t mtime,
			   int (*write)(void *state, const void *data,
					size_t size, struct cxa_error *error),
			   void *state, struct cxa_error *error)
{
	struct cxa_member_writer *writer;
	int status;

	*out = NULL;
	if (mtime > CXA_TAR_NUMBER_MAX)
		return cxa_error_set(error, CXA_ERR_USAGE,
				     "a time past what a tar header holds");
	writer = calloc(1, sizeof(*writer));
	if (writer == NULL)
		return cxa_error_nomem(error, "a writer");
	writer->write = write;
	writer->state = state;
	writer->error = error;
	writer->mtime = mtime;
	cxa_walker_init(&writer->walker);
	writer->archive = archive_write_new();
	status = writer->archive == NULL ?
			 cxa_error_nomem(error, "a writer") : set_up(writer);
	if (status < 0) {
		cxa_member_writer_close(writer);
		return status;
	}
	*out = writer;
	return 0;
}

static void set_name(struct cxa_member *member)
{
	const char *name = cxa_member_name(member->kind);

	if (name != NULL)
		memcpy(member->name, name, strlen(name) + 1);
	else
		cxa_member_batch_name(member->name, member->collection,
				      member->number);
}

static struct archive_entry *make_entry(const struct cxa_member_writer *writer,
					const struct cxa_member *member)
{
	struct archive_entry *entry = archive_entry_new();
	uint64_t mtime = writer->mtime;
	char hex[CXA_DIGEST_HEX + 1];

	if (entry == NULL)
		return NULL;
	if (mtime > ARCHIVE_MTIME_MAX)
		mtime = 0;
	archive_entry_set_pathname(entry, member->name);
	archive_entry_set_filetype(entry, AE_IFREG);
	archive_entry_set_perm(entry, 0644);
	archive_entry_set_uid(entry, 0);
	archive_entry_set_gid(entry, 0);
	archive_entry_set_size(entry, (la_int64_t)member->size);
	archive_entry_set_mtime(entry, (time_t)mtime, 0);
	if (member->has_digest) {
		cxa_digest_hex(&member->digest, hex);
		archive_entry_xattr_add_entry(entry, xattr_name, hex,
					      CXA_DIGEST_HEX);
	}
	return entry;
}

static int write_entry(struct cxa_member_writer *writer,
		       struct archive_entry *entry, struct cxa_member *member,
		       const void *data)
{
	struct archive *archive = writer->archive;

	if (archive_write_header(archive, entry) != ARCHIVE_OK ||
	    writer->status < 0)
		return fail(writer, member->name);
	member->offset = writer->walker.member.offset;
	if (member->size != 0 &&
	    (archive_write_data(archive, data, (size_t)member->size) !=
		     (la_ssize_t)member->size ||
	     writer->status < 0))
		return fail(writer, member->name);
	if (archive_write_finish_entry(archive) != ARCHIVE_OK ||
	    writer->status < 0)
		return fail(writer, member->name);
	return 0;
}

int cxa_member_writer_add(struct cxa_member_writer *writer,
			  struct cxa_member *member, const void *data,
			  struct cxa_error *error)
{
	struct archive_entry *entry;
	int status;

	writer->error = error;
	set_name(member);
	if (writer->status < 0)
		return cxa_error_set(error, writer->status,
				     "writing has failed before");
	if (member->size > CXA_TAR_NUMBER_MAX)
		return cxa_error_set(error, CXA_ERR_LIMIT,
				     "a member of 8 GiB or more");
	entry = make_entry(writer, member);
	if (entry == NULL)
		return cxa_error_nomem(error, member->name);
	status = write_entry(writer, entry, member, data);
	archive_entry_free(entry);
	return status;
}

int cxa_member_writer_finish(struct cxa_member_writer *writer,
			     struct cxa_error *error)
{
	writer->error = error;
	if (writer->status < 0)
		return cxa_error_set(error, writer->status,
				     "writing has failed before");
	if (archive_write_close(writer->archive) != ARCHIVE_OK ||
	    writer->status < 0)
		return fail(writer, "the end");
	if (!cxa_walker_at_end(&writer->walker))
		return cxa_error_set(error, CXA_ERR_CORRUPT,
				     "libarchive did not end the tar with two "
				     "zero blocks");
	return 0;
}

void cxa_member_writer_close(struct cxa_member_writer *writer)
{
	if (writer == NULL)
		return;
	/* Freeing an archive that is open would write its end. */
	if (writer->status == 0)
		writer->status = CXA_ERR_USAGE;
	if (writer->archive != NULL)
		archive_write_free(writer->archive);
	free(writer);
}
