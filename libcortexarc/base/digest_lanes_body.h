/* digest_lanes_body.h - the lanes' code; included once for each width */
/*
 * Before: LANES, TARGET (a function attribute) and NAME. RFC 7693 gives the
 * function, the constants and the message schedule.
 */
typedef uint64_t vector __attribute__((vector_size(8 * LANES)));

enum { BLOCK = 128, WORDS = 16, ROUNDS = 12, IDLE = -1 };

/* The state of LANES messages at once: word i of lane l is h[i][l]. */
struct lanes {
	vector h[8];
	uint64_t counter[LANES];
	const uint8_t *next[LANES];  /* of what is not hashed yet */
	size_t left[LANES];
	long span[LANES];            /* which one; IDLE: none */
	bool done[LANES];            /* its last block is hashed */
	uint8_t last[LANES][BLOCK];  /* a span's end, padded */
};

static const uint64_t iv[8] = {
	UINT64_C(0x6a09e667f3bcc908), UINT64_C(0xbb67ae8584caa73b),
	UINT64_C(0x3c6ef372fe94f82b), UINT64_C(0xa54ff53a5f1d36f1),
	UINT64_C(0x510e527fade682d1), UINT64_C(0x9b05688c2b3e6c1f),
	UINT64_C(0x1f83d9abfb41bd6b), UINT64_C(0x5be0cd19137e2179),
};

static const uint8_t sigma[ROUNDS][WORDS] = {
	{ 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15 },
	{ 14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3 },
	{ 11, 8, 12, 0, 5, 2, 15, 13, 10, 14, 3, 6, 7, 1, 9, 4 },
	{ 7, 9, 3, 1, 13, 12, 11, 14, 2, 6, 5, 10, 4, 0, 15, 8 },
	{ 9, 0, 5, 7, 2, 4, 10, 15, 14, 1, 11, 12, 6, 8, 3, 13 },
	{ 2, 12, 6, 10, 0, 11, 8, 3, 4, 13, 7, 5, 15, 14, 1, 9 },
	{ 12, 5, 1, 15, 14, 13, 4, 10, 0, 7, 6, 3, 9, 2, 8, 11 },
	{ 13, 11, 7, 14, 12, 1, 3, 9, 5, 0, 15, 4, 8, 6, 2, 10 },
	{ 6, 15, 14, 9, 11, 3, 0, 8, 12, 2, 13, 7, 1, 4, 10, 5 },
	{ 10, 2, 8, 4, 7, 6, 1, 5, 15, 11, 9, 14, 3, 12, 13, 0 },
	{ 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15 },
	{ 14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3 },
};

#define ROTATE(x, n) (((x) >> (n)) | ((x) << (64 - (n))))
#define MIX(a, b, c, d, x, y)                                                 \
	do {                                                                  \
		(a) += (b) + (x);                                             \
		(d) = ROTATE((d) ^ (a), 32);                                  \
		(c) += (d);                                                   \
		(b) = ROTATE((b) ^ (c), 24);                                  \
		(a) += (b) + (y);                                             \
		(d) = ROTATE((d) ^ (a), 16);                                  \
		(c) += (d);                                                   \
		(b) = ROTATE((b) ^ (c), 63);                                  \
	} while (0)
#define ROUND(r)                                                              \
	do {                                                                  \
		MIX(v0, v4, v8, v12, m[sigma[r][0]], m[sigma[r][1]]);         \
		MIX(v1, v5, v9, v13, m[sigma[r][2]], m[sigma[r][3]]);         \
		MIX(v2, v6, v10, v14, m[sigma[r][4]], m[sigma[r][5]]);        \
		MIX(v3, v7, v11, v15, m[sigma[r][6]], m[sigma[r][7]]);        \
		MIX(v0, v5, v10, v15, m[sigma[r][8]], m[sigma[r][9]]);        \
		MIX(v1, v6, v11, v12, m[sigma[r][10]], m[sigma[r][11]]);      \
		MIX(v2, v7, v8, v13, m[sigma[r][12]], m[sigma[r][13]]);       \
		MIX(v3, v4, v9, v14, m[sigma[r][14]], m[sigma[r][15]]);       \
	} while (0)

/* One block of every lane. @final has all bits set where it is the last. */
TARGET static inline __attribute__((always_inline)) void
compress(vector h[8], const uint8_t *const blocks[LANES], vector counter,
	 vector final)
{
	vector m[WORDS];

	for (int i = 0; i < WORDS; i++) {
		for (int lane = 0; lane < LANES; lane++) {
			uint64_t word;

			memcpy(&word, blocks[lane] + 8 * i, 8);
			m[i][lane] = word;
		}
	}
	vector zero = h[0] ^ h[0];
	vector v0 = h[0], v1 = h[1], v2 = h[2], v3 = h[3];
	vector v4 = h[4], v5 = h[5], v6 = h[6], v7 = h[7];
	vector v8 = zero + iv[0], v9 = zero + iv[1];
	vector v10 = zero + iv[2], v11 = zero + iv[3];
	vector v12 = counter ^ iv[4], v13 = zero + iv[5];
	vector v14 = final ^ iv[6], v15 = zero + iv[7];

	ROUND(0);
	ROUND(1);
	ROUND(2);
	ROUND(3);
	ROUND(4);
	ROUND(5);
	ROUND(6);
	ROUND(7);
	ROUND(8);
	ROUND(9);
	ROUND(10);
	ROUND(11);
	h[0] ^= v0 ^ v8;
	h[1] ^= v1 ^ v9;
	h[2] ^= v2 ^ v10;
	h[3] ^= v3 ^ v11;
	h[4] ^= v4 ^ v12;
	h[5] ^= v5 ^ v13;
	h[6] ^= v6 ^ v14;
	h[7] ^= v7 ^ v15;
}

/* Blocks that are the last of no lane. */
TARGET static void run_blocks(struct lanes *lanes, size_t count)
{
	const uint8_t *blocks[LANES];
	vector counter;
	vector final;

	for (int lane = 0; lane < LANES; lane++) {
		blocks[lane] = lanes->next[lane];
		counter[lane] = lanes->counter[lane];
		final[lane] = 0;
	}
	for (size_t i = 0; i < count; i++) {
		counter += BLOCK;
		compress(lanes->h, blocks, counter, final);
		for (int lane = 0; lane < LANES; lane++)
			blocks[lane] += BLOCK;
	}
	for (int lane = 0; lane < LANES; lane++) {
		if (lanes->span[lane] == IDLE)
			continue;
		lanes->next[lane] += count * BLOCK;
		lanes->left[lane] -= count * BLOCK;
		lanes->counter[lane] += count * BLOCK;
	}
}

/* The block a lane hashes next; *@is_last: padded, because it is the span's end. */
static const uint8_t *next_block(struct lanes *lanes, int lane, bool *is_last)
{
	size_t left = lanes->left[lane];

	*is_last = lanes->span[lane] != IDLE && left <= BLOCK;
	if (lanes->span[lane] != IDLE && !*is_last)
		return lanes->next[lane];
	memset(lanes->last[lane], 0, BLOCK);
	if (*is_last && left != 0)
		memcpy(lanes->last[lane], lanes->next[lane], left);
	return lanes->last[lane];
}

/* One block of every lane; lanes whose last it was are done. */
TARGET static void run_last(struct lanes *lanes)
{
	const uint8_t *blocks[LANES];
	vector counter;
	vector final;

	for (int lane = 0; lane < LANES; lane++) {
		bool is_last;
		size_t size = BLOCK;

		blocks[lane] = next_block(lanes, lane, &is_last);
		if (is_last)
			size = lanes->left[lane];
		if (lanes->span[lane] != IDLE) {
			lanes->next[lane] += size;
			lanes->left[lane] -= size;
			lanes->counter[lane] += size;
		}
		lanes->done[lane] = is_last;
		final[lane] = is_last ? UINT64_MAX : 0;
		counter[lane] = lanes->counter[lane];
	}
	compress(lanes->h, blocks, counter, final);
}

TARGET static void begin(struct lanes *lanes, int lane,
			 const struct cxa_span *span, long number)
{
	for (int i = 0; i < 8; i++)
		lanes->h[i][lane] = iv[i];
	/* Parameter block: digest length 32, no key, fanout 1, depth 1. */
	lanes->h[0][lane] ^= UINT64_C(0x01010020);
	lanes->counter[lane] = 0;
	lanes->next[lane] = span->size == 0 ? lanes->last[lane] : span->data;
	lanes->left[lane] = span->size;
	lanes->span[lane] = number;
	lanes->done[lane] = false;
}

TARGET static void finish(struct lanes *lanes, int lane, struct cxa_digest *out)
{
	for (int i = 0; i < 4; i++) {
		uint64_t word = lanes->h[i][lane];

		memcpy(out->bytes + 8 * i, &word, 8);
	}
}

/* Whole blocks that every busy lane has before its last one. */
static size_t common_blocks(const struct lanes *lanes)
{
	size_t least = SIZE_MAX;

	for (int lane = 0; lane < LANES; lane++) {
		size_t left = lanes->left[lane];
		size_t blocks = left == 0 ? 0 : (left - 1) / BLOCK;

		if (lanes->span[lane] != IDLE && blocks < least)
			least = blocks;
	}
	return least;
}

/* An idle lane hashes what a busy one does, and nobody looks at it. */
static int fill_idle(struct lanes *lanes)
{
	int busy = IDLE;

	for (int lane = 0; lane < LANES; lane++)
		if (lanes->span[lane] != IDLE)
			busy = lane;
	for (int lane = 0; lane < LANES && busy != IDLE; lane++)
		if (lanes->span[lane] == IDLE)
			lanes->next[lane] = lanes->next[busy];
	return busy;
}

TARGET void NAME(const struct cxa_span *spans, size_t count,
		 struct cxa_digest *out)
{
	struct lanes lanes = { 0 };
	size_t given = 0;
	size_t blocks;

	for (int lane = 0; lane < LANES; lane++)
		lanes.span[lane] = IDLE;
	for (;;) {
		for (int lane = 0; lane < LANES; lane++) {
			if (lanes.span[lane] != IDLE || given == count)
				continue;
			begin(&lanes, lane, &spans[given], (long)given);
			given++;
		}
		if (fill_idle(&lanes) == IDLE)
			return;
		blocks = common_blocks(&lanes);
		if (blocks != 0)
			run_blocks(&lanes, blocks);
		run_last(&lanes);
		for (int lane = 0; lane < LANES; lane++) {
			if (!lanes.done[lane])
				continue;
			lanes.done[lane] = false;
			finish(&lanes, lane, &out[lanes.span[lane]]);
			lanes.span[lane] = IDLE;
		}
	}
}
