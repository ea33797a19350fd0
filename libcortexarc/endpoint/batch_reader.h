/* batch_reader.h - stored batches, read ahead and decoded on workers, in order */
#ifndef CXA_ENDPOINT_BATCH_READER_H
#define CXA_ENDPOINT_BATCH_READER_H

#include "endpoint/context.h"
#include "record/batch_codec.h"

/**
 * struct cxa_batch_choice - which batches of what is numbered 0, 1, 2 ...
 * @next, @end: from which on, before which
 * @skip: one for each from 0 on, borrowed; NULL: none is left out
 */
struct cxa_batch_choice {
	enum cxa_collection collection;
	struct cxa_id_range range;
	size_t next;
	size_t end;
	const bool *skip;
};

/**
 * struct cxa_batch_reader_ops - where batches come from
 * @wanted: is it one of the choice's? NULL: all that are not skipped
 * @size: of its stored and its raw bytes
 * @load: its stored bytes, proven, and its raw ones; this and what follows is
 *        called on workers
 * @check: is it what was said of it? NULL: nothing was
 * @locate: says where it is, of an error; cxa_error_at()
 */
struct cxa_batch_reader_ops {
	bool (*wanted)(const void *state, size_t number,
		       const struct cxa_batch_choice *choice);
	uint64_t (*size)(const void *state, size_t number);
	int (*load)(const void *state, size_t number,
		    struct cxa_buffer *stored, struct cxa_buffer *raw,
		    struct cxa_error *error);
	int (*check)(const void *state, size_t number,
		     const struct cxa_id_run *ids, struct cxa_error *error);
	void (*locate)(const void *state, size_t number,
		       struct cxa_error *error);
};

struct cxa_batch_reader;

/**
 * cxa_batch_reader_open() - and begin to read: several share the workers
 * @ops, @state: borrowed
 *
 * Return: 0, CXA_ERR_NOMEM.
 */
int cxa_batch_reader_open(struct cxa_batch_reader **out,
			  struct cxa_context *context,
			  const struct cxa_batch_reader_ops *ops,
			  const void *state,
			  const struct cxa_batch_choice *choice,
			  struct cxa_error *error);

/** cxa_batch_reader_next() and _done(): struct cxa_source_ops's next and done */
int cxa_batch_reader_next(void *reader, struct cxa_batch **batch,
			  struct cxa_error *error);
void cxa_batch_reader_done(void *reader);

#endif
