/* SPDX-License-Identifier: MIT
 *
 * What a page shows, as one JSON document (gaia.report/1) made of stored sums: values over times
 * with intervals, differences from every baseline, coverage, composites, origin. report_page.c
 * puts it into the page.
 *
 * Members:
 *   forecasts    {id, kind, status, detail, fields, ...}: those of the file, then what they are
 *                held against besides: kind "forecast", "against", "reference" or "climatology"
 *   variables, levels (hPa or null), leads (hours), regions, weightings, metrics {name, column}
 *   bands        [region, south, north] of the regions that are bands of latitude, in degrees
 *   values       [forecast, variable, level, lead, region, weighting, metric, n, value, low, high]
 *   baselines    indices of forecasts; baseline: the one that was asked for, or null
 *   differences  [baseline, the seven indices of a value as above, n, against, difference, low,
 *                high, r1, lacking, other truth]
 *   composites   {forecast, score, ..., leads [...], variables [...]} (report_composite.h)
 *   verdicts     {source, verdict, findings [...], ...}: what `gaia verify` found
 * (report_verdict.h) maps         error maps, where there are any (report_maps.h) Bands have values
 * alone, no differences, unless there are no other regions. Indices are into the lists. A value is
 * the shortest decimal that reads back; none is null.
 */
#ifndef REPORT_DATA_H
#define REPORT_DATA_H

#include <stddef.h>
#include <stdint.h>

#include <gaia/status.h>

#include "derive.h"
#include "moments_file.h"
#include "text.h"

/* Values and differences of one page at most: about 40 MB of text. */
enum { REPORT_ROWS_MAX = 400000 };

struct report_maps;

struct report_request {
    const struct moments_file *file;
    struct derive_filter filter;
    const struct moments_file *against_file; /* NULL: none */
    const char *against; /* a forecast of against_file, or of file; NULL: none */
    const char *against_label;
    const char *composites; /* a JSON array of documents; NULL: none */
    size_t composites_length;
    const char *verdicts; /* a JSON document or an array of them; NULL: none */
    size_t verdicts_length;
    const struct report_maps *maps; /* NULL: none */
    const char *source;             /* what the sums are called; NULL: by the name of file */
    const char *title;              /* NULL: made of the forecasts */
    const char *command;            /* that repeats the page; NULL: not known */
    const char *device;             /* that made the sums; NULL: not known */
    int64_t made_s;
};

/* Appends the document. Every forecast is a baseline for the others, as far as REPORT_ROWS_MAX
 * allows; bands of latitude take half of that at most, or are left out; what is left out is said in
 * its warnings. The errors of derive_open, compare_run and
 * report_metrics_choose; GAIA_LIMIT where the values alone are too many; GAIA_JOB_INVALID of
 * composites and verdicts. */
GAIA_MUST_USE gaia_status report_data_write(const struct report_request *request, struct text *out,
                                            gaia_error *err);

#endif
