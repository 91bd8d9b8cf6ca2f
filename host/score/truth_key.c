/* SPDX-License-Identifier: MIT
 *
 * The key of a job's truth. Called where a job is submitted, and where its leases are run.
 *
 * Invariant: the names are told apart from their concatenations.
 */
#include "truth_key.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <xxhash.h>

void truth_key(const char *const *files, size_t n_files, char key[TRUTH_KEY])
{
    XXH64_hash_t hash = 0;
    for (size_t i = 0; i < n_files; i++) {
        hash = XXH3_64bits_withSeed(files[i], strlen(files[i]) + 1, hash);
    }
    (void)snprintf(key, TRUTH_KEY, "%016" PRIx64, (uint64_t)hash);
}
