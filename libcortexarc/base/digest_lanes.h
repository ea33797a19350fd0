/* digest_lanes.h - BLAKE2b-256 of many spans, one in each lane of a vector */
#ifndef CXA_BASE_DIGEST_LANES_H
#define CXA_BASE_DIGEST_LANES_H

#include "base/digest.h"

#if defined(__x86_64__) && defined(__GNUC__)
#define CXA_DIGEST_LANES 1

/** cxa_digest_lanes_avx2() - 4 lanes; only where the processor has AVX2 */
void cxa_digest_lanes_avx2(const struct cxa_span *spans, size_t count,
			   struct cxa_digest *out);

/** cxa_digest_lanes_avx512x4() - 4 lanes; only with AVX-512 F and VL */
void cxa_digest_lanes_avx512x4(const struct cxa_span *spans, size_t count,
			       struct cxa_digest *out);

/** cxa_digest_lanes_avx512() - 8 lanes; the same */
void cxa_digest_lanes_avx512(const struct cxa_span *spans, size_t count,
			     struct cxa_digest *out);
#endif

#endif
