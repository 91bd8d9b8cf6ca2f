/* SPDX-License-Identifier: MIT
 *
 * Regions of a job: finding what a name means, and reading "regions".
 */
#include "job_region.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <gaia/grid.h>

#include "error.h"
#include "job_mask.h"
#include "job_source.h"
#include "json.h"
#include "region_zonal.h"
#include "text.h"

/* ---- Names ---- */

void job_names_list(const char *(*name_of)(size_t i), char *out, size_t out_bytes)
{
    size_t used = 0;
    out[0] = '\0';
    for (size_t i = 0; name_of(i) != NULL && used < out_bytes; i++) {
        used +=
            (size_t)snprintf(out + used, out_bytes - used, "%s%s", i > 0 ? ", " : "", name_of(i));
    }
}

static const struct gaia_area *area_find(const struct gaia_job *job, size_t n, const char *name)
{
    for (size_t i = 0; i < n; i++) {
        if (strcmp(job->areas[i].name, name) == 0) {
            return &job->areas[i];
        }
    }
    return NULL;
}

static const struct gaia_mask *mask_find(const struct gaia_job *job, const char *name)
{
    for (size_t i = 0; i < job->n_masks; i++) {
        if (strcmp(job->masks[i].name, name) == 0) {
            return &job->masks[i];
        }
    }
    return NULL;
}

static gaia_status region_unknown(const struct gaia_job *job, const char *name, gaia_error *err)
{
    char list[GAIA_ERROR_DETAIL / 2];
    if (strncmp(name, "zonal", strlen("zonal")) == 0) {
        return zonal_unknown("job.regions", name, err);
    }
    job_names_list(gaia_region_name, list, sizeof list);
    return error_set(err, GAIA_REGION_UNKNOWN,
                     "job.regions: no such region '%.*s'; there are: %s%s", JOB_NAME_BYTES, name,
                     list, job->n_areas > 0 ? ", and those that the job makes" : "");
}

/* The mask that _suffix stands for; NULL if the job has none. */
static const struct gaia_mask *suffix_find(const struct gaia_job *job, const char *suffix,
                                           bool *is_inverted)
{
    const struct gaia_mask *mask = mask_find(job, suffix);
    *is_inverted = mask == NULL && strcmp(suffix, "sea") == 0;
    return *is_inverted ? mask_find(job, "land") : mask;
}

static gaia_status mask_add(struct region_shape *shape, const char *name,
                            const struct gaia_mask *mask, bool is_inverted, gaia_error *err)
{
    if (shape->mask != NULL) {
        return error_set(err, GAIA_JOB_INVALID,
                         "job.regions: '%s' is under two masks, '%s' and '%s'; one is possible",
                         name, shape->mask->name, mask->name);
    }
    shape->mask = mask;
    shape->is_inverted = is_inverted;
    return GAIA_OK;
}

/* What an area that lies within no other one bounds. */
static void bounds_take(const struct gaia_area *area, struct region_shape *shape)
{
    (void)region_find("global", &shape->box);
    if (area->has_box) {
        shape->box =
            region_box_make(area->box.south, area->box.north, area->box.west, area->box.east);
    } else if (area->polygon_file != NULL || area->polygon_json != NULL) {
        shape->polygon = area;
    }
}

static gaia_status area_mask_add(const struct gaia_job *job, const struct gaia_area *area,
                                 struct region_shape *shape, gaia_error *err)
{
    const struct gaia_mask *mask = mask_find(job, area->mask);
    return mask != NULL ? mask_add(shape, area->name, mask, false, err)
                        : error_set(err, GAIA_JOB_INVALID,
                                    "job.regions: '%s' is under a mask '%s', which job.masks lacks",
                                    area->name, area->mask);
}

/* What name means among the first n areas, by up to n_steps steps from one region to the one that
 * it lies within: a long chain of them would be dear to follow for each of its members. */
static gaia_status shape_find(const struct gaia_job *job, size_t n, const char *name, int n_steps,
                              struct region_shape *shape, gaia_error *err)
{
    const struct gaia_area *area = area_find(job, n, name);
    const char *bar = strrchr(name, '_');
    struct region_box box;
    bool is_inverted = false;
    char base[JOB_NAME_BYTES];
    *shape = (struct region_shape){.polygon = NULL};
    if (n_steps == 0) {
        return error_set(err, GAIA_JOB_INVALID,
                         "job.regions: '%s' has regions in it, one within another, more than %d "
                         "deep",
                         name, JOB_STEPS_MAX - 1);
    }
    if (area != NULL) {
        gaia_status status = GAIA_OK;
        if (area->within == NULL) {
            bounds_take(area, shape);
        } else {
            status =
                shape_find(job, (size_t)(area - job->areas), area->within, n_steps - 1, shape, err);
        }
        shape->box.name = area->name;
        return status == GAIA_OK && area->mask != NULL ? area_mask_add(job, area, shape, err)
                                                       : status;
    }
    if (region_find(name, &shape->box)) {
        return GAIA_OK;
    }
    if (bar == NULL || bar == name || (size_t)(bar - name) >= sizeof base) {
        return region_unknown(job, name, err);
    }
    (void)snprintf(base, sizeof base, "%.*s", (int)(bar - name), name);
    const struct gaia_mask *mask = suffix_find(job, bar + 1, &is_inverted);
    const bool is_known = area_find(job, n, base) != NULL || region_find(base, &box);
    if (mask == NULL && is_known && (strcmp(bar + 1, "land") == 0 || strcmp(bar + 1, "sea") == 0)) {
        return error_set(err, GAIA_REGION_UNKNOWN,
                         "job.regions: '%s' needs a mask of the land: \"masks\": {\"land\": "
                         "{\"files\": [FILE]}} gives one (gaia score: --land FILE)",
                         name);
    }
    if (mask == NULL || !is_known) {
        return region_unknown(job, name, err);
    }
    const gaia_status status = shape_find(job, n, base, n_steps - 1, shape, err);
    shape->box.name = name;
    return status == GAIA_OK ? mask_add(shape, name, mask, is_inverted, err) : status;
}

gaia_status job_region_find(const struct gaia_job *job, const char *name,
                            struct region_shape *shape, gaia_error *err)
{
    return shape_find(job, job->n_areas, name, JOB_STEPS_MAX, shape, err);
}

/* ---- Reading ---- */

static gaia_status box_read(const json_t *object, const char *path, struct gaia_area *area,
                            gaia_error *err)
{
    static const char *const keys[] = {"north", "south", "west", "east"};
    double *const members[] = {&area->box.north, &area->box.south, &area->box.west,
                               &area->box.east};
    char where[JOB_PATH_TEXT + sizeof ".box"];
    (void)snprintf(where, sizeof where, "%s.box", path);
    gaia_status status = json_check_keys(object, where, keys, 4, err);
    for (size_t i = 0; status == GAIA_OK && i < 4; i++) {
        const double most = i < 2 ? 90.0 : 360.0;
        status = json_get_number(object, where, keys[i], true, members[i], err);
        if (status == GAIA_OK && !(*members[i] >= -most && *members[i] <= most)) {
            status = error_set(err, GAIA_JOB_INVALID, "%s.%s: %g is not within -%g .. %g", where,
                               keys[i], *members[i], most, most);
        }
    }
    if (status == GAIA_OK && area->box.south > area->box.north) {
        status = error_set(err, GAIA_JOB_INVALID, "%s: south %g lies north of north %g", where,
                           area->box.south, area->box.north);
    }
    area->has_box = status == GAIA_OK;
    return status;
}

static gaia_status polygon_read(struct arena *arena, const json_t *value, const char *path,
                                struct gaia_area *area, gaia_error *err)
{
    if (json_is_string(value) && json_string_length(value) > 0) {
        return job_text_copy(arena, json_string_value(value), &area->polygon_file, err);
    }
    if (!json_is_object(value)) {
        return error_set(err, GAIA_JOB_INVALID,
                         "%s.polygon: a file's name or a GeoJSON object is wanted, not %s", path,
                         json_is_string(value) ? "an empty text" : json_type_text(value));
    }
    char *text = json_dumps(value, JSON_COMPACT | JSON_REAL_PRECISION(17));
    const gaia_status status = text != NULL ? job_text_copy(arena, text, &area->polygon_json, err)
                                            : error_memory(err, sizeof *area);
    free(text);
    return status;
}

/* The name of the region at path: new, and not one that means something else. */
static gaia_status name_check(const struct gaia_job *job, const char *path, const char *name,
                              gaia_error *err)
{
    struct region_box box;
    if (name[0] == '\0' || strlen(name) >= JOB_NAME_BYTES || !text_is_clean(name)) {
        return error_set(err, GAIA_JOB_INVALID,
                         "%s.name: 1 to %d bytes without control characters are wanted", path,
                         JOB_NAME_BYTES - 1);
    }
    if (region_find(name, &box) || zonal_is_family(name)) {
        return error_set(err, GAIA_JOB_INVALID, "%s.name: '%s' is a predefined region", path, name);
    }
    for (size_t k = 0; k < job->n_regions; k++) {
        if (strcmp(job->regions[k], name) == 0) {
            return error_set(err, GAIA_JOB_INVALID, "%s.name: '%s' is taken by regions[%zu]", path,
                             name, k);
        }
    }
    return GAIA_OK;
}

static gaia_status area_read(struct arena *arena, const json_t *item, const char *path,
                             const struct gaia_job *job, struct gaia_area *area, gaia_error *err)
{
    static const char *const keys[] = {"name", "box", "polygon", "region", "mask"};
    const json_t *box = json_object_get(item, "box");
    const json_t *polygon = json_object_get(item, "polygon");
    const char *texts[3] = {NULL, NULL, NULL};
    static const char *const text_keys[3] = {"name", "region", "mask"};
    const char **const members[3] = {&area->name, &area->within, &area->mask};
    gaia_status status = json_check_keys(item, path, keys, sizeof keys / sizeof *keys, err);
    for (size_t i = 0; status == GAIA_OK && i < 3; i++) {
        status = json_get_string(item, path, text_keys[i], i == 0, &texts[i], err);
        if (status == GAIA_OK && texts[i] != NULL) {
            status = job_text_copy(arena, texts[i], members[i], err);
        }
    }
    if (status == GAIA_OK) {
        status = name_check(job, path, area->name, err);
    }
    const int n_bounds = (box != NULL) + (polygon != NULL) + (area->within != NULL);
    if (status == GAIA_OK && (n_bounds > 1 || (n_bounds == 0 && area->mask == NULL))) {
        status = error_set(err, GAIA_JOB_INVALID,
                           "%s: one of 'box', 'polygon' and 'region' is wanted, or a 'mask' alone",
                           path);
    }
    if (status == GAIA_OK && box != NULL) {
        status = box_read(box, path, area, err);
    }
    return status == GAIA_OK && polygon != NULL ? polygon_read(arena, polygon, path, area, err)
                                                : status;
}

static gaia_status list_read(struct arena *arena, const json_t *array, struct gaia_job *job,
                             gaia_error *err)
{
    const size_t n = json_array_size(array);
    const char **names = arena_alloc(arena, n, sizeof *names);
    struct gaia_area *areas = arena_alloc(arena, n, sizeof *areas);
    gaia_status status = GAIA_OK;
    if (names == NULL || areas == NULL) {
        return error_memory(err, n * sizeof *areas);
    }
    job->regions = names;
    job->areas = areas;
    for (size_t i = 0; status == GAIA_OK && i < n; i++) {
        const json_t *item = json_array_get(array, i);
        char path[JOB_PATH_TEXT];
        (void)snprintf(path, sizeof path, "job.regions[%zu]", i);
        if (json_is_object(item)) {
            status = area_read(arena, item, path, job, &areas[job->n_areas], err);
            names[i] = areas[job->n_areas].name;
            job->n_areas += status == GAIA_OK;
        } else if (json_is_string(item) && json_string_length(item) > 0) {
            status = job_text_copy(arena, json_string_value(item), &names[i], err);
        } else {
            status = error_set(err, GAIA_JOB_INVALID, "%s: a text or an object is wanted, not %s",
                               path, json_is_string(item) ? "an empty text" : json_type_text(item));
        }
        job->n_regions += status == GAIA_OK;
    }
    return status;
}

gaia_status job_regions_read(struct arena *arena, const json_t *root, struct gaia_job *job,
                             gaia_error *err)
{
    const json_t *array = NULL;
    struct region_shape shape;
    gaia_status status = job_masks_read(arena, root, job, err);
    if (status == GAIA_OK) {
        status = json_get_array(root, "job", "regions", false, &array, err);
    }
    if (status != GAIA_OK || json_array_size(array) == 0) {
        return status;
    }
    if (json_array_size(array) > JOB_REGIONS_MAX) {
        return error_set(err, GAIA_JOB_INVALID, "job.regions: %zu entries; %d at most",
                         json_array_size(array), JOB_REGIONS_MAX);
    }
    status = list_read(arena, array, job, err);
    if (status == GAIA_OK) {
        status = zonal_expand(arena, "job.regions", job->regions, job->n_regions, &job->regions,
                              &job->n_regions, err);
    }
    if (status == GAIA_OK && job->n_regions > JOB_REGIONS_MAX) {
        status = error_set(err, GAIA_JOB_INVALID,
                           "job.regions: %zu regions with the bands of latitude; %d at most",
                           job->n_regions, JOB_REGIONS_MAX);
    }
    for (size_t i = 0; status == GAIA_OK && i < job->n_regions; i++) {
        status = job_region_find(job, job->regions[i], &shape, err);
    }
    return status;
}
