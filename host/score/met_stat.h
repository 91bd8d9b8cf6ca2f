/* SPDX-License-Identifier: MIT
 *
 * Stored sums as lines of MET's .stat files, for METviewer, METdataio and MET's Stat-Analysis.
 *
 * Columns are those of MET 11.1 (VERSION says so): MET User's Guide, chapter "Point-Stat Tool",
 * tables "Common STAT header columns", "CNT", "SL1L2" and "SAL1L2" output format, and
 * data/table_files/met_header_columns_V11.1.txt of dtcenter/MET. Formulas are those of its appendix
 * G, "Verification Measures".
 *
 * What has no column of its own: MODEL is the forecast, DESC the weighting, VX_MASK the region,
 * FCST_LEV and OBS_LEV "P" and the level in hPa, OBTYPE "ANALYS", as Grid-Stat calls an analysis.
 *
 * Invariant: a unit gives a line of each type for each region and weighting (SAL1L2 only with a
 * climatology), each with the columns of its type; what sums cannot give is NA.
 */
#ifndef SCORE_MET_STAT_H
#define SCORE_MET_STAT_H

#include <stddef.h>

#include <gaia/metric.h>
#include <gaia/status.h>

#include "plan.h"
#include "text.h"

/* Whether the plan's names and times can stand in such lines, where cells end at blanks and times
 * are dates of the Gregorian calendar. Blanks and control characters in names become '_'.
 * GAIA_USAGE: two forecasts, variables, regions or weightings would have one name, or a valid time
 * has no year of four digits. GAIA_FORMAT_UNSUPPORTED: the calendar is 360_day.
 * GAIA_OUT_OF_MEMORY. */
GAIA_MUST_USE gaia_status met_stat_check(const struct plan *plan, gaia_error *err);

/* Appends the names of the columns that all line types share. */
void met_stat_header(struct text *out);

/* Whether a unit that is not in the plan's list has such a time. GAIA_USAGE. */
GAIA_MUST_USE gaia_status met_stat_time_check(const struct plan *plan, const struct gaia_unit *unit,
                                              gaia_error *err);

/* Appends the lines of a unit of a plan that met_stat_check found good; rows:
 * [n_regions][n_weights]. Means are weighted; TOTAL counts points, rounded where a mask counts them
 * as shares. By the rule PROPAGATE, which the plan has, a group with a missing point is NA. */
void met_stat_unit(const struct plan *plan, const struct gaia_unit *unit,
                   const struct gaia_moments *rows, struct text *out);

#endif
