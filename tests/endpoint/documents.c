/* documents.c - BackupData JSON and NDJSON into archives and back, nothing lost */
#include "scratch.h"

/* A document with one concept whose members are given; the rest is plain. */
#define METADATA "\"metadata\"" METADATA_VALUE
#define METADATA_VALUE \
	":{\"backup_id\":\"b\",\"created_at\":1722556800000.0," \
	"\"cortex_version\":\"0.1.0\",\"data_version\":1,\"total_concepts\":1," \
	"\"total_columns\":0,\"total_connections\":0,\"compression_used\":" \
	"false,\"integrity_hash\":\"\",\"backup_size_bytes\":0," \
	"\"description\":\"\"}"
#define CONCEPT(id, content, more) \
	"{\"id\":" id ",\"content\":" content ",\"content_hash\":" \
	"18446744073709551615,\"column_id\":1,\"created_timestamp\":1.0," \
	"\"last_accessed\":2.0,\"access_count\":0,\"metadata\":{" \
	"\"complexity\":0.5,\"category\":\"c\",\"source\":{\"origin\":\"o\"," \
	"\"timestamp\":1.0,\"session_id\":\"s\",\"parent_concept_id\":null}," \
	"\"tags\":[],\"priority\":255,\"confidence\":0.5,\"connections\":[]}," \
	"\"embeddings\":{\"semantic_vector\":[],\"neural_signature\":[]," \
	"\"context_vector\":[],\"last_computed\":0.0},\"version\":1" more "}"
#define REST \
	"\"columns\":[],\"connections\":[],\"system_state\":null," \
	"\"query_cache\":[],\"sync_queue\":[]"
#define DOCUMENT(concepts) \
	"{" METADATA ",\"concepts\":[" concepts "]," REST "}\n"

static struct cxa_error error;

/* JSON to an archive to JSON: are the bytes the same? */
static bool comes_back(const char *document)
{
	bool same;

	write_file("in.json", document, strlen(document));
	same = convert("in.json", "mid.cxa", 2, false, &error) == 0 &&
	       convert("mid.cxa", "out.json", 2, false, &error) == 0 &&
	       same_files("in.json", "out.json");
	if (!same)
		printf("#   %s\n", error.message);
	return same;
}

static void what_is_wrong_is_refused(void)
{
	static const struct {
		const char *name;
		const char *document;
		const char *message;
	} bad[] = {
		{ "nothing", "", "empty" },
		{ "text", "hello", "neither" },
		{ "blanks", "   \n ", "neither" },
		{ "an empty object", "{}", "missing" },
		{ "an array", "[]", "neither" },
		{ "a byte order mark", "\xef\xbb\xbf{}", "byte order mark" },
		{ "a document cut in a record",
		  "{" METADATA ",\"concepts\":[{\"id\":1,", "cut" },
		{ "a document cut between members", "{" METADATA ",", "cut" },
		{ "a document cut before its brace", "{" METADATA, "cut" },
		{ "something behind it", DOCUMENT("") "{}", "behind" },
		{ "a member twice", "{" METADATA "," METADATA "}", "twice" },
		{ "an unknown member twice",
		  "{" METADATA ",\n\"x\":1,\"y\":2,\n\"x\":3,\"concepts\":[],"
		  REST "}", "member x is there twice (line 3, column 1)" },
		{ "an unknown member twice, once with an escape",
		  "{" METADATA ",\"x\":1,\n \"\\u0078\":2,\"concepts\":[],"
		  REST "}", "member x is there twice (line 2, column 2)" },
		{ "a known member twice, once with an escape",
		  "{" METADATA ",\"concepts\":[]," REST ",\"concept\\u0073\":"
		  "[]}", "member concepts is there twice" },
		{ "a missing array", "{" METADATA "," REST "}",
		  "concepts is missing" },
		{ "a missing comma", "{" METADATA " \"concepts\":[]}", "'}'" },
		{ "an id that comes twice",
		  DOCUMENT(CONCEPT("7", "\"a\"", "") ","
			   CONCEPT("7", "\"b\"", "")),
		  "concept 7 is there twice" },
		{ "an id that comes twice, far apart",
		  DOCUMENT(CONCEPT("7", "\"a\"", "") ","
			   CONCEPT("3", "\"b\"", "") ","
			   CONCEPT("7", "\"b\"", "")),
		  "concept 7 is there twice" },
		{ "a missing member in a record",
		  DOCUMENT("{\"id\":12,\"content\":\"x\"}"), "concept 12" },
		{ "an id over 64 bits",
		  DOCUMENT(CONCEPT("18446744073709551616", "\"a\"", "")), "" },
		{ "a newer data_version",
		  "{\"metadata\":{\"backup_id\":\"b\",\"created_at\":1.0,"
		  "\"cortex_version\":\"9\",\"data_version\":9,"
		  "\"total_concepts\":0,\"total_columns\":0,"
		  "\"total_connections\":0,\"compression_used\":false,"
		  "\"integrity_hash\":\"\",\"backup_size_bytes\":0,"
		  "\"description\":\"\"},\"concepts\":[]," REST "}",
		  "data_version 9" },
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		int status;

		write_file("in.json", bad[i].document, strlen(bad[i].document));
		status = convert("in.json", "bad.cxa", 2, false, &error);
		ok((status == CXA_ERR_FORMAT || status == CXA_ERR_UNSUPPORTED) &&
			   strstr(error.message, bad[i].message) != NULL &&
			   access("bad.cxa", F_OK) != 0,
		   "%s is refused, and nothing written: %s", bad[i].name,
		   error.message);
	}
}

/*
 * The original writes its cached queries in no order; an archive has every
 * collection by ascending key. What they hold is compared record by record
 * elsewhere.
 */
static bool same_but_for_queries(const char *a, const char *b)
{
	size_t size[2];
	char *data[2] = { read_file(a, &size[0]), read_file(b, &size[1]) };
	const char *queries[2];
	const char *behind[2];
	bool same = size[0] == size[1];

	for (int i = 0; i < 2 && same; i++) {
		queries[i] = strstr(data[i], "\"query_cache\":[");
		behind[i] = strstr(data[i], "],\"sync_queue\"");
		same = queries[i] != NULL && behind[i] != NULL;
	}
	same = same && queries[0] - data[0] == queries[1] - data[1] &&
	       memcmp(data[0], data[1], (size_t)(queries[0] - data[0])) == 0 &&
	       strcmp(behind[0], behind[1]) == 0;
	free(data[0]);
	free(data[1]);
	return same;
}

static void the_original_comes_back(void)
{
	char golden[500];

	snprintf(golden, sizeof(golden), "%s/tests/data/backup-v1-24.json",
		 getenv("CXA_SRCDIR"));
	is_int(convert(golden, "golden.cxa", 2, false, &error), 0,
	       "the original application's document is packed");
	is_int(convert("golden.cxa", "golden.json", 2, false, &error), 0,
	       "and unpacked");
	ok(same_but_for_queries(golden, "golden.json"),
	   "byte for byte the same, but that queries are in order of hash");
	is_int(convert("golden.cxa", "nd/", 2, false, &error), 0,
	       "a folder of NDJSON is made of it");
	is_int(convert("nd", "nd.cxa", 1, false, &error), 0,
	       "and packed again");
	ok(same_files("golden.cxa", "nd.cxa"),
	   "into the same archive, byte for byte");
	is_int(convert("golden.cxa", "again.cxa", 7, false, &error), 0,
	       "an archive is packed from the archive");
	ok(same_files("golden.cxa", "again.cxa"),
	   "with the same bytes, on 7 threads");
}

static void nothing_is_lost(void)
{
	static const char *const documents[][2] = {
		{ "an empty store", DOCUMENT("") },
		{ "the largest id and a string with U+0000",
		  DOCUMENT(CONCEPT("18446744073709551615",
				   "\"a\\u0000b\\\"\\\\\\n\xf0\x9f\xa7\xa0\"",
				   "")) },
		{ "id 0", DOCUMENT(CONCEPT("0", "\"\"", "")) },
		{ "unknown members of a record",
		  DOCUMENT(CONCEPT("1", "\"a\"",
				   ",\"new\":{\"b\":[1,2.50,null]},"
				   "\"z\":\"\\u0000\"")) },
		{ "many members of the document that are not known",
		  "{" METADATA ",\"concepts\":[]," REST
		  ",\"\":1,\"b\":2,\"a\":3,\"ab\":4,\"\\u0000\":5}\n" },
		{ "unknown members of the document",
		  "{" METADATA ",\"concepts\":[]," REST
		  ",\"plugins\":[{\"a\":1e400}],\"x\":null}\n" },
	};

	for (size_t i = 0; i < sizeof(documents) / sizeof(documents[0]); i++)
		ok(comes_back(documents[i][1]), "%s: comes back",
		   documents[i][0]);
}

static void a_record_of_30_megabytes_comes_back(void)
{
	static const char head[] = "{" METADATA ",\"concepts\":[";
	static const char before[] = CONCEPT("1", "\"", "");
	size_t size = 30u << 20;
	char *document = malloc(size + 4096);
	const char *cut = strstr(before, "\"content\":\"") + 11;
	char *end = document;

	end += sprintf(end, "%s%.*s", head, (int)(cut - before), before);
	memset(end, 'x', size);
	end += size;
	sprintf(end, "\"%s]," REST "}\n", cut);
	ok(comes_back(document), "a record of 30 MB: comes back");
	free(document);
}

/* A document whose one unknown member is of @size bytes with its braces. */
static void write_unknown(const char *name, int size)
{
	static const char format[] =
		"{" METADATA ",\"concepts\":[]," REST ",\"x\":\"%0*d\"}\n";
	char *document = malloc(sizeof(format) + (size_t)size);
	int written = sprintf(document, format, size - 8, 0);

	write_file(name, document, (size_t)written);
	free(document);
}

/* What reads an archive has that limit; none may be written that is over it. */
static void what_is_not_known_has_a_limit(void)
{
	write_unknown("in.json", 65536);
	ok(convert("in.json", "at.cxa", 2, false, &error) == 0 &&
		   convert("at.cxa", "out.json", 2, false, &error) == 0 &&
		   same_files("in.json", "out.json"),
	   "unknown members of 64 KiB come back");
	write_unknown("in.json", 65537);
	is_int(convert("in.json", "over.cxa", 2, false, &error), CXA_ERR_LIMIT,
	       "those of a byte more are refused");
	like(error.message, "member x has 65537 bytes, over the limit "
	     "short-string-bytes of 65536 (line 1, column ", "with their place");
	ok(access("over.cxa", F_OK) != 0, "and nothing written");
}

static void a_name_may_be_empty(void)
{
	static const char document[] =
		"{\"\":1," METADATA ",\"concepts\":[]," REST "}\n";

	write_file("in.json", document, sizeof(document) - 1);
	is_int(convert("in.json", "empty-name.cxa", 2, false, &error), 0,
	       "a member without a name may come first");
}

/* Order of members and of records is the document's own affair. */
static void any_order_makes_the_same_archive(void)
{
	static const char sorted[] =
		DOCUMENT(CONCEPT("3", "\"c\"", "") ","
			 CONCEPT("5", "\"e\"", "") ","
			 CONCEPT("9", "\"i\"", ""));
	static const char unsorted[] =
		"{ \"concepts\" : [ " CONCEPT("9", "\"i\"", "") ",\n"
		CONCEPT("3", "\"c\"", "") " , " CONCEPT("5", "\"e\"", "")
		" ] ,\r\n\t" REST " , " METADATA " }\n";
	static const char escaped[] =
		"{\"\\u006detadata\"" METADATA_VALUE ",\"concept\\u0073\":["
		CONCEPT("3", "\"c\"", "") "," CONCEPT("5", "\"e\"", "") ","
		CONCEPT("9", "\"i\"", "") "]," REST "}\n";
	char padded[4096];

	write_file("escaped.json", escaped, strlen(escaped));
	is_int(convert("escaped.json", "escaped.cxa", 2, false, &error), 0,
	       "a document with escapes in its names is packed");
	write_file("sorted.json", sorted, strlen(sorted));
	write_file("unsorted.json", unsorted, strlen(unsorted));
	snprintf(padded, sizeof(padded), "%700s%s", "", sorted);
	write_file("padded.json", padded, strlen(padded));
	is_int(convert("padded.json", "padded.cxa", 1, false, &error), 0,
	       "a document behind 700 blanks is packed");
	is_int(convert("sorted.json", "sorted.cxa", 1, false, &error), 0,
	       "a sorted document is packed");
	is_int(convert("unsorted.json", "unsorted.cxa", 2, false, &error), 0,
	       "so is one with records and members in any order");
	ok(same_files("sorted.cxa", "padded.cxa") &&
		   same_files("sorted.cxa", "unsorted.cxa") &&
		   same_files("sorted.cxa", "escaped.cxa"),
	   "and the archives are the same, byte for byte");
}

static void lenient_reading_fills_in(void)
{
	static const char partial[] = "{" METADATA ",\"concepts\":["
				      "{\"id\":12,\"content\":\"x\"}]}";

	write_file("in.json", partial, strlen(partial));
	is_int(convert("in.json", "x.cxa", 1, false, &error), CXA_ERR_FORMAT,
	       "missing members are refused");
	is_int(convert("in.json", "x.cxa", 1, true, &error), 0,
	       "and filled in when that is asked for");
}

static void folders_that_are_wrong_are_refused(void)
{
	static const struct {
		const char *name;
		const char *command;
		const char *message;
	} bad[] = {
		{ "a missing file", "rm f/columns.ndjson",
		  "columns.ndjson is missing" },
		{ "a file too many", "touch f/notes.txt", "notes.txt" },
		{ "a blank line", "echo >> f/connections.ndjson",
		  "blank line" },
		{ "two records on a line",
		  "head -n 2 f/connections.ndjson | tr -d '\\n' > f/x; "
		  "mv f/x f/connections.ndjson", "connections.ndjson" },
		{ "lines that end in CR LF",
		  "sed -i 's/$/\\r/' f/columns.ndjson", "CR LF" },
		{ "no metadata", "rm f/metadata.json",
		  "metadata.json is missing" },
		{ "what is known among what is not",
		  "echo '{\"x\":1,\"concepts\":[]}' > f/extensions.json",
		  "extensions.json: the value has a member that the document "
		  "has too (line 1, column 8)" },
	};
	char command[400];

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		snprintf(command, sizeof(command),
			 "rm -rf f; cp -r nd f; %s", bad[i].command);
		if (system(command) != 0)
			puts("# a command failed");
		ok(convert("f", "f.cxa", 2, false, &error) == CXA_ERR_FORMAT &&
			   strstr(error.message, bad[i].message) != NULL,
		   "%s is refused: %s", bad[i].name, error.message);
	}
}

int main(void)
{
	enter_scratch();
	what_is_wrong_is_refused();
	nothing_is_lost();
	any_order_makes_the_same_archive();
	lenient_reading_fills_in();
	the_original_comes_back();
	folders_that_are_wrong_are_refused();
	a_record_of_30_megabytes_comes_back();
	what_is_not_known_has_a_limit();
	a_name_may_be_empty();
	leave_scratch();
	return done_testing();
}
