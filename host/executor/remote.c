/* SPDX-License-Identifier: MIT
 *
 * Reads gaia.remote/1. For address.c.
 *
 * Invariant: an address in it is never one that is spoken to in the clear.
 */
#include "remote.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "error.h"
#include "file.h"
#include "json.h"

enum { FILE_BYTES_MAX = 1 << 16 };

/* Copies the member into out; one that is a path is taken from where the file lies. */
static gaia_status member_read(const json_t *root, const char *path, const char *key, bool is_path,
                               char *out, size_t out_bytes, gaia_error *err)
{
    const char *text = NULL;
    const char *slash = strrchr(path, '/');
    const gaia_status status = json_get_string(root, path, key, true, &text, err);
    if (status != GAIA_OK) {
        return status;
    }
    const bool relative = is_path && text[0] != '/' && slash != NULL;
    const int n =
        snprintf(out, out_bytes, "%.*s%s", relative ? (int)(slash - path) + 1 : 0, path, text);
    return text[0] != '\0' && n > 0 && (size_t)n < out_bytes
               ? GAIA_OK
               : error_set(err, GAIA_JOB_INVALID, "%s.%s: empty or too long", path, key);
}

static gaia_status members_read(const json_t *root, const char *path, struct remote *remote,
                                gaia_error *err)
{
    static const char scheme[] = "tls+tcp://";
    static const char *const keys[] = {"schema", "control",     "work", "executor", "server_name",
                                       "ca",     "certificate", "key",  "secret"};
    char schema[REMOTE_NAME];
    const struct {
        const char *key;
        char *out;
        size_t out_bytes;
        bool is_path;
    } members[] = {
        {"schema", schema, sizeof schema, false},
        {"control", remote->control, sizeof remote->control, false},
        {"work", remote->work, sizeof remote->work, false},
        {"executor", remote->executor, sizeof remote->executor, false},
        {"server_name", remote->server_name, sizeof remote->server_name, false},
        {"ca", remote->ca_path, sizeof remote->ca_path, true},
        {"certificate", remote->certificate_path, sizeof remote->certificate_path, true},
        {"key", remote->key_path, sizeof remote->key_path, true},
        {"secret", remote->secret_path, sizeof remote->secret_path, true},
    };
    gaia_status status = json_check_keys(root, path, keys, sizeof keys / sizeof *keys, err);
    for (size_t i = 0; status == GAIA_OK && i < sizeof members / sizeof *members; i++) {
        status = member_read(root, path, members[i].key, members[i].is_path, members[i].out,
                             members[i].out_bytes, err);
    }
    if (status == GAIA_OK && strcmp(schema, "gaia.remote/1") != 0) {
        status = error_set(err, GAIA_JOB_INVALID, "%s.schema: gaia.remote/1 is wanted", path);
    }
    if (status == GAIA_OK && (strncmp(remote->control, scheme, sizeof scheme - 1) != 0 ||
                              strncmp(remote->work, scheme, sizeof scheme - 1) != 0)) {
        status = error_set(err, GAIA_JOB_INVALID,
                           "%s: control and work are tls+tcp:// addresses: plain tcp:// is for "
                           "one machine alone",
                           path);
    }
    if (status == GAIA_OK && strchr(remote->executor, '/') != NULL) {
        status = error_set(err, GAIA_JOB_INVALID, "%s.executor: a name has no slash", path);
    }
    return status;
}

gaia_status remote_open(const char *path, struct remote **remote, gaia_error *err)
{
    char *bytes = NULL;
    size_t length = 0;
    json_t *root = NULL;
    struct remote *made = calloc(1, sizeof *made);
    if (made == NULL) {
        return error_memory(err, sizeof *made);
    }
    gaia_status status = file_read_regular(path, FILE_BYTES_MAX, &bytes, &length, err);
    if (status == GAIA_OK) {
        status = json_parse(path, bytes, length, &root, err);
    }
    if (status == GAIA_OK) {
        status = members_read(root, path, made, err);
    }
    json_decref(root);
    free(bytes);
    if (status != GAIA_OK) {
        remote_close(made);
        return status == GAIA_JOB_INVALID ? error_restate(err, GAIA_FILE_DAMAGED) : status;
    }
    *remote = made;
    return GAIA_OK;
}

void remote_close(struct remote *remote)
{
    free(remote);
}
