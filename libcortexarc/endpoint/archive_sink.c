/* archive_sink.c - records into a .cxa archive */
#include <stdlib.h>

#include <zstd.h>

#include <cortexarc/cortexarc.h>

#include "base/schema_data.h"
#include "container/header.h"
#include "endpoint/archive_writer.h"
#include "endpoint/sink.h"
#include "record/collection.h"

struct archive_sink {
	struct cxa_sink *sink;
	struct cxa_archive_writer *writer;
	struct cxa_encoder *encoder;
};

static ProtobufCBinaryData text(const char *string)
{
	ProtobufCBinaryData data = {
		.len = strlen(string),
		.data = (uint8_t *)(uintptr_t)string, /* packing only reads */
	};

	return data;
}

/* Whatever a source says of its store: what is written of it can be read. */
static int prove_header(const struct archive_sink *archive,
			const struct cxa_buffer *bytes, struct cxa_error *error)
{
	struct cxa_arena arena = { 0 };
	Cxa__Header *header;
	int status = cxa_header_decode(bytes->data, bytes->size, CXA_TO_RESTORE,
				       &archive->sink->context->limits, &arena,
				       &header, error);

	cxa_arena_release(&arena);
	return status;
}

/* What this writer says of itself; what describes the store stays. */
static int begin(struct archive_sink *archive, const Cxa__Header *from,
		 struct cxa_error *error)
{
	Cxa__BatchSize sizes[CXA_COLLECTION_COUNT];
	Cxa__BatchSize *pointers[CXA_COLLECTION_COUNT];
	Cxa__Header header = *from;
	struct cxa_span schema = { cxa_schema_data, cxa_schema_size };
	struct cxa_buffer bytes = { 0 };
	int status;

	for (int i = 0; i < CXA_COLLECTION_COUNT; i++) {
		const struct cxa_collection_info *info =
			cxa_collection_info((enum cxa_collection)i);

		cxa__batch_size__init(&sizes[i]);
		sizes[i].collection = text(info->name);
		sizes[i].boundary_bits = info->boundary_bits;
		sizes[i].min_bytes = info->min_bytes;
		sizes[i].max_bytes = info->max_bytes;
		pointers[i] = &sizes[i];
	}
	header.format_major = CXA_FORMAT_MAJOR;
	header.format_minor = CXA_FORMAT_MINOR;
	header.hash_name = text("BLAKE2b-256");
	header.writer_name = text("cortexarc");
	header.writer_version = text(cxa_version());
	header.zstd_version = text(ZSTD_versionString());
	header.has_zstd_level = true;
	header.zstd_level = (uint32_t)archive->sink->options.zstd_level;
	/* Features are of the archive they were read from, not of this one. */
	header.n_required_to_list = 0;
	header.n_required_to_restore = 0;
	header.n_required_to_rewrite = 0;
	header.n_optional_features = 0;
	header.n_batch_sizes = CXA_COLLECTION_COUNT;
	header.batch_sizes = pointers;
	status = cxa_header_encode(&header, &bytes, error);
	if (status == 0)
		status = prove_header(archive, &bytes, error);
	if (status == 0)
		status = cxa_archive_writer_begin(
			archive->writer, &header,
			(struct cxa_span){ bytes.data, bytes.size }, schema,
			error);
	cxa_buffer_release(&bytes);
	return status;
}

static int sink_begin(void *state, const Cxa__Header *header,
		      struct cxa_error *error)
{
	struct archive_sink *archive = state;

	if (header->n_required_to_rewrite != 0)
		return cxa_error_set(error, CXA_ERR_UNSUPPORTED,
				     "needs the feature \"%.*s\" to be "
				     "rewritten, which cortexarc %s does not "
				     "have",
				     (int)header->required_to_rewrite[0].len,
				     (const char *)
					     header->required_to_rewrite[0].data,
				     cxa_version());
	return begin(archive, header, error);
}

static int write_batch(void *state, const struct cxa_encoded *encoded,
		       struct cxa_error *error)
{
	struct archive_sink *archive = state;

	return cxa_archive_writer_add(archive->writer, encoded, error);
}

static int sink_put(void *state, struct cxa_batch *batch,
		    struct cxa_error *error)
{
	struct archive_sink *archive = state;

	return cxa_encoder_put(archive->encoder, batch, error);
}

static int inspect(struct archive_sink *archive, struct cxa_error *error)
{
	struct cxa_sink *sink = archive->sink;
	struct cxa_input *written = NULL;
	int status;

	if (sink->inspect == NULL && sink->prove == NULL)
		return 0;
	status = cxa_archive_writer_input(archive->writer, &written, error);
	if (status == 0 && sink->inspect != NULL)
		status = sink->inspect(sink->inspect_user, written, error);
	if (status == 0 && sink->prove != NULL)
		status = cxa_sink_prove(sink, &written, error);
	cxa_input_close(written);
	return status;
}

static int sink_commit(void *state, struct cxa_summary *summary,
		       struct cxa_error *error)
{
	struct archive_sink *archive = state;
	int status = cxa_encoder_finish(archive->encoder, error);

	if (archive->sink->new_mode != 0)
		cxa_archive_writer_is_new(archive->writer,
					  archive->sink->new_mode);
	if (status == 0)
		status = cxa_archive_writer_finish(
			archive->writer, (struct cxa_span){ NULL, 0 }, error);
	if (status == 0)
		status = inspect(archive, error);
	if (status == 0)
		status = cxa_archive_writer_commit(archive->writer, summary,
						   error);
	return status;
}

static void sink_close(void *state)
{
	struct archive_sink *archive = state;

	cxa_encoder_close(archive->encoder);
	cxa_archive_writer_close(archive->writer);
	free(archive);
}

int cxa_archive_sink_open(struct cxa_sink *sink, const char *locator,
			  struct cxa_error *error)
{
	static const struct cxa_sink_ops ops = {
		sink_begin, sink_put, sink_commit, sink_close, false };
	struct archive_sink *archive = calloc(1, sizeof(*archive));
	bool prove = !sink->options.no_check_encode;
	int status;

	if (archive == NULL)
		return cxa_error_nomem(error, "an archive");
	if (sink->options.zstd_level == 0)
		sink->options.zstd_level = CXA_FRAME_LEVEL;
	sink->ops = &ops;
	sink->state = archive;
	archive->sink = sink;
	status = cxa_archive_writer_open(&archive->writer, sink->context,
					 locator, sink->options.zstd_level,
					 prove, error);
	if (status < 0)
		return status;
	return cxa_encoder_open(&archive->encoder, sink->context,
				sink->options.zstd_level, prove, write_batch,
				archive, error);
}
