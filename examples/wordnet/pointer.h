/* pointer.h - what becomes of each kind of WordNet pointer */
#ifndef WORDNET_POINTER_H
#define WORDNET_POINTER_H

#include <stdbool.h>

#include <cortexarc/record.h>

/** enum wn_synapses - which list of a column's synapses */
enum wn_synapses {
	WN_EXCITATORY, WN_INHIBITORY, WN_MODULATORY, WN_FEEDFORWARD,
	WN_FEEDBACK
};
#define WN_SYNAPSES 5

/**
 * struct wn_pointer - a kind of pointer, and what is made of it
 * @symbol: in the data files, as "@"
 * @name: as "hypernym": the word of man 5 wninput
 * @to_parent: the target is what the source is a kind or an instance of
 * @parts: source and target are part and whole
 * @strength: 0..1: the weight of its connections, give or take a sixteenth
 */
struct wn_pointer {
	const char *symbol;
	const char *name;
	bool to_parent;
	bool parts;
	Cxa__ConnectionType__Value type;
	float strength;
	enum wn_synapses synapses;
	Cxa__SynapseType__Value synapse;
};

extern const struct wn_pointer wn_pointers[];

/** wn_pointer_find() - Return: an index into wn_pointers[], -1: not known */
int wn_pointer_find(const char *symbol, size_t size);

/**
 * wn_pointer_type() - the type of a connection made from pointer @kind
 *
 * As the table says, but for part and whole where both are times (noun.time):
 * an hour is not anywhere in a day, so that is Temporal.
 */
Cxa__ConnectionType__Value wn_pointer_type(unsigned kind, unsigned lexname,
					   unsigned target_lexname);

#endif
