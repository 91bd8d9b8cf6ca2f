/* SPDX-License-Identifier: MIT
 *
 * Error maps as far as the loop has to do with them: which units make one, where a job's are, and
 * that they go with the job. Executors write them, the HTTP API's threads read them.
 *
 * Invariant: what becomes part of a file's name is an id from the store, and a number.
 */
#include <stdlib.h>
#include <string.h>

#include "error.h"
#include "map_file.h"
#include "server_state.h"

/* Whether unit i begins a map. */
static bool map_begins(const struct plan *plan, size_t i)
{
    return (i == 0 || !plan_lead_same(&plan->units[i - 1], &plan->units[i])) &&
           plan_is_mapped(plan, &plan->units[i]);
}

/* Whether the sums of so many units can be one result. */
static gaia_status range_check(const struct server *server, const struct plan *plan,
                               const struct core_range *range, gaia_error *err)
{
    const uint64_t n = range->end - range->first;
    const uint64_t bytes = n * plan_rows_per_unit(plan) * sizeof(struct gaia_moments);
    const uint64_t most = server->config.core.result_bytes;
    return bytes <= most
               ? GAIA_OK
               : error_set(err, GAIA_LIMIT,
                           "a map of %llu valid times is made at once, and their sums take %llu "
                           "bytes where %llu are allowed: fewer times, regions or weights are "
                           "wanted",
                           (unsigned long long)n, (unsigned long long)bytes,
                           (unsigned long long)most);
}

gaia_status maps_ranges(const struct server *server, const struct plan *plan,
                        struct core_range **ranges, size_t *n_ranges, gaia_error *err)
{
    gaia_status status = GAIA_OK;
    size_t n = 0;
    *n_ranges = 0;
    for (size_t i = 0; plan->n_maps > 0 && i < plan->n_units; i++) {
        n += map_begins(plan, i);
    }
    *ranges = calloc(n + 1, sizeof **ranges);
    if (*ranges == NULL) {
        return error_memory(err, n * sizeof **ranges);
    }
    for (size_t i = 0; status == GAIA_OK && n > 0 && i < plan->n_units;) {
        struct core_range range = {i, i + 1};
        while (range.end < plan->n_units &&
               plan_lead_same(&plan->units[i], &plan->units[range.end])) {
            range.end++;
        }
        if (plan_is_mapped(plan, &plan->units[i])) {
            (*ranges)[(*n_ranges)++] = range;
            status = range_check(server, plan, &range, err);
        }
        i = (size_t)range.end;
    }
    return status;
}

void maps_begin(struct server *server, const char *id, const struct plan *plan)
{
    gaia_error error = {0};
    if (plan->n_maps == 0) {
        return;
    }
    if (server->results == NULL) {
        log_event(server->config.log, LOG_APPLICATION, LOG_WARNING, "results_missing",
                  "there is no folder for error maps", log_text("job", id));
    } else if (results_job_make(server->results, id, &error) != GAIA_OK) {
        log_event(server->config.log, LOG_APPLICATION, LOG_WARNING, "results_missing",
                  "there is no folder for error maps", log_text("job", id),
                  log_text("error", error.detail));
    }
}

void maps_job_over(struct server *server, const struct job_record *job)
{
    /* One that has failed may be taken up again, and its maps are as good as its sums. */
    if (server->results != NULL && job->state == JOB_CANCELLED) {
        results_job_remove(server->results, job->id);
    }
}

/* ---- Forgotten jobs ---- */

static void job_note(void *context, const struct store_job *job)
{
    (void)job;
    *(bool *)context = true;
}

/* What cannot be found out stays. */
static bool is_known(void *context, const char *id)
{
    struct server *server = context;
    bool known = false;
    const struct store_visitor visitor = {.context = &known, .job = job_note};
    gaia_error error = {0};
    const gaia_status status = server->store->ops->job_find(server->store, id, &visitor, &error);
    return known || status != GAIA_NOT_FOUND;
}

bool maps_sweep(struct server *server)
{
    return server->results != NULL && results_sweep(server->results, is_known, server);
}

/* ---- Where they are ---- */

static void id_take(void *context, const struct store_job *job)
{
    record_id_copy(context, job->record.id);
}

gaia_status maps_answer(struct server *server, struct api_request *request, int64_t job)
{
    char id[RECORD_ID] = "";
    char path[MAP_PATH];
    struct plan plan;
    gaia_error error = {0};
    const struct store_visitor visitor = {.context = id, .job = id_take};
    gaia_status status =
        server->store->ops->job_find(server->store, request->id, &visitor, &server->error);
    if (status == GAIA_OK) {
        status = moments_plan(server, job, &plan);
    }
    if (status != GAIA_OK) {
        return status;
    }
    request->http = HTTP_OK;
    for (size_t i = 0; plan.n_maps > 0 && i < plan.n_units; i++) {
        if (!map_begins(&plan, i) || plan.forecasts[plan.units[i].forecast].status != GAIA_OK) {
            continue;
        }
        if (server->results == NULL ||
            map_path_make(results_path(server->results), id, i, path, &error) != GAIA_OK) {
            api_refuse(request, HTTP_CONFLICT, GAIA_NOT_FOUND,
                       "this scheduler has no results folder: the job's error maps are elsewhere");
            break;
        }
        text_append_n(&request->answer, path, strlen(path) + 1);
    }
    arena_fini(&plan.arena);
    return request->answer.failed ? error_memory(&server->error, 1) : GAIA_OK;
}
