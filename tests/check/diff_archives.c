/* diff_archives.c - large archives: only what differs is read */
#include "endpoint/scratch.h"
#include "store.h"

enum { CONCEPTS = 100000 };

static struct cxa_context *context;

/* --- archives of generated concepts --------------------------------------- */

static void add_concept(struct store *store, uint64_t id, const char *content)
{
	Cxa__Concept concept = CXA__CONCEPT__INIT;
	Cxa__ConceptMetadata metadata = CXA__CONCEPT_METADATA__INIT;
	Cxa__ConceptSource origin = CXA__CONCEPT_SOURCE__INIT;

	concept.id = id;
	concept.content = text(content);
	concept.metadata = &metadata;
	metadata.source = &origin;
	origin.session_id = text("0123456789abcdef0123456789abcdef");
	store_add(store, CXA_CONCEPTS, &concept.base);
}

static void generate(struct store *store)
{
	char content[80];

	store_init(store);
	store->cut = 1000;
	for (uint64_t id = 1; id <= CONCEPTS; id++) {
		snprintf(content, sizeof(content), "concept number %" PRIu64,
			 id * UINT64_C(0x9e3779b97f4a7c15));
		add_concept(store, id, content);
	}
}

/* Concept @id has another content from now on. */
static void change(struct store *store, size_t id)
{
	struct store one;

	store_init(&one);
	add_concept(&one, id, "changed");
	store_remove(store, CXA_CONCEPTS, id - 1);
	store_insert(store, CXA_CONCEPTS, id - 1, id,
		     one.rows[CXA_CONCEPTS][0].data,
		     one.rows[CXA_CONCEPTS][0].size);
	store_release(&one);
}

static void pack(struct store *store, const char *path)
{
	struct cxa_error error = CXA_ERROR_INIT;
	struct cxa_source *source = store_open(store, context);
	struct cxa_sink *sink = NULL;

	if (cxa_sink_open(&sink, context, path, CXA_KIND_ARCHIVE, NULL,
			  &error) != 0 ||
	    cxa_copy(source, sink, NULL, NULL, &error) != 0) {
		printf("Bail out! %s\n", error.message);
		exit(1);
	}
	cxa_sink_close(sink);
	cxa_source_close(source);
}

static struct cxa_source *open_archive(const char *path)
{
	struct cxa_error error = CXA_ERROR_INIT;
	struct cxa_source *source = NULL;

	if (cxa_source_open(&source, context, path, NULL, &error) != 0) {
		printf("Bail out! %s: %s\n", path, error.message);
		exit(1);
	}
	return source;
}

static const struct seen *compare_files(const char *a, const char *b,
					const struct cxa_diff_options *options)
{
	struct cxa_source *before = open_archive(a);
	struct cxa_source *after = open_archive(b);
	const struct seen *seen = compare(before, after, options, 0);

	cxa_source_close(before);
	cxa_source_close(after);
	return seen;
}

/* Damage every batch of @path but the one that holds @id. Return: how many. */
static size_t damage_others(const char *path, uint64_t id)
{
	struct cxa_source *source = open_archive(path);
	const Cxa__Index *index = cxa_source_index(source);
	FILE *file = fopen(path, "r+b");
	size_t damaged = 0;

	if (file == NULL)
		abort();
	for (size_t i = 0; i < index->n_entries; i++) {
		const Cxa__IndexEntry *entry = index->entries[i];

		if (entry->first_id <= id && id <= entry->last_id)
			continue;
		fseek(file, (long)entry->offset + 50, SEEK_SET);
		fputs("damage", file);
		damaged++;
	}
	fclose(file);
	cxa_source_close(source);
	return damaged;
}

/* --- claims --------------------------------------------------------------- */

static void nothing_is_read_of_equal_archives(struct store *store)
{
	const struct seen *seen;
	struct cxa_diff_options options = CXA_DIFF_OPTIONS_INIT;
	uint64_t batches;

	pack(store, "a.cxa");
	seen = compare_files("a.cxa", "a.cxa", NULL);
	batches = seen->summary.skipped_batches;
	ok(batches > 5 && seen->summary.read_batches[0] == 0 &&
		   seen->summary.read_batches[1] == 0,
	   "of two equal archives of %llu batches none is read",
	   (unsigned long long)batches);
	is_uint(seen->summary.counts[CXA_CONCEPTS].same, CONCEPTS,
		"and all records are counted as the same");
	options.full = true;
	seen = compare_files("a.cxa", "a.cxa", &options);
	ok(seen->summary.read_batches[0] == batches &&
		   seen->summary.read_batches[1] == batches &&
		   seen->summary.skipped_records == 0,
	   "unless all is wanted");
	is_uint(seen->summary.counts[CXA_CONCEPTS].same, CONCEPTS,
		"which counts the same");
}

static void one_batch_is_read_for_one_change(struct store *store)
{
	const struct seen *seen;
	struct cxa_diff_options options = CXA_DIFF_OPTIONS_INIT;
	struct store changed;
	size_t damaged;

	store_copy(&changed, store);
	change(&changed, 54321);
	pack(&changed, "b.cxa");
	seen = compare_files("a.cxa", "b.cxa", NULL);
	ok(seen->summary.read_batches[0] == 1 &&
		   seen->summary.read_batches[1] == 1,
	   "for one changed record of %d one batch of each is read", CONCEPTS);
	ok(seen->summary.differences == 1 &&
		   strncmp(seen->lines[0], "changed concept 54321; content ",
			   31) == 0,
	   "and the record is found");
	is_uint(seen->summary.counts[CXA_CONCEPTS].same, CONCEPTS - 1,
		"the others are the same");
	damaged = damage_others("a.cxa", 54321) + damage_others("b.cxa", 54321);
	seen = compare_files("a.cxa", "b.cxa", NULL);
	ok(damaged > 10 && seen->status == 0 &&
		   seen->summary.differences == 1,
	   "with the %zu other batches damaged it goes as well: they were "
	   "not read", damaged);
	options.full = true;
	seen = compare_files("a.cxa", "b.cxa", &options);
	is_int(seen->status, CXA_ERR_CORRUPT, "with all read, damage is found");
	like(seen->error.member, "concepts/0000", "in the member it is in");
	pack(store, "a.cxa");
	seen = compare_files("a.cxa", "b.cxa", &options);
	is_int(seen->summary.fault, 2, "and in the archive it is in");
	store_release(&changed);
}

/* Both ways must say the same of any two archives. */
static bool ways_agree(const char *a, const char *b,
		       const struct cxa_selection *selection)
{
	struct cxa_diff_options options = CXA_DIFF_OPTIONS_INIT;
	struct cxa_diff_summary fast;
	struct cxa_diff_summary full;

	options.selection = selection;
	fast = compare_files(a, b, &options)->summary;
	options.full = true;
	full = compare_files(a, b, &options)->summary;
	return fast.differences == full.differences &&
	       memcmp(fast.counts, full.counts, sizeof(full.counts)) == 0;
}

/* The first id of batch @number of concepts in @path, and its records. */
static uint64_t batch_at(const char *path, size_t number, uint64_t *records)
{
	struct cxa_source *source = open_archive(path);
	const Cxa__IndexEntry *entry =
		cxa_source_index(source)->entries[number];
	uint64_t id = entry->first_id;

	*records = entry->records;
	cxa_source_close(source);
	return id;
}

static void a_whole_batch_is_removed(struct store *store)
{
	const struct seen *seen;
	struct store less;
	uint64_t records;
	uint64_t first = batch_at("a.cxa", 2, &records);

	store_init(&less);
	less.cut = store->cut;
	for (size_t i = 0; i < CONCEPTS; i++)
		if (i + 1 < first || i + 1 >= first + records)
			store_insert(&less, CXA_CONCEPTS,
				     less.counts[CXA_CONCEPTS], i + 1,
				     store->rows[CXA_CONCEPTS][i].data,
				     store->rows[CXA_CONCEPTS][i].size);
	pack(&less, "l.cxa");
	seen = compare_files("a.cxa", "l.cxa", NULL);
	is_uint(seen->summary.counts[CXA_CONCEPTS].removed, records,
		"a whole batch that is gone is that many records removed");
	is_uint(seen->summary.differences, records, "and nothing else");
	ok(seen->summary.read_batches[0] + seen->summary.read_batches[1] < 5,
	   "for which the batches around it are read alone");
	seen = compare_files("l.cxa", "a.cxa", NULL);
	is_uint(seen->summary.counts[CXA_CONCEPTS].added, records,
		"the other way round they are added");
	ok(ways_agree("a.cxa", "l.cxa", NULL),
	   "reading all of them says the same");
	store_release(&less);
}

static void both_ways_agree(struct store *store)
{
	struct cxa_selection selection = CXA_SELECTION_INIT;
	struct store other;
	uint64_t seed = 12345;
	size_t wrong = 0;

	store_copy(&other, store);
	for (int i = 0; i < 12; i++) {
		seed = seed * UINT64_C(6364136223846793005) + 1442695;
		change(&other, 1 + (size_t)(seed >> 33) % CONCEPTS);
	}
	pack(&other, "c.cxa");
	ok(ways_agree("a.cxa", "c.cxa", NULL),
	   "with a dozen records changed at random, reading all says the same");
	selection.has_range = true;
	for (int i = 0; i < 20; i++) {
		seed = seed * UINT64_C(6364136223846793005) + 1442695;
		selection.first_id = (seed >> 33) % CONCEPTS;
		selection.last_id = selection.first_id + (seed >> 20) % 40000;
		wrong += !ways_agree("a.cxa", "c.cxa", &selection);
	}
	is_uint(wrong, 0, "so it does of 20 ranges of ids");
	store_release(&other);
}

static void a_range_within_a_batch_is_counted(void)
{
	struct cxa_diff_options options = CXA_DIFF_OPTIONS_INIT;
	struct cxa_selection selection = CXA_SELECTION_INIT;
	const struct seen *seen;

	selection.has_range = true;
	selection.first_id = 100;
	selection.last_id = 199;
	options.selection = &selection;
	seen = compare_files("a.cxa", "a.cxa", &options);
	is_uint(seen->summary.counts[CXA_CONCEPTS].same, 100,
		"of a batch that the range cuts, the records within are counted");
	selection.collections = 1u << CXA_COLUMNS;
	seen = compare_files("a.cxa", "a.cxa", &options);
	is_uint(seen->summary.counts[CXA_CONCEPTS].same, 0,
		"of a collection that is not selected, none");
}

static void an_archive_packed_again_is_compared(void)
{
	const struct seen *seen;

	if (system("mkdir x && tar xf a.cxa -C x && tar cf r.cxa -C x .") != 0)
		puts("# a command failed");
	seen = compare_files("a.cxa", "r.cxa", NULL);
	ok(seen->status == 0 && seen->summary.differences == 0 &&
		   seen->summary.skipped_records == CONCEPTS,
	   "an archive that tar has packed again is compared by its index, too");
}

int main(void)
{
	struct store store;

	enter_scratch();
	cxa_context_open(&context, NULL, NULL);
	generate(&store);
	nothing_is_read_of_equal_archives(&store);
	one_batch_is_read_for_one_change(&store);
	a_whole_batch_is_removed(&store);
	both_ways_agree(&store);
	a_range_within_a_batch_is_counted();
	an_archive_packed_again_is_compared();
	store_release(&store);
	cxa_context_close(context);
	leave_scratch();
	return done_testing();
}
