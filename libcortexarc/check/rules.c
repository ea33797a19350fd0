/* rules.c - all rules: what an issue of each is, and what repairs it */
#include "check/rules.h"

enum {
	CONCEPTS = 1 << CXA_CONCEPTS,
	EMBEDDINGS = 1 << CXA_EMBEDDINGS,
	COLUMNS = 1 << CXA_COLUMNS,
	CONNECTIONS = 1 << CXA_CONNECTIONS,
	STATE = 1 << CXA_SYSTEM_STATE,
	QUERIES = 1 << CXA_QUERY_CACHE,
	QUEUE = 1 << CXA_SYNC_QUEUE,
	VERSIONED = CONCEPTS | COLUMNS | CONNECTIONS | STATE | QUERIES,
	ALL = VERSIONED | EMBEDDINGS | QUEUE
};

/* --- of records ------------------------------------------------------------- */

const struct cxa_rule cxa_rules[CXA_RULE_COUNT] = {
	[CXA_RULE_DATA_VERSION] = {
		{ "data-version", CXA_VERSION_MISMATCH, CXA_CRITICAL, NULL },
		0 },
	[CXA_RULE_RECORD_VERSION] = {
		{ "record-version", CXA_VERSION_MISMATCH, CXA_LOW, NULL },
		VERSIONED },
	[CXA_RULE_ID_ORDER] = {
		{ "id-order", CXA_CORRUPTED_ENTRY, CXA_CRITICAL,
		  "keep the newest" }, ALL & ~STATE },
	[CXA_RULE_CONTENT_EMPTY] = {
		{ "content-empty", CXA_INVALID_DATA, CXA_HIGH, NULL },
		CONCEPTS },
	[CXA_RULE_CONTENT_HASH] = {
		{ "content-hash", CXA_HASH_MISMATCH, CXA_MEDIUM, "recompute" },
		CONCEPTS },
	[CXA_RULE_UNIT_RANGE] = {
		{ "unit-range", CXA_INVALID_DATA, CXA_MEDIUM, "clamp" },
		CONCEPTS | QUEUE },
	[CXA_RULE_FINITE] = {
		{ "float-finite", CXA_INVALID_DATA, CXA_MEDIUM, "clamp" },
		ALL },
	[CXA_RULE_EMBEDDING_LENGTH] = {
		{ "embedding-length", CXA_INVALID_DATA, CXA_MEDIUM, NULL },
		EMBEDDINGS },
	[CXA_RULE_CONCEPT_COLUMN] = {
		{ "concept-column", CXA_MISSING_REFERENCE, CXA_HIGH,
		  "reassign" }, CONCEPTS },
	[CXA_RULE_CONCEPT_LINK] = {
		{ "concept-connection", CXA_MISSING_REFERENCE, CXA_MEDIUM,
		  "drop the reference" }, CONCEPTS },
	[CXA_RULE_CONCEPT_PARENT] = {
		{ "concept-parent", CXA_MISSING_REFERENCE, CXA_LOW, "clear" },
		CONCEPTS },
	[CXA_RULE_COLUMN_CONCEPT] = {
		{ "column-concept", CXA_MISSING_REFERENCE, CXA_HIGH, "clear" },
		COLUMNS },
	[CXA_RULE_COLUMN_CLAIM] = {
		{ "column-claim", CXA_INVALID_DATA, CXA_MEDIUM,
		  "the concept wins" }, CONCEPTS },
	[CXA_RULE_SYNAPSE_TARGET] = {
		{ "synapse-target", CXA_MISSING_REFERENCE, CXA_MEDIUM,
		  "drop the reference" }, COLUMNS },
	[CXA_RULE_NEIGHBOR] = {
		{ "neighbor-column", CXA_MISSING_REFERENCE, CXA_LOW,
		  "drop the reference" }, COLUMNS },
	[CXA_RULE_CONNECTION_END] = {
		{ "connection-concept", CXA_MISSING_REFERENCE, CXA_HIGH,
		  "delete" }, CONNECTIONS },
	[CXA_RULE_QUERY_REFERENCE] = {
		{ "query-reference", CXA_ORPHANED_DATA, CXA_LOW, "delete" },
		QUERIES },
	[CXA_RULE_QUERY_HASH] = {
		{ "query-hash", CXA_ORPHANED_DATA, CXA_LOW, "delete" },
		QUERIES },
	[CXA_RULE_QUERY_EXPIRED] = {
		{ "query-expired", CXA_ORPHANED_DATA, CXA_LOW,
		  "delete when asked" }, QUERIES },
	[CXA_RULE_EMBEDDING_ORPHAN] = {
		{ "embedding-concept", CXA_ORPHANED_DATA, CXA_MEDIUM,
		  "delete" }, EMBEDDINGS },
	[CXA_RULE_SYNC_REFERENCE] = {
		{ "sync-reference", CXA_ORPHANED_DATA, CXA_LOW, NULL },
		QUEUE },
	[CXA_RULE_TIMESTAMP] = {
		{ "timestamp", CXA_INVALID_DATA, CXA_LOW, NULL }, ALL },
	[CXA_RULE_STATE_MISSING] = {
		{ "system-state-missing", CXA_INVALID_DATA, CXA_MEDIUM,
		  "recompute" }, 0 },
	[CXA_RULE_STATE_TOTALS] = {
		{ "system-state-totals", CXA_INVALID_DATA, CXA_MEDIUM,
		  "recompute" }, STATE },
	[CXA_RULE_METADATA_TOTALS] = {
		{ "metadata-totals", CXA_INVALID_DATA, CXA_MEDIUM,
		  "recompute" }, 0 },
};

/* --- of a file -------------------------------------------------------------- */

const struct cxa_issue_kind cxa_rule_canonical = {
	"canonical-form", CXA_CORRUPTED_ENTRY, CXA_CRITICAL, "salvage" };
const struct cxa_issue_kind cxa_rule_truncated = {
	"truncated", CXA_CORRUPTED_ENTRY, CXA_CRITICAL, "salvage" };
const struct cxa_issue_kind cxa_rule_header = {
	"header", CXA_CORRUPTED_ENTRY, CXA_CRITICAL, "salvage" };
const struct cxa_issue_kind cxa_rule_digest = {
	"member-digest", CXA_HASH_MISMATCH, CXA_CRITICAL, "salvage" };
const struct cxa_issue_kind cxa_rule_frame = {
	"frame", CXA_CORRUPTED_ENTRY, CXA_CRITICAL, "salvage" };
const struct cxa_issue_kind cxa_rule_record = {
	"record-encoding", CXA_CORRUPTED_ENTRY, CXA_CRITICAL, "salvage" };
const struct cxa_issue_kind cxa_rule_missing = {
	"member-missing", CXA_CORRUPTED_ENTRY, CXA_CRITICAL, "salvage" };
const struct cxa_issue_kind cxa_rule_disagree = {
	"index-agreement", CXA_CORRUPTED_ENTRY, CXA_CRITICAL, "salvage" };
const struct cxa_issue_kind cxa_rule_root = {
	"root-hash", CXA_HASH_MISMATCH, CXA_CRITICAL, NULL };
const struct cxa_issue_kind cxa_rule_padding = {
	"re-blocked", CXA_CORRUPTED_ENTRY, CXA_MEDIUM, "salvage" };
const struct cxa_issue_kind cxa_rule_limit = {
	"limit", CXA_CORRUPTED_ENTRY, CXA_CRITICAL, NULL };
const struct cxa_issue_kind cxa_rule_restorable = {
	"restorable", CXA_CORRUPTED_ENTRY, CXA_CRITICAL, NULL
};

unsigned cxa_rules_of(enum cxa_collection collection)
{
	unsigned count = 0;

	for (int i = 0; i < CXA_RULE_COUNT; i++)
		count += cxa_rules[i].collections >> collection & 1;
	return count;
}
