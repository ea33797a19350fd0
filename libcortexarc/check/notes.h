/* notes.h - what cannot be judged before the last record was seen */
#ifndef CXA_CHECK_NOTES_H
#define CXA_CHECK_NOTES_H

#include <cortexarc/record.h>

#include "base/buffer.h"
#include "base/io.h"

/**
 * enum cxa_note_kind - a reference, by where it stands; or a value that begins
 * to differ from that of the record before
 */
enum cxa_note_kind {
	CXA_NOTE_BATCH, /* what follows is of another batch; never handed out */
	CXA_NOTE_CONCEPT_LINK,
	CXA_NOTE_CONCEPT_PARENT,
	CXA_NOTE_EMBEDDING_CONCEPT,
	CXA_NOTE_COLUMN_CONCEPT,
	CXA_NOTE_SYNAPSE,
	CXA_NOTE_NEIGHBOR,
	CXA_NOTE_CONNECTION_SOURCE,
	CXA_NOTE_CONNECTION_TARGET,
	CXA_NOTE_QUERY_CONCEPT,
	CXA_NOTE_QUERY_COLUMN,
	CXA_NOTE_SYNC_DEPENDENCY,
	CXA_NOTE_SYNC_CONCEPT,
	CXA_NOTE_SYNC_CONNECTION,
	CXA_NOTE_LENGTHS,
	CXA_NOTE_VERSION,
	CXA_NOTE_COUNT
};

/**
 * struct cxa_note - @values: the id referred to; or the lengths of the three
 * vectors; or the version
 */
struct cxa_note {
	enum cxa_note_kind kind;
	enum cxa_collection collection;
	uint64_t id; /* of the record */
	uint64_t values[3];
};

/** cxa_note_append() - encode; @last: id of the note before, 0 at first */
void cxa_note_append(struct cxa_buffer *buffer, uint64_t *last,
		     const struct cxa_note *note);

/**
 * struct cxa_notes - the notes of all batches, in order; { 0 } is empty
 *
 * The first CXA_NOTES_KEPT bytes are in memory, the rest in a temporary file.
 */
struct cxa_notes {
	const struct cxa_cancel *cancel;
	const char *folder; /* for the file; NULL: the default */
	struct cxa_buffer buffer;
	struct cxa_spool *spool;
	/* for reading */
	uint64_t spooled; /* bytes read of the file */
	size_t at;
	uint64_t last;
	enum cxa_collection collection;
};

enum { CXA_NOTES_KEPT = 4 * 1024 * 1024 };

/** cxa_notes_add() - @notes of a batch; Return: 0, CXA_ERR_NOMEM, CXA_ERR_IO */
int cxa_notes_add(struct cxa_notes *notes, enum cxa_collection collection,
		  const struct cxa_buffer *batch, struct cxa_error *error);

/** cxa_notes_next() - once over all of them; Return: 0, CXA_END, CXA_ERR_* */
int cxa_notes_next(struct cxa_notes *notes, struct cxa_note *note,
		   struct cxa_error *error);

void cxa_notes_release(struct cxa_notes *notes);

#endif
