/* SPDX-License-Identifier: MIT
 *
 * Joining a job with its profile.
 *
 * Invariant: afterwards job and profile agree on variables, levels, leads, regions, weightings,
 * metrics and the missing-value rule, and the profile notes which of them the job changed.
 */
#include "job_profile.h"

#include <math.h>
#include <string.h>

#include "error.h"
#include "job_source.h"
#include "json.h"
#include "profile.h"

enum { HOUR_S = 3600 };

static gaia_status profile_get(const json_t *member, struct gaia_profile **profile, gaia_error *err)
{
    if (json_is_string(member)) {
        const gaia_status status = profile_find(json_string_value(member), profile, err);
        return status == GAIA_OK ? GAIA_OK : error_prefix(err, status, "job.profile");
    }
    if (json_is_object(member)) {
        return profile_from_json(member, "job.profile", profile, err);
    }
    return error_set(err, GAIA_JOB_INVALID, "job.profile: a name or an object is wanted, not %s",
                     json_type_text(member));
}

static gaia_status overrides_take(const json_t *root, const struct gaia_job *job,
                                  struct gaia_profile *profile, gaia_error *err)
{
    gaia_status status = GAIA_OK;
    if (job->n_variables > 0) {
        status = profile_set_variables(profile, job->variables, job->n_variables, err);
    }
    if (status == GAIA_OK && job->n_levels > 0) {
        status = profile_set_levels(profile, job->levels, job->n_levels, err);
    }
    if (status == GAIA_OK && job->n_leads > 0) {
        status = profile_set_leads(profile, job->leads_s, job->n_leads, err);
    }
    profile->modified |= job->n_regions > 0 ? 1u << PROFILE_REGIONS : 0;
    profile->modified |= job->n_weights > 0 ? 1u << PROFILE_WEIGHTS : 0;
    profile->modified |= job->n_metrics > 0 ? 1u << PROFILE_METRICS : 0;
    profile->modified |= json_object_get(root, "missing") != NULL ? 1u << PROFILE_MISSING : 0;
    return status;
}

/* Fills what the job left open. Variables stay open where a missing one is left out: the plan then
 * takes those that forecast and truth share. */
static gaia_status defaults_fill(struct arena *arena, const struct gaia_profile *profile,
                                 struct gaia_job *job, gaia_error *err)
{
    if (job->n_variables == 0 && profile->variable_rule == PROFILE_FAIL) {
        const char **names = arena_alloc(arena, profile->n_variables, sizeof *names);
        if (names == NULL) {
            return error_memory(err, profile->n_variables * sizeof *names);
        }
        for (size_t i = 0; i < profile->n_variables; i++) {
            names[i] = profile->variables[i].name;
        }
        job->variables = names;
        job->n_variables = profile->n_variables;
    }
    if (job->n_leads == 0) {
        int64_t *leads_s = arena_alloc(arena, profile->n_leads, sizeof *leads_s);
        if (leads_s == NULL) {
            return error_memory(err, profile->n_leads * sizeof *leads_s);
        }
        for (size_t i = 0; i < profile->n_leads; i++) {
            leads_s[i] = llround(profile->lead_hours[i] * HOUR_S);
        }
        job->leads_s = leads_s;
        job->n_leads = profile->n_leads;
    }
    if (job->n_regions == 0) {
        job->regions = profile->regions;
        job->n_regions = profile->n_regions;
    }
    if (job->n_weights == 0) {
        job->weights = profile->weights;
        job->n_weights = profile->n_weights;
    }
    if (job->n_metrics == 0) {
        job->metrics = profile->metrics;
        job->n_metrics = profile->n_metrics;
    }
    if ((profile->modified >> PROFILE_MISSING & 1) == 0) {
        job->missing = profile->points;
    }
    return GAIA_OK;
}

static bool list_has(const char *const *list, size_t n, const char *name)
{
    size_t i = 0;
    while (i < n && strcmp(list[i], name) != 0) {
        i++;
    }
    return i < n;
}

/* What the profile needs must be there. */
static gaia_status needs_check(const struct gaia_job *job, const struct gaia_profile *profile,
                               gaia_error *err)
{
    const struct composite_spec *spec = &profile->composite;
    double weights = 0.0;
    if (profile->needs_climatology && !job->has_climatology) {
        return error_set(err, GAIA_JOB_INVALID, "job: profile '%s' needs a climatology",
                         profile->name);
    }
    if (profile->needs_reference && !job->has_reference) {
        return error_set(err, GAIA_JOB_INVALID, "job: profile '%s' needs a reference",
                         profile->name);
    }
    if (spec->kind == COMPOSITE_NONE) {
        return GAIA_OK;
    }
    if (!list_has(job->regions, job->n_regions, spec->region)) {
        return error_set(err, GAIA_JOB_INVALID,
                         "job.regions: the composite of profile '%s' needs region '%s'",
                         profile->name, spec->region);
    }
    if (!list_has(job->weights, job->n_weights, spec->weighting)) {
        return error_set(err, GAIA_JOB_INVALID,
                         "job.weights: the composite of profile '%s' needs weighting '%s'",
                         profile->name, spec->weighting);
    }
    for (size_t i = 0; i < profile->n_variables; i++) {
        weights += profile->variables[i].weight;
    }
    return weights > 0.0 ? GAIA_OK
                         : error_set(err, GAIA_JOB_INVALID,
                                     "job.variables: none of them has a weight in profile '%s'",
                                     profile->name);
}

gaia_status job_profile_read(struct arena *arena, const json_t *root, struct gaia_job *job,
                             gaia_error *err)
{
    const json_t *member = json_object_get(root, "profile");
    struct gaia_profile *profile = NULL;
    job->has_day1 = json_object_get(root, "day1_passed") != NULL;
    gaia_status status = job_texts_read(arena, root, "job", "day1_passed", &job->day1_passed,
                                        &job->n_day1_passed, err);
    if (status != GAIA_OK || member == NULL) {
        return status == GAIA_OK && job->has_day1
                   ? error_set(err, GAIA_JOB_INVALID, "job.day1_passed: needs a profile")
                   : status;
    }
    status = profile_get(member, &profile, err);
    if (status != GAIA_OK) {
        return status;
    }
    job->profile = profile;
    status = overrides_take(root, job, profile, err);
    if (status == GAIA_OK) {
        status = defaults_fill(arena, profile, job, err);
    }
    return status == GAIA_OK ? needs_check(job, profile, err) : status;
}
