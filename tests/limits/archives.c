/* archives.c - limits on archives: at what one needs it is read and written */
#include <cortexarc/cortexarc.h>

#include "base/limits.h"
#include "endpoint/archive.h"
#include "endpoint/scratch.h"

static char golden[500];

static const struct cxa_limit *find_limit(const char *name)
{
	size_t i = 0;

	while (strcmp(cxa_limit_at(i)->name, name) != 0)
		i++;
	return cxa_limit_at(i);
}

/* A context in which @name is @value, the rest the defaults. */
static struct cxa_context *open_context(const char *name, uint64_t value)
{
	struct cxa_context_options options = CXA_CONTEXT_OPTIONS_INIT;
	struct cxa_context *context = NULL;
	char *limits = (char *)&options.limits;

	options.threads = 2;
	memcpy(limits + find_limit(name)->offset, &value, sizeof(value));
	cxa_context_open(&context, &options, NULL);
	return context;
}

static int convert_with(const char *name, uint64_t value, const char *from,
			const char *to, struct cxa_error *error)
{
	struct cxa_context *context = open_context(name, value);
	struct cxa_source *source = NULL;
	struct cxa_sink *sink = NULL;
	int status = cxa_source_open(&source, context, from, NULL, error);

	if (status == 0)
		status = cxa_sink_open(&sink, context, to, CXA_KIND_AUTO, NULL,
				       error);
	if (status == 0)
		status = cxa_copy(source, sink, NULL, NULL, error);
	cxa_sink_close(sink);
	cxa_source_close(source);
	cxa_context_close(context);
	return status;
}

/* The first issue verify finds; its rule is "" when there is none. */
static struct cxa_issue verify_with(const char *name, uint64_t value,
				    const char *archive)
{
	struct cxa_context *context = open_context(name, value);
	struct cxa_issue issue = { .rule = "" };
	struct cxa_report *report = NULL;

	if (cxa_verify(&report, context, archive, NULL, NULL) == 0)
		for (size_t i = 0; i < report->issue_count; i++)
			if (i == 0 || strcmp(report->issues[i].rule,
					     "limit") == 0)
				issue = report->issues[i];
	cxa_report_free(report);
	cxa_context_close(context);
	return issue;
}

/* The least value with which @from is read. */
static uint64_t find_need(const char *name, const char *from)
{
	uint64_t low = 0; /* refused */
	uint64_t high = UINT64_C(1) << 32;

	while (high - low > 1) {
		uint64_t middle = low + (high - low) / 2;

		if (convert_with(name, middle, from, "need.json", NULL) == 0)
			high = middle;
		else
			low = middle;
	}
	return high;
}

/* What is refused with one less says just that: so much, over one less. */
static void say(char told[120], const char *name, uint64_t need)
{
	snprintf(told, 120, "%" PRIu64 " %s, over the limit %s of %" PRIu64,
		 need, find_limit(name)->unit, name, need - 1);
}

static void limit_holds(const char *name, uint64_t need, const char *from)
{
	struct cxa_error error = CXA_ERROR_INIT;
	char told[120];

	say(told, name, need);
	ok(convert_with(name, need, from, "b.json", NULL) == 0,
	   "%s, %s: what needs as much as the limit is read", name, from);
	ok(convert_with(name, need - 1, from, "c.json", &error) ==
		   CXA_ERR_LIMIT && strstr(error.message, told) != NULL,
	   "%s, %s: one more is refused: %s", name, from, error.message);
	like(error.hint, name, "with what raises it");
	ok(access("c.json", F_OK) != 0, "%s: and nothing written", name);
}

static void verify_keeps(const char *name, uint64_t need)
{
	struct cxa_issue issue;
	char told[120];

	say(told, name, need);
	ok(verify_with(name, need, "a.cxa").rule[0] == '\0',
	   "%s: verify has nothing to say at the limit", name);
	issue = verify_with(name, need - 1, "a.cxa");
	ok(strcmp(issue.rule, "limit") == 0 &&
		   strstr(issue.description, told) != NULL &&
		   strstr(issue.description, "--limit ") != NULL,
	   "%s: and tells it past that: %s", name, issue.description);
}

static void what_is_written_can_be_read(const char *name, uint64_t need)
{
	struct cxa_error error = CXA_ERROR_INIT;

	ok(convert_with(name, need, golden, "b.cxa", NULL) == 0 &&
		   same_files("b.cxa", "a.cxa"),
	   "%s: an archive that needs as much as the limit is written", name);
	ok(convert_with(name, need - 1, golden, "d.cxa", &error) ==
		   CXA_ERR_LIMIT && access("d.cxa", F_OK) != 0,
	   "%s: one that could not be read is not: %s", name, error.message);
}

static void archives_have_limits(void)
{
	static const struct {
		const char *name;
		bool written; /* it is a batch, or INDEX, that needs most */
	} rows[] = {
		{ "batch-bytes", false }, /* the schema has the most */
		{ "total-bytes", true },
		{ "members", true },
		{ "members-per-gib", true },
		{ "index-bytes", true },
		{ "decode-bytes", true },
		{ "fields", true },
		{ "string-bytes", true },
		{ "short-string-bytes", true },
		{ "tags", true },
		{ "vector-floats", true },
		{ "links", true },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint64_t need = find_need(rows[i].name, "a.cxa");

		limit_holds(rows[i].name, need, "a.cxa");
		verify_keeps(rows[i].name, need);
		if (rows[i].written)
			what_is_written_can_be_read(rows[i].name, need);
	}
}

static void stores_have_limits(void)
{
	static const char *const names[] = {
		"string-bytes", "short-string-bytes", "tags", "vector-floats",
		"links" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		limit_holds(names[i], find_need(names[i], "a.db"), "a.db");
}

/* What the archive says of itself, against what the limits found. */
static void needs_are_what_the_index_tells(void)
{
	struct cxa_context *context = open_context("tags", 0);
	struct cxa_source *source = NULL;
	const Cxa__Index *index;
	uint64_t total = 0;

	cxa_source_open(&source, context, "a.cxa", NULL, NULL);
	index = cxa_source_index(source);
	for (size_t i = 0; i < index->n_entries; i++)
		total += index->entries[i]->raw_size;
	is_uint(find_need("total-bytes", "a.cxa"), total,
		"total-bytes counts all batches, decompressed");
	is_uint(find_need("members", "a.cxa"), index->n_entries + 5,
		"members counts them all");
	is_uint(find_need("members-per-gib", "a.cxa"), index->n_entries + 2,
		"members-per-gib counts up to the last batch");
	cxa_source_close(source);
	cxa_context_close(context);
}

/* Written with @limit on batches, whatever may be read. */
static int write_with(uint64_t limit, struct cxa_error *error)
{
	struct cxa_context *context = open_context("tags", 0);
	struct cxa_context *tight = open_context("batch-bytes", limit);
	struct cxa_source *source = NULL;
	struct cxa_sink *sink = NULL;
	int status;

	cxa_source_open(&source, context, "a.cxa", NULL, NULL);
	cxa_sink_open(&sink, tight, "e.cxa", CXA_KIND_AUTO, NULL, NULL);
	status = cxa_copy(source, sink, NULL, NULL, error);
	cxa_sink_close(sink);
	cxa_source_close(source);
	cxa_context_close(tight);
	cxa_context_close(context);
	return status;
}

static uint64_t largest_batch(void)
{
	struct cxa_context *context = open_context("tags", 0);
	struct cxa_source *source = NULL;
	const Cxa__Index *index;
	uint64_t largest = 0;

	cxa_source_open(&source, context, "a.cxa", NULL, NULL);
	index = cxa_source_index(source);
	for (size_t i = 0; i < index->n_entries; i++)
		if (index->entries[i]->raw_size > largest)
			largest = index->entries[i]->raw_size;
	cxa_source_close(source);
	cxa_context_close(context);
	return largest;
}

static void a_batch_too_large_is_not_written(void)
{
	struct cxa_error error = CXA_ERROR_INIT;
	uint64_t largest = largest_batch();
	char told[120];

	say(told, "batch-bytes", largest);
	is_int(write_with(largest - 1, &error), CXA_ERR_LIMIT,
	       "a batch that could not be read is not written");
	like(error.message, told, "and the limit told");
	ok(access("e.cxa", F_OK) != 0, "nor is any of the archive");
	is_int(write_with(largest, NULL), 0, "at the limit it is");
}

/* Not only INDEX tells it, which comes last: a bomb would have gone off. */
static void verify_ends_where_it_is_over(void)
{
	struct cxa_issue issue = verify_with("total-bytes", 1, "a.cxa");

	is_str(issue.rule, "limit", "verify tells a total over its limit");
	is_str(issue.member, "concepts/00000000.pb.zst",
	       "at the batch with which it is");
}

/* Every batch damaged: an issue each. */
static size_t damage_all(void)
{
	struct cxa_context *context = open_context("tags", 0);
	struct cxa_source *source = NULL;
	size_t size = 0;
	char *data = read_file("a.cxa", &size);
	size_t count;

	cxa_source_open(&source, context, "a.cxa", NULL, NULL);
	count = cxa_source_index(source)->n_entries;
	for (size_t i = 0; i < count; i++)
		data[cxa_source_index(source)->entries[i]->offset + 9] ^= 1;
	write_file("damaged.cxa", data, size);
	free(data);
	cxa_source_close(source);
	cxa_context_close(context);
	return count;
}

static void listed(uint64_t limit, size_t *list, uint64_t *failed)
{
	struct cxa_context *context = open_context("issues", limit);
	struct cxa_report *report = NULL;

	cxa_verify(&report, context, "damaged.cxa", NULL, NULL);
	*list = report->issue_count;
	*failed = report->failed;
	cxa_report_free(report);
	cxa_context_close(context);
}

static void issues_have_a_limit(void)
{
	size_t count = damage_all();
	uint64_t failed = 0;
	size_t list = 0;

	listed(count, &list, &failed);
	ok(list == count && failed == count,
	   "as many issues as the limit, %zu, are listed", count);
	listed(count - 1, &list, &failed);
	is_uint(list, count - 1, "with one more, as many as the limit are");
	is_uint(failed, count, "and all are counted");
}

/* INDEX reckons what is under way: the frame of a batch takes no more. */
static void a_frame_takes_what_index_says(void)
{
	struct cxa_frame_coder coder = { 0 };
	struct cxa_context *context = NULL;
	struct cxa_archive *archive = NULL;
	struct cxa_input *input = NULL;
	struct cxa_buffer stored = { 0 };
	struct cxa_buffer raw = { 0 };
	Cxa__IndexEntry lies;

	cxa_context_open(&context, NULL, NULL);
	if (cxa_input_open(&input, "a.cxa", &context->cancel, NULL) != 0 ||
	    cxa_archive_open(&archive, context, &input, CXA_TO_RESTORE,
			     NULL) != 0) {
		printf("Bail out! a.cxa\n");
		exit(1);
	}
	lies = *archive->index->entries[0];
	lies.raw_size = 1;
	ok(cxa_archive_read_batch(archive, &lies, &coder, &stored, &raw,
				  NULL) == CXA_ERR_CORRUPT &&
		   raw.capacity == 0,
	   "a batch that INDEX says to be smaller takes no memory");
	lies.raw_size = UINT64_MAX;
	ok(cxa_archive_read_batch(archive, &lies, &coder, &stored, &raw,
				  NULL) == CXA_ERR_CORRUPT &&
		   raw.capacity == 0,
	   "nor does one that it says to be larger");
	cxa_buffer_release(&stored);
	cxa_buffer_release(&raw);
	cxa_frame_coder_release(&coder);
	cxa_archive_close(archive);
	cxa_context_close(context);
}

int main(void)
{
	struct cxa_error error = CXA_ERROR_INIT;

	enter_scratch();
	snprintf(golden, sizeof(golden), "%s/tests/data/backup-v1-24.json",
		 getenv("CXA_SRCDIR"));
	if (convert(golden, "a.cxa", 2, false, &error) < 0 ||
	    convert(golden, "a.db", 2, false, &error) < 0) {
		printf("Bail out! %s\n", error.message);
		return 1;
	}
	archives_have_limits();
	stores_have_limits();
	needs_are_what_the_index_tells();
	a_batch_too_large_is_not_written();
	verify_ends_where_it_is_over();
	issues_have_a_limit();
	a_frame_takes_what_index_says();
	leave_scratch();
	return done_testing();
}
