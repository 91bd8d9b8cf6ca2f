/* SPDX-License-Identifier: MIT
 *
 * What v2 and v3 share: shapes, names, fill values, and what follows from them.
 */
#include "zarr_meta.h"

#include <string.h>

#include "error.h"
#include "zarr_json.h"

/* More elements than any machine holds, and far from overflow. */
static const uint64_t ELEMENTS_MAX = (uint64_t)1 << 48;

/* The names of the dimensions: v2 has them in an attribute, v3 in the metadata. */
static gaia_status dimensions_read(const char *where, const json_t *meta, struct zarr_array *array,
                                   gaia_error *err)
{
    const char *key = array->version == 2 ? "_ARRAY_DIMENSIONS" : "dimension_names";
    const json_t *names = json_object_get(array->version == 2 ? array->attributes : meta, key);
    if (names == NULL || json_is_null(names)) {
        return GAIA_OK;
    }
    if (!json_is_array(names) || json_array_size(names) != (size_t)array->rank) {
        return error_set(err, GAIA_FILE_DAMAGED, "%s: %s does not name its %d dimensions", where,
                         key, array->rank);
    }
    for (int i = 0; i < array->rank; i++) {
        const json_t *name = json_array_get(names, (size_t)i);
        if (!json_is_string(name) && !json_is_null(name)) {
            return error_set(err, GAIA_FILE_DAMAGED, "%s: %s[%d] is no name", where, key, i);
        }
        array->dimension[i] = json_string_value(name);
    }
    return GAIA_OK;
}

gaia_status zarr_array_shape(const char *where, int version, const char *name, const json_t *meta,
                             const json_t *attributes, struct zarr_array *array, gaia_error *err)
{
    const json_t *shape = json_object_get(meta, "shape");
    const json_t *format = json_object_get(meta, "zarr_format");
    size_t rank = 0;
    uint64_t n = 1;
    *array = (struct zarr_array){.name = name, .attributes = attributes, .version = version};
    if (json_integer_value(format) != version) {
        return error_set(err, GAIA_FILE_DAMAGED, "%s: zarr_format is not %d", where, version);
    }
    if (json_array_size(shape) > ZARR_RANK_MAX) {
        return error_set(err, GAIA_FORMAT_UNSUPPORTED, "%s: %zu dimensions; at most %d are read",
                         where, json_array_size(shape), ZARR_RANK_MAX);
    }
    if (!zarr_json_sizes(shape, ZARR_RANK_MAX, array->shape, &rank)) {
        return error_set(err, GAIA_FILE_DAMAGED, "%s: shape is no list of sizes", where);
    }
    array->rank = (int)rank;
    for (size_t i = 0; i < rank; i++) {
        if (array->shape[i] > 0 && n > ELEMENTS_MAX / array->shape[i]) {
            return error_set(err, GAIA_FILE_DAMAGED, "%s: its shape has more than 2^48 elements",
                             where);
        }
        n *= array->shape[i] > 0 ? array->shape[i] : 1;
    }
    return dimensions_read(where, meta, array, err);
}

gaia_status zarr_chunk_shape(const char *where, const char *what, const json_t *value, int rank,
                             uint64_t *shape, gaia_error *err)
{
    size_t n = 0;
    uint64_t elements = 1;
    if (!zarr_json_sizes(value, ZARR_RANK_MAX, shape, &n) || n != (size_t)rank) {
        return error_set(err, GAIA_FILE_DAMAGED, "%s: %s is no list of %d sizes", where, what,
                         rank);
    }
    for (size_t i = 0; i < n; i++) {
        if (shape[i] == 0 || elements > ELEMENTS_MAX / shape[i]) {
            return error_set(err, GAIA_FILE_DAMAGED, "%s: %s[%zu] is %llu", where, what, i,
                             (unsigned long long)shape[i]);
        }
        elements *= shape[i];
    }
    return GAIA_OK;
}

/* Strides and size of a decoded chunk. */
static gaia_status chunk_measure(const char *where, struct zarr_array *array, gaia_error *err)
{
    uint64_t n = 1;
    for (int k = array->rank - 1; k >= 0; k--) {
        const int axis = array->pipeline.order[k];
        array->stride[axis] = n;
        n *= array->chunk[axis];
    }
    array->chunk_bytes = (size_t)n * array->type.bytes;
    const gaia_status status = zarr_codecs_size(&array->pipeline.codecs, array->chunk_bytes, err);
    return status != GAIA_OK ? error_prefix(err, status, "%s", where) : GAIA_OK;
}

gaia_status zarr_array_layout(const char *where, const json_t *meta, struct zarr_array *array,
                              gaia_error *err)
{
    const json_t *fill = json_object_get(meta, "fill_value");
    const json_t *type = json_object_get(meta, array->version == 2 ? "dtype" : "data_type");
    array->type = array->version == 2 ? zarr_type_v2(type) : zarr_type_v3(type);
    if (array->type.kind == ZARR_NO_NUMBER) {
        const char *text =
            json_is_object(type) ? zarr_json_string(type, "name") : json_string_value(type);
        return error_set(err, GAIA_FORMAT_UNSUPPORTED, "%s: data type '%s' is not supported", where,
                         text != NULL ? text : "?");
    }
    for (int k = 0; k < array->rank; k++) {
        array->pipeline.order[k] = k;
    }
    gaia_status status = array->version == 2 ? zarr_layout_v2(where, meta, array, err)
                                             : zarr_layout_v3(where, meta, array, err);
    if (status != GAIA_OK) {
        return status;
    }
    array->has_fill = fill != NULL && !json_is_null(fill);
    if (array->has_fill && !zarr_type_fill(&array->type, fill, array->fill)) {
        return error_set(err, GAIA_FILE_DAMAGED, "%s: fill_value is no value of its type", where);
    }
    return chunk_measure(where, array, err);
}
