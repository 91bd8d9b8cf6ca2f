/* SPDX-License-Identifier: MIT
 *
 * What the device can deliver at most, measured in the same rounds as the cases: memory bandwidth
 * and float64 operations.
 */
#ifndef BENCH_LIMIT_H
#define BENCH_LIMIT_H

#include <stdbool.h>
#include <stddef.h>

#include <gaia/status.h>

#include "bench.h"
#include "crew.h"
#include "device_probe.h"
#include "probe.h"
#include "synthetic.h"

/* READ and FLOAT64 are the CPU's or, on a GPU, the device's; COPY and UPLOAD are a GPU's: its own
 * memory read plus written, and pinned host memory to it. */
enum limit { LIMIT_READ, LIMIT_COPY, LIMIT_UPLOAD, LIMIT_FLOAT64, LIMIT_COUNT };

struct limits {
    struct crew *crew;
    unsigned n_threads;
    const struct probe *probe;   /* of the CPU, or NULL */
    const struct pool *pools[3]; /* float32 fields that the CPU's sum reads; NULL: none */
    size_t n_fields;             /* of each */
    const struct device_probe_ops *device_ops; /* of the GPU, or NULL */
    struct device_probe *device;
    char why_not[256]; /* a sentence if there are none for this device */
    size_t n_repeats[LIMIT_COUNT];
    size_t n_rounds;
    double rates[LIMIT_COUNT][BENCH_ROUNDS_MAX]; /* bytes or operations a second; NaN: none */
};

/* Finds how the limits of the device are measured; if there is no way, why_not says so and all
 * rates stay NaN. */
void limits_open(struct limits *limits, const char *backend, const char *instruction_set,
                 unsigned i_device);
void limits_close(struct limits *limits);

/* Times every limit once for about so many seconds each, and keeps it as the next round's, or, if
 * `kept` is false, as a warm-up from which the repeats of later rounds are set. */
GAIA_MUST_USE gaia_status limits_round(struct limits *limits, double seconds, bool kept,
                                       gaia_error *err);

/* The best and the middle rate of all rounds; NaN if it was not measured. */
double limit_best(const struct limits *limits, enum limit limit);
double limit_median(const struct limits *limits, enum limit limit);

#endif
