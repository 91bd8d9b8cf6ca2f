/* SPDX-License-Identifier: MIT
 *
 * Chunk by chunk: find its bytes (in a shard, or under a key of its own), decode, copy.
 */
#include "zarr_chunk.h"

#include <stdio.h>
#include <string.h>

#include "crc32c.h"
#include "error.h"

enum { KEY_BYTES = 1280, ENTRY_BYTES = 16, CHECKSUM_BYTES = 4 };

/* A shard's index shares the cache with chunks; its ids have this bit. */
static const uint64_t INDEX_ID = (uint64_t)1 << 63;

void zarr_chunks_fini(struct zarr_chunks *chunks)
{
    zarr_cache_fini(&chunks->cache);
    zarr_buffer_fini(&chunks->raw);
    zarr_buffer_fini(&chunks->scratch.buffer[0]);
    zarr_buffer_fini(&chunks->scratch.buffer[1]);
}

static size_t index_bytes(const struct zarr_array *array)
{
    return array->sharding.n_inner * ENTRY_BYTES +
           (array->sharding.index_crc32c ? CHECKSUM_BYTES : 0);
}

size_t zarr_chunk_memory(const struct zarr_array *array)
{
    const size_t between = array->pipeline.codecs.decoded_bytes_max;
    const size_t index = array->sharded ? index_bytes(array) : 0;
    const size_t most = index > between ? index : between;
    return most > array->chunk_bytes ? most : array->chunk_bytes;
}

/* Writes the key of the shard (or chunk) at `at`. */
static void key_make(const struct zarr_array *array, const uint64_t *at, char key[KEY_BYTES])
{
    size_t used = (size_t)snprintf(key, KEY_BYTES, "%s/%s", array->name,
                                   array->key_prefix  ? "c"
                                   : array->rank == 0 ? "0"
                                                      : "");
    for (int k = 0; k < array->rank && used < KEY_BYTES; k++) {
        const char separator[2] = {k > 0 || array->key_prefix ? array->separator : '\0', '\0'};
        used += (size_t)snprintf(key + used, KEY_BYTES - used, "%s%llu", separator,
                                 (unsigned long long)at[k]);
    }
}

static gaia_status chunk_error(const struct zarr_chunks *chunks, const struct zarr_array *array,
                               const char *key, gaia_status status, gaia_error *err)
{
    return error_prefix(err, status, "%s: array '%s': chunk '%s'", chunks->store->name, array->name,
                        key);
}

/* Gets the bytes of a key into chunks->raw. More than a chunk can have is damage, not a limit. */
static gaia_status raw_get(struct zarr_chunks *chunks, const struct zarr_array *array,
                           const char *key, const struct zarr_range *range, size_t bytes_max,
                           bool *found, gaia_error *err)
{
    const gaia_status status =
        zarr_store_get(chunks->store, key, range, bytes_max, &chunks->raw, found, err);
    if (status == GAIA_LIMIT) {
        (void)error_set(err, GAIA_FILE_DAMAGED, "more than the %zu bytes that it can have",
                        bytes_max);
        return chunk_error(chunks, array, key, GAIA_FILE_DAMAGED, err);
    }
    return status;
}

static uint64_t index_number(const struct zarr_array *array, const unsigned char *at)
{
    uint64_t number = 0;
    for (size_t k = 0; k < 8; k++) {
        number |= (uint64_t)at[array->sharding.index_big_endian ? 7 - k : k] << (8 * k);
    }
    return number;
}

/* Reads the index of a shard into the cache; *index is NULL where there is no such shard. */
static gaia_status index_get(struct zarr_chunks *chunks, const struct zarr_array *array,
                             uint64_t shard_id, const char *key, size_t cache_bytes,
                             const unsigned char **index, gaia_error *err)
{
    const size_t length = index_bytes(array);
    const struct zarr_range range = {.from_end = array->sharding.index_at_end, .length = length};
    unsigned char *kept = zarr_cache_find(&chunks->cache, array, shard_id | INDEX_ID);
    bool found = false;
    *index = kept;
    if (kept != NULL) {
        return GAIA_OK;
    }
    gaia_status status = raw_get(chunks, array, key, &range, length, &found, err);
    if (status != GAIA_OK || !found) {
        return status;
    }
    const unsigned char *raw = chunks->raw.bytes;
    if (chunks->raw.length != length) {
        status =
            error_set(err, GAIA_FILE_DAMAGED, "its index has %zu bytes; the shard ends after %zu",
                      length, chunks->raw.length);
    } else if (array->sharding.index_crc32c) {
        const unsigned char *at = raw + length - CHECKSUM_BYTES;
        const uint32_t stored =
            (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
        if (stored != crc32c(raw, length - CHECKSUM_BYTES)) {
            status = error_set(err, GAIA_FILE_DAMAGED, "the checksum of its index is wrong");
        }
    }
    if (status != GAIA_OK) {
        return chunk_error(chunks, array, key, status, err);
    }
    status =
        zarr_cache_add(&chunks->cache, array, shard_id | INDEX_ID, length, cache_bytes, &kept, err);
    if (status == GAIA_OK) {
        memcpy(kept, raw, length);
        *index = kept;
    }
    return status;
}

/* Where the inner chunk at `at` (of the grid of inner chunks) lies in its shard. *range is left
 * alone, and *found false, where it is not there. */
static gaia_status inner_find(struct zarr_chunks *chunks, const struct zarr_array *array,
                              const uint64_t *at, const char *key, uint64_t shard_id,
                              size_t cache_bytes, struct zarr_range *range, bool *found,
                              gaia_error *err)
{
    const unsigned char *index = NULL;
    uint64_t entry = 0;
    *found = false;
    const gaia_status status = index_get(chunks, array, shard_id, key, cache_bytes, &index, err);
    if (status != GAIA_OK || index == NULL) {
        return status;
    }
    for (int k = 0; k < array->rank; k++) {
        entry += at[k] % array->sharding.inner_counts[k] * array->sharding.index_stride[k];
    }
    const unsigned char *place = index + entry * ENTRY_BYTES;
    const uint64_t offset = index_number(array, place);
    const uint64_t length = index_number(array, place + ENTRY_BYTES / 2);
    if (offset == UINT64_MAX && length == UINT64_MAX) {
        return GAIA_OK;
    }
    if (length > array->pipeline.codecs.encoded_bytes_max || offset > INT64_MAX - length) {
        (void)error_set(err, GAIA_FILE_DAMAGED, "its index gives chunk %llu %llu bytes at %llu",
                        (unsigned long long)entry, (unsigned long long)length,
                        (unsigned long long)offset);
        return chunk_error(chunks, array, key, GAIA_FILE_DAMAGED, err);
    }
    *range = (struct zarr_range){.offset = offset, .length = (size_t)length};
    *found = true;
    return GAIA_OK;
}

/* Gets the stored bytes of the chunk at `at` into chunks->raw. */
static gaia_status stored_get(struct zarr_chunks *chunks, const struct zarr_array *array,
                              const uint64_t *at, size_t cache_bytes, char key[KEY_BYTES],
                              bool *found, gaia_error *err)
{
    uint64_t shard_at[ZARR_RANK_MAX] = {0};
    uint64_t shard_id = 0;
    struct zarr_range range = {.length = 0};
    for (int k = 0; k < array->rank; k++) {
        const uint64_t n_shards = array->shape[k] / array->shard[k] + 1;
        shard_at[k] = array->sharded ? at[k] / array->sharding.inner_counts[k] : at[k];
        shard_id = shard_id * n_shards + shard_at[k];
    }
    key_make(array, shard_at, key);
    const size_t bytes_max = array->pipeline.codecs.encoded_bytes_max;
    if (!array->sharded) {
        return raw_get(chunks, array, key, NULL, bytes_max, found, err);
    }
    gaia_status status =
        inner_find(chunks, array, at, key, shard_id, cache_bytes, &range, found, err);
    if (status != GAIA_OK || !*found) {
        return status;
    }
    status = raw_get(chunks, array, key, &range, bytes_max, found, err);
    if (status == GAIA_OK && (!*found || chunks->raw.length != range.length)) {
        (void)error_set(err, GAIA_FILE_DAMAGED,
                        "its index gives a chunk %zu bytes at %llu, beyond its end", range.length,
                        (unsigned long long)range.offset);
        return chunk_error(chunks, array, key, GAIA_FILE_DAMAGED, err);
    }
    return status;
}

/* A number of the chunk at `at` that no other chunk of the array has. */
static uint64_t chunk_id(const struct zarr_array *array, const uint64_t *at)
{
    uint64_t id = 0;
    for (int k = 0; k < array->rank; k++) {
        id = id * (array->shape[k] / array->chunk[k] + 1) + at[k];
    }
    return id;
}

/* The decoded chunk at `at` of the grid of chunks; *data is NULL where the store has none. */
static gaia_status chunk_get(struct zarr_chunks *chunks, const struct zarr_array *array,
                             const uint64_t *at, size_t cache_bytes, const unsigned char **data,
                             gaia_error *err)
{
    char key[KEY_BYTES];
    bool found = false;
    const uint64_t id = chunk_id(array, at);
    unsigned char *kept = zarr_cache_find(&chunks->cache, array, id);
    *data = kept;
    if (kept != NULL) {
        return GAIA_OK;
    }
    gaia_status status = stored_get(chunks, array, at, cache_bytes, key, &found, err);
    if (status == GAIA_OK && !found && !array->has_fill) {
        status = error_set(err, GAIA_FILE_DAMAGED, "it is missing, and there is no fill_value");
        return chunk_error(chunks, array, key, status, err);
    }
    if (status != GAIA_OK || !found) {
        return status;
    }
    status = zarr_cache_add(&chunks->cache, array, id, array->chunk_bytes, cache_bytes, &kept, err);
    if (status != GAIA_OK) {
        return status;
    }
    status = zarr_codecs_decode(&array->pipeline.codecs, chunks->raw.bytes, chunks->raw.length,
                                kept, array->chunk_bytes, &chunks->scratch, err);
    if (status != GAIA_OK) {
        zarr_cache_drop(&chunks->cache);
        return chunk_error(chunks, array, key, status, err);
    }
    struct zarr_type stored = array->type;
    stored.big_endian = array->pipeline.big_endian;
    if (zarr_type_foreign(&stored)) {
        zarr_type_swap(kept, array->chunk_bytes / stored.bytes, stored.bytes);
    }
    *data = kept;
    return GAIA_OK;
}

/* Copies n elements that lie step bytes apart; one loop a width, which the compiler knows. */
#define STEPS_COPY(width)                                                                          \
    for (size_t j = 0; j < n; j++) {                                                               \
        memcpy(to + j * (width), from + j * step, width);                                          \
    }

/* Copies n elements that lie stride apart to where they lie side by side. */
static void row_copy(const struct zarr_type *type, const unsigned char *from, uint64_t stride,
                     size_t n, unsigned char *to)
{
    const size_t step = (size_t)stride * type->bytes;
    if (!zarr_type_kept(type)) {
        for (size_t j = 0; j < n; j++) {
            const double value = zarr_type_number(type, from + j * step);
            memcpy(to + j * sizeof value, &value, sizeof value);
        }
    } else if (stride == 1) {
        memcpy(to, from, n * type->bytes);
    } else if (type->bytes == 2) {
        STEPS_COPY(2)
    } else if (type->bytes == 4) {
        STEPS_COPY(4)
    } else {
        STEPS_COPY(8)
    }
}

/* One axis of the plane as chunks cut it; an axis that the array lacks has one entry. */
struct plane_axis {
    int axis; /* -1: none */
    uint64_t n;
    uint64_t chunk;
    uint64_t stride;
};

static struct plane_axis plane_axis_make(const struct zarr_array *array, int axis)
{
    return axis < 0 ? (struct plane_axis){.axis = -1, .n = 1, .chunk = 1}
                    : (struct plane_axis){axis, array->shape[axis], array->chunk[axis],
                                          array->stride[axis]};
}

/* A plane as chunks cut it, numbered row by row. */
struct plane {
    const struct zarr_array *array;
    struct plane_axis rows;
    struct plane_axis columns;
    uint64_t n_in_row;
    uint64_t n_chunks;
    uint64_t said; /* chunks that the store was told of */
    uint64_t at[ZARR_RANK_MAX];
};

/* Sets `at` to the place of chunk i in the grid of chunks. */
static void plane_go(struct plane *plane, uint64_t i)
{
    if (plane->rows.axis >= 0) {
        plane->at[plane->rows.axis] = i / plane->n_in_row;
    }
    if (plane->columns.axis >= 0) {
        plane->at[plane->columns.axis] = i % plane->n_in_row;
    }
}

/* Tells the store of chunk i, which is about to be read, and of those that come next, as many as it
 * likes. What lies in a shard is known only once the shard's index is: nothing is told of those. */
static void ahead_say(struct zarr_chunks *chunks, struct plane *plane, uint64_t i,
                      size_t cache_bytes)
{
    const struct zarr_array *array = plane->array;
    char key[KEY_BYTES];
    if (array->sharded || chunks->store->ops->want == NULL) {
        return;
    }
    plane->said = plane->said < i ? i : plane->said;
    for (; plane->said < plane->n_chunks; plane->said++) {
        plane_go(plane, plane->said);
        if (zarr_cache_find(&chunks->cache, array, chunk_id(array, plane->at)) != NULL) {
            continue;
        }
        key_make(array, plane->at, key);
        if (!zarr_store_want(chunks->store, key, array->pipeline.codecs.encoded_bytes_max,
                             cache_bytes)) {
            break;
        }
    }
}

/* Copies what chunk i has of the plane. data NULL: the fill value. `leading` is where the plane
 * begins in the chunk, in elements. */
static void chunk_copy(const struct plane *plane, uint64_t i, const unsigned char *data,
                       uint64_t leading, size_t out_bytes, unsigned char *out)
{
    const struct zarr_array *array = plane->array;
    const struct plane_axis *rows = &plane->rows;
    const struct plane_axis *columns = &plane->columns;
    const uint64_t row = i / plane->n_in_row * rows->chunk;
    const uint64_t column = i % plane->n_in_row * columns->chunk;
    const uint64_t n_rows = rows->n - row < rows->chunk ? rows->n - row : rows->chunk;
    const uint64_t left = columns->n - column;
    const size_t n = (size_t)(left < columns->chunk ? left : columns->chunk);
    for (uint64_t k = 0; k < n_rows; k++) {
        unsigned char *to = out + ((row + k) * columns->n + column) * out_bytes;
        const unsigned char *from =
            data == NULL ? array->fill : data + (leading + k * rows->stride) * array->type.bytes;
        row_copy(&array->type, from, data == NULL ? 0 : columns->stride, n, to);
    }
}

gaia_status zarr_plane_read(struct zarr_chunks *chunks, const struct zarr_array *array,
                            const uint64_t *index, size_t cache_bytes, void *out, gaia_error *err)
{
    struct plane plane = {.array = array,
                          .rows = plane_axis_make(array, array->rank - 2),
                          .columns = plane_axis_make(array, array->rank - 1)};
    const size_t out_bytes = zarr_type_kept(&array->type) ? array->type.bytes : sizeof(double);
    uint64_t leading = 0;
    gaia_status status = GAIA_OK;
    for (int k = 0; k < array->rank - 2; k++) {
        plane.at[k] = index[k] / array->chunk[k];
        leading += index[k] % array->chunk[k] * array->stride[k];
    }
    plane.n_in_row = plane.columns.n == 0 ? 1 : 1 + (plane.columns.n - 1) / plane.columns.chunk;
    plane.n_chunks = plane.rows.n == 0 || plane.columns.n == 0
                         ? 0
                         : plane.n_in_row * (1 + (plane.rows.n - 1) / plane.rows.chunk);
    for (uint64_t i = 0; status == GAIA_OK && i < plane.n_chunks; i++) {
        const unsigned char *data = NULL;
        ahead_say(chunks, &plane, i, cache_bytes);
        plane_go(&plane, i);
        status = chunk_get(chunks, array, plane.at, cache_bytes, &data, err);
        if (status == GAIA_OK) {
            chunk_copy(&plane, i, data, leading, out_bytes, out);
        }
    }
    return status;
}
