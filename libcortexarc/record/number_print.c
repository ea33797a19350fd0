/* number_print.c - numbers as the shortest decimal that reads back the same */
#include "record/number.h"

#include <pthread.h>
#include <stdbool.h>
#include <string.h>

/* digits * 10^exponent; the digits may end in zeros */
struct shortest {
	uint64_t digits;
	int exponent;
};

/* What is written: 0.text * 10^point. Zeros follow the digits in @text. */
struct decimal {
	char text[24];
	int length;     /* digits, of which the last is no zero */
	int point;
};

/* How a type is written: with a point from 10^small to 10^large. */
struct notation {
	int small;
	int large;
};

static const struct notation single_notation = { -6, 13 };
static const struct notation double_notation = { -5, 16 };

/*
 * The digits: Schubfach (Giulietti, "The Schubfach way to render doubles").
 * A number and the bounds of what rounds to it are scaled by 10^-k to four
 * times an integer of one digit more than may be needed; the shortest decimal
 * is then one of four candidates.
 */

static int floor_log2_pow10(int e)
{
	return (e * 1741647) >> 19;
}

/* floor(log10(2^e)), or of 3/4 of it at a power of two */
static int floor_log10_pow2(int e, bool closer)
{
	return (e * 1262611 - (closer ? 524031 : 0)) >> 22;
}

/*
 * From the number and its bounds, scaled, times four. The ternaries are there
 * to become conditional moves: nothing predicts which way they go.
 */
static inline struct shortest choose(uint64_t lower, uint64_t value,
				     uint64_t upper, int k)
{
	uint64_t s = value / 4;
	uint64_t ten = s / 10;
	bool down = lower <= 40 * ten;
	bool up = 40 * ten + 40 <= upper;
	bool shorter = s >= 10 && down != up;
	bool below = lower <= 4 * s;
	bool above = 4 * s + 4 <= upper;
	bool nearer = value + (s & 1) > 4 * s + 2; /* a tie: to even */
	bool next = below != above ? above : nearer;

	return (struct shortest){ shorter ? ten + up : s + next, k + shorter };
}

/* --- float ------------------------------------------------------------ */

enum { SINGLE_MIN = -31, SINGLE_MAX = 45 };

/* floor(10^k * 2^(63 - floor(log2(10^k)))) + 1 for k from SINGLE_MIN */
static const uint64_t single_powers[SINGLE_MAX - SINGLE_MIN + 1] = {
	UINT64_C(0x81ceb32c4b43fcf5), UINT64_C(0xa2425ff75e14fc32),
	UINT64_C(0xcad2f7f5359a3b3f), UINT64_C(0xfd87b5f28300ca0e),
	UINT64_C(0x9e74d1b791e07e49), UINT64_C(0xc612062576589ddb),
	UINT64_C(0xf79687aed3eec552), UINT64_C(0x9abe14cd44753b53),
	UINT64_C(0xc16d9a0095928a28), UINT64_C(0xf1c90080baf72cb2),
	UINT64_C(0x971da05074da7bef), UINT64_C(0xbce5086492111aeb),
	UINT64_C(0xec1e4a7db69561a6), UINT64_C(0x9392ee8e921d5d08),
	UINT64_C(0xb877aa3236a4b44a), UINT64_C(0xe69594bec44de15c),
	UINT64_C(0x901d7cf73ab0acda), UINT64_C(0xb424dc35095cd810),
	UINT64_C(0xe12e13424bb40e14), UINT64_C(0x8cbccc096f5088cc),
	UINT64_C(0xafebff0bcb24aaff), UINT64_C(0xdbe6fecebdedd5bf),
	UINT64_C(0x89705f4136b4a598), UINT64_C(0xabcc77118461cefd),
	UINT64_C(0xd6bf94d5e57a42bd), UINT64_C(0x8637bd05af6c69b6),
	UINT64_C(0xa7c5ac471b478424), UINT64_C(0xd1b71758e219652c),
	UINT64_C(0x83126e978d4fdf3c), UINT64_C(0xa3d70a3d70a3d70b),
	UINT64_C(0xcccccccccccccccd), UINT64_C(0x8000000000000001),
	UINT64_C(0xa000000000000001), UINT64_C(0xc800000000000001),
	UINT64_C(0xfa00000000000001), UINT64_C(0x9c40000000000001),
	UINT64_C(0xc350000000000001), UINT64_C(0xf424000000000001),
	UINT64_C(0x9896800000000001), UINT64_C(0xbebc200000000001),
	UINT64_C(0xee6b280000000001), UINT64_C(0x9502f90000000001),
	UINT64_C(0xba43b74000000001), UINT64_C(0xe8d4a51000000001),
	UINT64_C(0x9184e72a00000001), UINT64_C(0xb5e620f480000001),
	UINT64_C(0xe35fa931a0000001), UINT64_C(0x8e1bc9bf04000001),
	UINT64_C(0xb1a2bc2ec5000001), UINT64_C(0xde0b6b3a76400001),
	UINT64_C(0x8ac7230489e80001), UINT64_C(0xad78ebc5ac620001),
	UINT64_C(0xd8d726b7177a8001), UINT64_C(0x878678326eac9001),
	UINT64_C(0xa968163f0a57b401), UINT64_C(0xd3c21bcecceda101),
	UINT64_C(0x84595161401484a1), UINT64_C(0xa56fa5b99019a5c9),
	UINT64_C(0xcecb8f27f4200f3b), UINT64_C(0x813f3978f8940985),
	UINT64_C(0xa18f07d736b90be6), UINT64_C(0xc9f2c9cd04674edf),
	UINT64_C(0xfc6f7c4045812297), UINT64_C(0x9dc5ada82b70b59e),
	UINT64_C(0xc5371912364ce306), UINT64_C(0xf684df56c3e01bc7),
	UINT64_C(0x9a130b963a6c115d), UINT64_C(0xc097ce7bc90715b4),
	UINT64_C(0xf0bdc21abb48db21), UINT64_C(0x96769950b50d88f5),
	UINT64_C(0xbc143fa4e250eb32), UINT64_C(0xeb194f8e1ae525fe),
	UINT64_C(0x92efd1b8d0cf37bf), UINT64_C(0xb7abc627050305ae),
	UINT64_C(0xe596b7b0c643c71a), UINT64_C(0x8f7e32ce7bea5c70),
	UINT64_C(0xb35dbf821ae4f38c),
};

/* The upper bits of g * cp, the last one set when anything is below it. */
static uint32_t round_single(uint64_t g, uint32_t cp)
{
	uint64_t low = (g & UINT32_MAX) * cp;
	uint64_t high = (g >> 32) * cp + (low >> 32);

	return (uint32_t)(high >> 32) | ((uint32_t)high > 1);
}

static struct shortest shorten_f32(uint32_t fraction, uint32_t biased)
{
	uint32_t c = biased == 0 ? fraction : fraction | 1u << 23;
	int q = (biased == 0 ? 1 : (int)biased) - 150;
	bool closer = fraction == 0 && biased > 1;
	uint32_t odd = c & 1;
	int k = floor_log10_pow2(q, closer);
	int h = q + floor_log2_pow10(-k) + 1;
	uint64_t g = single_powers[-k - SINGLE_MIN];

	return choose(round_single(g, (4 * c - 2 + closer) << h) + odd,
		      round_single(g, (4 * c) << h),
		      round_single(g, (4 * c + 2) << h) - odd, k);
}

/* --- double: the same over powers of 128 bits ------------------------- */

enum {
	DOUBLE_MIN = -292,
	DOUBLE_MAX = 324,
	LIMBS = 40, /* of 32 bits: 10^324, or 128 bits of 2^1248 / 10^292 */
};

struct power {
	uint64_t high;
	uint64_t low;
};

static struct power double_powers[DOUBLE_MAX - DOUBLE_MIN + 1];
static pthread_once_t once = PTHREAD_ONCE_INIT;

/* The 128 bits from the first that is set, and one more than what is cut. */
static struct power leading_bits(const uint32_t limbs[LIMBS])
{
	uint32_t window[5] = { 0 };
	struct power power;
	int top = LIMBS - 1;
	int shift;

	while (limbs[top] == 0)
		top--;
	for (int i = 0; i < 5 && i <= top; i++)
		window[i] = limbs[top - i];
	shift = __builtin_clz(window[0]);
	power.high = (uint64_t)window[0] << 32 | window[1];
	power.low = (uint64_t)window[2] << 32 | window[3];
	if (shift != 0) {
		power.high = power.high << shift | power.low >> (64 - shift);
		power.low = power.low << shift | window[4] >> (32 - shift);
	}
	power.low++;
	power.high += power.low == 0;
	return power;
}

static void multiply_by_ten(uint32_t limbs[LIMBS])
{
	uint64_t carry = 0;

	for (int i = 0; i < LIMBS; i++) {
		carry += UINT64_C(10) * limbs[i];
		limbs[i] = (uint32_t)carry;
		carry >>= 32;
	}
}

static void divide_by_ten(uint32_t limbs[LIMBS])
{
	uint64_t rest = 0;

	for (int i = LIMBS - 1; i >= 0; i--) {
		rest = rest << 32 | limbs[i];
		limbs[i] = (uint32_t)(rest / 10);
		rest %= 10;
	}
}

/*
 * As the table for float, with 127 for 63. Integers of any size make it exact:
 * a floor of a floor is the floor of the whole quotient.
 */
static void make_double_powers(void)
{
	uint32_t limbs[LIMBS] = { 1 };

	for (int k = 0; k <= DOUBLE_MAX; k++) {
		double_powers[k - DOUBLE_MIN] = leading_bits(limbs);
		multiply_by_ten(limbs);
	}
	memset(limbs, 0, sizeof(limbs));
	limbs[LIMBS - 1] = 1;
	for (int k = -1; k >= DOUBLE_MIN; k--) {
		divide_by_ten(limbs);
		double_powers[k - DOUBLE_MIN] = leading_bits(limbs);
	}
}

#ifdef __SIZEOF_INT128__
static struct power multiply(uint64_t a, uint64_t b)
{
	unsigned __int128 product = (unsigned __int128)a * b;

	return (struct power){ (uint64_t)(product >> 64), (uint64_t)product };
}
#else
static struct power multiply(uint64_t a, uint64_t b)
{
	uint64_t low = (a & UINT32_MAX) * (b & UINT32_MAX);
	uint64_t middle = (a >> 32) * (b & UINT32_MAX) + (low >> 32);
	uint64_t other = (a & UINT32_MAX) * (b >> 32) + (middle & UINT32_MAX);

	return (struct power){
		(a >> 32) * (b >> 32) + (middle >> 32) + (other >> 32),
		other << 32 | (low & UINT32_MAX) };
}
#endif

static uint64_t round_double(const struct power *g, uint64_t cp)
{
	struct power low = multiply(g->low, cp);
	struct power high = multiply(g->high, cp);

	high.low += low.high;
	high.high += high.low < low.high;
	return high.high | (high.low > 1);
}

static struct shortest shorten_f64(uint64_t fraction, uint32_t biased)
{
	uint64_t c = biased == 0 ? fraction : fraction | UINT64_C(1) << 52;
	int q = (biased == 0 ? 1 : (int)biased) - 1075;
	bool closer = fraction == 0 && biased > 1;
	uint64_t odd = c & 1;
	int k = floor_log10_pow2(q, closer);
	int h = q + floor_log2_pow10(-k) + 1;
	const struct power *g = &double_powers[-k - DOUBLE_MIN];

	pthread_once(&once, make_double_powers);
	return choose(round_double(g, (4 * c - 2 + closer) << h) + odd,
		      round_double(g, (4 * c) << h),
		      round_double(g, (4 * c + 2) << h) - odd, k);
}

/* --- digits as text ----------------------------------------------------- */

#define ASCII_ZEROS UINT64_C(0x3030303030303030)

static const uint64_t tens[20] = {
	UINT64_C(1), UINT64_C(10), UINT64_C(100), UINT64_C(1000),
	UINT64_C(10000), UINT64_C(100000), UINT64_C(1000000),
	UINT64_C(10000000), UINT64_C(100000000), UINT64_C(1000000000),
	UINT64_C(10000000000), UINT64_C(100000000000),
	UINT64_C(1000000000000), UINT64_C(10000000000000),
	UINT64_C(100000000000000), UINT64_C(1000000000000000),
	UINT64_C(10000000000000000), UINT64_C(100000000000000000),
	UINT64_C(1000000000000000000), UINT64_C(10000000000000000000),
};

static int count_digits(uint64_t value)
{
	uint64_t some = value | 1; /* 0 is one digit as well */
	int count = (64 - __builtin_clzll(some)) * 1233 >> 12; /* * log10(2) */

	return count + (some >= tens[count]);
}

/* Eight digits below 10^8, a byte each, the first lowest: halve thrice. */
static inline uint64_t split_eight(uint32_t value)
{
	uint64_t fours = value / 10000 | (uint64_t)(value % 10000) << 32;
	uint64_t hundreds = fours * 10486 >> 20 & UINT64_C(0x7f0000007f);
	uint64_t twos = hundreds | (fours - 100 * hundreds) << 16;
	uint64_t upper = twos * 103 >> 10 & UINT64_C(0xf000f000f000f);

	return upper | (twos - 10 * upper) << 8;
}

static void put_eight(char *out, uint64_t word)
{
	word += ASCII_ZEROS;
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
	word = __builtin_bswap64(word);
#endif
	memcpy(out, &word, 8);
}

/* Bytes up to the last that is not 0. */
static int significant(uint64_t word)
{
	return word == 0 ? 0 : 8 - __builtin_clzll(word) / 8;
}

/* Of up to 9 digits: moved up to be 9, so that no loop depends on them. */
static void spread_f32(struct decimal *out, struct shortest shortest)
{
	int count = count_digits(shortest.digits);
	uint32_t nine = (uint32_t)(shortest.digits * tens[9 - count]);
	uint64_t rest = split_eight(nine % 100000000);

	out->text[0] = (char)('0' + nine / 100000000);
	put_eight(out->text + 1, rest);
	put_eight(out->text + 9, 0);
	put_eight(out->text + 16, 0);
	out->length = 1 + significant(rest);
	out->point = count + shortest.exponent;
}

/* Of up to 17 digits, as above. */
static void spread_f64(struct decimal *out, struct shortest shortest)
{
	int count = count_digits(shortest.digits);
	uint64_t all = shortest.digits * tens[17 - count];
	uint64_t sixteen = all % tens[16];
	uint64_t high = split_eight((uint32_t)(sixteen / 100000000));
	uint64_t low = split_eight((uint32_t)(sixteen % 100000000));

	out->text[0] = (char)('0' + all / tens[16]);
	put_eight(out->text + 1, high);
	put_eight(out->text + 16, 0);
	put_eight(out->text + 9, low);
	out->length = low != 0 ? 9 + significant(low) : 1 + significant(high);
	out->point = count + shortest.exponent;
}

static size_t put_integer(char *out, uint64_t value)
{
	size_t size = (size_t)count_digits(value);

	for (size_t i = size; i-- > 0; value /= 10)
		out[i] = (char)('0' + value % 10);
	return size;
}

/* --- notation ----------------------------------------------------------- */

static size_t put_exponent(char *out, int exponent)
{
	size_t sign = exponent < 0;

	out[0] = 'e';
	out[1] = '-';
	return 1 + sign + put_integer(out + 1 + sign,
				      (uint64_t)(sign ? -exponent : exponent));
}

/* 1.234e33 */
static size_t put_scientific(char *out, const struct decimal *decimal)
{
	size_t size = decimal->length == 1 ? 1 : (size_t)decimal->length + 1;

	out[0] = decimal->text[0];
	out[1] = '.';
	memcpy(out + 2, decimal->text + 1, 16);
	return size + put_exponent(out + size, decimal->point - 1);
}

/*
 * As Ryu's "pretty". Copies are of a fixed size, which costs less than to know
 * how much: with a sign before @out they end within CXA_PRINT_MAX.
 */
static size_t put_decimal(char *out, const struct decimal *decimal,
			  const struct notation *notation)
{
	const char *text = decimal->text;
	int length = decimal->length;
	int point = decimal->point;

	if (point <= notation->small || point > notation->large)
		return put_scientific(out, decimal);
	if (point <= 0) { /* 0.001234 */
		memcpy(out, "0.000000", 8);
		memcpy(out + 2 - point, text, sizeof(decimal->text));
		return (size_t)(2 - point + length);
	}
	memcpy(out, text, sizeof(decimal->text));
	if (length <= point) { /* 12340000000.0 */
		memcpy(out + point, ".0", 2);
		return (size_t)point + 2;
	}
	out[point] = '.'; /* 12.34 */
	if (point <= 8)
		memcpy(out + point + 1, text + point, 16);
	else
		memcpy(out + point + 1, text + point, 8);
	return (size_t)length + 1;
}

static size_t put_text(char *out, const char *text)
{
	size_t size = strlen(text);

	memcpy(out, text, size);
	return size;
}

size_t cxa_print_f32(char *out, float value)
{
	struct decimal decimal;
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
	spread_f32(&decimal, shorten_f32(fraction, biased));
	return sign + put_decimal(out + sign, &decimal, &single_notation);
}

size_t cxa_print_f64(char *out, double value)
{
	struct decimal decimal;
	uint64_t bits;
	uint64_t fraction;
	uint32_t biased;
	size_t sign;

	memcpy(&bits, &value, sizeof(bits));
	fraction = bits & ((UINT64_C(1) << 52) - 1);
	biased = (uint32_t)(bits >> 52) & 0x7ff;
	sign = (size_t)(bits >> 63);
	if (biased == 0x7ff)
		return put_text(out, "null");
	out[0] = '-';
	if (biased == 0 && fraction == 0)
		return sign + put_text(out + sign, "0.0");
	spread_f64(&decimal, shorten_f64(fraction, biased));
	return sign + put_decimal(out + sign, &decimal, &double_notation);
}

size_t cxa_print_u64(char *out, uint64_t value)
{
	return put_integer(out, value);
}
