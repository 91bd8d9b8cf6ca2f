/* SPDX-License-Identifier: MIT
 *
 * Axes, attributes and places of a climatology's file. Variables with the same levels share an
 * axis; other levels get one of their own, level_2 and so on.
 */
#include "climatology_file.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "error.h"
#include "netcdf_ticks.h"
#include "text.h"

enum { CHUNK_BYTES = 256 << 10, RANK_MAX = 5, NAME_BYTES = 32, ARENA_BYTES_MAX = 64 << 20 };

/* Where the fields of one variable go. */
struct place {
    int variable; /* in the file; -1: the variable has no series */
    size_t first_series;
    size_t n_levels; /* 0: none, and one series */
    int level_axis;
};

struct climatology_file {
    struct netcdf_writer *writer;
    const struct climatology_bins *bins;
    size_t n_lat;
    size_t n_lon;
    size_t n_variables;
    struct place *places; /* [n_variables] */
    size_t n_level_axes;
    int hour_axis;
    int part_axis;
    int lat_axis;
    int lon_axis;
    struct arena arena;
};

size_t climatology_chunk_rows(size_t n_lat, size_t n_lon)
{
    const size_t rows = CHUNK_BYTES / (n_lon * sizeof(double));
    return rows < 1 ? 1 : rows > n_lat ? n_lat : rows;
}

/* ---- Axes ---- */

/* An axis of whole numbers: hours, days or months. */
static gaia_status counts_write(struct climatology_file *file, const char *name,
                                const char *long_name, const int *counts, size_t n, int *axis,
                                gaia_error *err)
{
    const struct netcdf_attribute attributes[] = {{"long_name", long_name}, {"units", "1"}};
    double value[CLIMATOLOGY_PARTS_MAX];
    for (size_t i = 0; i < n; i++) {
        value[i] = counts[i];
    }
    const struct netcdf_axis_spec spec = {name, NETCDF_INT, n, value, 2, attributes};
    return netcdf_writer_axis(file->writer, &spec, axis, err);
}

static gaia_status axes_write(struct climatology_file *file, const struct gaia_grid *grid,
                              gaia_error *err)
{
    const struct climatology_bins *bins = file->bins;
    gaia_status status = GAIA_OK;
    if (climatology_has_hour(bins->choice.kind)) {
        status = counts_write(file, "hour", "hour of day (UTC)", bins->hours, bins->n_hours,
                              &file->hour_axis, err);
    }
    if (status == GAIA_OK && climatology_has_day(bins->choice.kind)) {
        status = counts_write(file, "dayofyear", "day of year", bins->out_parts, bins->n_out_parts,
                              &file->part_axis, err);
    }
    if (status == GAIA_OK && climatology_has_month(bins->choice.kind)) {
        status = counts_write(file, "month", "month of year", bins->out_parts, bins->n_out_parts,
                              &file->part_axis, err);
    }
    return status == GAIA_OK
               ? netcdf_grid_axes(file->writer, grid, &file->lat_axis, &file->lon_axis, err)
               : status;
}

/* ---- Levels ---- */

static bool levels_same(const struct climatology_bins *bins, const struct place *a,
                        const struct place *b)
{
    bool same = a->n_levels == b->n_levels;
    for (size_t i = 0; same && i < a->n_levels; i++) {
        same = bins->series[a->first_series + i].level == bins->series[b->first_series + i].level;
    }
    return same;
}

/* Finds or writes the level axis of variable i. */
static gaia_status levels_write(struct climatology_file *file, size_t i, gaia_error *err)
{
    static const struct netcdf_attribute attributes[] = {
        {"standard_name", "air_pressure"}, {"units", "hPa"}, {"positive", "down"}, {"axis", "Z"}};
    struct place *place = &file->places[i];
    char name[NAME_BYTES] = "level";
    for (size_t k = 0; k < i; k++) {
        const struct place *other = &file->places[k];
        if (other->variable >= 0 && levels_same(file->bins, place, other)) {
            place->level_axis = other->level_axis;
            return GAIA_OK;
        }
    }
    double *value = calloc(place->n_levels, sizeof *value);
    if (value == NULL) {
        return error_memory(err, place->n_levels * sizeof *value);
    }
    for (size_t k = 0; k < place->n_levels; k++) {
        value[k] = file->bins->series[place->first_series + k].level;
    }
    file->n_level_axes++;
    if (file->n_level_axes > 1) {
        (void)snprintf(name, sizeof name, "level_%zu", file->n_level_axes);
    }
    const struct netcdf_axis_spec spec = {name, NETCDF_DOUBLE, place->n_levels, value,
                                          4,    attributes};
    const gaia_status status = netcdf_writer_axis(file->writer, &spec, &place->level_axis, err);
    free(value);
    return status;
}

/* ---- Variables ---- */

static gaia_status variable_write(struct climatology_file *file, size_t i,
                                  const struct climatology_names *names, bool as_double,
                                  gaia_error *err)
{
    struct place *place = &file->places[i];
    const enum climatology_kind kind = file->bins->choice.kind;
    const struct netcdf_attribute attributes[] = {{"standard_name", names->standard_name},
                                                  {"long_name", names->long_name},
                                                  {"units", names->units},
                                                  {"cell_methods", "time: mean"}};
    int dimensions[RANK_MAX];
    size_t chunk[RANK_MAX] = {1, 1, 1, 1, 1};
    int rank = 0;
    gaia_status status = place->n_levels > 0 ? levels_write(file, i, err) : GAIA_OK;
    if (climatology_has_hour(kind)) {
        dimensions[rank++] = file->hour_axis;
    }
    if (climatology_has_day(kind) || climatology_has_month(kind)) {
        dimensions[rank++] = file->part_axis;
    }
    if (place->n_levels > 0) {
        dimensions[rank++] = place->level_axis;
    }
    chunk[rank] = climatology_chunk_rows(file->n_lat, file->n_lon);
    dimensions[rank++] = file->lat_axis;
    chunk[rank] = file->n_lon;
    dimensions[rank++] = file->lon_axis;
    const struct netcdf_variable_spec spec = {
        names->name, as_double ? NETCDF_DOUBLE : NETCDF_FLOAT, rank, dimensions, chunk, 4,
        attributes};
    return status == GAIA_OK ? netcdf_writer_variable(file->writer, &spec, &place->variable, err)
                             : status;
}

static gaia_status variables_write(struct climatology_file *file,
                                   const struct climatology_names *names, bool as_double,
                                   gaia_error *err)
{
    const struct climatology_bins *bins = file->bins;
    gaia_status status = GAIA_OK;
    for (size_t s = 0; s < bins->n_series; s++) {
        struct place *place = &file->places[bins->series[s].variable];
        const bool flat = isnan(bins->series[s].level);
        if (s == 0 || bins->series[s].variable != bins->series[s - 1].variable) {
            place->first_series = s;
        }
        place->n_levels += !flat;
    }
    for (size_t s = 0; status == GAIA_OK && s < bins->n_series; s++) {
        const size_t i = bins->series[s].variable;
        if (file->places[i].first_series == s) {
            status = variable_write(file, i, &names[i], as_double, err);
        }
    }
    return status;
}

/* ---- The file's own attributes ---- */

static void sources_text(const struct gaia_source *source, struct text *text)
{
    for (size_t i = 0; i < source->n_files; i++) {
        text_printf(text, "%s%s", i > 0 ? "\n" : "", source->files[i]);
    }
}

static gaia_status attributes_write(struct climatology_file *file,
                                    const struct climatology_order *order, gaia_error *err)
{
    const struct climatology_choice *choice = &order->choice;
    struct text source = {0};
    char window[NAME_BYTES] = "";
    char years[64] = "";
    char count[NAME_BYTES];
    sources_text(&order->source, &source);
    (void)snprintf(count, sizeof count, "%llu", (unsigned long long)order->min_count);
    if (choice->window_days > 1) {
        (void)snprintf(window, sizeof window, "%d", choice->window_days);
    }
    if (choice->has_years) {
        (void)snprintf(years, sizeof years, "%lld-%lld", (long long)choice->first_year,
                       (long long)choice->last_year);
    }
    const struct netcdf_attribute attributes[] = {
        {"Conventions", "CF-1.8"},
        {"title", "climatology"},
        {"history", order->history},
        {"source", source.s != NULL ? source.s : ""},
        {"climatology_kind", order->kind},
        {"climatology_window_days", window},
        {"climatology_window_weights", choice->window_days > 1 ? order->weights : ""},
        {"climatology_years", years},
        {"climatology_min_count", count},
    };
    const gaia_status status =
        source.failed ? error_memory(err, 1)
                      : netcdf_writer_attributes(file->writer, attributes,
                                                 sizeof attributes / sizeof *attributes, err);
    text_fini(&source);
    return status;
}

/* ---- The file ---- */

gaia_status climatology_file_open(const struct climatology_order *order,
                                  const struct catalog *catalog,
                                  const struct climatology_bins *bins,
                                  const struct climatology_names *names,
                                  struct climatology_file **file, gaia_error *err)
{
    struct climatology_file *opened = calloc(1, sizeof *opened);
    if (opened == NULL) {
        return error_memory(err, sizeof *opened);
    }
    *opened = (struct climatology_file){.bins = bins,
                                        .n_lat = catalog->grid.n_lat,
                                        .n_lon = catalog->grid.n_lon,
                                        .n_variables = catalog->n_variables};
    arena_init(&opened->arena, ARENA_BYTES_MAX);
    opened->places = arena_alloc(&opened->arena, catalog->n_variables, sizeof *opened->places);
    gaia_status status = opened->places != NULL ? GAIA_OK : error_memory(err, 1);
    for (size_t i = 0; status == GAIA_OK && i < catalog->n_variables; i++) {
        opened->places[i] = (struct place){.variable = -1, .first_series = SIZE_MAX};
    }
    if (status == GAIA_OK) {
        status = netcdf_writer_open(order->out, &opened->writer, err);
    }
    if (status == GAIA_OK) {
        status = attributes_write(opened, order, err);
    }
    if (status == GAIA_OK) {
        status = axes_write(opened, &catalog->grid, err);
    }
    if (status == GAIA_OK) {
        status = variables_write(opened, names, order->as_double, err);
    }
    if (status != GAIA_OK) {
        return climatology_file_close(opened, status, NULL);
    }
    *file = opened;
    return GAIA_OK;
}

gaia_status climatology_file_put(struct climatology_file *file, size_t series, size_t out_part,
                                 size_t hour, size_t row, size_t n_rows, const double *mean,
                                 gaia_error *err)
{
    const struct place *place = &file->places[file->bins->series[series].variable];
    const enum climatology_kind kind = file->bins->choice.kind;
    size_t start[RANK_MAX] = {0};
    size_t count[RANK_MAX] = {1, 1, 1, 1, 1};
    int rank = 0;
    if (climatology_has_hour(kind)) {
        start[rank++] = hour;
    }
    if (climatology_has_day(kind) || climatology_has_month(kind)) {
        start[rank++] = out_part;
    }
    if (place->n_levels > 0) {
        start[rank++] = series - place->first_series;
    }
    start[rank] = row;
    count[rank++] = n_rows;
    count[rank] = file->n_lon;
    return netcdf_writer_put(file->writer, place->variable, start, count, mean, err);
}

gaia_status climatology_file_close(struct climatology_file *file, gaia_status status,
                                   gaia_error *err)
{
    if (file == NULL) {
        return status;
    }
    status = netcdf_writer_close(file->writer, status, err);
    arena_fini(&file->arena);
    free(file);
    return status;
}
