/* records.c - limits on records, as JSON and as protobuf: at each, and past it */
#include <stdlib.h>

#include "base/wire.h"
#include "record/collection.h"
#include "record/json_codec.h"
#include "tap.h"

/* Where a record has room for what is to be large: its name in a template. */
#define CONCEPT \
	"{\"id\":1,\"content\":\"<content>\",\"content_hash\":1," \
	"\"column_id\":1,\"created_timestamp\":1.0,\"last_accessed\":1.0," \
	"\"access_count\":1,\"metadata\":{\"complexity\":0.5," \
	"\"category\":\"<category>\",\"source\":{\"origin\":\"import\"," \
	"\"timestamp\":1.0,\"session_id\":\"s\"," \
	"\"parent_concept_id\":null},\"tags\":[<tags>],\"priority\":1," \
	"\"confidence\":0.5,\"connections\":[]},\"embeddings\":{" \
	"\"semantic_vector\":[<vector>],\"neural_signature\":[]," \
	"\"context_vector\":[],\"last_computed\":1.0},\"version\":1<more>}"
#define METRICS \
	"{\"allocation_efficiency\":1.0,\"spike_frequency\":1.0," \
	"\"plasticity_rate\":1.0,\"energy_consumption\":1.0," \
	"\"computational_load\":1.0}"
#define COLUMN \
	"{\"id\":1,\"allocated_concept_id\":null,\"state\":{" \
	"\"activation_level\":1.0,\"inhibition_level\":1.0," \
	"\"spike_time\":1.0,\"refractory_period\":1.0," \
	"\"adaptation_state\":1.0,\"plasticity_window\":1.0}," \
	"\"position\":{\"x\":1,\"y\":1,\"layer\":1,\"region\":\"r\"," \
	"\"neighbors\":[<neighbors>]},\"connections\":{" \
	"\"excitatory\":[<synapses>],\"inhibitory\":[]," \
	"\"modulatory\":[],\"feedforward\":[],\"feedback\":[]}," \
	"\"performance_metrics\":" METRICS ",\"last_updated\":1.0," \
	"\"version\":1}"
#define SYNAPSE \
	"{\"target_id\":1,\"weight\":1.0,\"delay\":1.0," \
	"\"plasticity_factor\":1.0,\"connection_type\":\"AMPA\"," \
	"\"last_activated\":1.0}"
#define CHANGE \
	"{\"id\":1,\"operation\":{\"UpdateConnection\":{" \
	"\"connection_id\":1,\"changes\":<changes>,\"version\":1," \
	"\"timestamp\":1.0}},\"status\":\"Pending\",\"retry_count\":0," \
	"\"created_at\":1.0,\"last_attempt\":null,\"error_message\":null," \
	"\"priority\":\"Low\",\"dependencies\":[]}"

/* @count units, with a comma between them where @list. */
struct filling {
	const char *hole;
	const char *before;
	const char *unit;
	const char *behind;
	size_t beside;      /* counted, too: bytes of before and behind */
	bool list;
};

static const struct limit_case {
	const char *claim;
	size_t limit;
	uint64_t set;        /* 0: the default */
	enum cxa_collection collection;
	const char *record;
	struct filling filling;
	bool json_only;
	const char *told;    /* the message's start */
} cases[] = {
	{ "content", CXA_LIMIT(string_bytes), 0, CXA_CONCEPTS, CONCEPT,
	  { "<content>", "", "x", "", 0, false }, false, "content" },
	{ "content, by a limit that is set", CXA_LIMIT(string_bytes), 10,
	  CXA_CONCEPTS, CONCEPT,
	  { "<content>", "", "x", "", 0, false }, false, "content" },
	{ "a value that may be any JSON", CXA_LIMIT(string_bytes), 0,
	  CXA_SYNC_QUEUE, CHANGE,
	  { "<changes>", "\"", "x", "\"", 2, false }, false, "changes" },
	{ "another string", CXA_LIMIT(short_string_bytes), 0, CXA_CONCEPTS,
	  CONCEPT, { "<category>", "", "x", "", 0, false }, false,
	  "category" },
	{ "another string, by a limit that is set",
	  CXA_LIMIT(short_string_bytes), 7, CXA_CONCEPTS, CONCEPT,
	  { "<category>", "", "x", "", 0, false }, false, "category" },
	{ "what is not known of an object", CXA_LIMIT(short_string_bytes), 0,
	  CXA_CONCEPTS, CONCEPT,
	  { "<more>", ",\"x\":\"", "x", "\"", 8, false }, false, "" },
	{ "tags", CXA_LIMIT(tags), 0, CXA_CONCEPTS, CONCEPT,
	  { "<tags>", "", "\"\"", "", 0, true }, false, "tags" },
	{ "tags, by a limit that is set", CXA_LIMIT(tags), 1, CXA_CONCEPTS,
	  CONCEPT, { "<tags>", "", "\"\"", "", 0, true }, false, "tags" },
	{ "a vector", CXA_LIMIT(vector_floats), 0, CXA_EMBEDDINGS, CONCEPT,
	  { "<vector>", "", "1.0", "", 0, true }, false, "semantic_vector" },
	{ "a vector, by a limit that is set", CXA_LIMIT(vector_floats), 3,
	  CXA_EMBEDDINGS, CONCEPT,
	  { "<vector>", "", "1.0", "", 0, true }, false, "semantic_vector" },
	{ "a list of numbers", CXA_LIMIT(links), 0, CXA_COLUMNS, COLUMN,
	  { "<neighbors>", "", "1", "", 0, true }, false, "neighbors" },
	{ "a list of objects", CXA_LIMIT(links), 5, CXA_COLUMNS, COLUMN,
	  { "<synapses>", "", SYNAPSE, "", 0, true }, false, "excitatory" },
	{ "brackets of JSON", CXA_LIMIT(json_depth), 0, CXA_CONCEPTS, CONCEPT,
	  { "<more>", ",\"x\":", "[", "1", 1, false }, true, "x" },
};

/* Holes that are not @filling's are empty, or hold the least they may. */
static const char *ordinary(const char *hole)
{
	return strncmp(hole, "<changes>", 9) == 0 ? "0" : "";
}

static void fill_hole(struct cxa_buffer *out, const struct filling *filling,
		      size_t count)
{
	cxa_buffer_text(out, filling->before);
	for (size_t i = 0; i < count; i++) {
		if (i != 0 && filling->list)
			cxa_buffer_byte(out, ',');
		cxa_buffer_text(out, filling->unit);
	}
	cxa_buffer_text(out, filling->behind);
	for (size_t i = 0; filling->unit[0] == '[' && i < count; i++)
		cxa_buffer_byte(out, ']');
}

static void make_record(struct cxa_buffer *out, const struct limit_case *one,
			uint64_t found)
{
	const struct filling *filling = &one->filling;
	const char *at = one->record;
	const char *hole;

	cxa_buffer_reset(out);
	while ((hole = strchr(at, '<')) != NULL) {
		cxa_buffer_append(out, at, (size_t)(hole - at));
		if (strncmp(hole, filling->hole, strlen(filling->hole)) == 0)
			fill_hole(out, filling,
				  (size_t)found - filling->beside);
		else
			cxa_buffer_text(out, ordinary(hole));
		at = strchr(hole, '>') + 1;
	}
	cxa_buffer_text(out, at);
}

/* --- as JSON ------------------------------------------------------------- */

struct decoded {
	struct cxa_arena arena;
	ProtobufCMessage *message; /* the record, or its embeddings */
	struct cxa_error error;
};

static int decode(struct decoded *decoded, const struct limit_case *one,
		  const struct cxa_limits *limits, uint64_t found)
{
	enum cxa_collection collection = one->collection == CXA_EMBEDDINGS ?
						 CXA_CONCEPTS : one->collection;
	struct cxa_json_rules rules = { .limits = limits };
	struct cxa_buffer text = { 0 };
	struct cxa_json_text json = { .line = 1, .column = 1 };
	Cxa__Embeddings *embeddings = NULL;
	int status;

	make_record(&text, one, found);
	json.data = text.data;
	json.size = text.size;
	*decoded = (struct decoded){ .error = CXA_ERROR_INIT };
	status = cxa_json_decode(cxa_collection_type(collection), "record",
				 &json, &rules, &decoded->arena,
				 &decoded->message,
				 collection == CXA_CONCEPTS ? &embeddings :
							      NULL,
				 &decoded->error);
	if (one->collection == CXA_EMBEDDINGS && embeddings != NULL)
		decoded->message = &embeddings->base;
	cxa_buffer_release(&text);
	return status;
}

static const char *name_of(size_t limit)
{
	size_t i = 0;

	while (cxa_limit_at(i)->offset != limit)
		i++;
	return cxa_limit_at(i)->name;
}

static void is_told(const struct cxa_error *error, const char *claim,
		    const char *told, size_t limit, uint64_t allowed)
{
	char over[120];
	char option[80];
	bool passed;

	snprintf(over, sizeof(over), "%" PRIu64 " ", allowed + 1);
	snprintf(option, sizeof(option), "--limit %s=", name_of(limit));
	passed = strstr(error->message, over) != NULL &&
		 strstr(error->message, told) != NULL &&
		 strstr(error->hint, option) != NULL;
	snprintf(over, sizeof(over), "over the limit %s of %" PRIu64,
		 name_of(limit), allowed);
	passed = passed && strstr(error->message, over) != NULL;
	if (!ok(passed, "%s: told with name, numbers and what raises it",
		claim))
		printf("#   %s\n#   %s\n", error->message, error->hint);
}

static void json_keeps(const struct limit_case *one)
{
	struct cxa_limits limits = *cxa_limits_default();
	struct decoded decoded;
	uint64_t allowed;
	size_t taken;

	if (one->set != 0)
		memcpy((char *)&limits + one->limit, &one->set, 8);
	allowed = cxa_limit_of(&limits, one->limit);
	ok(decode(&decoded, one, &limits, allowed + 1) == CXA_ERR_LIMIT,
	   "JSON, %s: one past the limit is refused", one->claim);
	is_told(&decoded.error, one->claim, one->told, one->limit, allowed);
	taken = decoded.arena.total;
	cxa_arena_release(&decoded.arena);
	ok(decode(&decoded, one, &limits, allowed) == 0,
	   "JSON, %s: at the limit it is read", one->claim);
	ok(taken <= decoded.arena.total &&
		   (one->filling.list || taken < 1 << 20),
	   "JSON, %s: and no memory was taken for what was refused",
	   one->claim);
	cxa_arena_release(&decoded.arena);
}

/* --- as protobuf --------------------------------------------------------- */

static int scan(const struct limit_case *one, const struct cxa_limits *limits,
		uint64_t found, struct cxa_error *error)
{
	struct cxa_wire_stats stats = { 0 };
	struct cxa_limits unbound;
	struct cxa_buffer bytes = { 0 };
	struct decoded decoded;
	int status = -100;

	memset(&unbound, 0xff, sizeof(unbound));
	if (decode(&decoded, one, &unbound, found) == 0 &&
	    cxa_wire_pack(decoded.message, &bytes, NULL) == 0)
		status = cxa_wire_scan(
			cxa_message_type_of(decoded.message->descriptor),
			bytes.data, bytes.size, limits, &stats, error);
	cxa_arena_release(&decoded.arena);
	cxa_buffer_release(&bytes);
	return status;
}

static void protobuf_keeps(const struct limit_case *one)
{
	struct cxa_limits limits = *cxa_limits_default();
	struct cxa_error error = CXA_ERROR_INIT;
	uint64_t allowed;

	if (one->set != 0)
		memcpy((char *)&limits + one->limit, &one->set, 8);
	allowed = cxa_limit_of(&limits, one->limit);
	ok(scan(one, &limits, allowed + 1, &error) == CXA_ERR_LIMIT,
	   "protobuf, %s: one past the limit is refused", one->claim);
	is_told(&error, one->claim, "", one->limit, allowed);
	ok(scan(one, &limits, allowed, NULL) == 0,
	   "protobuf, %s: at the limit it is accepted", one->claim);
}

/* --- what only protobuf has ---------------------------------------------- */

static void make_connection(struct cxa_buffer *out)
{
	Cxa__Connection connection = CXA__CONNECTION__INIT;

	cxa_buffer_reset(out);
	connection.id = 1;
	connection.connection_type = CXA__CONNECTION_TYPE__VALUE__Semantic;
	cxa_wire_pack(&connection.base, out, NULL);
}

static int scan_connection(const struct cxa_buffer *bytes,
			   struct cxa_wire_stats *stats,
			   struct cxa_error *error)
{
	return cxa_wire_scan(cxa_message_type_of(
				     &cxa__connection__descriptor),
			     bytes->data, bytes->size, NULL, stats, error);
}

/* Fields 100: @count of them, or one of @size bytes, its own tag included. */
static void add_unknown(struct cxa_buffer *out, size_t count, size_t size)
{
	static const uint8_t number[] = { 0xa0, 0x06, 0x00 };
	static const uint8_t bytes[] = { 0xa2, 0x06 };
	uint8_t *room;

	for (size_t i = 0; i < count; i++)
		cxa_buffer_append(out, number, sizeof(number));
	if (size == 0)
		return;
	cxa_buffer_append(out, bytes, sizeof(bytes));
	size -= sizeof(bytes) + cxa_varint_size(size);
	room = cxa_buffer_room(out, size + 10);
	out->size = (size_t)(cxa_varint_put(room, size) - out->data) + size;
	memset(out->data + out->size - size, 0, size);
}

static void unknown_fields_have_limits(void)
{
	static const struct {
		const char *claim;
		size_t limit;
		size_t count; /* at the limit; 0: does not count */
		size_t size;
	} rows[] = {
		{ "fields that are not known", CXA_LIMIT(unknown_fields), 1024,
		  0 },
		{ "bytes of fields that are not known",
		  CXA_LIMIT(unknown_bytes), 0, 65536 },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct cxa_wire_stats stats = { 0 };
		struct cxa_error error = CXA_ERROR_INIT;
		struct cxa_buffer bytes = { 0 };

		make_connection(&bytes);
		add_unknown(&bytes, rows[i].count + (rows[i].count != 0),
			    rows[i].size + (rows[i].size != 0));
		ok(scan_connection(&bytes, &stats, &error) == CXA_ERR_LIMIT,
		   "%s: one past the limit is refused", rows[i].claim);
		is_told(&error, rows[i].claim, "Connection", rows[i].limit,
			rows[i].count + rows[i].size);
		make_connection(&bytes);
		add_unknown(&bytes, rows[i].count, rows[i].size);
		stats = (struct cxa_wire_stats){ 0 };
		ok(scan_connection(&bytes, &stats, NULL) == 0,
		   "%s: at the limit they are accepted", rows[i].claim);
		cxa_buffer_release(&bytes);
	}
}

/* Records are counted together: all but one have been seen before. */
static void batches_have_limits(void)
{
	const struct cxa_limits *limits = cxa_limits_default();
	struct cxa_wire_stats one = { 0 };
	struct cxa_wire_stats stats;
	struct cxa_error error = CXA_ERROR_INIT;
	struct cxa_error again = CXA_ERROR_INIT;
	struct cxa_buffer bytes = { 0 };

	make_connection(&bytes);
	scan_connection(&bytes, &one, NULL);
	stats = (struct cxa_wire_stats){
		.fields = limits->fields - one.fields + 1 };
	is_int(scan_connection(&bytes, &stats, &error), CXA_ERR_LIMIT,
	       "a batch of one field more than the limit is refused");
	is_told(&error, "fields", "Connection", CXA_LIMIT(fields),
		limits->fields);
	stats.fields = limits->fields - one.fields;
	stats.decode_bytes = 0;
	is_int(scan_connection(&bytes, &stats, NULL), 0,
	       "one of as many as the limit is accepted");
	stats = (struct cxa_wire_stats){
		.decode_bytes = limits->decode_bytes - one.decode_bytes + 1 };
	is_int(scan_connection(&bytes, &stats, &again), CXA_ERR_LIMIT,
	       "a batch that takes a byte more to decode is refused");
	is_told(&again, "decode-bytes", "Connection", CXA_LIMIT(decode_bytes),
		limits->decode_bytes);
	stats.fields = 0;
	stats.decode_bytes = limits->decode_bytes - one.decode_bytes;
	is_int(scan_connection(&bytes, &stats, NULL), 0,
	       "one that takes as much as the limit is accepted");
	cxa_buffer_release(&bytes);
}

/* A change whose JSON has so many brackets around nothing. */
static int encode_nested(size_t levels, struct cxa_error *error)
{
	Cxa__UpdateConnection change = CXA__UPDATE_CONNECTION__INIT;
	struct cxa_buffer out = { 0 };
	int status;

	change.changes_json.len = 2 * levels;
	change.changes_json.data = malloc(2 * levels);
	memset(change.changes_json.data, '[', levels);
	memset(change.changes_json.data + levels, ']', levels);
	status = cxa_json_encode(&change.base, false, NULL, &out, error);
	cxa_buffer_release(&out);
	free(change.changes_json.data);
	return status;
}

/* No --limit is for these: what was read with a higher one can be written. */
static void json_in_records_has_a_depth(void)
{
	struct cxa_error error = CXA_ERROR_INIT;

	is_int(encode_nested(65537, &error), CXA_ERR_CORRUPT,
	       "JSON of a record that nests 65,537 deep is refused");
	like(error.message, "65537 levels, over the limit json-depth of 65536",
	     "and why is told");
	is_int(encode_nested(65536, NULL), 0, "65,536 deep it is written");
}

int main(void)
{
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		json_keeps(&cases[i]);
		if (!cases[i].json_only)
			protobuf_keeps(&cases[i]);
	}
	unknown_fields_have_limits();
	batches_have_limits();
	json_in_records_has_a_depth();
	return done_testing();
}
