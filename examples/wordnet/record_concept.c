/* record_concept.c - concepts and their embeddings: a concept a synset */
#include "records.h"

#include "lexname.h"
#include "pointer.h"

/* From the length of the gloss: half at 64 characters. */
static float complexity(const struct wn_synset *synset)
{
	double length = (double)synset->gloss_bytes;

	return (float)(length / (length + 64));
}

/* The better connected, the surer: 0.5 at none, towards 1. */
static float confidence(uint32_t relations)
{
	return (float)((relations + 2.0) / (relations + 4.0));
}

static void describe_links(const struct wn_graph *graph,
			   const struct wn_place *place,
			   struct wn_concept *out)
{
	const struct wn_dictionary *dictionary = graph->dictionary;
	const struct wn_relation *relation;
	Cxa__ConceptConnection *link;
	uint64_t first_link = (uint64_t)place->copy *
			      dictionary->relation_count + 1;
	uint32_t found[WN_CONCEPT_LINKS];
	unsigned i, count;

	count = wn_neighbours(dictionary, place->synset, found,
			      WN_CONCEPT_LINKS);
	for (i = 0; i < count; i++) {
		relation = &dictionary->relations[found[i]];
		link = &out->links[i];
		out->link_list[i] = link;
		cxa__concept_connection__init(link);
		link->target_id = place->first_id + relation->target;
		link->connection_type = wn_relation_type(dictionary,
							 place->synset,
							 relation);
		link->strength = wn_strength(relation, first_link + found[i]);
		link->created = wn_created(place);
	}
	out->metadata.connections = out->link_list;
	out->metadata.n_connections = count;
}

static void describe_source(const struct wn_graph *graph,
			    const struct wn_place *place,
			    struct wn_concept *out)
{
	uint32_t parent = wn_synset_parent(graph->dictionary, place->synset);

	cxa__concept_source__init(&out->source);
	out->source.origin = wn_string("import");
	out->source.timestamp = wn_created(place);
	out->source.session_id = wn_string("wordnet-3.0");
	if (parent != WN_NONE) {
		out->source.has_parent_concept_id = 1;
		out->source.parent_concept_id = place->first_id + parent;
	}
}

void wn_concept_describe(const struct wn_graph *graph,
			 const struct wn_place *place,
			 struct wn_concept *out)
{
	const struct wn_synset *synset =
		&graph->dictionary->synsets[place->synset];
	uint32_t relations = synset[1].first_relation -
			     synset->first_relation;

	cxa__concept_metadata__init(&out->metadata);
	out->tags[0] = wn_string(wn_part_name(synset->part));
	out->tags[1] = wn_string(wn_lexnames[synset->lexname].name);
	out->tags[2] = wn_string("satellite");
	out->metadata.complexity = complexity(synset);
	out->metadata.category = out->tags[1];
	out->metadata.source = &out->source;
	out->metadata.tags = out->tags;
	out->metadata.n_tags = synset->satellite ? 3 : 2;
	out->metadata.priority = 1 + (relations < 9 ? relations : 9);
	out->metadata.confidence = confidence(relations);
	describe_source(graph, place, out);
	describe_links(graph, place, out);
}

int wn_append_concept(const struct wn_graph *graph, uint64_t position,
		      struct wn_maker_room *room, struct cxa_batch *batch,
		      struct cxa_error *error)
{
	Cxa__Concept concept = CXA__CONCEPT__INIT;
	struct wn_concept about;
	struct wn_place place = wn_place_of(graph, position);
	size_t size;

	size = wn_synset_text(&graph->dictionary->synsets[place.synset],
			      room->text);
	wn_concept_describe(graph, &place, &about);
	concept.id = position + 1;
	concept.content = wn_bytes(room->text, size);
	concept.content_hash = cxa_content_hash(room->text, size);
	concept.column_id = concept.id;
	concept.created_timestamp = wn_created(&place);
	concept.last_accessed = wn_between(concept.created_timestamp,
					   wn_mix2(WN_SALT_ACCESS, position));
	concept.access_count = (uint32_t)(wn_mix2(WN_SALT_COUNT, position) %
					  (about.metadata.priority * 100));
	concept.metadata = &about.metadata;
	concept.version = 1;
	return cxa_batch_append(batch, &concept.base, error);
}

void wn_embedding_message(const struct wn_place *place,
			  struct wn_embedding *floats, Cxa__Embeddings *out)
{
	cxa__embeddings__init(out);
	out->n_semantic_vector = WN_SEMANTIC;
	out->semantic_vector = floats->semantic;
	out->n_neural_signature = WN_NEURAL;
	out->neural_signature = floats->neural;
	out->n_context_vector = WN_CONTEXT;
	out->context_vector = floats->context;
	out->last_computed = wn_created(place) + 5.0;
}

int wn_append_embedding(const struct wn_graph *graph, uint64_t position,
			struct wn_maker_room *room, struct cxa_batch *batch,
			struct cxa_error *error)
{
	Cxa__Embedding embedding = CXA__EMBEDDING__INIT;
	Cxa__Embeddings vectors;
	struct wn_place place = wn_place_of(graph, position);

	wn_vectors_compute(graph->vectors, place.synset, &room->embedding);
	wn_embedding_message(&place, &room->embedding, &vectors);
	embedding.concept_id = position + 1;
	embedding.embeddings = &vectors;
	return cxa_batch_append(batch, &embedding.base, error);
}
