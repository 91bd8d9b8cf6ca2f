/* SPDX-License-Identifier: MIT
 *
 * What a run of the benchmark works with: the backend, its threads, and the fields in its memory;
 * and the timing of one case on it.
 */
#ifndef BENCH_RIG_H
#define BENCH_RIG_H

#include <stdbool.h>
#include <stddef.h>

#include <gaia/status.h>

#include "backend.h"
#include "bench.h"
#include "case.h"
#include "crew.h"
#include "domain.h"
#include "synthetic.h"

enum { POOLS_MAX = 5 * 3 * 2 };

struct rig {
    const struct bench_options *options;
    const struct backend_ops *ops;
    struct backend *backend;
    const char *note; /* why `auto` is not the GPU, or NULL */
    bool on_gpu;
    unsigned n_workers; /* threads that hand work to the backend */
    struct crew *crew;
    struct domain domain;
    size_t n_pools;
    struct pool pools[POOLS_MAX];
};

/* Opens the device, its threads and the grid. What there is after a failure rig_close frees. */
GAIA_MUST_USE gaia_status rig_open(const struct bench_options *options, struct rig *rig,
                                   gaia_error *err);
void rig_close(struct rig *rig);

/* Sets the sizes of the cases, makes the fields that they need and their layouts. cases_free frees
 * the layouts. GAIA_OUT_OF_MEMORY says how much is wanted and what makes it less. */
GAIA_MUST_USE gaia_status rig_fill(struct rig *rig, struct bench_case *cases, size_t n_cases,
                                   gaia_error *err);
void cases_free(struct rig *rig, struct bench_case *cases, size_t n_cases);

/* The pool of such fields; NULL if no case needed any. */
const struct pool *rig_pool(const struct rig *rig, enum field_kind kind, enum gaia_dtype dtype,
                            bool missing);

/* Does the case's passes once and says what one took. What a pass needs is opened, and warmed by a
 * call on every thread, before the time starts. */
GAIA_MUST_USE gaia_status case_time(struct rig *rig, const struct bench_case *c, double *seconds,
                                    struct stages *stages, gaia_error *err);

/* The sums of the case's first tile, [n_forecasts][layout_n_sums]; the caller frees them. */
GAIA_MUST_USE gaia_status case_sums(struct rig *rig, const struct bench_case *c, double **sums,
                                    gaia_error *err);

#endif
