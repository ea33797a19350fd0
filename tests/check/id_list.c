/* id_list.c - lists of ids: found by value, got by position, in few bytes */
#include "check/id_list.h"

#include <stdlib.h>

#include "tap.h"

enum { MANY = 1000000 };

static uint64_t random_state = 20260801;

static uint64_t next_random(void)
{
	uint64_t z = random_state += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

static int by_value(const void *a, const void *b)
{
	uint64_t left = *(const uint64_t *)a;
	uint64_t right = *(const uint64_t *)b;

	return left < right ? -1 : left > right;
}

static void fill(struct cxa_id_list *list, const uint64_t *ids, size_t count)
{
	for (size_t i = 0; i < count;) {
		size_t part = 1 + i % 300;

		if (part > count - i)
			part = count - i;
		if (cxa_id_list_append(list, ids + i, part) != 0)
			abort();
		i += part;
	}
	if (cxa_id_list_seal(list) != 0)
		abort();
}

/* Each is found at its place, what stands between two is not. */
static bool holds(const struct cxa_id_list *list, const uint64_t *ids,
		  size_t count)
{
	size_t at = 0;

	for (size_t i = 0; i < count; i++) {
		if (!cxa_id_list_find(list, ids[i], &at) || at != i ||
		    cxa_id_list_get(list, i) != ids[i])
			return false;
		if (ids[i] != UINT64_MAX &&
		    (i + 1 == count || ids[i + 1] != ids[i] + 1) &&
		    (cxa_id_list_find(list, ids[i] + 1, &at) || at != i + 1))
			return false;
	}
	return count == list->count;
}

static void check(const char *name, const uint64_t *ids, size_t count,
		  double most)
{
	struct cxa_id_list list = { 0 };
	double each;

	fill(&list, ids, count);
	ok(holds(&list, ids, count), "%s: all %zu are found, no other", name,
	   count);
	each = (double)cxa_id_list_bytes(&list) / (double)count;
	if (most > 0)
		ok(each <= most, "%s: %.2f bytes an id, at most %.2f", name,
		   each, most);
	cxa_id_list_release(&list);
}

int main(void)
{
	uint64_t *ids = malloc(MANY * sizeof(*ids));
	static const uint64_t ends[] = { 0, UINT64_C(1) << 63, UINT64_MAX };
	struct cxa_id_list list = { 0 };
	bool same = true;

	ok(!cxa_id_list_find(&list, 0, NULL), "an empty list holds nothing");
	check("0, 2^63 and 2^64-1", ends, 3, 0);
	for (size_t i = 0; i < MANY; i++)
		ids[i] = i + 1;
	check("a million in a row", ids, MANY, 0.25);
	for (size_t i = 0; i < MANY; i++)
		ids[i] = 3 * i;
	check("every third", ids, MANY, 2.5);
	for (size_t i = 0; i < MANY; i++)
		ids[i] = next_random();
	fill(&list, ids, MANY);
	for (size_t i = 0; i < MANY; i++)
		same = same && cxa_id_list_get(&list, i) == ids[i];
	ok(same, "values in any order are got by their position");
	ok(cxa_id_list_bytes(&list) <= (size_t)(8.4 * MANY),
	   "in %.2f bytes each, at most 8.4",
	   (double)cxa_id_list_bytes(&list) / MANY);
	cxa_id_list_release(&list);
	qsort(ids, MANY, sizeof(*ids), by_value);
	check("a million over all 64 bits", ids, MANY, 7.4);
	free(ids);
	return done_testing();
}
