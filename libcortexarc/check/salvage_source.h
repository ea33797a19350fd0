/* salvage_source.h - the records of a salvaged archive, as a source */
#ifndef CXA_CHECK_SALVAGE_SOURCE_H
#define CXA_CHECK_SALVAGE_SOURCE_H

#include "check/salvage_manifest.h"
#include "endpoint/source.h"

/**
 * cxa_salvage_source_open() - the batches of @manifest, by collection and id
 * @manifest: settled; borrowed, as @header is
 *
 * Each batch is read and hashed again: what has changed since it was proven is
 * CXA_ERR_CORRUPT.
 */
int cxa_salvage_source_open(struct cxa_source **out,
			    struct cxa_context *context,
			    const struct cxa_manifest *manifest,
			    const Cxa__Header *header, struct cxa_error *error);

/** cxa_parcel_read() - its stored bytes, compared with their digest again */
int cxa_parcel_read(const struct cxa_parcel *parcel, struct cxa_buffer *stored,
		    struct cxa_error *error);

/** cxa_parcel_name() - of its member; "" where it has no number */
void cxa_parcel_name(const struct cxa_parcel *parcel,
		     char out[CXA_MEMBER_NAME_MAX + 1]);

#endif
