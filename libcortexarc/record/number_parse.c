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

enum {
	TEXT_MAX = 64,      /* bytes of one number */
	DIGITS_MAX = 19,    /* that fit 64 bits */
	POWER_MAX = 22,     /* 10^22 is the largest exact in a double */
	EXPONENT_MAX = 100000,
};

#define MANTISSA_MAX (UINT64_C(1) << 53)

static const double powers[POWER_MAX + 1] = {
	1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
	1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
	1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
};

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
/* Eight digits at once (Lemire, "Quickly parsing eight digits", 2018). */
static bool eight_digits(const uint8_t *p, uint32_t *value)
{
	uint64_t word;

	memcpy(&word, p, 8);
	if (((word & UINT64_C(0xf0f0f0f0f0f0f0f0)) |
	     (((word + UINT64_C(0x0606060606060606)) &
	       UINT64_C(0xf0f0f0f0f0f0f0f0)) >> 4)) !=
	    UINT64_C(0x3333333333333333))
		return false;
	word -= UINT64_C(0x3030303030303030);
	word = word * 10 + (word >> 8);
	word = ((word & UINT64_C(0x000000ff000000ff)) *
			UINT64_C(0x000f424000000064) +
		((word >> 16) & UINT64_C(0x000000ff000000ff)) *
			UINT64_C(0x0000271000000001)) >> 32;
	*value = (uint32_t)word;
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
	if (end - p > TEXT_MAX + 1)
		end = p + TEXT_MAX + 1;
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
	if (p - decimal->start > TEXT_MAX)
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
	char text[TEXT_MAX + 1];
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

int cxa_parse_f32(const uint8_t **cursor, const uint8_t *end, float *out)
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
