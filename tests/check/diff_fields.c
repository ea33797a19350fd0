/* diff_fields.c - which fields of a changed record are told, and how */
#include <math.h>

#include "store.h"

static struct cxa_context *context;

/* Two records of @collection, compared: the line that tells of them. */
static const char *fields_of(enum cxa_collection collection,
			     const ProtobufCMessage *a,
			     const ProtobufCMessage *b)
{
	static char line[300];
	const struct seen *seen;
	struct store before;
	struct store after;

	store_init(&before);
	store_init(&after);
	store_add(&before, collection, a);
	store_add(&after, collection, b);
	seen = compare_stores(context, &before, &after);
	put_line(line, "%s",
		 seen->status < 0 ? seen->error.message : seen->lines[0]);
	store_release(&before);
	store_release(&after);
	return line;
}

static Cxa__Connection connection(float weight, double last_activated)
{
	Cxa__Connection made = CXA__CONNECTION__INIT;

	made.id = 1;
	made.connection_type = CXA__CONNECTION_TYPE__VALUE__Causal;
	made.weight = weight;
	made.last_activated = last_activated;
	return made;
}

static void numbers_are_told_exactly(void)
{
	static const struct {
		float a;
		float b;
		const char *line;
	} cases[] = {
		{ 0.5f, 0.7f, "changed connection 1; weight 0.5 -> 0.7" },
		{ 0.0f, -0.0f, "changed connection 1; weight 0.0 -> -0.0" },
		{ 1.0f, 1.0000001f,
		  "changed connection 1; weight 1.0 -> 1.0000001" },
		{ 0.0f, NAN, "changed connection 1; weight 0.0 -> \"NaN\"" },
		{ INFINITY, -INFINITY, "changed connection 1; weight "
		  "\"Infinity\" -> \"-Infinity\"" },
	};
	Cxa__Connection a;
	Cxa__Connection b;
	uint32_t bits = 0x7fc00001;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		a = connection(cases[i].a, 0);
		b = connection(cases[i].b, 0);
		is_str(fields_of(CXA_CONNECTIONS, &a.base, &b.base),
		       cases[i].line, cases[i].line + 22);
	}
	a = connection(NAN, 0);
	b = connection(0, 0);
	memcpy(&b.weight, &bits, sizeof(bits));
	is_str(fields_of(CXA_CONNECTIONS, &a.base, &b.base),
	       "changed connection 1; weight \"NaN\" -> \"NaN:7fc00001\"",
	       "two that are both no number are told apart");
	a = connection(0, 1e300);
	b = connection(0, (double)INFINITY);
	is_str(fields_of(CXA_CONNECTIONS, &a.base, &b.base),
	       "changed connection 1; last_activated 1e300 -> \"Infinity\"",
	       "as are doubles");
}

/* A column with the neighbours that stand in @ids as digits. */
static const char *neighbours(const char *before, const char *after)
{
	static uint64_t ids[2][10];
	Cxa__Column columns[2];
	Cxa__ColumnState state = CXA__COLUMN_STATE__INIT;
	Cxa__ColumnPosition positions[2];
	Cxa__ColumnConnections connections = CXA__COLUMN_CONNECTIONS__INIT;
	Cxa__PerformanceMetrics metrics = CXA__PERFORMANCE_METRICS__INIT;
	const char *texts[2] = { before, after };
	const char *line;

	for (int i = 0; i < 2; i++) {
		cxa__column__init(&columns[i]);
		cxa__column_position__init(&positions[i]);
		columns[i].state = &state;
		columns[i].position = &positions[i];
		columns[i].connections = &connections;
		columns[i].performance_metrics = &metrics;
		positions[i].neighbors = ids[i];
		for (const char *at = texts[i]; *at != '\0'; at++)
			ids[i][positions[i].n_neighbors++] =
				(uint64_t)(*at - '0');
	}
	line = fields_of(CXA_COLUMNS, &columns[0].base, &columns[1].base);
	return strlen(line) > 18 ? line + 18 : line;
}

static void list_elements_are_matched(void)
{
	static const struct {
		const char *a;
		const char *b;
		const char *line;
		const char *claim;
	} cases[] = {
		{ "123", "1923", "position.neighbors[1] none -> 9",
		  "an element put in is one change" },
		{ "123", "13", "position.neighbors[1] 2 -> none",
		  "so is one taken out" },
		{ "123", "193", "position.neighbors[1] 2 -> 9",
		  "and one changed" },
		{ "", "1", "position.neighbors[0] none -> 1",
		  "an empty list gets its first" },
		{ "11", "111", "position.neighbors[2] none -> 1",
		  "repeats are matched" },
		{ "12", "345", "position.neighbors[0] 1 -> 3; "
		  "position.neighbors[1] 2 -> 4; "
		  "position.neighbors[2] none -> 5",
		  "where nothing is alike, position by position" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		is_str(neighbours(cases[i].a, cases[i].b), cases[i].line,
		       cases[i].claim);
}

static void vectors_are_told_by_numbers(void)
{
	static float floats[][4] = { { 1, 2, 3, 4 }, { 1, 2.5f, 3, 5 },
				     { 1, NAN, 3, 4 } };
	Cxa__Embedding a = CXA__EMBEDDING__INIT;
	Cxa__Embedding b = CXA__EMBEDDING__INIT;
	Cxa__Embeddings vectors[2] = { CXA__EMBEDDINGS__INIT,
				       CXA__EMBEDDINGS__INIT };

	a.embeddings = &vectors[0];
	b.embeddings = &vectors[1];
	vectors[0].semantic_vector = floats[0];
	vectors[0].n_semantic_vector = 4;
	vectors[1].semantic_vector = floats[1];
	vectors[1].n_semantic_vector = 4;
	is_str(fields_of(CXA_EMBEDDINGS, &a.base, &b.base),
	       "changed embedding 0; embeddings.semantic_vector "
	       "4/4 floats, 2 differ by 1",
	       "how many floats differ, and the largest difference");
	vectors[1].n_semantic_vector = 1;
	is_str(fields_of(CXA_EMBEDDINGS, &a.base, &b.base),
	       "changed embedding 0; embeddings.semantic_vector "
	       "4/1 floats, 3 differ by 0",
	       "what one has more of counts as differing");
	vectors[1].n_semantic_vector = 4;
	vectors[1].semantic_vector = floats[2];
	is_str(fields_of(CXA_EMBEDDINGS, &a.base, &b.base),
	       "changed embedding 0; embeddings.semantic_vector "
	       "4/4 floats, 1 differ by 0",
	       "what is no number differs by no amount");
}

/* --- JSON that is not known ----------------------------------------------- */

static const char *extensions_of(const char *before, const char *after)
{
	Cxa__Connection a = connection(0, 0);
	Cxa__Connection b = connection(0, 0);
	const char *line;

	a.has_extensions = before != NULL;
	b.has_extensions = after != NULL;
	if (before != NULL)
		a.extensions = text(before);
	if (after != NULL)
		b.extensions = text(after);
	line = fields_of(CXA_CONNECTIONS, &a.base, &b.base);
	return strncmp(line, "changed", 7) == 0 ? line + 22 : line;
}

static void unknown_members_are_compared(void)
{
	static const struct {
		const char *a;
		const char *b;
		const char *line;
		const char *claim;
	} cases[] = {
		{ NULL, "{\"x\":1}", "x none -> 1", "a member is added" },
		{ "{\"x\":1}", NULL, "x 1 -> none", "or removed" },
		{ "{\"x\":1}", "{\"x\":\"1\"}", "x 1 -> \"1\"", "or changed" },
		{ "{\"x\":{\"y\":[1,{\"z\":true}]}}",
		  "{\"x\":{\"y\":[1,{\"z\":null}]}}", "x.y[1].z true -> null",
		  "deep within, too" },
		{ "{\"x\":[1,2,3]}", "{\"x\":[1,3]}", "x[1] 2 -> none",
		  "lists are matched" },
		{ "{\"x\":[[],{}]}", "{\"x\":[[],{},\"\"]}",
		  "x[2] none -> \"\"", "empty values are values" },
		{ "{\"x\":{}}", "{\"x\":[]}", "x {} -> []",
		  "an object is no list" },
		{ "{\"a\":1,\"b\":2}", "{\"b\":3,\"a\":1}", "b 2 -> 3",
		  "the order of members does not hide what differs" },
		{ "{\"a\":1,\"b\":2}", "{\"b\":2,\"a\":1}",
		  "extensions {\"a\":1,\"b\":2} -> {\"b\":2,\"a\":1}",
		  "but is told where nothing else differs" },
		{ "{\"x\":{\"a\":1,\"b\":2}}", "{\"x\":{\"b\":2,\"a\":1}}",
		  "x {\"a\":1,\"b\":2} -> {\"b\":2,\"a\":1}",
		  "as deep as it is" },
		{ "{\"x\":1}", "{ \"x\":1}",
		  "extensions {\"x\":1} -> { \"x\":1}", "so are blanks" },
		{ NULL, "{}", "extensions none -> {}", "and having none" },
		{ "{\"a.b\":1}", "{\"a.b\":2}", "[\"a.b\"] 1 -> 2",
		  "a name with a dot is quoted" },
		{ "{\"x\":{\"\":1}}", "{\"x\":{\"\":2}}", "x[\"\"] 1 -> 2",
		  "so is an empty one" },
		{ "{\"q\\\"]\":1}", "{\"q\\\"]\":2}", "[\"q\\\"]\"] 1 -> 2",
		  "and one that holds a quote" },
		{ "{\"x\":\"a]}\\\\\"}", "{\"x\":\"a]}\\\"\"}",
		  "x \"a]}\\\\\" -> \"a]}\\\"\"",
		  "brackets in strings are no brackets" },
		{ "{\"x\":1", "{\"x\":2}",
		  "connection 1: the value ends too early (line 1, column 7)",
		  "what is no JSON is refused, with its record" },
		{ "[1]", "{\"x\":2}",
		  "connection 1: members that are no object",
		  "as is what is no object" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		is_str(extensions_of(cases[i].a, cases[i].b), cases[i].line,
		       cases[i].claim);
}

static void the_side_at_fault_is_told(void)
{
	Cxa__Connection sound = connection(0, 0);
	Cxa__Connection broken = connection(0, 0);
	struct store a;
	struct store b;

	broken.has_extensions = true;
	broken.extensions = text("{");
	store_init(&a);
	store_init(&b);
	store_add(&a, CXA_CONNECTIONS, &sound.base);
	store_add(&b, CXA_CONNECTIONS, &broken.base);
	is_int(compare_stores(context, &a, &b)->summary.fault, 2,
	       "a record that holds no JSON is the second's fault");
	is_int(compare_stores(context, &b, &a)->summary.fault, 1,
	       "or the first's");
	store_release(&a);
	store_release(&b);
}

/* Nested @depth times around @inner. */
static char *nested(unsigned depth, const char *inner)
{
	char *json = malloc(5 * (size_t)depth + strlen(inner) +
			    depth + 20);
	char *at = json;

	at += sprintf(at, "{\"x\":");
	for (unsigned i = 0; i < depth; i++)
		*at++ = '[';
	at += sprintf(at, "%s", inner);
	for (unsigned i = 0; i < depth; i++)
		*at++ = ']';
	strcpy(at, "}");
	return json;
}

static void depth_has_a_bound(void)
{
	char *a = nested(20000, "1");
	char *b = nested(20000, "2");
	const char *line = extensions_of(a, b);
	size_t steps = 0;

	for (const char *at = strstr(line, "[0]"); at != NULL;
	     at = strstr(at + 1, "[0]"))
		steps++;
	ok(strncmp(line, "x[0][0]", 7) == 0 && steps == 64,
	   "what is nested deeper than 64 is compared as text, after %zu steps",
	   steps);
	free(a);
	free(b);
}

static void fields_of_a_later_schema_are_compared(void)
{
	static uint8_t bytes[] = { 1, 2 };
	ProtobufCMessageUnknownField one = {
		200, PROTOBUF_C_WIRE_TYPE_VARINT, 1, bytes };
	ProtobufCMessageUnknownField other = {
		201, PROTOBUF_C_WIRE_TYPE_VARINT, 1, bytes + 1 };
	Cxa__Connection a = connection(0, 0);
	Cxa__Connection b = connection(0, 0);

	b.base.n_unknown_fields = 1;
	b.base.unknown_fields = &one;
	is_str(fields_of(CXA_CONNECTIONS, &a.base, &b.base),
	       "changed connection 1; #200 none -> \"01\"",
	       "a field that is not known is told by its number");
	a.base.n_unknown_fields = 1;
	a.base.unknown_fields = &other;
	is_str(fields_of(CXA_CONNECTIONS, &a.base, &b.base),
	       "changed connection 1; #200 none -> \"01\"; "
	       "#201 \"02\" -> none", "and matched by it");
	other.tag = 200;
	is_str(fields_of(CXA_CONNECTIONS, &a.base, &b.base),
	       "changed connection 1; #200 \"02\" -> \"01\"",
	       "and its bytes are compared");
}

static void kinds_of_operations_are_told(void)
{
	Cxa__SyncEntry entries[2];
	Cxa__SyncOperation operations[2];
	Cxa__DeleteConcept concept = CXA__DELETE_CONCEPT__INIT;
	Cxa__DeleteConnection edge = CXA__DELETE_CONNECTION__INIT;

	for (int i = 0; i < 2; i++) {
		cxa__sync_entry__init(&entries[i]);
		cxa__sync_operation__init(&operations[i]);
		entries[i].operation = &operations[i];
		entries[i].status = CXA__SYNC_STATUS__VALUE__Pending;
		entries[i].priority = CXA__SYNC_PRIORITY__VALUE__Low;
	}
	operations[0].kind_case = CXA__SYNC_OPERATION__KIND_DELETE_CONCEPT;
	operations[0].delete_concept = &concept;
	operations[1].kind_case = CXA__SYNC_OPERATION__KIND_DELETE_CONNECTION;
	operations[1].delete_connection = &edge;
	is_str(fields_of(CXA_SYNC_QUEUE, &entries[0].base, &entries[1].base),
	       "changed sync entry 0; operation.DeleteConcept "
	       "{\"concept_id\":0,\"timestamp\":0.0} -> none; "
	       "operation.DeleteConnection none -> "
	       "{\"connection_id\":0,\"timestamp\":0.0}",
	       "an operation of another kind is one less and one more");
}

int main(void)
{
	cxa_context_open(&context, NULL, NULL);
	unknown_members_are_compared();
	the_side_at_fault_is_told();
	depth_has_a_bound();
	fields_of_a_later_schema_are_compared();
	numbers_are_told_exactly();
	list_elements_are_matched();
	vectors_are_told_by_numbers();
	kinds_of_operations_are_told();
	cxa_context_close(context);
	return done_testing();
}
