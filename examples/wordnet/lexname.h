/* lexname.h - the lexicographer files: what a synset is about */
#ifndef WORDNET_LEXNAME_H
#define WORDNET_LEXNAME_H

#define WN_LEXNAMES 45
#define WN_LEXNAME_TIME 28 /* noun.time */

/**
 * struct wn_lexname - a row of man 5 lexnames
 * @name: as "noun.animal": a concept's category
 * @region: of cortex, where its columns lie
 */
struct wn_lexname {
	const char *name;
	const char *region;
};

extern const struct wn_lexname wn_lexnames[WN_LEXNAMES];

#endif
