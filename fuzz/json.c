/* json.c - fuzz: a BackupData document, from a file or a pipe */
#include "endpoint/source.h"
#include "records.h"

/*
 * Oracles: what is read is written, and that is read and written the same
 * again; an error of form has a line and a column.
 */

static struct cxa_source *open_bytes(const uint8_t *data, size_t size,
				     struct cxa_error *error, int *status)
{
	static const struct cxa_source_options options =
		CXA_SOURCE_OPTIONS_INIT;
	struct cxa_input *input = fuzz_input(data, size, size % 2 == 0);
	struct cxa_source *source = NULL;

	*status = cxa_source_open_input(&source, fuzz_context(), &input,
					&options, error);
	cxa_input_close(input);
	return source;
}

/* An id that stands there twice is seen when records are read. */
static bool write_text(struct cxa_source *source, struct cxa_buffer *out)
{
	const char *path = fuzz_path("document");
	struct fuzz_records records;

	fuzz_read_all(&records, source, NULL);
	if (records.status != 0)
		return false;
	fuzz_copy(source, path, CXA_KIND_JSON);
	fuzz_get(path, out);
	return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cxa_error error = CXA_ERROR_INIT;
	struct cxa_buffer first = { 0 };
	struct cxa_buffer second = { 0 };
	struct cxa_source *source;
	int status;

	/* Another kind, or none; a tar's magic has a NUL. */
	if (size == 0 || data[0] != '{' ||
	    memchr(data, '\0', size < CXA_PEEK_BYTES ? size : CXA_PEEK_BYTES))
		return 0;
	source = open_bytes(data, size, &error, &status);
	if (status == CXA_ERR_FORMAT)
		MUST(strstr(error.message, "line ") != NULL);
	if (status == 0 && write_text(source, &first)) {
		cxa_source_close(source);
		source = open_bytes(first.data, first.size, &error, &status);
		fuzz_must_be(status, 0, &error, "reading what was written");
		MUST(write_text(source, &second));
		MUST(fuzz_same(&first, &second));
	}
	cxa_source_close(source);
	cxa_buffer_release(&first);
	cxa_buffer_release(&second);
	return 0;
}
