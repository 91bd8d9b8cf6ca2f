/* SPDX-License-Identifier: MIT
 *
 * A case: one kind of work that is timed, what it must read and compute at least, and what its
 * rounds took.
 */
#ifndef BENCH_CASE_H
#define BENCH_CASE_H

#include <stdbool.h>
#include <stddef.h>

#include "backend.h"
#include "bench.h"
#include "domain.h"
#include "synthetic.h"

enum { CASE_NAME = 48, CASES_MAX = 600 };

/* float64 operations per forecast point, by the rule of kernels/moments.h where nothing is missing:
 * a strip's points count as often as strips hold them, a truth's own sums once a tile. The floor
 * holds additions (also of |d|), subtractions, multiplications and fma's, one each. It leaves out
 * conversions to float64, the extremes, and adding rows up to regions, so that it is a floor. */
struct operations {
    double subtractions;
    double additions;
    double multiplications;
    double fmas;
    double conversions; /* not in the floor */
};

/* Seconds by stage, of one pass. */
struct stages {
    double upload_s;
    double kernel_s;
    double download_s;
};

struct bench_case {
    char name[CASE_NAME];
    size_t n_forecasts; /* of a tile */
    enum gaia_dtype dtype;
    enum region_choice regions;
    bool climatology;
    bool reference;
    bool plane;
    bool missing;
    bool from_host;

    /* What a pass is: n_tiles tiles, each read once; a call of the backend sums tiles_per_call. */
    size_t n_tiles;
    size_t tiles_per_call;
    struct layout *layout;
    struct backend_buffer layout_buffer;
    struct operations operations;
    double bytes;
    double points; /* of forecasts */

    size_t n_passes; /* of a round */
    size_t n_rounds; /* done */
    double seconds[BENCH_ROUNDS_MAX];
    struct stages stages[BENCH_ROUNDS_MAX];
};

/* Fills cases [CASES_MAX] with those that the options ask for. GAIA_USAGE if there is none, or too
 * many. */
GAIA_MUST_USE gaia_status cases_list(const struct bench_options *options, bool on_gpu,
                                     struct bench_case *cases, size_t *n_cases, gaia_error *err);

/* How many fields of a kind a pass of the case reads: those of shared kinds once a tile. */
size_t case_fields(const struct bench_case *c, enum field_kind kind);

/* Whether the case's fields of a kind have missing values: forecasts and truths may. */
bool case_missing(const struct bench_case *c, enum field_kind kind);

/* Sets operations, bytes and points from all that is before them in the struct. */
void case_count(struct bench_case *c);

/* All float64 operations of the floor per forecast point. */
double operations_total(const struct operations *operations);

/* The best and the middle of n timings; NaN of none. */
double timings_best(const double *seconds, size_t n);
double timings_median(const double *seconds, size_t n);

#endif
