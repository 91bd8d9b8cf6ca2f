/* SPDX-License-Identifier: MIT
 *
 * The ends of reports, and options that are files.
 *
 * Invariant: a profile that ships goes into a job by its name, every other one whole, so that a job
 * says all that its scores depend on.
 */
#include "composite_report.h"

#include <stdlib.h>
#include <string.h>

#include "error.h"
#include "file.h"
#include "json.h"
#include "leaderboard.h"
#include "profile.h"

enum { PROFILE_BYTES_MAX = 16 << 20 };

static const size_t COMPOSITES_BYTES_MAX = (size_t)1 << 30;

const char *composite_report_head(enum report_format format)
{
    return format == REPORT_JSON ? "{\"scores\":" : "";
}

gaia_status composite_report_tail(enum report_format format, const struct text *list,
                                  struct text *out, gaia_error *err)
{
    json_t *documents = NULL;
    gaia_status status = GAIA_OK;
    switch (format) {
    case REPORT_TABLE:
        status = composites_heads_read("composites", list->s, list->length, &documents, err);
        if (status == GAIA_OK) {
            status = leaderboard_write(documents, out, err);
        } else if (status == GAIA_JOB_INVALID) {
            status = error_restate(err, GAIA_PROTOCOL);
        }
        break;
    case REPORT_JSON:
        text_append(out, ",\"composites\":");
        text_append_n(out, list->s, list->length);
        text_append(out, "}\n");
        break;
    case REPORT_CSV:
        break;
    }
    json_decref(documents);
    return status;
}

bool profile_option_is_file(const char *text)
{
    return strchr(text, '/') != NULL || strstr(text, ".json") != NULL;
}

gaia_status profile_option_read(const char *text, json_t **profile, gaia_error *err)
{
    struct gaia_profile *checked = NULL;
    char *bytes = NULL;
    size_t length = 0;
    gaia_status status = profile_find(text, &checked, err);
    if (status == GAIA_OK) {
        profile_free(checked);
        *profile = json_string(text);
        return *profile != NULL ? GAIA_OK : error_memory(err, strlen(text));
    }
    if (!profile_option_is_file(text)) {
        return error_prefix(err, error_restate(err, GAIA_USAGE), "--profile");
    }
    status = file_read(text, PROFILE_BYTES_MAX, &bytes, &length, err);
    if (status == GAIA_OK) {
        status = json_parse(text, bytes, length, profile, err);
    }
    if (status == GAIA_OK) {
        status = profile_from_json(*profile, "profile", &checked, err);
        if (status != GAIA_OK) {
            status = error_prefix(err, status, "%s", text);
            json_decref(*profile);
            *profile = NULL;
        }
    }
    profile_free(status == GAIA_OK ? checked : NULL);
    free(bytes);
    return status;
}

gaia_status day1_option_read(const char *path, json_t **passed, gaia_error *err)
{
    char *bytes = NULL;
    size_t length = 0;
    json_t *documents = NULL;
    json_t *ids = json_array();
    gaia_status status = file_read(path, COMPOSITES_BYTES_MAX, &bytes, &length, err);
    if (status == GAIA_OK) {
        status = composites_heads_read(path, bytes, length, &documents, err);
    }
    for (size_t i = 0; status == GAIA_OK && i < json_array_size(documents); i++) {
        const json_t *document = json_array_get(documents, i);
        const json_t *is_passed = json_object_get(document, "passed");
        if (!json_is_boolean(is_passed)) {
            status = error_set(err, GAIA_JOB_INVALID, "%s[%zu]: is not a day-1 composite", path, i);
        } else if (json_is_true(is_passed) &&
                   json_array_append(ids, json_object_get(document, "forecast")) != 0) {
            status = error_memory(err, 1);
        }
    }
    json_decref(documents);
    free(bytes);
    if (status != GAIA_OK) {
        json_decref(ids);
        return status;
    }
    *passed = ids;
    return GAIA_OK;
}
