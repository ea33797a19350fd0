/* walk.h - verify's way through an archive, front to back, past all damage */
#ifndef CXA_CHECK_WALK_H
#define CXA_CHECK_WALK_H

#include "base/arena.h"
#include "base/buffer.h"
#include "base/io.h"
#include "check/graph.h"
#include "container/member.h"
#include "container/trailer.h"
#include "endpoint/context.h"
#include "record/batch_codec.h"

/**
 * struct cxa_walked - a member that was met
 * @member: digest is that of its pax header, if it has one
 * @actual: digest of its bytes (level bytes and above, or no batch)
 * @hashed: @actual is set
 * @decoded: @ids, @raw_size and @raw_digest are set: its records are sound
 * @faulty: an issue names it already
 * @indexed: INDEX tells of it
 */
struct cxa_walked {
	struct cxa_member member;
	struct cxa_digest actual;
	struct cxa_digest raw_digest;
	uint64_t raw_size;
	struct cxa_id_run ids;
	bool hashed;
	bool decoded;
	bool faulty;
	bool indexed;
};

/**
 * struct cxa_walk - all that was met
 * @graph: where sound batches go; NULL: below level graph
 * @members: in the order of the file
 * @index, @sums, @trailer: as far as they are sound, else NULL, empty, false
 */
struct cxa_walk {
	struct cxa_context *context;
	struct cxa_report *report;
	struct cxa_input *input;
	struct cxa_graph *graph;
	struct cxa_walked *members;
	struct cxa_walked **by_name; /* for cxa_walk_compare() */
	size_t count;
	size_t capacity;
	size_t lookups; /* of cxa_walk_compare(), among the issues */
	struct cxa_arena arena;
	Cxa__Header *header;
	Cxa__Index *index;
	struct cxa_buffer sums;
	struct cxa_trailer trailer;
	bool has_sums;
	bool has_trailer;
	bool ended; /* TRAILER and two zero blocks were met */
	bool skipped; /* something between members could not be read */
	bool has_mtime;
	uint64_t total_bytes; /* that the frames of batches claim to hold */
	uint64_t mtime; /* of the first tar header, seconds */
};

/**
 * cxa_walk_run() - read all of @walk->input
 *
 * Faults become issues. Return: 0; CXA_ERR_FORMAT, CXA_ERR_UNSUPPORTED when it
 * is no archive of ours; CXA_ERR_IO, CXA_ERR_NOMEM, CXA_ERR_CANCELLED.
 */
int cxa_walk_run(struct cxa_walk *walk, struct cxa_error *error);

/**
 * cxa_walk_compare() - INDEX, B2SUMS, TRAILER and what was met: all agree?
 *
 * Return: 0, CXA_ERR_NOMEM.
 */
int cxa_walk_compare(struct cxa_walk *walk, struct cxa_error *error);

void cxa_walk_release(struct cxa_walk *walk);

#endif
