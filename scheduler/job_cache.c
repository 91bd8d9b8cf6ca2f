/* SPDX-License-Identifier: MIT
 *
 * The cache of job_cache.h: a few entries, the one not asked for longest gives way. Parsing a plan
 * of a hundred thousand units for each lease would cost more than the lease's work.
 *
 * Invariant: an entry with job != 0 has its spec.
 */
#include "job_cache.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "error.h"
#include "json.h"
#include "machine.h"

static void entry_clear(struct job_texts *entry)
{
    json_decref(entry->spec);
    json_decref(entry->plan_head);
    plan_free(entry->plan);
    *entry = (struct job_texts){0};
}

/* What was written by this program and does not parse is a damaged store. */
static gaia_status text_parse(const char *what, char *text, json_t **json, gaia_error *err)
{
    const gaia_status status = json_parse(what, text, strlen(text), json, err);
    free(text);
    return status == GAIA_JOB_INVALID ? error_restate(err, GAIA_STORE) : status;
}

static gaia_status spec_load(struct store *store, int64_t job, json_t **spec, gaia_error *err)
{
    char *text = NULL;
    const gaia_status status = store->ops->spec_read(store, job, &text, err);
    if (status == GAIA_NOT_FOUND) {
        return error_restate(err, GAIA_STORE);
    }
    return status == GAIA_OK ? text_parse("stored job", text, spec, err) : status;
}

gaia_status stored_plan_read(struct store *store, int64_t job, struct plan **plan, gaia_error *err)
{
    char *text = NULL;
    json_t *json = NULL;
    gaia_status status = store->ops->plan_read(store, job, &text, err);
    const size_t n_bytes = status == GAIA_OK ? strlen(text) : 0;
    if (status == GAIA_OK) {
        status = text_parse("stored plan", text, &json, err);
    }
    if (status == GAIA_OK) {
        status = plan_from_json(json, plan, err);
    }
    json_decref(json);
    memory_give_back(n_bytes);
    return status == GAIA_PROTOCOL || status == GAIA_NOT_FOUND ? error_restate(err, GAIA_STORE)
                                                               : status;
}

static gaia_status plan_load(struct store *store, struct job_texts *entry, gaia_error *err)
{
    const gaia_status status = stored_plan_read(store, entry->job, &entry->plan, err);
    if (status != GAIA_OK) {
        return status;
    }
    entry->plan_head = plan_head_to_json(entry->plan);
    if (entry->plan_head == NULL) {
        plan_free(entry->plan);
        entry->plan = NULL;
        return error_memory(err, 1);
    }
    return GAIA_OK;
}

/* The job's entry, or the one that gives way to it. */
static struct job_texts *entry_find(struct job_cache *cache, int64_t job)
{
    struct job_texts *oldest = &cache->entries[0];
    for (size_t i = 0; i < JOB_CACHE_JOBS; i++) {
        struct job_texts *entry = &cache->entries[i];
        if (entry->job == job) {
            return entry;
        }
        oldest = entry->used < oldest->used ? entry : oldest;
    }
    return oldest;
}

gaia_status job_cache_get(struct job_cache *cache, struct store *store, int64_t job, bool with_plan,
                          const struct job_texts **texts, gaia_error *err)
{
    struct job_texts *entry = entry_find(cache, job);
    gaia_status status = GAIA_OK;
    if (entry->job != job) {
        json_t *spec = NULL;
        status = spec_load(store, job, &spec, err);
        if (status != GAIA_OK) {
            return status;
        }
        entry_clear(entry);
        entry->job = job;
        entry->spec = spec;
    }
    entry->used = ++cache->clock;
    if (with_plan && entry->plan == NULL) {
        status = plan_load(store, entry, err);
        (void)snprintf(entry->key, sizeof entry->key, "%016" PRIx64 "%016" PRIx64, cache->salt,
                       cache->clock);
    }
    if (status == GAIA_OK) {
        *texts = entry;
    }
    return status;
}

void job_cache_drop(struct job_cache *cache, int64_t job)
{
    struct job_texts *entry = entry_find(cache, job);
    if (entry->job == job) {
        entry_clear(entry);
    }
}

void job_cache_clear(struct job_cache *cache)
{
    for (size_t i = 0; i < JOB_CACHE_JOBS; i++) {
        entry_clear(&cache->entries[i]);
    }
}
