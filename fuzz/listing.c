/* listing.c - fuzz: libarchive's own listing of an archive against ours */
#include <archive.h>
#include <archive_entry.h>
#include <stdlib.h>

#include "container/foreign.h"
#include "container/member_reader.h"
#include "support.h"

/*
 * An archive that ours reads to its end, libarchive reads without a warning:
 * the same names in the same order, the same sizes and data, regular files all;
 * and so does our reader of what another tar has packed. What ours refuses,
 * libarchive may take: it is no judge of that.
 */

struct listing {
	struct cxa_member *members;
	size_t count;
	size_t capacity;
};

static void keep(struct listing *listing, const struct cxa_member *member)
{
	if (listing->count == listing->capacity) {
		listing->capacity = listing->capacity * 2 + 16;
		listing->members = realloc(listing->members,
					   listing->capacity *
						   sizeof(*listing->members));
		MUST(listing->members != NULL);
	}
	listing->members[listing->count++] = *member;
}

/* False: it is damaged, or something stands behind its end. */
static bool list_ours(struct listing *listing, const uint8_t *data, size_t size)
{
	struct cxa_input *input = fuzz_input(data, size, true);
	struct cxa_member_reader *reader = NULL;
	struct cxa_buffer bytes = { 0 };
	struct cxa_member member;
	uint64_t zeros;
	int status = cxa_member_reader_open(&reader, input,
					    &fuzz_context()->limits, NULL);

	while (status == 0) {
		status = cxa_member_reader_next(reader, &member, &bytes, NULL);
		if (status != 0)
			break;
		keep(listing, &member);
		MUST(bytes.size == member.size);
		MUST(member.offset + member.size <= size);
		MUST(bytes.size == 0 || memcmp(bytes.data, data + member.offset,
					       bytes.size) == 0);
	}
	if (status == CXA_END)
		status = cxa_member_reader_tail(reader, &zeros, NULL);
	cxa_member_reader_close(reader);
	cxa_input_close(input);
	cxa_buffer_release(&bytes);
	return status == 0;
}

static void compare_entry(struct archive *archive, struct archive_entry *entry,
			  const struct cxa_member *member, const uint8_t *data)
{
	uint8_t *read = malloc((size_t)member->size + 1);

	MUST(read != NULL);
	MUST(strcmp(archive_entry_pathname(entry), member->name) == 0);
	MUST(archive_entry_filetype(entry) == AE_IFREG);
	MUST(archive_entry_hardlink(entry) == NULL);
	MUST(archive_entry_sparse_count(entry) == 0);
	MUST((uint64_t)archive_entry_size(entry) == member->size);
	MUST(archive_entry_xattr_count(entry) == (int)member->has_digest);
	MUST(archive_read_data(archive, read, (size_t)member->size + 1) ==
	     (la_ssize_t)member->size);
	MUST(memcmp(read, data + member->offset, (size_t)member->size) == 0);
	free(read);
}

static void compare_listing(const struct listing *listing, const uint8_t *data,
			    size_t size)
{
	struct archive *archive = archive_read_new();
	struct archive_entry *entry = NULL;

	MUST(archive != NULL);
	MUST(archive_read_support_format_tar(archive) == ARCHIVE_OK);
	MUST(archive_read_open_memory(archive, data, size) == ARCHIVE_OK);
	for (size_t i = 0; i < listing->count; i++) {
		MUST(archive_read_next_header(archive, &entry) == ARCHIVE_OK);
		compare_entry(archive, entry, &listing->members[i], data);
	}
	MUST(archive_read_next_header(archive, &entry) == ARCHIVE_EOF);
	archive_read_free(archive);
}

static void compare_foreign(const struct listing *listing, const uint8_t *data,
			    size_t size)
{
	struct cxa_input *input = fuzz_input(data, size, false);
	struct cxa_error error = CXA_ERROR_INIT;
	struct cxa_foreign *foreign = NULL;

	fuzz_must_be(cxa_foreign_open(&foreign, input,
				      fuzz_context()->temp_dir,
				      &fuzz_context()->limits, &error), 0,
		     &error, "as another tar's");
	MUST(foreign->count == listing->count);
	for (size_t i = 0; i < listing->count; i++) {
		const struct cxa_member *member = &listing->members[i];
		const struct cxa_member *found =
			cxa_foreign_find(foreign, member->name);
		uint8_t *read = malloc((size_t)member->size + 1);

		MUST(read != NULL && found != NULL);
		MUST(found->size == member->size);
		MUST(cxa_spool_read_at(foreign->spool, found->offset, read,
				       (size_t)member->size, NULL) == 0);
		MUST(memcmp(read, data + member->offset,
			    (size_t)member->size) == 0);
		free(read);
	}
	cxa_foreign_close(foreign);
	cxa_input_close(input);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct listing listing = { 0 };

	if (list_ours(&listing, data, size)) {
		compare_listing(&listing, data, size);
		compare_foreign(&listing, data, size);
	}
	free(listing.members);
	return 0;
}
