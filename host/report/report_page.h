/* SPDX-License-Identifier: MIT
 *
 * The page: one HTML file that opens offline, made of host/report and Vega at build time
 * (cmake/report.cmake), and of gaia.report/1 here.
 */
#ifndef REPORT_PAGE_H
#define REPORT_PAGE_H

#include <gaia/status.h>

#include "text.h"

/* GAIA_FORMAT_UNSUPPORTED where the program was built without the page. */
GAIA_MUST_USE gaia_status report_page_check(gaia_error *err);

/* Appends the page with the document in it. Whatever texts the document holds, they stay texts: no
 * character that HTML knows is left in it. GAIA_FORMAT_UNSUPPORTED, GAIA_OUT_OF_MEMORY. */
GAIA_MUST_USE gaia_status report_page_write(const struct text *json, struct text *out,
                                            gaia_error *err);

/* The scheduler's overview, an HTML page that asks the HTTP API for what it shows. NULL where the
 * program was built without. Static. */
const char *report_live_page(void);

#endif
