/* store_check.c - quick_check of a store, beside the reading of it */
#include "endpoint/store_check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/** struct cxa_store_check - @status, @error: set by the job */
struct cxa_store_check {
	struct cxa_context *context;
	struct cxa_queue *queue;
	char *path;
	int status;
	struct cxa_error error;
};

static int damaged(const char *answer, struct cxa_error *error)
{
	char line[300];

	snprintf(line, sizeof(line), "%s", answer);
	for (char *p = line; *p != '\0'; p++)
		if (*p == '\n')
			*p = ' ';
	cxa_error_set(error, CXA_ERR_CORRUPT,
		      "the store's database is damaged (%s)", line);
	return cxa_error_hint(error, "PRAGMA integrity_check says more; the "
				     "command .recover of sqlite3 saves what "
				     "it can");
}

/* "... unable to get the page. error code=N" is no damage for every N. */
static int unreadable(const struct cxa_store *store, const char *answer,
		      struct cxa_error *error)
{
	static const char words[] = "error code=";
	const char *code = strstr(answer, words);
	int number = code == NULL ? SQLITE_CORRUPT :
				    atoi(code + strlen(words)) & 0xff;

	if (number != SQLITE_NOMEM && number != SQLITE_IOERR)
		return damaged(answer, error);
	return cxa_store_failed_by(store, number, error);
}

static int check_pages(struct cxa_store *store, struct cxa_error *error)
{
	sqlite3_stmt *statement = NULL;
	const char *answer = NULL;
	int status = 0;

	if (sqlite3_prepare_v2(store->database, "PRAGMA quick_check(1)", -1,
			       &statement, NULL) == SQLITE_OK &&
	    sqlite3_step(statement) == SQLITE_ROW)
		answer = (const char *)sqlite3_column_text(statement, 0);
	if (answer == NULL)
		status = cxa_store_failed(store, error);
	else if (strcmp(answer, "ok") != 0)
		status = unreadable(store, answer, error);
	sqlite3_finalize(statement);
	return status;
}

static void run(void *job)
{
	struct cxa_store_check *check = job;
	struct cxa_store store = { .context = check->context };

	check->status = cxa_store_open(&store, check->path, false,
				       &check->error);
	if (check->status == 0)
		check->status = check_pages(&store, &check->error);
	cxa_store_close(&store);
}

int cxa_store_check_begin(struct cxa_store_check **out,
			  struct cxa_context *context, const char *path,
			  struct cxa_error *error)
{
	struct cxa_store_check *check = calloc(1, sizeof(*check));
	int status;

	*out = check;
	if (check == NULL)
		return cxa_error_nomem(error, "checking a store");
	check->context = context;
	check->error = (struct cxa_error)CXA_ERROR_INIT;
	check->path = strdup(path);
	if (check->path == NULL)
		return cxa_error_nomem(error, "checking a store");
	status = cxa_queue_open(&check->queue, context->pool, 1, run, NULL,
				error);
	if (status == 0)
		cxa_queue_submit(check->queue, check, 0);
	return status;
}

int cxa_store_check_end(struct cxa_store_check *check, struct cxa_error *error)
{
	cxa_queue_take(check->queue);
	return cxa_error_pass(error, check->status, &check->error);
}

void cxa_store_check_close(struct cxa_store_check *check)
{
	if (check == NULL)
		return;
	cxa_queue_close(check->queue);
	free(check->path);
	free(check);
}
