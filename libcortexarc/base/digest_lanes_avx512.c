/* digest_lanes_avx512.c - BLAKE2b-256 in 8 lanes */
#include "base/digest_lanes.h"

#ifdef CXA_DIGEST_LANES

#include <stdbool.h>
#include <string.h>

#define LANES 8
#define TARGET __attribute__((target("avx512f,avx512vl")))
#define NAME cxa_digest_lanes_avx512
#include "base/digest_lanes_body.h"

#endif
