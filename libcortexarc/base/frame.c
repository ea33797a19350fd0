/* frame.c - one zstd frame: made, proved, and checked before it is opened */
#include "base/frame.h"

#include <zstd.h>
#include <zstd_errors.h>

#include "base/bytes.h"

enum { MAGIC_BYTES = 4 };

void cxa_frame_coder_release(struct cxa_frame_coder *coder)
{
	ZSTD_freeCCtx(coder->compressor);
	ZSTD_freeDCtx(coder->decompressor);
	cxa_buffer_release(&coder->proof);
	coder->compressor = NULL;
	coder->decompressor = NULL;
}

static int need_compressor(struct cxa_frame_coder *coder,
			   struct cxa_error *error)
{
	if (coder->compressor == NULL)
		coder->compressor = ZSTD_createCCtx();
	if (coder->compressor == NULL)
		return cxa_error_nomem(error, "a zstd compressor");
	return 0;
}

static int need_decompressor(struct cxa_frame_coder *coder,
			     struct cxa_error *error)
{
	if (coder->decompressor == NULL)
		coder->decompressor = ZSTD_createDCtx();
	if (coder->decompressor == NULL)
		return cxa_error_nomem(error, "a zstd decompressor");
	return 0;
}

static int zstd_failure(size_t code, const char *what, struct cxa_error *error)
{
	if (ZSTD_getErrorCode(code) == ZSTD_error_memory_allocation)
		return cxa_error_nomem(error, what);
	return cxa_error_set(error, CXA_ERR_CORRUPT, "%s: %s", what,
			     ZSTD_getErrorName(code));
}

static int decompress(struct cxa_frame_coder *coder, const void *data,
		      size_t size, void *content, size_t content_size,
		      struct cxa_error *error)
{
	size_t got = ZSTD_decompressDCtx(coder->decompressor, content,
					 content_size, data, size);

	if (ZSTD_isError(got))
		return zstd_failure(got, "the zstd frame does not decompress",
				    error);
	if (got != content_size)
		return cxa_error_set(error, CXA_ERR_CORRUPT,
				     "the zstd frame holds %zu bytes, not %zu",
				     got, content_size);
	return 0;
}

/* Encoders and memory fail too: what comes out is compared with what went in. */
static int prove_frame(struct cxa_frame_coder *coder, const void *data,
		       size_t size, const void *frame, size_t frame_size,
		       struct cxa_error *error)
{
	struct cxa_error inner = CXA_ERROR_INIT;
	struct cxa_buffer *proof = &coder->proof;
	int status;

	if (cxa_buffer_room(proof, size + 1) == NULL)
		return cxa_error_nomem(error, "checking a zstd frame");
	status = need_decompressor(coder, &inner);
	if (status == 0)
		status = decompress(coder, frame, frame_size, proof->data, size,
				    &inner);
	if (status == 0 && size != 0 && memcmp(proof->data, data, size) != 0)
		status = CXA_ERR_CORRUPT;
	if (status == CXA_ERR_CORRUPT) /* not the input's damage, but ours */
		cxa_error_set(error, status,
			      "a frame just made does not give back what went "
			      "in: memory or processor is at fault");
	cxa_buffer_reset(proof);
	return cxa_error_pass(error, status, &inner);
}

/*
 * For vectors, the fewer the false matches the better: a table this small finds
 * the vectors that are the same as the one before, and little else, in 0.6 of
 * the time of level 3 (bench/README.md).
 */
static void set_level(ZSTD_CCtx *compressor, int level)
{
	if (level != CXA_FRAME_DENSE) {
		ZSTD_CCtx_setParameter(compressor, ZSTD_c_compressionLevel,
				       level);
		return;
	}
	ZSTD_CCtx_setParameter(compressor, ZSTD_c_compressionLevel,
			       CXA_FRAME_LEVEL);
	ZSTD_CCtx_setParameter(compressor, ZSTD_c_strategy, ZSTD_fast);
	ZSTD_CCtx_setParameter(compressor, ZSTD_c_hashLog, 9);
	ZSTD_CCtx_setParameter(compressor, ZSTD_c_minMatch, 7);
}

int cxa_frame_compress(struct cxa_frame_coder *coder, int level, bool prove,
		       const void *data, size_t size, struct cxa_buffer *out,
		       struct cxa_error *error)
{
	size_t bound = ZSTD_compressBound(size);
	uint8_t *room = cxa_buffer_room(out, bound);
	ZSTD_CCtx *compressor;
	size_t made;
	int status;

	if (room == NULL)
		return cxa_error_nomem(error, "a zstd frame");
	status = need_compressor(coder, error);
	if (status < 0)
		return status;
	compressor = coder->compressor;
	ZSTD_CCtx_reset(compressor, ZSTD_reset_session_and_parameters);
	set_level(compressor, level);
	ZSTD_CCtx_setParameter(compressor, ZSTD_c_contentSizeFlag, 1);
	ZSTD_CCtx_setParameter(compressor, ZSTD_c_checksumFlag, 1);
	made = ZSTD_compress2(compressor, room, bound, data, size);
	if (ZSTD_isError(made))
		return zstd_failure(made, "compressing", error);
	if (prove) {
		status = prove_frame(coder, data, size, room, made, error);
		if (status < 0)
			return status;
	}
	out->size += made;
	return 0;
}

static int bad_frame(struct cxa_error *error, const char *what)
{
	return cxa_error_set(error, CXA_ERR_CORRUPT, "%s", what);
}

static int check_window(uint64_t window, struct cxa_error *error)
{
	if (window <= CXA_FRAME_WINDOW_MAX)
		return 0;
	return cxa_error_set(error, CXA_ERR_LIMIT,
			     "the zstd frame wants a window of %llu bytes, over "
			     "the format's limit of %d",
			     (unsigned long long)window, CXA_FRAME_WINDOW_MAX);
}

/* RFC 8878, 3.1.1.1: the descriptor byte, and the window it leads to. */
static int check_descriptor(const uint8_t *data, size_t size,
			    struct cxa_error *error)
{
	uint8_t descriptor;
	unsigned exponent;
	uint64_t window;

	if (size < MAGIC_BYTES + 2 || cxa_load32(data) != ZSTD_MAGICNUMBER)
		return bad_frame(error, "this is not a zstd frame");
	descriptor = data[MAGIC_BYTES];
	if ((descriptor & 0x18) != 0)
		return bad_frame(error, "the zstd frame sets a reserved bit");
	if ((descriptor & 0x03) != 0)
		return bad_frame(error, "the zstd frame wants a dictionary");
	if ((descriptor & 0x04) == 0)
		return bad_frame(error, "the zstd frame has no checksum");
	if ((descriptor & 0x20) != 0)
		return 0; /* a single segment: the window is the content */
	if ((descriptor & 0xc0) == 0)
		return bad_frame(error, "the zstd frame has no content size");
	exponent = data[MAGIC_BYTES + 1] >> 3;
	window = UINT64_C(1) << (10 + exponent);
	window += window / 8 * (data[MAGIC_BYTES + 1] & 7);
	return check_window(window, error);
}

int cxa_frame_content_size(const void *data, size_t size,
			   uint64_t *content_size, struct cxa_error *error)
{
	int status = check_descriptor(data, size, error);
	unsigned long long content;
	size_t frame_size;

	if (status < 0)
		return status;
	content = ZSTD_getFrameContentSize(data, size);
	if (content == ZSTD_CONTENTSIZE_ERROR ||
	    content == ZSTD_CONTENTSIZE_UNKNOWN)
		return bad_frame(error, "the zstd frame has no content size");
	if ((((const uint8_t *)data)[MAGIC_BYTES] & 0x20) != 0)
		status = check_window(content, error);
	if (status < 0)
		return status;
	frame_size = ZSTD_findFrameCompressedSize(data, size);
	if (ZSTD_isError(frame_size))
		return bad_frame(error, "the zstd frame is cut or malformed");
	if (frame_size != size)
		return bad_frame(error, "something stands behind the zstd frame");
	*content_size = content;
	return 0;
}

uint64_t cxa_frame_claim(const void *data, size_t size)
{
	unsigned long long content = ZSTD_getFrameContentSize(data, size);

	return content == ZSTD_CONTENTSIZE_ERROR ||
			       content == ZSTD_CONTENTSIZE_UNKNOWN ?
		       0 : content;
}

/* What a frame of @size bytes claims to hold, against the limits. */
static int check_content(uint64_t content, size_t size,
			 const struct cxa_limits *limits, size_t limit,
			 struct cxa_error *error)
{
	if (content > cxa_limit_of(limits, limit))
		return cxa_limit_exceeded(error, limits, limit, content,
					  "decompressed");
	if (content > CXA_FRAME_RATIO_FREE && content / size > limits->ratio)
		return cxa_limit_exceeded(error, limits, CXA_LIMIT(ratio),
					  content / size,
					  "a zstd frame of %zu bytes claims "
					  "%llu", size,
					  (unsigned long long)content);
	return 0;
}

int cxa_frame_decompress(struct cxa_frame_coder *coder, const void *data,
			 size_t size, const struct cxa_limits *limits,
			 size_t limit, struct cxa_buffer *out,
			 struct cxa_error *error)
{
	uint64_t content_size = 0;
	int status = cxa_frame_content_size(data, size, &content_size, error);

	if (status == 0)
		status = check_content(content_size, size, limits, limit,
				       error);
	if (status < 0)
		return status;
	cxa_buffer_reset(out);
	if (cxa_buffer_room(out, content_size + 1) == NULL)
		return cxa_error_nomem(error, "decompressing");
	status = need_decompressor(coder, error);
	if (status == 0)
		status = decompress(coder, data, size, out->data,
				    (size_t)content_size, error);
	if (status == 0)
		out->size = (size_t)content_size;
	return status;
}
