/* record_column.c - cortical columns: one a concept, with the concept's id */
#include "records.h"

#include "lexname.h"
#include "pointer.h"

#define LAYERS 6u
#define MOST_SYNAPSES 12

/* A column's parts; the message points into it. */
struct column {
	Cxa__ColumnState state;
	Cxa__ColumnPosition position;
	uint64_t neighbors[4];
	Cxa__ColumnConnections connections;
	Cxa__Synapse synapses[MOST_SYNAPSES];
	Cxa__Synapse *lists[WN_SYNAPSES][MOST_SYNAPSES];
	size_t counts[WN_SYNAPSES];
	Cxa__PerformanceMetrics metrics;
};

static void fill_state(struct column *column, uint64_t id)
{
	Cxa__ColumnState *state = &column->state;

	cxa__column_state__init(state);
	state->activation_level = wn_unit(WN_SALT_ACTIVATION, id);
	state->inhibition_level = wn_unit(WN_SALT_INHIBITION, id) * 0.5f;
	state->spike_time = wn_unit(WN_SALT_SPIKE, id) * 100.0f;
	state->refractory_period = 2.0f;
	state->adaptation_state = wn_unit(WN_SALT_ADAPTATION, id);
	state->plasticity_window = 20.0f;
}

static void fill_position(struct column *column, const struct wn_graph *graph,
			  uint64_t id, const struct wn_synset *synset)
{
	Cxa__ColumnPosition *position = &column->position;
	uint64_t last = wn_graph_concepts(graph);
	size_t count = 0;

	cxa__column_position__init(position);
	position->x = (uint32_t)((id - 1) % WN_GRID_WIDTH);
	position->y = (uint32_t)((id - 1) / WN_GRID_WIDTH);
	position->layer = (uint32_t)(wn_mix2(WN_SALT_LAYER, id) % LAYERS);
	position->region = wn_string(wn_lexnames[synset->lexname].region);
	if (position->y > 0)
		column->neighbors[count++] = id - WN_GRID_WIDTH;
	if (position->x > 0)
		column->neighbors[count++] = id - 1;
	if (position->x + 1 < WN_GRID_WIDTH && id + 1 <= last)
		column->neighbors[count++] = id + 1;
	if (id + WN_GRID_WIDTH <= last)
		column->neighbors[count++] = id + WN_GRID_WIDTH;
	position->n_neighbors = count;
	position->neighbors = column->neighbors;
}

static void fill_synapse(Cxa__Synapse *synapse, const struct wn_place *place,
			 const struct wn_relation *relation, uint64_t link)
{
	cxa__synapse__init(synapse);
	synapse->target_id = place->first_id + relation->target;
	synapse->weight = wn_strength(relation, link);
	synapse->delay = wn_unit(WN_SALT_DELAY, link) * 5.0f;
	synapse->plasticity_factor = wn_unit(WN_SALT_PLASTICITY, link);
	synapse->connection_type = wn_pointers[relation->kind].synapse;
	synapse->last_activated = wn_between(wn_created(place),
					     wn_mix2(WN_SALT_USED, link));
}

static void fill_connections(struct column *column,
			     const struct wn_graph *graph,
			     const struct wn_place *place)
{
	const struct wn_dictionary *dictionary = graph->dictionary;
	const struct wn_relation *relation;
	uint64_t first_link = (uint64_t)place->copy *
			      dictionary->relation_count + 1;
	uint32_t found[MOST_SYNAPSES];
	enum wn_synapses list;
	unsigned i, count;

	for (i = 0; i < WN_SYNAPSES; i++)
		column->counts[i] = 0;
	count = wn_neighbours(dictionary, place->synset, found,
			      MOST_SYNAPSES);
	for (i = 0; i < count; i++) {
		relation = &dictionary->relations[found[i]];
		list = wn_pointers[relation->kind].synapses;
		fill_synapse(&column->synapses[i], place, relation,
			     first_link + found[i]);
		column->lists[list][column->counts[list]++] =
			&column->synapses[i];
	}
}

static void link_lists(struct column *column)
{
	Cxa__ColumnConnections *connections = &column->connections;

	cxa__column_connections__init(connections);
	connections->excitatory = column->lists[WN_EXCITATORY];
	connections->n_excitatory = column->counts[WN_EXCITATORY];
	connections->inhibitory = column->lists[WN_INHIBITORY];
	connections->n_inhibitory = column->counts[WN_INHIBITORY];
	connections->modulatory = column->lists[WN_MODULATORY];
	connections->n_modulatory = column->counts[WN_MODULATORY];
	connections->feedforward = column->lists[WN_FEEDFORWARD];
	connections->n_feedforward = column->counts[WN_FEEDFORWARD];
	connections->feedback = column->lists[WN_FEEDBACK];
	connections->n_feedback = column->counts[WN_FEEDBACK];
}

static void fill_metrics(struct column *column, uint64_t id)
{
	Cxa__PerformanceMetrics *metrics = &column->metrics;

	cxa__performance_metrics__init(metrics);
	metrics->allocation_efficiency = wn_unit(WN_SALT_METRIC, id);
	metrics->spike_frequency = wn_unit(WN_SALT_METRIC + 1, id) * 40.0f;
	metrics->plasticity_rate = wn_unit(WN_SALT_METRIC + 2, id);
	metrics->energy_consumption = wn_unit(WN_SALT_METRIC + 3, id);
	metrics->computational_load = wn_unit(WN_SALT_METRIC + 4, id);
}

int wn_append_column(const struct wn_graph *graph, uint64_t position,
		     struct wn_maker_room *room, struct cxa_batch *batch,
		     struct cxa_error *error)
{
	Cxa__Column message = CXA__COLUMN__INIT;
	struct column column;
	struct wn_place place = wn_place_of(graph, position);

	(void)room;
	message.id = position + 1;
	fill_state(&column, message.id);
	fill_position(&column, graph, message.id,
		      &graph->dictionary->synsets[place.synset]);
	fill_connections(&column, graph, &place);
	link_lists(&column);
	fill_metrics(&column, message.id);
	message.has_allocated_concept_id = 1;
	message.allocated_concept_id = message.id;
	message.state = &column.state;
	message.position = &column.position;
	message.connections = &column.connections;
	message.performance_metrics = &column.metrics;
	message.last_updated = wn_between(wn_created(&place),
					  wn_mix2(WN_SALT_USED, message.id));
	message.version = 1;
	return cxa_batch_append(batch, &message.base, error);
}
