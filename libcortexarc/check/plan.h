/* plan.h - what the checker looks at in a record, field by field */
#ifndef CXA_CHECK_PLAN_H
#define CXA_CHECK_PLAN_H

#include <cortexarc/record.h>

#include "base/message_type.h"
#include "check/notes.h"

/** enum cxa_action - what is done with a field; more than one bit may be set */
enum cxa_action {
	CXA_ACT_FINITE = 1 << 0,    /* a float, or many of them */
	CXA_ACT_TIME = 1 << 1,      /* ms since the epoch, as a double */
	CXA_ACT_UNIT = 1 << 2,      /* a float from 0 to 1 */
	CXA_ACT_REFERENCE = 1 << 3, /* an id, or many of them */
	CXA_ACT_CREATES = 1 << 4,   /* an id that need not exist yet */
	CXA_ACT_KEEP = 1 << 5,      /* the value goes into a slot */
	CXA_ACT_DESCEND = 1 << 6    /* a message */
};

/** enum cxa_slot - values of a record that rules compare with each other */
enum cxa_slot {
	CXA_SLOT_VERSION,
	CXA_SLOT_TEXT, /* content, query_text */
	CXA_SLOT_HASH,
	CXA_SLOT_COLUMN,  /* of a concept */
	CXA_SLOT_CONCEPT, /* of a column; may be absent */
	CXA_SLOT_CREATED,
	CXA_SLOT_ACCESSED,
	CXA_SLOT_EXPIRY,
	CXA_SLOT_TOTAL_COLUMNS,
	CXA_SLOT_ALLOCATED_COLUMNS,
	CXA_SLOT_TOTAL_CONCEPTS,
	CXA_SLOT_TOTAL_CONNECTIONS,
	CXA_SLOT_COUNT
};

struct cxa_plan;

/**
 * struct cxa_plan_field - @field NULL: of no interest
 * @note: of a reference; of an id created, the kind that may refer to it
 */
struct cxa_plan_field {
	const struct cxa_field *field;
	const struct cxa_plan *plan; /* to descend by */
	uint8_t actions;
	uint8_t note;
	uint8_t slot;
};

/* Field numbers that are of interest are below this: their tags are a byte. */
enum { CXA_PLAN_FIELDS = 16 };

/** struct cxa_plan - by field number */
struct cxa_plan {
	struct cxa_plan_field fields[CXA_PLAN_FIELDS];
};

/** cxa_plan_of() - of a record of @collection; any thread */
const struct cxa_plan *cxa_plan_of(enum cxa_collection collection);

#endif
