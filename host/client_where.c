/* SPDX-License-Identifier: MIT
 *
 * Finding the scheduler. Beside client_http.c, which speaks to it.
 *
 * Invariant: where the scheduler of a state directory listens is read from STATE/scheduler.json
 * before each request, so one that came back on another port is found. A token goes to https, or
 * to this machine.
 */
#include "client_where.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "error.h"
#include "file.h"
#include "json.h"
#include "private_file.h"

enum { SMALL_FILE_BYTES = 1 << 16 };

static gaia_status secret_read(struct client_where *where, gaia_error *err)
{
    char path[CLIENT_PATH_BYTES + 16];
    char secret[SECRET_TEXT];
    (void)snprintf(path, sizeof path, "%s/secret", where->state);
    const gaia_status status = private_secret_read(path, secret, err);
    if (status == GAIA_FILE_MISSING) {
        return error_set(err, GAIA_UNREACHABLE, "no scheduler has run on %s; `gaia up` starts one",
                         where->state);
    }
    if (status != GAIA_OK) {
        return status;
    }
    text_printf(&where->authorization, "Authorization: Bearer %s", secret);
    return where->authorization.failed ? error_memory(err, sizeof secret) : GAIA_OK;
}

gaia_status client_where_state(const char *state, struct client_where *where, gaia_error *err)
{
    const gaia_status status = state_directory(state, where->state, sizeof where->state, err);
    return status == GAIA_OK ? secret_read(where, err) : status;
}

/* Writes the address of the API, as the scheduler published it, into url. */
static gaia_status note_read(const struct client_where *where, struct text *url, gaia_error *err)
{
    char path[CLIENT_PATH_BYTES + 16];
    char *bytes = NULL;
    size_t length = 0;
    json_t *root = NULL;
    const char *api = NULL;
    (void)snprintf(path, sizeof path, "%s/scheduler.json", where->state);
    gaia_status status = file_read(path, SMALL_FILE_BYTES, &bytes, &length, err);
    if (status == GAIA_FILE_MISSING) {
        return error_set(err, GAIA_UNREACHABLE, "no scheduler runs on %s; `gaia up` starts one",
                         where->state);
    }
    if (status == GAIA_OK) {
        status = json_parse(path, bytes, length, &root, err);
    }
    if (status == GAIA_OK) {
        status = json_get_string(root, path, "api", true, &api, err);
    }
    if (status == GAIA_OK) {
        text_append(url, api);
    }
    json_decref(root);
    free(bytes);
    return status;
}

/* Whether an http:// address is this machine's. */
static bool address_is_loopback(const char *address)
{
    static const char *const starts[] = {"http://127.0.0.1", "http://localhost", "http://[::1]"};
    for (size_t i = 0; i < sizeof starts / sizeof *starts; i++) {
        const size_t length = strlen(starts[i]);
        if (strncmp(address, starts[i], length) == 0 && strchr(":/", address[length]) != NULL) {
            return true;
        }
    }
    return false;
}

static gaia_status address_check(const char *address, gaia_error *err)
{
    const bool is_secure = strncmp(address, "https://", 8) == 0;
    if (strpbrk(address, " \t\r\n\"<>\\@?#") != NULL ||
        (!is_secure && strncmp(address, "http://", 7) != 0) || strlen(address) > 1024) {
        return error_set(err, GAIA_USAGE, "--scheduler %.100s: https://HOST:PORT is wanted",
                         address);
    }
    return is_secure || address_is_loopback(address)
               ? GAIA_OK
               : error_set(err, GAIA_USAGE,
                           "--scheduler %s: a token is not sent in the clear; https is wanted",
                           address);
}

/* Reads the first line of the token's file. */
static gaia_status token_read(const char *path, struct client_where *where, gaia_error *err)
{
    char *bytes = NULL;
    size_t length = 0;
    const gaia_status status = private_file_read(path, SMALL_FILE_BYTES, &bytes, &length, err);
    if (status != GAIA_OK) {
        return status;
    }
    const size_t line = strcspn(bytes, "\r\n");
    const bool is_token = line > 0 && line < GAIA_CLIENT_TOKEN && strcspn(bytes, " \t") >= line;
    if (is_token) {
        text_append(&where->authorization, "Authorization: Bearer ");
        text_append_n(&where->authorization, bytes, line);
    }
    private_free(bytes);
    return is_token ? GAIA_OK
                    : error_set(err, GAIA_FILE_DAMAGED, "%s: one line, a token, is wanted", path);
}

gaia_status client_where_remote(const struct gaia_client_remote *remote, struct client_where *where,
                                gaia_error *err)
{
    gaia_status status = address_check(remote->url, err);
    if (status == GAIA_OK && remote->token_file == NULL) {
        status = error_set(err, GAIA_USAGE, "--scheduler: --token-file FILE is wanted with it");
    }
    if (status == GAIA_OK) {
        status = token_read(remote->token_file, where, err);
    }
    if (status != GAIA_OK) {
        return status;
    }
    size_t length = strlen(remote->url);
    length -= remote->url[length - 1] == '/';
    text_append_n(&where->address, remote->url, length);
    if (remote->ca_file != NULL) {
        text_append(&where->ca_file, remote->ca_file);
    }
    return where->address.failed || where->authorization.failed || where->ca_file.failed
               ? error_memory(err, length)
               : GAIA_OK;
}

gaia_status client_where_append(const struct client_where *where, struct text *url, gaia_error *err)
{
    if (where->state[0] != '\0') {
        return note_read(where, url, err);
    }
    text_append(url, where->address.s);
    return GAIA_OK;
}

void client_where_fini(struct client_where *where)
{
    if (where->authorization.s != NULL) {
        explicit_bzero(where->authorization.s, where->authorization.length);
    }
    text_fini(&where->authorization);
    text_fini(&where->address);
    text_fini(&where->ca_file);
}
