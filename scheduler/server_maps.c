/* SPDX-License-Identifier: MIT
 *
 * Error maps as far as the loop has to do with them: which units make one, that they are moved to
 * their job with the result, where a job's are, and that they go with it. Executors write them, the
 * HTTP API's threads read them.
 *
 * Invariant: what becomes part of a file's name is an id that this scheduler gave out, and a
 * number; and nothing is removed that a turn which fails would want back.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "error.h"
#include "map_file.h"
#include "map_place.h"
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

/* ---- What leaves with a turn ---- */

enum leaving_kind { LEAVING_JOB, LEAVING_EXECUTOR, LEAVING_ATTEMPTS };

/* What has gone in this turn, and may have left files. */
struct leaving {
    TAILQ_ENTRY(leaving) in_list;
    enum leaving_kind kind;
    char name[RECORD_NAME]; /* the id of the job, or the executor's */
    uint64_t first;         /* of attempts: the batch's units, */
    uint64_t end;
    char attempt[RECORD_ID]; /* and the one that stays */
};

/* NULL: what cannot be remembered stays. */
static struct leaving *leaving_add(struct server *server, enum leaving_kind kind, const char *name)
{
    struct leaving *leaving = server->results != NULL ? calloc(1, sizeof *leaving) : NULL;
    if (leaving != NULL) {
        leaving->kind = kind;
        record_name_copy(leaving->name, name);
        TAILQ_INSERT_TAIL(&server->leaving, leaving, in_list);
    }
    return leaving;
}

static void leaving_remove(const struct server *server, const struct leaving *leaving)
{
    switch (leaving->kind) {
    case LEAVING_JOB:
        results_job_remove(server->results, leaving->name);
        break;
    case LEAVING_EXECUTOR: /* if its next process is there, that has begun by emptying the folder */
        if (!core_executor_known(server->core, leaving->name)) {
            results_staging_clear(server->results, leaving->name);
        }
        break;
    case LEAVING_ATTEMPTS:
        results_prune(server->results, leaving->name, leaving->first, leaving->end,
                      leaving->attempt);
        break;
    }
}

void maps_turn_end(struct server *server, bool is_committed)
{
    struct leaving *leaving = NULL;
    while ((leaving = TAILQ_FIRST(&server->leaving)) != NULL) {
        TAILQ_REMOVE(&server->leaving, leaving, in_list);
        if (is_committed) {
            leaving_remove(server, leaving);
        }
        free(leaving);
    }
}

/* ---- Results ---- */

/* What a map may take, by what the plan says that a field takes, of at least two bytes a point:
 * sums, axes that are at worst as long as the field, and the head. */
static uint64_t map_bytes_max(const struct plan *plan)
{
    enum { POINT_BYTES = (MAP_PLANES + 2) * sizeof(double), FIELD_POINT_BYTES = 2, HEAD = 1 << 17 };
    const uint64_t most = (UINT64_MAX - HEAD) / (POINT_BYTES / FIELD_POINT_BYTES);
    return (plan->field_bytes < most ? plan->field_bytes : most) *
               (POINT_BYTES / FIELD_POINT_BYTES) +
           HEAD;
}

gaia_status maps_take(struct server *server, const char *job, const struct batch_record *batch,
                      const struct store_result *result, const struct plan *plan, gaia_error *err)
{
    const uint64_t end = batch->first_unit + batch->n_units;
    const char *executor = core_session_executor(server->core, result->session);
    /* The store will refuse a result of any other attempt, and nothing is moved for it. */
    if (plan->n_maps == 0 || executor == NULL ||
        !core_lease_held(server->core, result->session, job, batch->number, result->attempt)) {
        return GAIA_OK;
    }
    uint64_t *units = calloc(batch->n_units + (size_t)1, sizeof *units);
    struct results_maps maps = {.executor = executor,
                                .job = job,
                                .attempt = result->attempt,
                                .units = units,
                                .bytes_max = map_bytes_max(plan)};
    if (units == NULL) {
        return error_memory(err, batch->n_units * sizeof *units);
    }
    for (uint64_t i = batch->first_unit; i < end; i++) {
        if (map_begins(plan, i) && !result->is_absent[i - batch->first_unit]) {
            units[maps.n_units++] = i;
        }
    }
    gaia_status status = GAIA_OK;
    if (maps.n_units > 0) {
        status = server->results != NULL
                     ? results_move(server->results, &maps, err)
                     : error_set(err, GAIA_DISK, "this scheduler has no folder for error maps");
    }
    if (status == GAIA_PROTOCOL) { /* an honest executor leaves no such thing */
        log_event(server->config.log, LOG_SECURITY | LOG_OFTEN, LOG_WARNING, "map_refused",
                  "what an executor left in a map's place was refused", log_text("job", job),
                  log_text("executor", executor), log_text("error", err->detail));
    }
    if (status == GAIA_OK && batch->tries + batch->losses + batch->kills > 0) {
        struct leaving *others = leaving_add(server, LEAVING_ATTEMPTS, job);
        if (others != NULL) {
            others->first = batch->first_unit;
            others->end = end;
            record_id_copy(others->attempt, result->attempt);
        }
    }
    free(units);
    return status;
}

/* ---- What is left ---- */

void maps_job_over(struct server *server, const struct job_record *job)
{
    /* One that has failed may be taken up again, and its maps are as good as its sums. */
    if (job->state == JOB_CANCELLED) {
        (void)leaving_add(server, LEAVING_JOB, job->id);
    }
}

void maps_session_over(struct server *server, const struct session_record *session)
{
    (void)leaving_add(server, LEAVING_EXECUTOR, session->executor);
}

gaia_status maps_claim(struct server *server, gaia_error *err)
{
    gaia_error why = {0};
    if (server->results == NULL) {
        return GAIA_OK;
    }
    const gaia_status status = results_claim(server->results, server->store->identity, &why);
    if (status == GAIA_DISK) {
        log_event(server->config.log, LOG_APPLICATION, LOG_WARNING, "results_unmarked",
                  "it is not sure that the results folder is this queue's: what no job needs any "
                  "more stays in it",
                  log_text("error", why.detail));
        return GAIA_OK;
    }
    return status == GAIA_OK ? status : error_set(err, status, "%s", why.detail);
}

static bool executor_is_known(void *context, const char *executor)
{
    const struct server *server = context;
    return core_executor_known(server->core, executor);
}

void maps_restored(struct server *server)
{
    if (server->results != NULL) {
        results_staging_sweep(server->results, executor_is_known, server);
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

/* An answer being made. */
struct places {
    struct api_request *request;
    struct plan plan; /* borrowed from the cache but for its forecasts */
    const char *results;
    char id[RECORD_ID]; /* of the job */
    gaia_error error;   /* of a name */
};

static void id_take(void *context, const struct store_job *job)
{
    struct places *places = context;
    record_id_copy(places->id, job->record.id);
}

static void member_append(struct text *answer, const char *member)
{
    text_append_n(answer, member, strlen(member) + 1);
}

/* Says where the map is that begins with this unit, and what it must be of. */
static void place_append(const struct places *places, const char *path,
                         const struct gaia_unit *unit)
{
    struct text *answer = &places->request->answer;
    char number[64];
    member_append(answer, path);
    member_append(answer, places->plan.forecasts[unit->forecast].id);
    member_append(answer, places->plan.variables[unit->variable]);
    (void)snprintf(number, sizeof number, "%a", unit->level);
    member_append(answer, number);
    (void)snprintf(number, sizeof number, "%lld", (long long)unit->lead_time_s);
    member_append(answer, number);
}

/* Says where the maps of a batch that is done are, but those of forecasts that have failed. */
static void done_take(void *context, const struct batch_record *batch)
{
    struct places *places = context;
    const struct plan *plan = &places->plan;
    char folder[MAP_PATH];
    char path[MAP_PATH];
    (void)snprintf(folder, sizeof folder, "%s/%s", places->results, places->id);
    for (uint64_t k = 0; places->error.status == GAIA_OK && k < batch->n_units; k++) {
        const uint64_t i = batch->first_unit + k;
        if (i < plan->n_units && map_begins(plan, i) &&
            plan->forecasts[plan->units[i].forecast].status == GAIA_OK &&
            map_path_make(folder, i, batch->attempt, path, &places->error) == GAIA_OK) {
            place_append(places, path, &plan->units[i]);
        }
    }
}

gaia_status maps_answer(struct server *server, struct api_request *request, int64_t job)
{
    struct places places = {.request = request};
    const struct store_ops *ops = server->store->ops;
    const struct store_visitor visitor = {.context = &places, .job = id_take, .batch = done_take};
    gaia_status status = ops->job_find(server->store, request->id, &visitor, &server->error);
    if (status == GAIA_OK) {
        status = moments_plan(server, job, &places.plan);
    }
    if (status != GAIA_OK) {
        return status;
    }
    request->http = HTTP_OK;
    if (places.plan.n_maps > 0 && server->results == NULL) {
        (void)error_set(&places.error, GAIA_NOT_FOUND,
                        "this scheduler has no results folder: the job's error maps are elsewhere");
    } else if (places.plan.n_maps > 0) {
        places.results = results_path(server->results);
        status = ops->batches_done(server->store, job, &visitor, &server->error);
    }
    if (places.error.status != GAIA_OK) {
        api_refuse(request, HTTP_CONFLICT, places.error.status, places.error.detail);
    }
    arena_fini(&places.plan.arena);
    return status == GAIA_OK && request->answer.failed ? error_memory(&server->error, 1) : status;
}
