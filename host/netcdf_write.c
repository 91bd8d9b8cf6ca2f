/* SPDX-License-Identifier: MIT
 *
 * netcdf-c writes to the temporary file of a file_stream, which then syncs and renames it.
 */
#include "netcdf_write.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <netcdf.h>

#include "error.h"
#include "file.h"

struct netcdf_writer {
    int ncid;
    struct file_stream file;
};

static gaia_status failed(const struct netcdf_writer *writer, const char *what, int code,
                          gaia_error *err)
{
    return error_set(err, code == NC_ENOMEM ? GAIA_OUT_OF_MEMORY : GAIA_DISK, "%s: %s: %s",
                     writer->file.path, what, nc_strerror(code));
}

static nc_type type_of(enum netcdf_type type)
{
    return type == NETCDF_INT ? NC_INT : type == NETCDF_FLOAT ? NC_FLOAT : NC_DOUBLE;
}

gaia_status netcdf_writer_open(const char *path, struct netcdf_writer **writer, gaia_error *err)
{
    struct netcdf_writer *opened = calloc(1, sizeof *opened);
    if (opened == NULL) {
        return error_memory(err, sizeof *opened);
    }
    opened->ncid = -1;
    gaia_status status = file_stream_open(path, 0644, &opened->file, err);
    if (status != GAIA_OK) {
        free(opened);
        return status;
    }
    if (opened->file.temporary[0] == '\0') { /* what is there already is written to as a stream */
        status = error_set(err, GAIA_DISK, "%s: a regular file is wanted for NetCDF", path);
        return netcdf_writer_close(opened, status, NULL);
    }
    const int code = nc_create(opened->file.temporary, NC_NETCDF4 | NC_CLOBBER, &opened->ncid);
    if (code != NC_NOERR) {
        opened->ncid = -1;
        status = failed(opened, "cannot be created", code, err);
        return netcdf_writer_close(opened, status, NULL);
    }
    *writer = opened;
    return GAIA_OK;
}

static int attributes_put(int ncid, int varid, const struct netcdf_attribute *attributes, size_t n)
{
    int code = NC_NOERR;
    for (size_t i = 0; code == NC_NOERR && i < n; i++) {
        const char *text = attributes[i].text;
        if (text[0] != '\0') {
            code = nc_put_att_text(ncid, varid, attributes[i].name, strlen(text), text);
        }
    }
    return code;
}

gaia_status netcdf_writer_attributes(struct netcdf_writer *writer,
                                     const struct netcdf_attribute *attributes, size_t n,
                                     gaia_error *err)
{
    const int code = attributes_put(writer->ncid, NC_GLOBAL, attributes, n);
    return code == NC_NOERR ? GAIA_OK : failed(writer, "attributes", code, err);
}

gaia_status netcdf_writer_axis(struct netcdf_writer *writer, const struct netcdf_axis_spec *spec,
                               int *dimension, gaia_error *err)
{
    int varid = -1;
    int code = nc_def_dim(writer->ncid, spec->name, spec->n, dimension);
    if (code == NC_NOERR) {
        code = nc_def_var(writer->ncid, spec->name, type_of(spec->type), 1, dimension, &varid);
    }
    if (code == NC_NOERR) {
        code = attributes_put(writer->ncid, varid, spec->attributes, spec->n_attributes);
    }
    if (code == NC_NOERR) {
        code = nc_put_var_double(writer->ncid, varid, spec->value);
    }
    return code == NC_NOERR ? GAIA_OK : failed(writer, spec->name, code, err);
}

gaia_status netcdf_writer_labels(struct netcdf_writer *writer, const char *name,
                                 const char *const *labels, size_t n, int *dimension,
                                 gaia_error *err)
{
    int varid = -1;
    int code = nc_def_dim(writer->ncid, name, n, dimension);
    if (code == NC_NOERR) {
        code = nc_def_var(writer->ncid, name, NC_STRING, 1, dimension, &varid);
    }
    for (size_t i = 0; code == NC_NOERR && i < n; i++) {
        const char *label = labels[i];
        code = nc_put_var1_string(writer->ncid, varid, &i, &label);
    }
    return code == NC_NOERR ? GAIA_OK : failed(writer, name, code, err);
}

gaia_status netcdf_writer_variable(struct netcdf_writer *writer,
                                   const struct netcdf_variable_spec *spec, int *variable,
                                   gaia_error *err)
{
    const float missing_float = NAN;
    const double missing_double = (double)NAN;
    const void *missing =
        spec->type == NETCDF_FLOAT ? (const void *)&missing_float : (const void *)&missing_double;
    int varid = -1;
    int code = nc_def_var(writer->ncid, spec->name, type_of(spec->type), spec->rank,
                          spec->dimensions, &varid);
    if (code == NC_NOERR) {
        code = nc_def_var_chunking(writer->ncid, varid, NC_CHUNKED, spec->chunk);
    }
    if (code == NC_NOERR) {
        code = nc_def_var_deflate(writer->ncid, varid, 1, 1, 1);
    }
    if (code == NC_NOERR) {
        code = nc_def_var_fill(writer->ncid, varid, NC_FILL, missing);
    }
    if (code == NC_NOERR) {
        code = attributes_put(writer->ncid, varid, spec->attributes, spec->n_attributes);
    }
    if (code == NC_NOERR) { /* whole chunks are written: what the library would keep is no use */
        code = nc_set_var_chunk_cache(writer->ncid, varid, 1, 1009, 1.0F);
    }
    *variable = varid;
    return code == NC_NOERR ? GAIA_OK : failed(writer, spec->name, code, err);
}

gaia_status netcdf_writer_put(struct netcdf_writer *writer, int variable, const size_t *start,
                              const size_t *count, const double *values, gaia_error *err)
{
    char name[NC_MAX_NAME + 1] = "";
    const int code = nc_put_vara_double(writer->ncid, variable, start, count, values);
    if (code == NC_NOERR) {
        return GAIA_OK;
    }
    (void)nc_inq_varname(writer->ncid, variable, name);
    return failed(writer, name, code, err);
}

gaia_status netcdf_writer_close(struct netcdf_writer *writer, gaia_status status, gaia_error *err)
{
    if (writer == NULL) {
        return status;
    }
    const int code = writer->ncid >= 0 ? nc_close(writer->ncid) : NC_NOERR;
    if (code != NC_NOERR && status == GAIA_OK) {
        status = failed(writer, "cannot be ended", code, err);
    }
    const bool good = status == GAIA_OK;
    const gaia_status closed = file_stream_close(&writer->file, good, good ? err : NULL);
    free(writer);
    return good ? closed : status;
}
