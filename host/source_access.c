/* SPDX-License-Identifier: MIT
 *
 * Reading tokens and manifests, and opening files with them.
 */
#include "source_access.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "clock.h"
#include "error.h"
#include "file.h"
#include "http_url.h"
#include "reader_array.h"

enum { TOKEN_BYTES_MAX = 8192, NAME_BYTES = 256 };

struct source_access_node {
    const struct gaia_source *source; /* the first that wanted it */
    struct source_access access;
    struct manifest *manifest;
    char *secret; /* the token file's line, cut in two */
    size_t secret_bytes;
    const char *token; /* the second of them; NULL: none */
    struct source_access_node *next;
};

static void node_free(struct source_access_node *node)
{
    if (node != NULL) {
        manifest_free(node->manifest);
        if (node->secret != NULL) {
            explicit_bzero(node->secret, node->secret_bytes);
        }
        free(node->secret);
        free(node);
    }
}

void source_accesses_fini(struct source_accesses *accesses)
{
    http_pool_close(accesses->pool);
    while (accesses->first != NULL) {
        struct source_access_node *next = accesses->first->next;
        node_free(accesses->first);
        accesses->first = next;
    }
    *accesses = (struct source_accesses){.first = NULL};
}

void source_accesses_watch(struct source_accesses *accesses, http_cancelled *cancelled,
                           const void *context)
{
    accesses->cancelled = cancelled;
    accesses->cancelled_context = context;
    if (accesses->pool != NULL) {
        http_pool_watch(accesses->pool, cancelled, context);
    }
}

/* Whether the address is the place of a token, "https://host:port", or lies below it. */
static bool place_covers(const char *place, const char *url)
{
    const size_t length = strlen(place);
    return http_url_is(url) && strncasecmp(place, url, length) == 0 &&
           (url[length] == '/' || url[length] == '\0');
}

/* Every address of the source must be one that the token is for. */
static gaia_status token_places_check(const struct gaia_source *source, const char *place,
                                      gaia_error *err)
{
    for (size_t i = 0; i <= source->n_files; i++) {
        const char *url = i < source->n_files ? source->files[i] : source->manifest;
        if (url != NULL && http_url_is(url) && !place_covers(place, url)) {
            return error_set(err, GAIA_DENIED,
                             "token_file: %s: its token is for another place than %s",
                             source->token_file, url);
        }
    }
    return GAIA_OK;
}

/* Reads the token and the place that it is for: one line, "https://host:port TOKEN". What the file
 * holds is in no message. A job may come from a stranger: without the place it could have any
 * one-line secret that this process can read sent to an address of its own. */
static gaia_status token_read(const struct gaia_source *source, struct source_access_node *node,
                              gaia_error *err)
{
    const gaia_status status = file_read_regular(source->token_file, TOKEN_BYTES_MAX, &node->secret,
                                                 &node->secret_bytes, err);
    if (status != GAIA_OK) {
        return error_prefix(err, status, "token_file");
    }
    size_t length = node->secret_bytes;
    char *blank = memchr(node->secret, ' ', length);
    while (length > 0 && (node->secret[length - 1] == '\n' || node->secret[length - 1] == '\r')) {
        node->secret[--length] = '\0';
    }
    bool good = blank != NULL && blank + 1 < node->secret + length && http_url_is(node->secret);
    for (size_t i = 0; i < length; i++) {
        const char c = node->secret[i];
        good = good && ((c > ' ' && c < 0x7f) || node->secret + i == blank);
    }
    if (!good) {
        return error_set(err, GAIA_JOB_INVALID,
                         "token_file: %s: one line is wanted, 'https://HOST TOKEN'",
                         source->token_file);
    }
    *blank = '\0';
    node->token = blank + 1;
    return token_places_check(source, node->secret, err);
}

static gaia_status manifest_fetch(const struct source_access *access, const char *url,
                                  struct manifest **manifest, gaia_error *err)
{
    struct http_request *request = NULL;
    struct zarr_buffer body = {0};
    bool found = false;
    gaia_status status = http_url_check(url, err);
    if (status == GAIA_OK) {
        status = http_request_start(access->pool, &access->origin, url, NULL, MANIFEST_BYTES_MAX,
                                    false, &request, err);
    }
    if (status == GAIA_OK) {
        status = http_request_wait(request, &body, &found, err);
        status = status == GAIA_OK ? GAIA_OK : error_prefix(err, status, "%s", url);
    }
    if (status == GAIA_OK && !found) {
        status = error_set(err, GAIA_FILE_MISSING, "%s: no such manifest", url);
    }
    if (status == GAIA_OK) {
        status = manifest_parse(url, (const char *)body.bytes, body.length, manifest, err);
    }
    zarr_buffer_fini(&body);
    return status;
}

static bool source_remote(const struct gaia_source *source)
{
    bool remote = source->manifest != NULL && http_url_is(source->manifest);
    for (size_t i = 0; i < source->n_files; i++) {
        remote = remote || http_url_is(source->files[i]);
    }
    return remote;
}

/* Reads what the source names into the node. */
static gaia_status node_fill(struct source_accesses *accesses, const struct gaia_source *source,
                             struct source_access_node *node, gaia_error *err)
{
    const bool remote = source_remote(source);
    gaia_status status = GAIA_OK;
    if (remote && accesses->pool == NULL) {
        const struct http_limits usual = http_limits_default();
        const struct http_limits *limits = accesses->given.limits;
        status = http_pool_open(limits != NULL ? limits : &usual, (uint64_t)clock_realtime_ms(),
                                &accesses->pool, err);
        if (status == GAIA_OK) {
            http_pool_watch(accesses->pool, accesses->cancelled, accesses->cancelled_context);
        }
    }
    if (status == GAIA_OK && remote && source->token_file != NULL) {
        status = token_read(source, node, err);
    }
    node->access.pool = accesses->pool;
    node->access.origin = (struct http_origin){.token = node->token, .ca_file = source->ca_file};
    if (status == GAIA_OK && source->manifest != NULL) {
        status = http_url_is(source->manifest)
                     ? manifest_fetch(&node->access, source->manifest, &node->manifest, err)
                     : manifest_read(source->manifest, &node->manifest, err);
    }
    if (status == GAIA_OK && source->manifest_hash != NULL) {
        status = manifest_pinned(node->manifest, source->manifest_hash, err);
    }
    node->access.manifest = node->manifest;
    return status;
}

static bool text_same(const char *a, const char *b)
{
    return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

/* The node of a source that names the same manifest, token and authorities, as the forecasts of one
 * job may all do; NULL: none. */
static struct source_access_node *node_find(const struct source_accesses *accesses,
                                            const struct gaia_source *source)
{
    struct source_access_node *node = accesses->first;
    while (node != NULL && !(text_same(node->source->manifest, source->manifest) &&
                             text_same(node->source->manifest_hash, source->manifest_hash) &&
                             text_same(node->source->token_file, source->token_file) &&
                             text_same(node->source->ca_file, source->ca_file) &&
                             source_remote(node->source) == source_remote(source))) {
        node = node->next;
    }
    return node;
}

gaia_status source_access_get(struct source_accesses *accesses, const struct gaia_source *source,
                              const struct source_access **access, gaia_error *err)
{
    if (strcmp(source->format, ARRAY_FORMAT) == 0) {
        *access = &accesses->given;
        return source->manifest == NULL
                   ? GAIA_OK
                   : error_set(err, GAIA_JOB_INVALID, "%s: format 'array' has no manifest",
                               source->files[0]);
    }
    if (!source_remote(source) && source->manifest == NULL) {
        return GAIA_OK;
    }
    struct source_access_node *node = node_find(accesses, source);
    if (node != NULL) {
        const gaia_status status =
            node->secret != NULL ? token_places_check(source, node->secret, err) : GAIA_OK;
        *access = status == GAIA_OK ? &node->access : NULL;
        return status;
    }
    node = calloc(1, sizeof *node);
    if (node == NULL) {
        return error_memory(err, sizeof *node);
    }
    node->source = source;
    const gaia_status status = node_fill(accesses, source, node, err);
    if (status != GAIA_OK) {
        node_free(node);
        return status;
    }
    node->next = accesses->first;
    accesses->first = node;
    *access = &node->access;
    return GAIA_OK;
}

gaia_status source_open(const struct reader_ops *ops, const char *path,
                        const struct source_access *access, struct reader **reader, gaia_error *err)
{
    char name[NAME_BYTES];
    int length = 0;
    if (ops->open_with != NULL) {
        return ops->open_with(path, access, reader, err);
    }
    if (http_url_is(path)) {
        return error_set(err, GAIA_FORMAT_UNSUPPORTED,
                         "%s: format '%s' is read from files; only zarr is read from an address",
                         path, ops->format);
    }
    gaia_status status = GAIA_OK;
    if (access != NULL && access->manifest != NULL) {
        const char *last = http_url_name(path, &length);
        (void)snprintf(name, sizeof name, "%.*s", length, last);
        status = manifest_check_file(access->manifest, path, name, err);
    }
    return status == GAIA_OK ? ops->open(path, reader, err) : status;
}

gaia_status source_store_open(const char *url, const struct source_access *access,
                              struct zarr_store **store, gaia_error *err)
{
    if (access == NULL || access->pool == NULL) {
        return error_set(err, GAIA_FORMAT_UNSUPPORTED, "%s: no address can be read here", url);
    }
    return zarr_store_open_http(url, &access->origin, access->pool, store, err);
}
