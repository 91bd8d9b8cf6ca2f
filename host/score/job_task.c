/* SPDX-License-Identifier: MIT
 *
 * The table of tasks, and what a job of each may say.
 */
#include "job_task.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "error.h"
#include "job_source.h"
#include "json.h"
#include "source_request.h"

static const struct {
    const char *name;
    const char *profile; /* of a scoring task; NULL: the result is a document */
    bool is_verification;
    bool has_claim;
} tasks[JOB_TASK_COUNT] = {
    [JOB_TASK_DAY1] = {"weather.scoring.day1_compute", "gaia-day1", false, false},
    [JOB_TASK_ERA5] = {"weather.scoring.era5_final_compute", "gaia-era5", false, false},
    [JOB_TASK_GFS_HASH] = {"weather.hash.gfs_compute", NULL, false, false},
    [JOB_TASK_FORECAST_HASH] = {"weather.hash.verification_compute", NULL, false, false},
    [JOB_TASK_FORECAST_VERIFY] = {"weather.hash.forecast_verify", NULL, false, true},
    [JOB_TASK_VERIFICATION] = {"weather.scoring.forecast_verification", NULL, true, false},
};

const char *job_task_name(size_t task)
{
    return task < JOB_TASK_COUNT ? tasks[task].name : NULL;
}

bool job_task_find(const char *name, enum job_task *task)
{
    for (int i = 0; i < JOB_TASK_COUNT; i++) {
        if (strcmp(tasks[i].name, name) == 0) {
            *task = (enum job_task)i;
            return true;
        }
    }
    return false;
}

static gaia_status task_unknown(const char *name, gaia_error *err)
{
    char list[GAIA_ERROR_DETAIL / 2] = "";
    size_t used = 0;
    for (size_t i = 0; i < JOB_TASK_COUNT && used < sizeof list; i++) {
        used += (size_t)snprintf(list + used, sizeof list - used, "%s%s", i > 0 ? ", " : "",
                                 tasks[i].name);
    }
    return error_set(err, GAIA_JOB_INVALID, "job.task: no such task '%s'; there are: %s", name,
                     list);
}

/* A scoring task has its profile: by default, by the same name, or as an object of the job's own.
 */
static gaia_status profile_set(json_t *root, enum job_task task, gaia_error *err)
{
    const json_t *given = json_object_get(root, "profile");
    const char *wanted = tasks[task].profile;
    if (given == NULL) {
        return json_object_set_new(root, "profile", json_string(wanted)) == 0
                   ? GAIA_OK
                   : error_memory(err, strlen(wanted));
    }
    return !json_is_string(given) || strcmp(json_string_value(given), wanted) == 0
               ? GAIA_OK
               : error_set(err, GAIA_JOB_INVALID, "job.profile: task %s has profile '%s', not '%s'",
                           tasks[task].name, wanted, json_string_value(given));
}

static gaia_status request_check(const struct gaia_job *job, enum job_task task, gaia_error *err)
{
    struct source_request request = {0};
    const gaia_status status =
        tasks[task].is_verification
            ? verify_request_parse(job->request, job->request_length, &request, err)
            : hash_request_parse(job->request, job->request_length, &request, err);
    if (status != GAIA_OK) {
        return error_prefix(err, status, "job.request");
    }
    source_request_fini(&request);
    return GAIA_OK;
}

static gaia_status document_read(struct arena *arena, const json_t *root, enum job_task task,
                                 struct gaia_job *job, gaia_error *err)
{
    static const char *const keys[] = {"schema", "name", "task", "request", "queue", "claimed"};
    const size_t n_keys = sizeof keys / sizeof *keys - (tasks[task].has_claim ? 0 : 1);
    const json_t *request = json_object_get(root, "request");
    const char *claimed = NULL;
    gaia_status status = json_check_keys(root, "job", keys, n_keys, err);
    if (status == GAIA_OK && !json_is_object(request)) {
        status = error_set(err, GAIA_JOB_INVALID, "job.request: task %s wants an object, not %s",
                           tasks[task].name, request != NULL ? json_type_text(request) : "nothing");
    }
    if (status == GAIA_OK && tasks[task].has_claim) {
        status = json_get_string(root, "job", "claimed", true, &claimed, err);
    }
    if (status == GAIA_OK && claimed != NULL) {
        status = job_text_copy(arena, claimed, &job->claimed, err);
    }
    if (status != GAIA_OK) {
        return status;
    }
    char *dumped = json_dumps(request, JSON_COMPACT);
    job->request = dumped != NULL ? arena_strdup(arena, dumped) : NULL;
    free(dumped);
    if (job->request == NULL) {
        return error_memory(err, 1);
    }
    job->request_length = strlen(job->request);
    job->has_document = 1;
    return request_check(job, task, err);
}

gaia_status job_task_read(struct arena *arena, json_t *root, struct gaia_job *job, gaia_error *err)
{
    const char *name = NULL;
    enum job_task task = JOB_TASK_COUNT;
    gaia_status status = json_is_object(root)
                             ? json_get_string(root, "job", "task", false, &name, err)
                             : GAIA_OK; /* what it is instead, is told of every job */
    if (status != GAIA_OK || name == NULL) {
        return status;
    }
    if (!job_task_find(name, &task)) {
        return task_unknown(name, err);
    }
    job->task = tasks[task].name;
    return tasks[task].profile != NULL ? profile_set(root, task, err)
                                       : document_read(arena, root, task, job, err);
}
