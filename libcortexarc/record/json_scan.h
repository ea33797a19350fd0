/* json_scan.h - where does a JSON value end? Fast, resumable, without judging it */
#ifndef CXA_RECORD_JSON_SCAN_H
#define CXA_RECORD_JSON_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/**
 * struct cxa_json_scan - the state between two pieces of one value; { 0 } to
 * start with
 */
struct cxa_json_scan {
	uint32_t depth;   /* open brackets */
	bool in_string;
	bool escaped;
	bool started;     /* a byte of the value has been seen */
	bool scalar;      /* a number, true, false or null */
};

/**
 * cxa_json_scan_value() - go on to the end of the value
 * @data: @size bytes; the first of the value has no white space before it
 * @used: out: bytes that belong to the value
 *
 * Strings are honoured, brackets counted (of any kind), nothing else is
 * checked: what it delimits is parsed later. A scalar outside brackets ends
 * before the first of `,]}`, white space or the end of input (the caller knows
 * the last).
 *
 * Return: 1 the value ends after *used bytes, 0 all were used and it goes on,
 * -1 this cannot start a value, or a bracket closes that was not open.
 */
int cxa_json_scan_value(struct cxa_json_scan *scan, const uint8_t *data,
			size_t size, size_t *used);

#endif
