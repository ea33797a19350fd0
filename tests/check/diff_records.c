/* diff_records.c - records added, removed and changed, in memory */
#include "store.h"

static struct cxa_context *context;
static struct store golden;

static bool is_quiet(const struct seen *seen)
{
	return seen->status == 0 && seen->summary.differences == 0 &&
	       seen->count == 0;
}

/* --- refusals ------------------------------------------------------------- */

static void wrong_options_are_refused(void)
{
	struct cxa_diff_options options = CXA_DIFF_OPTIONS_INIT;
	struct cxa_selection selection = CXA_SELECTION_INIT;
	struct cxa_source *source = store_open(&golden, context);

	selection.whole_concepts = true;
	options.selection = &selection;
	is_int(cxa_diff(source, source, &options, NULL, NULL), CXA_ERR_USAGE,
	       "whole concepts are refused");
	options.selection = NULL;
	options.struct_size = 3;
	is_int(cxa_diff(source, source, &options, NULL, NULL), CXA_ERR_USAGE,
	       "options of another version are refused");
	is_int(cxa_diff(source, source, NULL, NULL, NULL), 0,
	       "without options and summary it still compares");
	cxa_source_close(source);
}

static void records_out_of_order_are_refused(void)
{
	const struct seen *seen;
	struct cxa_record swapped;
	struct store store;

	store_copy(&store, &golden);
	swapped = store.rows[CXA_COLUMNS][3];
	store.rows[CXA_COLUMNS][3] = store.rows[CXA_COLUMNS][20];
	store.rows[CXA_COLUMNS][20] = swapped;
	seen = compare_stores(context, &golden, &store);
	is_int(seen->status, CXA_ERR_CORRUPT,
	       "a source whose records do not ascend is refused");
	is_int(seen->summary.fault, 2, "and which of the two it is, is said");
	like(seen->error.message, "column ", "and the record");
	seen = compare_stores(context, &store, &golden);
	is_int(seen->summary.fault, 1, "in the other place, too");
	store_release(&store);
	store_copy(&store, &golden);
	store.rows[CXA_COLUMNS][4].id = store.rows[CXA_COLUMNS][3].id;
	is_int(compare_stores(context, &store, &golden)->status,
	       CXA_ERR_CORRUPT, "an id that comes twice is refused");
	store_release(&store);
}

/* --- what differs --------------------------------------------------------- */

static void the_same_is_the_same(void)
{
	struct store store;

	ok(is_quiet(compare_stores(context, &golden, &golden)),
	   "a store is the same as itself");
	store_copy(&store, &golden);
	for (store.cut = 1; store.cut < 100; store.cut = 3 * store.cut + 1)
		ok(is_quiet(compare_stores(context, &store, &golden)),
		   "cut into batches of %zu it is still the same", store.cut);
	store_release(&store);
	store_init(&store);
	ok(is_quiet(compare_stores(context, &store, &store)),
	   "two empty stores are the same");
	store_release(&store);
}

/* Record @at of @collection is missing in the second store. */
static void one_is_missing(enum cxa_collection collection, size_t at)
{
	const char *name = cxa_collection_name(collection);
	uint64_t id = golden.rows[collection][at].id;
	const struct seen *seen;
	struct store store;
	char end[40];

	snprintf(end, sizeof(end), " %" PRIu64, id);
	store_copy(&store, &golden);
	store_remove(&store, collection, at);
	seen = compare_stores(context, &golden, &store);
	ok(seen->count == 1 && seen->summary.counts[collection].removed == 1 &&
		   strncmp(seen->lines[0], "removed ", 8) == 0 &&
		   strstr(seen->lines[0], end) != NULL,
	   "record %zu of %s is removed: %s", at, name, seen->lines[0]);
	seen = compare_stores(context, &store, &golden);
	ok(seen->count == 1 && seen->summary.counts[collection].added == 1 &&
		   strncmp(seen->lines[0], "added ", 6) == 0 &&
		   strstr(seen->lines[0], end) != NULL &&
		   seen->summary.differences == 1,
	   "or added: %s", seen->lines[0]);
	store_release(&store);
}

static void each_collection_is_compared(void)
{
	size_t last;

	for (int i = 0; i < CXA_COLLECTION_COUNT; i++) {
		last = golden.counts[i] - 1;
		one_is_missing((enum cxa_collection)i, 0);
		if (last == 0)
			continue;
		one_is_missing((enum cxa_collection)i, last / 2);
		one_is_missing((enum cxa_collection)i, last);
	}
}

static void whole_collections_are_compared(void)
{
	const struct seen *seen;
	struct store none;
	uint64_t all = 0;
	bool right = true;

	store_init(&none);
	seen = compare_stores(context, &golden, &none);
	for (int i = 0; i < CXA_COLLECTION_COUNT; i++) {
		all += golden.counts[i];
		right = right &&
			seen->summary.counts[i].removed == golden.counts[i];
	}
	ok(right && seen->summary.differences == all,
	   "against an empty store all records are removed");
	seen = compare_stores(context, &none, &golden);
	is_uint(seen->summary.counts[CXA_SYNC_QUEUE].added,
		golden.counts[CXA_SYNC_QUEUE], "and the other way round, added");
	store_release(&none);
}

static void add_connection(struct store *store, uint64_t id, float weight)
{
	Cxa__Connection connection = CXA__CONNECTION__INIT;

	connection.id = id;
	connection.connection_type = CXA__CONNECTION_TYPE__VALUE__Causal;
	connection.weight = weight;
	store_add(store, CXA_CONNECTIONS, &connection.base);
}

static void ids_have_64_bits(void)
{
	static const uint64_t high = UINT64_C(1) << 63;
	const struct seen *seen;
	struct store a;
	struct store b;

	store_init(&a);
	store_init(&b);
	add_connection(&a, 1, 0);
	add_connection(&a, high - 1, 0);
	add_connection(&a, high, 0);
	add_connection(&a, UINT64_MAX, 0);
	add_connection(&b, 1, 0);
	add_connection(&b, high, 1);
	add_connection(&b, high + 1, 0);
	add_connection(&b, UINT64_MAX, 1);
	seen = compare_stores(context, &a, &b);
	is_str(seen->lines[0], "removed connection 9223372036854775807",
	       "an id below 2^63 comes before");
	is_str(seen->lines[1],
	       "changed connection 9223372036854775808; weight 0.0 -> 1.0",
	       "one of 2^63 is compared");
	is_str(seen->lines[2], "added connection 9223372036854775809",
	       "as is one above");
	is_str(seen->lines[3],
	       "changed connection 18446744073709551615; weight 0.0 -> 1.0",
	       "and the highest there is");
	is_uint(seen->summary.counts[CXA_CONNECTIONS].same, 1,
		"the one that stayed is counted");
	store_release(&a);
	store_release(&b);
}

/* --- options -------------------------------------------------------------- */

static void callbacks_are_bounded(void)
{
	struct cxa_diff_options options = CXA_DIFF_OPTIONS_INIT;
	const struct seen *seen;
	struct store none;
	struct cxa_source *a = store_open(&golden, context);
	struct cxa_source *b;

	store_init(&none);
	b = store_open(&none, context);
	options.max_records = 5;
	seen = compare(a, b, &options, 0);
	is_uint(seen->count, 5, "no more records are told than asked for");
	is_uint(seen->summary.differences, 178, "all are counted");
	ok(!seen->summary.stopped, "nothing was cut short");
	seen = compare(a, b, NULL, 3);
	ok(seen->count == 3 && seen->summary.stopped &&
		   seen->summary.differences == 3,
	   "a callback can end it");
	cxa_source_close(a);
	cxa_source_close(b);
	store_release(&none);
}

static void a_selection_is_compared_alone(void)
{
	struct cxa_diff_options options = CXA_DIFF_OPTIONS_INIT;
	struct cxa_selection selection = CXA_SELECTION_INIT;
	const struct seen *seen;
	struct store none;
	struct cxa_source *a = store_open(&golden, context);
	struct cxa_source *b;

	store_init(&none);
	b = store_open(&none, context);
	options.selection = &selection;
	selection.collections = 1u << CXA_COLUMNS | 1u << CXA_CONNECTIONS;
	selection.has_range = true;
	selection.first_id = 5;
	selection.last_id = 8;
	seen = compare(a, b, &options, 0);
	is_uint(seen->summary.differences, 8,
		"four ids of two collections are compared");
	is_str(seen->lines[0], "removed column 5", "from the first");
	is_str(seen->lines[7], "removed connection 8", "to the last");
	cxa_source_close(a);
	cxa_source_close(b);
	store_release(&none);
}

static void cancelling_ends_it(void)
{
	struct cxa_context *other = NULL;
	struct cxa_source *source;

	cxa_context_open(&other, NULL, NULL);
	source = store_open(&golden, other);
	cxa_context_cancel(other);
	is_int(compare(source, source, NULL, 0)->status, CXA_ERR_CANCELLED,
	       "a comparison can be cancelled");
	cxa_source_close(source);
	cxa_context_close(other);
}

/* --- metadata ------------------------------------------------------------- */

static void metadata_are_told_apart(void)
{
	static uint32_t dimensions[] = { 256 };
	Cxa__EmbeddingSpace space = CXA__EMBEDDING_SPACE__INIT;
	Cxa__Loss loss = CXA__LOSS__INIT;
	Cxa__Loss *losses[] = { &loss };
	const struct seen *seen;
	struct store a;
	struct store b;

	store_init(&a);
	store_init(&b);
	b.header.writer_name = text("another writer");
	b.header.zstd_version = text("9");
	ok(compare_stores(context, &a, &b)->metadata_count == 0,
	   "what only describes a file is not compared");
	b.metadata.description = text("another");
	b.metadata.data_version = 2;
	b.metadata.created_at = 1.5;
	space.model = text("glove");
	space.has_model = true;
	space.dimensions = dimensions;
	space.n_dimensions = 1;
	b.header.embedding_space = &space;
	loss.collection = text("columns");
	loss.last_id = 9;
	b.header.losses = losses;
	b.header.n_losses = 1;
	b.header.extensions = text("{\"theme\":\"dark\"}");
	b.header.has_extensions = true;
	seen = compare_stores(context, &a, &b);
	ok(seen->summary.differences == 0 &&
		   seen->summary.metadata_changes == 6 &&
		   seen->metadata_count == 6,
	   "what describes the stores is told, and no difference of records");
	is_str(seen->metadata[0], "metadata.created_at 0.0 -> 1.5", "a time");
	is_str(seen->metadata[1], "metadata.data_version 1 -> 2", "a version");
	is_str(seen->metadata[2],
	       "metadata.description \"a store\" -> \"another\"", "a text");
	is_str(seen->metadata[3],
	       "embedding_space null -> {\"model\":\"glove\","
	       "\"dimensions\":[256],\"dtype\":null,\"metric\":null}",
	       "the embedding space");
	like(seen->metadata[4], "losses[0] none -> {\"collection\":\"columns\"",
	     "what was lost");
	is_str(seen->metadata[5], "theme none -> \"dark\"",
	       "members of the document that are not known");
	store_release(&a);
	store_release(&b);
}

/* --- at random ------------------------------------------------------------ */

static uint64_t random_state;

static uint64_t next_random(void)
{
	uint64_t z = (random_state += UINT64_C(0x9e3779b97f4a7c15));

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

/* Ids 1 to 200: what each side holds is drawn, and thus known. */
static bool agrees_with_a_model(void)
{
	struct cxa_diff_counts model = { 0 };
	const struct cxa_diff_counts *found;
	const struct seen *seen;
	struct store a;
	struct store b;
	bool right;

	store_init(&a);
	store_init(&b);
	a.cut = 1 + (size_t)next_random() % 40;
	b.cut = 1 + (size_t)next_random() % 40;
	for (uint64_t id = 1; id <= 200; id++) {
		unsigned drawn = (unsigned)(next_random() % 6);

		if (drawn != 0 && drawn != 1)
			add_connection(&a, id, 1);
		if (drawn != 0 && drawn != 2)
			add_connection(&b, id, drawn == 3 ? 2 : 1);
		model.added += drawn == 1;
		model.removed += drawn == 2;
		model.changed += drawn == 3;
		model.same += drawn > 3;
	}
	seen = compare_stores(context, &a, &b);
	found = &seen->summary.counts[CXA_CONNECTIONS];
	right = found->added == model.added &&
		found->removed == model.removed &&
		found->changed == model.changed && found->same == model.same &&
		seen->count == model.added + model.removed + model.changed;
	store_release(&a);
	store_release(&b);
	return right;
}

static void random_stores_agree_with_a_model(void)
{
	uint64_t seed = 20261123;
	size_t wrong = 0;

	random_state = seed;
	for (int i = 0; i < 200; i++)
		wrong += !agrees_with_a_model();
	ok(wrong == 0, "200 pairs of random stores differ as drawn, seed %"
	   PRIu64, seed);
}

int main(void)
{
	cxa_context_open(&context, NULL, NULL);
	store_load_golden(&golden, context);
	wrong_options_are_refused();
	records_out_of_order_are_refused();
	the_same_is_the_same();
	each_collection_is_compared();
	whole_collections_are_compared();
	ids_have_64_bits();
	callbacks_are_bounded();
	a_selection_is_compared_alone();
	cancelling_ends_it();
	metadata_are_told_apart();
	random_stores_agree_with_a_model();
	store_release(&golden);
	cxa_context_close(context);
	return done_testing();
}
