/* judge.c - what the rules say once the last record was seen */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "check/graph.h"
#include "record/collection.h"

/* A reference: the rule it falls under, and how an issue of it begins. */
static const struct reference {
	enum cxa_rule_id rule;
	const char *text;
} references[CXA_NOTE_COUNT] = {
	[CXA_NOTE_CONCEPT_LINK] = { CXA_RULE_CONCEPT_LINK,
				    "a connection leads to" },
	[CXA_NOTE_CONCEPT_PARENT] = { CXA_RULE_CONCEPT_PARENT,
				      "its parent is" },
	[CXA_NOTE_EMBEDDING_CONCEPT] = { CXA_RULE_EMBEDDING_ORPHAN,
					 "it is that of" },
	[CXA_NOTE_COLUMN_CONCEPT] = { CXA_RULE_COLUMN_CONCEPT,
				      "it is allocated to" },
	[CXA_NOTE_SYNAPSE] = { CXA_RULE_SYNAPSE_TARGET, "a synapse leads to" },
	[CXA_NOTE_NEIGHBOR] = { CXA_RULE_NEIGHBOR, "a neighbor is" },
	[CXA_NOTE_CONNECTION_SOURCE] = { CXA_RULE_CONNECTION_END,
					 "its source is" },
	[CXA_NOTE_CONNECTION_TARGET] = { CXA_RULE_CONNECTION_END,
					 "its target is" },
	[CXA_NOTE_QUERY_CONCEPT] = { CXA_RULE_QUERY_REFERENCE,
				     "its results name" },
	[CXA_NOTE_QUERY_COLUMN] = { CXA_RULE_QUERY_REFERENCE,
				    "its results name" },
	[CXA_NOTE_SYNC_DEPENDENCY] = { CXA_RULE_SYNC_REFERENCE,
				       "it depends on" },
	[CXA_NOTE_SYNC_CONCEPT] = { CXA_RULE_SYNC_REFERENCE, "it acts on" },
	[CXA_NOTE_SYNC_CONNECTION] = { CXA_RULE_SYNC_REFERENCE, "it acts on" },
};

/* Notes of one record stand together; of a rule it has one issue. */
struct group {
	enum cxa_collection collection;
	uint64_t id;
	struct missing {
		uint64_t count;
		enum cxa_note_kind kind; /* of the first */
		uint64_t target;
	} missing[CXA_RULE_COUNT];
	uint32_t rules; /* bit of each that @missing counts */
};

/* A run of records with the same version or the same lengths. */
struct run {
	bool open;
	enum cxa_collection collection;
	uint64_t first;
	uint64_t values[CXA_VECTORS];
};

/* --- references ------------------------------------------------------------ */

static int by_value(const void *a, const void *b)
{
	uint64_t left = *(const uint64_t *)a;
	uint64_t right = *(const uint64_t *)b;

	return left < right ? -1 : left > right;
}

static void sort_created(struct cxa_buffer *created)
{
	if (created->size != 0)
		qsort(created->data, created->size / sizeof(uint64_t),
		      sizeof(uint64_t), by_value);
}

static bool is_created(const struct cxa_graph *graph, enum cxa_note_kind kind,
		       uint64_t id)
{
	const struct cxa_buffer *created;

	if (kind != CXA_NOTE_SYNC_CONCEPT && kind != CXA_NOTE_SYNC_CONNECTION)
		return false;
	created = &graph->created[kind == CXA_NOTE_SYNC_CONNECTION];
	return cxa_graph_has_loss(graph, CXA_SYNC_QUEUE) ||
	       (created->size != 0 &&
		bsearch(&id, created->data, created->size / sizeof(id),
			sizeof(id), by_value) != NULL);
}

enum cxa_rule_id cxa_note_rule(enum cxa_note_kind kind)
{
	return references[kind].rule;
}

bool cxa_graph_is_missing(const struct cxa_graph *graph,
			  enum cxa_note_kind kind, uint64_t id)
{
	enum cxa_collection target = cxa_note_target(kind);

	return !cxa_id_list_find(&graph->sets[target], id, NULL) &&
	       !cxa_graph_is_lost(graph, target, id) &&
	       !is_created(graph, kind, id);
}

static int tell_missing(struct cxa_graph *graph, const struct group *group,
			enum cxa_rule_id rule, struct cxa_error *error)
{
	const struct missing *missing = &group->missing[rule];
	enum cxa_collection target = cxa_note_target(missing->kind);
	char text[300];
	int used = snprintf(text, sizeof(text), "%s %s %" PRIu64 ", which does "
			    "not exist", references[missing->kind].text,
			    cxa_collection_info(target)->record_name,
			    missing->target);

	if (missing->count > 1)
		snprintf(text + used, sizeof(text) - (size_t)used,
			 "; nor do %" PRIu64 " more", missing->count - 1);
	return cxa_graph_tell(graph, rule, group->collection, group->id, text,
			      error);
}

static int end_group(struct cxa_graph *graph, struct group *group,
		     struct cxa_error *error)
{
	int status = 0;

	for (int i = 0; group->rules >> i != 0 && status == 0; i++) {
		if ((group->rules >> i & 1) == 0)
			continue;
		status = tell_missing(graph, group, (enum cxa_rule_id)i, error);
		group->missing[i].count = 0;
	}
	group->rules = 0;
	return status;
}

static int judge_reference(struct cxa_graph *graph, struct group *group,
			   const struct cxa_note *note, struct cxa_error *error)
{
	enum cxa_rule_id rule = cxa_note_rule(note->kind);
	int status = 0;

	if (!cxa_graph_is_missing(graph, note->kind, note->values[0]))
		return 0;
	if (note->id != group->id || note->collection != group->collection)
		status = end_group(graph, group, error);
	group->id = note->id;
	group->collection = note->collection;
	group->rules |= UINT32_C(1) << rule;
	if (group->missing[rule].count++ == 0) {
		group->missing[rule].kind = note->kind;
		group->missing[rule].target = note->values[0];
	}
	return status;
}

/* --- values that most records share ---------------------------------------- */

static void find_usual_lengths(struct cxa_graph *graph)
{
	for (size_t v = 0; v < CXA_VECTORS; v++) {
		const struct cxa_lengths *lengths = &graph->lengths[v];
		uint64_t most = 0;

		if (graph->has_usual[v])
			continue;
		for (size_t i = 1; i < lengths->capacity; i++) {
			if (lengths->counts[i] > most) {
				most = lengths->counts[i];
				graph->usual[v] = i;
			}
		}
	}
}

static uint64_t usual_version(const struct cxa_graph *graph,
			      enum cxa_collection collection)
{
	const uint64_t *counts = graph->versions[collection];
	uint64_t usual = 0;

	for (uint64_t i = 1; i <= CXA_VERSION_MAX; i++)
		if (counts[i] > counts[usual])
			usual = i;
	return usual;
}

/* What is unusual about a run; false: nothing. */
static bool describe_run(const struct cxa_graph *graph, const struct run *run,
			 char *text, size_t size)
{
	static const char *const names[CXA_VECTORS] = {
		"semantic_vector", "neural_signature", "context_vector" };
	uint64_t usual = usual_version(graph, run->collection);
	size_t used = 0;

	text[0] = '\0';
	if (run->collection != CXA_EMBEDDINGS) {
		snprintf(text, size, "its version is %" PRIu64 ", that of most "
			 "%s %" PRIu64, run->values[0],
			 cxa_collection_name(run->collection), usual);
		/* Above what there is, a worker has told it. */
		return run->values[0] != usual &&
		       run->values[0] <= graph->data_version;
	}
	for (size_t v = 0; v < CXA_VECTORS; v++) {
		if (run->values[v] == 0 || run->values[v] == graph->usual[v])
			continue;
		used += (size_t)snprintf(text + used, size - used,
					 "%s%s has %" PRIu64 " floats, usual "
					 "are %" PRIu64, used == 0 ? "" : "; ",
					 names[v], run->values[v],
					 graph->usual[v]);
	}
	return used != 0;
}

/* Tell each record of @run, which ends before @end (included: @last). */
static int end_run(struct cxa_graph *graph, struct run *run, uint64_t last,
		   struct cxa_error *error)
{
	bool embeddings = run->collection == CXA_EMBEDDINGS;
	const struct cxa_id_list *ids =
		&graph->sets[embeddings ? CXA_CONCEPTS : run->collection];
	char text[300];
	size_t i = 0;
	int status = 0;

	if (!run->open || !describe_run(graph, run, text, sizeof(text)))
		return 0;
	cxa_id_list_find(ids, run->first, &i);
	for (; i < ids->count && status == 0; i++) {
		uint64_t id = cxa_id_list_get(ids, i);

		if (id > last)
			break;
		if (embeddings &&
		    !cxa_concept_has(graph, i, CXA_CONCEPT_EMBEDDED))
			continue;
		status = cxa_graph_tell(graph, embeddings ?
					       CXA_RULE_EMBEDDING_LENGTH :
					       CXA_RULE_RECORD_VERSION,
					run->collection, id, text, error);
	}
	return status;
}

static int judge_run(struct cxa_graph *graph, struct run *run,
		     const struct cxa_note *note, struct cxa_error *error)
{
	bool same = note->collection == run->collection;
	int status = end_run(graph, run, same ? note->id - 1 : UINT64_MAX,
			     error);

	run->open = true;
	run->collection = note->collection;
	run->first = note->id;
	memcpy(run->values, note->values, sizeof(run->values));
	return status;
}

/* --- all notes ------------------------------------------------------------- */

int cxa_graph_judge_notes(struct cxa_graph *graph, struct cxa_error *error)
{
	struct group group = { 0 };
	struct run run = { 0 };
	struct cxa_note note = { 0 };
	int status;

	sort_created(&graph->created[0]);
	sort_created(&graph->created[1]);
	find_usual_lengths(graph);
	do {
		status = cxa_notes_next(&graph->notes, &note, error);
		if (status != 0)
			break;
		if (note.kind == CXA_NOTE_LENGTHS ||
		    note.kind == CXA_NOTE_VERSION)
			status = judge_run(graph, &run, &note, error);
		else
			status = judge_reference(graph, &group, &note, error);
	} while (status == 0);
	if (status == CXA_END)
		status = end_group(graph, &group, error);
	if (status == 0)
		status = end_run(graph, &run, UINT64_MAX, error);
	return status;
}
