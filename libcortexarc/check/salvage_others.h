/* salvage_others.h - other inputs that may hold what a damaged archive lost */
#ifndef CXA_CHECK_SALVAGE_OTHERS_H
#define CXA_CHECK_SALVAGE_OTHERS_H

#include "check/salvage_source.h"
#include "endpoint/encoder.h"

/**
 * struct cxa_other - one of them
 * @wreck, @manifest: of an archive, which may be damaged itself
 * @source: its records, or those of what is no archive
 */
struct cxa_other {
	const char *name;
	struct cxa_wreck *wreck;
	struct cxa_manifest manifest;
	struct cxa_source *source;
};

/**
 * struct cxa_others - all of them, and what was made anew of their records
 * @made: its input is @spool, with the stored bytes of such batches
 */
struct cxa_others {
	struct cxa_context *context;
	struct cxa_other *list;
	size_t count;
	struct cxa_wreck made;
	struct cxa_spool *spool;
};

/**
 * cxa_others_open() - @count inputs of any kind but standard input
 *
 * @others is to be closed whatever is returned: 0, or what opening returns
 */
int cxa_others_open(struct cxa_others *others, struct cxa_context *context,
		    const char *const *from, size_t count,
		    struct cxa_error *error);

void cxa_others_close(struct cxa_others *others);

/**
 * cxa_others_complete() - CORTEXARC, schema.pb, INDEX and B2SUMS of @wreck from
 * the others, where a digest in @wreck says that they are the same
 * @header_from: out: who had CORTEXARC; NULL: nobody, or it was there
 */
int cxa_others_complete(const struct cxa_others *others,
			struct cxa_wreck *wreck, const char **header_from,
			struct cxa_error *error);

/**
 * cxa_others_heal() - refill what is lost, or unverified, in @manifest
 * @level: of zstd, as the batches of @manifest were compressed
 *
 * By the digest of the stored bytes, from an archive; else by records of the
 * same ids, when they encode to a batch with the raw digest that INDEX tells.
 * What cannot be read of one of the others is told and passed over.
 */
int cxa_others_heal(struct cxa_others *others, struct cxa_manifest *manifest,
		    int level, struct cxa_error *error);

#endif
