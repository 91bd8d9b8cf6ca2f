/* SPDX-License-Identifier: MIT
 *
 * Scores from a file of moments: any metric, any part of what was summed, either rule for missing
 * points. No field is read.
 *
 * Invariant: what comes out is what `gaia score` gives for a job that asks for the same, to the
 * last bit and in the same order: the choice becomes a plan, and the sums go through score_stream.
 */
#ifndef SCORE_DERIVE_H
#define SCORE_DERIVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <gaia/metric.h>
#include <gaia/status.h>

#include "moments_file.h"
#include "plan.h"

/* What is wanted. An empty list: all that there is (metrics: those that the job asked for). Lists
 * are in the order in which scores are reported; levels do not concern fields without level; of the
 * regions "zonal" stands for all bands of latitude that there are, whatever their width, and
 * "zonal:WIDTH" for those of that width. */
struct derive_filter {
    size_t n_forecasts;
    const char *const *forecasts;
    size_t n_variables;
    const char *const *variables;
    size_t n_levels;
    const double *levels; /* hPa */
    size_t n_leads;
    const int64_t *leads_s;
    size_t n_regions;
    const char *const *regions;
    size_t n_weights;
    const char *const *weights;
    size_t n_metrics;
    const char *const *metrics;
    bool has_missing; /* else the rule that the job was scored by */
    enum gaia_missing missing;
};

/* One list of names as a choice: the places of what was chosen among what there is, and back. */
struct derive_axis {
    size_t n;
    uint32_t *from; /* [n] */
    uint32_t *to;   /* [of what there is] DERIVE_NOWHERE where it was not chosen */
};

enum { DERIVE_NOWHERE = UINT32_MAX };

struct derive {
    struct plan plan; /* of what was chosen; its units: of derive_open only */
    size_t *unit;     /* [plan.n_units] its number in the file */
    size_t *row;      /* [plan_rows_per_unit] its number among the file's rows of a unit */
    struct derive_axis forecasts;
    struct derive_axis variables;
    size_t n_levels; /* 0: all */
    double *levels;
    size_t n_leads;
    int64_t *leads_s;
};

/* ---- Any plan: the units stay where they are, in memory that grows with names only ---- */

/* Chooses among a plan's names, which are borrowed for the life of *derive; `name` is for messages.
 * Fails with GAIA_NOT_FOUND (forecast), GAIA_VARIABLE_MISSING, GAIA_REGION_UNKNOWN,
 * GAIA_WEIGHTING_UNKNOWN or GAIA_METRIC_UNKNOWN, which names what there is, GAIA_USAGE (a name
 * twice, or a metric without its sums) or GAIA_OUT_OF_MEMORY. *derive is the caller's. */
GAIA_MUST_USE gaia_status derive_choose(const struct plan *there, const char *name,
                                        const struct derive_filter *filter, struct derive **derive,
                                        gaia_error *err);

/* Fails if a level or lead time that is wanted is of no unit of `there` that the choice has:
 * GAIA_LEVEL_MISSING, GAIA_LEAD_MISSING. `there` has the names that the choice was made of. */
GAIA_MUST_USE gaia_status derive_check(const struct derive *derive, const struct plan *there,
                                       const char *name, gaia_error *err);

/* The first unit of `there` that was chosen, and the one after i_unit, in the order of the choice:
 * numbers in `there`, its n_units where there is none. Forecasts that failed have none. */
size_t derive_first(const struct derive *derive, const struct plan *there);
size_t derive_next(const struct derive *derive, const struct plan *there, size_t i_unit);

/* Whether the unit was chosen; *named is the unit with the choice's numbers. */
bool derive_unit(const struct derive *derive, const struct gaia_unit *unit,
                 struct gaia_unit *named);

/* ---- A file ---- */

/* Chooses among a file's moments: derive_choose, then derive_check, and the units. */
GAIA_MUST_USE gaia_status derive_open(const struct moments_file *file,
                                      const struct derive_filter *filter, struct derive **derive,
                                      gaia_error *err);

/* NULL is allowed. */
void derive_close(struct derive *derive);

/* Reads the chosen rows [plan_rows_per_unit] of unit i_unit of derive->plan. scratch has room for
 * all of the file's rows of a unit. GAIA_FILE_UNREADABLE. */
GAIA_MUST_USE gaia_status derive_rows(const struct moments_file *file, const struct derive *derive,
                                      size_t i_unit, struct gaia_moments *scratch,
                                      struct gaia_moments *rows, gaia_error *err);

/* Emits every score of what was chosen, in the order of gaia_score_job. GAIA_FILE_UNREADABLE,
 * GAIA_OUT_OF_MEMORY. */
GAIA_MUST_USE gaia_status derive_scores(const struct moments_file *file,
                                        const struct derive *derive,
                                        void (*emit)(void *context, const struct gaia_score *),
                                        void *context, gaia_error *err);

#endif
