/* SPDX-License-Identifier: MIT
 *
 * What names a truth between scheduler and executors: executors tell which ones they held open
 * lately, so that a batch can go where its truth is.
 */
#ifndef SCORE_TRUTH_KEY_H
#define SCORE_TRUTH_KEY_H

#include <stdbool.h>

#include <jansson.h>

enum { TRUTH_KEY = 17 };

/* Writes 16 lower-case hexadecimal digits: XXH3-64 of the job's member "truth" as compact JSON with
 * sorted keys. False if the job has none, or memory is short: it then has no key. */
bool truth_key(const json_t *job, char key[TRUTH_KEY]);

#endif
