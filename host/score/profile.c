/* SPDX-License-Identifier: MIT
 *
 * Reading gaia.profile/1: lists, variables and rules; the composite is profile_composite.c's.
 *
 * Invariant: nothing is taken for granted: every key is known, every number in range, every name
 * one of ours.
 */
#include "profile.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <xxhash.h>

#include "embedded.h"
#include "error.h"
#include "job_source.h"
#include "json.h"
#include "metric.h"
#include "region_name.h"
#include "region_zonal.h"
#include "variable_name.h"

enum { PROFILE_ARENA_BYTES_MAX = 16 << 20, PATH_BYTES = 160 };

static const double LEVEL_MAX = 2000.0;
static const double NUMBER_MAX = 1e30;

void profile_read_keys(struct profile_reader *r, const json_t *object, const char *path,
                       const char *const *keys, size_t n_keys)
{
    if (r->status == GAIA_OK) {
        r->status = json_check_keys(object, path, keys, n_keys, r->err);
    }
}

const json_t *profile_read_member(struct profile_reader *r, const json_t *object, const char *path,
                                  const char *key)
{
    const json_t *member = r->status == GAIA_OK ? json_object_get(object, key) : NULL;
    if (r->status == GAIA_OK && member == NULL) {
        r->status = error_set(r->err, GAIA_JOB_INVALID, "%s: key '%s' is missing", path, key);
    }
    return member;
}

void profile_read_number(struct profile_reader *r, const json_t *object, const char *path,
                         const char *key, double low, double high, double *out)
{
    double value = (double)NAN;
    if (r->status == GAIA_OK) {
        r->status = json_get_number(object, path, key, true, &value, r->err);
    }
    if (r->status == GAIA_OK && !(value >= low && value <= high)) {
        r->status = error_set(r->err, GAIA_JOB_INVALID, "%s.%s: %g is not from %g to %g", path, key,
                              value, low, high);
    }
    *out = value;
}

void profile_read_text(struct profile_reader *r, const json_t *object, const char *path,
                       const char *key, const char **out)
{
    const char *text = NULL;
    if (r->status == GAIA_OK) {
        r->status = json_get_string(object, path, key, true, &text, r->err);
    }
    if (r->status == GAIA_OK && text[0] == '\0') {
        r->status = error_set(r->err, GAIA_JOB_INVALID, "%s.%s: is empty", path, key);
    }
    if (r->status == GAIA_OK) {
        r->status = job_text_copy(r->arena, text, out, r->err);
    }
}

void profile_read_choice(struct profile_reader *r, const json_t *object, const char *path,
                         const char *key, const char *const *choices, size_t n_choices, int *choice)
{
    char list[PATH_BYTES] = "";
    const char *text = NULL;
    size_t used = 0;
    if (r->status == GAIA_OK) {
        r->status = json_get_string(object, path, key, true, &text, r->err);
    }
    for (size_t i = 0; r->status == GAIA_OK && i < n_choices; i++) {
        if (strcmp(text, choices[i]) == 0) {
            *choice = (int)i;
            return;
        }
        used += used < sizeof list ? (size_t)snprintf(list + used, sizeof list - used, "%s'%s'",
                                                      i > 0 ? " or " : "", choices[i])
                                   : 0;
    }
    if (r->status == GAIA_OK) {
        r->status = error_set(r->err, GAIA_JOB_INVALID, "%s.%s: %s is wanted, not '%s'", path, key,
                              list, text);
    }
}

/* An array with 1 to PROFILE_LIST_MAX entries; NULL with the error set otherwise. */
static const json_t *list_get(struct profile_reader *r, const json_t *object, const char *path,
                              const char *key)
{
    const json_t *array = NULL;
    if (r->status == GAIA_OK) {
        r->status = json_get_array(object, path, key, true, &array, r->err);
    }
    const size_t n = array != NULL ? json_array_size(array) : 0;
    if (r->status == GAIA_OK && (n == 0 || n > PROFILE_LIST_MAX)) {
        r->status =
            error_set(r->err, GAIA_JOB_INVALID, "%s.%s: 1 to %d entries are wanted, not %zu", path,
                      key, PROFILE_LIST_MAX, n);
    }
    return r->status == GAIA_OK ? array : NULL;
}

/* Numbers that ascend. */
static void numbers_read(struct profile_reader *r, const json_t *object, const char *path,
                         const char *key, double low, double high, const double **out, size_t *n)
{
    const json_t *array = list_get(r, object, path, key);
    const size_t count = array != NULL ? json_array_size(array) : 0;
    double *numbers = array != NULL ? arena_alloc(r->arena, count, sizeof *numbers) : NULL;
    if (array != NULL && numbers == NULL) {
        r->status = error_memory(r->err, count * sizeof *numbers);
    }
    for (size_t i = 0; r->status == GAIA_OK && i < count; i++) {
        const json_t *item = json_array_get(array, i);
        numbers[i] = json_number_value(item);
        if (!json_is_number(item)) {
            r->status =
                error_set(r->err, GAIA_JOB_INVALID, "%s.%s[%zu]: a number is wanted, not %s", path,
                          key, i, json_type_text(item));
        } else if (!(numbers[i] >= low && numbers[i] <= high)) {
            r->status = error_set(r->err, GAIA_JOB_INVALID, "%s.%s[%zu]: %g is not from %g to %g",
                                  path, key, i, numbers[i], low, high);
        } else if (i > 0 && !(numbers[i] > numbers[i - 1])) {
            r->status = error_set(r->err, GAIA_JOB_INVALID,
                                  "%s.%s[%zu]: %g does not come after %g: numbers ascend", path,
                                  key, i, numbers[i], numbers[i - 1]);
        }
    }
    *out = numbers;
    *n = count;
}

static void texts_read(struct profile_reader *r, const json_t *object, const char *path,
                       const char *key, const char *const **out, size_t *n)
{
    (void)list_get(r, object, path, key);
    if (r->status == GAIA_OK) {
        r->status = job_texts_read(r->arena, object, path, key, out, n, r->err);
    }
    for (size_t i = 0; r->status == GAIA_OK && i < *n; i++) {
        for (size_t k = 0; r->status == GAIA_OK && k < i; k++) {
            if (strcmp((*out)[i], (*out)[k]) == 0) {
                r->status = error_set(r->err, GAIA_JOB_INVALID, "%s.%s[%zu]: '%s' is there twice",
                                      path, key, i, (*out)[i]);
            }
        }
    }
}

/* An optional level that something is limited to. */
static void level_read(struct profile_reader *r, const json_t *object, const char *path,
                       double *level)
{
    *level = (double)NAN;
    if (json_object_get(object, "level") != NULL) {
        profile_read_number(r, object, path, "level", 0.0, LEVEL_MAX, level);
    }
}

static void bounds_read(struct profile_reader *r, const json_t *json, const char *path,
                        struct profile_variable *variable)
{
    static const char *const keys[] = {"min", "max", "level"};
    profile_read_keys(r, json, path, keys, sizeof keys / sizeof *keys);
    profile_read_number(r, json, path, "min", -NUMBER_MAX, NUMBER_MAX, &variable->bounds_min);
    profile_read_number(r, json, path, "max", variable->bounds_min, NUMBER_MAX,
                        &variable->bounds_max);
    level_read(r, json, path, &variable->bounds_level);
    variable->has_bounds = true;
}

static void clone_read(struct profile_reader *r, const json_t *json, const char *path,
                       struct profile_variable *variable)
{
    static const char *const keys[] = {"delta", "unit", "level", "field_per_unit"};
    profile_read_keys(r, json, path, keys, sizeof keys / sizeof *keys);
    profile_read_number(r, json, path, "delta", 1e-30, NUMBER_MAX, &variable->clone_delta);
    profile_read_text(r, json, path, "unit", &variable->clone_unit);
    level_read(r, json, path, &variable->clone_level);
    variable->clone_field_per_unit = 1.0;
    if (json_object_get(json, "field_per_unit") != NULL) {
        profile_read_number(r, json, path, "field_per_unit", 1e-15, 1e15,
                            &variable->clone_field_per_unit);
    }
    variable->has_clone = true;
}

/* A quantity that we know has one name in profiles. */
static void name_check(struct profile_reader *r, const char *path, const char *name)
{
    const char *canonical = r->status == GAIA_OK ? variable_canonical(name) : NULL;
    if (canonical != NULL && strcmp(canonical, name) != 0) {
        r->status = error_set(r->err, GAIA_JOB_INVALID, "%s.name: '%s' is called '%s' in profiles",
                              path, name, canonical);
    }
}

static void variable_read(struct profile_reader *r, const json_t *json, const char *path,
                          struct profile_variable *variable)
{
    static const char *const keys[] = {"name",   "weight",       "levels",
                                       "bounds", "non_negative", "clone"};
    char where[PATH_BYTES];
    const json_t *flag = json_object_get(json, "non_negative");
    profile_read_keys(r, json, path, keys, sizeof keys / sizeof *keys);
    profile_read_text(r, json, path, "name", &variable->name);
    name_check(r, path, variable->name);
    if (json_object_get(json, "weight") != NULL) {
        profile_read_number(r, json, path, "weight", 0.0, 1e6, &variable->weight);
    }
    if (json_object_get(json, "levels") != NULL) {
        numbers_read(r, json, path, "levels", 0.0, LEVEL_MAX, &variable->levels,
                     &variable->n_levels);
    }
    if (json_object_get(json, "bounds") != NULL) {
        (void)snprintf(where, sizeof where, "%.100s.bounds", path);
        bounds_read(r, json_object_get(json, "bounds"), where, variable);
    }
    if (json_object_get(json, "clone") != NULL) {
        (void)snprintf(where, sizeof where, "%.100s.clone", path);
        clone_read(r, json_object_get(json, "clone"), where, variable);
    }
    if (r->status == GAIA_OK && flag != NULL && !json_is_boolean(flag)) {
        r->status =
            error_set(r->err, GAIA_JOB_INVALID, "%s.non_negative: a boolean is wanted, not %s",
                      path, json_type_text(flag));
    }
    variable->non_negative = json_is_true(flag);
}

static void variables_read(struct profile_reader *r, const json_t *json, const char *path,
                           struct gaia_profile *profile)
{
    const json_t *array = list_get(r, json, path, "variables");
    const size_t n = array != NULL ? json_array_size(array) : 0;
    struct profile_variable *variables = n > 0 ? arena_alloc(r->arena, n, sizeof *variables) : NULL;
    if (n > 0 && variables == NULL) {
        r->status = error_memory(r->err, n * sizeof *variables);
    }
    for (size_t i = 0; r->status == GAIA_OK && i < n; i++) {
        char where[PATH_BYTES];
        (void)snprintf(where, sizeof where, "%.100s.variables[%zu]", path, i);
        variable_read(r, json_array_get(array, i), where, &variables[i]);
        for (size_t k = 0; r->status == GAIA_OK && k < i; k++) {
            if (strcmp(variables[i].name, variables[k].name) == 0) {
                r->status = error_set(r->err, GAIA_JOB_INVALID, "%s.name: '%s' is there twice",
                                      where, variables[i].name);
            }
        }
    }
    profile->variables = variables;
    profile->n_variables = n;
}

static void missing_read(struct profile_reader *r, const json_t *json, const char *path,
                         struct gaia_profile *profile)
{
    static const char *const keys[] = {"points", "variable", "level", "lead"};
    static const char *const points[] = {"pairwise", "propagate"};
    static const char *const rules[] = {"fail", "zero", "leave_out"};
    static const enum profile_rule two[] = {PROFILE_FAIL, PROFILE_LEAVE_OUT};
    static const char *const two_names[] = {"fail", "leave_out"};
    char where[PATH_BYTES];
    int choice[4] = {0, 0, 0, 0};
    const json_t *member = profile_read_member(r, json, path, "missing");
    (void)snprintf(where, sizeof where, "%.100s.missing", path);
    profile_read_keys(r, member, where, keys, sizeof keys / sizeof *keys);
    profile_read_choice(r, member, where, "points", points, 2, &choice[0]);
    profile_read_choice(r, member, where, "variable", two_names, 2, &choice[1]);
    profile_read_choice(r, member, where, "level", two_names, 2, &choice[2]);
    profile_read_choice(r, member, where, "lead", rules, 3, &choice[3]);
    profile->points = choice[0] == 0 ? GAIA_MISSING_PAIRWISE : GAIA_MISSING_PROPAGATE;
    profile->variable_rule = two[choice[1]];
    profile->level_rule = two[choice[2]];
    profile->lead_rule = (enum profile_rule)choice[3];
}

static void needs_read(struct profile_reader *r, const json_t *json, const char *path,
                       struct gaia_profile *profile)
{
    const char *const *needs = NULL;
    size_t n = 0;
    texts_read(r, json, path, "needs", &needs, &n);
    for (size_t i = 0; r->status == GAIA_OK && i < n; i++) {
        const bool climatology = strcmp(needs[i], "climatology") == 0;
        const bool reference = strcmp(needs[i], "reference") == 0;
        profile->needs_climatology = profile->needs_climatology || climatology;
        profile->needs_reference = profile->needs_reference || reference;
        if (!climatology && !reference && strcmp(needs[i], "truth") != 0) {
            r->status = error_set(
                r->err, GAIA_JOB_INVALID,
                "%s.needs[%zu]: 'truth', 'climatology' or 'reference' is wanted, not '%s'", path, i,
                needs[i]);
        }
    }
}

/* The regions, bands of latitude in place of "zonal". */
static void regions_read(struct profile_reader *r, const json_t *json, const char *path,
                         struct gaia_profile *profile)
{
    char where[PATH_BYTES];
    texts_read(r, json, path, "regions", &profile->regions, &profile->n_regions);
    (void)snprintf(where, sizeof where, "%.100s.regions", path);
    if (r->status == GAIA_OK) {
        r->status = zonal_expand(r->arena, where, profile->regions, profile->n_regions,
                                 &profile->regions, &profile->n_regions, r->err);
    }
}

static void names_check(struct profile_reader *r, const char *path,
                        const struct gaia_profile *profile)
{
    enum weighting weighting = WEIGHTING_COUNT;
    uint64_t set = 0;
    const char *unknown = NULL;
    struct region_box box;
    for (size_t i = 0; r->status == GAIA_OK && i < profile->n_regions; i++) {
        if (!region_find(profile->regions[i], &box)) {
            r->status =
                error_set(r->err, GAIA_REGION_UNKNOWN, "%s.regions[%zu]: no such region '%s'", path,
                          i, profile->regions[i]);
        }
    }
    for (size_t i = 0; r->status == GAIA_OK && i < profile->n_weights; i++) {
        if (!weighting_find(profile->weights[i], &weighting)) {
            r->status =
                error_set(r->err, GAIA_WEIGHTING_UNKNOWN, "%s.weights[%zu]: no such weighting '%s'",
                          path, i, profile->weights[i]);
        }
    }
    if (r->status == GAIA_OK &&
        !metric_set(profile->metrics, profile->n_metrics, true, true, &set, &unknown)) {
        r->status = error_set(r->err, GAIA_METRIC_UNKNOWN, "%s.metrics: no such metric '%s'", path,
                              unknown);
    }
}

/* A copy with every number as a real, so that 6 and 6.0 hash alike. NULL when out of memory. */
static json_t *json_canonical(const json_t *json)
{
    if (json_is_number(json)) {
        return json_real(json_number_value(json));
    }
    if (json_is_object(json)) {
        json_t *object = json_object();
        void *at = json_object_iter((json_t *)(uintptr_t)json);
        for (; at != NULL; at = json_object_iter_next((json_t *)(uintptr_t)json, at)) {
            (void)json_object_set_new(object, json_object_iter_key(at),
                                      json_canonical(json_object_iter_value(at)));
        }
        return object;
    }
    if (json_is_array(json)) {
        json_t *array = json_array();
        for (size_t i = 0; i < json_array_size(json); i++) {
            (void)json_array_append_new(array, json_canonical(json_array_get(json, i)));
        }
        return array;
    }
    return json_incref((json_t *)(uintptr_t)json);
}

static gaia_status hash_make(const json_t *json, char *hash, gaia_error *err)
{
    json_t *canonical = json_canonical(json);
    char *text = canonical != NULL ? json_dumps(canonical, JSON_COMPACT | JSON_SORT_KEYS) : NULL;
    json_decref(canonical);
    if (text == NULL) {
        return error_memory(err, 1);
    }
    const XXH128_hash_t sum = XXH3_128bits(text, strlen(text));
    free(text);
    (void)snprintf(hash, PROFILE_HASH, "xxh3-128:%016llx%016llx", (unsigned long long)sum.high64,
                   (unsigned long long)sum.low64);
    return GAIA_OK;
}

static void profile_read(struct profile_reader *r, const json_t *json, const char *path,
                         struct gaia_profile *profile)
{
    static const char *const keys[] = {"schema",  "name",    "description", "variables",
                                       "leads",   "regions", "weights",     "metrics",
                                       "missing", "needs",   "composite"};
    static const char *const schemas[] = {"gaia.profile/1"};
    int schema = 0;
    profile_read_keys(r, json, path, keys, sizeof keys / sizeof *keys);
    profile_read_choice(r, json, path, "schema", schemas, 1, &schema);
    profile_read_text(r, json, path, "name", &profile->name);
    profile_read_text(r, json, path, "description", &profile->description);
    variables_read(r, json, path, profile);
    numbers_read(r, json, path, "leads", 0.0, JOB_LEAD_HOURS_MAX, &profile->lead_hours,
                 &profile->n_leads);
    regions_read(r, json, path, profile);
    texts_read(r, json, path, "weights", &profile->weights, &profile->n_weights);
    texts_read(r, json, path, "metrics", &profile->metrics, &profile->n_metrics);
    names_check(r, path, profile);
    missing_read(r, json, path, profile);
    needs_read(r, json, path, profile);
    if (r->status == GAIA_OK && json_object_get(json, "composite") != NULL) {
        char where[PATH_BYTES];
        (void)snprintf(where, sizeof where, "%.100s.composite", path);
        profile_read_composite(r, json_object_get(json, "composite"), where, profile);
    }
    if (r->status == GAIA_OK) {
        r->status = hash_make(json, profile->hash, r->err);
    }
}

gaia_status profile_from_json(const json_t *json, const char *path, struct gaia_profile **profile,
                              gaia_error *err)
{
    struct gaia_profile *made = calloc(1, sizeof *made);
    if (made == NULL) {
        return error_memory(err, sizeof *made);
    }
    arena_init(&made->arena, PROFILE_ARENA_BYTES_MAX);
    struct profile_reader reader = {.arena = &made->arena, .status = GAIA_OK, .err = err};
    profile_read(&reader, json, path, made);
    if (reader.status != GAIA_OK) {
        profile_free(made);
        return reader.status;
    }
    *profile = made;
    return GAIA_OK;
}

gaia_status profile_parse(const char *what, const char *bytes, size_t length,
                          struct gaia_profile **profile, gaia_error *err)
{
    json_t *json = NULL;
    gaia_status status = json_parse(what, bytes, length, &json, err);
    if (status == GAIA_OK) {
        status = profile_from_json(json, "profile", profile, err);
    }
    json_decref(json);
    return status;
}

const char *profile_shipped_name(size_t i)
{
    return i < embedded_profiles_count ? embedded_profiles[i].name : NULL;
}

const char *profile_shipped_text(size_t i)
{
    return i < embedded_profiles_count ? embedded_profiles[i].text : NULL;
}

gaia_status profile_find(const char *name, struct gaia_profile **profile, gaia_error *err)
{
    char list[PATH_BYTES] = "";
    size_t used = 0;
    for (size_t i = 0; i < embedded_profiles_count; i++) {
        const struct embedded_file *file = &embedded_profiles[i];
        if (strcmp(file->name, name) == 0) {
            return profile_parse(name, file->text, file->length, profile, err);
        }
        used += used < sizeof list ? (size_t)snprintf(list + used, sizeof list - used, "%s%s",
                                                      i > 0 ? ", " : "", file->name)
                                   : 0;
    }
    return error_set(err, GAIA_JOB_INVALID, "no such profile '%s'; there are: %s", name, list);
}

void profile_free(struct gaia_profile *profile)
{
    if (profile != NULL) {
        arena_fini(&profile->arena);
        free(profile);
    }
}
