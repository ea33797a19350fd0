/* graph.h - WordNet as a CortexKG store: a source for the library */
#ifndef WORDNET_GRAPH_H
#define WORDNET_GRAPH_H

#include <cortexarc/source.h>

#include "vectors.h"

/** WN_CREATED_AT - when the store was "saved": ms since the Unix epoch */
#define WN_CREATED_AT 1722556800000.0

/** struct wn_query_key - a cached query: its hash, and what it is made from */
struct wn_query_key {
	uint64_t hash;
	uint32_t copy;
	uint32_t number;
};

/**
 * struct wn_graph - everything a reader needs; read-only once opened
 * @copies: how often the graph stands in the store, each with ids of its own
 * @queries: ascending by hash, each hash once
 * @header: what cxa_source_new() takes
 */
struct wn_graph {
	const struct wn_dictionary *dictionary;
	const struct wn_vectors *vectors;
	uint32_t copies;
	struct wn_query_key *queries;
	size_t query_count;
	Cxa__Header header;
	Cxa__Metadata metadata;
	Cxa__EmbeddingSpace space;
	uint32_t dimensions[3];
};

/** wn_graph_ops - of a source whose state is a struct wn_graph */
extern const struct cxa_source_ops wn_graph_ops;

/**
 * wn_graph_open() - @vectors and its dictionary are borrowed until close
 *
 * @out holds pointers into itself: it must not be moved.
 *
 * Return: 0, CXA_ERR_USAGE (so many copies that the application's 32-bit
 * totals overflow), CXA_ERR_NOMEM.
 */
int wn_graph_open(struct wn_graph *out, const struct wn_vectors *vectors,
		  uint32_t copies, struct cxa_error *error);

void wn_graph_close(struct wn_graph *graph);

/** wn_graph_concepts(), wn_graph_connections() - in all copies */
uint64_t wn_graph_concepts(const struct wn_graph *graph);
uint64_t wn_graph_connections(const struct wn_graph *graph);

#endif
