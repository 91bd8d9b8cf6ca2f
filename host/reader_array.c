/* SPDX-License-Identifier: MIT
 *
 * Arrays of the caller's memory as a format: a dataset is a file, a field is gathered from wherever
 * its strides lead and placed canonically, so that all that follows is as for files.
 *
 * Invariant: nothing of the caller's is written, and nothing of it is read but the entries that the
 * shapes and strides say.
 */
#include "reader_array.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "axis.h"
#include "error.h"
#include "source_access.h"
#include "text.h"

enum { READER_ARENA_BYTES_MAX = 512 << 20, WHERE_BYTES = 512 };

struct array_variable {
    struct reader_variable public;
    const struct gaia_array *array;
    ptrdiff_t stride_bytes[GAIA_ARRAY_RANK_MAX];
};

struct reader {
    const struct gaia_dataset *dataset;
    struct arena arena;
    struct array_variable *variables; /* [dataset->n_arrays] */
    size_t n_variables;
};

/* ---- Opening ---- */

static gaia_status array_open(const char *path, const struct source_access *access,
                              struct reader **reader, gaia_error *err)
{
    const struct gaia_dataset *dataset = NULL;
    for (size_t i = 0; access != NULL && dataset == NULL && i < access->n_datasets; i++) {
        dataset = strcmp(access->datasets[i].name, path) == 0 ? &access->datasets[i] : NULL;
    }
    if (dataset == NULL) {
        return error_set(err, GAIA_FILE_MISSING,
                         "%s: no such dataset; format 'array' is for sources in the memory of the "
                         "program that scores them (gaia_score_arrays)",
                         path);
    }
    struct reader *opened = calloc(1, sizeof *opened);
    if (opened == NULL) {
        return error_memory(err, sizeof *opened);
    }
    arena_init(&opened->arena, READER_ARENA_BYTES_MAX);
    opened->dataset = dataset;
    *reader = opened;
    return GAIA_OK;
}

/* The way for those who know of no datasets. */
static gaia_status array_open_alone(const char *path, struct reader **reader, gaia_error *err)
{
    return array_open(path, NULL, reader, err);
}

static void array_close(struct reader *reader)
{
    if (reader != NULL) {
        arena_fini(&reader->arena);
        free(reader->variables);
        free(reader);
    }
}

/* ---- Axes ---- */

static const char *text_or_empty(const char *text)
{
    return text != NULL ? text : "";
}

/* Makes an axis of a coordinate: numbers are copied, since they become degrees, hPa or seconds. */
static gaia_status axis_make(struct reader *reader, const struct gaia_coordinate *coordinate,
                             struct axis *axis, gaia_error *err)
{
    const char *path = reader->dataset->name;
    const char *units = text_or_empty(coordinate->units);
    *axis = (struct axis){.kind = AXIS_OTHER, .name = coordinate->name, .n = coordinate->n};
    if (coordinate->value == NULL) {
        axis->bare = true;
        return GAIA_OK;
    }
    axis->kind = axis_classify(coordinate->name, text_or_empty(coordinate->standard_name), units);
    axis->nominal = axis->kind == AXIS_TIME && coordinate->is_nominal;
    axis_set_time_flags(coordinate->name, text_or_empty(coordinate->standard_name), axis);
    gaia_status status = axis->kind != AXIS_OTHER ? axis_check(path, units, axis, err) : GAIA_OK;
    if (status != GAIA_OK || axis->kind == AXIS_OTHER) {
        return status;
    }
    double *value = arena_alloc(&reader->arena, coordinate->n, sizeof *value);
    if (value == NULL && coordinate->n > 0) {
        return error_memory(err, coordinate->n * sizeof *value);
    }
    if (coordinate->n > 0) {
        memcpy(value, coordinate->value, coordinate->n * sizeof *value);
    }
    return axis_set_values(&reader->arena, path, units, text_or_empty(coordinate->calendar), value,
                           axis, err);
}

/* The scalar coordinate of this kind, if there is one; of several times axis_time_rank chooses. */
static gaia_status scalar_find(struct reader *reader, const struct gaia_array *array,
                               enum axis_kind kind, bool has_lead, struct axis *axis,
                               gaia_error *err)
{
    const struct gaia_coordinate *best = NULL;
    int best_rank = -1;
    for (size_t i = 0; i < array->n_scalars; i++) {
        const struct gaia_coordinate *scalar = &array->scalars[i];
        struct axis found = {.name = scalar->name};
        axis_set_time_flags(scalar->name, text_or_empty(scalar->standard_name), &found);
        if (axis_classify(scalar->name, text_or_empty(scalar->standard_name),
                          text_or_empty(scalar->units)) == kind &&
            axis_time_rank(&found, has_lead) > best_rank) {
            best = scalar;
            best_rank = axis_time_rank(&found, has_lead);
        }
    }
    return best != NULL ? axis_make(reader, best, axis, err) : GAIA_OK;
}

/* Makes the axes of an array. *gridded tells whether its last two are latitude and longitude. */
static gaia_status axes_make(struct reader *reader, const struct gaia_array *array,
                             struct axis_set *axes, bool *gridded, gaia_error *err)
{
    const size_t n_leading = array->rank - 2;
    struct axis axis[GAIA_ARRAY_RANK_MAX];
    gaia_status status = GAIA_OK;
    for (size_t i = 0; status == GAIA_OK && i < array->rank; i++) {
        status = axis_make(reader, &array->coordinates[i], &axis[i], err);
    }
    if (status != GAIA_OK) {
        return status;
    }
    *axes = (struct axis_set){.n_leading = (int)n_leading};
    memcpy(axes->leading, axis, n_leading * sizeof *axis);
    *gridded = axis_set_plane(axes, &axis[n_leading], &axis[n_leading + 1]);
    for (size_t i = 0; status == GAIA_OK && i < AXIS_SCALARS; i++) {
        axes->scalar[i] = (struct axis){.kind = AXIS_OTHER, .name = "", .n = 1};
        if (!axis_set_has(axes, axis_scalar_kinds[i])) {
            status = scalar_find(reader, array, axis_scalar_kinds[i], axis_set_has_lead(axes),
                                 &axes->scalar[i], err);
        }
    }
    struct axis init = {.kind = AXIS_OTHER};
    gaia_error none = {0};
    if (status == GAIA_OK && axis_set_lacks_init(axes) &&
        scalar_find(reader, array, AXIS_TIME, true, &init, &none) == GAIA_OK) {
        axis_set_take_init(axes, &init);
    }
    return status;
}

/* ---- Listing ---- */

/* The strides of an array without any: the last dimension is the fastest. */
static void strides_make(const struct gaia_array *array, ptrdiff_t *stride_bytes)
{
    ptrdiff_t bytes = (ptrdiff_t)gaia_dtype_bytes(array->dtype);
    for (size_t i = array->rank; i-- > 0;) {
        stride_bytes[i] = array->stride_bytes != NULL ? array->stride_bytes[i] : bytes;
        bytes *= (ptrdiff_t)array->coordinates[i].n;
    }
}

/* Notes an array with these axes and reports its fields; where is for messages. */
static gaia_status variable_scan(struct reader *reader, const struct gaia_array *array,
                                 const struct axis_set *axes, const char *where,
                                 reader_found *found, void *context, gaia_error *err)
{
    struct array_variable *grown =
        realloc(reader->variables, (reader->n_variables + 1) * sizeof *grown);
    if (grown == NULL) {
        return error_memory(err, sizeof *grown);
    }
    reader->variables = grown;
    struct array_variable *variable = &grown[reader->n_variables];
    *variable = (struct array_variable){
        .public = {.name = array->name,
                   .units = text_or_empty(array->units),
                   .standard_name = text_or_empty(array->standard_name),
                   .long_name = text_or_empty(array->long_name),
                   .layout = {.dtype = array->dtype, .scale = 1.0},
                   .missing = {.valid_min = -(double)INFINITY, .valid_max = (double)INFINITY}},
        .array = array,
    };
    strides_make(array, variable->stride_bytes);
    reader->n_variables++;
    const gaia_status status = axis_set_grid(axes, where, &reader->arena, &variable->public, err);
    return status == GAIA_OK && found != NULL
               ? axis_set_report(axes, reader->n_variables - 1, found, context, err)
               : status;
}

/* Scans one array. is_wanted: one without a grid, or with dimensions of no meaning, is an error;
 * else it is passed over. */
static gaia_status one_scan(struct reader *reader, const struct gaia_array *array, bool is_wanted,
                            reader_found *found, void *context, gaia_error *err)
{
    char where[WHERE_BYTES];
    struct axis_set axes;
    bool gridded = false;
    (void)snprintf(where, sizeof where, "%s: variable '%s'", reader->dataset->name, array->name);
    gaia_status status = axes_make(reader, array, &axes, &gridded, err);
    if (status != GAIA_OK) {
        return status;
    }
    if (!gridded) {
        return is_wanted ? error_set(err, GAIA_AXIS_INVALID,
                                     "%s: its last two dimensions must be latitude and longitude "
                                     "with coordinates; they are '%s' and '%s'",
                                     where, axes.lat.name, axes.lon.name)
                         : GAIA_OK;
    }
    for (int i = 0; i < axes.n_leading; i++) {
        if (axes.leading[i].n == 0) {
            return error_set(err, GAIA_AXIS_INVALID, "%s: dimension '%s' has no entries", where,
                             axes.leading[i].name);
        }
    }
    status = axis_set_check(&axes, where, is_wanted ? err : NULL);
    if (status != GAIA_OK) {
        return is_wanted ? status : GAIA_OK;
    }
    return variable_scan(reader, array, &axes, where, found, context, err);
}

static gaia_status array_scan(struct reader *reader, const char *name, reader_found *found,
                              void *context, gaia_error *err)
{
    const struct gaia_dataset *dataset = reader->dataset;
    char list[GAIA_ERROR_DETAIL / 2] = "";
    size_t used = 0;
    gaia_status status = GAIA_OK;
    for (size_t i = 0; status == GAIA_OK && i < dataset->n_arrays; i++) {
        const struct gaia_array *array = &dataset->arrays[i];
        if (name != NULL && strcmp(array->name, name) == 0) {
            return one_scan(reader, array, true, found, context, err);
        }
        if (name == NULL) {
            status = one_scan(reader, array, dataset->n_arrays == 1, found, context, err);
        } else if (used < sizeof list) {
            used += (size_t)snprintf(list + used, sizeof list - used, "%s%s", used > 0 ? ", " : "",
                                     array->name);
        }
    }
    return name == NULL
               ? status
               : error_set(err, GAIA_VARIABLE_MISSING, "%s: no variable '%s'; there are: %s",
                           dataset->name, name, used > 0 ? list : "none");
}

static gaia_status array_list(struct reader *reader, reader_named *named, void *context,
                              gaia_error *err)
{
    gaia_status status = GAIA_OK;
    for (size_t i = 0; status == GAIA_OK && i < reader->dataset->n_arrays; i++) {
        status = named(context, reader->dataset->arrays[i].name, err);
    }
    return status;
}

static const struct reader_variable *array_variable(const struct reader *reader, size_t i)
{
    return &reader->variables[i].public;
}

/* ---- Reading ---- */

/* Copies n values of `bytes` bytes each, `stride` apart, to a row without gaps. */
static void row_gather(const char *from, ptrdiff_t stride, size_t n, size_t bytes, char *to)
{
    if (stride == (ptrdiff_t)bytes) {
        memcpy(to, from, n * bytes);
    } else if (bytes == sizeof(float)) {
        for (size_t j = 0; j < n; j++) {
            memcpy(to + j * sizeof(float), from + (ptrdiff_t)j * stride, sizeof(float));
        }
    } else {
        for (size_t j = 0; j < n; j++) {
            memcpy(to + j * bytes, from + (ptrdiff_t)j * stride, bytes);
        }
    }
}

/* Turns the bytes of each of n values round. */
static void values_swap(size_t n, size_t bytes, char *values)
{
    for (size_t j = 0; j < n; j++) {
        char *value = values + j * bytes;
        for (size_t k = 0; k < bytes / 2; k++) {
            const char byte = value[k];
            value[k] = value[bytes - 1 - k];
            value[bytes - 1 - k] = byte;
        }
    }
}

/* Whether the field at `data` lies in memory as it would in `raw`. */
static bool lies_as_raw(const struct array_variable *variable, const char *data)
{
    const struct gaia_array *array = variable->array;
    const size_t bytes = gaia_dtype_bytes(array->dtype);
    const ptrdiff_t *stride = &variable->stride_bytes[array->rank - 2];
    const size_t n_columns = placement_columns(&variable->public.placement);
    return !array->is_swapped && (uintptr_t)data % bytes == 0 && stride[1] == (ptrdiff_t)bytes &&
           stride[0] == (ptrdiff_t)(n_columns * bytes);
}

static gaia_status array_read(struct reader *reader, const struct reader_field *field, void *raw,
                              const struct read_limits *limits, void *placed, gaia_error *err)
{
    const struct array_variable *variable = &reader->variables[field->variable];
    const struct gaia_array *array = variable->array;
    const struct placement *p = &variable->public.placement;
    const size_t bytes = gaia_dtype_bytes(array->dtype);
    const ptrdiff_t *stride = variable->stride_bytes;
    const char *data = array->data;
    uint64_t rest = field->offset;
    (void)limits;
    (void)err;
    for (size_t i = array->rank - 2; i-- > 0;) {
        const size_t n = array->coordinates[i].n;
        data += (ptrdiff_t)(rest % n) * stride[i];
        rest /= n;
    }
    const void *stored = data;
    if (!lies_as_raw(variable, data)) {
        const size_t n_columns = placement_columns(p);
        for (size_t i = 0; i < placement_rows(p); i++) {
            char *row = (char *)raw + i * n_columns * bytes;
            row_gather(data + (ptrdiff_t)i * stride[array->rank - 2], stride[array->rank - 1],
                       n_columns, bytes, row);
            if (array->is_swapped) {
                values_swap(n_columns, bytes, row);
            }
        }
        stored = raw;
    }
    field_place(p, &variable->public.layout, &variable->public.missing, stored, placed);
    return GAIA_OK;
}

const struct reader_ops reader_array = {
    .format = ARRAY_FORMAT,
    .open = array_open_alone,
    .open_with = array_open,
    .close = array_close,
    .scan = array_scan,
    .list = array_list,
    .variable = array_variable,
    .read = array_read,
};

/* ---- What a caller may get wrong ---- */

static gaia_status array_check(const struct gaia_dataset *dataset, const struct gaia_array *array,
                               gaia_error *err)
{
    if (array->name == NULL || array->data == NULL || array->coordinates == NULL) {
        return error_set(err, GAIA_USAGE, "%s: array %zu ('%s'): %s is a null pointer",
                         dataset->name, (size_t)(array - dataset->arrays),
                         text_or_empty(array->name),
                         array->name == NULL   ? "name"
                         : array->data == NULL ? "data"
                                               : "coordinates");
    }
    if (!text_is_utf8(array->name) || strpbrk(array->name, "\n\r") != NULL) {
        return error_set(err, GAIA_USAGE, "%s: array %zu: its name is no line of UTF-8",
                         dataset->name, (size_t)(array - dataset->arrays));
    }
    if (array->rank < 2 || array->rank > GAIA_ARRAY_RANK_MAX) {
        return error_set(err, GAIA_USAGE, "%s: variable '%s': rank %zu is not within 2 .. %d",
                         dataset->name, array->name, array->rank, GAIA_ARRAY_RANK_MAX);
    }
    if (gaia_dtype_bytes(array->dtype) == 0) {
        return error_set(err, GAIA_USAGE, "%s: variable '%s': no such dtype (%d)", dataset->name,
                         array->name, (int)array->dtype);
    }
    size_t bytes = gaia_dtype_bytes(array->dtype);
    for (size_t i = 0; i < array->rank; i++) {
        const struct gaia_coordinate *coordinate = &array->coordinates[i];
        if (coordinate->name == NULL) {
            return error_set(err, GAIA_USAGE,
                             "%s: variable '%s': coordinate %zu: name is a null pointer",
                             dataset->name, array->name, i);
        }
        if (coordinate->n > 0 && bytes > PTRDIFF_MAX / coordinate->n) {
            return error_set(err, GAIA_USAGE, "%s: variable '%s' is larger than memory can be",
                             dataset->name, array->name);
        }
        bytes *= coordinate->n;
    }
    for (size_t i = 0; i < array->n_scalars; i++) {
        if (array->scalars == NULL || array->scalars[i].name == NULL ||
            array->scalars[i].value == NULL || array->scalars[i].n != 1) {
            return error_set(err, GAIA_USAGE,
                             "%s: variable '%s': scalar %zu: a name and one value are wanted",
                             dataset->name, array->name, i);
        }
    }
    for (const struct gaia_array *other = dataset->arrays; other < array; other++) {
        if (strcmp(other->name, array->name) == 0) {
            return error_set(err, GAIA_USAGE, "%s: two variables '%s'", dataset->name, array->name);
        }
    }
    return GAIA_OK;
}

gaia_status datasets_check(const struct gaia_dataset *datasets, size_t n_datasets, gaia_error *err)
{
    gaia_status status = GAIA_OK;
    if (datasets == NULL && n_datasets > 0) {
        return error_set(err, GAIA_USAGE, "gaia_score_arrays: datasets is a null pointer");
    }
    for (size_t i = 0; status == GAIA_OK && i < n_datasets; i++) {
        const struct gaia_dataset *dataset = &datasets[i];
        if (dataset->name == NULL || (dataset->arrays == NULL && dataset->n_arrays > 0)) {
            return error_set(err, GAIA_USAGE,
                             "gaia_score_arrays: dataset %zu: %s is a null pointer", i,
                             dataset->name == NULL ? "name" : "arrays");
        }
        for (size_t k = 0; k < i; k++) {
            if (strcmp(datasets[k].name, dataset->name) == 0) {
                return error_set(err, GAIA_USAGE, "gaia_score_arrays: two datasets '%s'",
                                 dataset->name);
            }
        }
        for (size_t k = 0; status == GAIA_OK && k < dataset->n_arrays; k++) {
            status = array_check(dataset, &dataset->arrays[k], err);
        }
    }
    return status;
}
