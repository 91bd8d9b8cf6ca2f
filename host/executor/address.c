/* SPDX-License-Identifier: MIT
 *
 * Reads what the scheduler published about itself. Called by control.c each time it has to find the
 * scheduler anew.
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

enum { SMALL_FILE_BYTES = 1 << 16, PATH_BYTES = PATH_MAX + 32 };

/* Reads a file that another program makes: that it is not there yet is no fault. */
static gaia_status awaited_read(const char *path, char **bytes, size_t *length, gaia_error *err)
{
    const gaia_status status = file_read(path, SMALL_FILE_BYTES, bytes, length, err);
    return status == GAIA_FILE_MISSING ? error_restate(err, GAIA_UNREACHABLE) : status;
}

static gaia_status secret_read(const char *state, char *secret, gaia_error *err)
{
    char path[PATH_BYTES];
    char *bytes = NULL;
    size_t length = 0;
    (void)snprintf(path, sizeof path, "%s/secret", state);
    gaia_status status = awaited_read(path, &bytes, &length, err);
    if (status != GAIA_OK) {
        return status;
    }
    const size_t n = strspn(bytes, "0123456789abcdef");
    if (n == ADDRESS_SECRET - 1) {
        memcpy(secret, bytes, n);
        secret[n] = '\0';
    } else {
        status = error_set(err, GAIA_UNREACHABLE, "%s: 64 hexadecimal digits are wanted", path);
    }
    free(bytes);
    return status;
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

size_t address_state(const char *states, size_t index, char *out, size_t out_bytes)
{
    size_t count = 1;
    for (const char *comma = strchr(states, ','); comma != NULL; comma = strchr(comma + 1, ',')) {
        count++;
    }
    const char *begin = states;
    for (size_t i = index % count; i > 0; i--) {
        begin = strchr(begin, ',') + 1;
    }
    const int n = snprintf(out, out_bytes, "%.*s", (int)strcspn(begin, ","), begin);
    return n >= 0 && (size_t)n < out_bytes ? count : 0;
}

gaia_status address_read(const char *state, struct address *address, gaia_error *err)
{
    char path[PATH_BYTES];
    char *bytes = NULL;
    size_t length = 0;
    json_t *root = NULL;
    (void)snprintf(path, sizeof path, "%s/scheduler.json", state);
    gaia_status status = secret_read(state, address->secret, err);
    if (status == GAIA_OK) {
        status = awaited_read(path, &bytes, &length, err);
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
    json_decref(root);
    free(bytes);
    return status == GAIA_JOB_INVALID ? error_restate(err, GAIA_UNREACHABLE) : status;
}
