/* SPDX-License-Identifier: MIT
 *
 * Regions of the command line to those of a job.
 *
 * Invariant: nothing is checked here that the job's reader checks, so that both say the same.
 */
#include "region_option.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "error.h"
#include "text.h"

enum { BOUNDS = 4, NUMBER_BYTES = 64 };

/* Reads "SOUTH:NORTH:WEST:EAST"; false if it is not that. */
static bool bounds_parse(const char *text, double *bounds)
{
    const char *at = text;
    for (int i = 0; i < BOUNDS; i++) {
        char number[NUMBER_BYTES];
        const size_t length = strcspn(at, ":");
        if (length >= sizeof number || (at[length] == ':') != (i + 1 < BOUNDS)) {
            return false;
        }
        (void)snprintf(number, sizeof number, "%.*s", (int)length, at);
        if (!number_parse(number, &bounds[i])) {
            return false;
        }
        at += length + 1;
    }
    return true;
}

/* Whether it reads like bounds, and not like a file's name. */
static bool is_of_numbers(const char *text)
{
    return strchr(text, ':') != NULL && text[strspn(text, "0123456789+-.:")] == '\0';
}

/* One entry of the list, which may be changed; NULL, with an error, if it is none. */
static json_t *region_of(char *entry, gaia_error *err)
{
    double bounds[BOUNDS];
    char *equals = strchr(entry, '=');
    if (equals == NULL) {
        return json_string(entry);
    }
    *equals = '\0';
    if (bounds_parse(equals + 1, bounds)) {
        return json_pack("{s:s, s:{s:f, s:f, s:f, s:f}}", "name", entry, "box", "south", bounds[0],
                         "north", bounds[1], "west", bounds[2], "east", bounds[3]);
    }
    if (is_of_numbers(equals + 1)) {
        (void)error_set(err, GAIA_USAGE,
                        "--regions: '%s=%s': SOUTH:NORTH:WEST:EAST is wanted, or the name of a "
                        "GeoJSON file",
                        entry, equals + 1);
        return NULL;
    }
    return json_pack("{s:s, s:s}", "name", entry, "polygon", equals + 1);
}

gaia_status regions_of_option(const char *text, json_t **regions, gaia_error *err)
{
    gaia_error why = {0};
    json_t *array = json_array();
    char *copy = strdup(text);
    char *at = copy;
    bool good = array != NULL && copy != NULL;
    while (good && at != NULL) {
        char *comma = strchr(at, ',');
        if (comma != NULL) {
            *comma = '\0';
        }
        good = json_array_append_new(array, region_of(at, &why)) == 0;
        at = comma != NULL ? comma + 1 : NULL;
    }
    free(copy);
    if (good) {
        *regions = array;
        return GAIA_OK;
    }
    json_decref(array);
    return error_set(err, GAIA_USAGE, "%s%s%s", why.status != GAIA_OK ? why.detail : "--regions '",
                     why.status != GAIA_OK ? "" : text,
                     why.status != GAIA_OK ? "" : "': text in UTF-8 is wanted");
}
