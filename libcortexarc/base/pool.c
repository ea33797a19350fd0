/* pool.c - worker threads, and jobs whose results come back in order */
#define _GNU_SOURCE 1

#include "base/pool.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <unistd.h>

/*
 * A pool of N threads has N - 1 workers: the owner of a queue is the Nth. It
 * reads and writes while jobs run, and runs jobs itself when it would wait for
 * one. So never more than N threads want a processor, and N do whenever there
 * is work; N workers and an owner beside them would be N + 1.
 *
 * One mutex guards all: a job takes milliseconds, handing it on takes less
 * than a microsecond.
 */
enum { THREADS_MAX = 1024 };

enum slot_state { SLOT_WAITING, SLOT_RUNNING, SLOT_DONE };

/* A job under way; waiting ones are linked in the order they came. */
struct slot {
	struct cxa_queue *queue;
	struct slot *previous;
	struct slot *next;
	void *job;
	uint64_t bytes;
	enum slot_state state;
};

struct cxa_pool {
	pthread_mutex_t mutex;
	pthread_cond_t work; /* a job waits, or the pool closes */
	struct slot *first;
	struct slot *last;
	pthread_t *workers;
	unsigned worker_count;
	unsigned threads;
	bool closing;
};

/*
 * A ring of @depth slots, @count of them used from @head on, which only the
 * owner touches; a slot's state belongs to the pool's mutex.
 */
struct cxa_queue {
	struct cxa_pool *pool;
	pthread_cond_t done; /* the oldest job has run, or the last running */
	void (*run)(void *job);
	void (*drop)(void *job);
	unsigned depth;
	unsigned head;
	unsigned count;
	uint64_t bytes; /* of the slots used */
	unsigned running;
	struct slot slots[];
};

static void link_last(struct cxa_pool *pool, struct slot *slot)
{
	slot->previous = pool->last;
	slot->next = NULL;
	if (pool->last != NULL)
		pool->last->next = slot;
	else
		pool->first = slot;
	pool->last = slot;
}

static void unlink_slot(struct cxa_pool *pool, struct slot *slot)
{
	if (slot->previous != NULL)
		slot->previous->next = slot->next;
	else
		pool->first = slot->next;
	if (slot->next != NULL)
		slot->next->previous = slot->previous;
	else
		pool->last = slot->previous;
}

/* With the mutex held, which is let go while the job runs. */
static void run_slot(struct cxa_pool *pool, struct slot *slot)
{
	struct cxa_queue *queue = slot->queue;

	unlink_slot(pool, slot);
	slot->state = SLOT_RUNNING;
	queue->running++;
	pthread_mutex_unlock(&pool->mutex);
	queue->run(slot->job);
	pthread_mutex_lock(&pool->mutex);
	slot->state = SLOT_DONE;
	queue->running--;
	pthread_cond_signal(&queue->done);
}

static void *work(void *argument)
{
	struct cxa_pool *pool = argument;

	pthread_mutex_lock(&pool->mutex);
	for (;;) {
		if (pool->first != NULL)
			run_slot(pool, pool->first);
		else if (pool->closing)
			break;
		else
			pthread_cond_wait(&pool->work, &pool->mutex);
	}
	pthread_mutex_unlock(&pool->mutex);
	return NULL;
}

/* Those it may use: in a container they are fewer than those online. */
static unsigned processors(void)
{
	cpu_set_t set;
	long online;

	if (sched_getaffinity(0, sizeof(set), &set) == 0)
		return (unsigned)CPU_COUNT(&set);
	online = sysconf(_SC_NPROCESSORS_ONLN);
	return online < 1 ? 1 : (unsigned)online;
}

/* Signals are for the program's own threads, whose reads they interrupt. */
static int start_workers(struct cxa_pool *pool)
{
	sigset_t blocked;
	sigset_t before;
	int result = 0;

	sigfillset(&blocked);
	sigdelset(&blocked, SIGSEGV);
	sigdelset(&blocked, SIGBUS);
	sigdelset(&blocked, SIGFPE);
	sigdelset(&blocked, SIGILL);
	pthread_sigmask(SIG_SETMASK, &blocked, &before);
	while (result == 0 && pool->worker_count < pool->threads - 1) {
		result = pthread_create(&pool->workers[pool->worker_count],
					NULL, work, pool);
		if (result == 0)
			pool->worker_count++;
	}
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return result;
}

int cxa_pool_open(struct cxa_pool **out, unsigned threads,
		  struct cxa_error *error)
{
	struct cxa_pool *pool;
	int result;

	*out = NULL;
	if (threads == 0)
		threads = processors();
	if (threads > THREADS_MAX)
		threads = THREADS_MAX;
	pool = calloc(1, sizeof(*pool));
	if (pool == NULL)
		return cxa_error_nomem(error, "threads");
	pthread_mutex_init(&pool->mutex, NULL);
	pthread_cond_init(&pool->work, NULL);
	pool->threads = threads;
	pool->workers = calloc(threads, sizeof(*pool->workers));
	if (pool->workers == NULL) {
		cxa_pool_close(pool);
		return cxa_error_nomem(error, "threads");
	}
	result = start_workers(pool);
	if (result != 0) {
		cxa_pool_close(pool);
		errno = result;
		return cxa_error_set(error, CXA_ERR_IO,
				     "cannot start %u threads", threads);
	}
	*out = pool;
	return 0;
}

unsigned cxa_pool_threads(const struct cxa_pool *pool)
{
	return pool->threads;
}

void cxa_pool_close(struct cxa_pool *pool)
{
	if (pool == NULL)
		return;
	pthread_mutex_lock(&pool->mutex);
	pool->closing = true;
	pthread_cond_broadcast(&pool->work);
	pthread_mutex_unlock(&pool->mutex);
	for (unsigned i = 0; i < pool->worker_count; i++)
		pthread_join(pool->workers[i], NULL);
	pthread_cond_destroy(&pool->work);
	pthread_mutex_destroy(&pool->mutex);
	free(pool->workers);
	free(pool);
}

int cxa_queue_open(struct cxa_queue **out, struct cxa_pool *pool,
		   unsigned depth, void (*run)(void *job),
		   void (*drop)(void *job), struct cxa_error *error)
{
	struct cxa_queue *queue;

	*out = NULL;
	if (depth == 0)
		depth = pool->threads + 2;
	queue = calloc(1, sizeof(*queue) + depth * sizeof(queue->slots[0]));
	if (queue == NULL)
		return cxa_error_nomem(error, "a queue");
	pthread_cond_init(&queue->done, NULL);
	queue->pool = pool;
	queue->depth = depth;
	queue->run = run;
	queue->drop = drop;
	*out = queue;
	return 0;
}

int cxa_queue_full(const struct cxa_queue *queue)
{
	return queue->count == queue->depth ||
	       queue->bytes >= (uint64_t)queue->depth * CXA_JOB_BYTES;
}

int cxa_queue_empty(const struct cxa_queue *queue)
{
	return queue->count == 0;
}

void cxa_queue_submit(struct cxa_queue *queue, void *job, uint64_t bytes)
{
	struct cxa_pool *pool = queue->pool;
	unsigned index = (unsigned)(((uint64_t)queue->head + queue->count) %
				    queue->depth);
	struct slot *slot = &queue->slots[index];

	*slot = (struct slot){ queue, NULL, NULL, job, bytes, SLOT_DONE };
	queue->count++;
	queue->bytes += bytes;
	if (pool->worker_count == 0) {
		queue->run(job);
		return;
	}
	pthread_mutex_lock(&pool->mutex);
	slot->state = SLOT_WAITING;
	link_last(pool, slot);
	pthread_cond_signal(&pool->work);
	pthread_mutex_unlock(&pool->mutex);
}

/* The first waiting job of @queue, else of any: for an owner that would wait */
static struct slot *job_to_help(const struct cxa_queue *queue)
{
	struct slot *slot = queue->pool->first;

	while (slot != NULL && slot->queue != queue)
		slot = slot->next;
	return slot != NULL ? slot : queue->pool->first;
}

void *cxa_queue_take(struct cxa_queue *queue)
{
	struct cxa_pool *pool = queue->pool;
	struct slot *oldest = &queue->slots[queue->head];
	struct slot *other;

	if (queue->count == 0)
		return NULL;
	pthread_mutex_lock(&pool->mutex);
	while (oldest->state != SLOT_DONE) {
		other = job_to_help(queue);
		if (other != NULL)
			run_slot(pool, other);
		else
			pthread_cond_wait(&queue->done, &pool->mutex);
	}
	pthread_mutex_unlock(&pool->mutex);
	queue->head = (queue->head + 1) % queue->depth;
	queue->count--;
	queue->bytes -= oldest->bytes;
	return oldest->job;
}

void cxa_queue_close(struct cxa_queue *queue)
{
	struct cxa_pool *pool;
	struct slot *slot;
	struct slot *next;

	if (queue == NULL)
		return;
	pool = queue->pool;
	pthread_mutex_lock(&pool->mutex);
	for (slot = pool->first; slot != NULL; slot = next) {
		next = slot->next;
		if (slot->queue == queue)
			unlink_slot(pool, slot);
	}
	while (queue->running != 0)
		pthread_cond_wait(&queue->done, &pool->mutex);
	pthread_mutex_unlock(&pool->mutex);
	for (; queue->count != 0; queue->count--) {
		if (queue->drop != NULL)
			queue->drop(queue->slots[queue->head].job);
		queue->head = (queue->head + 1) % queue->depth;
	}
	pthread_cond_destroy(&queue->done);
	free(queue);
}
