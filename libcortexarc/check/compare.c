/* compare.c - INDEX, B2SUMS, TRAILER and what was met: do all agree? */
#include "check/walk.h"

#include <stdio.h>
#include <stdlib.h>

#include "container/header.h"
#include "container/index.h"
#include "container/sums.h"
#include "container/walker.h"
#include "record/collection.h"

/* Lines of B2SUMS, or members, before those of batches. */
enum { BEFORE_BATCHES = 2 };

#define OTHER_NAMES "it does not name the members that INDEX names"

/* So many lookups among the issues; what more is missing is only counted. */
enum { LOOKUPS = 10000 };

static int by_name(const void *a, const void *b)
{
	const struct cxa_walked *left = *(struct cxa_walked *const *)a;
	const struct cxa_walked *right = *(struct cxa_walked *const *)b;
	int order = strcmp(left->member.name, right->member.name);

	return order != 0 ? order : (left > right) - (left < right);
}

static int sort_members(struct cxa_walk *walk, struct cxa_error *error)
{
	walk->by_name = calloc(walk->count + 1, sizeof(struct cxa_walked *));
	if (walk->by_name == NULL)
		return cxa_error_nomem(error, "the list of members");
	for (size_t i = 0; i < walk->count; i++)
		walk->by_name[i] = &walk->members[i];
	qsort(walk->by_name, walk->count, sizeof(struct cxa_walked *),
	      by_name);
	return 0;
}

/* Of one name the first that was met. */
static struct cxa_walked *find(struct cxa_walk *walk, const char *name)
{
	size_t first = 0;
	size_t count = walk->count;

	while (count != 0) {
		size_t half = count / 2;

		if (strcmp(walk->by_name[first + half]->member.name, name) <
		    0) {
			first += half + 1;
			count -= half + 1;
		} else {
			count = half;
		}
	}
	return first < walk->count &&
			       strcmp(walk->by_name[first]->member.name,
				      name) == 0 ?
		       walk->by_name[first] : NULL;
}

/* The first of @kind that is sound so far; NULL: none, or told already. */
static struct cxa_walked *sound(struct cxa_walk *walk, enum cxa_member_kind kind)
{
	struct cxa_walked *walked = find(walk, cxa_member_name(kind));

	return walked == NULL || walked->faulty ? NULL : walked;
}

static void disagree(struct cxa_walk *walk, struct cxa_walked *walked,
		     const char *what)
{
	walked->faulty = true;
	cxa_report_add(walk->report, &cxa_rule_disagree, walked->member.name,
		       walked->member.offset, "%s", what);
}

static void entry_name(const Cxa__IndexEntry *entry,
		       char name[CXA_MEMBER_NAME_MAX + 1])
{
	memset(name, 0, CXA_MEMBER_NAME_MAX + 1);
	memcpy(name, entry->member.data, entry->member.len);
}

static void tell_loss(struct cxa_issue *issue, const Cxa__IndexEntry *entry,
		      const struct cxa_member *member)
{
	if (issue == NULL || issue->has_lost)
		return;
	issue->has_lost = true;
	issue->lost_collection = member->collection;
	issue->lost_first = entry->first_id;
	issue->lost_last = entry->last_id;
	issue->lost_records = entry->records;
}

/* Nothing is missing where records were lost: the loss is told already. */
static void lose(struct cxa_walk *walk, const Cxa__IndexEntry *entry,
		 const struct cxa_member *member)
{
	if (walk->graph != NULL)
		cxa_graph_lose(walk->graph, member->collection, entry->first_id,
			       entry->last_id);
}

static bool is_digest(const ProtobufCBinaryData *data,
		      const struct cxa_digest *digest)
{
	return data->len == CXA_DIGEST_BYTES &&
	       memcmp(data->data, digest->bytes, CXA_DIGEST_BYTES) == 0;
}

/* Damage in headers only: are the bytes, where INDEX places them, still there? */
static bool data_intact(struct cxa_walk *walk, const Cxa__IndexEntry *entry)
{
	struct cxa_buffer data = { 0 };
	struct cxa_digest digest;
	size_t got = 0;
	bool intact = false;

	if (!walk->input->seekable || entry->offset > walk->input->size ||
	    entry->stored_size > walk->input->size - entry->offset ||
	    entry->stored_size > walk->context->limits.batch_bytes ||
	    cxa_buffer_room(&data, entry->stored_size) == NULL)
		return false;
	if (cxa_input_read_at(walk->input, entry->offset, data.data,
			      (size_t)entry->stored_size, &got, NULL) == 0 &&
	    got == entry->stored_size) {
		cxa_digest_of(&digest, data.data, got);
		intact = is_digest(&entry->stored_digest, &digest);
	}
	cxa_buffer_release(&data);
	return intact;
}

/* The issue of a damage from @start to @end that left no name gets @name. */
static struct cxa_issue *name_issue(struct cxa_walk *walk, uint64_t start,
				    uint64_t end, const char *name)
{
	struct cxa_report *report = walk->report;

	for (size_t i = 0; i < report->issue_count; i++) {
		/* The list is ours; only its readers see it const. */
		struct cxa_issue *issue = (struct cxa_issue *)(uintptr_t)
						  &report->issues[i];

		if (issue->member[0] != '\0' || issue->offset < start ||
		    issue->offset >= end)
			continue;
		snprintf(issue->member, sizeof(issue->member), "%s", name);
		issue->entity_type = "member";
		return issue;
	}
	return NULL;
}

/* The issue that already tells of the damage at this entry's place. */
static struct cxa_issue *issue_at(struct cxa_walk *walk,
				  const Cxa__IndexEntry *entry,
				  const char *name)
{
	struct cxa_issue *issue;

	if (walk->lookups == LOOKUPS)
		return NULL;
	walk->lookups++;
	issue = cxa_report_find(walk->report, name);
	if (issue != NULL)
		return issue;
	return name_issue(walk,
			  entry->offset - cxa_preamble_bytes(CXA_MEMBER_BATCH),
			  entry->offset + entry->stored_size, name);
}

static void tell_missing(struct cxa_walk *walk, const Cxa__IndexEntry *entry,
			 const struct cxa_member *member)
{
	struct cxa_issue *issue = issue_at(walk, entry, member->name);

	lose(walk, entry, member);
	if (issue == NULL)
		issue = cxa_report_add(walk->report, &cxa_rule_missing,
				       member->name, entry->offset,
				       "INDEX tells of it, but it is not there");
	if (!data_intact(walk, entry))
		tell_loss(issue, entry, member);
	else if (issue != NULL)
		snprintf(issue->description + strlen(issue->description),
			 sizeof(issue->description) -
				 strlen(issue->description),
			 "; its data is intact");
}

static void compare_entry(struct cxa_walk *walk, const Cxa__IndexEntry *entry,
			  struct cxa_walked *walked)
{
	const struct cxa_member *member = &walked->member;
	const struct cxa_id_run *ids = &walked->ids;

	cxa_report_check(walk->report, 1);
	if (!walked->decoded)
		lose(walk, entry, member);
	if (walked->faulty) {
		struct cxa_issue *issue = cxa_report_find(walk->report,
							  member->name);

		/* A damaged pax header or padding leaves the data as it is. */
		if (walked->hashed &&
		    is_digest(&entry->stored_digest, &walked->actual) &&
		    !walked->decoded && issue != NULL &&
		    issue->type == CXA_HASH_MISMATCH)
			snprintf(issue->description, sizeof(issue->description),
				 "the digest in its pax header is damaged; its "
				 "data is intact");
		else if (!walked->decoded && walked->hashed)
			tell_loss(issue, entry, member);
		return;
	}
	if (entry->offset != member->offset ||
	    entry->stored_size != member->size ||
	    !is_digest(&entry->stored_digest, &member->digest))
		disagree(walk, walked, "INDEX has another place, size or digest "
				       "for it than its tar headers");
	else if (walked->decoded &&
		 (ids->count != entry->records ||
		  ids->first != entry->first_id || ids->last != entry->last_id))
		disagree(walk, walked, "its records are not those INDEX tells "
				       "of");
	else if (walked->decoded &&
		 (walked->raw_size != entry->raw_size ||
		  !is_digest(&entry->raw_digest, &walked->raw_digest)))
		disagree(walk, walked, "its raw bytes are not those INDEX "
				       "tells of");
}

static void compare_index(struct cxa_walk *walk)
{
	const Cxa__Index *index = walk->index;
	char name[CXA_MEMBER_NAME_MAX + 1];
	struct cxa_member member;
	struct cxa_walked *walked;
	size_t at = 0; /* members come in the same order: no search is needed */

	for (size_t i = 0; i < index->n_entries; i++) {
		const Cxa__IndexEntry *entry = index->entries[i];

		entry_name(entry, name);
		cxa_member_parse(&member, name);
		walk->report->records[member.collection] += entry->records;
		if (at < walk->count &&
		    strcmp(walk->members[at].member.name, name) == 0)
			walked = &walk->members[at];
		else
			walked = find(walk, name);
		if (walked == NULL) {
			tell_missing(walk, entry, &member);
			continue;
		}
		at = (size_t)(walked - walk->members) + 1;
		walked->indexed = true;
		compare_entry(walk, entry, walked);
	}
	for (size_t i = 0; i < walk->count; i++) {
		walked = &walk->members[i];
		if (walked->member.kind == CXA_MEMBER_BATCH && !walked->indexed)
			disagree(walk, walked, "INDEX does not tell of it");
	}
}

/*
 * Without INDEX, sound batches on either side bound what a damaged one held.
 * Where they leave no id between them nothing is said: ids are out of order,
 * or it held none.
 */
static void infer_loss(struct cxa_walk *walk, size_t damaged)
{
	enum cxa_collection collection =
		walk->members[damaged].member.collection;
	struct cxa_issue *issue = cxa_report_find(
		walk->report, walk->members[damaged].member.name);
	uint64_t first = 0;
	uint64_t behind = 0; /* the first id behind it; 0: none is known */

	if (issue == NULL)
		return;
	for (size_t i = 0; i < walk->count; i++) {
		const struct cxa_walked *one = &walk->members[i];

		if (!one->decoded || one->member.collection != collection)
			continue;
		if (i < damaged ? one->ids.last == UINT64_MAX :
				  one->ids.first == 0)
			return;
		if (i < damaged)
			first = one->ids.last + 1;
		else if (behind == 0)
			behind = one->ids.first;
	}
	if (behind != 0 && first >= behind)
		return;
	issue->has_lost = true;
	issue->lost_collection = collection;
	issue->lost_first = first;
	issue->lost_last = behind - 1;
}

static bool has_faulty(const struct cxa_walk *walk,
		       enum cxa_collection collection)
{
	for (size_t i = 0; i < walk->count; i++)
		if (walk->members[i].member.kind == CXA_MEMBER_BATCH &&
		    walk->members[i].member.collection == collection &&
		    !walk->members[i].decoded)
			return true;
	return false;
}

/*
 * Without INDEX nobody knows which ids a batch held that was not read, nor
 * whether there was one: all between its sound neighbours may be lost.
 */
static void lose_holes(struct cxa_walk *walk)
{
	uint64_t next[CXA_COLLECTION_COUNT] = { 0 };   /* id */
	uint32_t number[CXA_COLLECTION_COUNT] = { 0 }; /* of the next batch */
	bool full[CXA_COLLECTION_COUNT] = { false };   /* up to the last id */
	int last = 0; /* collection that anything was met of */

	for (size_t i = 0; i < walk->count; i++) {
		const struct cxa_walked *walked = &walk->members[i];
		enum cxa_collection collection = walked->member.collection;

		if (walked->member.kind == CXA_MEMBER_BATCH)
			last = (int)collection;
		if (walked->member.kind != CXA_MEMBER_BATCH || !walked->decoded)
			continue;
		if (walked->member.number != number[collection] &&
		    walked->ids.first != 0)
			cxa_graph_lose(walk->graph, collection,
				       next[collection],
				       walked->ids.first - 1);
		number[collection] = walked->member.number + 1;
		next[collection] = walked->ids.last + 1;
		full[collection] = walked->ids.last == UINT64_MAX;
	}
	for (int i = 0; i < CXA_COLLECTION_COUNT; i++)
		if (!full[i] && ((!walk->ended && i >= last) || walk->skipped ||
				 has_faulty(walk, (enum cxa_collection)i)))
			cxa_graph_lose(walk->graph, (enum cxa_collection)i,
				       next[i], UINT64_MAX);
}

/* A cut archive: up to which record all is sound. */
static void tell_last(struct cxa_walk *walk, const struct cxa_walked *last)
{
	for (size_t i = 0; i < walk->report->issue_count; i++) {
		struct cxa_issue *issue = (struct cxa_issue *)(uintptr_t)
						  &walk->report->issues[i];
		size_t used = strlen(issue->description);

		if (issue->rule == cxa_rule_truncated.rule)
			snprintf(issue->description + used,
				 sizeof(issue->description) - used,
				 "; the last record before that is %s %llu",
				 cxa_collection_info(last->member.collection)
					 ->record_name,
				 (unsigned long long)last->ids.last);
	}
}

static void compare_without_index(struct cxa_walk *walk)
{
	const struct cxa_walked *last = NULL;

	for (size_t i = 0; i < walk->count; i++) {
		const struct cxa_walked *walked = &walk->members[i];

		if (walked->member.kind != CXA_MEMBER_BATCH)
			continue;
		if (walked->decoded) {
			walk->report->records[walked->member.collection] +=
				walked->ids.count;
			last = walked;
		} else if (walked->faulty && walked->hashed) {
			infer_loss(walk, i);
		}
	}
	if (last != NULL)
		tell_last(walk, last);
	if (walk->graph != NULL)
		lose_holes(walk);
}

static const char *compare_line(struct cxa_walk *walk,
				const struct cxa_member *line)
{
	struct cxa_walked *walked = find(walk, line->name);
	const struct cxa_digest *digest;

	cxa_report_check(walk->report, 1);
	if (walked == NULL)
		return cxa_report_find(walk->report, line->name) != NULL ||
				       !walk->ended || walk->index == NULL ||
				       line->kind == CXA_MEMBER_BATCH ?
			       NULL :
			       "B2SUMS tells of it, but it is not there";
	if (walked->faulty)
		return NULL;
	digest = walked->hashed ? &walked->actual : &walked->member.digest;
	if (!cxa_digest_equal(digest, &line->digest))
		disagree(walk, walked, "B2SUMS has another digest for it");
	return NULL;
}

/* Does INDEX, where it is sound, tell of what the @number-th line names? */
static bool is_indexed(const struct cxa_walk *walk, size_t number,
		       const struct cxa_member *line)
{
	const Cxa__Index *index = walk->index;
	const ProtobufCBinaryData *name;

	if (index == NULL || line->kind != CXA_MEMBER_BATCH)
		return true;
	if (number < BEFORE_BATCHES ||
	    number - BEFORE_BATCHES >= index->n_entries)
		return false;
	name = &index->entries[number - BEFORE_BATCHES]->member;
	return name->len == strlen(line->name) &&
	       memcmp(name->data, line->name, name->len) == 0;
}

static void compare_sums(struct cxa_walk *walk)
{
	struct cxa_walked *sums = sound(walk, CXA_MEMBER_SUMS);
	struct cxa_error inner = CXA_ERROR_INIT;
	struct cxa_member before;
	struct cxa_member line;
	size_t offset = 0;
	size_t lines = 0;
	int status = 0;

	if (sums == NULL || !walk->has_sums)
		return;
	while (status == 0) {
		const char *wrong;

		status = cxa_sums_next(walk->sums.data, walk->sums.size,
				       &offset, &line, &inner);
		if (status != 0)
			break;
		if (!cxa_member_follows(lines == 0 ? NULL : &before, &line))
			status = cxa_error_set(&inner, CXA_ERR_CORRUPT,
					       "its lines are out of order");
		else if (!is_indexed(walk, lines, &line))
			status = cxa_error_set(&inner, CXA_ERR_CORRUPT,
					       OTHER_NAMES);
		before = line;
		lines++;
		wrong = compare_line(walk, &line);
		if (wrong != NULL)
			cxa_report_add(walk->report, &cxa_rule_missing,
				       line.name, UINT64_MAX, "%s", wrong);
	}
	if (status < 0)
		disagree(walk, sums, inner.message);
	else if (walk->index != NULL &&
		 lines != BEFORE_BATCHES + walk->index->n_entries + 1)
		disagree(walk, sums, OTHER_NAMES);
}

static void compare_trailer(struct cxa_walk *walk)
{
	struct cxa_walked *trailer = sound(walk, CXA_MEMBER_TRAILER);
	struct cxa_walked *index = sound(walk, CXA_MEMBER_INDEX);
	struct cxa_walked *sums = sound(walk, CXA_MEMBER_SUMS);
	const struct cxa_trailer *says = &walk->trailer;

	if (trailer == NULL || !walk->has_trailer)
		return;
	cxa_report_check(walk->report, 3);
	if (walk->header != NULL && !cxa_trailer_agrees(says, walk->header))
		disagree(walk, trailer, "it tells of another version than "
					"CORTEXARC");
	if (sums != NULL && !cxa_digest_equal(&sums->actual, &says->root)) {
		sums->faulty = true;
		cxa_report_add(walk->report, &cxa_rule_digest,
			       sums->member.name, sums->member.offset,
			       "B2SUMS does not match the root hash in TRAILER");
	} else if (sums != NULL && (says->sums_offset != sums->member.offset ||
				    says->sums_size != sums->member.size)) {
		disagree(walk, trailer, "it places B2SUMS elsewhere");
	}
	if (index != NULL &&
	    (says->index_offset != index->member.offset ||
	     says->index_size != index->member.size ||
	     !cxa_digest_equal(&says->index_digest, &index->actual)))
		disagree(walk, trailer, "it tells of another INDEX");
}

/* Singles that were not met and that no issue names. */
static void compare_singles(struct cxa_walk *walk)
{
	static const enum cxa_member_kind kinds[] = {
		CXA_MEMBER_HEADER, CXA_MEMBER_SCHEMA, CXA_MEMBER_INDEX,
		CXA_MEMBER_SUMS, CXA_MEMBER_TRAILER };

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		const char *name = cxa_member_name(kinds[i]);

		if (find(walk, name) == NULL && walk->ended &&
		    cxa_report_find(walk->report, name) == NULL &&
		    walk->report->failed == 0)
			cxa_report_add(walk->report, &cxa_rule_missing, name,
				       UINT64_MAX, "it is missing");
	}
}

static void compare_time(struct cxa_walk *walk)
{
	if (walk->header == NULL || !walk->has_mtime)
		return;
	cxa_report_check(walk->report, 1);
	if (cxa_header_mtime(walk->header) != walk->mtime)
		cxa_report_add(walk->report, &cxa_rule_canonical, "CORTEXARC",
			       0, "the members' time is not the header's "
				  "created_at");
}

/* Damage that left no name, where TRAILER knows what stood there. */
static void name_by_place(struct cxa_walk *walk)
{
	const struct cxa_trailer *says = &walk->trailer;
	const struct {
		enum cxa_member_kind kind;
		uint64_t offset;
		uint64_t size;
	} places[] = {
		{ CXA_MEMBER_INDEX, says->index_offset, says->index_size },
		{ CXA_MEMBER_SUMS, says->sums_offset, says->sums_size },
	};

	for (size_t i = 0; i < 2 && walk->has_trailer; i++)
		name_issue(walk, places[i].offset -
				 cxa_preamble_bytes(places[i].kind),
			   places[i].offset + places[i].size,
			   cxa_member_name(places[i].kind));
}

int cxa_walk_compare(struct cxa_walk *walk, struct cxa_error *error)
{
	int status = sort_members(walk, error);

	if (status < 0)
		return status;
	name_by_place(walk);
	compare_time(walk);
	compare_trailer(walk);
	if (walk->index != NULL)
		compare_index(walk);
	else
		compare_without_index(walk);
	compare_sums(walk);
	compare_singles(walk);
	return 0;
}
