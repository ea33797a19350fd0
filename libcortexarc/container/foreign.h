/* foreign.h - an archive that another tar has packed again, by content */
#ifndef CXA_CONTAINER_FOREIGN_H
#define CXA_CONTAINER_FOREIGN_H

#include "base/io.h"
#include "container/member.h"

/**
 * struct cxa_foreign - the members, in no particular order
 * @members: offset is into @spool; no digest
 */
struct cxa_foreign {
	struct cxa_member *members;
	size_t count;
	struct cxa_spool *spool;
};

/**
 * cxa_foreign_open() - read a tar through libarchive into a spool
 * @input: any tar that libarchive reads, not compressed; from its start
 * @temp_dir: of the spool; NULL: $TMPDIR, else /var/tmp
 * @limits: filled; NULL: the defaults. Folders count as members.
 *
 * Takes regular files whose name, behind "./" or the folder that CORTEXARC
 * stands in, is a member's; folders are passed over; a name twice, a member
 * of another type and a name of none are refused. Contents are NOT checked.
 *
 * Return: 0, CXA_ERR_FORMAT (no tar, or no CORTEXARC in it), CXA_ERR_CORRUPT,
 * CXA_ERR_LIMIT, CXA_ERR_IO, CXA_ERR_NOMEM.
 */
int cxa_foreign_open(struct cxa_foreign **out, struct cxa_input *input,
		     const char *temp_dir, const struct cxa_limits *limits,
		     struct cxa_error *error);

/** cxa_foreign_find() - NULL: no such member */
const struct cxa_member *cxa_foreign_find(const struct cxa_foreign *foreign,
					  const char *name);

void cxa_foreign_close(struct cxa_foreign *foreign);

#endif
