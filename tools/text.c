/* text.c - numbers, sizes and text of unknown origin as a person reads them */
#include <inttypes.h>
#include <string.h>
#include <time.h>

#include "ui.h"
#include "utf8.h"

bool ui_steers(uint32_t code)
{
	return code < 0x20 || (code >= 0x7f && code < 0xa0) ||
	       code == 0x2028 || code == 0x2029 ||
	       (code >= 0x200e && code <= 0x200f) ||
	       (code >= 0x202a && code <= 0x202e) ||
	       (code >= 0x2066 && code <= 0x2069);
}

void ui_text(FILE *file, const void *text, size_t size)
{
	const uint8_t *bytes = text;
	uint32_t code;
	size_t taken;

	while (size != 0) {
		taken = utf8_next(bytes, size, &code);
		if (taken == 0 || (code < 0x100 && ui_steers(code))) {
			fprintf(file, "\\x%02x",
				taken == 0 ? bytes[0] : (unsigned)code);
			taken += taken == 0;
		} else if (ui_steers(code)) {
			fprintf(file, "\\u%04" PRIx32, code);
		} else {
			fwrite(bytes, 1, taken, file);
		}
		bytes += taken;
		size -= taken;
	}
}

void ui_copy(FILE *to, FILE *from)
{
	char block[16 * 1024];
	size_t size;

	rewind(from);
	while ((size = fread(block, 1, sizeof(block), from)) != 0)
		fwrite(block, 1, size, to);
}

const char *ui_count(char out[UI_NUMBER_BYTES], uint64_t count)
{
	char digits[24];
	size_t size = (size_t)snprintf(digits, sizeof(digits), "%" PRIu64,
				       count);
	size_t used = 0;

	for (size_t i = 0; i < size; i++) {
		if (i != 0 && (size - i) % 3 == 0)
			out[used++] = ',';
		out[used++] = digits[i];
	}
	out[used] = '\0';
	return out;
}

const char *ui_size(char out[UI_NUMBER_BYTES], double bytes)
{
	static const char *const units[] = { "B", "kB", "MB", "GB", "TB" };
	size_t unit = 0;

	/* 999.95 would be shown as 1000.0 */
	while (bytes >= (unit == 0 ? 1000 : 999.95) &&
	       unit + 1 < sizeof(units) / sizeof(units[0])) {
		bytes /= 1000;
		unit++;
	}
	snprintf(out, UI_NUMBER_BYTES, unit == 0 ? "%.0f %s" : "%.1f %s",
		 bytes, units[unit]);
	return out;
}

const char *ui_time(char out[UI_NUMBER_BYTES], double seconds)
{
	unsigned long whole = 359999; /* 99:59:59: more is no better known */

	if (seconds < 359999)
		whole = seconds < 0 ? 0 : (unsigned long)seconds;
	if (seconds < 60)
		snprintf(out, UI_NUMBER_BYTES, "%.1f s", seconds);
	else if (whole < 3600)
		snprintf(out, UI_NUMBER_BYTES, "%lu:%02lu", whole / 60,
			 whole % 60);
	else
		snprintf(out, UI_NUMBER_BYTES, "%lu:%02lu:%02lu", whole / 3600,
			 whole / 60 % 60, whole % 60);
	return out;
}

const char *ui_root(char out[65], const uint8_t root[32])
{
	for (int i = 0; i < 32; i++)
		snprintf(out + 2 * i, 3, "%02x", root[i]);
	return out;
}

double ui_clock(void)
{
	struct timespec now = { 0, 0 };

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}
