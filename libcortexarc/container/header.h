/* header.h - CORTEXARC: versions, features, what describes the store */
#ifndef CXA_CONTAINER_HEADER_H
#define CXA_CONTAINER_HEADER_H

#include <cortexarc/archive.pb-c.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "base/error.h"
#include "base/limits.h"

enum {
	CXA_FORMAT_MAJOR = 1,
	CXA_FORMAT_MINOR = 0,
	CXA_HEADER_MAX = 1 << 20, /* bytes of CORTEXARC */
	CXA_DATA_VERSION_MAX = 2
};

/** enum cxa_operation - what a reader is about to do (features are by it) */
enum cxa_operation { CXA_TO_LIST, CXA_TO_RESTORE, CXA_TO_REWRITE };

/** cxa_header_encode() - 0, CXA_ERR_LIMIT (over 1 MiB), CXA_ERR_NOMEM */
int cxa_header_encode(const Cxa__Header *header, struct cxa_buffer *out,
		      struct cxa_error *error);

/**
 * cxa_header_decode() - digest first, then version and features, then the rest
 * @limits: filled; NULL: the defaults
 *
 * A newer major and an unknown required feature are told before anything of
 * the Header but its first fields is judged: they are CXA_ERR_UNSUPPORTED, and
 * the message says which version wrote it. So is a data_version over 2, and a
 * hash_name other than "BLAKE2b-256".
 *
 * Return: 0, CXA_ERR_CORRUPT, CXA_ERR_UNSUPPORTED, CXA_ERR_LIMIT (unknown
 * fields without end), CXA_ERR_NOMEM.
 */
int cxa_header_decode(const uint8_t *data, size_t size,
		      enum cxa_operation operation,
		      const struct cxa_limits *limits, struct cxa_arena *arena,
		      Cxa__Header **out, struct cxa_error *error);

/** cxa_header_mtime() - created_at in whole seconds, 0 where that is no time */
uint64_t cxa_header_mtime(const Cxa__Header *header);

#endif
