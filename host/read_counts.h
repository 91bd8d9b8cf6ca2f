/* SPDX-License-Identifier: MIT
 *
 * What a run has read and summed, counted as it goes on by the threads of the engine and of walks,
 * for whoever wants to tell (executors, with each result).
 *
 * Thread-safe. Begun with all zeros.
 */
#ifndef HOST_READ_COUNTS_H
#define HOST_READ_COUNTS_H

/* <stdatomic.h> is C++ only from C++23 on; the types are the same. */
#ifdef __cplusplus
#include <atomic>
using std::atomic_uint_least64_t;
#else
#include <stdatomic.h>
#endif

#include <stddef.h>
#include <stdint.h>

struct reader_ops;
struct reader_variable;

/* Formats, as reader_ops names them. X(code, name) */
#define READ_FORMAT_MAP(X)                                                                         \
    X(NETCDF, "netcdf")                                                                            \
    X(GRIB, "grib")                                                                                \
    X(ZARR, "zarr")

enum read_format {
#define X(code, name) READ_##code,
    READ_FORMAT_MAP(X)
#undef X
        READ_FORMATS
};

struct read_counts {
    atomic_uint_least64_t bytes[READ_FORMATS]; /* of fields, as they are once decoded */
    atomic_uint_least64_t kept;  /* truths, climatologies and references that were in memory ... */
    atomic_uint_least64_t fresh; /* ... and those that had to be read */
    atomic_uint_least64_t summed_bytes; /* of fields, that kernels went through */
};

/* A field of this variable was read. What is no file's is not counted; counts may be NULL. */
void read_count(struct read_counts *counts, const struct reader_ops *ops,
                const struct reader_variable *variable);

#endif
