/* archive_source.c - batches from an archive, read ahead and checked on workers */
#include "container/index.h"
#include "endpoint/archive.h"
#include "endpoint/batch_reader.h"
#include "endpoint/source.h"

static const Cxa__IndexEntry *entry_at(const void *state, size_t number)
{
	const struct cxa_archive *archive = state;

	return archive->index->entries[number];
}

static uint64_t size(const void *state, size_t number)
{
	const Cxa__IndexEntry *entry = entry_at(state, number);

	return entry->stored_size + entry->raw_size;
}

static int load(const void *state, size_t number, struct cxa_buffer *stored,
		struct cxa_buffer *raw, struct cxa_error *error)
{
	const struct cxa_archive *archive = state;
	struct cxa_frame_coder coder = cxa_context_take_coder(archive->context);
	int status = cxa_archive_read_batch(archive, entry_at(state, number),
					    &coder, stored, raw, error);

	cxa_context_give_coder(archive->context, &coder);
	return status;
}

static int check_against_index(const void *state, size_t number,
			       const struct cxa_id_run *ids,
			       struct cxa_error *error)
{
	const Cxa__IndexEntry *entry = entry_at(state, number);

	if (ids->count == entry->records && ids->first == entry->first_id &&
	    ids->last == entry->last_id)
		return 0;
	return cxa_error_set(error, CXA_ERR_CORRUPT,
			     "the batch's records are not those the index "
			     "tells of");
}

static void locate(const void *state, size_t number, struct cxa_error *error)
{
	const Cxa__IndexEntry *entry = entry_at(state, number);
	char name[CXA_MEMBER_NAME_MAX + 1] = "";

	memcpy(name, entry->member.data, entry->member.len);
	cxa_error_at(error, name, entry->offset);
}

/* The entries of the collection that can hold ids of the range. */
static void find_entries(const Cxa__Index *index,
			 struct cxa_batch_choice *choice)
{
	size_t first = 0;
	size_t count = 0;

	cxa_index_range(index, choice->collection, &first, &count);
	while (count != 0 &&
	       index->entries[first]->last_id < choice->range.first) {
		first++;
		count--;
	}
	while (count != 0 && index->entries[first + count - 1]->first_id >
				     choice->range.last)
		count--;
	choice->next = first;
	choice->end = first + count;
}

static int read_chosen(void *state, enum cxa_collection collection,
		       uint64_t first_id, uint64_t last_id, const bool *skip,
		       void **out, struct cxa_error *error)
{
	static const struct cxa_batch_reader_ops ops = {
		.size = size, .load = load, .check = check_against_index,
		.locate = locate
	};
	struct cxa_archive *archive = state;
	struct cxa_batch_choice choice = { .collection = collection,
					   .range = { first_id, last_id },
					   .skip = skip };
	struct cxa_batch_reader *reader;
	int status;

	find_entries(archive->index, &choice);
	status = cxa_batch_reader_open(&reader, archive->context, &ops, archive,
				       &choice, error);
	*out = reader;
	return status;
}

static int read_start(void *state, enum cxa_collection collection,
		      uint64_t first_id, uint64_t last_id, void **out,
		      struct cxa_error *error)
{
	return read_chosen(state, collection, first_id, last_id, NULL, out,
			   error);
}

static void close_archive(void *state)
{
	cxa_archive_close(state);
}

int cxa_archive_source_open(struct cxa_source *source, struct cxa_input **input,
			    const struct cxa_source_options *options,
			    struct cxa_error *error)
{
	static const struct cxa_source_ops ops = {
		read_start, cxa_batch_reader_next, cxa_batch_reader_done,
		close_archive
	};
	struct cxa_archive *archive = NULL;
	int status = cxa_archive_open(&archive, source->context, input,
				      CXA_TO_RESTORE, error);

	if (status == 0 && !options->single_read)
		status = cxa_archive_confirm(archive, error);
	if (status < 0) {
		cxa_archive_close(archive);
		return status;
	}
	source->ops = ops;
	source->state = archive;
	source->read_chosen = read_chosen;
	source->header = archive->header;
	source->index = archive->index;
	source->root = archive->root.bytes;
	source->bytes = archive->input->size;
	for (size_t i = 0; i < archive->index->n_totals; i++)
		source->rows_bytes += archive->index->totals[i]->raw_size;
	return 0;
}
