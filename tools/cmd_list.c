/* cmd_list.c - the members that hold records, a line each */
#include <inttypes.h>
#include <string.h>

#include "json_out.h"
#include "session.h"

static void list_text(const Cxa__Index *index)
{
	printf("%-28s %9s %20s %20s %11s %11s\n", "member", "records",
	       "first id", "last id", "raw size", "stored size");
	for (size_t i = 0; i < index->n_entries; i++) {
		const Cxa__IndexEntry *entry = index->entries[i];

		ui_text(stdout, entry->member.data, entry->member.len);
		if (entry->member.len < 28)
			printf("%*s", (int)(28 - entry->member.len), "");
		printf(" %9" PRIu64 " %20" PRIu64 " %20" PRIu64 " %11" PRIu64
		       " %11" PRIu64 "\n", entry->records, entry->first_id,
		       entry->last_id, entry->raw_size, entry->stored_size);
	}
}

static void list_json(const Cxa__Index *index)
{
	struct json_out json = JSON_OUT(stdout);

	json_begin_array(&json, NULL);
	for (size_t i = 0; i < index->n_entries; i++) {
		const Cxa__IndexEntry *entry = index->entries[i];

		json_begin_object(&json, NULL);
		json_text(&json, "member", entry->member.data,
			  entry->member.len);
		json_uint(&json, "records", entry->records);
		json_uint(&json, "first_id", entry->first_id);
		json_uint(&json, "last_id", entry->last_id);
		json_uint(&json, "raw_size", entry->raw_size);
		json_uint(&json, "stored_size", entry->stored_size);
		json_end_object(&json);
	}
	json_end_array(&json);
	json_end(&json);
}

static int list(struct cxa_context *context, const struct options *options)
{
	const char *input = options->operands[0];
	struct cxa_error error = CXA_ERROR_INIT;
	struct cxa_source *source = NULL;
	int status = cxa_source_open(&source, context, input, &options->source,
				     &error);
	int code = EXIT_DONE;

	ui_clear();
	if (status < 0)
		return ui_fail(&error, input, NULL);
	if (cxa_source_index(source) == NULL)
		code = ui_refuse(EXIT_INPUT, ui_input_name(input),
				 "only an archive has members to list");
	else if (options->json)
		list_json(cxa_source_index(source));
	else
		list_text(cxa_source_index(source));
	cxa_source_close(source);
	return code;
}

int cmd_list(const struct options *options)
{
	struct cxa_context *context = NULL;
	int code = session_open(&context, options);

	if (code == EXIT_DONE)
		code = list(context, options);
	session_close(context);
	return code;
}
