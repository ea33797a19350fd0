/* wire_mutate.h - a protobuf message with one field changed, its lengths mended */
#ifndef CXA_FUZZ_WIRE_MUTATE_H
#define CXA_FUZZ_WIRE_MUTATE_H

#include <stddef.h>

#include "base/buffer.h"
#include "random.h"

/**
 * fuzz_wire_mutate() - append a mutant of the message at @data to @out
 *
 * Picks a field, often one of a message within: it is dropped, doubled, moved
 * or gets another number, or a value at some boundary.
 */
void fuzz_wire_mutate(struct fuzz_random *random, const uint8_t *data,
		      size_t size, struct cxa_buffer *out);

/** fuzz_bytes_mutate() - the same by the engine's own means, for any bytes */
void fuzz_bytes_mutate(const uint8_t *data, size_t size,
		       struct cxa_buffer *out);

#endif
