/* dictionary.h - WordNet in memory: synsets, and the pointers between them */
#ifndef WORDNET_DICTIONARY_H
#define WORDNET_DICTIONARY_H

#include <cortexarc/record.h>

#include "data_file.h"

/** WN_NONE - no synset */
#define WN_NONE UINT32_MAX

/**
 * struct wn_relation - a pointer from a synset to another
 * @target: index of a synset
 * @kind: index into wn_pointers[]
 * @part: of the target
 */
struct wn_relation {
	uint32_t target;
	uint8_t kind;
	uint8_t part;
	bool lexical;
};

/**
 * struct wn_synset - a set of words with one meaning
 * @words, @gloss: into the mapped file, as struct wn_line has them
 * @first_relation: its relations run up to the next synset's first
 */
struct wn_synset {
	const char *words;
	const char *gloss;
	uint32_t gloss_bytes;
	uint32_t first_relation;
	uint8_t word_count;
	uint8_t lexname;
	uint8_t part;
	bool satellite;
};

/**
 * struct wn_dictionary - all of it; read-only once opened
 * @synsets: @synset_count of them, nouns, verbs, adjectives, adverbs, each in
 *           the order of its file; one more at the end closes the last's
 *           relations
 * @relations: in the order of their synsets, and within one of its line
 * @text_bytes: no text that wn_synset_text() writes is longer
 */
struct wn_dictionary {
	struct wn_file files[WN_PARTS];
	uint32_t first_synset[WN_PARTS + 1];
	struct wn_synset *synsets;
	uint32_t synset_count;
	struct wn_relation *relations;
	uint32_t relation_count;
	size_t text_bytes;
};

/**
 * wn_dictionary_open() - read data.noun, data.verb, data.adj and data.adv
 *
 * Return: 0, CXA_ERR_IO, CXA_ERR_FORMAT (names file and line: syntax, or a
 * pointer to no synset), CXA_ERR_NOMEM. On failure there is nothing to close.
 */
int wn_dictionary_open(struct wn_dictionary *out, const char *folder,
		       struct cxa_error *error);

void wn_dictionary_close(struct wn_dictionary *dictionary);

/** wn_synset_parent() - what it is a kind of, by its first; or WN_NONE */
uint32_t wn_synset_parent(const struct wn_dictionary *dictionary,
			  uint32_t synset);

/** wn_relation_source() - the synset that relation number @relation is of */
uint32_t wn_relation_source(const struct wn_dictionary *dictionary,
			    uint32_t relation);

/** wn_relation_type() - the type of the connection made from @relation */
Cxa__ConnectionType__Value wn_relation_type(
	const struct wn_dictionary *dictionary, uint32_t source,
	const struct wn_relation *relation);

/**
 * wn_synset_text() - "word, word: gloss", without a NUL
 * @out: room for @text_bytes
 *
 * Underscores become spaces; an adjective's marker, as "(ip)", is left out.
 *
 * Return: how many bytes.
 */
size_t wn_synset_text(const struct wn_synset *synset, char *out);

/** wn_synset_word() - the first word alone, the same way */
size_t wn_synset_word(const struct wn_synset *synset, char *out);

#endif
