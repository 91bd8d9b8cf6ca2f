/* SPDX-License-Identifier: MIT
 *
 * Zarr v2 and v3 stores with our own code: one field is one plane of an array, put together of its
 * chunks in the array's own type and placed canonically.
 *
 * Invariant: what a store declares is checked before memory is taken for it, and every error names
 * the store, the array and, where there is one, the chunk.
 */
#include "reader.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "axis.h"
#include "error.h"
#include "http_url.h"
#include "source_access.h"
#include "text.h"
#include "zarr_axis.h"
#include "zarr_chunk.h"
#include "zarr_group.h"
#include "zarr_json.h"
#include "zarr_layout.h"
#include "zarr_meta.h"
#include "zarr_store.h"

enum { READER_ARENA_BYTES_MAX = 512 << 20, WHERE_BYTES = 512 };

struct zarr_variable {
    struct reader_variable public;
    const struct zarr_array *array; /* of the arena */
};

struct reader {
    struct zarr_store *store;
    struct zarr_group group;
    struct zarr_chunks chunks;
    struct zarr_coordinates coordinates;
    struct arena arena;
    struct zarr_variable *variables;
    size_t n_variables;
};

static void zarr_close(struct reader *reader)
{
    if (reader != NULL) {
        zarr_coordinates_fini(&reader->coordinates);
        zarr_chunks_fini(&reader->chunks);
        zarr_group_close(&reader->group);
        zarr_store_close(reader->store);
        arena_fini(&reader->arena);
        free(reader->variables);
        free(reader);
    }
}

/* Opens the folder or address, and holds it against the manifest if there is one. */
static gaia_status store_open(const char *path, const struct source_access *access,
                              struct zarr_store **store, gaia_error *err)
{
    gaia_status status = http_url_is(path) ? source_store_open(path, access, store, err)
                                           : zarr_store_open_folder(path, store, err);
    if (status == GAIA_OK && access != NULL && access->manifest != NULL) {
        struct zarr_store *inner = *store;
        *store = NULL;
        status = zarr_store_open_checked(inner, access->manifest, store, err);
    }
    return status;
}

static gaia_status zarr_open_with(const char *path, const struct source_access *access,
                                  struct reader **reader, gaia_error *err)
{
    struct reader *opened = calloc(1, sizeof *opened);
    if (opened == NULL) {
        return error_memory(err, sizeof *opened);
    }
    arena_init(&opened->arena, READER_ARENA_BYTES_MAX);
    gaia_status status = store_open(path, access, &opened->store, err);
    if (status == GAIA_OK) {
        status = zarr_group_open(opened->store, &opened->group, err);
    }
    if (status != GAIA_OK) {
        zarr_close(opened);
        return status;
    }
    opened->chunks.store = opened->store;
    opened->coordinates = (struct zarr_coordinates){
        .group = &opened->group, .chunks = &opened->chunks, .arena = &opened->arena};
    *reader = opened;
    return GAIA_OK;
}

static gaia_status zarr_open(const char *path, struct reader **reader, gaia_error *err)
{
    return zarr_open_with(path, NULL, reader, err);
}

/* Reads the axes of array. *gridded tells whether its last two dimensions are latitude and
 * longitude. */
static gaia_status axes_read(struct reader *reader, const struct zarr_array *array,
                             struct axis_set *axes, bool *gridded, gaia_error *err)
{
    struct axis axis[ZARR_RANK_MAX];
    const int rank = array->rank;
    gaia_status status = GAIA_OK;
    *gridded = false;
    *axes = (struct axis_set){.n_leading = rank - 2};
    for (int i = rank - 1; status == GAIA_OK && i >= 0; i--) {
        status = zarr_axis_read(&reader->coordinates, array->dimension[i], (size_t)array->shape[i],
                                &axis[i], err);
        if (i == rank - 2 && !axis_set_plane(axes, &axis[i], &axis[rank - 1])) {
            return status;
        }
    }
    if (status != GAIA_OK) {
        return status;
    }
    *gridded = true;
    memcpy(axes->leading, axis, (size_t)(rank - 2) * sizeof *axis);
    for (size_t i = 0; status == GAIA_OK && i < AXIS_SCALARS; i++) {
        axes->scalar[i] = (struct axis){.kind = AXIS_OTHER, .n = 1};
        if (!axis_set_has(axes, axis_scalar_kinds[i])) {
            status = zarr_scalar_read(&reader->coordinates, array->attributes, axis_scalar_kinds[i],
                                      axis_set_has_lead(axes), &axes->scalar[i], err);
        }
    }
    struct axis init = {.kind = AXIS_OTHER};
    gaia_error none = {0};
    if (status == GAIA_OK && axis_set_lacks_init(axes) &&
        zarr_scalar_read(&reader->coordinates, array->attributes, AXIS_TIME, true, &init, &none) ==
            GAIA_OK) {
        axis_set_take_init(axes, &init);
    }
    return status;
}

static struct zarr_variable *variable_add(struct reader *reader)
{
    struct zarr_variable *grown =
        realloc(reader->variables, (reader->n_variables + 1) * sizeof *grown);
    if (grown == NULL) {
        return NULL;
    }
    reader->variables = grown;
    grown[reader->n_variables] = (struct zarr_variable){.array = NULL};
    return &grown[reader->n_variables++];
}

/* Reads packing and missing values. Attributes that cannot be used are the variable's damage. */
static gaia_status layout_read(struct reader *reader, const char *where,
                               struct zarr_variable *variable, gaia_error *err)
{
    gaia_error error = {.status = GAIA_OK};
    const gaia_status status = zarr_layout_read(
        variable->array, where, false, &variable->public.layout, &variable->public.missing, &error);
    return reader_keep_damage(&variable->public, status, &error, &reader->arena, err);
}

/* Notes the gridded array and reports its fields. meta is its metadata, of which array has the
 * shape. */
static gaia_status variable_scan(struct reader *reader, const json_t *meta,
                                 const struct zarr_array *shape, const struct axis_set *axes,
                                 reader_found *found, void *context, gaia_error *err)
{
    char where[WHERE_BYTES];
    struct zarr_variable *variable = variable_add(reader);
    struct zarr_array *array = arena_alloc(&reader->arena, 1, sizeof *array);
    char *name = arena_strdup(&reader->arena, shape->name);
    if (variable == NULL || array == NULL || name == NULL) {
        return error_memory(err, sizeof *array);
    }
    *array = *shape;
    array->name = name;
    variable->array = array;
    variable->public.name = name;
    variable->public.units = zarr_text(array->attributes, "units");
    variable->public.standard_name = zarr_text(array->attributes, "standard_name");
    variable->public.long_name = zarr_text(array->attributes, "long_name");
    (void)snprintf(where, sizeof where, "%s: array '%s'", reader->store->name, name);
    gaia_status status = zarr_array_layout(where, meta, array, err);
    (void)snprintf(where, sizeof where, "%s: variable '%s'", reader->store->name, name);
    if (status == GAIA_OK) {
        status = layout_read(reader, where, variable, err);
    }
    if (status == GAIA_OK) {
        status = axis_set_grid(axes, where, &reader->arena, &variable->public, err);
    }
    if (status != GAIA_OK) {
        return status;
    }
    return found != NULL ? axis_set_report(axes, reader->n_variables - 1, found, context, err)
                         : GAIA_OK;
}

/* Lists the arrays of two dimensions and more, for the message. */
static gaia_status variable_missing(struct reader *reader, const char *name, gaia_error *err)
{
    char list[GAIA_ERROR_DETAIL / 2] = "";
    size_t used = 0;
    const char **names = NULL;
    size_t n_names = 0;
    const gaia_status status =
        zarr_group_names(&reader->group, &reader->arena, &names, &n_names, err);
    if (status != GAIA_OK) {
        return status;
    }
    for (size_t i = 0; i < n_names && used < sizeof list; i++) {
        const json_t *meta = NULL;
        const json_t *attributes = NULL;
        if (zarr_group_array(&reader->group, names[i], &meta, &attributes, NULL) == GAIA_OK &&
            json_array_size(json_object_get(meta, "shape")) >= 2) {
            used += (size_t)snprintf(list + used, sizeof list - used, "%s%s", used > 0 ? ", " : "",
                                     names[i]);
        }
    }
    return error_set(err, GAIA_VARIABLE_MISSING, "%s: no variable '%s'; there are: %s",
                     reader->store->name, name, used > 0 ? list : "none");
}

/* Reads shape and axes of array `name`. meta is NULL where there is no such array. */
static gaia_status array_look(struct reader *reader, const char *name, const json_t **meta,
                              struct zarr_array *array, struct axis_set *axes, bool *gridded,
                              gaia_error *err)
{
    char where[WHERE_BYTES];
    const json_t *attributes = NULL;
    *gridded = false;
    gaia_status status = zarr_group_array(&reader->group, name, meta, &attributes, err);
    if (status != GAIA_OK || *meta == NULL) {
        return status;
    }
    (void)snprintf(where, sizeof where, "%s: array '%s'", reader->store->name, name);
    status = zarr_array_shape(where, reader->group.version, name, *meta, attributes, array, err);
    return status == GAIA_OK && array->rank >= 2 ? axes_read(reader, array, axes, gridded, err)
                                                 : status;
}

static gaia_status named_scan(struct reader *reader, const char *name, reader_found *found,
                              void *context, gaia_error *err)
{
    char where[WHERE_BYTES];
    const json_t *meta = NULL;
    struct zarr_array array;
    struct axis_set axes;
    bool gridded = false;
    gaia_status status = array_look(reader, name, &meta, &array, &axes, &gridded, err);
    if (status == GAIA_OK && meta == NULL) {
        return variable_missing(reader, name, err);
    }
    (void)snprintf(where, sizeof where, "%s: variable '%s'", reader->store->name, name);
    if (status == GAIA_OK && !gridded) {
        return error_set(
            err, GAIA_AXIS_INVALID,
            "%s: its last two dimensions must be latitude and longitude with coordinates", where);
    }
    if (status == GAIA_OK) {
        status = axis_set_check(&axes, where, err);
    }
    if (status == GAIA_OK) {
        status = variable_scan(reader, meta, &array, &axes, found, context, err);
    }
    return status == GAIA_OK
               ? reader_check_damage(&reader->variables[reader->n_variables - 1].public, err)
               : status;
}

static gaia_status all_scan(struct reader *reader, reader_found *found, void *context,
                            gaia_error *err)
{
    const char **names = NULL;
    size_t n_names = 0;
    gaia_status status = zarr_group_names(&reader->group, &reader->arena, &names, &n_names, err);
    if (status == GAIA_OK && names == NULL && reader->group.consolidated == NULL) {
        return error_set(err, GAIA_FORMAT_UNSUPPORTED,
                         "%s: it has no consolidated metadata, and an address cannot be listed: "
                         "say which variables are wanted",
                         reader->store->name);
    }
    for (size_t i = 0; status == GAIA_OK && i < n_names; i++) {
        char name[WHERE_BYTES];
        const json_t *meta = NULL;
        struct zarr_array array;
        struct axis_set axes;
        bool gridded = false;
        (void)snprintf(name, sizeof name, "%s", names[i]);
        if (!text_is_clean(name) || strcmp(name, names[i]) != 0) {
            continue;
        }
        status = array_look(reader, names[i], &meta, &array, &axes, &gridded, err);
        if (status == GAIA_OK && gridded && axis_set_check(&axes, name, NULL) == GAIA_OK) {
            status = variable_scan(reader, meta, &array, &axes, found, context, err);
        }
    }
    return status;
}

static gaia_status zarr_scan(struct reader *reader, const char *name, reader_found *found,
                             void *context, gaia_error *err)
{
    return name != NULL ? named_scan(reader, name, found, context, err)
                        : all_scan(reader, found, context, err);
}

static gaia_status zarr_list(struct reader *reader, reader_named *named, void *context,
                             gaia_error *err)
{
    const char **names = NULL;
    size_t n_names = 0;
    gaia_status status = zarr_group_names(&reader->group, &reader->arena, &names, &n_names, err);
    for (size_t i = 0; status == GAIA_OK && i < n_names; i++) {
        const json_t *meta = NULL;
        const json_t *attributes = NULL;
        if (zarr_group_array(&reader->group, names[i], &meta, &attributes, NULL) == GAIA_OK &&
            json_array_size(json_object_get(meta, "shape")) >= 2) {
            status = named(context, names[i], err);
        }
    }
    return status;
}

static const struct reader_variable *zarr_variable(const struct reader *reader, size_t i)
{
    return &reader->variables[i].public;
}

/* Between two fields a reader keeps what the cache may have and no more. */
static void memory_settle(struct zarr_chunks *chunks, size_t cache_bytes)
{
    zarr_store_settle(chunks->store, cache_bytes / 2);
    struct zarr_buffer *buffers[] = {&chunks->raw, &chunks->scratch.buffer[0],
                                     &chunks->scratch.buffer[1]};
    zarr_cache_trim(&chunks->cache, cache_bytes);
    size_t kept = chunks->cache.bytes;
    for (size_t i = 0; i < sizeof buffers / sizeof *buffers; i++) {
        kept += buffers[i]->capacity;
        if (kept > cache_bytes) {
            kept -= buffers[i]->capacity;
            zarr_buffer_fini(buffers[i]);
        }
    }
}

static gaia_status zarr_read(struct reader *reader, const struct reader_field *field, void *raw,
                             const struct read_limits *limits, void *placed, gaia_error *err)
{
    const struct zarr_variable *variable = &reader->variables[field->variable];
    const struct zarr_array *array = variable->array;
    uint64_t index[ZARR_RANK_MAX] = {0};
    uint64_t rest = field->offset;
    gaia_status status = reader_check_damage(&variable->public, err);
    if (status != GAIA_OK) {
        return status;
    }
    if (zarr_chunk_memory(array) > limits->chunk_bytes) {
        return error_set(err, GAIA_LIMIT,
                         "%s: variable '%s': a chunk takes %zu bytes, too many for --memory",
                         reader->store->name, array->name, zarr_chunk_memory(array));
    }
    reader->store->whole_bytes_max = limits->chunk_bytes;
    for (int k = array->rank - 3; k >= 0; k--) {
        index[k] = rest % array->shape[k];
        rest /= array->shape[k];
    }
    status = zarr_plane_read(&reader->chunks, array, index, limits->cache_bytes, raw, err);
    memory_settle(&reader->chunks, limits->cache_bytes);
    if (status == GAIA_OK) {
        field_place(&variable->public.placement, &variable->public.layout,
                    &variable->public.missing, raw, placed);
    }
    return status;
}

const struct reader_ops reader_zarr = {
    .format = "zarr",
    .open = zarr_open,
    .open_with = zarr_open_with,
    .close = zarr_close,
    .scan = zarr_scan,
    .list = zarr_list,
    .variable = zarr_variable,
    .read = zarr_read,
};
