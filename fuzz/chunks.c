/* chunks.c - fuzz: reads that are short, interrupted or fail change no verdict */
#include <errno.h>
#include <sys/types.h>

#include <cortexarc/verify.h>

#include "random.h"
#include "records.h"

/*
 * Every read() and pread() of the library comes by here (the linker's --wrap).
 * An archive is read whole; then in odd pieces, some reads interrupted: as a
 * file and as a pipe, and by verify, all must say what they said before, to the
 * word. Then one read fails: the records are the same, or it is an error, and
 * what was damaged does not become sound.
 */

/**
 * struct disturbance - of the reads to come
 * @calls: so far; any thread's
 * @fails: the call that fails; 0: none
 */
static struct {
	bool pieces;
	uint64_t seed;
	uint64_t calls;
	uint64_t fails;
} disturbance;

enum verdict_of { AS_FILE, AS_PIPE, VERDICTS };

ssize_t __real_read(int fd, void *data, size_t size);
ssize_t __real_pread64(int fd, void *data, size_t size, off_t offset);
ssize_t __wrap_read(int fd, void *data, size_t size);
ssize_t __wrap_pread64(int fd, void *data, size_t size, off_t offset);

/* False: this call fails, by errno. */
static bool let_pass(size_t *size)
{
	uint64_t call = __atomic_add_fetch(&disturbance.calls, 1,
					   __ATOMIC_RELAXED);
	struct fuzz_random random = { disturbance.seed + call };
	uint64_t longest;

	errno = EIO;
	if (call == disturbance.fails)
		return false;
	if (!disturbance.pieces || *size == 0)
		return true;
	errno = EINTR;
	if (fuzz_one_in(&random, 8))
		return false;
	longest = fuzz_one_in(&random, 4) ? 16 : 2048;
	if (longest > *size)
		longest = *size;
	*size = 1 + (size_t)fuzz_below(&random, longest);
	return true;
}

ssize_t __wrap_read(int fd, void *data, size_t size)
{
	return let_pass(&size) ? __real_read(fd, data, size) : -1;
}

ssize_t __wrap_pread64(int fd, void *data, size_t size, off_t offset)
{
	return let_pass(&size) ? __real_pread64(fd, data, size, offset) : -1;
}

static void disturb(bool pieces, uint64_t seed, uint64_t fails)
{
	disturbance.pieces = pieces;
	disturbance.seed = seed;
	disturbance.fails = fails;
	__atomic_store_n(&disturbance.calls, 0, __ATOMIC_RELAXED);
}

static void same_error(const struct cxa_error *a, const struct cxa_error *b)
{
	MUST(a->offset == b->offset);
	MUST(strcmp(a->member, b->member) == 0);
	MUST(strcmp(a->message, b->message) == 0);
}

static void same_records(const struct fuzz_records *whole,
			 const struct fuzz_records *pieces)
{
	fuzz_must_be(pieces->status, whole->status, &pieces->error,
		     "reading in pieces");
	MUST(whole->total == pieces->total);
	MUST(cxa_digest_equal(&whole->digest, &pieces->digest));
	if (whole->status != 0)
		same_error(&whole->error, &pieces->error);
}

/* --- verify ------------------------------------------------------------------ */

struct verdict {
	int status;
	struct cxa_error error;
	struct cxa_report *report; /* NULL: an error */
};

static void verify(struct verdict *out, const uint8_t *data, size_t size)
{
	static const struct cxa_verify_options options =
		CXA_VERIFY_OPTIONS_INIT;

	*out = (struct verdict){ .error = CXA_ERROR_INIT };
	out->status = cxa_verify(&out->report, fuzz_context(),
				 fuzz_memory(data, size), &options,
				 &out->error);
}

static void same_report(const struct cxa_report *a, const struct cxa_report *b)
{
	MUST(a->is_valid == b->is_valid && a->has_root == b->has_root);
	MUST(memcmp(a->root, b->root, sizeof(a->root)) == 0);
	MUST(a->checks == b->checks && a->failed == b->failed);
	MUST(a->bytes == b->bytes && a->members == b->members);
	MUST(a->issue_count == b->issue_count);
	for (int i = 0; i < CXA_COLLECTION_COUNT; i++)
		MUST(a->records[i] == b->records[i]);
	for (size_t i = 0; i < a->issue_count; i++) {
		MUST(a->issues[i].type == b->issues[i].type);
		MUST(a->issues[i].offset == b->issues[i].offset);
		MUST(strcmp(a->issues[i].member, b->issues[i].member) == 0);
		MUST(strcmp(a->issues[i].description,
			    b->issues[i].description) == 0);
	}
}

static void same_verdict(const struct verdict *whole,
			 const struct verdict *pieces)
{
	fuzz_must_be(pieces->status, whole->status, &pieces->error,
		     "verifying in pieces");
	if (whole->report != NULL)
		same_report(whole->report, pieces->report);
	else
		same_error(&whole->error, &pieces->error);
}

/* --- all of it --------------------------------------------------------------- */

/* @calls: of the reading before; one of them fails */
static void read_failing(const struct fuzz_records *whole, const uint8_t *data,
			 size_t size, bool as_pipe, uint64_t seed,
			 uint64_t calls)
{
	struct fuzz_records records;

	MUST(calls != 0);
	disturb(false, seed, 1 + seed % calls);
	fuzz_read_bytes(&records, data, size, as_pipe);
	disturb(false, 0, 0);
	if (records.status == 0)
		same_records(whole, &records);
	else if (whole->status == 0)
		fuzz_must_be(records.status, CXA_ERR_IO, &records.error,
			     "reading what is sound with a read that fails");
}

static void verify_failing(const struct verdict *whole, const uint8_t *data,
			   size_t size, uint64_t seed, uint64_t calls)
{
	struct verdict verdict;

	disturb(false, seed, 1 + seed % calls);
	verify(&verdict, data, size);
	disturb(false, 0, 0);
	if (verdict.report != NULL && verdict.report->is_valid) {
		MUST(whole->report != NULL);
		same_report(whole->report, verdict.report);
	}
	cxa_report_free(verdict.report);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_records whole[VERDICTS];
	struct fuzz_records pieces;
	struct verdict verdicts[2];
	struct cxa_digest digest;
	uint64_t seed;
	uint64_t calls;

	if (size == 0)
		return 0;
	cxa_digest_of(&digest, data, size);
	memcpy(&seed, digest.bytes, sizeof(seed));
	for (int how = AS_FILE; how < VERDICTS; how++) {
		disturb(false, seed, 0);
		fuzz_read_bytes(&whole[how], data, size, how == AS_PIPE);
		calls = disturbance.calls;
		disturb(true, seed, 0);
		fuzz_read_bytes(&pieces, data, size, how == AS_PIPE);
		same_records(&whole[how], &pieces);
		read_failing(&whole[how], data, size, how == AS_PIPE, seed,
			     calls);
	}
	disturb(false, seed, 0);
	verify(&verdicts[0], data, size);
	calls = disturbance.calls;
	disturb(true, seed, 0);
	verify(&verdicts[1], data, size);
	same_verdict(&verdicts[0], &verdicts[1]);
	verify_failing(&verdicts[0], data, size, seed, calls);
	cxa_report_free(verdicts[0].report);
	cxa_report_free(verdicts[1].report);
	return 0;
}
