/* SPDX-License-Identifier: MIT
 *
 * The list of formats that are read, how a file's is told where the job does not say it, and
 * variables that are damaged.
 */
#include "reader.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "error.h"
#include "http_url.h"
#include "reader_array.h"

gaia_status reader_find(const char *format, const struct reader_ops **ops, gaia_error *err)
{
    static const struct reader_ops *const readers[] = {&reader_netcdf, &reader_grib, &reader_zarr};
    char list[64] = "";
    if (strcmp(format, ARRAY_FORMAT) == 0) { /* no file's, so the list does not have it */
        *ops = &reader_array;
        return GAIA_OK;
    }
    for (size_t i = 0; i < sizeof readers / sizeof *readers; i++) {
        const size_t used = strlen(list);
        if (strcmp(format, readers[i]->format) == 0) {
            *ops = readers[i];
            return GAIA_OK;
        }
        (void)snprintf(list + used, sizeof list - used, "%s%s", used > 0 ? ", " : "",
                       readers[i]->format);
    }
    return error_set(err, GAIA_FORMAT_UNSUPPORTED, "format '%s' is not supported; there are: %s",
                     format, list);
}

gaia_status reader_keep_damage(struct reader_variable *variable, gaia_status status,
                               const gaia_error *error, struct arena *arena, gaia_error *err)
{
    if (status != GAIA_FILE_DAMAGED) {
        return status == GAIA_OK ? GAIA_OK : error_set(err, status, "%s", error->detail);
    }
    variable->damage = arena_strdup(arena, error->detail);
    return variable->damage != NULL ? GAIA_OK : error_memory(err, strlen(error->detail));
}

gaia_status reader_check_damage(const struct reader_variable *variable, gaia_error *err)
{
    return variable->damage == NULL ? GAIA_OK
                                    : error_set(err, GAIA_FILE_DAMAGED, "%s", variable->damage);
}

static bool name_ends(const char *name, size_t length, const char *ending)
{
    const size_t n = strlen(ending);
    return length > n && strncasecmp(name + length - n, ending, n) == 0;
}

/* Whether the regular file at path begins with these bytes. Nothing else is opened: a pipe would
 * lose them. */
static bool file_begins(const char *path, const char *bytes, size_t n)
{
    char head[8];
    struct stat info;
    const int file = stat(path, &info) == 0 && S_ISREG(info.st_mode)
                         ? open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
                         : -1;
    const bool begins =
        file >= 0 && read(file, head, n) == (ssize_t)n && memcmp(head, bytes, n) == 0;
    if (file >= 0) {
        (void)close(file);
    }
    return begins;
}

gaia_status reader_choose(const char *format, const char *path, const struct reader_ops **ops,
                          gaia_error *err)
{
    static const char *const grib_names[] = {".grib", ".grib2", ".grb", ".grb2"};
    static const char grib_head[] = {'G', 'R', 'I', 'B'};
    struct stat info;
    int length = 0;
    if (strcmp(format, "auto") != 0) {
        const gaia_status status = reader_find(format, ops, err);
        return status != GAIA_OK ? error_prefix(err, status, "%s", path) : GAIA_OK;
    }
    const char *name = http_url_name(path, &length);
    *ops = &reader_netcdf;
    if (http_url_is(path) || name_ends(name, (size_t)length, ".zarr") ||
        (stat(path, &info) == 0 && S_ISDIR(info.st_mode))) {
        *ops = &reader_zarr;
    } else if (file_begins(path, grib_head, sizeof grib_head)) {
        *ops = &reader_grib;
    }
    for (size_t i = 0; *ops == &reader_netcdf && i < sizeof grib_names / sizeof *grib_names; i++) {
        *ops = name_ends(name, (size_t)length, grib_names[i]) ? &reader_grib : *ops;
    }
    return GAIA_OK;
}
