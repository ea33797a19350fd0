/* pointer.c - what becomes of each kind of WordNet pointer */
#include "pointer.h"

#include <string.h>

#include "lexname.h"

#define TYPE(t) CXA__CONNECTION_TYPE__VALUE__##t
#define SYNAPSE(t) CXA__SYNAPSE_TYPE__VALUE__##t

const struct wn_pointer wn_pointers[] = {
	{ "!", "antonym", false, false, TYPE(Semantic), 0.90f,
	  WN_INHIBITORY, SYNAPSE(GABA_A) },
	{ "@", "hypernym", true, false, TYPE(Hierarchical), 0.88f,
	  WN_FEEDFORWARD, SYNAPSE(AMPA) },
	{ "@i", "instance hypernym", true, false, TYPE(Hierarchical), 0.92f,
	  WN_FEEDFORWARD, SYNAPSE(AMPA) },
	{ "~", "hyponym", false, false, TYPE(Hierarchical), 0.55f,
	  WN_FEEDBACK, SYNAPSE(NMDA) },
	{ "~i", "instance hyponym", false, false, TYPE(Hierarchical), 0.50f,
	  WN_FEEDBACK, SYNAPSE(NMDA) },
	{ "#m", "member holonym", false, true, TYPE(Hierarchical), 0.72f,
	  WN_FEEDFORWARD, SYNAPSE(AMPA) },
	{ "#s", "substance holonym", false, true, TYPE(Spatial), 0.70f,
	  WN_FEEDFORWARD, SYNAPSE(AMPA) },
	{ "#p", "part holonym", false, true, TYPE(Spatial), 0.75f,
	  WN_FEEDFORWARD, SYNAPSE(AMPA) },
	{ "%m", "member meronym", false, true, TYPE(Hierarchical), 0.52f,
	  WN_FEEDBACK, SYNAPSE(NMDA) },
	{ "%s", "substance meronym", false, true, TYPE(Spatial), 0.58f,
	  WN_FEEDBACK, SYNAPSE(NMDA) },
	{ "%p", "part meronym", false, true, TYPE(Spatial), 0.60f,
	  WN_FEEDBACK, SYNAPSE(NMDA) },
	{ "=", "attribute", false, false, TYPE(Semantic), 0.65f,
	  WN_EXCITATORY, SYNAPSE(AMPA) },
	{ "+", "derivationally related form", false, false, TYPE(Semantic),
	  0.68f, WN_EXCITATORY, SYNAPSE(AMPA) },
	{ ";c", "domain: topic", false, false, TYPE(Semantic), 0.45f,
	  WN_MODULATORY, SYNAPSE(Modulatory) },
	{ "-c", "member of domain: topic", false, false, TYPE(Semantic),
	  0.30f, WN_MODULATORY, SYNAPSE(Modulatory) },
	{ ";r", "domain: region", false, false, TYPE(Spatial), 0.42f,
	  WN_MODULATORY, SYNAPSE(Modulatory) },
	{ "-r", "member of domain: region", false, false, TYPE(Spatial),
	  0.28f, WN_MODULATORY, SYNAPSE(Modulatory) },
	{ ";u", "domain: usage", false, false, TYPE(Semantic), 0.35f,
	  WN_MODULATORY, SYNAPSE(Modulatory) },
	{ "-u", "member of domain: usage", false, false, TYPE(Semantic),
	  0.22f, WN_MODULATORY, SYNAPSE(Modulatory) },
	{ "*", "entailment", false, false, TYPE(Inferential), 0.85f,
	  WN_FEEDFORWARD, SYNAPSE(AMPA) },
	{ ">", "cause", false, false, TYPE(Causal), 0.87f,
	  WN_FEEDFORWARD, SYNAPSE(AMPA) },
	{ "^", "also see", false, false, TYPE(Semantic), 0.48f,
	  WN_EXCITATORY, SYNAPSE(NMDA) },
	{ "$", "verb group", false, false, TYPE(Semantic), 0.76f,
	  WN_EXCITATORY, SYNAPSE(AMPA) },
	{ "&", "similar to", false, false, TYPE(Semantic), 0.82f,
	  WN_EXCITATORY, SYNAPSE(AMPA) },
	{ "<", "participle of verb", false, false, TYPE(Semantic), 0.66f,
	  WN_EXCITATORY, SYNAPSE(NMDA) },
	{ "\\", "pertainym", false, false, TYPE(Semantic), 0.74f,
	  WN_EXCITATORY, SYNAPSE(NMDA) },
};

#define POINTERS (sizeof(wn_pointers) / sizeof(wn_pointers[0]))

int wn_pointer_find(const char *symbol, size_t size)
{
	size_t i;

	for (i = 0; i < POINTERS; i++)
		if (strlen(wn_pointers[i].symbol) == size &&
		    memcmp(wn_pointers[i].symbol, symbol, size) == 0)
			return (int)i;
	return -1;
}

Cxa__ConnectionType__Value wn_pointer_type(unsigned kind, unsigned lexname,
					   unsigned target_lexname)
{
	if (wn_pointers[kind].parts && lexname == WN_LEXNAME_TIME &&
	    target_lexname == WN_LEXNAME_TIME)
		return TYPE(Temporal);
	return wn_pointers[kind].type;
}
