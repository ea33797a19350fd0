/* plan.c - what the checker looks at in a record, field by field */
#include "check/plan.h"

#include <pthread.h>
#include <string.h>

#include "record/collection.h"

enum { PLANS_MAX = 80 };

/*
 * All fields that are more than a float or a time. @root: the record that the
 * message stands in; NULL: any. A double is a time unless it says otherwise.
 */
static const struct meaning {
	const char *root;
	const char *message;
	const char *field;
	unsigned actions;
	enum cxa_note_kind note;
	enum cxa_slot slot;
} meanings[] = {
	{ NULL, "SystemStatistics", "avg_query_time_ms", CXA_ACT_FINITE, 0, 0 },
	{ NULL, "SystemStatistics", "memory_usage_mb", CXA_ACT_FINITE, 0, 0 },
	{ NULL, "SystemStatistics", "storage_size_mb", CXA_ACT_FINITE, 0, 0 },
	{ NULL, "QueryPerformance", "processing_time_ms", CXA_ACT_FINITE, 0,
	  0 },
	{ NULL, "QueryPerformance", "memory_usage_mb", CXA_ACT_FINITE, 0, 0 },
	{ NULL, "ConceptMetadata", "complexity", CXA_ACT_UNIT | CXA_ACT_FINITE,
	  0, 0 },
	{ NULL, "ConceptMetadata", "confidence", CXA_ACT_UNIT | CXA_ACT_FINITE,
	  0, 0 },

	{ "Concept", "Concept", "content", CXA_ACT_KEEP, 0, CXA_SLOT_TEXT },
	{ "Concept", "Concept", "content_hash", CXA_ACT_KEEP, 0,
	  CXA_SLOT_HASH },
	{ "Concept", "Concept", "column_id", CXA_ACT_KEEP, 0,
	  CXA_SLOT_COLUMN },
	{ "Concept", "Concept", "created_timestamp",
	  CXA_ACT_TIME | CXA_ACT_KEEP, 0, CXA_SLOT_CREATED },
	{ "Concept", "Concept", "last_accessed", CXA_ACT_TIME | CXA_ACT_KEEP, 0,
	  CXA_SLOT_ACCESSED },
	{ "Concept", "Concept", "version", CXA_ACT_KEEP, 0, CXA_SLOT_VERSION },
	{ "Concept", "ConceptConnection", "target_id", CXA_ACT_REFERENCE,
	  CXA_NOTE_CONCEPT_LINK, 0 },
	{ "Concept", "ConceptSource", "parent_concept_id", CXA_ACT_REFERENCE,
	  CXA_NOTE_CONCEPT_PARENT, 0 },

	{ "Column", "Column", "allocated_concept_id", CXA_ACT_KEEP, 0,
	  CXA_SLOT_CONCEPT },
	{ "Column", "Column", "version", CXA_ACT_KEEP, 0, CXA_SLOT_VERSION },
	{ "Column", "Synapse", "target_id", CXA_ACT_REFERENCE,
	  CXA_NOTE_SYNAPSE, 0 },
	{ "Column", "ColumnPosition", "neighbors", CXA_ACT_REFERENCE,
	  CXA_NOTE_NEIGHBOR, 0 },

	{ "Connection", "Connection", "source_id", CXA_ACT_REFERENCE,
	  CXA_NOTE_CONNECTION_SOURCE, 0 },
	{ "Connection", "Connection", "target_id", CXA_ACT_REFERENCE,
	  CXA_NOTE_CONNECTION_TARGET, 0 },
	{ "Connection", "Connection", "version", CXA_ACT_KEEP, 0,
	  CXA_SLOT_VERSION },

	{ "SystemState", "CorticalState", "total_columns", CXA_ACT_KEEP, 0,
	  CXA_SLOT_TOTAL_COLUMNS },
	{ "SystemState", "CorticalState", "allocated_columns", CXA_ACT_KEEP, 0,
	  CXA_SLOT_ALLOCATED_COLUMNS },
	{ "SystemState", "CorticalState", "total_concepts", CXA_ACT_KEEP, 0,
	  CXA_SLOT_TOTAL_CONCEPTS },
	{ "SystemState", "CorticalState", "total_connections", CXA_ACT_KEEP, 0,
	  CXA_SLOT_TOTAL_CONNECTIONS },
	{ "SystemState", "SystemState", "version", CXA_ACT_KEEP, 0,
	  CXA_SLOT_VERSION },

	{ "CachedQuery", "CachedQuery", "query_text", CXA_ACT_KEEP, 0,
	  CXA_SLOT_TEXT },
	{ "CachedQuery", "CachedQuery", "created", CXA_ACT_TIME | CXA_ACT_KEEP,
	  0, CXA_SLOT_CREATED },
	{ "CachedQuery", "CachedQuery", "last_accessed",
	  CXA_ACT_TIME | CXA_ACT_KEEP, 0, CXA_SLOT_ACCESSED },
	{ "CachedQuery", "CachedQuery", "expiry", CXA_ACT_TIME | CXA_ACT_KEEP,
	  0, CXA_SLOT_EXPIRY },
	{ "CachedQuery", "CachedQuery", "version", CXA_ACT_KEEP, 0,
	  CXA_SLOT_VERSION },
	{ "CachedQuery", "ConceptMatch", "concept_id", CXA_ACT_REFERENCE,
	  CXA_NOTE_QUERY_CONCEPT, 0 },
	{ "CachedQuery", "ColumnActivation", "column_id", CXA_ACT_REFERENCE,
	  CXA_NOTE_QUERY_COLUMN, 0 },
	{ "CachedQuery", "ActivationPath", "column_sequence", CXA_ACT_REFERENCE,
	  CXA_NOTE_QUERY_COLUMN, 0 },

	{ "SyncEntry", "SyncEntry", "dependencies", CXA_ACT_REFERENCE,
	  CXA_NOTE_SYNC_DEPENDENCY, 0 },
	{ "SyncEntry", "CreateConcept", "concept_id", CXA_ACT_CREATES,
	  CXA_NOTE_SYNC_CONCEPT, 0 },
	{ "SyncEntry", "UpdateConcept", "concept_id", CXA_ACT_REFERENCE,
	  CXA_NOTE_SYNC_CONCEPT, 0 },
	{ "SyncEntry", "DeleteConcept", "concept_id", CXA_ACT_REFERENCE,
	  CXA_NOTE_SYNC_CONCEPT, 0 },
	{ "SyncEntry", "CreateConnection", "connection_id", CXA_ACT_CREATES,
	  CXA_NOTE_SYNC_CONNECTION, 0 },
	{ "SyncEntry", "CreateConnection", "from_id", CXA_ACT_REFERENCE,
	  CXA_NOTE_SYNC_CONCEPT, 0 },
	{ "SyncEntry", "CreateConnection", "to_id", CXA_ACT_REFERENCE,
	  CXA_NOTE_SYNC_CONCEPT, 0 },
	{ "SyncEntry", "UpdateConnection", "connection_id", CXA_ACT_REFERENCE,
	  CXA_NOTE_SYNC_CONNECTION, 0 },
	{ "SyncEntry", "DeleteConnection", "connection_id", CXA_ACT_REFERENCE,
	  CXA_NOTE_SYNC_CONNECTION, 0 },
};

static struct cxa_plan plans[PLANS_MAX];
static unsigned plan_count;
static const struct cxa_plan *roots[CXA_COLLECTION_COUNT];
static pthread_once_t once = PTHREAD_ONCE_INIT;

static const struct meaning *find_meaning(const char *root,
					  const char *message,
					  const char *field)
{
	for (size_t i = 0; i < sizeof(meanings) / sizeof(meanings[0]); i++) {
		const struct meaning *meaning = &meanings[i];

		if ((meaning->root == NULL ||
		     strcmp(meaning->root, root) == 0) &&
		    strcmp(meaning->message, message) == 0 &&
		    strcmp(meaning->field, field) == 0)
			return meaning;
	}
	return NULL;
}

static const struct cxa_plan *add_plan(const struct cxa_message_type *type,
				       const char *root);

static void fill_field(struct cxa_plan_field *entry,
		       const struct cxa_field *field,
		       const struct cxa_message_type *type, const char *root)
{
	const struct meaning *meaning =
		find_meaning(root, type->descriptor->short_name,
			     field->descriptor->name);

	entry->field = field;
	if (meaning != NULL) {
		entry->actions = (uint8_t)meaning->actions;
		entry->note = (uint8_t)meaning->note;
		entry->slot = (uint8_t)meaning->slot;
	} else if (field->kind == CXA_FIELD_F32) {
		entry->actions = CXA_ACT_FINITE;
	} else if (field->kind == CXA_FIELD_F64) {
		entry->actions = CXA_ACT_TIME;
	} else if (field->kind == CXA_FIELD_MESSAGE) {
		entry->actions = CXA_ACT_DESCEND;
		entry->plan = add_plan(field->type, root);
	}
}

static const struct cxa_plan *add_plan(const struct cxa_message_type *type,
				       const char *root)
{
	struct cxa_plan *plan = &plans[plan_count++];

	for (unsigned i = 0; i < type->field_count; i++) {
		uint32_t number = type->fields[i].descriptor->id;

		if (number < CXA_PLAN_FIELDS)
			fill_field(&plan->fields[number], &type->fields[i],
				   type, root);
	}
	return plan;
}

static void add_all(void)
{
	for (int i = 0; i < CXA_COLLECTION_COUNT; i++) {
		const struct cxa_message_type *type =
			cxa_collection_type((enum cxa_collection)i);

		roots[i] = add_plan(type, type->descriptor->short_name);
	}
}

const struct cxa_plan *cxa_plan_of(enum cxa_collection collection)
{
	pthread_once(&once, add_all);
	return roots[collection];
}
