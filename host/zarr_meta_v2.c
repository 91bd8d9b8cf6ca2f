/* SPDX-License-Identifier: MIT
 *
 * Zarr v2: chunks, order, compressor and filters of .zarray.
 */
#include "zarr_meta.h"

#include <string.h>

#include "error.h"
#include "zarr_json.h"

static const struct {
    const char *id;
    enum zarr_codec_kind kind;
} ids[] = {
    {"blosc", ZARR_BLOSC}, {"zlib", ZARR_ZLIB},
    {"gzip", ZARR_GZIP},   {"zstd", ZARR_ZSTD},
    {"lz4", ZARR_LZ4},     {"shuffle", ZARR_SHUFFLE},
    {"delta", ZARR_DELTA}, {"fixedscaleoffset", ZARR_SCALE_OFFSET},
};

/* The types of a filter: "astype" is the same as "dtype" where it is absent. */
static bool filter_types(const json_t *filter, struct zarr_codec *codec)
{
    const json_t *astype = json_object_get(filter, "astype");
    codec->decoded = zarr_type_v2(json_object_get(filter, "dtype"));
    codec->encoded = astype == NULL || json_is_null(astype) ? codec->decoded : zarr_type_v2(astype);
    return codec->decoded.kind <= ZARR_FLOAT && codec->encoded.kind <= ZARR_FLOAT &&
           (codec->kind == ZARR_SCALE_OFFSET || codec->decoded.kind == ZARR_FLOAT ||
            codec->encoded.kind != ZARR_FLOAT);
}

/* Reads one compressor or filter into the next place of the codecs. */
static gaia_status codec_read(const char *where, const json_t *value, struct zarr_codecs *codecs,
                              gaia_error *err)
{
    const char *id = zarr_json_string(value, "id");
    struct zarr_codec codec = {.element_bytes = 4, .scale = 1.0};
    bool real = false;
    size_t i = 0;
    while (id != NULL && i < sizeof ids / sizeof *ids && strcmp(id, ids[i].id) != 0) {
        i++;
    }
    if (id == NULL || i == sizeof ids / sizeof *ids || codecs->n == ZARR_CODECS_MAX) {
        return error_set(err, GAIA_FORMAT_UNSUPPORTED, "%s: codec '%s' is not supported", where,
                         id != NULL ? id : "?");
    }
    codec.kind = ids[i].kind;
    codec.checksum = json_is_true(json_object_get(value, "checksum"));
    const json_t *element = json_object_get(value, "elementsize");
    bool good = true;
    if (codec.kind == ZARR_SHUFFLE && element != NULL) {
        good = json_is_integer(element) && json_integer_value(element) > 0;
        codec.element_bytes = (size_t)json_integer_value(element);
    } else if (codec.kind == ZARR_DELTA) {
        good = filter_types(value, &codec);
    } else if (codec.kind == ZARR_SCALE_OFFSET) {
        good = filter_types(value, &codec) &&
               zarr_json_number(json_object_get(value, "scale"), &codec.scale, &real) &&
               zarr_json_number(json_object_get(value, "offset"), &codec.offset, &real);
    }
    if (!good) {
        return error_set(err, GAIA_FORMAT_UNSUPPORTED, "%s: codec '%s' has unusable parameters",
                         where, id);
    }
    codecs->codec[codecs->n++] = codec;
    return GAIA_OK;
}

static gaia_status codecs_read(const char *where, const json_t *meta, struct zarr_codecs *codecs,
                               gaia_error *err)
{
    const json_t *filters = json_object_get(meta, "filters");
    const json_t *compressor = json_object_get(meta, "compressor");
    gaia_status status = GAIA_OK;
    if (filters != NULL && !json_is_null(filters) && !json_is_array(filters)) {
        return error_set(err, GAIA_FILE_DAMAGED, "%s: filters is no list", where);
    }
    for (size_t i = 0; status == GAIA_OK && i < json_array_size(filters); i++) {
        status = codec_read(where, json_array_get(filters, i), codecs, err);
    }
    if (status == GAIA_OK && compressor != NULL && !json_is_null(compressor)) {
        status = codec_read(where, compressor, codecs, err);
    }
    return status;
}

gaia_status zarr_layout_v2(const char *where, const json_t *meta, struct zarr_array *array,
                           gaia_error *err)
{
    const char *order = zarr_json_string(meta, "order");
    const json_t *separator = json_object_get(meta, "dimension_separator");
    const char *between = separator != NULL ? json_string_value(separator) : ".";
    if (order == NULL || (strcmp(order, "C") != 0 && strcmp(order, "F") != 0)) {
        return error_set(err, GAIA_FILE_DAMAGED, "%s: order is neither \"C\" nor \"F\"", where);
    }
    if (between == NULL || (strcmp(between, ".") != 0 && strcmp(between, "/") != 0)) {
        return error_set(err, GAIA_FILE_DAMAGED,
                         "%s: dimension_separator is neither \".\" nor \"/\"", where);
    }
    array->separator = between[0];
    for (int k = 0; order[0] == 'F' && k < array->rank; k++) {
        array->pipeline.order[k] = array->rank - 1 - k;
    }
    array->pipeline.big_endian = array->type.big_endian;
    const gaia_status status = zarr_chunk_shape(where, "chunks", json_object_get(meta, "chunks"),
                                                array->rank, array->chunk, err);
    if (status != GAIA_OK) {
        return status;
    }
    memcpy(array->shard, array->chunk, sizeof array->shard);
    return codecs_read(where, meta, &array->pipeline.codecs, err);
}
