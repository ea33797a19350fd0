/* numbers.c - JSON numbers: refused, parsed exactly, printed shortest; the hash */
#include <float.h>
#include <locale.h>
#include <math.h>
#include <stdlib.h>

#include <cortexarc/record.h>

#include "record/json_scan.h"
#include "record/number.h"
#include "tap.h"

enum type { F32, F64, U64 };

/* Parse all of @text from a block of just its size. */
static int parse(enum type type, const char *text, double *value, size_t *used)
{
	size_t size = strlen(text);
	uint8_t *copy = malloc(size == 0 ? 1 : size);
	const uint8_t *cursor = copy;
	uint64_t integer = 0;
	float single = 0;
	int status;

	memcpy(copy, text, size);
	*value = 0;
	if (type == F32) {
		status = cxa_parse_f32(&cursor, copy + size, &single);
		*value = (double)single;
	} else if (type == F64) {
		status = cxa_parse_f64(&cursor, copy + size, value);
	} else {
		status = cxa_parse_u64(&cursor, copy + size, UINT64_MAX,
				       &integer);
		*value = (double)integer;
	}
	*used = (size_t)(cursor - copy);
	free(copy);
	return status;
}

static void what_is_no_number_is_refused(void)
{
	static const struct {
		enum type type;
		const char *text;
		int status;
	} bad[] = {
		{ F32, "", CXA_NUMBER_SYNTAX },
		{ F32, "-", CXA_NUMBER_SYNTAX },
		{ F32, "+1", CXA_NUMBER_SYNTAX },
		{ F32, ".5", CXA_NUMBER_SYNTAX },
		{ F32, "01", CXA_NUMBER_SYNTAX },
		{ F32, "-01.5", CXA_NUMBER_SYNTAX },
		{ F32, "1.", CXA_NUMBER_SYNTAX },
		{ F32, "1.e5", CXA_NUMBER_SYNTAX },
		{ F32, "1e", CXA_NUMBER_SYNTAX },
		{ F32, "1e+", CXA_NUMBER_SYNTAX },
		{ F32, "--1", CXA_NUMBER_SYNTAX },
		{ F32, "NaN", CXA_NUMBER_SYNTAX },
		{ F32, "Infinity", CXA_NUMBER_SYNTAX },
		{ F32, "null", CXA_NUMBER_SYNTAX },
		{ F32, "3.5e38", CXA_NUMBER_RANGE },
		{ F32, "-1e999", CXA_NUMBER_RANGE },
		{ F32, "1e99999999999999999999", CXA_NUMBER_RANGE },
		{ F64, "1e309", CXA_NUMBER_RANGE },
		{ F64, "1.7976931348623159e308", CXA_NUMBER_RANGE },
		{ F64, "0.00000000000000000000000000000000000000000000000000000"
		       "000000000001", CXA_NUMBER_SYNTAX }, /* 65 bytes */
		{ U64, "-1", CXA_NUMBER_RANGE },
		{ U64, "1.0", CXA_NUMBER_RANGE },
		{ U64, "1e3", CXA_NUMBER_RANGE },
		{ U64, "18446744073709551616", CXA_NUMBER_RANGE },
		{ U64, "99999999999999999999999", CXA_NUMBER_RANGE },
		{ U64, "", CXA_NUMBER_SYNTAX },
		{ U64, "007", CXA_NUMBER_SYNTAX },
	};
	double value;
	size_t used;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		int status = parse(bad[i].type, bad[i].text, &value, &used);

		ok(status == bad[i].status && used == 0,
		   "\"%s\" is refused, and nothing consumed", bad[i].text);
	}
}

static void numbers_are_rounded_correctly(void)
{
	static const struct {
		enum type type;
		const char *text;
		double value;
		size_t used;
	} good[] = {
		{ F32, "0", 0, 1 },
		{ F32, "1", 1, 1 },
		{ F32, "1e5", 1e5, 3 },
		{ F32, "12.5,", 12.5, 4 },
		{ F32, "3.4028235e38", (double)FLT_MAX, 12 },
		{ F32, "1e-45", 0x1p-149, 5 },
		{ F32, "1.1754944e-38", (double)FLT_MIN, 13 },
		{ F32, "1e-60", 0, 5 },
		/* Half way between two floats, and a little to either side. */
		{ F32, "16777217", 16777216, 8 },
		{ F32, "16777217.0000000001", 16777218, 19 },
		{ F32, "16777219", 16777220, 8 },
		{ F32, "16777218.9999999999", 16777218, 19 },
		{ F32, "1.00000005960464477539062500000000000000001",
		  1 + 0x1p-23, 43 },
		{ F32, "1.000000059604644775390625", 1, 26 },
		/* With so few digits that they are read at once; as doubles
		 * both are half way. */
		{ F32, "8.000000476837158                ", 8, 17 },
		{ F32, "8.000000476837159                ",
		  8 + 0x1p-20, 17 },
		{ F32, "9.007199254740993                ",
		  (double)9.007199254740993f, 17 },
		{ F32, "0.000000000000000                ", 0, 17 },
		/* Where floats have fewer digits, half way is elsewhere. */
		{ F32, "7.006492321624085e-46", 0, 21 },
		{ F32, "7.006492321624086e-46", 0x1p-149, 21 },
		{ F32, "1e-40", 0x1.16c2p-133, 5 },
		{ F64, "1722556800001.125", 1722556800001.125, 17 },
		{ F64, "1.7976931348623157e308", DBL_MAX, 22 },
		{ F64, "5e-324", 0x1p-1074, 6 },
		{ F64, "9007199254740993", 9007199254740992, 16 },
		{ F64, "123456789012345678901234567890", 1.2345678901234568e29,
		  30 },
		{ U64, "18446744073709551615", 18446744073709551615.0, 20 },
		{ U64, "0]", 0, 1 },
	};
	double value;
	size_t used;

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		int status = parse(good[i].type, good[i].text, &value, &used);

		ok(status == 0 && value == good[i].value &&
			   used == good[i].used,
		   "%s reads as %.17g", good[i].text, good[i].value);
	}
	parse(F32, "-0.0", &value, &used);
	ok(value == 0 && signbit(value), "-0.0 keeps its sign");
}

static void numbers_are_written_as_the_original_writes_them(void)
{
	static const struct {
		enum type type;
		double value;
		const char *text;
	} cases[] = {
		{ F32, 0, "0.0" },
		{ F32, -0.0, "-0.0" },
		{ F32, 1, "1.0" },
		{ F32, (double)0.1f, "0.1" },
		{ F32, 16777216, "16777216.0" },
		{ F32, (double)1e-7f, "1e-7" },
		{ F32, (double)1e-5f, "0.00001" },
		{ F32, (double)1e13f, "1e13" },
		{ F32, (double)9.999999e12f, "9999999000000.0" },
		{ F32, 0x1p-149, "1e-45" },
		{ F32, (double)FLT_MIN, "1.1754944e-38" },
		{ F32, (double)FLT_MAX, "3.4028235e38" },
		{ F32, (double)3.4e38f, "3.4e38" },
		{ F32, 2.19140625, "2.1914062" }, /* a tie: to even */
		{ F32, (double)NAN, "null" },
		{ F32, (double)INFINITY, "null" },
		{ F64, 0, "0.0" },
		{ F64, 1722556800001.125, "1722556800001.125" },
		{ F64, 1e15, "1000000000000000.0" },
		{ F64, 1e16, "1e16" },
		{ F64, 123456789012345680.0, "1.2345678901234568e17" },
		{ F64, 0.13168473839759828, "0.13168473839759828" },
		{ F64, 0.00001, "0.00001" },
		{ F64, 0.000001, "1e-6" },
		{ F64, 5e-324, "5e-324" },
		{ F64, 0x1p-44, "5.684341886080802e-14" },
		{ F64, 9007199254740993.0, "9007199254740992.0" },
		{ F64, DBL_MAX, "1.7976931348623157e308" },
		{ F64, DBL_MIN, "2.2250738585072014e-308" },
		{ F64, -1.5, "-1.5" },
		{ F64, (double)-INFINITY, "null" },
	};
	char text[CXA_PRINT_MAX + 1];

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		size_t size = cases[i].type == F32 ?
				      cxa_print_f32(text, (float)cases[i].value) :
				      cxa_print_f64(text, cases[i].value);

		text[size] = '\0';
		ok(strcmp(text, cases[i].text) == 0, "%s is written so (%s)",
		   cases[i].text, text);
	}
}

/* Every 9,973rd float, which meets every exponent many times over. */
static void floats_come_back(void)
{
	char text[CXA_PRINT_MAX];
	size_t wrong = 0;
	float value;
	float again;

	for (uint64_t bits = 0; bits <= UINT32_MAX; bits += 9973) {
		uint32_t low = (uint32_t)bits;
		const uint8_t *cursor = (const uint8_t *)text;
		size_t size;

		memcpy(&value, &low, sizeof(value));
		if (!isfinite(value))
			continue;
		size = cxa_print_f32(text, value);
		wrong += cxa_parse_f32(&cursor, cursor + size, &again) != 0 ||
			 memcmp(&value, &again, sizeof(value)) != 0;
	}
	is_uint(wrong, 0, "430,000 floats, written and read, have the same bits");
}

static void doubles_come_back(void)
{
	uint64_t state = 20240802;
	char text[CXA_PRINT_MAX];
	size_t wrong = 0;
	double value;
	double again;

	printf("# seed %llu\n", (unsigned long long)state);
	for (int i = 0; i < 50000; i++) {
		const uint8_t *cursor = (const uint8_t *)text;
		size_t size;

		state ^= state << 13;
		state ^= state >> 7;
		state ^= state << 17;
		memcpy(&value, &state, sizeof(value));
		if (!isfinite(value))
			continue;
		size = cxa_print_f64(text, value);
		wrong += cxa_parse_f64(&cursor, cursor + size, &again) != 0 ||
			 memcmp(&value, &again, sizeof(value)) != 0;
	}
	is_uint(wrong, 0, "50,000 doubles, written and read, have the same bits");
}

static void the_locale_does_not_matter(void)
{
	static const char *const names[] = { "de_DE.UTF-8", "de_DE.utf8",
					     "fr_FR.UTF-8" };
	char text[CXA_PRINT_MAX + 1];
	double value;
	size_t used;
	bool set = false;

	for (size_t i = 0; i < 3 && !set; i++)
		set = setlocale(LC_ALL, names[i]) != NULL;
	parse(F64, "1.2345678901234567890123", &value, &used);
	text[cxa_print_f64(text, 0.12345678901234568)] = '\0';
	ok(value == 1.2345678901234567 && used == 24 &&
		   strcmp(text, "0.12345678901234568") == 0,
	   "numbers have points %s", set ? "in a locale of commas" :
					   "(no locale of commas here)");
	setlocale(LC_ALL, "C");
}

static void values_end_where_they_end(void)
{
	static const char text[] =
		"{\"a\":[1,{\"b\\\"}\":\"]\\\\\"}],\"c\\u0000\":\"{{{\"}";
	size_t size = sizeof(text) - 1;
	size_t wrong = 0;

	for (size_t cut = 0; cut <= size; cut++) {
		struct cxa_json_scan scan = { 0 };
		uint8_t *first = malloc(cut == 0 ? 1 : cut);
		uint8_t *second = malloc(size - cut + 9);
		size_t used = 0;
		size_t total;
		int done;

		memcpy(first, text, cut);
		memcpy(second, text + cut, size - cut);
		memcpy(second + size - cut, ",{\"x\":1}]", 9);
		done = cxa_json_scan_value(&scan, first, cut, &used);
		total = used;
		if (done == 0)
			done = cxa_json_scan_value(&scan, second, size - cut + 9,
						   &used);
		wrong += done != 1 ||
			 (cut == size ? total : total + used) != size;
		free(first);
		free(second);
	}
	is_uint(wrong, 0, "a value ends at the same byte wherever it is cut");
}

/* Numbers and words say nothing of their end themselves. */
static void scalars_end_where_another_thing_begins(void)
{
	static const char ends[] = ",]} \n\r\t";
	static const char *const begins[] = { "-1", "0", "9.5e3", "true",
					      "false", "null" };
	size_t wrong = 0;
	size_t used;

	for (size_t i = 0; i < sizeof(begins) / sizeof(begins[0]); i++)
		for (size_t k = 0; k < sizeof(ends) - 1; k++) {
			struct cxa_json_scan scan = { 0 };
			uint8_t text[16] = "";
			size_t size = strlen(begins[i]);

			memcpy(text, begins[i], size);
			text[size] = (uint8_t)ends[k];
			wrong += cxa_json_scan_value(&scan, text, size + 1,
						     &used) != 1 ||
				 used != size;
			scan = (struct cxa_json_scan){ 0 };
			wrong += cxa_json_scan_value(&scan, text, size,
						     &used) != 0 ||
				 used != size;
		}
	is_uint(wrong, 0, "numbers and words end where another thing begins");
	for (const char *at = "x+./:}],"; *at != '\0'; at++) {
		struct cxa_json_scan scan = { 0 };

		wrong += cxa_json_scan_value(&scan, (const uint8_t *)at, 1,
					     &used) != -1;
	}
	is_uint(wrong, 0, "and what begins none is refused");
}

static void the_hash_is_the_original_s(void)
{
	static const struct {
		const char *text;
		uint64_t hash;
	} vectors[] = {
		{ "", UINT64_C(3476900567878811119) },
		{ "a", UINT64_C(8186225505942432243) },
		{ "ab", UINT64_C(7391266126405785627) },
		{ "hello", UINT64_C(16156531084128653017) },
		{ "abcdefgh", UINT64_C(6689927370435554326) },
		{ "na\xc3\xafve caf\xc3\xa9 \xf0\x9f\xa7\xa0",
		  UINT64_C(15820923005173144815) },
	};
	char many[1000];

	for (size_t i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++)
		ok(cxa_content_hash(vectors[i].text, strlen(vectors[i].text)) ==
			   vectors[i].hash,
		   "the hash of \"%s\" is that of rustc", vectors[i].text);
	memset(many, 'x', sizeof(many));
	is_uint(cxa_content_hash(many, sizeof(many)),
		UINT64_C(3686095087921407121), "and of 1000 times x");
}

int main(void)
{
	what_is_no_number_is_refused();
	numbers_are_rounded_correctly();
	numbers_are_written_as_the_original_writes_them();
	floats_come_back();
	doubles_come_back();
	the_locale_does_not_matter();
	values_end_where_they_end();
	scalars_end_where_another_thing_begins();
	the_hash_is_the_original_s();
	return done_testing();
}
