/* SPDX-License-Identifier: MIT
 *
 * The jobs of held.h: a few entries, the one not asked for longest gives way.
 *
 * Invariant: an entry is whole, or empty.
 */
#include "held.h"

#include <string.h>

#include "error.h"
#include "lease.h"

json_t *held_json(const struct held *held)
{
    json_t *array = json_array();
    for (size_t i = 0; array != NULL && i < HELD_JOBS; i++) {
        const struct held_job *job = &held->jobs[i];
        if (job->key[0] != '\0' && json_array_append_new(array, json_string(job->key)) != 0) {
            json_decref(array);
            return NULL;
        }
    }
    return array;
}

static void entry_clear(struct held_job *entry)
{
    json_decref(entry->spec);
    json_decref(entry->plan);
    gaia_job_free(entry->job);
    plan_free(entry->head);
    *entry = (struct held_job){0};
}

/* The entry of this key, or the one that gives way to it. */
static struct held_job *entry_find(struct held *held, const char *key)
{
    struct held_job *oldest = &held->jobs[0];
    for (size_t i = 0; i < HELD_JOBS; i++) {
        struct held_job *entry = &held->jobs[i];
        if (key[0] != '\0' && strcmp(entry->key, key) == 0) {
            return entry;
        }
        oldest = entry->used < oldest->used ? entry : oldest;
    }
    return oldest;
}

/* Reads what the lease brings into the entry, instead of what was there. */
static gaia_status entry_read(struct held_job *entry, const json_t *lease, const char *key,
                              gaia_error *err)
{
    entry_clear(entry);
    gaia_status status = lease_job_read(lease, &entry->job, err);
    if (status == GAIA_OK) {
        status = plan_from_json(json_object_get(lease, "plan"), &entry->head, err);
    }
    if (status == GAIA_OK) {
        entry->spec = json_incref(json_object_get(lease, "spec"));
        entry->plan = json_incref(json_object_get(lease, "plan"));
        memcpy(entry->key, key, strlen(key) + 1);
    } else {
        entry_clear(entry);
    }
    return status;
}

gaia_status held_take(struct held *held, json_t *lease, const struct held_job **job,
                      gaia_error *err)
{
    const char *given = json_string_value(json_object_get(lease, "key"));
    const char *key = given != NULL && strlen(given) < HELD_KEY ? given : "";
    struct held_job *entry = entry_find(held, key);
    const bool is_held = key[0] != '\0' && strcmp(entry->key, key) == 0;
    gaia_status status = GAIA_OK;
    if (!is_held) {
        status = entry_read(entry, lease, key, err);
    } else if (json_object_set(lease, "spec", entry->spec) != 0 ||
               json_object_set(lease, "plan", entry->plan) != 0) {
        status = error_memory(err, 1);
    }
    if (status == GAIA_OK) {
        entry->used = ++held->clock;
        *job = entry;
    }
    return status;
}

void held_fini(struct held *held)
{
    for (size_t i = 0; i < HELD_JOBS; i++) {
        entry_clear(&held->jobs[i]);
    }
}
