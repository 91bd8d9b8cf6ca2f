/* SPDX-License-Identifier: MIT
 *
 * "page", the page without its data, and "live", the scheduler's overview, made by
 * cmake/report.cmake; none where the program was built without Vega.
 */
#ifndef REPORT_EMBEDDED_H
#define REPORT_EMBEDDED_H

#include "embedded.h"

extern const struct embedded_file embedded_report[];
extern const size_t embedded_report_count;

#endif
