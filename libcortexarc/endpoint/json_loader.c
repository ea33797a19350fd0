/* json_loader.c - JSON records parsed on workers into a spool */
#include "endpoint/json_loader.h"

#include <stdio.h>
#include <stdlib.h>

#include "record/collection.h"
#include "record/json_text.h"
#include "record/json_verify.h"

enum { CHUNK_BYTES = 1 << 20 };

const struct cxa_json_part_info cxa_json_parts[CXA_PART_COUNT] = {
	[CXA_PART_METADATA] = { "metadata", CXA_CONCEPTS, false },
	[CXA_PART_CONCEPTS] = { "concepts", CXA_CONCEPTS, true },
	[CXA_PART_COLUMNS] = { "columns", CXA_COLUMNS, true },
	[CXA_PART_CONNECTIONS] = { "connections", CXA_CONNECTIONS, true },
	[CXA_PART_SYSTEM_STATE] = { "system_state", CXA_SYSTEM_STATE, false },
	[CXA_PART_QUERY_CACHE] = { "query_cache", CXA_QUERY_CACHE, true },
	[CXA_PART_SYNC_QUEUE] = { "sync_queue", CXA_SYNC_QUEUE, true },
};

/* A run of records on its way: their text, then their rows. Reused. */
struct job {
	struct cxa_json_loader *loader;
	enum cxa_collection collection;
	struct cxa_buffer text;
	struct cxa_buffer places; /* struct cxa_json_text each, data unset */
	struct cxa_arena arena;
	struct cxa_json_rules rules;
	struct cxa_segment records;
	struct cxa_segment embeddings;
	int status;
	struct cxa_error error;
};

struct cxa_json_loader {
	struct cxa_context *context;
	struct cxa_record_spool *spool;
	struct cxa_queue *queue;
	struct job *idle;
	struct job *pending;
	struct cxa_json_rules rules;
	struct cxa_arena arena; /* of the header */
	Cxa__Header header;
	struct cxa_buffer unknown; /* "name":value, ... */
	struct cxa_buffer names;   /* struct name, of these */
	bool has_metadata;
};

/* Of a member that is not known; it must not come twice. In the arena. */
struct name {
	const uint8_t *data;
	size_t size;
	struct cxa_json_text place; /* data unset */
};

static void free_job(void *pointer)
{
	struct job *job = pointer;

	if (job == NULL)
		return;
	cxa_buffer_release(&job->text);
	cxa_buffer_release(&job->places);
	cxa_arena_release(&job->arena);
	cxa_segment_release(&job->records);
	cxa_segment_release(&job->embeddings);
	free(job);
}

static int add_embedding(struct job *job, uint64_t id,
			 Cxa__Embeddings *embeddings, struct cxa_error *error)
{
	Cxa__Embedding embedding = CXA__EMBEDDING__INIT;

	if (embeddings == NULL)
		return cxa_segment_add_none(&job->embeddings, id, error);
	embedding.concept_id = id;
	embedding.embeddings = embeddings;
	return cxa_segment_add(&job->embeddings, id, &embedding.base, error);
}

/* What the text of a record leaves of the memory that one may take. */
static size_t budget(const struct job *job, const struct cxa_json_text *text)
{
	uint64_t limit = job->rules.limits->decode_bytes;

	if (limit > SIZE_MAX)
		limit = SIZE_MAX;
	return text->size < limit ? (size_t)limit - text->size : 1;
}

static int parse_record(struct job *job, const struct cxa_json_text *text)
{
	enum cxa_collection collection = job->collection;
	Cxa__Embeddings *embeddings = NULL;
	ProtobufCMessage *message = NULL;
	bool whole = collection == CXA_CONCEPTS;
	uint64_t id;
	int status;

	cxa_arena_reset(&job->arena);
	job->arena.budget = budget(job, text);
	status = cxa_json_decode(cxa_collection_type(collection),
				 cxa_collection_info(collection)->record_name,
				 text, &job->rules, &job->arena, &message,
				 whole ? &embeddings : NULL, &job->error);
	if (status < 0)
		return status;
	id = cxa_collection_key(collection, message);
	status = cxa_segment_add(&job->records, id, message, &job->error);
	if (status == 0 && whole)
		status = add_embedding(job, id, embeddings, &job->error);
	return status;
}

static void run_job(void *pointer)
{
	struct job *job = pointer;
	const struct cxa_json_text *places = (const void *)job->places.data;
	size_t count = job->places.size / sizeof(*places);

	for (size_t i = 0; i < count && job->status == 0; i++) {
		struct cxa_json_text text = places[i];

		/* The offset in the chunk was kept in place of a pointer. */
		text.data = job->text.data + (uintptr_t)places[i].data;
		job->status = parse_record(job, &text);
	}
}

int cxa_json_loader_open(struct cxa_json_loader **out,
			 const struct cxa_source *source, bool lenient,
			 struct cxa_error *error)
{
	struct cxa_context *context = source->context;
	struct cxa_json_loader *loader = calloc(1, sizeof(*loader));
	int status;

	*out = NULL;
	if (loader == NULL)
		return cxa_error_nomem(error, "reading JSON");
	loader->context = context;
	loader->rules.lenient = lenient;
	loader->rules.limits = &context->limits;
	cxa__header__init(&loader->header);
	status = cxa_record_spool_open(&loader->spool, context,
				       &source->duplicates, error);
	if (status == 0)
		status = cxa_queue_open(&loader->queue, context->pool,
					cxa_pool_threads(context->pool) + 3,
					run_job, free_job, error);
	if (status < 0) {
		cxa_json_loader_close(loader);
		return status;
	}
	*out = loader;
	return 0;
}

static void note_filled(struct cxa_json_loader *loader,
			const struct cxa_json_rules *rules)
{
	if (rules->filled != 0 && loader->rules.filled == 0)
		snprintf(loader->rules.first_filled,
			 sizeof(loader->rules.first_filled), "%s",
			 rules->first_filled);
	loader->rules.filled += rules->filled;
}

static int spool_oldest(struct cxa_json_loader *loader, struct cxa_error *error)
{
	struct job *job = cxa_queue_take(loader->queue);
	int status = cxa_error_pass(error, job->status, &job->error);

	if (status == 0) {
		status = cxa_record_spool_add(loader->spool, job->collection,
					      &job->records, error);
		if (status == 0)
			status = cxa_record_spool_add(loader->spool,
						      CXA_EMBEDDINGS,
						      &job->embeddings, error);
		note_filled(loader, &job->rules);
	}
	free_job(loader->idle);
	loader->idle = job;
	return status;
}

static int send_pending(struct cxa_json_loader *loader, struct cxa_error *error)
{
	struct job *job = loader->pending;
	int status = 0;

	if (job == NULL)
		return 0;
	loader->pending = NULL;
	/* The text, its records as structs, and as rows. */
	cxa_queue_submit(loader->queue, job, 3 * (uint64_t)job->text.size);
	while (status == 0 && cxa_queue_full(loader->queue))
		status = spool_oldest(loader, error);
	return status;
}

static int begin_chunk(struct cxa_json_loader *loader,
		       enum cxa_collection collection, struct cxa_error *error)
{
	struct job *job = loader->idle;

	loader->idle = NULL;
	if (job == NULL)
		job = calloc(1, sizeof(*job));
	if (job == NULL)
		return cxa_error_nomem(error, "reading JSON");
	job->loader = loader;
	job->collection = collection;
	job->rules = loader->rules;
	job->rules.filled = 0;
	job->status = 0;
	job->error = (struct cxa_error)CXA_ERROR_INIT;
	cxa_buffer_reset(&job->text);
	cxa_buffer_reset(&job->places);
	cxa_segment_reset(&job->records);
	cxa_segment_reset(&job->embeddings);
	loader->pending = job;
	return 0;
}

struct cxa_buffer *cxa_json_loader_text(struct cxa_json_loader *loader,
					enum cxa_json_part part,
					struct cxa_error *error)
{
	enum cxa_collection collection = cxa_json_parts[part].collection;
	int status = 0;

	if (loader->pending != NULL &&
	    (loader->pending->collection != collection ||
	     loader->pending->text.size >= CHUNK_BYTES))
		status = send_pending(loader, error);
	if (status == 0 && loader->pending == NULL)
		status = begin_chunk(loader, collection, error);
	return status < 0 ? NULL : &loader->pending->text;
}

int cxa_json_loader_add(struct cxa_json_loader *loader, size_t start,
			const struct cxa_json_text *place,
			struct cxa_error *error)
{
	struct job *job = loader->pending;
	struct cxa_json_text text = *place;

	text.data = (const uint8_t *)(uintptr_t)start;
	text.size = job->text.size - start;
	cxa_buffer_append(&job->places, &text, sizeof(text));
	return job->places.failed ? cxa_error_nomem(error, "reading JSON") : 0;
}

int cxa_json_loader_metadata(struct cxa_json_loader *loader,
			     const struct cxa_json_text *text,
			     struct cxa_error *error)
{
	const struct cxa_message_type *type =
		cxa_message_type_of(&cxa__metadata__descriptor);
	ProtobufCMessage *message = NULL;
	int status = cxa_json_decode(type, "metadata", text, &loader->rules,
				     &loader->arena, &message, NULL, error);

	if (status < 0)
		return status;
	loader->header.metadata = (void *)message;
	loader->has_metadata = true;
	return 0;
}

static int note_name(struct cxa_json_loader *loader,
		     const struct cxa_json_member *member,
		     struct cxa_error *error)
{
	struct name name = { .size = member->size, .place = member->text };

	name.data = cxa_arena_copy(&loader->arena, member->name, member->size);
	name.place.data = NULL;
	name.place.size = 0;
	cxa_buffer_append(&loader->names, &name, sizeof(name));
	if (name.data == NULL || loader->names.failed)
		return cxa_error_nomem(error, "reading JSON");
	return 0;
}

/*
 * The value in @text behind what was collected, @depth levels within the object
 * that all will be; @place: of its member, or NULL.
 */
static int collect(struct cxa_json_loader *loader,
		   const struct cxa_json_text *text, uint64_t depth,
		   const struct cxa_json_place *place, struct cxa_error *error)
{
	size_t limit = cxa_message_type_of(&cxa__header__descriptor)
			       ->extensions->bytes_limit;
	struct cxa_buffer *unknown = &loader->unknown;
	struct cxa_arena arena = { 0 };
	struct cxa_json_reader reader;
	int status = cxa_json_start(&reader, text, loader->rules.limits, &arena,
				    error);
	uint64_t closed; /* its size; the brace of what it is in comes later */

	reader.depth = depth;
	reader.place = place;
	if (status == 0)
		status = cxa_json_copy_value(&reader, unknown, limit);
	if (status == 0)
		status = cxa_json_finish(&reader);
	closed = unknown->size + depth;
	if (status == 0 && closed > cxa_limit_of(reader.limits, limit))
		status = cxa_json_over_limit(&reader, reader.text.data, limit,
					     closed);
	cxa_json_stop(&reader);
	cxa_arena_release(&arena);
	return status;
}

int cxa_json_loader_unknown(struct cxa_json_loader *loader,
			    const struct cxa_json_member *member,
			    const struct cxa_json_text *value,
			    struct cxa_error *error)
{
	const struct cxa_json_place place = {
		.name = member->name,
		.name_size = member->size,
	};
	struct cxa_buffer *unknown = &loader->unknown;
	int status = note_name(loader, member, error);

	if (status < 0)
		return status;
	cxa_buffer_byte(unknown, unknown->size == 0 ? '{' : ',');
	cxa_buffer_append(unknown, member->text.data, member->text.size);
	if (unknown->failed)
		return cxa_error_nomem(error, "reading JSON");
	return collect(loader, value, 1, &place, error);
}

int cxa_json_loader_extensions(struct cxa_json_loader *loader,
			       const struct cxa_json_text *text,
			       struct cxa_error *error)
{
	struct cxa_buffer *unknown = &loader->unknown;
	struct cxa_error inner = CXA_ERROR_INIT;
	int status = collect(loader, text, 0, NULL, error);

	if (status < 0)
		return status;
	if (unknown->data[0] != '{')
		return cxa_error_set(error, CXA_ERR_FORMAT, "not an object");
	status = cxa_json_verify_names(
		cxa_message_type_of(&cxa__header__descriptor), text,
		loader->rules.limits, &inner);
	if (status == CXA_ERR_CORRUPT)
		inner.status = status = CXA_ERR_FORMAT;
	unknown->size = unknown->size == 2 ? 0 : unknown->size - 1;
	return cxa_error_pass(error, status, &inner);
}

int cxa_json_loader_flush(struct cxa_json_loader *loader,
			  struct cxa_error *error)
{
	int status = send_pending(loader, error);

	while (status == 0 && !cxa_queue_empty(loader->queue))
		status = spool_oldest(loader, error);
	return status;
}

/* Equal names stand together, the earlier one first. */
static int compare_names(const void *left, const void *right)
{
	const struct name *a = left;
	const struct name *b = right;
	int order = 0;

	if (a->size != b->size)
		return a->size < b->size ? -1 : 1;
	if (a->size != 0)
		order = memcmp(a->data, b->data, a->size);
	if (order != 0)
		return order;
	return a->place.offset < b->place.offset ? -1 : 1;
}

static int fail_twice(const struct name *name, struct cxa_error *error)
{
	const struct cxa_json_place place = {
		.name = name->data,
		.name_size = name->size,
	};
	struct cxa_json_reader reader = {
		.text = name->place,
		.place = &place,
		.error = error,
	};

	reader.text.data = name->data; /* an address; nothing is read */
	return cxa_json_fail(&reader, CXA_ERR_FORMAT, reader.text.data,
			     "is there twice");
}

static int check_twice(const struct cxa_json_loader *loader,
		       struct cxa_error *error)
{
	struct name *names = (struct name *)(void *)loader->names.data;
	size_t count = loader->names.size / sizeof(*names);

	if (count < 2)
		return 0;
	qsort(names, count, sizeof(*names), compare_names);
	for (size_t i = 1; i < count; i++)
		if (names[i].size == names[i - 1].size &&
		    memcmp(names[i].data, names[i - 1].data,
			   names[i].size) == 0)
			return fail_twice(&names[i], error);
	return 0;
}

static int finish_unknown(struct cxa_json_loader *loader,
			  struct cxa_error *error)
{
	struct cxa_buffer *unknown = &loader->unknown;

	if (unknown->size == 0)
		return 0;
	cxa_buffer_byte(unknown, '}');
	if (unknown->failed)
		return cxa_error_nomem(error, "reading JSON");
	loader->header.extensions.data = unknown->data;
	loader->header.extensions.len = unknown->size;
	loader->header.has_extensions = true;
	return check_twice(loader, error);
}

static int check_data_version(const struct cxa_json_loader *loader,
			      struct cxa_error *error)
{
	uint32_t version = loader->header.metadata->data_version;

	if (version >= 1 && version <= 2)
		return 0;
	return cxa_error_set(error, CXA_ERR_UNSUPPORTED,
			     "data_version %u is not one this version knows "
			     "(1 and 2)", version);
}

static int read_start(void *state, enum cxa_collection collection,
		      uint64_t first_id, uint64_t last_id, void **reader,
		      struct cxa_error *error)
{
	struct cxa_json_loader *loader = state;

	(void)first_id;
	(void)last_id;
	return cxa_record_spool_read(loader->spool, collection, reader, error);
}

static void close_loader(void *state)
{
	cxa_json_loader_close(state);
}

int cxa_json_loader_finish(struct cxa_json_loader *loader,
			   struct cxa_source *source, struct cxa_error *error)
{
	static const struct cxa_source_ops ops = {
		read_start, cxa_record_spool_next, cxa_record_spool_done,
		close_loader };
	int status = cxa_json_loader_flush(loader, error);

	if (status == 0)
		status = finish_unknown(loader, error);
	if (status == 0 && !loader->has_metadata)
		status = cxa_error_set(error, CXA_ERR_FORMAT,
				       "member metadata is missing");
	if (status == 0)
		status = check_data_version(loader, error);
	if (status < 0)
		return status;
	free_job(loader->idle);
	loader->idle = NULL;
	if (loader->rules.filled != 0)
		cxa_context_notice(loader->context,
				   "%llu missing members were filled in; the "
				   "first: %s",
				   (unsigned long long)loader->rules.filled,
				   loader->rules.first_filled);
	source->ops = ops;
	source->state = loader;
	source->header = &loader->header;
	source->rows_bytes = cxa_record_spool_bytes(loader->spool);
	return 0;
}

void cxa_json_loader_close(struct cxa_json_loader *loader)
{
	if (loader == NULL)
		return;
	cxa_queue_close(loader->queue);
	free_job(loader->idle);
	free_job(loader->pending);
	cxa_record_spool_close(loader->spool);
	cxa_arena_release(&loader->arena);
	cxa_buffer_release(&loader->unknown);
	cxa_buffer_release(&loader->names);
	free(loader);
}
