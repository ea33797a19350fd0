/* migrate.c - a source wrapped around another, its records migrated on workers */
#include <cortexarc/migrate.h>

#include <stdlib.h>

#include "check/migration.h"
#include "check/rekey.h"
#include "check/restore_changed.h"
#include "endpoint/source.h"

struct migrated {
	struct cxa_source *source;
	struct cxa_migration_chain chain;
	struct cxa_migrate_options options;
	struct cxa_migrate_summary own; /* where the caller wants none */
	struct cxa_migrate_summary *summary;
	Cxa__Header header;
	Cxa__Metadata metadata;
};

/* @before: as it was read */
struct job {
	const struct cxa_migration_chain *chain;
	struct cxa_batch *before;
	struct cxa_migration_work work;
	int status;
	struct cxa_error error;
};

/*
 * @inner: of the source below
 * @rekey: where keys change: what all of it became
 */
struct reader {
	struct migrated *migrated;
	enum cxa_collection collection;
	void *inner;
	bool ended;
	struct cxa_queue *queue;
	struct cxa_rekey *rekey;
	uint64_t checked;
	uint64_t changed;
	uint64_t wrong;
};

/* --- jobs ----------------------------------------------------------------- */

static void run_job(void *pointer)
{
	struct job *job = pointer;

	job->status = cxa_migration_run(job->chain, &job->work, &job->error);
}

static void free_job(void *pointer)
{
	struct job *job = pointer;

	cxa_batch_unref(job->before);
	cxa_batch_unref(job->work.batch);
	cxa_buffer_release(&job->work.wrong);
	free(job);
}

/* The next batch of the source below, on its way; at the end none is. */
static int submit(struct reader *reader, struct cxa_error *error)
{
	struct migrated *migrated = reader->migrated;
	struct cxa_batch *batch = NULL;
	struct job *job;
	int status = migrated->source->ops.next(reader->inner, &batch, error);

	if (status != 0) {
		reader->ended = status == CXA_END;
		return reader->ended ? 0 : status;
	}
	job = calloc(1, sizeof(*job));
	if (job == NULL) {
		cxa_batch_unref(batch);
		return cxa_error_nomem(error, "migrating a batch");
	}
	job->chain = &migrated->chain;
	job->before = batch;
	job->work.batch = cxa_batch_ref(batch);
	job->work.repair = migrated->options.repair;
	job->error = (struct cxa_error)CXA_ERROR_INIT;
	/* Before and after. */
	cxa_queue_submit(reader->queue, job, 2 * cxa_batch_bytes(batch));
	return 0;
}

/* --- what is told ------------------------------------------------------------ */

static bool was_read(const struct reader *reader)
{
	return (reader->migrated->summary->complete >> reader->collection &
		1) != 0;
}

static void count(struct reader *reader, const struct job *job)
{
	const struct cxa_migrate_options *options = &reader->migrated->options;
	const struct cxa_batch *before = job->before;
	const struct cxa_batch *after = job->work.batch;
	const struct cxa_wrong_value *wrong =
		(const void *)job->work.wrong.data;
	size_t wrong_count = job->work.wrong.size / sizeof(*wrong);

	reader->checked += job->work.checked;
	reader->wrong += wrong_count;
	for (size_t i = 0; i < after->count && after != before; i++)
		reader->changed += before->records[i].size !=
					   after->records[i].size ||
				   memcmp(before->records[i].data,
					  after->records[i].data,
					  after->records[i].size) != 0;
	for (size_t i = 0; i < wrong_count; i++)
		if (options->wrong != NULL && !was_read(reader))
			options->wrong(options->user, &wrong[i]);
}

static void count_end(struct reader *reader)
{
	struct cxa_migrate_summary *summary = reader->migrated->summary;
	enum cxa_collection collection = reader->collection;

	summary->checked[collection] = reader->checked;
	summary->changed[collection] = reader->changed;
	summary->wrong[collection] = reader->wrong;
	summary->complete |= UINT32_C(1) << collection;
}

/* --- reading ------------------------------------------------------------------ */

static int next_job(struct reader *reader, struct job **out,
		    struct cxa_error *error)
{
	struct job *job;
	int status = 0;

	*out = NULL;
	while (status == 0 && !reader->ended &&
	       !cxa_queue_full(reader->queue))
		status = submit(reader, error);
	if (status < 0)
		return status;
	job = cxa_queue_take(reader->queue);
	if (job == NULL) {
		count_end(reader);
		return CXA_END;
	}
	status = cxa_error_pass(error, job->status, &job->error);
	if (status < 0) {
		free_job(job);
		return status;
	}
	count(reader, job);
	*out = job;
	return 0;
}

/* All of the collection, sorted by what its keys have become. */
static int sort(struct reader *reader, struct cxa_error *error)
{
	struct cxa_context *context = reader->migrated->source->context;
	struct job *job = NULL;
	uint64_t bytes = 0;
	int status = cxa_rekey_open(&reader->rekey, context,
				    reader->collection, error);

	while (status == 0) {
		status = next_job(reader, &job, error);
		if (status != 0)
			break;
		bytes += cxa_batch_bytes(job->before);
		status = cxa_rekey_add(reader->rekey, job->before,
				       job->work.batch, error);
		free_job(job);
		if (status == 0)
			status = cxa_context_step(context, "sorting", bytes, 0,
						  error);
	}
	return status == CXA_END ? cxa_rekey_sort(reader->rekey, error) :
				   status;
}

static int read_next(void *pointer, struct cxa_batch **batch,
		     struct cxa_error *error)
{
	struct reader *reader = pointer;
	struct job *job = NULL;
	int status;

	*batch = NULL;
	if (reader->rekey != NULL)
		return cxa_rekey_next(reader->rekey, batch, error);
	status = next_job(reader, &job, error);
	if (status != 0)
		return status;
	*batch = job->work.batch;
	job->work.batch = NULL;
	free_job(job);
	return 0;
}

static void read_done(void *pointer)
{
	struct reader *reader = pointer;

	if (reader == NULL)
		return;
	cxa_queue_close(reader->queue);
	if (reader->inner != NULL)
		reader->migrated->source->ops.done(reader->inner);
	cxa_rekey_close(reader->rekey);
	free(reader);
}

static int read_start(void *state, enum cxa_collection collection,
		      uint64_t first_id, uint64_t last_id, void **out,
		      struct cxa_error *error)
{
	struct migrated *migrated = state;
	struct cxa_source *source = migrated->source;
	bool rekeys = cxa_migration_rekeys(&migrated->chain, collection);
	struct reader *reader = calloc(1, sizeof(*reader));
	int status;

	*out = NULL;
	if (reader == NULL)
		return cxa_error_nomem(error, "migrating");
	reader->migrated = migrated;
	reader->collection = collection;
	/* A range is one of new keys. */
	status = source->ops.read(source->state, collection,
				  rekeys ? 0 : first_id,
				  rekeys ? UINT64_MAX : last_id,
				  &reader->inner, error);
	if (status == 0)
		status = cxa_queue_open(&reader->queue, source->context->pool,
					0, run_job, free_job, error);
	if (status == 0 && rekeys)
		status = sort(reader, error);
	if (status < 0) {
		read_done(reader);
		return status;
	}
	*out = reader;
	return 0;
}

static int count_records(void *state, uint64_t records[CXA_COLLECTION_COUNT],
			 struct cxa_error *error)
{
	struct migrated *migrated = state;

	return cxa_source_count(migrated->source, records, error);
}

/* --- the source ------------------------------------------------------------------ */

static int find_chain(struct migrated *migrated, struct cxa_error *error)
{
	const struct cxa_migration_chain *chain = &migrated->chain;
	struct cxa_migrate_summary *summary = migrated->summary;
	uint32_t from = migrated->source->header->metadata->data_version;
	uint32_t to = migrated->options.to;
	int status = cxa_migration_find(&migrated->chain, from, to, error);

	*summary = (struct cxa_migrate_summary){ .from = from, .to = to };
	if (status == 0 && chain->count != 0)
		summary->step = chain->steps[chain->count - 1]->name;
	return status;
}

static int take_options(struct migrated *migrated,
			const struct cxa_migrate_options *options,
			struct cxa_error *error)
{
	if (!cxa_options_take(&migrated->options, sizeof(migrated->options),
			      options))
		return cxa_error_set(error, CXA_ERR_USAGE,
				     "migrate options of another version");
	migrated->summary = migrated->options.summary;
	if (migrated->summary == NULL)
		migrated->summary = &migrated->own;
	return 0;
}

int cxa_migrate(struct cxa_source **out, struct cxa_source *source,
		const struct cxa_migrate_options *options,
		struct cxa_error *error)
{
	static const struct cxa_source_ops ops = { read_start, read_next,
						   read_done, free };
	struct migrated *migrated;
	int status;

	*out = NULL;
	migrated = calloc(1, sizeof(*migrated));
	if (migrated == NULL)
		return cxa_error_nomem(error, "migrating");
	status = take_options(migrated, options, error);
	if (status < 0) {
		free(migrated);
		return status;
	}
	migrated->source = source;
	migrated->metadata = *source->header->metadata;
	migrated->metadata.data_version = migrated->options.to;
	migrated->header = *source->header;
	migrated->header.metadata = &migrated->metadata;
	status = find_chain(migrated, error);
	if (status == 0)
		status = cxa_source_new(out, source->context, &ops, migrated,
					&migrated->header, error);
	if (status != 0) {
		free(migrated);
		return status;
	}
	(*out)->count = count_records;
	(*out)->bytes = source->bytes;
	(*out)->rows_bytes = source->rows_bytes;
	return 0;
}

static int read_all(struct cxa_source *source, struct cxa_error *error)
{
	struct cxa_cursor *cursor = NULL;
	struct cxa_batch *batch = NULL;
	uint64_t bytes = 0;
	int status = cxa_cursor_open(&cursor, source, NULL, error);

	while (status == 0) {
		status = cxa_cursor_next(cursor, &batch, error);
		if (status != 0)
			break;
		bytes += cxa_batch_bytes(batch);
		cxa_batch_unref(batch);
		status = cxa_context_step(source->context, "checking", bytes,
					  source->rows_bytes, error);
	}
	cxa_cursor_close(cursor);
	return status == CXA_END ? 0 : status;
}

int cxa_migrate_check(struct cxa_source *source,
		      const struct cxa_migrate_options *options,
		      struct cxa_error *error)
{
	struct cxa_source *migrated = NULL;
	int status = cxa_migrate(&migrated, source, options, error);

	if (status == 0)
		status = read_all(migrated, error);
	cxa_source_close(migrated);
	return status;
}

/* --- a store, in its place --------------------------------------------------------- */

static int check_store(void *user, struct cxa_source *now,
		       struct cxa_error *error)
{
	struct cxa_migrate_options *options = user;
	struct cxa_source *migrated = NULL;
	int status = cxa_migrate(&migrated, now, options, error);

	if (status == 0)
		status = now->header->metadata->data_version == options->to ?
				 CXA_END : read_all(migrated, error);
	cxa_source_close(migrated);
	options->wrong = NULL; /* all were told */
	return status;
}

static int change_store(void *user, struct cxa_source *from,
			struct cxa_source **out, struct cxa_error *error)
{
	return cxa_migrate(out, from, user, error);
}

int cxa_migrate_store(struct cxa_context *context, const char *store,
		      const struct cxa_migrate_options *options,
		      const struct cxa_restore_options *how,
		      struct cxa_summary *summary, struct cxa_error *error)
{
	struct cxa_migrate_options own = CXA_MIGRATE_OPTIONS_INIT;
	const struct cxa_store_change change = { check_store, change_store,
						 NULL, &own };

	if (!cxa_options_take(&own, sizeof(own), options))
		return cxa_error_set(error, CXA_ERR_USAGE,
				     "migrate options of another version");
	if (how != NULL && how->no_safety_backup)
		return cxa_error_set(error, CXA_ERR_USAGE,
				     "what a migration replaces is kept: there "
				     "must be a safety backup");
	return cxa_restore_changed(context, store, &change, how, summary,
				   error);
}
