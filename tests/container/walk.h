/* walk.h - walking bytes in memory, for the tests of the walker */
#ifndef CXA_TESTS_CONTAINER_WALK_H
#define CXA_TESTS_CONTAINER_WALK_H

#include "container/tar_block.h"
#include "fixture.h"

enum { WALK_MEMBERS_MAX = 64 };

/**
 * struct walk - what a walk over some bytes came to
 * @status: 0, or what the walker returned
 * @at_end: the end was told
 * @events: MEMBER, DATA (pieces in a row are one), DONE and END: a letter each
 * @digests: of each member's data
 */
struct walk {
	int status;
	bool at_end;
	struct cxa_error error;
	struct cxa_member members[WALK_MEMBERS_MAX];
	struct cxa_digest digests[WALK_MEMBERS_MAX];
	size_t count;
	char events[4 * WALK_MEMBERS_MAX];
	size_t event_count;
};

static void walk_note(struct walk *walk, char event)
{
	if (event == 'd' && walk->event_count != 0 &&
	    walk->events[walk->event_count - 1] == 'd')
		return;
	if (walk->event_count < sizeof(walk->events) - 1)
		walk->events[walk->event_count++] = event;
}

static void walk_event(struct walk *walk, const struct cxa_walker *walker,
		       enum cxa_walk_event event, const uint8_t *data,
		       size_t used, struct cxa_hasher *hasher)
{
	if (event == CXA_WALK_MEMBER && walk->count < WALK_MEMBERS_MAX) {
		walk->members[walk->count++] = walker->member;
		cxa_hasher_init(hasher);
		walk_note(walk, 'm');
	} else if (event == CXA_WALK_DATA) {
		cxa_hasher_update(hasher, data, used);
		walk_note(walk, 'd');
	} else if (event == CXA_WALK_DONE) {
		cxa_hasher_final(hasher, &walk->digests[walk->count - 1]);
		walk_note(walk, '.');
	} else if (event == CXA_WALK_END) {
		walk_note(walk, '!');
	}
}

/* @piece: bytes given at a time, from heap blocks of just that size. */
static void walk_bytes(struct walk *walk, const uint8_t *data, size_t size,
		       size_t piece)
{
	struct cxa_error none = CXA_ERROR_INIT;
	struct cxa_hasher hasher;
	struct cxa_walker walker;

	memset(walk, 0, sizeof(*walk));
	walk->error = none;
	cxa_walker_init(&walker);
	while (size != 0 && walk->status == 0) {
		size_t given = piece < size ? piece : size;
		uint8_t *copy = malloc(given);
		size_t at = 0;

		memcpy(copy, data, given);
		while (at < given && walk->status == 0) {
			enum cxa_walk_event event;
			size_t used;

			walk->status = cxa_walker_feed(&walker, copy + at,
						       given - at, &used,
						       &event, &walk->error);
			walk_event(walk, &walker, event, copy + at, used,
				   &hasher);
			at += used;
		}
		free(copy);
		data += given;
		size -= given;
	}
	walk->at_end = cxa_walker_at_end(&walker);
}

static const uint8_t *walk_data(const uint8_t *data,
				const struct cxa_member *member)
{
	return data + member->offset;
}

/* Every line of B2SUMS, in order, and nothing but those. */
static bool sums_hold(const struct walk *walk, const uint8_t *data)
{
	const struct cxa_member *sums = &walk->members[walk->count - 2];
	const uint8_t *text = walk_data(data, sums);
	struct cxa_member line;
	size_t offset = 0;

	for (size_t i = 0; i + 2 < walk->count; i++)
		if (cxa_sums_next(text, (size_t)sums->size, &offset, &line,
				  NULL) != 0 ||
		    strcmp(line.name, walk->members[i].name) != 0 ||
		    !cxa_digest_equal(&line.digest, &walk->digests[i]))
			return false;
	return offset == sums->size;
}

/*
 * All that the form and the digests say, members' content aside: is this a
 * whole archive to which nothing was done?
 */
__attribute__((unused))
static bool is_sound(const uint8_t *data, size_t size)
{
	struct cxa_arena arena = { 0 };
	struct cxa_trailer trailer;
	Cxa__Header *header;
	struct walk walk;
	bool sound;

	walk_bytes(&walk, data, size, size);
	if (walk.status != 0 || !walk.at_end)
		return false;
	for (size_t i = 0; i < walk.count; i++)
		if (walk.members[i].has_digest &&
		    !cxa_digest_equal(&walk.members[i].digest,
				      &walk.digests[i]))
			return false;
	sound = cxa_header_decode(walk_data(data, &walk.members[0]),
				  (size_t)walk.members[0].size, CXA_TO_REWRITE,
				  NULL, &arena, &header, NULL) == 0 &&
		cxa_trailer_decode(&trailer,
				   walk_data(data,
					     &walk.members[walk.count - 1]),
				   NULL) == 0 &&
		cxa_digest_equal(&trailer.root,
				 &walk.digests[walk.count - 2]) &&
		sums_hold(&walk, data);
	cxa_arena_release(&arena);
	return sound;
}

#endif
