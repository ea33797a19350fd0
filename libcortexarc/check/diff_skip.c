/* diff_skip.c - batches that two archives share and that need not be read */
#include "check/diff_skip.h"

#include <stdlib.h>
#include <string.h>

#include "container/index.h"

static bool is_selected(const Cxa__IndexEntry *entry,
			const struct cxa_selection *selection)
{
	return selection == NULL || !selection->has_range ||
	       (entry->first_id >= selection->first_id &&
		entry->last_id <= selection->last_id);
}

static bool same_claims(const Cxa__IndexEntry *x, const Cxa__IndexEntry *y)
{
	return x->first_id == y->first_id && x->last_id == y->last_id &&
	       x->records == y->records && x->raw_size == y->raw_size &&
	       x->raw_digest.len == y->raw_digest.len &&
	       memcmp(x->raw_digest.data, y->raw_digest.data,
		      x->raw_digest.len) == 0;
}

/* The entries of a collection ascend by id: a merge of two lists. */
static void skip_collection(const Cxa__Index *a, const Cxa__Index *b,
			    enum cxa_collection collection,
			    const struct cxa_selection *selection, bool *a_skip,
			    bool *b_skip, struct cxa_diff_summary *summary,
			    uint64_t *raw_bytes)
{
	const Cxa__IndexEntry *x;
	const Cxa__IndexEntry *y;
	size_t i, a_count;
	size_t j, b_count;

	cxa_index_range(a, collection, &i, &a_count);
	cxa_index_range(b, collection, &j, &b_count);
	a_count += i;
	b_count += j;
	while (i < a_count && j < b_count) {
		x = a->entries[i];
		y = b->entries[j];
		if (same_claims(x, y) && is_selected(x, selection)) {
			a_skip[i] = true;
			b_skip[j] = true;
			summary->skipped_batches++;
			summary->skipped_records += x->records;
			summary->counts[collection].same += x->records;
			*raw_bytes += x->raw_size;
		}
		i += x->first_id <= y->first_id;
		j += y->first_id <= x->first_id;
	}
}

int cxa_diff_skip(const Cxa__Index *a, const Cxa__Index *b,
		  const struct cxa_selection *selection, bool **a_skip,
		  bool **b_skip, struct cxa_diff_summary *summary,
		  uint64_t *raw_bytes, struct cxa_error *error)
{
	uint32_t wanted = selection == NULL ? 0 : selection->collections;

	if (a == NULL || b == NULL)
		return 0;
	*a_skip = calloc(a->n_entries + 1, sizeof(**a_skip));
	*b_skip = calloc(b->n_entries + 1, sizeof(**b_skip));
	if (*a_skip == NULL || *b_skip == NULL)
		return cxa_error_nomem(error, "comparing indexes");
	for (int i = 0; i < CXA_COLLECTION_COUNT; i++)
		if (wanted == 0 || (wanted >> i & 1) != 0)
			skip_collection(a, b, (enum cxa_collection)i, selection,
					*a_skip, *b_skip, summary, raw_bytes);
	return 0;
}
