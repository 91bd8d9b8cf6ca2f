/* SPDX-License-Identifier: MIT
 *
 * From the user's job file to what `gaia submit` sends.
 *
 * Invariant: only the strings in the `files` of sources change; a job that the engine would refuse
 * is refused here, before anything is sent.
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

/* A path that is absolute, or an address with a scheme, stays as it is. */
static gaia_status file_absolute(json_t *files, size_t i, const char *directory, gaia_error *err)
{
    const char *path = json_string_value(json_array_get(files, i));
    struct text absolute = {0};
    if (path == NULL || path[0] == '/' || strstr(path, "://") != NULL) {
        return GAIA_OK;
    }
    text_printf(&absolute, "%s/%s", directory, path);
    const int failed =
        absolute.failed || json_array_set_new(files, i, json_string(absolute.s)) != 0;
    text_fini(&absolute);
    return failed ? error_memory(err, strlen(path)) : GAIA_OK;
}

static gaia_status source_absolute(const json_t *source, const char *directory, gaia_error *err)
{
    json_t *files = json_object_get(source, "files");
    gaia_status status = GAIA_OK;
    for (size_t i = 0; status == GAIA_OK && i < json_array_size(files); i++) {
        status = file_absolute(files, i, directory, err);
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
    return status == GAIA_OK
               ? source_absolute(json_object_get(json_object_get(root, "request"), "source"),
                                 directory, err)
               : status;
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
