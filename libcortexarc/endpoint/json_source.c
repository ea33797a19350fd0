/* json_source.c - a BackupData document: one JSON object of any size */
#include <string.h>

#include "endpoint/json_loader.h"
#include "endpoint/source.h"
#include "record/json_text.h"

/* The document being read. */
struct document {
	const struct cxa_limits *limits;
	struct cxa_json_stream *stream;
	struct cxa_json_loader *loader;
	unsigned seen;           /* bit: enum cxa_json_part */
	bool lenient;
	struct cxa_buffer name;  /* of the member, with its quotes and colon */
	struct cxa_arena arena;  /* of the name, its escapes resolved */
	struct cxa_buffer value;
};

static int expect(struct document *document, int wanted,
		  struct cxa_error *error)
{
	int byte = -1;
	int status = cxa_json_stream_peek(document->stream, &byte, error);

	if (status < 0)
		return status;
	if (byte != wanted)
		return cxa_json_stream_fail(document->stream, error,
					    byte < 0 ? "the document is cut "
						       "here, '%c' expected" :
						       "'%c' expected",
					    wanted);
	cxa_json_stream_skip(document->stream);
	return 0;
}

/* After an element: *@more is whether another follows before @close. */
static int more(struct document *document, int close, bool *another,
		struct cxa_error *error)
{
	int byte = -1;
	int status = cxa_json_stream_peek(document->stream, &byte, error);

	if (status < 0)
		return status;
	*another = byte == ',';
	if (byte != ',')
		return expect(document, close, error);
	cxa_json_stream_skip(document->stream);
	return 0;
}

static int read_record(struct document *document, enum cxa_json_part part,
		       struct cxa_error *error)
{
	struct cxa_json_text place;
	struct cxa_buffer *text = cxa_json_loader_text(document->loader, part,
						       error);
	size_t start;
	int status;

	if (text == NULL)
		return error == NULL ? CXA_ERR_NOMEM : error->status;
	start = text->size;
	status = cxa_json_stream_value(document->stream, text, &place, error);
	if (status == 0)
		status = cxa_json_loader_add(document->loader, start, &place,
					     error);
	return status;
}

static int read_array(struct document *document, enum cxa_json_part part,
		      struct cxa_error *error)
{
	bool another = true;
	int byte = -1;
	int status = expect(document, '[', error);

	if (status == 0)
		status = cxa_json_stream_peek(document->stream, &byte, error);
	if (status == 0 && byte == ']') {
		cxa_json_stream_skip(document->stream);
		return 0;
	}
	while (status == 0 && another) {
		status = read_record(document, part, error);
		if (status == 0)
			status = more(document, ']', &another, error);
	}
	return status;
}

/* The next value into @document->value, and @text to describe it. */
static int read_value(struct document *document, struct cxa_json_text *text,
		      struct cxa_error *error)
{
	int status;

	cxa_buffer_reset(&document->value);
	status = cxa_json_stream_value(document->stream, &document->value, text,
				       error);
	text->data = document->value.data;
	text->size = document->value.size;
	return status;
}

static int read_single(struct document *document, enum cxa_json_part part,
		       struct cxa_error *error)
{
	struct cxa_json_text text;
	int byte = -1;
	int status = cxa_json_stream_peek(document->stream, &byte, error);

	if (status < 0)
		return status;
	if (part == CXA_PART_SYSTEM_STATE && byte != 'n')
		return read_record(document, part, error);
	status = read_value(document, &text, error);
	if (status < 0)
		return status;
	if (part == CXA_PART_SYSTEM_STATE) /* null: a store without one */
		return text.size == 4 && memcmp(text.data, "null", 4) == 0 ?
			       0 :
			       cxa_json_stream_fail(document->stream, error,
						    "system_state is neither "
						    "an object nor null");
	return cxa_json_loader_metadata(document->loader, &text, error);
}

static int read_unknown(struct document *document,
			const struct cxa_json_member *member,
			struct cxa_error *error)
{
	struct cxa_json_text value;
	int status = read_value(document, &value, error);

	if (status == 0)
		status = cxa_json_loader_unknown(document->loader, member,
						 &value, error);
	return status;
}

static int find_part(const struct cxa_json_member *member)
{
	for (int i = 0; i < CXA_PART_COUNT; i++) {
		const char *known = cxa_json_parts[i].name;

		if (member->size == strlen(known) &&
		    memcmp(member->name, known, member->size) == 0)
			return i;
	}
	return -1;
}

static int read_known(struct document *document, enum cxa_json_part part,
		      struct cxa_error *error)
{
	if ((document->seen >> part & 1) != 0)
		return cxa_json_stream_fail(document->stream, error,
					    "member %s is there twice",
					    cxa_json_parts[part].name);
	document->seen |= 1u << part;
	return cxa_json_parts[part].is_array ?
		       read_array(document, part, error) :
		       read_single(document, part, error);
}

/* What is in @document->name, as it is meant: "\u0061" is "a". */
static int resolve_name(struct document *document,
			struct cxa_json_member *member, struct cxa_error *error)
{
	struct cxa_json_reader reader;
	struct cxa_json_string raw;
	int status;

	cxa_buffer_byte(&document->name, ':');
	if (document->name.failed)
		return cxa_error_nomem(error, "reading JSON");
	member->text.data = document->name.data;
	member->text.size = document->name.size;
	cxa_arena_reset(&document->arena);
	status = cxa_json_start(&reader, &member->text, document->limits,
				&document->arena, error);
	if (status == 0)
		status = cxa_json_read_name(&reader, &raw, &member->name);
	if (status == 0)
		member->size = raw.size;
	cxa_json_stop(&reader);
	return status;
}

/* A name and the colon behind it. */
static int read_name(struct document *document, struct cxa_json_member *member,
		     struct cxa_error *error)
{
	int byte = -1;
	int status = cxa_json_stream_peek(document->stream, &byte, error);

	if (status == 0 && byte != '"')
		status = cxa_json_stream_fail(document->stream, error,
					      byte < 0 ? "the document is cut "
							 "here" :
							 "a member's name "
							 "expected");
	if (status < 0)
		return status;
	cxa_buffer_reset(&document->name);
	status = cxa_json_stream_value(document->stream, &document->name,
				       &member->text, error);
	if (status == 0)
		status = expect(document, ':', error);
	return status < 0 ? status : resolve_name(document, member, error);
}

static int read_member(struct document *document, struct cxa_error *error)
{
	struct cxa_json_member member;
	int status = read_name(document, &member, error);
	int part;

	if (status < 0)
		return status;
	part = find_part(&member);
	if (part >= 0)
		return read_known(document, (enum cxa_json_part)part, error);
	return read_unknown(document, &member, error);
}

static int check_parts(struct document *document, struct cxa_error *error)
{
	for (int i = 0; i < CXA_PART_COUNT; i++)
		if ((document->seen >> i & 1) == 0 &&
		    (!document->lenient || i == CXA_PART_METADATA))
			return cxa_json_stream_fail(document->stream, error,
						    "member %s is missing",
						    cxa_json_parts[i].name);
	return 0;
}

static int read_document(struct document *document, struct cxa_error *error)
{
	bool another = true;
	int byte = -1;
	int status = cxa_json_stream_peek(document->stream, &byte, error);

	if (status == 0 && byte == 0xef)
		return cxa_json_stream_fail(document->stream, error,
					    "begins with a byte order mark "
					    "(U+FEFF), which JSON must not");
	if (status == 0)
		status = expect(document, '{', error);
	if (status == 0)
		status = cxa_json_stream_peek(document->stream, &byte, error);
	if (status == 0 && byte == '}') {
		cxa_json_stream_skip(document->stream);
		another = false;
	}
	while (status == 0 && another) {
		status = read_member(document, error);
		if (status == 0)
			status = more(document, '}', &another, error);
	}
	if (status == 0)
		status = cxa_json_stream_peek(document->stream, &byte, error);
	if (status == 0 && byte >= 0)
		return cxa_json_stream_fail(document->stream, error,
					    "something stands behind the "
					    "document");
	return status < 0 ? status : check_parts(document, error);
}

int cxa_json_source_open(struct cxa_source *source, struct cxa_input **input,
			 const struct cxa_source_options *options,
			 struct cxa_error *error)
{
	struct document document = {
		.limits = &source->context->limits,
		.lenient = options->lenient,
	};
	int status = cxa_json_loader_open(&document.loader, source,
					  options->lenient, error);

	if (status == 0)
		status = cxa_json_stream_open(&document.stream, source->context,
					      *input, error);
	if (status == 0)
		status = read_document(&document, error);
	if (status == 0)
		status = cxa_json_loader_finish(document.loader, source, error);
	if (status < 0)
		cxa_json_loader_close(document.loader);
	cxa_json_stream_close(document.stream);
	cxa_buffer_release(&document.name);
	cxa_arena_release(&document.arena);
	cxa_buffer_release(&document.value);
	return status;
}
