/* SPDX-License-Identifier: MIT
 *
 * Names of error maps and of their folders.
 */
#include "map_place.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "error.h"

static const char hexadecimal[] = "0123456789abcdef";

bool map_id_is_sound(const char *id)
{
    enum { LENGTH_MAX = 64 };
    const size_t length = strspn(id, hexadecimal);
    return length > 0 && length <= LENGTH_MAX && id[length] == '\0';
}

gaia_status map_name_make(uint64_t unit, const char *attempt, char name[MAP_NAME], gaia_error *err)
{
    if (!map_id_is_sound(attempt)) {
        return error_set(err, GAIA_PROTOCOL, "'%.64s' is not an attempt", attempt);
    }
    (void)snprintf(name, MAP_NAME, "%" PRIu64 "-%s.gmap", unit, attempt);
    return GAIA_OK;
}

gaia_status map_path_make(const char *folder, uint64_t unit, const char *attempt,
                          char path[MAP_PATH], gaia_error *err)
{
    char name[MAP_NAME];
    const gaia_status status = map_name_make(unit, attempt, name, err);
    if (status != GAIA_OK) {
        return status;
    }
    const int n = snprintf(path, MAP_PATH, "%s/%s", folder, name);
    return n > 0 && n < MAP_PATH
               ? GAIA_OK
               : error_set(err, GAIA_LIMIT, "%.64s...: the folder's name is too long", folder);
}

bool map_name_is_of_other(const char *name, uint64_t first, uint64_t end, const char *attempt)
{
    char own[MAP_NAME];
    char *rest = NULL;
    const uint64_t unit = strtoull(name, &rest, 10);
    return rest != name && *rest == '-' && unit >= first && unit < end &&
           map_name_make(unit, attempt, own, NULL) == GAIA_OK && strcmp(name, own) != 0;
}

/* Whether the character stands for itself at this place of a folder's name. */
static bool is_plain(char c, size_t at)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_' || (c == '.' && at > 0);
}

gaia_status map_staging_make(const char *executor, char name[MAP_NAME], gaia_error *err)
{
    size_t used = 0;
    for (size_t i = 0; executor[i] != '\0' && used < MAP_NAME; i++) {
        used += (size_t)snprintf(name + used, MAP_NAME - used,
                                 is_plain(executor[i], i) ? "%c" : "%%%02X",
                                 (unsigned char)executor[i]);
    }
    return used > 0 && used < MAP_NAME
               ? GAIA_OK
               : error_set(err, GAIA_LIMIT, "executor '%.64s': no folder can have its name",
                           executor);
}

bool map_staging_parse(const char *name, char executor[MAP_NAME])
{
    char again[MAP_NAME];
    size_t n = 0;
    for (const char *at = name; *at != '\0' && n + 1 < MAP_NAME; n++) {
        unsigned byte = (unsigned char)*at;
        const bool is_coded = *at == '%' && sscanf(at + 1, "%2x", &byte) == 1;
        executor[n] = (char)byte;
        at += is_coded && at[1] != '\0' && at[2] != '\0' ? 3 : 1;
    }
    executor[n] = '\0';
    /* What is not one of these names comes out as another. */
    return map_staging_make(executor, again, NULL) == GAIA_OK && strcmp(again, name) == 0;
}
