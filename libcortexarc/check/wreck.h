/* wreck.h - what is found in a damaged archive, and what of it is proven */
#ifndef CXA_CHECK_WRECK_H
#define CXA_CHECK_WRECK_H

#include "base/arena.h"
#include "base/buffer.h"
#include "base/io.h"
#include "container/member.h"
#include "container/trailer.h"
#include "endpoint/context.h"
#include "record/batch_codec.h"

/* Who gives the digest that a batch has, the weightiest last. */
enum cxa_proof { CXA_UNPROVEN, CXA_PROOF_PAX, CXA_PROOF_SUMS, CXA_PROOF_INDEX };

/**
 * struct cxa_piece - what a header, or INDEX, says is a member
 * @member: has_digest: its pax record can be read; size: if @has_size
 * @begin: of its first header that can be read, or of its data
 * @mtime: of that header (@has_mtime)
 * @actual: digest of its data (@hashed)
 * @raw_digest, @raw_size, @ids: of a batch whose records are sound (@decoded)
 * @unreadable: the device did not give all of it
 * @fault: why it is not @decoded, in words; NULL: not looked at, or it is
 */
struct cxa_piece {
	struct cxa_member member;
	uint64_t begin;
	uint64_t mtime;
	struct cxa_digest actual;
	struct cxa_digest raw_digest;
	uint64_t raw_size;
	struct cxa_id_run ids;
	const char *fault;
	enum cxa_proof proof;
	bool has_size;
	bool has_mtime;
	bool hashed;
	bool unreadable;
	bool decoded;
};

/**
 * struct cxa_lines - the batches that B2SUMS names
 * @first: of @batches, by collection; first[CXA_COLLECTION_COUNT]: how many
 */
struct cxa_lines {
	struct cxa_member *batches;
	size_t capacity;
	size_t first[CXA_COLLECTION_COUNT + 1];
	bool has[CXA_MEMBER_TRAILER + 1]; /* of members that stand once */
	struct cxa_digest digest[CXA_MEMBER_TRAILER + 1];
};

/**
 * struct cxa_wreck - an archive of which nothing is believed
 * @pieces: in the order of the file; first those found by a header
 * @header_bytes, @schema, @index_bytes, @sums: data of these members, as far as
 *       they are sound; else empty
 * @unreadable: bytes that the device did not give
 */
struct cxa_wreck {
	struct cxa_context *context;
	struct cxa_input *input;
	struct cxa_spool *spool;
	struct cxa_piece *pieces;
	size_t count;
	size_t capacity;
	struct cxa_arena arena;
	struct cxa_buffer header_bytes;
	struct cxa_buffer schema;
	struct cxa_buffer index_bytes;
	struct cxa_buffer sums;
	Cxa__Header *header;
	Cxa__Index *index;
	struct cxa_lines lines;
	struct cxa_trailer trailer;
	uint64_t trailer_offset; /* of its data in the file */
	uint64_t mtime;
	uint64_t unreadable;
	bool has_trailer;
	bool has_mtime;
	bool has_unreadable; /* in a header, or in what may be a batch */
};

/**
 * cxa_wreck_open() - look for all that can be found, and prove what can be
 * @input: taken (*input becomes NULL) whatever is returned; a pipe is copied
 *
 * Return: 0; CXA_ERR_FORMAT: nothing of an archive is in it;
 * CXA_ERR_UNSUPPORTED (of a later version); CXA_ERR_LIMIT, CXA_ERR_IO,
 * CXA_ERR_NOMEM, CXA_ERR_CANCELLED.
 */
int cxa_wreck_open(struct cxa_wreck **out, struct cxa_context *context,
		   struct cxa_input **input, struct cxa_error *error);

void cxa_wreck_close(struct cxa_wreck *wreck);

/**
 * cxa_wreck_adopt() - take CORTEXARC, schema.pb, INDEX and B2SUMS from @other
 *
 * Each where it is lost in @wreck and a digest there says that @other has the
 * same; then look again for batches by what INDEX says.
 */
int cxa_wreck_adopt(struct cxa_wreck *wreck, const struct cxa_wreck *other,
		    struct cxa_error *error);

/**
 * cxa_wreck_entry(), cxa_wreck_line() - what INDEX and B2SUMS say of a batch;
 * NULL: nothing
 */
const Cxa__IndexEntry *cxa_wreck_entry(const struct cxa_wreck *wreck,
				       enum cxa_collection collection,
				       uint32_t number);
const struct cxa_member *cxa_wreck_line(const struct cxa_wreck *wreck,
					enum cxa_collection collection,
					uint32_t number);

/* --- of which that is made: one file each -------------------------------- */

/** cxa_wreck_read() - as cxa_input_read_at(); what a device lost reads as 0 */
int cxa_wreck_read(const struct cxa_input *input, uint64_t offset, void *data,
		   size_t size, size_t *got, uint64_t *lost,
		   struct cxa_error *error);

/** cxa_wreck_is_unreadable() - is there anything the device did not give? */
bool cxa_wreck_is_unreadable(const struct cxa_wreck *wreck);

/** cxa_wreck_refuse() - CXA_ERR_IO: of what the device gave nothing is left */
int cxa_wreck_refuse(const struct cxa_wreck *wreck, struct cxa_error *error);

/** cxa_wreck_data() - @size bytes at @offset; false: not all are there */
int cxa_wreck_data(const struct cxa_wreck *wreck, uint64_t offset,
		   uint64_t size, struct cxa_buffer *out, bool *whole,
		   struct cxa_error *error);

/** cxa_wreck_add() - one more piece; Return: 0, CXA_ERR_LIMIT, CXA_ERR_NOMEM */
int cxa_wreck_add(struct cxa_wreck *wreck, const struct cxa_piece *piece,
		  struct cxa_error *error);

/** cxa_wreck_find() - all headers, at any byte, and TRAILER by its magic */
int cxa_wreck_find(struct cxa_wreck *wreck, struct cxa_error *error);

/** cxa_wreck_read_singles() - CORTEXARC, TRAILER, B2SUMS, INDEX, schema.pb */
int cxa_wreck_read_singles(struct cxa_wreck *wreck, struct cxa_error *error);

/** cxa_wreck_adopt_singles() - these for cxa_wreck_adopt(), from @other */
int cxa_wreck_adopt_singles(struct cxa_wreck *wreck,
			    const struct cxa_wreck *other,
			    struct cxa_error *error);

/** cxa_wreck_moved() - by how much what stands before TRAILER has moved */
uint64_t cxa_wreck_moved(const struct cxa_wreck *wreck);

/** cxa_wreck_prove() - hash and decode the batches from piece @first on */
int cxa_wreck_prove(struct cxa_wreck *wreck, size_t first,
		    struct cxa_error *error);

/** cxa_wreck_place() - look for batches where INDEX places them; prove them */
int cxa_wreck_place(struct cxa_wreck *wreck, struct cxa_error *error);

/** cxa_wreck_weigh() - set every piece's proof */
void cxa_wreck_weigh(struct cxa_wreck *wreck);

/** cxa_is_digest() - is it @digest? */
static inline bool cxa_is_digest(const ProtobufCBinaryData *data,
				 const struct cxa_digest *digest)
{
	return data->len == CXA_DIGEST_BYTES &&
	       memcmp(data->data, digest->bytes, CXA_DIGEST_BYTES) == 0;
}

#endif
