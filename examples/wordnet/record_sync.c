/* record_sync.c - the sync queue: edits of all seven kinds, not yet pushed */
#include "records.h"

#include <stdio.h>

/* One entry's operation; only the parts of its kind are used. */
struct operation {
	Cxa__SyncOperation message;
	union {
		Cxa__CreateConcept create_concept;
		Cxa__UpdateConcept update_concept;
		Cxa__DeleteConcept delete_concept;
		Cxa__CreateConnection create_connection;
		Cxa__UpdateConnection update_connection;
		Cxa__DeleteConnection delete_connection;
		Cxa__SystemStateCheckpoint checkpoint;
	} kind;
	struct wn_concept concept;
	Cxa__ConceptData data;
	Cxa__ConceptChanges changes;
	Cxa__MetadataChangeEntry entries[2];
	Cxa__MetadataChangeEntry *entry_list[2];
	Cxa__Embeddings embeddings;
	char json[128];
};

/* What an entry acts on: all of it exists. */
struct subject {
	const struct wn_graph *graph;
	struct wn_maker_room *room;
	struct wn_place place;
	uint32_t relation;
	uint32_t number; /* of the entry within its copy */
	double time;
};

typedef void fill_operation(const struct subject *subject,
			    struct operation *out);

static uint64_t concept_id(const struct subject *subject)
{
	return subject->place.first_id + subject->place.synset;
}

static uint64_t connection_id(const struct subject *subject)
{
	return (uint64_t)subject->place.copy *
	       subject->graph->dictionary->relation_count +
	       subject->relation + 1;
}

/* Every other entry of a kind carries its vectors. */
static Cxa__Embeddings *embeddings_or_none(const struct subject *subject,
					   struct operation *out)
{
	if (subject->number / 7 % 2 == 1)
		return NULL;
	wn_vectors_compute(subject->graph->vectors, subject->place.synset,
			   &subject->room->embedding);
	wn_embedding_message(&subject->place, &subject->room->embedding,
			     &out->embeddings);
	return &out->embeddings;
}

static ProtobufCBinaryData content(const struct subject *subject)
{
	char *text = subject->room->text;
	size_t size;

	size = wn_synset_text(&subject->graph->dictionary->synsets[
				      subject->place.synset], text);
	return wn_bytes(text, size);
}

static void fill_create_concept(const struct subject *subject,
				struct operation *out)
{
	Cxa__CreateConcept *create = &out->kind.create_concept;

	wn_concept_describe(subject->graph, &subject->place, &out->concept);
	cxa__concept_data__init(&out->data);
	out->data.content = content(subject);
	out->data.metadata = &out->concept.metadata;
	out->data.embeddings = embeddings_or_none(subject, out);
	cxa__create_concept__init(create);
	create->concept_id = concept_id(subject);
	create->concept_data = &out->data;
	create->timestamp = subject->time;
	out->message.create_concept = create;
}

static void fill_update_concept(const struct subject *subject,
				struct operation *out)
{
	Cxa__UpdateConcept *update = &out->kind.update_concept;
	int i;

	for (i = 0; i < 2; i++) {
		cxa__metadata_change_entry__init(&out->entries[i]);
		out->entry_list[i] = &out->entries[i];
	}
	out->entries[0].key = wn_string("priority");
	out->entries[0].value_json = wn_string("7");
	out->entries[1].key = wn_string("tags");
	out->entries[1].value_json = wn_string("[\"reviewed\"]");
	cxa__concept_changes__init(&out->changes);
	out->changes.embedding_updates = embeddings_or_none(subject, out);
	out->changes.has_content = out->changes.embedding_updates != NULL;
	if (out->changes.has_content)
		out->changes.content = content(subject);
	out->changes.n_metadata_changes = 2;
	out->changes.metadata_changes = out->entry_list;
	cxa__update_concept__init(update);
	update->concept_id = concept_id(subject);
	update->changes = &out->changes;
	update->version = 1;
	update->timestamp = subject->time;
	out->message.update_concept = update;
}

static void fill_delete_concept(const struct subject *subject,
				struct operation *out)
{
	Cxa__DeleteConcept *gone = &out->kind.delete_concept;

	cxa__delete_concept__init(gone);
	gone->concept_id = concept_id(subject);
	gone->timestamp = subject->time;
	out->message.delete_concept = gone;
}

static void fill_create_connection(const struct subject *subject,
				   struct operation *out)
{
	const struct wn_dictionary *dictionary = subject->graph->dictionary;
	const struct wn_relation *relation =
		&dictionary->relations[subject->relation];
	uint32_t source = wn_relation_source(dictionary, subject->relation);
	Cxa__CreateConnection *create = &out->kind.create_connection;

	cxa__create_connection__init(create);
	create->connection_id = connection_id(subject);
	create->from_id = subject->place.first_id + source;
	create->to_id = subject->place.first_id + relation->target;
	create->connection_type = wn_relation_type(dictionary, source,
						   relation);
	create->timestamp = subject->time;
	out->message.create_connection = create;
}

static void fill_update_connection(const struct subject *subject,
				   struct operation *out)
{
	Cxa__UpdateConnection *update = &out->kind.update_connection;

	snprintf(out->json, sizeof(out->json), "{\"weight\":0.%u5}",
		 (unsigned)(subject->number % 9 + 1));
	cxa__update_connection__init(update);
	update->connection_id = connection_id(subject);
	update->changes_json = wn_string(out->json);
	update->version = 1;
	update->timestamp = subject->time;
	out->message.update_connection = update;
}

static void fill_delete_connection(const struct subject *subject,
				   struct operation *out)
{
	Cxa__DeleteConnection *gone = &out->kind.delete_connection;

	cxa__delete_connection__init(gone);
	gone->connection_id = connection_id(subject);
	gone->timestamp = subject->time;
	out->message.delete_connection = gone;
}

static void fill_checkpoint(const struct subject *subject,
			    struct operation *out)
{
	Cxa__SystemStateCheckpoint *checkpoint = &out->kind.checkpoint;

	snprintf(out->json, sizeof(out->json),
		 "{\"total_concepts\":%llu,\"total_connections\":%llu}",
		 (unsigned long long)wn_graph_concepts(subject->graph),
		 (unsigned long long)wn_graph_connections(subject->graph));
	cxa__system_state_checkpoint__init(checkpoint);
	checkpoint->state_data_json = wn_string(out->json);
	checkpoint->timestamp = subject->time;
	out->message.system_state_checkpoint = checkpoint;
}

static const struct {
	Cxa__SyncOperation__KindCase kind;
	bool needs_connection;
	fill_operation *fill;
} operations[] = {
	{ CXA__SYNC_OPERATION__KIND_CREATE_CONCEPT, false,
	  fill_create_concept },
	{ CXA__SYNC_OPERATION__KIND_UPDATE_CONCEPT, false,
	  fill_update_concept },
	{ CXA__SYNC_OPERATION__KIND_DELETE_CONCEPT, false,
	  fill_delete_concept },
	{ CXA__SYNC_OPERATION__KIND_CREATE_CONNECTION, true,
	  fill_create_connection },
	{ CXA__SYNC_OPERATION__KIND_UPDATE_CONNECTION, true,
	  fill_update_connection },
	{ CXA__SYNC_OPERATION__KIND_DELETE_CONNECTION, true,
	  fill_delete_connection },
	{ CXA__SYNC_OPERATION__KIND_SYSTEM_STATE_CHECKPOINT, false,
	  fill_checkpoint },
};

#define OPERATIONS (sizeof(operations) / sizeof(operations[0]))

static void choose_subject(const struct wn_graph *graph, uint64_t position,
			   struct wn_maker_room *room, struct subject *out)
{
	const struct wn_dictionary *dictionary = graph->dictionary;
	uint32_t copy = (uint32_t)(position / WN_SYNC_ENTRIES);
	uint32_t number = (uint32_t)(position % WN_SYNC_ENTRIES);
	uint64_t luck = wn_mix2(WN_SALT_SYNC, number);

	out->graph = graph;
	out->room = room;
	out->number = number;
	out->place = wn_place_of(graph,
				 (uint64_t)copy * dictionary->synset_count +
				 luck % dictionary->synset_count);
	out->relation = 0;
	if (dictionary->relation_count > 0)
		out->relation = (uint32_t)(luck % dictionary->relation_count);
	out->time = WN_CREATED_AT - 3600000.0 + number * 1000.0;
}

static void fill_entry_operation(const struct subject *subject,
				 struct operation *out)
{
	size_t kind = subject->number % OPERATIONS;

	if (operations[kind].needs_connection &&
	    subject->graph->dictionary->relation_count == 0)
		kind = 0;
	cxa__sync_operation__init(&out->message);
	out->message.kind_case = operations[kind].kind;
	operations[kind].fill(subject, out);
}

/* Statuses turn slower than operations, so that every pair comes up. */
static void fill_status(const struct subject *subject, Cxa__SyncEntry *entry)
{
	uint32_t turn = subject->number / 7;

	entry->status = (Cxa__SyncStatus__Value)(turn % 6 + 1);
	entry->priority = (Cxa__SyncPriority__Value)(turn % 4 + 1);
	entry->created_at = subject->time;
	if (entry->status == CXA__SYNC_STATUS__VALUE__Pending)
		return;
	entry->retry_count = turn % 4;
	entry->has_last_attempt = 1;
	entry->last_attempt = subject->time + 250.5;
	if (entry->status != CXA__SYNC_STATUS__VALUE__Failed &&
	    entry->status != CXA__SYNC_STATUS__VALUE__Conflicted)
		return;
	entry->has_error_message = 1;
	entry->error_message =
		wn_string(entry->status == CXA__SYNC_STATUS__VALUE__Failed ?
			  "the server did not answer" :
			  "the server has a newer version");
}

int wn_append_sync(const struct wn_graph *graph, uint64_t position,
		   struct wn_maker_room *room, struct cxa_batch *batch,
		   struct cxa_error *error)
{
	Cxa__SyncEntry entry = CXA__SYNC_ENTRY__INIT;
	struct operation operation;
	struct subject subject;
	uint64_t dependencies[2];

	choose_subject(graph, position, room, &subject);
	fill_entry_operation(&subject, &operation);
	fill_status(&subject, &entry);
	entry.id = position + 1;
	entry.operation = &operation.message;
	/* Some wait for the one before, some for a whole round of them too. */
	if (subject.number % 3 == 1)
		dependencies[entry.n_dependencies++] = entry.id - 1;
	if (subject.number % 3 == 1 && subject.number > 7)
		dependencies[entry.n_dependencies++] = entry.id - 7;
	entry.dependencies = dependencies;
	return cxa_batch_append(batch, &entry.base, error);
}
