/* SPDX-License-Identifier: MIT
 *
 * From the user's job file to what `gaia submit` sends.
 *
 * Invariant: only the paths of sources change, their `files` and what helps to read them; a job
 * that the engine would refuse is refused here, before anything is sent.
 */
#include "job_paths.h"

#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include <gaia/job.h>

#include "error.h"
#include "file.h"
#include "json.h"
#include "text.h"

enum { JOB_BYTES_MAX = 64 << 20 };

/* Makes *absolute of the path, NULL where it stays as it is: it is absolute, an address with a
 * scheme, or no text. */
static gaia_status path_absolute(const json_t *value, const char *directory, json_t **absolute,
                                 gaia_error *err)
{
    const char *path = json_string_value(value);
    struct text text = {0};
    *absolute = NULL;
    if (path == NULL || path[0] == '/' || strstr(path, "://") != NULL) {
        return GAIA_OK;
    }
    text_printf(&text, "%s/%s", directory, path);
    *absolute = text.failed ? NULL : json_string(text.s);
    text_fini(&text);
    return *absolute != NULL ? GAIA_OK : error_memory(err, strlen(path));
}

static gaia_status source_absolute(json_t *source, const char *directory, gaia_error *err)
{
    static const char *const keys[] = {"manifest", "token_file", "ca_file"};
    json_t *files = json_object_get(source, "files");
    json_t *absolute = NULL;
    gaia_status status = GAIA_OK;
    for (size_t i = 0; status == GAIA_OK && i < json_array_size(files); i++) {
        status = path_absolute(json_array_get(files, i), directory, &absolute, err);
        if (absolute != NULL && json_array_set_new(files, i, absolute) != 0) {
            status = error_memory(err, 1);
        }
    }
    for (size_t i = 0; status == GAIA_OK && i < sizeof keys / sizeof *keys; i++) {
        status = path_absolute(json_object_get(source, keys[i]), directory, &absolute, err);
        if (absolute != NULL && json_object_set_new(source, keys[i], absolute) != 0) {
            status = error_memory(err, 1);
        }
    }
    return status;
}

static gaia_status job_absolute(const json_t *root, const char *directory, gaia_error *err)
{
    static const char *const singles[] = {"truth", "climatology", "reference"};
    const json_t *forecasts = json_object_get(root, "forecasts");
    gaia_status status = GAIA_OK;
    for (size_t i = 0; status == GAIA_OK && i < json_array_size(forecasts); i++) {
        status = source_absolute(json_array_get(forecasts, i), directory, err);
    }
    for (size_t i = 0; status == GAIA_OK && i < sizeof singles / sizeof *singles; i++) {
        status = source_absolute(json_object_get(root, singles[i]), directory, err);
    }
    return status;
}

gaia_status job_file_read(const char *path, const char *directory, char **json, size_t *length,
                          gaia_error *err)
{
    char *bytes = NULL;
    size_t n_bytes = 0;
    struct gaia_job *job = NULL;
    json_t *root = NULL;
    gaia_status status = file_read(path, JOB_BYTES_MAX, &bytes, &n_bytes, err);
    if (status != GAIA_OK) {
        return status;
    }
    status = gaia_job_parse(bytes, n_bytes, &job, err);
    if (status == GAIA_OK) {
        status = json_parse("job", bytes, n_bytes, &root, err);
    }
    if (status != GAIA_OK) {
        status = error_prefix(err, status, "%s", path);
        goto done;
    }
    status = job_absolute(root, directory, err);
    if (status == GAIA_OK) {
        char *dumped = json_dumps(root, JSON_COMPACT);
        if (dumped == NULL) {
            status = error_memory(err, n_bytes);
            goto done;
        }
        *json = dumped;
        *length = strlen(dumped);
    }
done:
    json_decref(root);
    gaia_job_free(job);
    free(bytes);
    return status;
}
