/* graph.c - the integrity rules over a stream of batches: what is kept of it */
#include "check/graph.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "record/collection.h"

void cxa_graph_init(struct cxa_graph *graph, struct cxa_context *context,
		    struct cxa_report *report, double now_ms)
{
	*graph = (struct cxa_graph){
		.context = context,
		.report = report,
		.now_ms = now_ms,
		.has_now = !isnan(now_ms),
		.collection = -1,
		.notes = { .cancel = &context->cancel,
			   .folder = context->temp_dir },
	};
}

void cxa_graph_describe(struct cxa_graph *graph, const Cxa__Header *header)
{
	const Cxa__Metadata *metadata = header->metadata;
	const Cxa__EmbeddingSpace *space = header->embedding_space;

	graph->described = true;
	graph->said_version = metadata->data_version;
	if (graph->said_version <= CXA_VERSION_MAX)
		graph->data_version = graph->said_version;
	if (!graph->has_now) {
		graph->now_ms = metadata->created_at;
		graph->has_now = cxa_time_fault(graph->now_ms) == NULL;
	}
	graph->metadata_totals[0] = metadata->total_concepts;
	graph->metadata_totals[1] = metadata->total_columns;
	graph->metadata_totals[2] = metadata->total_connections;
	for (size_t v = 0; space != NULL && v < CXA_VECTORS &&
			   v < space->n_dimensions; v++) {
		graph->has_usual[v] = space->dimensions[v] != 0;
		graph->usual[v] = space->dimensions[v];
	}
}

int cxa_graph_tell(struct cxa_graph *graph, enum cxa_rule_id rule,
		   enum cxa_collection collection, uint64_t id,
		   const char *text, struct cxa_error *error)
{
	const struct cxa_collection_info *info = cxa_collection_info(collection);
	struct cxa_issue issue = {
		.type = cxa_rules[rule].kind.type,
		.severity = cxa_rules[rule].kind.severity,
		.rule = cxa_rules[rule].kind.rule,
		.repair = cxa_rules[rule].kind.repair,
		.repairable = cxa_rules[rule].kind.repair != NULL,
		.entity_type = info->record_name,
		.has_id = info->has_key,
		.entity_id = id,
		.offset = UINT64_MAX,
	};

	snprintf(issue.description, sizeof(issue.description), "%s", text);
	if (rule == CXA_RULE_DATA_VERSION || rule == CXA_RULE_METADATA_TOTALS)
		issue.entity_type = "metadata";
	cxa_report_put(graph->report, &issue);
	if (graph->issue != NULL && graph->issue(graph->user, &issue) != 0)
		return cxa_error_set(error, CXA_ERR_CANCELLED, "ended");
	return 0;
}

/* --- before and between the batches ---------------------------------------- */

static int seal(struct cxa_graph *graph, int collection,
		struct cxa_error *error)
{
	if (cxa_id_list_seal(&graph->sets[collection]) != 0 ||
	    (collection == CXA_CONCEPTS &&
	     cxa_id_list_seal(&graph->concept_columns) != 0))
		return cxa_error_nomem(error, "ids");
	graph->complete |= UINT32_C(1) << collection;
	if (collection != CXA_CONCEPTS)
		return 0;
	graph->concept_flags = calloc(graph->sets[CXA_CONCEPTS].count / 4 + 1,
				      1);
	if (graph->concept_flags == NULL)
		return cxa_error_nomem(error, "ids");
	return 0;
}

int cxa_graph_begin(struct cxa_graph *graph, enum cxa_collection collection,
		    struct cxa_error *error)
{
	int from = graph->collection < 0 ? 0 : graph->collection;
	int status = 0;

	for (int i = from; i < (int)collection && status == 0; i++)
		status = seal(graph, i, error);
	graph->collection = (int)collection;
	return status;
}

/* --- what workers found ---------------------------------------------------- */

static int merge_findings(struct cxa_graph *graph, const struct cxa_part *part,
			  struct cxa_error *error)
{
	const struct cxa_finding *findings = (const void *)part->findings.data;
	size_t count = part->findings.size / sizeof(*findings);
	int status = 0;

	for (size_t i = 0; i < count && status == 0; i++)
		status = cxa_graph_tell(graph, findings[i].rule,
					part->collection, findings[i].id,
					(const char *)part->texts.data +
						findings[i].text, error);
	return status;
}

static int count_length(struct cxa_lengths *lengths, uint64_t length,
			uint64_t count)
{
	size_t capacity = (size_t)length + 1;
	uint64_t *counts;

	if (length >= lengths->capacity) {
		if (capacity < 2 * lengths->capacity)
			capacity = 2 * lengths->capacity;
		counts = reallocarray(lengths->counts, capacity,
				      sizeof(*counts));
		if (counts == NULL)
			return -1;
		memset(counts + lengths->capacity, 0,
		       (capacity - lengths->capacity) * sizeof(*counts));
		lengths->counts = counts;
		lengths->capacity = capacity;
	}
	lengths->counts[length] += count;
	return 0;
}

static int merge_lengths(struct cxa_graph *graph, const struct cxa_part *part)
{
	const struct cxa_length_run *runs = (const void *)part->runs.data;

	for (size_t i = 0; i < part->runs.size / sizeof(*runs); i++)
		for (size_t v = 0; v < CXA_VECTORS; v++)
			if (count_length(&graph->lengths[v],
					 runs[i].lengths[v],
					 runs[i].count) != 0)
				return -1;
	return 0;
}

static int merge_ids(struct cxa_graph *graph, const struct cxa_part *part)
{
	enum cxa_collection collection = part->collection;

	if (collection == CXA_EMBEDDINGS || collection == CXA_SYSTEM_STATE)
		return 0;
	if (cxa_id_list_append(&graph->sets[collection],
			       (const void *)part->ids.data, part->count) != 0)
		return -1;
	if (collection == CXA_CONCEPTS)
		return cxa_id_list_append(&graph->concept_columns,
					  (const void *)part->columns.data,
					  part->count);
	if (collection == CXA_COLUMNS)
		cxa_buffer_append(&graph->column_flags, part->flags.data,
				  part->flags.size);
	for (int i = 0; i < 2; i++)
		cxa_buffer_append(&graph->created[i], part->created[i].data,
				  part->created[i].size);
	return graph->column_flags.failed || graph->created[0].failed ||
			       graph->created[1].failed ?
		       -1 :
		       0;
}

static uint64_t last_id(const struct cxa_graph *graph,
			enum cxa_collection collection)
{
	return collection == CXA_EMBEDDINGS ? graph->last_embedding :
					      graph->sets[collection].last;
}

/* Batches whose ids do not ascend say nothing for sure. */
static bool is_behind(const struct cxa_graph *graph,
		      const struct cxa_part *part)
{
	const uint64_t *ids = (const void *)part->ids.data;

	return graph->counts[part->collection] != 0 &&
	       ids[0] <= last_id(graph, part->collection);
}

static int refuse(struct cxa_graph *graph, const struct cxa_part *part,
		  struct cxa_error *error)
{
	const uint64_t *ids = (const void *)part->ids.data;

	cxa_graph_lose(graph, part->collection, 0, UINT64_MAX);
	return cxa_graph_tell(graph, CXA_RULE_ID_ORDER, part->collection,
			      ids[0], "it stands behind one with the same id "
				      "or a higher one", error);
}

bool cxa_part_failed(const struct cxa_part *part)
{
	return part->records.failed || part->ids.failed ||
	       part->columns.failed || part->flags.failed ||
	       part->notes.failed || part->findings.failed ||
	       part->texts.failed || part->created[0].failed ||
	       part->created[1].failed || part->runs.failed;
}

int cxa_graph_merge(struct cxa_graph *graph, const struct cxa_part *part,
		    struct cxa_error *error)
{
	enum cxa_collection collection = part->collection;
	int status;

	if (cxa_part_failed(part))
		return cxa_error_nomem(error, "checking a batch");
	if (part->count == 0)
		return 0;
	cxa_report_check(graph->report,
			 part->count * cxa_rules_of(collection));
	if (is_behind(graph, part))
		return refuse(graph, part, error);
	status = merge_findings(graph, part, error);
	if (status < 0)
		return status;
	if (merge_ids(graph, part) != 0 || merge_lengths(graph, part) != 0)
		return cxa_error_nomem(error, "ids");
	graph->counts[collection] += part->count;
	if (collection == CXA_EMBEDDINGS)
		graph->last_embedding =
			((const uint64_t *)(const void *)
				 part->ids.data)[part->count - 1];
	if (collection == CXA_SYSTEM_STATE)
		memcpy(graph->state, part->slots, sizeof(graph->state));
	for (size_t i = 0; i <= CXA_VERSION_MAX; i++)
		graph->versions[collection][i] += part->versions[i];
	return cxa_notes_add(&graph->notes, collection, &part->notes, error);
}

/* --- the end --------------------------------------------------------------- */

static int judge_data_version(struct cxa_graph *graph, struct cxa_error *error)
{
	char text[80];

	cxa_report_check(graph->report, graph->described);
	if (!graph->described || graph->data_version != 0)
		return 0;
	snprintf(text, sizeof(text), "data_version is %" PRIu32 "; 1 and 2 are "
		 "known", graph->said_version);
	return cxa_graph_tell(graph, CXA_RULE_DATA_VERSION, CXA_SYSTEM_STATE, 0,
			      text, error);
}

int cxa_graph_finish(struct cxa_graph *graph, struct cxa_error *error)
{
	uint64_t unclaimed = 0;
	int status = cxa_graph_begin(graph, CXA_SYNC_QUEUE, error);

	if (status == 0)
		status = seal(graph, CXA_SYNC_QUEUE, error);
	if (status == 0 && graph->losses.failed)
		status = cxa_error_nomem(error, "what is lost");
	cxa_graph_sort_losses(graph);
	if (status == 0)
		status = judge_data_version(graph, error);
	if (status == 0)
		status = cxa_graph_judge_notes(graph, error);
	if (status == 0)
		status = cxa_graph_judge_claims(graph, &unclaimed, error);
	if (status == 0)
		status = cxa_graph_judge_totals(graph, unclaimed, error);
	return status;
}

int cxa_graph_end(struct cxa_graph *graph, struct cxa_error *error)
{
	int from = graph->collection < 0 ? 0 : graph->collection;
	uint64_t next = 0;

	if (graph->collection >= 0 && graph->counts[from] != 0)
		next = last_id(graph, (enum cxa_collection)from) + 1;
	for (int i = from; i < CXA_COLLECTION_COUNT; i++) {
		if (next != 0 || i != from || graph->counts[i] == 0)
			cxa_graph_lose(graph, (enum cxa_collection)i, next,
				       UINT64_MAX);
		next = 0;
	}
	return cxa_graph_finish(graph, error);
}

size_t cxa_graph_bytes(const struct cxa_graph *graph)
{
	size_t bytes = cxa_id_list_bytes(&graph->concept_columns) +
		       graph->column_flags.capacity +
		       graph->created[0].capacity + graph->created[1].capacity;

	for (int i = 0; i < CXA_COLLECTION_COUNT; i++)
		bytes += cxa_id_list_bytes(&graph->sets[i]);
	return bytes + graph->sets[CXA_CONCEPTS].count / 4;
}

void cxa_graph_release(struct cxa_graph *graph)
{
	for (int i = 0; i < CXA_COLLECTION_COUNT; i++)
		cxa_id_list_release(&graph->sets[i]);
	cxa_id_list_release(&graph->concept_columns);
	free(graph->concept_flags);
	cxa_buffer_release(&graph->column_flags);
	for (size_t v = 0; v < CXA_VECTORS; v++)
		free(graph->lengths[v].counts);
	cxa_buffer_release(&graph->created[0]);
	cxa_buffer_release(&graph->created[1]);
	cxa_buffer_release(&graph->losses);
	cxa_notes_release(&graph->notes);
}
