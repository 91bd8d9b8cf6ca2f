/* SPDX-License-Identifier: MIT
 *
 * The axes of a page, and where a score lies on them. For report_data.c.
 *
 * Invariant: an index that is handed out is within its list.
 */
#ifndef REPORT_AXES_H
#define REPORT_AXES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <gaia/status.h>

#include "arena.h"
#include "plan.h"

/* What is scored, or held against. */
enum report_kind { REPORT_FORECAST, REPORT_AGAINST, REPORT_REFERENCE, REPORT_CLIMATOLOGY };

struct report_axes {
    const struct plan *plan; /* of the choice: its variables, regions, weightings */
    double *levels;          /* [n_levels] ascending, NaN (none) first */
    size_t n_levels;
    int64_t *leads_s; /* [n_leads] ascending */
    size_t n_leads;
};

/* Where a score lies, without its forecast and metric. */
struct report_place {
    size_t variable;
    size_t level;
    size_t lead;
    size_t region;
    size_t weighting;
};

/* The axes of the units of plan, which is borrowed; lists live in the arena. GAIA_OUT_OF_MEMORY. */
GAIA_MUST_USE gaia_status report_axes_make(const struct plan *plan, struct arena *arena,
                                           struct report_axes *axes, gaia_error *err);

/* The place of these names; false: not on the axes. */
bool report_axes_find(const struct report_axes *axes, const char *variable, double level,
                      int64_t lead_time_s, const char *region, const char *weighting,
                      struct report_place *place);

/* Of how many fields the forecasts of the plan have at least one: distinct variable, level, lead
 * and init time. GAIA_OUT_OF_MEMORY. */
GAIA_MUST_USE gaia_status report_fields_count(const struct plan *plan, size_t *n_fields,
                                              gaia_error *err);

/* How many leads (forecast, variable, level, lead time) the plan has, and how many of them differ
 * in more than their forecast. GAIA_OUT_OF_MEMORY. */
GAIA_MUST_USE gaia_status report_leads_count(const struct plan *plan, size_t *n_leads,
                                             size_t *n_places, gaia_error *err);

/* What a forecast has: units, distinct init times, the first and the last of them. */
struct report_coverage {
    size_t n_fields;
    size_t n_init_times;
    int64_t first_s;
    int64_t last_s;
};
GAIA_MUST_USE gaia_status report_coverage_find(const struct plan *plan, size_t forecast,
                                               struct report_coverage *coverage, gaia_error *err);

#endif
