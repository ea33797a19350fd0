/* whole.c - concepts with their embeddings beside them */
#include "endpoint/whole.h"

#include <stdlib.h>

#include "record/batch.h"

struct cxa_whole {
	struct cxa_source *source;
	void *concepts;
	void *embeddings;
	struct cxa_batch *batch; /* of embeddings, being used up */
	size_t used;
	bool ended;              /* no more embeddings */
	uint64_t first_id;
	uint64_t last_id;
};

int cxa_whole_open(struct cxa_whole **out, struct cxa_source *source,
		   uint64_t first_id, uint64_t last_id,
		   struct cxa_error *error)
{
	struct cxa_whole *whole = calloc(1, sizeof(*whole));
	int status;

	*out = NULL;
	if (whole == NULL)
		return cxa_error_nomem(error, "joining embeddings");
	whole->source = source;
	whole->first_id = first_id;
	whole->last_id = last_id;
	status = source->ops.read(source->state, CXA_CONCEPTS, first_id,
				  last_id, &whole->concepts, error);
	if (status == 0)
		status = source->ops.read(source->state, CXA_EMBEDDINGS,
					  first_id, last_id,
					  &whole->embeddings, error);
	if (status < 0) {
		cxa_whole_close(whole);
		return status;
	}
	*out = whole;
	return 0;
}

static bool in_range(const struct cxa_whole *whole,
		     const struct cxa_record *record)
{
	return record->id >= whole->first_id && record->id <= whole->last_id;
}

/* The embedding not yet used, or NULL at the end. */
static int peek_embedding(struct cxa_whole *whole,
			  const struct cxa_record **record,
			  struct cxa_error *error)
{
	int status;

	*record = NULL;
	while (!whole->ended) {
		while (whole->batch != NULL &&
		       whole->used < whole->batch->count) {
			*record = &whole->batch->records[whole->used];
			if (in_range(whole, *record))
				return 0;
			whole->used++;
		}
		cxa_batch_unref(whole->batch);
		whole->batch = NULL;
		whole->used = 0;
		status = whole->source->ops.next(whole->embeddings,
						 &whole->batch, error);
		if (status < 0)
			return status;
		whole->ended = status == CXA_END;
	}
	*record = NULL;
	return 0;
}

static int orphan(const struct cxa_record *embedding, struct cxa_error *error)
{
	cxa_error_set(error, CXA_ERR_FORMAT,
		      "embedding %llu belongs to no concept, and JSON has no "
		      "place for it", (unsigned long long)embedding->id);
	return cxa_error_hint(error, "an archive can hold it: write one, or "
				     "leave embeddings out by selecting others");
}

static int add_concept(struct cxa_whole *whole, struct cxa_batch *joined,
		       const struct cxa_record *concept,
		       struct cxa_error *error)
{
	static const struct cxa_record none = { 0 };
	const struct cxa_record *embedding = NULL;
	int status = peek_embedding(whole, &embedding, error);

	if (status < 0)
		return status;
	if (embedding != NULL && embedding->id < concept->id)
		return orphan(embedding, error);
	if (embedding == NULL || embedding->id != concept->id)
		return cxa_batch_add_whole(joined, concept, &none, error);
	status = cxa_batch_hold(joined, whole->batch, error);
	if (status == 0)
		status = cxa_batch_add_whole(joined, concept, embedding, error);
	whole->used++;
	return status;
}

int cxa_whole_next(struct cxa_whole *whole, struct cxa_batch **batch,
		   struct cxa_error *error)
{
	struct cxa_batch *concepts = NULL;
	const struct cxa_record *left = NULL;
	int status = whole->source->ops.next(whole->concepts, &concepts, error);

	*batch = NULL;
	if (status == CXA_END) {
		status = peek_embedding(whole, &left, error);
		if (status == 0)
			status = left == NULL ? CXA_END : orphan(left, error);
		return status;
	}
	if (status == 0)
		status = cxa_batch_new(batch, CXA_CONCEPTS, error);
	if (status == 0)
		status = cxa_batch_hold(*batch, concepts, error);
	for (size_t i = 0; status == 0 && i < concepts->count; i++)
		if (in_range(whole, &concepts->records[i]))
			status = add_concept(whole, *batch,
					     &concepts->records[i], error);
	cxa_batch_unref(concepts);
	if (status < 0) {
		cxa_batch_unref(*batch);
		*batch = NULL;
	}
	return status;
}

void cxa_whole_close(struct cxa_whole *whole)
{
	if (whole == NULL)
		return;
	cxa_batch_unref(whole->batch);
	if (whole->concepts != NULL)
		whole->source->ops.done(whole->concepts);
	if (whole->embeddings != NULL)
		whole->source->ops.done(whole->embeddings);
	free(whole);
}
