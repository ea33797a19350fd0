/* salvage_write.h - a salvaged archive, written and verified */
#ifndef CXA_CHECK_SALVAGE_WRITE_H
#define CXA_CHECK_SALVAGE_WRITE_H

#include "check/salvage_source.h"

/**
 * struct cxa_salvage - what is to be written
 * @header: NULL: CORTEXARC is lost
 * @header_bytes, @schema, @index: data of these members as they were; NULL: to
 *                                 be made
 * @mtime: of the members' headers
 */
struct cxa_salvage {
	struct cxa_context *context;
	const char *target;
	struct cxa_manifest manifest;
	const Cxa__Header *header;
	struct cxa_span header_bytes;
	struct cxa_span schema;
	struct cxa_span index;
	uint64_t mtime;
};

/** cxa_salvage_is_whole() - is all there, to be copied as it was? */
bool cxa_salvage_is_whole(const struct cxa_salvage *salvage);

/** cxa_salvage_level() - of zstd, as the archive was compressed */
int cxa_salvage_level(const struct cxa_salvage *salvage);

/**
 * cxa_salvage_write() - verified before it has its name
 *
 * Return: 0; CXA_ERR_IO (also: what was written does not verify) ...
 */
int cxa_salvage_write(const struct cxa_salvage *salvage,
		      struct cxa_summary *summary, struct cxa_error *error);

/**
 * cxa_salvage_header() - what describes the salvaged archive, with its losses
 * @data_version: where there is no header that says it
 */
int cxa_salvage_header(const struct cxa_salvage *salvage, uint32_t data_version,
		       struct cxa_arena *arena, Cxa__Header **out,
		       struct cxa_error *error);

/** cxa_salvage_guess() - the data_version by which the records have hashes */
int cxa_salvage_guess(const struct cxa_salvage *salvage, uint32_t *version,
		      struct cxa_error *error);

#endif
