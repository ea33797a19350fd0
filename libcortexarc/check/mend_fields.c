/* mend_fields.c - floats put within bounds, references to nothing dropped */
#include <float.h>

#include "check/mend.h"
#include "record/collection.h"

/* What becomes of a value: it stays, or the list or message goes on without. */
enum fate { KEPT, DROPPED };

static int mend_message(struct cxa_mend *mend, const struct cxa_plan *plan,
			ProtobufCMessage *message, enum fate *fate);

/* --- floats ----------------------------------------------------------------- */

/* NaN is 0; what is too large or too small is as near as may be. */
static double clamp(double value, double least, double most)
{
	if (value != value)
		return 0;
	if (value < least)
		return least;
	return value > most ? most : value;
}

static int mend_float(struct cxa_mend *mend, const struct cxa_plan_field *entry,
		      void *at)
{
	bool is_unit = (entry->actions & CXA_ACT_UNIT) != 0;
	enum cxa_rule_id rule = CXA_RULE_FINITE;
	float before;
	float after;
	bool finite;
	int status;

	memcpy(&before, at, sizeof(before));
	finite = before >= -FLT_MAX && before <= FLT_MAX;
	if (finite)
		rule = CXA_RULE_UNIT_RANGE;
	if (!cxa_plan_repairs(mend->plan, rule) || (finite && !is_unit))
		return 0;
	after = (float)clamp((double)before, is_unit ? 0 : -FLT_MAX,
			     is_unit ? 1 : FLT_MAX);
	if (finite && after == before)
		return 0;
	status = cxa_mend_tell(mend, rule, entry->field, &before, &after);
	memcpy(at, &after, sizeof(after));
	return status;
}

static int mend_double(struct cxa_mend *mend,
		       const struct cxa_plan_field *entry, void *at)
{
	double before;
	double after;
	int status;

	memcpy(&before, at, sizeof(before));
	if (!cxa_plan_repairs(mend->plan, CXA_RULE_FINITE) ||
	    (before >= -DBL_MAX && before <= DBL_MAX))
		return 0;
	after = clamp(before, -DBL_MAX, DBL_MAX);
	status = cxa_mend_tell(mend, CXA_RULE_FINITE, entry->field, &before,
			       &after);
	memcpy(at, &after, sizeof(after));
	return status;
}

/* --- references ------------------------------------------------------------- */

/* Does it go? With it goes what it stands in, or the record. */
static void judge_reference(struct cxa_mend *mend,
			    const struct cxa_plan_field *entry, uint64_t id,
			    enum fate *fate)
{
	enum cxa_note_kind kind = (enum cxa_note_kind)entry->note;
	enum cxa_rule_id rule = cxa_note_rule(kind);

	if (!cxa_plan_repairs(mend->plan, rule) ||
	    !cxa_graph_is_missing(mend->graph, kind, id))
		return;
	*fate = DROPPED;
	if (rule != CXA_RULE_CONNECTION_END && rule != CXA_RULE_QUERY_REFERENCE)
		return;
	mend->drop = true;
	mend->drop_rule = rule;
}

/* --- values and lists --------------------------------------------------------- */

static enum cxa_rule_id rule_of_list(const struct cxa_plan_field *entry)
{
	const struct cxa_plan *plan = entry->plan;

	if ((entry->actions & CXA_ACT_REFERENCE) != 0)
		return cxa_note_rule((enum cxa_note_kind)entry->note);
	/* The reference that an element of the list stands for is its first. */
	return cxa_note_rule((enum cxa_note_kind)plan->fields[1].note);
}

static int mend_value(struct cxa_mend *mend, const struct cxa_plan_field *entry,
		      void *at, enum fate *fate)
{
	ProtobufCMessage *message;
	uint64_t id;

	*fate = KEPT;
	switch (entry->field->kind) {
	case CXA_FIELD_F32:
		return mend_float(mend, entry, at);
	case CXA_FIELD_F64:
		return (entry->actions & CXA_ACT_TIME) != 0 ?
			       0 : mend_double(mend, entry, at);
	case CXA_FIELD_U64:
		memcpy(&id, at, sizeof(id));
		if ((entry->actions & CXA_ACT_REFERENCE) != 0)
			judge_reference(mend, entry, id, fate);
		return 0;
	case CXA_FIELD_MESSAGE:
		memcpy(&message, at, sizeof(message));
		return message == NULL ? 0 :
			mend_message(mend, entry->plan, message, fate);
	default:
		return 0;
	}
}

static size_t size_of_value(const struct cxa_field *field)
{
	switch (field->kind) {
	case CXA_FIELD_MESSAGE:
		return sizeof(void *);
	case CXA_FIELD_F32:
		return sizeof(float);
	case CXA_FIELD_U64:
	case CXA_FIELD_F64:
		return sizeof(uint64_t);
	default:
		return 0; /* of no interest to any rule */
	}
}

static int mend_list(struct cxa_mend *mend, const struct cxa_plan_field *entry,
		     uint8_t *list, size_t *count)
{
	size_t size = size_of_value(entry->field);
	size_t kept = 0;
	int status = 0;

	for (size_t i = 0; i < *count && status == 0 && !mend->drop; i++) {
		uint8_t *at = list + i * size;
		size_t was = cxa_path_index(&mend->diff.path, i);
		enum fate fate;

		status = mend_value(mend, entry, at, &fate);
		if (status == 0 && fate == DROPPED && !mend->drop)
			status = cxa_mend_tell(mend, rule_of_list(entry),
					       entry->field, at, NULL);
		mend->diff.path.size = was;
		if (fate == KEPT)
			memmove(list + size * kept++, at, size);
	}
	if (status == 0 && !mend->drop)
		*count = kept;
	return status;
}

/* A value that need not be there; of a union, that is not the one it holds. */
static bool is_absent(const ProtobufCFieldDescriptor *field, const void *has)
{
	int flag;

	if (field->type == PROTOBUF_C_TYPE_MESSAGE &&
	    (field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF) == 0)
		return false; /* the pointer says it */
	if (field->label == PROTOBUF_C_LABEL_REQUIRED)
		return false;
	memcpy(&flag, has, sizeof(flag));
	return (field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF) != 0 ?
		       flag != (int)field->id : flag == 0;
}

static int mend_single(struct cxa_mend *mend,
		       const struct cxa_plan_field *entry, uint8_t *at,
		       void *has, enum fate *fate)
{
	const ProtobufCFieldDescriptor *field = entry->field->descriptor;
	static const protobuf_c_boolean absent = 0;
	enum fate own;
	int status;

	if (is_absent(field, has))
		return 0;
	status = mend_value(mend, entry, at, &own);
	if (own == KEPT || mend->drop)
		return status;
	if (field->label == PROTOBUF_C_LABEL_REQUIRED) {
		*fate = DROPPED;
		return status;
	}
	status = cxa_mend_tell(mend,
			       cxa_note_rule((enum cxa_note_kind)entry->note),
			       entry->field, at, NULL);
	memcpy(has, &absent, sizeof(absent));
	return status;
}

static int mend_field(struct cxa_mend *mend, const struct cxa_plan_field *entry,
		      ProtobufCMessage *message, enum fate *fate)
{
	const ProtobufCFieldDescriptor *field = entry->field->descriptor;
	uint8_t *base = (uint8_t *)message;
	uint8_t *at = base + field->offset;
	uint8_t *has = base + field->quantifier_offset;
	size_t was = cxa_path_name(&mend->diff.path, entry->field->json_name,
				   entry->field->json_name_size);
	uint8_t *list;
	size_t count;
	int status;

	if (field->label == PROTOBUF_C_LABEL_REPEATED) {
		memcpy(&list, at, sizeof(list));
		memcpy(&count, has, sizeof(count));
		status = mend_list(mend, entry, list, &count);
		memcpy(has, &count, sizeof(count));
	} else {
		status = mend_single(mend, entry, at, has, fate);
	}
	mend->diff.path.size = was;
	return status;
}

static int mend_message(struct cxa_mend *mend, const struct cxa_plan *plan,
			ProtobufCMessage *message, enum fate *fate)
{
	int status = 0;

	*fate = KEPT;
	for (size_t i = 0; i < CXA_PLAN_FIELDS && status == 0 && !mend->drop &&
			   *fate == KEPT; i++)
		if (plan->fields[i].actions != 0)
			status = mend_field(mend, &plan->fields[i], message,
					    fate);
	return status;
}

int cxa_mend_fields(struct cxa_mend *mend, const struct cxa_plan *plan,
		    ProtobufCMessage *message)
{
	enum fate fate;

	return mend_message(mend, plan, message, &fate);
}
