/* SPDX-License-Identifier: MIT
 *
 * One function for each task, by its name.
 *
 * Invariant: the document depends on the job and its files alone: not on threads, memory or time.
 */
#include "task.h"

#include <string.h>

#include "content_hash.h"
#include "error.h"
#include "field_walk.h"
#include "finding.h"
#include "job_task.h"
#include "source_request.h"
#include "verify.h"

/* Called after each field that was read. */
static bool walk_go_on(void *context, uint64_t fields_done, uint64_t fields_total)
{
    struct engine_control *control = context;
    atomic_store(&control->fields_done, fields_done);
    atomic_store(&control->fields_total, fields_total);
    return !atomic_load(&control->cancel);
}

static gaia_status hash_run(const struct gaia_job *job, const struct walk_options *walk,
                            json_t **document, gaia_error *err)
{
    struct source_request request;
    gaia_status status = hash_request_parse(job->request, job->request_length, &request, err);
    if (status == GAIA_OK) {
        status = content_hash(&request, walk, document, err);
        source_request_fini(&request);
    }
    return status;
}

static gaia_status verification_run(const struct gaia_job *job, const struct walk_options *walk,
                                    json_t **document, gaia_error *err)
{
    struct source_request request;
    gaia_status status = verify_request_parse(job->request, job->request_length, &request, err);
    if (status == GAIA_OK) {
        status = verify_forecast(&request, walk, document, err);
        source_request_fini(&request);
    }
    return status;
}

static gaia_status claim_run(const struct gaia_job *job, const struct walk_options *walk,
                             json_t **document, gaia_error *err)
{
    gaia_error why = {0};
    json_t *content = NULL;
    const gaia_status status = hash_run(job, walk, &content, &why);
    if (status != GAIA_OK && !finding_is_of_source(status)) {
        return error_set(err, status, "%s", why.detail);
    }
    const char *computed = json_string_value(json_object_get(content, "hash"));
    const bool same = computed != NULL && strcmp(computed, job->claimed) == 0;
    *document = json_pack("{s:s, s:s, s:s, s:s?, s:s?, s:o?}", "schema", "gaia.hash_verdict/1",
                          "verdict", same ? "accepted" : "rejected", "claimed", job->claimed,
                          "computed", computed, "what",
                          status != GAIA_OK ? why.detail
                          : same            ? NULL
                                            : "the content has another hash than the claimed one",
                          "content", content);
    return *document != NULL ? GAIA_OK : error_memory(err, 1);
}

gaia_status task_run(struct engine *engine, const struct gaia_job *job,
                     struct engine_control *control, json_t **document, gaia_error *err)
{
    static gaia_status (*const runs[JOB_TASK_COUNT])(const struct gaia_job *job,
                                                     const struct walk_options *walk,
                                                     json_t **document, gaia_error *err) = {
        [JOB_TASK_GFS_HASH] = hash_run,
        [JOB_TASK_FORECAST_HASH] = hash_run,
        [JOB_TASK_FORECAST_VERIFY] = claim_run,
        [JOB_TASK_VERIFICATION] = verification_run,
    };
    const struct gaia_engine_options *options = engine_options(engine);
    const unsigned threads = options->n_threads;
    struct walk_options walk = {.memory_bytes = options->memory_bytes,
                                .n_threads =
                                    threads < WALK_THREADS_MAX ? threads : WALK_THREADS_MAX,
                                .remote = engine_remote(engine)};
    enum job_task task = JOB_TASK_COUNT;
    if (control != NULL) {
        walk.watch = (struct walk_watch){control, walk_go_on};
        walk.counts = &control->counts;
    }
    if (job->task == NULL || !job_task_find(job->task, &task) || runs[task] == NULL) {
        return error_set(err, GAIA_USAGE, "job: no task whose result is a document");
    }
    return runs[task](job, &walk, document, err);
}
