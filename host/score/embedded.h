/* SPDX-License-Identifier: MIT
 *
 * Files that are part of the program: CMake makes an array of each (gaia_embed in
 * cmake/gaia.cmake), and a table of each folder's (cmake/embed.cmake).
 *
 * Invariant: what is embedded is the file in the tree, byte for byte;
 * the text of a table ends with a NUL that length does not count.
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

struct embedded {
    const char *bytes;
    size_t length;
};

extern const struct embedded embedded_requirements_gaia; /* requirements/gaia.json */

#endif
