/* SPDX-License-Identifier: MIT
 *
 * Reads what the scheduler published about itself. Called by control.c each time it has to find the
 * scheduler anew, so a renewed certificate or a scheduler that moved needs no restart here.
 *
 * Invariant: the address is all of one publication, because the file is replaced whole.
 */
#include "address.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "error.h"
#include "file.h"
#include "json.h"
#include "private_file.h"
#include "remote.h"
#include "wire.h"

enum { SMALL_FILE_BYTES = 1 << 16, PATH_BYTES = PATH_MAX + 32 };

/* A file that another program makes: that it is not there yet is no fault. */
static gaia_status awaited(gaia_status status, gaia_error *err)
{
    const bool not_yet =
        status == GAIA_FILE_MISSING || status == GAIA_FILE_DAMAGED || status == GAIA_JOB_INVALID;
    return not_yet ? error_restate(err, GAIA_UNREACHABLE) : status;
}

static gaia_status url_get(const json_t *root, const char *path, const char *key, char *url,
                           gaia_error *err)
{
    const char *text = NULL;
    const gaia_status status = json_get_string(root, path, key, true, &text, err);
    if (status != GAIA_OK) {
        return status;
    }
    if (strlen(text) >= ADDRESS_URL) {
        return error_set(err, GAIA_JOB_INVALID, "%s.%s: too long", path, key);
    }
    memcpy(url, text, strlen(text) + 1);
    return GAIA_OK;
}

void address_pick(const struct address_options *options, size_t index, struct address_place *place)
{
    const char *begin = options->remote != NULL ? options->remote : options->state;
    place->count = 1;
    for (const char *comma = strchr(begin, ','); comma != NULL; comma = strchr(comma + 1, ',')) {
        place->count++;
    }
    place->index = index % place->count;
    for (size_t i = 0; i < place->index; i++) {
        begin = strchr(begin, ',') + 1;
    }
    (void)snprintf(place->text, sizeof place->text, "%.*s", (int)strcspn(begin, ","), begin);
    place->options = *options;
    *(options->remote != NULL ? &place->options.remote : &place->options.state) = place->text;
}

/* A scheduler that says nothing of its protocol speaks the first. What it says is believed, since
 * the file is in a folder of this user alone: so nobody on the way can ask for the weaker one. */
static gaia_status protocol_get(const json_t *root, const char *path, int *protocol,
                                gaia_error *err)
{
    int64_t newest = WIRE_PROTOCOL_MIN;
    const gaia_status status = json_get_int(root, path, "protocol", false, &newest, err);
    *protocol = newest < WIRE_PROTOCOL ? WIRE_PROTOCOL_MIN : WIRE_PROTOCOL;
    return status;
}

static gaia_status local_read(const struct address_options *options, struct address *address,
                              gaia_error *err)
{
    char path[PATH_BYTES];
    char *bytes = NULL;
    size_t length = 0;
    json_t *root = NULL;
    (void)snprintf(path, sizeof path, "%s/secret", options->state);
    gaia_status status = private_secret_read(path, address->master, err);
    (void)snprintf(path, sizeof path, "%s/scheduler.json", options->state);
    if (status == GAIA_OK) {
        status = file_read(path, SMALL_FILE_BYTES, &bytes, &length, err);
    }
    if (status == GAIA_OK) {
        status = json_parse(path, bytes, length, &root, err);
    }
    if (status == GAIA_OK) {
        status = url_get(root, path, "control", address->control, err);
    }
    if (status == GAIA_OK) {
        status = url_get(root, path, "work", address->work, err);
    }
    if (status == GAIA_OK) {
        status = protocol_get(root, path, &address->protocol, err);
    }
    if (status == GAIA_OK) {
        proof_secret(address->master, options->executor, address->secret);
    }
    json_decref(root);
    free(bytes);
    return status;
}

static gaia_status remote_address_read(const struct address_options *options,
                                       struct address *address, gaia_error *err)
{
    struct remote *remote = NULL;
    gaia_status status = remote_open(options->remote, &remote, err);
    if (status == GAIA_OK) {
        memcpy(address->control, remote->control, ADDRESS_URL);
        memcpy(address->work, remote->work, ADDRESS_URL);
        address->protocol = WIRE_PROTOCOL;
        status = private_secret_read(remote->secret_path, address->secret, err);
    }
    remote_close(remote);
    return status;
}

gaia_status address_read(const struct address_options *options, struct address *address,
                         gaia_error *err)
{
    *address = (struct address){0};
    return awaited(options->remote != NULL ? remote_address_read(options, address, err)
                                           : local_read(options, address, err),
                   err);
}

/* Dials with the certificates that the remote file names. */
static gaia_status remote_dial(const char *path, const char *url, struct transport_client **client,
                               gaia_error *err)
{
    struct remote *remote = NULL;
    struct credentials credentials = {0};
    gaia_status status = remote_open(path, &remote, err);
    if (status == GAIA_OK) {
        status = credentials_read(CREDENTIALS_EXECUTOR, remote->ca_path, remote->certificate_path,
                                  remote->key_path, &credentials, err);
    }
    if (status == GAIA_OK) {
        const struct transport_tls tls = {.ca = credentials.ca,
                                          .certificate = credentials.certificate,
                                          .key = credentials.key,
                                          .server_name = remote->server_name};
        status = transport_dial(url, &tls, client, err);
    }
    credentials_fini(&credentials);
    remote_close(remote);
    return status;
}

gaia_status address_dial(const struct address_options *options, const char *url,
                         struct transport_client **client, gaia_error *err)
{
    return options->remote != NULL ? remote_dial(options->remote, url, client, err)
                                   : transport_dial(url, NULL, client, err);
}

gaia_status address_check_remote(const char *path, char *name, size_t name_bytes, gaia_error *err)
{
    struct remote *remote = NULL;
    struct credentials credentials = {0};
    char secret[SECRET_TEXT];
    gaia_status status = remote_open(path, &remote, err);
    if (status == GAIA_OK) {
        status = private_secret_read(remote->secret_path, secret, err);
    }
    if (status == GAIA_OK) {
        status = credentials_read(CREDENTIALS_EXECUTOR, remote->ca_path, remote->certificate_path,
                                  remote->key_path, &credentials, err);
    }
    if (status == GAIA_OK && strlen(remote->executor) >= name_bytes) {
        status = error_set(err, GAIA_LIMIT, "%s.executor: too long", path);
    }
    if (status == GAIA_OK) {
        memcpy(name, remote->executor, strlen(remote->executor) + 1);
    }
    credentials_fini(&credentials);
    remote_close(remote);
    return status;
}
