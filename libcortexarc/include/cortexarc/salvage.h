/* salvage.h - what can be proven intact of a damaged archive, as a new one */
#ifndef CORTEXARC_SALVAGE_H
#define CORTEXARC_SALVAGE_H

#include <cortexarc/sink.h>

#ifdef __cplusplus
extern "C" {
#endif

/** enum cxa_fate - what became of a batch */
enum cxa_fate {
	CXA_KEPT,       /* its stored bytes have a digest that tells of them */
	CXA_HEALED,     /* damaged, and the same records were elsewhere */
	CXA_UNVERIFIED, /* it decodes, and no digest says that it is right */
	CXA_LOST
};

/** cxa_fate_name() - "kept", "healed", "unverified" or "lost"; static */
const char *cxa_fate_name(enum cxa_fate fate);

/**
 * struct cxa_salvaged - a batch that is not as it was, or batches of which
 * nobody knows
 * @member: its name; of several batches in a row the first one's; "": there may
 *          be some, or none
 * @batches: how many; 0: not known
 * @first_id, @last_id: of its records; where INDEX is not sound, all ids between
 *                      the batches that are kept
 * @records: 0: not known
 * @reason: what is wrong with it
 * @from: of what is healed: the input that had it; else NULL
 */
struct cxa_salvaged {
	enum cxa_fate fate;
	enum cxa_collection collection;
	const char *member;
	uint64_t batches;
	uint64_t first_id;
	uint64_t last_id;
	uint64_t records;
	const char *reason;
	const char *from;
};

/** struct cxa_salvage_counts - of a collection; LOST: as far as is known */
struct cxa_salvage_counts {
	uint64_t batches[CXA_LOST + 1];
	uint64_t records[CXA_LOST + 1];
};

/**
 * struct cxa_salvage_report - what was saved, and what was not
 * @is_whole: nothing is lost or unverified
 * @is_original: the result is the archive that was damaged, to the byte: its
 *               root hash is the one that B2SUMS or TRAILER told
 * @header: CXA_KEPT, CXA_HEALED (then from @header_from) or CXA_LOST: CORTEXARC,
 *          and so all that describes the store; what is written says so
 * @index_known: INDEX is sound: which ids are lost is known exactly
 * @unreadable_bytes: that the device did not give
 * @ignored: batches that are sound, but not of this archive
 * @batches: @batch_count of them: all that are not CXA_KEPT
 * @written: the new archive
 */
struct cxa_salvage_report {
	bool is_whole;
	bool is_original;
	bool index_known;
	enum cxa_fate header;
	const char *header_from;
	uint64_t unreadable_bytes;
	uint64_t ignored;
	struct cxa_salvage_counts counts[CXA_COLLECTION_COUNT];
	size_t batch_count;
	const struct cxa_salvaged *batches;
	struct cxa_summary written;
};

/**
 * struct cxa_salvage_options - zero means default
 * @from: @from_count other inputs, of any kind, that may hold what is damaged:
 *        copies of the archive, older or newer ones, the store
 * @keep_unverified: keep batches, too, that decode and that no digest proves
 */
struct cxa_salvage_options {
	size_t struct_size;
	const char *const *from;
	size_t from_count;
	bool keep_unverified;
};

#define CXA_SALVAGE_OPTIONS_INIT \
	{ .struct_size = sizeof(struct cxa_salvage_options) }

/**
 * cxa_salvage() - make an archive of what can be proven intact of another
 * @out: a report, to be released with cxa_salvage_report_free(); NULL on error
 * @locator: a damaged archive; "-": standard input
 * @target: a file, for the new archive
 *
 * Members are found by their headers, at any byte, and where INDEX, B2SUMS and
 * TRAILER say that they are; each of these may be missing or damaged. A batch is
 * kept when its stored bytes have the digest that INDEX or B2SUMS gives, or,
 * where neither is sound, its pax header, and all its records decode. What was
 * lost stands in the new header's losses.
 *
 * Where nothing is lost, the stored bytes are copied as they are: the archive
 * is the original again, as far as all its members were found or healed.
 *
 * The new archive is read to its end and verified before it has its name.
 *
 * Return: 0 (is_whole says whether all was saved); CXA_ERR_CORRUPT: nothing can
 * be salvaged; CXA_ERR_FORMAT: it is nothing of an archive; CXA_ERR_IO (also
 * where nothing can be saved of a device that does not give all);
 * CXA_ERR_UNSUPPORTED, CXA_ERR_LIMIT, CXA_ERR_NOMEM, CXA_ERR_CANCELLED,
 * CXA_ERR_USAGE. Then @target is as it was.
 */
int cxa_salvage(struct cxa_salvage_report **out, struct cxa_context *context,
		const char *locator, const char *target,
		const struct cxa_salvage_options *options,
		struct cxa_error *error);

void cxa_salvage_report_free(struct cxa_salvage_report *report);

#ifdef __cplusplus
}
#endif
#endif
