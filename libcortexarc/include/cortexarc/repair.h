/* repair.h - what the integrity rules find, put right where something does */
#ifndef CORTEXARC_REPAIR_H
#define CORTEXARC_REPAIR_H

#include <cortexarc/check.h>
#include <cortexarc/diff.h>
#include <cortexarc/restore.h>
#include <cortexarc/sink.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * struct cxa_repair_change - one value that is not what it was
 * @rule: that is kept by it; static
 * @kind: of the record: CXA_CHANGED in one of its fields, CXA_ADDED or
 *        CXA_REMOVED as a whole
 * @record_name: as "concept", or "metadata", which is in no collection; static
 * @has_id: @id says which record
 * @path: of a changed record's field, as struct cxa_field_change has it; list
 *        positions are those before the repair
 * @before, @after: the field, or the whole record, as JSON text; NULL: it was
 *        not there, or is there no longer. Of a record that was removed for one
 *        with the same id behind it, both are NULL.
 */
struct cxa_repair_change {
	const char *rule;
	enum cxa_difference_kind kind;
	enum cxa_collection collection;
	const char *record_name;
	bool has_id;
	uint64_t id;
	const char *path;
	const char *before;
	const char *after;
};

/**
 * struct cxa_repair_options - zero means default
 * @rules: @rule_count names of rules to repair; none: all that something
 *         repairs, but query-expired, which is repaired only when it is named
 * @has_now, @now_ms: as of struct cxa_check_options
 * @issue: called for each issue that the first check finds; may be NULL.
 *         Non-zero ends it with CXA_ERR_CANCELLED.
 * @change: called for each change, on the calling thread, once; those of a
 *          record together; may be NULL. What they say is done only when the
 *          call returns 0.
 * @user: handed to both
 */
struct cxa_repair_options {
	size_t struct_size;
	const char *const *rules;
	size_t rule_count;
	bool has_now;
	double now_ms;
	int (*issue)(void *user, const struct cxa_issue *issue);
	void (*change)(void *user, const struct cxa_repair_change *change);
	void *user;
};

#define CXA_REPAIR_OPTIONS_INIT { .struct_size = sizeof(struct cxa_repair_options) }

/**
 * struct cxa_repair_result - what was found, and what was done about it
 * @before, @after: the checks before and after
 * @changed, @removed, @added: records, by collection
 * @metadata_changes: totals in the metadata
 * @changes: the calls of options.change
 * @unrepaired: issues of the rules to repair that are left all the same, as a
 *              concept that no column is free for
 */
struct cxa_repair_result {
	struct cxa_report *before;
	struct cxa_report *after;
	uint64_t changed[CXA_COLLECTION_COUNT];
	uint64_t removed[CXA_COLLECTION_COUNT];
	uint64_t added[CXA_COLLECTION_COUNT];
	uint64_t metadata_changes;
	uint64_t changes;
	uint64_t unrepaired;
};

/**
 * cxa_repair() - what @source holds, repaired, to @sink
 * @sink: NULL: nothing is written, but all is done as if it were
 * @result: out: to be released with cxa_repair_result_release()
 * @summary: out, may be NULL; what was written
 *
 * In this order: the integrity rules over all records of @source; what they
 * found is repaired on the way to @sink; what was written is checked again and
 * compared with @source, and only then has its name. It must hold no issue that
 * was to be repaired, none that was not there, and no difference but the
 * records that were repaired. What may be there that was not: what a deletion
 * leaves behind and nothing repairs (a sync entry that acts on a deleted
 * connection; what most records have in common, where there are fewer), and
 * what a fault had hidden, as a second concept with the column of a first.
 *
 * Totals follow what is deleted. Two concepts with one column: it is that of
 * the one it names, else of the one with the lowest id; the others' issues stay.
 *
 * Memory is that of cxa_check(), twice where nothing is written, and 24 bytes
 * for each concept that gets another column and each column that is given to
 * another concept.
 *
 * Return: 0, whatever is left; CXA_ERR_USAGE (no such rule, nothing repairs it,
 * @sink cannot be read back); CXA_ERR_CORRUPT (also: the second check is not as
 * said); what reading and writing return.
 */
int cxa_repair(struct cxa_source *source, struct cxa_sink *sink,
	       const struct cxa_repair_options *options,
	       struct cxa_repair_result *result, struct cxa_summary *summary,
	       struct cxa_error *error);

/**
 * cxa_repair_store() - repair the store at the path @store itself
 * @how: as of cxa_restore(); preflight says in next and next_records what is
 *       there now
 *
 * In this order: no other program can write to the store any more; the rules
 * over all of it; preflight; the safety backup, read back and compared (or a
 * temporary one); what is in that is repaired into the store, and checked and
 * compared as by cxa_repair(), within one transaction; that is committed.
 * Whatever fails, the store is as it was.
 *
 * Return: 0; CXA_END: there is nothing to repair, and it was not touched; as
 * cxa_repair() and cxa_restore().
 */
int cxa_repair_store(struct cxa_context *context, const char *store,
		     const struct cxa_repair_options *options,
		     const struct cxa_restore_options *how,
		     struct cxa_repair_result *result,
		     struct cxa_summary *summary, struct cxa_error *error);

/** cxa_repair_result_release() - its reports; accepts one that is { 0 } */
void cxa_repair_result_release(struct cxa_repair_result *result);

#ifdef __cplusplus
}
#endif
#endif
