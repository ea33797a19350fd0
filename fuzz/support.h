/* support.h - what targets share: claims that must hold, bytes as files in memory */
#ifndef CXA_FUZZ_SUPPORT_H
#define CXA_FUZZ_SUPPORT_H

#include <cortexarc/sink.h>

#include "base/buffer.h"
#include "base/io.h"
#include "endpoint/context.h"
#include "target.h"

/* An oracle: what does not hold ends the program as a crash does. */
#define MUST(claim) \
	((claim) ? (void)0 : fuzz_broken(#claim, __FILE__, __LINE__))

_Noreturn void fuzz_broken(const char *claim, const char *file, int line);

/** fuzz_must_be() - @status must be @expected; says what @error has */
void fuzz_must_be(int status, int expected, const struct cxa_error *error,
		  const char *what);

/**
 * fuzz_context() - one thread, limits that keep an input to some MiB, temporary
 * files in memory; made at the first call
 */
struct cxa_context *fuzz_context(void);

/**
 * fuzz_path() - "FOLDER/@name" in a folder in memory that goes with the program
 *
 * Return: static, until the next call but three.
 */
const char *fuzz_path(const char *name);

/** fuzz_put() - make @path a file of these bytes */
void fuzz_put(const char *path, const uint8_t *data, size_t size);

/** fuzz_get() - replace @out by what the file at @path holds */
void fuzz_get(const char *path, struct cxa_buffer *out);

/**
 * fuzz_memory() - the bytes as a file without a name
 *
 * Return: a path by which it can be opened; the next call makes it another's.
 */
const char *fuzz_memory(const uint8_t *data, size_t size);

/** fuzz_input() - open it, as a file or as a pipe is read */
struct cxa_input *fuzz_input(const uint8_t *data, size_t size, bool as_pipe);

/** fuzz_copy() - all of @source into the file at @path; must work */
void fuzz_copy(struct cxa_source *source, const char *path, enum cxa_kind kind);

/** fuzz_is_utf8() - as the C library has it, whose judge is not ours */
bool fuzz_is_utf8(const struct cxa_buffer *text);

/** fuzz_same() - do both hold the same bytes? */
static inline bool fuzz_same(const struct cxa_buffer *a,
			     const struct cxa_buffer *b)
{
	return a->size == b->size &&
	       (a->size == 0 || memcmp(a->data, b->data, a->size) == 0);
}

#endif
