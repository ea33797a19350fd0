/* migration.c - the table of migrations, and what its steps do */
#include "check/migration.h"

#include "base/wire.h"
#include "record/collection.h"
#include "record/content_hash.h"

/* Field numbers of records.proto: given once, never changed. */
enum { STATE_VERSION = 7 };

/* A hash in a record, and the text it is of. */
struct hashed {
	const char *name;
	uint64_t hash_field;
	uint64_t text_field;
};

static const struct hashed *hashed_of(enum cxa_collection collection)
{
	static const struct hashed concept = { "content_hash", 3, 2 };
	static const struct hashed query = { "query_hash", 1, 2 };

	if (collection == CXA_CONCEPTS)
		return &concept;
	return collection == CXA_QUERY_CACHE ? &query : NULL;
}

static int find_field(enum cxa_collection collection,
		      const struct cxa_record *record, uint64_t number,
		      unsigned wire_type, struct cxa_wire_field *field,
		      struct cxa_error *error)
{
	const uint8_t *cursor = record->data;
	const uint8_t *end = cursor + record->size;

	while (cxa_wire_next(&cursor, end, field))
		if (field->number == number && field->wire_type == wire_type)
			return 0;
	return cxa_error_set(error, CXA_ERR_CORRUPT,
			     "%s %llu does not decode",
			     cxa_collection_info(collection)->record_name,
			     (unsigned long long)record->id);
}

/* Append @record to @out with @value instead of what @field holds. */
static int put_changed(struct cxa_batch *out, const struct cxa_record *record,
		       const struct cxa_wire_field *field, uint64_t value,
		       struct cxa_error *error)
{
	size_t before = (size_t)(field->data - record->data);
	size_t behind = before + cxa_varint_size(field->value);
	size_t size = record->size - behind + before + cxa_varint_size(value);
	struct cxa_record changed = { .id = record->id, .size = size };
	uint8_t *data = cxa_arena_alloc(cxa_batch_arena(out), size);
	uint8_t *end;

	if (data == NULL)
		return cxa_error_nomem(error, "a record");
	memcpy(data, record->data, before);
	end = cxa_varint_put(data + before, value);
	memcpy(end, record->data + behind, record->size - behind);
	changed.data = data;
	cxa_record_key(out->collection, data, size, &changed.id);
	return cxa_batch_add_row(out, &changed, error);
}

/* Stop, or with --repair take note of it and go on. */
static int refuse(struct cxa_migration_work *work,
		  const struct cxa_record *record,
		  const struct cxa_migration *step, const char *field,
		  uint64_t found, uint64_t expected, struct cxa_error *error)
{
	struct cxa_wrong_value wrong = {
		.collection = work->batch->collection,
		.record_name = cxa_collection_info(work->batch->collection)
				       ->record_name,
		.field = field,
		.id = record->id,
		.found = found,
		.expected = expected,
	};

	if (work->repair) {
		cxa_buffer_append(&work->wrong, &wrong, sizeof(wrong));
		return work->wrong.failed ?
			       cxa_error_nomem(error, "wrong values") : 0;
	}
	cxa_error_set(error, CXA_ERR_CORRUPT,
		      "%s %llu: its %s is %llu, and by data_version %u it "
		      "should be %llu", wrong.record_name,
		      (unsigned long long)record->id, field,
		      (unsigned long long)found, (unsigned)step->from,
		      (unsigned long long)expected);
	return cxa_error_hint(error, "with --repair it is put right and told, "
				     "and so is every other");
}

/* --- 1 to 2 and 2 to 1: another hash --------------------------------------- */

static int put_rehashed(const struct cxa_migration *step,
			struct cxa_migration_work *work,
			const struct cxa_record *record, struct cxa_batch *out,
			struct cxa_error *error)
{
	const struct hashed *hashed = hashed_of(out->collection);
	struct cxa_wire_field hash = { 0 };
	struct cxa_wire_field text = { 0 };
	uint64_t before = 0;
	uint64_t after = 0;
	int status = find_field(out->collection, record, hashed->hash_field,
				CXA_WIRE_VARINT, &hash, error);

	if (status == 0)
		status = find_field(out->collection, record,
				    hashed->text_field, CXA_WIRE_BYTES, &text,
				    error);
	if (status < 0)
		return status;
	cxa_content_hash_of(step->from, text.data, (size_t)text.value,
			    &before);
	cxa_content_hash_of(step->to, text.data, (size_t)text.value, &after);
	work->checked++;
	if (hash.value != before)
		status = refuse(work, record, step, hashed->name, hash.value,
				before, error);
	return status == 0 ? put_changed(out, record, &hash, after, error) :
			     status;
}

/*
 * Of a state whose version was the new data_version beforehand, nothing would
 * say on the way back that it had been.
 */
static int put_state(const struct cxa_migration *step,
		     struct cxa_migration_work *work,
		     const struct cxa_record *record, struct cxa_batch *out,
		     struct cxa_error *error)
{
	struct cxa_wire_field version = { 0 };
	int status = find_field(out->collection, record, STATE_VERSION,
				CXA_WIRE_VARINT, &version, error);
	uint64_t value = version.value;

	if (status < 0)
		return status;
	work->checked++;
	if (value == step->to && step->to > step->from)
		status = refuse(work, record, step, "version", value,
				step->from, error);
	if (value == step->from)
		value = step->to;
	return status == 0 ? put_changed(out, record, &version, value, error) :
			     status;
}

static int rehash(const struct cxa_migration *step,
		  struct cxa_migration_work *work, struct cxa_error *error)
{
	const struct cxa_batch *from = work->batch;
	struct cxa_batch *out = NULL;
	int (*put)(const struct cxa_migration *, struct cxa_migration_work *,
		   const struct cxa_record *, struct cxa_batch *,
		   struct cxa_error *) =
		from->collection == CXA_SYSTEM_STATE ? put_state :
						       put_rehashed;
	int status;

	if (put == put_rehashed && hashed_of(from->collection) == NULL)
		return 0;
	status = cxa_batch_new(&out, from->collection, error);
	for (size_t i = 0; i < from->count && status == 0; i++)
		status = put(step, work, &from->records[i], out, error);
	if (status < 0) {
		cxa_batch_unref(out);
		return status;
	}
	cxa_batch_unref(work->batch);
	work->batch = out;
	return 0;
}

/* --- the table ---------------------------------------------------------------- */

static const struct cxa_migration migrations[] = {
	{ 1, 2, "hashes by BLAKE2b-256", 1u << CXA_QUERY_CACHE, rehash },
	{ 2, 1, "hashes by SipHash-1-3", 1u << CXA_QUERY_CACHE, rehash },
};

/* The step that leads away from @from towards @to. */
static const struct cxa_migration *find_step(uint32_t from, uint32_t to)
{
	for (size_t i = 0; i < sizeof(migrations) / sizeof(migrations[0]);
	     i++) {
		const struct cxa_migration *step = &migrations[i];

		if (step->from == from && (step->to > from) == (to > from))
			return step;
	}
	return NULL;
}

int cxa_migration_find(struct cxa_migration_chain *out, uint32_t from,
		       uint32_t to, struct cxa_error *error)
{
	uint32_t at = from;

	out->count = 0;
	while (at != to) {
		const struct cxa_migration *step = find_step(at, to);

		if (step == NULL || out->count == CXA_MIGRATION_STEPS_MAX)
			return cxa_error_set(error, CXA_ERR_USAGE,
					     "no migration leads from "
					     "data_version %u to %u",
					     (unsigned)from, (unsigned)to);
		out->steps[out->count++] = step;
		at = step->to;
	}
	return 0;
}

bool cxa_migration_rekeys(const struct cxa_migration_chain *chain,
			  enum cxa_collection collection)
{
	for (size_t i = 0; i < chain->count; i++)
		if ((chain->steps[i]->rekeyed >> collection & 1) != 0)
			return true;
	return false;
}

int cxa_migration_run(const struct cxa_migration_chain *chain,
		      struct cxa_migration_work *work, struct cxa_error *error)
{
	int status = 0;

	for (size_t i = 0; i < chain->count && status == 0; i++)
		status = chain->steps[i]->run(chain->steps[i], work, error);
	return status;
}
