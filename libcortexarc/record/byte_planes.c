/* byte_planes.c - floats into byte planes and back */
#include "record/embedding_columns.h"

#ifdef __SSE2__
#include <emmintrin.h>

enum { STEP = 16 };

static __m128i load(const uint8_t *p)
{
	return _mm_loadu_si128((const void *)p);
}

static void store(uint8_t *p, __m128i value)
{
	_mm_storeu_si128((void *)p, value);
}

static size_t split_steps(const uint8_t *floats, size_t count, uint8_t *planes,
			  size_t stride)
{
	const __m128i low = _mm_set1_epi32(0xff);
	size_t done = 0;

	for (; done + STEP <= count; done += STEP) {
		__m128i a = load(floats + 4 * done);
		__m128i b = load(floats + 4 * done + 16);
		__m128i c = load(floats + 4 * done + 32);
		__m128i d = load(floats + 4 * done + 48);

		for (size_t plane = 0; plane < 4; plane++) {
			__m128i ab = _mm_packs_epi32(_mm_and_si128(a, low),
						     _mm_and_si128(b, low));
			__m128i cd = _mm_packs_epi32(_mm_and_si128(c, low),
						     _mm_and_si128(d, low));

			store(planes + plane * stride + done,
			      _mm_packus_epi16(ab, cd));
			a = _mm_srli_epi32(a, 8);
			b = _mm_srli_epi32(b, 8);
			c = _mm_srli_epi32(c, 8);
			d = _mm_srli_epi32(d, 8);
		}
	}
	return done;
}

static size_t join_steps(const uint8_t *planes, size_t stride, size_t count,
			 uint8_t *floats)
{
	size_t done = 0;

	for (; done + STEP <= count; done += STEP) {
		const uint8_t *p = planes + done;
		__m128i p0 = load(p);
		__m128i p1 = load(p + stride);
		__m128i p2 = load(p + 2 * stride);
		__m128i p3 = load(p + 3 * stride);
		__m128i low01 = _mm_unpacklo_epi8(p0, p1);
		__m128i high01 = _mm_unpackhi_epi8(p0, p1);
		__m128i low23 = _mm_unpacklo_epi8(p2, p3);
		__m128i high23 = _mm_unpackhi_epi8(p2, p3);
		uint8_t *out = floats + 4 * done;

		store(out, _mm_unpacklo_epi16(low01, low23));
		store(out + 16, _mm_unpackhi_epi16(low01, low23));
		store(out + 32, _mm_unpacklo_epi16(high01, high23));
		store(out + 48, _mm_unpackhi_epi16(high01, high23));
	}
	return done;
}
#else
static size_t split_steps(const uint8_t *floats, size_t count, uint8_t *planes,
			  size_t stride)
{
	(void)floats;
	(void)count;
	(void)planes;
	(void)stride;
	return 0;
}

static size_t join_steps(const uint8_t *planes, size_t stride, size_t count,
			 uint8_t *floats)
{
	(void)planes;
	(void)stride;
	(void)count;
	(void)floats;
	return 0;
}
#endif

void cxa_planes_split(const uint8_t *floats, size_t count, uint8_t *planes,
		      size_t stride)
{
	for (size_t i = split_steps(floats, count, planes, stride); i < count;
	     i++)
		for (size_t plane = 0; plane < 4; plane++)
			planes[plane * stride + i] = floats[4 * i + plane];
}

void cxa_planes_join(const uint8_t *planes, size_t stride, size_t count,
		     uint8_t *floats)
{
	for (size_t i = join_steps(planes, stride, count, floats); i < count;
	     i++)
		for (size_t plane = 0; plane < 4; plane++)
			floats[4 * i + plane] = planes[plane * stride + i];
}
