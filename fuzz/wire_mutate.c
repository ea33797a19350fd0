/* wire_mutate.c - a protobuf message with one field changed, its lengths mended */
#include "wire_mutate.h"

#include <stdlib.h>

#include "base/wire.h"
#include "target.h"

enum { FIELDS_MAX = 4096, MORE_BYTES = 32, DEPTH_MAX = 6 };

/* A field where it stands, @size bytes with its tag. */
struct piece {
	const uint8_t *start;
	size_t size;
	struct cxa_wire_field field;
};

struct pieces {
	struct piece *list;
	size_t count;
};

static void mutate(struct fuzz_random *random, const uint8_t *data, size_t size,
		   int depth, struct cxa_buffer *out);

/* False: it is no message, or one without fields. */
static bool cut(struct pieces *pieces, const uint8_t *data, size_t size)
{
	const uint8_t *cursor = data;
	const uint8_t *end;

	pieces->count = 0;
	if (size == 0)
		return false;
	end = data + size;
	pieces->list = malloc(FIELDS_MAX * sizeof(*pieces->list));
	while (pieces->list != NULL && cursor != end &&
	       pieces->count < FIELDS_MAX) {
		struct piece *piece = &pieces->list[pieces->count];

		piece->start = cursor;
		if (!cxa_wire_next(&cursor, end, &piece->field))
			break;
		piece->size = (size_t)(cursor - piece->start);
		pieces->count++;
	}
	if (cursor == end && pieces->count != 0)
		return true;
	free(pieces->list);
	return false;
}

void fuzz_bytes_mutate(const uint8_t *data, size_t size, struct cxa_buffer *out)
{
	uint8_t *room = cxa_buffer_room(out, size + MORE_BYTES);

	if (room == NULL)
		return;
	if (size != 0)
		memcpy(room, data, size);
	out->size += LLVMFuzzerMutate(room, size, size + MORE_BYTES);
}

/* --- values ------------------------------------------------------------------ */

static uint64_t boundary(struct fuzz_random *random)
{
	static const uint64_t values[] = {
		0, 1, 2, 127, 128, 255, 256, 65535, 65536, 0x7fffffff,
		0x80000000, 0xffffffff, UINT64_C(0x100000000),
		UINT64_C(0x7fffffffffffffff), UINT64_C(0x8000000000000000),
		UINT64_MAX
	};

	if (fuzz_one_in(random, 3))
		return fuzz_any(random) >> fuzz_below(random, 64);
	return values[fuzz_below(random, sizeof(values) / sizeof(values[0]))];
}

/* Of a float: NaN, infinity, -0, the least there is. */
static uint64_t boundary_float(struct fuzz_random *random, bool is_double)
{
	static const uint32_t floats[] = { 0x7fc00000, 0xffc00001, 0x7f800000,
					   0xff800000, 0x80000000, 1,
					   0x7f7fffff, 0x3f800000 };
	static const uint64_t doubles[] = {
		UINT64_C(0x7ff8000000000000), UINT64_C(0xfff8000000000001),
		UINT64_C(0x7ff0000000000000), UINT64_C(0xfff0000000000000),
		UINT64_C(0x8000000000000000), 1,
		UINT64_C(0x7fefffffffffffff), UINT64_C(0x4277a2a1f3000000)
	};
	uint64_t which = fuzz_below(random, 8);

	return is_double ? doubles[which] : floats[which];
}

static void put_text(struct fuzz_random *random, struct cxa_buffer *out)
{
	static const struct {
		const char *text;
		size_t size;
	} texts[] = {
		{ "", 0 }, { "\0", 1 }, { "x", 1 }, { "\xc3\xa9", 2 },
		{ "\xf0\x9f\x98\x80", 4 }, { "\xed\xa0\x80", 3 },
		{ "\xc0\x80", 2 }, { "\x7f\x1b[2J", 5 }, { "{}", 2 },
		{ "null", 4 }, { "{\"a\":{\"b\":[1e5,-0,\"\\u0000\"]}}", 29 },
		{ "{\"id\":1}", 8 }, { "[[[[[[[[1]]]]]]]]", 17 },
		{ "{\"a\":1,\"a\":1}", 13 }, { "concepts", 8 },
		{ "../../x", 7 },
	};
	uint64_t which = fuzz_below(random, sizeof(texts) / sizeof(texts[0]));
	uint64_t times = fuzz_one_in(random, 16) ? fuzz_below(random, 600) : 1;

	while (times-- != 0)
		cxa_buffer_append(out, texts[which].text, texts[which].size);
}

static void put_tag(struct cxa_buffer *out, uint64_t number, unsigned wire_type)
{
	cxa_varint_append(out, number << 3 | wire_type);
}

static void put_bytes(struct fuzz_random *random,
		      const struct cxa_wire_field *field, int depth,
		      struct cxa_buffer *out)
{
	struct cxa_buffer inner = { 0 };
	uint64_t how = fuzz_below(random, 8);

	if (how == 0)
		put_text(random, &inner);
	else if (how == 1 || depth >= DEPTH_MAX)
		fuzz_bytes_mutate(field->data, (size_t)field->value, &inner);
	else
		mutate(random, field->data, (size_t)field->value, depth + 1,
		       &inner);
	put_tag(out, field->number, field->wire_type);
	cxa_varint_append(out, inner.size);
	cxa_buffer_append(out, inner.data, inner.size);
	cxa_buffer_release(&inner);
}

static void put_value(struct fuzz_random *random, const struct piece *piece,
		      int depth, struct cxa_buffer *out)
{
	const struct cxa_wire_field *field = &piece->field;
	uint64_t value;

	if (field->wire_type == CXA_WIRE_BYTES) {
		put_bytes(random, field, depth, out);
		return;
	}
	put_tag(out, field->number, field->wire_type);
	if (field->wire_type == CXA_WIRE_VARINT) {
		value = fuzz_one_in(random, 4) ? field->value + 1 :
						 boundary(random);
		cxa_varint_append(out, value);
		return;
	}
	value = boundary_float(random, field->wire_type == CXA_WIRE_FIXED64);
	for (size_t i = 0;
	     i < (field->wire_type == CXA_WIRE_FIXED64 ? 8 : 4); i++)
		cxa_buffer_byte(out, (uint8_t)(value >> (8 * i)));
}

/* --- fields ------------------------------------------------------------------ */

static void put(const struct piece *piece, struct cxa_buffer *out)
{
	cxa_buffer_append(out, piece->start, piece->size);
}

/* Its tag is as long as that of any number below 16, or says more. */
static void put_renumbered(struct fuzz_random *random,
			   const struct piece *piece, struct cxa_buffer *out)
{
	size_t tag = cxa_varint_size(piece->field.number << 3);
	unsigned wire_type = fuzz_one_in(random, 4) ?
				     (unsigned)fuzz_below(random, 8) :
				     piece->field.wire_type;

	put_tag(out, 1 + fuzz_below(random, fuzz_one_in(random, 4) ? 1u << 29 :
								     24),
		wire_type);
	cxa_buffer_append(out, piece->start + tag, piece->size - tag);
}

/* A field that no version knows, behind the others. */
static void put_unknown(struct fuzz_random *random, struct cxa_buffer *out)
{
	put_tag(out, 1000 + fuzz_below(random, 9000), CXA_WIRE_VARINT);
	cxa_varint_append(out, boundary(random));
}

static void put_changed(struct fuzz_random *random, const struct pieces *pieces,
			size_t which, int depth, struct cxa_buffer *out)
{
	const struct piece *piece = &pieces->list[which];

	switch (fuzz_below(random, 16)) {
	case 0: /* dropped */
		break;
	case 1:
		put(piece, out);
		put(piece, out);
		break;
	case 2:
		put_renumbered(random, piece, out);
		break;
	case 3: /* another one here */
		put(&pieces->list[fuzz_below(random, pieces->count)], out);
		break;
	default:
		put_value(random, piece, depth, out);
	}
}

static void mutate(struct fuzz_random *random, const uint8_t *data, size_t size,
		   int depth, struct cxa_buffer *out)
{
	struct pieces pieces;
	size_t which;

	if (!cut(&pieces, data, size)) {
		fuzz_bytes_mutate(data, size, out);
		return;
	}
	which = (size_t)fuzz_below(random, pieces.count);
	for (size_t i = 0; i < pieces.count; i++) {
		if (i == which)
			put_changed(random, &pieces, i, depth, out);
		else
			put(&pieces.list[i], out);
	}
	if (fuzz_one_in(random, 32))
		put_unknown(random, out);
	free(pieces.list);
}

void fuzz_wire_mutate(struct fuzz_random *random, const uint8_t *data,
		      size_t size, struct cxa_buffer *out)
{
	mutate(random, data, size, 0, out);
}
