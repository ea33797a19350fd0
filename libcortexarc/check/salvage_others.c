/* salvage_others.c - other inputs that may hold what a damaged archive lost */
#include "check/salvage_others.h"

#include <stdio.h>
#include <stdlib.h>

/* Where nothing of an archive is in it, *@out stays NULL. */
static int open_wreck(struct cxa_wreck **out, struct cxa_context *context,
		      const char *name, struct cxa_error *error)
{
	struct cxa_error inner = CXA_ERROR_INIT;
	struct cxa_input *input = NULL;
	bool is_store = false;
	int status = cxa_source_is_store(name, &is_store, error);

	if (status < 0 || is_store)
		return status;
	status = cxa_input_open(&input, name, &context->cancel, error);
	if (status < 0)
		return status;
	if (!input->is_directory)
		status = cxa_wreck_open(out, context, &input, &inner);
	cxa_input_close(input);
	if (status == CXA_ERR_FORMAT)
		return 0;
	return cxa_error_pass(error, status, &inner);
}

/* What another tar has packed again: TRAILER is found, and no batch by it. */
static bool is_packed_again(const struct cxa_other *other,
			    struct cxa_context *context,
			    struct cxa_source **out)
{
	const struct cxa_wreck *wreck = other->wreck;

	if (wreck->index != NULL)
		return false;
	for (size_t i = 0; i < wreck->count; i++)
		if (wreck->pieces[i].member.kind == CXA_MEMBER_BATCH)
			return false;
	return cxa_source_open(out, context, other->name, NULL, NULL) == 0;
}

static int open_other(struct cxa_other *other, struct cxa_context *context,
		      struct cxa_error *error)
{
	int status = open_wreck(&other->wreck, context, other->name, error);

	if (status < 0)
		return status;
	if (other->wreck != NULL &&
	    is_packed_again(other, context, &other->source)) {
		cxa_wreck_close(other->wreck);
		other->wreck = NULL;
		return 0;
	}
	if (other->wreck == NULL)
		return cxa_source_open(&other->source, context, other->name,
				       NULL, error);
	status = cxa_manifest_make(&other->manifest, other->wreck, false,
				   error);
	cxa_manifest_settle(&other->manifest);
	if (status == 0)
		status = cxa_salvage_source_open(&other->source, context,
						 &other->manifest, NULL, error);
	return status;
}

/* Of several inputs, which one it is about. */
static int name_other(struct cxa_error *error, int status, const char *name)
{
	char message[sizeof(error->message)];

	if (error == NULL || strstr(error->message, name) != NULL)
		return status;
	memcpy(message, error->message, sizeof(message));
	snprintf(error->message, sizeof(error->message), "%.200s: %.300s",
		 name, message);
	return status;
}

int cxa_others_open(struct cxa_others *others, struct cxa_context *context,
		    const char *const *from, size_t count,
		    struct cxa_error *error)
{
	int status;

	others->context = context;
	others->list = calloc(count + 1, sizeof(*others->list));
	if (others->list == NULL)
		return cxa_error_nomem(error, "other inputs");
	for (size_t i = 0; i < count; i++) {
		if (strcmp(from[i], "-") == 0)
			return cxa_error_set(error, CXA_ERR_USAGE,
					     "what heals is read several "
					     "times: standard input cannot be");
		others->list[i].name = from[i];
		others->count++;
		status = open_other(&others->list[i], context, error);
		if (status < 0)
			return name_other(error, status, from[i]);
	}
	return 0;
}

void cxa_others_close(struct cxa_others *others)
{
	for (size_t i = 0; i < others->count; i++) {
		cxa_source_close(others->list[i].source);
		cxa_manifest_release(&others->list[i].manifest);
		cxa_wreck_close(others->list[i].wreck);
	}
	free(others->list);
	cxa_input_close(others->made.input);
	cxa_spool_close(others->spool);
	cxa_arena_release(&others->made.arena);
}

int cxa_others_complete(const struct cxa_others *others,
			struct cxa_wreck *wreck, const char **header_from,
			struct cxa_error *error)
{
	int status = 0;

	*header_from = NULL;
	for (size_t i = 0; i < others->count && status == 0; i++) {
		const struct cxa_other *other = &others->list[i];
		bool had_header = wreck->header != NULL;

		if (other->wreck == NULL)
			continue;
		status = cxa_wreck_adopt(wreck, other->wreck, error);
		if (!had_header && wreck->header != NULL)
			*header_from = other->name;
	}
	return status;
}
