/* archives.c - limits on archives: at what one needs it is read and written */
#include <cortexarc/cortexarc.h>

#include "base/limits.h"
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

/* The least value with which the archive is read. */
static uint64_t find_need(const char *name)
{
	uint64_t low = 0; /* refused */
	uint64_t high = UINT64_C(1) << 32;

	while (high - low > 1) {
		uint64_t middle = low + (high - low) / 2;

		if (convert_with(name, middle, "a.cxa", "need.json", NULL) == 0)
			high = middle;
		else
			low = middle;
	}
	return high;
}

/* What is refused with one less says just that: so much, over one less. */
static void limit_holds(const char *name, uint64_t need)
{
	struct cxa_error error = CXA_ERROR_INIT;
	struct cxa_issue issue;
	char told[120];

	snprintf(told, sizeof(told), "%" PRIu64 " %s, over the limit %s of %"
		 PRIu64, need, find_limit(name)->unit, name, need - 1);
	ok(convert_with(name, need, "a.cxa", "b.json", NULL) == 0,
	   "%s: what needs as much as the limit is read", name);
	ok(convert_with(name, need - 1, "a.cxa", "c.json", &error) ==
		   CXA_ERR_LIMIT && strstr(error.message, told) != NULL,
	   "%s: one more is refused: %s", name, error.message);
	like(error.hint, name, "with what raises it");
	ok(access("c.json", F_OK) != 0, "%s: and nothing written", name);
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
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint64_t need = find_need(rows[i].name);

		limit_holds(rows[i].name, need);
		if (rows[i].written)
			what_is_written_can_be_read(rows[i].name, need);
	}
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
	is_uint(find_need("total-bytes"), total,
		"total-bytes counts all batches, decompressed");
	is_uint(find_need("members"), index->n_entries + 5,
		"members counts them all");
	is_uint(find_need("members-per-gib"), index->n_entries + 2,
		"members-per-gib counts up to the last batch");
	cxa_source_close(source);
	cxa_context_close(context);
}

/* A concept whose record is larger than a batch may be. */
static void a_batch_too_large_is_not_written(void)
{
	struct cxa_error error = CXA_ERROR_INIT;
	struct cxa_source *source = NULL;
	struct cxa_sink *sink = NULL;
	struct cxa_context *context = open_context("tags", 0);
	struct cxa_context *tight = open_context("batch-bytes", 3000);
	int status;

	cxa_source_open(&source, context, "a.cxa", NULL, NULL);
	cxa_sink_open(&sink, tight, "e.cxa", CXA_KIND_AUTO, NULL, NULL);
	status = cxa_copy(source, sink, NULL, NULL, &error);
	is_int(status, CXA_ERR_LIMIT,
	       "a batch that could not be read is not written");
	like(error.message, "over the limit batch-bytes of 3000",
	     "and the limit told");
	cxa_sink_close(sink);
	ok(access("e.cxa", F_OK) != 0, "nor is any of the archive");
	cxa_source_close(source);
	cxa_context_close(tight);
	cxa_context_close(context);
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

int main(void)
{
	struct cxa_error error = CXA_ERROR_INIT;

	enter_scratch();
	snprintf(golden, sizeof(golden), "%s/tests/data/backup-v1-24.json",
		 getenv("CXA_SRCDIR"));
	if (convert(golden, "a.cxa", 2, false, &error) < 0) {
		printf("Bail out! %s\n", error.message);
		return 1;
	}
	archives_have_limits();
	needs_are_what_the_index_tells();
	a_batch_too_large_is_not_written();
	issues_have_a_limit();
	leave_scratch();
	return done_testing();
}
