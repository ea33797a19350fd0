/* restore.h - what a store holds, replaced by what an archive holds */
#ifndef CORTEXARC_RESTORE_H
#define CORTEXARC_RESTORE_H

#include <cortexarc/sink.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * struct cxa_preflight - what a restore is about to do
 * @now, @next: what describes the store, and what is to come
 * @now_records, @next_records: by enum cxa_collection
 * @next_known: false: @next_records are not known before all was read
 * @same_space: both tell of the same embedding space, or one tells of none
 * @store_bytes: of the store's file
 * @free_bytes: on its file system
 * @needed_bytes: about what it takes there until it is done, the safety backup
 *                included where it goes there too
 * @safety_backup: where what the store holds is kept first; NULL: nowhere
 */
struct cxa_preflight {
	const Cxa__Header *now;
	const Cxa__Header *next;
	uint64_t now_records[CXA_COLLECTION_COUNT];
	uint64_t next_records[CXA_COLLECTION_COUNT];
	bool next_known;
	bool same_space;
	uint64_t store_bytes;
	uint64_t free_bytes;
	uint64_t needed_bytes;
	const char *safety_backup;
};

/**
 * struct cxa_restore_options - zero means default
 * @safety_backup: a file that does not exist; NULL: beside the store, under its
 *                 name, the time in UTC, a number when that is taken, and
 *                 ".cxa"
 * @no_safety_backup: make none
 * @preflight: called before anything is written; other than 0 ends it there,
 *             with CXA_ERR_CANCELLED
 * @user: handed to it
 */
struct cxa_restore_options {
	size_t struct_size;
	const char *safety_backup;
	bool no_safety_backup;
	int (*preflight)(void *user, const struct cxa_preflight *preflight);
	void *user;
};

#define CXA_RESTORE_OPTIONS_INIT { .struct_size = sizeof(struct cxa_restore_options) }

/**
 * cxa_restore() - replace the content of @store by that of @locator
 * @locator: an archive, JSON, NDJSON or another store; no pipe
 * @store: the path of a store that exists
 * @summary: out, may be NULL: what it holds now
 *
 * In this order: @locator is verified to its end; no other program can write to
 * the store any more; @preflight; the safety backup, read back and compared;
 * everything is written and read again within one transaction; that is
 * committed. Whatever fails on the way, the store is as it was.
 *
 * Return: 0; CXA_ERR_USAGE; CXA_ERR_CORRUPT (@locator is at fault), other
 * errors of reading it; CXA_ERR_IO (also: locked, too little space);
 * CXA_ERR_CANCELLED; CXA_ERR_NOMEM.
 */
int cxa_restore(struct cxa_context *context, const char *locator,
		const char *store, const struct cxa_restore_options *options,
		struct cxa_summary *summary, struct cxa_error *error);

#ifdef __cplusplus
}
#endif
#endif
