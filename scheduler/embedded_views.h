/* SPDX-License-Identifier: MIT
 *
 * The SQL of views/, which the build makes part of the program (cmake/embed.cmake).
 */
#ifndef EMBEDDED_VIEWS_H
#define EMBEDDED_VIEWS_H

#include "embedded.h"

/* scheduler/views/<name>.sql */
extern const struct embedded_file embedded_views[];
extern const size_t embedded_views_count;

#endif
