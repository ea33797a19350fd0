/* rekey.c - records whose keys have changed, sorted by the new ones */
#include "check/rekey.h"

#include <stdlib.h>

#include "endpoint/row_sorter.h"
#include "record/collection.h"

enum { BATCH_BYTES = 1 << 20 };

/* In @rows stands for each record the key it had, and its row. */
struct cxa_rekey {
	enum cxa_collection collection;
	struct cxa_spool *rows;
	struct cxa_row_sorter *sorter;
	bool has_last;
	uint64_t last_id;
	uint64_t last_old_id;
};

int cxa_rekey_open(struct cxa_rekey **out, struct cxa_context *context,
		   enum cxa_collection collection, struct cxa_error *error)
{
	struct cxa_rekey *rekey = calloc(1, sizeof(*rekey));
	int status;

	*out = NULL;
	if (rekey == NULL)
		return cxa_error_nomem(error, "sorting");
	rekey->collection = collection;
	status = cxa_spool_open(&rekey->rows, context->temp_dir,
				&context->cancel, error);
	if (status == 0)
		status = cxa_row_sorter_open(&rekey->sorter, error);
	if (status < 0) {
		cxa_rekey_close(rekey);
		return status;
	}
	*out = rekey;
	return 0;
}

int cxa_rekey_add(struct cxa_rekey *rekey, const struct cxa_batch *before,
		  const struct cxa_batch *after, struct cxa_error *error)
{
	int status = 0;

	for (size_t i = 0; i < after->count && status == 0; i++) {
		const struct cxa_record *record = &after->records[i];
		uint64_t offset = 0;

		status = cxa_spool_append(rekey->rows, &before->records[i].id,
					  sizeof(uint64_t), &offset, error);
		if (status == 0)
			status = cxa_spool_append(rekey->rows, record->data,
						  record->size, NULL, error);
		if (status == 0)
			status = cxa_row_sorter_add(rekey->sorter, record->id,
						    offset, record->size,
						    error);
	}
	return status;
}

int cxa_rekey_sort(struct cxa_rekey *rekey, struct cxa_error *error)
{
	return cxa_row_sorter_sort(rekey->sorter, error);
}

static int check_key(struct cxa_rekey *rekey, uint64_t id, uint64_t old_id,
		     struct cxa_error *error)
{
	const char *name =
		cxa_collection_info(rekey->collection)->record_name;
	bool twice = rekey->has_last && id == rekey->last_id;

	if (twice) {
		cxa_error_set(error, CXA_ERR_CORRUPT,
			      "%s %llu and %s %llu would both get the key %llu",
			      name, (unsigned long long)rekey->last_old_id,
			      name, (unsigned long long)old_id,
			      (unsigned long long)id);
		return cxa_error_hint(error, "one of the two must go first");
	}
	rekey->has_last = true;
	rekey->last_id = id;
	rekey->last_old_id = old_id;
	return 0;
}

static int add_row(struct cxa_rekey *rekey, struct cxa_batch *batch,
		   struct cxa_record *record, uint64_t offset,
		   struct cxa_error *error)
{
	uint8_t *data = cxa_arena_alloc(cxa_batch_arena(batch), record->size);
	uint64_t old_id = 0;
	int status;

	if (data == NULL)
		return cxa_error_nomem(error, "sorting");
	record->data = data;
	status = cxa_spool_read_at(rekey->rows, offset, &old_id,
				   sizeof(old_id), error);
	if (status == 0)
		status = check_key(rekey, record->id, old_id, error);
	if (status == 0)
		status = cxa_spool_read_at(rekey->rows,
					   offset + sizeof(old_id), data,
					   record->size, error);
	return status == 0 ? cxa_batch_add_row(batch, record, error) : status;
}

int cxa_rekey_next(struct cxa_rekey *rekey, struct cxa_batch **out,
		   struct cxa_error *error)
{
	struct cxa_record record = { 0 };
	struct cxa_batch *batch = NULL;
	uint64_t offset = 0;
	int status = cxa_batch_new(&batch, rekey->collection, error);

	*out = NULL;
	while (status == 0 && cxa_batch_bytes(batch) < BATCH_BYTES) {
		status = cxa_row_sorter_next(rekey->sorter, &record.id,
					     &offset, &record.size, error);
		if (status == 0)
			status = add_row(rekey, batch, &record, offset, error);
	}
	if (status == 0 || (status == CXA_END && batch->count != 0)) {
		*out = batch;
		return 0;
	}
	cxa_batch_unref(batch);
	return status;
}

void cxa_rekey_close(struct cxa_rekey *rekey)
{
	if (rekey == NULL)
		return;
	cxa_row_sorter_close(rekey->sorter);
	cxa_spool_close(rekey->rows);
	free(rekey);
}
