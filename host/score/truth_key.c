/* SPDX-License-Identifier: MIT
 *
 * The key of a job's truth. Called where a lease is run, and where one is chosen.
 *
 * Invariant: jobs whose truths are written alike, in whatever order of members, have one key.
 */
#include "truth_key.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <xxhash.h>

bool truth_key(const json_t *job, char key[TRUTH_KEY])
{
    const json_t *truth = json_object_get(job, "truth");
    char *text =
        truth != NULL ? json_dumps(truth, JSON_COMPACT | JSON_SORT_KEYS | JSON_ENCODE_ANY) : NULL;
    if (text == NULL) {
        return false;
    }
    (void)snprintf(key, TRUTH_KEY, "%016" PRIx64, (uint64_t)XXH3_64bits(text, strlen(text)));
    free(text);
    return true;
}
