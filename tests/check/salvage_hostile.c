/* salvage_hostile.c - what was made to mislead a salvager */
#include "small_archive.h"

#include <dirent.h>

#include "container/tar_block.h"
#include "endpoint/scratch.h"

enum { BLOCK = 512, PREAMBLE = 3 * BLOCK };

static struct cxa_context *context;
static struct small subject;
static struct cxa_buffer made; /* the archive that is looked at */

/* --- making --------------------------------------------------------------- */

static void begin(void)
{
	cxa_buffer_reset(&made);
}

static void add(const uint8_t *data, size_t size)
{
	cxa_buffer_append(&made, data, size);
	if (made.failed)
		die("no memory");
}

static size_t padded(size_t size)
{
	return (size + BLOCK - 1) / BLOCK * BLOCK;
}

/* A batch of @from as it stands there, with its headers. */
static void add_batch(const struct small *from, size_t i)
{
	const struct small_batch *batch = &from->batches[i];

	add(from->bytes + batch->begin - PREAMBLE,
	    PREAMBLE + padded(batch->end - batch->begin));
}

static void add_until(size_t i)
{
	add(subject.bytes, subject.batches[i].begin - PREAMBLE);
}

static void add_from(size_t i)
{
	add(subject.bytes + subject.batches[i].begin - PREAMBLE,
	    subject.size - (subject.batches[i].begin - PREAMBLE));
}

/* --- looking -------------------------------------------------------------- */

static bool verifies(const char *path)
{
	struct cxa_verify_options options = CXA_VERIFY_OPTIONS_INIT;
	struct cxa_report *report = NULL;
	bool valid;

	options.level = CXA_LEVEL_RECORDS;
	if (cxa_verify(&report, context, path, &options, NULL) != 0)
		return false;
	valid = report->failed == 0;
	cxa_report_free(report);
	return valid;
}

/* Of what was made, into out.cxa; NULL: it is refused */
static struct cxa_salvage_report *salvage(bool keep_unverified)
{
	struct cxa_salvage_options options = CXA_SALVAGE_OPTIONS_INIT;
	struct cxa_salvage_report *report = NULL;
	struct cxa_error error = CXA_ERROR_INIT;

	options.keep_unverified = keep_unverified;
	unlink("out.cxa");
	write_file("in.cxa", made.data, made.size);
	if (cxa_salvage(&report, context, "in.cxa", "out.cxa", &options,
			&error) != 0)
		printf("# %s\n", error.message);
	return report;
}

static void is_original(const char *claim)
{
	struct cxa_salvage_report *report = salvage(false);

	ok(report != NULL && report->is_whole &&
		   memcmp(report->written.root, subject.root, 32) == 0,
	   "%s", claim);
	cxa_salvage_report_free(report);
}

/* --- members that do not belong there ------------------------------------- */

/* Its name becomes that of batch @as; what it holds stays. */
static void rename_batch(struct small *from, size_t i, size_t as)
{
	uint8_t *other = from->bytes + from->batches[i].begin - PREAMBLE;
	const uint8_t *own =
		subject.bytes + subject.batches[as].begin - PREAMBLE;
	struct cxa_tar_header header;

	memcpy(other, own, BLOCK);
	if (cxa_tar_header_decode(&header, own + 2 * BLOCK) != NULL)
		die("no header");
	header.size = from->batches[i].end - from->batches[i].begin;
	cxa_tar_header_encode(&header, other + 2 * BLOCK);
}

static void two_of_one_name(void)
{
	static struct small other;
	struct cxa_salvage_report *report;

	other = subject;
	rename_batch(&other, 1, 0);
	begin();
	add_until(0);
	add_batch(&other, 1);
	add_from(0);
	is_original("of two members of one name the one is kept that INDEX "
		    "tells of, when it is the second");
	begin();
	add_until(1);
	add_batch(&other, 1);
	add_from(1);
	is_original("and when it is the first");
	begin();
	add_until(1);
	add_batch(&other, 1);
	add_batch(&subject, 1);
	report = salvage(false);
	ok(report != NULL && !report->is_whole && verifies("out.cxa") &&
		   report->written.records[CXA_CONCEPTS] ==
			   subject.batches[0].records +
				   subject.batches[1].records,
	   "without INDEX one of both is kept");
	cxa_salvage_report_free(report);
}

/*
 * In place of the first two, the first under the name of the second: INDEX tells
 * what it is, where its own digest would have let it pass for the other.
 */
static void index_knows_better(void)
{
	static struct small other;
	struct cxa_salvage_report *report;

	other = subject;
	rename_batch(&other, 0, 1);
	begin();
	add_until(0);
	add_batch(&other, 0);
	add_from(2);
	report = salvage(false);
	ok(report != NULL && report->batch_count == 1 && verifies("out.cxa") &&
		   report->batches[0].fate == CXA_LOST &&
		   report->batches[0].first_id == subject.batches[1].first_id,
	   "what INDEX has another digest of is not kept by its own");
	is_str(report == NULL ? "" : report->batches[0].reason,
	       "INDEX or B2SUMS has another digest of it", "which is told");
	cxa_salvage_report_free(report);
}

static void members_of_another_archive(const char *path)
{
	static struct small other;
	struct cxa_salvage_report *report;
	uint64_t records = 0;
	size_t half = subject.count / 2;

	small_load(&other, context, path);
	begin();
	add_until(half);
	for (size_t i = 0; i < other.count; i++)
		add_batch(&other, i);
	add_from(half);
	is_original("batches of another archive in the middle are passed over");
	begin();
	add_until(half);
	add(other.bytes, other.size);
	for (size_t i = half; i < subject.count; i++)
		add_batch(&subject, i);
	report = salvage(false);
	for (size_t i = 0; report != NULL && i < CXA_COLLECTION_COUNT; i++)
		records += report->written.records[i];
	for (size_t i = 0; i < subject.count; i++)
		records -= subject.batches[i].records;
	ok(report != NULL && records == 0 && verifies("out.cxa"),
	   "a whole archive in the middle adds nothing, where the end is lost");
	cxa_salvage_report_free(report);
}

/* INDEX stands before B2SUMS: where it is gone, batches may be, too. */
static void b2sums_behind_a_batch(void)
{
	struct cxa_salvage_report *report;
	size_t half = subject.count / 2;
	size_t at = subject.batches[subject.count - 1].end;

	while (strcmp((char *)subject.bytes + at, "B2SUMS") != 0)
		at++;
	begin();
	add_until(half);
	add(subject.bytes + at, BLOCK);
	report = salvage(false);
	ok(report != NULL && !report->is_whole && verifies("out.cxa"),
	   "where B2SUMS is behind a batch, others may be lost");
	cxa_salvage_report_free(report);
}

/* --- members inside of others --------------------------------------------- */

/* The headers of batch 0, with another digest, as JSON text. */
static void fake_headers(char *out, size_t size)
{
	const uint8_t *block =
		subject.bytes + subject.batches[0].begin - PREAMBLE;
	size_t used = 0;

	for (size_t i = 0; i < PREAMBLE && used + 8 < size; i++)
		used += (size_t)snprintf(out + used, size - used,
					 block[i] < 0x20 || block[i] == '"' ||
							 block[i] == '\\' ?
						 "\\u%04x" :
						 "%c",
					 block[i]);
}

static void members_in_the_description(const char *golden)
{
	static const char old[] = "\"description\":\"";
	static char fake[8 * PREAMBLE];
	struct cxa_error error;
	size_t size;
	char *text = read_file(golden, &size);
	char *at = text == NULL ? NULL : strstr(text, old);
	struct cxa_buffer changed = { 0 };

	if (at == NULL)
		die(golden);
	at += sizeof(old) - 1;
	/* At every phase of a block: at one of them it is aligned. */
	fake_headers(fake, sizeof(fake));
	cxa_buffer_append(&changed, text, (size_t)(at - text));
	for (int i = 0; i < 8; i++)
		cxa_buffer_append(&changed, fake, strlen(fake));
	cxa_buffer_append(&changed, at, size - (size_t)(at - text));
	write_file("fake.json", changed.data, changed.size);
	if (convert("fake.json", "fake.cxa", 1, false, &error) != 0)
		die(error.message);
	small_make(context, "fake.cxa", "fake-small.cxa", 6);
	small_load(&subject, context, "fake-small.cxa");
	begin();
	add(subject.bytes, subject.size);
	is_original("headers of members inside CORTEXARC are none");
	begin();
	add_until(subject.count - 1);
	add_batch(&subject, subject.count - 1);
	{
		struct cxa_salvage_report *report = salvage(false);
		uint64_t records = 0;

		for (size_t i = 0; report != NULL && i < CXA_COLLECTION_COUNT;
		     i++)
			records += report->counts[i].records[CXA_KEPT];
		for (size_t i = 0; i < subject.count; i++)
			records -= subject.batches[i].records;
		ok(report != NULL && records == 0 && verifies("out.cxa"),
		   "nor where INDEX is lost");
		cxa_salvage_report_free(report);
	}
	cxa_buffer_release(&changed);
	free(text);
}

/* Each claims all that stands behind it, for a name of its own. */
static void headers_without_end(void)
{
	enum { HEADERS = 4000 };
	struct cxa_salvage_report *report;
	uint64_t tired = 0;

	begin();
	add(subject.bytes, subject.size - 4 * BLOCK);
	for (uint32_t i = 0; i < HEADERS; i++) {
		struct cxa_tar_header header = { .type = '0' };
		uint8_t block[BLOCK];

		cxa_tar_header_decode(&header, subject.bytes);
		cxa_member_batch_name(header.name, CXA_SYNC_QUEUE, 100 + i);
		header.size = (uint64_t)(HEADERS - 1 - i) * BLOCK;
		cxa_tar_header_encode(&header, block);
		add(block, BLOCK);
	}
	memset(made.data + subject.batches[subject.count - 1].end, 0,
	       subject.size - 4 * BLOCK -
		       subject.batches[subject.count - 1].end);
	report = salvage(false);
	for (size_t i = 0; report != NULL && i < report->batch_count; i++)
		tired += strstr(report->batches[i].reason, "too many") != NULL;
	ok(tired > HEADERS / 2,
	   "headers that all claim the same bytes are not all believed");
	ok(report != NULL &&
		   report->written.records[CXA_CONCEPTS] != 0 &&
		   report->counts[CXA_CONCEPTS].batches[CXA_LOST] == 0 &&
		   verifies("out.cxa"),
	   "and the batches before them are kept");
	cxa_salvage_report_free(report);
}

/* --- what no digest proves ------------------------------------------------ */

static void unverified(void)
{
	struct cxa_salvage_report *report;
	size_t last = subject.count - 1;
	uint8_t *pax;

	begin();
	add_until(last);
	pax = made.data + subject.batches[0].begin - 2 * BLOCK;
	pax[60] = pax[60] == '0' ? '1' : '0';
	report = salvage(false);
	ok(report != NULL && report->batches[0].fate == CXA_LOST &&
		   report->counts[CXA_CONCEPTS].records[CXA_UNVERIFIED] == 0,
	   "a batch whose digest is another is not kept");
	cxa_salvage_report_free(report);
	report = salvage(true);
	ok(report != NULL && report->batches[0].fate == CXA_UNVERIFIED &&
		   !report->is_whole &&
		   report->counts[CXA_CONCEPTS].records[CXA_UNVERIFIED] ==
			   subject.batches[0].records &&
		   verifies("out.cxa"),
	   "with keep_unverified it is, and that is told");
	cxa_salvage_report_free(report);
}

static void unverified_is_listed(void)
{
	struct cxa_source *source = NULL;
	const Cxa__Header *header;
	bool listed = false;

	if (cxa_source_open(&source, context, "out.cxa", NULL, NULL) != 0)
		die("out.cxa");
	header = cxa_source_header(source);
	for (size_t i = 0; i < header->n_losses; i++)
		listed = listed || (header->losses[i]->first_id ==
					    subject.batches[0].first_id &&
				    header->losses[i]->last_id ==
					    subject.batches[0].last_id);
	ok(listed, "and stands among the losses");
	cxa_source_close(source);
}

/* What is over a limit is not told as damage. */
static void reasons(const char *path)
{
	struct cxa_context_options options = CXA_CONTEXT_OPTIONS_INIT;
	struct cxa_salvage_report *report = NULL;
	struct cxa_context *narrow = NULL;
	size_t told = 0;

	options.limits.tags = 1;
	if (cxa_context_open(&narrow, &options, NULL) != 0)
		die("no context");
	unlink("out.cxa");
	cxa_salvage(&report, narrow, path, "out.cxa", NULL, NULL);
	for (size_t i = 0; report != NULL && i < report->batch_count; i++)
		told += strstr(report->batches[i].reason, "limit tags") !=
			NULL;
	ok(report != NULL && told == report->batch_count && told != 0,
	   "of a batch over a limit the reason is the limit");
	cxa_salvage_report_free(report);
	cxa_context_close(narrow);
}

/* --- the vectors ---------------------------------------------------------- */

/* Either a sound archive, or a refusal and nothing. */
static bool is_handled(const char *path, bool keep_unverified)
{
	struct cxa_salvage_options options = CXA_SALVAGE_OPTIONS_INIT;
	struct cxa_salvage_report *report = NULL;
	struct cxa_error error = CXA_ERROR_INIT;
	int status;
	bool fine;

	options.keep_unverified = keep_unverified;
	unlink("out.cxa");
	status = cxa_salvage(&report, context, path, "out.cxa", &options,
			     &error);
	if (status == 0)
		fine = verifies("out.cxa");
	else
		fine = (status == CXA_ERR_CORRUPT ||
			status == CXA_ERR_FORMAT || status == CXA_ERR_LIMIT ||
			status == CXA_ERR_UNSUPPORTED) &&
		       error.message[0] != '\0' && access("out.cxa", F_OK) != 0;
	if (!fine)
		printf("# %s: %d %s\n", path, status, error.message);
	cxa_salvage_report_free(report);
	return fine;
}

static int is_archive(const struct dirent *entry)
{
	return strstr(entry->d_name, ".cxa") != NULL;
}

static void vectors(const char *top)
{
	struct dirent **names = NULL;
	char folder[2048];
	char path[4096];
	size_t wrong = 0;
	int count;

	snprintf(folder, sizeof(folder), "%s/spec/vectors", top);
	count = scandir(folder, &names, is_archive, alphasort);
	for (int i = 0; i < count; i++) {
		snprintf(path, sizeof(path), "%s/%s", folder, names[i]->d_name);
		wrong += !is_handled(path, false);
		wrong += !is_handled(path, true);
		free(names[i]);
	}
	free(names);
	ok(count > 300 && wrong == 0,
	   "of %d vectors each gives a sound archive or a clear refusal", count);
}

int main(void)
{
	const char *top = getenv("CXA_SRCDIR");
	struct cxa_context_options options = CXA_CONTEXT_OPTIONS_INIT;
	struct cxa_error error;
	char golden[4096];
	char other[4096];

	top = top == NULL ? "." : top;
	options.threads = 1;
	if (cxa_context_open(&context, &options, NULL) != 0)
		die("no context");
	snprintf(golden, sizeof(golden), "%s/tests/data/backup-v1-24.json",
		 top);
	snprintf(other, sizeof(other), "%s/spec/vectors/good-many-batches.cxa",
		 top);
	enter_scratch();
	if (convert(golden, "golden.cxa", 1, false, &error) != 0)
		die(error.message);
	small_make(context, "golden.cxa", "small.cxa", 6);
	small_load(&subject, context, "small.cxa");
	unverified();
	unverified_is_listed();
	two_of_one_name();
	index_knows_better();
	members_of_another_archive(other);
	b2sums_behind_a_batch();
	reasons("small.cxa");
	headers_without_end();
	members_in_the_description(golden);
	vectors(top);
	cxa_buffer_release(&made);
	cxa_context_close(context);
	leave_scratch();
	return done_testing();
}
