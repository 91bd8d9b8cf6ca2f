/* SPDX-License-Identifier: MIT
 *
 * NetCDF-3 and NetCDF-4 files through netcdf-c: one field is one hyperslab, read in the variable's
 * own type and placed canonically.
 *
 * Invariant: everything of netcdf-c and HDF5 runs on the thread that reads; the libraries are not
 * thread-safe as Debian builds them.
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

#include <netcdf.h>

#include "arena.h"
#include "error.h"
#include "hdf5_heap.h"
#include "netcdf3_size.h"
#include "netcdf_axis.h"
#include "netcdf_layout.h"
#include "text.h"

enum {
    RANK_MAX = AXIS_RANK_MAX,
    READER_ARENA_BYTES_MAX = 512 << 20,
    CACHE_ELEMENTS = 1009,
    WHERE_BYTES = 512,
};

struct netcdf_variable {
    struct reader_variable public;
    int varid;
    nc_type type;
    int rank;
    size_t leading[RANK_MAX]; /* lengths of the dimensions before latitude and longitude */
};

struct reader {
    char *path;
    int ncid;
    struct arena arena;
    struct netcdf_variable *variables;
    size_t n_variables;
    int cached_varid; /* the variable that has a chunk cache; -1: none */
};

/* Tells a classic file from an HDF5 one from neither, a whole classic file from a truncated one,
 * and an HDF5 one from one that its library must not see. */
static gaia_status file_check(const char *path, int fd, gaia_error *err)
{
    static const unsigned char hdf5[8] = {0x89, 'H', 'D', 'F', '\r', '\n', 0x1a, '\n'};
    struct stat info;
    unsigned char magic[8] = {0};
    if (fstat(fd, &info) != 0 || !S_ISREG(info.st_mode)) {
        return error_set(err, GAIA_FILE_UNREADABLE, "%s: not a regular file", path);
    }
    if (info.st_size == 0) {
        return error_set(err, GAIA_FILE_DAMAGED, "%s: the file is empty (0 bytes)", path);
    }
    if (pread(fd, magic, sizeof magic, 0) < 0) {
        return error_set(err, GAIA_FILE_UNREADABLE, "%s: %s", path, strerror(errno));
    }
    if (memcmp(magic, hdf5, sizeof hdf5) == 0) {
        const gaia_status status = hdf5_heaps_check(fd, (uint64_t)info.st_size, err);
        return status != GAIA_OK ? error_prefix(err, status, "%s", path) : GAIA_OK;
    }
    if (memcmp(magic, "CDF", 3) != 0) {
        return error_set(err, GAIA_FILE_DAMAGED, "%s: not a NetCDF file%s", path,
                         memcmp(magic, "GRIB", 4) == 0 ? ", but GRIB: say \"format\": \"grib\""
                                                       : "");
    }
    uint64_t size = 0;
    const gaia_status status = netcdf3_size(fd, (uint64_t)info.st_size, &size, err);
    if (status != GAIA_OK) {
        return error_prefix(err, status, "%s", path);
    }
    if ((uint64_t)info.st_size < size) {
        return error_set(err, GAIA_FILE_DAMAGED,
                         "%s: truncated: its header asks for %llu bytes, the file has %llu", path,
                         (unsigned long long)size, (unsigned long long)info.st_size);
    }
    return GAIA_OK;
}

static void netcdf_close(struct reader *reader)
{
    if (reader != NULL) {
        if (reader->ncid >= 0) {
            (void)nc_close(reader->ncid);
        }
        arena_fini(&reader->arena);
        free(reader->variables);
        free(reader->path);
        free(reader);
    }
}

static gaia_status netcdf_open(const char *path, struct reader **reader, gaia_error *err)
{
    const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) {
        return error_set(err, errno == ENOENT ? GAIA_FILE_MISSING : GAIA_FILE_UNREADABLE, "%s: %s",
                         path, strerror(errno));
    }
    gaia_status status = file_check(path, fd, err);
    (void)close(fd);
    if (status != GAIA_OK) {
        return status;
    }
    struct reader *opened = calloc(1, sizeof *opened);
    if (opened == NULL) {
        return error_memory(err, sizeof *opened);
    }
    opened->ncid = -1;
    opened->cached_varid = -1;
    arena_init(&opened->arena, READER_ARENA_BYTES_MAX);
    opened->path = strdup(path);
    if (opened->path == NULL) {
        netcdf_close(opened);
        return error_memory(err, strlen(path));
    }
    const int code = nc_open(path, NC_NOWRITE, &opened->ncid);
    if (code != NC_NOERR) {
        opened->ncid = -1;
        netcdf_close(opened);
        return error_set(err, code == NC_ENOMEM ? GAIA_OUT_OF_MEMORY : GAIA_FILE_DAMAGED,
                         "%s: damaged or truncated: %s", path, nc_strerror(code));
    }
    *reader = opened;
    return GAIA_OK;
}

/* Reads the axes of varid. *gridded tells whether its last two dimensions are latitude and
 * longitude. */
static gaia_status axes_read(struct reader *reader, int varid, int rank, struct axis_set *axes,
                             bool *gridded, gaia_error *err)
{
    int dimids[RANK_MAX];
    struct axis axis[RANK_MAX];
    gaia_status status = GAIA_OK;
    *gridded = false;
    *axes = (struct axis_set){.n_leading = rank - 2};
    if (nc_inq_vardimid(reader->ncid, varid, dimids) != NC_NOERR) {
        return error_set(err, GAIA_FILE_DAMAGED, "%s: variable %d has no dimensions", reader->path,
                         varid);
    }
    for (int i = rank - 1; status == GAIA_OK && i >= 0; i--) {
        status =
            netcdf_axis_read(&reader->arena, reader->ncid, reader->path, dimids[i], &axis[i], err);
        if (i == rank - 2 && !axis_set_plane(axes, &axis[i], &axis[rank - 1])) {
            return status;
        }
    }
    if (status != GAIA_OK) {
        return status;
    }
    *gridded = true;
    memcpy(axes->leading, axis, (size_t)(rank - 2) * sizeof *axis);
    for (size_t i = 0; status == GAIA_OK && i < AXIS_SCALARS; i++) {
        axes->scalar[i] = (struct axis){.kind = AXIS_OTHER, .n = 1};
        if (!axis_set_has(axes, axis_scalar_kinds[i])) {
            status = netcdf_scalar_read(&reader->arena, reader->ncid, reader->path, varid,
                                        axis_scalar_kinds[i], axis_set_has_lead(axes),
                                        &axes->scalar[i], err);
        }
    }
    struct axis init = {.kind = AXIS_OTHER};
    gaia_error none = {0};
    if (status == GAIA_OK && axis_set_lacks_init(axes) &&
        netcdf_scalar_read(&reader->arena, reader->ncid, reader->path, varid, AXIS_TIME, true,
                           &init, &none) == GAIA_OK) {
        axis_set_take_init(axes, &init);
    }
    return status;
}

static struct netcdf_variable *variable_add(struct reader *reader)
{
    struct netcdf_variable *grown =
        realloc(reader->variables, (reader->n_variables + 1) * sizeof *grown);
    if (grown == NULL) {
        return NULL;
    }
    reader->variables = grown;
    grown[reader->n_variables] = (struct netcdf_variable){.varid = -1};
    return &grown[reader->n_variables++];
}

static gaia_status names_read(struct reader *reader, int varid, struct reader_variable *variable,
                              gaia_error *err)
{
    const gaia_status status = netcdf_text(&reader->arena, reader->ncid, varid, "standard_name",
                                           &variable->standard_name, err);
    return status == GAIA_OK ? netcdf_text(&reader->arena, reader->ncid, varid, "long_name",
                                           &variable->long_name, err)
                             : status;
}

/* Reads packing and missing values. Attributes that cannot be used are the variable's damage. */
static gaia_status layout_read(struct reader *reader, const char *where,
                               struct netcdf_variable *variable, gaia_error *err)
{
    gaia_error error = {.status = GAIA_OK};
    const gaia_status status =
        netcdf_layout_read(reader->ncid, variable->varid, where, false, &variable->type,
                           &variable->public.layout, &variable->public.missing, &error);
    return reader_keep_damage(&variable->public, status, &error, &reader->arena, err);
}

/* Notes the gridded variable varid and reports its fields. */
static gaia_status variable_scan(struct reader *reader, int varid, const char *name,
                                 const struct axis_set *axes, reader_found *found, void *context,
                                 gaia_error *err)
{
    char where[WHERE_BYTES];
    struct netcdf_variable *variable = variable_add(reader);
    if (variable == NULL) {
        return error_memory(err, sizeof *variable);
    }
    (void)snprintf(where, sizeof where, "%s: variable '%s'", reader->path, name);
    variable->varid = varid;
    variable->rank = axes->n_leading + 2;
    for (int i = 0; i < axes->n_leading; i++) {
        variable->leading[i] = axes->leading[i].n;
    }
    variable->public.name = arena_strdup(&reader->arena, name);
    gaia_status status = variable->public.name != NULL ? GAIA_OK : error_memory(err, strlen(name));
    if (status == GAIA_OK) {
        status =
            netcdf_text(&reader->arena, reader->ncid, varid, "units", &variable->public.units, err);
    }
    if (status == GAIA_OK) {
        status = names_read(reader, varid, &variable->public, err);
    }
    if (status == GAIA_OK) {
        status = layout_read(reader, where, variable, err);
    }
    if (status == GAIA_OK) {
        status = axis_set_grid(axes, where, &reader->arena, &variable->public, err);
    }
    if (status != GAIA_OK) {
        return status;
    }
    return found != NULL ? axis_set_report(axes, reader->n_variables - 1, found, context, err)
                         : GAIA_OK;
}

/* Lists the variables of rank 2 and more, for the message. */
static gaia_status variable_missing(struct reader *reader, const char *name, gaia_error *err)
{
    char list[GAIA_ERROR_DETAIL / 2] = "";
    size_t used = 0;
    int n_variables = 0;
    (void)nc_inq_nvars(reader->ncid, &n_variables);
    for (int i = 0; i < n_variables && used < sizeof list; i++) {
        char other[NC_MAX_NAME + 1] = "";
        int rank = 0;
        if (nc_inq_var(reader->ncid, i, other, NULL, &rank, NULL, NULL) == NC_NOERR && rank >= 2) {
            used += (size_t)snprintf(list + used, sizeof list - used, "%s%s", used > 0 ? ", " : "",
                                     other);
        }
    }
    return error_set(err, GAIA_VARIABLE_MISSING, "%s: no variable '%s'; there are: %s",
                     reader->path, name, used > 0 ? list : "none");
}

static gaia_status named_scan(struct reader *reader, const char *name, reader_found *found,
                              void *context, gaia_error *err)
{
    char where[WHERE_BYTES];
    struct axis_set axes;
    bool gridded = false;
    int varid = -1;
    int rank = 0;
    if (nc_inq_varid(reader->ncid, name, &varid) != NC_NOERR) {
        return variable_missing(reader, name, err);
    }
    (void)snprintf(where, sizeof where, "%s: variable '%s'", reader->path, name);
    (void)nc_inq_varndims(reader->ncid, varid, &rank);
    gaia_status status = GAIA_OK;
    if (rank >= 2 && rank <= RANK_MAX) {
        status = axes_read(reader, varid, rank, &axes, &gridded, err);
    }
    if (status == GAIA_OK && !gridded) {
        return error_set(
            err, GAIA_AXIS_INVALID,
            "%s: its last two dimensions must be latitude and longitude with coordinates", where);
    }
    if (status == GAIA_OK) {
        status = axis_set_check(&axes, where, err);
    }
    if (status == GAIA_OK) {
        status = variable_scan(reader, varid, name, &axes, found, context, err);
    }
    return status == GAIA_OK
               ? reader_check_damage(&reader->variables[reader->n_variables - 1].public, err)
               : status;
}

static gaia_status all_scan(struct reader *reader, reader_found *found, void *context,
                            gaia_error *err)
{
    gaia_status status = GAIA_OK;
    int n_variables = 0;
    (void)nc_inq_nvars(reader->ncid, &n_variables);
    for (int i = 0; status == GAIA_OK && i < n_variables; i++) {
        char name[NC_MAX_NAME + 1] = "";
        nc_type type = NC_NAT;
        struct axis_set axes;
        bool gridded = false;
        int rank = 0;
        if (nc_inq_var(reader->ncid, i, name, &type, &rank, NULL, NULL) != NC_NOERR || rank < 2 ||
            rank > RANK_MAX || type == NC_CHAR || type > NC_UINT64 || !text_is_clean(name)) {
            continue;
        }
        status = axes_read(reader, i, rank, &axes, &gridded, err);
        if (status == GAIA_OK && gridded && axis_set_check(&axes, name, NULL) == GAIA_OK) {
            status = variable_scan(reader, i, name, &axes, found, context, err);
        }
    }
    return status;
}

static gaia_status netcdf_scan(struct reader *reader, const char *name, reader_found *found,
                               void *context, gaia_error *err)
{
    return name != NULL ? named_scan(reader, name, found, context, err)
                        : all_scan(reader, found, context, err);
}

static gaia_status netcdf_list(struct reader *reader, reader_named *named, void *context,
                               gaia_error *err)
{
    gaia_status status = GAIA_OK;
    int n_variables = 0;
    (void)nc_inq_nvars(reader->ncid, &n_variables);
    for (int i = 0; status == GAIA_OK && i < n_variables; i++) {
        char name[NC_MAX_NAME + 1] = "";
        int rank = 0;
        if (nc_inq_var(reader->ncid, i, name, NULL, &rank, NULL, NULL) == NC_NOERR && rank >= 2) {
            status = named(context, name, err);
        }
    }
    return status;
}

static const struct reader_variable *netcdf_variable(const struct reader *reader, size_t i)
{
    return &reader->variables[i].public;
}

/* Gives the variable a chunk cache that holds one field's chunks where that fits, and takes the
 * last variable's cache away: chunks that hold several fields are then decoded once for all of
 * them. */
static gaia_status cache_set(struct reader *reader, const struct netcdf_variable *variable,
                             const struct read_limits *limits, gaia_error *err)
{
    int storage = NC_CONTIGUOUS;
    size_t chunk[RANK_MAX] = {0};
    size_t type_size = 0;
    if (reader->cached_varid == variable->varid ||
        nc_inq_var_chunking(reader->ncid, variable->varid, &storage, chunk) != NC_NOERR ||
        storage != NC_CHUNKED) {
        return GAIA_OK;
    }
    (void)nc_inq_type(reader->ncid, variable->type, NULL, &type_size);
    double bytes = (double)type_size;
    for (int i = 0; i < variable->rank; i++) {
        bytes *= (double)chunk[i];
    }
    if (bytes > (double)limits->chunk_bytes) {
        return error_set(err, GAIA_LIMIT,
                         "%s: variable '%s': a chunk takes %.0f bytes, too many for --memory",
                         reader->path, variable->public.name, bytes);
    }
    const struct placement *p = &variable->public.placement;
    bytes *= ceil((double)placement_rows(p) / (double)chunk[variable->rank - 2]) *
             ceil((double)placement_columns(p) / (double)chunk[variable->rank - 1]);
    if (reader->cached_varid >= 0) {
        (void)nc_set_var_chunk_cache(reader->ncid, reader->cached_varid, 1, CACHE_ELEMENTS, 1.0F);
    }
    const size_t kept = bytes <= (double)limits->cache_bytes ? (size_t)bytes : 1;
    (void)nc_set_var_chunk_cache(reader->ncid, variable->varid, kept, CACHE_ELEMENTS, 1.0F);
    reader->cached_varid = variable->varid;
    return GAIA_OK;
}

static int slab_get(const struct reader *reader, const struct netcdf_variable *variable,
                    const size_t *start, const size_t *count, void *raw)
{
    switch (variable->public.layout.dtype) {
    case GAIA_INT16:
        return nc_get_vara_short(reader->ncid, variable->varid, start, count, raw);
    case GAIA_FLOAT32:
        return nc_get_vara_float(reader->ncid, variable->varid, start, count, raw);
    case GAIA_FLOAT64:
        break;
    }
    return nc_get_vara_double(reader->ncid, variable->varid, start, count, raw);
}

static gaia_status netcdf_read(struct reader *reader, const struct reader_field *field, void *raw,
                               const struct read_limits *limits, void *placed, gaia_error *err)
{
    const struct netcdf_variable *variable = &reader->variables[field->variable];
    const struct placement *p = &variable->public.placement;
    size_t start[RANK_MAX] = {0};
    size_t count[RANK_MAX];
    uint64_t rest = field->offset;
    gaia_status status = reader_check_damage(&variable->public, err);
    if (status == GAIA_OK) {
        status = cache_set(reader, variable, limits, err);
    }
    if (status != GAIA_OK) {
        return status;
    }
    for (int i = variable->rank - 3; i >= 0; i--) {
        start[i] = rest % variable->leading[i];
        count[i] = 1;
        rest /= variable->leading[i];
    }
    count[variable->rank - 2] = placement_rows(p);
    count[variable->rank - 1] = placement_columns(p);
    const int code = slab_get(reader, variable, start, count, raw);
    if (code != NC_NOERR && code != NC_ERANGE) {
        return error_set(err, code == NC_ENOMEM ? GAIA_OUT_OF_MEMORY : GAIA_FILE_DAMAGED,
                         "%s: variable '%s': field %llu cannot be read: %s", reader->path,
                         variable->public.name, (unsigned long long)field->offset,
                         nc_strerror(code));
    }
    field_place(p, &variable->public.layout, &variable->public.missing, raw, placed);
    return GAIA_OK;
}

const struct reader_ops reader_netcdf = {
    .format = "netcdf",
    .open = netcdf_open,
    .close = netcdf_close,
    .scan = netcdf_scan,
    .list = netcdf_list,
    .variable = netcdf_variable,
    .read = netcdf_read,
};
