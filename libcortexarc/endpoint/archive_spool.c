/* archive_spool.c - an archive from a pipe, copied to where it can be read anywhere */
#include "endpoint/archive_spool.h"

#include <stdlib.h>

#include "container/walker.h"

enum { PIECE_BYTES = 256 * 1024 };

/* Zero padding behind the end is for the trailer's finder to judge. */
static bool is_zero(const uint8_t *data, size_t size)
{
	for (size_t i = 0; i < size; i++)
		if (data[i] != 0)
			return false;
	return true;
}

static int walk(struct cxa_walker *walker, const uint8_t *data, size_t size,
		uint64_t *zeros, struct cxa_error *error)
{
	enum cxa_walk_event event;
	size_t used;
	int status;

	while (size != 0) {
		if (cxa_walker_at_end(walker) && is_zero(data, size)) {
			*zeros += size;
			return *zeros <= CXA_TAIL_MAX ? 0 :
				cxa_error_set(error, CXA_ERR_CORRUPT,
					      "over 1 MiB of zeros behind "
					      "the end");
		}
		status = cxa_walker_feed(walker, data, size, &used, &event,
					 error);
		if (status < 0)
			return status;
		data += used;
		size -= used;
	}
	return 0;
}

static bool starts_canonical(const uint8_t *data, size_t size)
{
	struct cxa_member member;
	uint64_t mtime;

	return size >= CXA_BLOCK_BYTES &&
	       cxa_preamble_find(data, &member, &mtime);
}

static int copy(struct cxa_context *context, bool any, struct cxa_input *input,
		struct cxa_spool *spool, uint8_t *piece,
		struct cxa_error *error)
{
	struct cxa_walker walker;
	bool strict = false;
	bool first = true;
	size_t got = PIECE_BYTES;
	uint64_t zeros = 0;
	int status = 0;

	cxa_walker_init(&walker);
	while (status == 0 && got == PIECE_BYTES) {
		status = cxa_input_read(input, piece, PIECE_BYTES, &got, error);
		if (status < 0)
			break;
		if (first && !any)
			strict = starts_canonical(piece, got);
		first = false;
		status = cxa_spool_append(spool, piece, got, NULL, error);
		if (status == 0 && strict)
			status = walk(&walker, piece, got, &zeros, error);
		if (status == 0)
			status = cxa_context_step(context, "reading",
						  input->position, 0, error);
	}
	if (status == 0 && strict && !cxa_walker_at_end(&walker)) {
		status = cxa_error_set(error, CXA_ERR_CORRUPT,
				       "the end is missing: the archive stops "
				       "after %llu bytes",
				       (unsigned long long)input->position);
		cxa_error_hint(error, "send it again; what is there can be "
				      "looked at with `cortexarc verify`");
	}
	return status;
}

int cxa_archive_spool(struct cxa_context *context, bool any,
		      struct cxa_input **input, struct cxa_spool **spool,
		      struct cxa_error *error)
{
	uint8_t *piece = malloc(PIECE_BYTES);
	struct cxa_input *seekable;
	int status;
	int made;

	if (piece == NULL)
		return cxa_error_nomem(error, "reading a pipe");
	status = cxa_spool_open(spool, context->temp_dir, &context->cancel,
				error);
	if (status == 0)
		status = copy(context, any, *input, *spool, piece, error);
	free(piece);
	if (status < 0 && status != CXA_ERR_CORRUPT)
		return status;
	made = cxa_input_on(&seekable, cxa_spool_fd(*spool),
			    cxa_spool_bytes(*spool), (*input)->name,
			    (*input)->cancel, error);
	if (made < 0)
		return made;
	cxa_input_close(*input);
	*input = seekable;
	return status;
}
