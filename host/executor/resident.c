/* SPDX-License-Identifier: MIT
 *
 * The executor's account of itself for FETCH. Called by executor.c on its own thread.
 *
 * Invariant: a key is in the list once.
 */
#include "resident.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "machine.h"

enum { MEASURE_MS = 1000 };

/* The key of the job's truth; false if it has no files, or memory is short. */
static bool job_key(const json_t *job, char key[TRUTH_KEY])
{
    const json_t *files = json_object_get(json_object_get(job, "truth"), "files");
    const size_t n = json_array_size(files);
    const char **names = n > 0 ? calloc(n, sizeof *names) : NULL;
    bool good = names != NULL;
    for (size_t i = 0; good && i < n; i++) {
        names[i] = json_string_value(json_array_get(files, i));
        good = names[i] != NULL;
    }
    if (good) {
        truth_key(names, n, key);
    }
    free(names);
    return good;
}

void resident_touch(struct resident *resident, const json_t *job)
{
    char key[TRUTH_KEY];
    if (!job_key(job, key)) {
        return;
    }
    size_t at = 0;
    while (at < resident->n && memcmp(resident->keys[at], key, sizeof key) != 0) {
        at++;
    }
    if (at == resident->n) {
        resident->n += resident->n < RESIDENT_MAX;
        at = resident->n - 1; /* of a full list the oldest goes */
    }
    memmove(resident->keys[1], resident->keys[0], at * sizeof *resident->keys);
    memcpy(resident->keys[0], key, sizeof key);
}

json_t *resident_json(const struct resident *resident)
{
    json_t *array = json_array();
    for (size_t i = 0; array != NULL && i < resident->n; i++) {
        if (json_array_append_new(array, json_string(resident->keys[i])) != 0) {
            json_decref(array);
            return NULL;
        }
    }
    return array;
}

uint64_t resident_free_bytes(struct resident *resident, uint64_t memory_bytes, uint64_t base_bytes,
                             int64_t now_ms)
{
    if (!resident->measured || now_ms - resident->measured_ms >= MEASURE_MS) {
        struct machine_memory machine;
        machine_memory_read("", &machine);
        const uint64_t rss = process_rss_bytes(getpid());
        const uint64_t reusable = rss > base_bytes ? rss - base_bytes : 0;
        resident->room_bytes =
            machine.free_bytes > UINT64_MAX - reusable ? UINT64_MAX : machine.free_bytes + reusable;
        resident->measured = true;
        resident->measured_ms = now_ms;
    }
    return resident->room_bytes < memory_bytes ? resident->room_bytes : memory_bytes;
}
