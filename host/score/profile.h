/* SPDX-License-Identifier: MIT
 *
 * A profile (schema gaia.profile/1): a named recipe of what to score and how the scores become one
 * number. Plain data read from JSON; every number of a recipe is in its file, none in the code.
 * Between jobs (job_profile.c), plans (host/plan_*.c) and composites (composite.h).
 *
 * Invariant: a profile that parses has at least one variable, lists without duplicates, levels that
 * ascend, and a composite whose region, weighting and metrics it asks for.
 */
#ifndef SCORE_PROFILE_H
#define SCORE_PROFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include <gaia/metric.h>
#include <gaia/status.h>

#include "arena.h"

enum { PROFILE_HASH = 48, PROFILE_LIST_MAX = 4096 };

/* What becomes of a part that a forecast lacks: the forecast fails, the part counts 0, or it is
 * left out and the weights of the others are normalised. */
enum profile_rule { PROFILE_FAIL, PROFILE_ZERO, PROFILE_LEAVE_OUT };

enum composite_kind { COMPOSITE_NONE, COMPOSITE_DAY1, COMPOSITE_LEAD_MEAN };

/* What a skill is relative to: the reference forecast, or the climatology. */
enum composite_baseline { BASELINE_REFERENCE, BASELINE_CLIMATOLOGY };

/* Job keys that took the place of a profile's lists. */
enum profile_list {
    PROFILE_VARIABLES,
    PROFILE_LEVELS,
    PROFILE_LEADS,
    PROFILE_REGIONS,
    PROFILE_WEIGHTS,
    PROFILE_METRICS,
    PROFILE_MISSING,
    PROFILE_LIST_COUNT
};

struct profile_variable {
    const char *name;
    double weight; /* 0: not part of the composite */
    size_t n_levels;
    const double *levels; /* hPa, ascending; none: whatever level the field is at */
    bool has_bounds;
    double bounds_min; /* in the field's unit */
    double bounds_max;
    double bounds_level; /* hPa; NaN: every level */
    bool non_negative;
    bool has_clone;
    double clone_delta; /* of a mean squared difference from the reference, in clone_unit */
    const char *clone_unit;
    double clone_level;          /* hPa; NaN: every level */
    double clone_field_per_unit; /* one root of clone_unit in the field's unit */
};

/* The parameters of a composite; the formula is composite.h's. */
struct composite_spec {
    enum composite_kind kind;
    const char *region;
    const char *weighting;
    enum composite_baseline baseline;
    bool is_weighted; /* variables are averaged by their weights, else plainly */
    double skill_weight;
    double skill_min;
    double skill_max;
    double zero_perfect;   /* skill where the baseline's error is 0 and the forecast's too */
    double zero_imperfect; /* and where the forecast's is not; may be -inf */
    double acc_weight;
    double acc_add;
    double acc_divide_by;
    double rrmse_weight; /* lead_mean */
    double rrmse_add;
    double clone_gamma; /* day1, from here */
    double clone_alarm_share;
    double clone_cap;
    double pattern_correlation_min;
    double acc_min;
    bool failed_check_fails; /* a failed check is a forecast not passed */
    double pass_at;
    double era5_weight;
    double day1_weight;
    double day1_alone_factor;
    double day1_alone_max;
};

struct gaia_profile {
    const char *name;
    const char *description;
    char hash[PROFILE_HASH]; /* "xxh3-128:" and 32 hexadecimal digits of the canonical JSON */
    size_t n_variables;
    const struct profile_variable *variables;
    size_t n_leads;
    const double *lead_hours; /* ascending */
    size_t n_regions;
    const char *const *regions;
    size_t n_weights;
    const char *const *weights;
    size_t n_metrics;
    const char *const *metrics;
    enum gaia_missing points;
    enum profile_rule variable_rule;
    enum profile_rule level_rule;
    enum profile_rule lead_rule;
    bool needs_climatology;
    bool needs_reference;
    struct composite_spec composite;
    unsigned modified; /* bit i: enum profile_list i was overridden */
    struct arena arena;
};

/* Reads a profile; `path` names it in errors ("profile.variables[2].weight: ..."). *profile is the
 * caller's, to be freed with profile_free. GAIA_JOB_INVALID, GAIA_REGION_UNKNOWN,
 * GAIA_WEIGHTING_UNKNOWN, GAIA_METRIC_UNKNOWN, GAIA_OUT_OF_MEMORY. */
GAIA_MUST_USE gaia_status profile_from_json(const json_t *json, const char *path,
                                            struct gaia_profile **profile, gaia_error *err);

/* The same from text; `what` names the document where it is no JSON. */
GAIA_MUST_USE gaia_status profile_parse(const char *what, const char *bytes, size_t length,
                                        struct gaia_profile **profile, gaia_error *err);

/* The profile that ships under this name; otherwise the error lists those there are. */
GAIA_MUST_USE gaia_status profile_find(const char *name, struct gaia_profile **profile,
                                       gaia_error *err);

/* Name and text of the i-th profile that ships; NULL out of range. Static. */
const char *profile_shipped_name(size_t i);
const char *profile_shipped_text(size_t i);

/* NULL is allowed. */
void profile_free(struct gaia_profile *profile);

/* Lists of a job that take the place of the profile's (profile_override.c). Variables keep what the
 * profile says of them, levels are those of every variable that has levels there. Notes what was
 * changed. GAIA_JOB_INVALID beyond PROFILE_LIST_MAX entries, GAIA_OUT_OF_MEMORY. */
GAIA_MUST_USE gaia_status profile_set_variables(struct gaia_profile *profile,
                                                const char *const *names, size_t n,
                                                gaia_error *err);
GAIA_MUST_USE gaia_status profile_set_levels(struct gaia_profile *profile, const double *levels,
                                             size_t n, gaia_error *err);
GAIA_MUST_USE gaia_status profile_set_leads(struct gaia_profile *profile, const int64_t *leads_s,
                                            size_t n, gaia_error *err);

/* "variables", ...: the job's key of a list. */
const char *profile_list_name(enum profile_list list);

/* The variable's entry; NULL if the profile has none. */
const struct profile_variable *profile_variable_find(const struct gaia_profile *profile,
                                                     const char *name);

/* Whether a field at this level (NaN: none) of the variable is part of the profile. */
bool profile_wants(const struct gaia_profile *profile, const char *variable, double level);

/* A reader that stops at the first error: profile.c and profile_composite.c. */
struct profile_reader {
    struct arena *arena;
    gaia_status status;
    gaia_error *err;
};

/* Each does nothing once r->status is an error. Numbers must lie in [low, high]. */
void profile_read_keys(struct profile_reader *r, const json_t *object, const char *path,
                       const char *const *keys, size_t n_keys);
void profile_read_number(struct profile_reader *r, const json_t *object, const char *path,
                         const char *key, double low, double high, double *out);
void profile_read_choice(struct profile_reader *r, const json_t *object, const char *path,
                         const char *key, const char *const *choices, size_t n_choices,
                         int *choice);
void profile_read_text(struct profile_reader *r, const json_t *object, const char *path,
                       const char *key, const char **out);
/* A member that must be there; NULL with the error set if it is not. */
const json_t *profile_read_member(struct profile_reader *r, const json_t *object, const char *path,
                                  const char *key);

/* Reads "composite" (profile_composite.c) and holds it against the rest of the profile. */
void profile_read_composite(struct profile_reader *r, const json_t *json, const char *path,
                            struct gaia_profile *profile);

#endif
