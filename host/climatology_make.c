/* SPDX-License-Identifier: MIT
 *
 * Open, divide the memory, and for each group: read, add, write the means.
 */
#include "climatology_make.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "catalog_join.h"
#include "climatology_file.h"
#include "climatology_sums.h"
#include "error.h"
#include "field_decode.h"
#include "file_table.h"
#include "source_units.h"

enum { ARENA_BYTES_MAX = 256 << 20, CHUNK_SHARE = 4 };
enum { FILES_OPEN_MIN = 8, FILES_OPEN_MAX = 512, FILE_BYTES = 4 << 20 };

/* A field to read, and the series of the group that it belongs to. */
struct reading {
    const struct catalog_entry *entry;
    size_t series;
};

/* How much is summed at a time. */
struct division {
    size_t n_series;
    size_t n_rows;
};

struct make {
    const struct climatology_order *order;
    struct climatology_outcome *outcome;
    struct arena arena;
    struct file_table files;
    struct catalog catalog;
    struct climatology_bins bins;
    struct climatology_names *names; /* [catalog.n_variables] */
    struct climatology_file *file;
    struct division division;
    struct climatology_sums sums;
    struct read_limits limits;
    void *raw;      /* a field as stored */
    void *placed;   /* and in canonical order */
    double *values; /* the rows that are summed */
    uint64_t n_to_read;
};

/* ---- Preparing ---- */

/* What the variables are called, from the first field of each. */
static gaia_status names_take(struct make *m, gaia_error *err)
{
    m->names = arena_alloc(&m->arena, m->catalog.n_variables, sizeof *m->names);
    gaia_status status = m->names != NULL ? GAIA_OK : error_memory(err, sizeof *m->names);
    for (size_t s = 0; status == GAIA_OK && s < m->bins.n_series; s++) {
        const struct climatology_series *series = &m->bins.series[s];
        const struct catalog_entry *entry = &series->entries[0];
        struct climatology_names *names = &m->names[series->variable];
        struct reader *reader = NULL;
        if (names->name != NULL) {
            continue;
        }
        status = file_table_get(&m->files, entry->file, &reader, err);
        if (status == GAIA_OK) {
            const struct reader_variable *variable =
                m->files.files[entry->file].ops->variable(reader, entry->field.variable);
            *names = (struct climatology_names){
                .name = m->catalog.variables[series->variable].name,
                .units = m->catalog.variables[series->variable].units,
                .standard_name = arena_strdup(&m->arena, variable->standard_name),
                .long_name = arena_strdup(&m->arena, variable->long_name),
            };
            status = names->standard_name != NULL && names->long_name != NULL
                         ? GAIA_OK
                         : error_memory(err, 1);
        }
    }
    return status;
}

/* Chooses how many series and rows are summed at a time. */
static gaia_status memory_divide(struct make *m, gaia_error *err)
{
    const struct gaia_grid *grid = &m->catalog.grid;
    const uint64_t total = m->order->memory_bytes;
    const uint64_t aside = total / CHUNK_SHARE + m->catalog.field_bytes + m->catalog.raw_bytes;
    const uint64_t left = total > aside ? total - aside : 0;
    const uint64_t point_bytes = climatology_sums_point_bytes(&m->bins);
    const uint64_t once_bytes = CLIMATOLOGY_MEAN_BYTES + sizeof *m->values;
    const uint64_t points = (uint64_t)grid->n_lat * grid->n_lon;
    if (left >= points * (point_bytes + once_bytes)) {
        const uint64_t n = (left - points * once_bytes) / (points * point_bytes);
        m->division =
            (struct division){n < m->bins.n_series ? (size_t)n : m->bins.n_series, grid->n_lat};
        return GAIA_OK;
    }
    const uint64_t row_bytes = grid->n_lon * (point_bytes + once_bytes);
    const size_t chunk_rows = climatology_chunk_rows(grid->n_lat, grid->n_lon);
    size_t rows = (size_t)(left / row_bytes);
    rows -= rows > chunk_rows ? rows % chunk_rows : 0;
    m->division = (struct division){1, rows};
    return rows > 0
               ? GAIA_OK
               : error_set(err, GAIA_LIMIT,
                           "%s: the sums of one row of %zu points in %zu bins need %llu bytes "
                           "of memory at least; the limit is %llu",
                           m->catalog.grid_path, grid->n_lon, m->bins.n_parts * m->bins.n_hours,
                           (unsigned long long)((aside - total / CHUNK_SHARE + row_bytes) *
                                                CHUNK_SHARE / (CHUNK_SHARE - 1)) +
                               1,
                           (unsigned long long)total);
}

static gaia_status rooms_open(struct make *m, gaia_error *err)
{
    const struct gaia_grid *grid = &m->catalog.grid;
    const size_t n_points = m->division.n_rows * grid->n_lon;
    const size_t share = (size_t)(m->order->memory_bytes / CHUNK_SHARE);
    const size_t n_open =
        m->files.n_files < m->files.open_max ? m->files.n_files : m->files.open_max;
    m->limits = (struct read_limits){share, share / (n_open > 0 ? n_open : 1)};
    m->raw = malloc(m->catalog.raw_bytes);
    m->placed = malloc(m->catalog.field_bytes);
    m->values = calloc(n_points, sizeof *m->values);
    if (m->raw == NULL || m->placed == NULL || m->values == NULL) {
        return error_memory(err, m->catalog.raw_bytes + m->catalog.field_bytes);
    }
    return climatology_sums_init(&m->sums, &m->bins, m->division.n_series, n_points, err);
}

/* ---- One group ---- */

/* By variable, then valid time, then series: what lies together in files is read together. */
static int reading_compare(const void *a, const void *b)
{
    const struct reading *x = a;
    const struct reading *y = b;
    if (x->entry->variable != y->entry->variable) {
        return x->entry->variable < y->entry->variable ? -1 : 1;
    }
    if (x->entry->time_s != y->entry->time_s) {
        return x->entry->time_s < y->entry->time_s ? -1 : 1;
    }
    return (x->series > y->series) - (x->series < y->series);
}

/* Lists the fields of series [first, first + n_series). *readings is the caller's. */
static gaia_status readings_list(const struct make *m, size_t first, size_t n_series,
                                 struct reading **readings, size_t *n, gaia_error *err)
{
    size_t room = 0;
    size_t ignored[2];
    for (size_t s = 0; s < n_series; s++) {
        room += m->bins.series[first + s].n_entries;
    }
    struct reading *list = calloc(room > 0 ? room : 1, sizeof *list);
    if (list == NULL) {
        return error_memory(err, room * sizeof *list);
    }
    *n = 0;
    for (size_t s = 0; s < n_series; s++) {
        const struct climatology_series *series = &m->bins.series[first + s];
        for (size_t i = 0; i < series->n_entries; i++) {
            if (climatology_bins_at(&m->bins, series->entries[i].time_s, ignored) > 0) {
                list[(*n)++] = (struct reading){&series->entries[i], s};
            }
        }
    }
    qsort(list, *n, sizeof *list, reading_compare);
    *readings = list;
    return GAIA_OK;
}

/* Reads a field and adds rows [row, row + n_rows) of it. */
static gaia_status field_add(struct make *m, const struct reading *reading, size_t row,
                             size_t n_rows, gaia_error *err)
{
    const struct catalog_entry *entry = reading->entry;
    const struct file_entry *file = &m->files.files[entry->file];
    const size_t n_lon = m->catalog.grid.n_lon;
    struct reader *reader = NULL;
    size_t bins[2];
    gaia_status status = file_table_get(&m->files, entry->file, &reader, err);
    if (status == GAIA_OK) {
        status = file->ops->read(reader, &entry->field, m->raw, &m->limits, m->placed, err);
    }
    if (status != GAIA_OK) {
        return status;
    }
    struct gaia_field field = file->ops->variable(reader, entry->field.variable)->layout;
    source_units_apply(&m->catalog, entry, &field);
    field.data = m->placed;
    field_decode(&field, row * n_lon, n_rows * n_lon, m->values);
    const size_t n_bins = climatology_bins_at(&m->bins, entry->time_s, bins);
    for (size_t k = 0; k < n_bins; k++) {
        climatology_sums_add(&m->sums, reading->series, bins[k], m->values);
    }
    m->outcome->n_reads++;
    if (m->order->progress != NULL) {
        m->order->progress(m->order->context, m->outcome->n_reads, m->n_to_read);
    }
    return GAIA_OK;
}

/* Fails with GAIA_FORMAT_UNSUPPORTED where a mean is beyond float32, which is to be written. */
static gaia_status means_check(const struct make *m, const struct climatology_series *series,
                               gaia_error *err)
{
    const struct catalog_entry *entry = &series->entries[0];
    for (size_t i = 0; !m->order->as_double && i < m->sums.n_points; i++) {
        if (fabs(m->sums.mean[i]) > (double)FLT_MAX) {
            char at_level[CATALOG_LEVEL_TEXT];
            catalog_level_text(series->level, at_level);
            return error_set(err, GAIA_FORMAT_UNSUPPORTED,
                             "%s: variable '%s'%s: a mean of %g is beyond float32; --double writes "
                             "float64",
                             m->files.files[entry->file].path,
                             m->catalog.variables[series->variable].in_file, at_level,
                             m->sums.mean[i]);
        }
    }
    return GAIA_OK;
}

static gaia_status means_write(struct make *m, size_t first, size_t n_series, size_t row,
                               size_t n_rows, bool *has_value, gaia_error *err)
{
    const struct climatology_bins *bins = &m->bins;
    gaia_status status = GAIA_OK;
    for (size_t s = 0; s < n_series; s++) {
        for (size_t h = 0; h < bins->n_hours; h++) {
            for (size_t p = 0; status == GAIA_OK && p < bins->n_out_parts; p++) {
                const size_t n = climatology_sums_mean(&m->sums, s, p, h, m->order->min_count);
                bool *has = &has_value[((first + s) * bins->n_hours + h) * bins->n_out_parts + p];
                *has = *has || n > 0;
                status = means_check(m, &bins->series[first + s], err);
                if (status == GAIA_OK) {
                    status = climatology_file_put(m->file, first + s, p, h, row, n_rows,
                                                  m->sums.mean, err);
                }
            }
        }
    }
    return status;
}

/* Reads the fields of some series and writes the means of some rows of them. */
static gaia_status group_make(struct make *m, size_t first, size_t row, bool *has_value,
                              gaia_error *err)
{
    const size_t series_left = m->bins.n_series - first;
    const size_t rows_left = m->catalog.grid.n_lat - row;
    const size_t n_series = series_left < m->division.n_series ? series_left : m->division.n_series;
    const size_t n_rows = rows_left < m->division.n_rows ? rows_left : m->division.n_rows;
    struct reading *readings = NULL;
    size_t n = 0;
    gaia_status status = readings_list(m, first, n_series, &readings, &n, err);
    climatology_sums_clear(&m->sums, n_rows * m->catalog.grid.n_lon);
    for (size_t i = 0; status == GAIA_OK && i < n; i++) {
        status = field_add(m, &readings[i], row, n_rows, err);
    }
    free(readings);
    return status == GAIA_OK ? means_write(m, first, n_series, row, n_rows, has_value, err)
                             : status;
}

/* ---- All of them ---- */

static gaia_status groups_make(struct make *m, gaia_error *err)
{
    const size_t n_lat = m->catalog.grid.n_lat;
    const size_t n_bands = (n_lat + m->division.n_rows - 1) / m->division.n_rows;
    const size_t n_means = m->bins.n_series * m->bins.n_hours * m->bins.n_out_parts;
    bool *has_value = calloc(n_means, sizeof *has_value);
    gaia_status status = has_value != NULL ? GAIA_OK : error_memory(err, n_means);
    m->n_to_read = m->bins.n_fields * n_bands;
    for (size_t s = 0; s < m->bins.n_series; s += m->division.n_series) {
        for (size_t row = 0; status == GAIA_OK && row < n_lat; row += m->division.n_rows) {
            status = group_make(m, s, row, has_value, err);
        }
    }
    m->outcome->n_fields = m->bins.n_fields;
    m->outcome->n_means = n_means;
    for (size_t i = 0; status == GAIA_OK && i < n_means; i++) {
        m->outcome->n_missing += !has_value[i];
    }
    free(has_value);
    return status;
}

static gaia_status make_open(struct make *m, gaia_error *err)
{
    const struct climatology_order *order = m->order;
    gaia_status status = catalog_open(&m->files, &order->source, SOURCE_TRUTH, order->variables,
                                      order->n_variables, &m->catalog, err);
    if (status == GAIA_OK) {
        status = catalog_join(&m->catalog, &m->files, err);
    }
    if (status == GAIA_OK) {
        status = source_units_settle(&m->catalog, &m->catalog, NULL, err); /* files may differ */
    }
    if (status == GAIA_OK) {
        status = climatology_bins_make(&m->arena, &m->catalog, &order->choice, &m->bins, err);
    }
    if (status == GAIA_OK) {
        status = names_take(m, err);
    }
    if (status == GAIA_OK) {
        status = memory_divide(m, err);
    }
    return status == GAIA_OK ? rooms_open(m, err) : status;
}

gaia_status climatology_make(const struct climatology_order *order,
                             struct climatology_outcome *outcome, gaia_error *err)
{
    struct make m = {.order = order, .outcome = outcome};
    const uint64_t affordable = order->memory_bytes / FILE_BYTES;
    m.files.open_max = affordable < FILES_OPEN_MIN   ? FILES_OPEN_MIN
                       : affordable > FILES_OPEN_MAX ? FILES_OPEN_MAX
                                                     : (size_t)affordable;
    arena_init(&m.arena, ARENA_BYTES_MAX);
    *outcome = (struct climatology_outcome){.n_fields = 0};
    gaia_status status = make_open(&m, err);
    if (status == GAIA_OK) {
        status = climatology_file_open(order, &m.catalog, &m.bins, m.names, &m.file, err);
    }
    if (status == GAIA_OK) {
        status = groups_make(&m, err);
    }
    status = climatology_file_close(m.file, status, err);
    climatology_sums_fini(&m.sums);
    free(m.values);
    free(m.placed);
    free(m.raw);
    catalog_close(&m.catalog);
    file_table_fini(&m.files);
    arena_fini(&m.arena);
    return status;
}
