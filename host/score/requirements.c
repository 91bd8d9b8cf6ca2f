/* SPDX-License-Identifier: MIT
 *
 * Reading gaia.requirements/1.
 *
 * Invariant: requirements that were read can be met: no bound is crossed, no list is too long.
 */
#include "requirements.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "embedded.h"
#include "error.h"
#include "job_source.h"
#include "json.h"
#include "source_request.h"

enum {
    REQUIREMENTS_ARENA_BYTES_MAX = 16 << 20,
    HOUR_S = 3600,
    LEADS_MAX = 100000,
    COUNT_MAX = 1000000,
    VARIABLES_MAX = 256,
    LEVELS_MAX = 256
};

static const double LEVEL_MAX = 1e6;

static gaia_status positive_read(const json_t *object, const char *path, const char *key,
                                 int64_t most, int64_t *out, gaia_error *err)
{
    const gaia_status status = json_get_int(object, path, key, false, out, err);
    return status == GAIA_OK && (*out < 0 || *out > most)
               ? error_set(err, GAIA_JOB_INVALID, "%s.%s: 0 to %lld is wanted", path, key,
                           (long long)most)
               : status;
}

static gaia_status flag_read(const json_t *object, const char *path, const char *key, bool *flag,
                             gaia_error *err)
{
    const json_t *value = json_object_get(object, key);
    if (value != NULL && !json_is_boolean(value)) {
        return error_set(err, GAIA_JOB_INVALID, "%s.%s: a boolean is wanted, not %s", path, key,
                         json_type_text(value));
    }
    *flag = value != NULL && json_is_true(value);
    return GAIA_OK;
}

static gaia_status share_read(const json_t *object, const char *path, double *share,
                              gaia_error *err)
{
    const gaia_status status = json_get_number(object, path, "finite_share", false, share, err);
    return status == GAIA_OK && !(*share >= 0.0 && *share <= 1.0)
               ? error_set(err, GAIA_JOB_INVALID, "%s.finite_share: 0 to 1 is wanted", path)
               : status;
}

/* ---- Lead times ---- */

/* {"from": 6, "to": 240, "step": 6} */
static gaia_status leads_range_read(struct requirements *r, const json_t *range, gaia_error *err)
{
    static const char *const keys[] = {"from", "to", "step"};
    static const char path[] = "requirements.leads";
    double hours[3] = {0.0, 0.0, 0.0};
    gaia_status status = json_check_keys(range, path, keys, 3, err);
    for (size_t i = 0; status == GAIA_OK && i < 3; i++) {
        status = json_get_number(range, path, keys[i], true, &hours[i], err);
    }
    if (status != GAIA_OK) {
        return status;
    }
    const double count = floor((hours[1] - hours[0]) / hours[2] + 1e-9) + 1.0;
    if (!(hours[2] > 0.0) || !(fabs(hours[0]) <= JOB_LEAD_HOURS_MAX) || !(count >= 1.0) ||
        !(count <= LEADS_MAX)) {
        return error_set(err, GAIA_JOB_INVALID,
                         "%s: from %g to %g by %g is no range of 1 to %d lead times", path,
                         hours[0], hours[1], hours[2], LEADS_MAX);
    }
    int64_t *leads_s = arena_alloc(&r->arena, (size_t)count, sizeof *leads_s);
    if (leads_s == NULL) {
        return error_memory(err, (size_t)count * sizeof *leads_s);
    }
    for (size_t i = 0; i < (size_t)count; i++) {
        leads_s[i] = llround((hours[0] + (double)i * hours[2]) * HOUR_S);
    }
    r->leads_s = leads_s;
    r->n_leads = (size_t)count;
    return GAIA_OK;
}

static gaia_status leads_read(struct requirements *r, const json_t *root, gaia_error *err)
{
    const json_t *leads = json_object_get(root, "leads");
    double step_hours = 0.0;
    gaia_status status = json_is_object(leads)
                             ? leads_range_read(r, leads, err)
                             : request_leads_read(&r->arena, root, "requirements", "leads",
                                                  &r->leads_s, &r->n_leads, err);
    if (status == GAIA_OK) {
        status = json_get_number(root, "requirements", "lead_step", false, &step_hours, err);
    }
    if (status == GAIA_OK && !(step_hours >= 0.0 && step_hours <= JOB_LEAD_HOURS_MAX)) {
        status = error_set(err, GAIA_JOB_INVALID, "requirements.lead_step: out of range");
    }
    r->lead_step_s = status == GAIA_OK ? llround(step_hours * HOUR_S) : 0;
    return status;
}

/* ---- Grid ---- */

static gaia_status grid_read(struct requirements *r, const json_t *root, gaia_error *err)
{
    static const char *const keys[] = {"n_lat", "n_lon", "regular", "global"};
    static const char path[] = "requirements.grid";
    const json_t *grid = json_object_get(root, "grid");
    int64_t n_lat = 0;
    int64_t n_lon = 0;
    if (grid == NULL) {
        return GAIA_OK;
    }
    gaia_status status = json_check_keys(grid, path, keys, sizeof keys / sizeof *keys, err);
    if (status == GAIA_OK) {
        status = positive_read(grid, path, "n_lat", COUNT_MAX, &n_lat, err);
    }
    if (status == GAIA_OK) {
        status = positive_read(grid, path, "n_lon", COUNT_MAX, &n_lon, err);
    }
    if (status == GAIA_OK) {
        status = flag_read(grid, path, "regular", &r->regular, err);
    }
    if (status == GAIA_OK) {
        status = flag_read(grid, path, "global", &r->global, err);
    }
    r->n_lat = (size_t)n_lat;
    r->n_lon = (size_t)n_lon;
    return status;
}

/* ---- Variables ---- */

static gaia_status bounds_read(const json_t *object, const char *path, struct requirement *v,
                               gaia_error *err)
{
    gaia_status status = json_get_number(object, path, "min", false, &v->min, err);
    if (status == GAIA_OK) {
        status = json_get_number(object, path, "max", false, &v->max, err);
    }
    if (status == GAIA_OK) {
        status = json_get_number(object, path, "tolerance", false, &v->tolerance, err);
    }
    if (status == GAIA_OK && v->min > v->max) {
        status =
            error_set(err, GAIA_JOB_INVALID, "%s: min %g is above max %g", path, v->min, v->max);
    }
    if (status == GAIA_OK && v->tolerance < 0.0) {
        status = error_set(err, GAIA_JOB_INVALID, "%s.tolerance: it is negative", path);
    }
    return status == GAIA_OK ? share_read(object, path, &v->finite_share, err) : status;
}

static gaia_status variable_read(struct arena *arena, const json_t *object, const char *path,
                                 double finite_share, struct requirement *v, gaia_error *err)
{
    static const char *const keys[] = {"name", "levels",    "units",       "min",
                                       "max",  "tolerance", "finite_share"};
    const char *name = "";
    *v = (struct requirement){
        .min = -(double)INFINITY, .max = (double)INFINITY, .finite_share = finite_share};
    gaia_status status = json_check_keys(object, path, keys, sizeof keys / sizeof *keys, err);
    if (status == GAIA_OK) {
        status = json_get_string(object, path, "name", true, &name, err);
    }
    if (status == GAIA_OK && name[0] == '\0') {
        status = error_set(err, GAIA_JOB_INVALID, "%s.name: it is empty", path);
    }
    if (status == GAIA_OK) {
        status = job_text_copy(arena, name, &v->name, err);
    }
    if (status == GAIA_OK) {
        status = request_numbers_read(arena, object, path, "levels", LEVEL_MAX, &v->levels,
                                      &v->n_levels, err);
    }
    if (status == GAIA_OK && v->n_levels > LEVELS_MAX) {
        status = error_set(err, GAIA_JOB_INVALID, "%s.levels: more than %d", path, LEVELS_MAX);
    }
    if (status == GAIA_OK) {
        status = job_texts_read(arena, object, path, "units", &v->units, &v->n_units, err);
    }
    return status == GAIA_OK ? bounds_read(object, path, v, err) : status;
}

/* Whether both ask for the same variable at the same level. */
static bool requirements_overlap(const struct requirement *a, const struct requirement *b)
{
    const bool same_name = strcmp(a->name, b->name) == 0;
    bool shared = a->n_levels == 0 && b->n_levels == 0;
    for (size_t i = 0; same_name && i < a->n_levels; i++) {
        for (size_t k = 0; k < b->n_levels; k++) {
            shared = shared || a->levels[i] == b->levels[k];
        }
    }
    return shared && same_name;
}

static gaia_status variables_read(struct requirements *r, const json_t *root, double finite_share,
                                  gaia_error *err)
{
    const json_t *array = NULL;
    gaia_status status = json_get_array(root, "requirements", "variables", true, &array, err);
    const size_t count = array != NULL ? json_array_size(array) : 0;
    if (status == GAIA_OK && (count == 0 || count > VARIABLES_MAX)) {
        status = error_set(err, GAIA_JOB_INVALID, "requirements.variables: 1 to %d are wanted",
                           VARIABLES_MAX);
    }
    struct requirement *list =
        status == GAIA_OK ? arena_alloc(&r->arena, count, sizeof *list) : NULL;
    if (status == GAIA_OK && list == NULL) {
        status = error_memory(err, count * sizeof *list);
    }
    for (size_t i = 0; status == GAIA_OK && i < count; i++) {
        char path[JOB_PATH_TEXT];
        (void)snprintf(path, sizeof path, "requirements.variables[%zu]", i);
        status =
            variable_read(&r->arena, json_array_get(array, i), path, finite_share, &list[i], err);
        for (size_t k = 0; status == GAIA_OK && k < i; k++) {
            if (requirements_overlap(&list[k], &list[i])) {
                status =
                    error_set(err, GAIA_JOB_INVALID,
                              "%s: '%s' at one of its levels is required by variables[%zu] too",
                              path, list[i].name, k);
            }
        }
    }
    r->variables = list;
    r->n_variables = count;
    return status;
}

/* ---- The whole ---- */

static gaia_status root_read(struct requirements *r, const json_t *root, gaia_error *err)
{
    static const char *const keys[] = {"schema",     "name",         "leads", "lead_step",
                                       "init_times", "finite_share", "grid",  "variables"};
    static const char path[] = "requirements";
    const char *schema = "";
    const char *name = "";
    double finite_share = 0.0;
    int64_t n_init_times = 0;
    gaia_status status = json_check_keys(root, path, keys, sizeof keys / sizeof *keys, err);
    if (status == GAIA_OK) {
        status = json_get_string(root, path, "schema", true, &schema, err);
    }
    if (status == GAIA_OK && strcmp(schema, "gaia.requirements/1") != 0) {
        status =
            error_set(err, GAIA_JOB_INVALID,
                      "requirements.schema: 'gaia.requirements/1' is wanted, not '%s'", schema);
    }
    if (status == GAIA_OK) {
        status = json_get_string(root, path, "name", false, &name, err);
    }
    if (status == GAIA_OK) {
        status = job_text_copy(&r->arena, name, &r->name, err);
    }
    if (status == GAIA_OK) {
        status = share_read(root, path, &finite_share, err);
    }
    if (status == GAIA_OK) {
        status = positive_read(root, path, "init_times", COUNT_MAX, &n_init_times, err);
    }
    r->n_init_times = (size_t)n_init_times;
    if (status == GAIA_OK) {
        status = leads_read(r, root, err);
    }
    if (status == GAIA_OK) {
        status = grid_read(r, root, err);
    }
    return status == GAIA_OK ? variables_read(r, root, finite_share, err) : status;
}

gaia_status requirements_read(const json_t *root, struct requirements *requirements,
                              gaia_error *err)
{
    *requirements = (struct requirements){.n_leads = 0};
    arena_init(&requirements->arena, REQUIREMENTS_ARENA_BYTES_MAX);
    const gaia_status status = root_read(requirements, root, err);
    if (status != GAIA_OK) {
        requirements_fini(requirements);
    }
    return status;
}

gaia_status requirements_named(const char *name, struct requirements *requirements, gaia_error *err)
{
    static const struct {
        const char *name;
        const struct embedded *file;
    } files[] = {{"gaia", &embedded_requirements_gaia}};
    json_t *root = NULL;
    size_t i = 0;
    while (i < sizeof files / sizeof *files && strcmp(files[i].name, name) != 0) {
        i++;
    }
    if (i == sizeof files / sizeof *files) {
        return error_set(err, GAIA_NOT_FOUND, "no requirements '%s'; there are: %s", name,
                         files[0].name);
    }
    gaia_status status =
        json_parse("requirements", files[i].file->bytes, files[i].file->length, &root, err);
    if (status == GAIA_OK) {
        status = requirements_read(root, requirements, err);
    }
    json_decref(root);
    return status;
}

void requirements_fini(struct requirements *requirements)
{
    arena_fini(&requirements->arena);
    *requirements = (struct requirements){.n_leads = 0};
}
