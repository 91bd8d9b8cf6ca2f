/* SPDX-License-Identifier: MIT
 *
 * From a parsed job to the terms and the key that the queue knows it by.
 *
 * Invariant: two texts of one job, however they are spaced and ordered, have one content key.
 */
#include "submission.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>
#include <xxhash.h>

#include "error.h"
#include "truth_key.h"

_Static_assert(RECORD_TRUTH == (int)TRUTH_KEY, "a record has room for a truth's key");

static gaia_status content_key(const struct gaia_job *job, char *key, gaia_error *err)
{
    json_t *root = json_loadb(job->json, job->json_length, 0, NULL);
    char *text = root != NULL ? json_dumps(root, JSON_COMPACT | JSON_SORT_KEYS) : NULL;
    json_decref(root);
    if (text == NULL) {
        return error_memory(err, job->json_length);
    }
    const XXH128_hash_t hash = XXH3_128bits(text, strlen(text));
    (void)snprintf(key, RECORD_NAME, "xxh3-128:%016llx%016llx", (unsigned long long)hash.high64,
                   (unsigned long long)hash.low64);
    free(text);
    return GAIA_OK;
}

gaia_status submission_make(const struct gaia_job *job, const char *key, int64_t wall_ms,
                            struct submission *submission, gaia_error *err)
{
    const struct gaia_job_queue *queue = &job->queue;
    struct job_terms *terms = &submission->terms;
    *submission = (struct submission){.name = job->name != NULL ? job->name : "",
                                      .spec = job->json,
                                      .spec_bytes = job->json_length,
                                      .is_task = job->has_document != 0};
    record_tenant_copy(terms->tenant, queue->tenant != NULL ? queue->tenant : "");
    terms->priority = queue->priority;
    (void)job_resource_parse(queue->resource, &terms->resource);
    terms->memory_bytes = queue->memory_bytes;
    terms->not_before_ms = queue->not_before_s * 1000;
    if (queue->start_within_s > 0) {
        const int64_t from_ms = terms->not_before_ms > wall_ms ? terms->not_before_ms : wall_ms;
        terms->start_by_ms = from_ms + queue->start_within_s * 1000;
    }
    terms->run_ms = queue->run_within_s * 1000;
    if (!submission->is_task) {
        truth_key(job->truth.files, job->truth.n_files, terms->truth);
    }
    key = key != NULL ? key : queue->key;
    if (key != NULL && strcmp(key, "content") == 0) {
        return content_key(job, submission->key, err);
    }
    if (key != NULL && strlen(key) >= sizeof submission->key) {
        return error_set(err, GAIA_USAGE, "a key has at most %zu bytes",
                         sizeof submission->key - 1);
    }
    record_name_copy(submission->key, key != NULL ? key : "");
    return GAIA_OK;
}
