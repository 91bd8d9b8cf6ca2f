/* SPDX-License-Identifier: MIT
 *
 * What a profile says to a plan: which of the shared variables are scored where the job names none.
 *
 * Invariant: a variable is known by its meaning, so "t2m" in files is "2t" of a profile.
 */
#include "plan_builder.h"

#include <stdio.h>

#include "error.h"
#include "profile.h"

enum { LIST_BYTES = 256 };

/* The file of the first forecast that can be read. */
static const char *first_path(const struct plan_builder *b)
{
    for (size_t i = 0; i < b->job->n_forecasts; i++) {
        const struct forecast_source *forecast = &b->sources->forecasts[i];
        if (forecast->tried && forecast->error.status == GAIA_OK) {
            return forecast->catalog.grid_path;
        }
    }
    return b->job->forecasts[0].files[0];
}

gaia_status plan_profile_keep(struct plan_builder *b, gaia_error *err)
{
    const struct gaia_profile *profile = b->job->profile;
    struct plan *plan = b->plan;
    size_t n = 0;
    if (profile == NULL || b->job->n_variables > 0) {
        return GAIA_OK;
    }
    for (size_t i = 0; i < plan->n_variables; i++) {
        if (profile_variable_find(profile, plan->variables[i]) != NULL) {
            plan->variables[n++] = plan->variables[i];
        }
    }
    plan->n_variables = n;
    return n > 0 ? GAIA_OK
                 : error_set(err, GAIA_VARIABLE_MISSING,
                             "%s and %s share no variable of profile '%s'", first_path(b),
                             b->sources->truth.grid_path, profile->name);
}

gaia_status plan_profile_nothing(const struct gaia_profile *profile, const struct catalog *forecast,
                                 gaia_error *err)
{
    char there[LIST_BYTES];
    char wanted[LIST_BYTES] = "";
    size_t used = 0;
    for (size_t i = 0; i < profile->n_leads && used < sizeof wanted; i++) {
        used += (size_t)snprintf(wanted + used, sizeof wanted - used, "%s%g", i > 0 ? ", " : "",
                                 profile->lead_hours[i]);
    }
    catalog_list_leads(forecast, forecast->entries[0].variable, there, sizeof there);
    return error_set(
        err, GAIA_LEAD_MISSING,
        "%s: no field at the levels and lead times of profile '%s', which are %s h; its "
        "lead times are: %s",
        forecast->grid_path, profile->name, wanted, there);
}
