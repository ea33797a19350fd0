/* frame.h - one zstd frame: made, proved, and checked before it is opened */
#ifndef CXA_BASE_FRAME_H
#define CXA_BASE_FRAME_H

#include <stdbool.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/limits.h"

enum { CXA_FRAME_LEVEL = 3 };

/*
 * Instead of a level up to that: for bytes that hardly ever repeat, as planes of
 * vectors. The search for a match is short; the entropy is coded as ever.
 */
enum { CXA_FRAME_DENSE = 0 };

/* The window that a frame may want at most: the format's own limit. */
enum { CXA_FRAME_WINDOW_MAX = 1 << 23 };

/* Up to so much content the limit ratio does not count. */
enum { CXA_FRAME_RATIO_FREE = 64 << 20 };

/**
 * struct cxa_frame_coder - zstd's contexts, to be used by one thread at a time
 *
 * { 0 } is ready; contexts are made when first needed. The bytes of a frame
 * never depend on the frames before it.
 */
struct cxa_frame_coder {
	struct ZSTD_CCtx_s *compressor;
	struct ZSTD_DCtx_s *decompressor;
	struct cxa_buffer proof; /* what a frame just made gives back */
};

void cxa_frame_coder_release(struct cxa_frame_coder *coder);

/**
 * cxa_frame_compress() - append one frame of @data to @out
 * @level: 1 to 19, or CXA_FRAME_DENSE
 * @prove: decompress it again and compare before it counts as made
 *
 * With content size and checksum, without a dictionary.
 * Return: 0, CXA_ERR_NOMEM, CXA_ERR_CORRUPT (the proof failed: memory or the
 * encoder is at fault).
 */
int cxa_frame_compress(struct cxa_frame_coder *coder, int level, bool prove,
		       const void *data, size_t size, struct cxa_buffer *out,
		       struct cxa_error *error);

/**
 * cxa_frame_content_size() - check the frame's headers; no memory is taken
 *
 * Exactly one frame that ends with @size, with content size, checksum and a
 * window of at most 8 MiB, without a dictionary or skippable frame.
 * Return: 0 with *content_size, CXA_ERR_CORRUPT, CXA_ERR_LIMIT (the window).
 */
int cxa_frame_content_size(const void *data, size_t size,
			   uint64_t *content_size, struct cxa_error *error);

/* RFC 8878, 3.1.1: magic number, descriptor, window, dictionary, content size */
enum { CXA_FRAME_HEAD_BYTES = 18 };

/**
 * cxa_frame_claim() - the content size that the first bytes of a frame tell
 * @size: of @data; CXA_FRAME_HEAD_BYTES are enough
 *
 * Of what no one has checked: to plan with. Return: 0 when none is told.
 */
uint64_t cxa_frame_claim(const void *data, size_t size);

/**
 * cxa_frame_decompress() - replace @out by the frame's content
 * @limit: CXA_LIMIT() of @limits (filled) on its content; the ratio of content
 *         to @size is compared, too
 *
 * Return: 0, CXA_ERR_CORRUPT, CXA_ERR_LIMIT, CXA_ERR_NOMEM.
 */
int cxa_frame_decompress(struct cxa_frame_coder *coder, const void *data,
			 size_t size, const struct cxa_limits *limits,
			 size_t limit, struct cxa_buffer *out,
			 struct cxa_error *error);

#endif
