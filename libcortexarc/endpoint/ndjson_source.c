/* ndjson_source.c - a folder with a file a collection, a record a line */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "endpoint/json_loader.h"
#include "endpoint/source.h"
#include "record/json_codec.h"

enum { FILE_NAME_MAX = 40 };

/* The folder being read. */
struct folder {
	struct cxa_context *context;
	struct cxa_json_loader *loader;
	const char *path;
	bool lenient;
};

static void file_name(char name[FILE_NAME_MAX], enum cxa_json_part part)
{
	const struct cxa_json_part_info *info = &cxa_json_parts[part];

	snprintf(name, FILE_NAME_MAX, "%s.%s", info->name,
		 info->is_array ? "ndjson" : "json");
}

static bool is_ours(const char *name)
{
	char own[FILE_NAME_MAX];

	if (name[0] == '.' || strcmp(name, "extensions.json") == 0)
		return true;
	for (int i = 0; i < CXA_PART_COUNT; i++) {
		file_name(own, (enum cxa_json_part)i);
		if (strcmp(name, own) == 0)
			return true;
	}
	return false;
}

static int check_names(const struct folder *folder, struct cxa_error *error)
{
	DIR *listing = opendir(folder->path);
	const struct dirent *entry = NULL;
	int status = 0;

	if (listing == NULL)
		return cxa_error_set(error, CXA_ERR_IO, "cannot list %s",
				     folder->path);
	do {
		errno = 0;
		entry = readdir(listing);
		if (entry != NULL && !is_ours(entry->d_name))
			status = cxa_error_set(error, CXA_ERR_FORMAT,
					       "%s does not belong in a folder "
					       "of NDJSON", entry->d_name);
	} while (status == 0 && entry != NULL);
	if (status == 0 && errno != 0)
		status = cxa_error_set(error, CXA_ERR_IO, "cannot list %s",
				       folder->path);
	closedir(listing);
	return status;
}

/* Open @name in the folder; *@input stays NULL where it need not be there. */
static int open_file(const struct folder *folder, const char *name,
		     bool required, struct cxa_input **input,
		     struct cxa_error *error)
{
	struct cxa_error inner = CXA_ERROR_INIT;
	size_t size = strlen(folder->path) + FILE_NAME_MAX + 2;
	char *path = malloc(size);
	int status;

	if (path == NULL)
		return cxa_error_nomem(error, "reading NDJSON");
	snprintf(path, size, "%s/%s", folder->path, name);
	status = cxa_input_open(input, path, &folder->context->cancel, &inner);
	free(path);
	if (status == CXA_ERR_IO && inner.system_errno == ENOENT)
		return !required ? 0 :
				   cxa_error_set(error, CXA_ERR_FORMAT,
						 "%s is missing", name);
	return cxa_error_pass(error, status, &inner);
}

static int in_file(const char *name, int status, const struct cxa_error *inner,
		   struct cxa_error *error)
{
	if (status >= 0)
		return status;
	if (status == CXA_ERR_IO || inner->status == 0)
		return cxa_error_pass(error, status, inner);
	cxa_error_at(error, NULL, inner->offset);
	cxa_error_set(error, status, "%s: %s", name, inner->message);
	cxa_error_hint(error, "%s", inner->hint);
	return status;
}

static int read_line(struct folder *folder, struct cxa_json_stream *stream,
		     enum cxa_json_part part, struct cxa_error *error)
{
	struct cxa_json_text place;
	struct cxa_buffer *text = cxa_json_loader_text(folder->loader, part,
						       error);
	size_t start;
	int status;

	if (text == NULL)
		return error->status;
	start = text->size;
	status = cxa_json_stream_line(stream, text, &place, error);
	if (status != 0)
		return status;
	if (text->size == start)
		return cxa_error_set(error, CXA_ERR_FORMAT,
				     "a blank line (line %llu)",
				     (unsigned long long)place.line);
	if (text->data[text->size - 1] == '\r')
		return cxa_error_set(error, CXA_ERR_FORMAT,
				     "a line that ends in CR LF, not LF "
				     "(line %llu)",
				     (unsigned long long)place.line);
	return cxa_json_loader_add(folder->loader, start, &place, error);
}

static int read_lines(struct folder *folder, enum cxa_json_part part,
		      struct cxa_error *error)
{
	struct cxa_error inner = CXA_ERROR_INIT;
	struct cxa_json_stream *stream = NULL;
	struct cxa_input *input = NULL;
	char name[FILE_NAME_MAX];
	int status;

	file_name(name, part);
	status = open_file(folder, name, !folder->lenient, &input, &inner);
	if (status < 0 || input == NULL)
		goto done;
	status = cxa_json_stream_open(&stream, folder->context, input, &inner);
	while (status == 0)
		status = read_line(folder, stream, part, &inner);
	if (status == CXA_END)
		status = 0;
	if (status == 0)
		status = cxa_json_loader_flush(folder->loader, &inner);
done:
	cxa_json_stream_close(stream);
	cxa_input_close(input);
	return in_file(name, status, &inner, error);
}

/* The whole of a small file, one value. */
static int read_value(struct folder *folder, const char *name, bool required,
		      struct cxa_buffer *value, struct cxa_json_text *text,
		      struct cxa_error *error)
{
	struct cxa_json_stream *stream = NULL;
	struct cxa_input *input = NULL;
	int byte = -1;
	int status = open_file(folder, name, required, &input, error);

	if (status < 0 || input == NULL)
		return status;
	status = cxa_json_stream_open(&stream, folder->context, input, error);
	if (status == 0)
		status = cxa_json_stream_value(stream, value, text, error);
	if (status == 0)
		status = cxa_json_stream_peek(stream, &byte, error);
	if (status == 0 && byte >= 0)
		status = cxa_json_stream_fail(stream, error,
					      "something stands behind the "
					      "value");
	text->data = value->data;
	text->size = value->size;
	cxa_json_stream_close(stream);
	cxa_input_close(input);
	return status;
}

static int use_value(struct folder *folder, const char *name,
		     const struct cxa_json_text *text, struct cxa_error *error)
{
	struct cxa_buffer *pending;
	size_t start;

	if (strcmp(name, "metadata.json") == 0)
		return cxa_json_loader_metadata(folder->loader, text, error);
	if (strcmp(name, "extensions.json") == 0)
		return cxa_json_loader_extensions(folder->loader, text, error);
	if (text->size == 4 && memcmp(text->data, "null", 4) == 0)
		return 0; /* a store without a system_state */
	pending = cxa_json_loader_text(folder->loader, CXA_PART_SYSTEM_STATE,
				       error);
	if (pending == NULL)
		return error->status;
	start = pending->size;
	cxa_buffer_append(pending, text->data, text->size);
	if (pending->failed)
		return cxa_error_nomem(error, "reading NDJSON");
	return cxa_json_loader_add(folder->loader, start, text, error);
}

static int read_small(struct folder *folder, const char *name, bool required,
		      struct cxa_error *error)
{
	struct cxa_error inner = CXA_ERROR_INIT;
	struct cxa_buffer value = { 0 };
	struct cxa_json_text text = { 0 };
	int status = read_value(folder, name, required, &value, &text, &inner);

	if (status == 0 && value.size != 0)
		status = use_value(folder, name, &text, &inner);
	if (status == 0)
		status = cxa_json_loader_flush(folder->loader, &inner);
	cxa_buffer_release(&value);
	return in_file(name, status, &inner, error);
}

static int read_folder(struct folder *folder, struct cxa_error *error)
{
	int status = check_names(folder, error);

	if (status == 0)
		status = read_small(folder, "metadata.json", true, error);
	if (status == 0)
		status = read_small(folder, "extensions.json", false, error);
	for (int i = 0; i < CXA_PART_COUNT && status == 0; i++) {
		if (cxa_json_parts[i].is_array)
			status = read_lines(folder, (enum cxa_json_part)i,
					    error);
		else if (i == CXA_PART_SYSTEM_STATE)
			status = read_small(folder, "system_state.json",
					    !folder->lenient, error);
	}
	return status;
}

int cxa_ndjson_source_open(struct cxa_source *source, struct cxa_input **input,
			   const struct cxa_source_options *options,
			   struct cxa_error *error)
{
	struct folder folder = {
		.context = source->context,
		.path = (*input)->name,
		.lenient = options->lenient,
	};
	struct cxa_error own = CXA_ERROR_INIT;
	int status = cxa_json_loader_open(&folder.loader, source,
					  options->lenient, &own);

	if (status == 0)
		status = read_folder(&folder, &own);
	if (status == 0)
		status = cxa_json_loader_finish(folder.loader, source, &own);
	if (status < 0)
		cxa_json_loader_close(folder.loader);
	return cxa_error_pass(error, status, &own);
}
