/* SPDX-License-Identifier: MIT
 *
 * Reading gaia.job/1. The command line's options become the same JSON, so this is the one place
 * where a job is checked.
 *
 * Invariant: a job that parses has known regions, weightings and metrics, and forecasts with
 * distinct ids.
 */
#include <gaia/job.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <gaia/grid.h>
#include <gaia/time.h>

#include "arena.h"
#include "error.h"
#include "job_profile.h"
#include "job_queue.h"
#include "job_region.h"
#include "job_source.h"
#include "job_task.h"
#include "json.h"
#include "metric.h"
#include "profile.h"
#include "region_name.h"
#include "text.h"

enum { JOB_ARENA_BYTES_MAX = 256 << 20, JOB_FORECASTS_MAX = 65536, HOUR_S = 3600 };

struct job_memory {
    struct gaia_job job; /* first, so that the job is the memory */
    struct arena arena;
};

static gaia_status numbers_read(struct arena *arena, const json_t *object, const char *key,
                                double **numbers, size_t *n, gaia_error *err)
{
    const json_t *array = NULL;
    const gaia_status status = json_get_array(object, "job", key, false, &array, err);
    const size_t count = array != NULL ? json_array_size(array) : 0;
    if (status != GAIA_OK || count == 0) {
        return status;
    }
    *numbers = arena_alloc(arena, count, sizeof **numbers);
    if (*numbers == NULL) {
        return error_memory(err, count * sizeof **numbers);
    }
    for (size_t i = 0; i < count; i++) {
        const json_t *item = json_array_get(array, i);
        if (!json_is_number(item)) {
            return error_set(err, GAIA_JOB_INVALID, "job.%s[%zu]: a number is wanted, not %s", key,
                             i, json_type_text(item));
        }
        (*numbers)[i] = json_number_value(item);
    }
    *n = count;
    return GAIA_OK;
}

/* By id, then by place in the job. */
static int source_compare(const void *a, const void *b)
{
    const struct gaia_source *x = *(const struct gaia_source *const *)a;
    const struct gaia_source *y = *(const struct gaia_source *const *)b;
    const int by_id = strcmp(x->id, y->id);
    return by_id != 0 ? by_id : (x > y) - (x < y);
}

/* No two forecasts may have one id. */
static gaia_status ids_check(const struct gaia_source *forecasts, size_t n, gaia_error *err)
{
    gaia_status status = GAIA_OK;
    const struct gaia_source **sorted = malloc(n * sizeof *sorted);
    if (sorted == NULL) {
        return error_memory(err, n * sizeof *sorted);
    }
    for (size_t i = 0; i < n; i++) {
        sorted[i] = &forecasts[i];
    }
    qsort(sorted, n, sizeof *sorted, source_compare);
    for (size_t i = 1; status == GAIA_OK && i < n; i++) {
        if (strcmp(sorted[i - 1]->id, sorted[i]->id) == 0) {
            status = error_set(err, GAIA_JOB_INVALID,
                               "job.forecasts[%zu].id: '%s' is taken by forecasts[%zu]",
                               (size_t)(sorted[i] - forecasts), sorted[i]->id,
                               (size_t)(sorted[i - 1] - forecasts));
        }
    }
    free(sorted);
    return status;
}

static gaia_status forecasts_read(struct job_memory *memory, const json_t *root, gaia_error *err)
{
    const json_t *array = NULL;
    gaia_status status = json_get_array(root, "job", "forecasts", true, &array, err);
    const size_t count = status == GAIA_OK ? json_array_size(array) : 0;
    if (status == GAIA_OK && count == 0) {
        return error_set(err, GAIA_JOB_INVALID, "job.forecasts: at least one is wanted");
    }
    if (count > JOB_FORECASTS_MAX) {
        return error_set(err, GAIA_JOB_INVALID, "job.forecasts: %zu are too many; at most %d",
                         count, JOB_FORECASTS_MAX);
    }
    struct gaia_source *forecasts = arena_alloc(&memory->arena, count, sizeof *forecasts);
    if (status == GAIA_OK && forecasts == NULL) {
        return error_memory(err, count * sizeof *forecasts);
    }
    for (size_t i = 0; status == GAIA_OK && i < count; i++) {
        char path[JOB_PATH_TEXT];
        (void)snprintf(path, sizeof path, "job.forecasts[%zu]", i);
        status = job_source_read(&memory->arena, json_array_get(array, i), path, NULL,
                                 &forecasts[i], err);
    }
    if (status == GAIA_OK) {
        status = ids_check(forecasts, count, err);
    }
    memory->job.forecasts = forecasts;
    memory->job.n_forecasts = count;
    return status;
}

static gaia_status sources_read(struct job_memory *memory, const json_t *root, gaia_error *err)
{
    struct gaia_job *job = &memory->job;
    const json_t *truth = json_object_get(root, "truth");
    const json_t *climatology = json_object_get(root, "climatology");
    const json_t *reference = json_object_get(root, "reference");
    gaia_status status = forecasts_read(memory, root, err);
    if (status == GAIA_OK && truth == NULL) {
        status = error_set(err, GAIA_JOB_INVALID, "job: key 'truth' is missing");
    }
    if (status == GAIA_OK) {
        status = job_source_read(&memory->arena, truth, "job.truth", "truth", &job->truth, err);
    }
    job->has_climatology = climatology != NULL;
    if (status == GAIA_OK && climatology != NULL) {
        status = job_source_read(&memory->arena, climatology, "job.climatology", "climatology",
                                 &job->climatology, err);
    }
    job->has_reference = reference != NULL;
    if (status == GAIA_OK && reference != NULL) {
        status = job_source_read(&memory->arena, reference, "job.reference", "reference",
                                 &job->reference, err);
    }
    if (status == GAIA_OK && (job->truth.init != NULL || job->climatology.init != NULL)) {
        status = error_set(err, GAIA_JOB_INVALID, "job.%s.init: only forecasts have an init time",
                           job->truth.init != NULL ? "truth" : "climatology");
    }
    return status;
}

/* Fails with "job.key: no such what 'name'; there are: ..." */
static gaia_status name_unknown(gaia_error *err, gaia_status status, const char *key,
                                const char *what, const char *name,
                                const char *(*name_of)(size_t i))
{
    char list[GAIA_ERROR_DETAIL / 2];
    job_names_list(name_of, list, sizeof list);
    return error_set(err, status, "job.%s: no such %s '%s'; there are: %s", key, what, name, list);
}

static gaia_status names_check(const struct gaia_job *job, gaia_error *err)
{
    uint64_t set = 0;
    const char *unknown = NULL;
    enum weighting weighting = WEIGHTING_COUNT;
    for (size_t i = 0; i < job->n_weights; i++) {
        if (!weighting_find(job->weights[i], &weighting)) {
            return name_unknown(err, GAIA_WEIGHTING_UNKNOWN, "weights", "weighting",
                                job->weights[i], gaia_weighting_name);
        }
    }
    if (!metric_set(job->metrics, job->n_metrics, job->has_climatology, job->has_reference, &set,
                    &unknown)) {
        return name_unknown(err, GAIA_METRIC_UNKNOWN, "metrics", "metric", unknown,
                            gaia_metric_name);
    }
    if (set == 0) {
        return error_set(err, GAIA_JOB_INVALID, "job.metrics: '%s' needs %s, which the job lacks",
                         job->metrics[0], metric_need(job->metrics[0]));
    }
    return GAIA_OK;
}

static gaia_status missing_read(const json_t *root, enum gaia_missing *missing, gaia_error *err)
{
    const char *text = "pairwise";
    const gaia_status status = json_get_string(root, "job", "missing", false, &text, err);
    if (status != GAIA_OK) {
        return status;
    }
    *missing = strcmp(text, "propagate") == 0 ? GAIA_MISSING_PROPAGATE : GAIA_MISSING_PAIRWISE;
    return *missing == GAIA_MISSING_PAIRWISE && strcmp(text, "pairwise") != 0
               ? error_set(err, GAIA_JOB_INVALID,
                           "job.missing: 'pairwise' or 'propagate' is wanted, not '%s'", text)
               : GAIA_OK;
}

static gaia_status leads_read(struct job_memory *memory, const json_t *root, gaia_error *err)
{
    double *hours = NULL;
    size_t n = 0;
    const gaia_status status = numbers_read(&memory->arena, root, "leads", &hours, &n, err);
    if (status != GAIA_OK || n == 0) {
        return status;
    }
    int64_t *leads_s = arena_alloc(&memory->arena, n, sizeof *leads_s);
    if (leads_s == NULL) {
        return error_memory(err, n * sizeof *leads_s);
    }
    for (size_t i = 0; i < n; i++) {
        if (!(fabs(hours[i]) <= JOB_LEAD_HOURS_MAX)) {
            return error_set(err, GAIA_JOB_INVALID, "job.leads[%zu]: %g hours is out of range", i,
                             hours[i]);
        }
        leads_s[i] = llround(hours[i] * HOUR_S);
    }
    memory->job.leads_s = leads_s;
    memory->job.n_leads = n;
    return GAIA_OK;
}

static gaia_status lists_read(struct job_memory *memory, const json_t *root, gaia_error *err)
{
    struct gaia_job *job = &memory->job;
    struct arena *arena = &memory->arena;
    double *levels = NULL;
    gaia_status status =
        job_texts_read(arena, root, "job", "variables", &job->variables, &job->n_variables, err);
    if (status == GAIA_OK) {
        status = job_regions_read(arena, root, job, err);
    }
    if (status == GAIA_OK) {
        status = job_texts_read(arena, root, "job", "weights", &job->weights, &job->n_weights, err);
    }
    if (status == GAIA_OK) {
        status = job_texts_read(arena, root, "job", "metrics", &job->metrics, &job->n_metrics, err);
    }
    if (status == GAIA_OK) {
        status = job_texts_read(arena, root, "job", "maps", &job->maps, &job->n_maps, err);
    }
    if (status == GAIA_OK) {
        status = numbers_read(arena, root, "levels", &levels, &job->n_levels, err);
        job->levels = levels;
    }
    if (status == GAIA_OK) {
        status = leads_read(memory, root, err);
    }
    return status == GAIA_OK ? names_check(job, err) : status;
}

/* What every job begins with. */
static gaia_status names_read(struct job_memory *memory, const json_t *root, gaia_error *err)
{
    const char *schema = NULL;
    const char *name = "";
    gaia_status status = json_get_string(root, "job", "schema", true, &schema, err);
    if (status == GAIA_OK && strcmp(schema, "gaia.job/1") != 0) {
        status = error_set(err, GAIA_JOB_INVALID, "job.schema: 'gaia.job/1' is wanted, not '%s'",
                           schema);
    }
    if (status == GAIA_OK) {
        status = json_get_string(root, "job", "name", false, &name, err);
    }
    if (status == GAIA_OK) {
        status = job_queue_read(&memory->arena, root, &memory->job.queue, err);
    }
    return status == GAIA_OK ? job_text_copy(&memory->arena, name, &memory->job.name, err) : status;
}

static gaia_status job_read(struct job_memory *memory, json_t *root, gaia_error *err)
{
    static const char *const keys[] = {
        "schema", "name",    "forecasts", "truth",       "climatology", "reference", "variables",
        "levels", "leads",   "regions",   "weights",     "metrics",     "maps",      "missing",
        "masks",  "profile", "task",      "day1_passed", "queue"};
    gaia_status status = job_task_read(&memory->arena, root, &memory->job, err);
    if (status == GAIA_OK && memory->job.has_document) {
        return names_read(memory, root, err);
    }
    if (status == GAIA_OK) {
        status = json_check_keys(root, "job", keys, sizeof keys / sizeof *keys, err);
    }
    if (status == GAIA_OK) {
        status = names_read(memory, root, err);
    }
    if (status == GAIA_OK) {
        status = sources_read(memory, root, err);
    }
    if (status == GAIA_OK) {
        status = missing_read(root, &memory->job.missing, err);
    }
    if (status == GAIA_OK) {
        status = lists_read(memory, root, err);
    }
    return status == GAIA_OK ? job_profile_read(&memory->arena, root, &memory->job, err) : status;
}

gaia_status gaia_job_parse(const char *json, size_t length, struct gaia_job **job, gaia_error *err)
{
    json_t *root = NULL;
    if (json == NULL || job == NULL) {
        return error_set(err, GAIA_USAGE, "gaia_job_parse: %s is a null pointer",
                         json == NULL ? "json" : "job");
    }
    gaia_status status = json_parse("job", json, length, &root, err);
    if (status != GAIA_OK) {
        return status;
    }
    struct job_memory *memory = calloc(1, sizeof *memory);
    if (memory == NULL) {
        json_decref(root);
        return error_memory(err, sizeof *memory);
    }
    arena_init(&memory->arena, JOB_ARENA_BYTES_MAX);
    memory->job.memory = memory;
    char *copy = arena_alloc(&memory->arena, length + 1, 1);
    if (copy == NULL) {
        status = error_memory(err, length + 1);
    } else {
        memcpy(copy, json, length);
        memory->job.json = copy;
        memory->job.json_length = length;
        status = job_read(memory, root, err);
    }
    json_decref(root);
    if (status != GAIA_OK) {
        gaia_job_free(&memory->job);
        return status;
    }
    *job = &memory->job;
    return GAIA_OK;
}

void gaia_job_free(struct gaia_job *job)
{
    if (job != NULL) {
        struct job_memory *memory = job->memory;
        profile_free((struct gaia_profile *)(uintptr_t)job->profile);
        arena_fini(&memory->arena);
        free(memory);
    }
}
