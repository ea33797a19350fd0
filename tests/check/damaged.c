/* damaged.c - what damage took is one fault: nothing that refers to it is another */
#include "endpoint/scratch.h"
#include "planted.h"

enum { BLOCK = 512 };

static struct graph graph;
static struct cxa_context *context;
static struct cxa_error error;
static char *archive;
static size_t archive_size;

static bool is_of_record(const struct cxa_issue *issue)
{
	return strcmp(issue->entity_type, "archive") != 0 &&
	       strcmp(issue->entity_type, "member") != 0;
}

/* How many issues there are of records, and of the file. */
static void count_issues(const char *name, size_t *of_records, size_t *of_file)
{
	struct cxa_report *report = NULL;

	*of_records = *of_file = 0;
	error = (struct cxa_error)CXA_ERROR_INIT;
	if (cxa_verify(&report, context, name, NULL, &error) < 0) {
		*of_file = 1; /* it is no archive any more */
		return;
	}
	for (size_t i = 0; i < report->issue_count; i++) {
		if (!is_of_record(&report->issues[i])) {
			++*of_file;
			continue;
		}
		if (++*of_records < 3)
			printf("# %s, %s %" PRIu64 ": %s\n",
			       report->issues[i].rule,
			       report->issues[i].entity_type,
			       report->issues[i].entity_id,
			       report->issues[i].description);
	}
	cxa_report_free(report);
}

static void write_archive(void)
{
	struct cxa_source *source = graph_source(&graph, context);
	struct cxa_sink *sink = NULL;

	if (cxa_sink_open(&sink, context, "whole.cxa", CXA_KIND_ARCHIVE, NULL,
			  &error) < 0 ||
	    cxa_copy(source, sink, NULL, NULL, &error) < 0) {
		printf("Bail out! %s\n", error.message);
		exit(1);
	}
	cxa_sink_close(sink);
	cxa_source_close(source);
	free(archive);
	archive = read_file("whole.cxa", &archive_size);
}

/* Each block overwritten with zeros; @planted: issues the whole archive has. */
static void blocks_zeroed(size_t step, size_t planted, const char *claim)
{
	size_t told = 0;
	size_t unseen = 0;
	size_t tried = 0;
	char saved[BLOCK];
	size_t of_records;
	size_t of_file;

	for (size_t at = 0; at + BLOCK <= archive_size; at += step * BLOCK) {
		memcpy(saved, archive + at, BLOCK);
		memset(archive + at, 0, BLOCK);
		if (memcmp(saved, archive + at, BLOCK) != 0) {
			write_file("d.cxa", archive, archive_size);
			count_issues("d.cxa", &of_records, &of_file);
			told += of_records > planted;
			unseen += of_file == 0;
			tried++;
		}
		memcpy(archive + at, saved, BLOCK);
	}
	ok(told == 0 && unseen == 0 && tried > 20, "%s: %zu tried", claim,
	   tried);
}

static void ends_cut(size_t step, const char *claim)
{
	size_t told = 0;
	size_t unseen = 0;
	size_t of_records;
	size_t of_file;

	for (size_t size = BLOCK; size < archive_size; size += step * BLOCK) {
		write_file("d.cxa", archive, size);
		count_issues("d.cxa", &of_records, &of_file);
		told += of_records != 0;
		unseen += of_file == 0;
	}
	ok(told == 0 && unseen == 0, "%s", claim);
}

static void a_sound_part_is_still_judged(void)
{
	const struct plant *plant = NULL;
	struct cxa_report *report = NULL;
	uint64_t id;
	size_t at;

	graph_make(&graph, 64, 16, 28);
	for (size_t i = 0; i < PLANT_COUNT; i++)
		if (strcmp(plants[i].claim, "link") == 0)
			plant = &plants[i];
	id = plant->make(&graph, 5);
	write_archive();
	for (at = 0; strcmp(archive + at, "connections/00000000.pb.zst") != 0;)
		at += BLOCK;
	archive[at + BLOCK + 40] ^= 1;
	write_file("d.cxa", archive, archive_size);
	cxa_verify(&report, context, "d.cxa", NULL, &error);
	ok(report->failed == 2 && report->by_severity[CXA_CRITICAL] == 1,
	   "beside damage a fault in what is sound is told");
	ok(planted_matches(plant, id, &report->issues[0]) ||
		   planted_matches(plant, id, &report->issues[1]),
	   "as the same issue as without");
	cxa_report_free(report);
}

int main(void)
{
	enter_scratch();
	cxa_context_open(&context, NULL, &error);
	graph_make(&graph, 64, 16, 28);
	write_archive();
	blocks_zeroed(1, 0, "a block of zeros in a small archive is no issue "
			    "of a record");
	ends_cut(1, "nor is a small archive's missing end");
	graph_make(&graph, 4000, 16, 28); /* several batches a collection */
	write_archive();
	blocks_zeroed(31, 0, "nor is a block of zeros in one of many batches");
	ends_cut(31, "nor is its missing end");
	a_sound_part_is_still_judged();
	cxa_context_close(context);
	free(archive);
	free(graph.pool);
	leave_scratch();
	return done_testing();
}
