/* SPDX-License-Identifier: MIT
 *
 * Reading one source of a job: its files and how they are to be understood.
 */
#include "job_source.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include <gaia/time.h>

#include "error.h"
#include "json.h"
#include "text.h"

enum { HOUR_S = 3600 };

gaia_status job_text_copy(struct arena *arena, const char *text, const char **copy, gaia_error *err)
{
    *copy = arena_strdup(arena, text);
    return *copy != NULL ? GAIA_OK : error_memory(err, strlen(text) + 1);
}

gaia_status job_texts_read(struct arena *arena, const json_t *object, const char *path,
                           const char *key, const char *const **texts, size_t *n, gaia_error *err)
{
    const json_t *array = NULL;
    gaia_status status = json_get_array(object, path, key, false, &array, err);
    const size_t count = array != NULL ? json_array_size(array) : 0;
    if (status != GAIA_OK || count == 0) {
        return status;
    }
    const char **list = arena_alloc(arena, count, sizeof *list);
    if (list == NULL) {
        return error_memory(err, count * sizeof *list);
    }
    for (size_t i = 0; status == GAIA_OK && i < count; i++) {
        const json_t *item = json_array_get(array, i);
        if (!json_is_string(item) || json_string_length(item) == 0) {
            return error_set(err, GAIA_JOB_INVALID, "%s.%s[%zu]: a text is wanted, not %s", path,
                             key, i, json_is_string(item) ? "an empty one" : json_type_text(item));
        }
        status = job_text_copy(arena, json_string_value(item), &list[i], err);
    }
    *texts = list;
    *n = count;
    return status;
}

static gaia_status names_read(struct arena *arena, const json_t *source, const char *path,
                              struct gaia_source *out, gaia_error *err)
{
    json_t *object = json_object_get(source, "names");
    if (object == NULL) {
        return GAIA_OK;
    }
    if (!json_is_object(object)) {
        return error_set(err, GAIA_JOB_INVALID, "%s.names: an object is wanted, not %s", path,
                         json_type_text(object));
    }
    const size_t count = json_object_size(object);
    struct gaia_name *names = arena_alloc(arena, count, sizeof *names);
    if (names == NULL && count > 0) {
        return error_memory(err, count * sizeof *names);
    }
    size_t i = 0;
    const char *key = NULL;
    json_t *value = NULL;
    json_object_foreach(object, key, value)
    {
        if (!json_is_string(value)) {
            return error_set(err, GAIA_JOB_INVALID, "%s.names.%s: a string is wanted, not %s", path,
                             key, json_type_text(value));
        }
        gaia_status status = job_text_copy(arena, key, &names[i].name, err);
        if (status == GAIA_OK) {
            status = job_text_copy(arena, json_string_value(value), &names[i].in_file, err);
        }
        if (status != GAIA_OK) {
            return status;
        }
        i++;
    }
    out->names = names;
    out->n_names = count;
    return GAIA_OK;
}

gaia_status job_time_copy(struct arena *arena, const char *text, const char *where,
                          const char **copy, gaia_error *err)
{
    gaia_error first = {0};
    int64_t time_s = 0;
    gaia_status status = gaia_time_parse(text, &time_s, &first);
    for (unsigned i = 1; status != GAIA_OK && i < GAIA_CALENDAR_COUNT; i++) {
        status = gaia_calendar_parse((enum gaia_calendar)i, text, &time_s, NULL);
    }
    return status == GAIA_OK ? job_text_copy(arena, text, copy, err)
                             : error_set(err, GAIA_JOB_INVALID, "%s: %s", where, first.detail);
}

/* Reads "select" and "init". */
static gaia_status times_read(struct arena *arena, const json_t *source, const char *path,
                              struct gaia_source *out, gaia_error *err)
{
    static const char *const keys[] = {"init"};
    const json_t *object = json_object_get(source, "select");
    char where[JOB_PATH_TEXT];
    const char *select = NULL;
    const char *init = NULL;
    (void)snprintf(where, sizeof where, "%s.select", path);
    gaia_status status = object != NULL ? json_check_keys(object, where, keys, 1, err) : GAIA_OK;
    if (status == GAIA_OK && object != NULL) {
        status = json_get_string(object, where, "init", true, &select, err);
    }
    if (status == GAIA_OK) {
        status = json_get_string(source, path, "init", false, &init, err);
    }
    if (status == GAIA_OK && select != NULL) {
        (void)snprintf(where, sizeof where, "%s.select.init", path);
        status = job_time_copy(arena, select, where, &out->select_init, err);
    }
    if (status == GAIA_OK && init != NULL) {
        (void)snprintf(where, sizeof where, "%s.init", path);
        status = job_time_copy(arena, init, where, &out->init, err);
    }
    return status;
}

/* "init" makes lead times of valid times: whatever else says what they are contradicts it. */
static gaia_status init_check(const struct gaia_source *source, const char *path, gaia_error *err)
{
    const char *other = source->select_init != NULL ? "select"
                        : source->has_step_override ? "step_override"
                        : source->as_truth          ? "as"
                                                    : NULL;
    return source->init == NULL || other == NULL
               ? GAIA_OK
               : error_set(err, GAIA_JOB_INVALID, "%s: 'init' and '%s' contradict each other", path,
                           other);
}

/* Reads the settings of a source that say how its files are to be understood. */
static gaia_status reading_read(struct arena *arena, const json_t *source, const char *path,
                                struct gaia_source *out, gaia_error *err)
{
    const char *as = NULL;
    const char *format = "auto";
    double step_hours = (double)NAN;
    gaia_status status = json_get_string(source, path, "as", false, &as, err);
    if (status == GAIA_OK && as != NULL && strcmp(as, "truth") != 0) {
        status = error_set(err, GAIA_JOB_INVALID, "%s.as: 'truth' is wanted, not '%s'", path, as);
    }
    if (status == GAIA_OK) {
        status = json_get_string(source, path, "format", false, &format, err);
    }
    if (status == GAIA_OK) {
        status = json_get_number(source, path, "step_override", false, &step_hours, err);
    }
    if (status == GAIA_OK && fabs(step_hours) > JOB_LEAD_HOURS_MAX) {
        status = error_set(err, GAIA_JOB_INVALID, "%s.step_override: out of range", path);
    }
    if (status != GAIA_OK) {
        return status;
    }
    out->as_truth = as != NULL;
    out->has_step_override = !isnan(step_hours);
    out->step_override_s = out->has_step_override ? llround(step_hours * HOUR_S) : 0;
    return job_text_copy(arena, format, &out->format, err);
}

/* Only a climatology may be interpolated; role is the source's key in the job, NULL of a forecast.
 */
static gaia_status interpolate_read(const json_t *source, const char *path, const char *role,
                                    struct gaia_source *out, gaia_error *err)
{
    const json_t *value = json_object_get(source, "interpolate");
    if (value != NULL && !json_is_boolean(value)) {
        return error_set(err, GAIA_JOB_INVALID, "%s.interpolate: true or false is wanted, not %s",
                         path, json_type_text(value));
    }
    out->interpolate = json_is_true(value);
    return out->interpolate && (role == NULL || strcmp(role, "climatology") != 0)
               ? error_set(err, GAIA_JOB_INVALID, "%s.interpolate: only a climatology can be", path)
               : GAIA_OK;
}

static gaia_status text_read(struct arena *arena, const json_t *source, const char *path,
                             const char *key, const char **out, gaia_error *err)
{
    const char *text = NULL;
    const gaia_status status = json_get_string(source, path, key, false, &text, err);
    if (status != GAIA_OK || text == NULL) {
        return status;
    }
    return text[0] == '\0' ? error_set(err, GAIA_JOB_INVALID, "%s.%s: it is empty", path, key)
                           : job_text_copy(arena, text, out, err);
}

/* Reads the settings of a source that say how its bytes are come by and checked. */
static gaia_status access_read(struct arena *arena, const json_t *source, const char *path,
                               struct gaia_source *out, gaia_error *err)
{
    gaia_status status = text_read(arena, source, path, "manifest", &out->manifest, err);
    if (status == GAIA_OK) {
        status = text_read(arena, source, path, "manifest_hash", &out->manifest_hash, err);
    }
    if (status == GAIA_OK && out->manifest_hash != NULL && out->manifest == NULL) {
        status = error_set(err, GAIA_JOB_INVALID,
                           "%s.manifest_hash: there is no 'manifest' that it could be of", path);
    }
    if (status == GAIA_OK) {
        status = text_read(arena, source, path, "token_file", &out->token_file, err);
    }
    return status == GAIA_OK ? text_read(arena, source, path, "ca_file", &out->ca_file, err)
                             : status;
}

gaia_status job_source_read(struct arena *arena, const json_t *source, const char *path,
                            const char *id, struct gaia_source *out, gaia_error *err)
{
    static const char *const keys[] = {
        "files",      "id",      "names",         "select",   "init",
        "as",         "format",  "step_override", "manifest", "manifest_hash",
        "token_file", "ca_file", "interpolate"};
    const char *role = id;
    gaia_status status = json_check_keys(source, path, keys, sizeof keys / sizeof *keys, err);
    if (status == GAIA_OK) {
        status = json_get_string(source, path, "id", false, &id, err);
    }
    if (status == GAIA_OK && (id == NULL || id[0] == '\0')) {
        status = error_set(err, GAIA_JOB_INVALID,
                           id == NULL ? "%s: key 'id' is missing" : "%s.id: it is empty", path);
    }
    if (status == GAIA_OK && !text_is_clean(id)) {
        status =
            error_set(err, GAIA_JOB_INVALID,
                      "%s.id: '%s' has control characters, or others that are not seen", path, id);
    }
    if (status == GAIA_OK) {
        status = job_text_copy(arena, id, &out->id, err);
    }
    if (status == GAIA_OK) {
        status = job_texts_read(arena, source, path, "files", &out->files, &out->n_files, err);
    }
    if (status == GAIA_OK && out->n_files == 0) {
        status = error_set(err, GAIA_JOB_INVALID, "%s: key 'files' is missing or empty", path);
    }
    if (status == GAIA_OK) {
        status = names_read(arena, source, path, out, err);
    }
    if (status == GAIA_OK) {
        status = times_read(arena, source, path, out, err);
    }
    if (status == GAIA_OK) {
        status = interpolate_read(source, path, role, out, err);
    }
    if (status == GAIA_OK) {
        status = reading_read(arena, source, path, out, err);
    }
    if (status == GAIA_OK) {
        status = init_check(out, path, err);
    }
    return status == GAIA_OK ? access_read(arena, source, path, out, err) : status;
}
