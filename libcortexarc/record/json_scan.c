/* json_scan.c - where does a JSON value end? 64 bytes at a time, as bit sets */
#include "record/json_scan.h"

#include <string.h>

#include "base/bytes.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

enum { BLOCK = 64 };

/* Sets of the bytes of a block: bit i is byte i. */
struct block {
	uint64_t quotes;
	uint64_t backslashes;
	uint64_t opens;
	uint64_t closes;
};

/*
 * Of brackets only the kind matters, not the shape: 0x5b [ and 0x7b {, 0x5d ]
 * and 0x7d } are apart by bit 5.
 */
#ifdef __SSE2__
/* Unrolled by hand: gcc -O2 does not, and loops cost half the speed here. */
struct lanes {
	__m128i a, b, c, d;
};

static inline __m128i load_lane(const uint8_t *p)
{
	return _mm_loadu_si128((const __m128i *)(const void *)p);
}

static inline struct lanes load_lanes(const uint8_t *p)
{
	return (struct lanes){ load_lane(p), load_lane(p + 16),
			       load_lane(p + 32), load_lane(p + 48) };
}

static inline struct lanes fold(struct lanes lanes)
{
	__m128i bit = _mm_set1_epi8(0x20);

	return (struct lanes){
		_mm_or_si128(lanes.a, bit), _mm_or_si128(lanes.b, bit),
		_mm_or_si128(lanes.c, bit), _mm_or_si128(lanes.d, bit) };
}

static inline uint64_t lane_equal(__m128i lane, __m128i byte)
{
	return (unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(lane, byte));
}

static inline uint64_t equal(struct lanes lanes, char byte)
{
	__m128i bytes = _mm_set1_epi8(byte);

	return lane_equal(lanes.a, bytes) | lane_equal(lanes.b, bytes) << 16 |
	       lane_equal(lanes.c, bytes) << 32 |
	       lane_equal(lanes.d, bytes) << 48;
}

/* A quote; or, folded, one of 0x7b { 0x7c \\ 0x7d }, and | by the way. */
static inline __m128i suspects(__m128i lane, __m128i folded)
{
	__m128i offset = _mm_sub_epi8(folded, _mm_set1_epi8('{'));
	__m128i near = _mm_min_epu8(offset, _mm_set1_epi8(2));

	return _mm_or_si128(_mm_cmpeq_epi8(lane, _mm_set1_epi8('"')),
			    _mm_cmpeq_epi8(near, offset));
}

/* Return: false when the block holds none of the bytes that matter. */
static inline bool classify(struct block *block, const uint8_t *p)
{
	struct lanes lanes = load_lanes(p);
	struct lanes folded = fold(lanes);
	__m128i any = _mm_or_si128(
		_mm_or_si128(suspects(lanes.a, folded.a),
			     suspects(lanes.b, folded.b)),
		_mm_or_si128(suspects(lanes.c, folded.c),
			     suspects(lanes.d, folded.d)));

	if (_mm_movemask_epi8(any) == 0)
		return false;
	block->quotes = equal(lanes, '"');
	block->backslashes = equal(lanes, '\\');
	block->opens = equal(folded, '{');
	block->closes = equal(folded, '}');
	return true;
}
#else
/* The bytes of @word that are @byte, as eight bits. */
static inline uint64_t equal(uint64_t word, char byte)
{
	const uint64_t low = UINT64_C(0x7f7f7f7f7f7f7f7f);
	uint64_t other = word ^ UINT64_C(0x0101010101010101) * (uint8_t)byte;
	uint64_t zero = ~(((other & low) + low) | other | low);

	return (zero >> 7) * UINT64_C(0x0102040810204080) >> 56;
}

static inline bool classify(struct block *block, const uint8_t *p)
{
	*block = (struct block){ 0 };
	for (int i = 0; i < BLOCK; i += 8) {
		uint64_t word = cxa_load64(p + i);
		uint64_t folded = word | UINT64_C(0x2020202020202020);

		block->quotes |= equal(word, '"') << i;
		block->backslashes |= equal(word, '\\') << i;
		block->opens |= equal(folded, '{') << i;
		block->closes |= equal(folded, '}') << i;
	}
	return (block->quotes | block->backslashes | block->opens |
		block->closes) != 0;
}
#endif

/* The bytes with an odd run of backslashes before them. */
static uint64_t find_escaped(struct cxa_json_scan *scan, uint64_t backslashes,
			     size_t size)
{
	uint64_t escaped = scan->escaped;
	bool beyond = false;

	backslashes &= ~escaped;
	while (backslashes != 0) {
		uint64_t lowest = backslashes & -backslashes;

		escaped |= lowest << 1;
		beyond = lowest >> 63;
		backslashes &= ~(lowest | lowest << 1);
	}
	scan->escaped = size < BLOCK ? escaped >> size & 1 : beyond;
	return escaped;
}

/* Each bit becomes the parity of those up to it: 1 from an opening quote on. */
static uint64_t prefix_parity(uint64_t bits)
{
	for (int shift = 1; shift < 64; shift *= 2)
		bits ^= bits << shift;
	return bits;
}

static size_t behind_lowest(uint64_t bits)
{
	return (size_t)__builtin_ctzll(bits) + 1;
}

/* Return: bytes up to where the value ends, 0: it does not. */
static size_t scan_block(struct cxa_json_scan *scan, const uint8_t *p,
			 size_t size)
{
	struct block block;
	uint64_t strings = scan->in_string ? UINT64_MAX : 0;
	uint64_t brackets;

	if (!classify(&block, p)) {
		scan->escaped = false;
		return 0;
	}
	if ((block.backslashes != 0) | scan->escaped)
		block.quotes &= ~find_escaped(scan, block.backslashes, size);
	if (block.quotes != 0) {
		if (scan->depth == 0) /* the value is a string */
			return behind_lowest(block.quotes);
		strings ^= prefix_parity(block.quotes);
		scan->in_string = strings >> 63;
	}
	brackets = (block.opens | block.closes) & ~strings;
	for (; brackets != 0; brackets &= brackets - 1) {
		uint64_t lowest = brackets & -brackets;

		scan->depth += (block.opens & lowest) != 0 ? 1 : UINT32_MAX;
		if (scan->depth == 0)
			return behind_lowest(lowest);
	}
	return 0;
}

/* What is left is looked at in a block of its own: nothing behind is read. */
static size_t scan_rest(struct cxa_json_scan *scan, const uint8_t *p,
			size_t size)
{
	uint8_t rest[BLOCK] = { 0 };

	memcpy(rest, p, size);
	return scan_block(scan, rest, size);
}

static bool ends_scalar(uint8_t byte)
{
	return byte == ',' || byte == ']' || byte == '}' || byte == ' ' ||
	       byte == '\n' || byte == '\r' || byte == '\t';
}

static int scan_scalar(const uint8_t *data, size_t size, size_t *used)
{
	size_t at = 0;

	while (at < size && !ends_scalar(data[at]))
		at++;
	*used = at;
	return at < size;
}

/* Which kind of value begins here? -1: none. */
static int begin(struct cxa_json_scan *scan, uint8_t byte)
{
	scan->scalar = byte == '-' || (byte >= '0' && byte <= '9') ||
		       byte == 't' || byte == 'f' || byte == 'n';
	scan->in_string = byte == '"';
	scan->depth = byte == '{' || byte == '[';
	scan->started = scan->scalar || scan->in_string || scan->depth != 0;
	return scan->started ? 0 : -1;
}

int cxa_json_scan_value(struct cxa_json_scan *scan, const uint8_t *data,
			size_t size, size_t *used)
{
	size_t at = 0;
	size_t end = 0;

	*used = 0;
	if (size == 0)
		return 0;
	if (!scan->started) {
		if (begin(scan, data[0]) < 0)
			return -1;
		at = 1;
	}
	if (scan->scalar)
		return scan_scalar(data, size, used);
	for (; size - at >= BLOCK && end == 0; at += BLOCK)
		end = scan_block(scan, data + at, BLOCK);
	if (end != 0) {
		*used = at - BLOCK + end;
		return 1;
	}
	if (at < size)
		end = scan_rest(scan, data + at, size - at);
	*used = end != 0 ? at + end : size;
	return end != 0;
}
