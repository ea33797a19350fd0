/* digest_lanes_avx2.c - BLAKE2b-256 in 4 lanes */
#include "base/digest_lanes.h"

#ifdef CXA_DIGEST_LANES

#include <stdbool.h>
#include <string.h>

#define LANES 4
#define TARGET __attribute__((target("avx2")))
#define NAME cxa_digest_lanes_avx2
#include "base/digest_lanes_body.h"

#endif
