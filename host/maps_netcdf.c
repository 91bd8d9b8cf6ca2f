/* SPDX-License-Identifier: MIT
 *
 * Maps one after the other into their places.
 *
 * Invariant: memory is that of one map and what is derived of it, however many there are.
 */
#include "maps_netcdf.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "error.h"
#include "netcdf_ticks.h"
#include "netcdf_write.h"
#include "text.h"

enum { FORECAST, VARIABLE, LEVEL, LEAD, N_PLACE, LATITUDE = N_PLACE, LONGITUDE, N_AXES };
enum { MEAN_ERROR, RMSE, N_VALID, N_VARIABLES };

static const double PLACES_MAX = 16777216.0; /* 2^24 */

struct maps_netcdf {
    const struct map_file *file;
    const struct gaia_grid *grid;
    struct netcdf_writer *writer;
    size_t n_names[2]; /* of forecasts and variables */
    const char **names[2];
    const char **units; /* of each variable; "": not known */
    struct netcdf_ticks level;
    struct netcdf_ticks lead_s;
    bool *is_there; /* [forecast][variable][level][lead] */
    int dimension[N_AXES];
    int id[N_VARIABLES];
    struct arena arena;
};

/* ---- What there is ---- */

static size_t name_find(const struct maps_netcdf *out, int axis, const char *name)
{
    size_t i = 0;
    while (i < out->n_names[axis] && strcmp(out->names[axis][i], name) != 0) {
        i++;
    }
    return i;
}

/* Notes the names and values of map i. */
static void head_collect(struct maps_netcdf *out, size_t i)
{
    const struct map_head *head = map_file_head(out->file, i);
    const char *const names[2] = {head->forecast, head->variable};
    for (int axis = FORECAST; axis <= VARIABLE; axis++) {
        const size_t at = name_find(out, axis, names[axis]);
        out->names[axis][at] = names[axis];
        out->n_names[axis] += at == out->n_names[axis];
        if (axis == VARIABLE) {
            out->units[at] = head->units;
        }
    }
    out->level.value[i] = head->level;
    out->lead_s.value[i] = (double)head->lead_time_s;
}

static gaia_status heads_collect(struct maps_netcdf *out, gaia_error *err)
{
    const size_t n = map_file_count(out->file);
    out->names[FORECAST] = arena_alloc(&out->arena, n, sizeof *out->names[0]);
    out->names[VARIABLE] = arena_alloc(&out->arena, n, sizeof *out->names[1]);
    out->units = arena_alloc(&out->arena, n, sizeof *out->units);
    out->level = (struct netcdf_ticks){n, arena_alloc(&out->arena, n, sizeof(double))};
    out->lead_s = (struct netcdf_ticks){n, arena_alloc(&out->arena, n, sizeof(double))};
    if (out->names[FORECAST] == NULL || out->names[VARIABLE] == NULL || out->units == NULL ||
        out->level.value == NULL || out->lead_s.value == NULL) {
        return error_memory(err, n * sizeof(double));
    }
    out->grid = &map_file_head(out->file, 0)->grid;
    for (size_t i = 0; i < n; i++) {
        head_collect(out, i);
        if (!map_grid_same(out->grid, &map_file_head(out->file, i)->grid)) {
            return error_set(err, GAIA_GRID_MISMATCH, "%s: map %zu has another grid than the first",
                             map_file_name(out->file), i);
        }
    }
    netcdf_ticks_sort(&out->level);
    netcdf_ticks_sort(&out->lead_s);
    if ((double)out->n_names[FORECAST] * (double)out->n_names[VARIABLE] * (double)out->level.n *
            (double)out->lead_s.n >
        PLACES_MAX) {
        return error_set(err, GAIA_LIMIT,
                         "%s: %zu forecasts, %zu variables, %zu levels and %zu lead times are too "
                         "many places for one file",
                         map_file_name(out->file), out->n_names[FORECAST], out->n_names[VARIABLE],
                         out->level.n, out->lead_s.n);
    }
    const size_t places =
        out->n_names[FORECAST] * out->n_names[VARIABLE] * out->level.n * out->lead_s.n;
    out->is_there = arena_alloc(&out->arena, places, sizeof *out->is_there);
    return out->is_there != NULL ? GAIA_OK : error_memory(err, places);
}

/* ---- Axes and variables ---- */

static gaia_status axes_write(struct maps_netcdf *out, gaia_error *err)
{
    gaia_status status =
        netcdf_writer_labels(out->writer, "forecast", out->names[FORECAST], out->n_names[FORECAST],
                             &out->dimension[FORECAST], err);
    if (status == GAIA_OK) {
        status = netcdf_writer_labels(out->writer, "variable", out->names[VARIABLE],
                                      out->n_names[VARIABLE], &out->dimension[VARIABLE], err);
    }
    if (status == GAIA_OK) {
        status = netcdf_ticks_level(out->writer, &out->level, &out->dimension[LEVEL], err);
    }
    if (status == GAIA_OK) {
        status = netcdf_ticks_lead(out->writer, &out->lead_s, &out->dimension[LEAD], err);
    }
    return status == GAIA_OK ? netcdf_grid_axes(out->writer, out->grid, &out->dimension[LATITUDE],
                                                &out->dimension[LONGITUDE], err)
                             : status;
}

/* The units of all variables where they are one, else a sentence that tells each. */
static void units_tell(const struct maps_netcdf *out, struct text *text, bool *one)
{
    *one = out->units[0][0] != '\0';
    for (size_t i = 1; i < out->n_names[VARIABLE]; i++) {
        *one = *one && strcmp(out->units[0], out->units[i]) == 0;
    }
    for (size_t i = 0; !*one && i < out->n_names[VARIABLE]; i++) {
        text_printf(text, "%s%s in %s", i > 0 ? ", " : "", out->names[VARIABLE][i],
                    out->units[i][0] != '\0' ? out->units[i] : "its units");
    }
    text_append(text, *one ? out->units[0] : "");
}

static gaia_status variables_define(struct maps_netcdf *out, gaia_error *err)
{
    static const char *const names[N_VARIABLES] = {"mean_error", "rmse", "n_valid"};
    static const char *const long_names[N_VARIABLES] = {
        "mean over valid times of forecast minus truth",
        "root of the mean over valid times of the squared error",
        "valid times with both forecast and truth"};
    const size_t chunk[N_AXES] = {1, 1, 1, 1, out->grid->n_lat, out->grid->n_lon};
    struct text units = {0};
    bool one = false;
    gaia_status status = GAIA_OK;
    units_tell(out, &units, &one);
    if (units.failed) {
        status = error_memory(err, out->n_names[VARIABLE]);
    }
    for (int i = 0; status == GAIA_OK && i < N_VARIABLES; i++) {
        const struct netcdf_attribute attributes[] = {
            {"long_name", long_names[i]},
            {i == N_VALID || one ? "units" : "comment", i == N_VALID ? "1" : units.s}};
        const struct netcdf_variable_spec spec = {
            names[i], NETCDF_DOUBLE, N_AXES, out->dimension, chunk, 2, attributes};
        status = netcdf_writer_variable(out->writer, &spec, &out->id[i], err);
    }
    text_fini(&units);
    return status;
}

static gaia_status attributes_write(struct maps_netcdf *out, gaia_error *err)
{
    char source[64];
    (void)snprintf(source, sizeof source, "Gaia Score %s", gaia_version());
    const struct netcdf_attribute attributes[] = {{"Conventions", "CF-1.8"},
                                                  {"title", "Error maps of gridded forecasts"},
                                                  {"source", source}};
    return netcdf_writer_attributes(out->writer, attributes, sizeof attributes / sizeof *attributes,
                                    err);
}

/* ---- Values ---- */

/* Where map i goes. GAIA_JOB_INVALID: another is there. */
static gaia_status place_take(struct maps_netcdf *out, size_t i, size_t start[N_AXES],
                              gaia_error *err)
{
    const struct map_head *head = map_file_head(out->file, i);
    start[FORECAST] = name_find(out, FORECAST, head->forecast);
    start[VARIABLE] = name_find(out, VARIABLE, head->variable);
    start[LEVEL] = netcdf_ticks_find(&out->level, head->level);
    start[LEAD] = netcdf_ticks_find(&out->lead_s, (double)head->lead_time_s);
    start[LATITUDE] = 0;
    start[LONGITUDE] = 0;
    const size_t at = ((start[FORECAST] * out->n_names[VARIABLE] + start[VARIABLE]) * out->level.n +
                       start[LEVEL]) *
                          out->lead_s.n +
                      start[LEAD];
    if (out->is_there[at]) {
        return error_set(err, GAIA_JOB_INVALID,
                         "%s: map %zu is of forecast %s, variable %s, a level and a lead time that "
                         "another is of too",
                         map_file_name(out->file), i, head->forecast, head->variable);
    }
    out->is_there[at] = true;
    return GAIA_OK;
}

static gaia_status map_put(struct maps_netcdf *out, size_t i, double *planes, double *values,
                           gaia_error *err)
{
    const size_t n_points = out->grid->n_lat * out->grid->n_lon;
    const size_t count[N_AXES] = {1, 1, 1, 1, out->grid->n_lat, out->grid->n_lon};
    const double *n = planes + MAP_COUNT * n_points;
    const double *error = planes + MAP_ERROR * n_points;
    const double *square = planes + MAP_SQUARE * n_points;
    size_t start[N_AXES];
    gaia_status status = place_take(out, i, start, err);
    if (status == GAIA_OK) {
        status = map_file_read(out->file, i, planes, err);
    }
    for (int v = 0; status == GAIA_OK && v < N_VARIABLES; v++) {
        for (size_t k = 0; k < n_points; k++) {
            values[k] = v == MEAN_ERROR ? map_mean_error(n[k], error[k])
                        : v == RMSE     ? map_rmse(n[k], square[k])
                                        : n[k];
        }
        status = netcdf_writer_put(out->writer, out->id[v], start, count, values, err);
    }
    return status;
}

static gaia_status maps_put(struct maps_netcdf *out, gaia_error *err)
{
    const size_t n_points = out->grid->n_lat * out->grid->n_lon;
    double *planes = malloc((MAP_PLANES + 1) * n_points * sizeof *planes);
    gaia_status status =
        planes != NULL ? GAIA_OK : error_memory(err, (MAP_PLANES + 1) * n_points * sizeof *planes);
    for (size_t i = 0; status == GAIA_OK && i < map_file_count(out->file); i++) {
        status = map_put(out, i, planes, planes + MAP_PLANES * n_points, err);
    }
    free(planes);
    return status;
}

/* ---- The file ---- */

static gaia_status content_write(struct maps_netcdf *out, gaia_error *err)
{
    gaia_status status = axes_write(out, err);
    if (status == GAIA_OK) {
        status = variables_define(out, err);
    }
    if (status == GAIA_OK) {
        status = attributes_write(out, err);
    }
    return status == GAIA_OK ? maps_put(out, err) : status;
}

gaia_status maps_netcdf_write(const struct map_file *file, const char *path, gaia_error *err)
{
    struct maps_netcdf out = {.file = file};
    if (map_file_count(file) == 0) {
        return error_set(err, GAIA_NOT_FOUND, "%s: there are no maps", map_file_name(file));
    }
    arena_init(&out.arena, SIZE_MAX);
    gaia_status status = heads_collect(&out, err);
    if (status == GAIA_OK) {
        status = netcdf_writer_open(path, &out.writer, err);
    }
    if (status == GAIA_OK) {
        status = netcdf_writer_close(out.writer, content_write(&out, err), err);
    }
    arena_fini(&out.arena);
    return status;
}
