/* SPDX-License-Identifier: MIT
 *
 * Zarr v3: chunk grid, keys and codecs of zarr.json, sharding among them.
 */
#include "zarr_meta.h"

#include <stdio.h>
#include <string.h>

#include "error.h"
#include "zarr_json.h"

/* The bytes of one entry of a shard's index: offset and length. */
enum { INDEX_ENTRY_BYTES = 16, INDEX_CHECKSUM_BYTES = 4 };

/* A named extension is its name, or an object of name and configuration. */
static const char *extension_name(const json_t *value)
{
    return json_is_object(value) ? zarr_json_string(value, "name") : json_string_value(value);
}

/* What is not known must say that it need not be understood. */
static gaia_status extensions_check(const char *where, const json_t *meta, gaia_error *err)
{
    static const char *const known[] = {"zarr_format",
                                        "node_type",
                                        "shape",
                                        "data_type",
                                        "chunk_grid",
                                        "fill_value",
                                        "attributes",
                                        "codecs",
                                        "chunk_key_encoding",
                                        "storage_transformers",
                                        "dimension_names",
                                        "consolidated_metadata"};
    const json_t *transformers = json_object_get(meta, "storage_transformers");
    if (json_array_size(transformers) > 0) {
        const char *name = extension_name(json_array_get(transformers, 0));
        return error_set(err, GAIA_FORMAT_UNSUPPORTED,
                         "%s: storage transformer '%s' is not supported", where,
                         name != NULL ? name : "?");
    }
    /* jansson's iterators want a mutable object; nothing is changed through them. */
    json_t *object = (json_t *)(uintptr_t)meta;
    for (void *at = json_object_iter(object); at != NULL; at = json_object_iter_next(object, at)) {
        const char *key = json_object_iter_key(at);
        size_t i = 0;
        while (i < sizeof known / sizeof *known && strcmp(key, known[i]) != 0) {
            i++;
        }
        if (i == sizeof known / sizeof *known &&
            !json_is_false(json_object_get(json_object_iter_value(at), "must_understand"))) {
            return error_set(err, GAIA_FORMAT_UNSUPPORTED, "%s: extension '%s' is not supported",
                             where, key);
        }
    }
    return GAIA_OK;
}

static gaia_status keys_read(const char *where, const json_t *meta, struct zarr_array *array,
                             gaia_error *err)
{
    const json_t *encoding = json_object_get(meta, "chunk_key_encoding");
    const char *name = extension_name(encoding);
    const json_t *separator =
        json_object_get(json_object_get(encoding, "configuration"), "separator");
    if (name == NULL || (strcmp(name, "default") != 0 && strcmp(name, "v2") != 0)) {
        return error_set(err, GAIA_FORMAT_UNSUPPORTED,
                         "%s: chunk key encoding '%s' is not supported", where,
                         name != NULL ? name : "?");
    }
    array->key_prefix = strcmp(name, "default") == 0;
    const char *between = separator != NULL   ? json_string_value(separator)
                          : array->key_prefix ? "/"
                                              : ".";
    if (between == NULL || (strcmp(between, ".") != 0 && strcmp(between, "/") != 0)) {
        return error_set(err, GAIA_FILE_DAMAGED,
                         "%s: the chunk keys' separator is neither \".\" nor \"/\"", where);
    }
    array->separator = between[0];
    return GAIA_OK;
}

/* Composes the order so far with one more transposition. */
static gaia_status transpose_read(const char *where, const json_t *configuration, int rank,
                                  int *order, gaia_error *err)
{
    uint64_t axis[ZARR_RANK_MAX];
    int composed[ZARR_RANK_MAX];
    size_t n = 0;
    unsigned seen = 0;
    bool good = zarr_json_sizes(json_object_get(configuration, "order"), ZARR_RANK_MAX, axis, &n) &&
                n == (size_t)rank;
    for (size_t k = 0; good && k < n; k++) {
        good = axis[k] < n && (seen & 1U << axis[k]) == 0;
        if (good) {
            seen |= 1U << axis[k];
            composed[k] = order[axis[k]];
        }
    }
    if (!good) {
        return error_set(err, GAIA_FILE_DAMAGED, "%s: codec 'transpose': order is none of %d axes",
                         where, rank);
    }
    memcpy(order, composed, n * sizeof *order);
    return GAIA_OK;
}

static gaia_status bytes_read(const char *where, const json_t *configuration, size_t element_bytes,
                              bool *big_endian, gaia_error *err)
{
    const char *endian = zarr_json_string(configuration, "endian");
    if ((endian == NULL && element_bytes > 1) ||
        (endian != NULL && strcmp(endian, "little") != 0 && strcmp(endian, "big") != 0)) {
        return error_set(err, GAIA_FILE_DAMAGED,
                         "%s: codec 'bytes': endian is neither \"little\" nor \"big\"", where);
    }
    *big_endian = endian != NULL && endian[0] == 'b';
    return GAIA_OK;
}

static const struct {
    const char *name;
    enum zarr_codec_kind kind;
} names[] = {
    {"blosc", ZARR_BLOSC}, {"gzip", ZARR_GZIP}, {"zstd", ZARR_ZSTD}, {"crc32c", ZARR_CRC32C}};

static gaia_status bytes_codec_read(const char *where, const char *name, const json_t *value,
                                    struct zarr_codecs *codecs, gaia_error *err)
{
    size_t i = 0;
    while (i < sizeof names / sizeof *names && strcmp(name, names[i].name) != 0) {
        i++;
    }
    if (i == sizeof names / sizeof *names || codecs->n == ZARR_CODECS_MAX) {
        return error_set(err, GAIA_FORMAT_UNSUPPORTED, "%s: codec '%s' is not supported", where,
                         name);
    }
    const json_t *configuration = json_object_get(value, "configuration");
    codecs->codec[codecs->n++] =
        (struct zarr_codec){.kind = names[i].kind,
                            .checksum = json_is_true(json_object_get(configuration, "checksum"))};
    return GAIA_OK;
}

/* Reads a list of codecs: transpositions, then "bytes" or, where shard is not NULL, also
 * "sharding_indexed", whose configuration *shard then is; then codecs of bytes. */
static gaia_status codecs_read(const char *where, const json_t *list, int rank,
                               size_t element_bytes, struct zarr_pipeline *pipeline,
                               const json_t **shard, gaia_error *err)
{
    bool in_bytes = false;
    gaia_status status = GAIA_OK;
    for (size_t i = 0; status == GAIA_OK && i < json_array_size(list); i++) {
        const json_t *value = json_array_get(list, i);
        const json_t *configuration = json_object_get(value, "configuration");
        const char *name = extension_name(value);
        if (name == NULL) {
            return error_set(err, GAIA_FILE_DAMAGED, "%s: codecs[%zu] has no name", where, i);
        }
        const bool sharding = strcmp(name, "sharding_indexed") == 0;
        if (!in_bytes && strcmp(name, "transpose") == 0) {
            status = transpose_read(where, configuration, rank, pipeline->order, err);
        } else if (!in_bytes && strcmp(name, "bytes") == 0) {
            status = bytes_read(where, configuration, element_bytes, &pipeline->big_endian, err);
            in_bytes = true;
        } else if (!in_bytes && sharding && shard != NULL) {
            *shard = configuration;
            in_bytes = true;
        } else if (in_bytes && !sharding && (shard == NULL || *shard == NULL)) {
            status = bytes_codec_read(where, name, value, &pipeline->codecs, err);
        } else {
            status = error_set(err, GAIA_FORMAT_UNSUPPORTED,
                               "%s: codec '%s' is not supported at this place", where, name);
        }
    }
    if (status == GAIA_OK && !in_bytes) {
        status = error_set(err, GAIA_FILE_DAMAGED, "%s: codecs lead to no bytes", where);
    }
    return status;
}

/* The index must have a length that is known: whole numbers, and a checksum at most. */
static gaia_status index_codecs_read(const char *where, const json_t *list,
                                     struct zarr_shard *sharding, gaia_error *err)
{
    struct zarr_pipeline pipeline = {.order = {0}};
    char index[GAIA_ERROR_DETAIL / 2];
    (void)snprintf(index, sizeof index, "%s: index of its shards", where);
    const gaia_status status = codecs_read(index, list, 0, 8, &pipeline, NULL, err);
    if (status != GAIA_OK) {
        return status;
    }
    if (pipeline.codecs.n > 1 ||
        (pipeline.codecs.n == 1 && pipeline.codecs.codec[0].kind != ZARR_CRC32C)) {
        return error_set(err, GAIA_FORMAT_UNSUPPORTED,
                         "%s: codec '%s' is not supported in the index of its shards", where,
                         zarr_codec_name(pipeline.codecs.codec[0].kind));
    }
    sharding->index_big_endian = pipeline.big_endian;
    sharding->index_crc32c = pipeline.codecs.n == 1;
    return GAIA_OK;
}

/* Reads sharding_indexed. The order so far is that of the shard's axes; its inner chunks are turned
 * further by their own codecs. */
static gaia_status sharding_read(const char *where, const json_t *configuration,
                                 struct zarr_array *array, gaia_error *err)
{
    struct zarr_shard *sharding = &array->sharding;
    const char *location = zarr_json_string(configuration, "index_location");
    uint64_t inner[ZARR_RANK_MAX];
    uint64_t n = 1;
    if (location != NULL && strcmp(location, "end") != 0 && strcmp(location, "start") != 0) {
        return error_set(err, GAIA_FILE_DAMAGED,
                         "%s: index_location is neither \"start\" nor \"end\"", where);
    }
    sharding->index_at_end = location == NULL || strcmp(location, "end") == 0;
    gaia_status status =
        zarr_chunk_shape(where, "chunk_shape of the shards",
                         json_object_get(configuration, "chunk_shape"), array->rank, inner, err);
    for (int k = array->rank - 1; status == GAIA_OK && k >= 0; k--) {
        const int axis = array->pipeline.order[k];
        if (array->shard[axis] % inner[k] != 0) {
            return error_set(err, GAIA_FILE_DAMAGED,
                             "%s: shards of %llu cannot hold chunks of %llu along axis %d", where,
                             (unsigned long long)array->shard[axis], (unsigned long long)inner[k],
                             axis);
        }
        array->chunk[axis] = inner[k];
        sharding->inner_counts[axis] = array->shard[axis] / inner[k];
        sharding->index_stride[axis] = n;
        n *= sharding->inner_counts[axis];
    }
    sharding->n_inner = (size_t)n;
    array->sharded = true;
    if (status == GAIA_OK) {
        status =
            index_codecs_read(where, json_object_get(configuration, "index_codecs"), sharding, err);
    }
    return status == GAIA_OK
               ? codecs_read(where, json_object_get(configuration, "codecs"), array->rank,
                             array->type.bytes, &array->pipeline, NULL, err)
               : status;
}

gaia_status zarr_layout_v3(const char *where, const json_t *meta, struct zarr_array *array,
                           gaia_error *err)
{
    const json_t *grid = json_object_get(meta, "chunk_grid");
    const char *grid_name = extension_name(grid);
    const json_t *shard = NULL;
    gaia_status status = extensions_check(where, meta, err);
    if (status == GAIA_OK && (grid_name == NULL || strcmp(grid_name, "regular") != 0)) {
        status = error_set(err, GAIA_FORMAT_UNSUPPORTED, "%s: chunk grid '%s' is not supported",
                           where, grid_name != NULL ? grid_name : "?");
    }
    if (status == GAIA_OK) {
        status =
            zarr_chunk_shape(where, "chunk_shape",
                             json_object_get(json_object_get(grid, "configuration"), "chunk_shape"),
                             array->rank, array->shard, err);
    }
    if (status == GAIA_OK) {
        status = keys_read(where, meta, array, err);
    }
    memcpy(array->chunk, array->shard, sizeof array->chunk);
    if (status == GAIA_OK) {
        status = codecs_read(where, json_object_get(meta, "codecs"), array->rank, array->type.bytes,
                             &array->pipeline, &shard, err);
    }
    return status == GAIA_OK && shard != NULL ? sharding_read(where, shard, array, err) : status;
}
