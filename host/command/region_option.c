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

/* One entry of the list, which may be changed. */
static json_t *region_of(char *entry)
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
    return json_pack("{s:s, s:s}", "name", entry, "polygon", equals + 1);
}

json_t *regions_of_option(const char *text)
{
    json_t *array = json_array();
    char *copy = strdup(text);
    char *at = copy;
    bool good = array != NULL && copy != NULL;
    while (good && at != NULL) {
        char *comma = strchr(at, ',');
        if (comma != NULL) {
            *comma = '\0';
        }
        good = json_array_append_new(array, region_of(at)) == 0;
        at = comma != NULL ? comma + 1 : NULL;
    }
    free(copy);
    if (!good) {
        json_decref(array);
        return NULL;
    }
    return array;
}
