/* frames.c - zstd frames that are refused before memory is taken; digests */
#include <stdlib.h>

#include <zstd.h>

#include "base/bytes.h"
#include "base/digest.h"
#include "base/frame.h"
#include "tap.h"

static uint8_t content[100000];

enum { CHECKSUM = 1, SIZE = 2 };

static size_t make_frame(uint8_t *out, size_t room, int flags, int window)
{
	ZSTD_CCtx *context = ZSTD_createCCtx();
	ZSTD_inBuffer in = { content, sizeof(content), 0 };
	ZSTD_outBuffer buffer = { out, room, 0 };

	ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag,
			       (flags & CHECKSUM) != 0);
	ZSTD_CCtx_setParameter(context, ZSTD_c_contentSizeFlag,
			       (flags & SIZE) != 0);
	if (window != 0)
		ZSTD_CCtx_setParameter(context, ZSTD_c_windowLog, window);
	if (window == 0)
		ZSTD_CCtx_setPledgedSrcSize(context, sizeof(content));
	ZSTD_compressStream2(context, &buffer, &in, ZSTD_e_end);
	ZSTD_freeCCtx(context);
	return buffer.pos;
}

static void refused_as(int status, const uint8_t *frame, size_t size,
		       const char *part, const char *name)
{
	struct cxa_error error = CXA_ERROR_INIT;
	uint8_t *copy = malloc(size == 0 ? 1 : size);
	uint64_t bytes;

	memcpy(copy, frame, size);
	ok(cxa_frame_content_size(copy, size, &bytes, &error) == status &&
		   strstr(error.message, part) != NULL,
	   "%s is refused: %s", name, error.message);
	free(copy);
}

static void refused(const uint8_t *frame, size_t size, const char *part,
		    const char *name)
{
	refused_as(CXA_ERR_CORRUPT, frame, size, part, name);
}

static void frames_that_are_not_ours_are_refused(void)
{
	static uint8_t frame[200000];
	size_t size = make_frame(frame, sizeof(frame), CHECKSUM | SIZE, 0);
	size_t two;

	refused(frame, 0, "not a zstd frame", "nothing");
	refused(content, 100, "not a zstd frame", "something else");
	refused(frame, size - 1, "cut", "a cut frame");
	memcpy(frame + size, "\x50\x2a\x4d\x18\0\0\0\0", 8);
	refused(frame, size + 8, "behind", "a skippable frame behind it");
	refused(frame + size, 8, "not a zstd frame", "a skippable frame");
	two = make_frame(frame + size, sizeof(frame) - size, CHECKSUM | SIZE,
			 0);
	refused(frame, size + two, "behind", "a second frame");
	size = make_frame(frame, sizeof(frame), SIZE, 0);
	refused(frame, size, "no checksum", "a frame without a checksum");
	size = make_frame(frame, sizeof(frame), CHECKSUM, 20);
	refused(frame, size, "no content size", "a frame without its size");
	size = make_frame(frame, sizeof(frame), CHECKSUM | SIZE, 0);
	frame[4] |= 1;
	refused(frame, size, "dictionary", "a frame with a dictionary");
	frame[4] ^= 1 | 8;
	refused(frame, size, "reserved", "a frame with a reserved bit");
}

static void a_huge_window_is_refused(void)
{
	/* Magic, descriptor (4-byte size, checksum), window 2^31, size. */
	static const uint8_t huge[] = { 0x28, 0xb5, 0x2f, 0xfd, 0x84, 0xa8,
					0xff, 0xff, 0xff, 0x7f, 1, 0, 0 };

	refused_as(CXA_ERR_LIMIT, huge, sizeof(huge), "window",
		   "a window of 2 GiB");
}

static void a_bomb_is_refused_by_its_size(void)
{
	struct cxa_frame_coder coder = { 0 };
	struct cxa_limits limits = *cxa_limits_default();
	struct cxa_error error = CXA_ERROR_INIT;
	struct cxa_buffer frame = { 0 };
	struct cxa_buffer out = { 0 };

	limits.batch_bytes = sizeof(content) - 1;
	memset(content, 0, sizeof(content));
	cxa_frame_compress(&coder, 3, true, content, sizeof(content), &frame,
			   NULL);
	is_int(cxa_frame_decompress(&coder, frame.data, frame.size,
				    &limits, CXA_LIMIT(batch_bytes), &out,
				    &error),
	       CXA_ERR_LIMIT, "a frame one byte over the limit is refused");
	limits.batch_bytes++;
	is_int(cxa_frame_decompress(&coder, frame.data, frame.size,
				    &limits, CXA_LIMIT(batch_bytes), &out,
				    &error),
	       0, "one at the limit is not");
	cxa_frame_coder_release(&coder);
	cxa_buffer_release(&frame);
	cxa_buffer_release(&out);
}

/* Of five bytes, whatever it claims. */
static void a_claim_over_all_memory_is_not_cut_down(void)
{
	static const uint64_t claims[] = {
		UINT32_MAX, UINT64_C(1) << 32, (UINT64_C(1) << 32) + 5,
		SIZE_MAX / 4 + 1, UINT64_MAX - 2 };
	/* Magic, descriptor (8-byte size, checksum), window, then a run. */
	uint8_t frame[] = { 0x28, 0xb5, 0x2f, 0xfd, 0xc4, 0x50, 0, 0, 0, 0,
			    0, 0, 0, 0, 0x2b, 0, 0, 'x', 0, 0, 0, 0 };
	struct cxa_limits limits = *cxa_limits_default();
	struct cxa_frame_coder coder = { 0 };
	struct cxa_buffer out = { 0 };

	limits.batch_bytes = UINT64_MAX;
	limits.ratio = UINT64_MAX;
	for (size_t i = 0; i < sizeof(claims) / sizeof(claims[0]); i++) {
		if (claims[i] <= SIZE_MAX / 4)
			continue; /* there could be as much */
		cxa_store64(frame + 6, claims[i]);
		ok(cxa_frame_decompress(&coder, frame, sizeof(frame), &limits,
					CXA_LIMIT(batch_bytes), &out, NULL) ==
			   CXA_ERR_NOMEM,
		   "a claim of %llu bytes is one of too much memory",
		   (unsigned long long)claims[i]);
		cxa_buffer_reset(&out);
	}
	cxa_frame_coder_release(&coder);
	cxa_buffer_release(&out);
}

static void frames_do_not_depend_on_what_came_before(void)
{
	struct cxa_frame_coder coder = { 0 };
	struct cxa_buffer first = { 0 };
	struct cxa_buffer second = { 0 };

	cxa_frame_compress(&coder, 3, true, content, 70000, &first, NULL);
	cxa_frame_compress(&coder, 9, true, content + 5, 30000, &second, NULL);
	cxa_buffer_reset(&second);
	cxa_frame_compress(&coder, 3, true, content, 70000, &second, NULL);
	is_mem(second.data, second.size, first.data, first.size,
	       "the same content makes the same frame, whatever came before");
	cxa_frame_coder_release(&coder);
	cxa_buffer_release(&first);
	cxa_buffer_release(&second);
}

static void digests_are_blake2b_256(void)
{
	struct cxa_digest digest;
	char hex[65];

	cxa_digest_of(&digest, "abc", 3);
	cxa_digest_hex(&digest, hex);
	is_str(hex, "bddd813c634239723171ef3fee98579b"
		    "94964e3bb1cb3e427262c8c068d52319",
	       "the digest of abc is what b2sum -l 256 prints");
}

static void digests_side_by_side_are_the_same(void)
{
	enum { SPANS = 19 };
	static const size_t lengths[] = { 0,   1,   127, 128,
					  129, 256, 500, 4096 };
	struct cxa_span spans[SPANS] = { { NULL, 0 } };
	struct cxa_digest many[SPANS];
	struct cxa_digest one;
	size_t wrong = 0;

	for (size_t count = 0; count <= SPANS; count++) {
		for (size_t i = 0; i < count; i++)
			spans[i] = (struct cxa_span){ content + i,
						      lengths[(i + count) % 8] };
		cxa_digest_many(spans, count, many);
		for (size_t i = 0; i < count; i++) {
			cxa_digest_of(&one, spans[i].data, spans[i].size);
			wrong += !cxa_digest_equal(&one, &many[i]);
		}
	}
	is_uint(wrong, 0, "hashed side by side, 0 to 19 spans of all lengths "
			  "have the digests they have alone");
}

int main(void)
{
	for (size_t i = 0; i < sizeof(content); i++)
		content[i] = (uint8_t)(i * i >> 7);
	frames_that_are_not_ours_are_refused();
	a_huge_window_is_refused();
	frames_do_not_depend_on_what_came_before();
	digests_are_blake2b_256();
	digests_side_by_side_are_the_same();
	a_bomb_is_refused_by_its_size();
	a_claim_over_all_memory_is_not_cut_down();
	return done_testing();
}
