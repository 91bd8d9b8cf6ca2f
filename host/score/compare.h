/* SPDX-License-Identifier: MIT
 *
 * One set of stored moments held against another, event by event: walks both files and hands series
 * of scores to paired.h.
 *
 * An event is a variable, level, lead and init time; it counts for a region and weighting where
 * both have a value of the metric and their truths are the same. Invariant: n + n_lacking +
 * n_other_truth is the number of events that either has.
 */
#ifndef SCORE_COMPARE_H
#define SCORE_COMPARE_H

#include <gaia/metric.h>
#include <gaia/status.h>

#include "derive.h"
#include "moments_file.h"
#include "paired.h"

/* One line of a comparison; strings are borrowed for the call. For metric "msess", 1 - the mean mse
 * of forecast over that of against, only n and stats.difference (the skill) have values. */
struct compare_row {
    const char *forecast;
    const char *against;
    const char *variable;
    double level; /* hPa; NaN: none */
    int64_t lead_time_s;
    const char *region;
    const char *weighting;
    const char *metric;
    struct paired_stats stats;
    size_t n_lacking;     /* events that one of the two lacks, or has no value for, or has
                               another climatology or reference for */
    size_t n_other_truth; /* events whose truths differ */
};

struct compare_request {
    const struct moments_file *file;
    const struct moments_file *against_file; /* may be the same */
    const char *against;                     /* a forecast of against_file */
    const char *against_label;               /* how it is called in rows */
    /* Names that are not filtered are those that both have; metrics: those of one time, [mse, rmse,
     * mae, bias, acc_centred]. The forecasts are of file. */
    struct derive_filter filter;
};

/* Emits every row, in the order of file. The errors of derive_open; GAIA_NO_OVERLAP if the two have
 * no variable, region or weighting in common, or no event; GAIA_LIMIT if the init times of one lead
 * do not fit into memory; GAIA_METRIC_UNKNOWN; GAIA_USAGE (nothing to compare). */
GAIA_MUST_USE gaia_status compare_run(const struct compare_request *request,
                                      void (*emit)(void *context, const struct compare_row *row),
                                      void *context, gaia_error *err);

#endif
