/* wreck.c - a damaged archive: found, read and proven as far as can be */
#include "check/wreck.h"

#include <errno.h>
#include <stdlib.h>

#include "endpoint/archive_spool.h"

/* The archive's time is the one that most headers have. */
static void choose_mtime(struct cxa_wreck *wreck)
{
	uint64_t votes = 0;

	for (size_t i = 0; i < wreck->count; i++) {
		const struct cxa_piece *piece = &wreck->pieces[i];

		if (!piece->has_mtime)
			continue;
		if (votes == 0)
			wreck->mtime = piece->mtime;
		votes += piece->mtime == wreck->mtime ? 1 : UINT64_MAX;
		wreck->has_mtime = true;
	}
}

/* Headers of another time are of another archive, that stood here before. */
static void drop_others(struct cxa_wreck *wreck)
{
	size_t kept = 0;

	for (size_t i = 0; i < wreck->count; i++)
		if (!wreck->pieces[i].has_mtime ||
		    wreck->pieces[i].mtime == wreck->mtime)
			wreck->pieces[kept++] = wreck->pieces[i];
	wreck->count = kept;
}

/* What stands within a proven batch is a part of its records, no member. */
static void drop_inner(struct cxa_wreck *wreck)
{
	uint64_t end = 0;
	size_t kept = 0;

	for (size_t i = 0; i < wreck->count; i++) {
		const struct cxa_piece *piece = &wreck->pieces[i];

		if (piece->begin < end)
			continue;
		if (piece->proof != CXA_UNPROVEN)
			end = piece->member.offset + piece->member.size;
		wreck->pieces[kept++] = *piece;
	}
	wreck->count = kept;
}

static int by_place(const void *a, const void *b)
{
	const struct cxa_piece *left = a;
	const struct cxa_piece *right = b;

	if (left->begin != right->begin)
		return left->begin < right->begin ? -1 : 1;
	return 0;
}

/* With what INDEX and B2SUMS say. */
static int look_again(struct cxa_wreck *wreck, struct cxa_error *error)
{
	int status;

	cxa_wreck_weigh(wreck);
	status = cxa_wreck_place(wreck, error);
	if (wreck->count != 0)
		qsort(wreck->pieces, wreck->count, sizeof(*wreck->pieces),
		      by_place);
	drop_inner(wreck);
	return status;
}

static int read_all(struct cxa_wreck *wreck, struct cxa_error *error)
{
	int status = cxa_wreck_find(wreck, error);

	choose_mtime(wreck);
	drop_others(wreck);
	if (status == 0)
		status = cxa_wreck_prove(wreck, 0, error);
	if (status < 0)
		return status;
	cxa_wreck_weigh(wreck);
	drop_inner(wreck);
	status = cxa_wreck_read_singles(wreck, error);
	if (status == 0 && wreck->count == 0 && wreck->header == NULL) {
		if (wreck->unreadable != 0)
			return cxa_wreck_refuse(wreck, error);
		cxa_error_set(error, CXA_ERR_FORMAT,
			      "nothing of a .cxa archive is in it");
		return cxa_error_hint(error, "an archive that another tar has "
					     "packed again is read by pack");
	}
	return status < 0 ? status : look_again(wreck, error);
}

int cxa_wreck_adopt(struct cxa_wreck *wreck, const struct cxa_wreck *other,
		    struct cxa_error *error)
{
	int status = cxa_wreck_adopt_singles(wreck, other, error);

	return status < 0 ? status : look_again(wreck, error);
}

int cxa_wreck_open(struct cxa_wreck **out, struct cxa_context *context,
		   struct cxa_input **input, struct cxa_error *error)
{
	struct cxa_wreck *wreck = calloc(1, sizeof(*wreck));
	int status = 0;

	*out = NULL;
	if (wreck == NULL)
		return cxa_error_nomem(error, "an archive");
	wreck->context = context;
	wreck->input = *input;
	*input = NULL;
	if (!wreck->input->seekable)
		status = cxa_archive_spool(context, true, &wreck->input,
					   &wreck->spool, error);
	if (status == 0)
		status = read_all(wreck, error);
	if (status < 0) {
		cxa_wreck_close(wreck);
		return status;
	}
	*out = wreck;
	return 0;
}

bool cxa_wreck_is_unreadable(const struct cxa_wreck *wreck)
{
	return wreck->unreadable != 0 || wreck->has_unreadable;
}

int cxa_wreck_refuse(const struct cxa_wreck *wreck, struct cxa_error *error)
{
	errno = EIO;
	return cxa_error_set(error, CXA_ERR_IO, "cannot read %.200s",
			     wreck->input->name);
}

void cxa_wreck_close(struct cxa_wreck *wreck)
{
	if (wreck == NULL)
		return;
	cxa_input_close(wreck->input);
	cxa_spool_close(wreck->spool);
	cxa_buffer_release(&wreck->header_bytes);
	cxa_buffer_release(&wreck->schema);
	cxa_buffer_release(&wreck->index_bytes);
	cxa_buffer_release(&wreck->sums);
	free(wreck->lines.batches);
	free(wreck->pieces);
	cxa_arena_release(&wreck->arena);
	free(wreck);
}
