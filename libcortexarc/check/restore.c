/* restore.c - what a store holds, replaced by what an archive holds */
#include <cortexarc/restore.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <time.h>

#include <cortexarc/diff.h>
#include <cortexarc/verify.h>

#include "base/buffer.h"
#include "base/wire.h"
#include "check/restore_changed.h"
#include "endpoint/sink.h"
#include "endpoint/source.h"

/*
 * Rows and indexes of a store take about twice their encoding, once in the
 * journal and once in the file; measured on the WordNet graph: 1.2 and 1.2.
 */
enum { STORE_FACTOR = 3 };

struct restore {
	struct cxa_context *context;
	const char *locator;
	const struct cxa_store_change *change; /* instead of @locator */
	const char *store;
	const struct cxa_restore_options *options;
	struct cxa_source *next; /* what is to come */
	struct cxa_source *now;  /* what is there */
	struct cxa_sink *sink;   /* holds the lock on the store */
	struct cxa_buffer safety_backup;
	struct cxa_summary *summary;
	struct cxa_error *error;
};

/* --- is it sound? ------------------------------------------------------ */

static int check_report(struct restore *restore,
			const struct cxa_report *report)
{
	const uint8_t *root = cxa_source_root(restore->next);

	if (!report->is_valid) {
		cxa_error_set(restore->error, CXA_ERR_CORRUPT,
			      "it is at fault: %s",
			      report->issue_count == 0 ?
				      "see verify" :
				      report->issues[0].description);
		return cxa_error_hint(restore->error, "`cortexarc verify` tells "
				      "all of it; the store was not touched");
	}
	if (report->has_root != (root != NULL) ||
	    (root != NULL && memcmp(report->root, root, 32) != 0))
		return cxa_error_set(restore->error, CXA_ERR_CORRUPT,
				     "it was changed while it was verified");
	return 0;
}

static int verify_next(struct restore *restore)
{
	struct cxa_verify_options options = CXA_VERIFY_OPTIONS_INIT;
	struct cxa_report *report = NULL;
	int status;

	options.level = CXA_LEVEL_RECORDS;
	status = cxa_verify(&report, restore->context, restore->locator,
			    &options, restore->error);
	if (status == 0)
		status = check_report(restore, report);
	cxa_report_free(report);
	return status;
}

/* --- the safety backup ----------------------------------------------------- */

static bool is_taken(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0;
}

/* Beside the store, by the time; two within a second differ in a number. */
static void name_by_time(struct restore *restore)
{
	struct cxa_buffer *name = &restore->safety_backup;
	time_t now = time(NULL);
	struct tm utc;
	char text[32] = "";

	if (gmtime_r(&now, &utc) != NULL)
		strftime(text, sizeof(text), "%Y%m%dT%H%M%SZ", &utc);
	cxa_buffer_format(name, "%s.%s.cxa", restore->store, text);
	for (int i = 2; !name->failed && is_taken((const char *)name->data);
	     i++) {
		cxa_buffer_reset(name);
		cxa_buffer_format(name, "%s.%s-%d.cxa", restore->store, text,
				  i);
	}
}

static int name_safety_backup(struct restore *restore)
{
	struct cxa_buffer *name = &restore->safety_backup;

	if (restore->options->no_safety_backup)
		return 0;
	if (restore->options->safety_backup != NULL)
		cxa_buffer_format(name, "%s", restore->options->safety_backup);
	else
		name_by_time(restore);
	return name->failed ?
		       cxa_error_nomem(restore->error, "a name") : 0;
}

static const char *safety_backup(const struct restore *restore)
{
	return restore->options->no_safety_backup ?
		       NULL : (const char *)restore->safety_backup.data;
}

static int compare_backup(struct restore *restore, struct cxa_source *backup)
{
	struct cxa_diff_options options = CXA_DIFF_OPTIONS_INIT;
	struct cxa_diff_summary summary;
	int status = cxa_diff(restore->now, backup, &options, &summary,
			      restore->error);

	if (status == 0 &&
	    (summary.differences != 0 || summary.metadata_changes != 0))
		status = cxa_error_set(restore->error, CXA_ERR_CORRUPT,
				       "%s does not hold what the store holds",
				       safety_backup(restore) != NULL ?
					       safety_backup(restore) :
					       "a temporary copy");
	return status;
}

/* A backup that was not read back is none. */
static int prove_backup(struct restore *restore)
{
	struct cxa_source *backup = NULL;
	int status = cxa_source_open(&backup, restore->context,
				     safety_backup(restore), NULL,
				     restore->error);

	if (status == 0)
		status = compare_backup(restore, backup);
	cxa_source_close(backup);
	return status;
}

/* Nobody may read the backup who may not read the store. */
static mode_t mode_of_store(const struct restore *restore)
{
	struct stat st;

	if (stat(restore->store, &st) != 0)
		return 0600;
	return (st.st_mode & 0666) | 0600;
}

static int make_backup(struct restore *restore)
{
	struct cxa_sink *sink = NULL;
	int status = 0;

	if (safety_backup(restore) == NULL)
		return 0;
	if (is_taken(safety_backup(restore)))
		return cxa_error_set(restore->error, CXA_ERR_USAGE,
				     "%s exists, and a safety backup replaces "
				     "nothing", safety_backup(restore));
	status = cxa_sink_open(&sink, restore->context, safety_backup(restore),
			       CXA_KIND_ARCHIVE, NULL, restore->error);
	if (status == 0) {
		sink->new_mode = mode_of_store(restore);
		status = cxa_copy(restore->now, sink, NULL, NULL,
				  restore->error);
	}
	cxa_sink_close(sink);
	return status == 0 ? prove_backup(restore) : status;
}

/* --- preflight -------------------------------------------------------------- */

static bool same_space(const Cxa__Header *now, const Cxa__Header *next)
{
	struct cxa_buffer a = { 0 };
	struct cxa_buffer b = { 0 };
	bool same = true;

	if (now->embedding_space != NULL && next->embedding_space != NULL)
		same = cxa_wire_pack(&now->embedding_space->base, &a, NULL) ==
			       0 &&
		       cxa_wire_pack(&next->embedding_space->base, &b, NULL) ==
			       0 &&
		       a.size == b.size &&
		       (a.size == 0 || memcmp(a.data, b.data, a.size) == 0);
	cxa_buffer_release(&a);
	cxa_buffer_release(&b);
	return same;
}

/* Of a change that is what is there. */
static struct cxa_source *to_come(const struct restore *restore)
{
	return restore->next != NULL ? restore->next : restore->now;
}

static int measure(struct restore *restore, struct cxa_preflight *preflight)
{
	struct statvfs fs;
	struct stat st;

	if (stat(restore->store, &st) != 0 ||
	    statvfs(restore->store, &fs) != 0)
		return cxa_error_set(restore->error, CXA_ERR_IO,
				     "cannot look at %s", restore->store);
	preflight->store_bytes = (uint64_t)st.st_size;
	preflight->free_bytes = (uint64_t)fs.f_bavail * fs.f_frsize;
	preflight->needed_bytes = STORE_FACTOR *
				 to_come(restore)->rows_bytes;
	if (preflight->safety_backup != NULL)
		preflight->needed_bytes += preflight->store_bytes;
	if (preflight->needed_bytes > preflight->free_bytes) {
		errno = ENOSPC;
		return cxa_error_set(restore->error, CXA_ERR_IO,
				     "restoring takes about %llu MB beside it, "
				     "and %llu MB are free",
				     (unsigned long long)
					     (preflight->needed_bytes >> 20),
				     (unsigned long long)
					     (preflight->free_bytes >> 20));
	}
	return 0;
}

static int tell(struct restore *restore)
{
	struct cxa_preflight preflight = {
		.now = cxa_source_header(restore->now),
		.next = cxa_source_header(to_come(restore)),
		.safety_backup = safety_backup(restore),
	};
	int status = cxa_source_count(restore->now, preflight.now_records,
				      restore->error);

	if (status == 0)
		status = cxa_source_count(to_come(restore),
					  preflight.next_records,
					  restore->error);
	preflight.next_known = status == 0;
	if (status < 0)
		return status;
	preflight.same_space = same_space(preflight.now, preflight.next);
	status = measure(restore, &preflight);
	if (status == 0 && restore->options->preflight != NULL &&
	    restore->options->preflight(restore->options->user, &preflight) !=
		    0)
		status = cxa_error_set(restore->error, CXA_ERR_CANCELLED,
				       "not restored");
	return status;
}

/* --- all of it ----------------------------------------------------------------- */

/* Of two paths, the one that the error is about. */
static void blame_store(struct restore *restore)
{
	char message[sizeof(restore->error->message)];

	if (restore->error == NULL ||
	    strstr(restore->error->message, restore->store) != NULL)
		return;
	memcpy(message, restore->error->message, sizeof(message));
	snprintf(restore->error->message, sizeof(message), "%.100s: %.400s",
		 restore->store, message);
}

static int lock_store(struct restore *restore)
{
	struct cxa_sink_options to = CXA_SINK_OPTIONS_INIT;
	int status;

	to.into = true;
	status = cxa_sink_open(&restore->sink, restore->context,
			       restore->store, CXA_KIND_STORE, &to,
			       restore->error);
	if (status == 0)
		status = cxa_source_open(&restore->now, restore->context,
					 restore->store, NULL,
					 restore->error);
	if (status < 0)
		blame_store(restore);
	return status;
}

/* A reader would keep the transaction from its commit. */
static void leave_now(struct restore *restore)
{
	cxa_source_close(restore->now);
	restore->now = NULL;
}

/* The store is locked: tell what is to come, and keep what is there. */
static int prepare(struct restore *restore)
{
	int status = name_safety_backup(restore);

	if (status == 0)
		status = tell(restore);
	if (status == 0)
		status = make_backup(restore);
	return status;
}

static int run(struct restore *restore)
{
	int status = cxa_source_open(&restore->next, restore->context,
				     restore->locator, NULL, restore->error);

	if (status == 0)
		status = verify_next(restore);
	if (status == 0)
		status = lock_store(restore);
	if (status == 0)
		status = prepare(restore);
	leave_now(restore);
	if (status == 0)
		status = cxa_copy(restore->next, restore->sink, NULL,
				  restore->summary, restore->error);
	return status;
}

/* --- a change ------------------------------------------------------------------ */

/* @from holds what the store held. */
static int apply(struct restore *restore, struct cxa_source *from)
{
	const struct cxa_store_change *change = restore->change;
	struct cxa_source *changed = NULL;
	int status = change->apply(change->user, from, &changed,
				   restore->error);

	restore->sink->prove = change->prove;
	restore->sink->prove_user = change->user;
	if (status == 0)
		status = cxa_copy(changed, restore->sink, NULL,
				  restore->summary, restore->error);
	cxa_source_close(changed);
	return status;
}

static int apply_backup(struct restore *restore)
{
	int status;

	leave_now(restore);
	status = cxa_source_open(&restore->next, restore->context,
				 safety_backup(restore), NULL, restore->error);
	return status == 0 ? apply(restore, restore->next) : status;
}

/* For the prove of a sink: it ends without a commit, so nothing remains. */
static int apply_copy(void *user, struct cxa_source *copy,
		      struct cxa_error *error)
{
	struct restore *restore = user;
	int status = compare_backup(restore, copy);

	(void)error; /* it is the one of @restore */
	leave_now(restore);
	if (status == 0)
		status = apply(restore, copy);
	return status == 0 ? CXA_END : status;
}

/* What the store held, read from a file that never gets a name. */
static int apply_scratch(struct restore *restore)
{
	struct cxa_buffer name = { 0 };
	struct cxa_sink *sink = NULL;
	int status = 0;

	cxa_spool_path(&name, restore->context->temp_dir);
	if (name.failed)
		status = cxa_error_nomem(restore->error, "a name");
	if (status == 0)
		status = cxa_sink_open(&sink, restore->context,
				       (const char *)name.data,
				       CXA_KIND_ARCHIVE, NULL, restore->error);
	if (status == 0) {
		sink->prove = apply_copy;
		sink->prove_user = restore;
		status = cxa_copy(restore->now, sink, NULL, NULL,
				  restore->error);
	}
	cxa_sink_close(sink);
	cxa_buffer_release(&name);
	return status == CXA_END ? 0 : status;
}

static int run_change(struct restore *restore)
{
	const struct cxa_store_change *change = restore->change;
	int status = lock_store(restore);

	if (status == 0)
		status = change->check(change->user, restore->now,
				       restore->error);
	if (status == 0)
		status = prepare(restore);
	if (status != 0)
		return status;
	return safety_backup(restore) == NULL ? apply_scratch(restore) :
						apply_backup(restore);
}

static int take_options(struct cxa_restore_options *out,
			const struct cxa_restore_options *options,
			struct cxa_error *error)
{
	if (!cxa_options_take(out, sizeof(*out), options))
		return cxa_error_set(error, CXA_ERR_USAGE,
				     "restore options of another version");
	if (out->safety_backup != NULL && strcmp(out->safety_backup, "-") == 0)
		return cxa_error_set(error, CXA_ERR_USAGE,
				     "a safety backup is read back, and so "
				     "cannot go to standard output");
	return 0;
}

/* A store that replaces itself would wait for its own lock. */
static int check_ends(const struct restore *restore)
{
	struct stat from;
	struct stat to;

	if (strcmp(restore->locator, "-") == 0)
		return cxa_error_set(restore->error, CXA_ERR_USAGE,
				     "what replaces a store is verified first, "
				     "and so cannot come from a pipe");
	if (stat(restore->locator, &from) == 0 &&
	    stat(restore->store, &to) == 0 && from.st_dev == to.st_dev &&
	    from.st_ino == to.st_ino)
		return cxa_error_set(restore->error, CXA_ERR_USAGE,
				     "%.300s: input and output are the same "
				     "file", restore->store);
	return 0;
}

static void release(struct restore *restore)
{
	cxa_source_close(restore->now);
	cxa_sink_close(restore->sink);
	cxa_source_close(restore->next);
	cxa_buffer_release(&restore->safety_backup);
}

int cxa_restore(struct cxa_context *context, const char *locator,
		const char *store, const struct cxa_restore_options *options,
		struct cxa_summary *summary, struct cxa_error *error)
{
	struct cxa_restore_options wanted = CXA_RESTORE_OPTIONS_INIT;
	struct restore restore = {
		.context = context,
		.locator = locator,
		.store = store,
		.options = &wanted,
		.summary = summary,
		.error = error,
	};
	int status = take_options(&wanted, options, error);

	if (status == 0)
		status = check_ends(&restore);
	if (status == 0)
		status = run(&restore);
	release(&restore);
	return status;
}

int cxa_restore_changed(struct cxa_context *context, const char *store,
			const struct cxa_store_change *change,
			const struct cxa_restore_options *options,
			struct cxa_summary *summary, struct cxa_error *error)
{
	struct cxa_restore_options wanted = CXA_RESTORE_OPTIONS_INIT;
	struct restore restore = {
		.context = context,
		.change = change,
		.store = store,
		.options = &wanted,
		.summary = summary,
		.error = error,
	};
	int status = take_options(&wanted, options, error);

	if (status < 0)
		return status;
	status = run_change(&restore);
	release(&restore);
	return status;
}
