/* SPDX-License-Identifier: MIT
 *
 * The versions of the libraries that this program runs with, as they themselves say at run time.
 */
#ifndef BASE_LIBRARY_H
#define BASE_LIBRARY_H

#include "text.h"

/* Appends a line "NAME VERSION\n" for each library that the program is linked with and that says
 * its version; others are left out. Thread-safe. */
void libraries_append(struct text *out);

/* What --version prints: "PROGRAM VERSION\n", then libraries_append. */
void version_print(const char *program);

#endif
