/* SPDX-License-Identifier: MIT
 *
 * Names of bands and their bounds.
 *
 * Invariant: a band has one spelling, since names that are read are held against names that are
 * written.
 */
#include "region_zonal.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "error.h"

enum { USUAL_WIDTH = 5, WIDTH_MAX = 30, POLE = 90, SHOWN_MAX = 64 };

static const char family[] = "zonal";
static const char band_prefix[] = "zonal_";

/* One or two digits at *at, which is moved behind them; -1: none, or more. */
static int digits_read(const char **at)
{
    int value = 0;
    size_t n = 0;
    while (n < 3 && (*at)[n] >= '0' && (*at)[n] <= '9') {
        value = 10 * value + ((*at)[n] - '0');
        n++;
    }
    *at += n;
    return n == 1 || n == 2 ? value : -1;
}

static bool width_exists(int width)
{
    return width > 0 && width <= WIDTH_MAX && 2 * POLE % width == 0;
}

bool zonal_is_family(const char *name)
{
    const size_t length = sizeof family - 1;
    return strncmp(name, family, length) == 0 && (name[length] == '\0' || name[length] == ':');
}

int zonal_width(const char *name)
{
    if (!zonal_is_family(name)) {
        return 0;
    }
    const char *at = name + sizeof family - 1;
    if (*at == '\0') {
        return USUAL_WIDTH;
    }
    at++;
    const int width = *at != '0' ? digits_read(&at) : 0;
    return *at == '\0' && width_exists(width) ? width : 0;
}

struct zonal_band zonal_band_at(int width, size_t i)
{
    const int north = POLE - (int)i * width;
    return (struct zonal_band){north - width, north};
}

void zonal_band_name(const struct zonal_band *band, char name[ZONAL_NAME_BYTES])
{
    const bool south_is_north = band->south >= 0;
    const bool north_is_north = band->north > 0;
    (void)snprintf(name, ZONAL_NAME_BYTES, "%s%d%c_%d%c", band_prefix, abs(band->south) % 100,
                   south_is_north ? 'n' : 's', abs(band->north) % 100, north_is_north ? 'n' : 's');
}

bool zonal_band_find(const char *name, struct zonal_band *band)
{
    char spelled[ZONAL_NAME_BYTES];
    int bound[2];
    const char *at = name + sizeof band_prefix - 1;
    if (strncmp(name, band_prefix, sizeof band_prefix - 1) != 0) {
        return false;
    }
    for (size_t i = 0; i < 2; i++) {
        bound[i] = digits_read(&at);
        if (bound[i] < 0 || bound[i] > POLE || (*at != 'n' && *at != 's')) {
            return false;
        }
        bound[i] = *at == 's' ? -bound[i] : bound[i];
        at++;
        if (i == 0 && *at++ != '_') {
            return false;
        }
    }
    const struct zonal_band found = {bound[0], bound[1]};
    const int width = found.north - found.south;
    if (!width_exists(width) || (found.south + POLE) % width != 0) {
        return false;
    }
    zonal_band_name(&found, spelled);
    if (strcmp(name, spelled) != 0) {
        return false;
    }
    *band = found;
    return true;
}

void zonal_band_without(const struct zonal_band *band, bool *south, bool *north)
{
    *south = band->south < 0 && band->south > -POLE;
    *north = band->north >= 0 && band->north < POLE;
}

gaia_status zonal_unknown(const char *path, const char *name, gaia_error *err)
{
    char widths[128] = "";
    size_t used = 0;
    for (int width = 1; width <= WIDTH_MAX; width++) {
        if (width_exists(width) && used < sizeof widths) {
            used += (size_t)snprintf(widths + used, sizeof widths - used, "%s%d",
                                     used > 0 ? ", " : "", width);
        }
    }
    return error_set(err, GAIA_REGION_UNKNOWN,
                     "%s: no such bands of latitude '%.*s'; 'zonal:WIDTH' asks for all bands of %s "
                     "degrees ('zonal': of %d), and 'zonal_40n_45n' or 'zonal_45s_40s' for one",
                     path, SHOWN_MAX, name, widths, USUAL_WIDTH);
}

static bool is_among(const char *const *names, size_t n, const char *name)
{
    size_t i = 0;
    while (i < n && strcmp(names[i], name) != 0) {
        i++;
    }
    return i < n;
}

/* Whether name is a band of a family among the first n names. */
static bool is_of_family(const char *const *names, size_t n, const char *name)
{
    struct zonal_band band;
    bool is = false;
    if (!zonal_band_find(name, &band)) {
        return false;
    }
    for (size_t i = 0; i < n; i++) {
        is = is || zonal_width(names[i]) == band.north - band.south;
    }
    return is;
}

gaia_status zonal_expand(struct arena *arena, const char *path, const char *const *names, size_t n,
                         const char *const **expanded, size_t *n_expanded, gaia_error *err)
{
    size_t most = 0;
    size_t made = 0;
    for (size_t i = 0; i < n; i++) {
        const int width = zonal_width(names[i]);
        if (width == 0 && zonal_is_family(names[i])) {
            return zonal_unknown(path, names[i], err);
        }
        most += width > 0 ? (size_t)(2 * POLE / width) : 1;
    }
    const char **list = arena_alloc(arena, most, sizeof *list);
    if (list == NULL && most > 0) {
        return error_memory(err, most * sizeof *list);
    }
    for (size_t i = 0; i < n; i++) {
        const int width = zonal_width(names[i]);
        if (width == 0) {
            list[made] = names[i];
            made += !is_of_family(names, i, names[i]);
            continue;
        }
        for (size_t k = 0; k < (size_t)(2 * POLE / width); k++) {
            const struct zonal_band band = zonal_band_at(width, k);
            char name[ZONAL_NAME_BYTES];
            zonal_band_name(&band, name);
            if (is_among(list, made, name)) {
                continue;
            }
            list[made] = arena_strdup(arena, name);
            if (list[made++] == NULL) {
                return error_memory(err, sizeof name);
            }
        }
    }
    assert(made <= most);
    *expanded = list;
    *n_expanded = made;
    return GAIA_OK;
}

/* Whether a band of this width is among the names. */
static bool has_width(const char *const *names, size_t n, int width)
{
    struct zonal_band band;
    size_t i = 0;
    while (i < n && !(zonal_band_find(names[i], &band) && band.north - band.south == width)) {
        i++;
    }
    return i < n;
}

/* The width of band i of there where no band before it has that width; else 0. */
static int width_first(const char *const *there, size_t i)
{
    struct zonal_band band;
    const bool is_band = zonal_band_find(there[i], &band);
    return is_band && !has_width(there, i, band.north - band.south) ? band.north - band.south : 0;
}

/* The list with, in place of "zonal", the family of each width that is there; without any of them
 * "zonal" stays. */
static gaia_status widths_fill(struct arena *arena, const char *const *wanted, size_t n_wanted,
                               const char *const *there, size_t n_there, const char *const **filled,
                               size_t *n_filled, gaia_error *err)
{
    const size_t most = n_wanted * WIDTH_MAX;
    const char **list = arena_alloc(arena, most, sizeof *list);
    size_t n = 0;
    if (list == NULL && most > 0) {
        return error_memory(err, most * sizeof *list);
    }
    for (size_t i = 0; i < n_wanted; i++) {
        const size_t before = n;
        for (size_t k = 0; k < n_there && strcmp(wanted[i], family) == 0; k++) {
            const int width = width_first(there, k);
            char name[ZONAL_NAME_BYTES];
            if (width > 0) {
                (void)snprintf(name, sizeof name, "%s:%d", family, width);
                list[n] = arena_strdup(arena, name);
                if (list[n++] == NULL) {
                    return error_memory(err, sizeof name);
                }
            }
        }
        if (n == before) {
            list[n++] = wanted[i];
        }
    }
    *filled = list;
    *n_filled = n;
    return GAIA_OK;
}

gaia_status zonal_choose(struct arena *arena, const char *path, const char *const *wanted,
                         size_t n_wanted, const char *const *there, size_t n_there,
                         const char *const **chosen, size_t *n_chosen, const char **lacking,
                         gaia_error *err)
{
    const char *const *all = NULL;
    size_t n = 0;
    size_t n_kept = 0;
    *lacking = NULL;
    gaia_status status =
        widths_fill(arena, wanted, n_wanted, there, n_there, &wanted, &n_wanted, err);
    if (status == GAIA_OK) {
        status = zonal_expand(arena, path, wanted, n_wanted, &all, &n, err);
    }
    const char **kept = status == GAIA_OK ? arena_alloc(arena, n, sizeof *kept) : NULL;
    if (status != GAIA_OK || (n > 0 && kept == NULL)) {
        return status != GAIA_OK ? status : error_memory(err, n * sizeof *kept);
    }
    for (size_t i = 0; i < n_wanted && *lacking == NULL; i++) {
        const int width = zonal_width(wanted[i]);
        *lacking = width > 0 && !has_width(there, n_there, width) ? wanted[i] : NULL;
    }
    for (size_t i = 0; i < n; i++) {
        if (is_among(wanted, n_wanted, all[i]) || is_among(there, n_there, all[i])) {
            kept[n_kept++] = all[i];
        }
    }
    *chosen = kept;
    *n_chosen = n_kept;
    return GAIA_OK;
}
