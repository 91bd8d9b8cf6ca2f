/* SPDX-License-Identifier: MIT
 *
 * What a plan scores: variables, regions, weightings and metrics, asked for or by default.
 */
#include "plan_builder.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "alias.h"
#include "error.h"
#include "metric.h"
#include "profile.h"
#include "region.h"
#include "region_zonal.h"

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

/* Which variable of the truth each of a forecast's is scored against. */
struct variable_match {
    size_t truth; /* n_variables of the truth: none */
    enum alias_rank rank;
};

/* Matches variable i of the forecast. Where several fit one of the truth's, the one whose name fits
 * best has it. */
static gaia_status variable_match(const struct catalog *forecast, const struct catalog *truth,
                                  size_t i, struct variable_match *matches, gaia_error *err)
{
    const char *name = forecast->variables[i].name;
    size_t second = 0;
    struct variable_match *mine = &matches[i];
    mine->truth = alias_match(truth, name, &mine->rank, &second);
    if (second < truth->n_variables) {
        return alias_ambiguous(truth->grid_path, truth->variables[mine->truth].in_file,
                               truth->variables[second].in_file, name, err);
    }
    for (size_t k = 0; k < i && mine->truth < truth->n_variables; k++) {
        struct variable_match *other = &matches[k];
        if (other->truth == mine->truth && other->rank == mine->rank) {
            return alias_ambiguous(forecast->grid_path, forecast->variables[k].in_file,
                                   forecast->variables[i].in_file,
                                   truth->variables[mine->truth].in_file, err);
        }
        if (other->truth == mine->truth) {
            struct variable_match *worse = other->rank > mine->rank ? other : mine;
            worse->truth = truth->n_variables;
        }
    }
    return GAIA_OK;
}

/* The forecast's names of the variables that the truth has too; from now on they are called so in
 * the truth. */
static gaia_status variables_share(struct plan *plan, const struct catalog *forecast,
                                   struct catalog *truth, gaia_error *err)
{
    const char **names = calloc(forecast->n_variables, sizeof *names);
    struct variable_match *matches = calloc(forecast->n_variables, sizeof *matches);
    size_t n = 0;
    gaia_status status = names != NULL && matches != NULL
                             ? GAIA_OK
                             : error_memory(err, forecast->n_variables * sizeof *matches);
    for (size_t i = 0; status == GAIA_OK && i < forecast->n_variables; i++) {
        status = variable_match(forecast, truth, i, matches, err);
    }
    for (size_t i = 0; status == GAIA_OK && i < forecast->n_variables; i++) {
        if (matches[i].truth < truth->n_variables) {
            names[n++] = forecast->variables[i].name;
            truth->variables[matches[i].truth].name = forecast->variables[i].name;
        }
    }
    if (status == GAIA_OK && n == 0) {
        status = error_set(err, GAIA_VARIABLE_MISSING, "%s and %s have no variable in common",
                           forecast->grid_path, truth->grid_path);
    }
    if (status == GAIA_OK) {
        status = names_copy(plan, names, n, &plan->variables, &plan->n_variables, err);
    }
    free(names);
    free(matches);
    return status;
}

/* Whether a variable of the catalog, or one that it has no field of, is called what `name` means.
 */
static void variable_look(const struct catalog *catalog, const char *name, bool *is_field,
                          bool *is_other)
{
    *is_field = false;
    *is_other = false;
    for (size_t i = 0; !*is_field && i < catalog->n_variables; i++) {
        *is_field = alias_rank(catalog->variables[i].name, name) <= ALIAS_SAME;
    }
    for (size_t i = 0; !*is_other && i < catalog->n_others; i++) {
        *is_other = alias_rank(catalog->others[i].name, name) <= ALIAS_SAME;
    }
}

/* Says of variables of `here` without a field, and that `there` has too, what is wrong with them.
 * What neither has a field of is one only if no more than a dimension is wrong: bounds are none. */
static gaia_status others_warn(struct plan_builder *b, const struct catalog *here,
                               const struct catalog *there, gaia_error *err)
{
    const struct gaia_profile *profile = b->job->profile;
    if (here->nameless != NULL && profile == NULL) {
        char text[GAIA_ERROR_DETAIL + 32];
        (void)snprintf(text, sizeof text, "fields left out: %s", here->nameless);
        plan_warn(b->plan, text);
    }
    for (size_t i = 0; i < here->n_others; i++) {
        const struct catalog_other *other = &here->others[i];
        char text[GAIA_ERROR_DETAIL + 32];
        struct reader *reader = NULL;
        gaia_error why = {0};
        bool is_field = false;
        bool is_other = false;
        variable_look(there, other->name, &is_field, &is_other);
        if ((!is_field && !is_other) ||
            (profile != NULL && profile_variable_find(profile, other->name) == NULL)) {
            continue;
        }
        gaia_status status = file_table_get(&b->sources->files, other->file, &reader, err);
        if (status != GAIA_OK) {
            return status;
        }
        status = b->sources->files.files[other->file].ops->scan(reader, other->in_file, NULL, NULL,
                                                                &why);
        if (status == GAIA_OK && is_field) {
            (void)snprintf(text, sizeof text,
                           "fields left out: %s: variable '%s' has no time coordinate",
                           b->sources->files.files[other->file].path, other->in_file);
            plan_warn(b->plan, text);
        }
        if (status == GAIA_FORMAT_UNSUPPORTED || (status != GAIA_OK && is_field)) {
            (void)snprintf(text, sizeof text, "fields left out: %s", why.detail);
            plan_warn(b->plan, text);
        }
    }
    return GAIA_OK;
}

gaia_status plan_variables_choose(struct plan_builder *b, gaia_error *err)
{
    const struct gaia_job *job = b->job;
    struct plan *plan = b->plan;
    if (job->n_variables > 0) {
        return names_copy(plan, job->variables, job->n_variables, &plan->variables,
                          &plan->n_variables, err);
    }
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
    status = variables_share(plan, forecast, &b->sources->truth, err);
    if (status == GAIA_OK) {
        status = others_warn(b, forecast, &b->sources->truth, err);
    }
    return status == GAIA_OK ? others_warn(b, &b->sources->truth, forecast, err) : status;
}

static void region_left_out(struct plan *plan, const char *name, const char *grid_path)
{
    char text[512];
    (void)snprintf(text, sizeof text, "region %s is left out: no grid point of %s lies in it", name,
                   grid_path);
    plan_warn(plan, text);
}

/* Says of each region that the job names and that has no point on the grid that it is left out; of
 * several bands of latitude at once, since limited areas and coarse grids lack many. */
static void regions_warn(struct plan_builder *b, const char *const *names, size_t n_names,
                         const struct region_set *set)
{
    const char *grid_path = b->sources->truth.grid_path;
    const char *first = NULL;
    const char *last = NULL;
    char text[512];
    size_t kept = 0;
    size_t n_bands = 0;
    for (size_t i = 0; i < n_names; i++) {
        struct zonal_band band;
        if (kept < set->n_regions && strcmp(set->regions[kept].name, names[i]) == 0) {
            kept++;
            continue;
        }
        if (zonal_band_find(names[i], &band)) {
            first = n_bands++ == 0 ? names[i] : first;
            last = names[i];
            continue;
        }
        region_left_out(b->plan, names[i], grid_path);
    }
    if (n_bands == 1) {
        region_left_out(b->plan, first, grid_path);
    } else if (n_bands > 1) {
        (void)snprintf(text, sizeof text,
                       "%zu bands of latitude, %s to %s, are left out: no grid point of %s lies in "
                       "them",
                       n_bands, first, last, grid_path);
        plan_warn(b->plan, text);
    }
}

/* Names of the regions that have points. */
static gaia_status regions_choose(struct plan_builder *b, gaia_error *err)
{
    static const char *const defaults[] = {"global", "n.hem", "tropics", "s.hem"};
    const struct gaia_job *job = b->job;
    const struct catalog *truth = &b->sources->truth;
    const char *const *names = job->n_regions > 0 ? job->regions : defaults;
    const size_t n_names = job->n_regions > 0 ? job->n_regions : sizeof defaults / sizeof *defaults;
    struct plan *plan = b->plan;
    struct region_set set;
    struct arena scratch;
    arena_init(&scratch, PLAN_ARENA_BYTES_MAX);
    gaia_status status =
        region_set_make(&scratch, job, &b->sources->files.accesses.given, &truth->grid,
                        truth->grid_path, names, n_names, NULL, NULL, &set, err);
    if (status == GAIA_OK && set.n_regions == 0) {
        status = error_set(err, GAIA_REGION_UNKNOWN, "%s: none of the regions has a grid point",
                           truth->grid_path);
    }
    if (status == GAIA_OK) {
        plan->regions = arena_alloc(&plan->arena, set.n_regions, sizeof *plan->regions);
        status = plan->regions != NULL ? GAIA_OK : error_memory(err, set.n_regions);
    }
    for (size_t i = 0; status == GAIA_OK && i < set.n_regions; i++) {
        plan->regions[i] = arena_strdup(&plan->arena, set.regions[i].name);
        status = plan->regions[i] != NULL ? GAIA_OK : error_memory(err, set.n_regions);
        plan->n_regions = i + 1;
    }
    if (status == GAIA_OK && job->n_regions > 0) {
        regions_warn(b, names, n_names, &set);
    }
    arena_fini(&scratch);
    return status;
}

gaia_status plan_settings_choose(struct plan_builder *b, gaia_error *err)
{
    static const char *const default_weights[] = {"cos"};
    const struct gaia_job *job = b->job;
    struct plan *plan = b->plan;
    const char *unknown = "";
    gaia_status status = regions_choose(b, err);
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
