/* number.h - JSON numbers: parsed exactly, printed shortest */
#ifndef CXA_RECORD_NUMBER_H
#define CXA_RECORD_NUMBER_H

#include <stddef.h>
#include <stdint.h>

/* Bytes that a number's text may have: the format's own limit. */
enum { CXA_NUMBER_TEXT_MAX = 64 };

enum cxa_number_status {
	CXA_NUMBER_OK = 0,
	CXA_NUMBER_SYNTAX = -1, /* not a JSON number, or longer than that */
	CXA_NUMBER_RANGE = -2   /* does not fit the type; for integers also a fraction */
};

/**
 * cxa_parse_f32() - a JSON number at *@cursor, correctly rounded
 * @cursor: in: its first byte; out: behind it; unchanged on failure
 * @end: bytes from here on are not read
 *
 * The number ends where its grammar does; what follows is the caller's affair.
 * A magnitude that rounds to infinity is CXA_NUMBER_RANGE; one that rounds to
 * zero is (signed) zero. Never looks at the locale.
 */
int cxa_parse_f32(const uint8_t **cursor, const uint8_t *end, float *out);
int cxa_parse_f64(const uint8_t **cursor, const uint8_t *end, double *out);

/** cxa_parse_u64() - an integer 0..@max without sign, fraction or exponent */
int cxa_parse_u64(const uint8_t **cursor, const uint8_t *end, uint64_t max,
		  uint64_t *out);

enum { CXA_PRINT_MAX = 32 };

/**
 * cxa_print_f32() - the shortest decimal that reads back to @value, in the
 * notation of serde_json (Ryu's "pretty": 1.0, 0.1, 16777216.0, 1e-7, 3.4e38)
 * @out: CXA_PRINT_MAX bytes; no NUL is written
 *
 * NaN and infinities are "null". Return: bytes written.
 */
size_t cxa_print_f32(char *out, float value);
size_t cxa_print_f64(char *out, double value);
size_t cxa_print_u64(char *out, uint64_t value);

#endif
