/* SPDX-License-Identifier: MIT
 *
 * Recognising and reading Zarr coordinate arrays.
 */
#include "zarr_axis.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "error.h"
#include "zarr_json.h"
#include "zarr_layout.h"

enum { WHERE_BYTES = 512, COORDINATE_CHUNK_BYTES_MAX = 64 << 20 };

void zarr_coordinates_fini(struct zarr_coordinates *coordinates)
{
    free(coordinates->known);
    *coordinates = (struct zarr_coordinates){0};
}

/* Reads the numbers of a coordinate array as float64, as they are stored. */
static gaia_status numbers_read(struct zarr_coordinates *c, const char *where,
                                const struct zarr_array *array, size_t n, double **value,
                                gaia_error *err)
{
    if (zarr_chunk_memory(array) > COORDINATE_CHUNK_BYTES_MAX) {
        return error_set(err, GAIA_LIMIT, "%s: a chunk takes %zu bytes; a coordinate's may take %d",
                         where, zarr_chunk_memory(array), COORDINATE_CHUNK_BYTES_MAX);
    }
    *value = arena_alloc(c->arena, n, sizeof **value);
    if (*value == NULL && n > 0) {
        return error_memory(err, n * sizeof **value);
    }
    const gaia_status status = zarr_plane_read(c->chunks, array, NULL, 0, *value, err);
    zarr_cache_trim(&c->chunks->cache, 0);
    if (status != GAIA_OK || !zarr_type_kept(&array->type)) {
        return status;
    }
    /* Narrow numbers widen in place, from the last to the first. */
    for (size_t i = n; i-- > 0;) {
        (*value)[i] =
            zarr_type_number(&array->type, (unsigned char *)*value + i * array->type.bytes);
    }
    return GAIA_OK;
}

/* Unpacks the numbers of a coordinate array, value [axis->n]; numpy's times are never packed. */
static gaia_status numbers_unpack(const char *path, const struct zarr_array *array,
                                  const struct axis *axis, double *value, gaia_error *err)
{
    char where[WHERE_BYTES];
    struct gaia_field layout;
    struct missing_rule missing;
    if (array->type.units != NULL) {
        return GAIA_OK;
    }
    (void)snprintf(where, sizeof where, "%s: axis '%s'", path, axis->name);
    const gaia_status status = zarr_layout_read(array, where, true, &layout, &missing, err);
    return status == GAIA_OK ? axis_unpack(path, &layout, &missing, axis, value, err) : status;
}

/* Reads the values of a coordinate array into axis, whose kind, name and n are set. numpy's times
 * have their units in the type. */
static gaia_status values_read(struct zarr_coordinates *c, const json_t *meta,
                               struct zarr_array *array, struct axis *axis, gaia_error *err)
{
    char where[WHERE_BYTES];
    char units[64];
    double *value = NULL;
    const char *path = c->group->store->name;
    (void)snprintf(where, sizeof where, "%s: array '%s'", path, axis->name);
    gaia_status status = zarr_array_layout(where, meta, array, err);
    const bool typed = status == GAIA_OK && array->type.units != NULL;
    (void)snprintf(units, sizeof units, "%s%s", typed ? array->type.units : "",
                   typed && array->type.kind == ZARR_TIME ? " since 1970-01-01" : "");
    const char *said = zarr_text(array->attributes, "units");
    const char *calendar = zarr_text(array->attributes, "calendar");
    if (status == GAIA_OK) {
        status = axis_check(path, typed ? units : said, axis, err);
    }
    if (status == GAIA_OK) {
        status = numbers_read(c, where, array, axis->n, &value, err);
    }
    if (status == GAIA_OK) {
        status = numbers_unpack(path, array, axis, value, err);
    }
    return status == GAIA_OK
               ? axis_set_values(c->arena, path, typed ? units : said,
                                 typed ? "proleptic_gregorian" : calendar, value, axis, err)
               : status;
}

/* Adds a coordinate to those known. */
static gaia_status known_add(struct zarr_coordinates *c, const struct axis *axis, bool scalar,
                             gaia_error *err)
{
    struct zarr_coordinate *grown = realloc(c->known, (c->n_known + 1) * sizeof *grown);
    if (grown == NULL) {
        return error_memory(err, (c->n_known + 1) * sizeof *grown);
    }
    c->known = grown;
    grown[c->n_known++] = (struct zarr_coordinate){*axis, scalar};
    return GAIA_OK;
}

/* Reads array `name` as a coordinate if its shape is that of one: axis->n entries, or none if
 * scalar. Anything else leaves axis AXIS_OTHER; *is says whether there is such an array. */
static gaia_status coordinate_read(struct zarr_coordinates *c, const char *name, bool scalar,
                                   struct axis *axis, bool *is, gaia_error *err)
{
    const json_t *meta = NULL;
    const json_t *attributes = NULL;
    struct zarr_array array;
    char where[WHERE_BYTES];
    const char *path = c->group->store->name;
    *is = false;
    gaia_status status = zarr_group_array(c->group, name, &meta, &attributes, err);
    if (status != GAIA_OK || meta == NULL) {
        return status;
    }
    (void)snprintf(where, sizeof where, "%s: array '%s'", path, name);
    status = zarr_array_shape(where, c->group->version, axis->name, meta, attributes, &array, err);
    if (status != GAIA_OK || array.rank != (scalar ? 0 : 1)) {
        return status;
    }
    *is = true;
    axis->kind =
        axis_classify(name, zarr_text(attributes, "standard_name"), zarr_text(attributes, "units"));
    if (axis->kind == AXIS_OTHER) {
        return GAIA_OK;
    }
    if (!scalar && array.shape[0] != axis->n) {
        return error_set(err, GAIA_AXIS_INVALID,
                         "%s: axis '%s' has %llu entries; the dimension has %zu", path, name,
                         (unsigned long long)array.shape[0], axis->n);
    }
    axis->nominal = zarr_text(attributes, "climatology")[0] != '\0';
    axis_set_time_flags(name, zarr_text(attributes, "standard_name"), axis);
    return values_read(c, meta, &array, axis, err);
}

gaia_status zarr_axis_read(struct zarr_coordinates *coordinates, const char *dimension, size_t n,
                           struct axis *axis, gaia_error *err)
{
    bool is = false;
    *axis = (struct axis){.kind = AXIS_OTHER, .name = "", .n = n};
    if (dimension == NULL) {
        return GAIA_OK;
    }
    for (size_t i = 0; i < coordinates->n_known; i++) {
        const struct axis *known = &coordinates->known[i].axis;
        if (!coordinates->known[i].scalar && known->n == n && strcmp(known->name, dimension) == 0) {
            *axis = *known;
            return GAIA_OK;
        }
    }
    axis->name = arena_strdup(coordinates->arena, dimension);
    if (axis->name == NULL) {
        return error_memory(err, strlen(dimension));
    }
    const gaia_status status = coordinate_read(coordinates, axis->name, false, axis, &is, err);
    axis->bare = !is;
    return status == GAIA_OK ? known_add(coordinates, axis, false, err) : status;
}

/* Notes every array without dimensions that means something; its values are read when asked for,
 * so that a damaged one that nobody needs harms nobody. */
static gaia_status scalars_list(struct zarr_coordinates *c, gaia_error *err)
{
    const char **names = NULL;
    size_t n_names = 0;
    gaia_status status = zarr_group_names(c->group, c->arena, &names, &n_names, err);
    for (size_t i = 0; status == GAIA_OK && i < n_names; i++) {
        const json_t *meta = NULL;
        const json_t *attributes = NULL;
        status = zarr_group_array(c->group, names[i], &meta, &attributes, err);
        const json_t *shape = json_object_get(meta, "shape");
        if (status != GAIA_OK || !json_is_array(shape) || json_array_size(shape) != 0) {
            continue;
        }
        struct axis axis = {
            .kind = axis_classify(names[i], zarr_text(attributes, "standard_name"),
                                  zarr_text(attributes, "units")),
            .name = names[i],
            .n = 1,
        };
        axis_set_time_flags(names[i], zarr_text(attributes, "standard_name"), &axis);
        status = axis.kind != AXIS_OTHER ? known_add(c, &axis, true, err) : GAIA_OK;
    }
    c->scalars_listed = status == GAIA_OK;
    return status;
}

gaia_status zarr_scalar_read(struct zarr_coordinates *coordinates, const json_t *attributes,
                             enum axis_kind kind, bool has_lead, struct axis *axis, gaia_error *err)
{
    const char *belonging = zarr_text(attributes, "coordinates");
    struct zarr_coordinate *best = NULL;
    bool is = false;
    *axis = (struct axis){.kind = AXIS_OTHER, .name = "", .n = 1};
    gaia_status status = coordinates->scalars_listed ? GAIA_OK : scalars_list(coordinates, err);
    for (size_t i = 0; status == GAIA_OK && i < coordinates->n_known; i++) {
        struct zarr_coordinate *known = &coordinates->known[i];
        if (known->scalar && known->axis.kind == kind &&
            axis_scalar_belongs(belonging, known->axis.name) &&
            (best == NULL ||
             axis_time_rank(&known->axis, has_lead) >= axis_time_rank(&best->axis, has_lead))) {
            best = known;
        }
    }
    if (status != GAIA_OK || best == NULL) {
        return status;
    }
    if (best->axis.value == NULL) {
        status = coordinate_read(coordinates, best->axis.name, true, &best->axis, &is, err);
    }
    *axis = best->axis;
    return status;
}
