/* vectors.h - a concept's three vectors, from its text and neighbours
 *
 * Random indexing: each word has a fixed vector of 256 numbers that look
 * random, a text is the sum of its words' vectors by their weights, so texts
 * with telling words in common point the same way. Everything is an integer
 * until the last step (a division by a square root, which IEEE 754 fixes to
 * the bit), so any build computes the same floats.
 */
#ifndef WORDNET_VECTORS_H
#define WORDNET_VECTORS_H

#include "vocabulary.h"

#define WN_SEMANTIC 256
#define WN_NEURAL 128
#define WN_CONTEXT 64

/**
 * struct wn_vectors - read-only once opened: threads may share it
 * @digests: every synset's text as WN_CONTEXT small numbers, for its
 *           neighbours' context
 */
struct wn_vectors {
	const struct wn_dictionary *dictionary;
	const struct wn_vocabulary *vocabulary;
	int8_t *digests;
};

/**
 * struct wn_embedding - what wn_vectors_compute() fills
 * @semantic: the text, and a quarter of its parent's; length 1
 * @neural: the same folded and squashed: 0..1
 * @context: neighbours and text; length 1
 */
struct wn_embedding {
	float semantic[WN_SEMANTIC];
	float neural[WN_NEURAL];
	float context[WN_CONTEXT];
};

/**
 * wn_vectors_open() - @dictionary and @vocabulary are borrowed until close
 *
 * Return: 0 or CXA_ERR_NOMEM.
 */
int wn_vectors_open(struct wn_vectors *out,
		    const struct wn_dictionary *dictionary,
		    const struct wn_vocabulary *vocabulary,
		    struct cxa_error *error);

void wn_vectors_close(struct wn_vectors *vectors);

void wn_vectors_compute(const struct wn_vectors *vectors, uint32_t synset,
			struct wn_embedding *out);

#endif
