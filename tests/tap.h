/* tap.h - the Test Anything Protocol for unit tests in C */
#ifndef CXA_TESTS_TAP_H
#define CXA_TESTS_TAP_H

#include <inttypes.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static int tap_count;
static int tap_failed;

__attribute__((format(printf, 2, 3), unused))
static bool ok(bool passed, const char *format, ...)
{
	va_list args;

	tap_count++;
	tap_failed += !passed;
	printf("%sok %d - ", passed ? "" : "not ", tap_count);
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	putchar('\n');
	fflush(stdout);
	return passed;
}

__attribute__((unused))
static bool is_int(int64_t got, int64_t expected, const char *claim)
{
	bool passed = ok(got == expected, "%s", claim);

	if (!passed)
		printf("#   got %" PRId64 ", expected %" PRId64 "\n", got,
		       expected);
	return passed;
}

__attribute__((unused))
static bool is_uint(uint64_t got, uint64_t expected, const char *claim)
{
	bool passed = ok(got == expected, "%s", claim);

	if (!passed)
		printf("#   got %" PRIu64 ", expected %" PRIu64 "\n", got,
		       expected);
	return passed;
}

__attribute__((unused))
static bool is_str(const char *got, const char *expected, const char *claim)
{
	bool passed = ok(got != NULL && strcmp(got, expected) == 0, "%s", claim);

	if (!passed)
		printf("#   got \"%s\", expected \"%s\"\n",
		       got == NULL ? "(null)" : got, expected);
	return passed;
}

/* Does @got hold @part? For messages. */
__attribute__((unused))
static bool like(const char *got, const char *part, const char *claim)
{
	bool passed = ok(got != NULL && strstr(got, part) != NULL, "%s", claim);

	if (!passed)
		printf("#   got \"%s\", expected to hold \"%s\"\n",
		       got == NULL ? "(null)" : got, part);
	return passed;
}

__attribute__((unused))
static bool is_mem(const void *got, size_t got_size, const void *expected,
		   size_t expected_size, const char *claim)
{
	bool passed = ok(got_size == expected_size &&
			 (got_size == 0 || memcmp(got, expected, got_size) == 0),
			 "%s", claim);

	if (!passed)
		printf("#   %zu bytes: %.*s\n#   expected %zu: %.*s\n", got_size,
		       (int)(got_size > 300 ? 300 : got_size),
		       (const char *)got, expected_size,
		       (int)(expected_size > 300 ? 300 : expected_size),
		       (const char *)expected);
	return passed;
}

__attribute__((unused))
static int done_testing(void)
{
	printf("1..%d\n", tap_count);
	return tap_failed != 0;
}

#endif
