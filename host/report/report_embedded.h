/* SPDX-License-Identifier: MIT
 *
 * The page without its data, made by cmake/report.cmake: one entry, or none where the program was
 * built without Vega.
 */
#ifndef REPORT_EMBEDDED_H
#define REPORT_EMBEDDED_H

#include "embedded.h"

extern const struct embedded_file embedded_report[];
extern const size_t embedded_report_count;

#endif
