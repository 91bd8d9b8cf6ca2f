/* SPDX-License-Identifier: MIT
 *
 * Files that are part of the program: CMake makes an array of each (gaia_embed in
 * cmake/gaia.cmake).
 *
 * Invariant: what is embedded is the file in the tree, byte for byte.
 */
#ifndef SCORE_EMBEDDED_H
#define SCORE_EMBEDDED_H

#include <stddef.h>

struct embedded {
    const char *bytes;
    size_t length;
};

extern const struct embedded embedded_requirements_gaia; /* requirements/gaia.json */

#endif
