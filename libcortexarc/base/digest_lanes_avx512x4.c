/* digest_lanes_avx512x4.c - BLAKE2b-256 in 4 lanes with AVX-512's rotations */
#include "base/digest_lanes.h"

#ifdef CXA_DIGEST_LANES

#include <stdbool.h>
#include <string.h>

#define LANES 4
#define TARGET __attribute__((target("avx512f,avx512vl")))
#define NAME cxa_digest_lanes_avx512x4
#include "base/digest_lanes_body.h"

#endif
