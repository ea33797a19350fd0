/* vocabulary.h - the words of every synset's text, and how telling each is */
#ifndef WORDNET_VOCABULARY_H
#define WORDNET_VOCABULARY_H

#include "dictionary.h"

/**
 * struct wn_word - a word in lower case
 * @hash: stands for its letters, which are not kept
 * @documents: synsets whose text holds it
 * @weight: 8 + 32 * log2(synsets / documents), rounded down piecewise: an
 *          integer, so that no machine's logarithm has a say in the vectors
 */
struct wn_word {
	uint64_t hash;
	uint32_t documents;
	uint32_t weight;
};

/**
 * struct wn_vocabulary - read-only once built
 * @tokens: index of a word for every place a word stands in a text; those of
 *          synset i run from @first_token[i] to @first_token[i + 1]
 */
struct wn_vocabulary {
	struct wn_word *words;
	uint32_t word_count;
	uint32_t *tokens;
	uint32_t *first_token;
};

/**
 * wn_vocabulary_open() - take @dictionary's texts apart
 *
 * A word is a run of letters and digits. Return: 0, CXA_ERR_NOMEM,
 * CXA_ERR_FORMAT (more words than 2^31).
 */
int wn_vocabulary_open(struct wn_vocabulary *out,
		       const struct wn_dictionary *dictionary,
		       struct cxa_error *error);

void wn_vocabulary_close(struct wn_vocabulary *vocabulary);

#endif
