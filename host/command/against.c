/* SPDX-License-Identifier: MIT
 *
 * From the text of --against to sums and a forecast.
 */
#include "against.h"

#include <stdbool.h>
#include <string.h>

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
    char *colon = strrchr(name, ':');
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
    against->file = against->opened;
    if (status == GAIA_OK && colon == NULL) {
        status = forecast_only(against->opened, &against->forecast, err);
        against->label = against->forecast;
    }
    return status;
}
