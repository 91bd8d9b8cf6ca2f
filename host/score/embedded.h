/* SPDX-License-Identifier: MIT
 *
 * Text files that are part of the program: cmake/embed.cmake makes the tables at build time.
 *
 * Invariant: text ends with a NUL that length does not count.
 */
#ifndef SCORE_EMBEDDED_H
#define SCORE_EMBEDDED_H

#include <stddef.h>

struct embedded_file {
    const char *name; /* of the file, without its extension */
    const char *text;
    size_t length;
};

/* host/score/profiles/<name>.json */
extern const struct embedded_file embedded_profiles[];
extern const size_t embedded_profiles_count;

#endif
