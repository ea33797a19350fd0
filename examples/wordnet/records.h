/* records.h - one record of each collection, made from the dictionary
 *
 * Each wn_append_*() makes the record at a position (from 0, in id order) and
 * appends it to a batch. They keep nothing and share nothing that changes, so
 * any number of readers may run side by side.
 */
#ifndef WORDNET_RECORDS_H
#define WORDNET_RECORDS_H

#include "graph.h"
#include "mix.h"

/**
 * struct wn_maker_room - what a reader lends to the makers
 * @text: graph->dictionary->text_bytes + WN_TEXT_EXTRA bytes
 */
struct wn_maker_room {
	char *text;
	struct wn_embedding embedding;
};

#define WN_TEXT_EXTRA 128

typedef int wn_append(const struct wn_graph *graph, uint64_t position,
		      struct wn_maker_room *room, struct cxa_batch *batch,
		      struct cxa_error *error);

wn_append wn_append_concept;
wn_append wn_append_embedding;
wn_append wn_append_column;
wn_append wn_append_connection;
wn_append wn_append_system_state;
wn_append wn_append_query;
wn_append wn_append_sync;

/** WN_GRID_WIDTH - columns in a row of the cortex, which grows by rows */
#define WN_GRID_WIDTH 512u

/** WN_SYNC_ENTRIES, WN_QUERIES - a copy (queries: at most) */
#define WN_SYNC_ENTRIES 280u
#define WN_QUERIES 256u

/**
 * wn_query_keys() - the hashes of all copies' queries, sorted, each once
 * @room: room->text is used
 *
 * Return: how many of @keys (copies * WN_QUERIES of them) are filled.
 */
size_t wn_query_keys(const struct wn_graph *graph, struct wn_query_key *keys,
		     struct wn_maker_room *room);

/**
 * struct wn_place - a synset in one of the copies
 * @first_id: of the copy's concepts, and of its columns
 */
struct wn_place {
	uint32_t copy;
	uint32_t synset;
	uint64_t first_id;
};

/** wn_place_of() - where the concept (and column) at @position comes from */
struct wn_place wn_place_of(const struct wn_graph *graph, uint64_t position);

/**
 * struct wn_concept - a Concept without content and ids, and what it points to
 *
 * Filled by wn_concept_describe(); holds pointers into itself.
 */
#define WN_CONCEPT_LINKS 8
struct wn_concept {
	Cxa__ConceptMetadata metadata;
	Cxa__ConceptSource source;
	Cxa__ConceptConnection links[WN_CONCEPT_LINKS];
	Cxa__ConceptConnection *link_list[WN_CONCEPT_LINKS];
	ProtobufCBinaryData tags[3];
};

void wn_concept_describe(const struct wn_graph *graph,
			 const struct wn_place *place,
			 struct wn_concept *out);

/** wn_embedding_message() - @out borrows from @floats */
void wn_embedding_message(const struct wn_place *place,
			  struct wn_embedding *floats, Cxa__Embeddings *out);

/**
 * wn_neighbours() - the first relations to synsets other than @synset
 * @out: indices of relations, each to another target, at most @most
 *
 * Return: how many.
 */
unsigned wn_neighbours(const struct wn_dictionary *dictionary, uint32_t synset,
		       uint32_t *out, unsigned most);

/** wn_strength() - of a connection: its kind's, give or take a sixteenth */
float wn_strength(const struct wn_relation *relation, uint64_t id);

/** wn_created() - when a concept came to be: in order of ids within a copy */
double wn_created(const struct wn_place *place);

/** wn_between() - a whole millisecond from @from up to WN_CREATED_AT */
double wn_between(double from, uint64_t seed);

/** wn_bytes(), wn_string() - text as protobuf-c holds it; borrowed */
ProtobufCBinaryData wn_bytes(const char *text, size_t size);
ProtobufCBinaryData wn_string(const char *text);

/** enum wn_salt - what a number is for, so that no two go hand in hand */
enum wn_salt {
	WN_SALT_ACCESS = 1, WN_SALT_COUNT, WN_SALT_STRENGTH, WN_SALT_USED,
	WN_SALT_ACTIVATION, WN_SALT_INHIBITION, WN_SALT_SPIKE,
	WN_SALT_ADAPTATION, WN_SALT_LAYER, WN_SALT_DELAY, WN_SALT_PLASTICITY,
	WN_SALT_METRIC, /* and the four after it */
	WN_SALT_QUERY = WN_SALT_METRIC + 5, /* and the nine after it */
	WN_SALT_SYNC = WN_SALT_QUERY + 10
};

#endif
