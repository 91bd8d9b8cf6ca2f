/* SPDX-License-Identifier: MIT
 *
 * Reading "masks": a source of one field, and how its values become weights.
 */
#include "job_mask.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "error.h"
#include "job_region.h"
#include "job_source.h"
#include "json.h"
#include "text.h"

/* The keys that say how values become weights; the others are those of a source. */
static const char *const weight_keys[] = {"variable", "threshold", "classes", "invert", "missing"};
enum { N_WEIGHT_KEYS = sizeof weight_keys / sizeof *weight_keys };

static gaia_status classes_read(struct arena *arena, const json_t *object, const char *path,
                                struct gaia_mask *mask, gaia_error *err)
{
    const json_t *array = NULL;
    const gaia_status status = json_get_array(object, path, "classes", false, &array, err);
    const size_t n = json_array_size(array);
    if (status != GAIA_OK || array == NULL) {
        return status;
    }
    if (n == 0 || n > JOB_CLASSES_MAX) {
        return error_set(err, GAIA_JOB_INVALID, "%s.classes: %zu entries; 1 to %d are possible",
                         path, n, JOB_CLASSES_MAX);
    }
    double *classes = arena_alloc(arena, n, sizeof *classes);
    if (classes == NULL) {
        return error_memory(err, n * sizeof *classes);
    }
    for (size_t i = 0; i < n; i++) {
        const json_t *item = json_array_get(array, i);
        if (!json_is_number(item)) {
            return error_set(err, GAIA_JOB_INVALID, "%s.classes[%zu]: a number is wanted, not %s",
                             path, i, json_type_text(item));
        }
        classes[i] = json_number_value(item);
    }
    mask->classes = classes;
    mask->n_classes = n;
    return GAIA_OK;
}

static gaia_status weights_read(struct arena *arena, const json_t *object, const char *path,
                                struct gaia_mask *mask, gaia_error *err)
{
    const json_t *invert = json_object_get(object, "invert");
    const char *variable = NULL;
    const char *missing = NULL;
    double threshold = (double)NAN;
    gaia_status status = json_get_string(object, path, "variable", false, &variable, err);
    if (status == GAIA_OK && variable != NULL) {
        status = job_text_copy(arena, variable, &mask->variable, err);
    }
    if (status == GAIA_OK) {
        status = json_get_number(object, path, "threshold", false, &threshold, err);
    }
    if (status == GAIA_OK) {
        status = classes_read(arena, object, path, mask, err);
    }
    if (status == GAIA_OK && !isnan(threshold) && mask->n_classes > 0) {
        status = error_set(err, GAIA_JOB_INVALID, "%s: 'threshold' or 'classes', not both", path);
    }
    if (status == GAIA_OK && invert != NULL && !json_is_boolean(invert)) {
        status = error_set(err, GAIA_JOB_INVALID, "%s.invert: a boolean is wanted, not %s", path,
                           json_type_text(invert));
    }
    if (status == GAIA_OK) {
        status = json_get_string(object, path, "missing", false, &missing, err);
    }
    if (status == GAIA_OK && missing != NULL && strcmp(missing, "outside") != 0) {
        status = error_set(err, GAIA_JOB_INVALID, "%s.missing: 'outside' is wanted, not '%s'", path,
                           missing);
    }
    mask->has_threshold = !isnan(threshold);
    mask->threshold = threshold;
    mask->is_inverted = json_is_true(invert);
    mask->missing_is_outside = missing != NULL;
    return status;
}

static gaia_status mask_read(struct arena *arena, const json_t *object, const char *name,
                             struct gaia_mask *mask, gaia_error *err)
{
    static const char *const keys[] = {"files",     "format",  "select", "variable",
                                       "threshold", "classes", "invert", "missing"};
    char path[JOB_PATH_TEXT];
    (void)snprintf(path, sizeof path, "job.masks.%.40s", name);
    if (name[0] == '\0' || strlen(name) >= JOB_NAME_BYTES || strchr(name, '_') != NULL) {
        return error_set(err, GAIA_JOB_INVALID,
                         "%s: a mask's name has 1 to %d bytes and no '_', which joins it to a "
                         "region's",
                         path, JOB_NAME_BYTES - 1);
    }
    if (!text_is_clean(name)) {
        return error_set(err, GAIA_JOB_INVALID,
                         "%s: has control characters, or others that are not seen", path);
    }
    gaia_status status = json_check_keys(object, path, keys, sizeof keys / sizeof *keys, err);
    if (status == GAIA_OK) {
        status = job_text_copy(arena, name, &mask->name, err);
    }
    if (status == GAIA_OK) {
        status = weights_read(arena, object, path, mask, err);
    }
    if (status != GAIA_OK) {
        return status;
    }
    /* What is left of it is a source like any other. */
    json_t *source = json_copy((json_t *)(uintptr_t)object);
    if (source == NULL) {
        return error_memory(err, sizeof *mask);
    }
    for (size_t i = 0; i < N_WEIGHT_KEYS; i++) {
        (void)json_object_del(source, weight_keys[i]);
    }
    status = job_source_read(arena, source, path, name, &mask->source, err);
    json_decref(source);
    return status;
}

gaia_status job_masks_read(struct arena *arena, const json_t *root, struct gaia_job *job,
                           gaia_error *err)
{
    json_t *object = json_object_get(root, "masks");
    const size_t n = json_object_size(object);
    const char *key = NULL;
    json_t *value = NULL;
    gaia_status status = GAIA_OK;
    if (object == NULL) {
        return GAIA_OK;
    }
    if (!json_is_object(object) || n > JOB_MASKS_MAX) {
        return error_set(err, GAIA_JOB_INVALID,
                         "job.masks: an object of at most %d masks is wanted, not %s",
                         JOB_MASKS_MAX, json_type_text(object));
    }
    struct gaia_mask *masks = arena_alloc(arena, n, sizeof *masks);
    if (masks == NULL && n > 0) {
        return error_memory(err, n * sizeof *masks);
    }
    job->masks = masks;
    json_object_foreach(object, key, value)
    {
        status = mask_read(arena, value, key, &masks[job->n_masks], err);
        if (status != GAIA_OK) {
            break;
        }
        job->n_masks++;
    }
    return status;
}
