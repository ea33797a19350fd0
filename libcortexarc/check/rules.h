/* rules.h - all rules: what an issue of each is, and what repairs it */
#ifndef CXA_CHECK_RULES_H
#define CXA_CHECK_RULES_H

#include <cortexarc/record.h>

#include "check/report.h"

enum cxa_rule_id {
	CXA_RULE_DATA_VERSION,
	CXA_RULE_RECORD_VERSION,
	CXA_RULE_ID_ORDER,
	CXA_RULE_CONTENT_EMPTY,
	CXA_RULE_CONTENT_HASH,
	CXA_RULE_UNIT_RANGE,
	CXA_RULE_FINITE,
	CXA_RULE_EMBEDDING_LENGTH,
	CXA_RULE_CONCEPT_COLUMN,
	CXA_RULE_CONCEPT_LINK,
	CXA_RULE_CONCEPT_PARENT,
	CXA_RULE_COLUMN_CONCEPT,
	CXA_RULE_COLUMN_CLAIM,
	CXA_RULE_SYNAPSE_TARGET,
	CXA_RULE_NEIGHBOR,
	CXA_RULE_CONNECTION_END,
	CXA_RULE_QUERY_REFERENCE,
	CXA_RULE_QUERY_HASH,
	CXA_RULE_QUERY_EXPIRED,
	CXA_RULE_EMBEDDING_ORPHAN,
	CXA_RULE_SYNC_REFERENCE,
	CXA_RULE_TIMESTAMP,
	CXA_RULE_STATE_MISSING,
	CXA_RULE_STATE_TOTALS,
	CXA_RULE_METADATA_TOTALS,
	CXA_RULE_COUNT
};

/**
 * struct cxa_rule - @kind says what an issue of it is and what repairs it
 * @collections: bit 1 << enum cxa_collection: each of their records is checked;
 *               0: the rule is about the whole
 *
 * An issue is a rule and a record that breaks it: of one rule a record has one
 * issue at most, whose description counts.
 */
struct cxa_rule {
	struct cxa_issue_kind kind;
	uint32_t collections;
};

extern const struct cxa_rule cxa_rules[CXA_RULE_COUNT];

/** cxa_rules_of() - how many rules a record of @collection is checked by */
unsigned cxa_rules_of(enum cxa_collection collection);

/* The rules of the levels structure, bytes and records. */
extern const struct cxa_issue_kind cxa_rule_canonical;
extern const struct cxa_issue_kind cxa_rule_truncated;
extern const struct cxa_issue_kind cxa_rule_header;
extern const struct cxa_issue_kind cxa_rule_digest;
extern const struct cxa_issue_kind cxa_rule_frame;
extern const struct cxa_issue_kind cxa_rule_record;
extern const struct cxa_issue_kind cxa_rule_missing;
extern const struct cxa_issue_kind cxa_rule_disagree;
extern const struct cxa_issue_kind cxa_rule_root;
extern const struct cxa_issue_kind cxa_rule_padding;
extern const struct cxa_issue_kind cxa_rule_limit;
extern const struct cxa_issue_kind cxa_rule_restorable;

#endif
