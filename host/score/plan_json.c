/* SPDX-License-Identifier: MIT
 *
 * Plans as JSON, written by executors and read by the scheduler and by executors again.
 *
 * Invariant: what plan_from_json accepts satisfies everything that plan.h promises, whoever wrote
 * it.
 */
#include "plan.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "error.h"
#include "json.h"
#include "level.h"
#include "metric.h"

enum {
    PLAN_ARENA_BYTES_MAX = 1 << 30,
    PLAN_NAMES_MAX = 65536,
    UNIT_CELLS = 5,
};

/* Times beyond the years -30,000 to 30,000 are nonsense, and keep sums of two within int64. */
static const int64_t TIME_LIMIT_S = INT64_C(1000000000000);

void plan_free(struct plan *plan)
{
    if (plan != NULL) {
        arena_fini(&plan->arena);
        free(plan);
    }
}

static json_t *names_to_json(const char *const *names, size_t n)
{
    json_t *array = json_array();
    for (size_t i = 0; i < n; i++) {
        if (json_array_append_new(array, json_string(names[i])) != 0) {
            json_decref(array);
            return NULL;
        }
    }
    return array;
}

static json_t *forecasts_to_json(const struct plan *plan)
{
    json_t *array = json_array();
    for (size_t i = 0; i < plan->n_forecasts; i++) {
        const struct plan_forecast *forecast = &plan->forecasts[i];
        json_t *object = json_pack("{s:s, s:s, s:s}", "id", forecast->id, "status",
                                   gaia_status_name(forecast->status), "detail", forecast->detail);
        if (json_array_append_new(array, object) != 0) {
            json_decref(array);
            return NULL;
        }
    }
    return array;
}

json_t *plan_units_to_json(const struct gaia_unit *units, size_t count)
{
    json_t *array = json_array();
    for (size_t i = 0; i < count; i++) {
        const struct gaia_unit *unit = &units[i];
        json_t *level = isnan(unit->level) ? json_null() : json_real(unit->level);
        json_t *cells =
            json_pack("[I, I, o, I, I]", (json_int_t)unit->forecast, (json_int_t)unit->variable,
                      level, (json_int_t)unit->lead_time_s, (json_int_t)unit->init_time_s);
        if (json_array_append_new(array, cells) != 0) {
            json_decref(array);
            return NULL;
        }
    }
    return array;
}

/* NULL where there are none: the plan says nothing of maps then. */
static json_t *maps_to_json(const struct plan *plan)
{
    json_t *array = plan->n_maps > 0 ? json_array() : NULL;
    for (size_t i = 0; i < plan->n_maps; i++) {
        const struct plan_map *map = &plan->maps[i];
        json_t *level = isnan(map->level) ? json_null() : json_real(map->level);
        if (json_array_append_new(array, json_pack("[I, o]", (json_int_t)map->variable, level)) !=
            0) {
            json_decref(array);
            return NULL;
        }
    }
    return array;
}

json_t *plan_to_json(const struct plan *plan)
{
    char metrics[24];
    (void)snprintf(metrics, sizeof metrics, "%llx", (unsigned long long)plan->metrics);
    return json_pack(
        "{s:o, s:o, s:o, s:o, s:o, s:o, s:o*, s:s, s:s, s:s, s:b, s:b, s:I}", "forecasts",
        forecasts_to_json(plan), "variables", names_to_json(plan->variables, plan->n_variables),
        "regions", names_to_json(plan->regions, plan->n_regions), "weights",
        names_to_json(plan->weights, plan->n_weights), "warnings",
        names_to_json(plan->warnings, plan->n_warnings), "units",
        plan_units_to_json(plan->units, plan->n_units), "maps", maps_to_json(plan), "metrics",
        metrics, "missing", plan->missing == GAIA_MISSING_PROPAGATE ? "propagate" : "pairwise",
        "calendar", gaia_calendar_name(plan->calendar), "has_climatology",
        (int)plan->has_climatology, "has_reference", (int)plan->has_reference, "field_bytes",
        (json_int_t)plan->field_bytes);
}

json_t *plan_head_to_json(const struct plan *plan)
{
    struct plan head = *plan;
    head.n_units = 0;
    head.units = NULL;
    json_t *json = plan_to_json(&head);
    if (json != NULL) {
        (void)json_object_del(json, "units");
    }
    return json;
}

static gaia_status names_from_json(struct arena *arena, const json_t *json, const char *key,
                                   size_t n_min, const char ***names, size_t *n, gaia_error *err)
{
    const json_t *array = NULL;
    const gaia_status status = json_get_array(json, "plan", key, true, &array, err);
    if (status != GAIA_OK) {
        return status;
    }
    const size_t count = json_array_size(array);
    if (count < n_min || count > PLAN_NAMES_MAX) {
        return error_set(err, GAIA_PROTOCOL, "plan.%s: %zu entries", key, count);
    }
    *names = arena_alloc(arena, count, sizeof **names);
    if (*names == NULL && count > 0) {
        return error_memory(err, count * sizeof **names);
    }
    for (size_t i = 0; i < count; i++) {
        const json_t *name = json_array_get(array, i);
        if (!json_is_string(name)) {
            return error_set(err, GAIA_PROTOCOL, "plan.%s[%zu]: a string is wanted", key, i);
        }
        (*names)[i] = arena_strdup(arena, json_string_value(name));
        if ((*names)[i] == NULL) {
            return error_memory(err, json_string_length(name));
        }
    }
    *n = count;
    return GAIA_OK;
}

static gaia_status forecasts_from_json(struct plan *plan, const json_t *json, gaia_error *err)
{
    const json_t *array = NULL;
    gaia_status status = json_get_array(json, "plan", "forecasts", true, &array, err);
    const size_t count = status == GAIA_OK ? json_array_size(array) : 0;
    if (status == GAIA_OK && (count == 0 || count > PLAN_NAMES_MAX)) {
        return error_set(err, GAIA_PROTOCOL, "plan.forecasts: %zu entries", count);
    }
    plan->forecasts = arena_alloc(&plan->arena, count, sizeof *plan->forecasts);
    for (size_t i = 0; status == GAIA_OK && i < count; i++) {
        const json_t *object = json_array_get(array, i);
        const char *texts[3] = {NULL, NULL, NULL};
        static const char *const keys[3] = {"id", "status", "detail"};
        for (int k = 0; status == GAIA_OK && k < 3; k++) {
            status = json_get_string(object, "plan.forecasts", keys[k], true, &texts[k], err);
        }
        if (status != GAIA_OK) {
            break;
        }
        const char *id = arena_strdup(&plan->arena, texts[0]);
        const char *detail = arena_strdup(&plan->arena, texts[2]);
        if (plan->forecasts == NULL || id == NULL || detail == NULL) {
            return error_memory(err, count * sizeof *plan->forecasts);
        }
        plan->forecasts[i] = (struct plan_forecast){id, gaia_status_from_name(texts[1]), detail};
    }
    plan->n_forecasts = count;
    return status;
}

static bool time_sane(int64_t time_s)
{
    return time_s > -TIME_LIMIT_S && time_s < TIME_LIMIT_S;
}

static bool unit_from_json(const json_t *cells, size_t n_forecasts, size_t n_variables,
                           struct gaia_unit *unit)
{
    json_int_t integer[UNIT_CELLS] = {0};
    if (!json_is_array(cells) || json_array_size(cells) != UNIT_CELLS) {
        return false;
    }
    for (size_t k = 0; k < UNIT_CELLS; k++) {
        const json_t *cell = json_array_get(cells, k);
        if (k != 2 && !json_is_integer(cell)) {
            return false;
        }
        integer[k] = json_integer_value(cell);
    }
    const json_t *level = json_array_get(cells, 2);
    if (!json_is_null(level) && !json_is_number(level)) {
        return false;
    }
    *unit = (struct gaia_unit){
        .forecast = (uint32_t)integer[0],
        .variable = (uint32_t)integer[1],
        .level = json_is_null(level) ? (double)NAN : json_number_value(level),
        .lead_time_s = integer[3],
        .init_time_s = integer[4],
    };
    return integer[0] >= 0 && (uint64_t)integer[0] < n_forecasts && integer[1] >= 0 &&
           (uint64_t)integer[1] < n_variables && time_sane(integer[3]) && time_sane(integer[4]);
}

gaia_status plan_units_from_json(const json_t *array, size_t n_forecasts, size_t n_variables,
                                 struct gaia_unit *units, size_t room, size_t *count,
                                 gaia_error *err)
{
    if (!json_is_array(array) || json_array_size(array) > room) {
        return error_set(err, GAIA_PROTOCOL, "units: an array of at most %zu is wanted", room);
    }
    const size_t n = json_array_size(array);
    for (size_t i = 0; i < n; i++) {
        if (!unit_from_json(json_array_get(array, i), n_forecasts, n_variables, &units[i])) {
            return error_set(err, GAIA_PROTOCOL, "units[%zu]: not a unit of this plan", i);
        }
    }
    *count = n;
    return GAIA_OK;
}

int plan_unit_compare(const struct gaia_unit *a, const struct gaia_unit *b)
{
    if (a->forecast != b->forecast) {
        return a->forecast < b->forecast ? -1 : 1;
    }
    if (a->variable != b->variable) {
        return a->variable < b->variable ? -1 : 1;
    }
    const double level_a = isnan(a->level) ? -1.0 : a->level;
    const double level_b = isnan(b->level) ? -1.0 : b->level;
    if (level_a != level_b) {
        return level_a < level_b ? -1 : 1;
    }
    if (a->lead_time_s != b->lead_time_s) {
        return a->lead_time_s < b->lead_time_s ? -1 : 1;
    }
    return (a->init_time_s > b->init_time_s) - (a->init_time_s < b->init_time_s);
}

bool plan_is_mapped(const struct plan *plan, const struct gaia_unit *unit)
{
    bool mapped = false;
    for (size_t i = 0; i < plan->n_maps; i++) {
        const struct plan_map *map = &plan->maps[i];
        mapped = mapped || (map->variable == unit->variable && level_same(map->level, unit->level));
    }
    return mapped;
}

bool plan_lead_same(const struct gaia_unit *a, const struct gaia_unit *b)
{
    return a->forecast == b->forecast && a->variable == b->variable &&
           level_same(a->level, b->level) && a->lead_time_s == b->lead_time_s;
}

static gaia_status units_from_json(struct plan *plan, const json_t *json, gaia_error *err)
{
    const json_t *array = json_object_get(json, "units");
    const size_t room = array != NULL ? json_array_size(array) : 0;
    if (array == NULL) { /* the plan that goes with a lease: its units come apart */
        return GAIA_OK;
    }
    plan->units = arena_alloc(&plan->arena, room, sizeof *plan->units);
    if (plan->units == NULL && room > 0) {
        return error_memory(err, room * sizeof *plan->units);
    }
    const gaia_status status = plan_units_from_json(array, plan->n_forecasts, plan->n_variables,
                                                    plan->units, room, &plan->n_units, err);
    for (size_t i = 1; status == GAIA_OK && i < plan->n_units; i++) {
        if (plan_unit_compare(&plan->units[i - 1], &plan->units[i]) >= 0) {
            return error_set(err, GAIA_PROTOCOL, "plan.units[%zu]: out of order", i);
        }
    }
    return status;
}

static gaia_status maps_from_json(struct plan *plan, const json_t *json, gaia_error *err)
{
    const json_t *array = json_object_get(json, "maps"); /* a plan of before has none */
    const size_t count = json_array_size(array);
    if (count > PLAN_NAMES_MAX) {
        return error_set(err, GAIA_PROTOCOL, "plan.maps: %zu entries", count);
    }
    plan->maps = arena_alloc(&plan->arena, count, sizeof *plan->maps);
    if (plan->maps == NULL && count > 0) {
        return error_memory(err, count * sizeof *plan->maps);
    }
    for (size_t i = 0; i < count; i++) {
        const json_t *map = json_array_get(array, i);
        const json_t *variable = json_array_get(map, 0);
        const json_t *level = json_array_get(map, 1);
        const json_int_t index = json_integer_value(variable);
        if (!json_is_integer(variable) || index < 0 || (uint64_t)index >= plan->n_variables ||
            (!json_is_null(level) && !json_is_number(level))) {
            return error_set(err, GAIA_PROTOCOL, "plan.maps[%zu]: not a variable and a level", i);
        }
        plan->maps[i] = (struct plan_map){
            (uint32_t)index, json_is_null(level) ? (double)NAN : json_number_value(level)};
    }
    plan->n_maps = count;
    return GAIA_OK;
}

static gaia_status settings_from_json(struct plan *plan, const json_t *json, gaia_error *err)
{
    const char *metrics = NULL;
    const char *missing = NULL;
    const char *calendar = "standard";
    int64_t field_bytes = 0;
    gaia_status status = json_get_string(json, "plan", "metrics", true, &metrics, err);
    if (status == GAIA_OK) {
        status = json_get_string(json, "plan", "missing", true, &missing, err);
    }
    if (status == GAIA_OK) {
        status = json_get_string(json, "plan", "calendar", false, &calendar, err);
    }
    if (status == GAIA_OK && !gaia_calendar_find(calendar, &plan->calendar)) {
        status = error_set(err, GAIA_PROTOCOL, "plan.calendar: there is no '%s'", calendar);
    }
    if (status == GAIA_OK) {
        status = json_get_int(json, "plan", "field_bytes", true, &field_bytes, err);
    }
    if (status != GAIA_OK) {
        return status;
    }
    plan->metrics = strtoull(metrics, NULL, 16);
    plan->missing =
        strcmp(missing, "propagate") == 0 ? GAIA_MISSING_PROPAGATE : GAIA_MISSING_PAIRWISE;
    plan->has_climatology = json_is_true(json_object_get(json, "has_climatology"));
    plan->has_reference = json_is_true(json_object_get(json, "has_reference"));
    plan->field_bytes = field_bytes > 0 ? (uint64_t)field_bytes : 0;
    return GAIA_OK;
}

gaia_status plan_from_json(const json_t *json, struct plan **plan, gaia_error *err)
{
    if (!json_is_object(json)) {
        return error_set(err, GAIA_PROTOCOL, "plan: an object is wanted");
    }
    struct plan *made = calloc(1, sizeof *made);
    if (made == NULL) {
        return error_memory(err, sizeof *made);
    }
    arena_init(&made->arena, PLAN_ARENA_BYTES_MAX);
    gaia_status status = forecasts_from_json(made, json, err);
    if (status == GAIA_OK) {
        status = names_from_json(&made->arena, json, "variables", 0, &made->variables,
                                 &made->n_variables, err);
    }
    if (status == GAIA_OK) {
        status = names_from_json(&made->arena, json, "regions", 1, &made->regions, &made->n_regions,
                                 err);
    }
    if (status == GAIA_OK) {
        status = names_from_json(&made->arena, json, "weights", 1, &made->weights, &made->n_weights,
                                 err);
    }
    if (status == GAIA_OK) {
        status = names_from_json(&made->arena, json, "warnings", 0, &made->warnings,
                                 &made->n_warnings, err);
    }
    if (status == GAIA_OK) {
        status = settings_from_json(made, json, err);
    }
    if (status == GAIA_OK) {
        status = maps_from_json(made, json, err);
    }
    if (status == GAIA_OK) {
        status = units_from_json(made, json, err);
    }
    if (status != GAIA_OK) {
        plan_free(made);
        /* Whatever is wrong with a plan is its writer's fault, not the user's. */
        return gaia_status_class(status) == GAIA_CLASS_RESOURCE ? status
                                                                : error_restate(err, GAIA_PROTOCOL);
    }
    *plan = made;
    return GAIA_OK;
}
