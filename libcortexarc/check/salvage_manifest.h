/* salvage_manifest.h - which batches a salvaged archive is made of */
#ifndef CXA_CHECK_SALVAGE_MANIFEST_H
#define CXA_CHECK_SALVAGE_MANIFEST_H

#include <cortexarc/salvage.h>

#include "check/wreck.h"

/**
 * struct cxa_parcel - a batch of the archive as it was, or a run of lost ones
 * @number: of its member; has_number false: nobody knows how many there were
 * @batches: of a run; 0: not known
 * @piece, @wreck: where it is, unless it is lost
 * @previous: index of the one with records before it, for cxa_manifest_settle()
 * @entry: what INDEX says of it; NULL: INDEX does not, or is not sound
 * @digest: that its stored bytes had, as far as anything tells (@has_digest)
 */
struct cxa_parcel {
	enum cxa_fate fate;
	enum cxa_collection collection;
	bool has_number;
	uint32_t number;
	uint64_t batches;
	size_t previous;
	uint64_t first;
	uint64_t last;
	uint64_t records;
	const struct cxa_piece *piece;
	const struct cxa_wreck *wreck;
	const Cxa__IndexEntry *entry;
	bool has_digest;
	struct cxa_digest digest;
	const char *reason;
	const char *from;
};

/**
 * struct cxa_manifest - in the order of an archive
 * @open: without INDEX and B2SUMS, whether more batches of a collection came
 *        behind the last one known is not known
 */
struct cxa_manifest {
	struct cxa_parcel *parcels;
	size_t count;
	size_t capacity;
	uint64_t ignored;
	bool open[CXA_COLLECTION_COUNT];
};

/** cxa_manifest_make() - Return: 0, CXA_ERR_NOMEM */
int cxa_manifest_make(struct cxa_manifest *manifest,
		      const struct cxa_wreck *wreck, bool keep_unverified,
		      struct cxa_error *error);

/** cxa_manifest_settle() - ids must ascend; bound those of what is lost */
void cxa_manifest_settle(struct cxa_manifest *manifest);

/** cxa_manifest_add() - a parcel at the end, lost so far; NULL: no memory */
struct cxa_parcel *cxa_manifest_add(struct cxa_manifest *manifest,
				    enum cxa_collection collection);

/** cxa_manifest_has() - is there a parcel of this fate? */
bool cxa_manifest_has(const struct cxa_manifest *manifest, enum cxa_fate fate);

void cxa_manifest_release(struct cxa_manifest *manifest);

#endif
