/* SPDX-License-Identifier: MIT
 *
 * What a CPU thread can do at most: a plain sum over memory, and float64 instructions. One source
 * compiled once for each instruction set, as the CPU backend is.
 */
#ifndef BENCH_PROBE_H
#define BENCH_PROBE_H

#include <stddef.h>

struct probe {
    const char *instruction_set;
    /* The float32 sum of x[0 .. n). */
    float (*sum)(const float *x, size_t n);
    /* Runs the chains n times; returns how many float64 operations of one lane that were. */
    double (*rate)(size_t n, double *result);
};

extern const struct probe probe_portable;
#if defined(__x86_64__)
extern const struct probe probe_v3;
extern const struct probe probe_v4;
#endif

/* The probe of this instruction set, as the CPU backend names it; NULL if there is none. */
const struct probe *probe_find(const char *instruction_set);

#endif
