/* diff.h - which records were added, removed or changed between two sources */
#ifndef CORTEXARC_DIFF_H
#define CORTEXARC_DIFF_H

#include <cortexarc/source.h>

#ifdef __cplusplus
extern "C" {
#endif

enum cxa_difference_kind { CXA_ADDED, CXA_REMOVED, CXA_CHANGED };

/** cxa_difference_kind_name() - "added", "removed" or "changed"; static */
const char *cxa_difference_kind_name(enum cxa_difference_kind kind);

/**
 * struct cxa_field_change - a field in which two records differ
 * @path: its name in JSON behind those it stands in: "state.spike_time",
 *        "metadata.tags[2]"; a name that is no plain word is quoted in
 *        brackets, `["as JSON"]`; a protobuf field that this version does not
 *        know is "#" and its number
 * @before, @after: the value as JSON text; NULL: no such list element, map
 *        entry or unknown member on that side ("null": there, without a value).
 *        Floats that are no numbers are strings: "NaN", "Infinity",
 *        "-Infinity"; another NaN than the usual one has its bits behind it,
 *        "NaN:ffc00000". Bytes are strings of hexadecimal digits.
 * @is_vector: a list of floats, told by numbers alone; @before and @after are
 *        NULL
 * @before_floats, @after_floats: how many there are
 * @differing: positions at which they differ in a bit, or one has none
 * @largest: the largest difference of two finite floats
 *
 * Lists are compared by position, once the elements that they begin and end
 * with in common are set aside: an element put in is one change. A list position
 * in @path is that of the side that has the element, of both for a change.
 */
struct cxa_field_change {
	const char *path;
	const char *before;
	const char *after;
	bool is_vector;
	uint64_t before_floats;
	uint64_t after_floats;
	uint64_t differing;
	double largest;
};

/**
 * struct cxa_difference - a record that is not the same in A and B
 * @record_name: of its collection's records, as "concept"; static
 * @before, @after: in A and in B, borrowed; data NULL: added, or removed
 * @fields: @field_count of them, for a changed record when they were asked for
 */
struct cxa_difference {
	enum cxa_difference_kind kind;
	enum cxa_collection collection;
	const char *record_name;
	uint64_t id;
	struct cxa_record before;
	struct cxa_record after;
	size_t field_count;
	const struct cxa_field_change *fields;
};

/**
 * struct cxa_diff_options - zero means default
 * @selection: which records; NULL: all. Concepts and embeddings are collections
 *             of their own here: @whole_concepts is refused.
 * @full: read every batch. Otherwise batches that the indexes of two archives
 *        give the same ids and the same digest of their raw bytes are taken
 *        for equal and not read.
 * @fields: tell the fields of changed records
 * @max_records: call @difference for so many records at most; 0: for all. All
 *        are counted.
 * @difference: called for each, collections in archive order, ids ascending;
 *        may be NULL. Non-zero ends the comparison.
 * @metadata: called, before any @difference, for each difference in what
 *        describes the stores; may be NULL
 * @user: handed to both
 */
struct cxa_diff_options {
	size_t struct_size;
	const struct cxa_selection *selection;
	bool full;
	bool fields;
	uint64_t max_records;
	int (*difference)(void *user, const struct cxa_difference *difference);
	void (*metadata)(void *user, const struct cxa_field_change *change);
	void *user;
};

#define CXA_DIFF_OPTIONS_INIT { .struct_size = sizeof(struct cxa_diff_options) }

/** struct cxa_diff_counts - records of a collection; @same: in both, equal */
struct cxa_diff_counts {
	uint64_t added;
	uint64_t removed;
	uint64_t changed;
	uint64_t same;
};

/**
 * struct cxa_diff_summary - what cxa_diff() found
 * @counts: by enum cxa_collection
 * @differences: the sum of added, removed and changed
 * @metadata_changes: in what describes the stores; not among @differences
 * @skipped_batches: pairs of batches that were taken for equal by their digests
 * @skipped_records: of those in @counts.same, the records in such batches
 * @read_batches: of A and of B
 * @stopped: a callback ended it: the counts are of what came before
 * @fault: after an error 1 when it is in A, 2 when it is in B, else 0
 */
struct cxa_diff_summary {
	struct cxa_diff_counts counts[CXA_COLLECTION_COUNT];
	uint64_t differences;
	uint64_t metadata_changes;
	uint64_t skipped_batches;
	uint64_t skipped_records;
	uint64_t read_batches[2];
	bool stopped;
	int fault;
};

/**
 * cxa_diff() - compare the records of @a (before) with those of @b (after)
 * @options: NULL: all defaults
 * @summary: out, may be NULL; filled as far as it came after an error, too
 *
 * The sources may be of any two kinds. A record is the same when its canonical
 * bytes are. What describes the stores (the BackupData metadata, members of the
 * document that are not known, embedding space, losses) is compared apart: two
 * backups of one unchanged store differ in it. What only describes a file
 * (format, writer, zstd, batch sizes) is not compared.
 *
 * What it proves: of every batch that was read, all that reading proves (its
 * digest, frame, encoding, order). Of a batch that was skipped, that both
 * indexes claim the same content for it, under root hashes that cover these
 * claims; whether the stored bytes are as claimed, cxa_verify() or @full say.
 *
 * Return: 0, whether they differ or not; CXA_ERR_USAGE (options); what reading
 * the sources returns; CXA_ERR_CORRUPT for JSON in a record that is none, when
 * its fields are to be told; CXA_ERR_CANCELLED by the context of @a.
 */
int cxa_diff(struct cxa_source *a, struct cxa_source *b,
	     const struct cxa_diff_options *options,
	     struct cxa_diff_summary *summary, struct cxa_error *error);

#ifdef __cplusplus
}
#endif
#endif
