/* SPDX-License-Identifier: MIT
 *
 * The steps of building a plan, for the files plan_*.c alone: what is scored (plan_choose.c), what
 * the sources must have for it (plan_check.c), the units (plan_build.c), and which of them get
 * error maps (plan_maps.c).
 */
#ifndef HOST_PLAN_BUILDER_H
#define HOST_PLAN_BUILDER_H

#include <stdbool.h>
#include <stddef.h>

#include <gaia/job.h>
#include <gaia/status.h>

#include "plan.h"
#include "sources.h"

enum { PLAN_ARENA_BYTES_MAX = 1 << 30 };

struct plan_builder {
    struct sources *sources;
    const struct gaia_job *job;
    struct plan *plan;
    size_t unit_capacity;
    bool day_366_by_365; /* some field's climatology is that of the day before */
};

/* Adds a warning to the plan; where there is no room for more, it is lost. */
void plan_warn(struct plan *plan, const char *text);

/* Notes the outcome of forecast i in the plan. GAIA_OUT_OF_MEMORY. */
GAIA_MUST_USE gaia_status plan_forecast_note(struct plan *plan, size_t i, gaia_status status,
                                             const char *detail, gaia_error *err);

/* No forecast can be scored: says why of each, as far as there is room. The status is the first's.
 */
GAIA_MUST_USE gaia_status plan_forecasts_failed(const struct plan *plan, gaia_error *err);

/* The variables that the job names; else those of the first forecast that opens and that the truth
 * has too, by name or by what the name means (GAIA_JOB_INVALID: two mean the same). They are called
 * as in the forecast. */
GAIA_MUST_USE gaia_status plan_variables_choose(struct plan_builder *b, gaia_error *err);

/* Drops variables that are no part of the job's profile, unless the job names its variables. */
GAIA_MUST_USE gaia_status plan_profile_keep(struct plan_builder *b, gaia_error *err);

/* Says that a forecast has no field at the levels and lead times of the profile. */
gaia_status plan_profile_nothing(const struct gaia_profile *profile, const struct catalog *forecast,
                                 gaia_error *err);

/* Names of the regions that have points, of the weightings, and the set of metrics. */
GAIA_MUST_USE gaia_status plan_settings_choose(struct plan_builder *b, gaia_error *err);

/* The variables and levels that get error maps: each entry of the job's list must be of fields that
 * are scored. The plan's units are there and sorted. GAIA_JOB_INVALID names what could be asked
 * for. */
GAIA_MUST_USE gaia_status plan_maps_choose(struct plan_builder *b, gaia_error *err);

/* Every level and lead time that the job names must be in the forecast, every such level in the
 * truth. */
GAIA_MUST_USE gaia_status plan_wishes_check(const struct plan_builder *b,
                                            const struct catalog *forecast, size_t variable,
                                            size_t truth_variable, gaia_error *err);

/* Climatology and reference must cover every field that is scored: this one of variable `name`. */
GAIA_MUST_USE gaia_status plan_companions_check(struct plan_builder *b, const char *name,
                                                const struct catalog_entry *entry, gaia_error *err);

#endif
