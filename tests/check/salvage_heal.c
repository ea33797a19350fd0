/* salvage_heal.c - what is lost comes back from whatever holds the same records */
#include "small_archive.h"

#include "endpoint/scratch.h"

enum { CUT = 6 };

static struct cxa_context *context;
static struct small subject;

/* --- archives to damage and to heal from ---------------------------------- */

/* The records with ids up to @last: as the store was before it grew. */
static void make_part(const char *from, const char *path, uint64_t last)
{
	struct cxa_selection selection = CXA_SELECTION_INIT;
	struct cxa_source *source = NULL;
	struct cxa_sink *sink = NULL;

	selection.has_range = true;
	selection.last_id = last;
	if (cxa_source_open(&source, context, from, NULL, NULL) != 0 ||
	    cxa_sink_open(&sink, context, path, CXA_KIND_AUTO, NULL, NULL) !=
		    0 ||
	    cxa_copy(source, sink, &selection, NULL, NULL) != 0)
		die(path);
	cxa_sink_close(sink);
	cxa_source_close(source);
}

/* The same document with another word in the content of a concept. */
static void make_changed(const char *from, const char *path)
{
	size_t size;
	char *text = read_file(from, &size);
	char *word = text == NULL ? NULL : strstr(text, "\"category\":\"");

	if (word == NULL)
		die(from);
	word[12] = word[12] == 'x' ? 'y' : 'x';
	write_file(path, text, size);
	free(text);
}

static void make_all(const char *golden)
{
	struct cxa_error error;

	if (convert(golden, "all.cxa", 1, false, &error) != 0 ||
	    convert(golden, "all.db", 1, false, &error) != 0 ||
	    convert(golden, "nd/", 1, false, &error) != 0)
		die(error.message);
	make_part("all.cxa", "part.cxa", 15);
	make_changed(golden, "changed.json");
	small_make(context, "all.cxa", "small.cxa", CUT);
	small_make(context, "part.cxa", "small-part.cxa", CUT);
}

/* --- damage --------------------------------------------------------------- */

/* Into @path, with the data of those batches gone that @is_hit says. */
static void damage(const char *path, bool (*is_hit)(size_t i, size_t which),
		   size_t which)
{
	uint8_t *bytes = malloc(subject.size);

	if (bytes == NULL)
		die("no memory");
	memcpy(bytes, subject.bytes, subject.size);
	for (size_t i = 0; i < subject.count; i++)
		if (is_hit(i, which))
			memset(bytes + subject.batches[i].begin, 0,
			       subject.batches[i].end -
				       subject.batches[i].begin);
	write_file(path, bytes, subject.size);
	free(bytes);
}

static bool is_one(size_t i, size_t which)
{
	return i == which;
}

static bool is_every(size_t i, size_t which)
{
	return i % 2 == which;
}

static bool is_any(size_t i, size_t which)
{
	(void)i;
	(void)which;
	return true;
}

static bool is_none(size_t i, size_t which)
{
	(void)i;
	(void)which;
	return false;
}

/* bad.cxa, healed from @from, into out.cxa; NULL: it fails */
static struct cxa_salvage_report *heal(const char *const *from, size_t count)
{
	struct cxa_salvage_options options = CXA_SALVAGE_OPTIONS_INIT;
	struct cxa_salvage_report *report = NULL;
	struct cxa_error error = CXA_ERROR_INIT;

	options.from = from;
	options.from_count = count;
	unlink("out.cxa");
	if (cxa_salvage(&report, context, "bad.cxa", "out.cxa", &options,
			&error) != 0)
		printf("# %s\n", error.message);
	return report;
}

static bool is_healed(const char *original, const char *const *from,
		      size_t count)
{
	struct cxa_salvage_report *report = heal(from, count);
	bool healed = report != NULL && report->is_whole &&
		      report->is_original && same_files("out.cxa", original);

	cxa_salvage_report_free(report);
	return healed;
}

/* --- claims --------------------------------------------------------------- */

static void refuses_what_differs(void)
{
	const char *from[] = { "changed.json" };
	struct cxa_salvage_report *report;

	damage("bad.cxa", is_one, 0);
	report = heal(from, 1);
	ok(report != NULL && !report->is_whole && report->batch_count == 1 &&
		   report->batches[0].fate == CXA_LOST &&
		   report->batches[0].first_id == subject.batches[0].first_id &&
		   report->batches[0].last_id == subject.batches[0].last_id,
	   "records that differ in a byte heal nothing");
	cxa_salvage_report_free(report);
}

static void refuses_what_cannot_be_opened(void)
{
	struct cxa_salvage_options options = CXA_SALVAGE_OPTIONS_INIT;
	struct cxa_salvage_report *report = NULL;
	struct cxa_error error = CXA_ERROR_INIT;
	const char *from[] = { "all.cxa", "missing.cxa" };

	options.from = from;
	options.from_count = 2;
	unlink("out.cxa");
	is_int(cxa_salvage(&report, context, "bad.cxa", "out.cxa", &options,
			   &error),
	       CXA_ERR_IO, "one of several others that is missing is an error");
	ok(strstr(error.message, "missing.cxa") != NULL, "that names it");
	ok(report == NULL && access("out.cxa", F_OK) != 0, "nothing is made");
}

static void heals_each_batch(const char *golden)
{
	const char *const others[] = { "small.cxa", "all.cxa", "all.db",
				       golden,	    "nd" };

	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		size_t wrong = 0;

		for (size_t j = 0; j < subject.count; j++) {
			damage("bad.cxa", is_one, j);
			wrong += !is_healed("small.cxa", &others[i], 1);
		}
		ok(wrong == 0, "each of %zu batches is healed from %s",
		   subject.count, others[i]);
		damage("bad.cxa", is_any, 0);
		ok(is_healed("small.cxa", &others[i], 1),
		   "and all of them at once");
	}
}

static void heals_from_two_halves(void)
{
	const char *from[] = { "half.cxa" };
	const char *both[] = { "none.cxa", "half.cxa" };

	damage("bad.cxa", is_every, 0);
	damage("half.cxa", is_every, 1);
	damage("none.cxa", is_any, 0);
	ok(is_healed("small.cxa", from, 1),
	   "two copies, each with another half damaged, heal each other");
	ok(is_healed("small.cxa", both, 2), "beside one that has nothing");
}

/* Batches with all ids up to 15 are the same in both. */
static void heals_from_an_older_one(void)
{
	const char *from[] = { "small-part.cxa" };
	struct cxa_salvage_report *report;
	size_t wrong = 0;

	for (size_t i = 0; i < subject.count; i++) {
		const struct small_batch *batch = &subject.batches[i];
		bool is_there = batch->last_id <= 12;

		damage("bad.cxa", is_one, i);
		report = heal(from, 1);
		if (report == NULL)
			wrong += is_there;
		else if (batch->last_id < 15)
			wrong += report->is_whole != is_there;
		cxa_salvage_report_free(report);
	}
	is_uint(wrong, 0, "an older archive heals the batches that it has");
}

static void heals_from_a_newer_one(void)
{
	const char *const others[] = { "small.cxa", "all.db" };

	small_load(&subject, context, "small-part.cxa");
	for (size_t i = 0; i < 2; i++) {
		damage("bad.cxa", is_any, 0);
		ok(is_healed("small-part.cxa", &others[i], 1),
		   "a newer one, %s, heals an older one", others[i]);
	}
	small_load(&subject, context, "small.cxa");
}

static void zero(const char *path, size_t at, size_t size)
{
	FILE *file = fopen(path, "r+b");

	if (file == NULL || fseek(file, (long)at, SEEK_SET) != 0)
		die(path);
	while (size-- != 0)
		fputc(0, file);
	fclose(file);
}

static void heals_the_other_members(void)
{
	const char *copy[] = { "none.cxa" };
	const char *store[] = { "all.db" };
	size_t end = subject.batches[subject.count - 1].end;
	struct cxa_salvage_report *report;

	damage("bad.cxa", is_none, 0);
	zero("bad.cxa", 0, subject.batches[0].begin - 3 * 512);
	report = heal(store, 1);
	ok(report != NULL && report->header == CXA_LOST && !report->is_whole,
	   "a store has no CORTEXARC");
	cxa_salvage_report_free(report);
	ok(is_healed("small.cxa", copy, 1),
	   "a copy without a sound batch heals CORTEXARC and schema.pb");
	damage("bad.cxa", is_one, 3);
	zero("bad.cxa", end, subject.size - 3 * 512 - end);
	report = heal(store, 1);
	ok(report != NULL && !report->is_whole,
	   "without INDEX a store heals nothing");
	cxa_salvage_report_free(report);
	copy[0] = "half.cxa";
	damage("half.cxa", is_one, 0);
	ok(is_healed("small.cxa", copy, 1),
	   "a copy heals INDEX and B2SUMS, by the root hash in TRAILER, and "
	   "then a batch");
}

int main(void)
{
	const char *top = getenv("CXA_SRCDIR");
	struct cxa_context_options options = CXA_CONTEXT_OPTIONS_INIT;
	char golden[4096];

	options.threads = 1;
	if (cxa_context_open(&context, &options, NULL) != 0)
		die("no context");
	snprintf(golden, sizeof(golden), "%s/tests/data/backup-v1-24.json",
		 top == NULL ? "." : top);
	enter_scratch();
	make_all(golden);
	small_load(&subject, context, "small.cxa");
	refuses_what_differs();
	refuses_what_cannot_be_opened();
	heals_each_batch(golden);
	heals_from_two_halves();
	heals_from_an_older_one();
	heals_from_a_newer_one();
	heals_the_other_members();
	cxa_context_close(context);
	leave_scratch();
	return done_testing();
}
