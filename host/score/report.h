/* SPDX-License-Identifier: MIT
 *
 * Scores as text. CSV is the exact record (shortest decimals that read back to the same float64);
 * the table and JSON are made from the same rows.
 */
#ifndef SCORE_REPORT_H
#define SCORE_REPORT_H

#include <stdbool.h>

#include <gaia/metric.h>
#include <gaia/status.h>

#include "arena.h"
#include "text.h"

enum report_format { REPORT_TABLE, REPORT_CSV, REPORT_JSON };

/* The format of this name ("table", "csv", "json"); false if there is none. */
bool report_format_parse(const char *name, enum report_format *format);

/* forecast,variable,level,lead_hours,init_time,valid_time,region,weighting,metric,value */
void report_csv_header(struct text *out);
void report_csv_row(struct text *out, const struct gaia_score *score);

/* Reads one line that report_csv_row wrote (without the line break; the line is cut up in place and
 * the row's strings point into it). GAIA_PROTOCOL. */
GAIA_MUST_USE gaia_status report_csv_parse(char *line, struct gaia_score *score, gaia_error *err);

/* A report being written: rows go in in order, text comes out of out->s (the caller may take and
 * clear it between rows). The table shows the aggregates over times, a line for each forecast,
 * variable, level, lead, region and weighting, metrics as columns. */
struct report;
GAIA_MUST_USE gaia_status report_open(enum report_format format, struct text *out,
                                      struct report **report, gaia_error *err);
/* For a window of so many columns (0: no bound): metrics of a table that do not fit beside the
 * others stand below them. What stands around its headings is borrowed. */
void report_fit(struct report *report, size_t columns, const char *heading_on,
                const char *heading_off);
void report_row(struct report *report, const struct gaia_score *score);
void report_end(struct report *report);
void report_close(struct report *report);

#endif
