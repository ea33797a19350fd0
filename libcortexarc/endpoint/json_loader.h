/* json_loader.h - JSON records parsed on workers into a spool; the header beside them */
#ifndef CXA_ENDPOINT_JSON_LOADER_H
#define CXA_ENDPOINT_JSON_LOADER_H

#include "endpoint/json_stream.h"
#include "endpoint/record_spool.h"
#include "endpoint/source.h"

/** enum cxa_json_part - the members of a BackupData document */
enum cxa_json_part {
	CXA_PART_METADATA,
	CXA_PART_CONCEPTS,
	CXA_PART_COLUMNS,
	CXA_PART_CONNECTIONS,
	CXA_PART_SYSTEM_STATE,
	CXA_PART_QUERY_CACHE,
	CXA_PART_SYNC_QUEUE
};
#define CXA_PART_COUNT 7

/** struct cxa_json_part_info - in the document's own order */
struct cxa_json_part_info {
	const char *name;
	enum cxa_collection collection; /* but for metadata */
	bool is_array;
};

extern const struct cxa_json_part_info cxa_json_parts[CXA_PART_COUNT];

struct cxa_json_loader;

int cxa_json_loader_open(struct cxa_json_loader **out,
			 const struct cxa_source *source, bool lenient,
			 struct cxa_error *error);

/**
 * cxa_json_loader_text() - where the next record's text is to be appended
 *
 * The pending chunk of records of @part; what another part has pending is sent
 * on. NULL with @error set on failure.
 */
struct cxa_buffer *cxa_json_loader_text(struct cxa_json_loader *loader,
					enum cxa_json_part part,
					struct cxa_error *error);

/**
 * cxa_json_loader_add() - a record was appended
 * @start: where in the text
 * @place: where in the document
 */
int cxa_json_loader_add(struct cxa_json_loader *loader, size_t start,
			const struct cxa_json_text *place,
			struct cxa_error *error);

/** cxa_json_loader_metadata() - the text of metadata */
int cxa_json_loader_metadata(struct cxa_json_loader *loader,
			     const struct cxa_json_text *text,
			     struct cxa_error *error);

/**
 * struct cxa_json_member - the name of a member of the document
 * @text: as it stood, its quotes and colon with it
 * @name: @size bytes, its escapes resolved
 */
struct cxa_json_member {
	struct cxa_json_text text;
	const uint8_t *name;
	size_t size;
};

/**
 * cxa_json_loader_unknown() - a member of the document that is not known
 * @value: its text
 *
 * Together they may have as many bytes as what is not known of a record.
 * Return: 0, CXA_ERR_FORMAT, CXA_ERR_LIMIT, CXA_ERR_NOMEM. That one comes twice
 * is told by cxa_json_loader_finish().
 */
int cxa_json_loader_unknown(struct cxa_json_loader *loader,
			    const struct cxa_json_member *member,
			    const struct cxa_json_text *value,
			    struct cxa_error *error);

/**
 * cxa_json_loader_extensions() - all such members at once, as an object
 *
 * Return: as above; CXA_ERR_FORMAT also for the name of a known member.
 */
int cxa_json_loader_extensions(struct cxa_json_loader *loader,
			       const struct cxa_json_text *text,
			       struct cxa_error *error);

/** cxa_json_loader_flush() - parse all that was added so far, tell its errors */
int cxa_json_loader_flush(struct cxa_json_loader *loader,
			  struct cxa_error *error);

/**
 * cxa_json_loader_finish() - all is read: give @source its records and header
 *
 * On success the loader belongs to @source.
 */
int cxa_json_loader_finish(struct cxa_json_loader *loader,
			   struct cxa_source *source, struct cxa_error *error);

void cxa_json_loader_close(struct cxa_json_loader *loader);

#endif
