/* SPDX-License-Identifier: MIT
 *
 * Lock, secret and scheduler.json.
 *
 * Invariant: what scheduler.json names is listening for as long as the file is there.
 */
#include "state_dir.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <jansson.h>

#include "error.h"
#include "file.h"
#include "process.h"
#include "wire.h"

enum { NOTE_BYTES_MAX = 4096 };

gaia_status state_dir_path(const struct state_dir *dir, const char *name, char *out,
                           size_t out_bytes, gaia_error *err)
{
    const int n = snprintf(out, out_bytes, "%s/%s", dir->path, name);
    return n > 0 && (size_t)n < out_bytes
               ? GAIA_OK
               : error_set(err, GAIA_USAGE, "%s/%s: path too long", dir->path, name);
}

static gaia_status lock_file(struct state_dir *dir, gaia_error *err)
{
    char path[STATE_PATH];
    bool taken = false;
    gaia_status status = state_dir_path(dir, "scheduler.lock", path, sizeof path, err);
    if (status == GAIA_OK) {
        status = lock_take(path, &taken, &dir->lock_fd, err);
    }
    if (status == GAIA_OK && !taken) {
        dir->lock_fd = -1;
        status = error_set(err, GAIA_LIMIT, "another scheduler runs in %s", dir->path);
    }
    return status;
}

gaia_status state_dir_open(const char *option, struct state_dir *dir, gaia_error *err)
{
    char path[STATE_PATH];
    *dir = (struct state_dir){.lock_fd = -1};
    gaia_status status = state_directory(option, dir->path, sizeof dir->path, err);
    if (status == GAIA_OK) {
        status = directory_make(dir->path, err);
    }
    if (status == GAIA_OK) {
        status = lock_file(dir, err);
    }
    if (status == GAIA_OK) {
        status = state_dir_path(dir, "secret", path, sizeof path, err);
    }
    if (status == GAIA_OK) {
        status = private_secret_make(path, err);
    }
    if (status == GAIA_OK) {
        status = private_secret_read(path, dir->secret, err);
    }
    if (status != GAIA_OK) {
        state_dir_close(dir);
    }
    return status;
}

static json_t *note_make(const struct state_note *where)
{
    char api[64];
    (void)snprintf(api, sizeof api, "http://127.0.0.1:%u", where->api_port);
    json_t *note =
        json_pack("{s:I, s:s, s:s, s:s, s:i}", "pid", (json_int_t)getpid(), "api", api, "control",
                  where->control, "work", where->work, "protocol", WIRE_PROTOCOL);
    if (note != NULL && where->remote_api[0] != '\0' &&
        json_object_set_new(note, "remote_api", json_string(where->remote_api)) != 0) {
        json_decref(note);
        note = NULL;
    }
    if (note != NULL && where->remote_control[0] != '\0' &&
        (json_object_set_new(note, "remote_control", json_string(where->remote_control)) != 0 ||
         json_object_set_new(note, "remote_work", json_string(where->remote_work)) != 0)) {
        json_decref(note);
        note = NULL;
    }
    return note;
}

gaia_status state_dir_announce(const struct state_dir *dir, const struct state_note *where,
                               gaia_error *err)
{
    char path[STATE_PATH];
    json_t *note = note_make(where);
    char *text = note != NULL ? json_dumps(note, JSON_INDENT(1)) : NULL;
    gaia_status status = text != NULL ? GAIA_OK : error_memory(err, NOTE_BYTES_MAX);
    if (status == GAIA_OK) {
        status = state_dir_path(dir, "scheduler.json", path, sizeof path, err);
    }
    if (status == GAIA_OK) {
        status = file_write(path, text, strlen(text), 0600, err);
    }
    free(text);
    json_decref(note);
    return status;
}

void state_dir_withdraw(const struct state_dir *dir)
{
    char path[STATE_PATH];
    char *bytes = NULL;
    size_t length = 0;
    if (state_dir_path(dir, "scheduler.json", path, sizeof path, NULL) != GAIA_OK ||
        file_read(path, NOTE_BYTES_MAX, &bytes, &length, NULL) != GAIA_OK) {
        return;
    }
    json_t *note = json_loadb(bytes, length, 0, NULL);
    if (json_integer_value(json_object_get(note, "pid")) == (json_int_t)getpid()) {
        (void)unlink(path);
    }
    json_decref(note);
    free(bytes);
}

void state_dir_close(struct state_dir *dir)
{
    if (dir->lock_fd >= 0) {
        (void)close(dir->lock_fd);
        dir->lock_fd = -1;
    }
}
