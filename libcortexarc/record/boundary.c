/* boundary.c - where a batch ends */
#include "record/boundary.h"

uint64_t cxa_boundary_mix(uint64_t id)
{
	id = (id ^ (id >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	id = (id ^ (id >> 27)) * UINT64_C(0x94d049bb133111eb);
	return id ^ (id >> 31);
}

bool cxa_boundary_before(const struct cxa_boundary *boundary, size_t size)
{
	return boundary->bytes != 0 &&
	       boundary->bytes + size > boundary->info->max_bytes;
}

bool cxa_boundary_add(struct cxa_boundary *boundary, uint64_t id, size_t size)
{
	uint64_t mask = (UINT64_C(1) << boundary->info->boundary_bits) - 1;

	boundary->bytes += size;
	return boundary->bytes >= boundary->info->min_bytes &&
	       (cxa_boundary_mix(id) & mask) == 0;
}
