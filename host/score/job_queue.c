/* SPDX-License-Identifier: MIT
 *
 * Reading the key "queue" of a job.
 *
 * Invariant: what is read fits the scheduler's records: no text is cut off later.
 */
#include "job_queue.h"

#include <string.h>

#include <gaia/time.h>

#include "error.h"
#include "job_source.h"
#include "json.h"
#include "text.h"

enum { PRIORITY_MAX = 1000, TENANT_LENGTH_MAX = 63, KEY_LENGTH_MAX = 127 };

#define WAIT_S_MAX INT64_C(315360000) /* ten years */

/* A text of 1 to max printable characters. */
static gaia_status text_read(struct arena *arena, const json_t *object, const char *key, size_t max,
                             const char **text, gaia_error *err)
{
    const char *given = NULL;
    gaia_status status = json_get_string(object, "job.queue", key, false, &given, err);
    if (status != GAIA_OK || given == NULL) {
        return status;
    }
    if (given[0] == '\0' || strlen(given) > max || !text_is_clean(given)) {
        return error_set(err, GAIA_JOB_INVALID,
                         "job.queue.%s: 1 to %zu bytes without control characters are wanted", key,
                         max);
    }
    return job_text_copy(arena, given, text, err);
}

static gaia_status number_read(const json_t *object, const char *key, int64_t least, int64_t most,
                               int64_t *number, gaia_error *err)
{
    const gaia_status status = json_get_int(object, "job.queue", key, false, number, err);
    return status == GAIA_OK && (*number < least || *number > most)
               ? error_set(err, GAIA_JOB_INVALID, "job.queue.%s: %lld is not from %lld to %lld",
                           key, (long long)*number, (long long)least, (long long)most)
               : status;
}

static gaia_status resource_read(const json_t *object, struct gaia_job_queue *queue,
                                 gaia_error *err)
{
    static const char *const names[] = {"any", "cpu", "gpu"};
    const char *given = names[0];
    const gaia_status status = json_get_string(object, "job.queue", "resource", false, &given, err);
    for (size_t i = 0; status == GAIA_OK && i < sizeof names / sizeof *names; i++) {
        if (strcmp(given, names[i]) == 0) {
            queue->resource = names[i];
            return GAIA_OK;
        }
    }
    return status != GAIA_OK ? status
                             : error_set(err, GAIA_JOB_INVALID,
                                         "job.queue.resource: 'any', 'cpu' or 'gpu' is wanted, "
                                         "not '%.40s'",
                                         given);
}

static gaia_status not_before_read(const json_t *object, struct gaia_job_queue *queue,
                                   gaia_error *err)
{
    const char *given = NULL;
    gaia_status status = json_get_string(object, "job.queue", "not_before", false, &given, err);
    if (status == GAIA_OK && given != NULL) {
        status = gaia_time_parse(given, &queue->not_before_s, err);
        status = status != GAIA_OK ? error_set(err, GAIA_JOB_INVALID,
                                               "job.queue.not_before: '%.40s' is no time like "
                                               "2026-01-31T06:00Z",
                                               given)
                                   : status;
    }
    return status;
}

gaia_status job_queue_read(struct arena *arena, const json_t *root, struct gaia_job_queue *queue,
                           gaia_error *err)
{
    static const char *const keys[] = {"tenant",       "priority",   "resource",
                                       "memory_bytes", "not_before", "start_within_s",
                                       "run_within_s", "key"};
    const json_t *object = json_object_get(root, "queue");
    int64_t priority = 0;
    int64_t memory_bytes = 0;
    queue->resource = "any";
    if (object == NULL) {
        return GAIA_OK;
    }
    gaia_status status =
        json_check_keys(object, "job.queue", keys, sizeof keys / sizeof *keys, err);
    if (status == GAIA_OK) {
        status = text_read(arena, object, "tenant", TENANT_LENGTH_MAX, &queue->tenant, err);
    }
    if (status == GAIA_OK) {
        status = text_read(arena, object, "key", KEY_LENGTH_MAX, &queue->key, err);
    }
    if (status == GAIA_OK) {
        status = number_read(object, "priority", -PRIORITY_MAX, PRIORITY_MAX, &priority, err);
    }
    if (status == GAIA_OK) {
        status = resource_read(object, queue, err);
    }
    if (status == GAIA_OK) {
        status = number_read(object, "memory_bytes", 0, INT64_MAX, &memory_bytes, err);
    }
    if (status == GAIA_OK) {
        status = not_before_read(object, queue, err);
    }
    if (status == GAIA_OK) {
        status = number_read(object, "start_within_s", 0, WAIT_S_MAX, &queue->start_within_s, err);
    }
    if (status == GAIA_OK) {
        status = number_read(object, "run_within_s", 0, WAIT_S_MAX, &queue->run_within_s, err);
    }
    queue->priority = (int)priority;
    queue->memory_bytes = (uint64_t)memory_bytes;
    return status;
}
