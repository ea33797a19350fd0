/* store_refused.c - what is no store, or is none of ours, or holds what none can */
#include "endpoint/store_fixture.h"

/* A copy of good.db, changed as an application or a vandal might. */
static const struct {
	const char *sql;
	int status;
	const char *message;
} changes[] = {
	{ "PRAGMA application_id = 1", CXA_ERR_FORMAT,
	  "no CortexKG store: its application_id is 0x00000001" },
	{ "PRAGMA user_version = 3", CXA_ERR_UNSUPPORTED, "data_version 3" },
	{ "PRAGMA user_version = 0", CXA_ERR_CORRUPT, "no data_version" },
	{ "PRAGMA user_version = 2", CXA_ERR_CORRUPT,
	  "table metadata, row 0, column data_version" },
	{ "DROP TABLE concept_tags", CXA_ERR_FORMAT,
	  "table concept_tags: is missing" },
	{ "ALTER TABLE concepts ADD COLUMN mood TEXT", CXA_ERR_FORMAT,
	  "table concepts: not defined" },
	{ "ALTER TABLE concepts RENAME COLUMN content TO text", CXA_ERR_FORMAT,
	  "table concepts: not defined" },
	{ "CREATE TABLE mine (x)", CXA_ERR_FORMAT, "table mine: no table" },
	{ "CREATE VIEW mine AS SELECT load_extension('x')", CXA_ERR_FORMAT,
	  "view mine: " },
	{ "CREATE TRIGGER mine AFTER INSERT ON concepts BEGIN SELECT 1; END",
	  CXA_ERR_FORMAT, "trigger mine: " },
	{ "CREATE TABLE t (x, y AS (abs(x)))", CXA_ERR_FORMAT,
	  "table t: no table" },
	{ "UPDATE concepts SET content_hash = 'x' WHERE id = 3",
	  CXA_ERR_CORRUPT,
	  "table concepts, row 3, column content_hash: not an integer" },
	{ "UPDATE concepts SET content_hash = 0.5 WHERE id = 3",
	  CXA_ERR_CORRUPT, "row 3, column content_hash: not an integer" },
	{ "UPDATE concepts SET content = x'61' WHERE id = 3", CXA_ERR_CORRUPT,
	  "table concepts, row 3, column content: not a text" },
	{ "UPDATE concepts SET content = CAST(x'61ff' AS TEXT) WHERE id = 3",
	  CXA_ERR_CORRUPT, "row 3, column content: invalid UTF-8" },
	{ "UPDATE concepts SET metadata_complexity = 'high' WHERE id = 3",
	  CXA_ERR_CORRUPT, "column metadata_complexity: not a number" },
	{ "UPDATE concepts SET metadata_complexity = 1e39 WHERE id = 3",
	  CXA_ERR_CORRUPT, "metadata_complexity: a number out of its range" },
	{ "UPDATE concepts SET metadata_complexity = x'00' WHERE id = 3",
	  CXA_ERR_CORRUPT, "metadata_complexity: a blob of another size" },
	{ "UPDATE concepts SET metadata_priority = 256 WHERE id = 3",
	  CXA_ERR_CORRUPT, "metadata_priority: a number out of its range" },
	{ "UPDATE concepts SET access_count = -1 WHERE id = 3",
	  CXA_ERR_CORRUPT, "access_count: a number out of its range" },
	{ "UPDATE concepts SET access_count = 4294967296 WHERE id = 3",
	  CXA_ERR_CORRUPT, "access_count: a number out of its range" },
	{ "UPDATE concepts SET extensions = '{' WHERE id = 3",
	  CXA_ERR_CORRUPT, "row 3, column extensions: " },
	{ "UPDATE concepts SET extensions = '[]' WHERE id = 3",
	  CXA_ERR_CORRUPT, "column extensions: not a JSON object" },
	{ "UPDATE concepts SET metadata_extensions = '{\"a\":1,\"a\":2}'"
	  " WHERE id = 3", CXA_ERR_CORRUPT, "column metadata_extensions: " },
	{ "UPDATE concepts SET extensions = '{\"a\":1,\"content\":2}'"
	  " WHERE id = 3", CXA_ERR_CORRUPT,
	  "table concepts, row 3, column extensions: the value has a member "
	  "that the record has too" },
	{ "UPDATE concepts SET extensions = '{\"embeddings\":2}' WHERE id = 3",
	  CXA_ERR_CORRUPT, "column extensions: the value has a member" },
	{ "UPDATE embeddings SET extensions = '{\"last_computed\":2}'"
	  " WHERE concept_id = 3", CXA_ERR_CORRUPT,
	  "table embeddings, row 3, column extensions: the value has a member" },
	{ "UPDATE metadata SET document_extensions = '{\"x\":0,\"columns\":1}'",
	  CXA_ERR_CORRUPT, "column document_extensions: the value has a member "
	  "that the document has too" },
	{ "UPDATE metadata SET document_extensions = '{\"id\":1}'", 0, "" },
	{ "UPDATE concepts SET extensions = '{\"columns\":1}' WHERE id = 3",
	  0, "" },
	{ "UPDATE concepts SET extensions = '{}' WHERE id = 3", 0, "" },
	{ "UPDATE concepts SET unknown_fields = x'00' WHERE id = 3",
	  CXA_ERR_CORRUPT, "row 3, column unknown_fields: " },
	{ "UPDATE concepts SET unknown_fields = x'0801' WHERE id = 3",
	  CXA_ERR_CORRUPT, "row 3, column unknown_fields: " },
	{ "UPDATE concepts SET unknown_fields = x'420108' WHERE id = 3",
	  CXA_ERR_CORRUPT, "row 3, column unknown_fields: " },
	{ "UPDATE concepts SET metadata_category = printf('%.*c', 65537, 'x')"
	  " WHERE id = 3", CXA_ERR_LIMIT,
	  "65537 bytes, over the limit short-string-bytes of 65536" },
	{ "UPDATE embeddings SET semantic_vector = x'000000'"
	  " WHERE concept_id = 3", CXA_ERR_CORRUPT,
	  "table embeddings, row 3, column semantic_vector: not a whole" },
	{ "UPDATE embeddings SET semantic_vector = 'abcd'"
	  " WHERE concept_id = 3", CXA_ERR_CORRUPT, "not a blob" },
	{ "UPDATE embeddings SET semantic_vector = zeroblob(262148)"
	  " WHERE concept_id = 3", CXA_ERR_LIMIT, "limit vector-floats" },
	{ "UPDATE connections SET connection_type = 'Magic' WHERE id = 5",
	  CXA_ERR_CORRUPT, "table connections, row 5, column connection_type: "
			   "a name that the enumeration does not have" },
	{ "UPDATE query_cache SET results_truncated = 2", CXA_ERR_CORRUPT,
	  "column results_truncated: a number out of its range" },
	{ "UPDATE concept_connections SET strength = 'x' WHERE position = 0",
	  CXA_ERR_CORRUPT, ", position 0, column strength: not a number" },
	{ "UPDATE sync_queue SET create_concept_concept_id = NULL",
	  CXA_ERR_CORRUPT, "table sync_queue, row 1, column "
			   "create_concept_concept_id: NULL, and must not be" },
	{ "UPDATE sync_queue SET operation = 'Explode' WHERE id = 2",
	  CXA_ERR_CORRUPT, "row 2, column operation: not the name of a kind" },
	{ "UPDATE sync_queue SET create_concept_data_embeddings = 2",
	  CXA_ERR_CORRUPT, "create_concept_data_embeddings: not NULL, 0 or 1" },
	{ "UPDATE sync_metadata_changes SET value_json = 'nul'",
	  CXA_ERR_CORRUPT, "column value_json: " },
	{ "DELETE FROM concepts WHERE id = 1", CXA_ERR_CORRUPT,
	  "row 1, position 0, column concept_id: what it belongs to is not" },
	{ "DELETE FROM concepts", CXA_ERR_CORRUPT, "what it belongs to is not" },
	{ "DELETE FROM query_paths", CXA_ERR_CORRUPT,
	  "table query_path_columns, row " },
	{ "INSERT INTO concept_tags VALUES (999999, 0, 'x')", CXA_ERR_CORRUPT,
	  "table concept_tags, row 999999, position 0" },
	{ "INSERT INTO concept_tags VALUES (-7, 0, 'x')", CXA_ERR_CORRUPT,
	  "table concept_tags, row 18446744073709551609, position 0" },
	{ "INSERT INTO concept_tags VALUES ('x', 0, 'x')", CXA_ERR_CORRUPT,
	  "column concept_id: a key that is no integer" },
	{ "INSERT INTO concept_tags VALUES (-1e300, 0, 'x')", CXA_ERR_CORRUPT,
	  "column concept_id: a key that is no integer" },
	{ "INSERT INTO concept_tags VALUES (3, 'x', 'x')", CXA_ERR_CORRUPT,
	  "row 3, position 0, column position: a key that is no integer" },
	{ "INSERT INTO query_parameters SELECT query_hash, 5, 1.0, NULL"
	  " FROM query_cache", 0, "" }, /* the column makes a text of it */
	{ "INSERT INTO query_parameters SELECT query_hash, x'61', 1.0, NULL"
	  " FROM query_cache", CXA_ERR_CORRUPT, "column key: not a text" },
	{ "DELETE FROM system_state_cortex_size WHERE position = 1",
	  CXA_ERR_CORRUPT, "table system_state_cortex_size: 1 rows" },
	{ "PRAGMA ignore_check_constraints = ON; UPDATE system_state SET id = 5;"
	  "UPDATE system_state_cortex_size SET state_id = 5", CXA_ERR_CORRUPT,
	  "the only row has the id 0" },
	{ "DELETE FROM metadata", CXA_ERR_CORRUPT,
	  "table metadata: there is no row" },
	/* And what is no fault. */
	{ "ANALYZE", 0, "" },
	{ "CREATE INDEX mine ON concepts (version)", 0, "" },
	{ "DROP INDEX concepts_by_content_hash", 0, "" },
	{ "UPDATE concept_tags SET position = position * 10 + 7", 0, "" },
	{ "UPDATE concepts SET metadata_complexity = 0.1", 0, "" },
	{ "UPDATE concepts SET metadata_complexity = 1", 0, "" },
	{ "PRAGMA foreign_keys = ON; DELETE FROM concepts WHERE id = 1", 0, "" },
};

static void changed_stores_are_told_apart(void)
{
	for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
		struct cxa_error error = CXA_ERROR_INIT;
		struct cxa_buffer rows = { 0 };
		size_t size;
		char *good = read_file("good.db", &size);
		int status;

		write_file("x.db", good, size);
		run_sql("x.db", changes[i].sql);
		status = read_all("x.db", 0, &rows, &error);
		if (!ok(status == changes[i].status &&
			strstr(error.message, changes[i].message) != NULL,
			"%s: %.60s", status == 0 ? "taken" : "refused",
			changes[i].sql))
			printf("#   got %d, %s\n", status, error.message);
		cxa_buffer_release(&rows);
		free(good);
	}
}

static void refuse(const char *name, int expected, const char *message,
		   const char *claim)
{
	struct cxa_error error = CXA_ERROR_INIT;
	struct cxa_buffer rows = { 0 };

	is_int(read_all(name, 0, &rows, &error), expected, claim);
	like(error.message, message, "and the message says so");
	cxa_buffer_release(&rows);
}

static void damaged_files_are_refused(void)
{
	size_t size;
	char *good = read_file("good.db", &size);

	write_file("x.db", good, size / 2);
	refuse("x.db", CXA_ERR_CORRUPT, "damaged", "half a store is refused");
	memset(good + 16, 0xa5, size - 16);
	write_file("x.db", good, size);
	refuse("x.db", CXA_ERR_FORMAT, "damaged or encrypted",
	       "garbage behind the magic is refused");
	free(good);
	good = read_file("good.db", &size);
	good[35] = 2; /* the list of free pages, where there are none */
	write_file("x.db", good, size);
	refuse("x.db", CXA_ERR_CORRUPT, "damaged",
	       "what only quick_check sees is refused");
	free(good);
	run_sql("wide.db", "PRAGMA encoding = 'UTF-16le'; CREATE TABLE t (x);"
			   "PRAGMA application_id = 1129859911;"
			   "PRAGMA user_version = 1");
	refuse("wide.db", CXA_ERR_FORMAT, "UTF-16", "UTF-16 is refused");
}

static void broken_records_are_not_written(void)
{
	Cxa__Metadata metadata = CXA__METADATA__INIT;
	Cxa__Header header = CXA__HEADER__INIT;
	Cxa__Connection connection = CXA__CONNECTION__INIT;
	struct cxa_error error = CXA_ERROR_INIT;
	struct fixture fixture = { { 0 } };

	metadata.data_version = 1;
	header.metadata = &metadata;
	connection.id = 4711;
	connection.connection_type = CXA__CONNECTION_TYPE__VALUE__Causal;
	connection.has_extensions = true;
	connection.extensions.data = (uint8_t *)(uintptr_t)"nothing";
	connection.extensions.len = 7;
	cxa_batch_new(&fixture.batches[CXA_CONNECTIONS], CXA_CONNECTIONS, NULL);
	cxa_batch_append(fixture.batches[CXA_CONNECTIONS], &connection.base,
			 NULL);
	is_int(fixture_write(&fixture, &header, "new.db", &error),
	       CXA_ERR_CORRUPT, "what is not JSON does not go into a store");
	like(error.message, "record 4711 for table connections, column "
	     "extensions", "the error names it");
	ok(access("new.db", F_OK) != 0, "and there is no store");
	fixture_release(&fixture);
}

/* Into good.db, by a context whose limit on a batch is @limit */
static int write_into(struct fixture *fixture, const Cxa__Header *header,
		      uint64_t limit, struct cxa_error *error)
{
	static const struct cxa_source_ops ops = { fixture_read, fixture_next,
						   fixture_done, NULL };
	struct cxa_context_options options = CXA_CONTEXT_OPTIONS_INIT;
	struct cxa_sink_options into = CXA_SINK_OPTIONS_INIT;
	struct cxa_context *contexts[2] = { NULL, NULL };
	struct cxa_source *source = NULL;
	struct cxa_sink *sink = NULL;
	int status;

	*error = (struct cxa_error)CXA_ERROR_INIT;
	options.limits.batch_bytes = limit;
	into.into = true;
	cxa_context_open(&contexts[0], NULL, NULL);
	cxa_context_open(&contexts[1], &options, NULL);
	status = cxa_source_new(&source, contexts[0], &ops, fixture, header,
				error);
	if (status == 0)
		status = cxa_sink_open(&sink, contexts[1], "good.db",
				       CXA_KIND_STORE, &into, error);
	if (status == 0)
		status = cxa_copy(source, sink, NULL, NULL, error);
	cxa_sink_close(sink);
	cxa_source_close(source);
	cxa_context_close(contexts[0]);
	cxa_context_close(contexts[1]);
	return status;
}

static void a_value_too_large_is_not_left_out(void)
{
	static char json[20000];
	Cxa__Metadata metadata = CXA__METADATA__INIT;
	Cxa__Header header = CXA__HEADER__INIT;
	Cxa__Connection connection = CXA__CONNECTION__INIT;
	struct cxa_error error;
	struct fixture fixture = { { 0 } };

	memset(json, 'x', sizeof(json));
	memcpy(json, "{\"x\":\"", 6);
	memcpy(json + sizeof(json) - 2, "\"}", 2);
	metadata.data_version = 1;
	header.metadata = &metadata;
	connection.has_extensions = true;
	connection.extensions.data = (uint8_t *)json;
	connection.extensions.len = sizeof(json);
	cxa_batch_new(&fixture.batches[CXA_CONNECTIONS], CXA_CONNECTIONS, NULL);
	cxa_batch_append(fixture.batches[CXA_CONNECTIONS], &connection.base,
			 NULL);
	is_int(write_into(&fixture, &header, 16384, &error), CXA_ERR_LIMIT,
	       "a value that SQLite may not take is refused when it is put");
	like(error.message, "limit batch-bytes of 16384", "by its limit");
	is_int(write_into(&fixture, &header, 32768, &error), 0,
	       "one that it may take is not");
	fixture_release(&fixture);
}

/* What an application's own source says of its store may be anything. */
static void headers_nobody_can_read_are_not_written(void)
{
	static const char *const files[] = { "h.cxa", "h.json", "h.db", "h/" };
	static char long_text[65537];
	Cxa__Metadata metadata = CXA__METADATA__INIT;
	Cxa__Header header = CXA__HEADER__INIT;
	struct cxa_error error;
	struct fixture fixture = { { 0 } };

	metadata.data_version = 1;
	header.metadata = &metadata;
	header.has_extensions = true;
	header.extensions.data =
		(uint8_t *)(uintptr_t)"{\"concepts\":1}";
	header.extensions.len = 14;
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		error = (struct cxa_error)CXA_ERROR_INIT;
		ok(fixture_write(&fixture, &header, files[i], &error) ==
			   CXA_ERR_CORRUPT && access(files[i], F_OK) != 0,
		   "%s: nothing is written with a member twice: %s", files[i],
		   error.message);
	}
	header.has_extensions = false;
	metadata.description.data = (uint8_t *)long_text;
	metadata.description.len = sizeof(long_text);
	error = (struct cxa_error)CXA_ERROR_INIT;
	is_int(fixture_write(&fixture, &header, "h.cxa", &error), CXA_ERR_LIMIT,
	       "a description over the limit goes into no archive");
	like(error.message, "Metadata.description: 65537 bytes, over the limit",
	     "as the error says");
	ok(access("h.cxa", F_OK) != 0, "and there is none");
	fixture_release(&fixture);
}

int main(void)
{
	struct cxa_error error = CXA_ERROR_INIT;
	const char *srcdir = getenv("CXA_SRCDIR");
	char golden[4096];

	snprintf(golden, sizeof(golden), "%s/tests/data/backup-v1-24.json",
		 srcdir == NULL ? "." : srcdir);
	enter_scratch();
	if (convert(golden, "good.db", 0, false, &error) != 0) {
		printf("Bail out! %s\n", error.message);
		return 1;
	}
	damaged_files_are_refused();
	changed_stores_are_told_apart();
	broken_records_are_not_written();
	a_value_too_large_is_not_left_out();
	headers_nobody_can_read_are_not_written();
	leave_scratch();
	return done_testing();
}
