/* SPDX-License-Identifier: MIT
 *
 * What sources must have so that a forecast can be scored as the job asks.
 */
#include "plan_builder.h"

#include <math.h>

#include <gaia/time.h>

#include "climatology.h"
#include "error.h"
#include "profile.h"

enum { HOUR_S = 3600, LIST_BYTES = 256 };

static gaia_status level_missing(const struct catalog *catalog, size_t variable, double level,
                                 gaia_error *err)
{
    char list[LIST_BYTES];
    catalog_list_levels(catalog, variable, list, sizeof list);
    return error_set(err, GAIA_LEVEL_MISSING,
                     "%s: variable '%s' has no level %g hPa; there are: %s", catalog->grid_path,
                     catalog->variables[variable].in_file, level, list);
}

static bool lead_present(const struct catalog *catalog, size_t variable, int64_t lead_time_s)
{
    for (size_t i = 0; i < catalog->n_entries; i++) {
        const struct catalog_entry *entry = &catalog->entries[i];
        if (entry->variable == variable && entry->lead_time_s == lead_time_s) {
            return true;
        }
    }
    return false;
}

/* The levels that a variable must have: the job's, else its profile's, unless that lets levels be
 * missing. */
static size_t levels_wanted(const struct gaia_job *job, const char *name, const double **levels)
{
    const struct profile_variable *variable =
        job->profile != NULL ? profile_variable_find(job->profile, name) : NULL;
    const bool may_lack = job->profile != NULL && job->profile->level_rule == PROFILE_LEAVE_OUT;
    const bool own = job->n_levels > 0 || variable == NULL;
    *levels = own ? job->levels : variable->levels;
    return may_lack ? 0 : own ? job->n_levels : variable->n_levels;
}

gaia_status plan_wishes_check(const struct plan_builder *b, const struct catalog *forecast,
                              size_t variable, size_t truth_variable, gaia_error *err)
{
    const struct gaia_job *job = b->job;
    const struct catalog *truth = &b->sources->truth;
    const bool has_levels = !catalog_has_level(forecast, variable, (double)NAN);
    const bool may_lack_leads = job->profile != NULL && job->profile->lead_rule != PROFILE_FAIL;
    const double *levels = NULL;
    const size_t n_levels = levels_wanted(job, forecast->variables[variable].name, &levels);
    for (size_t i = 0; has_levels && i < n_levels; i++) {
        if (!catalog_has_level(forecast, variable, levels[i])) {
            return level_missing(forecast, variable, levels[i], err);
        }
        if (!catalog_has_level(truth, truth_variable, levels[i])) {
            return level_missing(truth, truth_variable, levels[i], err);
        }
    }
    for (size_t i = 0; !may_lack_leads && i < job->n_leads; i++) {
        if (!lead_present(forecast, variable, job->leads_s[i])) {
            char list[LIST_BYTES];
            catalog_list_leads(forecast, variable, list, sizeof list);
            return error_set(err, GAIA_LEAD_MISSING,
                             "%s: variable '%s' has no lead time %g h; there are: %s",
                             forecast->grid_path, forecast->variables[variable].in_file,
                             (double)job->leads_s[i] / HOUR_S, list);
        }
    }
    return GAIA_OK;
}

gaia_status plan_companions_check(struct plan_builder *b, const char *name,
                                  const struct catalog_entry *entry, gaia_error *err)
{
    const struct sources *sources = b->sources;
    const int64_t valid_time_s = entry->time_s + entry->lead_time_s;
    char time[GAIA_TIME_TEXT];
    if (b->job->has_climatology) {
        const struct catalog *c = &sources->climatology;
        const size_t variable = catalog_variable(c, name);
        if (!catalog_has_level(c, variable, entry->level)) {
            return level_missing(c, variable, entry->level, err);
        }
        struct climatology_found found;
        const gaia_status status =
            climatology_find(c, variable, entry->level, valid_time_s, &found, err);
        if (status != GAIA_OK) {
            return status;
        }
        b->day_366_by_365 = b->day_366_by_365 || found.day_366_by_365;
    }
    if (b->job->has_reference) {
        const struct catalog *r = &sources->reference;
        if (catalog_find(r, catalog_variable(r, name), entry->level, entry->time_s,
                         entry->lead_time_s) == NULL) {
            char at_level[CATALOG_LEVEL_TEXT];
            gaia_calendar_format(b->plan->calendar, entry->time_s, time);
            catalog_level_text(entry->level, at_level);
            return error_set(err, GAIA_TIME_MISSING,
                             "%s: variable '%s'%s: no field of init time %s, lead time %g h",
                             r->grid_path, name, at_level, time,
                             (double)entry->lead_time_s / HOUR_S);
        }
    }
    return GAIA_OK;
}
