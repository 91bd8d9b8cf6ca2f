/* SPDX-License-Identifier: MIT
 *
 * A profile with some of its lists replaced by a job's, and questions to it.
 *
 * Invariant: whatever was replaced is noted in `modified`; name and hash stay those of the profile
 * that was asked for.
 */
#include "profile.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "error.h"
#include "variable_name.h"

enum { HOUR_S = 3600 };

const char *profile_list_name(enum profile_list list)
{
    static const char *const names[PROFILE_LIST_COUNT] = {
        "variables", "levels", "leads", "regions", "weights", "metrics", "missing"};
    return names[list];
}

const struct profile_variable *profile_variable_find(const struct gaia_profile *profile,
                                                     const char *name)
{
    /* Names in a profile are canonical where they are known at all. */
    const char *canonical = variable_canonical(name);
    const char *wanted = canonical != NULL ? canonical : name;
    for (size_t i = 0; i < profile->n_variables; i++) {
        if (strcmp(profile->variables[i].name, wanted) == 0) {
            return &profile->variables[i];
        }
    }
    return NULL;
}

bool profile_wants(const struct gaia_profile *profile, const char *variable, double level)
{
    const struct profile_variable *found = profile_variable_find(profile, variable);
    if (found == NULL || found->n_levels == 0 || isnan(level)) {
        return true;
    }
    for (size_t i = 0; i < found->n_levels; i++) {
        if (found->levels[i] == level) {
            return true;
        }
    }
    return false;
}

static int number_compare(const void *a, const void *b)
{
    const double x = *(const double *)a;
    const double y = *(const double *)b;
    return (x > y) - (x < y);
}

/* A sorted copy without duplicates; NULL when out of memory. */
static double *numbers_sorted(struct arena *arena, const double *numbers, size_t n, size_t *n_out)
{
    double *sorted = arena_alloc(arena, n, sizeof *sorted);
    if (sorted == NULL) {
        return NULL;
    }
    memcpy(sorted, numbers, n * sizeof *sorted);
    qsort(sorted, n, sizeof *sorted, number_compare);
    size_t kept = 0;
    for (size_t i = 0; i < n; i++) {
        if (kept == 0 || sorted[i] > sorted[kept - 1]) {
            sorted[kept++] = sorted[i];
        }
    }
    *n_out = kept;
    return sorted;
}

static gaia_status list_too_long(enum profile_list list, size_t n, gaia_error *err)
{
    return error_set(err, GAIA_JOB_INVALID, "job.%s: at most %d entries with a profile, not %zu",
                     profile_list_name(list), PROFILE_LIST_MAX, n);
}

gaia_status profile_set_variables(struct gaia_profile *profile, const char *const *names, size_t n,
                                  gaia_error *err)
{
    if (n > PROFILE_LIST_MAX) {
        return list_too_long(PROFILE_VARIABLES, n, err);
    }
    struct profile_variable *variables = arena_alloc(&profile->arena, n, sizeof *variables);
    if (variables == NULL) {
        return error_memory(err, n * sizeof *variables);
    }
    for (size_t i = 0; i < n; i++) {
        const struct profile_variable *known = profile_variable_find(profile, names[i]);
        if (known != NULL) {
            variables[i] = *known;
            continue;
        }
        const char *canonical = variable_canonical(names[i]);
        variables[i].name = arena_strdup(&profile->arena, canonical != NULL ? canonical : names[i]);
        if (variables[i].name == NULL) {
            return error_memory(err, strlen(names[i]) + 1);
        }
    }
    profile->variables = variables;
    profile->n_variables = n;
    profile->modified |= 1u << PROFILE_VARIABLES;
    return GAIA_OK;
}

gaia_status profile_set_levels(struct gaia_profile *profile, const double *levels, size_t n,
                               gaia_error *err)
{
    size_t n_sorted = 0;
    if (n > PROFILE_LIST_MAX) {
        return list_too_long(PROFILE_LEVELS, n, err);
    }
    const double *sorted = numbers_sorted(&profile->arena, levels, n, &n_sorted);
    struct profile_variable *variables =
        arena_alloc(&profile->arena, profile->n_variables, sizeof *variables);
    if (sorted == NULL || variables == NULL) {
        return error_memory(err, n * sizeof *sorted);
    }
    for (size_t i = 0; i < profile->n_variables; i++) {
        variables[i] = profile->variables[i];
        if (variables[i].n_levels > 0) {
            variables[i].levels = sorted;
            variables[i].n_levels = n_sorted;
        }
    }
    profile->variables = variables;
    profile->modified |= 1u << PROFILE_LEVELS;
    return GAIA_OK;
}

gaia_status profile_set_leads(struct gaia_profile *profile, const int64_t *leads_s, size_t n,
                              gaia_error *err)
{
    if (n > PROFILE_LIST_MAX) {
        return list_too_long(PROFILE_LEADS, n, err);
    }
    double *hours = arena_alloc(&profile->arena, n, sizeof *hours);
    if (hours == NULL) {
        return error_memory(err, n * sizeof *hours);
    }
    for (size_t i = 0; i < n; i++) {
        hours[i] = (double)leads_s[i] / HOUR_S;
    }
    profile->lead_hours = numbers_sorted(&profile->arena, hours, n, &profile->n_leads);
    profile->modified |= 1u << PROFILE_LEADS;
    return profile->lead_hours != NULL ? GAIA_OK : error_memory(err, n * sizeof *hours);
}
