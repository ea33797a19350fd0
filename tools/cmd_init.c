/* cmd_init.c - an empty store */
#include "session.h"

/* A source of no records. */
static int read_nothing(void *state, enum cxa_collection collection,
			uint64_t first_id, uint64_t last_id, void **reader,
			struct cxa_error *error)
{
	(void)collection;
	(void)first_id;
	(void)last_id;
	(void)error;
	*reader = state;
	return CXA_OK;
}

static int next_nothing(void *reader, struct cxa_batch **batch,
			struct cxa_error *error)
{
	(void)reader;
	(void)error;
	*batch = NULL;
	return CXA_END;
}

static void done_nothing(void *reader)
{
	(void)reader;
}

static int make_empty(struct cxa_context *context, const char *name,
		      struct cxa_error *error)
{
	static const struct cxa_source_ops ops = {
		.read = read_nothing,
		.next = next_nothing,
		.done = done_nothing,
	};
	Cxa__Metadata metadata = CXA__METADATA__INIT;
	Cxa__Header header = CXA__HEADER__INIT;
	struct cxa_source *source = NULL;
	struct cxa_sink *sink = NULL;
	int status;

	metadata.data_version = 1;
	header.metadata = &metadata;
	status = cxa_sink_open(&sink, context, name, CXA_KIND_STORE, NULL,
			       error);
	if (status == 0)
		status = cxa_source_new(&source, context, &ops, &header,
					&header, error);
	if (status == 0)
		status = cxa_copy(source, sink, NULL, NULL, error);
	cxa_sink_close(sink);
	cxa_source_close(source);
	return status;
}

int cmd_init(const struct options *options)
{
	struct cxa_error error = CXA_ERROR_INIT;
	struct cxa_context *context = NULL;
	const char *name = options->operands[0];
	int code = session_open(&context, options);

	if (code == EXIT_DONE && make_empty(context, name, &error) < 0)
		code = ui_fail(&error, NULL, name);
	if (code == EXIT_DONE)
		ui_result("made %s, an empty store", name);
	session_close(context);
	return code;
}
