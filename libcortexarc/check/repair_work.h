/* repair_work.h - between the files of a repair: what was found, what is done */
#ifndef CXA_CHECK_REPAIR_WORK_H
#define CXA_CHECK_REPAIR_WORK_H

#include <cortexarc/repair.h>

#include "check/repair_plan.h"
#include "check/tally.h"
#include "record/batch.h"

/**
 * struct cxa_repair_work - one repair
 * @graph: as the first check left it; @has_graph: it is still kept
 * @issues: of each rule: what is expected of the second check
 * @records: that are different afterwards, as the comparison must find them
 * @complete: bit 1 << enum cxa_collection: what is repaired in it was told
 */
struct cxa_repair_work {
	struct cxa_repair_options options;
	struct cxa_repair_result *result;
	struct cxa_graph graph;
	bool has_graph;
	struct cxa_repair_plan plan;
	struct cxa_tally issues[CXA_RULE_COUNT];
	struct cxa_tally records;
	uint32_t complete;
	struct cxa_source *source; /* the records as they were */
};

/** cxa_repair_tally() - an issue of @rule, a record that is different */
void cxa_repair_tally_issue(struct cxa_tally *tally, bool add,
			    const char *record_name, uint64_t id);
void cxa_repair_tally_record(struct cxa_tally *tally,
			     enum cxa_difference_kind kind,
			     enum cxa_collection collection,
			     const struct cxa_record *before,
			     const struct cxa_record *after);

/**
 * cxa_repair_source_open() - a source of what @source holds, repaired
 * @work: planned; its counts and tallies are of the first time all is read
 */
int cxa_repair_source_open(struct cxa_source **out,
			   struct cxa_repair_work *work,
			   struct cxa_source *source, struct cxa_error *error);

/** cxa_repair_rule() - the row of cxa_rules; CXA_RULE_COUNT: there is none */
int cxa_repair_rule(const char *name);

/**
 * cxa_repair_prove() - is @written what the repair was to make of work->source?
 *
 * For struct cxa_sink's prove; @user: the work. The graph is given up.
 * Return: 0, CXA_ERR_CORRUPT, what reading returns.
 */
int cxa_repair_prove(void *user, struct cxa_source *written,
		     struct cxa_error *error);

/** cxa_repair_check_after() - the second check alone, over @written */
int cxa_repair_check_after(struct cxa_repair_work *work,
			   struct cxa_source *written,
			   struct cxa_error *error);

#endif
