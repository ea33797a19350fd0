/* trailer.c - the 512 bytes that a random read begins with */
#include "container/trailer.h"

#include <stdlib.h>

#include <cortexarc/cortexarc.h>

#include "base/bytes.h"
#include "container/header.h"
#include "container/tar_block.h"
#include "container/walker.h"

/* Where the parts stand; see trailer.h. */
enum {
	MAGIC_BYTES = 16,
	MAJOR_AT = 16,
	MINOR_AT = 20,
	INDEX_AT = 24,
	SUMS_AT = 40,
	INDEX_DIGEST_AT = 56,
	ROOT_AT = 88,
	ZERO_AT = 120,
	DIGEST_AT = 480
};

enum {
	END_BYTES = 2 * CXA_BLOCK_BYTES,
	/* header, trailer, two zero blocks; a block for what is cut or odd */
	WINDOW_MAX = CXA_TAIL_MAX + 2 * CXA_BLOCK_BYTES + END_BYTES +
		     CXA_BLOCK_BYTES
};

static const uint8_t magic[MAGIC_BYTES] = "CORTEXARC-END\r\n";

void cxa_trailer_encode(const struct cxa_trailer *trailer,
			uint8_t out[CXA_TRAILER_BYTES])
{
	struct cxa_digest digest;

	memset(out, 0, CXA_TRAILER_BYTES);
	memcpy(out, magic, sizeof(magic));
	cxa_store32(out + MAJOR_AT, trailer->major);
	cxa_store32(out + MINOR_AT, trailer->minor);
	cxa_store64(out + INDEX_AT, trailer->index_offset);
	cxa_store64(out + INDEX_AT + 8, trailer->index_size);
	cxa_store64(out + SUMS_AT, trailer->sums_offset);
	cxa_store64(out + SUMS_AT + 8, trailer->sums_size);
	memcpy(out + INDEX_DIGEST_AT, trailer->index_digest.bytes,
	       CXA_DIGEST_BYTES);
	memcpy(out + ROOT_AT, trailer->root.bytes, CXA_DIGEST_BYTES);
	cxa_digest_of(&digest, out, DIGEST_AT);
	memcpy(out + DIGEST_AT, digest.bytes, CXA_DIGEST_BYTES);
}

static int damaged(struct cxa_error *error, const char *what)
{
	cxa_error_at(error, cxa_member_name(CXA_MEMBER_TRAILER), UINT64_MAX);
	return cxa_error_set(error, CXA_ERR_CORRUPT, "TRAILER is damaged: %s",
			     what);
}

int cxa_trailer_decode(struct cxa_trailer *out,
		       const uint8_t data[CXA_TRAILER_BYTES],
		       struct cxa_error *error)
{
	struct cxa_digest digest;

	memset(out, 0, sizeof(*out));
	if (memcmp(data, magic, sizeof(magic)) != 0)
		return damaged(error, "it does not begin with its magic");
	cxa_digest_of(&digest, data, DIGEST_AT);
	if (memcmp(digest.bytes, data + DIGEST_AT, CXA_DIGEST_BYTES) != 0)
		return damaged(error, "its digest does not hold");
	out->major = cxa_load32(data + MAJOR_AT);
	out->minor = cxa_load32(data + MINOR_AT);
	if (out->major > CXA_FORMAT_MAJOR)
		return cxa_error_set(error, CXA_ERR_UNSUPPORTED,
				     "needs format %u.%u; this is cortexarc %s,"
				     " which reads %d.x", out->major, out->minor,
				     cxa_version(), CXA_FORMAT_MAJOR);
	if (out->major != CXA_FORMAT_MAJOR)
		return damaged(error, "there is no such version");
	if (!cxa_tar_is_zero(data + ZERO_AT, DIGEST_AT - ZERO_AT))
		return damaged(error, "bytes where zeros must stand");
	out->index_offset = cxa_load64(data + INDEX_AT);
	out->index_size = cxa_load64(data + INDEX_AT + 8);
	out->sums_offset = cxa_load64(data + SUMS_AT);
	out->sums_size = cxa_load64(data + SUMS_AT + 8);
	memcpy(out->index_digest.bytes, data + INDEX_DIGEST_AT,
	       CXA_DIGEST_BYTES);
	memcpy(out->root.bytes, data + ROOT_AT, CXA_DIGEST_BYTES);
	return 0;
}

/* --- finding it at the end of a file --------------------------------- */

static int missing(struct cxa_error *error, uint64_t size)
{
	cxa_error_at(error, NULL, size);
	return cxa_error_set(error, CXA_ERR_CORRUPT,
			     "the end is missing: there is no TRAILER");
}

/* Does a TRAILER's header, with whatever damage elsewhere, stand here? */
static bool is_header(const uint8_t *block)
{
	static const char name[] = "TRAILER";

	return memcmp(block, name, sizeof(name)) == 0 &&
	       memcmp(block + 257, "ustar", 6) == 0;
}

static bool is_header_exact(const uint8_t *block, uint64_t *mtime)
{
	struct cxa_tar_header header;

	if (cxa_tar_header_decode(&header, block) != NULL ||
	    header.type != '0' || header.size != CXA_TRAILER_BYTES ||
	    strcmp(header.name, cxa_member_name(CXA_MEMBER_TRAILER)) != 0)
		return false;
	*mtime = header.mtime;
	return true;
}

/* The last place of TRAILER in the window, by its magic or its header. */
static bool find_last(const uint8_t *window, size_t size, size_t *at)
{
	for (size_t i = size; i-- > CXA_BLOCK_BYTES;) {
		if ((window[i] == magic[0] && size - i >= MAGIC_BYTES &&
		     memcmp(window + i, magic, MAGIC_BYTES) == 0) ||
		    (window[i - CXA_BLOCK_BYTES] == 'T' &&
		     is_header(window + i - CXA_BLOCK_BYTES))) {
			*at = i;
			return true;
		}
	}
	return false;
}

/* Do the parts that it points to end where TRAILER begins? */
static bool fits_its_place(const struct cxa_trailer *trailer, uint64_t offset)
{
	return trailer->index_offset % CXA_BLOCK_BYTES == 0 &&
	       cxa_preamble_next(trailer->index_offset, trailer->index_size,
				 CXA_MEMBER_SUMS) == trailer->sums_offset &&
	       cxa_preamble_next(trailer->sums_offset, trailer->sums_size,
				 CXA_MEMBER_TRAILER) == offset;
}

static int check_place(const struct cxa_trailer *trailer, uint64_t offset,
		       struct cxa_error *error)
{
	if (offset % CXA_BLOCK_BYTES == 0 && fits_its_place(trailer, offset))
		return 0;
	cxa_error_at(error, cxa_member_name(CXA_MEMBER_TRAILER), offset);
	return cxa_error_set(error, CXA_ERR_CORRUPT,
			     "INDEX and B2SUMS do not stand where TRAILER says:"
			     " bytes were lost or added, or another tar has "
			     "packed this");
}

static const char *check_behind(const uint8_t *data, size_t size)
{
	if (!cxa_tar_is_zero(data, size))
		return "something other than zeros behind TRAILER";
	if (size < END_BYTES)
		return "the end is missing: no two zero blocks behind TRAILER";
	if (size - END_BYTES > CXA_TAIL_MAX)
		return "over 1 MiB of zeros behind the end";
	return NULL;
}

/* @at: of TRAILER's data in the @size bytes of @window, the file's last. */
static int judge(struct cxa_trailer *out, const uint8_t *window, size_t size,
		 size_t at, uint64_t file_size, struct cxa_error *error)
{
	size_t behind = at + CXA_TRAILER_BYTES;
	uint64_t offset = file_size - size + at;
	const char *fault;
	int status;

	if (behind > size)
		return missing(error, file_size);
	status = cxa_trailer_decode(out, window + at, error);
	if (status == 0)
		status = check_place(out, offset, error);
	if (status < 0)
		return status;
	if (!is_header_exact(window + at - CXA_BLOCK_BYTES, &out->mtime))
		return damaged(error, "its tar header is not canonical");
	fault = check_behind(window + behind, size - behind);
	if (fault == NULL)
		return 0;
	cxa_error_at(error, NULL, offset + CXA_TRAILER_BYTES);
	return cxa_error_set(error, CXA_ERR_CORRUPT, "%s", fault);
}

static int search(struct cxa_trailer *out, const struct cxa_input *input,
		  size_t window_size, size_t *at, struct cxa_error *error)
{
	uint8_t *window = malloc(window_size + 1);
	size_t got = 0;
	int status;

	if (window == NULL)
		return cxa_error_nomem(error, "the end of the file");
	status = cxa_input_read_at(input, input->size - window_size, window,
				   window_size, &got, error);
	if (status == 0 && got != window_size)
		status = cxa_error_set(error, CXA_ERR_CORRUPT,
				       "the file became shorter");
	if (status == 0 && !find_last(window, window_size, at))
		status = missing(error, input->size);
	if (status == 0)
		status = judge(out, window, window_size, *at, input->size,
			       error);
	free(window);
	return status;
}

bool cxa_trailer_agrees(const struct cxa_trailer *trailer,
			const Cxa__Header *header)
{
	return trailer->major == header->format_major &&
	       trailer->minor == header->format_minor;
}

int cxa_trailer_find(struct cxa_trailer *out, const struct cxa_input *input,
		     uint64_t *end, uint64_t *padding, struct cxa_error *error)
{
	size_t usual = 2 * CXA_BLOCK_BYTES + END_BYTES;
	size_t window = WINDOW_MAX;
	size_t at = 0;
	int status = CXA_ERR_CORRUPT;

	memset(out, 0, sizeof(*out));
	if (input->size < window)
		window = (size_t)input->size;
	/* The usual end first; what is wrong with another is told below. */
	if (window >= usual)
		status = search(out, input, usual, &at, NULL);
	if (status < 0) {
		usual = window;
		status = search(out, input, window, &at, error);
	}
	if (status < 0)
		return status;
	*end = input->size - usual + at + CXA_TRAILER_BYTES + END_BYTES;
	*padding = input->size - *end;
	return 0;
}

int cxa_trailer_stands(bool *stands, const struct cxa_input *input,
		       struct cxa_error *error)
{
	struct cxa_error inner = CXA_ERROR_INIT;
	struct cxa_trailer trailer;
	uint64_t padding;
	uint64_t end;
	int status = cxa_trailer_find(&trailer, input, &end, &padding, &inner);

	*stands = status == 0;
	if (status != CXA_ERR_IO && status != CXA_ERR_CANCELLED &&
	    status != CXA_ERR_NOMEM)
		return 0;
	return cxa_error_pass(error, status, &inner);
}
