/* losses.c - ids of which nothing is known, because a batch could not be read */
#include <stdlib.h>

#include "check/graph.h"

static struct cxa_loss *losses_of(const struct cxa_graph *graph, size_t *count)
{
	*count = graph->losses.size / sizeof(struct cxa_loss);
	return (void *)graph->losses.data;
}

void cxa_graph_lose(struct cxa_graph *graph, enum cxa_collection collection,
		    uint64_t first, uint64_t last)
{
	struct cxa_loss loss = { collection, first, last };

	if (first <= last)
		cxa_buffer_append(&graph->losses, &loss, sizeof(loss));
}

static int by_place(const void *a, const void *b)
{
	const struct cxa_loss *left = a;
	const struct cxa_loss *right = b;

	if (left->collection != right->collection)
		return left->collection < right->collection ? -1 : 1;
	if (left->first != right->first)
		return left->first < right->first ? -1 : 1;
	return 0;
}

/* Sorted, and those that meet made one. */
void cxa_graph_sort_losses(struct cxa_graph *graph)
{
	size_t count;
	struct cxa_loss *losses = losses_of(graph, &count);
	size_t kept = 0;

	if (count == 0)
		return;
	qsort(losses, count, sizeof(*losses), by_place);
	for (size_t i = 1; i < count; i++) {
		if (losses[i].collection != losses[kept].collection ||
		    losses[i].first > losses[kept].last)
			losses[++kept] = losses[i];
		else if (losses[i].last > losses[kept].last)
			losses[kept].last = losses[i].last;
	}
	graph->losses.size = (kept + 1) * sizeof(*losses);
}

/* How many of the losses begin at or before @id of @collection. */
static size_t count_before(const struct cxa_loss *losses, size_t count,
			   enum cxa_collection collection, uint64_t id)
{
	size_t first = 0;

	while (count != 0) {
		size_t half = count / 2;
		const struct cxa_loss *loss = &losses[first + half];

		if (loss->collection < collection ||
		    (loss->collection == collection && loss->first <= id)) {
			first += half + 1;
			count -= half + 1;
		} else {
			count = half;
		}
	}
	return first;
}

bool cxa_graph_is_lost(const struct cxa_graph *graph,
		       enum cxa_collection collection, uint64_t id)
{
	size_t count;
	const struct cxa_loss *losses = losses_of(graph, &count);
	size_t before = count_before(losses, count, collection, id);

	return before != 0 && losses[before - 1].collection == collection &&
	       losses[before - 1].last >= id;
}

bool cxa_graph_has_loss(const struct cxa_graph *graph,
			enum cxa_collection collection)
{
	size_t count;
	const struct cxa_loss *losses = losses_of(graph, &count);
	size_t before = count_before(losses, count, collection, UINT64_MAX);

	return before != 0 && losses[before - 1].collection == collection;
}
