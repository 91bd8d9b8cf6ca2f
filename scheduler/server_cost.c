/* SPDX-License-Identifier: MIT
 *
 * What results cost the executors that made them, for metrics. Called by server_result.c.
 *
 * Invariant: a cost is counted with the result that it came with, once, in the same transaction.
 */
#include <stdlib.h>

#include "error.h"
#include "json.h"
#include "server_state.h"

/* More than any batch: what is above it is no measurement. */
static const int64_t number_max = INT64_C(1) << 53;

static gaia_status number_read(const json_t *object, const char *path, const char *key,
                               int64_t *number, gaia_error *err)
{
    gaia_status status = json_get_int(object, path, key, false, number, err);
    if (status == GAIA_OK && (*number < 0 || *number > number_max)) {
        status = error_set(err, GAIA_PROTOCOL, "%s.%s: %lld is out of range", path, key,
                           (long long)*number);
    }
    return status;
}

gaia_status cost_read(const json_t *report, struct result_cost *cost, gaia_error *err)
{
#define X(code, name) name,
    static const char *const keys[] = {RESULT_COST_MAP(X)};
    static const char *const formats[] = {METRIC_FORMAT_MAP(X)};
#undef X
    static const char path[] = "RESULT.results.cost";
    const json_t *object = json_object_get(report, "cost");
    const json_t *read = json_object_get(object, "read_bytes");
    gaia_status status = GAIA_OK;
    *cost = (struct result_cost){0};
    if ((object != NULL && !json_is_object(object)) || (read != NULL && !json_is_object(read))) {
        return error_set(err, GAIA_PROTOCOL, "%s: an object is wanted", path);
    }
    for (size_t i = 0; object != NULL && status == GAIA_OK && i < RESULT_COST_COUNT; i++) {
        status = number_read(object, path, keys[i], &cost->n[i], err);
    }
    for (size_t i = 0; read != NULL && status == GAIA_OK && i < METRIC_FORMAT_KINDS; i++) {
        status = number_read(read, "RESULT.results.cost.read_bytes", formats[i],
                             &cost->read_bytes[i], err);
    }
    return status;
}

void cost_count(struct server *server, const struct result_cost *cost, const char *session)
{
    struct metrics *metrics = server->metrics;
    const enum metric_device device =
        core_session_has_gpu(server->core, session) ? METRIC_DEVICE_GPU : METRIC_DEVICE_CPU;
    metrics_turn_add(metrics, METRIC_EXECUTOR_CPU, 0, cost->n[RESULT_COST_CPU]);
    metrics_turn_add(metrics, METRIC_KERNEL_SECONDS, device, cost->n[RESULT_COST_KERNEL]);
    metrics_turn_add(metrics, METRIC_KERNEL_BYTES, device, cost->n[RESULT_COST_SUMMED]);
    metrics_turn_add(metrics, METRIC_UPLOADED, 0, cost->n[RESULT_COST_UPLOADED]);
    metrics_turn_add(metrics, METRIC_CACHE, METRIC_CACHE_HIT, cost->n[RESULT_COST_KEPT]);
    metrics_turn_add(metrics, METRIC_CACHE, METRIC_CACHE_MISS, cost->n[RESULT_COST_FRESH]);
    for (size_t i = 0; i < METRIC_FORMAT_KINDS; i++) {
        metrics_turn_add(metrics, METRIC_READ, i, cost->read_bytes[i]);
    }
}
