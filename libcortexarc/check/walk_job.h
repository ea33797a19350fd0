/* walk_job.h - what workers do with the batches that verify meets */
#ifndef CXA_CHECK_WALK_JOB_H
#define CXA_CHECK_WALK_JOB_H

#include "check/walk.h"

/* A batch to be checked. */
struct cxa_walk_item {
	size_t walked; /* index of its struct cxa_walked */
	struct cxa_walked result;
	struct cxa_buffer stored;
	struct cxa_buffer raw;
	const struct cxa_issue_kind *fault;
	struct cxa_error error;
	bool graphed; /* @part is set */
	struct cxa_part part;
};

/* Batches are hashed side by side, so a job is as many as pay. Reused. */
enum { CXA_WALK_GROUP = 4 };

struct cxa_walk_job {
	struct cxa_walk *walk;
	struct cxa_walk_item items[CXA_WALK_GROUP];
	size_t count;
	uint64_t bytes; /* stored and raw */
};

/** cxa_walk_job_run() - digests, frames, records, rules: as the level asks */
void cxa_walk_job_run(void *job);

/** cxa_walk_job_free() - accepts NULL */
void cxa_walk_job_free(void *job);

#endif
