/* limits.h - bounds on what an input may ask for */
#ifndef CORTEXARC_LIMITS_H
#define CORTEXARC_LIMITS_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * struct cxa_limits - 0 in a field means its default, which stands beside it
 *
 * Each is checked before memory is taken. What is over one is CXA_ERR_LIMIT; the
 * message has the limit's name, what was found and what is allowed, the hint
 * what raises it. Writing keeps to them, too: what is written can be read with
 * the same limits.
 *
 * Bounds of the format itself (a zstd window, the depth of records, the length
 * of a member's name or of a JSON number) cannot be set.
 */
struct cxa_limits {
	uint64_t batch_bytes;        /* of a batch, stored or raw: 64 MiB */
	uint64_t ratio;              /* raw to stored, over 64 MiB raw: 1,000 */
	uint64_t decode_bytes;       /* heap to decode a batch, or JSON: 256 MiB */
	uint64_t total_bytes;        /* raw, of all batches: no bound */
	uint64_t members;            /* of an archive: 2^20 */
	uint64_t members_per_gib;    /* in each GiB begun: 65,536 */
	uint64_t index_bytes;        /* INDEX stored or raw, B2SUMS: 256 MiB */
	uint64_t fields;             /* protobuf fields a batch: 4,000,000 */
	uint64_t unknown_fields;     /* of a message: 1,024 */
	uint64_t unknown_bytes;      /* of these, together: 64 KiB */
	uint64_t string_bytes;       /* content and free JSON: 32 MiB */
	uint64_t short_string_bytes; /* any other string: 64 KiB */
	uint64_t tags;               /* of a concept: 4,096 */
	uint64_t vector_floats;      /* floats a vector: 65,536 */
	uint64_t links;              /* values of any other list: 1,000,000 */
	uint64_t json_depth;         /* nesting of JSON: 64 */
	uint64_t issues;             /* listed in a report: 10,000 */
};

/**
 * struct cxa_limit - what there is to know about a field of struct cxa_limits
 * @name: as the tool's --limit calls it
 * @offset: of the field
 * @standard: its default; UINT64_MAX: no bound
 * @unit: of what is counted, in the plural
 * @bounds: what it bounds, half a line
 */
struct cxa_limit {
	const char *name;
	size_t offset;
	uint64_t standard;
	const char *unit;
	const char *bounds;
};

/** cxa_limit_at() - the limits in their order, from 0; NULL behind the last */
const struct cxa_limit *cxa_limit_at(size_t index);

#ifdef __cplusplus
}
#endif
#endif
