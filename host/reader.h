/* SPDX-License-Identifier: MIT
 *
 * Reading gridded files, one implementation a format. A reader lists the fields of one file and
 * reads them one at a time, placed canonically.
 *
 * Files come from strangers: a reader checks declared sizes before it allocates, and every error
 * names file, variable and index. All readers of a process are used from one thread.
 */
#ifndef HOST_READER_H
#define HOST_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <gaia/field.h>
#include <gaia/grid.h>
#include <gaia/status.h>
#include <gaia/time.h>

#include "arena.h"
#include "grid.h"

struct reader;        /* one open file */
struct source_access; /* source_access.h */

/* One gridded variable of a file: how its fields are stored and where their points lie. */
struct reader_variable {
    const char *name;  /* in the file */
    const char *units; /* "" if it has none; so are: */
    const char *standard_name;
    const char *long_name;
    struct gaia_field layout; /* data is NULL */
    struct missing_rule missing;
    struct gaia_grid grid;
    struct placement placement;
    const char *damage; /* NULL; else why it cannot be read, which only who reads it is told */
};

/* One field of a file. Which of the coordinates are there depends on the file. */
struct reader_field {
    size_t variable; /* index among the reader's variables */
    double level;    /* hPa; NaN: none */
    bool has_time;
    int64_t time_s; /* init time if has_lead, else init or valid time: the source's role decides */
    enum gaia_calendar calendar; /* of time_s */
    bool is_julian; /* time_s is before 1582-10-15 in calendar standard or gregorian, whose dates
                       are Julian there */
    bool has_lead;
    int64_t lead_time_s;
    bool has_init; /* without has_lead: the file says the init time of all its valid times */
    int64_t init_s;
    bool has_hour;
    int hour; /* UTC hour of day, of a climatology; -1: no hour. So are: */
    bool has_day;
    int day_of_year; /* 1 .. 366 */
    bool has_month;
    int month;       /* 1 .. 12 */
    uint64_t offset; /* where the reader finds the field again */
};

/* What a file library may keep of decoded data. */
struct read_limits {
    size_t chunk_bytes; /* a chunk larger than this is refused */
    size_t cache_bytes; /* of one file */
};

/* Gets every field; a status other than GAIA_OK ends the scan and is returned from it. */
typedef gaia_status reader_found(void *context, const struct reader_field *field, gaia_error *err);

/* Gets the name of a variable; a status other than GAIA_OK ends the listing and is returned. */
typedef gaia_status reader_named(void *context, const char *name, gaia_error *err);

struct reader_ops {
    const char *format;
    /* Opens path. GAIA_FILE_MISSING, GAIA_FILE_UNREADABLE, GAIA_FILE_DAMAGED, GAIA_OUT_OF_MEMORY.
     */
    gaia_status (*open)(const char *path, struct reader **reader, gaia_error *err);
    /* The same with the source's access, which may be NULL: path may be an address, and what the
     * manifest has is checked before it is decoded. NULL where a format is read from files that
     * source_open has checked. */
    gaia_status (*open_with)(const char *path, const struct source_access *access,
                             struct reader **reader, gaia_error *err);
    void (*close)(struct reader *reader);
    /* Reports the fields of variable `name`, or of every gridded variable if name is NULL.
     * GAIA_VARIABLE_MISSING lists what is there; GAIA_AXIS_INVALID, GAIA_FORMAT_UNSUPPORTED. */
    gaia_status (*scan)(struct reader *reader, const char *name, reader_found *found, void *context,
                        gaia_error *err);
    /* Reports the name of every variable that may be gridded, each once. name is borrowed for the
     * call. GAIA_FILE_DAMAGED, GAIA_OUT_OF_MEMORY. */
    gaia_status (*list)(struct reader *reader, reader_named *named, void *context, gaia_error *err);
    /* Writes what of the file has no name, so that `scan` passes it over, with the file's name, for
     * messages; "" where all has one. NULL for formats where that is so anyway. */
    void (*nameless)(const struct reader *reader, char *text, size_t bytes);
    const struct reader_variable *(*variable)(const struct reader *reader, size_t i);
    /* Reads a field into placed ([n_lat][n_lon] of the variable's dtype, in canonical order). raw
     * holds one field as the file stores it: reader_raw_bytes. GAIA_LIMIT for a chunk
     * beyond the limits, GAIA_FILE_DAMAGED. */
    gaia_status (*read)(struct reader *reader, const struct reader_field *field, void *raw,
                        const struct read_limits *limits, void *placed, gaia_error *err);
};

extern const struct reader_ops reader_netcdf;
extern const struct reader_ops reader_grib;
extern const struct reader_ops reader_zarr;
extern const struct reader_ops reader_array; /* reader_array.h */

/* The reader of this format. GAIA_FORMAT_UNSUPPORTED. */
GAIA_MUST_USE gaia_status reader_find(const char *format, const struct reader_ops **ops,
                                      gaia_error *err);

/* The same for the file at path, where format may be "auto": an address, a folder and a name that
 * ends in .zarr are Zarr; a file that begins with "GRIB" or whose name ends in .grib, .grib2, .grb
 * or .grb2 is GRIB; everything else is NetCDF, whose reader says what is wrong with it. */
GAIA_MUST_USE gaia_status reader_choose(const char *format, const char *path,
                                        const struct reader_ops **ops, gaia_error *err);

/* For readers: keeps GAIA_FILE_DAMAGED, with its error, as the damage of a variable that nobody may
 * want, and gives GAIA_OK; any other status as it is. GAIA_OUT_OF_MEMORY. */
GAIA_MUST_USE gaia_status reader_keep_damage(struct reader_variable *variable, gaia_status status,
                                             const gaia_error *error, struct arena *arena,
                                             gaia_error *err);

/* GAIA_FILE_DAMAGED if the variable has a damage. */
GAIA_MUST_USE gaia_status reader_check_damage(const struct reader_variable *variable,
                                              gaia_error *err);

static inline size_t reader_raw_bytes(const struct reader_variable *variable)
{
    return variable->placement.n_file_lat * variable->placement.n_file_lon *
           gaia_dtype_bytes(variable->layout.dtype);
}

#endif
