/* SPDX-License-Identifier: MIT
 *
 * Finding the scheduler. Beside client_http.c, which speaks to it.
 *
 * Invariant: where the scheduler of a state directory listens is read from STATE/scheduler.json
 * before each request, so one that came back on another port is found. A token goes to https, or
 * to this machine.
 */
#include "client_where.h"

#include <stdbool.h>
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

static void where_fini(struct client_where *where)
{
    if (where->authorization.s != NULL) {
        explicit_bzero(where->authorization.s, where->authorization.length);
    }
    text_fini(&where->authorization);
    text_fini(&where->address);
    text_fini(&where->ca_file);
}

/* Room for as many places as commas separate. */
static gaia_status places_make(const char *list, struct client_places *places, gaia_error *err)
{
    size_t n = 1;
    for (const char *comma = strchr(list, ','); comma != NULL; comma = strchr(comma + 1, ',')) {
        n++;
    }
    *places = (struct client_places){.at = calloc(n, sizeof *places->at)};
    return places->at != NULL ? GAIA_OK : error_memory(err, n * sizeof *places->at);
}

/* Takes the first name off the list; false: there is none left. */
static bool name_next(const char **list, char name[CLIENT_PATH_BYTES], gaia_status *status,
                      gaia_error *err)
{
    if (*list == NULL) {
        return false;
    }
    const size_t length = strcspn(*list, ",");
    const bool is_last = (*list)[length] == '\0';
    (void)snprintf(name, CLIENT_PATH_BYTES, "%.*s", (int)length, *list);
    *status = length > 0 && length < CLIENT_PATH_BYTES && name[0] != ' '
                  ? GAIA_OK
                  : error_set(err, GAIA_USAGE,
                              "'%.100s' is not where a scheduler is: names without a blank at "
                              "their beginning are wanted, commas between them",
                              name);
    *list = is_last ? NULL : *list + length + 1;
    return true;
}

gaia_status client_places_state(const char *states, struct client_places *places, gaia_error *err)
{
    char name[CLIENT_PATH_BYTES];
    const char *usual = getenv("GAIA_STATE");
    const char *list = states != NULL || usual == NULL ? states : usual;
    const bool is_one = list == NULL || strchr(list, ',') == NULL;
    gaia_status missing = GAIA_UNREACHABLE;
    gaia_status status = places_make(is_one ? "" : list, places, err);
    if (status == GAIA_OK && is_one) {
        places->n = 1;
        status = state_directory(states, places->at->state, sizeof places->at->state, err);
        return status == GAIA_OK ? secret_read(places->at, err) : status;
    }
    while (status == GAIA_OK && name_next(&list, name, &status, err) && status == GAIA_OK) {
        struct client_where *where = &places->at[places->n];
        memcpy(where->state, name, strlen(name) + 1);
        status = secret_read(where, err);
        places->n += status == GAIA_OK;
        missing = status;
        status = status == GAIA_UNREACHABLE ? GAIA_OK : status;
    }
    return status == GAIA_OK && places->n == 0 ? missing : status;
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

/* An address of the remote's, with its token. */
static gaia_status where_remote(const struct gaia_client_remote *remote, const char *address,
                                struct client_where *where, gaia_error *err)
{
    gaia_status status = address_check(address, err);
    if (status == GAIA_OK && remote->token_file == NULL) {
        status = error_set(err, GAIA_USAGE, "--scheduler: --token-file FILE is wanted with it");
    }
    if (status == GAIA_OK) {
        status = token_read(remote->token_file, where, err);
    }
    if (status != GAIA_OK) {
        return status;
    }
    size_t length = strlen(address);
    length -= address[length - 1] == '/';
    text_append_n(&where->address, address, length);
    if (remote->ca_file != NULL) {
        text_append(&where->ca_file, remote->ca_file);
    }
    return where->address.failed || where->authorization.failed || where->ca_file.failed
               ? error_memory(err, length)
               : GAIA_OK;
}

gaia_status client_places_remote(const struct gaia_client_remote *remote,
                                 struct client_places *places, gaia_error *err)
{
    char address[CLIENT_PATH_BYTES];
    const char *list = remote->url;
    gaia_status status = places_make(list, places, err);
    while (status == GAIA_OK && name_next(&list, address, &status, err) && status == GAIA_OK) {
        status = where_remote(remote, address, &places->at[places->n++], err);
    }
    return status;
}

void client_places_fini(struct client_places *places)
{
    for (size_t i = 0; places->at != NULL && i < places->n; i++) {
        where_fini(&places->at[i]);
    }
    free(places->at);
}

gaia_status client_where_append(const struct client_where *where, struct text *url, gaia_error *err)
{
    if (where->state[0] != '\0') {
        return note_read(where, url, err);
    }
    text_append(url, where->address.s);
    return GAIA_OK;
}
