/* mend.h - one record without its faults, and what became of its values */
#ifndef CXA_CHECK_MEND_H
#define CXA_CHECK_MEND_H

#include <cortexarc/diff.h>

#include "check/field_diff.h"
#include "check/repair_plan.h"
#include "record/batch.h"

/** struct cxa_mended - of which record, by which rule a change was made */
struct cxa_mended {
	enum cxa_difference_kind kind;
	enum cxa_rule_id rule;
	uint64_t id;
};

/**
 * struct cxa_mend - records on their way, on one worker
 * @told: struct cxa_mended for each change of @diff
 * @diff: paths and values; of a whole record without a path
 * @arena: of the record being mended; forgotten with the next
 * @row: what it has become, unless @drop
 */
struct cxa_mend {
	const struct cxa_graph *graph;
	const struct cxa_repair_plan *plan;
	enum cxa_collection collection;
	uint64_t id;
	bool drop;
	enum cxa_rule_id drop_rule;
	struct cxa_buffer told;
	struct cxa_field_diff diff;
	struct cxa_arena arena;
	struct cxa_buffer row;
	struct cxa_error *error;
};

/**
 * cxa_mend_record() - by the rules of the plan, all at once
 *
 * Return: 0, CXA_ERR_NOMEM, CXA_ERR_CORRUPT (JSON in it that is none).
 */
int cxa_mend_record(struct cxa_mend *mend, const struct cxa_record *record,
		    struct cxa_error *error);

/** cxa_mend_new_state() - a system_state of the plan's totals into @row */
int cxa_mend_new_state(struct cxa_mend *mend, const Cxa__Metadata *metadata,
		       struct cxa_error *error);

/** cxa_mend_reset() - forget what was told, keep the memory that is usual */
void cxa_mend_reset(struct cxa_mend *mend);
void cxa_mend_release(struct cxa_mend *mend);

/* --- between the files of it ------------------------------------------------ */

/** cxa_mend_tell() - the value of @field at the current path became another */
int cxa_mend_tell(struct cxa_mend *mend, enum cxa_rule_id rule,
		  const struct cxa_field *field, const void *before,
		  const void *after);

/**
 * cxa_mend_fields() - what stands in single fields: floats, references
 * @plan, @message: what to look at, by its type's plan
 */
int cxa_mend_fields(struct cxa_mend *mend, const struct cxa_plan *plan,
		    ProtobufCMessage *message);

#endif
