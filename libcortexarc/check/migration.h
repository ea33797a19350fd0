/* migration.h - the table of migrations: single steps between data_versions */
#ifndef CXA_CHECK_MIGRATION_H
#define CXA_CHECK_MIGRATION_H

#include <cortexarc/migrate.h>

#include "base/buffer.h"
#include "base/error.h"
#include "record/batch.h"

enum { CXA_MIGRATION_STEPS_MAX = 8 };

/**
 * struct cxa_migration_work - a batch on its way through the steps
 * @batch: owned; its records stay in their places, whatever their ids become
 * @repair: a wrong value is noted, not an error
 * @checked: values that were compared so far
 * @wrong: struct cxa_wrong_value each
 */
struct cxa_migration_work {
	struct cxa_batch *batch;
	bool repair;
	uint64_t checked;
	struct cxa_buffer wrong;
};

/**
 * struct cxa_migration - one step: a row of the table
 * @rekeyed: bit 1 << enum cxa_collection: its keys change
 * @run: replaces work->batch by what it becomes, or leaves it; any thread
 */
struct cxa_migration {
	uint32_t from;
	uint32_t to;
	const char *name;
	uint32_t rekeyed;
	int (*run)(const struct cxa_migration *step,
		   struct cxa_migration_work *work, struct cxa_error *error);
};

/** struct cxa_migration_chain - steps that follow each other; none is one, too */
struct cxa_migration_chain {
	const struct cxa_migration *steps[CXA_MIGRATION_STEPS_MAX];
	size_t count;
};

/** cxa_migration_find() - Return: 0, CXA_ERR_USAGE: no steps lead there */
int cxa_migration_find(struct cxa_migration_chain *out, uint32_t from,
		       uint32_t to, struct cxa_error *error);

/** cxa_migration_rekeys() - do the keys of @collection change on the way? */
bool cxa_migration_rekeys(const struct cxa_migration_chain *chain,
			  enum cxa_collection collection);

/** cxa_migration_run() - all steps; Return: 0, CXA_ERR_CORRUPT, CXA_ERR_NOMEM */
int cxa_migration_run(const struct cxa_migration_chain *chain,
		      struct cxa_migration_work *work, struct cxa_error *error);

#endif
