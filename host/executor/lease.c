/* SPDX-License-Identifier: MIT
 *
 * Runs one lease through the engine. Between the wire's JSON and host/engine.c; called on the main
 * thread, because the file libraries want one thread.
 *
 * Invariant: whatever is wrong with a lease or its files becomes a result with a status, so that
 * the scheduler hears of it; only a lease that it has taken back gets none.
 */
#include "lease.h"

#include <stdlib.h>
#include <string.h>

#include "error.h"
#include "score_work.h"
#include "task.h"

const char *lease_attempt(const json_t *lease)
{
    return json_string_value(json_object_get(lease, "attempt"));
}

void lease_result_fini(struct lease_result *result)
{
    json_decref(result->entry);
    free(result->sums);
    *result = (struct lease_result){0};
}

bool lease_lost_device(const struct lease_result *result)
{
    const char *status = json_string_value(json_object_get(result->entry, "status"));
    return status != NULL && strcmp(status, gaia_status_name(GAIA_DEVICE)) == 0;
}

/* A detail may name a file whose name is not UTF-8, or be cut within a character: jansson takes
 * neither. */
static json_t *detail_make(const char *detail)
{
    json_t *made = json_string(detail);
    if (made == NULL) {
        char plain[GAIA_ERROR_DETAIL];
        size_t n = 0;
        for (; detail[n] != '\0' && n + 1 < sizeof plain; n++) {
            plain[n] = (unsigned char)detail[n] < 0x80 ? detail[n] : '?';
        }
        plain[n] = '\0';
        made = json_string(plain);
    }
    return made;
}

/* The entry's part that says whose result it is. */
static json_t *entry_make(const json_t *lease, gaia_status status, const char *detail)
{
    return json_pack("{s:O, s:O, s:O, s:s, s:o}", "job", json_object_get(lease, "job"), "batch",
                     json_object_get(lease, "batch"), "attempt", json_object_get(lease, "attempt"),
                     "status", gaia_status_name(status), "detail", detail_make(detail));
}

gaia_status lease_result_fail(const json_t *lease, const gaia_error *why,
                              struct lease_result *result, gaia_error *err)
{
    lease_result_fini(result);
    result->entry = entry_make(lease, why->status, why->detail);
    return result->entry != NULL ? GAIA_OK : error_memory(err, 0);
}

bool lease_scores(const json_t *lease)
{
    const char *kind = json_string_value(json_object_get(lease, "kind"));
    return kind != NULL && strcmp(kind, "score") == 0;
}

gaia_status lease_job_read(const json_t *lease, struct gaia_job **job, gaia_error *err)
{
    const json_t *spec = json_object_get(lease, "spec");
    if (!json_is_object(spec)) {
        return error_set(err, GAIA_PROTOCOL, "lease.spec: an object is wanted");
    }
    char *text = json_dumps(spec, JSON_COMPACT);
    if (text == NULL) {
        return error_memory(err, 0);
    }
    const gaia_status status = gaia_job_parse(text, strlen(text), job, err);
    free(text);
    return status;
}

static gaia_status plan_run(struct engine *engine, const json_t *lease, struct lease_result *result,
                            gaia_error *err)
{
    struct gaia_job *job = NULL;
    struct plan *plan = NULL;
    json_t *planned = NULL;
    gaia_status status = lease_job_read(lease, &job, err);
    if (status == GAIA_OK) {
        status = engine_plan(engine, job, &plan, err);
    }
    if (status == GAIA_OK) {
        planned = plan_to_json(plan);
        result->entry = planned != NULL ? entry_make(lease, GAIA_OK, "") : NULL;
        if (result->entry == NULL || json_object_set(result->entry, "plan", planned) != 0) {
            status = error_memory(err, plan->n_units * sizeof *plan->units);
        }
    }
    json_decref(planned);
    plan_free(plan);
    gaia_job_free(job);
    return status;
}

static gaia_status task_lease_run(struct engine *engine, const json_t *lease,
                                  struct engine_control *control, struct lease_result *result,
                                  gaia_error *err)
{
    struct gaia_job *job = NULL;
    json_t *document = NULL;
    gaia_status status = lease_job_read(lease, &job, err);
    if (status == GAIA_OK) {
        status = task_run(engine, job, control, &document, err);
    }
    if (status == GAIA_OK) {
        result->entry = entry_make(lease, GAIA_OK, "");
        if (result->entry == NULL || json_object_set(result->entry, "document", document) != 0) {
            status = error_memory(err, 1);
        }
    }
    json_decref(document);
    gaia_job_free(job);
    return status;
}

static json_t *failures_make(const struct score_work *work)
{
    json_t *failed = json_array();
    for (size_t i = 0; i < work->n_failures; i++) {
        const struct engine_failure *failure = &work->failures[i];
        if (json_array_append_new(
                failed, json_pack("{s:I, s:s, s:o}", "forecast", (json_int_t)failure->forecast,
                                  "status", gaia_status_name(failure->error.status), "detail",
                                  detail_make(failure->error.detail))) != 0) {
            json_decref(failed);
            return NULL;
        }
    }
    return failed;
}

/* Describes the sums and hands them over: a row is nothing but float64 in the order of the wire. */
static gaia_status score_describe(const json_t *lease, struct score_work *work,
                                  struct lease_result *result, gaia_error *err)
{
    const size_t rows_per_unit = plan_rows_per_unit(work->plan);
    const size_t n_sums = work->n_units * rows_per_unit * GAIA_MOMENT_COUNT;
    _Static_assert(sizeof(struct gaia_moments) == GAIA_MOMENT_COUNT * sizeof(double),
                   "rows of moments are sent as they are");
    result->entry = entry_make(lease, GAIA_OK, "");
    json_t *about = json_pack(
        "{s:I, s:I, s:I, s:o, s:I, s:I}", "first_unit", (json_int_t)work->first_unit, "n_units",
        (json_int_t)work->n_units, "rows_per_unit", (json_int_t)rows_per_unit, "failed",
        failures_make(work), "offset", (json_int_t)0, "count", (json_int_t)n_sums);
    const int failed =
        result->entry == NULL || about == NULL || json_object_update(result->entry, about) != 0;
    json_decref(about);
    if (failed) {
        return error_memory(err, 0);
    }
    result->sums = (double *)(void *)work->rows;
    result->n_sums = n_sums;
    work->rows = NULL;
    return GAIA_OK;
}

static gaia_status score_run(struct engine *engine, const json_t *lease,
                             const struct held_job *held, const char *staging,
                             struct engine_control *control, struct lease_result *result,
                             gaia_error *err)
{
    struct score_work work = {.job = held->job, .plan = held->head, .staging = staging};
    gaia_status status = score_work_read(lease, &work, err);
    if (status == GAIA_OK) {
        status = score_work_sum(engine, &work, control, err);
    }
    if (status == GAIA_OK) {
        status = score_describe(lease, &work, result, err);
    }
    score_work_fini(&work);
    return status;
}

gaia_status lease_run(struct engine *engine, const json_t *lease, const struct held_job *held,
                      const char *staging, struct engine_control *control,
                      struct lease_result *result, gaia_error *err)
{
    gaia_error why = {0};
    const char *kind = json_string_value(json_object_get(lease, "kind"));
    gaia_status status = GAIA_OK;
    *result = (struct lease_result){0};
    if (kind != NULL && strcmp(kind, "plan") == 0) {
        status = plan_run(engine, lease, result, &why);
    } else if (held != NULL && lease_scores(lease)) {
        status = score_run(engine, lease, held, staging, control, result, &why);
    } else if (kind != NULL && strcmp(kind, "task") == 0) {
        status = task_lease_run(engine, lease, control, result, &why);
    } else {
        status =
            error_set(&why, GAIA_PROTOCOL, "lease.kind: \"plan\", \"score\" or \"task\" is wanted");
    }
    if (status == GAIA_OK || status == GAIA_CANCELLED) {
        if (status == GAIA_CANCELLED) {
            lease_result_fini(result);
        }
        return status == GAIA_OK ? GAIA_OK : error_set(err, status, "%s", why.detail);
    }
    return lease_result_fail(lease, &why, result, err);
}
