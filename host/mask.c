/* SPDX-License-Identifier: MIT
 *
 * Reading a mask: open, find its one field, read it through the reader of its format, and make
 * weights of the values.
 */
#include "mask.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "catalog.h"
#include "error.h"
#include "file_table.h"

enum { MASK_FILES_OPEN = 4 };

/* A chunk may be a few times the grid: masks are often stored as one. */
enum { CHUNK_FIELDS = 4, CHUNK_BYTES_LEAST = 16 << 20 };

/* A mask that is being read. */
struct mask_source {
    const struct gaia_mask *mask;
    struct file_table files;
    struct catalog catalog;
    const struct reader_variable *variable; /* once the field is read */
    const char *path;
};

static gaia_status source_wrong(const struct mask_source *s, gaia_status status, const char *why,
                                gaia_error *err)
{
    return error_set(err, status, "mask '%s': %s: %s", s->mask->name, s->mask->source.files[0],
                     why);
}

/* The mask says which variable it is unless there is only one, and of that there is one field. */
static gaia_status field_check(const struct mask_source *s, gaia_error *err)
{
    const struct catalog *c = &s->catalog;
    char why[GAIA_ERROR_DETAIL / 2];
    size_t used = 0;
    if (c->n_variables > 1) {
        used = (size_t)snprintf(why, sizeof why, "\"variable\" is wanted, one of");
        for (size_t i = 0; i < c->n_variables && used < sizeof why; i++) {
            used += (size_t)snprintf(why + used, sizeof why - used, "%s %s", i > 0 ? "," : "",
                                     c->variables[i].name);
        }
        return source_wrong(s, GAIA_JOB_INVALID, why, err);
    }
    if (c->n_entries != 1) {
        (void)snprintf(why, sizeof why,
                       "variable '%s' has %zu fields, of which one is wanted (\"select\": "
                       "{\"init\": TIME} takes those of a time)",
                       c->variables[0].in_file, c->n_entries);
        return source_wrong(s, GAIA_JOB_INVALID, why, err);
    }
    return GAIA_OK;
}

/* Where the reader found the value of a grid point, as the file counts. */
static void value_place(const struct placement *p, size_t i_lat, size_t i_lon, size_t *row,
                        size_t *column)
{
    *row = p->flip ? p->n_lat - 1 - i_lat : i_lat;
    *column = i_lon;
    for (size_t r = 0; r < p->n_runs; r++) {
        const struct column_run *run = &p->runs[r];
        if (i_lon >= run->to && i_lon < run->to + run->n) {
            const size_t on = i_lon - run->to;
            *column = run->step >= 0 ? run->from + on : run->from - on;
        }
    }
}

static gaia_status value_wrong(const struct mask_source *s, const struct gaia_grid *grid,
                               size_t i_lat, size_t i_lon, const char *why, gaia_error *err)
{
    size_t row = 0;
    size_t column = 0;
    value_place(&s->variable->placement, i_lat, i_lon, &row, &column);
    return error_set(err, GAIA_JOB_INVALID,
                     "mask '%s': %s: variable '%s'[%zu][%zu] (latitude %.9g, longitude %.9g): %s",
                     s->mask->name, s->path, s->variable->name, row, column, grid->lat[i_lat],
                     grid->lon[i_lon], why);
}

/* Value i of a field as float64; NaN where it is missing. */
static double field_value(const struct gaia_field *field, const void *data, size_t i)
{
    double raw = 0.0;
    if (field->dtype == GAIA_INT16) {
        const int16_t code = ((const int16_t *)data)[i];
        if (field->has_missing_code && code == field->missing_code) {
            return (double)NAN;
        }
        raw = code;
    } else {
        raw = field->dtype == GAIA_FLOAT32 ? (double)((const float *)data)[i]
                                           : ((const double *)data)[i];
    }
    const double scaled = field->packed ? raw * field->scale : raw;
    return field->packed ? scaled + field->offset : raw;
}

static bool class_has(const struct gaia_mask *mask, double value)
{
    bool has = false;
    for (size_t i = 0; i < mask->n_classes; i++) {
        has = has || mask->classes[i] == value;
    }
    return has;
}

static double weight_of(const struct gaia_mask *mask, double value)
{
    return mask->n_classes > 0   ? (class_has(mask, value) ? 1.0 : 0.0)
           : mask->has_threshold ? (value >= mask->threshold ? 1.0 : 0.0)
                                 : value;
}

/* Makes the weights of the values at data. */
static gaia_status weights_make_of(const struct mask_source *s, const void *data, bool is_inverted,
                                   const struct gaia_grid *grid, double *m, gaia_error *err)
{
    const struct gaia_mask *mask = s->mask;
    const bool is_share = mask->n_classes == 0 && !mask->has_threshold;
    const bool one_minus = is_inverted != (mask->is_inverted != 0);
    for (size_t i = 0; i < grid->n_lat; i++) {
        for (size_t j = 0; j < grid->n_lon; j++) {
            const double value = field_value(&s->variable->layout, data, i * grid->n_lon + j);
            const double weight = weight_of(mask, value);
            if (!isfinite(value) && !mask->missing_is_outside) {
                return value_wrong(s, grid, i, j,
                                   "missing; \"missing\": \"outside\" leaves such points out", err);
            }
            if (isfinite(value) && is_share && !(value >= 0.0 && value <= 1.0)) {
                char why[96];
                (void)snprintf(
                    why, sizeof why,
                    "%.9g is no weight of 0 .. 1; \"threshold\" or \"classes\" makes one", value);
                return value_wrong(s, grid, i, j, why, err);
            }
            m[i * grid->n_lon + j] = !isfinite(value) ? 0.0
                                     : one_minus      ? 1.0 - weight
                                                      : weight + 0.0;
        }
    }
    return GAIA_OK;
}

/* Reads the field and makes weights of it. */
static gaia_status field_read(struct mask_source *s, bool is_inverted, const struct gaia_grid *grid,
                              double *m, gaia_error *err)
{
    const struct catalog *c = &s->catalog;
    const struct catalog_entry *entry = &c->entries[0];
    const struct file_entry *file = &s->files.files[entry->file];
    const size_t chunk_bytes = CHUNK_FIELDS * c->raw_bytes;
    const struct read_limits limits = {
        .chunk_bytes = chunk_bytes > CHUNK_BYTES_LEAST ? chunk_bytes : CHUNK_BYTES_LEAST,
        .cache_bytes = CHUNK_BYTES_LEAST,
    };
    struct reader *reader = NULL;
    void *raw = malloc(c->raw_bytes);
    void *placed = malloc(c->field_bytes);
    gaia_status status = raw != NULL && placed != NULL
                             ? file_table_get(&s->files, entry->file, &reader, err)
                             : error_memory(err, c->raw_bytes + c->field_bytes);
    s->path = file->path;
    if (status == GAIA_OK) {
        status = file->ops->read(reader, &entry->field, raw, &limits, placed, err);
    }
    if (status == GAIA_OK) {
        s->variable = file->ops->variable(reader, entry->field.variable);
        status = weights_make_of(s, placed, is_inverted, grid, m, err);
    }
    free(placed);
    free(raw);
    return status;
}

gaia_status mask_read(const struct gaia_mask *mask, const struct source_access *given,
                      bool is_inverted, const struct gaia_grid *grid, const char *grid_path,
                      double *m, gaia_error *err)
{
    struct mask_source s = {.mask = mask, .files.open_max = MASK_FILES_OPEN};
    const char *const names[] = {mask->variable};
    if (given != NULL) {
        s.files.accesses.given = *given;
    }
    gaia_status status = catalog_open(&s.files, &mask->source, SOURCE_MASK, names,
                                      mask->variable != NULL ? 1 : 0, &s.catalog, err);
    if (status != GAIA_OK) {
        status = error_prefix(err, status, "mask '%s'", mask->name);
        file_table_fini(&s.files);
        return status;
    }
    status = field_check(&s, err);
    if (status == GAIA_OK) {
        status = grid_compare(&s.catalog.grid, s.catalog.grid_path, grid, grid_path, err);
        status = status == GAIA_OK ? status : error_prefix(err, status, "mask '%s'", mask->name);
    }
    if (status == GAIA_OK && s.catalog.raw_bytes > grid->n_lat * (grid->n_lon + 1) * sizeof *m) {
        status = source_wrong(&s, GAIA_GRID_MISMATCH,
                              "it stores far more columns than there are longitudes", err);
    }
    if (status == GAIA_OK) {
        status = field_read(&s, is_inverted, grid, m, err);
    }
    catalog_close(&s.catalog);
    file_table_fini(&s.files);
    return status;
}
