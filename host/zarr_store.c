/* SPDX-License-Identifier: MIT
 *
 * What all stores share: buffers, and the check of keys.
 */
#include "zarr_store.h"

#include <stdlib.h>
#include <string.h>

#include "error.h"

gaia_status zarr_buffer_resize(struct zarr_buffer *buffer, size_t length, gaia_error *err)
{
    if (length > buffer->capacity) {
        unsigned char *bytes = malloc(length);
        if (bytes == NULL) {
            return error_memory(err, length);
        }
        free(buffer->bytes);
        buffer->bytes = bytes;
        buffer->capacity = length;
    }
    buffer->length = length;
    return GAIA_OK;
}

void zarr_buffer_fini(struct zarr_buffer *buffer)
{
    free(buffer->bytes);
    *buffer = (struct zarr_buffer){0};
}

/* Whether every part between slashes is a name. */
static bool key_valid(const char *key)
{
    for (const char *part = key;; part++) {
        const size_t length = strcspn(part, "/");
        if (length == 0 || (length == 1 && part[0] == '.') ||
            (length == 2 && part[0] == '.' && part[1] == '.')) {
            return false;
        }
        part += length;
        if (*part == '\0') {
            return true;
        }
    }
}

gaia_status zarr_store_get(struct zarr_store *store, const char *key,
                           const struct zarr_range *range, size_t bytes_max,
                           struct zarr_buffer *out, bool *found, gaia_error *err)
{
    *found = false;
    if (!key_valid(key)) {
        return error_set(err, GAIA_FILE_UNREADABLE, "%s: '%s' is no key of a store", store->name,
                         key);
    }
    return store->ops->get(store, key, range, bytes_max, out, found, err);
}

static int name_compare(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

gaia_status zarr_store_list(struct zarr_store *store, struct arena *arena, const char ***names,
                            size_t *n_names, gaia_error *err)
{
    *names = NULL;
    *n_names = 0;
    if (store->ops->list == NULL) {
        return GAIA_OK;
    }
    const gaia_status status = store->ops->list(store, arena, names, n_names, err);
    if (status == GAIA_OK && *n_names > 1) {
        qsort(*names, *n_names, sizeof **names, name_compare);
    }
    return status;
}

bool zarr_store_want(struct zarr_store *store, const char *key, size_t bytes_max,
                     size_t budget_bytes)
{
    return store->ops->want != NULL && key_valid(key) &&
           store->ops->want(store, key, bytes_max, budget_bytes);
}

void zarr_store_settle(struct zarr_store *store, size_t bytes_max)
{
    if (store->ops->settle != NULL) {
        store->ops->settle(store, bytes_max);
    }
}

void zarr_store_close(struct zarr_store *store)
{
    if (store != NULL) {
        store->ops->close(store);
    }
}
