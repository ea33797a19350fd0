/* number_parse.c - JSON numbers, correctly rounded */
#define _GNU_SOURCE 1

#include "record/number.h"

#include <float.h>
#include <locale.h>
#include <math.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

enum {
	DIGITS_MAX = 19,    /* that fit 64 bits */
	POWER_MAX = 22,     /* 10^22 is the largest exact in a double */
	EXPONENT_MAX = 100000,
	QUICK_ROOM = 19,    /* a sign, D., 16 bytes looked at together */
};

#define MANTISSA_MAX (UINT64_C(1) << 53)
#define ASCII_ZEROS UINT64_C(0x3030303030303030)

static const double powers[POWER_MAX + 1] = {
	1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
	1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
	1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
};

#ifdef __SSE2__
static const uint64_t tens[16] = {
	UINT64_C(1), UINT64_C(10), UINT64_C(100), UINT64_C(1000),
	UINT64_C(10000), UINT64_C(100000), UINT64_C(1000000),
	UINT64_C(10000000), UINT64_C(100000000), UINT64_C(1000000000),
	UINT64_C(10000000000), UINT64_C(100000000000),
	UINT64_C(1000000000000), UINT64_C(10000000000000),
	UINT64_C(100000000000000), UINT64_C(1000000000000000),
};
#endif

/* A number's text, taken apart: digits * 10^exponent. */
struct decimal {
	const uint8_t *start;
	const uint8_t *end;
	uint64_t digits;
	int exponent;
	int count;      /* of digits, leading zeros included */
	bool negative;
};

static bool is_digit(uint8_t c)
{
	return (uint8_t)(c - '0') < 10;
}

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
/* Eight digits, as values, the first lowest (Lemire, 2018). */
static uint32_t join_eight(uint64_t word)
{
	word = word * 10 + (word >> 8);
	return (uint32_t)(((word & UINT64_C(0x000000ff000000ff)) *
				   UINT64_C(0x000f424000000064) +
			   (word >> 16 & UINT64_C(0x000000ff000000ff)) *
				   UINT64_C(0x0000271000000001)) >> 32);
}

static bool eight_digits(const uint8_t *p, uint32_t *value)
{
	uint64_t word;

	memcpy(&word, p, 8);
	if (((word & UINT64_C(0xf0f0f0f0f0f0f0f0)) |
	     (((word + UINT64_C(0x0606060606060606)) &
	       UINT64_C(0xf0f0f0f0f0f0f0f0)) >> 4)) !=
	    UINT64_C(0x3333333333333333))
		return false;
	*value = join_eight(word - ASCII_ZEROS);
	return true;
}
#else
static bool eight_digits(const uint8_t *p, uint32_t *value)
{
	*value = 0;
	for (int i = 0; i < 8; i++) {
		if (!is_digit(p[i]))
			return false;
		*value = *value * 10 + (uint32_t)(p[i] - '0');
	}
	return true;
}
#endif

/* Digits from @p on; more than 64 bits hold wrap, which @count tells. */
static const uint8_t *take_digits(struct decimal *decimal, const uint8_t *p,
				  const uint8_t *end)
{
	const uint8_t *start = p;
	uint64_t digits = decimal->digits;
	uint32_t eight;

	while (end - p >= 8 && eight_digits(p, &eight)) {
		digits = digits * 100000000 + eight;
		p += 8;
	}
	while (p != end && is_digit(*p)) {
		digits = digits * 10 + (uint64_t)(*p - '0');
		p++;
	}
	decimal->digits = digits;
	decimal->count += (int)(p - start);
	return p;
}

static const uint8_t *take_exponent(struct decimal *decimal, const uint8_t *p,
				    const uint8_t *end)
{
	bool negative = false;
	int exponent = 0;

	if (p != end && (*p == '+' || *p == '-'))
		negative = *p++ == '-';
	if (p == end || !is_digit(*p))
		return NULL;
	for (; p != end && is_digit(*p); p++)
		if (exponent < EXPONENT_MAX)
			exponent = exponent * 10 + (*p - '0');
	decimal->exponent += negative ? -exponent : exponent;
	return p;
}

/* The grammar of RFC 8259, section 6. */
static int take_apart(struct decimal *decimal, const uint8_t *p,
		      const uint8_t *end)
{
	const uint8_t *point;

	*decimal = (struct decimal){ .start = p };
	if (end - p > CXA_NUMBER_TEXT_MAX + 1)
		end = p + CXA_NUMBER_TEXT_MAX + 1;
	if (p != end && *p == '-') {
		decimal->negative = true;
		p++;
	}
	if (p == end || !is_digit(*p))
		return CXA_NUMBER_SYNTAX;
	if (*p == '0') {
		p++;
		decimal->count = 1;
		if (p != end && is_digit(*p))
			return CXA_NUMBER_SYNTAX;
	} else {
		p = take_digits(decimal, p, end);
	}
	if (p != end && *p == '.') {
		point = ++p;
		p = take_digits(decimal, p, end);
		if (p == point)
			return CXA_NUMBER_SYNTAX;
		decimal->exponent = -(int)(p - point);
	}
	if (p != end && (*p == 'e' || *p == 'E')) {
		p = take_exponent(decimal, p + 1, end);
		if (p == NULL)
			return CXA_NUMBER_SYNTAX;
	}
	if (p - decimal->start > CXA_NUMBER_TEXT_MAX)
		return CXA_NUMBER_SYNTAX;
	decimal->end = p;
	return CXA_NUMBER_OK;
}

static locale_t c_locale;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void make_locale(void)
{
	c_locale = newlocale(LC_ALL_MASK, "C", (locale_t)0);
}

/* The C library's conversion, whatever locale the program has set. */
static double convert(const struct decimal *decimal, bool single)
{
	size_t size = (size_t)(decimal->end - decimal->start);
	char text[CXA_NUMBER_TEXT_MAX + 1];
	locale_t saved;
	double value;

	memcpy(text, decimal->start, size);
	text[size] = '\0';
	pthread_once(&once, make_locale);
	saved = uselocale(c_locale);
	value = single ? (double)strtof(text, NULL) : strtod(text, NULL);
	uselocale(saved);
	return value;
}

/* Exact operands and one operation: correctly rounded (Clinger, 1990). */
static bool fast_double(const struct decimal *decimal, double *value)
{
	if (FLT_EVAL_METHOD != 0 || decimal->count > DIGITS_MAX ||
	    decimal->digits >= MANTISSA_MAX ||
	    decimal->exponent < -POWER_MAX || decimal->exponent > POWER_MAX)
		return false;
	*value = (double)decimal->digits;
	if (decimal->exponent < 0)
		*value /= powers[-decimal->exponent];
	else
		*value *= powers[decimal->exponent];
	if (decimal->negative)
		*value = -*value;
	return true;
}

/*
 * Rounding twice, first to double, goes wrong only where the double lies half
 * way between two floats: what was above or below it is no longer known. In
 * float's subnormal range half way is elsewhere.
 */
static bool rounds_once(double value)
{
	double magnitude = fabs(value);
	uint64_t bits;

	memcpy(&bits, &value, sizeof(bits));
	return (bits & 0x1fffffff) != 0x10000000 &&
	       (magnitude >= (double)FLT_MIN || magnitude == 0) &&
	       magnitude <= (double)FLT_MAX;
}

#ifdef __SSE2__
/* How many of 16 bytes are digits, up to the first that is none; 16: all. */
static unsigned count_digits(const uint8_t *p)
{
	__m128i bytes = _mm_loadu_si128((const __m128i *)(const void *)p);
	__m128i values = _mm_sub_epi8(bytes, _mm_set1_epi8('0'));
	__m128i digits = _mm_cmpeq_epi8(
		_mm_min_epu8(values, _mm_set1_epi8(9)), values);
	unsigned others = ~(unsigned)_mm_movemask_epi8(digits);

	return (unsigned)__builtin_ctz(others);
}

/* @count digits, 1 to 15, without a branch on how many. */
static uint64_t join_digits(const uint8_t *p, unsigned count)
{
	static const uint32_t scales[8] = { 1, 10, 100, 1000, 10000, 100000,
					    1000000, 10000000 };
	unsigned first = count < 8 ? count : 8;
	unsigned second = count - first;
	uint64_t high;
	uint64_t low;

	memcpy(&high, p, 8);
	memcpy(&low, p + 8, 8);
	high = (high - ASCII_ZEROS) << (64 - 8 * first);
	low = (low - ASCII_ZEROS) << (56 - 8 * second) << 8;
	return (uint64_t)join_eight(high) * scales[second] + join_eight(low);
}

/*
 * What vectors are made of, D.DDD of up to 16 digits, when more of the text
 * follows: no branch depends on the sign or the number of digits, which in
 * vectors nothing predicts.
 */
static bool quick_f32(const uint8_t **cursor, const uint8_t *end, float *out)
{
	const uint8_t *p = *cursor;
	unsigned count;
	uint64_t digits;
	double value;

	if (FLT_EVAL_METHOD != 0 || end - p < QUICK_ROOM)
		return false;
	p += *p == '-';
	if (!is_digit(p[0]) || p[1] != '.')
		return false;
	count = count_digits(p + 2);
	if (count == 0 || count == 16 || (p[2 + count] | 0x20) == 'e')
		return false;
	digits = (uint64_t)(p[0] - '0') * tens[count] +
		 join_digits(p + 2, count);
	value = (double)digits / powers[count];
	if (digits >= MANTISSA_MAX || !rounds_once(value))
		return false;
	*out = (float)(**cursor == '-' ? -value : value);
	*cursor = p + 2 + count;
	return true;
}
#else
static bool quick_f32(const uint8_t **cursor, const uint8_t *end, float *out)
{
	(void)cursor;
	(void)end;
	(void)out;
	return false;
}
#endif

/* Kept out of line, so that the quick way need not save registers for it. */
__attribute__((noinline))
static int any_f32(const uint8_t **cursor, const uint8_t *end, float *out)
{
	struct decimal decimal;
	double value;
	int status = take_apart(&decimal, *cursor, end);

	if (status < 0)
		return status;
	if (!fast_double(&decimal, &value) || !rounds_once(value))
		value = convert(&decimal, true);
	if (isinf(value))
		return CXA_NUMBER_RANGE;
	*out = (float)value;
	*cursor = decimal.end;
	return CXA_NUMBER_OK;
}

int cxa_parse_f32(const uint8_t **cursor, const uint8_t *end, float *out)
{
	if (quick_f32(cursor, end, out))
		return CXA_NUMBER_OK;
	return any_f32(cursor, end, out);
}

int cxa_parse_f64(const uint8_t **cursor, const uint8_t *end, double *out)
{
	struct decimal decimal;
	double value;
	int status = take_apart(&decimal, *cursor, end);

	if (status < 0)
		return status;
	if (!fast_double(&decimal, &value))
		value = convert(&decimal, false);
	if (isinf(value))
		return CXA_NUMBER_RANGE;
	*out = value;
	*cursor = decimal.end;
	return CXA_NUMBER_OK;
}

int cxa_parse_u64(const uint8_t **cursor, const uint8_t *end, uint64_t max,
		  uint64_t *out)
{
	struct decimal decimal;
	uint64_t value = 0;
	int status = take_apart(&decimal, *cursor, end);

	if (status < 0)
		return status;
	for (const uint8_t *p = decimal.start; p != decimal.end; p++)
		if (!is_digit(*p) ||
		    __builtin_mul_overflow(value, UINT64_C(10), &value) ||
		    __builtin_add_overflow(value, (uint64_t)(*p - '0'), &value))
			return CXA_NUMBER_RANGE;
	if (value > max)
		return CXA_NUMBER_RANGE;
	*out = value;
	*cursor = decimal.end;
	return CXA_NUMBER_OK;
}
