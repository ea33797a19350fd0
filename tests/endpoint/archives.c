/* archives.c - archives that were damaged, cut, re-blocked or packed again */
#define _GNU_SOURCE 1

#include <zstd.h>

#include "scratch.h"

static struct cxa_error error;
static struct cxa_context *context;
static char *archive; /* of the original application's document */
static size_t archive_size;

/* How many issues verify finds; the first of them in *issue. -1: an error. */
static int64_t verify(const char *name, enum cxa_level level,
		      const uint8_t *expect, struct cxa_issue *issue)
{
	struct cxa_verify_options options = CXA_VERIFY_OPTIONS_INIT;
	struct cxa_report *report = NULL;
	int64_t found = -1;

	options.level = level;
	options.expect = expect;
	error = (struct cxa_error)CXA_ERROR_INIT;
	memset(issue, 0, sizeof(*issue));
	if (cxa_verify(&report, context, name, &options, &error) == 0) {
		found = (int64_t)report->issue_count;
		if (found != 0)
			*issue = report->issues[0];
	}
	cxa_report_free(report);
	return found;
}

static size_t find(const char *name, size_t from)
{
	for (size_t at = from; at < archive_size; at += 512)
		if (strcmp(archive + at, name) == 0)
			return at;
	return 0;
}

static void every_level_finds_nothing(void)
{
	struct cxa_issue issue;

	is_int(verify("a.cxa", CXA_LEVEL_STRUCTURE, NULL, &issue), 0,
	       "a sound archive has no issue at level structure");
	is_int(verify("a.cxa", CXA_LEVEL_BYTES, NULL, &issue), 0,
	       "nor at level bytes");
	is_int(verify("a.cxa", CXA_LEVEL_RECORDS, NULL, &issue), 0,
	       "nor at level records");
}

static void another_root_is_told(void)
{
	static const uint8_t other[32] = { 1 };
	struct cxa_issue issue;

	is_int(verify("a.cxa", CXA_LEVEL_BYTES, other, &issue), 1,
	       "another root hash than expected is an issue");
	is_str(issue.rule, "root-hash", "named root-hash");
}

static void damage_is_told_once_where_it_is(void)
{
	static const struct {
		const char *name;
		const char *member; /* whose data begin ... */
		size_t offset;      /* ... this far behind its header */
		const char *rule;
		bool lost;
	} cases[] = {
		{ "a byte of a batch", "columns/00000000.pb.zst", 512 + 40,
		  "member-digest", true },
		{ "a byte of a batch's tar header", "columns/00000000.pb.zst",
		  100, "canonical-form", false },
		{ "a byte of the schema", "schema.pb", 512 + 100,
		  "member-digest", false },
		{ "a byte of INDEX", "INDEX.pb.zst", 512 + 20,
		  "member-digest", false },
		{ "a byte of B2SUMS", "B2SUMS", 512 + 5, "member-digest",
		  false },
		{ "a byte of TRAILER", "TRAILER", 512 + 60, "member-digest",
		  false },
		{ "a byte of the header", "CORTEXARC", 512 + 60, "header",
		  false },
	};
	struct cxa_issue issue;
	int64_t found;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		size_t at = find(cases[i].member, 0) + cases[i].offset;

		archive[at] ^= 4;
		write_file("d.cxa", archive, archive_size);
		archive[at] ^= 4;
		found = verify("d.cxa", CXA_LEVEL_RECORDS, NULL, &issue);
		ok(found == 1 && strcmp(issue.rule, cases[i].rule) == 0 &&
			   strcmp(issue.member, cases[i].member) == 0 &&
			   issue.has_lost == cases[i].lost,
		   "%s is one issue, %s of %s", cases[i].name, issue.rule,
		   issue.member);
		if (found != 1)
			printf("#   %d issues, %s\n", (int)found,
			       issue.description);
	}
}

static void lost_ids_are_told(void)
{
	struct cxa_issue issue;
	size_t at = find("connections/00000000.pb.zst", 0) + 600;

	archive[at] ^= 1;
	write_file("d.cxa", archive, archive_size);
	archive[at] ^= 1;
	verify("d.cxa", CXA_LEVEL_BYTES, NULL, &issue);
	ok(issue.has_lost && issue.lost_collection == CXA_CONNECTIONS &&
		   issue.lost_first == 1 && issue.lost_last == 72 &&
		   issue.lost_records == 72,
	   "the ids that a damaged batch held are told");
	is_int(convert("d.cxa", "d.json", 2, false, &error), CXA_ERR_CORRUPT,
	       "and it is not unpacked");
	is_str(error.member, "connections/00000000.pb.zst",
	       "with the member named");
	ok(access("d.json", F_OK) != 0, "and nothing written");
}

static void a_cut_archive_is_told(void)
{
	struct cxa_issue issue;
	size_t refused = 0;
	size_t told = 0;
	size_t cuts = 0;

	for (size_t size = 512; size < archive_size; size += 509) {
		write_file("c.cxa", archive, size);
		told += verify("c.cxa", CXA_LEVEL_RECORDS, NULL, &issue) > 0;
		refused += convert("c.cxa", "c.json", 1, false, &error) < 0;
		cuts++;
	}
	is_uint(told, cuts, "verify finds an issue in every archive cut short");
	is_uint(refused, cuts, "and none is unpacked");
	archive[find("embeddings/00000000.pb.zst", 0) + 700] ^= 1;
	write_file("c.cxa", archive, find("INDEX.pb.zst", 0) - 1024);
	archive[find("embeddings/00000000.pb.zst", 0) + 700] ^= 1;
	ok(verify("c.cxa", CXA_LEVEL_RECORDS, NULL, &issue) == 2 &&
		   issue.has_lost && issue.lost_records == 0 &&
		   issue.lost_collection == CXA_EMBEDDINGS,
	   "a damaged batch is told where INDEX is gone, too");
	write_file("c.cxa", archive, find("B2SUMS", 0));
	ok(verify("c.cxa", CXA_LEVEL_RECORDS, NULL, &issue) > 0 &&
		   strcmp(issue.rule, "truncated") == 0,
	   "a cut between members is told as truncated, too");
}

static void every_bit_counts(void)
{
	struct cxa_issue issue;
	size_t silent = 0;
	size_t flips = 0;

	/* A stride that is prime to 8 and to 512 meets all kinds of places. */
	for (size_t bit = 0; bit < 8 * archive_size; bit += 397) {
		archive[bit / 8] = (char)(archive[bit / 8] ^ (1 << bit % 8));
		write_file("d.cxa", archive, archive_size);
		archive[bit / 8] = (char)(archive[bit / 8] ^ (1 << bit % 8));
		silent += verify("d.cxa", CXA_LEVEL_BYTES, NULL, &issue) == 0;
		flips++;
	}
	ok(silent == 0, "of %zu single bits flipped, none stays unseen", flips);
}

static void zeros_behind_the_end_are_told(void)
{
	struct cxa_issue issue;
	char *padded = calloc(1, archive_size + 10240);

	memcpy(padded, archive, archive_size);
	write_file("z.cxa", padded, archive_size + 10240);
	is_int(verify("z.cxa", CXA_LEVEL_RECORDS, NULL, &issue), 1,
	       "an archive that was blocked again has one issue");
	is_str(issue.rule, "re-blocked", "named so");
	is_int(convert("z.cxa", "z.json", 1, false, &error), 0,
	       "and is read all the same");
	ok(same_files("z.json", "a.json"), "to the same document");
	padded[archive_size + 7] = 1;
	write_file("z.cxa", padded, archive_size + 10240);
	ok(verify("z.cxa", CXA_LEVEL_RECORDS, NULL, &issue) > 0 &&
		   issue.severity == CXA_CRITICAL,
	   "other bytes behind the end are critical");
	free(padded);
}

static void an_archive_packed_again_is_read_by_content(void)
{
	struct cxa_issue issue;

	if (system("mkdir x && tar xf a.cxa -C x && tar cf r.cxa -C x .") != 0)
		puts("# a command failed");
	is_int(convert("r.cxa", "r.json", 2, false, &error), 0,
	       "an archive that tar has packed again is read");
	ok(same_files("r.json", "a.json"), "to the same document");
	is_int(convert("r.cxa", "r2.cxa", 2, false, &error), 0,
	       "and packed into a canonical archive");
	ok(same_files("r2.cxa", "a.cxa"), "byte for byte the first one");
	is_int(verify("r.cxa", CXA_LEVEL_RECORDS, NULL, &issue), 1,
	       "verify calls it not canonical");
	if (system("printf x >> x/concepts/00000000.pb.zst && "
		   "tar cf r.cxa -C x .") != 0)
		puts("# a command failed");
	is_int(convert("r.cxa", "r3.json", 2, false, &error), CXA_ERR_CORRUPT,
	       "damage in such a one is found");
}

static void a_part_is_read_alone(void)
{
	struct cxa_selection selection = CXA_SELECTION_INIT;
	struct cxa_source *source = NULL;
	struct cxa_cursor *cursor = NULL;
	struct cxa_batch *batch = NULL;

	selection.collections = 1u << CXA_CONCEPTS;
	selection.has_range = true;
	selection.whole_concepts = true;
	selection.first_id = 3;
	selection.last_id = 5;
	cxa_source_open(&source, context, "a.cxa", NULL, NULL);
	cxa_cursor_open(&cursor, source, &selection, NULL);
	is_int(cxa_cursor_next(cursor, &batch, NULL), 0,
	       "a range of concepts is read");
	ok(batch->count == 3 && batch->records[0].id == 3 &&
		   batch->records[2].id == 5,
	   "just those of the range");
	ok(batch->embeddings[0].data != NULL && batch->embeddings[0].id == 3,
	   "with their embeddings");
	cxa_batch_unref(batch);
	is_int(cxa_cursor_next(cursor, &batch, NULL), CXA_END,
	       "and nothing more");
	cxa_cursor_close(cursor);
	cxa_source_close(source);
}

/*
 * INDEX with another digest of a batch in it, in a frame that is sound: only
 * its own digest tells, to who does not read B2SUMS.
 */
static void another_index_is_seen_by_who_reads_little(void)
{
	static const char tag[] = { 0x4a, 32 };
	struct cxa_source_options options = CXA_SOURCE_OPTIONS_INIT;
	struct cxa_error why = CXA_ERROR_INIT;
	struct cxa_source *source = NULL;
	ZSTD_CCtx *compressor = ZSTD_createCCtx();
	char *data = malloc(archive_size);
	char raw[8192];
	char made[8192];
	size_t at = find("INDEX.pb.zst", 0);
	size_t size = strtoul(archive + at + 124, NULL, 8);
	size_t raw_size = ZSTD_decompress(raw, sizeof(raw), archive + at + 512,
					  size);
	char *entry = memmem(raw, raw_size, tag, sizeof(tag));

	memcpy(data, archive, archive_size);
	entry[sizeof(tag)] ^= 1;
	ZSTD_CCtx_setParameter(compressor, ZSTD_c_checksumFlag, 1);
	is_uint(ZSTD_compress2(compressor, made, sizeof(made), raw, raw_size),
		size, "another INDEX is as long");
	memcpy(data + at + 512, made, size);
	ok(memcmp(data, archive, archive_size) != 0, "and it is another");
	write_file("other.cxa", data, archive_size);
	options.single_read = true;
	is_int(cxa_source_open(&source, context, "other.cxa", &options, &why),
	       CXA_ERR_CORRUPT, "it is refused");
	is_str(why.member, "INDEX.pb.zst", "by its name");
	ZSTD_freeCCtx(compressor);
	free(data);
}

/* Of an older caller there is no more than it says: its struct's size. */
static void short_options_are_read_no_further(void)
{
	size_t *size = malloc(sizeof(*size)); /* the sanitizer sees its end */
	const void *options = size;
	struct cxa_source *source = NULL;
	struct cxa_cursor *cursor = NULL;
	struct cxa_sink *sink = NULL;
	struct cxa_diff_summary found;

	*size = sizeof(*size);
	error = (struct cxa_error)CXA_ERROR_INIT;
	is_int(cxa_source_open(&source, context, "a.cxa", options, &error), 0,
	       "a source takes options of a size alone");
	is_int(cxa_cursor_open(&cursor, source, options, &error), 0,
	       "so does a cursor");
	is_int(cxa_sink_open(&sink, context, "short.cxa", CXA_KIND_AUTO,
			     options, &error), 0, "a sink");
	is_int(cxa_copy(source, sink, options, NULL, &error), 0, "a copy");
	is_int(cxa_diff(source, source, options, &found, &error), 0,
	       "and a comparison");
	*size = 1;
	is_int(cxa_copy(source, sink, options, NULL, &error), CXA_ERR_USAGE,
	       "a size of less than a size is refused");
	cxa_cursor_close(cursor);
	cxa_sink_close(sink);
	cxa_source_close(source);
	free(size);
}

int main(void)
{
	char golden[500];

	enter_scratch();
	snprintf(golden, sizeof(golden), "%s/tests/data/backup-v1-24.json",
		 getenv("CXA_SRCDIR"));
	cxa_context_open(&context, NULL, NULL);
	if (convert(golden, "a.cxa", 2, false, &error) < 0 ||
	    convert("a.cxa", "a.json", 2, false, &error) < 0) {
		printf("Bail out! %s\n", error.message);
		return 1;
	}
	archive = read_file("a.cxa", &archive_size);
	damage_is_told_once_where_it_is();
	lost_ids_are_told();
	a_cut_archive_is_told();
	every_bit_counts();
	zeros_behind_the_end_are_told();
	another_root_is_told();
	every_level_finds_nothing();
	an_archive_packed_again_is_read_by_content();
	a_part_is_read_alone();
	another_index_is_seen_by_who_reads_little();
	short_options_are_read_no_further();
	free(archive);
	cxa_context_close(context);
	leave_scratch();
	return done_testing();
}
