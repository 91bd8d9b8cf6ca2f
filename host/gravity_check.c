/* SPDX-License-Identifier: MIT
 *
 * Means from moments, and what their ratio says.
 *
 * Invariant: nothing is read again; a unit costs a few divisions.
 */
#include "gravity_check.h"

#include <math.h>

#include "error.h"
#include "variable_name.h"

enum { NEAR_GROUND_HPA = 900, NEAR_GROUND_POINTS = 1000 };

static const double TOLERANCE = 0.03;

static bool of_geopotential(const struct catalog *catalog, const char *name)
{
    const size_t i = catalog_variable(catalog, name);
    const enum variable_kind kind =
        variable_kind(i < catalog->n_variables ? catalog->variables[i].in_file : name);
    return kind == VARIABLE_GEOPOTENTIAL || kind == VARIABLE_GEOPOTENTIAL_HEIGHT;
}

/* The row of the most points where forecast and truth are both present. */
static const struct gaia_moments *row_choose(const struct gaia_moments *rows, size_t n_rows)
{
    const struct gaia_moments *best = rows;
    for (size_t i = 1; i < n_rows; i++) {
        if (rows[i].sum[GAIA_MOMENT_ERROR_N] > best->sum[GAIA_MOMENT_ERROR_N]) {
            best = &rows[i];
        }
    }
    return best;
}

static double mean(const struct gaia_moments *row, enum gaia_moment sum, enum gaia_moment weight)
{
    return row->sum[weight] > 0.0 ? row->sum[sum] / row->sum[weight] : (double)NAN;
}

/* Whether one mean is the other times gravity, or divided by it. */
static bool factor_shows(double other, double truth)
{
    const double ratio = other / truth;
    return fabs(ratio / VARIABLE_GRAVITY - 1.0) < TOLERANCE ||
           fabs(ratio * VARIABLE_GRAVITY - 1.0) < TOLERANCE;
}

static const char *units_text(const char *units)
{
    return units == NULL || units[0] == '\0' ? "no units" : units;
}

static gaia_status factor_tell(const struct catalog *catalog, const struct catalog *truth,
                               const struct gaia_unit *unit, const char *variable, double ratio,
                               gaia_error *err)
{
    const struct catalog_variable *mine = &catalog->variables[catalog_variable(catalog, variable)];
    const struct catalog_variable *theirs = &truth->variables[catalog_variable(truth, variable)];
    char at_level[CATALOG_LEVEL_TEXT];
    catalog_level_text(unit->level, at_level);
    return error_set(
        err, GAIA_UNITS_MISMATCH,
        "%s: variable '%s' (%s)%s: its mean is %.4g times that of '%s' (%s) in "
        "%s: geopotential (m2 s-2) against its height (m), with units missing or wrong",
        catalog->grid_path, mine->in_file, units_text(mine->units), at_level, ratio,
        theirs->in_file, units_text(theirs->units), truth->grid_path);
}

/* Whether every source says units for the variable. */
static bool units_told(const struct sources *sources, const struct catalog *forecast,
                       const char *variable)
{
    const struct catalog *const catalogs[] = {&sources->truth, forecast, &sources->climatology,
                                              &sources->reference};
    bool told = true;
    for (size_t i = 0; i < sizeof catalogs / sizeof *catalogs; i++) {
        const size_t k = catalog_variable(catalogs[i], variable);
        told =
            told && (k == catalogs[i]->n_variables || catalogs[i]->variables[k].units[0] != '\0');
    }
    return told;
}

gaia_status gravity_check(const struct sources *sources, const struct catalog *forecast,
                          const struct gaia_unit *unit, const char *variable,
                          const struct gaia_moments *rows, size_t n_rows, enum gravity_side *side,
                          gaia_error *err)
{
    const struct catalog *truth = &sources->truth;
    const struct gaia_moments *row = row_choose(rows, n_rows);
    const bool aloft = unit->level <= NEAR_GROUND_HPA; /* NaN: no level, perhaps the ground */
    *side = GRAVITY_NONE;
    if ((!of_geopotential(truth, variable) && !of_geopotential(forecast, variable)) ||
        (!aloft && (row->sum[GAIA_MOMENT_ERROR_N] < (double)NEAR_GROUND_POINTS ||
                    units_told(sources, forecast, variable)))) {
        return GAIA_OK;
    }
    const double o = mean(row, GAIA_MOMENT_ERROR_O, GAIA_MOMENT_ERROR_W);
    const double f = o + mean(row, GAIA_MOMENT_ERROR_D, GAIA_MOMENT_ERROR_W);
    const double c =
        o - mean(row, GAIA_MOMENT_TRUTH_CLIMATOLOGY_B, GAIA_MOMENT_TRUTH_CLIMATOLOGY_W);
    const double r = o + mean(row, GAIA_MOMENT_TRUTH_REFERENCE_RO, GAIA_MOMENT_TRUTH_REFERENCE_W);
    const struct catalog *wrong = NULL;
    double ratio = 0.0;
    if (sources->job->has_climatology && factor_shows(c, o)) {
        wrong = &sources->climatology;
        ratio = c / o;
        *side = GRAVITY_SHARED;
    } else if (sources->job->has_reference && factor_shows(r, o)) {
        wrong = &sources->reference;
        ratio = r / o;
        *side = GRAVITY_SHARED;
    } else if (factor_shows(f, o)) {
        wrong = forecast;
        ratio = f / o;
        *side = GRAVITY_FORECAST;
    }
    return wrong == NULL ? GAIA_OK : factor_tell(wrong, truth, unit, variable, ratio, err);
}
