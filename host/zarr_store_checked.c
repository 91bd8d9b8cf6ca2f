/* SPDX-License-Identifier: MIT
 *
 * A Zarr store whose every object is held against a manifest before it is given: metadata,
 * coordinates and chunks alike.
 *
 * Invariant: the bytes that are given are the bytes that were hashed. So a part of an object (of a
 * shard) is cut from the whole of it, which is kept in memory, not read again.
 */
#include "zarr_store.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "error.h"
#include "http_url.h"
#include "manifest.h"

enum { KEY_BYTES = MANIFEST_KEY_BYTES, WHOLE_BYTES_MAX = 256 << 20 };

struct checked {
    struct zarr_store public;
    struct zarr_store *inner;
    const struct manifest *manifest;
    char prefix[256];          /* before the store's keys in the manifest */
    char whole_key[KEY_BYTES]; /* of the manifest; "": nothing is in whole */
    struct zarr_buffer whole;  /* the last object of which a part was asked for, checked */
};

static void checked_settle(struct zarr_store *store, size_t bytes_max)
{
    struct checked *checked = (struct checked *)store;
    if (checked->whole.capacity > bytes_max) {
        zarr_buffer_fini(&checked->whole);
        checked->whole_key[0] = '\0';
    }
    zarr_store_settle(checked->inner, bytes_max - checked->whole.capacity);
}

static void checked_close(struct zarr_store *store)
{
    struct checked *checked = (struct checked *)store;
    zarr_store_close(checked->inner);
    zarr_buffer_fini(&checked->whole);
    free(checked);
}

/* Writes the manifest's key; false if it is longer than any. */
static bool key_full(const struct checked *checked, const char *key, char out[KEY_BYTES])
{
    const int n = snprintf(out, KEY_BYTES, "%s%s", checked->prefix, key);
    return n > 0 && n < KEY_BYTES;
}

/* Gets the object and checks it; what is not there must not be in the manifest either. */
static gaia_status object_get(struct checked *checked, const char *key, const char *full,
                              size_t bytes_max, struct zarr_buffer *out, bool *found,
                              gaia_error *err)
{
    const struct manifest *manifest = checked->manifest;
    const char *name = checked->public.name;
    gaia_status status = zarr_store_get(checked->inner, key, NULL, bytes_max, out, found, err);
    if (status == GAIA_OK) {
        status = *found ? manifest_check(manifest, name, full, out->bytes, out->length, err)
                        : manifest_check_absent(manifest, name, full, err);
    }
    *found = *found && status == GAIA_OK;
    return status;
}

/* Cuts the range out of the checked object. */
static gaia_status range_cut(const struct zarr_buffer *whole, const struct zarr_range *range,
                             size_t bytes_max, struct zarr_buffer *out, gaia_error *err)
{
    const size_t length = range->length < whole->length ? range->length : whole->length;
    size_t first = whole->length - length;
    size_t n = length;
    if (!range->from_end) {
        first = range->offset < whole->length ? (size_t)range->offset : whole->length;
        n = range->length < whole->length - first ? range->length : whole->length - first;
    }
    if (n > bytes_max) {
        return error_set(err, GAIA_LIMIT, "a part of %zu bytes; at most %zu are read", n,
                         bytes_max);
    }
    const gaia_status status = zarr_buffer_resize(out, n, err);
    if (status == GAIA_OK && n > 0) {
        memcpy(out->bytes, whole->bytes + first, n);
    }
    return status;
}

static gaia_status part_get(struct checked *checked, const char *key, const char *full,
                            const struct zarr_range *range, size_t bytes_max,
                            struct zarr_buffer *out, bool *found, gaia_error *err)
{
    const size_t whole_max = checked->public.whole_bytes_max;
    if (strcmp(checked->whole_key, full) != 0) {
        checked->whole_key[0] = '\0';
        gaia_status status = object_get(checked, key, full, whole_max, &checked->whole, found, err);
        if (status == GAIA_LIMIT) {
            return error_set(err, GAIA_OUT_OF_MEMORY,
                             "%s: key '%s' is a shard that is read whole to be checked, and takes "
                             "more than %zu bytes, too many for --memory",
                             checked->public.name, key, whole_max);
        }
        if (status != GAIA_OK || !*found) {
            return status;
        }
        memcpy(checked->whole_key, full, strlen(full) + 1);
    }
    *found = true;
    return range_cut(&checked->whole, range, bytes_max, out, err);
}

static gaia_status checked_get(struct zarr_store *store, const char *key,
                               const struct zarr_range *range, size_t bytes_max,
                               struct zarr_buffer *out, bool *found, gaia_error *err)
{
    struct checked *checked = (struct checked *)store;
    char full[KEY_BYTES];
    if (!key_full(checked, key, full)) {
        return GAIA_OK; /* no manifest has it, and no store */
    }
    return range == NULL ? object_get(checked, key, full, bytes_max, out, found, err)
                         : part_get(checked, key, full, range, bytes_max, out, found, err);
}

static gaia_status checked_list(struct zarr_store *store, struct arena *arena, const char ***names,
                                size_t *n_names, gaia_error *err)
{
    return zarr_store_list(((struct checked *)store)->inner, arena, names, n_names, err);
}

static bool checked_want(struct zarr_store *store, const char *key, size_t bytes_max,
                         size_t budget_bytes)
{
    struct checked *checked = (struct checked *)store;
    return zarr_store_want(checked->inner, key, bytes_max, budget_bytes);
}

static const struct zarr_store_ops checked_ops = {
    .close = checked_close,
    .get = checked_get,
    .list = checked_list,
    .want = checked_want,
    .settle = checked_settle,
};

/* Whether the manifest is of the store itself, not of a folder that holds it. */
static bool root_known(const struct manifest *manifest)
{
    static const char *const keys[] = {"zarr.json", ".zmetadata", ".zgroup"};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        if (manifest_find(manifest, keys[i]) != NULL) {
            return true;
        }
    }
    return false;
}

gaia_status zarr_store_open_checked(struct zarr_store *inner, const struct manifest *manifest,
                                    struct zarr_store **store, gaia_error *err)
{
    struct checked *checked = calloc(1, sizeof *checked);
    if (checked == NULL) {
        zarr_store_close(inner);
        return error_memory(err, sizeof *checked);
    }
    checked->public =
        (struct zarr_store){.ops = &checked_ops, .name = inner->name, WHOLE_BYTES_MAX};
    checked->inner = inner;
    checked->manifest = manifest;
    if (!root_known(manifest)) {
        int length = 0;
        const char *name = http_url_name(inner->name, &length);
        (void)snprintf(checked->prefix, sizeof checked->prefix, "%.*s/", length, name);
    }
    *store = &checked->public;
    return GAIA_OK;
}
