/* restore_changed.h - what a store holds, replaced by what is made of it */
#ifndef CXA_CHECK_RESTORE_CHANGED_H
#define CXA_CHECK_RESTORE_CHANGED_H

#include <cortexarc/restore.h>

/**
 * struct cxa_store_change - what to make of a store
 * @check: can it be done? Reads @now; other than 0 ends it, nothing written
 * @apply: a source around @from, which holds what @now held
 * @prove: as of struct cxa_sink: within the transaction; NULL: nothing more
 */
struct cxa_store_change {
	int (*check)(void *user, struct cxa_source *now,
		     struct cxa_error *error);
	int (*apply)(void *user, struct cxa_source *from,
		     struct cxa_source **out, struct cxa_error *error);
	int (*prove)(void *user, struct cxa_source *written,
		     struct cxa_error *error);
	void *user;
};

/**
 * cxa_restore_changed() - as cxa_restore(), from the safety backup
 *
 * The store is locked, checked and backed up; then it is not read any more,
 * because a reader would keep the transaction from its commit: what it held is
 * read from the safety backup; without one, from a temporary file. next and next_records of
 * the preflight are what is there now.
 *
 * Return: 0; what @check and @apply return; as cxa_restore().
 */
int cxa_restore_changed(struct cxa_context *context, const char *store,
			const struct cxa_store_change *change,
			const struct cxa_restore_options *options,
			struct cxa_summary *summary, struct cxa_error *error);

#endif
