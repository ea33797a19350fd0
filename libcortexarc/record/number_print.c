/* number_print.c - numbers as the shortest decimal that reads back the same */
#define _GNU_SOURCE 1

#include "record/number.h"

#include <locale.h>
#include <math.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* digits * 10^exponent, without trailing zeros in digits */
struct shortest {
	uint64_t digits;
	int exponent;
};

/* How a type is written: decimal point from 10^-small to 10^large. */
struct notation {
	int small;
	int large;
};

static const struct notation single_notation = { -6, 13 };
static const struct notation double_notation = { -5, 16 };

/* --- float: Schubfach (Giulietti, "The Schubfach way to render doubles") ---- */

enum { POWER_MIN = -31, POWER_MAX = 45 };

/* floor(10^k * 2^(63 - floor(log2(10^k)))) + 1 for k from POWER_MIN */
static const uint64_t power_table[POWER_MAX - POWER_MIN + 1] = {
	UINT64_C(0x81ceb32c4b43fcf5), UINT64_C(0xa2425ff75e14fc32), UINT64_C(0xcad2f7f5359a3b3f),
	UINT64_C(0xfd87b5f28300ca0e), UINT64_C(0x9e74d1b791e07e49), UINT64_C(0xc612062576589ddb),
	UINT64_C(0xf79687aed3eec552), UINT64_C(0x9abe14cd44753b53), UINT64_C(0xc16d9a0095928a28),
	UINT64_C(0xf1c90080baf72cb2), UINT64_C(0x971da05074da7bef), UINT64_C(0xbce5086492111aeb),
	UINT64_C(0xec1e4a7db69561a6), UINT64_C(0x9392ee8e921d5d08), UINT64_C(0xb877aa3236a4b44a),
	UINT64_C(0xe69594bec44de15c), UINT64_C(0x901d7cf73ab0acda), UINT64_C(0xb424dc35095cd810),
	UINT64_C(0xe12e13424bb40e14), UINT64_C(0x8cbccc096f5088cc), UINT64_C(0xafebff0bcb24aaff),
	UINT64_C(0xdbe6fecebdedd5bf), UINT64_C(0x89705f4136b4a598), UINT64_C(0xabcc77118461cefd),
	UINT64_C(0xd6bf94d5e57a42bd), UINT64_C(0x8637bd05af6c69b6), UINT64_C(0xa7c5ac471b478424),
	UINT64_C(0xd1b71758e219652c), UINT64_C(0x83126e978d4fdf3c), UINT64_C(0xa3d70a3d70a3d70b),
	UINT64_C(0xcccccccccccccccd), UINT64_C(0x8000000000000001), UINT64_C(0xa000000000000001),
	UINT64_C(0xc800000000000001), UINT64_C(0xfa00000000000001), UINT64_C(0x9c40000000000001),
	UINT64_C(0xc350000000000001), UINT64_C(0xf424000000000001), UINT64_C(0x9896800000000001),
	UINT64_C(0xbebc200000000001), UINT64_C(0xee6b280000000001), UINT64_C(0x9502f90000000001),
	UINT64_C(0xba43b74000000001), UINT64_C(0xe8d4a51000000001), UINT64_C(0x9184e72a00000001),
	UINT64_C(0xb5e620f480000001), UINT64_C(0xe35fa931a0000001), UINT64_C(0x8e1bc9bf04000001),
	UINT64_C(0xb1a2bc2ec5000001), UINT64_C(0xde0b6b3a76400001), UINT64_C(0x8ac7230489e80001),
	UINT64_C(0xad78ebc5ac620001), UINT64_C(0xd8d726b7177a8001), UINT64_C(0x878678326eac9001),
	UINT64_C(0xa968163f0a57b401), UINT64_C(0xd3c21bcecceda101), UINT64_C(0x84595161401484a1),
	UINT64_C(0xa56fa5b99019a5c9), UINT64_C(0xcecb8f27f4200f3b), UINT64_C(0x813f3978f8940985),
	UINT64_C(0xa18f07d736b90be6), UINT64_C(0xc9f2c9cd04674edf), UINT64_C(0xfc6f7c4045812297),
	UINT64_C(0x9dc5ada82b70b59e), UINT64_C(0xc5371912364ce306), UINT64_C(0xf684df56c3e01bc7),
	UINT64_C(0x9a130b963a6c115d), UINT64_C(0xc097ce7bc90715b4), UINT64_C(0xf0bdc21abb48db21),
	UINT64_C(0x96769950b50d88f5), UINT64_C(0xbc143fa4e250eb32), UINT64_C(0xeb194f8e1ae525fe),
	UINT64_C(0x92efd1b8d0cf37bf), UINT64_C(0xb7abc627050305ae), UINT64_C(0xe596b7b0c643c71a),
	UINT64_C(0x8f7e32ce7bea5c70), UINT64_C(0xb35dbf821ae4f38c),
};

static int floor_log2_pow10(int e)
{
	return (e * 1741647) >> 19;
}

/* floor(log10(2^e)), or of 3/4 of it at a power of two */
static int floor_log10_pow2(int e, bool closer)
{
	return (e * 1262611 - (closer ? 524031 : 0)) >> 22;
}

/* The upper bits of g * cp, the last one set when anything is below it. */
static uint32_t round_to_odd(uint64_t g, uint32_t cp)
{
	unsigned __int128 product = (unsigned __int128)g * cp;
	uint32_t high = (uint32_t)(product >> 64);
	uint32_t low = (uint32_t)(product >> 32);

	return high | (low > 1);
}

static struct shortest shorten_f32(uint32_t fraction, uint32_t biased)
{
	uint32_t c = biased == 0 ? fraction : fraction | 1u << 23;
	int q = (biased == 0 ? 1 : (int)biased) - 150;
	bool closer = fraction == 0 && biased > 1;
	uint32_t odd = c & 1;
	int k = floor_log10_pow2(q, closer);
	int h = q + floor_log2_pow10(-k) + 1;
	uint64_t g = power_table[-k - POWER_MIN];
	uint32_t lower = round_to_odd(g, (4 * c - 2 + closer) << h) + odd;
	uint32_t value = round_to_odd(g, (4 * c) << h);
	uint32_t upper = round_to_odd(g, (4 * c + 2) << h) - odd;
	uint32_t s = value / 4;
	uint32_t mid;

	if (s >= 10) {
		uint32_t tens = s / 10;
		bool down = lower <= 40 * tens;
		bool up = 40 * tens + 40 <= upper;

		if (down != up)
			return (struct shortest){ tens + up, k + 1 };
	}
	if ((lower <= 4 * s) != (4 * s + 4 <= upper))
		return (struct shortest){ s + (4 * s + 4 <= upper), k };
	mid = 4 * s + 2;
	return (struct shortest){
		s + (value > mid || (value == mid && (s & 1) != 0)), k };
}

/* --- double: nearly all are integers or thousandths -------------------------- */

static locale_t c_locale;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void make_locale(void)
{
	c_locale = newlocale(LC_ALL_MASK, "C", (locale_t)0);
}

/*
 * Two decimals of at most 15 digits never read as the same double: one that
 * reads back is the shortest. Times in milliseconds are of this kind.
 */
static bool shorten_simple(double magnitude, struct shortest *out)
{
	static const double scales[] = { 1, 10, 100, 1000 };

	for (int i = 0; i < 4; i++) {
		double scaled = magnitude * scales[i];
		uint64_t digits;

		if (scaled >= 1e15)
			return false;
		digits = (uint64_t)scaled;
		if ((double)digits != scaled ||
		    scaled / scales[i] != magnitude)
			continue;
		out->digits = digits;
		out->exponent = -i;
		return true;
	}
	return false;
}

static bool reads_back(struct shortest decimal, double magnitude)
{
	char text[48];

	snprintf(text, sizeof(text), "%llue%d",
		 (unsigned long long)decimal.digits, decimal.exponent);
	return strtod(text, NULL) == magnitude;
}

/* The nearest decimal of @precision digits. */
static struct shortest nearest(double magnitude, int precision)
{
	struct shortest decimal = { 0, 0 };
	char text[48];
	const char *p;

	snprintf(text, sizeof(text), "%.*e", precision - 1, magnitude);
	for (p = text; *p != 'e'; p++)
		if (*p != '.')
			decimal.digits = decimal.digits * 10 +
					 (uint64_t)(*p - '0');
	decimal.exponent = atoi(p + 1) - (precision - 1);
	return decimal;
}

/*
 * From 15 digits on, in the subnormal range from 1. At a power of two what
 * reads back reaches twice as far up as down, so the nearest decimal may miss
 * where the next one up does not.
 */
static struct shortest shorten_f64(double magnitude)
{
	int precision = magnitude < 2.2250738585072014e-308 ? 1 : 15;
	struct shortest decimal;
	locale_t saved;

	if (shorten_simple(magnitude, &decimal))
		return decimal;
	pthread_once(&once, make_locale);
	saved = uselocale(c_locale);
	for (;; precision++) {
		decimal = nearest(magnitude, precision);
		if (precision >= 17 || reads_back(decimal, magnitude))
			break;
		decimal.digits++;
		if (reads_back(decimal, magnitude))
			break;
	}
	uselocale(saved);
	return decimal;
}

/* --- notation ------------------------------------------------------------------ */

static size_t put_digits(char *out, uint64_t value)
{
	char reversed[20];
	size_t size = 0;

	do {
		reversed[size++] = (char)('0' + value % 10);
		value /= 10;
	} while (value != 0);
	for (size_t i = 0; i < size; i++)
		out[i] = reversed[size - 1 - i];
	return size;
}

static size_t put_exponent(char *out, int exponent)
{
	size_t size = 0;

	out[size++] = 'e';
	if (exponent < 0) {
		out[size++] = '-';
		exponent = -exponent;
	}
	return size + put_digits(out + size, (uint64_t)exponent);
}

/* As Ryu's "pretty": 10^(kk-1) <= value < 10^kk. */
static size_t put_decimal(char *out, struct shortest decimal,
			  const struct notation *notation)
{
	char digits[20];
	size_t length;
	int k;
	int kk;

	while (decimal.digits % 10 == 0 && decimal.digits != 0) {
		decimal.digits /= 10;
		decimal.exponent++;
	}
	length = put_digits(digits, decimal.digits);
	k = decimal.exponent;
	kk = (int)length + k;
	if (k >= 0 && kk <= notation->large) { /* 1234e7: 12340000000.0 */
		memcpy(out, digits, length);
		memset(out + length, '0', (size_t)k);
		memcpy(out + kk, ".0", 2);
		return (size_t)kk + 2;
	}
	if (kk > 0 && kk <= notation->large) { /* 1234e-2: 12.34 */
		memcpy(out, digits, (size_t)kk);
		out[kk] = '.';
		memcpy(out + kk + 1, digits + kk, length - (size_t)kk);
		return length + 1;
	}
	if (kk > notation->small && kk <= 0) { /* 1234e-6: 0.001234 */
		memcpy(out, "0.", 2);
		memset(out + 2, '0', (size_t)-kk);
		memcpy(out + 2 - kk, digits, length);
		return (size_t)(2 - kk) + length;
	}
	out[0] = digits[0]; /* 1234e30: 1.234e33 */
	if (length == 1)
		return 1 + put_exponent(out + 1, kk - 1);
	out[1] = '.';
	memcpy(out + 2, digits + 1, length - 1);
	return length + 1 + put_exponent(out + length + 1, kk - 1);
}

static size_t put_text(char *out, const char *text)
{
	size_t size = strlen(text);

	memcpy(out, text, size);
	return size;
}

size_t cxa_print_f32(char *out, float value)
{
	uint32_t bits;
	uint32_t fraction;
	uint32_t biased;
	size_t sign;

	memcpy(&bits, &value, sizeof(bits));
	fraction = bits & 0x7fffff;
	biased = bits >> 23 & 0xff;
	sign = bits >> 31;
	if (biased == 0xff)
		return put_text(out, "null");
	out[0] = '-';
	if (biased == 0 && fraction == 0)
		return sign + put_text(out + sign, "0.0");
	return sign + put_decimal(out + sign, shorten_f32(fraction, biased),
				  &single_notation);
}

size_t cxa_print_f64(char *out, double value)
{
	size_t sign = signbit(value) != 0;

	if (!isfinite(value))
		return put_text(out, "null");
	out[0] = '-';
	if (value == 0)
		return sign + put_text(out + sign, "0.0");
	return sign + put_decimal(out + sign, shorten_f64(fabs(value)),
				  &double_notation);
}

size_t cxa_print_u64(char *out, uint64_t value)
{
	return put_digits(out, value);
}
