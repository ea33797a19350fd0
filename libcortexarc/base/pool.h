/* pool.h - worker threads, and jobs whose results come back in order */
#ifndef CXA_BASE_POOL_H
#define CXA_BASE_POOL_H

#include "base/error.h"

struct cxa_pool;

/**
 * cxa_pool_open() - @threads at work, the owner of a queue being one of them
 * @threads: 0: one a processor that this process may use; at most 1,024
 *
 * 1 starts no thread: a job runs where it is submitted. Signals are blocked in
 * the threads it starts.
 * Return: 0, CXA_ERR_NOMEM, CXA_ERR_IO (pthread_create).
 */
int cxa_pool_open(struct cxa_pool **out, unsigned threads,
		  struct cxa_error *error);
unsigned cxa_pool_threads(const struct cxa_pool *pool);
/** cxa_pool_close() - accepts NULL; after every queue on it is closed */
void cxa_pool_close(struct cxa_pool *pool);

/**
 * struct cxa_queue - jobs that run on a pool and come back in the order given
 *
 * One thread (the owner) submits and takes; @run is called on workers and in
 * cxa_queue_take(), for many jobs at once: it may not wait for its owner.
 * Several queues share one pool. Order of results never depends on the number
 * of threads.
 */
struct cxa_queue;

/* A queue of @depth has room for so many bytes for each. */
enum { CXA_JOB_BYTES = 16 << 20 };

/**
 * cxa_queue_open() - up to @depth jobs under way (0: threads + 2)
 * @run: works on @job; its outcome is stored in the job itself
 * @drop: called by cxa_queue_close() on each job that was never taken (after
 *        it ran or without); may be NULL
 */
int cxa_queue_open(struct cxa_queue **out, struct cxa_pool *pool,
		   unsigned depth, void (*run)(void *job),
		   void (*drop)(void *job), struct cxa_error *error);

/**
 * cxa_queue_full() - take before the next submit
 *
 * When as many are under way as may be, or they hold @depth times
 * CXA_JOB_BYTES. So what is under way is below that and one job more: who makes
 * large ones takes until it is not full before making the next.
 */
int cxa_queue_full(const struct cxa_queue *queue);
int cxa_queue_empty(const struct cxa_queue *queue);

/**
 * cxa_queue_submit() - hand on @job; only when not full
 * @bytes: that it holds until it is taken, roughly
 */
void cxa_queue_submit(struct cxa_queue *queue, void *job, uint64_t bytes);

/**
 * cxa_queue_take() - the oldest job, waiting until it has run; NULL when empty
 *
 * While it waits, the owner runs waiting jobs of the pool itself, also those of
 * other queues: it may hold no lock that a job takes.
 */
void *cxa_queue_take(struct cxa_queue *queue);

/** cxa_queue_close() - accepts NULL; waits for running jobs, drops the rest */
void cxa_queue_close(struct cxa_queue *queue);

#endif
