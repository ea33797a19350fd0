/* pool.c - cxa_pool_...(), cxa_queue_...(): jobs that come back in order */
#define _GNU_SOURCE 1

#include "base/pool.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "tap.h"

enum { DEADLINE_S = 120, JOBS = 500, QUEUES = 3 }; /* a deadlock fails, too */

static uint64_t seed;

/* xorshift64: enough for the lengths of jobs */
static uint64_t next_random(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed;
}

static void set_seed(void)
{
	const char *text = getenv("CXA_TEST_SEED");

	seed = text != NULL ? strtoull(text, NULL, 0) : (uint64_t)time(NULL);
	seed |= 1;
	printf("# CXA_TEST_SEED=%" PRIu64 "\n", seed);
}

static struct cxa_pool *open_pool(unsigned threads)
{
	struct cxa_pool *pool;

	if (cxa_pool_open(&pool, threads, NULL) != 0) {
		printf("Bail out! no pool of %u threads\n", threads);
		exit(99);
	}
	return pool;
}

static struct cxa_queue *open_queue(struct cxa_pool *pool, unsigned depth,
				    void (*run)(void *), void (*drop)(void *))
{
	struct cxa_queue *queue;

	if (cxa_queue_open(&queue, pool, depth, run, drop, NULL) != 0) {
		printf("Bail out! no queue\n");
		exit(99);
	}
	return queue;
}

/* --- order ---------------------------------------------------------------- */

struct counted {
	unsigned number;
	unsigned length;
	unsigned runs;
	unsigned drops;
	uint64_t result;
};

static void count(void *job)
{
	struct counted *counted = job;
	uint64_t sum = counted->number;

	for (unsigned i = 0; i < counted->length; i++)
		sum = sum * UINT64_C(6364136223846793005) + 1;
	counted->result = sum;
	counted->runs++;
}

static void drop(void *job)
{
	((struct counted *)job)->drops++;
}

static void fill(struct counted *jobs)
{
	for (unsigned i = 0; i < JOBS; i++)
		jobs[i] = (struct counted){
			.number = i,
			.length = 1U << (next_random() % 18)
		};
}

/* One that ran once, and of which nobody else said that it was dropped */
static unsigned take_wrong(struct cxa_queue *queue, unsigned number)
{
	struct counted *job = cxa_queue_take(queue);

	return job == NULL || job->number != number || job->runs != 1 ||
	       job->drops != 0;
}

static void results_come_in_order(unsigned threads, unsigned depth)
{
	static struct counted jobs[JOBS];
	struct cxa_pool *pool = open_pool(threads);
	struct cxa_queue *queue = open_queue(pool, depth, count, drop);
	unsigned wrong = 0;
	unsigned taken = 0;

	fill(jobs);
	for (unsigned i = 0; i < JOBS; i++) {
		if (cxa_queue_full(queue))
			wrong += take_wrong(queue, taken++);
		cxa_queue_submit(queue, &jobs[i], 0);
	}
	while (!cxa_queue_empty(queue))
		wrong += take_wrong(queue, taken++);
	ok(wrong == 0 && taken == JOBS && cxa_queue_take(queue) == NULL,
	   "jobs of random length come in order (%u threads, depth %u)",
	   threads, depth);
	cxa_queue_close(queue);
	cxa_pool_close(pool);
}

static void queues_share_a_pool(unsigned threads)
{
	static struct counted jobs[QUEUES][JOBS];
	struct cxa_pool *pool = open_pool(threads);
	struct cxa_queue *queues[QUEUES];
	unsigned submitted[QUEUES] = { 0 };
	unsigned taken[QUEUES] = { 0 };
	unsigned wrong = 0;
	unsigned q;

	for (q = 0; q < QUEUES; q++) {
		fill(jobs[q]);
		queues[q] = open_queue(pool, q + 1, count, drop);
	}
	for (unsigned i = 0; i < 2 * QUEUES * JOBS; i++) {
		q = (unsigned)(next_random() % QUEUES);
		if (submitted[q] < JOBS && !cxa_queue_full(queues[q])) {
			cxa_queue_submit(queues[q], &jobs[q][submitted[q]], 0);
			submitted[q]++;
		} else if (!cxa_queue_empty(queues[q])) {
			wrong += take_wrong(queues[q], taken[q]++);
		}
	}
	for (q = 0; q < QUEUES; q++) {
		while (!cxa_queue_empty(queues[q]))
			wrong += take_wrong(queues[q], taken[q]++);
		wrong += taken[q] != submitted[q];
		cxa_queue_close(queues[q]);
	}
	ok(wrong == 0, "three queues on %u threads each keep their order",
	   threads);
	cxa_pool_close(pool);
}

struct owner {
	pthread_t thread;
	struct cxa_pool *pool;
	struct counted jobs[JOBS];
	unsigned wrong;
};

static void *own(void *argument)
{
	struct owner *owner = argument;
	struct cxa_queue *queue = open_queue(owner->pool, 0, count, drop);
	unsigned taken = 0;

	for (unsigned i = 0; i < JOBS; i++) {
		if (cxa_queue_full(queue))
			owner->wrong += take_wrong(queue, taken++);
		cxa_queue_submit(queue, &owner->jobs[i], 0);
	}
	while (taken < JOBS - 3)
		owner->wrong += take_wrong(queue, taken++);
	cxa_queue_close(queue);
	for (unsigned i = 0; i < JOBS; i++)
		owner->wrong += owner->jobs[i].drops != (i >= JOBS - 3);
	return NULL;
}

static void owners_share_a_pool(unsigned threads)
{
	static struct owner owners[QUEUES];
	struct cxa_pool *pool = open_pool(threads);
	unsigned wrong = 0;

	for (int i = 0; i < QUEUES; i++) {
		owners[i].pool = pool;
		owners[i].wrong = 0;
		fill(owners[i].jobs);
		if (pthread_create(&owners[i].thread, NULL, own,
				   &owners[i]) != 0)
			exit(99);
	}
	for (int i = 0; i < QUEUES; i++) {
		pthread_join(owners[i].thread, NULL);
		wrong += owners[i].wrong;
	}
	ok(wrong == 0, "three owners on %u threads each keep their order",
	   threads);
	cxa_pool_close(pool);
}

/* --- what was never taken ------------------------------------------------- */

static void jobs_not_taken_are_dropped(unsigned threads)
{
	struct counted jobs[20] = { { 0 } };
	struct cxa_pool *pool = open_pool(threads);
	struct cxa_queue *queue = open_queue(pool, 20, count, drop);
	unsigned wrong = 0;

	for (unsigned i = 0; i < 20; i++) {
		jobs[i].number = i;
		jobs[i].length = 100000;
		cxa_queue_submit(queue, &jobs[i], 0);
	}
	for (unsigned i = 0; i < 5; i++)
		wrong += take_wrong(queue, i);
	cxa_queue_close(queue);
	for (unsigned i = 0; i < 20; i++)
		wrong += jobs[i].drops != (i >= 5) || jobs[i].runs > 1;
	ok(wrong == 0, "what was not taken is dropped once, and nothing else "
	   "(%u threads)", threads);
	cxa_pool_close(pool);
}

static void queue_may_drop_nothing(void)
{
	struct counted job = { .length = 1 };
	struct cxa_pool *pool = open_pool(2);
	struct cxa_queue *queue = open_queue(pool, 0, count, NULL);

	cxa_queue_submit(queue, &job, 0);
	cxa_queue_close(queue);
	is_uint(job.drops, 0, "a queue without a drop closes, too");
	cxa_queue_close(NULL);
	cxa_pool_close(pool);
	cxa_pool_close(NULL);
}

struct slow {
	int begun;
	int ended;
	int ended_when_dropped;
};

static void run_slowly(void *job)
{
	struct slow *slow = job;

	__atomic_store_n(&slow->begun, 1, __ATOMIC_RELEASE);
	usleep(50000);
	__atomic_store_n(&slow->ended, 1, __ATOMIC_RELEASE);
}

static void drop_slow(void *job)
{
	struct slow *slow = job;

	slow->ended_when_dropped = __atomic_load_n(&slow->ended,
						   __ATOMIC_ACQUIRE);
}

static void a_queue_holds_so_many_bytes(void)
{
	static struct counted jobs[JOBS];
	struct cxa_pool *pool = open_pool(2);
	struct cxa_queue *queue = open_queue(pool, 4, count, drop);

	fill(jobs);
	cxa_queue_submit(queue, &jobs[0], 4 * (uint64_t)CXA_JOB_BYTES - 1);
	ok(!cxa_queue_full(queue), "below what it may hold it is not full");
	cxa_queue_submit(queue, &jobs[1], 1);
	ok(cxa_queue_full(queue), "with all that it may hold it is");
	ok(take_wrong(queue, 0) == 0 && !cxa_queue_full(queue),
	   "what is taken makes room");
	cxa_queue_submit(queue, &jobs[2], UINT64_MAX / 2);
	ok(cxa_queue_full(queue), "a job that is larger fills it");
	ok(take_wrong(queue, 1) == 0 && cxa_queue_full(queue) &&
	   take_wrong(queue, 2) == 0 && !cxa_queue_full(queue),
	   "until it is taken itself");
	cxa_queue_close(queue);
	cxa_pool_close(pool);
}

static void closing_waits_for_what_runs(void)
{
	struct slow slow = { 0, 0, 0 };
	struct cxa_pool *pool = open_pool(2);
	struct cxa_queue *queue = open_queue(pool, 0, run_slowly, drop_slow);

	cxa_queue_submit(queue, &slow, 0);
	while (!__atomic_load_n(&slow.begun, __ATOMIC_ACQUIRE))
		usleep(100);
	cxa_queue_close(queue);
	is_int(slow.ended_when_dropped, 1,
	       "a job that runs ends before it is dropped");
	cxa_pool_close(pool);
}

/* --- threads -------------------------------------------------------------- */

/* @running now, @most at once; a job waits until @wanted have begun */
struct crowd {
	pthread_mutex_t mutex;
	pthread_cond_t come;
	unsigned begun;
	unsigned running;
	unsigned most;
	unsigned wanted;
};

static void join_crowd(void *job)
{
	struct crowd *crowd = job;

	pthread_mutex_lock(&crowd->mutex);
	crowd->begun++;
	crowd->running++;
	if (crowd->running > crowd->most)
		crowd->most = crowd->running;
	pthread_cond_broadcast(&crowd->come);
	while (crowd->begun < crowd->wanted)
		pthread_cond_wait(&crowd->come, &crowd->mutex);
	crowd->running--;
	pthread_mutex_unlock(&crowd->mutex);
}

/* Had it fewer, the first jobs would wait for ever. */
static void as_many_run_as_there_are_threads(unsigned threads)
{
	struct crowd crowd = { .mutex = PTHREAD_MUTEX_INITIALIZER,
			       .come = PTHREAD_COND_INITIALIZER,
			       .wanted = threads };
	struct cxa_pool *pool = open_pool(threads);
	struct cxa_queue *queue = open_queue(pool, 50, join_crowd, NULL);

	for (int i = 0; i < 50; i++)
		cxa_queue_submit(queue, &crowd, 0);
	while (cxa_queue_take(queue) != NULL)
		continue;
	cxa_queue_close(queue);
	cxa_pool_close(pool);
	ok(crowd.most == threads && crowd.begun == 50,
	   "%u jobs run at once on %u threads, and no more", threads, threads);
	is_uint(crowd.most, threads, "which is what was asked for");
}

struct place {
	pthread_t thread;
	int interruptible;
};

static void note_place(void *job)
{
	struct place *place = job;
	sigset_t blocked;

	place->thread = pthread_self();
	pthread_sigmask(SIG_SETMASK, NULL, &blocked);
	place->interruptible = !sigismember(&blocked, SIGINT);
}

static void one_thread_is_the_callers(void)
{
	struct place place = { 0 };
	struct cxa_pool *pool = open_pool(1);
	struct cxa_queue *queue = open_queue(pool, 0, note_place, NULL);

	is_uint(cxa_pool_threads(pool), 1, "a pool of one thread");
	cxa_queue_submit(queue, &place, 0);
	ok(pthread_equal(place.thread, pthread_self()),
	   "runs a job where it is submitted");
	ok(cxa_queue_take(queue) == &place, "and gives it back");
	cxa_queue_close(queue);
	cxa_pool_close(pool);
}

static void signals_are_not_for_workers(void)
{
	struct place places[8] = { { 0 } };
	struct cxa_pool *pool = open_pool(4);
	struct cxa_queue *queue = open_queue(pool, 8, note_place, NULL);
	sigset_t blocked;
	int wrong = 0;

	for (int i = 0; i < 8; i++)
		cxa_queue_submit(queue, &places[i], 0);
	while (cxa_queue_take(queue) != NULL)
		continue;
	for (int i = 0; i < 8; i++)
		wrong += places[i].interruptible !=
			 !!pthread_equal(places[i].thread, pthread_self());
	is_int(wrong, 0, "a signal interrupts the owner and no worker");
	pthread_sigmask(SIG_SETMASK, NULL, &blocked);
	ok(!sigismember(&blocked, SIGINT), "whose own mask is as it was");
	cxa_queue_close(queue);
	cxa_pool_close(pool);
}

static void number_of_threads_has_a_default(void)
{
	struct cxa_pool *pool = open_pool(0);
	long online = sysconf(_SC_NPROCESSORS_ONLN);

	ok(cxa_pool_threads(pool) >= 1 &&
	   cxa_pool_threads(pool) <= (unsigned)online,
	   "by default there are as many threads as processors");
	cxa_pool_close(pool);
}

static void order_holds(void)
{
	static const unsigned threads[] = { 1, 2, 8 };
	static const unsigned depths[] = { 1, 0, 64, JOBS };

	for (int t = 0; t < 3; t++) {
		for (int d = 0; d < 4; d++)
			results_come_in_order(threads[t], depths[d]);
		queues_share_a_pool(threads[t]);
		owners_share_a_pool(threads[t]);
	}
}

int main(void)
{
	alarm(DEADLINE_S);
	set_seed();
	for (unsigned threads = 1; threads <= 8; threads *= 2)
		jobs_not_taken_are_dropped(threads);
	queue_may_drop_nothing();
	closing_waits_for_what_runs();
	a_queue_holds_so_many_bytes();
	order_holds();
	for (unsigned threads = 1; threads <= 8; threads *= 2)
		as_many_run_as_there_are_threads(threads);
	one_thread_is_the_callers();
	signals_are_not_for_workers();
	number_of_threads_has_a_default();
	return done_testing();
}
