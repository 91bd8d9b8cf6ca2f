/* SPDX-License-Identifier: MIT
 *
 * What a plan scores: variables, regions, weightings and metrics, asked for or by default.
 */
#include "plan_builder.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "error.h"
#include "metric.h"
#include "profile.h"
#include "region.h"

gaia_status plan_forecast_note(struct plan *plan, size_t i, gaia_status status, const char *detail,
                               gaia_error *err)
{
    plan->forecasts[i].status = status;
    plan->forecasts[i].detail = arena_strdup(&plan->arena, detail);
    return plan->forecasts[i].detail != NULL ? GAIA_OK : error_memory(err, strlen(detail));
}

gaia_status plan_forecasts_failed(const struct plan *plan, gaia_error *err)
{
    char all[GAIA_ERROR_DETAIL];
    size_t used = 0;
    for (size_t i = 0; plan->n_forecasts > 1 && i < plan->n_forecasts && used < sizeof all; i++) {
        used +=
            (size_t)snprintf(all + used, sizeof all - used, "%sforecast %s: %s", i > 0 ? "; " : "",
                             plan->forecasts[i].id, plan->forecasts[i].detail);
    }
    return error_set(err, plan->forecasts[0].status, "%s",
                     used > 0 ? all : plan->forecasts[0].detail);
}

static gaia_status names_copy(struct plan *plan, const char *const *names, size_t n,
                              const char ***copies, size_t *n_copies, gaia_error *err)
{
    *copies = arena_strings(&plan->arena, names, n);
    *n_copies = n;
    return *copies != NULL ? GAIA_OK : error_memory(err, n * sizeof *names);
}

gaia_status plan_variables_choose(struct plan_builder *b, gaia_error *err)
{
    const struct gaia_job *job = b->job;
    struct plan *plan = b->plan;
    if (job->n_variables > 0) {
        return names_copy(plan, job->variables, job->n_variables, &plan->variables,
                          &plan->n_variables, err);
    }
    const struct catalog *truth = &b->sources->truth;
    const struct catalog *forecast = NULL;
    gaia_status status = GAIA_INTERNAL;
    for (size_t i = 0; status != GAIA_OK && i < job->n_forecasts; i++) {
        gaia_error error = {0};
        status = sources_forecast(b->sources, i, &forecast, &error);
        if (plan_forecast_note(plan, i, status, error.detail, err) != GAIA_OK) {
            return GAIA_OUT_OF_MEMORY;
        }
    }
    if (status != GAIA_OK) {
        return plan_forecasts_failed(plan, err);
    }
    const char **names = calloc(forecast->n_variables, sizeof *names);
    size_t n = 0;
    for (size_t i = 0; names != NULL && i < forecast->n_variables; i++) {
        const char *name = forecast->variables[i].name;
        const bool wanted =
            job->profile == NULL || profile_variable_find(job->profile, name) != NULL;
        if (wanted && catalog_variable(truth, name) < truth->n_variables) {
            names[n++] = name;
        }
    }
    if (names == NULL) {
        status = error_memory(err, forecast->n_variables * sizeof *names);
    } else if (n == 0) {
        status = error_set(err, GAIA_VARIABLE_MISSING, "%s and %s have no variable in common%s%s",
                           forecast->grid_path, truth->grid_path,
                           job->profile != NULL ? " that is part of profile " : "",
                           job->profile != NULL ? job->profile->name : "");
    } else {
        status = names_copy(plan, names, n, &plan->variables, &plan->n_variables, err);
    }
    free(names);
    return status;
}

gaia_status plan_settings_choose(struct plan_builder *b, gaia_error *err)
{
    static const char *const default_regions[] = {"global", "n.hem", "tropics", "s.hem"};
    static const char *const default_weights[] = {"cos"};
    const struct gaia_job *job = b->job;
    struct plan *plan = b->plan;
    const char *const *regions = job->n_regions > 0 ? job->regions : default_regions;
    const size_t n_regions = job->n_regions > 0 ? job->n_regions : 4;
    struct region_set set;
    struct arena scratch;
    const char *unknown = "";
    arena_init(&scratch, PLAN_ARENA_BYTES_MAX);
    gaia_status status =
        region_set_make(&scratch, &b->sources->truth.grid, regions, n_regions, &set, err);
    if (status == GAIA_OK && set.n_regions == 0) {
        status = error_set(err, GAIA_REGION_UNKNOWN, "%s: none of the regions has a grid point",
                           b->sources->truth.grid_path);
    }
    if (status == GAIA_OK) {
        plan->regions = arena_alloc(&plan->arena, set.n_regions, sizeof *plan->regions);
        status = plan->regions != NULL ? GAIA_OK : error_memory(err, set.n_regions);
    }
    for (size_t i = 0; status == GAIA_OK && i < set.n_regions; i++) {
        plan->regions[i] = set.regions[i].name; /* static names */
        plan->n_regions = i + 1;
    }
    arena_fini(&scratch);
    if (status == GAIA_OK) {
        status = names_copy(plan, job->n_weights > 0 ? job->weights : default_weights,
                            job->n_weights > 0 ? job->n_weights : 1, &plan->weights,
                            &plan->n_weights, err);
    }
    if (status == GAIA_OK && !metric_set(job->metrics, job->n_metrics, job->has_climatology,
                                         job->has_reference, &plan->metrics, &unknown)) {
        status = error_set(err, GAIA_METRIC_UNKNOWN, "no such metric '%s'", unknown);
    }
    plan->missing = job->missing;
    plan->has_climatology = job->has_climatology;
    plan->has_reference = job->has_reference;
    return status;
}
