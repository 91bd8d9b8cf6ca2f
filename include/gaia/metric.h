/* SPDX-License-Identifier: MIT
 *
 * Moments (the sums that are kept) and metrics (the formulas over them).
 *
 * A row of moments is everything kept of one field over one region under one weighting. Scores are
 * arithmetic on such rows; no field is read again.
 *
 * f forecast, o truth, c climatology, r reference; d = f - o, a = f - c, b = o - c; w the weight of
 * a point's latitude row. Each group sums over the points where all of its fields are present.
 *
 * In a region under a mask or a polygon a point counts as m, its weight there, 0 to 1: w is then
 * the row's weight times m, counts (also POINTS, and those of missing points) are sums of m, and
 * the plain sum of d is that of m d. A point with m = 0 takes no part, not even in FORECAST_MIN.
 */
#ifndef GAIA_METRIC_H
#define GAIA_METRIC_H

#include <stddef.h>
#include <stdint.h>

#include <gaia/status.h>
#include <gaia/time.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The rule of summation (kernels/moments.h). It changes when any stored bit would. */
enum { GAIA_MOMENTS_VERSION = 1 };

/* X(code, meaning). Counts and sums named "plain" carry no weights. */
#define GAIA_MOMENT_MAP(X)                                                                         \
    X(POINTS, "grid points of the region, present or not")                                         \
    X(ERROR_N, "f, o present: points")                                                             \
    X(ERROR_W, "sum w")                                                                            \
    X(ERROR_D, "sum w d")                                                                          \
    X(ERROR_D2, "sum w d^2")                                                                       \
    X(ERROR_ABS_D, "sum w |d|")                                                                    \
    X(ERROR_OD, "sum w o d")                                                                       \
    X(ERROR_O, "sum w o")                                                                          \
    X(ERROR_O2, "sum w o^2")                                                                       \
    X(ERROR_D_PLAIN, "sum d")                                                                      \
    X(ANOMALY_N, "f, o, c present: points")                                                        \
    X(ANOMALY_W, "sum w")                                                                          \
    X(ANOMALY_A, "sum w a")                                                                        \
    X(ANOMALY_A2, "sum w a^2")                                                                     \
    X(ANOMALY_AB, "sum w a b")                                                                     \
    X(ANOMALY_B, "sum w b")                                                                        \
    X(ANOMALY_B2, "sum w b^2")                                                                     \
    X(REFERENCE_N, "f, o, r present: points")                                                      \
    X(REFERENCE_W, "sum w")                                                                        \
    X(REFERENCE_D, "sum w d")                                                                      \
    X(REFERENCE_D2, "sum w d^2")                                                                   \
    X(REFERENCE_RO2, "sum w (r-o)^2")                                                              \
    X(REFERENCE_FR2, "sum w (f-r)^2")                                                              \
    X(TRUTH_CLIMATOLOGY_N, "o, c present: points")                                                 \
    X(TRUTH_CLIMATOLOGY_W, "sum w")                                                                \
    X(TRUTH_CLIMATOLOGY_B, "sum w b")                                                              \
    X(TRUTH_CLIMATOLOGY_B2, "sum w b^2")                                                           \
    X(TRUTH_REFERENCE_N, "o, r present: points")                                                   \
    X(TRUTH_REFERENCE_W, "sum w")                                                                  \
    X(TRUTH_REFERENCE_RO, "sum w (r-o)")                                                           \
    X(TRUTH_REFERENCE_RO2, "sum w (r-o)^2")                                                        \
    X(FORECAST_MIN, "least f; NaN when none is present")                                           \
    X(FORECAST_MAX, "greatest f; NaN when none is present")                                        \
    X(FORECAST_MISSING, "points without f")                                                        \
    X(TRUTH_MISSING, "points without o")

enum gaia_moment {
#define X(code, meaning) GAIA_MOMENT_##code,
    GAIA_MOMENT_MAP(X)
#undef X
        GAIA_MOMENT_COUNT
};

/* One row: [GAIA_MOMENT_COUNT] float64, indexed by enum gaia_moment. Without a climatology or a
 * reference the sums of their groups are 0. */
struct gaia_moments {
    double sum[GAIA_MOMENT_COUNT];
};

/* A row and what it is of. Everything is borrowed for the duration of the callback. */
struct gaia_moments_row {
    const char *forecast; /* id of the forecast in the job */
    const char *variable;
    double level; /* hPa; NaN for a field without level */
    int64_t lead_time_s;
    int64_t init_time_s;
    int64_t valid_time_s;
    const char *region;
    const char *weighting;
    enum gaia_calendar calendar; /* of the times */
    const struct gaia_moments *moments;
};

/* How a missing point counts: PAIRWISE leaves it out of each group it belongs to; PROPAGATE makes
 * every score of a group with a missing point NaN. */
enum gaia_missing { GAIA_MISSING_PAIRWISE, GAIA_MISSING_PROPAGATE };

/* One score. Strings are borrowed for the duration of the callback that receives the row. */
struct gaia_score {
    const char *forecast; /* id of the forecast in the job */
    const char *variable;
    double level; /* hPa; NaN for a field without level */
    int64_t lead_time_s;
    int64_t init_time_s;  /* meaningless if all_times */
    int64_t valid_time_s; /* meaningless if all_times */
    int all_times;        /* 1: the aggregate over the valid times of this lead */
    const char *region;
    const char *weighting;
    const char *metric;
    double value;                /* NaN: no value */
    enum gaia_calendar calendar; /* of the times */
};

/* Number of metrics, and the name and formula of metric i; NULL out of range. Static, thread-safe.
 */
GAIA_API size_t gaia_metric_count(void);
GAIA_API const char *gaia_metric_name(size_t i);
GAIA_API const char *gaia_metric_formula(size_t i);

/* The units of metric i are those of the scored variable to this power: 1 (rmse, mae, bias), 2
 * (mse), or 0: a count, a correlation or a skill, which has none. -1 out of range. Thread-safe. */
GAIA_API int gaia_metric_units_power(size_t i);

#ifdef __cplusplus
}
#endif
#endif
