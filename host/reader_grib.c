/* SPDX-License-Identifier: MIT
 *
 * GRIB 1 and 2 files. The file is listed once when it is opened; a field is found again by its
 * place in that list, decoded by ecCodes and placed canonically.
 *
 * Times: init time is dataDate and dataTime, lead time the end of the step range, so that an
 * accumulation or a mean over steps 0 to 6 is the field of lead 6 h. Analyses at step 0 have no
 * lead time unless the file has forecasts of the same variable. Pressure levels are in hPa, every
 * other kind of level is none.
 *
 * Invariant: everything of ecCodes runs on the thread that reads, within grib_guard_run.
 */
#include "reader.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "error.h"
#include "grib_guard.h"
#include "grib_header.h"
#include "grib_index.h"
#include "grib_select.h"
#include "grib_values.h"

/* A name on one grid: a name whose fields are on several is several variables. */
struct grib_variable {
    struct reader_variable public;
    size_t grid; /* in the index */
};

struct reader {
    char *path;
    int fd;
    struct grib_index index;
    struct grib_variable *variables;
    size_t n_variables;
    struct grib_buffer message; /* of the field that is read */
};

static void grib_close(struct reader *reader)
{
    if (reader != NULL) {
        if (reader->fd >= 0) {
            (void)close(reader->fd);
        }
        grib_index_fini(&reader->index);
        free(reader->variables);
        free(reader->message.bytes);
        free(reader->path);
        free(reader);
    }
}

/* Opens the file and says how large it is. */
static gaia_status file_open(struct reader *reader, const char *path, uint64_t *bytes,
                             gaia_error *err)
{
    struct stat info;
    reader->fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (reader->fd < 0) {
        return error_set(err, errno == ENOENT ? GAIA_FILE_MISSING : GAIA_FILE_UNREADABLE, "%s: %s",
                         path, strerror(errno));
    }
    if (fstat(reader->fd, &info) != 0 || !S_ISREG(info.st_mode)) {
        return error_set(err, GAIA_FILE_UNREADABLE, "%s: not a regular file", path);
    }
    if (info.st_size == 0) {
        return error_set(err, GAIA_FILE_DAMAGED, "%s: the file is empty (0 bytes)", path);
    }
    unsigned char magic[4] = {0};
    if (pread(reader->fd, magic, sizeof magic, 0) < (ssize_t)sizeof magic ||
        memcmp(magic, "GRIB", sizeof magic) != 0) {
        const bool netcdf = memcmp(magic, "CDF", 3) == 0 || memcmp(magic + 1, "HDF", 3) == 0;
        return error_set(err, GAIA_FILE_DAMAGED, "%s: not a GRIB file%s", path,
                         netcdf ? ", but NetCDF: say \"format\": \"netcdf\"" : "");
    }
    *bytes = (uint64_t)info.st_size;
    return GAIA_OK;
}

static gaia_status grib_open(const char *path, struct reader **reader, gaia_error *err)
{
    struct reader *opened = calloc(1, sizeof *opened);
    uint64_t bytes = 0;
    if (opened == NULL) {
        return error_memory(err, sizeof *opened);
    }
    opened->fd = -1;
    opened->path = strdup(path);
    gaia_status status = opened->path != NULL ? GAIA_OK : error_memory(err, strlen(path));
    if (status == GAIA_OK) {
        status = file_open(opened, path, &bytes, err);
    }
    if (status == GAIA_OK) {
        status = grib_guard_install(err);
    }
    if (status == GAIA_OK) {
        status = grib_index_build(opened->fd, opened->path, bytes, &opened->index, err);
    }
    if (status != GAIA_OK) {
        grib_close(opened);
        return status;
    }
    *reader = opened;
    return GAIA_OK;
}

/* The variable of this name on the field's grid, among those from `first` on; made if it is new.
 * NULL: out of memory. */
static struct grib_variable *variable_take(struct reader *reader, size_t first, const char *name,
                                           const struct grib_field *field)
{
    for (size_t i = first; i < reader->n_variables; i++) {
        if (reader->variables[i].grid == field->grid) {
            return &reader->variables[i];
        }
    }
    struct grib_variable *grown =
        realloc(reader->variables, (reader->n_variables + 1) * sizeof *grown);
    if (grown == NULL) {
        return NULL;
    }
    reader->variables = grown;
    const struct grib_grid *grid = &reader->index.grids[field->grid].grid;
    struct grib_variable *variable = &grown[reader->n_variables];
    *variable = (struct grib_variable){
        .grid = field->grid,
        .public = {.name = arena_strdup(&reader->index.arena, name),
                   .units = field->units,
                   .standard_name = "",
                   .long_name = "",
                   .layout = {.dtype = GAIA_FLOAT64},
                   .missing = {.n_values = 1,
                               .values = {GRIB_MISSING},
                               .valid_min = -(double)INFINITY,
                               .valid_max = (double)INFINITY},
                   .grid = grid->grid,
                   .placement = grid->placement},
    };
    reader->n_variables += variable->public.name != NULL;
    return variable->public.name != NULL ? variable : NULL;
}

/* Reports the fields of a name, under the path in errors. */
static gaia_status named_scan(struct reader *reader, const char *name, reader_found *found,
                              void *context, gaia_error *err)
{
    struct grib_selection selection;
    const size_t first = reader->n_variables;
    gaia_status status = grib_select(&reader->index, name, &selection, err);
    if (status != GAIA_OK) {
        return error_prefix(err, status, "%s", reader->path);
    }
    for (size_t i = 0; status == GAIA_OK && i < selection.n; i++) {
        const struct grib_field *field = &reader->index.fields[selection.fields[i]];
        const struct grib_variable *variable = variable_take(reader, first, name, field);
        if (variable == NULL) {
            status = error_memory(err, sizeof *variable);
        } else if (found != NULL) {
            const struct reader_field reported = {
                .variable = (size_t)(variable - reader->variables),
                .level = field->on_pressure ? field->level : (double)NAN,
                .has_time = true,
                .time_s = field->init_time_s,
                .has_lead = selection.has_lead,
                .lead_time_s = field->end_s,
                .has_hour = selection.has_hour,
                .hour = grib_valid_hour(field),
                .offset = selection.fields[i],
            };
            status = found(context, &reported, err);
        }
    }
    grib_selection_fini(&selection);
    return status;
}

/* Whether an earlier field has this short name. Names are interned. */
static bool name_seen(const struct grib_index *index, size_t i)
{
    const char *name = index->fields[i].short_name;
    while (i > 0 && index->fields[i - 1].short_name != name) {
        i--;
    }
    return i > 0;
}

/* Every short name that can be scored; where there is none, the first that cannot says why. */
static gaia_status all_scan(struct reader *reader, reader_found *found, void *context,
                            gaia_error *err)
{
    gaia_error first = {.status = GAIA_OK};
    gaia_status status = GAIA_OK;
    size_t n_scanned = 0;
    for (size_t i = 0; status == GAIA_OK && i < reader->index.n_fields; i++) {
        const char *name = reader->index.fields[i].short_name;
        struct grib_selection selection;
        gaia_error problem = {.status = GAIA_OK};
        if (name[0] == '\0' || name_seen(&reader->index, i)) {
            continue;
        }
        if (grib_select(&reader->index, name, &selection, &problem) == GAIA_OK) {
            grib_selection_fini(&selection);
            status = named_scan(reader, name, found, context, err);
            n_scanned++;
        } else if (first.status == GAIA_OK) {
            first = problem;
        }
    }
    return status == GAIA_OK && n_scanned == 0 && first.status != GAIA_OK
               ? error_set(err, first.status, "%s: %s", reader->path, first.detail)
               : status;
}

static gaia_status grib_scan(struct reader *reader, const char *name, reader_found *found,
                             void *context, gaia_error *err)
{
    return name != NULL ? named_scan(reader, name, found, context, err)
                        : all_scan(reader, found, context, err);
}

static gaia_status grib_list(struct reader *reader, reader_named *named, void *context,
                             gaia_error *err)
{
    gaia_status status = GAIA_OK;
    for (size_t i = 0; status == GAIA_OK && i < reader->index.n_fields; i++) {
        const char *name = reader->index.fields[i].short_name;
        if (name[0] != '\0' && !name_seen(&reader->index, i)) {
            status = named(context, name, err);
        }
    }
    return status;
}

static void grib_nameless_tell(const struct reader *reader, char *text, size_t bytes)
{
    char fields[GAIA_ERROR_DETAIL];
    grib_nameless(&reader->index, fields, sizeof fields);
    (void)snprintf(text, bytes, fields[0] != '\0' ? "%s: %s" : "", reader->path, fields);
}

static const struct reader_variable *grib_variable(const struct reader *reader, size_t i)
{
    return &reader->variables[i].public;
}

static gaia_status grib_read(struct reader *reader, const struct reader_field *field, void *raw,
                             const struct read_limits *limits, void *placed, gaia_error *err)
{
    const struct grib_variable *variable = &reader->variables[field->variable];
    const struct placement *p = &variable->public.placement;
    const struct grib_place *place = &reader->index.fields[field->offset].place;
    const gaia_status status =
        grib_values_read(reader->fd, place, &reader->message, limits->chunk_bytes, raw,
                         p->n_file_lat * p->n_file_lon, err);
    if (status != GAIA_OK) {
        return error_prefix(err, status, "%s: message %u: variable '%s'", reader->path,
                            place->message, variable->public.name);
    }
    field_place(p, &variable->public.layout, &variable->public.missing, raw, placed);
    return GAIA_OK;
}

const struct reader_ops reader_grib = {
    .format = "grib",
    .open = grib_open,
    .close = grib_close,
    .scan = grib_scan,
    .list = grib_list,
    .nameless = grib_nameless_tell,
    .variable = grib_variable,
    .read = grib_read,
};
