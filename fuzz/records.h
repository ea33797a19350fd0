/* records.h - all records of a source as one digest, for comparing sources */
#ifndef CXA_FUZZ_RECORDS_H
#define CXA_FUZZ_RECORDS_H

#include "base/digest.h"
#include "support.h"

/**
 * struct fuzz_records - what reading a source to its end gave
 * @status: 0, or what opening or reading returned
 * @digest: of all records, their collections and ids
 * @collection, @id, @row: the last record's; @row of its bytes
 */
struct fuzz_records {
	int status;
	struct cxa_error error;
	uint64_t count[CXA_COLLECTION_COUNT];
	uint64_t total;
	struct cxa_digest digest;
	enum cxa_collection collection;
	uint64_t id;
	struct cxa_digest row;
};

/**
 * fuzz_read_all() - read @source to its end
 *
 * Each record must unpack and pack to the same bytes, ids ascend, collections
 * come in order.
 */
void fuzz_read_all(struct fuzz_records *out, struct cxa_source *source,
		   const struct cxa_selection *selection);

/** fuzz_read_bytes() - open these bytes, as a file or a pipe, and read them */
void fuzz_read_bytes(struct fuzz_records *out, const uint8_t *data, size_t size,
		     bool as_pipe);

/** fuzz_same_records() - cxa_diff() must find no difference */
void fuzz_same_records(struct cxa_source *a, struct cxa_source *b);

#endif
