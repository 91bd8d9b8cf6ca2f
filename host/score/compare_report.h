/* SPDX-License-Identifier: MIT
 *
 * A comparison as text: table, CSV or JSON, as report.h does it for scores.
 */
#ifndef SCORE_COMPARE_REPORT_H
#define SCORE_COMPARE_REPORT_H

#include <gaia/status.h>

#include "compare.h"
#include "report.h"
#include "text.h"

/* Rows go in in order, text comes out of out->s at the end at the latest. A significant difference
 * is `yes` in CSV, true in JSON and a star in the table. */
struct compare_report;
GAIA_MUST_USE gaia_status compare_report_open(enum report_format format, struct text *out,
                                              struct compare_report **report, gaia_error *err);
void compare_report_row(struct compare_report *report, const struct compare_row *row);
void compare_report_end(struct compare_report *report);
void compare_report_close(struct compare_report *report);

#endif
