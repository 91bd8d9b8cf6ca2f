/* SPDX-License-Identifier: MIT
 *
 * The loops that measure a CPU thread. PROBE names what the file is compiled for: portable, v3 or
 * v4.
 *
 * Invariant: the chains start from different values and end in the result, so that no compiler can
 * fold two of them into one or drop them.
 */
#include "probe.h"

#include "cpu_vector.h"

#define PROBE_JOIN(a, b) a##b
#define PROBE_NAME(name) PROBE_JOIN(probe_, name)
#define PROBE_TEXT(name) #name
#define PROBE_STRING(name) PROBE_TEXT(name)

enum { SUM_LANES = 64 };

/* Independent chains of either kind, in the proportion that one round of the loop holds them: as
 * many as there are registers for. An fma takes four cycles and may have two pipes, so with fewer
 * than a dozen of them every one that is late leaves a pipe idle. */
enum {
    PROBE_FMA_CHAINS = VEC_REGISTERS >= 32 ? 12 : 8,
    PROBE_ADD_CHAINS = VEC_REGISTERS >= 32 ? 12 : 6
};

static float probe_sum(const float *x, size_t n)
{
    float lane[SUM_LANES] = {0};
    float total = 0;
    size_t i = 0;
    for (; i + SUM_LANES <= n; i += SUM_LANES) {
        for (size_t l = 0; l < SUM_LANES; l++) {
            lane[l] += x[i + l];
        }
    }
    for (; i < n; i++) {
        total += x[i];
    }
    for (size_t l = 0; l < SUM_LANES; l++) {
        total += lane[l];
    }
    return total;
}

static double probe_rate(size_t n, double *result)
{
    vec fmas[PROBE_FMA_CHAINS];
    vec sums[PROBE_ADD_CHAINS];
    double lanes[VEC_LANES];
    const vec factor = vec_of(*result);
    const vec step = vec_of(1.0 - *result);
    for (int k = 0; k < PROBE_FMA_CHAINS; k++) {
        fmas[k] = vec_of(1.0 + k);
    }
    for (int k = 0; k < PROBE_ADD_CHAINS; k++) {
        sums[k] = vec_of(2.0 + k);
    }
    for (size_t i = 0; i < n; i++) {
        for (int k = 0; k < PROBE_FMA_CHAINS; k++) {
            fmas[k] = vec_fma(fmas[k], factor, step);
        }
        for (int k = 0; k < PROBE_ADD_CHAINS; k++) {
            sums[k] = vec_add(sums[k], step);
        }
    }
    for (int k = 0; k < PROBE_FMA_CHAINS; k++) {
        vec_store(lanes, fmas[k]);
        *result += lanes[0];
    }
    for (int k = 0; k < PROBE_ADD_CHAINS; k++) {
        vec_store(lanes, sums[k]);
        *result += lanes[0];
    }
    return (double)n * (PROBE_FMA_CHAINS + PROBE_ADD_CHAINS) * VEC_LANES;
}

const struct probe PROBE_NAME(PROBE) = {PROBE_STRING(PROBE), probe_sum, probe_rate};
