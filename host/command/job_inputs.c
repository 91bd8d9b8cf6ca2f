/* SPDX-License-Identifier: MIT
 *
 * Walking the sources of a job.
 */
#include "job_inputs.h"

#include "job_task.h"
#include "source_request.h"

static gaia_status source_spare(const struct gaia_source *source, const char *what,
                                const struct outputs *outputs, gaia_error *err)
{
    gaia_status status = GAIA_OK;
    for (size_t i = 0; status == GAIA_OK && i < source->n_files; i++) {
        status = outputs_spare(outputs, what, source->files[i], err);
    }
    if (status == GAIA_OK) {
        status = outputs_spare(outputs, "the manifest", source->manifest, err);
    }
    if (status == GAIA_OK) {
        status = outputs_spare(outputs, "the token file", source->token_file, err);
    }
    return status == GAIA_OK ? outputs_spare(outputs, "the authorities' file", source->ca_file, err)
                             : status;
}

static gaia_status request_spare(const struct gaia_job *job, const struct outputs *outputs,
                                 gaia_error *err)
{
    struct source_request request;
    enum job_task task = JOB_TASK_COUNT;
    const bool verifies = job_task_find(job->task, &task) && task == JOB_TASK_VERIFICATION;
    gaia_status status =
        verifies ? verify_request_parse(job->request, job->request_length, &request, err)
                 : hash_request_parse(job->request, job->request_length, &request, err);
    if (status == GAIA_OK) {
        status = source_spare(&request.source, "the source", outputs, err);
        source_request_fini(&request);
    }
    return status;
}

gaia_status job_inputs_spare(const struct gaia_job *job, const char *path,
                             const struct outputs *outputs, gaia_error *err)
{
    gaia_status status = outputs_spare(outputs, "the job", path, err);
    if (status == GAIA_OK && job->has_document) {
        return request_spare(job, outputs, err);
    }
    for (size_t i = 0; status == GAIA_OK && i < job->n_forecasts; i++) {
        status = source_spare(&job->forecasts[i], "the forecast", outputs, err);
    }
    if (status == GAIA_OK) {
        status = source_spare(&job->truth, "the truth", outputs, err);
    }
    if (status == GAIA_OK) {
        status = source_spare(&job->climatology, "the climatology", outputs, err);
    }
    if (status == GAIA_OK) {
        status = source_spare(&job->reference, "the reference", outputs, err);
    }
    for (size_t i = 0; status == GAIA_OK && i < job->n_masks; i++) {
        status = source_spare(&job->masks[i].source, "the mask", outputs, err);
    }
    for (size_t i = 0; status == GAIA_OK && i < job->n_areas; i++) {
        status = outputs_spare(outputs, "the polygon", job->areas[i].polygon_file, err);
    }
    return status;
}
