/* SPDX-License-Identifier: MIT
 *
 * One score as one CSV line (RFC 4180), and back. Values are shortest decimals that read back to
 * the same float64, so a score that went through CSV is the same score.
 */
#include "report.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include <gaia/time.h>

#include "error.h"

enum { CSV_COLUMNS = 10, HOUR_S = 3600 };

void report_csv_header(struct text *out)
{
    text_append(out, "forecast,variable,level,lead_hours,init_time,valid_time,region,weighting,"
                     "metric,value\n");
}

void report_csv_row(struct text *out, const struct gaia_score *score)
{
    char number[TEXT_NUMBER];
    char init[GAIA_TIME_TEXT] = "all";
    char valid[GAIA_TIME_TEXT] = "all";
    if (!score->all_times) {
        gaia_calendar_format(score->calendar, score->init_time_s, init);
        gaia_calendar_format(score->calendar, score->valid_time_s, valid);
    }
    text_csv(out, score->forecast);
    text_append(out, ",");
    text_csv(out, score->variable);
    text_append(out, ",");
    if (!isnan(score->level)) {
        number_format(score->level, number);
        text_append(out, number);
    }
    number_format((double)score->lead_time_s / HOUR_S, number);
    text_printf(out, ",%s,%s,%s,", number, init, valid);
    text_csv(out, score->region);
    number_format(score->value, number);
    text_append(out, ",");
    text_csv(out, score->weighting);
    text_append(out, ",");
    text_csv(out, score->metric);
    text_printf(out, ",%s\n", number);
}

/* Cuts the cell at *at out of the line, unquoting it in place; *at moves behind its comma. NULL if
 * the cell is malformed. */
static char *cell_cut(char **at)
{
    char *cell = *at;
    char *to = cell;
    char *from = cell;
    if (*from != '"') {
        from += strcspn(from, ",");
        to = from;
    } else {
        for (from++; *from != '\0' && (*from != '"' || from[1] == '"'); from++) {
            from += *from == '"';
            *to++ = *from;
        }
        if (*from++ != '"') {
            return NULL;
        }
    }
    if (*from != ',' && *from != '\0') {
        return NULL;
    }
    *at = from + (*from == ',');
    *to = '\0';
    return cell;
}

static bool value_parse(const char *cell, double *value)
{
    if (strcmp(cell, "nan") == 0) {
        *value = (double)NAN;
        return true;
    }
    if (strcmp(cell, "inf") == 0 || strcmp(cell, "-inf") == 0) {
        *value = cell[0] == '-' ? -(double)INFINITY : (double)INFINITY;
        return true;
    }
    return number_parse(cell, value);
}

/* Reads both times in the first calendar that has them, so that they are written again as they were
 * read: a row does not name its calendar. */
static bool times_parse(const char *init, const char *valid, struct gaia_score *score)
{
    bool good = false;
    for (unsigned i = 0; !good && i < GAIA_CALENDAR_COUNT; i++) {
        score->calendar = (enum gaia_calendar)i;
        good = gaia_calendar_parse(score->calendar, init, &score->init_time_s, NULL) == GAIA_OK &&
               gaia_calendar_parse(score->calendar, valid, &score->valid_time_s, NULL) == GAIA_OK;
    }
    return good;
}

gaia_status report_csv_parse(char *line, struct gaia_score *score, gaia_error *err)
{
    char *cell[CSV_COLUMNS];
    char *at = line;
    double hours = 0.0;
    for (int i = 0; i < CSV_COLUMNS; i++) {
        cell[i] = cell_cut(&at);
        if (cell[i] == NULL) {
            return error_set(err, GAIA_PROTOCOL, "scores: column %d of a row is malformed", i + 1);
        }
    }
    *score = (struct gaia_score){.forecast = cell[0],
                                 .variable = cell[1],
                                 .level = (double)NAN,
                                 .region = cell[6],
                                 .weighting = cell[7],
                                 .metric = cell[8],
                                 .all_times = strcmp(cell[5], "all") == 0};
    bool good = (cell[2][0] == '\0' || number_parse(cell[2], &score->level)) &&
                number_parse(cell[3], &hours) && value_parse(cell[9], &score->value);
    good = good && fabs(hours) < 1e12;
    score->lead_time_s = good ? llround(hours * HOUR_S) : 0;
    if (good && !score->all_times) {
        good = times_parse(cell[4], cell[5], score);
    }
    return good ? GAIA_OK : error_set(err, GAIA_PROTOCOL, "scores: a row does not read back");
}
