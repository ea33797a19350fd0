/* record_connection.c - connections: one a pointer of WordNet */
#include "records.h"

int wn_append_connection(const struct wn_graph *graph, uint64_t position,
			 struct wn_maker_room *room, struct cxa_batch *batch,
			 struct cxa_error *error)
{
	const struct wn_dictionary *dictionary = graph->dictionary;
	uint32_t number = (uint32_t)(position % dictionary->relation_count);
	const struct wn_relation *relation = &dictionary->relations[number];
	Cxa__Connection connection = CXA__CONNECTION__INIT;
	struct wn_place source;

	(void)room;
	source = wn_place_of(graph, position / dictionary->relation_count *
				    dictionary->synset_count +
				    wn_relation_source(dictionary, number));
	connection.id = position + 1;
	connection.source_id = source.first_id + source.synset;
	connection.target_id = source.first_id + relation->target;
	connection.connection_type = wn_relation_type(dictionary,
						      source.synset, relation);
	connection.weight = wn_strength(relation, connection.id);
	connection.last_activated = wn_between(wn_created(&source),
					       wn_mix2(WN_SALT_USED,
						       position));
	connection.version = 1;
	return cxa_batch_append(batch, &connection.base, error);
}
