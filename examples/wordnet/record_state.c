/* record_state.c - the one system_state: totals that agree with the rest */
#include "records.h"

static void fill_cortex(const struct wn_graph *graph,
			Cxa__CorticalState *state)
{
	cxa__cortical_state__init(state);
	state->total_columns = (uint32_t)wn_graph_concepts(graph);
	state->allocated_columns = state->total_columns;
	state->total_concepts = state->total_columns;
	state->total_connections = (uint32_t)wn_graph_connections(graph);
	state->global_inhibition = 0.3f;
	state->plasticity_rate = 0.01f;
	state->learning_rate = 0.001f;
	state->column_states_checksum = wn_mix(state->total_columns);
}

static void fill_neural(Cxa__NeuralParameters *neural)
{
	cxa__neural_parameters__init(neural);
	neural->spike_threshold = 0.7f;
	neural->refractory_period = 2.0f;
	neural->decay_rate = 0.1f;
	neural->plasticity_window = 20.0f;
	neural->inhibition_radius = 3.0f;
	neural->ttfs_base_time = 1.0f;
}

static void fill_configuration(const struct wn_graph *graph,
			       uint32_t cortex_size[2],
			       Cxa__NeuralParameters *neural,
			       Cxa__CortexConfiguration *configuration)
{
	uint64_t columns = wn_graph_concepts(graph);

	fill_neural(neural);
	cxa__cortex_configuration__init(configuration);
	cortex_size[0] = WN_GRID_WIDTH;
	cortex_size[1] = (uint32_t)((columns + WN_GRID_WIDTH - 1) /
				    WN_GRID_WIDTH);
	configuration->n_cortex_size = 2;
	configuration->cortex_size = cortex_size;
	configuration->column_count = (uint32_t)columns;
	configuration->max_concepts = UINT32_MAX;
	configuration->cache_size_mb = 64;
	configuration->simd_enabled = 1;
	configuration->neural_parameters = neural;
}

static void fill_statistics(const struct wn_graph *graph,
			    Cxa__SystemStatistics *statistics)
{
	cxa__system_statistics__init(statistics);
	statistics->uptime_ms = 8640000000u;
	statistics->total_queries = (uint32_t)graph->query_count * 40;
	statistics->cache_misses = (uint32_t)graph->query_count;
	statistics->cache_hits = statistics->total_queries -
				 statistics->cache_misses;
	statistics->avg_query_time_ms = 0.4375;
	statistics->memory_usage_mb = 42.5;
	statistics->storage_size_mb = 400.0 * graph->copies;
	statistics->last_gc_time = WN_CREATED_AT - 60000.0;
}

int wn_append_system_state(const struct wn_graph *graph, uint64_t position,
			   struct wn_maker_room *room, struct cxa_batch *batch,
			   struct cxa_error *error)
{
	Cxa__SystemState message = CXA__SYSTEM_STATE__INIT;
	Cxa__CorticalState cortex;
	Cxa__CortexConfiguration configuration;
	Cxa__NeuralParameters neural;
	Cxa__SystemStatistics statistics;
	uint32_t cortex_size[2];

	(void)position;
	(void)room;
	fill_cortex(graph, &cortex);
	fill_configuration(graph, cortex_size, &neural, &configuration);
	fill_statistics(graph, &statistics);
	message.system_id = wn_string("cortex-wordnet");
	message.cortical_state = &cortex;
	message.configuration = &configuration;
	message.statistics = &statistics;
	message.created = WN_CREATED_AT - 8640000000.0;
	message.last_checkpoint = WN_CREATED_AT - 1.0;
	message.version = 1;
	return cxa_batch_append(batch, &message.base, error);
}
