/* scan.c - what can be said of a batch's records one by one, on a worker */
#include <float.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include "base/bytes.h"
#include "base/wire.h"
#include "check/graph.h"
#include "record/batch.h"
#include "record/collection.h"
#include "record/content_hash.h"

enum { DEPTH_MAX = 10, PATH_BYTES = 200 };

enum wire_type { VARINT = 0, FIXED64 = 1, BYTES = 2, FIXED32 = 5 };

/* Values that are wrong in themselves: the first of a record, and how many. */
enum fault_kind { FAULT_FINITE, FAULT_UNIT, FAULT_TIME, FAULT_COUNT };

static const enum cxa_rule_id fault_rules[FAULT_COUNT] = {
	CXA_RULE_FINITE, CXA_RULE_UNIT_RANGE, CXA_RULE_TIMESTAMP };

struct fault {
	uint64_t count;
	char text[PATH_BYTES + 60];
};

/* The record being looked at. */
struct visit {
	struct cxa_graph *graph;
	struct cxa_part *part;
	uint64_t id;
	struct {
		const struct cxa_field *field;
		size_t index;
	} path[DEPTH_MAX];
	unsigned depth;
	uint32_t present; /* bit of each slot */
	uint64_t slots[CXA_SLOT_COUNT];
	const uint8_t *text;
	size_t text_size;
	struct fault faults[FAULT_COUNT];
};

/* --- findings -------------------------------------------------------------- */

void cxa_part_find(struct cxa_part *part, enum cxa_rule_id rule, uint64_t id,
		   const char *format, ...)
{
	struct cxa_finding finding = { rule, id, part->texts.size };
	char text[400];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	cxa_buffer_append(&part->texts, text, strlen(text) + 1);
	cxa_buffer_append(&part->findings, &finding, sizeof(finding));
}

void cxa_part_note(struct cxa_part *part, enum cxa_note_kind kind, uint64_t id,
		   const uint64_t *values)
{
	struct cxa_note note = { .kind = kind, .id = id };

	memcpy(note.values, values,
	       (kind == CXA_NOTE_LENGTHS ? CXA_VECTORS : 1) * sizeof(*values));
	cxa_note_append(&part->notes, &part->note_last, &note);
}

static void put_path(const struct visit *visit, char out[PATH_BYTES])
{
	size_t used = 0;

	for (unsigned i = 0; i <= visit->depth && used < PATH_BYTES - 1; i++) {
		const struct cxa_field *field = visit->path[i].field;
		bool is_list = field->descriptor->label ==
			       PROTOBUF_C_LABEL_REPEATED;
		int size = snprintf(out + used, PATH_BYTES - used,
				    is_list ? "%s%.*s[%zu]" : "%s%.*s",
				    i == 0 ? "" : ".",
				    (int)field->json_name_size,
				    field->json_name, visit->path[i].index);

		used += (size_t)size;
	}
}

static struct fault *add_fault(struct visit *visit, enum fault_kind kind)
{
	struct fault *fault = &visit->faults[kind];

	return fault->count++ == 0 ? fault : NULL;
}

static void fault_of_value(struct visit *visit, enum fault_kind kind,
			   double value, const char *what)
{
	struct fault *fault = add_fault(visit, kind);
	char path[PATH_BYTES];

	if (fault == NULL)
		return;
	put_path(visit, path);
	if (what != NULL)
		snprintf(fault->text, sizeof(fault->text), "%s is %s", path,
			 what);
	else
		snprintf(fault->text, sizeof(fault->text),
			 "%s is %g, outside 0..1", path, value);
}

static void tell_faults(struct visit *visit)
{
	for (int i = 0; i < FAULT_COUNT; i++) {
		const struct fault *fault = &visit->faults[i];

		if (fault->count == 1)
			cxa_part_find(visit->part, fault_rules[i], visit->id,
				      "%s", fault->text);
		else if (fault->count > 1)
			cxa_part_find(visit->part, fault_rules[i], visit->id,
				      "%s; so are %" PRIu64 " more values",
				      fault->text, fault->count - 1);
	}
}

/* --- fields ---------------------------------------------------------------- */

static const char *not_finite(double value)
{
	if (value != value)
		return "NaN";
	return value > 0 ? "infinite" : "minus infinity";
}

const char *cxa_time_fault(double ms)
{
	if (ms != ms)
		return "NaN";
	if (ms < 0)
		return "negative";
	return ms > DBL_MAX ? "infinite" : NULL;
}

static void see_float(struct visit *visit, const struct cxa_plan_field *entry,
		      const uint8_t *data)
{
	uint32_t bits = cxa_load32(data);
	float value;

	if ((entry->actions & (CXA_ACT_FINITE | CXA_ACT_UNIT)) == 0)
		return;
	memcpy(&value, &bits, sizeof(value));
	if ((bits & 0x7f800000) == 0x7f800000)
		fault_of_value(visit, FAULT_FINITE, value, not_finite(value));
	else if ((entry->actions & CXA_ACT_UNIT) != 0 &&
		 (value < 0 || value > 1))
		fault_of_value(visit, FAULT_UNIT, value, NULL);
}

static void see_double(struct visit *visit, const struct cxa_plan_field *entry,
		       const uint8_t *data)
{
	uint64_t bits = cxa_load64(data);
	const char *what;
	double value;

	memcpy(&value, &bits, sizeof(value));
	if ((entry->actions & CXA_ACT_TIME) != 0) {
		what = cxa_time_fault(value);
		if (what != NULL)
			fault_of_value(visit, FAULT_TIME, value, what);
	} else if ((entry->actions & CXA_ACT_FINITE) != 0 &&
		   (bits << 1) >> 53 == 0x7ff) {
		fault_of_value(visit, FAULT_FINITE, value, not_finite(value));
	}
	if ((entry->actions & CXA_ACT_KEEP) != 0) {
		visit->slots[entry->slot] = bits;
		visit->present |= UINT32_C(1) << entry->slot;
	}
}

enum cxa_collection cxa_note_target(enum cxa_note_kind kind)
{
	switch (kind) {
	case CXA_NOTE_SYNAPSE:
	case CXA_NOTE_NEIGHBOR:
	case CXA_NOTE_QUERY_COLUMN:
		return CXA_COLUMNS;
	case CXA_NOTE_SYNC_CONNECTION:
		return CXA_CONNECTIONS;
	case CXA_NOTE_SYNC_DEPENDENCY:
		return CXA_SYNC_QUEUE;
	default:
		return CXA_CONCEPTS;
	}
}

/* Is @id one of the batch's own? */
static bool is_here(const struct cxa_part *part, uint64_t id)
{
	const uint64_t *ids = (const void *)part->ids.data;
	size_t first = 0;
	size_t size = part->count;

	if (id < ids[0] || id > ids[size - 1])
		return false;
	if (id - ids[0] < size && ids[id - ids[0]] == id)
		return true;
	while (size > 1) {
		size_t half = size / 2;

		first += ids[first + half] <= id ? half : 0;
		size -= half;
	}
	return ids[first] == id;
}

/* What is not found now is noted: it may come yet, or its batch is lost. */
static void see_reference(struct visit *visit, enum cxa_note_kind kind,
			  uint64_t id)
{
	const struct cxa_graph *graph = visit->graph;
	enum cxa_collection target = cxa_note_target(kind);

	if ((graph->complete >> target & 1) != 0) {
		if (cxa_id_list_find(&graph->sets[target], id, NULL))
			return;
	} else if (target == visit->part->collection &&
		   is_here(visit->part, id)) {
		return;
	}
	cxa_part_note(visit->part, kind, visit->id, &id);
}

static void see_varint(struct visit *visit, const struct cxa_plan_field *entry,
		       uint64_t value)
{
	if ((entry->actions & CXA_ACT_REFERENCE) != 0)
		see_reference(visit, (enum cxa_note_kind)entry->note, value);
	if ((entry->actions & CXA_ACT_CREATES) != 0)
		cxa_buffer_append(&visit->part->created[entry->note ==
						CXA_NOTE_SYNC_CONNECTION],
				  &value, sizeof(value));
	if ((entry->actions & CXA_ACT_KEEP) != 0) {
		visit->slots[entry->slot] = value;
		visit->present |= UINT32_C(1) << entry->slot;
	}
}

static bool next_varint(const uint8_t **cursor, const uint8_t *end,
			uint64_t *value)
{
	if (*cursor != end && **cursor < 0x80) {
		*value = *(*cursor)++;
		return true;
	}
	return cxa_varint_get(cursor, end, value);
}

static void see_packed(struct visit *visit, const struct cxa_plan_field *entry,
		       const uint8_t *data, size_t size)
{
	const uint8_t *end = data + size;
	uint64_t value = 0;

	if ((entry->actions & CXA_ACT_REFERENCE) != 0) {
		while (data != end && next_varint(&data, end, &value))
			see_reference(visit, (enum cxa_note_kind)entry->note,
				      value);
		return;
	}
	for (; end - data >= 4; data += 4) {
		see_float(visit, entry, data);
		visit->path[visit->depth].index++;
	}
}

static void walk(struct visit *visit, const struct cxa_plan *plan,
		 const uint8_t *data, const uint8_t *end);

static void see_bytes(struct visit *visit, const struct cxa_plan_field *entry,
		      const uint8_t *data, size_t size)
{
	if ((entry->actions & CXA_ACT_DESCEND) != 0) {
		if (visit->depth + 1 == DEPTH_MAX)
			return;
		visit->depth++;
		walk(visit, entry->plan, data, data + size);
		visit->depth--;
	} else if ((entry->actions & CXA_ACT_KEEP) != 0) {
		visit->text = data;
		visit->text_size = size;
		visit->present |= UINT32_C(1) << entry->slot;
	} else if (entry->actions != 0) {
		see_packed(visit, entry, data, size);
	}
}

/* The fields of a message. Its encoding was checked; this only stays in it. */
static void walk(struct visit *visit, const struct cxa_plan *plan,
		 const uint8_t *data, const uint8_t *end)
{
	static const struct cxa_plan_field nothing;
	const struct cxa_plan_field *entry;
	uint64_t last = 0;
	uint64_t tag = 0;
	uint64_t value = 0;
	size_t index = 0;

	while (data != end && next_varint(&data, end, &tag)) {
		index = tag == last ? index + 1 : 0;
		last = tag;
		entry = tag >> 3 < CXA_PLAN_FIELDS ? &plan->fields[tag >> 3] :
						     &nothing;
		visit->path[visit->depth].field = entry->field;
		visit->path[visit->depth].index = index;
		switch (tag & 7) {
		case VARINT:
			if (!next_varint(&data, end, &value))
				return;
			see_varint(visit, entry, value);
			break;
		case FIXED64:
			if (end - data < 8)
				return;
			see_double(visit, entry, data);
			data += 8;
			break;
		case FIXED32:
			if (end - data < 4)
				return;
			see_float(visit, entry, data);
			data += 4;
			break;
		default:
			if (!next_varint(&data, end, &value) ||
			    value > (uint64_t)(end - data))
				return;
			see_bytes(visit, entry, data, (size_t)value);
			data += value;
		}
	}
}

/* --- records --------------------------------------------------------------- */

static double slot_time(const struct visit *visit, enum cxa_slot slot)
{
	double value;

	memcpy(&value, &visit->slots[slot], sizeof(value));
	return value;
}

static void check_version(struct visit *visit)
{
	struct cxa_part *part = visit->part;
	uint64_t version = visit->slots[CXA_SLOT_VERSION];
	uint32_t most = visit->graph->data_version;

	if ((visit->present >> CXA_SLOT_VERSION & 1) == 0 || most == 0)
		return;
	if (version > most || version > CXA_VERSION_MAX)
		cxa_part_find(part, CXA_RULE_RECORD_VERSION, visit->id,
			      "its version is %" PRIu64 ", above what data "
			      "version %" PRIu32 " has", version, most);
	else
		part->versions[version]++;
	if (version != part->run_version)
		cxa_part_note(part, CXA_NOTE_VERSION, visit->id, &version);
	part->run_version = version;
}

/* A time that is impossible in itself is told already. */
static void check_accessed(struct visit *visit, const char *created_name)
{
	double created = slot_time(visit, CXA_SLOT_CREATED);
	double accessed = slot_time(visit, CXA_SLOT_ACCESSED);
	struct fault *fault;

	if (cxa_time_fault(created) != NULL ||
	    cxa_time_fault(accessed) != NULL || accessed >= created)
		return;
	fault = add_fault(visit, FAULT_TIME);
	if (fault != NULL)
		snprintf(fault->text, sizeof(fault->text),
			 "last_accessed is %.0f ms before %s",
			 created - accessed, created_name);
}

static void check_hash(struct visit *visit, enum cxa_rule_id rule,
		       uint64_t stored, const char *of)
{
	uint64_t expected;

	if (!cxa_content_hash_of(visit->graph->data_version, visit->text,
				 visit->text_size, &expected) ||
	    expected == stored)
		return;
	cxa_part_find(visit->part, rule, visit->id,
		      "the hash is %" PRIu64 ", that of its %s %" PRIu64,
		      stored, of, expected);
}

static void end_concept(struct visit *visit)
{
	cxa_buffer_append(&visit->part->columns,
			  &visit->slots[CXA_SLOT_COLUMN], sizeof(uint64_t));
	if (visit->text_size == 0)
		cxa_part_find(visit->part, CXA_RULE_CONTENT_EMPTY, visit->id,
			      "its content is empty");
	else
		check_hash(visit, CXA_RULE_CONTENT_HASH,
			   visit->slots[CXA_SLOT_HASH], "content");
	check_accessed(visit, "created_timestamp");
}

static void end_column(struct visit *visit)
{
	struct cxa_graph *graph = visit->graph;
	uint64_t concept_id = visit->slots[CXA_SLOT_CONCEPT];
	size_t position;
	uint8_t flags = 0;

	if ((visit->present >> CXA_SLOT_CONCEPT & 1) != 0) {
		if (!cxa_id_list_find(&graph->sets[CXA_CONCEPTS], concept_id,
				      &position)) {
			flags = CXA_COLUMN_DANGLES;
			cxa_part_note(visit->part, CXA_NOTE_COLUMN_CONCEPT,
				      visit->id, &concept_id);
		} else {
			flags = CXA_COLUMN_CLAIMS;
			if (cxa_id_list_get(&graph->concept_columns,
					    position) == visit->id)
				cxa_concept_flag(graph, position,
						 CXA_CONCEPT_MUTUAL);
		}
	}
	cxa_buffer_byte(&visit->part->flags, flags);
}

static void end_query(struct visit *visit)
{
	double expiry = slot_time(visit, CXA_SLOT_EXPIRY);
	double now = visit->graph->now_ms;

	check_hash(visit, CXA_RULE_QUERY_HASH, visit->id, "query_text");
	if (visit->graph->has_now && cxa_time_fault(expiry) == NULL &&
	    expiry < now)
		cxa_part_find(visit->part, CXA_RULE_QUERY_EXPIRED, visit->id,
			      "it expired %.0f ms before this check's time",
			      now - expiry);
	check_accessed(visit, "created");
}

static void scan_record(struct visit *visit, const struct cxa_plan *plan,
			const struct cxa_record *record)
{
	visit->id = record->id;
	visit->present = 0;
	visit->text_size = 0;
	for (int i = 0; i < FAULT_COUNT; i++)
		visit->faults[i].count = 0;
	walk(visit, plan, record->data, record->data + record->size);
	switch (visit->part->collection) {
	case CXA_CONCEPTS:
		end_concept(visit);
		break;
	case CXA_COLUMNS:
		end_column(visit);
		break;
	case CXA_QUERY_CACHE:
		end_query(visit);
		break;
	case CXA_SYSTEM_STATE:
		memcpy(visit->part->slots, visit->slots, sizeof(visit->slots));
		break;
	default:
		break;
	}
	check_version(visit);
	tell_faults(visit);
}

/* --- batches --------------------------------------------------------------- */

static void reset(struct cxa_part *part, enum cxa_collection collection)
{
	struct cxa_buffer *buffers[] = {
		&part->records,    &part->ids,	       &part->columns,
		&part->flags,      &part->notes,       &part->findings,
		&part->texts,      &part->created[0], &part->created[1],
		&part->runs };

	for (size_t i = 0; i < sizeof(buffers) / sizeof(buffers[0]); i++)
		cxa_buffer_reset(buffers[i]);
	part->collection = collection;
	part->count = 0;
	part->note_last = 0;
	part->run_version = UINT64_MAX; /* so that the first begins a run */
	memset(part->versions, 0, sizeof(part->versions));
}

static void scan_rows(struct cxa_graph *graph, struct cxa_part *part)
{
	const struct cxa_record *records = (const void *)part->records.data;
	struct visit visit = { .graph = graph, .part = part };
	uint64_t *ids = (void *)cxa_buffer_room(&part->ids,
						part->count * sizeof(*ids));

	if (ids == NULL || part->count == 0)
		return;
	for (size_t i = 0; i < part->count; i++)
		ids[i] = records[i].id;
	part->ids.size = part->count * sizeof(*ids);
	if (part->collection == CXA_EMBEDDINGS) {
		cxa_graph_scan_embeddings(graph, part);
		return;
	}
	for (size_t i = 0; i < part->count; i++)
		scan_record(&visit, cxa_plan_of(part->collection), &records[i]);
}

void cxa_graph_scan(struct cxa_graph *graph, struct cxa_part *part,
		    enum cxa_collection collection,
		    const struct cxa_record *records, size_t count)
{
	reset(part, collection);
	cxa_buffer_append(&part->records, records, count * sizeof(*records));
	part->count = part->records.failed ? 0 : count;
	scan_rows(graph, part);
}

void cxa_graph_scan_raw(struct cxa_graph *graph, struct cxa_part *part,
			enum cxa_collection collection, const uint8_t *data,
			size_t size)
{
	const uint8_t *end = data + size;
	struct cxa_record record = { 0 };
	uint64_t length = 0;

	reset(part, collection);
	if (collection == CXA_EMBEDDINGS) {
		cxa_graph_scan_embedding_columns(graph, part, data, size);
		return;
	}
	while (data != end) {
		data++; /* the tag of records, the only one there is */
		if (!next_varint(&data, end, &length) ||
		    length > (uint64_t)(end - data))
			break;
		record.data = data;
		record.size = (size_t)length;
		cxa_record_key(collection, data, record.size, &record.id);
		cxa_buffer_append(&part->records, &record, sizeof(record));
		data += length;
	}
	part->count = part->records.size / sizeof(record);
	scan_rows(graph, part);
}

void cxa_part_release(struct cxa_part *part)
{
	cxa_buffer_release(&part->records);
	cxa_buffer_release(&part->ids);
	cxa_buffer_release(&part->columns);
	cxa_buffer_release(&part->flags);
	cxa_buffer_release(&part->notes);
	cxa_buffer_release(&part->findings);
	cxa_buffer_release(&part->texts);
	cxa_buffer_release(&part->created[0]);
	cxa_buffer_release(&part->created[1]);
	cxa_buffer_release(&part->runs);
}
