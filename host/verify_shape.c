/* SPDX-License-Identifier: MIT
 *
 * What a catalog tells of a source without reading a value: units, grid, and which fields there
 * are.
 *
 * Invariant: the work is bounded by the number of fields in the catalog and the number required.
 */
#include "verification.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <gaia/time.h>

#include "error.h"
#include "level.h"
#include "text.h"
#include "units.h"

enum {
    HOUR_S = 3600,
    LIST_TEXT = 256,
    LISTED_MAX = 8,
    INIT_TIMES_MAX = 1000,
    LOOKED_UP_MAX = 1 << 17
};

/* Coordinates that differ by less than this share of the spacing are where they should be. */
static const double SPACING_SLACK = 2e-3;

/* ---- Units ---- */

static bool units_fit(const struct requirement *r, const char *units)
{
    bool fit = r->n_units == 0;
    for (size_t i = 0; i < r->n_units; i++) {
        struct units_conversion conversion;
        fit = fit || (units[0] != '\0' &&
                      units_convert(units, r->units[i], r->name, r->name, &conversion) &&
                      !units_conversion_changes(&conversion));
    }
    return fit;
}

/* Whether there is nothing to tell of the units of part i_part for requirement i: they fit, or it
 * was told for an earlier requirement of the variable or of an earlier file with the same units. */
static bool units_told(const struct requirements *r, const struct catalog *catalog, size_t i,
                       size_t i_part)
{
    const struct catalog_part *part = &catalog->parts[i_part];
    bool told = units_fit(&r->variables[i], part->units);
    for (size_t k = 0; k < i; k++) {
        told = told || (strcmp(r->variables[k].name, r->variables[i].name) == 0 &&
                        !units_fit(&r->variables[k], part->units));
    }
    for (size_t p = 0; p < i_part; p++) {
        told = told || (catalog->parts[p].variable == part->variable &&
                        strcmp(catalog->parts[p].units, part->units) == 0);
    }
    return told;
}

static void units_check(struct verification *v)
{
    const struct requirements *r = &v->requirements;
    const struct catalog *catalog = &v->walk.catalog;
    for (size_t i = 0; i < r->n_variables; i++) {
        const struct requirement *required = &r->variables[i];
        const size_t variable = catalog_variable(catalog, required->name);
        for (size_t p = 0; p < catalog->n_parts; p++) {
            if (catalog->parts[p].variable == variable && !units_told(r, catalog, i, p)) {
                const struct finding_place place = {.file = v->where, .variable = required->name};
                finding_add(&v->findings, FINDING_UNITS, &place, "units are '%s', not '%s'",
                            catalog->parts[p].units, required->units[0]);
            }
        }
    }
}

/* ---- Grid ---- */

/* The mean distance of neighbours; for longitudes also across the origin. */
static double axis_step(const double *axis, size_t n)
{
    double span = n > 1 ? axis[n - 1] - axis[0] : 0.0;
    span += n > 1 && axis[1] > axis[0] && span < 0.0 ? 360.0 : 0.0;
    return n > 1 ? span / (double)(n - 1) : 0.0;
}

static void regular_check(struct verification *v, const char *what, const double *axis, size_t n,
                          const struct finding_place *place)
{
    const double step = axis_step(axis, n);
    for (size_t i = 1; i < n; i++) {
        double apart = axis[i] - axis[i - 1];
        apart += step > 0.0 && apart < 0.0 ? 360.0 : 0.0;
        if (!(fabs(apart - step) <= SPACING_SLACK * fabs(step))) {
            finding_add(&v->findings, FINDING_GRID_IRREGULAR, place,
                        "%s[%zu] = %.9g is %.9g from the one before, where the mean is %.9g", what,
                        i, axis[i], apart, step);
            return;
        }
    }
}

static void global_check(struct verification *v, const struct finding_place *place)
{
    const struct gaia_grid *grid = &v->walk.catalog.grid;
    const double d_lat = fabs(axis_step(grid->lat, grid->n_lat));
    const double d_lon = axis_step(grid->lon, grid->n_lon);
    const double north = grid->lat[0];
    const double south = grid->lat[grid->n_lat - 1];
    const double reach = 90.0 - d_lat * (1.0 + SPACING_SLACK); /* a row of the pole, or none */
    const double around = d_lon * (double)grid->n_lon;
    if (!(north >= reach && south <= -reach)) {
        finding_add(&v->findings, FINDING_GRID_NOT_GLOBAL, place,
                    "latitudes go from %.9g to %.9g, not from pole to pole", north, south);
    }
    if (!(d_lon > 0.0 && fabs(around - 360.0) <= 0.5 * d_lon)) {
        finding_add(&v->findings, FINDING_GRID_NOT_GLOBAL, place,
                    "%zu longitudes from %.9g by %.9g do not go all the way round", grid->n_lon,
                    grid->lon[0], d_lon);
    }
}

static void grid_check(struct verification *v)
{
    const struct requirements *r = &v->requirements;
    const struct gaia_grid *grid = &v->walk.catalog.grid;
    const struct finding_place place = {.file = v->where};
    if (r->n_lat > 0 && grid->n_lat != r->n_lat) {
        finding_add(&v->findings, FINDING_GRID_SIZE, &place, "%zu latitudes, not %zu", grid->n_lat,
                    r->n_lat);
    }
    if (r->n_lon > 0 && grid->n_lon != r->n_lon) {
        finding_add(&v->findings, FINDING_GRID_SIZE, &place, "%zu longitudes, not %zu", grid->n_lon,
                    r->n_lon);
    }
    if (r->regular) {
        regular_check(v, "latitude", grid->lat, grid->n_lat, &place);
        regular_check(v, "longitude", grid->lon, grid->n_lon, &place);
    }
    if (r->global) {
        global_check(v, &place);
    }
}

/* ---- Times ---- */

static int seconds_compare(const void *a, const void *b)
{
    const int64_t x = *(const int64_t *)a;
    const int64_t y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

/* Sorts, and drops what is there twice; returns how many are left. */
static size_t seconds_unique(int64_t *list, size_t n)
{
    size_t kept = 0;
    if (n > 0) {
        qsort(list, n, sizeof *list, seconds_compare);
    }
    for (size_t i = 0; i < n; i++) {
        if (kept == 0 || list[i] != list[kept - 1]) {
            list[kept++] = list[i];
        }
    }
    return kept;
}

/* The required lead times: those that the requirements name, or all that any field has. */
static gaia_status leads_take(struct verification *v, gaia_error *err)
{
    const struct requirements *r = &v->requirements;
    const struct catalog *catalog = &v->walk.catalog;
    const size_t n = r->n_leads > 0 ? r->n_leads : catalog->n_entries;
    v->leads_s = calloc(n > 0 ? n : 1, sizeof *v->leads_s);
    if (v->leads_s == NULL) {
        return error_memory(err, n * sizeof *v->leads_s);
    }
    for (size_t i = 0; i < n; i++) {
        v->leads_s[i] = r->n_leads > 0 ? r->leads_s[i] : catalog->entries[i].lead_time_s;
    }
    v->n_leads = seconds_unique(v->leads_s, n);
    for (size_t i = 1; r->lead_step_s > 0 && i < v->n_leads; i++) {
        const int64_t step_s = v->leads_s[i] - v->leads_s[i - 1];
        if (step_s != r->lead_step_s) {
            const struct finding_place place = {
                .file = v->where, .has_lead = true, .lead_time_s = v->leads_s[i]};
            finding_add(&v->findings, FINDING_LEAD_STEP, &place,
                        "it follows the lead time before by %g h, not by %g h",
                        (double)step_s / HOUR_S, (double)r->lead_step_s / HOUR_S);
        }
    }
    return GAIA_OK;
}

/* The init times of the source, to be freed; no more than INIT_TIMES_MAX are told. */
static gaia_status inits_take(struct verification *v, int64_t **inits, size_t *n, gaia_error *err)
{
    const struct catalog *catalog = &v->walk.catalog;
    const size_t wanted = v->requirements.n_init_times;
    const struct finding_place place = {.file = v->where};
    *inits = calloc(catalog->n_entries > 0 ? catalog->n_entries : 1, sizeof **inits);
    if (*inits == NULL) {
        return error_memory(err, catalog->n_entries * sizeof **inits);
    }
    for (size_t i = 0; i < catalog->n_entries; i++) {
        (*inits)[i] = catalog->entries[i].time_s;
    }
    *n = seconds_unique(*inits, catalog->n_entries);
    if (wanted > 0 && *n != wanted) {
        finding_add(&v->findings, FINDING_INIT_TIMES, &place, "init times: %zu, not %zu", *n,
                    wanted);
    } else if (*n == 0 || *n > INIT_TIMES_MAX) {
        finding_add(&v->findings, FINDING_INIT_TIMES, &place, "init times: %zu, not 1 to %d", *n,
                    INIT_TIMES_MAX);
    }
    *n = *n > INIT_TIMES_MAX ? INIT_TIMES_MAX : *n;
    return GAIA_OK;
}

/* ---- Which fields there are ---- */

/* Tells which lead times of one variable, level and init time are missing. */
static void leads_check(struct verification *v, size_t variable, double level, int64_t init_s)
{
    const struct catalog *catalog = &v->walk.catalog;
    char list[LIST_TEXT] = "";
    size_t used = 0;
    size_t n_missing = 0;
    for (size_t i = 0; i < v->n_leads; i++) {
        if (catalog_find(catalog, variable, level, init_s, v->leads_s[i]) != NULL) {
            continue;
        }
        if (n_missing++ < LISTED_MAX && used < sizeof list) {
            used += (size_t)snprintf(list + used, sizeof list - used, "%s%g",
                                     n_missing > 1 ? ", " : "", (double)v->leads_s[i] / HOUR_S);
        }
    }
    if (n_missing > 0) {
        const struct finding_place place = {.file = v->where,
                                            .variable = catalog->variables[variable].name,
                                            .has_level = true,
                                            .level = level,
                                            .has_init = true,
                                            .init_time_s = init_s,
                                            .calendar = catalog->calendar};
        finding_add(&v->findings, FINDING_LEAD_MISSING, &place,
                    "%zu of %zu lead times are missing: %s%s h", n_missing, v->n_leads, list,
                    n_missing > LISTED_MAX ? ", ..." : "");
    }
}

static void level_check(struct verification *v, size_t variable, double level, const int64_t *inits,
                        size_t n_inits)
{
    const struct catalog *catalog = &v->walk.catalog;
    char list[LIST_TEXT] = "";
    if (catalog_has_level(catalog, variable, level)) {
        for (size_t i = 0; i < n_inits; i++) {
            leads_check(v, variable, level, inits[i]);
        }
        return;
    }
    const struct finding_place place = {.file = v->where,
                                        .variable = catalog->variables[variable].name,
                                        .has_level = true,
                                        .level = level};
    catalog_list_levels(catalog, variable, list, sizeof list);
    finding_add(&v->findings, FINDING_LEVEL_MISSING, &place,
                "no field at this level; there are: %s", list);
}

static void levels_check(struct verification *v, const int64_t *inits, size_t n_inits)
{
    const struct catalog *catalog = &v->walk.catalog;
    if (n_inits > 0 && v->n_leads > LOOKED_UP_MAX / n_inits) {
        const struct finding_place place = {.file = v->where};
        finding_add(&v->findings, FINDING_INIT_TIMES, &place,
                    "%zu init times with %zu lead times are too many to look for", n_inits,
                    v->n_leads);
        return;
    }
    for (size_t i = 0; i < v->requirements.n_variables; i++) {
        const struct requirement *r = &v->requirements.variables[i];
        const size_t variable = catalog_variable(catalog, r->name);
        for (size_t k = 0; variable < catalog->n_variables && k < r->n_levels; k++) {
            level_check(v, variable, r->levels[k], inits, n_inits);
        }
        if (variable < catalog->n_variables && r->n_levels == 0) {
            level_check(v, variable, (double)NAN, inits, n_inits);
        }
    }
}

/* The requirement of this variable at this level, or n_variables. */
static size_t requirement_find(const struct requirements *r, const char *name, double level)
{
    for (size_t i = 0; i < r->n_variables; i++) {
        bool covers = r->variables[i].n_levels == 0 && isnan(level);
        for (size_t k = 0; k < r->variables[i].n_levels; k++) {
            covers = covers || r->variables[i].levels[k] == level;
        }
        if (covers && strcmp(r->variables[i].name, name) == 0) {
            return i;
        }
    }
    return r->n_variables;
}

/* Lists the entries that are required. Neighbours share variable and level, so each pair of these
 * is looked for once. */
static gaia_status fields_take(struct verification *v, gaia_error *err)
{
    const struct requirements *r = &v->requirements;
    const struct catalog *catalog = &v->walk.catalog;
    size_t requirement = r->n_variables;
    v->fields = calloc(catalog->n_entries > 0 ? catalog->n_entries : 1, sizeof *v->fields);
    if (v->fields == NULL) {
        return error_memory(err, catalog->n_entries * sizeof *v->fields);
    }
    for (size_t i = 0; i < catalog->n_entries; i++) {
        const struct catalog_entry *entry = &catalog->entries[i];
        if (i == 0 || entry->variable != entry[-1].variable ||
            !level_same(entry->level, entry[-1].level)) {
            requirement =
                requirement_find(r, catalog->variables[entry->variable].name, entry->level);
        }
        if (requirement < r->n_variables && bsearch(&entry->lead_time_s, v->leads_s, v->n_leads,
                                                    sizeof *v->leads_s, seconds_compare) != NULL) {
            v->fields[v->n_fields++] = (struct required_field){i, requirement};
        }
    }
    return GAIA_OK;
}

gaia_status verify_shape(struct verification *v, gaia_error *err)
{
    int64_t *inits = NULL;
    size_t n_inits = 0;
    units_check(v);
    grid_check(v);
    gaia_status status = inits_take(v, &inits, &n_inits, err);
    if (status == GAIA_OK) {
        status = leads_take(v, err);
    }
    if (status == GAIA_OK) {
        levels_check(v, inits, n_inits);
        status = fields_take(v, err);
    }
    free(inits);
    return status;
}
