/* rows.c - the records of a store as plain protobuf rows, one after another */
#include <cortexarc/cortexarc.h>

#include <stdio.h>
#include <string.h>

/*
 * What a format without columns, batches and digests would hold: each record
 * in its canonical encoding, embeddings as rows like all the rest, as field 1
 * of one long message a collection. zstd over this is what the size of an
 * archive is measured against.
 */
#define ROW_TAG 0x0a /* field 1, length-delimited */

static int put_varint(uint64_t value, FILE *out)
{
	while (value >= 0x80) {
		if (putc((int)(value & 0x7f) | 0x80, out) == EOF)
			return -1;
		value >>= 7;
	}
	return putc((int)value, out) == EOF ? -1 : 0;
}

static int put_record(const struct cxa_record *record, FILE *out)
{
	if (putc(ROW_TAG, out) == EOF || put_varint(record->size, out) < 0)
		return -1;
	if (fwrite(record->data, 1, record->size, out) != record->size)
		return -1;
	return 0;
}

static int put_batch(const struct cxa_batch *batch, FILE *out,
		     struct cxa_error *error)
{
	for (size_t i = 0; i < batch->count; i++) {
		if (put_record(&batch->records[i], out) < 0) {
			snprintf(error->message, sizeof(error->message),
				 "cannot write the rows");
			return CXA_ERR_IO;
		}
	}
	return 0;
}

static int put_all(struct cxa_source *source, FILE *out,
		   struct cxa_error *error)
{
	struct cxa_cursor *cursor = NULL;
	struct cxa_batch *batch;
	int status;

	status = cxa_cursor_open(&cursor, source, NULL, error);
	while (status == 0) {
		status = cxa_cursor_next(cursor, &batch, error);
		if (status != 0)
			break;
		status = put_batch(batch, out, error);
		cxa_batch_unref(batch);
	}
	cxa_cursor_close(cursor);
	return status == CXA_END ? 0 : status;
}

int main(int argc, char **argv)
{
	struct cxa_error error = CXA_ERROR_INIT;
	struct cxa_context *context = NULL;
	struct cxa_source *source = NULL;
	int status;

	if (argc != 2) {
		fputs("usage: rows INPUT >ROWS\n", stderr);
		return 2;
	}
	status = cxa_context_open(&context, NULL, &error);
	if (status == 0)
		status = cxa_source_open(&source, context, argv[1], NULL,
					 &error);
	if (status == 0)
		status = put_all(source, stdout, &error);
	cxa_source_close(source);
	cxa_context_close(context);
	if (status == 0 && fflush(stdout) != 0)
		status = CXA_ERR_IO;
	if (status != 0)
		fprintf(stderr, "rows: %s: %s\n", argv[1], error.message);
	return status != 0;
}
