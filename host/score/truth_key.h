/* SPDX-License-Identifier: MIT
 *
 * What names a truth between scheduler and executors: executors tell which ones they held open
 * lately, so that a batch can go where its truth is.
 */
#ifndef SCORE_TRUTH_KEY_H
#define SCORE_TRUTH_KEY_H

#include <stddef.h>

enum { TRUTH_KEY = 17 };

/* The key of a source's fields: 16 lower-case hexadecimal digits, the XXH3-64 of its file names as
 * the job has them, each with its NUL, the hash of one the seed of the next. */
void truth_key(const char *const *files, size_t n_files, char key[TRUTH_KEY]);

#endif
