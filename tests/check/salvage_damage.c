/* salvage_damage.c - damage everywhere: exactly what it did not touch is kept */
#include "small_archive.h"

#include <sys/wait.h>

#include "check/salvage_manifest.h"
#include "endpoint/scratch.h"

#if defined(__SANITIZE_ADDRESS__)
#define SANITIZED 1
#elif defined(__has_feature)
#define SANITIZED __has_feature(address_sanitizer)
#else
#define SANITIZED 0
#endif

/* Under a sanitizer, which is to see each path and not each place, a part. */
enum { STRIDE = SANITIZED ? 7 : 1 };

/* With these steps all places within a block come in turn. */
enum { PRIME = 79 };

enum { BLOCK = 512, HOLE = 4096, WORKERS = 2 };

static struct small subject;
static uint8_t damaged[SMALL_MAX + HOLE];
static size_t damaged_size;

/* What is not as it should be, of so many damaged archives. */
struct tally {
	uint64_t tried;
	uint64_t kept;   /* other batches than were left */
	uint64_t untold; /* records that are lost, and no loss tells of them */
	uint64_t told;   /* losses that tell of records that are kept */
	uint64_t failed; /* to verify, of what was written */
};

/* --- damage --------------------------------------------------------------- */

/* From the archive's bytes, those from @from on, behind the first @begin. */
static void join(size_t begin, size_t from)
{
	memcpy(damaged, subject.bytes, begin);
	memcpy(damaged + begin, subject.bytes + from, subject.size - from);
	damaged_size = begin + subject.size - from;
}

static void flip(size_t at)
{
	join(at, at);
	damaged[at] ^= 0x10;
}

static void cut(size_t at)
{
	join(at, subject.size);
}

static void cut_front(size_t at)
{
	join(0, at);
}

static void insert(size_t at)
{
	join(at, at);
	memmove(damaged + at + 1, damaged + at, subject.size - at);
	damaged[at] = 'x';
	damaged_size++;
}

static void erase(size_t at)
{
	join(at, at + 1);
}

static void hole(size_t at)
{
	size_t size = subject.size - at < HOLE ? subject.size - at : HOLE;

	join(at, at);
	memset(damaged + at, 0, size);
}

static void drop_block(size_t at)
{
	join(at, at + BLOCK);
}

static void double_block(size_t at)
{
	join(at, at);
	memmove(damaged + at + BLOCK, damaged + at, subject.size - at);
	damaged_size += BLOCK;
}

/* --- what is left --------------------------------------------------------- */

/* Its data is somewhere, whole. No two batches have the same. */
static bool is_left(const struct small_batch *batch)
{
	return memmem(damaged, damaged_size, subject.bytes + batch->begin,
		      batch->end - batch->begin) != NULL;
}

static uint64_t records_left(void)
{
	uint64_t records = 0;

	for (size_t i = 0; i < subject.count; i++)
		if (is_left(&subject.batches[i]))
			records += subject.batches[i].records;
	return records;
}

static bool is_kept(const struct cxa_manifest *manifest,
		    const struct small_batch *batch)
{
	for (size_t i = 0; i < manifest->count; i++) {
		const struct cxa_parcel *parcel = &manifest->parcels[i];

		if (parcel->fate == CXA_KEPT &&
		    parcel->collection == batch->collection &&
		    parcel->first == batch->first_id &&
		    parcel->last == batch->last_id &&
		    parcel->records == batch->records)
			return true;
	}
	return false;
}

static bool is_told(const struct cxa_manifest *manifest,
		    const struct small_batch *batch, bool in_part)
{
	for (size_t i = 0; i < manifest->count; i++) {
		const struct cxa_parcel *parcel = &manifest->parcels[i];

		if (parcel->fate != CXA_LOST ||
		    parcel->collection != batch->collection)
			continue;
		if (parcel->first <= batch->first_id &&
		    parcel->last >= batch->last_id)
			return true;
		if (in_part && parcel->first <= batch->last_id &&
		    parcel->last >= batch->first_id)
			return true;
	}
	return false;
}

static void judge(const struct cxa_manifest *manifest, size_t at,
		  const char *how, struct tally *tally)
{
	size_t kept = 0;

	for (size_t i = 0; i < manifest->count; i++)
		kept += manifest->parcels[i].fate == CXA_KEPT;
	for (size_t i = 0; i < subject.count; i++) {
		const struct small_batch *batch = &subject.batches[i];
		bool left = is_left(batch);

		kept -= left;
		if (is_kept(manifest, batch) != left && tally->kept++ < 5)
			printf("# %s at %zu: batch %zu is %s\n", how, at, i,
			       left ? "lost" : "kept");
		if (!left && !is_told(manifest, batch, false) &&
		    tally->untold++ < 5)
			printf("# %s at %zu: batch %zu is untold\n", how, at,
			       i);
		if (left && is_told(manifest, batch, true) &&
		    tally->told++ < 5)
			printf("# %s at %zu: batch %zu is told as lost\n", how,
			       at, i);
	}
	tally->kept += kept != 0;
}

static void look(struct cxa_context *context, int fd, size_t at,
		 const char *how, struct tally *tally)
{
	struct cxa_error error = CXA_ERROR_INIT;
	struct cxa_manifest manifest = { 0 };
	struct cxa_wreck *wreck = NULL;
	struct cxa_input *input = NULL;
	int status;

	if (ftruncate(fd, (off_t)damaged_size) != 0 ||
	    pwrite(fd, damaged, damaged_size, 0) != (ssize_t)damaged_size ||
	    cxa_input_on(&input, fd, damaged_size, "damaged", NULL, NULL) != 0)
		die("no memory to damage");
	tally->tried++;
	status = cxa_wreck_open(&wreck, context, &input, &error);
	if (status == 0)
		status = cxa_manifest_make(&manifest, wreck, false, &error);
	cxa_manifest_settle(&manifest);
	if (status == 0)
		judge(&manifest, at, how, tally);
	else if (status == CXA_ERR_FORMAT)
		tally->kept += records_left() != 0;
	else if (tally->failed++ < 5)
		printf("# %s at %zu: %s\n", how, at, error.message);
	cxa_manifest_release(&manifest);
	cxa_wreck_close(wreck);
}

/* --- campaigns ------------------------------------------------------------ */

static const struct campaign {
	const char *name;
	size_t step;
	void (*damage)(size_t at);
} campaigns[] = {
	{ "cut", PRIME, cut },
	{ "the front cut away", PRIME, cut_front },
	{ "a hole of 4 KiB", PRIME, hole },
	{ "a bit changed", PRIME, flip },
	{ "a byte inserted", PRIME, insert },
	{ "a byte deleted", PRIME, erase },
	{ "a block dropped", BLOCK, drop_block },
	{ "a block doubled", BLOCK, double_block },
};

static struct cxa_context *open_context(void)
{
	struct cxa_context_options options = CXA_CONTEXT_OPTIONS_INIT;
	struct cxa_context *context = NULL;

	options.threads = 1;
	if (cxa_context_open(&context, &options, NULL) != 0)
		die("no context");
	return context;
}

/*
 * Each block's begin and each step: every WORKERS-th of these places by a
 * process of its own, which writes what it counted.
 */
static void work(const struct campaign *campaign, size_t number, int out)
{
	struct cxa_context *context = open_context();
	int fd = memfd_create("damaged", 0);
	struct tally tally = { 0 };
	size_t place = 0;

	for (size_t at = 0; at < subject.size; at++) {
		if (at % BLOCK != 0 && at % campaign->step != 0)
			continue;
		if (place++ % (WORKERS * STRIDE) != number)
			continue;
		campaign->damage(at);
		look(context, fd, at, campaign->name, &tally);
	}
	cxa_context_close(context);
	fflush(stdout);
	_exit(write(out, &tally, sizeof(tally)) != sizeof(tally));
}

static void run(const struct campaign *campaign, struct tally *total)
{
	int ends[2];

	if (pipe(ends) != 0)
		die("no pipe");
	fflush(stdout);
	for (size_t i = 0; i < WORKERS; i++)
		if (fork() == 0)
			work(campaign, i, ends[1]);
	for (size_t i = 0; i < WORKERS; i++) {
		struct tally tally;

		if (read(ends[0], &tally, sizeof(tally)) != sizeof(tally))
			die("a worker has died");
		total->tried += tally.tried;
		total->kept += tally.kept;
		total->untold += tally.untold;
		total->told += tally.told;
		total->failed += tally.failed;
	}
	while (wait(NULL) > 0)
		;
	close(ends[0]);
	close(ends[1]);
}

static void campaign_on(const char *archive)
{
	for (size_t i = 0; i < sizeof(campaigns) / sizeof(campaigns[0]); i++) {
		struct tally tally = { 0 };

		run(&campaigns[i], &tally);
		ok(tally.tried != 0 && tally.kept == 0 && tally.failed == 0,
		   "%s, %s: %" PRIu64 " times, exactly the batches left are kept",
		   archive, campaigns[i].name, tally.tried);
		is_uint(tally.untold, 0, "what is lost is told");
		is_uint(tally.told, 0, "and nothing that is kept");
	}
}

/* --- and what is written is sound ----------------------------------------- */

static bool is_valid(struct cxa_context *context, const char *name,
		     uint64_t records)
{
	struct cxa_verify_options options = CXA_VERIFY_OPTIONS_INIT;
	struct cxa_report *report = NULL;
	uint64_t found = 0;
	bool valid;

	options.level = CXA_LEVEL_RECORDS;
	if (cxa_verify(&report, context, name, &options, NULL) != 0)
		return false;
	valid = report->failed == 0;
	for (int i = 0; i < CXA_COLLECTION_COUNT; i++)
		found += report->records[i];
	cxa_report_free(report);
	return valid && found == records;
}

/* Where nothing is left, nothing is written. */
static bool writes_what_is_left(struct cxa_context *context)
{
	struct cxa_salvage_report *report = NULL;
	uint64_t records = records_left();
	int status;
	bool right;

	unlink("out.cxa");
	write_file("in.cxa", damaged, damaged_size);
	status = cxa_salvage(&report, context, "in.cxa", "out.cxa", NULL, NULL);
	if (status != 0)
		return records == 0 && access("out.cxa", F_OK) != 0;
	right = is_valid(context, "out.cxa", records);
	if (report->is_original || report->is_whole)
		right = right &&
			memcmp(report->written.root, subject.root, 32) == 0;
	cxa_salvage_report_free(report);
	return right;
}

static void outputs_are_sound(const char *name, void (*damage)(size_t at))
{
	struct cxa_context *context = open_context();
	size_t wrong = 0;

	for (size_t at = 0; at < subject.size; at += BLOCK * STRIDE) {
		damage(at);
		if (!writes_what_is_left(context) && wrong++ < 5)
			printf("# %s at %zu\n", name, at);
	}
	is_uint(wrong, 0, name);
	cxa_context_close(context);
}

int main(void)
{
	const char *top = getenv("CXA_SRCDIR");
	struct cxa_context *context = open_context();
	struct cxa_error error;
	char path[4096];

	enter_scratch();
	snprintf(path, sizeof(path), "%s/spec/vectors/good-many-batches.cxa",
		 top == NULL ? "." : top);
	small_load(&subject, context, path);
	campaign_on("batches of one collection");
	snprintf(path, sizeof(path), "%s/tests/data/backup-v1-24.json",
		 top == NULL ? "." : top);
	if (convert(path, "golden.cxa", 1, false, &error) != 0)
		die(error.message);
	small_make(context, "golden.cxa", "small.cxa", 6);
	small_load(&subject, context, "small.cxa");
	campaign_on("batches of all collections");
	outputs_are_sound("a hole in every block: what is left is written", hole);
	outputs_are_sound("cut at every block: what is left is written", cut);
	cxa_context_close(context);
	leave_scratch();
	return done_testing();
}
