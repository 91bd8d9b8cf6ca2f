/* SPDX-License-Identifier: MIT
 *
 * `gaia maps`: what error maps there are, and the same as NetCDF.
 */
#include "command.h"

#include <math.h>

#include <jansson.h>

#include <gaia/time.h>

#include "error.h"
#include "listing.h"
#include "map_file.h"
#include "maps_netcdf.h"
#include "moments_source.h"
#include "outputs.h"

enum { HELP, STATE, JSON, OUT, N_OPTIONS };
enum { HOUR_S = 3600 };

static const struct option_spec options[N_OPTIONS] = {
    OPTION_HELP,
    OPTION_STATE,
    OPTION_JSON,
    {"out", OPTION_OUTPUT, "FILE", 0, 0, "write the maps to FILE as CF NetCDF-4 instead of a list"},
};

const struct command_spec command_maps_spec = {
    "maps ID|FILE [--out FILE] [OPTION]...",
    "Lists the error maps of a job that asked for any (\"maps\"), or of a file that `gaia score\n"
    "--maps-out FILE` kept, or writes them as NetCDF: mean error, RMSE and count of valid times "
    "at\n"
    "each grid point. `gaia report` draws them.",
    options,
    N_OPTIONS,
    1,
    0};

static gaia_status maps_list(const struct map_file *file, gaia_error *err)
{
    static const struct listing_column columns[] = {
        {"forecast", false, false}, {"variable", false, false}, {"level", true, false},
        {"lead h", true, false},    {"times", true, false},     {"first init", false, true},
        {"last init", false, true}, {"points", true, true},     {"units", false, false}};
    struct listing listing = {.columns = columns, .n_columns = sizeof columns / sizeof *columns};
    for (size_t i = 0; i < map_file_count(file); i++) {
        const struct map_head *head = map_file_head(file, i);
        char time[GAIA_TIME_TEXT];
        listing_add(&listing, "%s", head->forecast);
        listing_add(&listing, "%s", head->variable);
        if (isnan(head->level)) {
            listing_add(&listing, "-");
        } else {
            listing_add(&listing, "%g", head->level);
        }
        listing_add(&listing, "%g", (double)head->lead_time_s / HOUR_S);
        listing_add(&listing, "%llu", (unsigned long long)head->n_times);
        gaia_calendar_format(head->calendar, head->first_init_time_s, time);
        listing_add(&listing, "%s", time);
        gaia_calendar_format(head->calendar, head->last_init_time_s, time);
        listing_add(&listing, "%s", time);
        listing_add(&listing, "%zu x %zu", head->grid.n_lat, head->grid.n_lon);
        listing_add(&listing, "%s", head->units);
    }
    const gaia_status status = listing_print(&listing, err);
    listing_fini(&listing);
    return status;
}

static json_t *maps_json(const struct map_file *file)
{
    json_t *list = json_array();
    for (size_t i = 0; i < map_file_count(file); i++) {
        const struct map_head *head = map_file_head(file, i);
        char first[GAIA_TIME_TEXT];
        char last[GAIA_TIME_TEXT];
        gaia_calendar_format(head->calendar, head->first_init_time_s, first);
        gaia_calendar_format(head->calendar, head->last_init_time_s, last);
        json_t *map =
            json_pack("{s:s, s:s, s:o, s:f, s:I, s:s, s:s, s:I, s:I, s:s}", "forecast",
                      head->forecast, "variable", head->variable, "level",
                      isnan(head->level) ? json_null() : json_real(head->level), "lead_hours",
                      (double)head->lead_time_s / HOUR_S, "n_times", (json_int_t)head->n_times,
                      "first_init", first, "last_init", last, "n_lat", (json_int_t)head->grid.n_lat,
                      "n_lon", (json_int_t)head->grid.n_lon, "units", head->units);
        if (json_array_append_new(list, map) != 0) {
            json_decref(list);
            return NULL;
        }
    }
    return json_pack("{s:o}", "maps", list);
}

int command_maps(int argc, char **argv)
{
    struct option_value values[N_OPTIONS];
    const char *name = NULL;
    struct gaia_client *client = NULL;
    struct map_file *file = NULL;
    struct outputs outputs;
    gaia_error err = {0};
    bool helped = false;
    gaia_status status =
        command_arguments(&command_maps_spec, argc, argv, values, &name, &helped, &err);
    if (status != GAIA_OK || helped) {
        return command_end(status, &err);
    }
    status = outputs_take(options, N_OPTIONS, values, &outputs, &err);
    if (status == GAIA_OK) {
        status = outputs_spare(&outputs, "the maps", name, &err);
    }
    if (status == GAIA_OK) {
        status = map_source_open(name, values[STATE].text, &client, &file, &err);
    }
    if (status == GAIA_OK && values[OUT].is_set) {
        status = maps_netcdf_write(file, values[OUT].text, &err);
    }
    if (status == GAIA_OK && values[JSON].is_set) {
        status = command_write_json(maps_json(file), &err);
    } else if (status == GAIA_OK && !values[OUT].is_set) {
        status = maps_list(file, &err);
    }
    map_file_close(file);
    gaia_client_close(client);
    return command_end(status, &err);
}
