/* SPDX-License-Identifier: MIT
 *
 * From the text of --against to sums and a forecast.
 */
#include "against.h"

#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>

#include "error.h"
#include "moments_source.h"
#include "plan.h"

static bool has_forecast(const struct moments_file *file, const char *id)
{
    const struct plan *plan = moments_file_plan(file);
    bool found = false;
    for (size_t i = 0; !found && i < plan->n_forecasts; i++) {
        found = strcmp(plan->forecasts[i].id, id) == 0;
    }
    return found;
}

/* The forecast of another file that is meant where none is named: its only one. */
static gaia_status forecast_only(const struct moments_file *file, const char **id, gaia_error *err)
{
    const struct plan *plan = moments_file_plan(file);
    if (plan->n_forecasts != 1) {
        return error_set(err, GAIA_USAGE,
                         "%s has %zu forecasts, such as '%s': say which, as in --against %s:%s",
                         moments_file_name(file), plan->n_forecasts, plan->forecasts[0].id,
                         moments_file_name(file), plan->forecasts[0].id);
    }
    *id = plan->forecasts[0].id;
    return GAIA_OK;
}

/* Whether a file of this name is there; a folder is none. */
static bool is_file(const char *name)
{
    struct stat info;
    return stat(name, &info) == 0 && !S_ISDIR(info.st_mode);
}

/* The colon behind which the forecast's id begins: the first that has the name of a file before it,
 * else the first that has what may be a job's id before it. Paths and ids may have colons of their
 * own. `name` is as it was on return. NULL: all of it is the source. */
static char *colon_find(char *name)
{
    char *colon = is_file(name) ? NULL : strchr(name, ':');
    char *of_job = NULL;
    for (; colon != NULL; colon = strchr(colon + 1, ':')) {
        *colon = '\0';
        const bool found = is_file(name);
        const bool may_be_job = of_job == NULL && colon > name && !moments_name_is_file(name);
        *colon = ':';
        if (found) {
            return colon;
        }
        of_job = may_be_job ? colon : of_job;
    }
    return of_job;
}

gaia_status against_open(const char *text, const struct moments_file *file, const char *state,
                         struct gaia_client **client, struct arena *arena, struct against *against,
                         gaia_error *err)
{
    char *name = arena_strdup(arena, text);
    if (name == NULL) {
        return error_memory(err, strlen(text));
    }
    *against = (struct against){.file = file, .forecast = name, .label = text};
    if (has_forecast(file, text)) {
        return GAIA_OK;
    }
    char *colon = colon_find(name);
    if (colon != NULL) {
        *colon = '\0';
        against->forecast = colon + 1;
    }
    gaia_status status = moments_source_open(name, state, client, &against->opened, err);
    if (status == GAIA_FILE_MISSING) {
        return error_set(err, GAIA_NOT_FOUND,
                         "--against '%s': neither a forecast of %s nor a file or job", text,
                         moments_file_name(file));
    }
    if (status != GAIA_OK && !moments_name_is_file(name)) {
        return error_prefix(err, status, "--against '%s' is no forecast of %s; as job %s", text,
                            moments_file_name(file), name);
    }
    against->file = against->opened;
    if (status == GAIA_OK && colon == NULL) {
        status = forecast_only(against->opened, &against->forecast, err);
        against->label = against->forecast;
    }
    return status;
}
