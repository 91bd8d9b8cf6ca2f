/* SPDX-License-Identifier: MIT
 *
 * Writing NetCDF-4 files: axes, variables over them, and slabs of values in any order. A file is
 * there whole or not at all: it is written under another name beside its place and renamed at the
 * end.
 *
 * Invariant: what is written depends on what is asked for alone: no times, no names of machines.
 */
#ifndef HOST_NETCDF_WRITE_H
#define HOST_NETCDF_WRITE_H

#include <stdbool.h>
#include <stddef.h>

#include <gaia/status.h>

struct netcdf_writer;

/* A text attribute; an empty text is not written. */
struct netcdf_attribute {
    const char *name;
    const char *text;
};

enum netcdf_type { NETCDF_INT, NETCDF_FLOAT, NETCDF_DOUBLE };

/* A dimension and the coordinate along it. */
struct netcdf_axis_spec {
    const char *name;
    enum netcdf_type type;
    size_t n;
    const double *value; /* [n] */
    size_t n_attributes;
    const struct netcdf_attribute *attributes;
};

/* A variable of floats, compressed (deflate 1 after shuffle), in which NaN means missing. */
struct netcdf_variable_spec {
    const char *name;
    enum netcdf_type type; /* NETCDF_FLOAT or NETCDF_DOUBLE */
    int rank;
    const int *dimensions; /* [rank] */
    const size_t *chunk;   /* [rank] */
    size_t n_attributes;
    const struct netcdf_attribute *attributes;
};

/* Begins a file that will be at path, which is borrowed until the end. GAIA_DISK. */
GAIA_MUST_USE gaia_status netcdf_writer_open(const char *path, struct netcdf_writer **writer,
                                             gaia_error *err);

/* Each fails with GAIA_DISK, which names the file and what was being written. *dimension and
 * *variable are the library's numbers. */
GAIA_MUST_USE gaia_status netcdf_writer_axis(struct netcdf_writer *writer,
                                             const struct netcdf_axis_spec *spec, int *dimension,
                                             gaia_error *err);
/* A dimension of n > 0 and the texts along it. */
GAIA_MUST_USE gaia_status netcdf_writer_labels(struct netcdf_writer *writer, const char *name,
                                               const char *const *labels, size_t n, int *dimension,
                                               gaia_error *err);
GAIA_MUST_USE gaia_status netcdf_writer_variable(struct netcdf_writer *writer,
                                                 const struct netcdf_variable_spec *spec,
                                                 int *variable, gaia_error *err);
GAIA_MUST_USE gaia_status netcdf_writer_attributes(struct netcdf_writer *writer,
                                                   const struct netcdf_attribute *attributes,
                                                   size_t n, gaia_error *err);

/* Writes values, the last dimension fastest, to the slab of `variable` at start with count entries
 * along each dimension. */
GAIA_MUST_USE gaia_status netcdf_writer_put(struct netcdf_writer *writer, int variable,
                                            const size_t *start, const size_t *count,
                                            const double *values, gaia_error *err);

/* Puts the file in place if what was written is good, that is, status is GAIA_OK; else removes it.
 * The writer is gone either way. Returns status, or, where it was good and cannot be put in place,
 * GAIA_DISK: err is touched only then and may be NULL otherwise. writer may be NULL. */
GAIA_MUST_USE gaia_status netcdf_writer_close(struct netcdf_writer *writer, gaia_status status,
                                              gaia_error *err);

#endif
