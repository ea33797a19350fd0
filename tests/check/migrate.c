/* migrate.c - records between data_versions: hashes, keys, order, what is refused */
#include <cortexarc/cortexarc.h>

#include "check/migration.h"
#include "check/store.h"

static struct cxa_context *context;

static const char many_x[] =
	"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
	"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx";

/* As the specification has them, from rustc and from b2sum. */
static const struct {
	const char *text;
	unsigned times;
	uint64_t hashes[2];
} vectors[] = {
	{ "", 1, { 3476900567878811119u, 12845362516788860686u } },
	{ "a", 1, { 8186225505942432243u, 9140200840851237001u } },
	{ "ab", 1, { 7391266126405785627u, 10387094041888971510u } },
	{ "hello", 1, { 16156531084128653017u, 766689994966256946u } },
	{ "abcdefgh", 1, { 6689927370435554326u, 11560663917413320691u } },
	{ "naïve café 🧠", 1,
	  { 15820923005173144815u, 15144530603184067967u } },
	{ many_x, 10, { 3686095087921407121u, 499641030028653995u } },
};

enum { VECTORS = sizeof(vectors) / sizeof(vectors[0]) };

/* --- stores to be migrated ---------------------------------------------------- */

static void add_concept(struct store *store, uint64_t id,
			ProtobufCBinaryData content, uint64_t hash)
{
	Cxa__Concept concept = CXA__CONCEPT__INIT;
	Cxa__ConceptMetadata metadata = CXA__CONCEPT_METADATA__INIT;
	Cxa__ConceptSource source = CXA__CONCEPT_SOURCE__INIT;

	metadata.source = &source;
	concept.id = id;
	concept.content = content;
	concept.content_hash = hash;
	concept.metadata = &metadata;
	concept.version = 1;
	store_add(store, CXA_CONCEPTS, &concept.base);
}

static void add_query(struct store *store, const char *words, uint64_t hash)
{
	Cxa__CachedQuery query = CXA__CACHED_QUERY__INIT;
	Cxa__QueryResults results = CXA__QUERY_RESULTS__INIT;
	Cxa__QueryMetadata metadata = CXA__QUERY_METADATA__INIT;
	Cxa__QueryPerformance performance = CXA__QUERY_PERFORMANCE__INIT;
	struct cxa_batch *batch = NULL;
	size_t at = 0;

	metadata.processing_mode = CXA__PROCESSING_MODE__VALUE__Fast;
	query.query_hash = hash;
	query.query_text = text(words);
	query.query_type = CXA__QUERY_TYPE__VALUE__Semantic;
	query.results = &results;
	query.metadata = &metadata;
	query.performance = &performance;
	if (cxa_batch_new(&batch, CXA_QUERY_CACHE, NULL) != 0 ||
	    cxa_batch_append(batch, &query.base, NULL) != 0)
		abort();
	while (at < store->counts[CXA_QUERY_CACHE] &&
	       store->rows[CXA_QUERY_CACHE][at].id < hash)
		at++;
	store_insert(store, CXA_QUERY_CACHE, at, hash, batch->records[0].data,
		     batch->records[0].size);
	cxa_batch_unref(batch);
}

static void add_state(struct store *store, uint32_t version)
{
	Cxa__SystemState state = CXA__SYSTEM_STATE__INIT;
	Cxa__CorticalState cortical = CXA__CORTICAL_STATE__INIT;
	Cxa__CortexConfiguration configuration =
		CXA__CORTEX_CONFIGURATION__INIT;
	Cxa__NeuralParameters parameters = CXA__NEURAL_PARAMETERS__INIT;
	Cxa__SystemStatistics statistics = CXA__SYSTEM_STATISTICS__INIT;
	uint32_t size[2] = { 1, 1 };

	configuration.n_cortex_size = 2;
	configuration.cortex_size = size;
	configuration.neural_parameters = &parameters;
	state.cortical_state = &cortical;
	state.configuration = &configuration;
	state.statistics = &statistics;
	state.version = version;
	store_add(store, CXA_SYSTEM_STATE, &state.base);
}

/* --- migrating, into memory --------------------------------------------------- */

struct run {
	uint32_t to;
	bool repair;
	struct cxa_migrate_summary summary;
	size_t told;
	struct cxa_wrong_value first;
	struct cxa_error error;
	int status;
};

static void take_wrong(void *user, const struct cxa_wrong_value *value)
{
	struct run *run = user;

	if (run->told++ == 0)
		run->first = *value;
}

static struct cxa_migrate_options options_of(struct run *run)
{
	struct cxa_migrate_options options = CXA_MIGRATE_OPTIONS_INIT;

	options.to = run->to;
	options.repair = run->repair;
	options.wrong = take_wrong;
	options.user = run;
	options.summary = &run->summary;
	return options;
}

static void take_records(struct store *to, struct cxa_source *source,
			 struct run *run)
{
	struct cxa_cursor *cursor = NULL;
	struct cxa_batch *batch = NULL;

	run->status = cxa_cursor_open(&cursor, source, NULL, &run->error);
	while (run->status == 0) {
		run->status = cxa_cursor_next(cursor, &batch, &run->error);
		for (size_t i = 0; run->status == 0 && i < batch->count; i++)
			store_insert(to, batch->collection,
				     to->counts[batch->collection],
				     batch->records[i].id,
				     batch->records[i].data,
				     batch->records[i].size);
		cxa_batch_unref(batch);
	}
	cxa_cursor_close(cursor);
	if (run->status == CXA_END)
		run->status = 0;
}

/* What is read before it fails is in @to, too. */
static struct run migrate(struct store *to, struct store *from,
			  uint32_t version, bool repair)
{
	struct run run = { .to = version, .repair = repair,
			   .error = CXA_ERROR_INIT };
	struct cxa_migrate_options options = options_of(&run);
	struct cxa_source *source = store_open(from, context);
	struct cxa_source *migrated = NULL;

	store_init(to);
	run.status = cxa_migrate(&migrated, source, &options, &run.error);
	if (run.status == 0) {
		to->metadata = *cxa_source_header(migrated)->metadata;
		take_records(to, migrated, &run);
	}
	cxa_source_close(migrated);
	cxa_source_close(source);
	return run;
}

static bool same_rows(const struct store *a, const struct store *b)
{
	for (int i = 0; i < CXA_COLLECTION_COUNT; i++) {
		if (a->counts[i] != b->counts[i])
			return false;
		for (size_t j = 0; j < a->counts[i]; j++)
			if (a->rows[i][j].id != b->rows[i][j].id ||
			    a->rows[i][j].size != b->rows[i][j].size ||
			    memcmp(a->rows[i][j].data, b->rows[i][j].data,
				   a->rows[i][j].size) != 0)
				return false;
	}
	return true;
}

/* --- what is refused ------------------------------------------------------------ */

static void other_versions_are_refused(void)
{
	static const uint32_t versions[] = { 0, 3, 4, UINT32_MAX };
	struct cxa_migrate_options options = CXA_MIGRATE_OPTIONS_INIT;
	struct cxa_error error = CXA_ERROR_INIT;
	struct cxa_source *migrated = NULL;
	struct cxa_source *source;
	struct store store;
	struct store to;

	store_init(&store);
	for (size_t i = 0; i < sizeof(versions) / sizeof(*versions); i++) {
		struct run run = migrate(&to, &store, versions[i], false);

		is_int(run.status, CXA_ERR_USAGE, "a data_version that is none "
		       "is refused");
		like(run.error.message, "no migration leads from "
		     "data_version 1 to", "and told");
		store_release(&to);
	}
	source = store_open(&store, context);
	options.to = 2;
	options.struct_size = 0;
	is_int(cxa_migrate(&migrated, source, &options, &error), CXA_ERR_USAGE,
	       "options of another version are refused");
	cxa_source_close(source);
	store_release(&store);
}

static void a_wrong_hash_stops_it(void)
{
	struct store store;
	struct store to;
	struct run run;

	store_init(&store);
	for (uint64_t id = 1; id <= 40; id++)
		add_concept(&store, id, text("hello"),
			    id == 23 || id == 31 ? 4711 :
						   vectors[3].hashes[0]);
	run = migrate(&to, &store, 2, false);
	is_int(run.status, CXA_ERR_CORRUPT, "a wrong content_hash stops it");
	is_str(run.error.message, "concept 23: its content_hash is 4711, and "
	       "by data_version 1 it should be 16156531084128653017",
	       "the first one is named");
	is_int((int64_t)run.told, 0, "nothing was put right");
	store_release(&to);

	run = migrate(&to, &store, 2, true);
	is_int(run.status, 0, "repairing goes on");
	is_int((int64_t)run.told, 2, "and tells each");
	is_uint(run.first.id, 23, "by its id");
	is_str(run.first.field, "content_hash", "its field");
	is_uint(run.first.found, 4711, "what it was");
	is_uint(run.first.expected, vectors[3].hashes[0],
		"and should have been");
	is_uint(run.summary.wrong[CXA_CONCEPTS], 2, "they are counted");
	store_release(&store);
	run = migrate(&store, &to, 1, false);
	is_int(run.status, 0, "afterwards every hash is right");
	store_release(&store);
	store_release(&to);
}

static void a_wrong_query_hash_stops_it(void)
{
	struct store store;
	struct store to;
	struct run run;

	store_init(&store);
	add_query(&store, "a", vectors[1].hashes[0]);
	add_query(&store, "hello", 99);
	run = migrate(&to, &store, 2, false);
	is_int(run.status, CXA_ERR_CORRUPT, "a wrong query_hash stops it");
	like(run.error.message, "cached query 99: its query_hash is 99",
	     "the query is named");
	store_release(&to);
	run = migrate(&to, &store, 2, true);
	is_int(run.status, 0, "repairing goes on");
	is_uint(to.rows[CXA_QUERY_CACHE][0].id, vectors[3].hashes[1],
		"and the key is the right one");
	store_release(&to);

	add_query(&store, "hello", vectors[3].hashes[0]);
	run = migrate(&to, &store, 2, true);
	is_int(run.status, CXA_ERR_CORRUPT,
	       "two queries that get the same key are refused");
	is_str(run.error.message, "cached query 99 and cached query "
	       "16156531084128653017 would both get the key "
	       "766689994966256946", "and both are named");
	store_release(&to);
	store_release(&store);
}

/* --- what changes, and what does not ------------------------------------------ */

static void hashes_are_those_of_the_specification(void)
{
	struct store store;
	struct store up;
	struct store down;
	uint8_t big[1000];

	store_init(&store);
	for (uint64_t i = 0; i < VECTORS; i++) {
		size_t size = strlen(vectors[i].text);

		for (unsigned j = 0; j < vectors[i].times; j++)
			memcpy(big + j * size, vectors[i].text, size);
		add_concept(&store, i + 1,
			    (ProtobufCBinaryData){ size * vectors[i].times,
						   big },
			    vectors[i].hashes[0]);
	}
	is_int(migrate(&up, &store, 2, false).status, 0,
	       "the hashes of data_version 1 are found right");
	for (size_t i = 0; i < VECTORS; i++) {
		Cxa__Concept *concept = (Cxa__Concept *)cxa_record_unpack(
			CXA_CONCEPTS, &up.rows[CXA_CONCEPTS][i]);

		ok(concept != NULL &&
			   concept->content_hash == vectors[i].hashes[1],
		   "data_version 2 has its hash of \"%.20s\"",
		   vectors[i].text);
		protobuf_c_message_free_unpacked(&concept->base, NULL);
	}
	is_int(migrate(&down, &up, 1, false).status, 0, "they are right, too");
	ok(same_rows(&store, &down), "and become what they were");
	store_release(&store);
	store_release(&up);
	store_release(&down);
}

static uint32_t state_version(const struct store *store)
{
	Cxa__SystemState *state = (Cxa__SystemState *)cxa_record_unpack(
		CXA_SYSTEM_STATE, &store->rows[CXA_SYSTEM_STATE][0]);
	uint32_t version = state->version;

	protobuf_c_message_free_unpacked(&state->base, NULL);
	return version;
}

static void the_state_follows(void)
{
	static const struct {
		uint32_t from;
		uint32_t before;
		uint32_t after;
		const char *claim;
	} rows[] = {
		{ 1, 1, 2, "up, version 1 becomes 2" },
		{ 2, 2, 1, "down, version 2 becomes 1" },
		{ 1, 0, 0, "a version of no data_version stays" },
		{ 1, 57, 57, "so does the application's own count" },
		{ 2, 300, 300, "down, too" },
		{ 2, 1, 1, "one that is the lower already stays" },
	};
	struct store store;
	struct store to;
	struct run run;

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		store_init(&store);
		store.metadata.data_version = rows[i].from;
		add_state(&store, rows[i].before);
		run = migrate(&to, &store, 3 - rows[i].from, false);
		ok(run.status == 0 && state_version(&to) == rows[i].after,
		   "%s", rows[i].claim);
		is_uint(run.summary.changed[CXA_SYSTEM_STATE],
			rows[i].before != rows[i].after,
			"and is counted as changed when it is");
		store_release(&to);
		store_release(&store);
	}
	store_init(&store);
	add_state(&store, 2);
	run = migrate(&to, &store, 2, false);
	is_int(run.status, CXA_ERR_CORRUPT,
	       "up, version 2 would not come back: it stops it");
	like(run.error.message, "system_state 0: its version is 2",
	     "and is told");
	store_release(&to);
	run = migrate(&to, &store, 2, true);
	ok(run.status == 0 && state_version(&to) == 2 && run.told == 1,
	   "repairing leaves it, and tells");
	store_release(&to);
	store_release(&store);
}

static void nothing_else_changes(void)
{
	struct store golden;
	struct store up;
	struct store down;
	struct run run;

	store_load_golden(&golden, context);
	run = migrate(&up, &golden, 2, false);
	is_int(run.status, 0, "the golden document has only right hashes");
	is_uint(up.metadata.data_version, 2, "the header says 2");
	is_uint(run.summary.from, 1, "the summary says from where");
	is_uint(run.summary.to, 2, "and where to");
	is_uint(run.summary.complete, (1u << CXA_COLLECTION_COUNT) - 1,
		"every collection was read to its end");
	for (int i = 0; i < CXA_COLLECTION_COUNT; i++) {
		bool hashed = i == CXA_CONCEPTS || i == CXA_QUERY_CACHE ||
			      i == CXA_SYSTEM_STATE;
		uint64_t expected = hashed ? golden.counts[i] : 0;

		ok(run.summary.changed[i] == expected &&
			   run.summary.checked[i] == expected &&
			   run.summary.wrong[i] == 0 &&
			   up.counts[i] == golden.counts[i],
		   "of %s all that has a hash is checked and changed",
		   cxa_collection_name((enum cxa_collection)i));
	}
	for (size_t i = 1; i < up.counts[CXA_QUERY_CACHE]; i++)
		ok(up.rows[CXA_QUERY_CACHE][i - 1].id <
			   up.rows[CXA_QUERY_CACHE][i].id,
		   "cached query %zu stands behind the one before it", i);
	is_int(migrate(&down, &up, 1, false).status, 0, "and back");
	is_uint(down.metadata.data_version, 1, "the header says 1");
	ok(same_rows(&golden, &down), "every record is as it was");
	store_release(&down);
	store_release(&up);
	store_release(&golden);
}

static void the_version_it_has_is_no_migration(void)
{
	struct store store;
	struct store to;
	struct run run;

	store_init(&store);
	add_concept(&store, 1, text("hello"), 5);
	run = migrate(&to, &store, 1, false);
	is_int(run.status, 0, "to the version it has, hashes are not looked at");
	ok(same_rows(&store, &to), "and nothing changes");
	is_uint(run.summary.checked[CXA_CONCEPTS], 0, "nothing was checked");
	store_release(&to);
	store_release(&store);
}

static void many_queries_are_sorted(void)
{
	enum { QUERIES = 3000 };
	struct store store;
	struct store up;
	struct store down;
	char words[40];
	bool ascend = true;

	store_init(&store);
	for (int i = 0; i < QUERIES; i++) {
		snprintf(words, sizeof(words), "query number %d", i);
		add_query(&store, words, cxa_content_hash(words,
							  strlen(words)));
	}
	is_int(migrate(&up, &store, 2, false).status, 0,
	       "thousands of queries in hundreds of batches");
	for (size_t i = 1; i < up.counts[CXA_QUERY_CACHE]; i++)
		ascend = ascend && up.rows[CXA_QUERY_CACHE][i - 1].id <
					   up.rows[CXA_QUERY_CACHE][i].id;
	ok(ascend && up.counts[CXA_QUERY_CACHE] == QUERIES,
	   "come by their new keys");
	is_int(migrate(&down, &up, 1, false).status, 0, "and back");
	ok(same_rows(&store, &down), "as they were");
	store_release(&store);
	store_release(&up);
	store_release(&down);
}

static void what_is_wrong_is_told_once(void)
{
	struct run run = { .to = 2, .repair = true, .error = CXA_ERROR_INIT };
	struct cxa_migrate_options options = options_of(&run);
	struct cxa_source *migrated = NULL;
	struct cxa_source *source;
	struct store store;
	struct store to;

	store_init(&store);
	add_concept(&store, 1, text("hello"), 5);
	source = store_open(&store, context);
	if (cxa_migrate(&migrated, source, &options, &run.error) != 0)
		abort();
	for (int i = 0; i < 2; i++) {
		store_init(&to);
		take_records(&to, migrated, &run);
		store_release(&to);
	}
	is_int((int64_t)run.told, 1, "read twice, a wrong value is told once");
	is_uint(run.summary.wrong[CXA_CONCEPTS], 1, "and counted once");
	cxa_source_close(migrated);
	cxa_source_close(source);
	run = (struct run){ .to = 2, .error = CXA_ERROR_INIT };
	options = options_of(&run);
	source = store_open(&store, context);
	is_int(cxa_migrate_check(source, &options, &run.error),
	       CXA_ERR_CORRUPT, "checking finds it without a sink");
	like(run.error.message, "concept 1:", "and names it");
	cxa_source_close(source);
	store_release(&store);
}

static void the_table_is_a_chain(void)
{
	struct cxa_migration_chain chain;

	for (uint32_t from = 1; from <= 2; from++)
		for (uint32_t to = 1; to <= 2; to++) {
			is_int(cxa_migration_find(&chain, from, to, NULL), 0,
			       "steps lead from each version to each");
			is_int((int64_t)chain.count, from != to,
			       "as many as lie between");
		}
}

static void all_of_it(unsigned threads)
{
	struct cxa_context_options options = CXA_CONTEXT_OPTIONS_INIT;

	options.threads = threads;
	if (cxa_context_open(&context, &options, NULL) != 0)
		abort();
	printf("# %u threads\n", threads);
	other_versions_are_refused();
	a_wrong_hash_stops_it();
	a_wrong_query_hash_stops_it();
	hashes_are_those_of_the_specification();
	the_state_follows();
	nothing_else_changes();
	the_version_it_has_is_no_migration();
	many_queries_are_sorted();
	what_is_wrong_is_told_once();
	the_table_is_a_chain();
	cxa_context_close(context);
}

int main(void)
{
	all_of_it(1);
	all_of_it(4);
	return done_testing();
}
