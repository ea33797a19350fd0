/* encoder_fails.c - an encoder or memory that is at fault leaves no frame */
#include <stdlib.h>

#include <zstd.h>
#include <zstd_errors.h>

#include "base/frame.h"
#include "tap.h"

/* --- by ld's --wrap: zstd, which goes astray in one way at a time -------------- */

static enum astray {
	NOT,
	OTHER_DATA,   /* a sound frame of what was not given */
	NO_FRAME,     /* bytes that are none */
	SHORT,        /* less comes out than was said */
	NO_MEMORY, NO_COMPRESSOR, NO_DECOMPRESSOR
} astray;

ZSTD_CCtx *__real_ZSTD_createCCtx(void);
ZSTD_CCtx *__wrap_ZSTD_createCCtx(void);
ZSTD_CCtx *__wrap_ZSTD_createCCtx(void)
{
	return astray == NO_COMPRESSOR ? NULL : __real_ZSTD_createCCtx();
}

ZSTD_DCtx *__real_ZSTD_createDCtx(void);
ZSTD_DCtx *__wrap_ZSTD_createDCtx(void);
ZSTD_DCtx *__wrap_ZSTD_createDCtx(void)
{
	return astray == NO_DECOMPRESSOR ? NULL : __real_ZSTD_createDCtx();
}

size_t __real_ZSTD_compress2(ZSTD_CCtx *context, void *out, size_t room,
			     const void *data, size_t size);
size_t __wrap_ZSTD_compress2(ZSTD_CCtx *context, void *out, size_t room,
			     const void *data, size_t size);
size_t __wrap_ZSTD_compress2(ZSTD_CCtx *context, void *out, size_t room,
			     const void *data, size_t size)
{
	uint8_t *other = malloc(size);
	size_t made;

	if (astray == NO_MEMORY) {
		free(other);
		return (size_t)-ZSTD_error_memory_allocation;
	}
	memcpy(other, data, size);
	if (astray == OTHER_DATA)
		other[size / 2] ^= 1;
	made = __real_ZSTD_compress2(context, out, room, other, size);
	if (astray == NO_FRAME)
		memset(out, 0, made);
	free(other);
	return made;
}

size_t __real_ZSTD_decompressDCtx(ZSTD_DCtx *context, void *out, size_t room,
				  const void *data, size_t size);
size_t __wrap_ZSTD_decompressDCtx(ZSTD_DCtx *context, void *out, size_t room,
				  const void *data, size_t size);
size_t __wrap_ZSTD_decompressDCtx(ZSTD_DCtx *context, void *out, size_t room,
				  const void *data, size_t size)
{
	size_t got = __real_ZSTD_decompressDCtx(context, out, room, data, size);

	return astray == SHORT ? got - 1 : got;
}

/* --- frames ------------------------------------------------------------------- */

static uint8_t content[5000];

static int compress(bool prove, struct cxa_buffer *out, struct cxa_error *error)
{
	struct cxa_frame_coder coder = { 0 };
	int status;

	*error = (struct cxa_error)CXA_ERROR_INIT;
	cxa_buffer_reset(out);
	status = cxa_frame_compress(&coder, CXA_FRAME_LEVEL, prove, content,
				    sizeof(content), out, error);
	cxa_frame_coder_release(&coder);
	return status;
}

static void what_is_no_frame_of_it_is_not_written(void)
{
	static const struct {
		enum astray astray;
		const char *claim;
		int status;
		const char *message;
	} cases[] = {
		{ OTHER_DATA, "a frame of other data", CXA_ERR_CORRUPT,
		  "memory or processor is at fault" },
		{ NO_FRAME, "bytes that are no frame", CXA_ERR_CORRUPT,
		  "memory or processor is at fault" },
		{ SHORT, "a frame that holds less", CXA_ERR_CORRUPT,
		  "memory or processor is at fault" },
		{ NO_MEMORY, "no memory", CXA_ERR_NOMEM, "compressing" },
		{ NO_COMPRESSOR, "no compressor", CXA_ERR_NOMEM,
		  "a zstd compressor" },
		{ NO_DECOMPRESSOR, "no decompressor", CXA_ERR_NOMEM,
		  "a zstd decompressor" },
	};
	struct cxa_buffer out = { 0 };
	struct cxa_error error;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		int status;

		astray = cases[i].astray;
		status = compress(true, &out, &error);
		astray = NOT;
		ok(status == cases[i].status && out.size == 0 &&
		   strstr(error.message, cases[i].message) != NULL,
		   "%s: an error, and nothing is written: %s", cases[i].claim,
		   error.message);
	}
	astray = OTHER_DATA;
	is_int(compress(false, &out, &error), 0,
	       "who does not want the proof is told nothing");
	astray = NOT;
	is_int(compress(true, &out, &error), 0, "what is sound is proved");
	cxa_buffer_release(&out);
}

static void what_decompresses_to_less_is_refused(void)
{
	struct cxa_frame_coder coder = { 0 };
	struct cxa_buffer frame = { 0 };
	struct cxa_buffer out = { 0 };
	struct cxa_error error;

	compress(true, &frame, &error);
	for (int i = 0; i < 2; i++) {
		astray = i == 0 ? NO_DECOMPRESSOR : SHORT;
		is_int(cxa_frame_decompress(&coder, frame.data, frame.size,
					    cxa_limits_default(),
					    CXA_LIMIT(batch_bytes), &out,
					    NULL),
		       i == 0 ? CXA_ERR_NOMEM : CXA_ERR_CORRUPT,
		       i == 0 ? "without a decompressor nothing is read" :
				"nor is less than a frame says");
		is_uint(out.size, 0, "not a byte of it");
	}
	astray = NOT;
	is_int(cxa_frame_decompress(&coder, frame.data, frame.size,
				    cxa_limits_default(),
				    CXA_LIMIT(batch_bytes), &out, NULL), 0,
	       "else it is");
	is_mem(out.data, out.size, content, sizeof(content), "as it was");
	cxa_frame_coder_release(&coder);
	cxa_buffer_release(&frame);
	cxa_buffer_release(&out);
}

int main(void)
{
	for (size_t i = 0; i < sizeof(content); i++)
		content[i] = (uint8_t)(i % 7 * i);
	what_is_no_frame_of_it_is_not_written();
	what_decompresses_to_less_is_refused();
	return done_testing();
}
