/* SPDX-License-Identifier: MIT
 *
 * A Zarr store behind an address: a key is a part of the path. What will be wanted soon is fetched
 * ahead, in the order in which it was said.
 *
 * Invariant: no address is asked for that does not lie below the store's own, but by redirects.
 */
#include "zarr_store.h"

#include <stdlib.h>
#include <string.h>

#include "error.h"
#include "http.h"
#include "http_url.h"
#include "text.h"

enum { KEY_BYTES = 1536, WHOLE_BYTES_MAX = 256 << 20 };

/* A request that was made ahead. */
struct wanted {
    char key[KEY_BYTES];
    size_t bytes_max;
    struct http_request *request; /* NULL: nothing is here */
};

struct remote {
    struct zarr_store public;
    const struct http_origin *origin;
    struct http_pool *pool;
    struct text url; /* of the request at hand */
    struct wanted wanted[HTTP_PARALLEL_MAX];
};

static void remote_settle(struct zarr_store *store, size_t bytes_max)
{
    struct remote *remote = (struct remote *)store;
    for (size_t i = 0; i < HTTP_PARALLEL_MAX; i++) {
        if (remote->wanted[i].request != NULL) {
            http_request_drop(remote->wanted[i].request);
            remote->wanted[i].request = NULL;
        }
    }
    http_pool_trim(remote->pool, bytes_max);
}

static void remote_close(struct zarr_store *store)
{
    struct remote *remote = (struct remote *)store;
    remote_settle(store, 0);
    text_fini(&remote->url);
    free(remote->public.name);
    free(remote);
}

static struct wanted *wanted_find(struct remote *remote, const char *key)
{
    for (size_t i = 0; i < HTTP_PARALLEL_MAX; i++) {
        struct wanted *wanted = &remote->wanted[i];
        if (wanted->request != NULL && strcmp(wanted->key, key) == 0) {
            return wanted;
        }
    }
    return NULL;
}

static gaia_status request_start(struct remote *remote, const char *key,
                                 const struct zarr_range *range, size_t bytes_max, bool ahead,
                                 struct http_request **request, gaia_error *err)
{
    http_url_key(remote->public.name, key, &remote->url);
    if (remote->url.failed) {
        remote->url.failed = false;
        return error_memory(err, strlen(key));
    }
    return http_request_start(remote->pool, remote->origin, remote->url.s, range, bytes_max, ahead,
                              request, err);
}

static bool remote_want(struct zarr_store *store, const char *key, size_t bytes_max,
                        size_t budget_bytes)
{
    struct remote *remote = (struct remote *)store;
    struct wanted *place = NULL;
    const size_t used_bytes = http_pool_bytes(remote->pool);
    const size_t length = strlen(key);
    for (size_t i = 0; place == NULL && i < HTTP_PARALLEL_MAX; i++) {
        place = remote->wanted[i].request == NULL ? &remote->wanted[i] : NULL;
    }
    if (place == NULL || length >= sizeof place->key || used_bytes > budget_bytes ||
        bytes_max > budget_bytes - used_bytes || wanted_find(remote, key) != NULL) {
        return false;
    }
    /* What cannot be asked ahead is asked later, and fails then. */
    if (request_start(remote, key, NULL, bytes_max, true, &place->request, NULL) != GAIA_OK ||
        place->request == NULL) {
        place->request = NULL;
        return false;
    }
    memcpy(place->key, key, length + 1);
    place->bytes_max = bytes_max;
    return true;
}

static gaia_status remote_get(struct zarr_store *store, const char *key,
                              const struct zarr_range *range, size_t bytes_max,
                              struct zarr_buffer *out, bool *found, gaia_error *err)
{
    struct remote *remote = (struct remote *)store;
    struct wanted *wanted = range == NULL ? wanted_find(remote, key) : NULL;
    struct http_request *request = NULL;
    gaia_status status = GAIA_OK;
    if (wanted != NULL && wanted->bytes_max == bytes_max) {
        request = wanted->request;
        wanted->request = NULL;
    } else {
        status = request_start(remote, key, range, bytes_max, false, &request, err);
    }
    if (status == GAIA_OK) {
        status = http_request_wait(request, out, found, err);
    }
    return status == GAIA_OK ? GAIA_OK
                             : error_prefix(err, status, "%s: key '%s'", store->name, key);
}

static const struct zarr_store_ops remote_ops = {
    .close = remote_close,
    .get = remote_get,
    .want = remote_want,
    .settle = remote_settle,
};

gaia_status zarr_store_open_http(const char *url, const struct http_origin *origin,
                                 struct http_pool *pool, struct zarr_store **store, gaia_error *err)
{
    const gaia_status status = http_url_check(url, err);
    if (status != GAIA_OK) {
        return status;
    }
    struct remote *remote = calloc(1, sizeof *remote);
    if (remote == NULL) {
        return error_memory(err, sizeof *remote);
    }
    remote->public.ops = &remote_ops;
    remote->public.whole_bytes_max = WHOLE_BYTES_MAX;
    remote->public.name = strdup(url);
    remote->origin = origin;
    remote->pool = pool;
    if (remote->public.name == NULL) {
        free(remote);
        return error_memory(err, strlen(url));
    }
    *store = &remote->public;
    return GAIA_OK;
}
