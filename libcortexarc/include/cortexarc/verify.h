/* verify.h - is every byte and every record as it should be? */
#ifndef CORTEXARC_VERIFY_H
#define CORTEXARC_VERIFY_H

#include <cortexarc/source.h>

#ifdef __cplusplus
extern "C" {
#endif

/** enum cxa_level - each proves what those above it prove, and more */
enum cxa_level {
	CXA_LEVEL_STRUCTURE = 1, /* headers, index, trailer, canonical form */
	CXA_LEVEL_BYTES,         /* and every digest of stored bytes */
	CXA_LEVEL_RECORDS,       /* and every frame, record and order of ids */
	CXA_LEVEL_GRAPH,         /* and the integrity rules hold */
	CXA_LEVEL_RESTORABLE     /* and a store made of it holds the same */
};

enum cxa_issue_type {
	CXA_MISSING_REFERENCE,
	CXA_INVALID_DATA,
	CXA_CORRUPTED_ENTRY,
	CXA_VERSION_MISMATCH,
	CXA_HASH_MISMATCH,
	CXA_ORPHANED_DATA
};
#define CXA_ISSUE_TYPE_COUNT 6

enum cxa_severity { CXA_LOW, CXA_MEDIUM, CXA_HIGH, CXA_CRITICAL };
#define CXA_SEVERITY_COUNT 4

/** cxa_issue_type_name() - as "HashMismatch"; cxa_severity_name() - as "Low" */
const char *cxa_issue_type_name(enum cxa_issue_type type);
const char *cxa_severity_name(enum cxa_severity severity);
/** cxa_severity_find() - 0 or CXA_ERR_USAGE; upper and lower case are one */
int cxa_severity_find(enum cxa_severity *out, const char *name);
/** cxa_level_name() - as "records"; cxa_level_find() - 0 or CXA_ERR_USAGE */
const char *cxa_level_name(enum cxa_level level);
int cxa_level_find(enum cxa_level *out, const char *name);

/**
 * struct cxa_issue - one fault, named where its cause is
 * @rule: stable, as "member-digest"; static
 * @repair: what mends it, as "recompute"; static; NULL: nothing does
 * @entity_type: "archive", "member", "metadata" or a record's, as "concept";
 *               static
 * @has_id: @entity_id says which record
 * @member: the archive's member, "" when it is none's
 * @has_lost: records @lost_first to @lost_last, @lost_records of them, cannot
 *            be read because of it. Without a sound INDEX the sound batches on
 *            either side bound the ids, and @lost_records is 0: not known.
 * @offset: where in the file, UINT64_MAX: not said
 */
struct cxa_issue {
	enum cxa_issue_type type;
	enum cxa_severity severity;
	const char *rule;
	const char *repair;
	const char *entity_type;
	bool has_id;
	bool repairable;
	bool has_lost;
	enum cxa_collection lost_collection;
	uint64_t entity_id;
	uint64_t lost_first;
	uint64_t lost_last;
	uint64_t lost_records;
	uint64_t offset;
	char member[104];
	char description[400];
};

/** struct cxa_rule_count - how many issues of one rule; strings are static */
struct cxa_rule_count {
	const char *rule;
	const char *repair; /* NULL: none */
	enum cxa_severity severity;
	uint64_t count;
};

/**
 * struct cxa_report - what verify found
 * @checks: made, by the level asked for; @failed: those that did not hold
 * @issues: @issue_count of them, at most limits.issues, the gravest when there
 *          are more; the counts by type, severity and rule are of all
 */
struct cxa_report {
	enum cxa_level level;
	bool is_valid; /* no issue of Medium or above */
	bool has_root;
	bool is_archive;
	uint8_t root[32];
	uint64_t checks;
	uint64_t failed;
	uint64_t by_type[CXA_ISSUE_TYPE_COUNT];
	uint64_t by_severity[CXA_SEVERITY_COUNT];
	size_t rule_count;
	const struct cxa_rule_count *by_rule; /* in the order first met */
	size_t issue_count;
	const struct cxa_issue *issues;
	uint64_t members;       /* walked */
	uint64_t bytes;         /* of the file */
	uint64_t records[CXA_COLLECTION_COUNT]; /* by the index, or as counted */
	double started_ms;      /* since the Unix epoch */
	double duration_ms;
	uint64_t losses;        /* that its header lists: it was salvaged */
};

/** struct cxa_verify_options - zero means default */
struct cxa_verify_options {
	size_t struct_size;
	enum cxa_level level;      /* 0: CXA_LEVEL_GRAPH */
	const uint8_t *expect;     /* 32 bytes the root hash must be; NULL: any */
	bool has_now;              /* as of struct cxa_check_options (check.h) */
	double now_ms;
};

#define CXA_VERIFY_OPTIONS_INIT { .struct_size = sizeof(struct cxa_verify_options) }

/**
 * cxa_verify() - check @locator and go on to its end, whatever is found
 * @out: a report, to be released with cxa_report_free(); NULL on error
 *
 * An archive is read front to back, from a file or a pipe alike. A store, JSON
 * and NDJSON have no digests: reading them to the end is the check, and the
 * integrity rules at level graph. Of a damaged archive these are applied to what
 * is sound; what refers to records that were lost is no issue of its own.
 *
 * Return: 0 (whatever the report says); CXA_ERR_FORMAT, CXA_ERR_UNSUPPORTED:
 * it is no archive, or a newer one; CXA_ERR_IO, CXA_ERR_NOMEM,
 * CXA_ERR_CANCELLED.
 */
int cxa_verify(struct cxa_report **out, struct cxa_context *context,
	       const char *locator, const struct cxa_verify_options *options,
	       struct cxa_error *error);

void cxa_report_free(struct cxa_report *report);

#ifdef __cplusplus
}
#endif
#endif
