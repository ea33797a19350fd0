/* record_query.c - cached queries: questions about WordNet, and answers */
#include "records.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pointer.h"

#define MOST_MATCHES 6
#define MOST_STEPS 6
#define EXPIRY 4102444800000.0 /* the year 2100 */

struct question {
	const char *before;
	const char *after;
	Cxa__QueryType__Value type;
	Cxa__ProcessingMode__Value mode;
};

#define QUERY(t) CXA__QUERY_TYPE__VALUE__##t
#define MODE(m) CXA__PROCESSING_MODE__VALUE__##m
#define MATCH(m) CXA__MATCH_TYPE__VALUE__##m

static const struct question questions[] = {
	{ "what is ", "?", QUERY(Semantic), MODE(Fast) },
	{ "which kinds of ", " are there?", QUERY(Hybrid), MODE(Accurate) },
	{ "what is like ", "?", QUERY(Similarity), MODE(Balanced) },
	{ "what is part of ", "?", QUERY(Pattern), MODE(Balanced) },
	{ "what comes before ", "?", QUERY(Temporal), MODE(Exhaustive) },
	{ "what does ", " bring to mind?", QUERY(Neural), MODE(Fast) },
};

#define QUESTIONS (sizeof(questions) / sizeof(questions[0]))

/* A cached query's parts; the message points into it. */
struct query {
	struct wn_place place;
	Cxa__QueryResults results;
	Cxa__ConceptMatch matches[MOST_MATCHES];
	Cxa__ConceptMatch *match_list[MOST_MATCHES];
	Cxa__ColumnActivation activations[MOST_MATCHES];
	Cxa__ColumnActivation *activation_list[MOST_MATCHES];
	Cxa__ActivationPath path;
	Cxa__ActivationPath *path_list[1];
	uint64_t steps[MOST_STEPS];
	float step_times[MOST_STEPS];
	Cxa__QueryMetadata metadata;
	Cxa__ParameterEntry parameters[2];
	Cxa__ParameterEntry *parameter_list[2];
	Cxa__QueryPerformance performance;
};

/* Queries of a copy are spread evenly over its synsets. */
static struct wn_place place_of_query(const struct wn_graph *graph,
				      uint32_t copy, uint32_t number)
{
	uint32_t count = graph->dictionary->synset_count;
	uint64_t synset = (uint64_t)number * count / WN_QUERIES;

	return wn_place_of(graph, (uint64_t)copy * count + synset);
}

static size_t write_text(const struct wn_graph *graph, uint32_t copy,
			 uint32_t number, char *text)
{
	const struct question *question = &questions[number % QUESTIONS];
	struct wn_place place = place_of_query(graph, copy, number);
	size_t used = strlen(question->before);
	char ending[64];
	int more;

	memcpy(text, question->before, used);
	used += wn_synset_word(&graph->dictionary->synsets[place.synset],
			       text + used);
	if (copy == 0)
		more = snprintf(ending, sizeof(ending), "%s",
				question->after);
	else
		more = snprintf(ending, sizeof(ending), "%s (copy %lu)",
				question->after, (unsigned long)copy);
	memcpy(text + used, ending, (size_t)more);
	return used + (size_t)more;
}

static int compare_keys(const void *a, const void *b)
{
	const struct wn_query_key *first = a, *second = b;

	if (first->hash != second->hash)
		return first->hash < second->hash ? -1 : 1;
	if (first->copy != second->copy)
		return first->copy < second->copy ? -1 : 1;
	return (first->number > second->number) -
	       (first->number < second->number);
}

size_t wn_query_keys(const struct wn_graph *graph, struct wn_query_key *keys,
		     struct wn_maker_room *room)
{
	uint32_t copy, number;
	size_t count = 0, kept = 0, i, size;

	for (copy = 0; copy < graph->copies; copy++)
		for (number = 0; number < WN_QUERIES; number++) {
			size = write_text(graph, copy, number, room->text);
			keys[count++] = (struct wn_query_key){
				.hash = cxa_content_hash(room->text, size),
				.copy = copy,
				.number = number,
			};
		}
	qsort(keys, count, sizeof(*keys), compare_keys);
	for (i = 0; i < count; i++) /* one word may stand in two synsets */
		if (kept == 0 || keys[kept - 1].hash != keys[i].hash)
			keys[kept++] = keys[i];
	return kept;
}

static Cxa__MatchType__Value match_type(Cxa__ConnectionType__Value type)
{
	switch (type) {
	case CXA__CONNECTION_TYPE__VALUE__Semantic:
		return MATCH(Semantic);
	case CXA__CONNECTION_TYPE__VALUE__Spatial:
		return MATCH(Partial);
	case CXA__CONNECTION_TYPE__VALUE__Hierarchical:
	case CXA__CONNECTION_TYPE__VALUE__Inferential:
		return MATCH(Inferred);
	default:
		return MATCH(Contextual);
	}
}

static void fill_match(struct query *query, unsigned i, uint64_t concept_id,
		       float score, Cxa__MatchType__Value type)
{
	Cxa__ConceptMatch *match = &query->matches[i];
	Cxa__ColumnActivation *activation = &query->activations[i];

	cxa__concept_match__init(match);
	match->concept_id = concept_id;
	match->relevance_score = score;
	match->activation_level = wn_unit(WN_SALT_ACTIVATION, concept_id);
	match->match_type = type;
	match->context_bonus = wn_unit(WN_SALT_QUERY, concept_id) * 0.25f;
	query->match_list[i] = match;
	cxa__column_activation__init(activation);
	activation->column_id = concept_id;
	activation->activation_strength = match->activation_level;
	activation->spike_timing = wn_unit(WN_SALT_QUERY + 1, concept_id) *
				   10.0f;
	activation->propagation_delay = wn_unit(WN_SALT_QUERY + 2,
						concept_id);
	query->activation_list[i] = activation;
}

/* The synset itself, then its neighbours. */
static unsigned fill_matches(struct query *query, const struct wn_graph *graph)
{
	const struct wn_dictionary *dictionary = graph->dictionary;
	const struct wn_relation *relation;
	uint32_t found[MOST_MATCHES - 1];
	uint32_t synset = query->place.synset;
	uint64_t first_id = query->place.first_id;
	unsigned i, count;

	count = wn_neighbours(dictionary, synset, found, MOST_MATCHES - 1);
	fill_match(query, 0, first_id + synset, 1.0f, MATCH(Exact));
	for (i = 0; i < count; i++) {
		relation = &dictionary->relations[found[i]];
		fill_match(query, i + 1, first_id + relation->target,
			   wn_strength(relation, first_id + found[i]),
			   match_type(wn_relation_type(dictionary, synset,
						       relation)));
	}
	return count + 1;
}

/* From the synset up through what it is a kind of. */
static void fill_path(struct query *query, const struct wn_graph *graph)
{
	uint32_t synset = query->place.synset;
	size_t count = 0;

	while (synset != WN_NONE && count < MOST_STEPS) {
		query->steps[count] = query->place.first_id + synset;
		query->step_times[count] = (float)count * 1.5f +
			wn_unit(WN_SALT_QUERY + 3, query->steps[count]);
		count++;
		synset = wn_synset_parent(graph->dictionary, synset);
	}
	cxa__activation_path__init(&query->path);
	query->path.n_column_sequence = count;
	query->path.column_sequence = query->steps;
	query->path.n_activation_times = count;
	query->path.activation_times = query->step_times;
	query->path.total_path_strength = 1.0f / (float)count;
	query->path.propagation_time = query->step_times[count - 1];
	query->path_list[0] = &query->path;
}

static void fill_results(struct query *query, const struct wn_graph *graph,
			 uint64_t hash)
{
	const struct wn_synset *synset =
		&graph->dictionary->synsets[query->place.synset];
	Cxa__QueryResults *results = &query->results;
	unsigned count = fill_matches(query, graph);

	fill_path(query, graph);
	cxa__query_results__init(results);
	results->n_concepts = count;
	results->concepts = query->match_list;
	results->n_activations = count;
	results->activations = query->activation_list;
	results->n_paths = query->path.n_column_sequence > 1;
	results->paths = query->path_list;
	results->confidence = wn_unit(WN_SALT_QUERY + 4, hash);
	results->total_results = synset[1].first_relation -
				 synset->first_relation + 1;
	if (results->total_results < count)
		results->total_results = count;
	results->truncated = results->total_results > count;
}

static void fill_metadata(struct query *query, const struct question *question)
{
	Cxa__QueryMetadata *metadata = &query->metadata;
	int i;

	for (i = 0; i < 2; i++) {
		cxa__parameter_entry__init(&query->parameters[i]);
		query->parameter_list[i] = &query->parameters[i];
	}
	query->parameters[0].key = wn_string("max_results");
	query->parameters[0].value = MOST_MATCHES;
	query->parameters[1].key = wn_string("min_relevance");
	query->parameters[1].value = 0.1f;
	cxa__query_metadata__init(metadata);
	metadata->user_context = wn_string("dictionary");
	metadata->session_id = wn_string("wordnet-3.0");
	metadata->processing_mode = question->mode;
	metadata->n_parameters = 2;
	metadata->parameters = query->parameter_list;
}

static void fill_performance(struct query *query, uint64_t hash)
{
	Cxa__QueryPerformance *performance = &query->performance;

	cxa__query_performance__init(performance);
	performance->processing_time_ms =
		(double)wn_unit(WN_SALT_QUERY + 5, hash) * 5.0;
	performance->memory_usage_mb = 1.5;
	performance->cache_hit_rate = wn_unit(WN_SALT_QUERY + 6, hash);
	performance->neural_ops_count =
		(uint32_t)(wn_mix2(WN_SALT_QUERY + 7, hash) % 100000);
	performance->simd_utilization = wn_unit(WN_SALT_QUERY + 8, hash);
}

int wn_append_query(const struct wn_graph *graph, uint64_t position,
		    struct wn_maker_room *room, struct cxa_batch *batch,
		    struct cxa_error *error)
{
	const struct wn_query_key *key = &graph->queries[position];
	const struct question *question = &questions[key->number % QUESTIONS];
	Cxa__CachedQuery message = CXA__CACHED_QUERY__INIT;
	struct query query;

	query.place = place_of_query(graph, key->copy, key->number);
	fill_results(&query, graph, key->hash);
	fill_metadata(&query, question);
	fill_performance(&query, key->hash);
	message.query_hash = key->hash;
	message.query_text = wn_bytes(room->text,
				      write_text(graph, key->copy, key->number,
						 room->text));
	message.query_type = question->type;
	message.results = &query.results;
	message.metadata = &query.metadata;
	message.performance = &query.performance;
	message.created = wn_between(WN_CREATED_AT - 86400000.0, key->hash);
	message.last_accessed = wn_between(message.created,
					   wn_mix2(WN_SALT_QUERY + 9,
						   key->hash));
	message.expiry = EXPIRY;
	message.version = 1;
	return cxa_batch_append(batch, &message.base, error);
}
