/* migrate.h - records of one data_version as those of another */
#ifndef CORTEXARC_MIGRATE_H
#define CORTEXARC_MIGRATE_H

#include <cortexarc/restore.h>
#include <cortexarc/sink.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * struct cxa_wrong_value - what a record said that it should not have
 * @id: the record's, before the migration
 * @record_name, @field: as "concept" and "content_hash"; static
 * @found: what stood there
 * @expected: what should have, by the data_version it is migrated from
 */
struct cxa_wrong_value {
	enum cxa_collection collection;
	const char *record_name;
	const char *field;
	uint64_t id;
	uint64_t found;
	uint64_t expected;
};

/**
 * struct cxa_migrate_summary - what a migration does
 * @from, @to: data_versions
 * @step: what the last step between them is called; static; NULL: they are one
 * @complete: bit 1 << enum cxa_collection: read to its end, so that its counts
 *            are right
 * @checked: values held against what they should be, by collection
 * @changed: records that are not the same afterwards, by collection
 * @wrong: values that were wrong and did not stop it, by collection
 */
struct cxa_migrate_summary {
	uint32_t from;
	uint32_t to;
	const char *step;
	uint32_t complete;
	uint64_t checked[CXA_COLLECTION_COUNT];
	uint64_t changed[CXA_COLLECTION_COUNT];
	uint64_t wrong[CXA_COLLECTION_COUNT];
};

/**
 * struct cxa_migrate_options - zero means default, but for @to
 * @to: the data_version wanted
 * @repair: a wrong value does not stop it
 * @wrong: with @repair, called for each wrong value, on the calling thread,
 *         once, however often the records are read; may be NULL
 * @user: handed to it
 * @summary: out, may be NULL: filled while records are read
 */
struct cxa_migrate_options {
	size_t struct_size;
	uint32_t to;
	bool repair;
	void (*wrong)(void *user, const struct cxa_wrong_value *value);
	void *user;
	struct cxa_migrate_summary *summary;
};

#define CXA_MIGRATE_OPTIONS_INIT { .struct_size = sizeof(struct cxa_migrate_options) }

/**
 * cxa_migrate() - a source that gives what @source gives, as of options.to
 * @out: takes cxa_copy() to any sink; to be closed before @source
 *
 * Each content_hash and query_hash is compared with what the old data_version
 * makes of its text, and becomes what the new one makes of it. A query_hash is
 * a key: cached queries are sorted anew, on disk. A system_state whose version
 * is the old data_version has the new one; any other version is the
 * application's own count and stays, but one that is the new data_version
 * already, and newer, is wrong. metadata.data_version is the new one. Nothing
 * else changes: there and back gives the same bytes.
 *
 * Nothing is read here but the header. While reading, beside what @source
 * returns: CXA_ERR_CORRUPT for a wrong value, naming the record, and for two
 * cached queries that get the same key, naming both; CXA_ERR_IO (sorting).
 * To the data_version that @source has, everything is as it stands, unchecked.
 *
 * Return: 0, CXA_ERR_USAGE (no such data_version), CXA_ERR_NOMEM.
 */
int cxa_migrate(struct cxa_source **out, struct cxa_source *source,
		const struct cxa_migrate_options *options,
		struct cxa_error *error);

/**
 * cxa_migrate_check() - read all that cxa_migrate() would give, write nothing
 *
 * Return: 0; what stopped it.
 */
int cxa_migrate_check(struct cxa_source *source,
		      const struct cxa_migrate_options *options,
		      struct cxa_error *error);

/**
 * cxa_migrate_store() - migrate the store at the path @store itself
 * @how: as of cxa_restore(), but that the safety backup must be made;
 *       preflight says in next and next_records what is there now
 *
 * In this order: no other program can write to the store any more; all of it
 * is read and checked; preflight; the safety backup, read back and compared;
 * what is in that is migrated into the store, and read again, within one
 * transaction; that is committed. Whatever fails, the store is as it was.
 *
 * Return: 0; CXA_END: it has that data_version already, and was not touched;
 * as cxa_migrate() and cxa_restore().
 */
int cxa_migrate_store(struct cxa_context *context, const char *store,
		      const struct cxa_migrate_options *options,
		      const struct cxa_restore_options *how,
		      struct cxa_summary *summary, struct cxa_error *error);

#ifdef __cplusplus
}
#endif
#endif
