/* SPDX-License-Identifier: MIT
 *
 * Reading the composite of a profile: the kinds, and the parameters that each takes.
 *
 * Invariant: a parameter is there exactly if its kind uses it.
 */
#include "profile.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "error.h"
#include "json.h"
#include "metric.h"

enum { PATH_BYTES = 160 };

#define COUNT(array) (sizeof(array) / sizeof *(array))

/* The member `key`, an object with these keys; writes its path into where, PATH_BYTES. */
static const json_t *part_get(struct profile_reader *r, const json_t *json, const char *path,
                              const char *key, const char *const *keys, size_t n_keys, char *where)
{
    const json_t *part = profile_read_member(r, json, path, key);
    (void)snprintf(where, PATH_BYTES, "%.100s.%.50s", path, key);
    profile_read_keys(r, part, where, keys, n_keys);
    return part;
}

/* Skill where the baseline has no error: a number, or "-inf", which JSON has no number for. */
static void zero_read(struct profile_reader *r, const json_t *skill, const char *path,
                      struct composite_spec *spec)
{
    static const char *const keys[] = {"perfect", "imperfect"};
    char where[PATH_BYTES];
    const json_t *part = part_get(r, skill, path, "zero_baseline", keys, COUNT(keys), where);
    profile_read_number(r, part, where, "perfect", -1e6, 1e6, &spec->zero_perfect);
    if (json_is_string(json_object_get(part, "imperfect"))) {
        static const char *const infinite[] = {"-inf"};
        int choice = 0;
        profile_read_choice(r, part, where, "imperfect", infinite, 1, &choice);
        spec->zero_imperfect = -(double)INFINITY;
    } else {
        profile_read_number(r, part, where, "imperfect", -1e6, 1e6, &spec->zero_imperfect);
    }
}

/* What both kinds have: skill, anomaly correlation, and the weight in the overall score. */
static void common_read(struct profile_reader *r, const json_t *json, const char *path,
                        struct composite_spec *spec)
{
    static const char *const skill_keys[] = {"weight", "min", "max", "zero_baseline"};
    static const char *const acc_keys[] = {"weight", "add", "divide_by"};
    static const char *const overall_keys[] = {"era5_weight", "day1_weight", "day1_alone_factor",
                                               "day1_alone_max"};
    char where[PATH_BYTES];
    const json_t *part = part_get(r, json, path, "skill", skill_keys, COUNT(skill_keys), where);
    profile_read_number(r, part, where, "weight", 0.0, 1e6, &spec->skill_weight);
    profile_read_number(r, part, where, "min", -1e6, 1e6, &spec->skill_min);
    profile_read_number(r, part, where, "max", spec->skill_min, 1e6, &spec->skill_max);
    zero_read(r, part, where, spec);
    part = part_get(r, json, path, "acc", acc_keys, COUNT(acc_keys), where);
    profile_read_number(r, part, where, "weight", 0.0, 1e6, &spec->acc_weight);
    profile_read_number(r, part, where, "add", -1e6, 1e6, &spec->acc_add);
    profile_read_number(r, part, where, "divide_by", 1e-6, 1e6, &spec->acc_divide_by);
    part = part_get(r, json, path, "overall", overall_keys, COUNT(overall_keys), where);
    profile_read_number(r, part, where, "era5_weight", 0.0, 1e6, &spec->era5_weight);
    profile_read_number(r, part, where, "day1_weight", 0.0, 1e6, &spec->day1_weight);
    profile_read_number(r, part, where, "day1_alone_factor", 0.0, 1e6, &spec->day1_alone_factor);
    profile_read_number(r, part, where, "day1_alone_max", 0.0, 1e6, &spec->day1_alone_max);
}

static void day1_read(struct profile_reader *r, const json_t *json, const char *path,
                      struct composite_spec *spec)
{
    static const char *const clone_keys[] = {"gamma", "alarm_share", "cap"};
    static const char *const check_keys[] = {"pattern_correlation_min", "acc_min", "failed"};
    static const char *const failed[] = {"not_passed", "noted"};
    char where[PATH_BYTES];
    int choice = 0;
    const json_t *part = part_get(r, json, path, "clone", clone_keys, COUNT(clone_keys), where);
    profile_read_number(r, part, where, "gamma", 0.0, 1e6, &spec->clone_gamma);
    profile_read_number(r, part, where, "alarm_share", 0.0, 1.0, &spec->clone_alarm_share);
    profile_read_number(r, part, where, "cap", -1e6, 1e6, &spec->clone_cap);
    part = part_get(r, json, path, "checks", check_keys, COUNT(check_keys), where);
    profile_read_number(r, part, where, "pattern_correlation_min", -1.0, 1.0,
                        &spec->pattern_correlation_min);
    profile_read_number(r, part, where, "acc_min", -1.0, 1.0, &spec->acc_min);
    profile_read_choice(r, part, where, "failed", failed, COUNT(failed), &choice);
    spec->failed_check_fails = choice == 0;
    profile_read_number(r, json, path, "pass_at", -1e6, 1e6, &spec->pass_at);
}

static void lead_mean_read(struct profile_reader *r, const json_t *json, const char *path,
                           struct composite_spec *spec)
{
    static const char *const keys[] = {"weight", "add"};
    char where[PATH_BYTES];
    const json_t *part = part_get(r, json, path, "rrmse", keys, COUNT(keys), where);
    profile_read_number(r, part, where, "weight", 0.0, 1e6, &spec->rrmse_weight);
    profile_read_number(r, part, where, "add", 1e-6, 1e6, &spec->rrmse_add);
}

static bool list_has(const char *const *list, size_t n, const char *name)
{
    size_t i = 0;
    while (i < n && strcmp(list[i], name) != 0) {
        i++;
    }
    return i < n;
}

/* The composite is made of what the profile scores. */
static void fit_check(struct profile_reader *r, const char *path,
                      const struct gaia_profile *profile)
{
    const struct composite_spec *spec = &profile->composite;
    const bool reference = spec->kind == COMPOSITE_DAY1 || spec->baseline == BASELINE_REFERENCE;
    double weights = 0.0;
    for (size_t i = 0; r->status == GAIA_OK && i < profile->n_variables; i++) {
        weights += profile->variables[i].weight;
    }
    if (r->status != GAIA_OK) {
        return;
    }
    if (!(weights > 0.0)) {
        r->status = error_set(r->err, GAIA_JOB_INVALID, "%s: no variable has a weight", path);
    } else if (!list_has(profile->regions, profile->n_regions, spec->region)) {
        r->status =
            error_set(r->err, GAIA_JOB_INVALID,
                      "%s.region: '%s' is not among the profile's regions", path, spec->region);
    } else if (!list_has(profile->weights, profile->n_weights, spec->weighting)) {
        r->status = error_set(r->err, GAIA_JOB_INVALID,
                              "%s.weighting: '%s' is not among the profile's weights", path,
                              spec->weighting);
    } else if (!profile->needs_climatology) {
        r->status = error_set(r->err, GAIA_JOB_INVALID,
                              "%s: needs a climatology, which 'needs' does not name", path);
    } else if (reference && !profile->needs_reference) {
        r->status = error_set(r->err, GAIA_JOB_INVALID,
                              "%s: needs a reference, which 'needs' does not name", path);
    }
}

void profile_read_composite(struct profile_reader *r, const json_t *json, const char *path,
                            struct gaia_profile *profile)
{
    static const char *const day1_keys[] = {"kind",   "region",        "weighting", "baseline",
                                            "skill",  "variable_mean", "acc",       "clone",
                                            "checks", "pass_at",       "overall"};
    static const char *const lead_mean_keys[] = {"kind",     "region", "weighting",
                                                 "baseline", "skill",  "variable_mean",
                                                 "acc",      "rrmse",  "overall"};
    static const char *const kinds[] = {"day1", "lead_mean"};
    static const char *const baselines[] = {"reference", "climatology"};
    static const char *const means[] = {"weighted", "plain"};
    struct composite_spec *spec = &profile->composite;
    int choice[3] = {0, 0, 0};
    if (r->status == GAIA_OK && !json_is_object(json)) {
        profile_read_keys(r, json, path, kinds, 0);
    }
    profile_read_choice(r, json, path, "kind", kinds, COUNT(kinds), &choice[0]);
    const bool day1 = choice[0] == 0;
    profile_read_keys(r, json, path, day1 ? day1_keys : lead_mean_keys,
                      day1 ? COUNT(day1_keys) : COUNT(lead_mean_keys));
    profile_read_text(r, json, path, "region", &spec->region);
    profile_read_text(r, json, path, "weighting", &spec->weighting);
    profile_read_choice(r, json, path, "baseline", baselines, COUNT(baselines), &choice[1]);
    profile_read_choice(r, json, path, "variable_mean", means, COUNT(means), &choice[2]);
    spec->kind = day1 ? COMPOSITE_DAY1 : COMPOSITE_LEAD_MEAN;
    spec->baseline = (enum composite_baseline)choice[1];
    spec->is_weighted = choice[2] == 0;
    common_read(r, json, path, spec);
    if (day1) {
        day1_read(r, json, path, spec);
    } else {
        lead_mean_read(r, json, path, spec);
    }
    fit_check(r, path, profile);
}
