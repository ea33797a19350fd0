/* archive.h - an archive by random access: trailer, index, then any batch alone */
#ifndef CXA_ENDPOINT_ARCHIVE_H
#define CXA_ENDPOINT_ARCHIVE_H

#include <cortexarc/archive.pb-c.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "base/frame.h"
#include "container/foreign.h"
#include "container/header.h"
#include "container/trailer.h"
#include "endpoint/context.h"

/**
 * struct cxa_archive - @input: the file, or the spool a pipe was copied to
 * @foreign: instead of @input, the members of a tar packed again by another
 * @root: digest of B2SUMS; in canonical archives as the trailer says it
 */
struct cxa_archive {
	struct cxa_context *context;
	struct cxa_input *input;
	struct cxa_spool *spool;
	struct cxa_foreign *foreign;
	struct cxa_arena arena;
	Cxa__Header *header;
	Cxa__Index *index;
	struct cxa_trailer trailer;
	struct cxa_digest root;
	struct cxa_digest header_digest;
	uint64_t header_size; /* bytes of CORTEXARC */
	uint64_t mtime;
};

/**
 * cxa_archive_open() - read header, trailer and index
 * @input: taken (*input becomes NULL) whatever is returned; a pipe is copied
 *         to a spool first, each of its blocks through the strict walker
 * @operation: what the features in the header must allow
 *
 * A tar that is no canonical archive is tried as one packed again by another
 * tar, with a notice. Return: 0, CXA_ERR_FORMAT, CXA_ERR_CORRUPT,
 * CXA_ERR_UNSUPPORTED, CXA_ERR_LIMIT, CXA_ERR_IO, CXA_ERR_NOMEM.
 */
int cxa_archive_open(struct cxa_archive **out, struct cxa_context *context,
		     struct cxa_input **input, enum cxa_operation operation,
		     struct cxa_error *error);

/**
 * cxa_archive_confirm() - do B2SUMS, the root hash, INDEX, header and schema
 * agree? What a single random read passes over.
 */
int cxa_archive_confirm(struct cxa_archive *archive, struct cxa_error *error);

/**
 * cxa_archive_read_member() - the bytes of a member that is no batch
 * @offset, @size: of its data in the file; @size UINT64_MAX: as its tar header
 *                 says (where it is known by name, in a foreign tar)
 * @digest: what its pax header says; NULL: it has none
 *
 * Its tar headers and padding are checked, its digest is not.
 */
int cxa_archive_read_member(const struct cxa_archive *archive, const char *name,
			    uint64_t offset, uint64_t size,
			    const struct cxa_digest *digest,
			    struct cxa_buffer *out, struct cxa_error *error);

/** cxa_archive_read_at() - exactly @size bytes of the file, or an error */
int cxa_archive_read_at(const struct cxa_archive *archive, uint64_t offset,
			void *data, size_t size, struct cxa_error *error);

/**
 * cxa_archive_read_batch() - the raw bytes of a batch, checked
 * @stored, @raw: buffers to use; @raw holds the result
 *
 * In this order: the member's tar headers, the digest of its stored bytes,
 * its frame, its raw size. The digest of the raw bytes is for comparing
 * archives; what it would prove here, the stored digest has proven (verify
 * checks both). Any thread, each with its own coder. The error names the
 * member.
 */
int cxa_archive_read_batch(const struct cxa_archive *archive,
			   const Cxa__IndexEntry *entry,
			   struct cxa_frame_coder *coder,
			   struct cxa_buffer *stored, struct cxa_buffer *raw,
			   struct cxa_error *error);

void cxa_archive_close(struct cxa_archive *archive);

#endif
