/* graph.h - the integrity rules over a stream of batches */
#ifndef CXA_CHECK_GRAPH_H
#define CXA_CHECK_GRAPH_H

#include <cortexarc/check.h>

#include "check/id_list.h"
#include "check/notes.h"
#include "check/plan.h"
#include "check/rules.h"
#include "endpoint/context.h"

/* The highest version that a record may have; 0 counts, too. */
enum { CXA_VERSION_MAX = 2 };

enum { CXA_VECTORS = 3 };

/** enum cxa_column_flag - what a column says of the concept it is given to */
enum cxa_column_flag {
	CXA_COLUMN_CLAIMS = 1 << 0, /* it names one that exists */
	CXA_COLUMN_DANGLES = 1 << 1 /* it names one that was not seen */
};

/** enum cxa_concept_flag - two bits a concept, four concepts a byte */
enum cxa_concept_flag {
	CXA_CONCEPT_MUTUAL = 1 << 0,  /* it and its column name each other */
	CXA_CONCEPT_EMBEDDED = 1 << 1 /* it has embeddings */
};

/** struct cxa_loss - ids of which nothing is known */
struct cxa_loss {
	enum cxa_collection collection;
	uint64_t first;
	uint64_t last;
};

/**
 * struct cxa_part - what a worker found in one batch; reused
 * @records, @ids: struct cxa_record and uint64_t, @count of them
 * @columns: of concepts: a column_id each
 * @flags: of columns: an enum cxa_column_flag each
 * @notes: for struct cxa_notes
 * @findings: struct cxa_finding, whose texts are in @texts
 * @created: ids that sync entries create: concepts, connections
 * @runs: struct cxa_length_run, of embeddings
 */
struct cxa_part {
	enum cxa_collection collection;
	size_t count;
	struct cxa_buffer records;
	struct cxa_buffer ids;
	struct cxa_buffer columns;
	struct cxa_buffer flags;
	struct cxa_buffer notes;
	struct cxa_buffer findings;
	struct cxa_buffer texts;
	struct cxa_buffer created[2];
	struct cxa_buffer runs;
	uint64_t note_last;
	uint64_t run_version;
	uint64_t versions[CXA_VERSION_MAX + 1];
	uint64_t slots[CXA_SLOT_COUNT]; /* of system_state */
};

struct cxa_finding {
	enum cxa_rule_id rule;
	uint64_t id;
	size_t text;
};

struct cxa_length_run {
	uint64_t count;
	uint64_t lengths[CXA_VECTORS];
};

/** struct cxa_lengths - how many vectors have each length */
struct cxa_lengths {
	uint64_t *counts;
	size_t capacity;
};

/**
 * struct cxa_graph - what is kept of all that was seen
 * @sets: the ids of each collection but embeddings and system_state
 * @complete: bit of each collection of which all ids are in @sets
 * @said_version: the header's; @data_version: the same, 0 when it is not known:
 *                hashes and versions are not judged
 * @now_ms: NaN: not known, no query is expired
 * @issue: told each issue; NULL: they are only collected in @report
 *
 * Memory a concept: its id, its column's and 2 bits; a column: its id and a
 * byte; a connection, a cached query: its id; a sync entry: its id and at most
 * one more. So at most 16 bytes each, with ids spread over all 64 bits.
 */
struct cxa_graph {
	struct cxa_context *context;
	struct cxa_report *report;
	int (*issue)(void *user, const struct cxa_issue *issue);
	void *user;

	bool described;
	bool has_now;
	uint32_t said_version;
	uint32_t data_version;
	double now_ms;
	uint32_t metadata_totals[3]; /* concepts, columns, connections */
	bool has_usual[CXA_VECTORS];
	uint64_t usual[CXA_VECTORS]; /* lengths, as the header has them */

	uint32_t complete;
	int collection; /* being read; -1: none yet */
	uint64_t counts[CXA_COLLECTION_COUNT];
	struct cxa_id_list sets[CXA_COLLECTION_COUNT];
	struct cxa_id_list concept_columns;
	uint8_t *concept_flags;
	struct cxa_buffer column_flags;
	uint64_t last_embedding;
	struct cxa_buffer created[2];
	struct cxa_lengths lengths[CXA_VECTORS];
	uint64_t versions[CXA_COLLECTION_COUNT][CXA_VERSION_MAX + 1];
	uint64_t state[CXA_SLOT_COUNT];
	struct cxa_buffer losses; /* struct cxa_loss */
	struct cxa_notes notes;
};

/** cxa_graph_init() - @now_ms NaN: as the header's created_at */
void cxa_graph_init(struct cxa_graph *graph, struct cxa_context *context,
		    struct cxa_report *report, double now_ms);

/** cxa_graph_describe() - before the first batch, when there is a header */
void cxa_graph_describe(struct cxa_graph *graph, const Cxa__Header *header);

/**
 * cxa_graph_begin() - batches of @collection follow; in archive order
 *
 * No worker may be at a batch of the one before any more.
 * Return: 0, CXA_ERR_NOMEM.
 */
int cxa_graph_begin(struct cxa_graph *graph, enum cxa_collection collection,
		    struct cxa_error *error);

/**
 * cxa_graph_scan() - look at a batch, on a worker; the outcome is in @part
 * @records: canonical rows, ids ascending
 *
 * Reads only what of @graph is complete.
 */
void cxa_graph_scan(struct cxa_graph *graph, struct cxa_part *part,
		    enum cxa_collection collection,
		    const struct cxa_record *records, size_t count);

/** cxa_graph_scan_raw() - the same with the bytes of a batch's member */
void cxa_graph_scan_raw(struct cxa_graph *graph, struct cxa_part *part,
			enum cxa_collection collection, const uint8_t *data,
			size_t size);

/**
 * cxa_graph_merge() - take in what a worker found; batches in their order
 *
 * Return: 0, CXA_ERR_NOMEM, CXA_ERR_IO, CXA_ERR_CANCELLED (also when the
 * issue callback ended it).
 */
int cxa_graph_merge(struct cxa_graph *graph, const struct cxa_part *part,
		    struct cxa_error *error);

/** cxa_graph_lose() - records that could not be read: nothing is missing there */
void cxa_graph_lose(struct cxa_graph *graph, enum cxa_collection collection,
		    uint64_t first, uint64_t last);

/** cxa_graph_finish() - what could not be judged before */
int cxa_graph_finish(struct cxa_graph *graph, struct cxa_error *error);

/** cxa_graph_end() - the same before the last batch: the rest is lost */
int cxa_graph_end(struct cxa_graph *graph, struct cxa_error *error);

/** cxa_graph_bytes() - of heap that grows with the records */
size_t cxa_graph_bytes(const struct cxa_graph *graph);

void cxa_graph_release(struct cxa_graph *graph);
void cxa_part_release(struct cxa_part *part);

/* --- between the files of the graph ---------------------------------------- */

/** cxa_part_find() - one more issue */
void cxa_part_find(struct cxa_part *part, enum cxa_rule_id rule, uint64_t id,
		   const char *format, ...) CXA_PRINTF(4, 5);

/** cxa_part_failed() - was there no memory for what was found? */
bool cxa_part_failed(const struct cxa_part *part);

/** cxa_part_note() - one more note */
void cxa_part_note(struct cxa_part *part, enum cxa_note_kind kind, uint64_t id,
		   const uint64_t *values);

/** cxa_time_fault() - the rule timestamp for a single time; NULL: it holds */
const char *cxa_time_fault(double ms);

/** cxa_note_target() - the collection that a reference leads to */
enum cxa_collection cxa_note_target(enum cxa_note_kind kind);

/** cxa_note_rule() - that a reference falls under */
enum cxa_rule_id cxa_note_rule(enum cxa_note_kind kind);

/** cxa_graph_is_missing() - what is referred to; after cxa_graph_finish() */
bool cxa_graph_is_missing(const struct cxa_graph *graph,
			  enum cxa_note_kind kind, uint64_t id);

/** cxa_graph_scan_embeddings() - of rows; and of the columns of a member */
void cxa_graph_scan_embeddings(struct cxa_graph *graph, struct cxa_part *part);
void cxa_graph_scan_embedding_columns(struct cxa_graph *graph,
				      struct cxa_part *part,
				      const uint8_t *data, size_t size);

/** cxa_graph_tell() - an issue of the record @id of @collection */
int cxa_graph_tell(struct cxa_graph *graph, enum cxa_rule_id rule,
		   enum cxa_collection collection, uint64_t id,
		   const char *text, struct cxa_error *error);

/** cxa_graph_is_lost(), cxa_graph_has_loss() - after the losses were sorted */
bool cxa_graph_is_lost(const struct cxa_graph *graph,
		       enum cxa_collection collection, uint64_t id);
bool cxa_graph_has_loss(const struct cxa_graph *graph,
			enum cxa_collection collection);
void cxa_graph_sort_losses(struct cxa_graph *graph);

/** cxa_graph_judge_notes(), cxa_graph_judge_claims(), cxa_graph_judge_totals() */
int cxa_graph_judge_notes(struct cxa_graph *graph, struct cxa_error *error);
int cxa_graph_judge_claims(struct cxa_graph *graph, uint64_t *unclaimed,
			   struct cxa_error *error);
int cxa_graph_judge_totals(struct cxa_graph *graph, uint64_t unclaimed,
			   struct cxa_error *error);

static inline void cxa_concept_flag(struct cxa_graph *graph, size_t position,
				    enum cxa_concept_flag flag)
{
	__atomic_fetch_or(&graph->concept_flags[position / 4],
			  (uint8_t)(flag << (2 * (position % 4))),
			  __ATOMIC_RELAXED);
}

static inline bool cxa_concept_has(const struct cxa_graph *graph,
				   size_t position, enum cxa_concept_flag flag)
{
	unsigned four = graph->concept_flags[position / 4];

	return (four >> (2 * (position % 4)) & (unsigned)flag) != 0;
}

#endif
