/* SPDX-License-Identifier: MIT
 *
 * Which fields of a plan get error maps. A wish is a variable, at all its levels, or a variable and
 * a level as the field is usually called: "z500".
 *
 * Invariant: a wish that is a variable's name is never taken for another's with a level.
 */
#include "plan_builder.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "error.h"
#include "level.h"
#include "text.h"
#include "variable_name.h"

enum { MAPS_MAX = 10000, LABEL_BYTES = 320 };

/* "z500", or "2t" where there is no level. */
static void label_make(const struct plan *plan, const struct gaia_unit *unit, char *label)
{
    char level[TEXT_NUMBER] = "";
    if (!isnan(unit->level)) {
        number_format(unit->level, level);
    }
    (void)snprintf(label, LABEL_BYTES, "%.255s%s", plan->variables[unit->variable], level);
}

static bool wish_is_variable(const struct plan *plan, const char *wish)
{
    bool is_variable = false;
    for (size_t i = 0; i < plan->n_variables; i++) {
        is_variable = is_variable || variable_same(wish, plan->variables[i]);
    }
    return is_variable;
}

/* Whether the wish ends in the unit's level and what stands before it means its variable. */
static bool wish_has_level(const char *wish, const char *variable, double level)
{
    char text[TEXT_NUMBER];
    char name[LABEL_BYTES];
    number_format(level, text);
    const size_t length = strlen(wish);
    const size_t level_length = strlen(text);
    if (length <= level_length || length - level_length >= sizeof name ||
        strcmp(wish + length - level_length, text) != 0) {
        return false;
    }
    memcpy(name, wish, length - level_length);
    name[length - level_length] = '\0';
    return variable_same(name, variable);
}

static bool wish_fits(const struct plan *plan, const char *wish, const struct gaia_unit *unit)
{
    const char *variable = plan->variables[unit->variable];
    if (strcmp(wish, "all") == 0) {
        return true;
    }
    return wish_is_variable(plan, wish)
               ? variable_same(wish, variable)
               : !isnan(unit->level) && wish_has_level(wish, variable, unit->level);
}

/* Adds the unit's variable and level, unless they are there. */
static gaia_status map_add(struct plan *plan, const struct gaia_unit *unit, gaia_error *err)
{
    if (plan_is_mapped(plan, unit)) {
        return GAIA_OK;
    }
    if (plan->n_maps == MAPS_MAX) {
        return error_set(err, GAIA_LIMIT, "job.maps: more than %d variables and levels", MAPS_MAX);
    }
    if (plan->maps == NULL) {
        plan->maps = arena_alloc(&plan->arena, MAPS_MAX, sizeof *plan->maps);
    }
    if (plan->maps == NULL) {
        return error_memory(err, MAPS_MAX * sizeof *plan->maps);
    }
    plan->maps[plan->n_maps++] = (struct plan_map){unit->variable, unit->level};
    return GAIA_OK;
}

/* Whether the unit is the first of its variable and level in a run of them. */
static bool unit_begins(const struct plan *plan, size_t i)
{
    const struct gaia_unit *a = &plan->units[i > 0 ? i - 1 : 0];
    const struct gaia_unit *b = &plan->units[i];
    return i == 0 || a->variable != b->variable || !level_same(a->level, b->level);
}

static gaia_status wish_refuse(const struct plan *plan, const char *wish, gaia_error *err)
{
    char all[GAIA_ERROR_DETAIL * 3 / 4] = "";
    size_t used = 0;
    for (size_t i = 0; i < plan->n_units && plan->units[i].forecast == plan->units[0].forecast;
         i++) {
        char label[LABEL_BYTES];
        if (!unit_begins(plan, i) || used + LABEL_BYTES >= sizeof all) {
            continue;
        }
        label_make(plan, &plan->units[i], label);
        used +=
            (size_t)snprintf(all + used, sizeof all - used, "%s%s", used > 0 ? ", " : "", label);
    }
    return error_set(err, GAIA_JOB_INVALID,
                     "job.maps: no field '%s' is scored; \"all\", a variable, or one of: %s", wish,
                     all);
}

gaia_status plan_maps_choose(struct plan_builder *b, gaia_error *err)
{
    struct plan *plan = b->plan;
    gaia_status status = GAIA_OK;
    for (size_t w = 0; status == GAIA_OK && w < b->job->n_maps; w++) {
        const char *wish = b->job->maps[w];
        bool any = false;
        for (size_t i = 0; status == GAIA_OK && i < plan->n_units; i++) {
            if (unit_begins(plan, i) && wish_fits(plan, wish, &plan->units[i])) {
                any = true;
                status = map_add(plan, &plan->units[i], err);
            }
        }
        if (status == GAIA_OK && !any) {
            status = wish_refuse(plan, wish, err);
        }
    }
    return status;
}
